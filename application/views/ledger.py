"""The ledger as it is read: each entry, and its reversal as an entry of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.ledger import Entry
from domain.ledger_table import DEBITS
from domain.sealed import Sealed
from domain.staff import Staff


@dataclass(slots=True)
class LedgerRow:
    entry_id: Annotated[UUID, "Id of the entry"]
    line: Annotated[int, "1: the entry; 2: what reverses it"]
    proposed_position: Annotated[int, "Position of the proposal; orders the list"]
    holder: Annotated[str, "Whose it is: staff:<id>, client:<id> or team:<unit>"]
    table_name: Annotated[str, "By which table it was proposed"]
    pack: Annotated[str, "The pack in which that stands"]
    pack_version: Annotated[int, "And its version"]
    kind: Annotated[str, "commission, bonus, points, penalty …"]
    currency: Annotated[str, "CNY, points, days_pay …"]
    amount: Annotated[int, "In hundredths: fen of a yuan; a reversal has it below zero"]
    most: Annotated[int, "The highest that may be decided, in hundredths"]
    named: Annotated[str | None, "What the case of the table is called"]
    grade: Annotated[str | None, "Of misconduct: how severe"]
    nth: Annotated[int | None, "Of misconduct: how many-eth time in its window"]
    sanctions: Annotated[list[str], "Of misconduct: which sanctions can be chosen"]
    facts: Annotated[dict[str, Any], "What was told; texts about persons sealed"]
    misconduct_id: Annotated[UUID | None, "The misconduct it is about"]
    client_id: Annotated[UUID | None, "The client it touched"]
    ticket_id: Annotated[UUID | None, "The ticket it came from"]
    recorded_by: Annotated[str, "Who proposed or reversed it"]
    happened_at: Annotated[datetime, "When what it is about happened, as told"]
    payable_from: Annotated[datetime | None, "Not carried out before"]
    state: Annotated[str, "proposed, decided, rejected, waived, confirmed or executed"] = "proposed"
    sanction: Annotated[str | None, "Which sanction was decided"] = None
    decided_by: Annotated[str | None, "Who decided"] = None
    ground: Annotated[Sealed | None, "Why it was decided so; sealed"] = None
    booked_at: Annotated[datetime | None, "Since when it counts, as told"] = None
    due_at: Annotated[datetime | None, "By when it is to be carried out"] = None
    executed_at: Annotated[datetime | None, "When it was carried out"] = None
    mode: Annotated[str | None, "How: cash, wage, transfer …"] = None
    appeal: Annotated[str | None, "open, dismissed or upheld"] = None
    reversed_at: Annotated[datetime | None, "When another entry took it back"] = None
    version: Annotated[int, "Version of the entry that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class LedgerView(View[list[LedgerRow]]):
    name = "ledger"
    span = Span.STREAM
    row = LedgerRow
    facts = frozenset(events_of(Entry))
    has_several = True
    indexes = (
        "holder, booked_at",
        "proposed_position",
        "ticket_id WHERE ticket_id IS NOT NULL",
        "due_at WHERE due_at IS NOT NULL AND executed_at IS NULL AND reversed_at IS NULL",
    )

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: list[LedgerRow] | None, fact: Fact, key: Any) -> list[LedgerRow]:
        first = _proposed(fact) if row is None else _changed(row[0], fact.event)
        first.version, first.position = fact.event.originator_version, fact.position
        if isinstance(fact.event, Entry.Reversed):
            return [first, _reversal(first, fact)]
        return [first]


def _proposed(fact: Fact) -> LedgerRow:
    event: Any = fact.event
    assert isinstance(event, Entry.Proposed)
    return LedgerRow(
        entry_id=event.originator_id,
        line=1,
        proposed_position=fact.position,
        holder=event.holder,
        table_name=event.table,
        pack=event.pack,
        pack_version=event.pack_version,
        kind=event.kind,
        currency=event.currency,
        amount=event.amount,
        most=event.most,
        named=event.named,
        grade=event.grade,
        nth=event.nth,
        sanctions=event.sanctions,
        facts=event.facts,
        misconduct_id=event.misconduct_id,
        client_id=event.client_id,
        ticket_id=event.ticket_id,
        recorded_by=event.by,
        happened_at=event.timestamp,
        payable_from=event.payable_from,
    )


def _changed(row: LedgerRow, event: Any) -> LedgerRow:
    row = replace(row)
    match event:
        case Entry.Decided():
            row.state, row.booked_at = "decided", event.timestamp
            row.amount, row.currency, row.nth = event.amount, event.currency, event.nth
            row.sanction, row.due_at = event.sanction, event.due_at
            row.decided_by, row.ground = event.by, event.reason
        case Entry.Rejected() | Entry.Waived():
            row.state = "rejected" if isinstance(event, Entry.Rejected) else "waived"
            row.decided_by, row.ground = event.by, event.reason
        case Entry.Confirmed():
            row.state = "confirmed"
        case Entry.Executed(mode=mode):
            row.state, row.mode, row.executed_at = "executed", mode, event.timestamp
        case Entry.Appealed():
            row.appeal = "open"
        case Entry.AppealDismissed():
            row.appeal = "dismissed"
        case Entry.Reversed(after_appeal=after_appeal):
            row.appeal = "upheld" if after_appeal else row.appeal
            row.reversed_at = event.timestamp
        case other:
            raise NotImplementedError(f"ledger has no case for {type(other)}")
    return row


def _reversal(first: LedgerRow, fact: Fact) -> LedgerRow:
    event: Any = fact.event
    return replace(
        first,
        line=2,
        amount=event.amount,
        recorded_by=event.by,
        decided_by=event.by,
        ground=event.reason,
        happened_at=event.timestamp,
        booked_at=event.timestamp,
        due_at=None,
        executed_at=None,
        mode=None,
    )


@dataclass(slots=True)
class ConductRow:
    misconduct_id: Annotated[UUID, "Id of the misconduct"]
    staff_id: Annotated[UUID, "Whose it was"]
    code: Annotated[str, "The code of the catalogue"]
    grade: Annotated[str, "How severe"]
    evidence: Annotated[Sealed, "What proves it; sealed"]
    client_id: Annotated[UUID | None, "The client it touched"]
    ticket_id: Annotated[UUID | None, "The ticket it touched"]
    recorded_by: Annotated[str, "Who put it on record"]
    happened_at: Annotated[datetime, "When it happened, as told"]
    position: Annotated[int, "Position in the register"]


class ConductView(View[ConductRow]):
    name = "conduct"
    span = Span.FACT
    row = ConductRow
    facts = frozenset({Staff.MisconductRecorded})
    indexes = ("staff_id, position",)

    def keys(self, fact: Fact) -> Sequence[UUID]:
        event: Any = fact.event
        return (event.misconduct_id,)

    def fold(self, row: ConductRow | None, fact: Fact, key: Any) -> ConductRow:
        event: Any = fact.event
        return ConductRow(
            misconduct_id=event.misconduct_id,
            staff_id=event.originator_id,
            code=event.code,
            grade=event.grade,
            evidence=event.evidence,
            client_id=event.client_id,
            ticket_id=event.ticket_id,
            recorded_by=event.by,
            happened_at=event.timestamp,
            position=fact.position,
        )


@dataclass(frozen=True, kw_only=True)
class LedgerFilter:
    """Which entries; what is None is not asked. `unexecuted_at`: due by then, and not done."""

    holder: str | None = None
    table_name: str | None = None
    state: str | None = None
    grade: str | None = None
    ticket_id: UUID | None = None
    unexecuted_at: datetime | None = None


@dataclass(frozen=True)
class Total:
    """`count` of entries, reversals included; the amount in hundredths, reversals taken off."""

    kind: str
    currency: str
    count: int
    amount: int


@dataclass(frozen=True)
class Balance:
    """In favour of the holder; below zero what they are to give."""

    holder: str
    currency: str
    amount: int


def totals(rows: Iterable[LedgerRow]) -> list[Total]:
    """What the entries add up to, by kind and currency."""
    found: dict[tuple[str, str], Total] = {}
    for row in rows:
        key = row.kind, row.currency
        known = found.get(key, Total(*key, 0, 0))
        found[key] = Total(*key, known.count + 1, known.amount + row.amount)
    return [found[key] for key in sorted(found)]


def balances(rows: Iterable[LedgerRow]) -> list[Balance]:
    """What the entries of each holder come to, penalties and fees taken off; no figures."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.kind != "figure":
            key = row.holder, row.currency
            sign = -1 if row.kind in DEBITS else 1
            found[key] = found.get(key, 0) + sign * row.amount
    return [Balance(*key, found[key]) for key in sorted(found)]


class LedgerBook(ABC):
    """The questions."""

    @abstractmethod
    def entry(self, entry_id: UUID) -> list[LedgerRow]:
        """One entry, and its reversal if it was reversed."""

    @abstractmethod
    def page(self, asked: LedgerFilter, *, before: int | None, limit: int) -> list[LedgerRow]:
        """Newest first, those proposed before the position `before`; no reversals."""

    @abstractmethod
    def of_period(self, since: datetime, until: datetime) -> list[LedgerRow]:
        """All lines that were booked in it, or that nobody has decided on and that are of it."""

    @abstractmethod
    def touched(self, since: datetime, until: datetime) -> list[UUID]:
        """The entries that were proposed, booked or reversed in it, in the order of proposal."""

    @abstractmethod
    def booked(
        self, holder: str, *, since: datetime | None, until: datetime | None
    ) -> list[LedgerRow]:
        """What counts of a holder from an instant up to, and not with, another; oldest first."""

    @abstractmethod
    def balances(self, kind: str, currency: str | None) -> list[Balance]:
        """Of every holder of a kind (staff, client, team), in each currency or one."""

    @abstractmethod
    def conduct(self, staff_id: UUID) -> list[ConductRow]:
        """What is on somebody's file, oldest first."""
