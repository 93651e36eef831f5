"""The ledger, asked of its tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from application.views.ledger import (
    Balance,
    ConductRow,
    ConductView,
    LedgerBook,
    LedgerFilter,
    LedgerRow,
    LedgerView,
    balances,
)
from application.views.ledger_claim import ClaimRow, Claims, ClaimView
from infrastructure.database import Database
from infrastructure.views.rows import Rows

_ASKED = {
    "holder": "holder = %s",
    "table_name": "table_name = %s",
    "state": "state = %s",
    "grade": "grade = %s",
    "ticket_id": "ticket_id = %s",
    "unexecuted_at": "due_at < %s AND executed_at IS NULL AND reversed_at IS NULL",
}


class PostgresLedgerBook(LedgerBook):
    def __init__(self, database: Database) -> None:
        self._rows: Rows[LedgerRow] = Rows(database, LedgerView())  # type: ignore[arg-type]  # read one by one
        self._conduct = Rows(database, ConductView())

    def entry(self, entry_id: UUID) -> list[LedgerRow]:
        return self._rows.many("WHERE entry_id = %s ORDER BY line", entry_id)

    def page(self, asked: LedgerFilter, *, before: int | None, limit: int) -> list[LedgerRow]:
        given = {k: v for k in _ASKED if (v := getattr(asked, k)) is not None}
        where = ["line = 1", *(_ASKED[k] for k in given)]
        return self._rows.newest("proposed_position", where, list(given.values()), before, limit)

    def booked(
        self, holder: str, *, since: datetime | None, until: datetime | None
    ) -> list[LedgerRow]:
        where, parameters = "WHERE holder = %s AND booked_at IS NOT NULL", [holder]
        return self._rows.many(*_between(where, parameters, since, until))

    def of_period(self, since: datetime, until: datetime) -> list[LedgerRow]:
        when = "coalesce(booked_at, happened_at)"
        where = f"WHERE {when} >= %s AND {when} < %s ORDER BY proposed_position, line"
        return self._rows.many(where, since, until)

    def touched(self, since: datetime, until: datetime) -> list[UUID]:
        rows = self._rows.tuples(
            "SELECT entry_id FROM reporting.ledger"
            " WHERE (happened_at >= %s AND happened_at < %s)"
            " OR (booked_at >= %s AND booked_at < %s)"
            " GROUP BY entry_id ORDER BY min(proposed_position)",
            *(since, until, since, until),
        )
        return [entry_id for (entry_id,) in rows]

    def balances(self, kind: str, currency: str | None) -> list[Balance]:
        where = "WHERE holder LIKE %s AND booked_at IS NOT NULL"
        rows = self._rows.many(*_between(where, [f"{kind}:%"], None, None))
        return [b for b in balances(rows) if currency in (None, b.currency)]

    def conduct(self, staff_id: UUID) -> list[ConductRow]:
        return self._conduct.many("WHERE staff_id = %s ORDER BY position", staff_id)


class PostgresClaims(Claims):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, ClaimView())

    def waiting(self, limit: int) -> list[ClaimRow]:
        return self._rows.many("WHERE proposed_at IS NULL ORDER BY claim LIMIT %s", limit)


def _between(
    where: str, parameters: list[Any], since: datetime | None, until: datetime | None
) -> list[Any]:
    if since is not None:
        where, parameters = f"{where} AND booked_at >= %s", [*parameters, since]
    if until is not None:
        where, parameters = f"{where} AND booked_at < %s", [*parameters, until]
    return [f"{where} ORDER BY booked_at, proposed_position, line", *parameters]
