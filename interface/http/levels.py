"""Schemas and routes of levels of staff, and of commendations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from flask import Response
from marshmallow import Schema, fields

from application.levels import AssignLevel, CommendStaff
from domain.sealed import TEXT_LIMIT
from interface.http.answers import answered, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, Text, aware_time
from interface.http.services import services

resource = Resource("levels", "/v1", "Levels of staff, and commendations")

LadderSchema = Schema.from_dict(
    {
        "code": fields.String(required=True),
        "title": fields.String(required=True),
        "levels": fields.List(fields.Dict(), required=True),
        "supervises": fields.Boolean(required=True),
        "rule": fields.String(allow_none=True),
    },
    name="Ladder",
)


@resource.get(
    "/ladders",
    Schema.from_dict({"items": fields.List(fields.Nested(LadderSchema))}, name="Ladders"),
)
def list_ladders(query: dict[str, Any]) -> Response:
    """Every ladder in force, its levels from the lowest to the highest."""
    reader()
    told = ("title", "levels", "supervises", "rule")
    ladders = services().schemes.ladders(services().now()).items()
    said = [(code, msgspec.to_builtins(ladder)) for code, ladder in ladders]
    return json({"items": [{"code": code} | {n: one[n] for n in told} for code, one in said]})


class LevelBody(CommandBody):
    ladder = Text(64, required=True)
    level = Text(64, required=True)
    assessment_id = fields.UUID(metadata={"description": "The published assessment it follows"})
    ticket_id = fields.UUID(metadata={"description": "The first time: the appointment"})
    valid_until = aware_time("Good until then; without it until another is assigned")


@resource.post("/staff/<uuid:staff_id>/levels", LevelBody)
def assign_level(body: dict[str, Any], staff_id: UUID) -> Response:
    """Assign them a level: appointment, promotion or demotion."""
    return answered(services().levels.assign(command(AssignLevel, body, staff_id=staff_id)))


class CommendationBody(CommandBody):
    text = Text(TEXT_LIMIT, required=True)


@resource.post("/staff/<uuid:staff_id>/commendations", CommendationBody)
def commend_staff(body: dict[str, Any], staff_id: UUID) -> Response:
    """Say on their file what they did well."""
    return answered(services().levels.commend(command(CommendStaff, body, staff_id=staff_id)))
