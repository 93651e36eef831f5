"""The shelf of packs: every policy, and how far each of its versions has come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.pack import Pack


@dataclass(slots=True)
class PackRow:
    pack_id: Annotated[UUID, "Id of the pack"]
    name: Annotated[str, "Its name"]
    versions: Annotated[dict[str, Any], "By number: title, digest, approved, in force from"] = (
        field(default_factory=dict)
    )
    abolished_from: Annotated[datetime | None, "No ticket is opened under it from then on"] = None
    off_in: Annotated[list[str], "The units that do without it"] = field(default_factory=list)
    version: Annotated[int, "Version of the pack's stream that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class PackShelfView(View[PackRow]):
    name = "pack_shelf"
    span = Span.STREAM
    row = PackRow
    facts = frozenset(events_of(Pack))
    indexes = ("name",)

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: PackRow | None, fact: Fact, key: Any) -> PackRow:
        row = _named(fact) if row is None else row
        _apply(row, fact)
        row.version, row.position = fact.event.originator_version, fact.position
        return row


def _named(fact: Fact) -> PackRow:
    assert isinstance(fact.event, Pack.Named)
    return PackRow(pack_id=fact.event.originator_id, name=fact.event.name)


def _apply(row: PackRow, fact: Fact) -> None:
    match fact.event:
        case Pack.Drafted(version=version, content=content, digest=digest):
            row.versions[str(version)] = {
                "title": content["title"],
                "digest": digest,
                "is_approved": False,
                "effective_from": None,
            }
        case Pack.Approved(version=version):
            row.versions[str(version)]["is_approved"] = True
        case Pack.Published(version=version, effective_from=effective_from):
            row.versions[str(version)]["effective_from"] = effective_from.isoformat()
        case Pack.Abolished(effective_from=effective_from):
            row.abolished_from = effective_from
        case Pack.SwitchedOff(unit=unit):
            row.off_in = sorted({*row.off_in, unit})
        case Pack.SwitchedOn(unit=unit):
            row.off_in = [name for name in row.off_in if name != unit]
        case Pack.Named():
            pass
        case other:
            raise NotImplementedError(f"pack_shelf has no case for {type(other)}")


class PackShelf(ABC):
    """The questions."""

    @abstractmethod
    def packs(self) -> list[PackRow]:
        """All of them, by name."""
