"""Whether references among the facts of an entry lead to what its table asks for (RW-09, RW-13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from application.desk import Desk
from domain.assessment import Assessment
from domain.errors import Invalid, NotFound
from domain.ledger_table import Proof, Table
from domain.ticket import Ticket


class Unproven(Invalid):
    code = "unproven"


class Proofs:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def must_hold(
        self, step: str, table: Table, holder: str, facts: Mapping[str, Any], at: datetime
    ) -> None:
        """Raises Unproven, naming the field."""
        for field, proof in table.proofs.items():
            said = facts.get(field)
            if step in proof.upon and said and not self._holds(proof, str(said), holder, at):
                raise Unproven(proof.says, field=f"facts.{field}", rule=proof.rule)

    def _holds(self, proof: Proof, said: str, holder: str, at: datetime) -> bool:
        try:
            id = UUID(said)
            if proof.procedure is None:
                known = self._desk.look_up(Assessment, id)
                return known.is_published and f"staff:{known.subject_id}" == holder
            ticket = self._desk.look_up(Ticket, id)
        except (NotFound, ValueError):
            return False
        is_theirs = proof.about is None or f"staff:{ticket.look(proof.about, at)}" == holder
        was_taken = all(ticket.counts.get(word, 0) > 0 for word in proof.after)
        return ticket.procedure == proof.procedure and is_theirs and was_taken
