"""Facts that this release cannot read: they stop whom they concern, and nobody goes on blindly."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.utils import resolve_topic

from domain.ticket import Ticket
from infrastructure.views import reading
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.views.rebuilding import RebuildFailed
from infrastructure.wiring import Parts
from interface import worker
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk

NEWER = "ticket.teleported"


def enter(parts: Parts, topic: str, state: bytes) -> int:
    """What another release wrote; its position."""
    position = parts.register.head() + 1
    with psycopg.connect(parts.database.url) as connection:
        connection.execute(
            "INSERT INTO register.entry (position, stream_id, stream_version, topic, state,"
            " recorded_at, actor, command_id) VALUES (%s, %s, 1, %s, %s, now(), 'system:x', 'x')",
            (position, uuid4(), topic, state),
        )
    return position


def failures(parts: Parts) -> dict[str, str | None]:
    return {view.view: view.failure for view in parts.progress.views()}


def test_an_event_of_a_newer_release_stops_all_views_and_is_named(
    parts: Parts, busy: BusyDesk
) -> None:
    busy.happens(EVERYTHING)
    position = enter(parts, NEWER, b"{}")
    busy.open(0)

    parts.projector.catch_up()

    said = f"at position {position}: UnknownTopic: {NEWER}"
    assert failures(parts) == dict.fromkeys(VIEW_NAMES, said)
    assert {view.position for view in parts.progress.views()} == {position - 1}
    assert parts.projector.run_once() == 0


def test_once_a_release_that_knows_it_runs_the_views_go_on_by_themselves(
    parts: Parts, busy: BusyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(parts, NEWER, b"{}")
    busy.open(0)
    parts.projector.catch_up()

    def newer(topic: str) -> Any:
        return Ticket.Noted if topic == NEWER else resolve_topic(topic)

    monkeypatch.setattr(reading, "resolve_topic", newer)
    reading.is_known.cache_clear()
    parts.projector.catch_up()
    reading.is_known.cache_clear()

    assert failures(parts) == dict.fromkeys(VIEW_NAMES)
    assert {view.position for view in parts.progress.views()} == {parts.register.head()}


def test_an_event_that_is_not_what_it_should_be_stops_the_views_that_show_it(
    parts: Parts, busy: BusyDesk
) -> None:
    position = enter(parts, "staff.registered", b"{")
    busy.open(0)

    parts.projector.catch_up()

    said = failures(parts)
    ours = {view.view: view.position for view in parts.progress.views()}
    for view in ("staff_directory", "staff_then"):
        why = said.pop(view)
        assert why is not None
        assert why.startswith(f"at position {position}: DecodeError")
        assert ours.pop(view) == position - 1
    assert said == dict.fromkeys(said)
    assert set(ours.values()) == {parts.register.head()}


@pytest.mark.parametrize("name", VIEW_NAMES)
def test_no_rebuild_goes_past_an_event_of_a_newer_release(everything: Parts, name: str) -> None:
    position = enter(everything, NEWER, b"{}")

    with pytest.raises(RebuildFailed, match=f"at position {position}: UnknownTopic: {NEWER}"):
        everything.projector.rebuild(name, lambda done, total: None)


def test_a_worker_goes_on_without_the_view_that_it_cannot_build_anew(everything: Parts) -> None:
    parts = everything
    with psycopg.connect(parts.database.url) as connection:
        connection.execute(
            "UPDATE reporting.view_position SET definition = 'of the release before'"
            " WHERE view = 'client_file'"
        )
    position = enter(parts, "client.registered", b"{}")

    worker.build_anew(parts, ["client_file"])
    parts.projector.catch_up()

    standing = {view.view: view for view in parts.progress.views()}
    assert f"at position {position}: " in str(standing.pop("client_file").failure)
    read_it_too = {"search", "client_ownership", "client_match"}
    read_it_too |= {"client_history", "client_standing", "client_then"}
    others = {view.position for name, view in standing.items() if name not in read_it_too}
    assert (others, standing["staff_directory"].failure) == ({parts.register.head()}, None)
