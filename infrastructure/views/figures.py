"""What figures are made of, asked of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from application.views.figures import (
    Figures,
    Happened,
    HappeningFigures,
    HappeningRow,
    HappeningView,
    LastInUnit,
    ObligationFigures,
    TicketFigures,
    TicketFiguresRow,
    TicketFiguresView,
    Window,
    due_in,
)
from application.views.ticket_register import TicketRegisterView, TicketRow
from domain.obligation import Obligation
from domain.sealed import in_clear
from infrastructure.database import Database
from infrastructure.views.table import Table

_HAPPENING: Table[HappeningRow] = Table(HappeningView())
_TICKET: Table[TicketRow] = Table(TicketRegisterView())
_TOLD: Table[TicketFiguresRow] = Table(TicketFiguresView())

_OF_TICKET = f"""
    jsonb_build_object('kind', c.kind) || coalesce(to_jsonb(c) -> 'attributes', '{{}}') AS client,
    coalesce(o.promised, '[]') AS promised, {_TICKET.of("t")}, {_TOLD.of("f")}
"""

_JOINED = """
    reporting.ticket_register t
    JOIN reporting.ticket_figures f ON f.ticket_id = t.ticket_id
    LEFT JOIN reporting.client_file c ON c.client_id = t.client_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(o.name, o.obligation)) AS promised
          FROM reporting.obligations o WHERE o.ticket_id = t.ticket_id
    ) o ON true
"""

_OF_PROCEDURES = "(%s::text[] IS NULL OR t.procedure = ANY(%s))"

_TICKETS = f"""
    SELECT {_OF_TICKET} FROM {_JOINED}
     WHERE t.ticket_id IN (
           SELECT h.ticket_id FROM reporting.happening h
            WHERE h.word = %s AND h.happened_at >= %s AND h.happened_at < %s)
       AND (f.last_at ->> %s)::timestamptz >= %s AND (f.last_at ->> %s)::timestamptz < %s
       AND {_OF_PROCEDURES}
     ORDER BY t.opened_position
"""

_HAPPENINGS = f"""
    SELECT {_OF_TICKET}, {_HAPPENING.of("h")}
      FROM {_JOINED} JOIN reporting.happening h ON h.ticket_id = t.ticket_id
     WHERE h.word = ANY(%s) AND h.happened_at >= %s AND h.happened_at < %s AND {_OF_PROCEDURES}
     ORDER BY h.position
"""

_PROMISED_ON = f"""
    SELECT {_OF_TICKET} FROM {_JOINED}
     WHERE t.ticket_id IN (
           SELECT d.ticket_id FROM reporting.obligations d WHERE d.due_at >= %s AND d.due_at < %s)
       AND {_OF_PROCEDURES}
     ORDER BY t.opened_position
"""

_TO_WHOM = f"""
    SELECT DISTINCT t.opened_position, t.ticket_id
      FROM reporting.happening h JOIN reporting.ticket_register t ON t.ticket_id = h.ticket_id
     WHERE h.word = %s AND h.happened_at >= %s AND h.happened_at < %s AND {_OF_PROCEDURES}
     ORDER BY 1
"""

_READ = "SELECT min(position) FROM reporting.view_position WHERE view = ANY(%s)"

_BESIDE = (
    *("client_file", "obligations", "client_standing", "client_history", "ledger", "assessments"),
)

_EVENTS = """
    SELECT ticket_id, position, word, happened_at FROM reporting.happening
     WHERE ticket_id = ANY(%s) AND word = ANY(%s) ORDER BY position
"""

_LAST_BY_UNIT = """
    SELECT DISTINCT ON (t.unit) t.unit, h.form, h.happened_at, count(*) OVER (PARTITION BY t.unit)
      FROM reporting.happening h JOIN reporting.ticket_register t ON t.ticket_id = h.ticket_id
     WHERE h.word = %s AND t.procedure = %s AND h.happened_at <= %s
     ORDER BY t.unit, h.position DESC
"""

_SAME = f"""
    SELECT count(*)
      FROM reporting.happening h JOIN reporting.ticket_register t ON t.ticket_id = h.ticket_id
     WHERE h.word = %s AND h.happened_at >= %s AND {_OF_PROCEDURES}
       AND h.ticket_id IS DISTINCT FROM %s
"""

_NAMED = f"""
    SELECT DISTINCT h.form ->> %s
      FROM reporting.happening h JOIN reporting.ticket_register t ON t.ticket_id = h.ticket_id
     WHERE h.word = %s AND h.happened_at >= %s AND {_OF_PROCEDURES} AND h.form @> %s::jsonb
