"""Commands on their way into the register: one transaction, in one question or in two.

What is appended is signed by its instance, and with it the place where it will stand and the time.
Where nobody else has appended meanwhile both are known beforehand, and one question is enough.
Otherwise the first one asks for them, and keeps other writers out until the second.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import msgspec
import psycopg
from eventsourcing.utils import get_topic

from application.register import Receipt, Submission
from infrastructure import wire
from infrastructure.database import Connection
from infrastructure.sealing.entry import Entry, at_micros, digest_of
from infrastructure.sealing.signing import Signed, Signer

HELD_MS = 10_000
"""How long a process that stands still may keep all other writers out, in milliseconds."""

ALONE = 3
"""After so many appends with nobody else's between them a process takes it that it is alone."""

COMMITTED = b"; COMMIT; SELECT register.flush()"
"""Visible to all at once; answered when it is on disk."""


@dataclass(frozen=True)
class Place:
    """Behind which position, and when, in microseconds since 1970."""

    before: int
    written_at: int

    @property
    def at(self) -> datetime:
        return at_micros(self.written_at)


class Head:
    """Where the register ends, and what its clock shows, as far as this process knows.

    Its threads take turns. Where others append as well that is wrong too often to be of use.
    """

    def __init__(self) -> None:
        self._mutex = Lock()
        self._end: Place | None = None
        self._in_a_row = 0
        self._clock_ahead = 0

    def next(self, events: int) -> Place | None:
        """Where so many more will stand; they are taken to be stored, unless told otherwise."""
        with self._mutex:
            if self._end is None or self._in_a_row < ALONE:
                return None
            at = max(_micros() + self._clock_ahead, self._end.written_at)
            place, self._end = Place(self._end.before, at), Place(self._end.before + events, at)
            return place

    def found(self, place: Place, events: int) -> None:
        """Here it ends now, and so many more are about to be stored."""
        with self._mutex:
            is_as_left = self._end is not None and self._end.before == place.before
            self._in_a_row = self._in_a_row + 1 if is_as_left else 0
            self._end = Place(place.before + events, place.written_at)
            self._clock_ahead = place.written_at - _micros()

    def forget(self) -> None:
        """Something was not stored, or nobody knows."""
        with self._mutex:
            self._end = None


def _micros() -> int:
    return time.monotonic_ns() // 1_000


@dataclass(frozen=True)
class Entries:
    """What one caller wants appended, all of it or nothing; `states` are its events, encoded."""

    submissions: Sequence[Submission]
    states: Sequence[bytes]


