"""What a view shows is compared with the register: an edited row is found, and named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from infrastructure.embedded import EmbeddedPostgres
from infrastructure.views.comparing import COMPARED, MISSING, THERE, Difference
from infrastructure.wiring import Parts
from interface.worker import Rounds
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.support.facts import C1, M1, NOON

NOBODY = UUID(int=0xFFFF << 112 | 0x4000 << 64 | 0x8 << 60)


def compared(parts: Parts, at_a_time: int = 3) -> list[Difference]:
    """All streams, some at a time."""
    found: list[Difference] = []
    after: UUID | None = None
    while True:
        batch = parts.comparison.batch(after, at_a_time)
        found += batch.differences
        if batch.last is None:
            return found
        assert after is None or batch.last > after
        after = batch.last


def edit(parts: Parts, statement: str, *parameters: Any) -> None:
    """As its owner may, who asks nobody."""
    with psycopg.connect(parts.database.url, autocommit=True) as connection:
        assert connection.execute(statement.encode(), parameters).rowcount > 0


def named(differences: Sequence[Difference]) -> list[tuple[str, UUID, str, Any, Any]]:
    return [(d.view, d.stream_id, d.field, d.shown, d.replayed) for d in differences]


@pytest.fixture
def ticket(once_everything: UUID) -> UUID:
    return once_everything


def test_after_everything_that_can_happen_there_is_nothing_to_say(everything: Parts) -> None:
    assert compared(everything) == []
    assert compared(everything, 1_000) == []


def test_a_busy_week_is_as_it_is_told(busy_week: Parts) -> None:
    assert compared(busy_week, 5) == []


def test_an_edited_row_is_named_with_its_field_and_both_values(
    everything: Parts, ticket: UUID
) -> None:
    [was] = everything.database.run(
        lambda c: c.execute(
            b"SELECT owner_id FROM reporting.ticket_register WHERE ticket_id = %s", (ticket,)
        ).fetchone()
    )
    statement = "UPDATE reporting.ticket_register SET owner_id = %s WHERE ticket_id = %s"
    edit(everything, statement, NOBODY, ticket)

    assert named(compared(everything)) == [("ticket_register", ticket, "owner_id", NOBODY, was)]


def test_an_edited_past_is_found_as_an_edited_present_is(everything: Parts, ticket: UUID) -> None:
    statement = (
        "UPDATE reporting.ticket_then SET from_recorded = %s WHERE ticket_id = %s AND place = 1"
    )
    edit(everything, statement, NOON, ticket)

    [difference] = compared(everything)

    assert (difference.view, difference.row) == ("ticket_then", f"{ticket}/1")
    assert (difference.field, difference.shown) == ("from_recorded", NOON)
    assert isinstance(difference.replayed, datetime)
    assert difference.replayed != NOON


@pytest.mark.parametrize(
    ("view", "change", "field"),
    [
        ("ticket_history", "reason = NULL WHERE reason IS NOT NULL", "reason"),
        ("ticket_history", "details = details || '{\"text\": 1}'", "details"),
        ("ticket_figures", "counts = '{}'", "counts"),
        ("happening", "form = form || '{\"x\": [1]}'", "form"),
        ("obligations", "due_at = due_at + interval '1 microsecond'", "due_at"),
        ("client_file", "is_blacklisted = NOT is_blacklisted", "is_blacklisted"),
        ("client_file", "name = (SELECT max(matter) FROM reporting.ticket_register)", "name"),
        ("ticket_register", "matter = (SELECT name FROM reporting.client_file LIMIT 1)", "matter"),
    ],
)
def test_whatever_the_view_and_the_field_it_is_found(
    everything: Parts, view: str, change: str, field: str
) -> None:
    edit(everything, f"UPDATE reporting.{view} SET {change}")

    found = compared(everything)

    assert {(d.view, d.field) for d in found} == {(view, field)}


@pytest.mark.parametrize("view", sorted(kind.name for kind in COMPARED))
def test_a_row_that_was_taken_away_is_missed(everything: Parts, view: str) -> None:
    edit(everything, f"DELETE FROM reporting.{view}")

    found = compared(everything)

    assert found
    assert {(d.view, d.field, d.shown, d.replayed) for d in found} == {
        (view, "row", MISSING, THERE)
    }


@pytest.mark.parametrize("id", [UUID(int=1), NOBODY], ids=["first", "last"])
def test_a_row_of_which_the_register_knows_nothing_is_found_wherever_it_stands(
    everything: Parts, id: UUID
) -> None:
    with psycopg.connect(everything.database.url, autocommit=True) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE one AS SELECT * FROM reporting.client_file LIMIT 1"
        )
        connection.execute("UPDATE one SET client_id = %s", (id,))
        connection.execute("INSERT INTO reporting.client_file SELECT * FROM one")

    assert named(compared(everything)) == [("client_file", id, "row", THERE, MISSING)]


def test_what_a_view_has_not_read_yet_is_not_held_against_it(busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    busy.parts.projector.catch_up()
    busy.happens([("open", 0), ("note", 0), ("propose", 0)])

    assert busy.parts.comparison.streams() > 0
    assert compared(busy.parts) == []


def test_a_view_of_another_release_is_left_out(everything: Parts) -> None:
    """It is built anew before anybody reads on in it."""
    edit(everything, "UPDATE reporting.ticket_then SET state = 'x'")
    edit(
        everything,
        "UPDATE reporting.view_position SET definition = 'x' WHERE view = 'ticket_then'",
    )

    assert compared(everything) == []


def test_events_that_cannot_be_folded_are_named_too(
    everything: Parts, postgres: EmbeddedPostgres
) -> None:
    name = conninfo_to_dict(everything.database.url)["dbname"]
    with psycopg.connect(postgres.url(str(name)), autocommit=True) as connection:
        connection.execute("ALTER TABLE register.entry DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE register.entry SET state = '{' WHERE stream_id = %s AND stream_version = 1",
            (C1,),
        )

    found = compared(everything)

    views = ["client_file", "client_then", "client_history", "client_standing"]
    assert {(one.view, one.stream_id, one.field) for one in found} == {
        (view, C1, "events") for view in views
    }
    assert all("DecodeError" in one.replayed for one in found)


def test_the_worker_goes_round_and_logs_what_it_finds(
    everything: Parts, ticket: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    """A few at a time; and once round, it begins anew."""
    rounds, turns = Rounds(everything.comparison, 2), everything.comparison.streams() // 2 + 1
    for _ in range(turns):
        rounds.tick(NOON)
    assert caplog.messages == []
    edit(
        everything,
        "UPDATE reporting.ticket_register SET unit = 'nowhere' WHERE ticket_id = %s",
        ticket,
    )

    for _ in range(turns):
        rounds.tick(NOON)

    assert set(caplog.messages) == {
        f"not what the register says: view ticket_register, {ticket}, row {ticket}, unit:"
        " shows 'nowhere', replayed 'main'"
    }


def test_nothing_that_is_told_of_a_difference_is_in_clear(everything: Parts) -> None:
    """Not even of a text about a person: its box is told."""
    edit(everything, "UPDATE reporting.client_file SET name = 'x' || name WHERE client_id = %s", C1)

    [difference] = compared(everything)

    box = difference.replayed
    assert difference.shown == f"x{box}"
    assert everything.codec.open(box) == "王某"
    assert "王某" not in str(difference)
    assert M1 not in (difference.shown, difference.replayed)
