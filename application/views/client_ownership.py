"""Whose client it is and was, what is alike, and what the blacklist says: one row a client."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View
from domain.aggregate import Aggregate, events_of
from domain.client import Client
from domain.sealed import Sealed

OF_BLACKLIST: frozenset[type[Aggregate.Event]] = frozenset(
    {
        Client.BlacklistingProposed,
        Client.BlacklistingRejected,
        Client.Blacklisted,
        Client.BlacklistReviewed,
        Client.BlacklistLifted,
    }
)

ASIDE: frozenset[type[Aggregate.Event]] = frozenset(
    {
        *(Client.Registered, Client.DetailsChanged, Client.TraitSet),
        *(Client.ContactPointAdded, Client.ContactPointRemoved),
        *(Client.ErasureRequested, Client.ErasureWithdrawn, Client.ErasureApproved),
        *(Client.HoldPlaced, Client.HoldLifted),
        *(Client.ConsentGiven, Client.ConsentWithdrawn),
        *(Client.ContactPersonAdded, Client.ContactPersonChanged, Client.ContactPersonRemoved),
        *(Client.Recorded, Client.GradeProposed, Client.GradeRefused, Client.Graded),
        Client.ViolationFlagged,
    }
)
"""What is shown by `client_file` alone."""


@dataclass(slots=True)
class OwnershipRow:
    client_id: Annotated[UUID, "Id of the client"]
    registered_position: Annotated[int, "Position of the registration; orders the list"]
    registered_by: Annotated[str, "Who put the client on file"]
    manager_id: Annotated[UUID | None, "Whose client it is; nobody's if in the pool"] = None
    managed_since: Annotated[datetime | None, "Since when"] = None
    managed_by_rule: Annotated[str | None, "Why to them"] = None
    passes_to_id: Annotated[UUID | None, "Who is proposed instead"] = None
    managers: Annotated[list[Any], "Everybody whose client it was: from when to when, and why"] = (
        field(default_factory=list)
    )
    follow_ups: Annotated[list[Any], "The last hundred follow-ups: when, by whom, how"] = field(
        default_factory=list
    )
    territory: Annotated[str | None, "Where the client lies"] = None
    foreign_to_id: Annotated[UUID | None, "Who put them on file from another territory"] = None
    duplicates: Annotated[list[Any], "Files that say the same, and what was decided"] = field(
        default_factory=list
    )
    is_duplicate: Annotated[bool, "Whether a decision on one of these waits"] = False
    blacklist: Annotated[str | None, "proposed or listed"] = None
    blacklist_scope: Annotated[str | None, "What it keeps from the client"] = None
    blacklist_reason: Annotated[Sealed | None, "Why; sealed"] = None
    evidence: Annotated[list[Any], "What shows it; sealed"] = field(default_factory=list)
    blacklist_proposed_by: Annotated[str | None, "Who proposed it"] = None
    approved_by: Annotated[str | None, "Who approved it"] = None
    blacklisted_at: Annotated[datetime | None, "When it was approved"] = None
    review_at: Annotated[datetime | None, "When it is looked at again"] = None
    merged_into_id: Annotated[UUID | None, "The file that this one follows"] = None
    is_erased: Annotated[bool, "Whether the client was forgotten"] = False
    version: Annotated[int, "Version of the client that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class ClientOwnershipView(View[OwnershipRow]):
    name = "client_ownership"
    span = Span.STREAM
    row = OwnershipRow
    facts = frozenset(events_of(Client))
    indexes = (
        "manager_id, registered_position",
        "registered_position WHERE is_duplicate",
        "registered_position WHERE foreign_to_id IS NOT NULL",
        "registered_position WHERE blacklist IS NOT NULL",
        "review_at WHERE blacklist = 'listed'",
    )

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: OwnershipRow | None, fact: Fact, key: Any) -> OwnershipRow:
        event = fact.event
        if row is None:
            assert isinstance(event, Client.Registered)
            row = OwnershipRow(event.originator_id, fact.position, event.by)
        if type(event) in OF_BLACKLIST:
            _list(row, event)
        else:
            _own(row, event)
        row.version, row.position = event.originator_version, fact.position
        return row


def _own(row: OwnershipRow, event: Any) -> None:  # noqa: C901 - one case a fact
    match event:
        case Client.Assigned(staff_id=staff_id, rule=rule):
            _end(row, event)
            row.manager_id, row.managed_since = staff_id, event.timestamp
            row.managed_by_rule, row.passes_to_id = rule, None
        case Client.ReassignmentProposed(staff_id=staff_id):
            row.passes_to_id = staff_id
        case Client.ReassignmentRejected():
            row.passes_to_id = None
        case Client.OwnershipVoided():
            _end(row, event)
            row.manager_id = row.managed_since = row.managed_by_rule = row.passes_to_id = None
        case Client.FollowedUp(channel=channel):
            said = {"at": _instant(event.timestamp), "by": event.by, "channel": channel}
            row.follow_ups = [*row.follow_ups, said][-100:]
        case Client.Placed(territory=territory, foreign_to=foreign_to):
            row.territory, row.foreign_to_id = territory, foreign_to
        case Client.CrossingAuthorised(staff_id=staff_id):
            row.foreign_to_id = None if row.foreign_to_id == staff_id else row.foreign_to_id
        case Client.DuplicateDetected() | Client.DuplicateDecided():
            _match(row, event)
        case Client.Merged(into_id=into_id):
            row.merged_into_id = into_id
            _match(row, event)
        case Client.Unmerged():
            row.merged_into_id = None
        case Client.Erased():
            row.is_erased, row.is_duplicate = True, False
        case _ if type(event) in ASIDE:
            pass
        case other:
            raise NotImplementedError(f"client_ownership has no case for {type(other)}")


def _end(row: OwnershipRow, event: Any) -> None:
    """Whoever had the client had them until now."""
    if row.manager_id is None or row.managed_since is None:
        return
    row.managers = [
        *row.managers,
        {
            "staff_id": str(row.manager_id),
            "since": _instant(row.managed_since),
            "until": _instant(event.timestamp),
            "rule": row.managed_by_rule,
            "ended_by": event.by,
            "why": event.rule,
        },
    ]


def _match(row: OwnershipRow, event: Any) -> None:
    """A file that was merged without having been decided on is decided on by that."""
    match event:
        case Client.DuplicateDetected(other_id=other_id):
            found = {"other_id": str(other_id), "alike": event.alike, "verdict": None}
            found |= {"detected_at": _instant(event.timestamp)}
            found |= {"owner_id": _text(event.owner_id), "manager_id": _text(event.manager_id)}
            row.duplicates = [*row.duplicates, found]
        case Client.DuplicateDecided(other_id=other_id, verdict=verdict, rule=rule):
            owner_id = _text(event.owner_id)
            decided = {"verdict": verdict, "owner_id": owner_id, "rule": rule}
            row.duplicates = _decided(row, other_id, decided | {"decided_by": event.by})
        case Client.Merged(into_id=other_id):
            decided = {"verdict": "merge", "decided_by": event.by}
            row.duplicates = _decided(row, other_id, decided)
    row.is_duplicate = any(known["verdict"] is None for known in row.duplicates)


def _decided(row: OwnershipRow, other_id: UUID, said: dict[str, Any]) -> list[Any]:
    return [
        known | said if known["other_id"] == str(other_id) else known for known in row.duplicates
    ]


def _instant(at: datetime) -> str:
    """In UTC: what a row has kept has lost the offset it was told with."""
    return at.astimezone(UTC).isoformat()


def _text(id: UUID | None) -> str | None:
    return None if id is None else str(id)


def _list(row: OwnershipRow, event: Any) -> None:
    match event:
        case Client.BlacklistingProposed(scope=scope, evidence=evidence, review_at=review_at):
            row.blacklist, row.blacklist_scope = "proposed", scope
            row.blacklist_reason, row.evidence = event.reason, list(evidence.values())
            row.blacklist_proposed_by, row.review_at = event.by, review_at
        case Client.Blacklisted(scope=scope, review_at=review_at):
            row.blacklist, row.blacklist_scope, row.review_at = "listed", scope, review_at
            row.blacklist_reason = row.blacklist_reason or event.reason
            row.approved_by, row.blacklisted_at = event.by, event.timestamp
        case Client.BlacklistReviewed(review_at=review_at):
            row.review_at = review_at
        case Client.BlacklistLifted() | Client.BlacklistingRejected():
            row.blacklist = row.blacklist_scope = row.blacklist_reason = row.review_at = None
            row.blacklist_proposed_by = row.approved_by = row.blacklisted_at = None
            row.evidence = []


class ClientOwnership(ABC):
    """The questions. Pages are newest first, those registered before the position `before`."""

    @abstractmethod
    def client(self, client_id: UUID) -> OwnershipRow | None:
        """One client."""

    @abstractmethod
    def of_manager(
        self, staff_id: UUID | None, *, before: int | None, limit: int
    ) -> list[OwnershipRow]:
        """Whose client it is; nobody's: the pool."""

    @abstractmethod
    def duplicates(self, *, before: int | None, limit: int) -> list[OwnershipRow]:
        """On which a decision waits."""

    @abstractmethod
    def foreign(self, *, before: int | None, limit: int) -> list[OwnershipRow]:
        """Put on file from another territory, and neither authorised nor placed anew since."""

    @abstractmethod
    def blacklist(self, *, before: int | None, limit: int) -> list[OwnershipRow]:
        """Listed, or proposed."""

    @abstractmethod
    def to_review(self, now: datetime, limit: int) -> list[OwnershipRow]:
        """Listed, and to be looked at again by now; the longest due first."""

    @abstractmethod
    def missed(self, client_id: UUID, staff_id: UUID, names: Sequence[str]) -> list[str]:
        """Obligations of these names towards a client that somebody had to keep and did not."""
