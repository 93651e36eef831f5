"""Events to bytes and back: as we do it, as the library does, and the JSON alone."""

from __future__ import annotations

import json as standard
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import msgspec
import orjson
from eventsourcing.persistence import (
    DatetimeAsISO,
    DecimalAsStr,
    JSONTranscoder,
    Mapper,
    UUIDAsHex,
)
from eventsourcing.utils import get_topic

from domain.sealed import Sealed
from domain.ticket import Ticket
from infrastructure.codec import Codec
from infrastructure.wiring import now
from tests.bench.figures import Figure
from tests.bench.setting import BenchFailed, Setting
from tests.bench.stock import NOTE, parts_of
from tests.bench.stores import CLIENT, noted

TIMES = 2_000
"""Events in a round."""

STREAM = UUID(int=7)

Sides = dict[str, Callable[[], object]]


def measure(setting: Setting) -> list[Figure]:
    with setting.server("codec") as server, closing(parts_of(server.urls)) as parts:
        parts.set_up(now, packs=[])
        parts.keys.create(CLIENT)
        return [
            figure
            for what, sides in _cases(parts.codec).items()
            for figure in _compare(what, sides, setting.scale.rounds)
        ]


def _cases(codec: Codec) -> dict[str, Sides]:
    """The first of each is ours. In the library's events the text is in clear, in ours sealed."""
    event, plain = noted(STREAM, 3), noted(STREAM, 3)
    object.__setattr__(plain, "text", NOTE)
    state, topic = codec.encode(event), get_topic(Ticket.Noted)
    mapper = _mapper()
    stored = mapper.to_stored_event(plain)
    said = msgspec.json.decode(state)
    transcoder = JSONTranscoder()
    _must_be(codec.decode(STREAM, 3, topic, state, opened=True).text, Sealed(CLIENT, NOTE))
    _must_be(mapper.to_domain_event(stored).text, NOTE)
    _must_be(orjson.loads(state), standard.loads(state))
    _must_be(transcoder.decode(state), said)
    return {
        "encode an event": {
            "sealed, as stored": lambda: codec.encode(event),
            "library mapper, in clear": lambda: mapper.to_stored_event(plain),
        },
        "decode an event, texts closed": {
            "as views read it": lambda: codec.decode(STREAM, 3, topic, state, opened=False),
            "library mapper": lambda: mapper.to_domain_event(stored),
        },
        "decode an event, texts opened": {
            "as rules read it": lambda: codec.decode(STREAM, 3, topic, state, opened=True),
            "library mapper": lambda: mapper.to_domain_event(stored),
        },
        "JSON alone, encode": {
            "msgspec": lambda: msgspec.json.encode(said),
            "orjson": lambda: orjson.dumps(said),
            "library JSON transcoder": lambda: transcoder.encode(said),
        },
        "JSON alone, decode": {
            "msgspec": lambda: msgspec.json.decode(state),
            "orjson": lambda: orjson.loads(state),
            "library JSON transcoder": lambda: transcoder.decode(state),
        },
    }


def _compare(what: str, sides: Sides, rounds: int) -> list[Figure]:
    for work in sides.values():
        _us(work)
    turns = [[_us(work) for work in sides.values()] for _ in range(rounds)]
    ours, *others = (list(rounds_of_one) for rounds_of_one in zip(*turns, strict=True))
    name, *names = sides
    return [
        Figure(
            part="codec", what=what, at=name, unit="µs", yice=ours, against=against, theirs=theirs
        )
        for against, theirs in zip(names, others, strict=True)
    ]


def _us(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(TIMES):
        work()
    return (time.perf_counter() - begin) * 1e6 / TIMES


def _mapper() -> Mapper[UUID]:
    transcoder = JSONTranscoder()
    for transcoding in (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO()):
        transcoder.register(transcoding)
    return Mapper(transcoder)


def _must_be(found: Any, expected: Any) -> None:
    if found != expected:
        raise BenchFailed(f"a codec read {found!r}, not {expected!r}")
