"""Stamping templates out: rows of the register's tables, as PostgreSQL's binary COPY reads them."""

from __future__ import annotations

import hmac
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5, sha256
from operator import itemgetter
from struct import Struct
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.histories.gaps import FIXED, CommandGaps, EventGaps, Gaps, Template
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

_ENTRY = Struct(">hiqi16siiiq")
_COMMAND = Struct(">hi16siiiqiqi32s")
_LENGTH = Struct(">i")
NULL = b"\xff\xff\xff\xff"
_NO_NUMBER = NULL, NULL
_COMMAND_ID, _COMMITMENT, _UNIT, _SECONDS = (
    FIXED.index(name) for name in ("command", "commitment", "unit", "seconds")
)
_MANY_KEYS = 50_000
_NONCE = 12
_SPREAD = 0x9E3779B97F4A7C15


def cell(value: bytes) -> bytes:
    """A value with its length before it."""
    return _LENGTH.pack(len(value)) + value


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


MICROSECOND = datetime.resolution

BEGUN = micros(BEGIN)


class Numbers:
    """The last number of each register."""

    def __init__(self) -> None:
        self.last: Counter[bytes] = Counter()

    def next(self, register: bytes) -> bytes:
        self.last[register] += 1
        return b"%b-%04d" % (register.rpartition(b"/")[2], self.last[register])


@dataclass
class Rows:
    """What is copied in one go."""

    entries: list[bytes] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)

    def add(
        self,
        *,
        stream_id: bytes,
        version: int,
        position: int,
        recorded_at: int,
        who: bytes,
        mark: bytes,
        events: Sequence[tuple[bytes, bytes, bytes, bytes]],
    ) -> None:
        """A command: `position` and `version` are those of its first event.

        `who`: the cells of actor and command id; `events`: topic (a cell), state, the cell of
        register and that of its number (`NULL` without).
        """
        entry, length = _ENTRY.pack, _LENGTH.pack
        first = NULL
        for i, (topic, state, register, number) in enumerate(events):
            self.entries += (
                entry(10, 8, position + i, 16, stream_id, 4, version + i, 8, recorded_at),
                topic,
                length(len(state)),
                state,
                who,
                register,
                number,
            )
            if first is NULL:
                first = number
        last = len(events) - 1
        self.commands += (
            _COMMAND.pack(
                8, 16, stream_id, 4, version + last, 8, position + last, 8, recorded_at, 32, mark
            ),
            who,
            first,
        )


