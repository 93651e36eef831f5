"""Stamping templates out: rows of the register's tables, as PostgreSQL's binary COPY reads them."""

from __future__ import annotations

import hmac
import os
from binascii import b2a_base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from struct import Struct
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.histories.forms import CommandForm, cell
from tests.histories.gaps import FIXED, Gaps
from tests.histories.plan import BEGIN, Plan, Stream, key_of
from tests.histories.texts import texts

ENTRY_COLUMNS = (
    "position, stream_id, stream_version, recorded_at, topic, state, actor, command_id,"
    " register, number"
)
COMMAND_COLUMNS = (
    "stream_id, stream_version, position, recorded_at, fingerprint, actor, command_id, number"
)

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""From which PostgreSQL counts its microseconds."""

APART = 700
"""At least so many microseconds lie between two commands."""

NULL = b"\xff\xff\xff\xff"
_NO_NUMBER = NULL, NULL
_ENTRY = Struct(">hiqi16siiiq")
_COMMAND = Struct(">hi16siiiqiqi32s")
_LENGTH = Struct(">i")
_TICKET, _COMMAND_ID, _COMMITMENT, _UNIT = (
    FIXED.index(name) for name in ("ticket", "command", "commitment", "unit")
)
_MANY_KEYS = 50_000
_NONCE = 12
_SPREAD = 0x9E3779B97F4A7C15
_MIX, _WHOLE = 0xDA942042E4DD58B5C6A4A7935BD1E995, (1 << 128) - 1


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


MICROSECOND = datetime.resolution

BEGUN = micros(BEGIN)

Given = Mapping[int, tuple[bytes, bytes]]
"""By the place of an event in its command: the cells of its register and of its number there."""


class Numbers:
    """The last number of each register."""

    def __init__(self) -> None:
        self.last: Counter[bytes] = Counter()

    def given(self, registers: Mapping[int, Gaps], unit: bytes) -> Given:
        return {place: self._next(register, unit) for place, register in registers.items()}

    def _next(self, gaps: Gaps, unit: bytes) -> tuple[bytes, bytes]:
        """Of the gaps in the name of a register there is one, the unit."""
        assert gaps.slots == (_UNIT,)
        register = gaps.form % unit
        self.last[register] += 1
        number = b"%b-%04d" % (register.rpartition(b"/")[2], self.last[register])
        return cell(register), cell(number)


@dataclass
class Rows:
    """What is copied in one go."""

    entries: list[bytes] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)

    def entry(
        self,
        position: int,
        stream_id: bytes,
        version: int,
        recorded_at: int,
        who: bytes,
        topic: bytes,
        state: bytes,
        number: tuple[bytes, bytes] = _NO_NUMBER,
    ) -> None:
        """`who`: the cells of actor and command id; `topic` and `number` are cells too."""
        self.entries += (
            _ENTRY.pack(10, 8, position, 16, stream_id, 4, version, 8, recorded_at),
            topic,
            _LENGTH.pack(len(state)),
            state,
            who,
            *number,
        )

    def command(
        self,
        position: int,
        stream_id: bytes,
        version: int,
        recorded_at: int,
        who: bytes,
        mark: bytes,
        number: bytes = NULL,
    ) -> None:
        """`position` and `version` are those of its last event, `number` the cell of its first."""
        self.commands += (
            _COMMAND.pack(8, 16, stream_id, 4, version, 8, position, 8, recorded_at, 32, mark),
            who,
            number,
        )


class Stamper:
    """Makes the rows of commands. `secret`: with which fingerprints are made here."""

    def __init__(self, seed: int, secret: bytes, plan: Plan) -> None:
        self._seed, self._plan = seed, plan
        self._unmarked = hmac.new(secret, digestmod="sha256")
        self._texts = texts(seed)
        self._keys: dict[UUID, tuple[AESGCM, bytes]] = {}
        self._nonces = _nonces()

    def stamp(
        self,
        stream: Stream,
        number: int,
        *,
        position: int,
        recorded_at: int,
        given: Given,
        rows: Rows,
    ) -> None:
        """Add the rows of one command, the first of them at a position."""
        command = stream.form.commands[number]
        values = self._values(stream)
        said = self._say(stream, command, number)
        who = command.who(values)
        for place, event in enumerate(command.events):
            for slot, text, bound in event.boxes:
                values[slot] = self._sealed(stream, said[text], bound)
            rows.entry(
                position + place,
                stream.id_bytes,
                command.version + place,
                recorded_at,
                who,
                event.topic_cell,
                event.state(values),
                given.get(place, _NO_NUMBER),
            )
        mark = self._unmarked.copy()
        mark.update(command.said(values))
        rows.command(
            position + place,
            stream.id_bytes,
            command.version + place,
            recorded_at,
            who,
            mark.digest(),
            next((cell for _, cell in given.values()), NULL),
        )

    def _values(self, stream: Stream) -> list[bytes]:
        if stream.values is None:
            stream.values = self._plan.values(stream)
            stream.key = self._key(stream.client_id)
            if stream.form.of_client:
                stream.values[_COMMITMENT] = stream.key[1]
        return stream.values

    def _say(self, stream: Stream, command: CommandForm, number: int) -> list[bytes]:
        """Make up the texts of a command, and its id."""
        assert stream.values is not None
        chance = stream.chance + number * _SPREAD
        id = b"%032x" % (chance * _MIX & _WHOLE)
        stream.values[_COMMAND_ID] = b"%b-%b-4%b-8%b-%b" % (
            *(id[:8], id[8:12], id[13:16], id[17:20]),
            id[20:],
        )
        said = []
        for kind in command.kinds:
            heads, bodies = self._texts[kind]
            chance = chance * 6364136223846793005 + 1442695040888963407 & 0xFFFFFFFFFFFFFFFF
            said.append(heads[(chance >> 33) % len(heads)] + bodies[(chance >> 13) % len(bodies)])
        slot = stream.form.text_slot
        stream.values[slot : slot + len(said)] = said
        return said

    def _sealed(self, stream: Stream, text: bytes, bound: bytes) -> bytes:
        """As the product seals it, but for the mark before it."""
        assert stream.values is not None
        aead, key_id = stream.key
        nonce = next(self._nonces)
        place = b"%b:%b%b" % (stream.values[_TICKET], bound, key_id)
        return b2a_base64(nonce + aead.encrypt(nonce, text, place), newline=False)

    def _key(self, client_id: UUID) -> tuple[AESGCM, bytes]:
        known = self._keys.get(client_id)
        if known is None:
            key = key_of(self._seed, client_id)
            known = AESGCM(key), sha256(key).hexdigest().encode()
            if len(self._keys) >= _MANY_KEYS:
                self._keys.clear()
            self._keys[client_id] = known
        return known


def _nonces() -> Iterator[bytes]:
    """Random ones, many asked for at a time."""
    while True:
        many = os.urandom(_NONCE * 1_000)
        yield from (many[i : i + _NONCE] for i in range(0, len(many), _NONCE))
