from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg
import pytest

from infrastructure.database import Database
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.schema import KEYS, REGISTER, migrate
from tests.support.apart import APART
from tests.support.postgres import fresh_database


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[Database]:
    """A database with nothing in it."""
    with fresh_database(postgres) as url, closing(Database(url)) as database:
        yield database


def migrate_from_elsewhere(url: str, together: Barrier) -> None:
    with closing(Database(url, size=1)) as database:
        database.run(lambda c: c.execute("SELECT 1"))  # connected before all begin
        together.wait(60)
        migrate(database, REGISTER)


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    return database.run(lambda c: c.execute(query.encode()).fetchall())


def tables(database: Database, schema: str = "register") -> list[str]:
    query = f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' ORDER BY tablename"
    return [name for (name,) in rows(database, query)]


def versions(database: Database) -> list[tuple[Any, ...]]:
    return rows(database, "SELECT version, applied_at FROM yice_schema ORDER BY version")


def test_twelve_processes_migrate_an_empty_database_at_once(empty: Database) -> None:
    arguments = (empty.url, APART.Barrier(12))
    processes = [APART.Process(target=migrate_from_elsewhere, args=arguments) for _ in range(12)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * 12
    assert tables(empty) == ["command", "entry", "evidence", "origin"]
    assert [version for version, _ in versions(empty)] == list(range(1, len(REGISTER) + 1))


@pytest.mark.parametrize("migrations", [REGISTER, KEYS], ids=["register", "keys"])
def test_migrating_again_changes_nothing(empty: Database, migrations: tuple[str, ...]) -> None:
    migrate(empty, migrations)
    once = versions(empty)

    migrate(empty, migrations)

    assert versions(empty) == once
    assert len(once) == len(migrations)


def test_only_what_is_new_is_applied(empty: Database) -> None:
    migrate(empty, ["CREATE TABLE public.first (one int)"])

    migrate(empty, ["CREATE TABLE public.first (one int)", "CREATE TABLE public.second (one int)"])

    assert tables(empty, "public") == ["first", "second", "yice_schema"]
    assert [version for version, _ in versions(empty)] == [1, 2]


def test_a_migration_that_fails_leaves_everything_as_it_was(empty: Database) -> None:
    migrate(empty, ["CREATE TABLE public.first (one int)"])

    with pytest.raises(psycopg.errors.UndefinedTable):
        migrate(empty, ["", "CREATE TABLE public.second (one int)", "DROP TABLE nothing"])

    assert tables(empty, "public") == ["first", "yice_schema"]
    assert [version for version, _ in versions(empty)] == [1]
