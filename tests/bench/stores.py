"""Three ways to store an event: Yice's register, the library's recorder, one INSERT.

All three store the same event in the same bytes, one a transaction, durable before they return.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol
from uuid import UUID, uuid4

import psycopg
from eventsourcing.utils import get_topic

from application.register import Submission
from domain.sealed import Sealed
from domain.ticket import Ticket
from infrastructure.opening import Urls
from infrastructure.wiring import now
from tests.bench.library import Library
from tests.bench.processes import environ
from tests.bench.setting import Server
from tests.bench.stock import NOTE, parts_of

CLIENT = UUID(int=0xC << 96 | 1)
ACTOR = "staff:bench"

Append = Callable[[UUID, int], int]
"""Store the so-many-eth event of a stream; its position."""


class Store(Protocol):
    name: ClassVar[str]
    COUNT: ClassVar[str]

    def caller(self, number: int) -> Append:
        """How the so-many-eth of several callers appends; made before the clock starts."""


class Yice:
    """Our register: seals, encodes, remembers the command, gives dense positions."""

    name = "yice"
    COUNT = "SELECT count(*) FROM register.entry"

    def __init__(self, urls: Urls) -> None:
        self.parts = parts_of(urls)

    @property
    def state(self) -> bytes:
        """What is stored of an event."""
        return self.parts.codec.encode(noted(CLIENT, 1))

    def caller(self, number: int) -> Append:
        return self._append

    def _append(self, stream_id: UUID, version: int) -> int:
        event = noted(stream_id, version)
        submission = Submission(
            by=ACTOR,
            command_id=event.command_id,
            fingerprint=bytes(32),
            stream_id=stream_id,
            version=version,
            events=[event],
        )
        return self.parts.register.append([submission])[0].position


class LibraryStore:
    """The library's default PostgreSQL recorder."""

    name = "library"
    COUNT = "SELECT count(*) FROM recorded_events"

    def __init__(self, library: Library) -> None:
        self._library = library

    def caller(self, number: int) -> Append:
        return self._library.append


class Insert:
    """One INSERT and its COMMIT of the same two rows, entry and command: a connection a caller."""

    name = "insert"
    COUNT = "SELECT count(*) FROM entry"
    TABLE = """
        CREATE TABLE entry (
            position       bigserial   PRIMARY KEY,
            stream_id      uuid        NOT NULL,
            stream_version integer     NOT NULL,
            topic          text        NOT NULL,
            state          bytea       NOT NULL,
            recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
            actor          text        NOT NULL,
            command_id     text        NOT NULL,
            register       text,
            number         text,
            UNIQUE (stream_id, stream_version)
        );
        CREATE TABLE command (
            actor          text        NOT NULL,
            command_id     text        NOT NULL,
            fingerprint    bytea       NOT NULL,
            stream_id      uuid        NOT NULL,
            stream_version integer     NOT NULL,
            position       bigint      NOT NULL,
            recorded_at    timestamptz NOT NULL,
            number         text,
            PRIMARY KEY (actor, command_id)
        )
    """
    STATEMENT = (
        b"WITH entered AS ("
        b"INSERT INTO entry (stream_id, stream_version, topic, state, actor, command_id)"
        b" VALUES (%b, %b, %b, %b, %b, %b) RETURNING *)"
        b" INSERT INTO command SELECT actor, command_id, %b, stream_id, stream_version, position,"
        b" recorded_at FROM entered"
    )

    def __init__(self, url: str, state: bytes) -> None:
        self._url, self._state = url, state
        self._topic = get_topic(Ticket.Noted)
        self._connections: list[psycopg.Connection] = []

    def caller(self, number: int) -> Append:
        while len(self._connections) <= number:
            self._connections.append(psycopg.connect(self._url, autocommit=True))
        cursor = self._connections[number].cursor()

        def append(stream_id: UUID, version: int) -> int:
            said = (stream_id, version, self._topic, self._state, ACTOR, str(uuid4()), bytes(32))
            cursor.execute(self.STATEMENT, said, prepare=True)
            return 0

        return append


STORES: dict[str, type[Store]] = {store.name: store for store in (Yice, LibraryStore, Insert)}


class Made:
    """The databases of the three, with their tables, and how another process is told of them."""

    def __init__(self, server: Server) -> None:
        self.urls = {
            Yice.name: server.urls.register,
            LibraryStore.name: server.database("library"),
            Insert.name: server.database("insert"),
        }
        parts = parts_of(server.urls)
        parts.set_up(now, packs=[])
        parts.keys.create(CLIENT)
        state = parts.codec.encode(noted(CLIENT, 1))
        parts.close()
        Library(self.urls["library"], state).close()
        with psycopg.connect(self.urls["insert"]) as connection:
            connection.execute(Insert.TABLE.encode())
        self.environ = environ(server.urls) | {
            "BENCH_LIBRARY_URL": self.urls["library"],
            "BENCH_INSERT_URL": self.urls["insert"],
        }

    def stored(self, name: str) -> int:
        """How many events a store holds, counted by somebody else than the store."""
        with psycopg.connect(self.urls[name]) as connection:
            row = connection.execute(STORES[name].COUNT.encode()).fetchone()
        assert row is not None
        return int(row[0])


def opened(environ: dict[str, str]) -> Callable[[str], Store]:
    """The stores of a process, each opened when it is first asked for."""
    urls = Urls(environ["YICE_DATABASE_URL"], environ["YICE_KEYS_URL"])
    kept: dict[str, Store] = {"yice": Yice(urls)}
    state = kept["yice"].state

    def store(name: str) -> Store:
        if name not in kept:
            kept[name] = (
                LibraryStore(Library(environ["BENCH_LIBRARY_URL"], state, has_tables=True))
                if name == "library"
                else Insert(environ["BENCH_INSERT_URL"], state)
            )
        return kept[name]

    return store


def noted(stream_id: UUID, version: int) -> Ticket.Noted:
    return Ticket.Noted(
        originator_id=stream_id,
        originator_version=version,
        timestamp=now(),
        by=ACTOR,
        acting_for=None,
        role="cs_officer",
        command_id=str(uuid4()),
        reason=None,
        text=Sealed(CLIENT, NOTE),
        visibility="internal",
    )
