"""Promises of time, asked of their table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from application.views.obligations import (
    MISSABLE,
    UNIT,
    ObligationFilter,
    ObligationRow,
    Obligations,
    ObligationsView,
    OverdueCount,
)
from infrastructure.database import Database
from infrastructure.views.counts import midnight
from infrastructure.views.rows import Rows, of_some, where_all

_EVER = datetime.min.replace(tzinfo=UTC)

_MISSED = f"due_at < %s AND {MISSABLE}"

_OBLIGATION = {
    "ticket_id": "ticket_id = %s",
    "responsible_id": "responsible_id = %s",
    "told_id": "told_id = %s",
    "overdue_at": _MISSED,
    "due_from": "due_at >= %s",
    "due_to": "due_at <= %s",
    "rule": "rule = %s",
    "level": "level = %s",
    "supervised_by": "level > 0 AND supervisors @> jsonb_build_array(%s::text)",
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

_KEPT = f"""
    SELECT o.* FROM reporting.staff_directory AS member CROSS JOIN LATERAL (
        SELECT * FROM reporting.obligations
         WHERE {{}} AND responsible_id = member.staff_id AND {_KEEPER} = %s
         ORDER BY due_at, opened_position LIMIT %s) o
     WHERE member.staff_id = %s
        OR member.deputies @> jsonb_build_array(jsonb_build_object('deputy_id', %s::text))
"""
"""Of whose it is, and of whom they are a deputy."""

_ADDRESSED = """
    SELECT o.* FROM unnest(%s::text[]) AS role CROSS JOIN LATERAL (
        SELECT * FROM reporting.obligations WHERE {} AND terms->>'role' = role AND {}
         ORDER BY due_at, opened_position LIMIT %s) o
"""
"""What is addressed to a role is for whoever has it; in a unit only, if one is charged."""

_OF_UNIT = ("terms->>'unit' = %s", "terms->>'unit' IS NULL")

_EITHER = """
    SELECT DISTINCT ON (due_at, opened_position) {} FROM ({}) either
     ORDER BY due_at, opened_position LIMIT %s
"""


_OVERDUE = f"""
    SELECT unit, level, sum(number)::bigint FROM (
        SELECT kind[2] AS unit, kind[3]::integer AS level, number FROM reporting.view_count
         WHERE of = 'reporting.obligations'::regclass AND by = 1 AND number > 0
           AND kind < ARRAY[%s]
        UNION ALL
        SELECT {UNIT}, level, 1 FROM reporting.obligations WHERE {_MISSED} AND due_at >= %s) missed
     GROUP BY unit, level ORDER BY unit, level
"""
"""What was due on the days before is read from the counters, that of today from the rows."""


def asked_of(asked: ObligationFilter) -> tuple[list[str], list[Any]]:
    """Conditions on columns, and their parameters; all but who keeps it."""
    given = {k: v for k in _OBLIGATION if (v := getattr(asked, k)) is not None}
    where = [*(_OBLIGATION[k] for k in given), *of_some(asked.level, "level")]
    if asked.is_open is not None:
        where.append(f"over_at IS {'' if asked.is_open else 'NOT '}NULL")
    return where, list(given.values())


class PostgresObligations(Obligations):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, ObligationsView())

    def obligation(self, ticket_id: UUID, key: str) -> ObligationRow | None:
        of_ticket = self._rows.many("WHERE ticket_id = %s", ticket_id)
        return next((row for row in of_ticket if row.key == key), None)

    def page(
        self, asked: ObligationFilter, *, after: tuple[datetime, int] | None, limit: int
    ) -> list[ObligationRow]:
        where, parameters = asked_of(asked)
        if after is not None:
            where.append("(due_at, opened_position) > (%s, %s)")
            parameters += after
        if asked.kept_by is not None:
            return self._kept(asked.kept_by, asked.or_for, where, parameters, limit)
        rest = f"{where_all(where)} ORDER BY due_at, opened_position LIMIT %s"
        return self._rows.many(rest, *parameters, limit)

    def _kept(
        self,
        kept_by: tuple[UUID, datetime],
        or_for: tuple[frozenset[str], str] | None,
        where: list[str],
        parameters: list[Any],
        limit: int,
    ) -> list[ObligationRow]:
        """Each kind is found in its own order, and the first of all of them are taken."""
        staff_id, now = kept_by
        roles, unit = or_for or (frozenset(), "")
        fit, listed = " AND ".join(where) or "true", sorted(roles)
        kinds = [_KEPT.format(fit), *(_ADDRESSED.format(fit, of) for of in _OF_UNIT)]
        statement = _EITHER.format(self._rows.columns, " UNION ALL ".join(kinds))
        rows = self._rows.tuples(
            statement,
            *(*parameters, now, staff_id, limit, staff_id, staff_id),
            *(listed, *parameters, unit, limit),
            *(listed, *parameters, limit),
            limit,
        )
        return [self._rows.read(row) for row in rows]

    def to_breach(self, now: datetime, limit: int) -> list[ObligationRow]:
        rest = f"WHERE {_MISSED} AND breached_at IS NULL ORDER BY due_at, opened_position LIMIT %s"
        return self._rows.many(rest, now, limit)

    def to_warn(self, now: datetime, limit: int) -> list[ObligationRow]:
        rest = (
            "WHERE over_at IS NULL AND warn_at <= %s"
            " AND (paused_at IS NULL OR warn_at <= paused_at)"
            " AND due_at >= LEAST(%s, paused_at) ORDER BY warn_at, opened_position LIMIT %s"
        )
        return self._rows.many(rest, now, now, limit)

    def to_supervise(self, now: datetime, limit: int) -> list[ObligationRow]:
        rest = (
            f"WHERE {_MISSED} AND breached_at IS NOT NULL AND supervise_at <= %s"
            " AND (paused_at IS NULL OR supervise_at <= paused_at)"
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
        today = midnight(now) if self._rows.are_counted() else _EVER
        rows = self._rows.tuples(_OVERDUE, str(today.date()), now, today)
        return [OverdueCount(*row) for row in rows]
