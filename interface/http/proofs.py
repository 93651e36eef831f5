"""Routes for those who check: proofs of single entries."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from domain.errors import Invalid
from interface.http.answers import json
from interface.http.auth import reader
from interface.http.resource import Resource
from interface.http.services import services

resource = Resource("proofs", "/v1/audit/proof", "Evidence (查验)")


class ProofSchema(Schema):
    position = fields.Integer(required=True)
    index = fields.Integer(required=True, metadata={"description": "Of the leaf, from 0"})
    entry = fields.String(required=True, metadata={"description": "The leaf, in base64"})
    path = fields.List(fields.String(), required=True, metadata={"description": "RFC 6962"})
    checkpoint = fields.String(required=True, metadata={"description": "C2SP tlog-checkpoint"})
    instance = fields.String(allow_none=True, metadata={"description": "Who appended it"})
    first = fields.Integer(allow_none=True, metadata={"description": "First of its batch"})
    batch = fields.List(fields.String(), metadata={"description": "Leaf hashes of its batch"})
    signed = fields.String(allow_none=True, metadata={"description": "By that instance"})


@resource.get("/<int:position>", answer=ProofSchema, refused=(409,))
def proof(query: dict[str, Any], position: int) -> Response:
    """That what stands at a position is in the sealed log: to be checked without us.

    How: docs/evidence.md. A position that was not sealed yet answers 409 `not_sealed`.
    """
    reader()
    if position < 1:
        raise Invalid("positions begin at 1", field="position")
    return json(services().proofs.proof(position))
