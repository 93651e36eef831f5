"""Schemas and routes of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from application.tickets import (
    AnswerTicket,
    CloseTicket,
    CompleteTicket,
    CorrectTicket,
    EscalateTicket,
    InstructTicket,
    IssueSlip,
    MoveToVersion,
    NoteTicket,
    OpenTicket,
    ReopenTicket,
    ResumeTicket,
    SuspendTicket,
    TakeStep,
)
from application.views.ticket_file import filed
from application.views.ticket_history import HistoryRow, anonymous
from application.views.ticket_register import TicketFilter, TicketRow, without_client
from domain.errors import NotFound
from domain.sealed import TEXT_LIMIT
from domain.ticket import Blocker, Visibility
from interface.http.answers import answered, created, json, page, versioned
from interface.http.auth import actor, command, reader
from interface.http.privacy import PURPOSE_HEADER, looker
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

FILE_LIMIT = 1_000
"""Most events that the ticket file takes up; the history has all of them, page by page."""

resource = Resource("tickets", "/v1/tickets", "Tickets")

TicketSchema = shown(TicketRow, "Ticket")
TicketPageSchema = page_of(TicketSchema)
FileSchema = shown(
    TicketRow,
    "TicketFile",
    possible_steps=fields.List(fields.String()),
    steps=fields.Dict(),
    packs=fields.Dict(keys=fields.String(), values=fields.Integer()),
    signoffs=fields.Dict(),
    checklists=fields.Dict(),
    file=fields.Dict(),
)
HistoryPageSchema = Schema.from_dict(
    {"items": fields.List(fields.Nested(shown(HistoryRow, "HistoryEntry")))}, name="History"
)
CountsSchema = Schema.from_dict(
    {
        group: fields.Dict(keys=fields.String(), values=fields.Integer())
        for group in ("all", "state", "procedure", "channel", "closed")
    },
    name="Counts",
)


class OpenTicketBody(CommandBody):
    ticket_id = fields.UUID()
    client_id = fields.UUID()
    channel = Text(40, required=True)
    matter = Text(TEXT_LIMIT, required=True)
    procedure = Text(64, required=True)
    unit = Text(64)
    form = fields.Dict(keys=fields.String(), load_default=dict)


@resource.post("", OpenTicketBody, status=201)
def open_ticket(body: dict[str, Any]) -> Response:
    """Register a matter: you are its first contact (首问责任人) and its owner."""
    receipt = services().tickets.open(command(OpenTicket, body))
    return created(receipt, "tickets.show_ticket", ticket_id=receipt.stream_id)


class FilterQuery(ReadQuery):
    state = Text(64)
    is_closed = fields.Boolean()
    owner_id = fields.UUID()
    first_contact_id = fields.UUID()
    offered_to_id = fields.UUID()
    offered_by_id = fields.UUID()
    returned_to_id = fields.UUID()
    returned_at_least = fields.Integer(
        validate=validate.Range(min=0, max=1_000_000),
        metadata={"description": "Came back (退单) so often or more"},
    )
    queue = Text(64)
    alarmed_id = fields.UUID()
    asked_id = fields.UUID()
    client_id = fields.UUID()
    procedure = Text(64)
    channel = Text(40)
    unit = Text(64)
    number = Text(40)
    opened_from = aware_time("Opened at this time or later")
    opened_to = aware_time("Opened at this time or earlier")


class ListQuery(PageQuery, FilterQuery):
    pass


@resource.get("", TicketPageSchema, ListQuery)
def list_tickets(query: dict[str, Any]) -> Response:
    """The register of tickets, newest first."""
    reader()
    asked = read_filter(query)
    register = services().ticket_register
    return page(
        query,
        lambda before, limit: shown_to_me(register.page(asked, before=before, limit=limit)),
        lambda row: row.opened_position,
    )


@resource.get("/counts", CountsSchema, FilterQuery)
def count_tickets(query: dict[str, Any]) -> Response:
    """How many: all, by state, procedure and channel, closed or not."""
    reader()
    return json(services().ticket_register.counts(read_filter(query)))


@resource.get("/<uuid:ticket_id>", FileSchema, headers=PURPOSE_HEADER)
def show_ticket(query: dict[str, Any], ticket_id: UUID) -> Response:
    """The ticket file: where it stands, what may come next, and all that happened."""
    who = looker()
    row, history = _found_with_history(ticket_id, after=0, limit=FILE_LIMIT)
    outlook = services().tickets.outlook(ticket_id)
    row, history = services().labelled_texts.file(row, history, who)
    dossier = services().dossiers.standing(ticket_id, services().now())
    return versioned(row, **outlook, **dossier, file=filed(history))


class HistoryQuery(ReadQuery):
    after = fields.Integer(load_default=0, validate=validate.Range(min=0))
    limit = fields.Integer(load_default=200, validate=validate.Range(min=1, max=1000))


@resource.get(
    "/<uuid:ticket_id>/history",
    HistoryPageSchema,
    HistoryQuery,
    headers=PURPOSE_HEADER,
)
def show_history(query: dict[str, Any], ticket_id: UUID) -> Response:
    """Everything that happened to it, in order, from the version behind `after` on."""
    who = looker()
    row, history = _found_with_history(ticket_id, after=query["after"], limit=query["limit"])
    return json({"items": services().labelled_texts.history(row, history, who)})


@resource.post("/<uuid:ticket_id>/slip", CommandBody)
def issue_slip(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Issue the case slip (承办单); its number is in the answer."""
    return answered(services().tickets.issue_slip(command(IssueSlip, body, ticket_id=ticket_id)))


