"""One batch of facts into one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from application.register import Fact, Unavailable
from application.views.view import Span
from infrastructure.database import LOST, Connection
from infrastructure.views.copying import Copier
from infrastructure.views.reading import Refused, wanted
from infrastructure.views.table import Table

T = TypeVar("T")


def fold(connection: Connection, table: Table[Any], facts: Sequence[Fact]) -> None:
    """Load the rows that are concerned, fold, and write them, all in one statement each.

    Raises Refused for a fact that the view cannot take, and what PostgreSQL says of its rows.
    """
    view = table.view
    mine = wanted(table, facts)
    if not mine:
        return
    view.expect(mine)
    if view.span is Span.FACT:
        _add(connection, table, mine)
        return
    changes = [(fact, told(fact.position, view.keys, fact)) for fact in mine]
    rows = table.load(connection, {key for _, keys in changes for key in keys})
    known = {id(row): row for row in table.rows_of(rows.values())} if view.has_several else {}
    for fact, keys in changes:
        for key in keys:
            rows[key] = told(fact.position, view.fold, rows.get(key), fact, key)
    if changed := [row for row in table.rows_of(rows.values()) if id(row) not in known]:
        table.write(connection, changed)


def _add(connection: Connection, table: Table[Any], facts: Sequence[Fact]) -> None:
    """Rows of a fact each: none of them is there yet."""
    copier = Copier(table)
    for fact in facts:
        for key in told(fact.position, table.view.keys, fact):
            copier.add(told(fact.position, table.view.fold, None, fact, key))
    copier.write(connection)


def told(position: int, work: Callable[..., T], *given: Any) -> T:
    """What a view makes of a fact; what goes wrong is told with its position, as Refused."""
    try:
        return work(*given)
    except (*LOST, Unavailable):
        raise
    except Exception as failure:
        raise Refused(position, failure) from failure
