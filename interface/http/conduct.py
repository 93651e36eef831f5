"""Schemas and routes of conduct: misconduct of staff, its codes, and the other tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from flask import Response
from marshmallow import Schema, fields

from application.conduct import RecordMisconduct
from application.ledger_terms import Terms
from application.views.ledger import ConductRow, LedgerFilter, LedgerRow
from interface.http.answers import answered, json
from interface.http.auth import command, reader
from interface.http.ledger import EntrySchema, must_see
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReadQuery, ReceiptSchema, Text, shown
from interface.http.services import services

resource = Resource("conduct", "/v1", "Conduct of staff (违纪行为)")

ConductSchema = shown(ConductRow, "Conduct", entry=fields.Nested(EntrySchema, allow_none=True))


class CodesQuery(ReadQuery):
    prefix = Text(64, metadata={"description": "Only those whose name begins so"})


_ITEMS: dict[str, Any] = {"items": fields.List(fields.Dict(keys=fields.String()), required=True)}


@resource.get("/ledger/tables", Schema.from_dict(_ITEMS, name="Tables"), CodesQuery)
def list_tables(query: dict[str, Any]) -> Response:
    """The tables in force that are no misconduct."""
    return _listed(query, lambda terms: not terms.table.is_misconduct)


@resource.get("/misconduct-codes", Schema.from_dict(_ITEMS, name="Codes"), CodesQuery)
def list_codes(query: dict[str, Any]) -> Response:
    """The codes of misconduct in force, each with its grade and where it stands in the sources."""
    return _listed(query, lambda terms: terms.table.is_misconduct)


class MisconductBody(CommandBody):
    code = Text(200, required=True)
    evidence = Text(4_000, metadata={"description": "What proves it, and where that is"})
    facts = fields.Dict(keys=fields.String(), load_default=dict)
    client_id = fields.UUID()
    ticket_id = fields.UUID()
    jointly = fields.Dict(
        keys=fields.String(),
        values=fields.UUID(),
        load_default=dict,
        metadata={"description": "Who else is liable, by the part that they had"},
    )


class MisconductSchema(ReceiptSchema):
    misconduct_id = fields.UUID(required=True)
    entry_ids = fields.List(fields.UUID(), required=True)


@resource.post(
    "/staff/<uuid:staff_id>/misconduct", MisconductBody, status=201, answer=MisconductSchema
)
def record_misconduct(body: dict[str, Any], staff_id: UUID) -> Response:
    """Put a colleague's misconduct on their file; what the code says is proposed."""
    recorded = services().conduct.record(command(RecordMisconduct, body, staff_id=staff_id))
    more = {"misconduct_id": recorded.misconduct_id, "entry_ids": recorded.entry_ids}
    return answered(recorded.receipt, 201, **more)


@resource.get(
    "/staff/<uuid:staff_id>/conduct",
    Schema.from_dict({"items": fields.List(fields.Nested(ConductSchema))}, name="ConductFile"),
)
def show_conduct(query: dict[str, Any], staff_id: UUID) -> Response:
    """What is on somebody's file, with what became of it: one's own, or for who may see it."""
    holder = f"staff:{staff_id}"
    must_see(holder)
    book = services().ledger_book
    asked = LedgerFilter(holder=holder)
    entries = {r.misconduct_id: r for r in book.page(asked, before=None, limit=10_000)}
    rows = book.conduct(staff_id)
    return json({"items": [_conduct(row, entries.get(row.misconduct_id)) for row in rows]})


def _conduct(row: ConductRow, entry: LedgerRow | None) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ConductRow.__slots__} | {"entry": entry}


def _listed(query: dict[str, Any], wanted: Callable[[Terms], bool]) -> Response:
    reader()
    tables = services().ledger.tables(services().now())
    begins = query.get("prefix", "")
    return json({"items": [_said(t) for t in tables if wanted(t) and t.name.startswith(begins)]})


def _said(terms: Terms) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(terms.table, str_keys=True)
    grade = {} if terms.grade is None else {"grade_title": terms.grade.title}
    named = {"name": terms.name, "pack": terms.content.pack, "version": terms.content.version}
    return named | grade | {k: said[k] for k in _SHOWN}


_SHOWN = ("title", "kind", "currency", "rule", "source", "grade", "window", "cases", "joint")
