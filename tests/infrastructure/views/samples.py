"""Views that are there to be tested with: a row of every type, and a tally that counts double."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.utils import get_topic

from application.blind_index import Tokens
from application.desk import AGGREGATES
from application.register import Fact
from application.views.view import View
from domain.sealed import Sealed
from tests.support.facts import event_classes


@dataclass(slots=True)
class SampleRow:
    id: Annotated[UUID, "Whose row it is"]
    text: Annotated[str, 'It\'s a "text" with 100% quotes']
    number: Annotated[int, "A number"]
    flag: Annotated[bool, "A flag"]
    at: Annotated[datetime, "A time"]
    secret: Annotated[Sealed, "A sealed text"]
    any_id: Annotated[UUID | None, "Perhaps an id"]
    any_text: Annotated[str | None, "Perhaps a text"]
    any_number: Annotated[int | None, "Perhaps a number"]
    any_flag: Annotated[bool | None, "Perhaps a flag"]
    any_at: Annotated[datetime | None, "Perhaps a time"]
    any_secret: Annotated[Sealed | None, "Perhaps a sealed text"]
    things: Annotated[dict[str, Any], "Things by name"]
    words: Annotated[list[str], "Words in order"]
    tokens: Annotated[Tokens, "Numbers to search by"]


class SampleView(View[SampleRow]):
    name = "sample"
    row = SampleRow
    facts = frozenset()
    indexes = ("text", "number, at")

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return ()

    def fold(self, row: SampleRow | None, fact: Fact, key: Any) -> SampleRow:
        raise NotImplementedError


@dataclass(slots=True)
class LineRow:
    id: Annotated[UUID, "Whose lines they are"]
    place: Annotated[int, "The how-many-eth line"]
    text: Annotated[str, "What it says"]


class Lines(View[list[LineRow]]):
    """Several rows of one key."""

    name = "lines"
    row = LineRow
    facts = frozenset()
    has_several = True

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return ()

    def fold(self, row: list[LineRow] | None, fact: Fact, key: Any) -> list[LineRow]:
        raise NotImplementedError


@dataclass(slots=True)
class TallyRow:
    topic: Annotated[str, "What happened"]
    count: Annotated[int, "How often"] = 0
    positions: Annotated[list[int], "Where in the register"] = field(default_factory=list)


class Tally(View[TallyRow]):
    """Counts: a fact that is folded twice, or not at all, shows for ever."""

    name = "tally"
    row = TallyRow
    facts = frozenset(kind for aggregate in AGGREGATES for kind in event_classes(aggregate))

    def keys(self, fact: Fact) -> Sequence[str]:
        return (get_topic(type(fact.event)), "all")

    def fold(self, row: TallyRow | None, fact: Fact, key: Any) -> TallyRow:
        row = row or TallyRow(topic=key)
        row.count += 1
        row.positions = [*row.positions, fact.position]
        return row


class Other(Tally):
    """Another view beside it."""

    name = "other"
