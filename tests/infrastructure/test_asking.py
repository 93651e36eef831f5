"""Questions that are asked below psycopg's cursors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from infrastructure import asking
from infrastructure.database import Database
from tests.support.postgres import terminate_backends

PREPARED = "SELECT statement FROM pg_prepared_statements WHERE name LIKE 'asked%' ORDER BY 1"


def prepared_by(database: Database) -> list[str]:
    with database.connection() as connection:
        return [statement for (statement,) in connection.execute(PREPARED).fetchall()]


@pytest.fixture
def alone(register_url: str) -> Iterator[Database]:
    """One connection, so that it is always the same."""
    with closing(Database(register_url, size=1)) as database:
        yield database


def test_values_come_back_as_they_were_sent(database: Database) -> None:
    said = (
        UUID(int=7),
        "五号楼 100%",
        40_000,
        None,
        True,
        datetime(2026, 11, 22, tzinfo=UTC),
        [1, 2],
    )

    [row] = database.rows("SELECT %s, %s::text, %s, %s::text, %s, %s, %b::int[]", said)

    assert row == said


def test_a_question_is_prepared_once_for_parameters_of_its_types(alone: Database) -> None:
    for value in (1, 2, 3):
        assert alone.rows("SELECT %s + 1", [value]) == [(value + 1,)]

    assert prepared_by(alone) == ["SELECT $1 + 1"]


def test_nothing_is_prepared_where_that_is_not_wanted(register_url: str) -> None:
    with closing(Database(register_url, size=1, prepare=False)) as database:
        assert database.rows("SELECT %s + 1", [1]) == [(2,)]

        assert prepared_by(database) == []


def test_what_there_is_no_room_for_is_answered_all_the_same(
    alone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_PREPARED", 1)

    answers = [alone.rows(f"SELECT {n}") for n in (1, 2, 1)]

    assert answers == [[(1,)], [(2,)], [(1,)]]
    assert prepared_by(alone) == ["SELECT 1"]


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [("SELECT 'ab' LIKE 'a%'", ()), ("SELECT %s LIKE 'a%%'", ("ab",))],
)
def test_a_percent_sign_is_doubled_only_beside_parameters(
    database: Database, statement: str, parameters: Sequence[object]
) -> None:
    assert database.rows(statement, parameters) == [(True,)]


def test_what_is_refused_says_why_and_leaves_the_connection_to_the_next(alone: Database) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            alone.rows("SELECT * FROM nothing")
        with pytest.raises(psycopg.errors.DivisionByZero):
            alone.rows("SELECT 1 / %s", [0])

    assert alone.rows("SELECT 1 / %s", [1]) == [(1,)]


def test_it_is_asked_again_over_another_connection_once_its_own_was_cut(
    alone: Database, register_url: str
) -> None:
    assert alone.rows("SELECT %s", ["there"]) == [("there",)]

    assert terminate_backends(register_url) > 0
    assert alone.rows("SELECT %s", ["there"]) == [("there",)]
    assert prepared_by(alone) == ["SELECT $1"]


def test_what_was_forgotten_meanwhile_is_prepared_again(alone: Database) -> None:
    assert alone.rows("SELECT %s", ["there"]) == [("there",)]

    with alone.connection() as connection:
        connection.execute("DEALLOCATE ALL")

    assert alone.rows("SELECT %s", ["there"]) == [("there",)]
    assert prepared_by(alone) == ["SELECT $1"]


def test_a_table_that_was_made_anew_with_other_columns_is_read_as_it_is(alone: Database) -> None:
    with alone.connection() as connection:
        connection.execute("CREATE TABLE public.made AS SELECT 1 AS one")
    assert alone.rows("SELECT * FROM public.made") == [(1,)]

    with alone.connection() as connection:
        connection.execute("ALTER TABLE public.made ADD two integer")

    assert alone.rows("SELECT * FROM public.made") == [(1, None)]
