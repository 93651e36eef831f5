"""Schemas and routes of the blacklist (客户黑名单)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from application.blacklisting import (
    ApproveBlacklisting,
    LiftBlacklist,
    ProposeBlacklisting,
    RejectBlacklisting,
    ReviewBlacklist,
)
from application.views.client_ownership import OwnershipRow
from domain.blacklist import EVIDENCE_LIMIT
from interface.http.answers import answered, page
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, PageQuery, Text, aware_time, page_of, shown
from interface.http.services import services

resource = Resource("blacklist", "/v1", "Blacklist (客户黑名单)")

AT = "/clients/<uuid:client_id>/blacklisting"


class ProposeBody(CommandBody):
    scope = Text(40, metadata={"description": "What it keeps from the client; orders"})
    evidence = fields.List(
        Text(400), required=True, validate=validate.Length(min=1, max=EVIDENCE_LIMIT)
    )
    review_at = aware_time("When to look at it again")


class ReviewBody(CommandBody):
    review_at = aware_time("When to look at it again", required=True)


@resource.post(AT, ProposeBody)
def propose_blacklisting(body: dict[str, Any], client_id: UUID) -> Response:
    """Propose the client for the blacklist, with a reason and what shows it; another decides."""
    body["evidence"] = tuple(body["evidence"])
    return answered(
        services().blacklist.propose(command(ProposeBlacklisting, body, client_id=client_id))
    )


@resource.post(f"{AT}/approval", CommandBody)
def approve_blacklisting(body: dict[str, Any], client_id: UUID) -> Response:
    """Put the client on the blacklist, as another person than who proposed it."""
    return answered(
        services().blacklist.approve(command(ApproveBlacklisting, body, client_id=client_id))
    )


@resource.post(f"{AT}/rejection", CommandBody)
def reject_blacklisting(body: dict[str, Any], client_id: UUID) -> Response:
    """Decline the proposal, with a reason, as another person."""
    return answered(
        services().blacklist.reject(command(RejectBlacklisting, body, client_id=client_id))
    )


@resource.post(f"{AT}/review", ReviewBody)
def review_blacklist(body: dict[str, Any], client_id: UUID) -> Response:
    """The entry was looked at and stays, with a reason, until it is looked at again."""
    return answered(
        services().blacklist.review(command(ReviewBlacklist, body, client_id=client_id))
    )


@resource.post(f"{AT}/lifting", CommandBody)
def lift_blacklist(body: dict[str, Any], client_id: UUID) -> Response:
    """Take the client off the blacklist, with a reason."""
    return answered(services().blacklist.lift(command(LiftBlacklist, body, client_id=client_id)))


@resource.get("/blacklist", page_of(shown(OwnershipRow, "BlacklistEntry")), PageQuery)
def list_blacklist(query: dict[str, Any]) -> Response:
    """Who is on it or proposed for it: why, shown by what, approved by whom, reviewed when."""
    reader()
    asked = services().client_ownership
    return page(
        query,
        lambda before, limit: asked.blacklist(before=before, limit=limit),
        lambda row: row.registered_position,
    )
