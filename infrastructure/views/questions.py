"""The questions, asked of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from application.register import Unavailable
from application.views.client_file import ClientFile, ClientFileView, ClientRow
from application.views.obligations import (
    ObligationFilter,
    ObligationRow,
    Obligations,
    ObligationsView,
)
from application.views.pack_shelf import PackRow, PackShelf, PackShelfView
from application.views.staff_directory import StaffDirectory, StaffDirectoryView, StaffRow
from application.views.ticket_history import (
    HistoryRow,
    TakenStep,
    TicketHistory,
    TicketHistoryView,
)
from application.views.ticket_register import (
    TicketFilter,
    TicketRegister,
    TicketRegisterView,
    TicketRow,
)
from application.views.view import View
from infrastructure.database import LOST, Database
from infrastructure.views.table import Table

R = TypeVar("R")

VIEWS: Sequence[View[Any]] = (
    TicketRegisterView(),
    TicketHistoryView(),
    ClientFileView(),
    StaffDirectoryView(),
    PackShelfView(),
    ObligationsView(),
)
"""All of them: what the worker keeps up to date and `yice rebuild` knows."""

_COMPARED = {
    "state": "state = %s",
    "is_closed": "is_closed = %s",
    "owner_id": "owner_id = %s",
    "first_contact_id": "first_contact_id = %s",
    "offered_to_id": "offered_to_id = %s",
    "asked_id": "asked_id = %s",
    "client_ids": "client_id = ANY(%s)",
    "procedure": "procedure = %s",
    "channel": "channel = %s",
    "unit": "unit = %s",
    "number": "number = %s",
    "opened_from": "opened_at >= %s",
    "opened_to": "opened_at <= %s",
}


class _Rows(Generic[R]):
    """Rows of one table, read back as rows of its view."""

    def __init__(self, database: Database, view: View[R]) -> None:
        self._database = database
        self._table = Table(view)
        self._select = f'SELECT {self._table.columns} FROM reporting."{self._table.name}"'

    def one(self, id: UUID) -> R | None:
        rows = self.many(f'WHERE "{self._table.key}" = %s', id)
        return rows[0] if rows else None

    def many(self, rest: str, *parameters: Any) -> list[R]:
        rows = self.tuples(f"{self._select} {rest}", *parameters)
        return [self._table.read(row) for row in rows]

    def newest(
        self, order: str, where: list[str], parameters: list[Any], before: int | None, limit: int
    ) -> list[R]:
        if before is not None:
            where, parameters = [*where, f"{order} < %s"], [*parameters, before]
        return self.many(f"{_where(where)} ORDER BY {order} DESC LIMIT %s", *parameters, limit)

    def tuples(self, statement: str, *parameters: Any) -> list[Any]:
        return self._database.run(
            lambda c: c.execute(statement.encode(), parameters, binary=True).fetchall()
        )


class PostgresTicketRegister(TicketRegister):
    def __init__(self, database: Database) -> None:
        self._rows = _Rows(database, TicketRegisterView())

    def ticket(self, ticket_id: UUID) -> TicketRow | None:
        return self._rows.one(ticket_id)

    def page(self, asked: TicketFilter, *, before: int | None, limit: int) -> list[TicketRow]:
        where, parameters = _conditions(asked)
        return self._rows.newest("opened_position", where, parameters, before, limit)

    def counts(self, asked: TicketFilter) -> dict[str, dict[str, int]]:
        where, parameters = _conditions(asked)
        rows = self._rows.tuples(
            "SELECT CASE GROUPING(state, procedure, channel, is_closed)"
            "  WHEN 7 THEN 'state' WHEN 11 THEN 'procedure' WHEN 13 THEN 'channel'"
            "  WHEN 14 THEN 'closed' ELSE 'all' END,"
            " coalesce(state, procedure, channel, is_closed::text, 'total'), count(*)"
            f" FROM reporting.ticket_register {_where(where)}"
            " GROUP BY GROUPING SETS ((state), (procedure), (channel), (is_closed), ())"
            " ORDER BY 1, 2",
            *parameters,
        )
        counts: dict[str, dict[str, int]] = {}
        for group, value, number in rows:
            counts.setdefault(group, {})[value] = number
        return counts


class PostgresTicketHistory(TicketHistory):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = _Rows(database, TicketHistoryView())

    def of_ticket(self, ticket_id: UUID, *, after: int, limit: int) -> list[HistoryRow]:
        rest = "WHERE ticket_id = %s AND version > %s ORDER BY version LIMIT %s"
        return self._rows.many(rest, ticket_id, after, limit)

    def steps(self, procedure: str) -> Iterator[TakenStep]:
        statement = (
            "SELECT h.ticket_id, h.word, coalesce('staff:' || h.done_by_id, h.by), h.occurred_at"
            " FROM reporting.ticket_history h JOIN reporting.ticket_register t USING (ticket_id)"
            " WHERE h.topic = 'ticket.step-taken' AND t.procedure = %s"
            " ORDER BY t.opened_position, h.occurred_at, h.version"
        )
        try:
            with (
                self._database.connection() as connection,
                connection.transaction(),
                connection.cursor(name="steps") as cursor,
            ):
                cursor.itersize = 5_000
                for row in cursor.execute(statement.encode(), (procedure,)):
                    yield TakenStep(*row)
        except LOST as lost:
            raise Unavailable(str(lost)) from lost


class PostgresClientFile(ClientFile):
    def __init__(self, database: Database) -> None:
        self._rows = _Rows(database, ClientFileView())

    def client(self, client_id: UUID) -> ClientRow | None:
        return self._rows.one(client_id)

    def merged_into(self, client_id: UUID) -> list[UUID]:
        followers = self._rows.many("WHERE merged_into_id = %s", client_id)
        return [row.client_id for row in followers]

    def page(self, *, before: int | None, limit: int) -> list[ClientRow]:
        return self._rows.newest("registered_position", [], [], before, limit)


class PostgresStaffDirectory(StaffDirectory):
    def __init__(self, database: Database) -> None:
        self._rows = _Rows(database, StaffDirectoryView())

    def member(self, staff_id: UUID) -> StaffRow | None:
        return self._rows.one(staff_id)

    def page(self, *, before: int | None, limit: int) -> list[StaffRow]:
        return self._rows.newest("registered_position", [], [], before, limit)


class PostgresPackShelf(PackShelf):
    def __init__(self, database: Database) -> None:
        self._rows = _Rows(database, PackShelfView())

    def packs(self) -> list[PackRow]:
        return self._rows.many("ORDER BY name")


_MISSED = "over_at IS NULL AND due_at < LEAST(%s, paused_at)"
"""What was missed before it was paused stays so; what was not is not missed while it is."""

_OBLIGATION = {
    "ticket_id": "ticket_id = %s",
    "responsible_id": "responsible_id = %s",
    "told_id": "told_id = %s",
    "is_open": "(over_at IS NULL) = %s",
    "overdue_at": _MISSED,
    "due_to": "due_at <= %s",
}


class PostgresObligations(Obligations):
    def __init__(self, database: Database) -> None:
        self._rows = _Rows(database, ObligationsView())

    def obligation(self, ticket_id: UUID, key: str) -> ObligationRow | None:
        of_ticket = self._rows.many("WHERE ticket_id = %s", ticket_id)
        return next((row for row in of_ticket if row.key == key), None)

    def page(
        self, asked: ObligationFilter, *, after: tuple[datetime, int] | None, limit: int
    ) -> list[ObligationRow]:
        given = {k: v for k in _OBLIGATION if (v := getattr(asked, k)) is not None}
        where, parameters = [_OBLIGATION[k] for k in given], list(given.values())
        if after is not None:
            where, parameters = (
                [*where, "(due_at, opened_position) > (%s, %s)"],
                [*parameters, *after],
            )
        rest = f"{_where(where)} ORDER BY due_at, opened_position LIMIT %s"
        return self._rows.many(rest, *parameters, limit)

    def to_breach(self, now: datetime, limit: int) -> list[ObligationRow]:
        rest = f"WHERE {_MISSED} AND breached_at IS NULL ORDER BY due_at, opened_position LIMIT %s"
        return self._rows.many(rest, now, limit)


def _conditions(asked: TicketFilter) -> tuple[list[str], list[Any]]:
    given = {name: v for name in _COMPARED if (v := getattr(asked, name)) is not None}
    values = [list(v) if isinstance(v, tuple) else v for v in given.values()]
    return [_COMPARED[name] for name in given], values


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
