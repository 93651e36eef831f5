"""The history of clients: one row an event; entries and gradings among them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.utils import get_topic

from application.register import Fact
from application.views.ticket_history import ENVELOPE
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.client import Client
from domain.sealed import Sealed, in_clear


@dataclass(slots=True)
class ClientHistoryRow:
    position: Annotated[int, "Position in the register"]
    client_id: Annotated[UUID, "The client it happened to"]
    version: Annotated[int, "The how-many-eth event of that client"]
    topic: Annotated[str, "What happened"]
    kind: Annotated[str | None, "The kind of an entry, or the scheme of a grading"]
    by: Annotated[str, "Who did it: staff:<id>, client:<id> or system:<name>"]
    acting_for: Annotated[str | None, "Whose deputy they were"]
    reason: Annotated[Sealed | None, "Why, as told; sealed"]
    occurred_at: Annotated[datetime, "When it happened, as told"]
    recorded_at: Annotated[datetime, "When it was recorded, by the store's clock"]
    opens: Annotated[int, "How many matters follow from it"] = 0
    details: Annotated[dict[str, Any], "What else the event says"] = field(default_factory=dict)


class ClientHistoryView(View[ClientHistoryRow]):
    name = "client_history"
    span = Span.FACT
    row = ClientHistoryRow
    facts = frozenset(events_of(Client))
    indexes = (
        "client_id, position",
        "kind, occurred_at WHERE kind IS NOT NULL",
        "position WHERE opens > 0",
        "occurred_at",
    )

    def keys(self, fact: Fact) -> Sequence[int]:
        return (fact.position,)

    def fold(self, row: ClientHistoryRow | None, fact: Fact, key: Any) -> ClientHistoryRow:
        event = fact.event
        details = {name: v for name, v in vars(event).items() if name not in ENVELOPE}
        is_entry = isinstance(event, Client.Recorded)
        return ClientHistoryRow(
            position=fact.position,
            client_id=event.originator_id,
            version=event.originator_version,
            topic=get_topic(type(event)),
            kind=details.pop("kind") if is_entry else details.get("scheme"),
            by=event.by,
            acting_for=event.acting_for,
            reason=event.reason,
            occurred_at=event.timestamp,
            recorded_at=fact.recorded_at,
            opens=0 if _waits(event) else len(details.get("opens", ())),
            details=details,
        )


def _waits(event: Any) -> bool:
    """Whether what it says is not decided yet."""
    return isinstance(event, Client.GradeProposed)


PROFILE = frozenset(
    {
        "client.registered",
        "client.details-changed",
        "client.contact-point-added",
        "client.contact-point-removed",
        "client.contact-person-added",
        "client.contact-person-changed",
        "client.contact-person-removed",
        "client.trait-set",
    }
)
"""What changes who the client is and how they are reached."""


@dataclass(frozen=True)
class Changed:
    """A field of the profile before and after; None: it was, or is, not there."""

    position: int
    field: str
    before: Any
    after: Any
    by: str
    acting_for: str | None
    reason: Sealed | None
    occurred_at: datetime
    recorded_at: datetime
    is_new: bool


def changes(rows: Sequence[ClientHistoryRow]) -> Iterator[Changed]:
    """What each event of one client's profile changed; `rows` begin with the first."""
    known: dict[str, Any] = {}
    for row in rows:
        if row.topic in PROFILE:
            for name, after in _told(row).items():
                before, known[name] = known.get(name), after
                yield Changed(
                    row.position,
                    name,
                    before,
                    after,
                    row.by,
                    row.acting_for,
                    row.reason,
                    row.occurred_at,
                    row.recorded_at,
                    before is None,
                )


def _told(row: ClientHistoryRow) -> Mapping[str, Any]:
    said = row.details
    match row.topic.removeprefix("client."):
        case "registered":
            return {"name": said["name"], "kind": said.get("kind")}
        case "details-changed":
            details: Mapping[str, Any] = said["details"]
            return details
        case "contact-point-added":
            return {said["contact_id"]: said["value"]}
        case "contact-person-added" | "contact-person-changed":
            return {f"{said['person_id']}.{name}": v for name, v in said["person"].items()}
        case "trait-set":
            return {said["name"]: said["value"]}
        case _:
            return {said.get("contact_id") or said["person_id"]: None}


@dataclass(frozen=True)
class Entry:
    """An entry in clear, as figures count it."""

    client_id: UUID
    kind: str
    occurred_at: datetime
    form: Mapping[str, Any]


def entry(row: ClientHistoryRow) -> Entry:
    assert row.kind is not None
    return Entry(row.client_id, row.kind, row.occurred_at, in_clear(row.details["form"]))


class ClientHistory(ABC):
    """The questions."""

    @abstractmethod
    def of_clients(self, client_ids: Sequence[UUID]) -> list[ClientHistoryRow]:
        """What happened to these, in order."""

    @abstractmethod
    def entries(self, since: datetime, until: datetime) -> list[Entry]:
        """What was entered on any file from an instant on, up to another."""

    @abstractmethod
    def with_matters(self, *, after: int, limit: int) -> list[ClientHistoryRow]:
        """Those that matters follow from, behind a position, in order."""

    @abstractmethod
    def profiles_changed(self, since: datetime, until: datetime) -> list[UUID]:
        """Whose profile changed, or who was registered, from an instant on, up to another."""