class Together:
    """Commands of several callers as the store takes them."""

    def __init__(self, waiting: Sequence[Entries]) -> None:
        self._states = [state for entries in waiting for state in entries.states]
        self._submissions = [s for entries in waiting for s in entries.submissions]
        self._events = [(s, event) for s in self._submissions for event in s.events]
        self._registers = [getattr(event, "register", None) for _, event in self._events]

    def append(
        self,
        connection: Connection,
        signer: Signer | None,
        head: Head,
        committed: bytes = COMMITTED,
    ) -> list[Receipt] | None:
        """A receipt for each command; None if all were known, and nothing was appended.

        `signer`: one that is ready, if anybody signs.
        """
        try:
            if committed == COMMITTED and (place := head.next(len(self._events))):
                with suppress(psycopg.errors.UniqueViolation):  # known or too late: asked below
                    if receipts := self._append_at(connection, signer, place):
                        return receipts
                head.forget()
            return self._append_where_told(connection, signer, head, committed)
        except BaseException:
            head.forget()
            raise

    def _append_at(
        self, connection: Connection, signer: Signer | None, place: Place
    ) -> list[Receipt] | None:
        """In one question; None if that is not the place, and nothing was appended."""
        signed = self._signed(signer, place)
        registers = _json(connection, self._entered)
        said = self._said(connection, place, registers, signed)
        before, numbers = wire.ask(connection, b"CALL register.append_at(" + said + b")")
        return None if before is None else self._stored(signer, signed, place, numbers)

    def _append_where_told(
        self, connection: Connection, signer: Signer | None, head: Head, committed: bytes
    ) -> list[Receipt] | None:
        """In two questions; None if all were known."""
        commands = [(s.by, s.command_id) for s in self._submissions]
        before, written_at, numbers = wire.ask(
            connection,
            b"BEGIN; SET LOCAL idle_in_transaction_session_timeout = %d;"
            b" SELECT * FROM register.reserve(%b, %b)"
            % (HELD_MS, _json(connection, commands), _json(connection, self._entered)),
        )
        if before is None or written_at is None:
            wire.end(connection)
            return None
        place = Place(int(before), int(written_at))
        try:
            signed = self._signed(signer, place)
            given = wire.quoted(connection, numbers) if numbers else b"NULL"
            said = self._said(connection, place, given, signed)
        except BaseException:
            wire.end(connection)
            raise
        head.found(place, len(self._events))
        wire.ask(connection, b"SELECT register.append(" + said + b")" + committed)
        return self._stored(signer, signed, place, numbers)

    @property
    def _entered(self) -> Sequence[str | None]:
        """Of each event the register it is entered in; nothing if none is in any."""
        return self._registers if any(self._registers) else ()

    def _signed(self, signer: Signer | None, place: Place) -> Signed | None:
        return signer.sign(list(self._entries(place))) if signer and self._events else None

    def _said(
        self, connection: Connection, place: Place, numbers: bytes, signed: Signed | None
    ) -> bytes:
        return b", ".join(
            (
                b"%d, %d" % (place.before, place.written_at),
                numbers,
                _json(connection, list(self._commands())),
                _json(connection, list(self._rows())),
                wire.byte_strings(self._states),
                wire.quoted(connection, signed.instance.encode()) if signed else b"NULL",
                b"'\\x%b'" % signed.signature.hex().encode() if signed else b"NULL",
            )
        )

    def _commands(self) -> Iterator[tuple[object, ...]]:
        for s, last, numbered in self._placed():
            yield s.by, s.command_id, s.fingerprint.hex(), s.stream_id, s.version, last, numbered

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for (s, e), register in zip(self._events, self._registers, strict=True):
            name = get_topic(type(e))
            yield e.originator_id, e.originator_version, name, s.by, s.command_id, register

    def _placed(self) -> Iterator[tuple[Submission, int, int | None]]:
        """Each command, how many events there are up to its last one, and which (from 0) is the
        first of its own with a number. One without events comes behind all."""
        end = 0
        for s in self._submissions:
            own = range(end, end := end + len(s.events))
            numbered = next((n for n in own if self._registers[n]), None)
            yield s, end if s.events else len(self._events), numbered

    def _entries(self, place: Place) -> Iterator[Entry]:
        at = place.at
        for position, ((s, event), state) in enumerate(
            zip(self._events, self._states, strict=True), start=place.before + 1
        ):
            yield Entry(
                position=position,
                stream_id=event.originator_id,
                stream_version=event.originator_version,
                topic=get_topic(type(event)),
                recorded_at=at,
                actor=s.by,
                command_id=s.command_id,
                digest=digest_of(state),
            )

    def _stored(
        self, signer: Signer | None, signed: Signed | None, place: Place, numbers: bytes | None
    ) -> list[Receipt]:
        if signer and signed:
            signer.stored(signed)
        given = msgspec.json.decode(numbers) if numbers else []
        at = place.at
        return [
            Receipt(
                stream_id=s.stream_id,
                version=s.version,
                position=place.before + last,
                recorded_at=at,
                fingerprint=s.fingerprint,
                number=None if numbered is None else given[numbered],
            )
            for s, last, numbered in self._placed()
        ]


def _json(connection: Connection, value: object) -> bytes:
    return wire.quoted(connection, msgspec.json.encode(value))
