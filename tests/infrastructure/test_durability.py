"""Nothing outside the database sees what a crash of the database could still take back."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest

from application.register import Receipt, Unavailable
from application.views.ticket_history import TicketHistoryView
from infrastructure.appending import ALONE
from infrastructure.codec import Codec
from infrastructure.database import Connection, Database
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from infrastructure.schema import KEYS, REGISTER, migrate
from infrastructure.views.progress import PostgresProgress
from infrastructure.views.projector import Projector
from tests.support.facts import T1, T2
from tests.support.postgres import running
from tests.support.processes import until
from tests.support.submissions import submission

QUIET = {"autovacuum": "off", "wal_writer_delay": "10s", "bgwriter_delay": "10s"}
"""Nobody writes the log but who is told to."""

BACKGROUND = "SELECT pid FROM pg_stat_activity WHERE backend_type = ANY(%s)"

WRITERS = ["walwriter", "background writer", "checkpointer"]


class Store:
    """A durable server with an empty register."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self.url, self.keys_url = server.url("register"), server.url("keys")
        for name, migrations in (("register", REGISTER), ("keys", KEYS)):
            server.create_database(name)
            with closing(Database(server.url(name), size=1)) as database:
                migrate(database, migrations)

    @contextmanager
    def register(
        self, kind: type[PostgresRegister] = PostgresRegister
    ) -> Iterator[PostgresRegister]:
        """As another process would have it."""
        with closing(Database(self.url)) as database, closing(Database(self.keys_url)) as keys:
            yield kind(database, Codec(PostgresKeyStore(keys)))

    def freeze_background(self) -> None:
        """Who writes the log now and then by itself is stopped."""
        with psycopg.connect(self.url) as connection:
            self._frozen = [pid for (pid,) in connection.execute(BACKGROUND, (WRITERS,)).fetchall()]
        assert len(self._frozen) == len(WRITERS)
        for pid in self._frozen:
            os.kill(pid, signal.SIGSTOP)

    def crash(self, **settings: str) -> None:
        """kill -9 of PostgreSQL, and up again."""
        for pid in (self._server.pid, *self._frozen):
            os.kill(pid, signal.SIGKILL)
        self._server.ensure_running()


@pytest.fixture
def store() -> Iterator[Store]:
    with running(QUIET) as server:
        yield Store(server)


class NotFlushed(PostgresRegister):
    """What it appends has been committed, and is not on disk yet: the moment between the two."""

    COMMITTED = b"; COMMIT"


def append_without_flush(store: Store) -> None:
    with store.register(NotFlushed) as register:
        register.append([submission(T2)])
    with store.register() as register:  # whoever flushes at the end of a session has done so
        register.append([submission(T1, command_id="flushed")])
    store.freeze_background()
    with store.register(NotFlushed) as register:
        register.append([submission(T1, 2, command_id="mine")])


def read_stream(register: PostgresRegister) -> int:
    return len(register.stream(T1))


def read_facts(register: PostgresRegister) -> int:
    return len(register.facts(1, 10))


def read_receipt(register: PostgresRegister) -> int:
    receipt = register.receipt(submission().by, "mine")
    assert receipt is not None
    return receipt.position - 1


def read_known(register: PostgresRegister) -> int:
    return len(register.known(submission().by, ["flushed", "mine"]))


def read_head(register: PostgresRegister) -> int:
    return register.head() - 1


def say_again(register: PostgresRegister) -> int:
    [receipt] = register.append([submission(T1, 2, command_id="mine")])
    assert receipt.replayed
    return receipt.position - 1


def fold(register: PostgresRegister) -> int:
    """As the worker does; then a reader asks the views."""
    projector_of(register).catch_up()
    return view_position(register) - 1


def projector_of(register: PostgresRegister) -> Projector:
    projector = Projector(register._database, register, [TicketHistoryView()])
    projector.prepare()
    return projector


def view_position(register: PostgresRegister) -> int:
    [view] = PostgresProgress(register._database, [TicketHistoryView.name]).views()
    return view.position


@pytest.mark.parametrize(
    "look",
    [read_stream, read_facts, read_receipt, read_known, read_head, say_again, fold],
    ids=lambda look: look.__name__,
)
def test_what_somebody_was_told_outlives_a_crash(
    store: Store, look: Callable[[PostgresRegister], int]
) -> None:
    append_without_flush(store)
    with store.register() as register:
        seen = look(register)

    store.crash()

    with store.register() as register:
        assert seen == len(register.stream(T1)) == 2