"""

_SAME_OR_HELD = """
       AND (h.form -> %s = %s::jsonb
            OR (jsonb_typeof(h.form -> %s) = 'array' AND h.form -> %s @> %s::jsonb))
"""

_OPEN = f"""
    SELECT count(*) FROM reporting.ticket_register t
     WHERE NOT t.is_closed AND (%s::uuid IS NULL OR t.owner_id = %s)
       AND (%s::text[] IS NULL OR t.channel = ANY(%s)) AND {_OF_PROCEDURES}
       AND t.state <> ALL(%s::text[]) AND t.ticket_id IS DISTINCT FROM %s
"""


class PostgresFigures(Figures):
    def __init__(self, database: Database) -> None:
        self._database = database

    def tickets(self, word: str, window: Window, now: datetime) -> list[TicketFigures]:
        since, until = window.since, window.until
        last = (word, since, word, until)
        procedures = _listed(window.procedures)
        rows = self._rows(_TICKETS, word, since, until, *last, procedures, procedures)
        return [_of_ticket(row, now) for row in rows]

    def happenings(
        self, words: Sequence[str], window: Window, now: datetime
    ) -> list[HappeningFigures]:
        procedures = _listed(window.procedures)
        rows = self._rows(
            _HAPPENINGS, list(words), window.since, window.until, procedures, procedures
        )
        begin = 2 + _TICKET.width + _TOLD.width
        return [
            HappeningFigures(happening=_HAPPENING.read(row[begin:]), of=_of_ticket(row, now))
            for row in rows
        ]

    def obligations(self, window: Window, now: datetime) -> list[ObligationFigures]:
        procedures = _listed(window.procedures)
        rows = self._rows(_PROMISED_ON, window.since, window.until, procedures, procedures)
        return due_in([_of_ticket(row, now) for row in rows], window)

    def events(self, ticket_ids: Sequence[UUID], words: Sequence[str]) -> list[Happened]:
        return [Happened(*row) for row in self._rows(_EVENTS, list(ticket_ids), list(words))]

    def read_up_to(self) -> int:
        names = [table.name for table in (_HAPPENING, _TICKET, _TOLD)]
        return int(self._rows(_READ, [*names, *_BESIDE])[0][0] or 0)

    def to_whom(self, word: str, window: Window) -> list[UUID]:
        procedures = _listed(window.procedures)
        rows = self._rows(_TO_WHOM, word, window.since, window.until, procedures, procedures)
        return [ticket_id for _, ticket_id in rows]

    def last_by_unit(self, word: str, procedure: str, now: datetime) -> list[LastInUnit]:
        rows = self._rows(_LAST_BY_UNIT, word, procedure, now)
        return [LastInUnit(unit, form, at, number) for unit, form, at, number in rows]

    def count_happenings(
        self,
        word: str,
        *,
        same: Mapping[str, Any],
        since: datetime,
        procedures: Sequence[str] | None = None,
        without: UUID | None = None,
    ) -> int:
        """A value that is not there is the same as none."""
        statement, named = _SAME, _listed(procedures)
        parameters: list[Any] = [word, since, named, named, without]
        for name, value in same.items():
            statement += _SAME_OR_HELD
            said = msgspec.json.encode(value).decode()
            parameters += [name, said, name, name, said]
        return int(self._rows(statement, *parameters)[0][0])

    def named_in(
        self,
        word: str,
        field: str,
        *,
        same: Mapping[str, Any],
        since: datetime,
        procedures: Sequence[str] | None = None,
    ) -> set[str]:
        named = _listed(procedures)
        said = msgspec.json.encode(same).decode()
        rows = self._rows(_NAMED, field, word, since, named, named, said)
        return {value for (value,) in rows if value is not None}

    def count_open(
        self,
        *,
        owner_id: UUID | None = None,
        channels: Sequence[str] | None = None,
        procedures: Sequence[str] | None = None,
        not_in: Sequence[str] = (),
        without: UUID | None = None,
    ) -> int:
        by, named = _listed(channels), _listed(procedures)
        parameters = (owner_id, owner_id, by, by, named, named, list(not_in), without)
        return int(self._rows(_OPEN, *parameters)[0][0])

    def _rows(self, statement: str, *parameters: Any) -> list[Any]:
        return self._database.rows(statement, parameters)


def _of_ticket(row: Sequence[Any], now: datetime) -> TicketFigures:
    client, promised, rest = row[0], row[1], row[2:]
    return TicketFigures(
        ticket=_TICKET.read(rest[: _TICKET.width]),
        told=_TOLD.read(rest[_TICKET.width : _TICKET.width + _TOLD.width]),
        client=in_clear(client) or {},
        obligations=[(name, Obligation.from_data(data)) for name, data in promised],
        now=now,
    )


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)
