"""What a client's file has in common with others: keyed numbers, and nothing in clear."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from application.blind_index import Tokens
from application.matching import MatchIndex
from application.register import Fact
from application.views.view import Span, View
from domain.client import Client
from domain.sealed import Sealed

PHONES = frozenset({"phone", "mobile"})


@dataclass(slots=True)
class MatchRow:
    client_id: Annotated[UUID, "Id of the client"]
    registered_position: Annotated[int, "Position of the registration; the smaller is the older"]
    parts: Annotated[dict[str, Any], "Keyed numbers of name, phones, addresses; none once erased"]
    tokens: Annotated[Tokens, "What others are compared by: phones, and the name at an address"]
    merged_into_id: Annotated[UUID | None, "The file that this one follows"] = None
    position: Annotated[int, "Register position that this row shows"] = 0


class ClientMatchView(View[MatchRow]):
    """Opens texts to make the numbers, as search does; what cannot be opened has none."""

    name = "client_match"
    span = Span.STREAM
    row = MatchRow
    facts = frozenset(
        {
            Client.Registered,
            Client.DetailsChanged,
            Client.ContactPointAdded,
            Client.ContactPointRemoved,
            Client.Merged,
            Client.Unmerged,
            Client.Erased,
        }
    )
    indexes = ("position",)

    def __init__(
        self,
        index: MatchIndex,
        open_box: Callable[[str], str | None],
        fetch_keys: Callable[[Collection[UUID]], None] = lambda subjects: None,
    ) -> None:
        """`fetch_keys`: have the keys of these clients at hand."""
        self._index, self._open_box, self._fetch_keys = index, open_box, fetch_keys

    def expect(self, facts: Sequence[Fact]) -> None:
        self._fetch_keys({fact.event.originator_id for fact in facts})

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: MatchRow | None, fact: Fact, key: Any) -> MatchRow:
        row = row or MatchRow(fact.event.originator_id, fact.position, {}, Tokens([]))
        self._apply(row, fact.event)
        row.tokens, row.position = self._tokens(row.parts), fact.position
        return row

    def _apply(self, row: MatchRow, event: Any) -> None:
        match event:
            case Client.Merged(into_id=into_id):
                row.merged_into_id = into_id
            case Client.Unmerged():
                row.merged_into_id = None
            case Client.Erased():
                row.parts = {}
            case Client.ContactPointRemoved(contact_id=contact_id):
                gone = {f"phone {contact_id}", f"address {contact_id}"}
                row.parts = {part: n for part, n in row.parts.items() if part not in gone}
            case _:
                numbers = {part: self._number(part, t) for part, t in _said(event).items()}
                kept = {part: n for part, n in row.parts.items() if part not in numbers}
                row.parts = kept | {part: n for part, n in numbers.items() if n is not None}

    def _number(self, part: str, text: Sealed) -> int | None:
        said = text.text
        if said is None and text.box is not None:
            said = self._open_box(text.box)
        if said is None:
            return None
        index = self._index
        kinds = {"name": index.name, "address": index.address, "phone": index.phone}
        return kinds[part.partition(" ")[0]](said)

    def _tokens(self, parts: dict[str, int]) -> Tokens:
        name = parts.get("name")
        phones = {number for part, number in parts.items() if part.startswith("phone")}
        addresses = {number for part, number in parts.items() if part.startswith("address")}
        homes = {self._index.both(name, address) for address in addresses if name is not None}
        return Tokens(sorted(phones | homes))


def _said(event: Any) -> dict[str, Sealed]:
    """What others are compared by, by the part of the file that it is."""
    match event:
        case Client.Registered(name=name):
            return {"name": name}
        case Client.DetailsChanged(details=details):
            parts = {"name": "name", "place": "address"}
            return {part: details[detail] for detail, part in parts.items() if detail in details}
        case Client.ContactPointAdded(contact_id=contact_id, kind=kind, value=value):
            part = "phone" if kind in PHONES else kind
            return {f"{part} {contact_id}": value} if part in ("phone", "address") else {}
        case other:
            raise NotImplementedError(f"client_match has no case for {type(other)}")


@dataclass(frozen=True, slots=True)
class Alike:
    """Two files that say the same. `by`: phone, or name and address."""

    client_id: UUID
    other_id: UUID
    by: tuple[str, ...]


class ClientMatches(ABC):
    """The questions."""

    @abstractmethod
    def alike_since(self, position: int, limit: int) -> tuple[int, list[Alike]]:
        """Of the next so many files that changed behind a position: which are like older ones.

        And up to which position that was; the same one if there are no more.
        """

    @abstractmethod
    def forget(self, subjects: Collection[UUID]) -> int:
        """Take out the numbers of who was erased; how many files had any."""

    @abstractmethod
    def having(self, tokens: Sequence[int]) -> dict[int, UUID]:
        """Which of these numbers a client on file has, and the oldest that has it."""


def alike_by(one: dict[str, int], other: dict[str, int]) -> tuple[str, ...]:
    """What two files have in common, by their parts."""
    has_phone = _numbers(one, "phone") & _numbers(other, "phone")
    is_home = one.get("name") == other.get("name") and "name" in one
    has_home = is_home and _numbers(one, "address") & _numbers(other, "address")
    found = {"phone": has_phone, "name-and-address": has_home}
    return tuple(word for word, shared in found.items() if shared)


def _numbers(parts: dict[str, int], kind: str) -> set[int]:
    return {number for part, number in parts.items() if part.startswith(kind)}
