"""Schemas and routes of whose client it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from application.duplicates import DecideDuplicate
from application.ownership import (
    ApproveReassignment,
    AssignClient,
    AuthoriseCrossing,
    PlaceClient,
    ReassignClient,
    RecordFollowUp,
    RejectReassignment,
    ReleaseClient,
)
from application.views.client_ownership import OwnershipRow
from domain.aggregate import UNIT_LIMIT
from domain.errors import NotFound
from domain.ownership import CHANNEL_LIMIT, WORD_LIMIT
from interface.http.answers import answered, page, versioned
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, PageQuery, Text, page_of, shown
from interface.http.services import services

resource = Resource("ownership", "/v1", "Ownership of clients (客户归属)")

CLIENT = "/clients/<uuid:client_id>"

OwnershipSchema = shown(OwnershipRow, "Ownership")
OwnershipPageSchema = page_of(OwnershipSchema)


@resource.get(f"{CLIENT}/ownership", OwnershipSchema)
def show_ownership(query: dict[str, Any], client_id: UUID) -> Response:
    """Whose client it is and was, what is alike, and what the blacklist says."""
    reader()
    row = services().client_ownership.client(client_id)
    if row is None:
        raise NotFound(f"no client {client_id}", field="client_id")
    return versioned(row)


class AssignBody(CommandBody):
    staff_id = fields.UUID(required=True)
    rule = Text(WORD_LIMIT, metadata={"description": "Why to them; grant"})


class ReassignBody(CommandBody):
    staff_id = fields.UUID(required=True)
    ground = Text(WORD_LIMIT, metadata={"description": "A word for it; packs may ask for one"})


class FollowUpBody(CommandBody):
    channel = Text(CHANNEL_LIMIT, required=True, metadata={"description": "phone, sms, visit …"})


class TerritoryBody(CommandBody):
    territory = Text(
        UNIT_LIMIT, required=True, metadata={"description": "The unit in whose area they lie"}
    )


class CrossingBody(CommandBody):
    staff_id = fields.UUID(required=True)


class VerdictBody(CommandBody):
    verdict = fields.String(required=True, validate=validate.OneOf(["merge", "dismiss"]))


@resource.post(f"{CLIENT}/assignment", AssignBody)
def assign_client(body: dict[str, Any], client_id: UUID) -> Response:
    """Give a client of the pool to a manager; a second one at a time is refused."""
    return answered(services().ownership.assign(command(AssignClient, body, client_id=client_id)))


@resource.post(f"{CLIENT}/reassignment", ReassignBody)
def reassign_client(body: dict[str, Any], client_id: UUID) -> Response:
    """Another manager, with a reason; where the pack says so another person approves it."""
    return answered(
        services().ownership.reassign(command(ReassignClient, body, client_id=client_id))
    )


@resource.post(f"{CLIENT}/reassignment/approval", CommandBody)
def approve_reassignment(body: dict[str, Any], client_id: UUID) -> Response:
    """Approve it, as another person than who proposed it."""
    approval = command(ApproveReassignment, body, client_id=client_id)
    return answered(services().ownership.approve_reassignment(approval))


@resource.post(f"{CLIENT}/reassignment/rejection", CommandBody)
def reject_reassignment(body: dict[str, Any], client_id: UUID) -> Response:
    """Decline it, with a reason, as another person."""
    rejection = command(RejectReassignment, body, client_id=client_id)
    return answered(services().ownership.reject_reassignment(rejection))


@resource.post(f"{CLIENT}/release", CommandBody)
def release_client(body: dict[str, Any], client_id: UUID) -> Response:
    """Back to the pool, with a reason."""
    return answered(services().ownership.release(command(ReleaseClient, body, client_id=client_id)))


@resource.post(f"{CLIENT}/follow-ups", FollowUpBody)
def record_follow_up(body: dict[str, Any], client_id: UUID) -> Response:
    """Put on record that somebody got in touch; what the pack calls void voids the ownership."""
    return answered(
        services().ownership.follow_up(command(RecordFollowUp, body, client_id=client_id))
    )


@resource.post(f"{CLIENT}/territory", TerritoryBody)
def place_client(body: dict[str, Any], client_id: UUID) -> Response:
    """Say where the client lies; flagged for reassignment if that is not one's own territory."""
    return answered(services().ownership.place(command(PlaceClient, body, client_id=client_id)))


@resource.post(f"{CLIENT}/territory/authorisation", CrossingBody)
def authorise_crossing(body: dict[str, Any], client_id: UUID) -> Response:
    """Let a colleague of another territory have the client, with a reason."""
    authorisation = command(AuthoriseCrossing, body, client_id=client_id)
    return answered(services().ownership.authorise_crossing(authorisation))


@resource.post(f"{CLIENT}/duplicates/<uuid:other_id>/decision", VerdictBody)
def decide_duplicate(body: dict[str, Any], client_id: UUID, other_id: UUID) -> Response:
    """Merge this newer file into the older one, or say that they are two clients."""
    decision = command(DecideDuplicate, body, client_id=client_id, other_id=other_id)
    return answered(services().duplicates.decide(decision))


@resource.get("/portfolios/<uuid:staff_id>", OwnershipPageSchema, PageQuery)
def list_portfolio(query: dict[str, Any], staff_id: UUID) -> Response:
    """The clients of one manager."""
    return _listed(query, lambda **words: services().client_ownership.of_manager(staff_id, **words))


@resource.get("/portfolios/pool", OwnershipPageSchema, PageQuery)
def list_pool(query: dict[str, Any]) -> Response:
    """The clients of nobody."""
    return _listed(query, lambda **words: services().client_ownership.of_manager(None, **words))


@resource.get("/duplicates", OwnershipPageSchema, PageQuery)
def list_duplicates(query: dict[str, Any]) -> Response:
    """Files that say what an older one says, and wait for a manager to decide."""
    return _listed(query, services().client_ownership.duplicates)


@resource.get("/portfolios/foreign", OwnershipPageSchema, PageQuery)
def list_foreign(query: dict[str, Any]) -> Response:
    """Clients who were put on file from another territory, flagged for reassignment."""
    return _listed(query, services().client_ownership.foreign)


def _listed(query: dict[str, Any], fetch: Any) -> Response:
    reader()
    return page(
        query,
        lambda before, limit: fetch(before=before, limit=limit),
        lambda row: row.registered_position,
    )
