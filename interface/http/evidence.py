"""Schemas and routes of evidence: what is attached to tickets."""

from __future__ import annotations

import base64
import binascii
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, request, send_file, url_for
from marshmallow import ValidationError, fields

from application.dossiers import AttachEvidence, GrantEvidence
from domain.evidence import NAME_LIMIT, SIZE_LIMIT
from interface.http.answers import answered, plain
from interface.http.auth import command
from interface.http.privacy import PURPOSE_HEADER, looker
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReceiptSchema, Text
from interface.http.services import services

BODY_LIMIT = SIZE_LIMIT * 4 // 3 + 1024 * 1024
"""Largest body here, in bytes: the largest attachment in base64, and room for more."""

resource = Resource("evidence", "/v1/tickets", "Evidence attached to tickets")


@resource.blueprint.before_request  # type: ignore[untyped-decorator]  # flask-smorest is not typed
def take_large_bodies() -> None:
    request.max_content_length = BODY_LIMIT


class Base64(fields.String):
    """Bytes, as RFC 4648 writes them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("must be base64") from None


class EvidenceBody(CommandBody):
    kind = Text(40, required=True, metadata={"description": "What it shows, one word: receipt"})
    name = Text(NAME_LIMIT, required=True, metadata={"description": "Name of the file"})
    media_type = Text(100, required=True)
    label = Text(200, metadata={"description": "How secret it is: a label that the packs give"})
    content = Base64(required=True, metadata={"description": "In base64; at most 10 MiB"})


class AttachedSchema(ReceiptSchema):
    digest = fields.String(required=True, metadata={"description": "SHA-256 of it, in hex"})


@resource.post("/<uuid:ticket_id>/evidence", EvidenceBody, status=201, answer=AttachedSchema)
def attach_evidence(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Attach what shows how things are; it is kept sealed, found by its digest."""
    attached = command(AttachEvidence, body, ticket_id=ticket_id)
    answer = answered(services().dossiers.attach(attached), 201, digest=attached.digest)
    answer.headers["Location"] = url_for(
        "evidence.show_evidence", ticket_id=ticket_id, digest=attached.digest
    )
    return answer


@resource.get(
    "/<uuid:ticket_id>/evidence/<string:digest>",
    {"type": "string", "format": "binary"},
    content_type="application/octet-stream",
    headers=PURPOSE_HEADER,
)
def show_evidence(query: dict[str, Any], ticket_id: UUID, digest: str) -> Response:
    """An attachment as it was attached, to be saved and not shown in place.

    Of one with a label it is put on record who took it, and whom it was refused.
    """
    services().accesses.evidence(ticket_id, digest, looker())
    evidence = services().dossiers.evidence(ticket_id, digest)
    return send_file(
        BytesIO(evidence.content),
        evidence.attached.media_type,
        as_attachment=True,
        download_name=plain(evidence.attached.name),
        etag=False,
        max_age=0,
    )


class GrantBody(CommandBody):
    to_id = fields.UUID(required=True)


@resource.post("/<uuid:ticket_id>/evidence/<string:digest>/grants", GrantBody)
def grant_evidence(body: dict[str, Any], ticket_id: UUID, digest: str) -> Response:
    """Open an attachment to a colleague whatever its label, with a reason."""
    grant = command(GrantEvidence, body, ticket_id=ticket_id, digest=digest)
    return answered(services().dossiers.grant(grant))
