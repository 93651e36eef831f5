"""Schemas and routes of what was: a file, a list or its counts as of an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from application.as_of import Then
from application.instant import AsOf, Clock
from application.views.client_file import ClientRow
from application.views.obligations import ObligationRow
from application.views.showing import shallow
from application.views.staff_directory import StaffRow
from application.views.ticket_file import filed
from application.views.ticket_history import described
from application.views.ticket_register import TicketFilter, without_client
from application.views.ticket_then import Shown, Stood
from domain.obligation import Obligation
from interface.http.answers import json, page, plain
from interface.http.auth import actor, reader
from interface.http.instants import ON_CLOCK, Instant
from interface.http.resource import Resource
from interface.http.schemas import PageQuery, ReadQuery, must_be_holdable, shown
from interface.http.services import services
from interface.http.tickets import (
    CountsSchema,
    FilterQuery,
    TicketSchema,
    entries_for_me,
    read_filter,
)

resource = Resource("as_of", "/v1/audit", "As of an instant (时点): what was, and what was known")


class AsOfQuery(ReadQuery):
    as_of = Instant(
        format="iso",
        required=True,
        validate=must_be_holdable,
        metadata={"description": "What happened at this instant counts; must carry an offset"},
    )
    clock = ON_CLOCK


_AS_OF: Mapping[str, fields.Field[Any]] = {
    "as_of": fields.AwareDateTime(required=True),
    "clock": fields.String(required=True),
    "position": fields.Integer(
        required=True, metadata={"description": "Of the last event that may show in the answer"}
    ),
    "head": fields.Integer(
        required=True, metadata={"description": "The newest position when it was asked"}
    ),
}

_PROJECTOR = fields.String(
    required=True, metadata={"description": "Digest of the definition of the view that was asked"}
)

_VERSION = fields.Integer(
    required=True, metadata={"description": "Version of the stream with its last event of then"}
)

PastTicketSchema = Schema.from_dict(
    {
        **_AS_OF,
        "version": _VERSION,
        "ticket": fields.Nested(TicketSchema, required=True),
        "obligations": fields.List(
            fields.Nested(
                shown(ObligationRow, "PastObligation", status=fields.String(required=True))
            ),
            required=True,
        ),
        "file": fields.Dict(required=True),
    },
    name="PastTicket",
)

PastClientSchema = Schema.from_dict(
    {
        **_AS_OF,
        "version": _VERSION,
        "client": fields.Nested(shown(ClientRow, "PastClient"), required=True),
    },
    name="PastClientFile",
)

_ON_TICKETS = "last_assigned_at"
"""What of a member of staff is not told in their own stream."""

PastStaffSchema = Schema.from_dict(
    {
        **_AS_OF,
        "version": _VERSION,
        "staff": fields.Nested(shown(StaffRow, "PastMember")(exclude=[_ON_TICKETS]), required=True),
    },
    name="PastStaff",
)

_READ_SO_FAR = ("version", "position", "changed_at")
"""What a row of the register says of its last event; of then, it is the file that says it."""

_STOOD = {
    name: field
    for name, field in TicketSchema().declared_fields.items()
    if name not in _READ_SO_FAR
}

ListedSchema = Schema.from_dict(
    {
        **_STOOD,
        "since": fields.AwareDateTime(
            required=True,
            metadata={"description": "Since when it had been so, by the clock that was asked"},
        ),
    },
    name="PastListed",
)

PastTicketsSchema = Schema.from_dict(
    {
        **_AS_OF,
        "projector": _PROJECTOR,
        "items": fields.List(fields.Nested(ListedSchema), required=True),
        "next": fields.String(allow_none=True),
    },
    name="PastTickets",
)

PastCountsSchema = Schema.from_dict(
    {**_AS_OF, "projector": _PROJECTOR, "counts": fields.Nested(CountsSchema, required=True)},
    name="PastCounts",
)


class PastFilterQuery(AsOfQuery, FilterQuery):
    pass


class PastListQuery(PageQuery, PastFilterQuery):
    pass


@resource.get("/tickets", PastTicketsSchema, PastListQuery)
def list_past_tickets(query: dict[str, Any]) -> Response:
    """The register of tickets as it was: which fitted then, each as it stood then; newest first."""
    reader()
    as_of, asked = _asked(query)
    answered: dict[str, Any] = {}

    def fetch(before: int | None, limit: int) -> Sequence[dict[str, Any]]:
        found = services().tickets_then.page(asked, as_of, before=before, limit=limit)
        answered.update(_by_view(as_of, found))
        return [_stood(one) for one in found.rows]

    return page(query, fetch, lambda row: row["opened_position"], said=lambda: answered)


@resource.get("/tickets/counts", PastCountsSchema, PastFilterQuery)
def count_past_tickets(query: dict[str, Any]) -> Response:
    """How many there were: all, by state, procedure and channel, closed or not."""
    reader()
    as_of, asked = _asked(query)
    found = services().tickets_then.counts(asked, as_of)
    return json(_by_view(as_of, found) | {"counts": found.counts})


@resource.get("/tickets/<uuid:ticket_id>", PastTicketSchema, AsOfQuery)
def show_past_ticket(query: dict[str, Any], ticket_id: UUID) -> Response:
    """The ticket as it was, folded from the events of by then, with what had happened."""
    reader()
    as_of = _as_of(query)
    then = services().past.ticket(ticket_id, as_of)
    history = entries_for_me(then.row, [described(fact) for fact in then.facts])
    return json(
        _by_replay(as_of, then)
        | {
            "ticket": without_client(then.row, actor().staff_id),
            "obligations": [_with_status(row, as_of) for row in then.obligations()],
            "file": filed(history),
        }
    )


@resource.get("/clients/<uuid:client_id>", PastClientSchema, AsOfQuery)
def show_past_client(query: dict[str, Any], client_id: UUID) -> Response:
    """The client's file as it was."""
    reader()
    as_of = _as_of(query)
    then = services().past.client(client_id, as_of)
    return json(_by_replay(as_of, then) | {"client": then.row})


