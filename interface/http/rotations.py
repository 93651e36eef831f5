"""Schemas and routes of rotations: whose turn it is."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from application.rotations import DealClients, FormRotation, PassTurn, TakeTurn
from domain.rotation import MOST_DEALT, MOST_MEMBERS
from interface.http.answers import answered, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody
from interface.http.services import services

resource = Resource("rotations", "/v1/rotations", "Rotations (接待轮次)")


class RotationSchema(Schema):
    name = fields.String(required=True)
    members = fields.List(fields.UUID(), required=True)
    next_id = fields.UUID(required=True, metadata={"description": "Whose turn it is"})


class MembersBody(CommandBody):
    members = fields.List(
        fields.UUID(), required=True, validate=validate.Length(min=1, max=MOST_MEMBERS)
    )


class DealBody(CommandBody):
    client_ids = fields.List(
        fields.UUID(), required=True, validate=validate.Length(min=1, max=MOST_DEALT)
    )


class TurnBody(CommandBody):
    client_id = fields.UUID(required=True)


class PassBody(CommandBody):
    staff_id = fields.UUID(metadata={"description": "Whose turn; one's own if not said"})


@resource.get("/<string:name>", RotationSchema)
def show_rotation(query: dict[str, Any], name: str) -> Response:
    """Who is in it, and whose turn it is."""
    reader()
    rotation = services().rotations.rotation(name)
    shown = {"name": rotation.name, "members": rotation.members, "next_id": rotation.next_id}
    return json(shown, headers={"ETag": f'"{rotation.version}"'})


@resource.post("/<string:name>/members", MembersBody)
def form_rotation(body: dict[str, Any], name: str) -> Response:
    """Who is in it from now on, in this order."""
    body["members"] = tuple(body["members"])
    return answered(services().rotations.form(command(FormRotation, body, name=name)))


@resource.post("/<string:name>/deals", DealBody)
def deal_clients(body: dict[str, Any], name: str) -> Response:
    """Deal clients of the pool out, round and round, from whose turn it is on."""
    body["client_ids"] = tuple(body["client_ids"])
    return answered(services().rotations.deal(command(DealClients, body, name=name)))


@resource.post("/<string:name>/turns", TurnBody)
def take_turn(body: dict[str, Any], name: str) -> Response:
    """Serve a walk-in client; refused to whose turn it is not."""
    return answered(services().rotations.take_turn(command(TakeTurn, body, name=name)))


@resource.post("/<string:name>/passes", PassBody)
def pass_turn(body: dict[str, Any], name: str) -> Response:
    """Go without a turn, with a reason; that of another only who gives clients away."""
    return answered(services().rotations.pass_turn(command(PassTurn, body, name=name)))
