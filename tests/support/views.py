"""What a view shows, worked out the plain way: fact by fact, in memory, without a database."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import timedelta
from typing import Any

from application.register import Fact
from application.views.view import View
from domain.aggregate import Aggregate
from tests.support.facts import NOON, facts_of

RECORDED_AT = NOON + timedelta(minutes=1)
"""By the clock of the store, which is another than that of who tells."""


def recorded(*aggregates: Aggregate) -> list[Fact]:
    """The new facts of these aggregates, one after the other, as a register would hold them."""
    events = [event for aggregate in aggregates for event in facts_of(aggregate)]
    return [
        Fact(
            position=position,
            recorded_at=RECORDED_AT + timedelta(seconds=position),
            number=f"2026-{position:04}" if hasattr(event, "register") else None,
            event=event,
        )
        for position, event in enumerate(events, start=1)
    ]


def folded(view: View[Any], facts: Iterable[Fact]) -> dict[Hashable, Any]:
    """All rows of the view after these facts, by key."""
    rows: dict[Hashable, Any] = {}
    for fact in facts:
        for key in view.keys(fact) if type(fact.event) in view.facts else ():
            rows[key] = view.fold(rows.get(key), fact, key)
    return rows
