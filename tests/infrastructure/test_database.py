from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from application.register import Unavailable
from infrastructure import database as module
from infrastructure.database import Connection, Database, ForkedDatabase
from infrastructure.embedded import EmbeddedPostgres
from tests.support.apart import in_a_forked_child
from tests.support.postgres import FAST, home, terminate_backends


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives up after half a second."""
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.3)


def one(connection: Connection) -> int:
    row = connection.execute("SELECT 1").fetchone()
    assert row is not None
    return int(row[0])


def backend(connection: Connection) -> int:
    return connection.info.backend_pid


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_may_not_use_its_parents_connections(database: Database) -> None:
    assert database.run(one) == 1

    assert in_a_forked_child(lambda: database.run(one)) == ForkedDatabase.__name__
    assert database.run(one) == 1


def test_each_statement_is_committed_as_it_is_made(database: Database, register_url: str) -> None:
    with database.connection() as connection:
        connection.execute("CREATE TABLE public.made (one int)")

        with psycopg.connect(register_url) as other:
            assert other.execute("SELECT count(*) FROM public.made").fetchone() == (0,)


def test_work_goes_on_after_all_connections_were_cut(database: Database, register_url: str) -> None:
    assert database.run(one) == 1

    assert terminate_backends(register_url) > 0
    assert database.run(one) == 1


def test_work_cut_in_the_middle_is_done_again(database: Database, register_url: str) -> None:
    backends: list[int] = []

    def work(connection: Connection) -> int:
        backends.append(backend(connection))
        if len(backends) == 1:
            terminate_backends(register_url)
        return one(connection)

    assert database.run(work) == 1
    assert len(set(backends)) == len(backends) == 2


def test_what_the_database_refuses_is_not_tried_again(database: Database) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> None:
        tries.append(backend(connection))
        connection.execute("SELECT * FROM nothing")

    with pytest.raises(psycopg.errors.UndefinedTable):
        database.run(work)
    assert len(tries) == 1


def test_an_error_leaves_its_connection_to_the_next(register_url: str) -> None:
    with closing(Database(register_url, size=1)) as database:
        with pytest.raises(ZeroDivisionError), database.connection():
            raise ZeroDivisionError

        assert database.run(one) == 1


@pytest.mark.usefixtures("hasty")
def test_it_is_unavailable_while_others_have_all_connections(register_url: str) -> None:
    with closing(Database(register_url, size=1)) as database, database.connection() as taken:
        with pytest.raises(Unavailable), database.connection():
            pass

        assert one(taken) == 1


@pytest.mark.usefixtures("hasty")
def test_it_says_soon_that_postgresql_is_gone_and_goes_on_once_it_is_back() -> None:
    with home() as directory:
        server = EmbeddedPostgres(directory, FAST)
        with server, closing(Database(server.url("postgres"))) as database:
            assert database.run(one) == 1
            server.__exit__(None, None, None)

            begun = time.monotonic()
            for asked in (database.run, database.run):
                with pytest.raises(Unavailable):
                    asked(one)
            waited = time.monotonic() - begun

            server.__enter__()
            assert database.run(one) == 1
    assert waited < 10


@contextmanager
def silent_host() -> Iterator[int]:
    """The port of one that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening.getsockname()[1]


def test_of_several_hosts_one_that_says_nothing_is_passed_over(register_url: str) -> None:
    there = conninfo_to_dict(register_url)
    with silent_host() as port:
        url = make_conninfo(
            register_url,
            host=f"127.0.0.1,{there['host']}",
            port=f"{port},{there['port']}",
            target_session_attrs="read-write",
        )

        with closing(Database(url)) as database:
            assert database.run(one) == 1


def test_what_the_url_says_of_time_holds(register_url: str) -> None:
    url = make_conninfo(register_url, connect_timeout=7, keepalives_idle=77)

    with closing(Database(url)) as database, database.connection() as connection:
        said = connection.info.get_parameters()

    assert (said["connect_timeout"], said["keepalives_idle"]) == ("7", "77")
    assert said["tcp_user_timeout"] == "20000"


def test_a_connection_to_what_has_become_a_standby_is_replaced(register_url: str) -> None:
    def work(connection: Connection) -> int:
        connection.execute("CREATE TABLE public.written (one int)")
        return backend(connection)

    with closing(Database(register_url, size=1)) as database:
        with database.connection() as connection:
            connection.execute("SET default_transaction_read_only = on")
            replaced = backend(connection)

        assert database.run(work) != replaced


@pytest.mark.usefixtures("hasty")
def test_a_database_that_takes_no_writes_is_unavailable(register_url: str) -> None:
    url = make_conninfo(register_url, options="-c default_transaction_read_only=on")

    with closing(Database(url)) as database:
        assert database.run(one) == 1
        with pytest.raises(Unavailable, match="read-only"):
            database.run(lambda c: c.execute("CREATE TABLE public.written (one int)"))


@pytest.mark.parametrize(("prepare", "expected"), [(True, 1), (False, 0)])
def test_statements_are_prepared_unless_that_is_not_wanted(
    register_url: str, prepare: bool, expected: int
) -> None:
    def again_and_again(connection: Connection) -> int:
        for _ in range(20):
            one(connection)
        row = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        assert row is not None
        return int(row[0])

    with closing(Database(register_url, prepare=prepare)) as database:
        assert database.run(again_and_again) == expected
