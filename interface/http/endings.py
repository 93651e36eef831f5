"""Schemas and routes of endings other than closing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from application.endings import ArchiveTicket, RejectTicket, VoidTicket, WithdrawTicket
from interface.http.answers import answered
from interface.http.auth import command
from interface.http.handovers import GroundBody
from interface.http.resource import Resource
from interface.http.schemas import CommandBody
from interface.http.services import services

resource = Resource("endings", "/v1/tickets", "Endings other than closing")


@resource.post("/<uuid:ticket_id>/withdrawal", CommandBody)
def withdraw_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """The client does not want it any more; the reason is theirs."""
    return answered(services().tickets.withdraw(command(WithdrawTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/rejection", GroundBody)
def reject_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Do not accept it (不予受理), on one of the policy's grounds and with a reason."""
    return answered(services().tickets.reject(command(RejectTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/voiding", CommandBody)
def void_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """It was registered in error; its number stays in the register, as void."""
    return answered(services().tickets.void(command(VoidTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/archiving", CommandBody)
def archive_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Put it away once it is closed; it is never reopened."""
    return answered(services().tickets.archive(command(ArchiveTicket, body, ticket_id=ticket_id)))
