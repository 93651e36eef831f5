"""Schemas and routes of volunteers (志愿者), their teams, and who is offered for a ticket."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from application.volunteers import (
    DeclareAvailability,
    EnrolVolunteer,
    JoinTeam,
    LeaveTeam,
    RegisterVolunteer,
)
from domain.volunteering import MOST_AREAS, WEEKDAYS
from interface.http.answers import answered, created, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReadQuery, Text
from interface.http.services import services

resource = Resource("volunteers", "/v1", "Volunteers and their teams (志愿服务)")


class AvailabilityBody(CommandBody):
    areas = fields.List(
        Text(64),
        load_default=list,
        validate=validate.Length(min=1, max=MOST_AREAS),
        metadata={"description": "Where they serve; not said: anywhere"},
    )
    weekdays = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)),
        load_default=list,
        validate=validate.Length(min=1, max=len(WEEKDAYS)),
        metadata={"description": "On which days of the week; not said: on any"},
    )


class VolunteerBody(AvailabilityBody):
    staff_id = fields.UUID()
    name = Text(200, required=True)
    unit = Text(64)
    charter_accepted = fields.Boolean(required=True, truthy={True}, falsy={False})
    origin = Text(64, required=True)


@resource.post("/volunteers", VolunteerBody, status=201)
def register_volunteer(body: dict[str, Any]) -> Response:
    """Register somebody who serves unpaid, and has accepted the charter."""
    said = body | {name: tuple(body[name]) for name in ("areas", "weekdays")}
    receipt = services().volunteers.register(command(RegisterVolunteer, said))
    return created(receipt, "staff.show_staff", staff_id=receipt.stream_id)


class EnrolmentBody(CommandBody):
    charter_accepted = fields.Boolean(required=True, truthy={True}, falsy={False})
    origin = Text(64, required=True)


@resource.post("/staff/<uuid:staff_id>/enrolment", EnrolmentBody)
def enrol_volunteer(body: dict[str, Any], staff_id: UUID) -> Response:
    """A colleague becomes a volunteer as well."""
    return answered(services().volunteers.enrol(command(EnrolVolunteer, body, staff_id=staff_id)))


@resource.post("/staff/<uuid:staff_id>/availability", AvailabilityBody)
def declare_availability(body: dict[str, Any], staff_id: UUID) -> Response:
    """Say where and when you serve as a volunteer."""
    said = body | {name: tuple(body[name]) for name in ("areas", "weekdays")}
    declared = command(DeclareAvailability, said, staff_id=staff_id)
    return answered(services().volunteers.declare_availability(declared))


class TeamBody(CommandBody):
    team = Text(200, required=True)


@resource.post("/staff/<uuid:staff_id>/teams", TeamBody)
def join_team(body: dict[str, Any], staff_id: UUID) -> Response:
    """They join a team; whoever does has the skill of its speciality."""
    return answered(services().volunteers.join(command(JoinTeam, body, staff_id=staff_id)))


@resource.post("/staff/<uuid:staff_id>/teams/<string:team>/departure", CommandBody)
def leave_team(body: dict[str, Any], staff_id: UUID, team: str) -> Response:
    """They are in that team no longer."""
    left = command(LeaveTeam, body, staff_id=staff_id, team=team)
    return answered(services().volunteers.leave(left))


class TeamSchema(Schema):
    team = fields.String(required=True)
    title = fields.String(required=True)
    skill = fields.String(allow_none=True, metadata={"description": "Who joins it has that"})
    pack = fields.String(required=True)
    pack_version = fields.Integer(required=True)
    members = fields.List(fields.UUID(), required=True)
    volunteers = fields.List(fields.UUID(), required=True)


class TeamsSchema(Schema):
    items = fields.List(fields.Nested(TeamSchema), required=True)


@resource.get("/teams", TeamsSchema, ReadQuery)
def list_teams(query: dict[str, Any]) -> Response:
    """The teams that the packs in force name, and who is in them."""
    reader()
    items = []
    for pack, name, team in services().volunteers.teams(services().now()):
        members = services().staff_directory.volunteering(team=name)
        items.append(
            {
                "team": name,
                "title": team.title,
                "skill": team.skill,
                "pack": pack.pack,
                "pack_version": pack.version,
                "members": [row.staff_id for row in members],
                "volunteers": [row.staff_id for row in members if row.origin is not None],
            }
        )
    return json({"items": items})


class OfferedSchema(Schema):
    staff_ids = fields.List(fields.UUID(), required=True)


@resource.get("/tickets/<uuid:ticket_id>/people/<string:question>", OfferedSchema)
def offer_people(query: dict[str, Any], ticket_id: UUID, question: str) -> Response:
    """Who fits, now, what a pack of the ticket asks for under this name."""
    reader()
    found = services().tickets.people(ticket_id, question, services().now())
    return json({"staff_ids": found})
