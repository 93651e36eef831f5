"""What the desk's own role may do to the register, and what PostgreSQL refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from infrastructure.schema import DESK, KEYS, REGISTER, NotTheOwner, as_desk, migrate
from tests.support.facts import T1
from tests.support.postgres import as_desk_alone, fresh_database, running
from tests.support.submissions import submission

COLUMNS = {
    "entry": "recorded_at",
    "command": "recorded_at",
    "evidence": "recorded_at",
    "origin": "signature",
}
"""The tables of the register, and something to change in each."""


@pytest.fixture
def desk_url(postgres: EmbeddedPostgres, register_url: str) -> str:
    """Who comes in this way is the desk from the beginning, and cannot become anybody else."""
    return as_desk_alone(register_url)


@pytest.fixture
def desk(desk_url: str, codec: Codec) -> Iterator[PostgresRegister]:
    with closing(Database(desk_url)) as database:
        yield PostgresRegister(database, codec)


def test_the_desk_appends_and_reads(desk: PostgresRegister) -> None:
    [receipt] = desk.append([submission(T1, facts=2, numbered_in="main/slip/2026")])

    assert receipt.number == "2026-0001"
    assert [fact.position for fact in desk.stream(T1)] == [1, 2]


@pytest.mark.attack("changed, deleted, truncated, dropped by the desk's role")
@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE register.{} SET {} = NULL",
        "DELETE FROM register.{}",
        "TRUNCATE register.{}",
        "ALTER TABLE register.{} DISABLE TRIGGER append_only",
        "ALTER TABLE register.{} ADD COLUMN more text",
        "DROP TABLE register.{}",
        "DROP TRIGGER append_only ON register.{}",
        "CREATE TABLE register.other_{} (id int)",
        "LOCK TABLE register.{} IN EXCLUSIVE MODE",
    ],
    ids=lambda statement: " ".join(statement.split()[:2]),
)
def test_postgresql_refuses_the_desk_everything_else(
    desk: PostgresRegister, desk_url: str, table: str, statement: str
) -> None:
    desk.append([submission(T1)])

    with (
        psycopg.connect(desk_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(table, COLUMNS[table]).encode())

    assert len(desk.stream(T1)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE FUNCTION register.refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'",
        "DROP SCHEMA register CASCADE",
        "SET ROLE postgres",
        "SET session_replication_role = replica",
        "INSERT INTO public.yice_schema (version) VALUES (1000)",
    ],
)
def test_the_desk_cannot_help_itself_to_more(desk_url: str, statement: str) -> None:
    with (
        psycopg.connect(desk_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_desk_keeps_keys_and_cannot_take_them_off_the_list(keys_url: str) -> None:
    with closing(Database(as_desk(keys_url))) as database:
        keys = PostgresKeyStore(database)
        keys.create(T1)
        keys.destroy(T1)

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.run(lambda c: c.execute("DELETE FROM subject_key"))

        assert keys.destroyed() == [T1]


def test_whoever_connects_works_as_the_desk(register_url: str) -> None:
    with closing(Database(as_desk(register_url))) as database:
        assert database.run(lambda c: c.execute("SELECT current_user").fetchone()) == (DESK,)


def test_the_desk_stays_the_desk(desk_url: str) -> None:
    assert as_desk(desk_url) == desk_url


def test_the_schema_is_brought_up_to_date_by_its_owner_alone(
    postgres: EmbeddedPostgres, desk_url: str
) -> None:
    with closing(Database(desk_url)) as database:
        migrate(database, REGISTER)
        with pytest.raises(NotTheOwner, match=f"at version {len(REGISTER)}"):
            migrate(database, [*REGISTER, "ALTER TABLE register.entry ADD COLUMN more text"])

    with (
        fresh_database(postgres) as empty,
        closing(Database(as_desk_alone(empty))) as database,
        pytest.raises(NotTheOwner, match="at version 0"),
    ):
        migrate(database, KEYS)


def test_an_owner_who_may_make_roles_is_enough() -> None:
    """On a server of its own: here the role has been made already, by somebody else."""
    with running() as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE ROLE owner LOGIN CREATEROLE")
            connection.execute("CREATE DATABASE theirs OWNER owner")
        url = server.url("theirs", "owner")

        with closing(Database(url)) as database:
            migrate(database, REGISTER)
        with closing(Database(as_desk(url))) as database:
            assert database.run(lambda c: c.execute("SELECT current_user").fetchone()) == (DESK,)


def test_an_older_schema_becomes_the_desks_without_a_row_lost(
    postgres: EmbeddedPostgres, codec: Codec
) -> None:
    """A register of the release before, with numbers given out and a view's table."""
    with fresh_database(postgres) as url, closing(Database(url)) as database:
        migrate(database, REGISTER[:3])
        database.run(
            lambda c: c.execute(
                "CREATE TABLE reporting.tally (id int PRIMARY KEY);"
                " INSERT INTO register.counter VALUES ('main/slip/2026', 12);"
                " INSERT INTO register.entry VALUES (1, gen_random_uuid(), 1, 'x', '{}', now(),"
                " 'staff:1', 'c', 'main/slip/2026', '2026-0012')"
            )
        )

        migrate(database, REGISTER)

        with closing(Database(as_desk(url))) as desk:
            register = PostgresRegister(desk, codec)
            [receipt] = register.append([submission(T1, numbered_in="main/slip/2026")])
            desk.run(lambda c: c.execute("DROP TABLE reporting.tally"))

    assert (receipt.position, receipt.number) == (2, "2026-0013")
