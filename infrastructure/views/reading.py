"""Reading the register for views: each fact is decoded once for all that want it, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

from eventsourcing.utils import TopicError, get_topic, resolve_topic

from application.desk import AGGREGATES
from application.register import Fact
from domain.aggregate import Aggregate, events_of
from infrastructure.codec import Codec
from infrastructure.database import Connection
from infrastructure.views.table import Table

COLUMNS = "position, recorded_at, number, stream_id, stream_version, topic, state"

_BEHIND = f"SELECT {COLUMNS} FROM register.entry WHERE position > %b ORDER BY position LIMIT %b"

_OF_TOPICS = (
    f"SELECT {COLUMNS} FROM register.entry WHERE position > %b AND position <= %b"
    " AND (topic = ANY(%b::text[]) OR topic <> ALL(%b::text[])) ORDER BY position LIMIT %b"
)


class UnknownTopic(Exception):
    """No event of this release: a newer one wrote it."""


class Refused(Exception):
    """A view cannot take a fact. The message names its position, and says what is wrong."""

    def __init__(self, position: int, cause: Exception) -> None:
        super().__init__(f"at position {position}: {type(cause).__name__}: {cause}")


@dataclass(frozen=True)
class Unreadable:
    """Stands where an event should: what is stored there cannot be read."""

    topic: str
    cause: Exception

    def concerns(self, topics: Collection[str]) -> bool:
        """Whether a view of these topics might have to show it; what is unknown, any might."""
        return self.topic in topics or isinstance(self.cause, UnknownTopic)


@dataclass(frozen=True)
class Batch:
    """What happened behind one position and up to another, as far as somebody wants it."""

    after: int
    last: int
    facts: Sequence[Fact]

    def behind(self, position: int) -> Batch:
        """What of it is behind a position within it."""
        if position == self.after:
            return self
        return Batch(position, self.last, [f for f in self.facts if f.position > position])

    def before(self, position: int) -> Batch:
        """What of it is before a position within it."""
        return Batch(self.after, position - 1, [f for f in self.facts if f.position < position])


class Reader:
    """Reads for views; what none of them shows is not decoded."""

    def __init__(self, codec: Codec, tables: Collection[Table[Any]]) -> None:
        self._codec = codec
        self.topics = frozenset[str]().union(*(table.topics for table in tables))

    def behind(self, connection: Connection, position: int, limit: int) -> Batch:
        """The next batch, whatever happened; its `last` is `position` if nothing did."""
        rows = connection.execute(_BEHIND.encode(), (position, limit), binary=True).fetchall()
        return Batch(position, rows[-1][0] if rows else position, self.facts(rows))

    def upto(self, connection: Connection, position: int, head: int, limit: int) -> Batch:
        """The next facts that are wanted, or that this release does not know, up to a position."""
        asked = (position, head, list(self.topics), known_topics(), limit)
        rows = connection.execute(_OF_TOPICS.encode(), asked, binary=True).fetchall()
        return Batch(position, rows[-1][0] if rows else position, self.facts(rows))

    def facts(self, rows: Sequence[Any]) -> list[Fact]:
        """Those of the rows (their `COLUMNS`) that are wanted, or cannot be told not to be."""
        topics, event = self.topics, self._event
        return [
            Fact(position, at, number, event(stream_id, version, topic, state))
            for position, at, number, stream_id, version, topic, state in rows
            if topic in topics or not is_known(topic)
        ]

    def _event(self, stream_id: UUID, version: int, topic: str, state: bytes) -> Aggregate.Event:
        try:
            if not is_known(topic):
                raise UnknownTopic(topic)
            return self._codec.decode(stream_id, version, topic, state, opened=False)
        except Exception as failure:
            return cast(Aggregate.Event, Unreadable(topic, failure))


@cache
def known_topics() -> list[str]:
    """All that can happen, as far as this release knows."""
    return [get_topic(event) for kind in AGGREGATES for event in events_of(kind)]


@cache
def is_known(topic: str) -> bool:
    """Whether this release has such an event."""
    try:
        kind = resolve_topic(topic)
    except TopicError:
        return False
    return isinstance(kind, type) and issubclass(kind, Aggregate.Event)


class Shares:
    """What of a batch each view shows: each fact is looked at once for all of them."""

    def __init__(self, tables: Collection[Table[Any]]) -> None:
        self._tables = tables
        self._takers: dict[type[Any], list[str]] = {}
        for table in tables:
            for kind in table.view.facts:
                self._takers.setdefault(kind, []).append(table.name)

    def of(self, facts: Sequence[Fact]) -> dict[str, list[Fact]]:
        """By table, of those that show any; what is unreadable is with all that might show it."""
        shares: dict[str, list[Fact]] = {}
        for fact in facts:
            event: Any = fact.event
            takers = self._takers.get(type(event), ())
            if type(event) is Unreadable:
                takers = [table.name for table in self._tables if event.concerns(table.topics)]
            for name in takers:
                shares.setdefault(name, []).append(fact)
        return shares


def wanted(table: Table[Any], facts: Sequence[Fact]) -> list[Fact]:
    """Those that the view shows. Raises Refused for one that cannot be read."""
    kinds = table.view.facts
    mine = [fact for fact in facts if type(fact.event) in kinds]
    for fact in facts if len(mine) < len(facts) else ():
        event: Any = fact.event
        if type(event) is Unreadable and event.concerns(table.topics):
            raise Refused(fact.position, event.cause)
    return mine
