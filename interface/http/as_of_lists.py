"""Schemas and routes of lists and their counts as of an instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from application.instant import AsOf
from application.views.client_file import ClientRow
from application.views.obligations import ObligationFilter, ObligationRow
from application.views.showing import shallow
from application.views.staff_directory import StaffRow
from application.views.staff_then import ON_TICKETS
from application.views.then import RowsThen, Shown
from application.views.ticket_register import TicketRow, without_client
from interface.http.answers import json, page
from interface.http.as_of import (
    GIVEN_BY,
    AsOfQuery,
    asked_instant,
    given,
    until_now,
    with_status,
)
from interface.http.auth import actor, reader
from interface.http.obligations import ObligationFilterQuery, place_of, read_filter, read_place
from interface.http.resource import Resource
from interface.http.schemas import PageQuery, shown
from interface.http.services import services
from interface.http.tickets import CountsSchema, FilterQuery
from interface.http.tickets import read_filter as read_ticket_filter

resource = Resource("as_of_lists", "/v1/audit", "As of an instant (时点): lists and counts")

_READ_SO_FAR = frozenset({"version", "position", "changed_at", "log", ON_TICKETS})
"""What a row says of all that it has read; of then, it is the file that says it."""

_SINCE = fields.AwareDateTime(
    required=True,
    metadata={"description": "Since when it had been so, by the clock that was asked"},
)


def _listed(row: type, name: str, **more: fields.Field[Any]) -> type[Schema]:
    """A page of such rows as they were."""
    item = shown(row, f"Past{name}Row", **more)().declared_fields
    kept = {n: field for n, field in item.items() if n not in _READ_SO_FAR}
    made = Schema.from_dict({**kept, "since": _SINCE}, name=f"PastListed{name}")
    return Schema.from_dict(
        {
            **GIVEN_BY,
            "items": fields.List(fields.Nested(made), required=True),
            "next": fields.String(allow_none=True),
        },
        name=f"PastList{name}",
    )


class PastListQuery(PageQuery, AsOfQuery):
    pass


class PastTicketFilterQuery(AsOfQuery, FilterQuery):
    pass


class PastTicketsQuery(PageQuery, PastTicketFilterQuery):
    pass


class PastObligationsQuery(PastListQuery, ObligationFilterQuery):
    pass


PastCountsSchema = Schema.from_dict(
    {**GIVEN_BY, "counts": fields.Nested(CountsSchema, required=True)}, name="PastCounts"
)


@resource.get("/tickets", _listed(TicketRow, "Ticket"), PastTicketsQuery)
def list_past_tickets(query: dict[str, Any]) -> Response:
    """The register of tickets as it was: which fitted then, each as it stood then; newest first."""
    reader()
    me, asked = actor().staff_id, read_ticket_filter(_without_instant(query))
    texts, now = services().labelled_texts, services().now()
    return _page(
        query,
        services().tickets_then,
        asked,
        show=lambda row: shallow(without_client(texts.listed([row], now)[0], me)),
        place=lambda row: row["opened_position"],
    )


@resource.get("/tickets/counts", PastCountsSchema, PastTicketFilterQuery)
def count_past_tickets(query: dict[str, Any]) -> Response:
    """How many there were: all, by state, procedure and channel, closed or not."""
    reader()
    as_of, asked = asked_instant(query), read_ticket_filter(_without_instant(query))
    found = services().tickets_then.counts(asked, as_of)
    return json(_by_view(as_of, found) | {"counts": found.counts})


@resource.get("/clients", _listed(ClientRow, "Client"), PastListQuery)
def list_past_clients(query: dict[str, Any]) -> Response:
    """Clients as they were, newest first; what is labelled is masked for everybody."""
    reader()
    accesses, now = services().accesses, services().now()
    return _page(
        query,
        services().clients_then,
        None,
        show=lambda row: shallow(accesses.listed([row], now)[0]),
        place=_registered,
    )


@resource.get("/staff", _listed(StaffRow, "Member"), PastListQuery)
def list_past_staff(query: dict[str, Any]) -> Response:
    """Staff as they were, newest first."""
    reader()
    return _page(query, services().staff_then, None, place=_registered)


@resource.get(
    "/obligations",
    _listed(ObligationRow, "Obligation", status=fields.String(required=True)),
    PastObligationsQuery,
)
def list_past_obligations(query: dict[str, Any]) -> Response:
    """Obligations as they were, by the due time of then; `overdue`, too, as of then."""
    reader()
    as_of = asked_instant(query)
    asked: ObligationFilter = read_filter(_without_instant(query), until_now(as_of))
    return _page(
        query,
        services().obligations_then,
        asked,
        show=lambda row: with_status(row, as_of),
        place=place_of,
        read=read_place,
    )


def _page(
    query: dict[str, Any],
    then: RowsThen[Any, Any],
    asked: Any,
    *,
    show: Callable[[Any], Mapping[str, Any]] = shallow,
    place: Callable[[dict[str, Any]], Any],
    read: Callable[[str], Any] = int,
) -> Response:
    """What fitted then; `show`: the fields of a row."""
    as_of, said = asked_instant(query), dict[str, Any]()

    def fetch(after: Any, limit: int) -> list[dict[str, Any]]:
        found = then.page(asked, as_of, after=after, limit=limit)
        said.update(_by_view(as_of, found))
        return [
            {n: v for n, v in show(one.row).items() if n not in _READ_SO_FAR} | {"since": one.since}
            for one in found.rows
        ]

    return page(query, fetch, place, read, said=lambda: said)


def _by_view(as_of: AsOf, found: Shown) -> dict[str, Any]:
    head = services().register.head()
    return given(as_of, position=found.position, head=head, projector=found.definition)


def _without_instant(query: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in query.items() if name not in ("as_of", "clock")}


def _registered(row: dict[str, Any]) -> int:
    position: int = row["registered_position"]
    return position
