"""Reports as packs define them: from what is asked to rows of the views, and figures of those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from application.as_of import Past, Then
from application.client_figures import ClientAudience, ClientFigures
from application.instant import AsOf
from application.ledger_figures import EntryFigures
from application.packs import Packs
from application.reports.replayed import Promises, Replayed, as_promised
from application.views.figures import Figures, Reported, Window
from application.views.ledger import LedgerBook
from application.views.ticket_register import TicketRow
from domain.errors import Invalid, NotFound
from domain.lineage import traced, words_of
from domain.obligation import Obligation
from domain.pack import PackContent
from domain.report import OBLIGATIONS, Report, Row, compute
from domain.ticket import Ticket
from domain.what_if import recomputed
from domain.zone import Zone, first_of_month, month_number


@dataclass(frozen=True, kw_only=True)
class ReportAsked:
    """Days in the desk's zone: from the beginning of the first until that of `to`, as of `now`.

    `version` of the pack: None for the one in force. `unit`: of tickets opened there only.
    `reader_id`: the member of staff who reads it, and to whom some clients may be hidden.
    `as_of`: as it would have been then, by the pack in force then. `what_if`: a pack and a version
    of it, as if that had been in force, for promises of time. `lineage`: with each row looked at.
    """

    pack: str
    report: str
    from_: date
    to: date
    now: datetime
    version: int | None = None
    unit: str | None = None
    reader_id: UUID | None = None
    as_of: AsOf | None = None
    what_if: tuple[str, int] | None = None
    lineage: bool = False


ARITHMETIC = (
    "arithmetic over what happened, not a forecast: what people would have done is not known"
)


class Reports:
    def __init__(
        self,
        packs: Packs,
        figures: Figures,
        past: Past,
        audience: ClientAudience,
        book: LedgerBook,
        zone: Zone,
    ) -> None:
        self._packs, self._figures, self._past, self._zone = packs, figures, past, zone
        self._audience, self._book = audience, book

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
        if report.is_over_clients or report.is_over_ledger:
            for field in ("as_of", "what_if"):
                if getattr(asked, field) is not None:
                    raise Invalid(f"over {report.over} is asked as it stands now", field=field)
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

    def changed(self, asked: ReportAsked, since: AsOf) -> dict[str, Any]:
        """What is different in a report since it could have been printed at an instant, and which
        tickets make it so: those that came, that went, and of which something else is said now.
        """
        before = self.report(replace(asked, as_of=since, lineage=True))
        after = self.report(replace(asked, lineage=True))
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
            rows,
            year=asked.from_.year,
            codes=content.lists.get(report.codes or "", ()),
            before=earlier,
        )
        return told | ({"lineage": self._lineage(figures, report, rows)} if asked.lineage else {})

    def _lineage(
        self, figures: Reported, report: Report, rows: Sequence[RuledRow]
    ) -> list[dict[str, Any]]:
        """Each row that was looked at, with the events that what it says comes from."""
        found = traced(report, rows)
        ids = list(dict.fromkeys(row.ticket_id for row in found))
        events: dict[UUID, list[dict[str, Any]]] = {ticket_id: [] for ticket_id in ids}
        for event in figures.events(ids, sorted(words_of(report))):
            said = {"position": event.position, "word": event.word}
            events[event.ticket_id].append(said | {"at": event.happened_at.isoformat()})
        return [
            {
                "ticket": str(one.ticket_id),
                "number": row.look("this.number"),
                "counts": one.why_not is None,
                "why_not": one.why_not,
                "values": one.values,
                "left_out": one.left_out,
                "pack": _pack_of(row),
                "calendars": row.look("this.calendars") or [],
                "events": events[one.ticket_id],
            }
            for one, row in zip(found, rows, strict=True)
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
        rows: Sequence[Row]
        if report.is_over_clients:
            rows = self._audience.all(asked.now, within=(window.since, window.until))
            return [RuledRow(row, content) for row in rows]
        if report.is_over_ledger:
            lines = self._book.of_period(window.since, window.until)
            return [RuledRow(EntryFigures(row=line), content) for line in lines]
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


def _pack_of(row: RuledRow) -> str | None:
    """What its ticket follows; None of what is no ticket."""
    procedure = row.look("this.procedure")
    return None if procedure is None else f"{procedure}@{row.look('this.pack_version')}"


def _by_ticket(lineage: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What each ticket says in a report: whether it counts, and with which values."""
    said: dict[str, list[dict[str, Any]]] = {}
    for row in lineage:
        told = {name: row[name] for name in ("counts", "why_not", "values", "left_out")}
        said.setdefault(row["ticket"], []).append(told)
    return said


@dataclass(frozen=True)
class RuledRow:
    """A row that also answers for what the pack itself says: its values and lists."""

    row: Row
    content: PackContent
    reader_id: UUID | None = None

    @property
    def ticket_id(self) -> UUID:
        return self.row.ticket_id

    def look(self, path: str) -> Any:
        where, _, name = path.partition(".")
        if where == "policy":
            return self.content.values.get(name)
        if where == "list":
            return list(self.content.lists.get(name, ()))
        if path == "this.client_id" or (where == "client" and not self._is_client):
            return None if self._is_hidden() else self.row.look(path)
        return self.row.look(path)

    @property
    def _is_client(self) -> bool:
        return isinstance(self.row, ClientFigures)

    def _is_hidden(self) -> bool:
        """Whether it is hidden from who reads this whose matter it is."""
        hidden_from = self.row.look("this.hidden_from_id")
        return hidden_from is not None and hidden_from == str(self.reader_id)


def _procedures(report: Report, content: PackContent) -> Sequence[str] | None:
    """Those that the report names; else the pack's own, or those that an overlay holds for."""
    if report.procedures:
        return report.procedures
    if content.is_overlay:
        return sorted(content.holds_for.procedures) or None
    return (content.pack,)
