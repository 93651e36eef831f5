"""Taking out of a view's tables what speaks of somebody who was erased."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from infrastructure.database import Connection, Database


def forget(database: Database, view: str, statement: str, subjects: Collection[UUID]) -> int:
    """In how many rows something was. `statement` says what becomes of `{table}`.

    Also where a rebuild is under way, or was broken off.
    """

    def work(connection: Connection) -> int:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relname = ANY(%s) AND relnamespace = 'reporting'::regnamespace",
            ([view, f"{view}__new"],),
        ).fetchall()
        changes = (statement.format(table=table).encode() for (table,) in tables)
        return sum(connection.execute(said, (list(subjects),)).rowcount for said in changes)

    return database.run(work)
