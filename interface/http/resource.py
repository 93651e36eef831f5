"""A resource: its routes, each with the schema that checks what comes in and says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest, UnprocessableEntity

from interface.http.schemas import ReadQuery, ReceiptSchema

Route = TypeVar("Route", bound=Callable[..., Response])


HEADERS: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": "Idempotency-Key",
        "schema": {"type": "string", "maxLength": 200},
        "description": "The id of this command: repeated with it, it is answered, not done again",
    },
    {
        "in": "header",
        "name": "If-Match",
        "schema": {"type": "string"},
        "description": "The ETag that you have seen; 412 with what has happened since",
    },
    {
        "in": "header",
        "name": "Seal",
        "schema": {"type": "string", "enum": ["wait"]},
        "description": "Answer once a cosigned checkpoint covers it; 202 if that takes too long",
    },
]
"""What every command may carry."""


REFUSALS = (401, 403, 404, 422, 429, 503)
"""How any question may be refused; what is not said here never comes."""

COMMAND_REFUSALS = (400, *REFUSALS, 409, 412, 413, 415)


NOT_SEALED_YET = {"description": "Carried out; `Seal: wait` was asked, and it is not sealed yet"}


def refusals(*statuses: int) -> dict[str, Any]:
    """Each of them a problem document."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": problem},
        }
        for status in statuses
    }


def _json() -> Any:
    """The body, as RFC 8259 says it; nothing is an empty object. Raises BadRequest."""
    body = request.get_data()
    if request.content_length not in (None, len(body)):
        raise BadRequest("the body was cut short")
    try:
        return msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"malformed JSON: {error}") from None


def _query() -> dict[str, str]:
    """Of what is said more than once, the first."""
    return request.args.to_dict()


def _queried(schema: Schema) -> Callable[[], Any]:
    """Reads what is asked; where nothing is, it is known already what that means."""
    try:
        nothing = schema.load({})
    except ValidationError:
        nothing = None

    def read() -> Any:
        if nothing is not None and not request.query_string:
            return dict(nothing)
        return _checked(schema, "query", _query)

    return read


def _checked(schema: Schema, location: str, read: Callable[[], Any]) -> Any:
    """What was sent, as its schema reads it; unknown fields are refused, wherever they stand.

    Raises BadRequest, UnprocessableEntity.
    """
    try:
        return schema.load(read())
    except ValidationError as invalid:
        refusal: Any = UnprocessableEntity()
        refusal.data = {"messages": {location: invalid.messages}}
        raise refusal from None


def _served(route: Route, documented: Route, parse: Callable[[], Any]) -> Callable[..., Response]:
    """What flask-smorest documents, served without the five calls that it wraps around it."""

    @wraps(documented)
    def served(**path: Any) -> Response:
        return route(parse(), **path)

    return served


class Resource:
    """One blueprint of flask-smorest; its decorators in the two forms that we use."""

    def __init__(self, name: str, prefix: str, description: str) -> None:
        self.blueprint = Blueprint(name, name, url_prefix=prefix, description=description)

    def post(
        self,
        path: str,
        body: type[Schema],
        *,
        status: int = 200,
        answer: type[Schema] = ReceiptSchema,
    ) -> Callable[[Route], Route]:
        """A command: its body is checked, its answer a receipt unless said otherwise."""

        def register(route: Route) -> Route:
            schema = body()
            documented = self.blueprint.response(status, answer)(route)
            checked = self.blueprint.arguments(schema)(documented)
            also = refusals(*COMMAND_REFUSALS) | {202: NOT_SEALED_YET}
            said = self.blueprint.doc(parameters=HEADERS, responses=also)(checked)
            self.blueprint.post(path)(
                _served(route, said, partial(_checked, schema, "json", _json))
            )
            return route

        return register

    def get(
        self,
        path: str,
        answer: type[Schema] | dict[str, str],
        query: type[Schema] = ReadQuery,
        *,
        content_type: str | None = None,
        open_to_all: bool = False,
        refused: tuple[int, ...] = (),
        headers: list[dict[str, Any]] | None = None,
    ) -> Callable[[Route], Route]:
        """A question: what is asked stands in the query; answered in JSON unless said otherwise.

        `open_to_all`: it needs no token. `refused`: with what else but the usual `REFUSALS`.
        `headers`: what it may carry, as OpenAPI describes parameters.
        """

        def register(route: Route) -> Route:
            schema = query()
            documented = self.blueprint.response(200, answer, content_type=content_type)(route)
            checked = self.blueprint.arguments(schema, location="query")(documented)
            more: dict[str, Any] = {"security": []} if open_to_all else {}
            more |= {"parameters": headers} if headers else {}
            said = self.blueprint.doc(responses=refusals(*REFUSALS, *refused), **more)(checked)
            self.blueprint.get(path)(_served(route, said, _queried(schema)))
            return route

        return register
