"""Schemas and routes of obligations: what is due, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from application.promises import ApproveExtension, AskExtension, WaiveObligation
from application.views.obligations import ObligationFilter, ObligationRow
from domain.errors import NotFound
from domain.obligation import Obligation
from interface.http.answers import answered, json, page, plain
from interface.http.auth import command, reader
from interface.http.desk import my_id
from interface.http.resource import Resource
from interface.http.schemas import (
    CommandBody,
    PageQuery,
    ReadQuery,
    Text,
    aware_time,
    page_of,
    shown,
)
from interface.http.services import services

resource = Resource("obligations", "/v1", "Promises of time (承诺时限)")

_STATUS = fields.String(
    metadata={"description": "open, paused, met, met_late, overdue …, as of now"}
)
_KEPT_BY = fields.UUID(
    metadata={"description": "Who keeps it as of now: who is responsible, or their deputy (SH-03)"}
)
ObligationPageSchema = page_of(
    shown(ObligationRow, "Obligation", status=_STATUS, kept_by_id=_KEPT_BY)
)
WhySchema = shown(
    ObligationRow,
    "ObligationExplained",
    status=_STATUS,
    kept_by_id=_KEPT_BY,
    why=fields.String(),
)


class OverdueCountSchema(Schema):
    unit = fields.String(required=True)
    level = fields.Integer(required=True)
    count = fields.Integer(required=True)


OverdueSchema = Schema.from_dict(
    {"items": fields.List(fields.Nested(OverdueCountSchema))}, name="Overdue"
)


class ObligationFilterQuery(ReadQuery):
    ticket_id = fields.UUID()
    responsible_id = fields.UUID()
    told_id = fields.UUID()
    is_open = fields.Boolean()
    overdue = fields.Boolean(metadata={"description": "Missed and still open, as of now"})
    due_from = aware_time("Due at this time or later")
    due_to = aware_time("Due at this time or earlier")
    rule = Text(16, metadata={"description": "The catalogue rule behind it, like CH-24"})
    level = fields.Integer(metadata={"description": "How many levels of superiors were told"})
    role = Text(64, metadata={"description": "Addressed to whoever has this role"})
    unit = Text(64, metadata={"description": "Charged to this unit"})


class ObligationQuery(PageQuery, ObligationFilterQuery):
    pass


@resource.get("/obligations", ObligationPageSchema, ObligationQuery)
def list_obligations(query: dict[str, Any]) -> Response:
    """Obligations by due time, soonest first; overdue is answered as of now, by nobody's job."""
    reader()
    return _list(query, read_filter(query, services().now()))


@resource.get("/obligations/overdue", OverdueSchema, ReadQuery)
def count_overdue(query: dict[str, Any]) -> Response:
    """How many are overdue as of now, in each unit and at each level of supervision (督办)."""
    reader()
    return json({"items": services().obligations.overdue_counts(services().now())})


@resource.get("/desk/obligations", ObligationPageSchema, PageQuery)
def my_obligations(query: dict[str, Any]) -> Response:
    """What I have to keep, soonest first: mine, and what is due while I stand in for a colleague.

    What is due while my deputy stands in for me is theirs, until I am back. What is addressed to
    a role of mine is there, too.
    """
    me = reader()
    asked = ObligationFilter(
        kept_by=(my_id(), services().now()),
        or_for=(me.roles_in((me.unit,)), me.unit),
        is_open=True,
    )
    return _list(query, asked)


class SupervisionQuery(PageQuery):
    level = fields.Integer(metadata={"description": "How many levels of superiors were told"})


@resource.get("/desk/supervision", ObligationPageSchema, SupervisionQuery)
def my_supervision(query: dict[str, Any]) -> Response:
    """What was missed, is still not done, and was told to me, at whichever level (督办)."""
    reader()
    asked = ObligationFilter(supervised_by=my_id(), level=query.get("level"), is_open=True)
    return _list(query, asked)


@resource.get("/tickets/<uuid:ticket_id>/obligations/<string:key>", WhySchema, ReadQuery)
def explain_obligation(query: dict[str, Any], ticket_id: UUID, key: str) -> Response:
    """Why this deadline: in words (`why`) and in data (`obligation.basis`)."""
    reader()
    row = services().obligations.obligation(ticket_id, key)
    if row is None:
        raise NotFound(f"no obligation {key} on ticket {ticket_id}", field="key")
    return json(_shown([row])[0] | {"why": Obligation.from_data(row.obligation).explanation()})


class ExtensionBody(CommandBody):
    due_at = aware_time("Until when", required=True)


@resource.post("/tickets/<uuid:ticket_id>/obligations/<string:key>/extension", ExtensionBody)
def ask_extension(body: dict[str, Any], ticket_id: UUID, key: str) -> Response:
    """Ask for more time, with a reason, before it is due."""
    asked = command(AskExtension, body, ticket_id=ticket_id, key=key)
    return answered(services().tickets.ask_extension(asked))


@resource.post("/tickets/<uuid:ticket_id>/obligations/<string:key>/extension/approval", CommandBody)
def approve_extension(body: dict[str, Any], ticket_id: UUID, key: str) -> Response:
    """Grant the time that somebody else asked for."""
    approval = command(ApproveExtension, body, ticket_id=ticket_id, key=key)
    return answered(services().tickets.approve_extension(approval))


class WaiverBody(CommandBody):
    ground = Text(64, required=True)


@resource.post("/tickets/<uuid:ticket_id>/obligations/<string:key>/waiver", WaiverBody)
def waive_obligation(body: dict[str, Any], ticket_id: UUID, key: str) -> Response:
    """Nobody has to do it any more, on a ground and with a reason."""
    waiver = command(WaiveObligation, body, ticket_id=ticket_id, key=key)
    return answered(services().tickets.waive_obligation(waiver))


def read_filter(query: dict[str, Any], now: datetime) -> ObligationFilter:
    asked = {k: v for k, v in query.items() if k not in ("cursor", "limit", "min_position")}
    if asked.pop("overdue", False):
        asked["overdue_at"] = now
    return ObligationFilter(**asked)


def _list(query: dict[str, Any], asked: ObligationFilter) -> Response:
    obligations = services().obligations
    return page(
        query,
        lambda after, limit: _shown(obligations.page(asked, after=after, limit=limit)),
        place_of,
        read_place,
    )


def place_of(row: dict[str, Any]) -> str:
    """Where it stands in the list, as text."""
    return f"{row['due_at'].isoformat()} {row['opened_position']}"


def read_place(text: str) -> tuple[datetime, int]:
    due_at, _, position = text.partition(" ")
    return datetime.fromisoformat(due_at), int(position)


def _shown(rows: Sequence[ObligationRow]) -> list[dict[str, Any]]:
    """As of now."""
    now = services().now()
    keepers = services().obligations.keepers([row.obligation_id for row in rows], now)
    return [
        plain(row)
        | {
            "status": str(Obligation.from_data(row.obligation).status_at(now)),
            "kept_by_id": keepers.get(row.obligation_id, row.responsible_id),
        }
        for row in rows
    ]
