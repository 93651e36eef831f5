"""Search: one row a sealed text of a ticket, found by words without standing anywhere in clear."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, get_type_hints
from uuid import UUID

from eventsourcing.utils import get_topic

from application.blind_index import BlindIndex, Tokens
from application.register import Fact
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.sealed import Sealed
from domain.ticket import Ticket, Visibility

_FOR_CLIENTS = (Ticket.Opened, Ticket.Answered)
"""What the client said, or is told; a note says itself who may see it."""

_WHOLES = frozenset({dict, list})

_KINDS = (str, int, bool, float, UUID, datetime)
_PLAIN = frozenset({*_KINDS, *(kind | None for kind in _KINDS)})
"""What is said to hold one of these holds no sealed text."""


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
    span = Span.FACT
    row = SearchRow
    facts = frozenset(events_of(Ticket))
    indexes = ("position, field", "ticket_id", "subject_id")

    def __init__(
        self,
        index: BlindIndex,
        open_box: Callable[[str], str | None],
        fetch_keys: Callable[[Collection[UUID]], None] = lambda subjects: None,
    ) -> None:
        """`fetch_keys`: have the keys of these subjects at hand."""
        self._index, self._open_box, self._fetch_keys = index, open_box, fetch_keys
        self._expected: dict[int, tuple[Fact, dict[str, Sealed]]] = {}

    def expect(self, facts: Sequence[Fact]) -> None:
        self._expected = {fact.position: (fact, texts_of(fact.event)) for fact in facts}
        texts = (text for _, found in self._expected.values() for text in found.values())
        self._fetch_keys({text.subject for text in texts})

    def keys(self, fact: Fact) -> Sequence[str]:
        return [f"{fact.position}/{field}" for field in self._texts(fact)]

    def fold(self, row: SearchRow | None, fact: Fact, key: Any) -> SearchRow:
        event, field = fact.event, key.partition("/")[2]
        text = self._texts(fact)[field]
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

    def _texts(self, fact: Fact) -> dict[str, Sealed]:
        """To look through an event costs as much as to decode it: what was expected is known."""
        expected, texts = self._expected.get(fact.position, (None, {}))
        return texts if expected is fact else texts_of(fact.event)

    def _tokens(self, text: Sealed) -> Tokens:
        said = text.text
        if said is None and text.box is not None:
            said = self._open_box(text.box)
        return Tokens([]) if said is None else self._index.of_text(said)


def texts_of(event: Any) -> dict[str, Sealed]:
    """Every sealed text in an event, however deep, by the path to it."""
    found: dict[str, Sealed] = {}
    kind: Any = type(event)
    said = vars(event)
    for name in _may_hold(kind):
        part = said.get(name)
        if type(part) is Sealed:
            found[name] = part
        elif part and type(part) in _WHOLES:
            _look_through(part, f"{name}.", found)
    return found


@cache
def _may_hold(kind: type[Any]) -> Sequence[str]:
    """The fields of an event that are not plain for certain."""
    return [name for name, hint in get_type_hints(kind).items() if hint not in _PLAIN]


def _look_through(whole: Any, path: str, found: dict[str, Sealed]) -> None:
    for name, part in whole.items() if type(whole) is dict else enumerate(whole):
        kind = type(part)
        if kind is Sealed:
            found[f"{path}{name}"] = part
        elif part and kind in _WHOLES:
            _look_through(part, f"{path}{name}.", found)


def _visibility(event: Any, field: str) -> str:
    """Why somebody did something is said to colleagues, whatever they did."""
    if field == "reason":
        return str(Visibility.INTERNAL)
    seen = Visibility.CLIENT if isinstance(event, _FOR_CLIENTS) else Visibility.INTERNAL
    return str(getattr(event, "visibility", seen))


@dataclass(frozen=True)
class Withheld:
    """Texts that nobody finds: of a procedure's tickets, in events of these topics, of that name.

    Of a form all that is in the field is meant.
    """

    procedure: str
    topics: tuple[str, ...]
    name: str


@dataclass(frozen=True, kw_only=True)
class SearchFilter:
    """Texts that hold all of the `words` (normalised); what is None is not asked."""

    words: tuple[str, ...]
    unit: str | None = None
    procedure: str | None = None
    visibility: str | None = None
    withheld: tuple[Withheld, ...] = ()


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