class Stamper:
    """Makes the rows of commands. `secret`: with which fingerprints are made here."""

    def __init__(self, seed: int, secret: bytes, plan: Plan) -> None:
        self._seed, self._secret, self._plan = seed, secret, plan
        self._texts = texts(seed)
        self._keys: dict[UUID, tuple[AESGCM, bytes]] = {}
        self._compiled: dict[int, list[_Command]] = {}
        self._nonces: list[bytes] = []
        self._salt = b"%d" % seed

    def commands(self, template: Template) -> list[_Command]:
        """Those of a template, ready to be stamped."""
        known = self._compiled.get(id(template))
        if known is None:
            known = self._compiled[id(template)] = [_Command(c) for c in template.commands]
        return known

    def stamp(
        self,
        stream: Stream,
        number: int,
        *,
        position: int,
        recorded_at: int,
        numbers: Mapping[int, tuple[bytes, bytes]],
        rows: Rows,
    ) -> None:
        """Add the rows of one command; `numbers`: register and number of those that have any."""
        template = stream.template
        command = self.commands(template)[number]
        values = self._plan.values(stream)
        said = self._say(stream, command, number, values)
        if template.of_client and number == 0:
            values[_COMMITMENT] = self._key(stream.client_id)[1]
        events = []
        for place, event in enumerate(command.events):
            if event.boxes:
                self._close(stream, event, said, values, template.box_slot)
            numbered = _NO_NUMBER
            if place in numbers:
                register, given = numbers[place]
                numbered = cell(register), cell(given)
            events.append((event.topic, event.state(values), *numbered))
        rows.add(
            stream_id=stream.id_bytes,
            version=command.version - len(events) + 1,
            position=position,
            recorded_at=recorded_at,
            who=command.who(values),
            mark=hmac.digest(self._secret, command.said(values), "sha256"),
            events=events,
        )

    def _say(
        self, stream: Stream, command: _Command, number: int, values: list[bytes]
    ) -> list[bytes]:
        """Make up the texts of a command, and its id."""
        h = md5(b"%b%b%d" % (self._salt, stream.id_bytes, number), usedforsecurity=False)
        digest = h.hexdigest().encode()
        values[_COMMAND_ID] = b"%b-%b-4%b-8%b-%b" % (
            *(digest[:8], digest[8:12], digest[13:16], digest[17:20]),
            digest[20:],
        )
        said = []
        chance = stream.chance + number * _SPREAD
        for kind in command.kinds:
            heads, bodies = self._texts[kind]
            chance = chance * 6364136223846793005 + 1442695040888963407 & 0xFFFFFFFFFFFFFFFF
            said.append(heads[(chance >> 33) % len(heads)] + bodies[(chance >> 13) % len(bodies)])
        slot = stream.template.text_slot
        values[slot : slot + len(said)] = said
        return said

    def _close(
        self,
        stream: Stream,
        event: _Event,
        said: Sequence[bytes],
        values: list[bytes],
        slot: int,
    ) -> None:
        aead, key_id = self._key(stream.client_id)
        whose = values[0]
        for i, (text, bound) in enumerate(event.boxes):
            nonce = self._nonce()
            box = aead.encrypt(nonce, said[text], b"%b:%b%b" % (whose, bound, key_id))
            values[slot + i] = b64encode(nonce + box)

    def _nonce(self) -> bytes:
        """Random ones, many asked for at a time."""
        if not self._nonces:
            many = os.urandom(_NONCE * 1_000)
            self._nonces = [many[i : i + _NONCE] for i in range(0, len(many), _NONCE)]
        return self._nonces.pop()

    def _key(self, client_id: UUID) -> tuple[AESGCM, bytes]:
        known = self._keys.get(client_id)
        if known is None:
            key = key_of(self._seed, client_id)
            known = AESGCM(key), sha256(key).hexdigest().encode()
            if len(self._keys) >= _MANY_KEYS:
                self._keys.clear()
            self._keys[client_id] = known
        return known


def _filling(gaps: Gaps) -> Callable[[list[bytes]], bytes]:
    """What makes the text out of values."""
    form, slots = gaps.form, gaps.slots
    if not slots:
        whole = form % ()
        return lambda values: whole
    if len(slots) == 1:
        [slot] = slots
        return lambda values: form % values[slot]
    pick: Callable[[list[bytes]], Any] = itemgetter(*slots)
    return lambda values: form % pick(values)


def _cells(*gaps: Gaps) -> Gaps:
    """One after the other, each with its length before it: what fills them is always as long."""
    filled = [gap.form % tuple(b"-" * _WIDE[slot] for slot in gap.slots) for gap in gaps]
    form = b"".join(
        _LENGTH.pack(len(text)).replace(b"%", b"%%") + gap.form
        for gap, text in zip(gaps, filled, strict=True)
    )
    return Gaps(form, tuple(slot for gap in gaps for slot in gap.slots))


class _Wide(dict[int, int]):
    """How long what fills a gap is: ids are, and so are days, the one gap of other kinds here."""

    def __missing__(self, slot: int) -> int:
        return 10


_WIDE = _Wide({n: 36 for n in range(5)} | {_SECONDS: 2, _COMMAND_ID: 36})


class _Event:
    __slots__ = ("boxes", "state", "topic")

    def __init__(self, event: EventGaps) -> None:
        self.topic = cell(event.topic.encode())
        self.state = _filling(event.state)
        self.boxes = [(box.text, box.bound) for box in event.boxes]


class _Command:
    __slots__ = ("events", "kinds", "said", "version", "who")

    def __init__(self, command: CommandGaps) -> None:
        self.said = _filling(command.said)
        self.who = _filling(_cells(command.by, command.command_id))
        self.kinds, self.version = command.kinds, command.version
        self.events = [_Event(event) for event in command.events]


def register_of(register: Gaps, unit: bytes) -> bytes:
    """What an event is entered in: of its gaps there is one, the unit."""
    assert register.slots == (_UNIT,)
    return register.form % unit