@resource.get("/staff/<uuid:staff_id>", PastStaffSchema, AsOfQuery)
def show_past_member(query: dict[str, Any], staff_id: UUID) -> Response:
    """A member of staff as they were: post, roles, superior, deputies, on duty or not."""
    reader()
    as_of = _as_of(query)
    then = services().past.member(staff_id, as_of)
    row = {n: v for n, v in shallow(then.row).items() if n != _ON_TICKETS}
    return json(_by_replay(as_of, then) | {"staff": row})


def _as_of(query: dict[str, Any]) -> AsOf:
    return AsOf(query["as_of"], Clock(query["clock"]))


def _asked(query: dict[str, Any]) -> tuple[AsOf, TicketFilter]:
    others = {name: v for name, v in query.items() if name not in ("as_of", "clock")}
    return _as_of(query), read_filter(others)


def _by_replay(as_of: AsOf, then: Then[Any]) -> dict[str, Any]:
    """What the answer is made of: folded from the events themselves, by no view."""
    said = {"position": then.position, "head": then.head, "version": then.version}
    return {"as_of": as_of.at, "clock": as_of.clock} | said


def _by_view(as_of: AsOf, found: Shown) -> dict[str, Any]:
    return {
        "as_of": as_of.at,
        "clock": as_of.clock,
        "position": found.position,
        "head": services().register.head(),
        "projector": found.definition,
    }


def _stood(one: Stood) -> dict[str, Any]:
    row = shallow(without_client(one.ticket, actor().staff_id))
    return {n: v for n, v in row.items() if n not in _READ_SO_FAR} | {"since": one.since}


def _with_status(row: ObligationRow, as_of: AsOf) -> dict[str, Any]:
    """What is still to come is not known: at the latest, as of now."""
    at = min(as_of.at, services().now())
    shown_row: dict[str, Any] = plain(row)
    return shown_row | {"status": str(Obligation.from_data(row.obligation).status_at(at))}
