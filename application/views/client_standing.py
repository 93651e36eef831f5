"""How clients stand: what packs ask of them in figures, audiences of schedules, and broadcasts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.utils import get_topic

from application.register import Fact
from application.views.client_history import PROFILE
from application.views.view import Span, View
from domain.client import Client
from domain.sealed import Sealed, in_clear


@dataclass(slots=True)
class StandingRow:
    client_id: Annotated[UUID, "Id of the client"]
    registered_position: Annotated[int, "Position of the registration; orders the list"]
    kind: Annotated[str, "What kind of client"]
    name: Annotated[Sealed, "Name; sealed"]
    registered_at: Annotated[datetime, "When registered, as told"]
    profile_at: Annotated[datetime, "When the profile last changed, as told"]
    is_counted: Annotated[bool, "Whether it is a file of its own: not merged, not erased"] = True
    traits: Annotated[dict[str, Any], "Traits in clear, by name"] = field(default_factory=dict)
    persons: Annotated[dict[str, Any], "Contact persons by id; sealed"] = field(
        default_factory=dict
    )
    grades: Annotated[dict[str, Any], "Per scheme: class, since, until, in order"] = field(
        default_factory=dict
    )
    counts: Annotated[dict[str, int], "How many entries, by kind"] = field(default_factory=dict)
    last_at: Annotated[dict[str, str], "When the last one was made, by kind"] = field(
        default_factory=dict
    )
    forms: Annotated[dict[str, Any], "The form of the last one, by kind; nothing sealed"] = field(
        default_factory=dict
    )
    manager_id: Annotated[UUID | None, "Whose client it is"] = None
    position: Annotated[int, "Register position that this row shows"] = 0

    def grade_on(self, scheme: str, day: date) -> str | None:
        """The class that was decided last among those that hold on the day."""
        said = day.isoformat()
        held = [
            one["grade"]
            for one in self.grades.get(scheme, ())
            if one["since"] <= said and (one["until"] is None or said < one["until"])
        ]
        return held[-1] if held else None


class ClientStandingView(View[StandingRow]):
    name = "client_standing"
    span = Span.STREAM
    row = StandingRow
    facts = frozenset(
        {
            Client.Registered,
            Client.DetailsChanged,
            Client.ContactPointAdded,
            Client.ContactPointRemoved,
            Client.ContactPersonAdded,
            Client.ContactPersonChanged,
            Client.ContactPersonRemoved,
            Client.TraitSet,
            Client.Merged,
            Client.Unmerged,
            Client.Erased,
            Client.Recorded,
            Client.Graded,
            Client.Assigned,
            Client.OwnershipVoided,
        }
    )
    indexes = ("registered_position",)

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: StandingRow | None, fact: Fact, key: Any) -> StandingRow:
        row = _registered(fact) if row is None else row
        _apply(row, fact)
        if get_topic(type(fact.event)) in PROFILE:
            row.profile_at = max(row.profile_at, fact.event.timestamp)
        row.position = fact.position
        return row


def _registered(fact: Fact) -> StandingRow:
    event = fact.event
    assert isinstance(event, Client.Registered)
    return StandingRow(
        client_id=event.originator_id,
        registered_position=fact.position,
        kind=event.kind,
        name=event.name,
        registered_at=event.timestamp,
        profile_at=event.timestamp,
    )


def _apply(row: StandingRow, fact: Fact) -> None:  # noqa: C901 - one case a fact
    match fact.event:
        case Client.DetailsChanged(details=details):
            row.name = details.get("name", row.name)
        case Client.ContactPersonAdded(person_id=person_id, person=person):
            row.persons = {**row.persons, person_id: person}
        case Client.ContactPersonChanged(person_id=person_id, person=person):
            row.persons = {**row.persons, person_id: row.persons.get(person_id, {}) | person}
        case Client.ContactPersonRemoved(person_id=person_id):
            row.persons = {id: one for id, one in row.persons.items() if id != person_id}
        case Client.TraitSet(name=name, value=value):
            row.traits = {**row.traits, name: value}
        case Client.Merged() | Client.Erased():
            row.is_counted = False
        case Client.Unmerged():
            row.is_counted = True
        case Client.Assigned(staff_id=staff_id):
            row.manager_id = staff_id
        case Client.OwnershipVoided():
            row.manager_id = None
        case Client.Recorded() as entered:
            _enter(row, entered)
        case Client.Graded(scheme=scheme, grade=grade, since=since, until=until):
            held = {"grade": grade, "since": since, "until": until}
            row.grades = {**row.grades, scheme: [*row.grades.get(scheme, ()), held]}
        case Client.Registered() | Client.ContactPointAdded() | Client.ContactPointRemoved():
            pass
        case other:
            raise NotImplementedError(f"client_standing has no case for {type(other)}")


def _enter(row: StandingRow, entered: Any) -> None:
    kind, at = entered.kind, entered.timestamp
    known = row.last_at.get(kind)
    last = at if known is None else max(at, datetime.fromisoformat(known))
    row.counts = {**row.counts, kind: entered.number}
    row.last_at = {**row.last_at, kind: last.isoformat()}
    row.forms = {**row.forms, kind: in_clear(entered.form)}


class ClientStanding(ABC):
    """The questions."""

    @abstractmethod
    def all(self) -> list[StandingRow]:
        """Every client with a file of their own, in the order of registration."""

    @abstractmethod
    def ever(self) -> list[UUID]:
        """Every client there ever was, in the order of registration."""

    @abstractmethod
    def of(self, client_id: UUID) -> StandingRow | None:
        """One client."""
