"""My desk: what is mine, what is offered to me, what I was first to hear of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from application.views.ticket_register import Place, Taker, TicketFilter
from domain.errors import Refused
from interface.http.answers import json, page, versioned
from interface.http.auth import actor, reader
from interface.http.resource import Resource
from interface.http.schemas import PageQuery, ReadQuery
from interface.http.services import services
from interface.http.staff import StaffSchema, member
from interface.http.tickets import TicketPageSchema, TicketSchema, shown_to_me

resource = Resource("desk", "/v1", "My desk")


TransfersSchema = Schema.from_dict(
    {
        pile: fields.List(fields.Nested(TicketSchema))
        for pile in ("offered_to_me", "offered_by_me", "returned_to_me")
    },
    name="Transfers",
)
NextSchema = Schema.from_dict(
    {"ticket": fields.Nested(TicketSchema, allow_none=True)}, name="NextTicket"
)


class TransfersQuery(ReadQuery):
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=1_000))


class NotStaff(Refused):
    code = "not_staff"


@resource.get("/me", StaffSchema)
def me(query: dict[str, Any]) -> Response:
    """Who I am here."""
    return versioned(member(my_id()))


@resource.get("/desk/mine", TicketPageSchema, PageQuery)
def mine(query: dict[str, Any]) -> Response:
    """Open tickets that I own."""
    return _tickets(query, TicketFilter(owner_id=my_id(), is_closed=False))


@resource.get("/desk/offered", TicketPageSchema, PageQuery)
def offered(query: dict[str, Any]) -> Response:
    """Tickets that are offered to me."""
    return _tickets(query, TicketFilter(offered_to_id=my_id()))


@resource.get("/desk/first-contacts", TicketPageSchema, PageQuery)
def first_contacts(query: dict[str, Any]) -> Response:
    """Open tickets that I was the first contact of, whoever owns them now."""
    return _tickets(query, TicketFilter(first_contact_id=my_id(), is_closed=False))


@resource.get("/desk/asked", TicketPageSchema, PageQuery)
def asked(query: dict[str, Any]) -> Response:
    """Tickets on which my instruction was asked for."""
    return _tickets(query, TicketFilter(asked_id=my_id()))


@resource.get("/desk/alarms", TicketPageSchema, PageQuery)
def alarms(query: dict[str, Any]) -> Response:
    """Tickets for which nobody of a unit was available; I am next in line."""
    return _tickets(query, TicketFilter(alarmed_id=my_id()))


@resource.get("/desk/transfers", TransfersSchema, TransfersQuery)
def transfers(query: dict[str, Any]) -> Response:
    """What is on its way: offered to me, offered by me, and returned to me, newest first.

    `undecided_returns` says how often each came back since a superior last decided.
    """
    reader()
    piles = {
        "offered_to_me": TicketFilter(offered_to_id=my_id()),
        "offered_by_me": TicketFilter(offered_by_id=my_id()),
        "returned_to_me": TicketFilter(returned_to_id=my_id()),
    }
    register, limit = services().ticket_register, query["limit"]
    return json(
        {
            name: shown_to_me(register.page(pile, before=None, limit=limit))
            for name, pile in piles.items()
        }
    )


@resource.get("/desk/queue", TicketPageSchema, PageQuery)
def queue(query: dict[str, Any]) -> Response:
    """What waits for my unit or for a role of mine, in turn: clients before the house."""
    reader()
    register, taker = services().ticket_register, _taker()
    return page(
        query,
        lambda after, limit: shown_to_me(register.queue(taker, after=after, limit=limit)),
        lambda row: (
            f"{row.origin} {row.priority} {row.opened_at.isoformat()} {row.opened_position}"
        ),
        _read_place,
    )


@resource.get("/desk/next", NextSchema)
def next_ticket(query: dict[str, Any]) -> Response:
    """The ticket to see to next, of mine and of those I may take; null if there is none."""
    reader()
    found = services().ticket_register.next(_taker())
    return json({"ticket": shown_to_me([found])[0] if found else None})


def _taker() -> Taker:
    return Taker(staff_id=my_id(), unit=actor().unit, roles=actor().roles)


def _read_place(text: str) -> Place:
    """Raises ValueError for what no page of ours has said."""
    origin, priority, opened_at, position = text.split(" ")
    if origin not in ("external", "internal"):
        raise ValueError(f"{origin!r} is no origin")
    return origin, int(priority), datetime.fromisoformat(opened_at), int(position)


def my_id() -> UUID:
    staff_id = actor().staff_id
    if staff_id is None:
        raise NotStaff("only staff have a desk")
    return staff_id


def _tickets(query: dict[str, Any], asked: TicketFilter) -> Response:
    reader()
    register = services().ticket_register
    return page(
        query,
        lambda before, limit: shown_to_me(register.page(asked, before=before, limit=limit)),
        lambda row: row.opened_position,
    )
