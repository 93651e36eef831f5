"""Reports as packs define them: from what is asked to rows of the views, and figures of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from application.packs import Packs
from application.views.figures import Figures, Window
from domain.errors import Invalid, NotFound
from domain.pack import PackContent
from domain.report import Report, Row, compute
from domain.zone import Zone, first_of_month, month_number


@dataclass(frozen=True, kw_only=True)
class ReportAsked:
    """Days in the desk's zone: from the beginning of the first until that of `to`, as of `now`.

    `version` of the pack: None for the one in force. `unit`: of tickets opened there only.
    `reader_id`: the member of staff who reads it, and to whom some clients may be hidden.
    """

    pack: str
    report: str
    from_: date
    to: date
    now: datetime
    version: int | None = None
    unit: str | None = None
    reader_id: UUID | None = None


class Reports:
    def __init__(self, packs: Packs, figures: Figures, zone: Zone) -> None:
        self._packs, self._figures, self._zone = packs, figures, zone

    def all(self, now: datetime) -> list[dict[str, Any]]:
        """What can be asked: the reports of the packs in force."""
        return [
            {
                "pack": content.pack,
                "version": content.version,
                "report": name,
                "title": report.title,
                "rule": report.rule,
            }
            for content in self._packs.in_force(now)
            for name, report in content.reports.items()
        ]

    def this_month(self, now: datetime) -> tuple[date, date]:
        """From its first day until the first of the next."""
        today = self._zone.local(now).date()
        first = today.replace(day=1)
        return first, first_of_month(month_number(today) + 1)

    def report(self, asked: ReportAsked) -> dict[str, Any]:
        """The figures, and by which definition. Raises NotFound, NoVersionInForce, Invalid."""
        if asked.from_ >= asked.to:
            raise Invalid("a period ends after it begins", field="to")
        content = self._content(asked)
        if asked.report not in content.reports:
            raise NotFound(f"{content.pack} has no report {asked.report}", field="report")
        report = content.reports[asked.report]
        begin = asked.from_ - (asked.to - asked.from_)
        figures = compute(
            report,
            self._rows(content, asked, asked.from_, asked.to),
            year=asked.from_.year,
            codes=content.lists.get(report.codes or "", ()),
            before=self._rows(content, asked, begin, asked.from_) if report.trend else None,
        )
        return {
            "pack": content.pack,
            "version": content.version,
            "report": asked.report,
            "title": report.title,
            "rule": report.rule,
            "from": asked.from_.isoformat(),
            "to": asked.to.isoformat(),
            "unit": asked.unit,
            "definition": msgspec.to_builtins(report),
            **figures,
        }

    def _rows(
        self, content: PackContent, asked: ReportAsked, since: date, until: date
    ) -> Sequence[Row]:
        report = content.reports[asked.report]
        window = Window(
            since=self._zone.instant(since, 0),
            until=self._zone.instant(until, 0),
            procedures=_procedures(report, content),
        )
        rows: Sequence[Row]
        if report.words:
            rows = self._figures.happenings(report.words, window, asked.now)
        else:
            rows = self._figures.tickets(report.period, window, asked.now)
        return [
            RuledRow(row, content, asked.reader_id)
            for row in rows
            if asked.unit in (None, row.look("this.unit"))
        ]

    def _content(self, asked: ReportAsked) -> PackContent:
        version = asked.version or self._packs.pack(asked.pack).in_force(asked.now)
        return self._packs.content(asked.pack, version)


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
        if where == "client" or path == "this.client_id":
            return None if self._is_hidden() else self.row.look(path)
        return self.row.look(path)

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
