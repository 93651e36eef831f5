"""Rows of reports over what is no ticket, as it stands now or as of an instant, and their events.

clients        how each stands, and what was entered on the file in the period
ledger         each line booked in the period, or proposed in it and not decided on
assessments    those of which the period begins in it
numbers        those that the registers gave in it, and what is missing before one of them
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from application.as_of import Past, folded, in_utc
from application.assessment_figures import AssessmentFigures
from application.client_figures import ClientAudience, figures_of
from application.instant import AsOf
from application.ledger_figures import EntryFigures, under
from application.numbering import NumberFigures, Numbering, numbered
from application.packs import Packs
from application.register import Fact
from application.reports.asked import ReportAsked, RuledRow
from application.schemes import Schemes
from application.views.assessments import AssessmentList, AssessmentsView
from application.views.client_history import Entry
from application.views.client_standing import ClientStandingView
from application.views.figures import Happened, Window
from application.views.ledger import LedgerBook, LedgerRow, LedgerView
from domain.assessment import Assessment
from domain.client import Client
from domain.errors import DomainError, Invalid
from domain.lineage import paths_of
from domain.pack_content import PackContent
from domain.period import bounds
from domain.report import ASSESSMENTS, CLIENTS, LEDGER, Report
from domain.sealed import in_clear
from domain.zone import Zone


class Sources:
    """As of an instant by replay, a stream each: right, and slow."""

    def __init__(
        self,
        packs: Packs,
        past: Past,
        audience: ClientAudience,
        book: LedgerBook,
        assessments: AssessmentList,
        numbering: Numbering,
        zone: Zone,
    ) -> None:
        self._packs, self._past, self._audience, self._book = packs, past, audience, book
        self._assessments, self._numbering, self._zone = assessments, numbering, zone
        self._schemes = Schemes(packs)

    def rows(
        self, report: Report, content: PackContent, asked: ReportAsked, window: Window
    ) -> list[RuledRow]:
        """Raises Invalid for what cannot be asked of these."""
        if asked.what_if is not None and report.over != LEDGER:
            raise Invalid(f"nothing was promised over {report.over}", field="what_if")
        if asked.unit is not None and report.over in (CLIENTS, LEDGER):
            raise Invalid(f"{report.over} belong to no unit", field="unit")
        if report.over == LEDGER:
            return self._entries(content, asked, window)
        if report.over == CLIENTS:
            rows: Sequence[Any] = self._clients(asked, window)
        elif report.over == ASSESSMENTS:
            rows = self._assessed(asked, window)
        else:
            rows = self._numbers(asked, window)
        return [RuledRow(row, content) for row in rows if asked.unit in (None, row.look(_UNIT))]

    def events(self, report: Report, row: RuledRow, as_of: AsOf | None) -> list[Happened]:
        """What a row comes from, in the order recorded."""
        if isinstance(row.row, NumberFigures):
            return [Happened(row.ticket_id, *event) for event in row.row.events]
        facts = self._past.stream(row.ticket_id, as_of)
        if report.over == CLIENTS:
            asked = {part for path in paths_of(report) for part in path.split(".")}
            facts = [fact for fact in facts if _is_asked(fact, asked)]
        return [
            Happened(row.ticket_id, fact.position, _word(fact), fact.event.timestamp)
            for fact in facts
        ]

    def _entries(self, content: PackContent, asked: ReportAsked, window: Window) -> list[RuledRow]:
        lines = self._lines(asked.as_of, window)
        if asked.what_if is None:
            return [RuledRow(EntryFigures(row=line, zone=self._zone), content) for line in lines]
        other = self._packs.content(*asked.what_if)
        found = []
        for line in lines:
            why_not = None
            if line.pack == other.pack:
                try:
                    line = under(line, other)
                except DomainError as refusal:
                    why_not = f"{other.pack}@{other.version}: {refusal}"
            found.append(
                RuledRow(EntryFigures(row=line, zone=self._zone), content, why_not=why_not)
            )
        return found

    def _lines(self, as_of: AsOf | None, window: Window) -> list[LedgerRow]:
        """Those proposed or booked in it by now are all that can have been of it."""
        if as_of is None:
            return self._book.of_period(window.since, window.until)
        found: list[LedgerRow] = []
        for entry_id in self._book.touched(window.since, window.until):
            rows = folded(LedgerView(), self._past.stream(entry_id, as_of)).get(entry_id, [])
            found += [in_utc(r) for r in rows if window.holds(r.booked_at or r.happened_at)]
        return found

    def _clients(self, asked: ReportAsked, window: Window) -> Sequence[Any]:
        if asked.as_of is None:
            return self._audience.all(asked.now, within=(window.since, window.until))
        rows, entries = [], list[Entry]()
        for client_id in self._audience.ever():
            facts = self._past.stream(client_id, asked.as_of)
            row = folded(ClientStandingView(), facts).get(client_id)
            if row is not None and row.is_counted:
                rows.append(in_utc(row))
                entries += [_entry(fact.event) for fact in facts if _is_entry(fact, window)]
        return figures_of(rows, entries, asked.now, self._zone.local(asked.now).date())

    def _assessed(self, asked: ReportAsked, window: Window) -> list[AssessmentFigures]:
        """What is not published of themselves is hidden from who reads it."""
        years = range(window.since.year - 1, window.until.year + 2)
        found = []
        for assessment_id in self._assessments.of_years(years, window.since, window.until):
            facts = self._past.stream(assessment_id, asked.as_of)
            row = folded(AssessmentsView(), facts).get(assessment_id)
            if row is None or not window.holds(self._begins(row.period, row.opened_at)):
                continue
            if row.subject_id == asked.reader_id and row.published_at is None:
                continue
            one = _assessment(facts)
            scheme = self._schemes.of(one).scheme
            found.append(AssessmentFigures(row=in_utc(row), scheme=scheme, sheet=one.sheet))
        return found

    def _begins(self, period: str, opened_at: datetime) -> datetime:
        try:
            return bounds(period, self._zone)[0]
        except Invalid:
            return opened_at

    def _numbers(self, asked: ReportAsked, window: Window) -> list[NumberFigures]:
        years = range(window.since.year, window.until.year + 1)
        given = self._numbering.given(years)
        if asked.as_of is not None:
            given = [g.as_known(asked.as_of) for g in given if g.was_given(asked.as_of)]
        return [row for row in numbered(given) if window.holds(row.given_at)]


_UNIT = "this.unit"


def _word(fact: Fact) -> str:
    topic: str = type(fact.event).TOPIC  # type: ignore[attr-defined]
    return topic.partition(".")[2]


def _is_asked(fact: Fact, names: set[str]) -> bool:
    """Whether what figures ask of a client can come from it."""
    match fact.event:
        case Client.Recorded(kind=name) | Client.Graded(scheme=name) | Client.TraitSet(name=name):
            return name in names
        case Client.Assigned() | Client.OwnershipVoided():
            return "manager_id" in names
        case other:
            return isinstance(other, Client.Registered)


def _is_entry(fact: Fact, window: Window) -> bool:
    return isinstance(fact.event, Client.Recorded) and window.holds(fact.event.timestamp)


def _entry(event: Any) -> Entry:
    return Entry(event.originator_id, event.kind, event.timestamp, in_clear(event.form))


def _assessment(facts: Sequence[Fact]) -> Assessment:
    """As far as these facts say; on the clock of who tells, some before them may be missing."""
    first, *others = facts
    one: Any = first.event.mutate(None)
    for fact in others:
        fact.event.apply(one)
    assert isinstance(one, Assessment)
    return one
