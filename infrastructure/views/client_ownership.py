"""Whose clients they are, asked of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from application.views.client_ownership import ClientOwnership, ClientOwnershipView, OwnershipRow
from infrastructure.database import Database
from infrastructure.views.rows import Rows

_MISSED = """
SELECT obligation_id FROM reporting.obligations JOIN reporting.ticket_register USING (ticket_id)
WHERE client_id = %s AND responsible_id = %s AND name = ANY(%s) AND breached_at IS NOT NULL
ORDER BY obligation_id
"""


_THERE = "merged_into_id IS NULL AND NOT is_erased"


class PostgresClientOwnership(ClientOwnership):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, ClientOwnershipView())

    def client(self, client_id: UUID) -> OwnershipRow | None:
        return self._rows.one(client_id)

    def of_manager(
        self, staff_id: UUID | None, *, before: int | None, limit: int
    ) -> list[OwnershipRow]:
        if staff_id is None:
            return self._page(f"manager_id IS NULL AND {_THERE}", [], before, limit)
        return self._page(f"manager_id = %s AND {_THERE}", [staff_id], before, limit)

    def duplicates(self, *, before: int | None, limit: int) -> list[OwnershipRow]:
        return self._page(f"is_duplicate AND {_THERE}", [], before, limit)

    def foreign(self, *, before: int | None, limit: int) -> list[OwnershipRow]:
        return self._page(f"foreign_to_id IS NOT NULL AND {_THERE}", [], before, limit)

    def blacklist(self, *, before: int | None, limit: int) -> list[OwnershipRow]:
        return self._page("blacklist IS NOT NULL AND NOT is_erased", [], before, limit)

    def to_review(self, now: datetime, limit: int) -> list[OwnershipRow]:
        due = "blacklist = 'listed' AND NOT is_erased AND review_at <= %s"
        return self._rows.many(f"WHERE {due} ORDER BY review_at LIMIT %s", now, limit)

    def missed(self, client_id: UUID, staff_id: UUID, names: Sequence[str]) -> list[str]:
        rows = self._rows.tuples(_MISSED, client_id, staff_id, list(names))
        return [obligation_id for (obligation_id,) in rows]

    def _page(
        self, where: str, parameters: list[UUID], before: int | None, limit: int
    ) -> list[OwnershipRow]:
        return self._rows.newest("registered_position", [where], [*parameters], before, limit)
