"""Rows of a view's table, asked for and read back as rows of the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from application.views.view import View
from infrastructure.database import Database
from infrastructure.views.table import Table

R = TypeVar("R")

_COUNTERS = (
    "SELECT FROM pg_trigger WHERE tgrelid = to_regclass('reporting.' || quote_ident(%s))"
    " AND tgname = 'tally_insert'"
)


class Rows(Generic[R]):
    """Rows of one table, read back as rows of its view."""

    def __init__(self, database: Database, view: View[R]) -> None:
        self._database = database
        self._table = Table(view)
        self._select = f'SELECT {self._table.columns} FROM reporting."{self._table.name}"'
        self._counters = False

    def one(self, id: UUID) -> R | None:
        rows = self.many(f'WHERE "{self._table.key}" = %s', id)
        return rows[0] if rows else None

    @property
    def columns(self) -> str:
        return self._table.columns

    def of(self, alias: str) -> str:
        """Its columns in a query that calls it by another name."""
        return self._table.of(alias)

    def read(self, row: Any) -> R:
        return self._table.read(row)

    def many(self, rest: str, *parameters: Any) -> list[R]:
        rows = self.tuples(f"{self._select} {rest}", *parameters)
        return [self._table.read(row) for row in rows]

    def newest(
        self,
        order: str,
        where: list[str],
        parameters: list[Any],
        before: int | None,
        limit: int,
        *,
        few: bool = False,
    ) -> list[R]:
        """`few`: those that fit are so few that they are found first, and then put in order."""
        if before is not None:
            where, parameters = [*where, f"{order} < %s"], [*parameters, before]
        fit, last = f"{self._select} {where_all(where)}", f"ORDER BY {order} DESC LIMIT %s"
        if few:
            fit = f"WITH fit AS MATERIALIZED ({fit}) SELECT * FROM fit"
        return [self._table.read(row) for row in self.tuples(f"{fit} {last}", *parameters, limit)]

    def are_counted(self) -> bool:
        """Whether counters are kept: a release before may have kept none, until it is rebuilt."""
        self._counters = self._counters or bool(self.tuples(_COUNTERS, self._table.name))
        return self._counters

    def tuples(self, statement: str, *parameters: Any) -> list[Any]:
        return self._database.rows(statement, parameters)


def where_all(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def of_some(least: int | None, column: str) -> list[str]:
    """What few rows have is said for its own sake: there is an index of just these."""
    return [f"{column} > 0"] if least else []
