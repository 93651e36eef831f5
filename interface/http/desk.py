"""My desk: what is mine, what is offered to me, what I was first to hear of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from application.views.ticket_register import TicketFilter
from domain.errors import Refused
from interface.http.answers import page, versioned
from interface.http.auth import actor, reader
from interface.http.resource import Resource
from interface.http.schemas import PageQuery
from interface.http.services import services
from interface.http.staff import StaffSchema, member
from interface.http.tickets import TicketPageSchema

resource = Resource("desk", "/v1", "My desk")


class NotStaff(Refused):
    code = "not_staff"


@resource.get("/me", StaffSchema)
def me(query: dict[str, Any]) -> Response:
    """Who I am here."""
    return versioned(member(_me()))


@resource.get("/desk/mine", TicketPageSchema, PageQuery)
def mine(query: dict[str, Any]) -> Response:
    """Open tickets that I own."""
    return _tickets(query, TicketFilter(owner_id=_me(), is_closed=False))


@resource.get("/desk/offered", TicketPageSchema, PageQuery)
def offered(query: dict[str, Any]) -> Response:
    """Tickets that are offered to me."""
    return _tickets(query, TicketFilter(offered_to_id=_me()))


@resource.get("/desk/first-contacts", TicketPageSchema, PageQuery)
def first_contacts(query: dict[str, Any]) -> Response:
    """Open tickets that I was the first contact of, whoever owns them now."""
    return _tickets(query, TicketFilter(first_contact_id=_me(), is_closed=False))


@resource.get("/desk/asked", TicketPageSchema, PageQuery)
def asked(query: dict[str, Any]) -> Response:
    """Tickets on which my instruction was asked for."""
    return _tickets(query, TicketFilter(asked_id=_me()))


def _me() -> UUID:
    staff_id = actor().staff_id
    if staff_id is None:
        raise NotStaff("only staff have a desk")
    return staff_id


def _tickets(query: dict[str, Any], asked: TicketFilter) -> Response:
    reader()
    register = services().ticket_register
    return page(
        query,
        lambda before, limit: register.page(asked, before=before, limit=limit),
        lambda row: row.opened_position,
    )
