"""The questions, asked of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from application.register import Unavailable
from application.views.client_file import ClientFile, ClientFileView, ClientRow
from application.views.figures import HappeningView, TicketFiguresView
from application.views.obligations import (
    ObligationFilter,
    ObligationRow,
    Obligations,
    ObligationsView,
    OverdueCount,
)
from application.views.pack_shelf import PackRow, PackShelf, PackShelfView
from application.views.search import SearchView
from application.views.staff_directory import StaffDirectory, StaffDirectoryView, StaffRow
from application.views.ticket_history import (
    HistoryRow,
    TakenStep,
    TicketHistory,
    TicketHistoryView,
)
from application.views.ticket_register import (
    IN_TURN,
    Place,
    Taker,
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
    HappeningView(),
    TicketFiguresView(),
)
"""Those that are folded from the register alone; search also asks the key store."""

VIEW_NAMES: Sequence[str] = (*(view.name for view in VIEWS), SearchView.name)
"""All of them: what the worker keeps up to date and `yice rebuild` knows."""

_COMPARED = {
    "state": "state = %s",
    "is_closed": "is_closed = %s",
    "owner_id": "owner_id = %s",
    "first_contact_id": "first_contact_id = %s",
    "offered_to_id": "offered_to_id = %s",
    "offered_by_id": "offered_to_id IS NOT NULL AND owner_id = %s",
    "returned_to_id": "returned_to_id = %s",
    "returned_at_least": "returns >= %s",
    "queue": "queue = %s",
    "alarmed_id": "alarmed_id = %s",
    "asked_id": "asked_id = %s",
    "client_ids": "client_id = ANY(%s)",
    "procedure": "procedure = %s",
    "channel": "channel = %s",
    "unit": "unit = %s",
    "number": "number = %s",
    "opened_from": "opened_at >= %s",
    "opened_to": "opened_at <= %s",
    "unless_hidden_from": "hidden_from_id IS DISTINCT FROM %s",
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


_IN_QUEUE = "(queue = %s OR queue_role = ANY(%s))"
_WAITS_FOR_NOBODY = "NOT is_closed AND offered_to_id IS NULL AND blocked_by IS NULL"


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

    def queue(self, taker: Taker, *, after: Place | None, limit: int) -> list[TicketRow]:
        where, parameters = [_IN_QUEUE, "NOT is_closed"], [taker.unit, sorted(taker.roles)]
        behind = after or ()
        if after is not None:
            where.append(f"({IN_TURN}) > (%s, %s, %s, %s)")
        rest = f"{_where(where)} ORDER BY {IN_TURN} LIMIT %s"
        return self._rows.many(rest, *parameters, *behind, limit)

    def next(self, taker: Taker) -> TicketRow | None:
        mine = f"(owner_id = %s AND queue IS NULL OR {_IN_QUEUE})"
        found = self._rows.many(
            f"WHERE {mine} AND {_WAITS_FOR_NOBODY} ORDER BY {IN_TURN} LIMIT 1",
            taker.staff_id,
            taker.unit,
            sorted(taker.roles),
        )
        return found[0] if found else None

    def open_counts(self, owner_ids: Sequence[UUID]) -> dict[UUID, int]:
        statement = (
            "SELECT owner_id, count(*) FROM reporting.ticket_register"
            " WHERE owner_id = ANY(%s) AND NOT is_closed GROUP BY owner_id"
        )
        return dict(self._rows.tuples(statement, list(owner_ids)))


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

    def registered_by(self, at: datetime, *, kind: str | None = None) -> list[UUID]:
        statement = (
            "SELECT client_id FROM reporting.client_file WHERE registered_at <= %s"
            " AND merged_into_id IS NULL AND kind = coalesce(%s, kind) ORDER BY registered_position"
        )
        return [client_id for (client_id,) in self._rows.tuples(statement, at, kind)]


class PostgresStaffDirectory(StaffDirectory):
    def __init__(self, database: Database) -> None:
        self._rows = _Rows(database, StaffDirectoryView())

    def member(self, staff_id: UUID) -> StaffRow | None:
        return self._rows.one(staff_id)

    def of_unit(self, unit: str) -> list[StaffRow]:
        return self._rows.many("WHERE unit = %s AND NOT has_left", unit)

    def units(self) -> list[str]:
        serving = self._rows.many("WHERE NOT has_left")
        return sorted({row.unit for row in serving})

    def page(self, *, before: int | None, limit: int) -> list[StaffRow]:
        return self._rows.newest("registered_position", [], [], before, limit)

    def serving(self, role: str, *, unit: str | None = None) -> list[StaffRow]:
        return self._rows.many(
            "WHERE roles @> jsonb_build_array(%s::text) AND NOT has_left"
            " AND unit = coalesce(%s, unit) ORDER BY registered_position",
            role,
            unit,
        )


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
    "level": "level = %s",
    "supervised_by": "supervisors @> jsonb_build_array(%s::text)",
    "role": "terms->>'role' = %s",
    "unit": "terms->>'unit' = %s",
}

_KEEPER = (
    "coalesce((SELECT (d.deputy->>'deputy_id')::uuid"
    " FROM reporting.staff_directory s,"
    " jsonb_array_elements(s.deputies) WITH ORDINALITY AS d (deputy, number)"
    " WHERE s.staff_id = responsible_id"
    " AND due_at >= (d.deputy->>'start')::timestamptz"
    " AND due_at < (d.deputy->>'end')::timestamptz"
    " AND LEAST(%s, over_at) < (d.deputy->>'end')::timestamptz"
    " ORDER BY d.number DESC LIMIT 1), responsible_id)"
)
"""Who keeps an obligation as of an instant; of two deputies the one named last."""

_KEPT_BY = (
    "responsible_id IN (SELECT staff_id FROM reporting.staff_directory WHERE staff_id = %s"
    " OR deputies @> jsonb_build_array(jsonb_build_object('deputy_id', %s::text)))"
    f" AND {_KEEPER} = %s"
)


_ADDRESSED = "(terms->>'role' = ANY(%s) AND coalesce(terms->>'unit' = %s, true))"
"""What is addressed to a role is for whoever has it; in a unit only, if one is charged."""


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
        if asked.kept_by is not None:
            staff_id, now = asked.kept_by
            roles, unit = asked.or_for or (frozenset(), "")
            where.append(f"({_KEPT_BY} OR {_ADDRESSED})")
            parameters += [staff_id, staff_id, now, staff_id, sorted(roles), unit]
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

    def to_warn(self, now: datetime, limit: int) -> list[ObligationRow]:
        rest = (
            "WHERE over_at IS NULL AND warn_at <= LEAST(%s, paused_at)"
            " AND due_at >= LEAST(%s, paused_at) ORDER BY warn_at, opened_position LIMIT %s"
        )
        return self._rows.many(rest, now, now, limit)

    def to_supervise(self, now: datetime, limit: int) -> list[ObligationRow]:
        rest = (
            f"WHERE {_MISSED} AND breached_at IS NOT NULL AND supervise_at <= LEAST(%s, paused_at)"
            " ORDER BY due_at, opened_position LIMIT %s"
        )
        return self._rows.many(rest, now, now, limit)

    def keepers(self, obligation_ids: Sequence[str], now: datetime) -> dict[str, UUID]:
        statement = (
            f"SELECT obligation_id, {_KEEPER} FROM reporting.obligations"
            " WHERE obligation_id = ANY(%s)"
        )
        return dict(self._rows.tuples(statement, now, list(obligation_ids)))

    def overdue_counts(self, now: datetime) -> list[OverdueCount]:
        rows = self._rows.tuples(
            "SELECT coalesce(o.terms->>'unit', t.unit) AS charged, o.level, count(*)"
            " FROM reporting.obligations o JOIN reporting.ticket_register t USING (ticket_id)"
            f" WHERE {_MISSED} GROUP BY charged, o.level ORDER BY charged, o.level",
            now,
        )
        return [OverdueCount(*row) for row in rows]


def _conditions(asked: TicketFilter) -> tuple[list[str], list[Any]]:
    given = {name: v for name in _COMPARED if (v := getattr(asked, name)) is not None}
    values = [list(v) if isinstance(v, tuple) else v for v in given.values()]
    return [_COMPARED[name] for name in given], values


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
