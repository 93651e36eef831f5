"""Schemas and routes of the access log: who looked at what."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from application.permissions import role_for
from application.views.accesses import AccessFilter, AccessRow
from domain.aggregate import staff_ref
from interface.http.answers import page
from interface.http.auth import actor
from interface.http.resource import Resource
from interface.http.schemas import PageQuery, page_of, shown
from interface.http.services import services

resource = Resource("accesses", "/v1/audit", "Who looked at what (查阅记录)")

AccessPageSchema = page_of(shown(AccessRow, "Access"))


class AccessQuery(PageQuery):
    client_id = fields.UUID(metadata={"description": "Of this client: file, matters, evidence"})
    ticket_id = fields.UUID()
    staff_id = fields.UUID(metadata={"description": "By this member of staff"})


@resource.get("/accesses", AccessPageSchema, AccessQuery)
def list_accesses(query: dict[str, Any]) -> Response:
    """Reads that are on record, granted and refused, newest first."""
    role_for("access.read", actor().roles_anywhere)
    staff_id = query.get("staff_id")
    asked = AccessFilter(
        client_id=query.get("client_id"),
        ticket_id=query.get("ticket_id"),
        by=None if staff_id is None else staff_ref(staff_id),
    )
    return page(
        query,
        lambda before, limit: services().access_log.page(asked, before=before, limit=limit),
        lambda row: row.position,
    )
