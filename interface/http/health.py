"""Is it alive, is it ready, how is it doing. Open to whoever can reach the port."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from application.views import showing
from domain.credential import SCOPES
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
    sealing = fields.Dict(allow_none=True)
    findings = fields.List(fields.Dict(), required=True)


@_open("/healthz", 204)
def healthz() -> Response:
    """The process answers."""
    return Response(status=204)


@_open("/readyz", 200, ReadySchema)
def readyz() -> Response:
    """The store answers, every view runs and is not too far behind, and the sealer has no doubt.

    `sealing` is null where no sealer runs on this machine. What `findings` name wants looking at,
    and takes nobody out of service: a view that differs from replay.
    """
    head = services().register.head()
    views = services().progress.views()
    is_ready = all(v.failure is None and head - v.position <= LAG_LIMIT for v in views)
    sealing = services().proofs.sealing()
    is_ready = is_ready and (sealing is None or sealing.doubt is None)
    findings = [
        {"finding": "view_differs_from_replay", **showing.shallow(differs)}
        for differs in services().progress.differing()
    ]
    body = {
        "ready": is_ready,
        "position": head,
        "views": list(views),
        "sealing": sealing,
        "findings": findings,
    }
    return json(body, 200 if is_ready else 503)


class ResourceSchema(Schema):
    """RFC 9728."""

    resource = fields.String()
    authorization_servers = fields.List(fields.String(), required=True)
    bearer_methods_supported = fields.List(fields.String(), required=True)
    scopes_supported = fields.List(fields.String(), required=True)


@_open("/.well-known/oauth-protected-resource", 200, ResourceSchema)
def protected_resource() -> Response:
    """Where a console lets its people log in, with PKCE, if this house has such a place."""
    provider = services().door.provider
    return json(
        {
            **({"resource": provider.audience} if provider else {}),
            "authorization_servers": [provider.issuer] if provider else [],
            "bearer_methods_supported": ["header"],
            "scopes_supported": [f"yice:{scope}" for scope in sorted(SCOPES)],
        }
    )


@_open("/metrics", 200)
def metrics() -> Response:
    """For Prometheus."""
    return exposition()
