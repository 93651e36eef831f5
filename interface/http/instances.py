"""Schemas and routes of instances: which homes append, as two persons want it."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from application.instances import RegisterInstance, RevokeInstance
from interface.http.answers import answered, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, Text
from interface.http.services import services

resource = Resource("instances", "/v1/instances", "Instances of the desk (实例)")

InstanceSchema = Schema.from_dict(
    {
        "name": fields.String(required=True),
        "vkey": fields.String(
            required=True, metadata={"description": "Public key, as C2SP signed notes write it"}
        ),
        "is_revoked": fields.Boolean(required=True),
    },
    name="Instance",
)
AskedSchema = Schema.from_dict(
    {"vkey": fields.String(required=True), "asked_for": fields.String(required=True)},
    name="AskedOfInstance",
)
InstancesSchema = Schema.from_dict(
    {
        "items": fields.List(fields.Nested(InstanceSchema), required=True),
        "asked": fields.List(
            fields.Nested(AskedSchema),
            required=True,
            metadata={"description": "What another person has to approve"},
        ),
    },
    name="Instances",
)


class ApproveInstanceBody(CommandBody):
    vkey = Text(400, required=True)


@resource.get("", InstancesSchema)
def list_instances(query: dict[str, Any]) -> Response:
    """Which homes append, since they were let in, and what is asked of which."""
    reader()
    instances = services().instances
    items = [
        {"name": known.name, "vkey": known.vkey, "is_revoked": known.is_revoked}
        for known in instances.all()
    ]
    asked = [{"vkey": vkey, "asked_for": what} for vkey, what in instances.asked().items()]
    return json({"items": items, "asked": asked})


@resource.post("/registration", ApproveInstanceBody)
def register_instance(body: dict[str, Any]) -> Response:
    """Let a home append, as somebody else asked: compare its key with what it shows there."""
    return answered(services().instances.register(command(RegisterInstance, body)))


@resource.post("/revocation", ApproveInstanceBody)
def revoke_instance(body: dict[str, Any]) -> Response:
    """What it signs from now on counts no more, as somebody else asked."""
    return answered(services().instances.revoke(command(RevokeInstance, body)))