class NoteBody(CommandBody):
    text = Text(TEXT_LIMIT, required=True)
    visibility = fields.Enum(Visibility, by_value=True, load_default=Visibility.INTERNAL)


@resource.post("/<uuid:ticket_id>/notes", NoteBody)
def note_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Add a note; needs no If-Match, whatever else happens beside it."""
    return answered(services().tickets.note(command(NoteTicket, body, ticket_id=ticket_id)))


class EscalateBody(CommandBody):
    question = Text(TEXT_LIMIT, required=True)


@resource.post("/<uuid:ticket_id>/escalation", EscalateBody)
def escalate_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Put a question to the owner's superior."""
    return answered(services().tickets.escalate(command(EscalateTicket, body, ticket_id=ticket_id)))


class TextBody(CommandBody):
    text = Text(TEXT_LIMIT, required=True)


@resource.post("/<uuid:ticket_id>/instruction", TextBody)
def instruct_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Answer the question that was put to you, as the superior."""
    return answered(services().tickets.instruct(command(InstructTicket, body, ticket_id=ticket_id)))


class StepBody(CommandBody):
    form = fields.Dict(keys=fields.String(), load_default=dict)


@resource.post("/<uuid:ticket_id>/steps/<string:step>", StepBody)
def take_step(body: dict[str, Any], ticket_id: UUID, step: str) -> Response:
    """Take a step of the ticket's procedure."""
    return answered(
        services().tickets.take_step(command(TakeStep, body, ticket_id=ticket_id, step=step))
    )


class AnswerBody(TextBody):
    complete = fields.Boolean(load_default=True, truthy={True}, falsy={False})


@resource.post("/<uuid:ticket_id>/answer", AnswerBody)
def answer_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Answer the client."""
    return answered(services().tickets.answer(command(AnswerTicket, body, ticket_id=ticket_id)))


class SuspendBody(CommandBody):
    blocked_by = fields.Enum(Blocker, by_value=True, required=True)


@resource.post("/<uuid:ticket_id>/suspension", SuspendBody)
def suspend_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Let it rest, naming who blocks and, as the reason, why."""
    return answered(services().tickets.suspend(command(SuspendTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/resumption", CommandBody)
def resume_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Go on with it."""
    return answered(services().tickets.resume(command(ResumeTicket, body, ticket_id=ticket_id)))


class CompleteBody(CommandBody):
    result = Text(TEXT_LIMIT, required=True)


@resource.post("/<uuid:ticket_id>/completion", CompleteBody)
def complete_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """The work is done (办结)."""
    return answered(services().tickets.complete(command(CompleteTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/closure", CommandBody)
def close_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Close it (结案)."""
    return answered(services().tickets.close(command(CloseTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/reopening", CommandBody)
def reopen_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Take it up again, with a reason; a new episode begins."""
    return answered(services().tickets.reopen(command(ReopenTicket, body, ticket_id=ticket_id)))


@resource.post("/<uuid:ticket_id>/pack-version", CommandBody)
def move_to_version(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Follow the newest versions of its packs from here on, with a reason."""
    moved = command(MoveToVersion, body, ticket_id=ticket_id)
    return answered(services().tickets.move_to_version(moved))


class CorrectBody(TextBody):
    corrects_version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    what = Text(64, required=True)


@resource.post("/<uuid:ticket_id>/corrections", CorrectBody)
def correct_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Set right what an earlier event says; that event stays as it was written."""
    return answered(services().tickets.correct(command(CorrectTicket, body, ticket_id=ticket_id)))


def found(ticket_id: UUID) -> TicketRow:
    """As it is shown to who asks. Raises NotFound."""
    return _as_shown(services().ticket_register.ticket(ticket_id), ticket_id)


def _found_with_history(
    ticket_id: UUID, *, after: int, limit: int
) -> tuple[TicketRow, list[HistoryRow]]:
    """The same, and what happened to it as it is shown to who asks. Raises NotFound."""
    history = services().ticket_history
    row, entries = history.with_ticket(ticket_id, after=after, limit=limit)
    shown = _as_shown(row, ticket_id)
    return shown, entries_for_me(shown, entries)


def _as_shown(row: TicketRow | None, ticket_id: UUID) -> TicketRow:
    if row is None:
        raise NotFound(f"no ticket {ticket_id}", field="ticket_id")
    return without_client(row, actor().staff_id)


def shown_to_me(rows: Sequence[TicketRow]) -> list[TicketRow]:
    """As on a list: labelled texts are masked for everybody, and some clients hidden from some."""
    reader_id, now = actor().staff_id, services().now()
    return [without_client(row, reader_id) for row in services().labelled_texts.listed(rows, now)]


def entries_for_me(row: TicketRow, entries: list[HistoryRow]) -> list[HistoryRow]:
    """The history of a ticket, as it is shown to who asks."""
    is_hidden = row.hidden_from_id is not None and row.hidden_from_id == actor().staff_id
    return [anonymous(entry) for entry in entries] if is_hidden else entries


def read_filter(query: dict[str, Any]) -> TicketFilter:
    """A client is asked for together with those whose files follow it."""
    asked = {k: v for k, v in query.items() if k not in ("cursor", "limit", "min_position")}
    client_id = asked.pop("client_id", None)
    if client_id is not None:
        asked["client_ids"] = (client_id, *services().client_file.merged_into(client_id))
        asked["unless_hidden_from"] = actor().staff_id
    return TicketFilter(**asked)
