"""What clients see of their matter; staff ask for it, clients have no tokens yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from application.views.ticket_file import for_client, told_to_client
from interface.http.answers import json
from interface.http.privacy import PURPOSE_HEADER, looker
from interface.http.resource import Resource
from interface.http.services import services
from interface.http.tickets import FILE_LIMIT, found

resource = Resource("portal", "/v1/tickets", "What the client sees")

MessageSchema = Schema.from_dict(
    {
        "event": fields.String(required=True, metadata={"description": "opened, noted, answered"}),
        "text": fields.String(required=True),
        "occurred_at": fields.AwareDateTime(required=True),
    },
    name="MessageToClient",
)
PortalSchema = Schema.from_dict(
    {
        "number": fields.String(allow_none=True),
        "procedure": fields.String(required=True),
        "is_closed": fields.Boolean(required=True),
        "opened_at": fields.AwareDateTime(required=True),
        "closed_at": fields.AwareDateTime(allow_none=True),
        "messages": fields.List(fields.Nested(MessageSchema), required=True),
    },
    name="TicketAsClient",
)


@resource.get("/<uuid:ticket_id>/as-client", PortalSchema, headers=PURPOSE_HEADER)
def show_as_client(query: dict[str, Any], ticket_id: UUID) -> Response:
    """The matter as its client may see it: their words, our answers, notes that are for them."""
    who, row = looker(), found(ticket_id)
    history = services().ticket_history.of_ticket(ticket_id, after=0, limit=FILE_LIMIT)
    said_to_them = services().labelled_texts.history(row, for_client(history), who)
    said = {
        "number": row.number,
        "procedure": row.procedure,
        "is_closed": row.is_closed,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "messages": told_to_client(said_to_them),
    }
    return json(said)
