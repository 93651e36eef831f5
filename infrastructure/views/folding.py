"""One batch of facts into one table."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from psycopg import Cursor

from application.register import Fact, Unavailable
from application.views.view import Span, View
from infrastructure.database import LOST, Connection
from infrastructure.views.copying import Copier
from infrastructure.views.reading import Refused, wanted
from infrastructure.views.table import Table

R = TypeVar("R")
T = TypeVar("T")


def fold(connection: Connection, table: Table[Any], facts: Sequence[Fact]) -> None:
    """Load the rows that are concerned, fold, and write them, all in one statement each.

    Raises Refused for a fact that the view cannot take, and what PostgreSQL says of its rows.
    """
    Folding(connection, table, facts).write(connection)


class Folding(Generic[R]):
    """A batch on its way into one table. Its rows are asked for at once, and fetched to be folded:
    so several may be asked for together, and written together. Raises as `fold` does."""

    def __init__(self, connection: Connection, table: Table[R], facts: Sequence[Fact]) -> None:
        self._table, self._facts = table, wanted(table, facts)
        self._asked: Cursor[Any] | None = None
        if self._facts:
            table.view.expect(self._facts)
            if table.view.span is not Span.FACT:
                keys = set[Hashable]()
                tell(self._facts, lambda fact: keys.update(table.view.keys(fact)))
                self._asked = table.ask(connection, keys)

    def write(self, connection: Connection, behind: int = 0, *, copying: bool = True) -> None:
        """What happened behind a position. `copying`: many rows at once go faster by COPY."""
        facts = [fact for fact in self._facts if fact.position > behind] if behind else self._facts
        if not facts:
            return
        if self._asked is None:
            self._add(connection, facts, copying)
            return
        table, view = self._table, self._table.view
        rows = table.by_key(self._asked.fetchall())
        known = {id(row): row for row in table.rows_of(rows.values())} if view.has_several else {}
        change(view, rows, facts)
        if changed := [row for row in table.rows_of(rows.values()) if id(row) not in known]:
            table.write(connection, changed)

    def _add(self, connection: Connection, facts: Sequence[Fact], copying: bool) -> None:
        """Rows of a fact each: none of them is there yet."""
        made, view = list[R](), self._table.view

        def add(fact: Fact) -> None:
            made.extend(view.fold(None, fact, key) for key in view.keys(fact))

        tell(facts, add)
        if copying:
            copier = Copier(self._table)
            for row in made:
                copier.add(row)
            copier.write(connection)
        elif made:
            self._table.write(connection, made)


def change(view: View[Any], rows: dict[Hashable, Any], facts: Iterable[Fact]) -> None:
    """Fold them into the rows by key. Raises Refused."""

    def fold_in(fact: Fact) -> None:
        for key in view.keys(fact):
            rows[key] = view.fold(rows.get(key), fact, key)

    tell(facts, fold_in)


def tell(facts: Iterable[Fact], work: Callable[[Fact], None]) -> None:
    """Do it with each fact; what goes wrong is told with its position, as Refused."""
    position = 0
    try:
        for fact in facts:
            position = fact.position
            work(fact)
    except (*LOST, Unavailable):
        raise
    except Exception as failure:
        raise Refused(position, failure) from failure
