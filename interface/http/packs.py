"""Schemas and routes of packs: policies as data."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response
from marshmallow import Schema, fields, validate

from application.packs import AbolishPack, ApprovePack, DraftPack, PublishPack, SwitchPack
from application.views.pack_shelf import PackRow
from domain.errors import NotFound
from domain.form_schema import json_schema
from domain.pack_content import PackContent
from domain.procedure import Opening, Step
from interface.http.answers import answered, created, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReadQuery, Text, aware_time, shown
from interface.http.services import services

resource = Resource("packs", "/v1/packs", "Policies (制度)")

PackSchema = shown(PackRow, "Pack")
ContentSchema = Schema.from_dict(
    {
        "pack": fields.String(required=True),
        "version": fields.Integer(required=True),
        "title": fields.String(required=True),
        "procedure": fields.Dict(allow_none=True),
        "holds_for": fields.Dict(),
        "mandatory": fields.Boolean(),
        "activities": fields.Dict(keys=fields.String()),
        "obligations": fields.Dict(keys=fields.String()),
        "guards": fields.List(fields.Dict()),
        "consequences": fields.List(fields.Dict()),
        "across": fields.Dict(),
        "items": fields.Dict(),
        "values": fields.Dict(),
        "expects": fields.Dict(keys=fields.String(), values=fields.Integer()),
        "documents": fields.Dict(keys=fields.String(), values=fields.String()),
        "templates": fields.Dict(keys=fields.String(), values=fields.String()),
        "phrases": fields.Dict(),
        "principles": fields.List(fields.String()),
        "owner": fields.String(allow_none=True),
        "retention_days": fields.Integer(allow_none=True),
        "lists": fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
        "signoffs": fields.Dict(keys=fields.String()),
        "checklists": fields.Dict(keys=fields.String()),
        "routes": fields.List(fields.Dict()),
        "schedules": fields.Dict(keys=fields.String()),
        "rules": fields.List(fields.String()),
        "reports": fields.Dict(keys=fields.String()),
        "privacy": fields.Dict(allow_none=True),
        "grades": fields.Dict(keys=fields.String()),
        "ledger": fields.Dict(keys=fields.String()),
        "schemes": fields.Dict(keys=fields.String()),
        "ladders": fields.Dict(keys=fields.String()),
        "ownership": fields.Dict(allow_none=True),
        "blacklist": fields.Dict(allow_none=True),
        "records": fields.Dict(keys=fields.String()),
        "gradings": fields.Dict(keys=fields.String()),
        "broadcasts": fields.Dict(keys=fields.String()),
        "units": fields.Dict(keys=fields.String()),
        "checks": fields.Dict(keys=fields.String()),
        "people": fields.Dict(keys=fields.String()),
        "samples": fields.Dict(keys=fields.String()),
        "readings": fields.Dict(keys=fields.String()),
        "teams": fields.Dict(keys=fields.String()),
    },
    name="PackContent",
)


@resource.get("", Schema.from_dict({"items": fields.List(fields.Nested(PackSchema))}, name="Packs"))
def list_packs(query: dict[str, Any]) -> Response:
    """All packs, and how far each version has come."""
    reader()
    return json({"items": services().pack_shelf.packs()})


@resource.get("/<string:name>/<int:version>", ContentSchema)
def show_pack(query: dict[str, Any], name: str, version: int) -> Response:
    """What one version says."""
    reader()
    return json(msgspec.to_builtins(services().packs.content(name, version)))


class DraftBody(CommandBody):
    content = fields.Dict(keys=fields.String(), required=True)


FormSchema = Schema.from_dict(
    {
        "$schema": fields.String(required=True),
        "type": fields.String(required=True),
        "properties": fields.Dict(keys=fields.String(), required=True),
        "required": fields.List(fields.String(), required=True),
        "additionalProperties": fields.Boolean(required=True),
        "x-rules": fields.List(fields.Dict()),
    },
    name="FormSchema",
)


@resource.get("/<string:name>/<int:version>/forms/<string:form>", FormSchema)
def show_form(query: dict[str, Any], name: str, version: int, form: str) -> Response:
    """The form of a step, or that of the `opening`, as JSON Schema."""
    reader()
    content = services().packs.content(name, version)
    asked = _forms(content)
    if form not in asked:
        raise NotFound(f"no form {form}; there are: {', '.join(sorted(asked))}", field="form")
    return json(json_schema(asked[form].form, asked[form].must, content.lists))


def _forms(content: PackContent) -> dict[str, Step | Opening]:
    forms: dict[str, Step | Opening] = {**content.activities}
    if content.procedure is not None:
        forms |= {**content.procedure.steps, "opening": content.procedure.opening}
    return forms


DifferencesSchema = Schema.from_dict(
    {
        "items": fields.List(
            fields.Nested(
                Schema.from_dict(
                    {
                        "path": fields.String(required=True),
                        "before": fields.Raw(allow_none=True),
                        "after": fields.Raw(allow_none=True),
                    },
                    name="Difference",
                )
            ),
            required=True,
        )
    },
    name="Differences",
)
DiffQuery = ReadQuery.from_dict(
    {
        "from": fields.Integer(metadata={"description": "A version; default the one before `to`"}),
        "to": fields.Integer(metadata={"description": "A version; default the newest"}),
    },
    name="DiffQuery",
)


@resource.get("/<string:name>/diff", DifferencesSchema, DiffQuery)
def diff_pack(query: dict[str, Any], name: str) -> Response:
    """What is different between two versions, place by place."""
    reader()
    found = services().pack_review.differences(name, query.get("from"), query.get("to"))
    return json({"items": found})


@resource.post("/<string:name>/versions", DraftBody, status=201)
def draft_pack(body: dict[str, Any], name: str) -> Response:
    """Draft a version; its number is in the content."""
    receipt = services().packs.draft(command(DraftPack, body, name=name))
    version = body["content"]["version"]
    more = {"warnings": _doubts(name, version)}
    return created(receipt, "packs.show_pack", more=more, name=name, version=version)


def _doubts(name: str, version: int) -> list[str]:
    return services().pack_review.doubts(name, version, services().now())


class VersionBody(CommandBody):
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))


@resource.post("/<string:name>/approval", VersionBody)
def approve_pack(body: dict[str, Any], name: str) -> Response:
    """Approve a version; not your own draft (GV-01)."""
    return answered(services().packs.approve(command(ApprovePack, body, name=name)))


class PublishBody(VersionBody):
    effective_from = aware_time("Tickets opened then or later follow it", required=True)


@resource.post("/<string:name>/publication", PublishBody)
def publish_pack(body: dict[str, Any], name: str) -> Response:
    """Bring an approved version into force."""
    receipt = services().packs.publish(command(PublishPack, body, name=name))
    return answered(receipt, warnings=_doubts(name, body["version"]))


class AbolishBody(CommandBody):
    effective_from = aware_time("No ticket is opened under it from then on", required=True)


@resource.post("/<string:name>/abolition", AbolishBody)
def abolish_pack(body: dict[str, Any], name: str) -> Response:
    """Take the policy out of force, with a reason."""
    return answered(services().packs.abolish(command(AbolishPack, body, name=name)))


class UnitBody(CommandBody):
    unit = Text(64, required=True)


@resource.post("/<string:name>/switching-off", UnitBody)
def switch_off_pack(body: dict[str, Any], name: str) -> Response:
    """A service point does without this overlay, with a reason; not without a mandatory one."""
    return answered(services().packs.switch_off(command(SwitchPack, body, name=name)))


@resource.post("/<string:name>/switching-on", UnitBody)
def switch_on_pack(body: dict[str, Any], name: str) -> Response:
    """The overlay holds at this service point again."""
    return answered(services().packs.switch_on(command(SwitchPack, body, name=name)))
