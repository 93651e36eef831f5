"""Facts to be exported: one of every kind of event there is, and made-up ones with odd texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid5

from application.desk import AGGREGATES
from application.register import Fact
from domain.aggregate import staff_ref
from domain.pack import Pack
from infrastructure.codec import Codec
from infrastructure.exports import Exported, exported
from infrastructure.keystore import PostgresKeyStore
from tests.support.facts import C1, LI_NA, NOON, T1

GOLDEN = Path(__file__).parents[1] / "domain" / "golden"

STREAMS = {kind.TOPIC: uuid5(T1, kind.TOPIC) for kind in AGGREGATES} | {
    "pack": Pack.id_of("installation"),
    "staff": LI_NA,
    "client": C1,
    "ticket": T1,
}

FIRST = ("pack.named", "staff.registered", "client.registered", "ticket.opened")

ODD = "<script>alert('&\"')</script>\r\n\tnext \ufffe \u202e\U0001f600 中文 ]]> 'quoted'"
"""All that a format must write in its own way, or cannot hold."""


def golden_facts() -> Iterator[Fact]:
    """One fact of every kind of event, as it was stored; a stream a kind, in a made-up order."""
    newest = {path.name.rpartition(".v")[0]: path for path in sorted(GOLDEN.iterdir())}
    topics = [*FIRST, *(topic for topic in newest if topic not in FIRST)]
    versions = Counter[str]()
    codec = Codec(cast(PostgresKeyStore, None))
    for position, topic in enumerate(topics, start=1):
        kind = topic.partition(".")[0]
        versions[kind] += 1
        state = newest[topic].read_bytes()
        event = codec.decode(STREAMS[kind], versions[kind], topic, state, opened=False)
        number = f"2026-{position:04}" if hasattr(event, "register") else None
        yield Fact(position, NOON + timedelta(hours=2, seconds=position), number, event)


def golden_exports() -> list[Exported]:
    """The same, their texts opened; each says something odd."""
    return [exported(fact, lambda sealed: f"{ODD} {sealed.subject}") for fact in golden_facts()]


def made(position: int = 1, **otherwise: Any) -> Exported:
    """One event of T1, by Li Na."""
    at = NOON + timedelta(minutes=position)
    words: dict[str, Any] = {
        "position": position,
        "recorded_at": at.astimezone(UTC),
        "occurred_at": at,
        "stream_id": T1,
        "version": position,
        "kind": "ticket",
        "topic": "ticket.noted",
        "word": "noted",
        "actor": staff_ref(LI_NA),
        "acting_for": None,
        "role": "cs_officer",
        "command_id": f"command-{position}",
        "reason": None,
        "number": None,
        "fields": {"text": "客户来过"},
        "links": (),
    }
    return Exported(**words | otherwise)
