"""Misconduct: put on the file of a colleague, and what the code says proposed to all liable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from uuid import UUID

from application.desk import Command, Desk
from application.ledger import Ledger, ProposeEntry
from application.ledger_terms import Terms
from application.register import Receipt
from domain.aggregate import Act, staff_ref
from domain.conduct import own_conduct
from domain.errors import Invalid, NotFound
from domain.ledger import entry_id_of
from domain.ledger_table import Table
from domain.own import must_be_another
from domain.staff import Staff


@dataclass(frozen=True, kw_only=True)
class RecordMisconduct(Command):
    """`jointly`: who else is liable, by the part that they had."""

    PERMISSION: ClassVar[str] = "ledger.propose"
    staff_id: UUID
    code: str
    evidence: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    client_id: UUID | None = None
    ticket_id: UUID | None = None
    jointly: Mapping[str, UUID] = field(default_factory=dict)
    claim: int | None = None


@dataclass(frozen=True)
class Recorded:
    """What was put on a file, and what is proposed for it, to each who is liable."""

    receipt: Receipt
    misconduct_id: UUID
    entry_ids: list[UUID]


class Conduct:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger

    def record(self, command: RecordMisconduct) -> Recorded:
        """Put it on their file, and propose what the code says, to all who are liable for it.

        Raises NotFound, OwnConduct, Invalid.
        """
        act = self._desk.authorised(command)
        self._desk.must_exist(Staff, command.staff_id)
        terms = self._ledger.terms(command.code, command.at)
        if not terms.table.is_misconduct:
            raise NotFound(f"{command.code} is no code of misconduct", field="code")
        self._must_name_all(terms.table, command)
        self._must_be_told(terms, command, act)
        receipt = self._record(terms, command)
        ids = [_misconduct_id(command)]
        for part, code in terms.table.joint.items():
            other = replace(
                command,
                command_id=f"{command.command_id} joint {part}",
                staff_id=command.jointly[part],
                code=code,
                jointly={},
                expected_version=None,
            )
            self._record(self._ledger.terms(code, command.at), other)
            ids.append(_misconduct_id(other))
        return Recorded(receipt, ids[0], [entry_id_of(known) for known in ids])

    def _record(self, terms: Terms, command: RecordMisconduct) -> Receipt:
        """On their file, and then what the code proposes: said again, done once."""
        misconduct_id = _misconduct_id(command)

        def decide(staff: Staff, act: Act) -> None:
            staff.record_misconduct(
                misconduct_id,
                code=terms.name,
                grade=str(terms.table.grade),
                evidence=command.evidence,
                client_id=command.client_id,
                ticket_id=command.ticket_id,
                rule=terms.table.rule,
                act=act,
            )

        receipt = self._desk.change(Staff, command.staff_id, command, decide)
        self._ledger.propose(
            ProposeEntry(
                by=command.by,
                command_id=f"{command.command_id} proposal",
                received_at=command.received_at,
                occurred_at=command.occurred_at,
                acting_for=command.acting_for,
                table=terms.name,
                holder=f"staff:{command.staff_id}",
                facts=command.facts,
                client_id=command.client_id,
                ticket_id=command.ticket_id,
                misconduct_id=misconduct_id,
                claim=command.claim,
            )
        )
        return receipt

    def _must_name_all(self, table: Table, command: RecordMisconduct) -> None:
        """Raises Invalid."""
        if table.joint.keys() != command.jointly.keys():
            wanted = ", ".join(table.joint) or "nobody"
            raise Invalid(f"{wanted} is liable besides", field="jointly", rule=table.rule)

    def _must_be_told(self, terms: Terms, command: RecordMisconduct, act: Act) -> None:
        """Nothing is put on file if nothing could follow from it. Raises as a proposal."""
        liable = [command.staff_id, *command.jointly.values()]
        must_be_another({staff_ref(each) for each in liable}, act, own_conduct())
        facts = self._ledger.facts(terms, command.facts, command.staff_id)
        terms.table.refuse("proposed", terms.look(facts, 1))
        terms.reckoned(facts, 1)
        for staff_id in liable:
            self._desk.must_exist(Staff, staff_id)


def _misconduct_id(command: RecordMisconduct) -> UUID:
    return entry_id_of(command.by.ref, command.command_id, command.staff_id)
