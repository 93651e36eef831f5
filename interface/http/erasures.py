"""Schemas and routes of forgetting a client, and of what forbids it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from application.erasures import (
    ApproveErasure,
    LiftHold,
    PlaceHold,
    RequestErasure,
    WithdrawErasure,
)
from domain.erasure import GROUNDS
from interface.http.answers import answered, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, Text
from interface.http.services import services

resource = Resource("erasures", "/v1/clients/<uuid:client_id>", "Forgetting (删除个人信息)")


class ErasureBody(CommandBody):
    ground = Text(
        64, required=True, metadata={"description": f"One of {', '.join(sorted(GROUNDS))}"}
    )


@resource.post("/erasure", ErasureBody)
def request_erasure(body: dict[str, Any], client_id: UUID) -> Response:
    """Ask that this client be forgotten. What must be kept is named: 409 `must_be_kept`."""
    return answered(services().erasures.request(command(RequestErasure, body, client_id=client_id)))


@resource.post("/erasure/withdrawal", CommandBody)
def withdraw_erasure(body: dict[str, Any], client_id: UUID) -> Response:
    """Take the request back, as long as it was not carried out."""
    return answered(
        services().erasures.withdraw(command(WithdrawErasure, body, client_id=client_id))
    )


@resource.post("/erasure/approval", CommandBody)
def approve_erasure(body: dict[str, Any], client_id: UUID) -> Response:
    """Approve it, as another person than who asked; it is done within seconds, and for ever."""
    return answered(services().erasures.approve(command(ApproveErasure, body, client_id=client_id)))


class StepSchema(Schema):
    step = fields.String(required=True)
    by = fields.String(required=True)
    acting_for = fields.String(allow_none=True)
    at = fields.AwareDateTime(required=True)
    position = fields.Integer(required=True)


class CertificateSchema(Schema):
    client_id = fields.UUID(required=True)
    ground = fields.String(allow_none=True)
    erased_at = fields.AwareDateTime(allow_none=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)
    positions = fields.List(
        fields.Integer(), required=True, metadata={"description": "Entries with texts of theirs"}
    )
    checkpoint = fields.String(
        allow_none=True, metadata={"description": "Of the sealed log, which has them all"}
    )


@resource.get("/erasure", CertificateSchema)
def show_erasure(query: dict[str, Any], client_id: UUID) -> Response:
    """The certificate: who asked and approved, on what ground, and which entries it concerns."""
    reader()
    certificate = services().erasures.certificate(client_id)
    return json(asdict(certificate) | {"checkpoint": services().proofs.checkpoint()})


class HoldBody(CommandBody):
    file_number = Text(80, required=True, metadata={"description": "Number of the proceedings"})


@resource.post("/holds", HoldBody)
def place_hold(body: dict[str, Any], client_id: UUID) -> Response:
    """Place a legal hold: until it is lifted nothing of this client is erased."""
    return answered(services().erasures.place_hold(command(PlaceHold, body, client_id=client_id)))


@resource.post("/holds/lifting", HoldBody)
def lift_hold(body: dict[str, Any], client_id: UUID) -> Response:
    """Lift it."""
    return answered(services().erasures.lift_hold(command(LiftHold, body, client_id=client_id)))
