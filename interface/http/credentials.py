"""Schemas and routes of bearer tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from application.people import IssueCredential, IssuedToken, RevokeCredential, RotateCredential
from domain.credential import LONGEST_GRACE_SECONDS, SCOPES
from interface.http.answers import answered
from interface.http.auth import command
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReceiptSchema, aware_time
from interface.http.services import services

resource = Resource("credentials", "/v1/staff", "Bearer tokens of staff")


class CredentialBody(CommandBody):
    expires_at = aware_time("Good until then; without it as long as is usual in this house")
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted(SCOPES))),
        validate=validate.Length(1, len(SCOPES)),
        metadata={"description": "What it is good for; without it for all that their roles allow"},
    )


class TokenSchema(ReceiptSchema):
    token = fields.String(required=True)
    credential_id = fields.String(required=True)


@resource.post("/<uuid:staff_id>/credentials", CredentialBody, status=201, answer=TokenSchema)
def issue_credential(body: dict[str, Any], staff_id: UUID) -> Response:
    """A bearer token for them, shown in this answer and never again."""
    scopes = body.pop("scopes", None)
    asked = {} if scopes is None else {"scopes": tuple(sorted(scopes))}
    issue = command(IssueCredential, body, staff_id=staff_id, **asked)
    return _shown(services().people.issue_credential(issue))


class RotationBody(CommandBody):
    expires_at = aware_time("The new one is good until then; without it as long as is usual")
    grace_seconds = fields.Integer(
        strict=True,
        validate=validate.Range(0, LONGEST_GRACE_SECONDS),
        load_default=600,
        metadata={"description": "So long the old one stays good; 0 ends it at once"},
    )


@resource.post(
    "/<uuid:staff_id>/credentials/<string:credential_id>/rotation",
    RotationBody,
    status=201,
    answer=TokenSchema,
)
def rotate_credential(body: dict[str, Any], staff_id: UUID, credential_id: str) -> Response:
    """A new token for this one. Everybody may have it for the one that they ask with."""
    grace = timedelta(seconds=body.pop("grace_seconds"))
    of = {"staff_id": staff_id, "credential_id": credential_id}
    rotation = command(RotateCredential, body, grace=grace, **of)
    return _shown(services().people.rotate_credential(rotation))


@resource.post("/<uuid:staff_id>/credentials/<string:credential_id>/revocation", CommandBody)
def revoke_credential(body: dict[str, Any], staff_id: UUID, credential_id: str) -> Response:
    """The token is worth nothing from now on."""
    revocation = command(RevokeCredential, body, staff_id=staff_id, credential_id=credential_id)
    return answered(services().people.revoke_credential(revocation))


def _shown(issued: IssuedToken) -> Response:
    return answered(issued.receipt, 201, token=issued.token, credential_id=issued.credential_id)
