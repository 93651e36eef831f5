"""Schemas and routes of what the packs in force say to read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from application.views.ticket_register import TicketRow
from interface.http.answers import json, plain
from interface.http.auth import reader
from interface.http.resource import Resource
from interface.http.schemas import ReadQuery, Text
from interface.http.services import services
from interface.http.tickets import found

resource = Resource("policy", "/v1", "What the policies say")

PhraseSchema = Schema.from_dict(
    {name: fields.String() for name in ("category", "title", "text", "pack")}, name="Phrase"
)
DocumentSchema = Schema.from_dict(
    {
        "name": fields.String(),
        "text": fields.String(),
        "pack": fields.String(),
        "version": fields.Integer(),
    },
    name="Document",
)


class PhraseQuery(ReadQuery):
    category = Text(64)


@resource.get(
    "/policy/phrases",
    Schema.from_dict({"items": fields.List(fields.Nested(PhraseSchema))}, name="Phrases"),
    PhraseQuery,
)
def list_phrases(query: dict[str, Any]) -> Response:
    """The phrase library (服务用语), by category."""
    reader()
    return json({"items": services().policy.phrases(services().now(), query.get("category"))})


@resource.get("/policy/lists", Schema.from_dict({"lists": fields.Dict()}, name="Lists"))
def show_lists(query: dict[str, Any]) -> Response:
    """Every list of codes, grounds and words that the packs in force go by."""
    reader()
    return json({"lists": services().policy.lists(services().now())})


@resource.get("/policy/documents/<string:name>", DocumentSchema)
def show_document(query: dict[str, Any], name: str) -> Response:
    """A document as it holds now."""
    reader()
    return json(services().policy.document(name, services().now()))


@resource.get(
    "/policy/warnings",
    Schema.from_dict({"items": fields.List(fields.String())}, name="PolicyWarnings"),
)
def list_warnings(query: dict[str, Any]) -> Response:
    """What the packs in force lack by their own account, and what is posted nowhere."""
    reader()
    now = services().now()
    return json({"items": [*services().policy.warnings(now), *services().boards.gaps(now)]})


MissingSchema = Schema.from_dict(
    {name: fields.String() for name in ("pack", "check", "title", "rule", "each", "says")},
    name="Missing",
)


@resource.get(
    "/policy/checks",
    Schema.from_dict({"items": fields.List(fields.Nested(MissingSchema))}, name="MissingRecords"),
)
def list_missing(query: dict[str, Any]) -> Response:
    """What should be on record by now and is not: for whom, or for which word of a list."""
    reader()
    return json({"items": services().checks.missing(services().now())})


@resource.get(
    "/tickets/<uuid:ticket_id>/templates/<string:name>",
    Schema.from_dict({"text": fields.String()}, name="Rendered"),
)
def render_template(query: dict[str, Any], ticket_id: UUID, name: str) -> Response:
    """A reply template, filled in for this ticket's client, who is addressed as they wish."""
    reader()
    row = found(ticket_id)
    words = {"address": _address(row), "number": row.number, "state": row.state}
    return json({"text": services().policy.rendered(name, words, services().now())})


def _address(row: TicketRow) -> str:
    """How the client wants to be addressed, or else their name; erased: nothing."""
    client = services().client_file.client(row.client_id) if row.client_id else None
    if client is None:
        return ""
    wanted = plain(client.details).get("form_of_address") or plain(client.name)
    return str(wanted or "")
