"""Some cases of a log on their way into the register, in one transaction."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TypeVar, cast
from uuid import UUID

import msgspec

from application.clients import Clients, RegisterClient
from application.desk import Actor, Batch, Desk
from application.event_log import LogRow, RefusedRow
from application.log_map import LogMap
from application.packs import Packs
from application.people import People, RegisterStaff
from application.register import Conflict, KeyDestroyed, Receipt
from application.tickets import OpenTicket, TakeOverStep, Tickets
from domain.aggregate import Aggregate
from domain.client import Client
from domain.errors import DomainError
from domain.ticket import Ticket

UNKNOWN = "unknown"
"""Name of the one client of all cases without customer; kind of all clients of a log."""

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True)
class Case:
    """All rows of one case in a file, in the order in which they happened."""

    label: str
    rows: Sequence[LogRow]


@dataclass(kw_only=True)
class Outcome:
    """What became of the rows: imported + already_imported + dropped + refused = rows.

    `repeated` counts the rows that say the very same as an earlier one of the file; `findings`
    what our rules would have refused of the imported ones, by code.
    """

    rows: int = 0
    cases: int = 0
    repeated: int = 0
    dropped: int = 0
    imported: int = 0
    already_imported: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        """Count in what became of a batch."""
        self.imported += other.imported
        self.already_imported += other.already_imported
        self.refused += other.refused
        self.findings += other.findings


class Ids:
    """Ids that follow from labels, and do not give them away: labels may be names of persons.

    They are the same in every run as long as the key store keeps its secret.
    """

    def __init__(self, key: bytes, log: str) -> None:
        self._key, self._log = key, log
        self._made: dict[tuple[str, str | None], UUID] = {}

    def of(self, kind: str, label: str | None) -> UUID:
        made = self._made.get((kind, label))
        if made is None:
            made = UUID(bytes=self._digest(kind, label)[:16], version=4)
            self._made[kind, label] = made
        return made

    def command(self, kind: str, label: str | None) -> str:
        """The id of the command that registers or opens what has this label."""
        return f"import-{kind}-{self.of(kind, label)}"

    def row(self, row: LogRow) -> str:
        """The id of the command that takes over the step of a row."""
        said = self._digest("row", row.digest.hex(), row.occurrence)
        return f"import-row-{said.hex()[:32]}"

    def _digest(self, *words: str | int | None) -> bytes:
        return hmac.digest(self._key, msgspec.json.encode([self._log, *words]), sha256)


class LogDesk(Batch):
    """Remembers the clients of earlier batches: that there is one is all that a ticket asks."""

    def __init__(self, desk: Desk, clients: dict[UUID, Client]) -> None:
        super().__init__(desk)
        self._clients = clients

    def look_up(self, kind: type[A], id: UUID) -> A:
        if kind is Client and id in self._clients:
            return cast(A, self._clients[id])
        return super().look_up(kind, id)

    def commit(self) -> list[Receipt]:
        receipts = super().commit()
        known = self._loaded.values()
        self._clients |= {client.id: client for client in known if isinstance(client, Client)}
        return receipts

    def findings(self) -> Counter[str]:
        """How often each of our rules would have refused a step that waits to be stored."""
        events = (event for submission in self._submissions for event in submission.events)
        steps = (event for event in events if isinstance(event, Ticket.StepTaken))
        return Counter(code for step in steps for code in step.findings)


class LogBatch:
    """Use once: carries cases, or stores nothing."""

    def __init__(self, desk: LogDesk, log: LogMap, ids: Ids, *, by: Actor, at: datetime) -> None:
        self._desk, self._log, self._ids, self._by, self._at = desk, log, ids, by, at
        packs = Packs(desk)
        self._tickets, self._clients = Tickets(desk, packs), Clients(desk, packs)
        self._people = People(desk)
        self._known = set[str]()

    def carry(self, cases: Sequence[Case]) -> Outcome:
        """Raises Conflict, KeyDestroyed or a DomainError; then nothing was stored."""
        self._known = self._known_of(cases)
        outcome = Outcome()
        for case in cases:
            for row in case.rows:
                self._carry(case, row, outcome)
        outcome.findings = self._desk.findings()
        if any(receipt.replayed for receipt in self._desk.commit()):
            raise Conflict("somebody else imports the same log, and was faster")
        return outcome

    def refused(self, case: Case, refusal: Exception) -> Outcome:
        """What becomes of a case that the register does not take."""
        known = self._known_of([case])
        rest = [row.line for row in case.rows if self._ids.row(row) not in known]
        return Outcome(
            already_imported=len(case.rows) - len(rest),
            refused=[RefusedRow(line, _reason(refusal)) for line in rest],
        )

    def _carry(self, case: Case, row: LogRow, outcome: Outcome) -> None:
        command_id = self._ids.row(row)
        if command_id in self._known:
            outcome.already_imported += 1
            return
        try:
            self._see_to_ticket(case, row)
            self._take_over(case, row, command_id)
        except (DomainError, KeyDestroyed) as refusal:
            outcome.refused.append(RefusedRow(row.line, _reason(refusal)))
        else:
            outcome.imported += 1

    def _see_to_ticket(self, case: Case, row: LogRow) -> None:
        """Make sure that the case is open, from its first step on, and who did the step is known.

        What the desk refuses of this row it refuses before anybody is registered for it.
        """
        opening = self._opening(case, row)
        self._desk.authorised(opening)
        self._see_to_staff(row.done_by)
        if opening.command_id not in self._known:
            self._see_to_client(case.rows[0].customer)
            self._tickets.open(opening)
            self._known.add(opening.command_id)

    def _opening(self, case: Case, row: LogRow) -> OpenTicket:
        """A case is the matter of whom its first row names."""
        return OpenTicket(
            by=self._by,
            command_id=self._ids.command("case", case.label),
            received_at=self._at,
            occurred_at=row.at,
            ticket_id=self._ids.of("case", case.label),
            client_id=self._ids.of("client", case.rows[0].customer),
            channel=self._log.channel,
            matter=case.label,
            procedure=self._log.procedure.name,
            first_contact_id=self._ids.of("staff", row.done_by),
            unit=self._log.unit,
        )

    def _see_to_staff(self, label: str) -> None:
        command_id = self._ids.command("staff", label)
        if command_id not in self._known:
            self._people.register(
                RegisterStaff(
                    by=self._by,
                    command_id=command_id,
                    received_at=self._at,
                    name=label,
                    unit=self._log.unit,
                    staff_id=self._ids.of("staff", label),
                )
            )
            self._known.add(command_id)

    def _see_to_client(self, label: str | None) -> None:
        command_id = self._ids.command("client", label)
        if command_id not in self._known:
            self._clients.register(
                RegisterClient(
                    by=self._by,
                    command_id=command_id,
                    received_at=self._at,
                    name=label or UNKNOWN,
                    kind=UNKNOWN,
                    client_id=self._ids.of("client", label),
                )
            )
            self._known.add(command_id)

    def _take_over(self, case: Case, row: LogRow, command_id: str) -> None:
        ticket_id = self._ids.of("case", case.label)
        self._tickets.take_over_step(
            TakeOverStep(
                by=self._by,
                command_id=command_id,
                received_at=self._at,
                occurred_at=row.at,
                ticket_id=ticket_id,
                step=row.step,
                form={**row.form, **self._other_customer(row, ticket_id)},
                done_by_id=self._ids.of("staff", row.done_by),
            )
        )

    def _other_customer(self, row: LogRow, ticket_id: UUID) -> dict[str, str]:
        """A row may name another customer than its ticket's: that too is kept."""
        name, label = self._log.columns.customer, row.customer
        ticket = self._desk.look_up(Ticket, ticket_id)
        if name is None or label is None or ticket.client_id == self._ids.of("client", label):
            return {}
        return {name: label}

    def _known_of(self, cases: Iterable[Case]) -> set[str]:
        """The ids of what was carried out before, of all that these cases may need."""
        ids = set[str]()
        for case in cases:
            ids.add(self._ids.command("case", case.label))
            ids.add(self._ids.command("client", case.rows[0].customer))
            for row in case.rows:
                ids |= {self._ids.row(row), self._ids.command("staff", row.done_by)}
        return self._desk.register.known(self._by.ref, list(ids))


def _reason(refusal: Exception) -> str:
    if isinstance(refusal, KeyDestroyed):
        return "the client of this case was erased"
    return refusal.detail if isinstance(refusal, DomainError) else str(refusal)
