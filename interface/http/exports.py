"""Schemas and routes of exports: lists of clients that leave the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from application.exports import ApproveExport, DeclineExport, RequestExport
from application.views.client_file import ClientRow
from interface.http.answers import answered, created, json, page
from interface.http.auth import command, reader
from interface.http.privacy import looker
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, PageQuery, Text, page_of, shown
from interface.http.services import services

MOST_NAMED = 500
"""Most clients that one export names; whoever wants more asks for all."""

resource = Resource("exports", "/v1/exports", "Exports of clients (导出)")

ExportSchema = Schema.from_dict(
    {
        "export_id": fields.UUID(required=True),
        "purpose": fields.String(required=True),
        "wanted": fields.Integer(
            allow_none=True, metadata={"description": "How many clients are named; null: all"}
        ),
        "good_until": fields.AwareDateTime(
            allow_none=True, metadata={"description": "Approved, and until when it may be taken"}
        ),
        "is_declined": fields.Boolean(required=True),
        "version": fields.Integer(required=True),
    },
    name="Export",
)
ExportPageSchema = page_of(
    shown(ClientRow, "ExportedClient"),
    left_out=fields.Integer(
        required=True, metadata={"description": "How many in all have not consented to it"}
    ),
)


class RequestExportBody(CommandBody):
    purpose = Text(200, required=True)
    client_ids = fields.List(fields.UUID(), validate=validate.Length(max=MOST_NAMED))


@resource.post("", RequestExportBody, status=201)
def request_export(body: dict[str, Any]) -> Response:
    """Ask to take a list of clients, all or those named, for a purpose, with a reason."""
    named = {"client_ids": tuple(body.pop("client_ids", ()))}
    receipt = services().exports.request(command(RequestExport, body | named))
    return created(receipt, "exports.show_export", export_id=receipt.stream_id)


@resource.get("/<uuid:export_id>", ExportSchema)
def show_export(query: dict[str, Any], export_id: UUID) -> Response:
    """What was asked for, and what became of it."""
    reader()
    export = services().exports.export(export_id)
    said = {
        "export_id": export.id,
        "purpose": export.purpose,
        "wanted": len(export.client_ids) or None,
        "good_until": export.good_until,
        "is_declined": export.is_declined,
        "version": export.version,
    }
    return json(said, headers={"ETag": f'"{export.version}"'})


@resource.post("/<uuid:export_id>/approval", CommandBody)
def approve_export(body: dict[str, Any], export_id: UUID) -> Response:
    """Let whoever asked for it take it; nobody approves their own."""
    approval = command(ApproveExport, body, export_id=export_id)
    return answered(services().exports.approve(approval))


@resource.post("/<uuid:export_id>/refusal", CommandBody)
def decline_export(body: dict[str, Any], export_id: UUID) -> Response:
    """Say no, with a reason."""
    return answered(services().exports.decline(command(DeclineExport, body, export_id=export_id)))


@resource.get("/<uuid:export_id>/clients", ExportPageSchema, PageQuery)
def take_export(query: dict[str, Any], export_id: UUID) -> Response:
    """The list, page by page; each page, and each refusal, is put on record first."""
    who, told = looker(), {}

    def fetch(before: int | None, limit: int) -> list[ClientRow]:
        taken = services().exports.page(export_id, who, before=before, limit=limit)
        told["left_out"] = taken.left_out
        return taken.rows

    return page(query, fetch, lambda row: row.registered_position, said=lambda: told)
