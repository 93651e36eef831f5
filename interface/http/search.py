"""Schema and route of search."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from application.blind_index import words_of
from application.views.search import Hit, SearchFilter
from domain.ticket import Visibility
from interface.http.answers import page
from interface.http.auth import reader
from interface.http.resource import Resource
from interface.http.schemas import PageQuery, Text, page_of, shown
from interface.http.services import services

WORDS_LIMIT = 200
"""Longest question, in characters."""

resource = Resource("search", "/v1/search", "Search (全文检索)")

SearchPageSchema = page_of(
    shown(Hit, "Hit"),
    count=fields.Integer(
        allow_none=True,
        metadata={"description": "How many texts; null beyond 1,000, and on later pages"},
    ),
)


class SearchQuery(PageQuery):
    q = Text(
        WORDS_LIMIT,
        required=True,
        metadata={"description": "Words; a text must hold all of them, each as it stands"},
    )
    unit = Text(64)
    procedure = Text(64)
    visibility = fields.Enum(Visibility, by_value=True)


@resource.get("", SearchPageSchema, SearchQuery)
def search(query: dict[str, Any]) -> Response:
    """Matters, notes, answers and all other texts of tickets that hold the words, newest first.

    What packs label is found by nobody.
    """
    reader()
    asked = SearchFilter(
        words=words_of(query["q"]),
        unit=query.get("unit"),
        procedure=query.get("procedure"),
        visibility=query.get("visibility"),
        withheld=services().labelled_texts.withheld(services().now()),
    )
    found = services().search
    return page(
        query,
        lambda before, limit: found.page(asked, before=before, limit=limit),
        lambda hit: f"{hit.position} {hit.field}",
        _read_place,
        count=None if "cursor" in query else found.count(asked),
    )


def _read_place(text: str) -> tuple[int, str]:
    position, _, field = text.partition(" ")
    if not field.isprintable():
        raise ValueError(field)
    return int(position), field
