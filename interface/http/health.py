"""Is it alive, is it ready, how is it doing. Open to whoever can reach the port."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from interface.http.answers import json
from interface.http.metrics import exposition
from interface.http.resource import Route
from interface.http.services import services

LAG_LIMIT = 10_000
"""How many events a view may be behind before we call ourselves not ready."""

blueprint = Blueprint("health", "health", description="For those who run it")


def _open(path: str, status: int, answer: type[Schema] | None = None) -> Callable[[Route], Route]:
    """A route that asks for no token."""

    def register(route: Route) -> Route:
        documented = blueprint.response(status, answer)(route)
        blueprint.get(path)(blueprint.doc(security=[])(documented))
        return route

    return register


class ReadySchema(Schema):
    ready = fields.Boolean(required=True)
    position = fields.Integer(required=True)
    views = fields.List(fields.Dict(), required=True)


@_open("/healthz", 204)
def healthz() -> Response:
    """The process answers."""
    return Response(status=204)


@_open("/readyz", 200, ReadySchema)
def readyz() -> Response:
    """The store answers, and every view runs and is not too far behind."""
    head = services().register.head()
    views = services().progress.views()
    is_ready = all(v.failure is None and head - v.position <= LAG_LIMIT for v in views)
    body = {"ready": is_ready, "position": head, "views": list(views)}
    return json(body, 200 if is_ready else 503)


@_open("/metrics", 200)
def metrics() -> Response:
    """For Prometheus."""
    return exposition()
