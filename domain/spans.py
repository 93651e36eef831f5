"""Spans of time, as forms keep them: how long one lasted, and what of it nobody was there for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any


def instant(said: Any) -> datetime:
    """Raises ValueError for what is none, or lacks its offset."""
    read = datetime.fromisoformat(str(said))
    if read.tzinfo is None:
        raise ValueError(said)
    return read


def minutes_between(start: Any, end: Any) -> int | None:
    """Whole ones, 0 where the end comes first; None where either is no instant."""
    try:
        return max(0, (instant(end) - instant(start)) // timedelta(minutes=1))
    except ValueError:
        return None


def uncovered(since: Any, until: Any, rows: Any) -> list[dict[str, str]] | None:
    """The gaps between rows that each last `since` one instant `until` another, in order.

    None where something is no instant.
    """
    try:
        begin, end = instant(since), instant(until)
        covered = sorted(_spans(rows or ()))
    except (KeyError, ValueError):
        return None
    gaps, reached = [], begin
    for start, stop in [*covered, (end, end)]:
        if reached < min(start, end):
            gaps.append({"since": reached.isoformat(), "until": min(start, end).isoformat()})
        reached = max(reached, stop)
    return gaps


def _spans(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[datetime, datetime]]:
    return [(instant(row["since"]), instant(row["until"])) for row in rows]
