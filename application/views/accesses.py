"""Who looked at what: one row a read that is on record, and a refused one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View
from domain.access import Access


@dataclass(slots=True)
class AccessRow:
    position: Annotated[int, "Position in the register; orders the list"]
    by: Annotated[str, "Who looked: staff:<id>"]
    role: Annotated[str | None, "The role that lets them read at all"]
    what: Annotated[str, "client, ticket, evidence or export"]
    client_id: Annotated[UUID | None, "Whose file it is, or whose matter"]
    ticket_id: Annotated[UUID | None, "The ticket"]
    export_id: Annotated[UUID | None, "The export"]
    fields: Annotated[list[str], "Which labelled fields were shown in full, or asked for"]
    labels: Annotated[list[str], "Their labels"]
    purpose: Annotated[str | None, "What for, as told: a code of the list"]
    digest: Annotated[str | None, "SHA-256 of the attachment, in hex"]
    is_granted: Annotated[bool, "Shown, or refused"]
    code: Annotated[str | None, "The code of the refusal"]
    shown: Annotated[int | None, "How many clients, of an export"]
    left_out: Annotated[int | None, "How many have not consented, of an export"]
    occurred_at: Annotated[datetime, "When, by the clock of the process"]
    recorded_at: Annotated[datetime, "When it was recorded, by the store's clock"]


class AccessesView(View[AccessRow]):
    name = "accesses"
    span = Span.FACT
    row = AccessRow
    facts = frozenset({Access.RecordAccessed, Access.Refused})
    indexes = ("client_id, position", "ticket_id, position", "by, position")

    def keys(self, fact: Fact) -> Sequence[int]:
        return (fact.position,)

    def fold(self, row: AccessRow | None, fact: Fact, key: Any) -> AccessRow:
        event: Any = fact.event
        return AccessRow(
            position=fact.position,
            by=event.by,
            role=event.role,
            what=event.what,
            client_id=event.client_id,
            ticket_id=event.ticket_id,
            export_id=event.export_id,
            fields=event.fields,
            labels=event.labels,
            purpose=event.purpose,
            digest=event.digest,
            is_granted=isinstance(event, Access.RecordAccessed),
            code=getattr(event, "code", None),
            shown=getattr(event, "shown", None),
            left_out=getattr(event, "left_out", None),
            occurred_at=event.timestamp,
            recorded_at=fact.recorded_at,
        )


@dataclass(frozen=True, kw_only=True)
class AccessFilter:
    """What is None is not asked. `by`: like `staff:<id>`."""

    client_id: UUID | None = None
    ticket_id: UUID | None = None
    by: str | None = None


class AccessLog(ABC):
    """The questions."""

    @abstractmethod
    def page(self, asked: AccessFilter, *, before: int | None, limit: int) -> list[AccessRow]:
        """Newest first, those before the position `before`."""
