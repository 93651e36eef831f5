"""Schemas and routes of the ledger: proposals, decisions, statements; and conduct of staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from flask import Response
from marshmallow import Schema, fields, validate

from application.ledger import (
    AppealEntry,
    ConfirmEntry,
    DecideAppeal,
    DecideEntry,
    ExecuteEntry,
    ProposeEntry,
    ReverseEntry,
)
from application.permissions import role_for
from application.views.ledger import (
    Balance,
    LedgerFilter,
    LedgerRow,
    balances,
    totals,
)
from domain.errors import Invalid, NotFound
from domain.period import bounds
from domain.zone import Zone
from interface.http.answers import answered, created, json, page, versioned
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import (
    CommandBody,
    PageQuery,
    ReadQuery,
    Text,
    aware_time,
    page_of,
    shown,
)
from interface.http.services import services

resource = Resource("ledger", "/v1", "The ledger: rewards, points, fines (奖惩台账)")

EntrySchema = shown(LedgerRow, "Entry")

_LINES = fields.List(fields.Nested(EntrySchema), required=True)
_BALANCES = fields.List(fields.Dict(keys=fields.String()), required=True)


class EntryProposalBody(CommandBody):
    table = Text(200, required=True)
    holder = Text(200, required=True, metadata={"description": "staff:<id>, client:<id>, team:…"})
    facts = fields.Dict(keys=fields.String(), load_default=dict)
    client_id = fields.UUID()
    ticket_id = fields.UUID()
    payable_from = aware_time("It is not carried out before")


@resource.post("/ledger/entries", EntryProposalBody, status=201)
def propose_entry(body: dict[str, Any]) -> Response:
    """Propose an entry; a table of the packs in force says how much."""
    receipt = services().ledger.propose(command(ProposeEntry, body))
    return created(receipt, "ledger.show_entry", entry_id=receipt.stream_id)


class EntriesQuery(PageQuery):
    holder = Text(200, metadata={"description": "staff:<id>, client:<id> or team:<unit>"})
    table_name = Text(200)
    state = Text(64)
    grade = Text(64, metadata={"description": "Only misconduct of this grade"})
    ticket_id = fields.UUID()
    unexecuted = fields.Boolean(metadata={"description": "Was due by now, and is not carried out"})


@resource.get("/ledger/entries", page_of(EntrySchema), EntriesQuery)
def list_entries(query: dict[str, Any]) -> Response:
    """Entries, newest first: those of everybody for who may see them, else one's own."""
    must_see(query.get("holder"))
    asked = {k: v for k, v in query.items() if k not in ("cursor", "limit", "min_position")}
    if asked.pop("unexecuted", False):
        asked["unexecuted_at"] = services().now()
    book = services().ledger_book
    return page(
        query,
        lambda before, limit: book.page(LedgerFilter(**asked), before=before, limit=limit),
        lambda row: row.proposed_position,
    )


@resource.get("/ledger/entries/<uuid:entry_id>", EntrySchema)
def show_entry(query: dict[str, Any], entry_id: UUID) -> Response:
    """One entry."""
    reader()
    rows = services().ledger_book.entry(entry_id)
    must_see(rows[0].holder if rows else None)
    if not rows:
        raise NotFound(f"no entry {entry_id}", field="entry_id")
    return versioned(rows[0])


class EntryDecisionBody(CommandBody):
    verdict = fields.String(
        validate=validate.OneOf(["approved", "rejected", "waived"]), load_default="approved"
    )
    amount = fields.Integer(
        strict=True,
        validate=validate.Range(0, 10**12),
        metadata={"description": "In hundredths, where the table leaves a range"},
    )
    sanction = Text(200, metadata={"description": "One of those that can be chosen"})


@resource.post("/ledger/entries/<uuid:entry_id>/decision", EntryDecisionBody)
def decide_entry(body: dict[str, Any], entry_id: UUID) -> Response:
    """Decide on what somebody else proposed; never on one's own."""
    return answered(services().ledger.decide(command(DecideEntry, body, entry_id=entry_id)))


@resource.post("/ledger/entries/<uuid:entry_id>/confirmation", CommandBody)
def confirm_entry(body: dict[str, Any], entry_id: UUID) -> Response:
    """Finance confirms it by the actual amounts."""
    return answered(services().ledger.confirm(command(ConfirmEntry, body, entry_id=entry_id)))


class EntryExecutionBody(CommandBody):
    mode = Text(64, required=True, metadata={"description": "How: cash, wage, transfer …"})
    ticket_id = fields.UUID(metadata={"description": "The procedure that it needed, if any"})


