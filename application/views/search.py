"""Search: one row a sealed text of a ticket, found by words without standing anywhere in clear."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from eventsourcing.utils import get_topic

from application.blind_index import BlindIndex, Tokens
from application.register import Fact
from application.views.view import View
from domain.aggregate import events_of
from domain.sealed import Sealed
from domain.ticket import Ticket, Visibility

_FOR_CLIENTS = (Ticket.Opened, Ticket.Answered)
"""What the client said, or is told; a note says itself who may see it."""


@dataclass(slots=True)
class SearchRow:
    place: Annotated[str, "Position and field: where the text stands in the register"]
    position: Annotated[int, "Position of its event in the register; orders what is found"]
    field: Annotated[str, "The field of the event, dotted within a form"]
    ticket_id: Annotated[UUID, "The ticket it belongs to"]
    version: Annotated[int, "The how-many-eth event of that ticket"]
    topic: Annotated[str, "What happened"]
    visibility: Annotated[str, "Who may see it: internal or client"]
    subject_id: Annotated[UUID, "Under whose key it is sealed"]
    occurred_at: Annotated[datetime, "When it happened, as told"]
    text: Annotated[Sealed, "The text; sealed"]
    tokens: Annotated[Tokens, "Its characters and pairs as keyed numbers; none once erased"]


class SearchView(View[SearchRow]):
    """The one view that opens texts, to make the numbers; it keeps them sealed.

    What cannot be opened any more is kept without numbers, and so is never found.
    """

    name = "search"
    row = SearchRow
    facts = frozenset(events_of(Ticket))
    indexes = ("position, field", "ticket_id", "subject_id")

    def __init__(self, index: BlindIndex, open_box: Callable[[str], str | None]) -> None:
        self._index, self._open_box = index, open_box

    def keys(self, fact: Fact) -> Sequence[str]:
        return [f"{fact.position}/{field}" for field, _ in _texts(vars(fact.event))]

    def fold(self, row: SearchRow | None, fact: Fact, key: Any) -> SearchRow:
        event, field = fact.event, key.partition("/")[2]
        text = dict(_texts(vars(event)))[field]
        return SearchRow(
            place=key,
            position=fact.position,
            field=field,
            ticket_id=event.originator_id,
            version=event.originator_version,
            topic=get_topic(type(event)),
            visibility=_visibility(event, field),
            subject_id=text.subject,
            occurred_at=event.timestamp,
            text=text,
            tokens=self._tokens(text),
        )

    def _tokens(self, text: Sealed) -> Tokens:
        said = text.text
        if said is None and text.box is not None:
            said = self._open_box(text.box)
        return Tokens([]) if said is None else self._index.of_text(said)


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, Sealed]]:
    """Every sealed text in an event, however deep, and the path to it."""
    if isinstance(value, Sealed):
        yield path, value
    elif isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            yield from _texts(part, f"{path}.{name}" if path else str(name))


def _visibility(event: Any, field: str) -> str:
    """Why somebody did something is said to colleagues, whatever they did."""
    if field == "reason":
        return str(Visibility.INTERNAL)
    seen = Visibility.CLIENT if isinstance(event, _FOR_CLIENTS) else Visibility.INTERNAL
    return str(getattr(event, "visibility", seen))


@dataclass(frozen=True, kw_only=True)
class SearchFilter:
    """Texts that hold all of the `words` (normalised); what is None is not asked."""

    words: tuple[str, ...]
    unit: str | None = None
    procedure: str | None = None
    visibility: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    ticket_id: Annotated[UUID, "The ticket"]
    number: Annotated[str, "Its register number"]
    topic: Annotated[str, "What happened, when the text was written"]
    field: Annotated[str, "Which of its texts it is"]
    visibility: Annotated[str, "Who may see it: internal or client"]
    at: Annotated[datetime, "When it happened, as told"]
    version: Annotated[int, "Version of the ticket at which it stands"]
    position: Annotated[int, "Position in the register"]
    snippet: Annotated[str, "The word, and what stands around it"]


class Search(ABC):
    """The questions."""

    @abstractmethod
    def page(self, asked: SearchFilter, *, before: tuple[int, str] | None, limit: int) -> list[Hit]:
        """Newest first, those that stand before a position and field."""

    @abstractmethod
    def count(self, asked: SearchFilter) -> int | None:
        """How many texts; None if there are too many to count."""
