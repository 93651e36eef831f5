"""The store without the web: appends a second, and events a second into a view."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Protocol
from uuid import UUID, uuid4

from msgspec import Struct
from psycopg_pool import ConnectionPool

from application.register import Submission
from application.views.ticket_history import TicketHistoryView
from domain.sealed import Sealed
from domain.ticket import Ticket
from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from infrastructure.schema import KEYS, REGISTER, migrate
from infrastructure.views.projector import BATCH, Projector
from infrastructure.wiring import now
from tests.bench.figures import Ratio
from tests.bench.library import Library
from tests.bench.stock import NOTE
from tests.bench.turns import CONCURRENCY, ROUNDS

CLIENT = UUID(int=0xC << 96 | 1)
ACTOR = "staff:bench"

WARM_UP_SECONDS = 0.1

LIBRARY_EVENTS = 100
"""Read by the library's runner in one round."""

YICE_BATCHES = 2
"""Read by our projector in one round."""


class Rates(Struct, frozen=True, kw_only=True):
    """A second. `insert` is one INSERT and its COMMIT of the same bytes, nothing else."""

    what: str
    threads: int
    yice: list[float]
    library: list[float]
    insert: list[float] | None
    to_library: Ratio
    to_insert: Ratio | None

    @classmethod
    def of(
        cls,
        what: str,
        threads: int,
        yice: list[float],
        library: list[float],
        insert: list[float] | None = None,
    ) -> Rates:
        return cls(
            what=what,
            threads=threads,
            yice=yice,
            library=library,
            insert=insert,
            to_library=Ratio.of(yice, library),
            to_insert=Ratio.of(yice, insert) if insert else None,
        )


class Store(Protocol):
    def append(self, stream_id: UUID, version: int) -> None: ...


@contextmanager
def stores(server: EmbeddedPostgres) -> Iterator[tuple[Yice, Library, Insert]]:
    """All three on the same server, each in a database of its own."""
    for name in ("bench_register", "bench_keys", "bench_library", "bench_insert"):
        server.create_database(name)
    with (
        closing(Yice(server.url("bench_register"), server.url("bench_keys"))) as yice,
        closing(Library(server.url("bench_library"), yice.state)) as library,
        closing(Insert(server.url("bench_insert"), yice.state)) as insert,
    ):
        yield yice, library, insert


def appends(
    what: str, yice: Store, library: Store, insert: Store, seconds: float
) -> Iterator[Rates]:
    """One event a transaction, each thread to streams of its own."""
    for threads in CONCURRENCY:
        for store in (yice, library, insert):
            _rate(store, threads, WARM_UP_SECONDS)
        turns = [
            [_rate(store, threads, seconds) for store in (yice, library, insert)]
            for _ in range(ROUNDS)
        ]
        yield Rates.of(what, threads, *(list(rates) for rates in zip(*turns, strict=True)))


def projections(yice: Yice, library: Library) -> Rates:
    """From the register into one row an event, position and rows in one transaction.

    Our register must hold enough of them.
    """
    for version in range(1, LIBRARY_EVENTS * (ROUNDS + 1)):
        library.append(CLIENT, version)
    turns = [(yice.project(YICE_BATCHES), library.project(LIBRARY_EVENTS)) for _ in range(ROUNDS)]
    return Rates.of("project", 1, *(list(rates) for rates in zip(*turns, strict=True)))


class Yice:
    """Our register: seals, encodes, remembers the command, gives dense positions."""

    def __init__(self, url: str, keys_url: str) -> None:
        self._database, self._keys_database = Database(url), Database(keys_url)
        migrate(self._database, REGISTER)
        migrate(self._keys_database, KEYS)
        keys = PostgresKeyStore(self._keys_database)
        keys.create(CLIENT)
        self._codec = Codec(keys)
        self._register = PostgresRegister(self._database, self._codec)
        self._projector = Projector(self._database, self._register, [TicketHistoryView()])
        self._projector.prepare()

    @property
    def state(self) -> bytes:
        """What is stored of an event."""
        return self._codec.encode(_noted(CLIENT, 1).events[0])

    def append(self, stream_id: UUID, version: int) -> None:
        self._register.append([_noted(stream_id, version)])

    def fill(self, events: int) -> None:
        for _ in range(0, events, BATCH):
            self._register.append([_noted(uuid4(), 1) for _ in range(BATCH)])

    def project(self, batches: int) -> float:
        begin = time.perf_counter()
        events = sum(self._projector.run_once() for _ in range(batches))
        return events / (time.perf_counter() - begin)

    def close(self) -> None:
        self._database.close()
        self._keys_database.close()


class Insert:
    """One INSERT and its COMMIT, nothing else."""

    def __init__(self, url: str, state: bytes) -> None:
        self._state = state
        self._pool = ConnectionPool(
            url, min_size=1, max_size=10, kwargs={"autocommit": True}, open=True
        )
        with self._pool.connection() as connection:
            connection.execute(
                "CREATE TABLE event (position bigserial PRIMARY KEY, stream_id uuid,"
                " version integer, state bytea, UNIQUE (stream_id, version))"
            )

    def append(self, stream_id: UUID, version: int) -> None:
        with self._pool.connection() as connection:
            connection.execute(
                "INSERT INTO event (stream_id, version, state) VALUES (%s, %s, %s)",
                (stream_id, version, self._state),
            )

    def close(self) -> None:
        self._pool.close()


def _noted(stream_id: UUID, version: int) -> Submission:
    command_id = str(uuid4())
    event = Ticket.Noted(
        originator_id=stream_id,
        originator_version=version,
        timestamp=now(),
        by=ACTOR,
        acting_for=None,
        role="cs_officer",
        command_id=command_id,
        reason=None,
        text=Sealed(CLIENT, NOTE),
        visibility="internal",
    )
    return Submission(
        by=ACTOR,
        command_id=command_id,
        fingerprint=bytes(32),
        stream_id=stream_id,
        version=version,
        events=[event],
    )


def _rate(store: Store, threads: int, seconds: float) -> float:
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        runs = [pool.submit(_append_until, store, begin + seconds) for _ in range(threads)]
    return sum(run.result() for run in runs) / (time.perf_counter() - begin)


def _append_until(store: Store, until: float) -> int:
    stream_id, version = uuid4(), 0
    while time.perf_counter() < until:
        version += 1
        store.append(stream_id, version)
    return version
