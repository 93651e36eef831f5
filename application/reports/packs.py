"""Reports as packs define them: from what is asked to rows of the views, and figures of those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from application.as_of import Past, Then
from application.instant import AsOf
from application.packs import Packs
from application.reports.asked import ReportAsked, RuledRow
from application.reports.replayed import Promises, Replayed, as_promised
from application.reports.sources import Sources
from application.views.figures import Figures, Happened, Reported, Window
from application.views.ticket_register import TicketRow
from domain.errors import Invalid, NotFound
from domain.lineage import traced, words_of
from domain.obligation import Obligation
from domain.pack_content import PackContent
from domain.report import OBLIGATIONS, Report, Row, compute
from domain.ticket import Ticket
from domain.what_if import recomputed
from domain.zone import Zone, first_of_month, month_number

ARITHMETIC = (
    "arithmetic over what happened, not a forecast: what people would have done is not known"
)


class Reports:
    def __init__(
        self,
        packs: Packs,
        figures: Figures,
        past: Past,
        sources: Sources,
        zone: Zone,
    ) -> None:
        """`sources`: of what is no ticket."""
        self._packs, self._figures, self._past, self._zone = packs, figures, past, zone
        self._sources = sources

    def all(self, now: datetime) -> list[dict[str, Any]]:
        """What can be asked: the reports of the packs in force."""
        return [
            {
                "pack": content.pack,
                "version": content.version,
                "report": name,
                "title": report.title,
                "code": report.code,
                "rule": report.rule,
            }
            for content in self._packs.in_force(now)
            for name, report in content.reports.items()
        ]

    def named(self, name: str, now: datetime) -> list[tuple[str, str]]:
        """Pack and report, of `PACK/REPORT`; of a code (R-04) perhaps several. Raises NotFound."""
        if "/" in name:
            pack, _, report = name.partition("/")
            return [(pack, report)]
        found = [(one["pack"], one["report"]) for one in self.all(now) if one["code"] == name]
        if not found:
            raise NotFound(f"no report in force is called {name}", field="report")
        return found

    def this_month(self, now: datetime) -> tuple[date, date]:
        """From its first day until the first of the next."""
        today = self._zone.local(now).date()
        first = today.replace(day=1)
        return first, first_of_month(month_number(today) + 1)

    def report(self, asked: ReportAsked) -> dict[str, Any]:
        """The figures, and by which definition. Raises NotFound, NoVersionInForce, Invalid."""
        if asked.from_ >= asked.to:
            raise Invalid("a period ends after it begins", field="to")
        if asked.as_of is not None:
            asked = replace(asked, now=asked.as_of.at)
        content, report = self._content(asked), self._defined(asked)
        head = self._figures_for(asked).read_up_to()
        told = self._told(content, asked)
        if asked.what_if is not None:
            pack, version = asked.what_if
            actual = self._told(content, replace(asked, what_if=None, lineage=False))
            told |= {"what_if": {"pack": pack, "version": version, "says": ARITHMETIC}}
            told["actual"] = {name: actual[name] for name in ("rows", "measures", "groups")}
        definition = msgspec.to_builtins(report)
        return {
            "pack": content.pack,
            "version": content.version,
            "report": asked.report,
            "title": report.title,
            "code": report.code,
            "rule": report.rule,
            "from": asked.from_.isoformat(),
            "to": asked.to.isoformat(),
            "unit": asked.unit,
            "as_of": None if asked.as_of is None else str(asked.as_of),
            "position": head,
            "definition_sha256": sha256(msgspec.json.encode(definition)).hexdigest(),
            "definition": definition,
            **told,
        }

    def permission(self, asked: ReportAsked) -> str:
        """What whoever reads it must have. Raises NotFound, NoVersionInForce."""
        return self._defined(asked).permission

    def changed(
        self, asked: ReportAsked, since: AsOf, after: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What is different in a report since it could have been printed at an instant, and which
        tickets make it so: those that came, that went, and of which something else is said now.

        `after`: the report, if it was made already, with its lineage.
        """
        before = self.report(replace(asked, as_of=since, lineage=True))
        after = after or self.report(replace(asked, lineage=True))
        was, now = _by_ticket(before["lineage"]), _by_ticket(after["lineage"])
        return {
            "since": str(since),
            "measures": {
                name: {"before": before["measures"][name]["value"], "now": figure["value"]}
                for name, figure in after["measures"].items()
                if before["measures"][name]["value"] != figure["value"]
            },
            "tickets": [
                {"ticket": ticket, "before": was.get(ticket), "now": now.get(ticket)}
                for ticket in dict.fromkeys([*was, *now])
                if was.get(ticket) != now.get(ticket)
            ],
        }

    def _told(self, content: PackContent, asked: ReportAsked) -> dict[str, Any]:
        report = content.reports[asked.report]
        figures = self._figures_for(asked)
        begin = asked.from_ - (asked.to - asked.from_)
        rows = self._rows(figures, content, asked, asked.from_, asked.to)
        earlier = self._rows(figures, content, asked, begin, asked.from_) if report.trend else None
        told = compute(
            report,
            _counted(rows),
            year=asked.from_.year,
            codes=self._codes(report, content, asked.now),
            before=None if earlier is None else _counted(earlier),
        )
        if not asked.lineage:
            return told
        return told | {"lineage": self._lineage(report, rows, self._events(figures, rows, asked))}

    def _codes(self, report: Report, content: PackContent, at: datetime) -> Sequence[str]:
        """Of its own list, or of that of another pack."""
        if report.codes is None:
            return ()
        packs = (content, *self._packs.in_force(at))
        return next((p.lists[report.codes] for p in packs if report.codes in p.lists), ())

    def _events(
        self, figures: Reported, rows: Sequence[RuledRow], asked: ReportAsked
    ) -> dict[UUID, Sequence[Happened]]:
        """What each of these comes from."""
        report = self._defined(asked)
        if not report.is_of_tickets:
            return {r.ticket_id: self._sources.events(report, r, asked.as_of) for r in rows}
        ids = list(dict.fromkeys(row.ticket_id for row in rows))
        found: dict[UUID, list[Happened]] = {ticket_id: [] for ticket_id in ids}
        for event in figures.events(ids, sorted(words_of(report))):
            found[event.ticket_id].append(event)
        return {**found}

    def _lineage(
        self,
        report: Report,
        rows: Sequence[RuledRow],
        events: Mapping[UUID, Sequence[Happened]],
    ) -> list[dict[str, Any]]:
        """Each row that was looked at, with the events that what it says comes from."""
        return [
            {
                "ticket": str(one.ticket_id),
                "number": row.look("this.number"),
                "counts": (row.why_not or one.why_not) is None,
                "why_not": row.why_not or one.why_not,
                "values": one.values,
                "left_out": {} if row.why_not else one.left_out,
                "pack": row.follows,
                "calendars": row.look("this.calendars") or [],
                "events": [
                    {"position": e.position, "word": e.word, "at": e.happened_at.isoformat()}
                    for e in events[one.ticket_id]
                ],
            }
            for one, row in zip(traced(report, rows), rows, strict=True)
        ]

    def _figures_for(self, asked: ReportAsked) -> Reported:
        if asked.as_of is None and asked.what_if is None:
            return self._figures
        promises = as_promised if asked.what_if is None else self._under(asked.what_if, asked.now)
        return Replayed(self._figures, self._past, asked.as_of, promises)

    def _under(self, what_if: tuple[str, int], now: datetime) -> Promises:
        """Of tickets that follow the pack, or that it would hold for. Raises NotFound."""
        pack, version = what_if
        other = self._packs.content(pack, version)

        def promises(then: Then[TicketRow]) -> list[tuple[str, Obligation]]:
            row, events = then.row, [fact.event for fact in then.facts]
            pinned = next(e for e in reversed(events) if isinstance(e, _PINS))
            pins = {**pinned.packs, row.procedure: pinned.pack_version}
            if pack not in pins and not other.holds_for_ticket(row.procedure, row.unit):
                return as_promised(then)
            if pack in pins:
                pins[pack] = version
            else:
                pins = {pack: version, **pins}  # that of the procedure comes last
            rules = self._packs.rulebook(pins)
            return recomputed(events, rules, now)

        return promises

    def _rows(
        self,
        figures: Reported,
        content: PackContent,
        asked: ReportAsked,
        since: date,
        until: date,
    ) -> list[RuledRow]:
        report, now = content.reports[asked.report], asked.now
        window = Window(
            since=self._zone.instant(since, 0),
            until=self._zone.instant(until, 0),
            procedures=_procedures(report, content),
        )
        if not report.is_of_tickets:
            return self._sources.rows(report, content, asked, window)
        rows: Sequence[Row]
        if report.words:
            rows = figures.happenings(report.words, window, now)
        elif report.over == OBLIGATIONS:
            rows = figures.obligations(window, now)
        else:
            rows = figures.tickets(report.period, window, now)
        return [
            RuledRow(row, content, asked.reader_id)
            for row in rows
            if asked.unit in (None, row.look("this.unit"))
        ]

    def _defined(self, asked: ReportAsked) -> Report:
        content = self._content(asked)
        if asked.report not in content.reports:
            raise NotFound(f"{content.pack} has no report {asked.report}", field="report")
        return content.reports[asked.report]

    def _content(self, asked: ReportAsked) -> PackContent:
        version = asked.version or self._packs.pack(asked.pack).in_force(asked.now)
        return self._packs.content(asked.pack, version)


_PINS = (Ticket.Opened, Ticket.MovedToVersion)
"""They say which packs a ticket follows."""


def _counted(rows: Sequence[RuledRow]) -> list[RuledRow]:
    return [row for row in rows if row.why_not is None]


def _by_ticket(lineage: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What each ticket says in a report: whether it counts, and with which values."""
    said: dict[str, list[dict[str, Any]]] = {}
    for row in lineage:
        told = {name: row[name] for name in ("counts", "why_not", "values", "left_out")}
        said.setdefault(row["ticket"], []).append(told)
    return said


def _procedures(report: Report, content: PackContent) -> Sequence[str] | None:
    """Those that the report names; else the pack's own, or those that an overlay holds for."""
    if report.procedures:
        return report.procedures
    if content.is_overlay:
        return sorted(content.holds_for.procedures) or None
    return (content.pack,)
