"""Clients as figures, schedules and broadcasts ask about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from application.views.client_history import ClientHistory, Entry
from application.views.client_standing import ClientStanding, StandingRow
from domain.predicate import Look, part_of
from domain.zone import MICROSECOND

HOUR = 3_600 * 1_000_000
"""In microseconds."""


@dataclass(frozen=True, kw_only=True)
class ClientFigures:
    """One client as of `now`, `today` in the desk's zone; `entries`: those of a period."""

    row: StandingRow
    now: datetime
    today: date
    entries: Mapping[str, Sequence[Entry]] = field(default_factory=dict)

    @property
    def ticket_id(self) -> UUID:
        """What stands behind a figure over clients: the client."""
        return self.row.client_id

    def look(self, path: str) -> Any:
        """What a path of a pack stands for; None where it stands for nothing.

        In the period: `count.K`, `sum.K.field`. Ever: `ever.K`, `K.field` of the last entry,
        `hours_since.K.L…` and `last.K.L…` of the last of any of these kinds; beside kinds,
        `registered` and `profile`. And `grade.S`, `client.kind`, `client.<trait>`, `client.id`.
        """
        where, _, name = path.partition(".")
        known: Mapping[str, Callable[[str], Any]] = {
            "now": lambda _: self.now,
            "today": lambda _: self.today.isoformat(),
            "grade": lambda scheme: self.row.grade_on(scheme, self.today),
            "client": self._client,
            "count": lambda kind: len(self.entries.get(kind, ())),
            "ever": lambda kind: self.row.counts.get(kind, 0),
            "sum": lambda said: self._sum(*said.partition(".")[::2]),
            "hours_since": self._hours_since,
            "last": lambda kinds: (at := self._last(kinds)) and at.isoformat(),
        }
        if where in known:
            return known[where](name)
        return part_of(self.row.forms.get(where, {}), name)

    def _client(self, name: str) -> Any:
        known = {
            "id": str(self.row.client_id),
            "kind": self.row.kind,
            "registered_at": self.row.registered_at,
            "manager_id": None if self.row.manager_id is None else str(self.row.manager_id),
        }
        return known[name] if name in known else self.row.traits.get(name)

    def _sum(self, kind: str, path: str) -> Decimal:
        values = [part_of(entry.form, path) for entry in self.entries.get(kind, ())]
        return sum((Decimal(str(v)) for v in values if v is not None), Decimal())

    def _hours_since(self, kinds: str) -> Decimal | None:
        last = self._last(kinds)
        return None if last is None else Decimal((self.now - last) // MICROSECOND) / HOUR

    def _last(self, kinds: str) -> datetime | None:
        """When the last of any of these was entered, or happened."""
        at = {name: datetime.fromisoformat(said) for name, said in self.row.last_at.items()}
        at |= {"registered": self.row.registered_at, "profile": self.row.profile_at}
        return max((at[kind] for kind in kinds.split(".") if kind in at), default=None)


def by_pack(look: Look, values: Mapping[str, Any], lists: Mapping[str, Sequence[str]]) -> Look:
    """What also answers for what a pack itself says: its values and lists."""

    def looked(path: str) -> Any:
        where, _, name = path.partition(".")
        if where == "policy":
            return values.get(name)
        return list(lists.get(name, ())) if where == "list" else look(path)

    return looked


class ClientAudience:
    """All clients with a file of their own, as they stand now."""

    def __init__(self, standing: ClientStanding, history: ClientHistory, zone: ZoneInfo) -> None:
        self._standing, self._history, self._zone = standing, history, zone

    def all(
        self, now: datetime, *, within: tuple[datetime, datetime] | None = None
    ) -> list[ClientFigures]:
        """In the order of their registration; `within`: the period that is counted."""
        entries = self._history.entries(*within) if within else []
        return figures_of(self._standing.all(), entries, now, now.astimezone(self._zone).date())

    def ever(self) -> list[UUID]:
        """Whoever was registered, merged and erased ones among them."""
        return self._standing.ever()


def figures_of(
    rows: Iterable[StandingRow], entries: Iterable[Entry], now: datetime, today: date
) -> list[ClientFigures]:
    """Each client, with what was entered on their file in the period that the entries are of."""
    sorted_: dict[UUID, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        sorted_[entry.client_id][entry.kind].append(entry)
    return [
        ClientFigures(row=row, now=now, today=today, entries=sorted_.get(row.client_id, {}))
        for row in rows
    ]
