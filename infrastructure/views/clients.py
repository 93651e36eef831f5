"""What is asked of the histories of clients, and of how they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from application.views.client_history import (
    PROFILE,
    ClientHistory,
    ClientHistoryRow,
    ClientHistoryView,
    Entry,
    entry,
)
from application.views.client_standing import ClientStanding, ClientStandingView, StandingRow
from infrastructure.database import Database
from infrastructure.views.rows import Rows


class PostgresClientHistory(ClientHistory):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, ClientHistoryView())

    def of_clients(self, client_ids: Sequence[UUID]) -> list[ClientHistoryRow]:
        return self._rows.many("WHERE client_id = ANY(%s) ORDER BY position", list(client_ids))

    def entries(self, since: datetime, until: datetime) -> list[Entry]:
        rest = (
            "WHERE topic = 'client.recorded' AND kind IS NOT NULL"
            " AND occurred_at >= %s AND occurred_at < %s ORDER BY position"
        )
        return [entry(row) for row in self._rows.many(rest, since, until)]

    def with_matters(self, *, after: int, limit: int) -> list[ClientHistoryRow]:
        rest = "WHERE opens > 0 AND position > %s ORDER BY position LIMIT %s"
        return self._rows.many(rest, after, limit)

    def profiles_changed(self, since: datetime, until: datetime) -> list[UUID]:
        rows = self._rows.tuples(
            "SELECT client_id FROM reporting.client_history WHERE topic = ANY(%s)"
            " AND occurred_at >= %s AND occurred_at < %s"
            " GROUP BY client_id ORDER BY min(position)",
            sorted(PROFILE),
            since,
            until,
        )
        return [client_id for (client_id,) in rows]


class PostgresClientStanding(ClientStanding):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, ClientStandingView())

    def all(self) -> list[StandingRow]:
        return self._rows.many("WHERE is_counted ORDER BY registered_position")

    def ever(self) -> list[UUID]:
        rows = self._rows.tuples(
            "SELECT client_id FROM reporting.client_standing ORDER BY registered_position"
        )
        return [client_id for (client_id,) in rows]

    def of(self, client_id: UUID) -> StandingRow | None:
        return self._rows.one(client_id)
