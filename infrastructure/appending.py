"""Commands on their way into the register: one transaction, in two questions.

The first says where they will stand and when, and keeps other writers out; what is then known of
each entry is signed by the instance that appends it, and stored with the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from eventsourcing.utils import get_topic

from application.register import Receipt, Submission
from infrastructure import wire
from infrastructure.database import Connection
from infrastructure.sealing.entry import Entry, at_micros, digest_of
from infrastructure.sealing.signing import Signed, Signer

HELD_MS = 10_000
"""How long a process that stands still may keep all other writers out, in milliseconds."""

COMMITTED = b"; COMMIT; SELECT register.flush()"
"""Visible to all at once; answered when it is on disk."""


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
        self, connection: Connection, signer: Signer | None, committed: bytes = COMMITTED
    ) -> list[Receipt] | None:
        """A receipt for each command; None if all were known, and nothing was appended.

        `signer`: one that is ready, if anybody signs.
        """
        place = self._reserve(connection)
        if place is None:
            return None
        try:
            receipts = list(self._receipts(place))
            signed = signer.sign(list(self._entries(place))) if signer and self._events else None
            said = self._said(connection, place, receipts, signed)
        except BaseException:
            wire.end(connection)
            raise
        wire.ask(connection, b"SELECT register.append(" + said + b")" + committed)
        if signer and signed:
            signer.stored(signed)
        return receipts

    def _reserve(self, connection: Connection) -> _Place | None:
        commands = [(s.by, s.command_id) for s in self._submissions]
        registers = self._registers if any(self._registers) else []
        before, written_at, numbers = wire.ask(
            connection,
            b"BEGIN; SET LOCAL idle_in_transaction_session_timeout = %d;"
            b" SELECT * FROM register.reserve(%b, %b)"
            % (HELD_MS, _json(connection, commands), _json(connection, registers)),
        )
        if before is None or written_at is None:
            wire.end(connection)
            return None
        numbered = msgspec.json.decode(numbers) if numbers else [None] * len(self._events)
        return _Place(int(before), int(written_at), numbered)

    def _said(
        self,
        connection: Connection,
        place: _Place,
        receipts: Sequence[Receipt],
        signed: Signed | None,
    ) -> bytes:
        return b", ".join(
            (
                b"%d, %d" % (place.before, place.written_at),
                _json(connection, self._commands(receipts)),
                _json(connection, self._rows(place)),
                wire.byte_strings(self._states),
                wire.quoted(connection, signed.instance.encode()) if signed else b"NULL",
                b"'\\x%b'" % signed.signature.hex().encode() if signed else b"NULL",
            )
        )

    def _commands(self, receipts: Sequence[Receipt]) -> list[tuple[object, ...]]:
        return [
            (s.by, s.command_id, s.fingerprint.hex(), s.stream_id, s.version, r.position, r.number)
            for s, r in zip(self._submissions, receipts, strict=True)
        ]

    def _rows(self, place: _Place) -> list[tuple[object, ...]]:
        beside = zip(self._events, self._registers, place.numbers, strict=True)
        return [
            (e.originator_id, e.originator_version, get_topic(type(e)), s.by, s.command_id, *of_it)
            for (s, e), *of_it in beside
        ]

    def _entries(self, place: _Place) -> Iterator[Entry]:
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

    def _receipts(self, place: _Place) -> Iterator[Receipt]:
        ordinal = 0
        for s in self._submissions:
            numbers = place.numbers[ordinal : ordinal + len(s.events)]
            ordinal += len(s.events)
            yield Receipt(
                stream_id=s.stream_id,
                version=s.version,
                position=place.before + (ordinal if s.events else len(self._events)),
                recorded_at=place.at,
                fingerprint=s.fingerprint,
                number=next(filter(None, numbers), None),
            )


def _json(connection: Connection, value: object) -> bytes:
    return wire.quoted(connection, msgspec.json.encode(value))


@dataclass(frozen=True)
class _Place:
    """Behind which position, when (in microseconds since 1970), and the number of each event."""

    before: int
    written_at: int
    numbers: Sequence[str | None]

    @property
    def at(self) -> datetime:
        return at_micros(self.written_at)
