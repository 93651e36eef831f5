"""The ledger: entries proposed by the tables of packs, decided on, carried out, reversed.

Others call `Ledger.propose(ProposeEntry(table=…, holder=…, facts=…))`: the table says how much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from application.desk import Actor, Command, Desk
from application.ledger_proofs import Proofs
from application.ledger_terms import Terms
from application.packs import Packs
from application.register import Receipt
from domain.aggregate import UNIT_LIMIT, Act, Aggregate
from domain.calendar import Calendars
from domain.client import Client
from domain.deadline import due
from domain.errors import Invalid, NotFound, Refused
from domain.following import RULES
from domain.form import read_form
from domain.ledger import Entry, entry_id_of, subject_of
from domain.ledger_table import Need, Reckoned, Table
from domain.limit import Limit
from domain.sealed import checked
from domain.staff import Staff
from domain.ticket import Ticket

HOLDERS: Mapping[str, type[Aggregate]] = {"staff": Staff, "client": Client}
"""Who is on file here; a team is the name of a unit."""

BY_RULES = Actor.system(RULES.partition(":")[2])


class NothingToFollow(Refused):
    code = "nothing_to_follow"


class NeedsTicket(Refused):
    code = "needs_ticket"


@dataclass(frozen=True, kw_only=True)
class ProposeEntry(Command):
    """`holder`: staff:<id>, client:<id> or team:<unit>. `claim`: the position that asks for it."""

    PERMISSION: ClassVar[str] = "ledger.propose"
    table: str
    holder: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    client_id: UUID | None = None
    ticket_id: UUID | None = None
    payable_from: datetime | None = None
    misconduct_id: UUID | None = None
    claim: int | None = None


@dataclass(frozen=True, kw_only=True)
class EntryCommand(Command):
    PERMISSION: ClassVar[str] = "ledger.decide"
    entry_id: UUID


@dataclass(frozen=True, kw_only=True)
class DecideEntry(EntryCommand):
    """`amount` in hundredths, where the table leaves a range."""

    verdict: Literal["approved", "rejected", "waived"] = "approved"
    amount: int | None = None
    sanction: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConfirmEntry(EntryCommand):
    PERMISSION: ClassVar[str] = "ledger.confirm"


@dataclass(frozen=True, kw_only=True)
class ExecuteEntry(EntryCommand):
    PERMISSION: ClassVar[str] = "ledger.execute"
    mode: str
    ticket_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AppealEntry(EntryCommand):
    PERMISSION: ClassVar[str] = "ledger.appeal"


@dataclass(frozen=True, kw_only=True)
class DecideAppeal(EntryCommand):
    verdict: Literal["upheld", "dismissed"]


@dataclass(frozen=True, kw_only=True)
class ReverseEntry(EntryCommand):
    pass


class Ledger:
    """`calendars` say by when what was decided is to be carried out."""

    def __init__(self, desk: Desk, packs: Packs, calendars: Calendars) -> None:
        self._desk, self._packs, self._calendars = desk, packs, calendars
        self._proofs = Proofs(desk)

    def tables(self, at: datetime) -> list[Terms]:
        """Those of all packs in force then, by pack and in their order there."""
        return [Terms(pack, name) for pack in self._packs.in_force(at) for name in pack.ledger]

    def terms(self, table: str, at: datetime) -> Terms:
        """Raises NotFound."""
        for terms in self.tables(at):
            if terms.name == table:
                return terms
        raise NotFound(f"no table {table} is in force", field="table")

    def reckon(self, table: str, facts: Mapping[str, Any], at: datetime) -> Reckoned:
        """What the table would yield for these facts; nothing is written. Raises as a proposal."""
        terms = self.terms(table, at)
        return terms.reckoned(self.facts(terms, facts, entry_id_of(table)), 1)

    def propose(self, command: ProposeEntry) -> Receipt:
        """By the table in force when it happened; and what is proposed along with it.

        Raises NotFound, Invalid, NoAmount, AlreadyExists, or what a guard of the table says.
        """
        self._desk.authorised(command)
        terms = self.terms(command.table, command.at)
        receipt = self._propose(terms, command)
        for other in terms.table.also:
            self.propose(
                replace(command, command_id=f"{command.command_id} also {other}", table=other)
            )
        return receipt

    def decide(self, command: DecideEntry) -> Receipt:
        """Raises WrongState, OwnEntry, NotForYou, NotWaivable, SanctionNotAllowed, …"""

        def decide(entry: Entry, act: Act) -> None:
            terms = self._terms_of(entry)
            said: dict[str, Any] = {"deciders": terms.deciders, "act": act}
            if command.verdict == "rejected":
                return entry.reject(terms.table, **said)
            if command.verdict == "waived":
                return entry.waive(terms.table, **said)
            nth = self._nth(entry, terms.table)
            terms.table.refuse("decided", terms.look(entry.facts, nth))
            self._must_be_proven("decided", terms, entry, act)
            return entry.decide(
                terms.table,
                terms.reckoned(entry.facts, nth),
                amount=command.amount,
                sanction=command.sanction,
                nth=nth,
                due_at=self._due(terms.within, act),
                **said,
            )

        return self._change(command, decide)

    def confirm(self, command: ConfirmEntry) -> Receipt:
        """Raises WrongState, OwnEntry, NotForYou."""

        def decide(entry: Entry, act: Act) -> None:
            terms = self._terms_of(entry)
            terms.table.refuse("confirmed", terms.look(entry.facts, None))
            self._must_be_proven("confirmed", terms, entry, act)
            entry.confirm(terms.table, act=act)

        return self._change(command, decide)

    def execute(self, command: ExecuteEntry) -> Receipt:
        """Raises WrongState, OwnEntry, NotConfirmed, NotPayableYet, NeedsTicket, Invalid."""

        def decide(entry: Entry, act: Act) -> None:
            terms = self._terms_of(entry)
            terms.table.refuse("executed", terms.look(entry.facts, None))
            self._must_be_proven("executed", terms, entry, act)
            if (need := terms.need(entry.sanction)) is not None:
                self._must_have_been(need, entry, command.ticket_id, act)
            entry.execute(
                terms.table,
                command.mode,
                modes=terms.modes,
                ticket_id=command.ticket_id,
                act=act,
            )

        return self._change(command, decide)

    def appeal(self, command: AppealEntry) -> Receipt:
        """Raises NotYours, WrongState, Invalid."""
        return self._change(command, lambda entry, act: entry.appeal(act=act))

    def decide_appeal(self, command: DecideAppeal) -> Receipt:
        """Raises WrongState, OwnEntry, Invalid."""

        def decide(entry: Entry, act: Act) -> None:
            judge = entry.uphold_appeal if command.verdict == "upheld" else entry.dismiss_appeal
            judge(act=act)

        return self._change(command, decide)

    def reverse(self, command: ReverseEntry) -> Receipt:
        """Raises WrongState, OwnEntry, Invalid."""
        return self._change(command, lambda entry, act: entry.reverse(act=act))

    def _propose(self, terms: Terms, command: ProposeEntry) -> Receipt:
        if terms.table.is_misconduct and command.misconduct_id is None:
            raise Invalid(f"{terms.name} is put on a file first", field="table", rule="PN-01")
        self._must_be_there(terms.table, command.holder)
        facts = self.facts(terms, command.facts, _subject(command.holder))
        entry_id = _entry_id(command, terms.table, facts)
        nth = self._nth_of(command, terms.table)
        terms.table.refuse("proposed", terms.look(facts, nth))
        self._proofs.must_hold("proposed", terms.table, command.holder, facts, command.at)
        self._must_follow(terms.table, command.holder, facts)
        found = terms.reckoned(facts, nth)

        def make(act: Act) -> Entry:
            if command.holder.startswith("team:"):
                self._desk.keys.create(entry_id)
            entry = Entry.propose(
                entry_id,
                holder=command.holder,
                table=terms.name,
                pack=terms.content.pack,
                pack_version=terms.content.version,
                kind=terms.table.kind,
                currency=found.currency,
                amount=found.amount,
                most=found.most,
                named=found.named,
                grade=terms.table.grade,
                nth=nth,
                sanctions=[*found.sanctions, *found.or_else],
                facts=facts,
                misconduct_id=command.misconduct_id,
                client_id=command.client_id,
                ticket_id=command.ticket_id,
                payable_from=command.payable_from,
                claim=command.claim,
                act=act,
            )
            if terms.table.at_once:
                entry.book(found, act=act)
            return entry

        return self._desk.create(command, make)

    def _must_be_proven(self, step: str, terms: Terms, entry: Entry, act: Act) -> None:
        self._proofs.must_hold(step, terms.table, entry.holder, entry.facts, act.at)

    def _change(self, command: EntryCommand, decide: Callable[[Entry, Act], None]) -> Receipt:
        return self._desk.change(Entry, command.entry_id, command, decide)

    def _terms_of(self, entry: Entry) -> Terms:
        """Those that it was proposed by, whatever holds by now (GV-06)."""
        return Terms(self._packs.content(entry.pack, entry.pack_version), entry.table)

    def facts(self, terms: Terms, facts: Mapping[str, Any], subject: UUID) -> dict[str, Any]:
        """As its form reads them. Raises Invalid, FormIncomplete."""
        return read_form(terms.table.form, terms.table.must, facts, subject, terms.listed)

    def _nth_of(self, command: ProposeEntry, table: Table) -> int | None:
        if command.misconduct_id is None:
            return None
        return self._counted(UUID(command.holder[6:]), command.misconduct_id, table)

    def _nth(self, entry: Entry, table: Table) -> int | None:
        if entry.misconduct_id is None:
            return None
        return self._counted(UUID(entry.holder[6:]), entry.misconduct_id, table)

    def _counted(self, staff_id: UUID, misconduct_id: UUID, table: Table) -> int:
        """How many-eth time in its window, what turned out not to be so left out (PN-01)."""
        staff = self._desk.look_up(Staff, staff_id)
        earlier = staff.earlier_misconduct(misconduct_id, table.window, self._desk.zone)
        return 1 + sum(not self._is_void(entry_id_of(known)) for known in earlier)

    def _is_void(self, entry_id: UUID) -> bool:
        try:
            return self._desk.look_up(Entry, entry_id).is_void
        except NotFound:
            return False

    def _must_be_there(self, table: Table, holder: str) -> None:
        """Raises Invalid, NotFound."""
        kind, _, name = holder.partition(":")
        if kind not in table.holders:
            wanted = ", ".join(sorted(table.holders))
            raise Invalid(f"{table.title} is for: {wanted}", field="holder", rule=table.rule)
        if kind in HOLDERS:
            self._desk.must_exist(HOLDERS[kind], _uuid(name))
        else:
            checked(name, name="holder", limit=UNIT_LIMIT)

    def _must_follow(self, table: Table, holder: str, facts: Mapping[str, Any]) -> None:
        """Raises NothingToFollow."""
        if table.follows is None:
            return
        try:
            first = self._desk.look_up(Entry, _once_id(table.follows, table, holder, facts))
        except NotFound:
            first = None
        if first is None or first.is_void:
            raise NothingToFollow(f"there is no {table.follows} for it", rule=table.rule)

    def _must_have_been(self, need: Need, entry: Entry, ticket_id: UUID | None, act: Act) -> None:
        """Raises NeedsTicket, NotFound (PN-23)."""
        refusal = NeedsTicket(need.says, rule=need.rule, field="ticket_id")
        if ticket_id is None:
            raise refusal
        ticket = self._desk.look_up(Ticket, ticket_id)
        is_about = f"staff:{ticket.look(need.about, act.at)}" == entry.holder
        was_taken = ticket.counts.get(need.after, 0) > 0
        if ticket.procedure != need.procedure or not (is_about and was_taken):
            raise refusal

    def _due(self, within: Limit | None, act: Act) -> datetime | None:
        return due(act.at, within, self._calendars).at if within else None


def _entry_id(command: ProposeEntry, table: Table, facts: Mapping[str, Any]) -> UUID:
    if command.misconduct_id is not None:
        return entry_id_of(command.misconduct_id)
    if table.once_per:
        return _once_id(command.table, table, command.holder, facts)
    return entry_id_of(command.by.ref, command.command_id, command.table)


def _once_id(name: str, table: Table, holder: str, facts: Mapping[str, Any]) -> UUID:
    known = {**facts, "holder": holder}
    return entry_id_of(name, *(known.get(field) for field in table.once_per))


def _subject(holder: str) -> UUID:
    return subject_of(holder, entry_id_of(holder))


def _uuid(said: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise Invalid("staff and clients are named by their id", field="holder") from None