@resource.post("/ledger/entries/<uuid:entry_id>/execution", EntryExecutionBody)
def execute_entry(body: dict[str, Any], entry_id: UUID) -> Response:
    """It was paid, handed in, or carried out otherwise."""
    return answered(services().ledger.execute(command(ExecuteEntry, body, entry_id=entry_id)))


@resource.post("/ledger/entries/<uuid:entry_id>/appeal", CommandBody)
def appeal_entry(body: dict[str, Any], entry_id: UUID) -> Response:
    """Say why an entry of one's own is wrong."""
    return answered(services().ledger.appeal(command(AppealEntry, body, entry_id=entry_id)))


class EntryAppealDecisionBody(CommandBody):
    verdict = fields.String(required=True, validate=validate.OneOf(["upheld", "dismissed"]))


@resource.post("/ledger/entries/<uuid:entry_id>/appeal/decision", EntryAppealDecisionBody)
def decide_appeal(body: dict[str, Any], entry_id: UUID) -> Response:
    """Decide on an appeal: upheld, another entry takes it back."""
    decided = command(DecideAppeal, body, entry_id=entry_id)
    return answered(services().ledger.decide_appeal(decided))


@resource.post("/ledger/entries/<uuid:entry_id>/reversal", CommandBody)
def reverse_entry(body: dict[str, Any], entry_id: UUID) -> Response:
    """Revoke it: another entry takes it back."""
    return answered(services().ledger.reverse(command(ReverseEntry, body, entry_id=entry_id)))


class StatementQuery(ReadQuery):
    period = Text(7, metadata={"description": "2026-11, 2026-Q4, 2026-H2 or 2026; else all"})


StatementSchema = Schema.from_dict(
    {
        "holder": fields.String(required=True),
        "period": fields.String(required=True, allow_none=True),
        "entries": _LINES,
        "totals": fields.List(fields.Dict(keys=fields.String()), required=True),
        "balance": _BALANCES,
    },
    name="Statement",
)


@resource.get("/ledger/<string:holder_kind>/<string:holder_id>", StatementSchema, StatementQuery)
def show_statement(query: dict[str, Any], holder_kind: str, holder_id: str) -> Response:
    """What counts in a period for somebody: each entry and reversal, and what they add up to."""
    holder, period = f"{holder_kind}:{holder_id}", query.get("period")
    must_see(holder)
    since, until = bounds(period, Zone(services().zone)) if period else (None, None)
    rows = services().ledger_book.booked(holder, since=since, until=until)
    said = {"holder": holder, "period": period, "entries": rows}
    return json(said | {"totals": totals(rows), "balance": balances(rows)})


class BalancesQuery(ReadQuery):
    holder_kind = fields.String(required=True, validate=validate.OneOf(["staff", "client", "team"]))
    currency = Text(64)


@resource.get(
    "/ledger/balances", Schema.from_dict({"items": _BALANCES}, name="Balances"), BalancesQuery
)
def show_balances(query: dict[str, Any]) -> Response:
    """What everybody of a kind has, points say, as of now."""
    must_see(None)
    found: list[Balance] = services().ledger_book.balances(
        query["holder_kind"], query.get("currency")
    )
    return json({"items": found})


class ReckoningQuery(ReadQuery):
    facts = fields.String(
        load_default="{}", metadata={"description": "What the form of the table asks, as JSON"}
    )


ReckonedSchema = Schema.from_dict(
    {
        "amount": fields.Integer(required=True),
        "most": fields.Integer(required=True),
        "currency": fields.String(required=True),
        "named": fields.String(required=True, allow_none=True),
        "sanctions": fields.List(fields.String(), required=True),
        "or_else": fields.List(fields.String(), required=True),
    },
    name="Reckoned",
)


@resource.get("/ledger/tables/<string:table>/reckoning", ReckonedSchema, ReckoningQuery)
def reckon(query: dict[str, Any], table: str) -> Response:
    """What a table would yield for these facts: arithmetic, nothing is written."""
    reader()
    try:
        facts = msgspec.json.decode(query["facts"])
    except msgspec.DecodeError as error:
        raise Invalid(f"malformed JSON: {error}", field="facts") from None
    return json(services().ledger.reckon(table, facts, services().now()))


def must_see(holder: str | None) -> None:
    """Raises Forbidden, except for one's own."""
    me = reader()
    if me.staff_id is None or holder != f"staff:{me.staff_id}":
        role_for("ledger.read", me.roles_anywhere)
