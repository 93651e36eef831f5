"""Which tickets fitted as of an instant, and how many: asked of the rows that held then.

Each question is one statement, so that what it says of the register's and the view's positions is
what it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from application.instant import AsOf, Clock
from application.views.ticket_register import TicketFilter, TicketRegisterView
from application.views.ticket_then import (
    CountsThen,
    PageThen,
    Stood,
    TicketsThen,
    TicketThenView,
    as_it_stood,
)
from infrastructure.database import Database
from infrastructure.views.counts import COUNTS
from infrastructure.views.questions import COMPARED
from infrastructure.views.table import Table

_TABLE: Table[Any] = Table(TicketThenView())
_REGISTER = Table(TicketRegisterView())

_THEN = f"reporting.{_TABLE.name}"

_SHOWN = f"""
    SELECT min(position) AS position, max(definition) FILTER (WHERE view = '{_TABLE.name}')
           AS definition
      FROM reporting.view_position WHERE view IN ('{_TABLE.name}', '{_REGISTER.name}')
"""
"""What never changes of a ticket stands in the register of tickets: both must have read so far."""

_LAST_RECORDED = """
    -- positions and the clock of the store rise together, and positions have no holes
    WITH RECURSIVE narrowed (low, high) AS (
        SELECT 0::bigint, position FROM shown
        UNION ALL
        SELECT CASE WHEN recorded_at <= %s THEN middle ELSE low END,
               CASE WHEN recorded_at <= %s THEN high ELSE middle - 1 END
          FROM narrowed, LATERAL (SELECT (low + high + 1) / 2 AS middle) AS halved,
               LATERAL (SELECT recorded_at FROM register.entry WHERE position = middle) AS there
         WHERE low < high)
    SELECT low AS position FROM narrowed WHERE low = high
"""

_HELD = "from_{0} <= %s AND (to_{0} IS NULL OR to_{0} > %s)"

_OF_THE_TICKET = frozenset({"first_contact_id", "client_ids", "number", "unless_hidden_from"})
"""What a filter asks that never changes, and stands in the register of tickets only."""

Asked = tuple[str, list[Any]]


class PostgresTicketsThen(TicketsThen):
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, asked: TicketFilter, as_of: AsOf, *, before: int | None, limit: int) -> PageThen:
        fit, parameters = _fitting(asked, as_of)
        if before is not None:
            fit, parameters = f"{fit} AND opened_position < %s", [*parameters, before]
        found, more = _answered(
            f"SELECT {_TABLE.of('t')}, {_REGISTER.of('r')}"
            f" FROM (SELECT ticket_id, place FROM {_THEN} WHERE {fit}"
            "        ORDER BY opened_position DESC LIMIT %s OFFSET 0) AS fit"
            f" JOIN {_THEN} AS t USING (ticket_id, place)"
            f" JOIN reporting.{_REGISTER.name} AS r USING (ticket_id)",
            as_of,
        )
        rows = self._tuples(found, [*more, *parameters, limit])
        stood = [_stood(row[2:], as_of) for row in rows if row[2] is not None]
        stood.sort(key=lambda one: one.ticket.opened_position, reverse=True)
        return PageThen(rows[0][0], rows[0][1], stood)

    def counts(self, asked: TicketFilter, as_of: AsOf) -> CountsThen:
        fit, parameters = _fitting(asked, as_of)
        alike = (
            "SELECT state, procedure, channel, is_closed, count(*) AS number"
            f" FROM {_THEN} WHERE {fit} GROUP BY 1, 2, 3, 4"
        )
        found, more = _answered(COUNTS.format(alike), as_of)
        rows = self._tuples(found, [*more, *parameters])
        counts: dict[str, dict[str, int]] = {}
        for _, _, group, value, number in rows:
            counts.setdefault(group, {})[value] = number
        return CountsThen(rows[0][0], rows[0][1], counts)

    def _tuples(self, statement: str, parameters: list[Any]) -> list[Any]:
        return self._database.run(
            lambda c: c.execute(statement.encode(), parameters, binary=True).fetchall()
        )


def _stood(row: Sequence[Any], as_of: AsOf) -> Stood:
    then, now = _TABLE.read(row[: _TABLE.width]), _REGISTER.read(row[_TABLE.width :])
    return Stood(as_it_stood(now, then), getattr(then, f"from_{as_of.clock}"))


def _answered(statement: str, as_of: AsOf) -> Asked:
    """A statement's rows behind the position and the definition that they are answered by.

    One row at least; and the parameters that stand before those of the statement. By the clock of
    the store nothing shows that stands behind the last position of then; what is told may have
    been told at any time.
    """
    is_by_store = as_of.clock is Clock.RECORDED
    last = _LAST_RECORDED if is_by_store else "SELECT position FROM shown"
    said = (
        f"WITH shown AS ({_SHOWN}), last AS ({last})"
        " SELECT last.position, shown.definition, found.* FROM shown CROSS JOIN last"
        f" LEFT JOIN ({statement}) AS found ON true"
    )
    return said, [as_of.at] * 2 if is_by_store else []


def _fitting(asked: TicketFilter, as_of: AsOf) -> Asked:
    """Conditions on the rows, and their parameters."""
    given = {name: v for name in COMPARED if (v := getattr(asked, name)) is not None}
    values = {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}
    lasting = [name for name in given if name in _OF_THE_TICKET]
    changing = [name for name in given if name not in _OF_THE_TICKET]
    conditions = [
        "opened_position <= (SELECT position FROM last)",
        _HELD.format(as_of.clock),
        *(COMPARED[name] for name in changing),
    ]
    if lasting:
        fit = " AND ".join(COMPARED[name] for name in lasting)
        tickets = f"SELECT ticket_id FROM reporting.ticket_register WHERE {fit}"
        conditions.append(f"ticket_id IN ({tickets})")
    parameters = [as_of.at, as_of.at, *(values[name] for name in (*changing, *lasting))]
    return " AND ".join(conditions), parameters
