"""Schemas and routes of packs: policies as data."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Response
from marshmallow import Schema, fields, validate

from application.packs import AbolishPack, ApprovePack, DraftPack, PublishPack
from application.views.pack_shelf import PackRow
from interface.http.answers import answered, created, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, aware_time, shown
from interface.http.services import services

resource = Resource("packs", "/v1/packs", "Policies (制度)")

PackSchema = shown(PackRow, "Pack")
ContentSchema = Schema.from_dict(
    {
        "pack": fields.String(required=True),
        "version": fields.Integer(required=True),
        "title": fields.String(required=True),
        "procedure": fields.Dict(required=True),
        "obligations": fields.Dict(keys=fields.String()),
        "guards": fields.List(fields.Dict()),
        "lists": fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
        "rules": fields.List(fields.String()),
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


@resource.post("/<string:name>/versions", DraftBody, status=201)
def draft_pack(body: dict[str, Any], name: str) -> Response:
    """Draft a version; its number is in the content."""
    receipt = services().packs.draft(command(DraftPack, body, name=name))
    return created(receipt, "packs.show_pack", name=name, version=body["content"]["version"])


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
    return answered(services().packs.publish(command(PublishPack, body, name=name)))


class AbolishBody(CommandBody):
    effective_from = aware_time("No ticket is opened under it from then on", required=True)


@resource.post("/<string:name>/abolition", AbolishBody)
def abolish_pack(body: dict[str, Any], name: str) -> Response:
    """Take the policy out of force, with a reason."""
    return answered(services().packs.abolish(command(AbolishPack, body, name=name)))
