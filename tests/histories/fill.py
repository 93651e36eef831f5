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
from concurrent.futures import Executor, ProcessPoolExecutor
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
from infrastructure.schema import KEYS, REGISTER, migrate
from infrastructure.wiring import Urls
from tests.histories.memory import SeededKeys
from tests.histories.plan import BEGIN, Order, Team, teams
from tests.histories.stamp import (
    COMMAND_COLUMNS,
    ENTRY_COLUMNS,
    EPOCH,
    NULL,
    Rows,
    cell,
    micros,
)
from tests.histories.telling import tell
from tests.histories.work import Made, copy, key_row, work

UNITS = ("main", "east", "west", "south", "north", "harbour")

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
    worth). Tables are made if they are missing. Raises NotEmpty.
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
            _begin(connection, told.prologue, Codec(made_keys))  # type: ignore[arg-type]
        order = Order(seed, events, len(prologue), at_work, told.tickets, told.clients)
        made = _all(urls, order, secret("fingerprint"), of, others)
        happened = Counter(get_topic(type(event)) for event in prologue)
        _finish(urls, made, [key_row(seed, id) for id in _staff(at_work)])
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
    rows, position = Rows(), 1
    for stored in prologue:
        states = [(cell(get_topic(type(e)).encode()), codec.encode(e)) for e in stored.events]
        rows.add(
            stream_id=stored.stream_id.bytes,
            version=stored.version - len(states) + 1,
            position=position,
            recorded_at=micros(BEGIN),
            who=cell(stored.by.encode()) + cell(stored.command_id.encode()),
            mark=stored.fingerprint,
            events=[(topic, state, NULL, NULL) for topic, state in states],
        )
        position += len(states)
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


def _finish(urls: Urls, made: Made, staff_keys: list[bytes]) -> None:
    """Keys of the staff, the numbers where they are kept apart, and what the planner wants."""
    with psycopg.connect(urls.keys) as connection:
        copy(connection, "subject_key (subject, key)", staff_keys)
    with psycopg.connect(urls.register, autocommit=True) as connection:
        [counted] = connection.execute("SELECT to_regclass('register.counter')").fetchone() or [0]
        if counted:
            connection.cursor().executemany(
                "INSERT INTO register.counter (register, last) VALUES (%s, %s)",
                list(made.numbers.items()),
            )
        connection.execute("ANALYZE register.entry, register.command")
