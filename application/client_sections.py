"""Sections of a client's one page that decisions about the client make, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.views.client_history import ClientHistoryRow
from application.views.ledger import LedgerRow

DECIDED: Mapping[str, str] = {
    "client.graded": "tier_history",
    "client.assigned": "manager_history",
    "client.ownership-voided": "manager_history",
    "client.consent-given": "consents",
    "client.consent-withdrawn": "consents",
    "client.blacklisting-proposed": "blacklist",
    "client.blacklisting-rejected": "blacklist",
    "client.blacklisted": "blacklist",
    "client.blacklist-reviewed": "blacklist",
    "client.blacklist-lifted": "blacklist",
}
"""Where on the page each of these stands."""

POINTS = "points"
"""A kind of entry in the ledger, and the section of those; others are statements of money."""

_LINE = ("entry_id", "line", "table_name", "kind", "currency", "amount", "named", "state")


@dataclass(frozen=True)
class Shown:
    """An entry of a section, with its time."""

    at: datetime
    section: str
    said: dict[str, Any]


def decisions(rows: Sequence[ClientHistoryRow]) -> Iterator[Shown]:
    """What was decided about the client, or by them."""
    for row in rows:
        if (section := DECIDED.get(row.topic)) is not None:
            what = {"what": row.topic.partition(".")[2]}
            yield Shown(row.occurred_at, section, what | decided(row))


def decided(row: ClientHistoryRow) -> dict[str, Any]:
    """A class, what it was before, what it rests on, who decided it, and why. Without evidence."""
    said = {name: v for name, v in row.details.items() if name not in ("opens", "evidence")}
    return said | told(row)


def told(row: ClientHistoryRow) -> dict[str, Any]:
    return {
        "by": row.by,
        "acting_for": row.acting_for,
        "reason": row.reason,
        "occurred_at": row.occurred_at,
        "recorded_at": row.recorded_at,
        "position": row.position,
    }


def booked(lines: Iterable[LedgerRow]) -> Iterator[Shown]:
    """What counts for the client in the ledger; amounts in hundredths, reversals among them."""
    for line in lines:
        at = line.booked_at or line.happened_at
        said = {name: getattr(line, name) for name in _LINE}
        section = POINTS if line.kind == POINTS else "statements"
        yield Shown(at, section, said | {"occurred_at": at, "position": line.position})
