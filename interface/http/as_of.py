"""Schemas and routes of what was: a file as of an instant; and what every such answer says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from application.as_of import Then, given_by
from application.instant import AsOf, Clock
from application.rights import rights_of
from application.views.client_file import ClientRow
from application.views.obligations import ObligationRow
from application.views.showing import shallow
from application.views.staff_directory import StaffRow
from application.views.staff_then import ON_TICKETS
from application.views.ticket_file import filed
from application.views.ticket_history import described
from application.views.ticket_register import without_client
from domain.obligation import Obligation
from interface.http.answers import json, plain
from interface.http.auth import actor, reader
from interface.http.instants import ON_CLOCK, Instant
from interface.http.privacy import PURPOSE_HEADER, looker
from interface.http.resource import Resource
from interface.http.schemas import ReadQuery, must_be_holdable, shown
from interface.http.services import services
from interface.http.tickets import TicketSchema, entries_for_me

resource = Resource("as_of", "/v1/audit", "As of an instant (时点): what was, and what was known")


class AsOfQuery(ReadQuery):
    as_of = Instant(
        format="iso",
        required=True,
        validate=must_be_holdable,
        metadata={"description": "What happened at this instant counts; must carry an offset"},
    )
    clock = ON_CLOCK


class CheckpointSchema(Schema):
    """The newest of the sealed log: it covers what stands at positions up to its size."""

    size = fields.Integer(required=True)
    root = fields.String(
        required=True, metadata={"description": "Hash of the tree of so many entries, in base64"}
    )


GIVEN_BY: Mapping[str, fields.Field[Any]] = {
    "as_of": fields.AwareDateTime(required=True),
    "clock": fields.String(required=True),
    "position": fields.Integer(
        required=True, metadata={"description": "Of the last event that may show in the answer"}
    ),
    "head": fields.Integer(
        required=True, metadata={"description": "The newest position when it was asked"}
    ),
    "projector": fields.String(
        required=True,
        metadata={"description": "Digest of the definition of the view that it is made by"},
    ),
    "checkpoint": fields.Nested(
        CheckpointSchema,
        required=True,
        allow_none=True,
        metadata={"description": "null where nothing is sealed"},
    ),
}
"""What every answer says of itself."""

_VERSION = fields.Integer(
    required=True, metadata={"description": "Version of the stream with its last event of then"}
)

PastTicketSchema = Schema.from_dict(
    {
        **GIVEN_BY,
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
        **GIVEN_BY,
        "version": _VERSION,
        "client": fields.Nested(shown(ClientRow, "PastClient"), required=True),
    },
    name="PastClientFile",
)


class RightsSchema(Schema):
    """In one unit, or everywhere (null)."""

    unit = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(
        fields.String(), required=True, metadata={"description": "As this release gives them"}
    )


PastStaffSchema = Schema.from_dict(
    {
        **GIVEN_BY,
        "version": _VERSION,
        "staff": fields.Nested(shown(StaffRow, "PastMember")(exclude=[ON_TICKETS]), required=True),
        "rights": fields.List(fields.Nested(RightsSchema), required=True),
    },
    name="PastStaff",
)


@resource.get("/tickets/<uuid:ticket_id>", PastTicketSchema, AsOfQuery, headers=PURPOSE_HEADER)
def show_past_ticket(query: dict[str, Any], ticket_id: UUID) -> Response:
    """The ticket as it was, folded from the events of by then; masked as that of today is."""
    who, as_of = looker(), asked_instant(query)
    then = services().past.ticket(ticket_id, as_of)
    history = entries_for_me(then.row, [described(fact) for fact in then.facts])
    now = services().ticket_register.ticket(ticket_id) or then.row
    row, history = services().labelled_texts.file(then.row, history, who, standing=now)
    return json(
        _by_replay(as_of, then)
        | {
            "ticket": without_client(row, actor().staff_id),
            "obligations": [with_status(row, as_of) for row in then.obligations()],
            "file": filed(history),
        }
    )


@resource.get("/clients/<uuid:client_id>", PastClientSchema, AsOfQuery, headers=PURPOSE_HEADER)
def show_past_client(query: dict[str, Any], client_id: UUID) -> Response:
    """The client's file as it was, masked as that of today is, by the packs of today."""
    who, as_of = looker(), asked_instant(query)
    then = services().past.client(client_id, as_of)
    row = services().accesses.client(then.row, who)
    return json(_by_replay(as_of, then) | {"client": row})


@resource.get("/staff/<uuid:staff_id>", PastStaffSchema, AsOfQuery)
def show_past_member(query: dict[str, Any], staff_id: UUID) -> Response:
    """A member of staff as they were: post, roles, what these let them do, superior, deputies."""
    reader()
    as_of = asked_instant(query)
    then = services().past.member(staff_id, as_of)
    row = {n: v for n, v in shallow(then.row).items() if n != ON_TICKETS}
    rights = rights_of(then.row, until_now(as_of))
    return json(_by_replay(as_of, then) | {"staff": row, "rights": rights})


def asked_instant(query: dict[str, Any]) -> AsOf:
    return AsOf(query["as_of"], Clock(query["clock"]))


def until_now(as_of: AsOf) -> datetime:
    """What is still to come is not known: at the latest, as of now."""
    return min(as_of.at, services().now())


def given(as_of: AsOf, *, position: int, head: int, projector: str) -> dict[str, Any]:
    """What an answer says of itself."""
    sealing = services().proofs.sealing()
    return given_by(as_of, position=position, head=head, projector=projector, sealing=sealing)


def _by_replay(as_of: AsOf, then: Then[Any]) -> dict[str, Any]:
    """Folded from the events themselves, whatever a view holds."""
    said = given(as_of, position=then.position, head=then.head, projector=then.projector)
    return said | {"version": then.version}


def with_status(row: ObligationRow, as_of: AsOf) -> dict[str, Any]:
    """The obligation and how it stood then."""
    status = Obligation.from_data(row.obligation).status_at(until_now(as_of))
    shown_row: dict[str, Any] = plain(row)
    return shown_row | {"status": str(status)}
