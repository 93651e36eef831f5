"""What reviewers look for in the register: where somebody stepped in, and whose hands did what.

Each question takes the facts of its `KINDS`, in order, and reads no view.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from application.register import Fact
from domain.aggregate import STAFF_PREFIX, Aggregate, staff_ref
from domain.client import Client
from domain.instance import Instance
from domain.ticket import Ticket

Kind = type[Aggregate.Event]

ASKED_FOR: Mapping[Kind, Kind] = {
    Client.ErasureApproved: Client.ErasureRequested,
    Client.Erased: Client.ErasureApproved,
    Ticket.TimeExtended: Ticket.ExtensionAsked,
}
"""What somebody had asked for before, or approved."""

INTERVENTIONS: Collection[Kind] = (
    *(Client.Merged, Client.Unmerged, Client.HoldPlaced, Client.HoldLifted),
    *(Client.ErasureRequested, Client.ErasureWithdrawn, Client.ErasureApproved, Client.Erased),
    *(Ticket.Corrected, Ticket.MovedToVersion, Ticket.Voided, Ticket.Archived),
    *(Ticket.ExtensionAsked, Ticket.TimeExtended, Ticket.TimeWaived),
)
"""Deletions, redactions, merges, reclassifications and extensions: what changes how the rest reads.

Nothing is deleted and nothing edited: a correction stands beside what it corrects.
"""


@dataclass(frozen=True)
class Intervention:
    """`asked_by`: who had asked for it, where somebody else has to."""

    fact: Fact
    asked_by: str | None


def interventions(facts: Iterable[Fact]) -> Iterator[Intervention]:
    """In the order of the register."""
    last: dict[tuple[Kind, UUID, str], str] = {}
    for fact in facts:
        event: Any = fact.event
        of = (event.originator_id, getattr(event, "key", ""))
        before = ASKED_FOR.get(type(event))
        yield Intervention(fact, last.get((before, *of)) if before else None)
        last[type(event), *of] = event.by


RAISING: Collection[Kind] = (Ticket.Opened,)
HANDLING: Collection[Kind] = (
    *(Ticket.TransferAccepted, Ticket.StepTaken, Ticket.Answered, Ticket.Completed),
    Ticket.Closed,
)
APPROVING: Collection[Kind] = (
    *(Ticket.Signed, Ticket.TransferDecided, Ticket.TimeExtended, Ticket.TimeWaived),
)
HANDS: Collection[Kind] = (*RAISING, *HANDLING, *APPROVING)


@dataclass
class Hands:
    """What one person did on one ticket, themselves or as a deputy: versions of it."""

    ticket_id: UUID
    person: str
    raised: list[int] = field(default_factory=list)
    handled: list[int] = field(default_factory=list)
    approved: list[int] = field(default_factory=list)

    @property
    def did_all(self) -> bool:
        return bool(self.raised and self.handled and self.approved)


def hands(facts: Iterable[Fact]) -> Sequence[Hands]:
    """By ticket, in the order of the register, and by person.

    A deputy and whom they stand in for are both named: neither is a second person for the other.
    """
    found: dict[UUID, dict[str, Hands]] = defaultdict(dict)
    for fact in facts:
        event = fact.event
        of_ticket = found[event.originator_id]
        for person in _persons(event):
            one = of_ticket.setdefault(person, Hands(event.originator_id, person))
            _done(one, event).append(event.originator_version)
    return [one for of_ticket in found.values() for one in of_ticket.values()]


EXPORTS: Collection[Kind] = (Instance.EvidenceExported,)


def _done(one: Hands, event: Aggregate.Event) -> list[int]:
    if isinstance(event, tuple(RAISING)):
        return one.raised
    return one.handled if isinstance(event, tuple(HANDLING)) else one.approved


def _persons(event: Aggregate.Event) -> list[str]:
    """Of staff; who took a step that was taken over from a log is told in it."""
    done_by = getattr(event, "done_by_id", None)
    named = [staff_ref(done_by) if done_by else event.by, event.acting_for]
    return [person for person in named if person and person.startswith(STAFF_PREFIX)]
