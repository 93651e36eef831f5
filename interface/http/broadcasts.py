"""Schemas and routes of broadcasts."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from application.broadcasts import SendBroadcast
from interface.http.answers import json
from interface.http.auth import command
from interface.http.resource import Resource
from interface.http.schemas import CommandBody
from interface.http.services import services

resource = Resource("broadcasts", "/v1/broadcasts", "One entry on the files of many clients")


class BroadcastBody(CommandBody):
    form = fields.Dict(keys=fields.String(), metadata={"description": "As the kind of entry asks"})


class SentSchema(Schema):
    """Whom it reached, and who was left out for want of consent."""

    reached = fields.List(fields.UUID(), required=True)
    without_consent = fields.List(fields.UUID(), required=True)


@resource.post("/<string:name>", BroadcastBody, answer=SentSchema)
def send_broadcast(body: dict[str, Any], name: str) -> Response:
    """Enter something on the files of all clients that a pack means, consent asked."""
    sent = services().broadcasts.send(command(SendBroadcast, body, name=name))
    return json({"reached": sent.reached, "without_consent": sent.without_consent})
