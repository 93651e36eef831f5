"""How many tickets fit: read from the counters that are kept, as far as they can say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from application.views.ticket_register import TicketFilter, TicketRegisterView

DAY = timedelta(days=1)

_REGISTER = "reporting.ticket_register"
_ALIKE, _ALIKE_BY_DAY = TicketRegisterView.counted_by

COUNTS = """
    SELECT CASE GROUPING(state, procedure, channel, is_closed)
           WHEN 7 THEN 'state' WHEN 11 THEN 'procedure' WHEN 13 THEN 'channel'
           WHEN 14 THEN 'closed' ELSE 'all' END,
           coalesce(state, procedure, channel, is_closed::text, 'total'),
           coalesce(sum(number), 0)::bigint
      FROM ({}) counted
     GROUP BY GROUPING SETS ((state), (procedure), (channel), (is_closed), ())
     ORDER BY 1, 2
"""

"""How many, `total` and by each of these, of what some statement has counted as `number`."""

Question = tuple[str, list[Any]]


def counting(asked: TicketFilter, conditions: Any, *, kept: bool) -> Question:
    """What to ask, and with which parameters. `conditions` makes those of a filter.

    Whole days (UTC) of a time asked about are read from the counters, the rest of the first and
    the last day from the tickets.
    """
    others = replace(asked, opened_from=None, opened_to=None)
    given = {name for name in asked.__dataclass_fields__ if getattr(others, name) is not None}
    if not kept or not given <= set(_ALIKE):
        parts = [_rows(conditions(asked))]
    elif others == asked:
        parts = [_kept(1, _ALIKE, conditions(others), [])]
    else:
        parts = _by_day(asked, others, conditions)
    said = COUNTS.format(" UNION ALL ".join(statement for statement, _ in parts))
    return said, [parameter for _, parameters in parts for parameter in parameters]


def _by_day(asked: TicketFilter, others: TicketFilter, conditions: Any) -> list[Question]:
    first, last = asked.opened_from, asked.opened_to
    begin = first and midnight(first - timedelta(microseconds=1)) + DAY
    end = last and midnight(last)
    if begin and end and begin >= end:
        return [_rows(conditions(asked))]
    days: list[tuple[str, Any]] = []
    parts = []
    if begin:
        days.append(("kind >= ARRAY[%s]", str(begin.date())))
        parts.append(
            _rows(conditions(others), ("opened_at >= %s", first), ("opened_at < %s", begin))
        )
    if end:
        days.append(("kind < ARRAY[%s]", str(end.date())))
        rest = ("opened_at >= %s", end), ("opened_at <= %s", last)
        parts.append(_rows(conditions(others), *rest))
    return [_kept(2, _ALIKE_BY_DAY, conditions(others), days), *parts]


def midnight(at: datetime) -> datetime:
    """The beginning of that day (UTC)."""
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


def _rows(asked: tuple[list[str], list[Any]], *more: tuple[str, Any]) -> Question:
    """Counted one by one."""
    where, parameters = asked
    fit = _all([*where, *(condition for condition, _ in more)])
    columns = f"state, procedure, channel, is_closed, 1 AS number FROM {_REGISTER}"
    return f"SELECT {columns} WHERE {fit}", [*parameters, *(value for _, value in more)]


def _kept(
    number: int,
    kinds: Sequence[str],
    asked: tuple[list[str], list[Any]],
    days: Sequence[tuple[str, Any]],
) -> Question:
    """Read from the counters of that number."""
    where, parameters = asked
    columns = ", ".join(
        f"kind[{place}]{'::boolean' if name == 'is_closed' else ''} AS {name}"
        for place, name in enumerate(kinds, start=1)
        if name in _ALIKE
    )
    of = [f"of = '{_REGISTER}'::regclass AND by = {number} AND number > 0"]
    cells = _all([*of, *(condition for condition, _ in days)])
    return (
        f"SELECT state, procedure, channel, is_closed, number FROM (SELECT {columns}, number"
        f" FROM reporting.view_count WHERE {cells}) alike WHERE {_all(where)}",
        [*(value for _, value in days), *parameters],
    )


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "true"
