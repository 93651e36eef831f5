"""Other people's readers find in our event logs what we put there. See tests/support/readers.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from infrastructure.exporting.ocel import OcelEvent, OcelObject, ocel_log
from infrastructure.exports import Exported, extras
from tests.support.exports import ODD, golden_exports, made
from tests.support.facts import LI_NA
from tests.support.readers import read_by

READERS = [pytest.param(name, marks=pytest.mark.reader(name)) for name in ("pm4py", "r4pm")]


def facts() -> list[Exported]:
    """One of every kind, and a crowd of tickets; who acts on some stands in two parts."""
    every = golden_exports()
    crowd = [
        made(
            len(every) + nth,
            stream_id=UUID(int=nth % 40),
            acting_for=f"staff:{LI_NA}" if nth % 7 == 0 else None,
            fields={"text": ODD, "minutes": nth, "is_late": nth % 2 == 0},
        )
        for nth in range(1, 400)
    ]
    return every + crowd


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return read_by(request.param, extras(facts()), tmp_path_factory.mktemp(request.param))


def relations(entries: Iterable[OcelEvent | OcelObject]) -> list[list[str]]:
    return sorted([one.id, *relation] for one in entries for relation in one.relations)


@pytest.mark.parametrize("found", READERS, indirect=True)
@pytest.mark.parametrize("name", ["ocel.json", "ocel.sqlite"])
def test_they_find_every_event_object_and_relation(found: dict[str, Any], name: str) -> None:
    log = ocel_log(facts())

    assert found[name]["events"] == len(log.events)
    assert found[name]["objects"] == len(log.objects)
    assert found[name]["event_relations"] == relations(log.events)
    assert found[name]["object_relations"] == relations(log.objects)
    assert found[name]["event_types"] == sorted(log.event_types)
    assert found[name]["object_types"] == sorted(log.object_types)


@pytest.mark.parametrize("found", READERS, indirect=True)
@pytest.mark.parametrize("name", ["ocel.json", "ocel.sqlite"])
def test_they_read_times_as_the_instants_that_they_are(found: dict[str, Any], name: str) -> None:
    told = {f"e{fact.position}": fact.occurred_at for fact in facts()}

    times = {id: datetime.fromisoformat(at) for id, at in found[name]["times"].items()}
    assert times == told


@pytest.mark.parametrize("found", READERS, indirect=True)
def test_they_find_every_trace_and_every_event_in_it(found: dict[str, Any]) -> None:
    told = [fact for fact in facts() if fact.kind == "ticket"]

    log = found["log.xes"]
    assert log["events"] == len(told)
    assert log["traces"] == len({fact.stream_id for fact in told})
    assert log["activities"] == sorted({fact.word for fact in told})
    assert sorted(map(datetime.fromisoformat, log["times"])) == sorted(f.occurred_at for f in told)


@pytest.mark.parametrize("found", READERS[:1], indirect=True)
def test_the_constraints_of_the_standard_hold(found: dict[str, Any]) -> None:
    assert found["violated"] == []
