"""The questions, asked of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from application.register import Unavailable
from application.views.accesses import AccessesView, AccessFilter, AccessLog, AccessRow
from application.views.assessments import AssessmentsView
from application.views.client_file import ClientFile, ClientFileView, ClientRow
from application.views.client_history import ClientHistoryView
from application.views.client_match import ClientMatchView
from application.views.client_ownership import ClientOwnershipView
from application.views.client_standing import ClientStandingView
from application.views.client_then import ClientThenView
from application.views.figures import HappeningView, TicketFiguresView
from application.views.ledger import ConductView, LedgerView
from application.views.ledger_claim import ClaimView
from application.views.obligation_then import ObligationThenView
from application.views.obligations import ObligationsView
from application.views.pack_shelf import PackRow, PackShelf, PackShelfView
from application.views.search import SearchView
from application.views.staff_directory import StaffDirectory, StaffDirectoryView, StaffRow
from application.views.staff_then import StaffThenView
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
from application.views.ticket_then import TicketThenView
from application.views.view import View
from infrastructure.database import LOST, Database
from infrastructure.views.counts import counting
from infrastructure.views.rows import Rows, of_some, where_all
from infrastructure.views.table import Table

VIEWS: Sequence[View[Any]] = (
    TicketRegisterView(),
    TicketHistoryView(),
    ClientFileView(),
    ClientOwnershipView(),
    ClientHistoryView(),
    ClientStandingView(),
    StaffDirectoryView(),
    PackShelfView(),
    ObligationsView(),
    HappeningView(),
    TicketFiguresView(),
    TicketThenView(),
    ClientThenView(),
    StaffThenView(),
    ObligationThenView(),
    AccessesView(),
    LedgerView(),
    ConductView(),
    ClaimView(),
    AssessmentsView(),
)
"""Those that are folded from the register alone; search and matching also ask the key store."""

VIEW_NAMES: Sequence[str] = (*(view.name for view in VIEWS), SearchView.name, ClientMatchView.name)
"""All of them: what the worker keeps up to date and `yice rebuild` knows."""

FEW_DAYS = timedelta(days=3)
"""What was opened in so few is sooner found by its time than in the order of the list."""

COMPARED = {
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
"""What each word of a filter asks of the columns."""

_GIVEN = (
    "EXISTS (SELECT FROM jsonb_array_elements(grants) g WHERE g->>'role' = %s"
    " AND coalesce(g->>'unit', unit) = unit AND (g->>'start')::timestamptz <= %s"
    " AND coalesce((g->>'end')::timestamptz > %s, true))"
)
"""A role that they were given and have at an instant, in their own unit at least."""

_WAITS_FOR_NOBODY = "NOT is_closed AND offered_to_id IS NULL AND blocked_by IS NULL"


def _in_turn(where: str) -> str:
    """Its last parameter: how many."""
    return f"(SELECT * FROM reporting.ticket_register WHERE {where} ORDER BY {IN_TURN} LIMIT %s)"


def _queued(where: str) -> str:
    """What somebody may take: that of their unit, and that of each role, each in its own order."""
    of_role = _in_turn(f"{where} AND queue_role = role")
    return (
        f"{_in_turn(f'{where} AND queue = %s')} UNION ALL"
        f" SELECT t.* FROM unnest(%s::text[]) AS role CROSS JOIN LATERAL {of_role} t"
    )


class PostgresTicketRegister(TicketRegister):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, TicketRegisterView())

    def ticket(self, ticket_id: UUID) -> TicketRow | None:
        return self._rows.one(ticket_id)

    def page(self, asked: TicketFilter, *, before: int | None, limit: int) -> list[TicketRow]:
        where, parameters = _conditions(asked)
        return self._rows.newest(
            "opened_position", where, parameters, before, limit, few=_is_of_few_days(asked)
        )

    def counts(self, asked: TicketFilter) -> dict[str, dict[str, int]]:
        statement, parameters = counting(asked, _conditions, kept=self._rows.are_counted())
        rows = self._rows.tuples(statement, *parameters)
        counts: dict[str, dict[str, int]] = {}
        for group, value, number in rows:
            counts.setdefault(group, {})[value] = number
        return counts

    def queue(self, taker: Taker, *, after: Place | None, limit: int) -> list[TicketRow]:
        where, parameters = "NOT is_closed", []
        if after is not None:
            where, parameters = f"{where} AND ({IN_TURN}) > (%s, %s, %s, %s)", [*after]
        rows = self._rows.tuples(
            f"SELECT DISTINCT ON ({IN_TURN}) {self._rows.columns}"
            f" FROM ({_queued(where)}) either ORDER BY {IN_TURN} LIMIT %s",
            *(*parameters, taker.unit, limit, sorted(taker.roles), *parameters, limit, limit),
        )
        return [self._rows.read(row) for row in rows]

    def next(self, taker: Taker) -> TicketRow | None:
        """The first of each kind, found in its own order, and then the first of these."""
        mine = _in_turn(f"owner_id = %s AND queue IS NULL AND {_WAITS_FOR_NOBODY}")
        rows = self._rows.tuples(
            f"SELECT {self._rows.columns} FROM ({mine} UNION ALL {_queued(_WAITS_FOR_NOBODY)})"
            f" either ORDER BY {IN_TURN} LIMIT 1",
            *(taker.staff_id, 1, taker.unit, 1, sorted(taker.roles), 1),
        )
        return self._rows.read(rows[0]) if rows else None

    def open_counts(self, owner_ids: Sequence[UUID]) -> dict[UUID, int]:
        statement = (
            "SELECT owner_id, count(*) FROM reporting.ticket_register"
            " WHERE owner_id = ANY(%s) AND NOT is_closed GROUP BY owner_id"
        )
        return dict(self._rows.tuples(statement, list(owner_ids)))


class PostgresTicketHistory(TicketHistory):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows, self._ticket = Rows(database, TicketHistoryView()), Table(TicketRegisterView())
        self._with_ticket = (
            f"SELECT {self._ticket.of('t')}, {self._rows.of('h')}"
            " FROM (SELECT) one LEFT JOIN (SELECT *, row_number() OVER (ORDER BY version) AS nth"
            " FROM reporting.ticket_history WHERE ticket_id = %s AND version > %s"
            " ORDER BY version LIMIT %s) h ON true LEFT JOIN reporting.ticket_register t"
            " ON t.ticket_id = %s AND coalesce(h.nth, 1) = 1 ORDER BY h.version"
        )

    def of_ticket(self, ticket_id: UUID, *, after: int, limit: int) -> list[HistoryRow]:
        rest = "WHERE ticket_id = %s AND version > %s ORDER BY version LIMIT %s"
        return self._rows.many(rest, ticket_id, after, limit)

    def with_ticket(
        self, ticket_id: UUID, *, after: int, limit: int
    ) -> tuple[TicketRow | None, list[HistoryRow]]:
        """The columns of the ticket stand in the first row alone."""
        asked = (ticket_id, after, limit, ticket_id)
        rows, width = self._rows.tuples(self._with_ticket, *asked), self._ticket.width
        ticket = self._ticket.read(rows[0][:width]) if rows[0][0] is not None else None
        return ticket, [self._rows.read(row[width:]) for row in rows if row[width] is not None]

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
        self._rows = Rows(database, ClientFileView())

    def client(self, client_id: UUID) -> ClientRow | None:
        return self._rows.one(client_id)

    def merged_into(self, client_id: UUID) -> list[UUID]:
        followers = self._rows.many("WHERE merged_into_id = %s", client_id)
        return [row.client_id for row in followers]

    def in_erasure(self, status: str) -> list[UUID]:
        return [row.client_id for row in self._rows.many("WHERE erasure = %s", status)]

    def page(
        self,
        *,
        before: int | None,
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[ClientRow]:
        asked = [("registered_at >= %s", since), ("registered_at < %s", until)]
        given = [(condition, instant) for condition, instant in asked if instant is not None]
        where, parameters = [c for c, _ in given], [i for _, i in given]
        return self._rows.newest("registered_position", where, parameters, before, limit)

    def wanted(
        self,
        client_ids: Sequence[UUID] | None,
        *,
        consent: str | None,
        before: int | None,
        limit: int,
    ) -> list[ClientRow]:
        where, parameters = _wanted(client_ids)
        if consent is not None:
            where, parameters = [*where, _CONSENTED], [*parameters, consent]
        return self._rows.newest("registered_position", where, parameters, before, limit)

    def without_consent(self, client_ids: Sequence[UUID] | None, consent: str) -> int:
        where, parameters = _wanted(client_ids)
        conditions = where_all([*where, f"NOT {_CONSENTED}"])
        statement = f"SELECT count(*) FROM reporting.client_file {conditions}"
        [(count,)] = self._rows.tuples(statement, *parameters, consent)
        return int(count)

    def registered_by(self, at: datetime, *, kind: str | None = None) -> list[UUID]:
        statement = (
            "SELECT client_id FROM reporting.client_file WHERE registered_at <= %s"
            " AND merged_into_id IS NULL AND kind = coalesce(%s, kind) ORDER BY registered_position"
        )
        return [client_id for (client_id,) in self._rows.tuples(statement, at, kind)]


_CONSENTED = "consents @> jsonb_build_array(%s::text)"


def _wanted(client_ids: Sequence[UUID] | None) -> tuple[list[str], list[Any]]:
    on_file = ["merged_into_id IS NULL", "erasure IS DISTINCT FROM 'erased'"]
    if client_ids is None:
        return on_file, []
    return [*on_file, "client_id = ANY(%s)"], [list(client_ids)]


class PostgresAccessLog(AccessLog):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, AccessesView())

    def page(self, asked: AccessFilter, *, before: int | None, limit: int) -> list[AccessRow]:
        given = {
            name: value
            for name, value in (
                ("client_id", asked.client_id),
                ("ticket_id", asked.ticket_id),
                ("by", asked.by),
            )
            if value is not None
        }
        where = [f'"{name}" = %s' for name in given]
        return self._rows.newest("position", where, [*given.values()], before, limit)


class PostgresStaffDirectory(StaffDirectory):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, StaffDirectoryView())

    def member(self, staff_id: UUID) -> StaffRow | None:
        return self._rows.one(staff_id)

    def of_unit(self, unit: str) -> list[StaffRow]:
        return self._rows.many("WHERE unit = %s AND NOT has_left", unit)

    def units(self) -> list[str]:
        serving = self._rows.many("WHERE NOT has_left")
        return sorted({row.unit for row in serving})

    def page(self, *, before: int | None, limit: int) -> list[StaffRow]:
        return self._rows.newest("registered_position", [], [], before, limit)

    def serving(self, role: str, at: datetime, *, unit: str | None = None) -> list[StaffRow]:
        return self._rows.many(
            f"WHERE (roles @> jsonb_build_array(%s::text) OR {_GIVEN}) AND NOT has_left"
            " AND unit = coalesce(%s, unit) ORDER BY registered_position",
            *(role, role, at, at, unit),
        )

    def volunteering(
        self, *, team: str | None = None, only_volunteers: bool = False
    ) -> list[StaffRow]:
        return self._rows.many(
            "WHERE NOT has_left AND (%s OR origin IS NOT NULL)"
            " AND (%s::text IS NULL OR teams @> jsonb_build_array(%s::text))"
            " ORDER BY registered_position",
            *(not only_volunteers, team, team),
        )


class PostgresPackShelf(PackShelf):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, PackShelfView())

    def packs(self) -> list[PackRow]:
        return self._rows.many("ORDER BY name")


def _is_of_few_days(asked: TicketFilter) -> bool:
    if asked.opened_from is None or asked.opened_to is None:
        return False
    return asked.opened_to - asked.opened_from <= FEW_DAYS


def _conditions(asked: TicketFilter) -> tuple[list[str], list[Any]]:
    given = {name: v for name in COMPARED if (v := getattr(asked, name)) is not None}
    values = [list(v) if isinstance(v, tuple) else v for v in given.values()]
    return [
        *(COMPARED[name] for name in given),
        *of_some(asked.returned_at_least, "returns"),
    ], values
