"""What packs have made follow that proposes an entry, and whether it has been proposed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import View
from domain.ledger import Entry
from domain.ticket import Ticket


@dataclass(slots=True)
class ClaimRow:
    claim: Annotated[int, "Register position of what asks for it"]
    ticket_id: Annotated[UUID, "The ticket that asks"]
    table_name: Annotated[str, "By which table"]
    because: Annotated[str, "What it followed from"]
    form: Annotated[dict[str, Any], "Whose it is, and the facts"]
    happened_at: Annotated[datetime, "When it followed, as told"]
    proposed_at: Annotated[datetime | None, "When it was proposed"] = None


class ClaimView(View[ClaimRow]):
    name = "ledger_claim"
    row = ClaimRow
    facts = frozenset({Ticket.Followed, Entry.Proposed})
    indexes = ("claim WHERE proposed_at IS NULL",)

    def keys(self, fact: Fact) -> Sequence[int]:
        event: Any = fact.event
        if isinstance(event, Entry.Proposed):
            return () if event.claim is None else (event.claim,)
        return (fact.position,) if event.proposes else ()

    def fold(self, row: ClaimRow | None, fact: Fact, key: Any) -> ClaimRow:
        event: Any = fact.event
        if row is not None:
            row.proposed_at = event.timestamp
            return row
        return ClaimRow(
            claim=fact.position,
            ticket_id=event.originator_id,
            table_name=event.proposes,
            because=event.because,
            form=event.form,
            happened_at=event.timestamp,
        )


class Claims(ABC):
    """The questions."""

    @abstractmethod
    def waiting(self, limit: int) -> list[ClaimRow]:
        """What has not been proposed yet, oldest first."""
