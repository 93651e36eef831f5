"""What fitted as of an instant, and how much: asked of the rows that held then.

Each question is one statement, so that what it says of the register's and the views' positions is
what it has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

from application.instant import AsOf, Clock
from application.views.client_file import ClientRow
from application.views.client_then import ClientThenView
from application.views.obligation_then import ObligationsThen, ObligationThenView
from application.views.obligations import ObligationFilter, ObligationRow
from application.views.staff_directory import StaffRow
from application.views.staff_then import StaffThenView
from application.views.then import PageThen, RowsThen, Stood, ThenView
from application.views.ticket_register import TicketFilter, TicketRow
from application.views.ticket_then import CountsThen, TicketsThen, TicketThenView
from infrastructure.database import Database
from infrastructure.views.counts import COUNTS
from infrastructure.views.obligations import asked_of
from infrastructure.views.questions import COMPARED
from infrastructure.views.table import Table

R = TypeVar("R")

_SHOWN = """
    SELECT min(position) AS position, max(definition) FILTER (WHERE view = '{0}') AS definition
      FROM reporting.view_position WHERE view IN ('{0}', '{1}')
"""
"""What never changes is asked of the view whose rows they were: both must have read so far."""

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

_OPENED = "opened_position"

_OF_THE_TICKET = frozenset({"first_contact_id", "client_ids", "number", "unless_hidden_from"})
"""What a filter asks that never changes, and stands in the register of tickets only."""

Asked = tuple[Sequence[str], Sequence[Any]]
"""Conditions on the rows, and their parameters."""


class Held(Generic[R]):
    """The rows of a view as they were, and the view whose rows they are."""

    def __init__(
        self, database: Database, view: ThenView[R], order: Sequence[str], *, newest_first: bool
    ) -> None:
        self._database, self._view = database, view
        self._then, self._now = Table(view), Table(view.of)
        self._place, self._newest_first = attrgetter(*order), newest_first
        self._order = ", ".join(f"{c} DESC" if newest_first else c for c in order)
        self.name = f"reporting.{view.name}"

    def page(self, asked: Asked, as_of: AsOf, limit: int) -> PageThen[R]:
        """The first of those that fit, in order."""
        key = self._then.key
        fit, parameters = self.fitting(asked, as_of)
        rows = self.answered(
            f"SELECT {self._then.of('t')}, {self._now.of('n')}"
            f" FROM (SELECT {key}, place FROM {self.name} WHERE {fit}"
            f"        ORDER BY {self._order} LIMIT %s OFFSET 0) AS fit"
            f" JOIN {self.name} AS t USING ({key}, place)"
            f" JOIN reporting.{self._now.name} AS n USING ({key})",
            [*parameters, limit],
            as_of,
        )
        stood = [self._stood(row[2:], as_of) for row in rows if row[2] is not None]
        stood.sort(key=lambda one: self._place(one.row), reverse=self._newest_first)
        return PageThen(rows[0][0], rows[0][1], stood)

    def answered(self, statement: str, parameters: Sequence[Any], as_of: AsOf) -> list[Any]:
        """A statement's rows behind the position and the definition that they are answered by.

        One row at least. By the clock of the store nothing shows that stands behind the last
        position of then; what is told may have been told at any time.
        """
        is_by_store = as_of.clock is Clock.RECORDED
        last = _LAST_RECORDED if is_by_store else "SELECT position FROM shown"
        said = (
            f"WITH shown AS ({_SHOWN.format(self._view.name, self._view.of.name)}),"
            f" last AS ({last})"
            " SELECT last.position, shown.definition, found.* FROM shown CROSS JOIN last"
            f" LEFT JOIN ({statement}) AS found ON true"
        )
        given = [*([as_of.at] * 2 if is_by_store else []), *parameters]
        return self._database.rows(said, given)

    def fitting(self, asked: Asked, as_of: AsOf) -> tuple[str, list[Any]]:
        """The conditions of what held then, and these."""
        began = f"{self._view.began} <= (SELECT position FROM last)"
        conditions = [began, _HELD.format(as_of.clock), *asked[0]]
        return " AND ".join(conditions), [as_of.at, as_of.at, *asked[1]]

    def _stood(self, row: Sequence[Any], as_of: AsOf) -> Stood[R]:
        width = self._then.width
        then, now = self._then.read(row[:width]), self._now.read(row[width:])
        return Stood(self._view.as_it_stood(now, then), getattr(then, f"from_{as_of.clock}"))


class PostgresTicketsThen(TicketsThen):
    def __init__(self, database: Database) -> None:
        self._held = Held(database, TicketThenView(), [_OPENED], newest_first=True)

    def page(
        self, asked: TicketFilter, as_of: AsOf, *, after: int | None, limit: int
    ) -> PageThen[TicketRow]:
        fit = _of_tickets(asked)
        if after is not None:
            fit = _and(fit, f"{_OPENED} < %s", after)
        return self._held.page(fit, as_of, limit)

    def counts(self, asked: TicketFilter, as_of: AsOf) -> CountsThen:
        fit, parameters = self._held.fitting(_of_tickets(asked), as_of)
        alike = (
            "SELECT state, procedure, channel, is_closed, count(*) AS number"
            f" FROM {self._held.name} WHERE {fit} GROUP BY 1, 2, 3, 4"
        )
        rows = self._held.answered(COUNTS.format(alike), parameters, as_of)
        counts: dict[str, dict[str, int]] = {}
        for _, _, group, value, number in rows:
            counts.setdefault(group, {})[value] = number
        return CountsThen(rows[0][0], rows[0][1], counts)


class PostgresObligationsThen(ObligationsThen):
    def __init__(self, database: Database) -> None:
        self._held = Held(database, ObligationThenView(), ["due_at", _OPENED], newest_first=False)

    def page(
        self, asked: ObligationFilter, as_of: AsOf, *, after: Any, limit: int
    ) -> PageThen[ObligationRow]:
        fit: Asked = asked_of(asked)
        if after is not None:
            fit = _and(fit, "(due_at, opened_position) > (%s, %s)", *after)
        return self._held.page(fit, as_of, limit)


class _NewestThen(RowsThen[R, None]):
    """A list that nothing is asked of, newest first."""

    view: ThenView[R]

    def __init__(self, database: Database) -> None:
        self._held = Held(database, self.view, [self.view.began], newest_first=True)

    def page(self, asked: None, as_of: AsOf, *, after: int | None, limit: int) -> PageThen[R]:
        fit: Asked = ((), ())
        if after is not None:
            fit = _and(fit, f"{self.view.began} < %s", after)
        return self._held.page(fit, as_of, limit)


class PostgresClientsThen(_NewestThen[ClientRow]):
    view = ClientThenView()


class PostgresStaffThen(_NewestThen[StaffRow]):
    view = StaffThenView()


def _and(asked: Asked, condition: str, *values: Any) -> Asked:
    return [*asked[0], condition], [*asked[1], *values]


def _of_tickets(asked: TicketFilter) -> Asked:
    given = {name: v for name in COMPARED if (v := getattr(asked, name)) is not None}
    values: Mapping[str, Any] = {
        name: list(v) if isinstance(v, tuple) else v for name, v in given.items()
    }
    lasting = [name for name in given if name in _OF_THE_TICKET]
    changing = [name for name in given if name not in _OF_THE_TICKET]
    conditions = [COMPARED[name] for name in changing]
    if lasting:
        fit = " AND ".join(COMPARED[name] for name in lasting)
        tickets = f"SELECT ticket_id FROM reporting.ticket_register WHERE {fit}"
        conditions.append(f"ticket_id IN ({tickets})")
    return conditions, [values[name] for name in (*changing, *lasting)]
