"""One process's share of filling a register: every so-many-eth stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from uuid import UUID

import psycopg

from tests.histories.plan import Order, Plan, key_of
from tests.histories.stamp import (
    APART,
    BEGUN,
    COMMAND_COLUMNS,
    ENTRY_COLUMNS,
    Numbers,
    Rows,
    Stamper,
)

BLOCK = 10_000
"""Pieces of rows copied at a time, seven to an event."""

KNOWN = 1_000
"""How many ticket ids are told of."""

_KEY = Struct(">hi16si32s")
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


@dataclass(frozen=True)
class Made:
    """The same in every process: what all of them made together. `last` is the last position."""

    last: int
    until: int
    tickets: int
    clients: int
    happened: Counter[str]
    numbers: dict[str, int]
    ticket_ids: list[UUID]


def work(
    register_url: str, keys_url: str, order: Order, secret: bytes, *, share: int, of: int
) -> Made:
    """Walk through all of it, and write every `of`-th stream, `share` the first."""
    with psycopg.connect(register_url) as register, psycopg.connect(keys_url) as keys:
        return _Worker(register, keys, order, secret).walk(share, of)


class _Worker:
    def __init__(
        self, register: psycopg.Connection, keys: psycopg.Connection, order: Order, secret: bytes
    ) -> None:
        self._register, self._keys, self._order = register, keys, order
        self._plan = Plan(order)
        self._stamper = Stamper(order.seed, secret, self._plan)
        self._numbers = Numbers()

    def walk(self, share: int, of: int) -> Made:
        position, recorded_at = self._order.after, 0
        rows, new_keys = Rows(), list[bytes]()
        ticket_ids: list[UUID] = []
        for seconds, stream, number in self._plan.commands():
            command = stream.form.commands[number]
            given = self._numbers.given(command.registers, stream.team.unit.encode())
            recorded_at = max(recorded_at + APART, BEGUN + seconds * 1_000_000)
            if number == 0 and not stream.form.of_client and len(ticket_ids) < KNOWN:
                ticket_ids.append(stream.id)
            if stream.serial % of == share:
                if number == 0 and stream.form.of_client:
                    new_keys.append(key_row(self._order.seed, stream.id))
                self._stamper.stamp(
                    stream,
                    number,
                    position=position + 1,
                    recorded_at=recorded_at,
                    given=given,
                    rows=rows,
                )
                if len(rows.entries) > BLOCK:
                    self._store(rows)
                    rows = Rows()
            position += len(command.events)
            command.times += 1
            if position >= self._order.events:
                break
        self._store(rows)
        copy(self._keys, "subject_key (subject, key)", new_keys)
        return Made(
            last=position,
            until=recorded_at,
            tickets=self._plan.tickets,
            clients=self._plan.clients,
            happened=self._plan.happened(),
            numbers={k.decode(): v for k, v in self._numbers.last.items()},
            ticket_ids=ticket_ids,
        )

    def _store(self, rows: Rows) -> None:
        copy(self._register, f"register.entry ({ENTRY_COLUMNS})", rows.entries)
        copy(self._register, f"register.command ({COMMAND_COLUMNS})", rows.commands)


def copy(connection: psycopg.Connection, into: str, rows: Sequence[bytes]) -> None:
    """Rows in PostgreSQL's binary form."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)".encode()) as target,
    ):
        target.write(b"".join((_HEADER, *rows, _TRAILER)))


def key_row(seed: int, subject: UUID) -> bytes:
    """A row of the key store."""
    return _KEY.pack(2, 16, subject.bytes, 32, key_of(seed, subject))
