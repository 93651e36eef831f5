"""Schemas and routes of handing over: offers, decisions, queues, whose turn it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from application.handovers import (
    AcceptTransfer,
    AssignTicket,
    DecideTransfer,
    DeclineTransfer,
    OfferTransfer,
    RouteTicket,
    TakeTicket,
    WithdrawTransfer,
)
from domain.aggregate import UNIT_LIMIT
from domain.sealed import TEXT_LIMIT
from domain.staff import COMPETENCE_LIMIT
from interface.http.answers import answered
from interface.http.auth import command
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, Text
from interface.http.services import services

resource = Resource("handovers", "/v1/tickets", "Handing over (首问负责)")


class OfferBody(CommandBody):
    to_id = fields.UUID(required=True)
    summary = Text(TEXT_LIMIT)


@resource.post("/<uuid:ticket_id>/transfer", OfferBody)
def offer_transfer(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Offer the ticket to a colleague, with a reason. You own it until they accept."""
    return answered(
        services().tickets.offer_transfer(command(OfferTransfer, body, ticket_id=ticket_id))
    )


@resource.post("/<uuid:ticket_id>/transfer/acceptance", CommandBody)
def accept_transfer(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Take over a ticket that is offered to you."""
    return answered(
        services().tickets.accept_transfer(command(AcceptTransfer, body, ticket_id=ticket_id))
    )


class GroundBody(CommandBody):
    ground = Text(64, required=True)


@resource.post("/<uuid:ticket_id>/transfer/refusal", GroundBody)
def decline_transfer(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Return an offered ticket (退单), on one of the procedure's grounds and with a reason."""
    return answered(
        services().tickets.decline_transfer(command(DeclineTransfer, body, ticket_id=ticket_id))
    )


@resource.post("/<uuid:ticket_id>/transfer/withdrawal", CommandBody)
def withdraw_transfer(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Take your offer back."""
    return answered(
        services().tickets.withdraw_transfer(command(WithdrawTransfer, body, ticket_id=ticket_id))
    )


class DecisionBody(CommandBody):
    to_id = fields.UUID(required=True)


@resource.post("/<uuid:ticket_id>/transfer/decision", DecisionBody)
def decide_transfer(body: dict[str, Any], ticket_id: UUID) -> Response:
    """As the owner's superior, say with a reason whose it is, once it came back too often."""
    return answered(
        services().tickets.decide_transfer(command(DecideTransfer, body, ticket_id=ticket_id))
    )


class RoutingBody(CommandBody):
    unit = Text(UNIT_LIMIT, required=True)


@resource.post("/<uuid:ticket_id>/routing", RoutingBody)
def route_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Put it into the queue of a unit. You own it until somebody there takes it."""
    return answered(services().tickets.route(command(RouteTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/taking", CommandBody)
def take_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Take it out of the queue of your unit: it is yours from now on."""
    return answered(services().tickets.take(command(TakeTicket, body, ticket_id=ticket_id)))


class AssignmentBody(RoutingBody):
    competence = Text(COMPETENCE_LIMIT)


@resource.post("/<uuid:ticket_id>/assignment", AssignmentBody)
def assign_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Offer it to whose turn it is in a unit; if nobody is available, to who is next in line."""
    assignment = command(AssignTicket, body, ticket_id=ticket_id)
    colleagues = services().staff_directory.of_unit(assignment.unit)
    return answered(services().tickets.assign(assignment, colleagues))
