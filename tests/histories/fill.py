"""A history of any size, for tests and measurements only: it goes round the register's append.

Rows are copied straight into `register.entry` and `register.command` of an empty register, where
all else has to ask `register.append`. What they hold is what the product would have stored: every
kind of ticket was told by the real commands under the packs of the release, then stamped out under
other ids, times and texts, each text sealed for its place under its client's key.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from uuid import UUID

import psycopg
from eventsourcing.utils import get_topic

from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.keystore import PostgresKeyStore
from infrastructure.opening import Urls
from infrastructure.schema import KEYS, REGISTER, migrate
from tests.histories.forms import cell
from tests.histories.memory import SeededKeys
from tests.histories.plan import BEGIN, Order, Team, teams
from tests.histories.stamp import (
    COMMAND_COLUMNS,
    ENTRY_COLUMNS,
    EPOCH,
    Rows,
    micros,
)
from tests.histories.telling import tell
from tests.histories.work import Made, copy, key_row, work

UNITS = ("main", "east", "west", "south", "north", "harbour")

TABLES = ("register.entry", "register.command")

TEMPLATES = 200
"""So many kinds of ticket are told; all others are one of them under another name."""

MEDIAN_ACTS = 6.0
FEW = 50_000
"""So many events are sooner made by one process than by several."""


class NotEmpty(Exception):
    """A history begins with an empty register."""


@dataclass(frozen=True)
class Filled:
    """What was made. `happened`: how often, by topic; `numbers`: the last one of each register.

    `until`: when the last event was recorded; `ticket_ids`: the first thousand, some of them open.
    """

    events: int
    tickets: int
    clients: int
    teams: tuple[Team, ...]
    happened: Mapping[str, int]
    numbers: Mapping[str, int]
    until: datetime
    ticket_ids: Sequence[UUID]


def fill(
    urls: Urls,
    *,
    events: int,
    seed: int = 1,
    median_acts: float = MEDIAN_ACTS,
    templates: int = TEMPLATES,
    processes: int | None = None,
) -> Filled:
    """Make at least so many events, and no more than those of one command beyond.

    The same for the same arguments, but for the nonces of the boxes and the fingerprints, whose
    key is the installation's, and whether one process makes it or several (None: as many as it is
    worth). Tables are made if they are missing; of one that is interrupted they are left without
    their primary and unique keys. Raises NotEmpty.
    """
    of = processes or (2 if events > FEW else 1)
    with (
        _others(of - 1) as others,
        closing(Database(urls.register)) as database,
        closing(Database(urls.keys)) as keys,
    ):
        migrate(database, REGISTER)
        migrate(keys, KEYS)
        secret = PostgresKeyStore(keys).secret
        made_keys = SeededKeys(seed, secret)
        at_work = teams(seed, UNITS)
        told = tell(seed, at_work, made_keys, templates=templates, median_acts=median_acts)
        prologue = [event for stored in told.prologue for event in stored.events]
        with psycopg.connect(urls.register) as connection:
            _must_be_empty(connection)
            dropped = {table: _drop_keys(connection, table) for table in TABLES}
            _begin(connection, told.prologue, Codec(made_keys))  # type: ignore[arg-type]
        order = Order(seed, events, len(prologue), at_work, told.tickets, told.clients)
        made = _all(urls, order, secret("fingerprint"), of, others)
        happened = Counter(get_topic(type(event)) for event in prologue)
        with psycopg.connect(urls.keys) as connection:
            staff_keys = [key_row(seed, id) for id in _staff(at_work)]
            copy(connection, "subject_key (subject, key)", staff_keys)
        _make_keys(urls.register, dropped)
    return Filled(
        events=made.last,
        tickets=made.tickets,
        clients=made.clients,
        teams=at_work,
        happened=dict(happened + made.happened),
        numbers=made.numbers,
        until=EPOCH + timedelta(microseconds=made.until),
        ticket_ids=made.ticket_ids,
    )


def _staff(at_work: Sequence[Team]) -> list[UUID]:
    return [id for team in at_work for id in (team.supervisor_id, *team.officer_ids)]


def _must_be_empty(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT 1 FROM register.entry LIMIT 1").fetchone():
        raise NotEmpty("there are events in this register")


def _begin(connection: psycopg.Connection, prologue: Sequence, codec: Codec) -> None:
    """Packs and staff, recorded when the history begins."""
    rows, position, at = Rows(), 0, micros(BEGIN)
    for stored in prologue:
        stream_id, who = stored.stream_id.bytes, cell(stored.by.encode())
        who += cell(stored.command_id.encode())
        for event in stored.events:
            position += 1
            topic, version = cell(get_topic(type(event)).encode()), event.originator_version
            rows.entry(position, stream_id, version, at, who, topic, codec.encode(event))
        rows.command(position, stream_id, stored.version, at, who, stored.fingerprint)
    copy(connection, f"register.entry ({ENTRY_COLUMNS})", rows.entries)
    copy(connection, f"register.command ({COMMAND_COLUMNS})", rows.commands)


def _all(urls: Urls, order: Order, secret: bytes, of: int, others: Executor | None) -> Made:
    """Each process makes its share, this one the first."""
    rest = [
        others.submit(work, urls.register, urls.keys, order, secret, share=n, of=of)
        for n in range(1, of)
        if others
    ]
    made = work(urls.register, urls.keys, order, secret, share=0, of=of)
    for share in rest:
        share.result()
    return made


@contextmanager
def _others(number: int) -> Iterator[Executor | None]:
    """Processes that are starting while the templates are told."""
    if not number:
        yield None
        return
    with ProcessPoolExecutor(number, mp_context=get_context("spawn")) as pool:
        for _ in range(number):
            pool.submit(os.getpid)
        yield pool


def _drop_keys(connection: psycopg.Connection, table: str) -> Mapping[str, str]:
    """Primary and unique ones: to keep them row by row costs as much as all the rest of a COPY.

    What each is of, by its name.
    """
    found = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'u')",
        (table,),
    ).fetchall()
    for name, _ in found:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    return dict(found)


def _make_keys(url: str, keys: Mapping[str, Mapping[str, str]]) -> None:
    """Those that were dropped, and what the planner wants to know; all tables at once."""

    def make(table: str) -> None:
        added = ", ".join(f"ADD CONSTRAINT {name} {of}" for name, of in keys[table].items())
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER TABLE {table} {added}".encode())
            connection.execute(f"ANALYZE {table}".encode())

    with ThreadPoolExecutor(len(keys)) as threads:
        list(threads.map(make, keys))
