"""Schemas and routes of staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from application.people import (
    GoOffDuty,
    GoOnDuty,
    GrantCompetence,
    GrantRole,
    Leave,
    NameDeputy,
    NameSuperior,
    RegisterStaff,
    RevokeRole,
    TakePost,
    WithdrawCompetence,
)
from application.views.staff_directory import StaffRow
from domain.errors import NotFound
from domain.roles import ROLES
from domain.staff import COMPETENCE_LIMIT
from interface.http.answers import answered, created, page, versioned
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import (
    CommandBody,
    PageQuery,
    Text,
    aware_time,
    page_of,
    shown,
)
from interface.http.services import services

resource = Resource("staff", "/v1/staff", "Staff")

StaffSchema = shown(StaffRow, "Staff")


class RegisterStaffBody(CommandBody):
    staff_id = fields.UUID()
    name = Text(200, required=True)
    unit = Text(64)


@resource.post("", RegisterStaffBody, status=201)
def register_staff(body: dict[str, Any]) -> Response:
    """Register a member of staff."""
    receipt = services().people.register(command(RegisterStaff, body))
    return created(receipt, "staff.show_staff", staff_id=receipt.stream_id)


@resource.get("", page_of(StaffSchema), PageQuery)
def list_staff(query: dict[str, Any]) -> Response:
    """Staff, newest first."""
    reader()
    directory = services().staff_directory
    return page(
        query,
        lambda before, limit: directory.page(before=before, limit=limit),
        lambda row: row.registered_position,
    )


@resource.get("/<uuid:staff_id>", StaffSchema)
def show_staff(query: dict[str, Any], staff_id: UUID) -> Response:
    """One member of staff."""
    reader()
    return versioned(member(staff_id))


class PostBody(CommandBody):
    post = Text(100, required=True)
    roles = fields.List(
        Text(64),
        required=True,
        validate=validate.Length(min=1, max=len(ROLES)),
        metadata={"description": f"Any of {', '.join(sorted(ROLES))}"},
    )


@resource.post("/<uuid:staff_id>/post", PostBody)
def take_post(body: dict[str, Any], staff_id: UUID) -> Response:
    """Give them a post and its roles; the one before ends."""
    roles = tuple(body.pop("roles"))
    return answered(
        services().people.take_post(command(TakePost, body, staff_id=staff_id, roles=roles))
    )


class RoleBody(CommandBody):
    role = fields.String(required=True, validate=validate.OneOf(sorted(ROLES)))
    unit = Text(64, metadata={"description": "Only for what belongs to it; without it everywhere"})
    start = aware_time("From then on; without it from now on")
    end = aware_time("Up to, and not with, this time; without it until it is revoked")


@resource.post("/<uuid:staff_id>/roles", RoleBody)
def grant_role(body: dict[str, Any], staff_id: UUID) -> Response:
    """Give them a role besides those of their post, for a while, in a unit."""
    return answered(services().people.grant_role(command(GrantRole, body, staff_id=staff_id)))


class RevokeRoleBody(CommandBody):
    unit = Text(64, metadata={"description": "The unit that it was given for, if any"})


@resource.post("/<uuid:staff_id>/roles/<string:role>/revocation", RevokeRoleBody)
def revoke_role(body: dict[str, Any], staff_id: UUID, role: str) -> Response:
    """They have it no more; what their post brings they keep."""
    revocation = command(RevokeRole, body, staff_id=staff_id, role=role)
    return answered(services().people.revoke_role(revocation))


class SuperiorBody(CommandBody):
    superior_id = fields.UUID(required=True)


@resource.post("/<uuid:staff_id>/superior", SuperiorBody)
def name_superior(body: dict[str, Any], staff_id: UUID) -> Response:
    """Name whom they report to."""
    return answered(services().people.name_superior(command(NameSuperior, body, staff_id=staff_id)))


class DeputyBody(CommandBody):
    deputy_id = fields.UUID(required=True)
    start = aware_time("From then on", required=True)
    end = aware_time("Up to, and not with, this time", required=True)


@resource.post("/<uuid:staff_id>/deputies", DeputyBody)
def name_deputy(body: dict[str, Any], staff_id: UUID) -> Response:
    """Name who stands in for them (AB 角), for a period."""
    return answered(services().people.name_deputy(command(NameDeputy, body, staff_id=staff_id)))


@resource.post("/<uuid:staff_id>/duty/start", CommandBody)
def go_on_duty(body: dict[str, Any], staff_id: UUID) -> Response:
    """On duty from now on."""
    return answered(services().people.go_on_duty(command(GoOnDuty, body, staff_id=staff_id)))


@resource.post("/<uuid:staff_id>/duty/end", CommandBody)
def go_off_duty(body: dict[str, Any], staff_id: UUID) -> Response:
    """Off duty from now on."""
    return answered(services().people.go_off_duty(command(GoOffDuty, body, staff_id=staff_id)))


class CompetenceBody(CommandBody):
    competence = Text(COMPETENCE_LIMIT, required=True)
    expires_at = aware_time("The certificate is good until then; without it for good")


@resource.post("/<uuid:staff_id>/competences", CompetenceBody)
def grant_competence(body: dict[str, Any], staff_id: UUID) -> Response:
    """They can do it, by their certificate."""
    return answered(
        services().people.grant_competence(command(GrantCompetence, body, staff_id=staff_id))
    )


@resource.post("/<uuid:staff_id>/competences/<string:competence>/withdrawal", CommandBody)
def withdraw_competence(body: dict[str, Any], staff_id: UUID, competence: str) -> Response:
    """The certificate is worth nothing from now on."""
    withdrawal = command(WithdrawCompetence, body, staff_id=staff_id, competence=competence)
    return answered(services().people.withdraw_competence(withdrawal))


@resource.post("/<uuid:staff_id>/departure", CommandBody)
def leave(body: dict[str, Any], staff_id: UUID) -> Response:
    """They have left; so have their tokens."""
    return answered(services().people.leave(command(Leave, body, staff_id=staff_id)))


def member(staff_id: UUID) -> StaffRow:
    """Raises NotFound."""
    row = services().staff_directory.member(staff_id)
    if row is None:
        raise NotFound(f"no staff {staff_id}", field="staff_id")
    return row