def test_without_a_look_a_crash_takes_back_what_nobody_was_told(store: Store) -> None:
    """Else the tests above would prove nothing."""
    append_without_flush(store)

    store.crash()

    with store.register() as register:
        assert [fact.position for fact in register.facts(0, 10)] == [1, 2]
        assert register.receipt(submission().by, "mine") is None


def test_what_a_crash_takes_back_of_a_view_is_folded_again(store: Store) -> None:
    """What is folded is not waited for: it stands in the register, on disk."""
    append_without_flush(store)
    with store.register() as register:
        facts = register.stream(T1)
        projector_of(register).catch_up()
        before = view_position(register), count_rows(store)

    store.crash()

    with store.register() as register:
        taken_back = view_position(register)
        projector_of(register).catch_up()
        assert taken_back < view_position(register) == facts[-1].position
        assert before == (view_position(register), count_rows(store))


def count_rows(store: Store) -> int:
    return _count(store, "SELECT count(*) FROM reporting.ticket_history")


class CrashesBetween(Database):
    """The server dies after the next question was answered, before anything else is asked."""

    def __init__(self, url: str, crash: Callable[[], None]) -> None:
        super().__init__(url)
        self._crash: Callable[[], None] | None = crash

    def ask(
        self, connection: Connection, statement: bytes, parameters: Sequence[object] = ()
    ) -> list[Any]:
        rows = super().ask(connection, statement, parameters)
        crash, self._crash = self._crash, None
        if crash is not None:
            crash()
        return rows


def test_what_a_crash_takes_back_between_reading_and_flushing_is_not_told(store: Store) -> None:
    append_without_flush(store)
    with (
        closing(CrashesBetween(store.url, store.crash)) as database,
        closing(Database(store.keys_url)) as keys,
    ):
        told = PostgresRegister(database, Codec(PostgresKeyStore(keys))).stream(T1)

    with store.register() as register:
        assert told == register.stream(T1)
    assert [fact.position for fact in told] == [2]


def test_a_known_command_that_a_crash_takes_back_can_be_said_again(store: Store) -> None:
    append_without_flush(store)

    class CrashesOnceKnown(PostgresRegister):
        def receipt(self, by: str, command_id: str) -> Receipt | None:
            store.crash()
            return super().receipt(by, command_id)

    mine = submission(T1, 2, command_id="mine")
    with store.register(CrashesOnceKnown) as register, pytest.raises(Unavailable):
        register.append([mine])

    with store.register() as register:
        [receipt] = register.append([mine])
        assert not receipt.replayed
        assert len(register.stream(T1)) == 2


@pytest.mark.parametrize("appended", [0, ALONE + 1], ids=["in two questions", "in one"])
def test_a_writer_is_answered_only_once_the_disk_has_it(store: Store, appended: int) -> None:
    """With a standby that never answers the flush never ends, though all can see the entry."""
    with (
        store.register() as register,
        store.register() as other,
        ThreadPoolExecutor(3) as threads,
    ):
        for version in range(1, appended + 1):
            register.append([submission(T1, version)])
        with standby_that_never_answers(store, threads):
            writing = threads.submit(
                register.append, [submission(T1, appended + 1, command_id="mine")]
            )
            until(lambda: count_entries(store) == appended + 1)
            reading = threads.submit(other.stream, T1)
            until(lambda: waiting_for_the_standby(store) == 3)
            told = writing.done() or reading.done()
        [receipt] = writing.result(20)
        facts = reading.result(20)

    assert not told
    assert receipt.position == facts[-1].position == len(facts) == appended + 1


@contextmanager
def standby_that_never_answers(store: Store, threads: ThreadPoolExecutor) -> Iterator[None]:
    """One waits for it from the beginning on: else nobody knows when it is asked for."""

    def one_waits() -> bool:
        first = threads.submit(commit_something, store)
        until(lambda: first.done() or waiting_for_the_standby(store) == 1)
        return not first.done()

    set_option(store, "synchronous_standby_names", "nobody")
    try:
        until(one_waits)
        yield
    finally:
        set_option(store, "synchronous_standby_names", "")


def commit_something(store: Store) -> None:
    with psycopg.connect(store.url) as connection:
        connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")


def set_option(store: Store, name: str, value: str) -> None:
    with psycopg.connect(store.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        connection.execute("SELECT pg_reload_conf()")


def count_entries(store: Store) -> int:
    return _count(store, "SELECT count(*) FROM register.entry")


def waiting_for_the_standby(store: Store) -> int:
    return _count(store, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")


def _count(store: Store, query: str) -> int:
    with psycopg.connect(store.url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
