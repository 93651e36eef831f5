"""Checklists: items that are ticked one by one. Read from a pack's content, never changed after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from domain.errors import Invalid, Refused
from domain.form import Word
from domain.roles import ROLES

STANDINGS = frozenset({"owner", "first_contact"})
"""Who on the ticket may tick, besides `anyone` and roles."""

Ticks = Mapping[str, frozenset[str]]
"""Each item that is ticked, and by whom: who did it, and whom they stood in for."""


class OutOfOrder(Refused):
    code = "out_of_order"


class SamePersonTicks(Refused):
    code = "same_person_ticks"


class Checklist(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`items` by their names, in order. `distinct`: each is ticked by another person."""

    title: Word
    items: Annotated[dict[Word, Word], Meta(min_length=1)]
    by: frozenset[Word] = frozenset({"owner"})
    ordered: bool = False
    distinct: bool = False
    rule: Word | None = None

    def takes(self, item: str, ticks: Ticks, hands: frozenset[str]) -> bool:
        """Whether this tick is news. Raises Invalid, OutOfOrder, SamePersonTicks."""
        if item not in self.items:
            known = ", ".join(self.items)
            raise Invalid(f"{item} is none of: {known}", field="item", rule=self.rule)
        if item in ticks:
            return False
        first = self.missing(ticks)[0]
        if self.ordered and item != first:
            raise OutOfOrder(f"{first} comes before {item}", rule=self.rule, next=first)
        if self.distinct and any(hands & others for others in ticks.values()):
            raise SamePersonTicks(f"nobody ticks two items of {self.title}", rule=self.rule)
        return True

    def missing(self, ticks: Ticks) -> list[str]:
        """The items that are not ticked yet, in the order of the list."""
        return [item for item in self.items if item not in ticks]

    def faults(self) -> list[str]:
        """What keeps this from being ticked."""
        known = STANDINGS | ROLES | {"anyone"}
        return [f"by: {word} is no standing and no role" for word in sorted(self.by - known)]
