"""The client file: who a client is, how to reach them, what holds for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.client import Client
from domain.sealed import Sealed

OF_OWNERSHIP = (
    Client.Assigned,
    Client.ReassignmentProposed,
    Client.ReassignmentRejected,
    Client.OwnershipVoided,
    Client.FollowedUp,
    Client.Placed,
    Client.CrossingAuthorised,
)
"""What is shown by `client_ownership`."""


@dataclass(slots=True)
class ClientRow:
    client_id: Annotated[UUID, "Id of the client"]
    registered_position: Annotated[int, "Position of the registration; orders the list"]
    kind: Annotated[str, "What kind of client"]
    name: Annotated[Sealed, "Name; sealed"]
    registered_at: Annotated[datetime, "When registered, as told"]
    details: Annotated[dict[str, Any], "Further details; sealed"] = field(default_factory=dict)
    contacts: Annotated[dict[str, Any], "Contact points by id: kind, and value sealed"] = field(
        default_factory=dict
    )
    attributes: Annotated[dict[str, Any], "Traits in clear, by name; figures ask for them"] = field(
        default_factory=dict
    )
    is_blacklisted: Annotated[bool, "Whether the blacklist applies"] = False
    blacklist_scope: Annotated[str | None, "What the blacklist applies to"] = None
    merged_into_id: Annotated[UUID | None, "The file that this one follows"] = None
    erasure: Annotated[str | None, "requested, approved or erased"] = None
    holds: Annotated[list[str], "Legal holds: file numbers"] = field(default_factory=list)
    consents: Annotated[list[str], "Purposes that the client has consented to"] = field(
        default_factory=list
    )
    version: Annotated[int, "Version of the client that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class ClientFileView(View[ClientRow]):
    name = "client_file"
    span = Span.STREAM
    row = ClientRow
    facts = frozenset(events_of(Client))
    indexes = ("registered_position", "merged_into_id", "erasure WHERE erasure IS NOT NULL")

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: ClientRow | None, fact: Fact, key: Any) -> ClientRow:
        row = _registered(fact) if row is None else row
        _apply(row, fact)
        row.version, row.position = fact.event.originator_version, fact.position
        return row


def _registered(fact: Fact) -> ClientRow:
    event = fact.event
    assert isinstance(event, Client.Registered)
    return ClientRow(
        client_id=event.originator_id,
        registered_position=fact.position,
        kind=event.kind,
        name=event.name,
        registered_at=event.timestamp,
    )


def _apply(row: ClientRow, fact: Fact) -> None:  # noqa: C901 - one case a fact
    match fact.event:
        case Client.DetailsChanged(details=details):
            row.name = details.get("name", row.name)
            row.details |= {k: v for k, v in details.items() if k != "name"}
        case Client.ContactPointAdded(contact_id=contact_id, kind=kind, value=value):
            row.contacts[contact_id] = {"kind": kind, "value": value}
        case Client.ContactPointRemoved(contact_id=contact_id):
            row.contacts.pop(contact_id, None)  # as of then it may not have been there yet
        case Client.TraitSet(name=name, value=value):
            row.attributes[name] = value
        case Client.Blacklisted(scope=scope):
            row.is_blacklisted, row.blacklist_scope = True, scope
        case Client.BlacklistLifted():
            row.is_blacklisted, row.blacklist_scope = False, None
        case Client.Merged(into_id=into_id):
            row.merged_into_id = into_id
        case Client.Unmerged():
            row.merged_into_id = None
        case Client.ErasureRequested():
            row.erasure = "requested"
        case Client.ErasureWithdrawn():
            row.erasure = None
        case Client.ErasureApproved():
            row.erasure = "approved"
        case Client.Erased():
            row.erasure = "erased"
        case Client.HoldPlaced(file_number=file_number):
            row.holds = [*row.holds, file_number]
        case Client.HoldLifted(file_number=file_number):
            row.holds = [hold for hold in row.holds if hold != file_number]
        case Client.ConsentGiven(purpose=purpose):
            row.consents = [*row.consents, purpose]
        case Client.ConsentWithdrawn(purpose=purpose):
            row.consents = [one for one in row.consents if one != purpose]
        case Client.BlacklistingProposed() | Client.BlacklistingRejected():
            pass
        case Client.BlacklistReviewed() | Client.DuplicateDetected() | Client.DuplicateDecided():
            pass
        case event if isinstance(event, OF_OWNERSHIP):
            pass
        case Client.Registered() | Client.Recorded() | Client.GradeProposed():
            pass
        case Client.Graded() | Client.GradeRefused() | Client.ContactPersonAdded():
            pass
        case Client.ViolationFlagged():
            pass
        case Client.ContactPersonChanged() | Client.ContactPersonRemoved():
            pass  # how they stand, and their history, have views of their own
        case other:
            raise NotImplementedError(f"client_file has no case for {type(other)}")


class ClientFile(ABC):
    """The questions."""

    @abstractmethod
    def client(self, client_id: UUID) -> ClientRow | None:
        """One client."""

    @abstractmethod
    def merged_into(self, client_id: UUID) -> list[UUID]:
        """The files that follow this one."""

    @abstractmethod
    def page(
        self,
        *,
        before: int | None,
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[ClientRow]:
        """Newest first, those registered before the position `before`.

        Of those told to be registered from `since` on, and before `until`, if that is asked for.
        """

    @abstractmethod
    def wanted(
        self,
        client_ids: Sequence[UUID] | None,
        *,
        consent: str | None,
        before: int | None,
        limit: int,
    ) -> list[ClientRow]:
        """Of these, or of all, who has consented to this, newest first.

        Neither files that follow another, nor who was erased.
        """

    @abstractmethod
    def without_consent(self, client_ids: Sequence[UUID] | None, consent: str) -> int:
        """How many of the same have not."""

    @abstractmethod
    def registered_by(self, at: datetime, *, kind: str | None = None) -> list[UUID]:
        """Who was on file then, of this kind or any; not those whose file follows another."""

    @abstractmethod
    def in_erasure(self, status: str) -> list[UUID]:
        """Whose erasure is `requested`, `approved` or done (`erased`)."""
