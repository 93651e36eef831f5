"""What holds for every event there is, and has to hold for every one to come."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from eventsourcing.utils import resolve_topic

from application.desk import AGGREGATES
from domain.aggregate import Aggregate, InitialEvent, events_of
from domain.client import Client
from domain.instance import Instance
from domain.pack import Pack
from domain.sealed import Sealed
from domain.ticket import Ticket
from tests.support.facts import event_classes

EVENTS = [kind for aggregate in AGGREGATES for kind in event_classes(aggregate)]

ENVELOPE = {
    "by": str,
    "acting_for": str | None,
    "role": str | None,
    "command_id": str,
    "reason": Sealed | None,
    "timestamp": datetime,
}

PERSONAL = {"matter", "text", "summary", "question", "result", "name", "reason", "value"}

NOT_ABOUT_A_PERSON = {
    *((Pack.Named, "name"), (Ticket.TimePromised, "name")),
    *((Client.TraitSet, "name"), (Client.TraitSet, "value")),
    *((Instance.Registered, "name"), (Instance.Revoked, "name")),
    *((Instance.RegistrationRequested, "name"), (Instance.RevocationRequested, "name")),
}
"""A pack is called `consultation`, an obligation `reply`; a trait is like `region`, `remote`; an
instance of processes like `instance/0a1b2c`."""

DATA = {"details", "content", "form", "facts", "obligation", "changes", "terms", "evidence"} | {
    "person",
    "opens",
    "basis",
    "flags",
    "entitlements",
}
"""Dicts of plain data; who reads them knows what is in there."""

STORABLE = {str, int, bool, UUID, datetime, Sealed, NoneType}


@pytest.fixture(params=EVENTS, ids=lambda kind: kind.TOPIC)
def event(request: pytest.FixtureRequest) -> Any:
    return request.param


def own_fields(event: type[Aggregate.Event]) -> dict[str, Any]:
    """What an event says, with its type; all but whose event it is."""
    hints = get_type_hints(event)
    return {f.name: hints[f.name] for f in fields(event) if f.name != "originator_id"}


def parts(hint: Any) -> set[Any]:
    """The plain types that a field's type is made of."""
    if get_origin(hint) in (list, dict, Union, UnionType):
        return set().union(*(parts(part) for part in get_args(hint)))
    return {hint}


def words(name: str) -> str:
    """`CaseSlipIssued` as `case-slip-issued`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def test_there_are_events_of_every_aggregate() -> None:
    assert [kind for kind in AGGREGATES if not event_classes(kind)] == []


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_no_event_is_passed_over_for_want_of_a_topic(aggregate: type[Aggregate]) -> None:
    assert list(events_of(aggregate)) == event_classes(aggregate)


def test_an_event_carries_the_whole_envelope(event: type[Aggregate.Event]) -> None:
    assert own_fields(event).items() >= ENVELOPE.items()


def test_an_event_is_stored_under_a_topic_of_its_own(event: type[Aggregate.Event]) -> None:
    aggregate, _, name = event.TOPIC.partition(".")

    assert resolve_topic(event.TOPIC) is event
    assert issubclass(event, resolve_topic(aggregate).Event)
    assert name == words(event.__name__)


def test_no_two_events_share_a_topic() -> None:
    assert len({kind.TOPIC for kind in EVENTS}) == len(EVENTS)


def test_the_topics_of_the_aggregates_are_their_own() -> None:
    assert [resolve_topic(kind.TOPIC) for kind in AGGREGATES] == list(AGGREGATES)


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_every_stream_begins_with_one_kind_of_event(aggregate: type[Aggregate]) -> None:
    assert len([k for k in event_classes(aggregate) if issubclass(k, InitialEvent)]) == 1


def test_what_speaks_of_a_person_is_sealed(event: type[Aggregate.Event]) -> None:
    in_clear = {
        name
        for name, hint in own_fields(event).items()
        if name in PERSONAL and hint not in (Sealed, Sealed | None)
    }

    assert {(event, name) for name in in_clear} <= NOT_ABOUT_A_PERSON


def test_the_fields_that_speak_of_a_person_are_there_to_be_checked() -> None:
    assert {name for kind in EVENTS for name in own_fields(kind)} >= PERSONAL


def test_fields_are_plain(event: type[Aggregate.Event]) -> None:
    composed = {name: h for name, h in own_fields(event).items() if parts(h) - STORABLE}

    assert composed.keys() <= DATA
    assert set(composed.values()) <= {dict[str, Any]}
