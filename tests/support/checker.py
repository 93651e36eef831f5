"""An auditor of the register and its views: plain SQL, and nothing of the product's own code."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import set_json_loads

T = TypeVar("T")

Said = tuple[str, str]
"""Who said a command, and under which id."""

MANIFOLD = frozenset(
    {
        "ticket.time-promised",
        "ticket.time-kept",
        "ticket.responsibility-moved",
        "ticket.clock-paused",
        "ticket.clock-resumed",
        "ticket.clock-stopped",
        "ticket.followed",
    }
)
"""What one command may bring about several times: each promise and each rule for itself."""


@dataclass(frozen=True)
class Entry:
    position: int
    stream_id: UUID
    stream_version: int
    topic: str
    recorded_at: datetime
    actor: str
    command_id: str
    register: str | None
    number: str | None


@dataclass(frozen=True)
class Answer:
    """How a command was answered: what the register says, or what a client was told."""

    actor: str
    command_id: str
    stream_id: UUID
    stream_version: int
    position: int


@dataclass(frozen=True)
class Look:
    """What a client saw of a stream; `owed`: the least version that it had to be shown.

    `told`: it was the answer to a command of theirs, and so something new.
    """

    client: int
    stream_id: UUID
    version: int
    position: int
    owed: int = 0
    told: bool = False


@dataclass(frozen=True)
class Audited:
    """All that is in a register."""

    entries: Sequence[Entry]
    answers: Sequence[Answer]

    @classmethod
    def read(cls, url: str) -> Audited:
        with psycopg.connect(url) as connection:
            entries = connection.cursor(row_factory=class_row(Entry)).execute(
                "SELECT position, stream_id, stream_version, topic, recorded_at, actor,"
                " command_id, register, number FROM register.entry ORDER BY position"
            )
            answers = connection.cursor(row_factory=class_row(Answer)).execute(
                "SELECT actor, command_id, stream_id, stream_version, position"
                " FROM register.command ORDER BY position"
            )
            return cls(entries.fetchall(), answers.fetchall())

    def faults(self, told: Iterable[Answer] = ()) -> list[str]:
        """What is wrong, each a line; `told`: what clients were told was stored."""
        return [
            *_lost(self, told),
            *_doubled(self.entries),
            *_torn(self.entries),
            *_unanswered(self),
            *_halved(self),
            *_out_of_order("the register", [entry.position for entry in self.entries]),
            *self._streams(),
            *self._numbers(),
            *_clock(self.entries),
        ]

    def _streams(self) -> Iterator[str]:
        for stream_id, entries in _by(lambda e: e.stream_id, self.entries).items():
            yield from _out_of_order(f"stream {stream_id}", [e.stream_version for e in entries])

    def _numbers(self) -> Iterator[str]:
        numbered = [entry for entry in self.entries if entry.register is not None]
        for register, entries in _by(lambda e: e.register, numbered).items():
            numbers = [int((e.number or "-0").rpartition("-")[2]) for e in entries]
            yield from _out_of_order(f"register {register}", numbers)


def _lost(held: Audited, told: Iterable[Answer]) -> Iterator[str]:
    """What a client was told must stand where it was told, last, and be answered so again."""
    entries = _by(lambda e: (e.actor, e.command_id), held.entries)
    answers = {(a.actor, a.command_id): a for a in held.answers}
    for answer in told:
        stands = [
            Answer(e.actor, e.command_id, e.stream_id, e.stream_version, e.position)
            for e in entries.get((answer.actor, answer.command_id), ())
        ]
        if stands[-1:] != [answer]:
            yield f"{answer} was acknowledged, and {stands or 'nothing'} is stored"
        if answers.get((answer.actor, answer.command_id)) != answer:
            yield f"{answer} was acknowledged, and would be answered otherwise now"


def _doubled(entries: Sequence[Entry]) -> Iterator[str]:
    """No command of ours states the same fact twice, but for what rules make follow from it."""
    times = Counter((e.actor, e.command_id, e.topic) for e in entries if e.topic not in MANIFOLD)
    for said, number in times.items():
        if number > 1:
            yield f"{said} is stored {number} times"


def _torn(entries: Sequence[Entry]) -> Iterator[str]:
    """The events of one command stand together, in one stream."""
    for said, own in _by(lambda e: (e.actor, e.command_id), entries).items():
        together = own[-1].position - own[0].position == len(own) - 1
        if not together or len({entry.stream_id for entry in own}) > 1:
            yield f"{said} stands in pieces: {[entry.position for entry in own]}"


def _unanswered(held: Audited) -> Iterator[str]:
    known = {(answer.actor, answer.command_id) for answer in held.answers}
    for entry in held.entries:
        if (entry.actor, entry.command_id) not in known:
            yield f"position {entry.position} is of a command without an answer"


def _halved(held: Audited) -> Iterator[str]:
    """A command ends where its answer says; one that changed nothing saw what its answer says."""
    ends = {(e.actor, e.command_id): e for e in held.entries}
    streams = _by(lambda e: e.stream_id, held.entries)
    for answer in held.answers:
        end = ends.get((answer.actor, answer.command_id))
        if end is None:
            stream = streams.get(answer.stream_id, ())
            is_whole = _version_at(stream, answer.position) >= answer.stream_version
        else:
            stands = (end.stream_id, end.stream_version, end.position)
            is_whole = stands == (answer.stream_id, answer.stream_version, answer.position)
        if not is_whole:
            yield f"of {answer} only a part is stored, up to {end}"


def _version_at(stream: Sequence[Entry], position: int) -> int:
    behind = bisect_right(stream, position, key=lambda entry: entry.position)
    return stream[behind - 1].stream_version if behind else 0


def unlike(held: Audited, kinds: Mapping[Said, str]) -> Iterator[str]:
    """Commands of one kind that brought about other facts than most of their kind did."""
    facts: dict[str, dict[Said, tuple[str, ...]]] = defaultdict(dict)
    for said, entries in _by(lambda e: (e.actor, e.command_id), held.entries).items():
        if said in kinds:
            facts[kinds[said]][said] = tuple(entry.topic for entry in entries)
    for kind, found in facts.items():
        usual, _ = Counter(found.values()).most_common(1)[0]
        for said, topics in found.items():
            if topics != usual:
                yield f"{said} is a {kind}, and brought about {topics}, not {usual}"


def left_behind(held: Audited, refused: Iterable[Said]) -> Iterator[str]:
    """Of what was refused nothing may be stored."""
    stored = {(e.actor, e.command_id) for e in held.entries}
    stored |= {(a.actor, a.command_id) for a in held.answers}
    for said in refused:
        if said in stored:
            yield f"{said} was refused, and is stored"


def gone_back(looks: Iterable[Look]) -> Iterator[str]:
    """Each client's time only goes on: `looks` in the order in which they were had.

    A look may be behind what they were told, if nothing was owed; never behind an earlier look.
    """
    seen: dict[tuple[int, UUID], Look] = {}
    told: dict[int, Look] = {}
    for look in looks:
        before = seen.get((look.client, look.stream_id))
        if look.told:
            before = max(told.get(look.client), before, key=lambda b: b.position if b else 0)
            told[look.client] = look
            if before and look.position <= before.position:
                yield f"{look} was told after {before}"
            continue
        seen[look.client, look.stream_id] = look
        least = max(before.version if before else 0, look.owed)
        if look.version < least or (before and look.position < before.position):
            yield f"{look} was seen after {before}"


Tables = Mapping[str, Sequence[tuple[Any, ...]]]


def different(kept: Tables, rebuilt: Tables) -> Iterator[str]:
    """Where views are not what they are when built anew; one line a table."""
    for name in sorted({*kept, *rebuilt}):
        here, there = kept.get(name), rebuilt.get(name)
        if here is None or there is None:
            yield f"view {name} is there only {'once rebuilt' if here is None else 'as kept'}"
        elif here != there:
            apart = sorted({repr(row) for row in here} ^ {repr(row) for row in there})
            yield f"view {name} has {len(here)} rows, rebuilt {len(there)}; apart: {apart[:2]}"


def _out_of_order(what: str, numbers: Sequence[int]) -> Iterator[str]:
    """1, 2, 3 …, in the order in which they stand in the register."""
    for expected, number in enumerate(numbers, start=1):
        if number != expected:
            yield f"{what} has {number} where {expected} belongs"
            return


def _clock(entries: Sequence[Entry]) -> Iterator[str]:
    for before, entry in pairwise(entries):
        if entry.recorded_at < before.recorded_at:
            yield f"at position {entry.position} the clock goes back"


def _by(key: Callable[[Entry], T], entries: Iterable[Entry]) -> dict[T, list[Entry]]:
    groups: dict[T, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


_COUNTED = """
    SELECT relname, by, kind, number FROM reporting.view_count JOIN pg_class c ON c.oid = of
    WHERE number <> 0 ORDER BY 1, 2, 3
"""


def view_tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Whole tables of the reporting schema, but for how far each view has read.

    Of what is counted, what there is none of does not matter, nor which table it was counted in.
    """
    with psycopg.connect(url) as connection:
        set_json_loads(json.loads, connection)  # as it stands there, whatever yice makes of it
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'reporting' AND table_name NOT LIKE 'view_%' ORDER BY 1"
        ).fetchall()
        select = sql.SQL("SELECT * FROM reporting.{} ORDER BY 1, 2")
        tables = {
            name: connection.execute(select.format(sql.Identifier(name))).fetchall()
            for (name,) in names
        }
        counted = connection.execute("SELECT to_regclass('reporting.view_count')").fetchone()
        if counted != (None,):
            tables["view_count"] = connection.execute(_COUNTED).fetchall()
        return tables
