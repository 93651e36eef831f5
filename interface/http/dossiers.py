"""Schemas and routes of what is signed and ticked on tickets."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from application.dossiers import SignTicket, TickItem
from domain.roles import ROLES
from domain.signoff import Verdict
from interface.http.answers import answered
from interface.http.auth import command
from interface.http.resource import Resource
from interface.http.schemas import CommandBody
from interface.http.services import services

resource = Resource("dossiers", "/v1/tickets", "Sign-offs (会签) and checklists of tickets")


class SignBody(CommandBody):
    role = fields.String(
        required=True,
        validate=validate.OneOf(sorted(ROLES)),
        metadata={"description": "In which of your roles you sign"},
    )
    verdict = fields.String(required=True, validate=validate.OneOf(get_args(Verdict)))


@resource.post("/<uuid:ticket_id>/signoffs/<string:signoff>", SignBody)
def sign_ticket(body: dict[str, Any], ticket_id: UUID, signoff: str) -> Response:
    """Sign when it is your turn, or refuse with a reason: then the round begins anew."""
    signed = command(SignTicket, body, ticket_id=ticket_id, signoff=signoff)
    return answered(services().dossiers.sign(signed))


@resource.post("/<uuid:ticket_id>/checklists/<string:checklist>/<string:item>", CommandBody)
def tick_item(body: dict[str, Any], ticket_id: UUID, checklist: str, item: str) -> Response:
    """Tick an item of a checklist."""
    ticked = command(TickItem, body, ticket_id=ticket_id, checklist=checklist, item=item)
    return answered(services().dossiers.tick(ticked))
