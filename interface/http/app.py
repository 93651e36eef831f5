"""create_app(services) -> Flask. Gets parts that are already built, and builds none."""

from __future__ import annotations

import re

import flask_smorest
from flask import Flask, Response, g, request
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.exceptions import UnsupportedMediaType

from domain.errors import Invalid
from interface.http import (
    accesses,
    as_of,
    as_of_lists,
    assessments,
    blacklist,
    boards,
    broadcasts,
    client_files,
    clients,
    conduct,
    credentials,
    desk,
    dossiers,
    endings,
    erasures,
    evidence,
    exports,
    handovers,
    health,
    instances,
    ledger,
    levels,
    obligations,
    ownership,
    packs,
    policy,
    portal,
    proofs,
    rankings,
    reports,
    rotations,
    search,
    staff,
    supervision,
    tickets,
    volunteers,
)
from interface.http.auth import IDEMPOTENCY_KEY, actor
from interface.http.door import must_be_good_for
from interface.http.errors import register_errors
from interface.http.headers import protect
from interface.http.metrics import measure
from interface.http.privacy import keep_within_reach
from interface.http.schemas import ProblemSchema
from interface.http.services import EXTENSION, Services, services

BODY_LIMIT = 1024 * 1024
"""Largest request body, in bytes."""

WAIT_SECONDS = 5.0
"""How long a read waits for the views to reach `min_position`."""

MIN_POSITION = "Min-Position"


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest is not typed
    """flask-smorest, answering errors in our one way."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        assert self._app is not None
        register_errors(self._app)


def create_app(parts: Services) -> Flask:
    app = Flask("yice")
    app.config.update(
        API_TITLE="Yice 一册",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        MAX_CONTENT_LENGTH=BODY_LIMIT,
    )
    app.extensions[EXTENSION] = parts
    api = Api(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.options["security"] = [{"bearer": []}]
    for part in (
        tickets,
        handovers,
        endings,
        erasures,
        dossiers,
        evidence,
        clients,
        ownership,
        blacklist,
        rotations,
        staff,
        volunteers,
        credentials,
        desk,
        packs,
        policy,
        proofs,
        obligations,
        ledger,
        conduct,
        supervision,
        reports,
        search,
        boards,
        as_of,
        as_of_lists,
        accesses,
        exports,
        instances,
        portal,
        assessments,
        rankings,
        levels,
        client_files,
        broadcasts,
    ):
        api.register_blueprint(part.resource.blueprint)
    api.register_blueprint(client_files.forms.blueprint)
    api.register_blueprint(health.blueprint)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json"))
    protect(app)
    app.before_request(must_be_known)
    app.before_request(keep_within_reach)
    app.before_request(must_be_json)
    app.before_request(wait_for_views)
    app.after_request(name_command)
    app.after_request(tell_allowance)
    app.teardown_request(forget_request)
    measure(app)
    return app


def must_be_known() -> None:
    """Everything under /v1 is for those we know: asked before anything else is read."""
    if request.path.startswith("/v1/"):
        who = actor()
        g.left = services().door.take(who, services().now())
        must_be_good_for(who, request.method, request.path)


def forget_request(error: BaseException | None) -> None:
    """The next one asks anew."""
    services().people.forget_request()


def must_be_json() -> None:
    if request.method == "POST" and request.content_length and not request.is_json:
        raise UnsupportedMediaType("send Content-Type: application/json")


def wait_for_views() -> None:
    """Read your own writes: a GET that names a position waits until the views have read it."""
    if request.method == "GET" and request.path.startswith("/v1/"):
        position = _asked_position()
        if position > 0:
            services().progress.wait(position, WAIT_SECONDS)


def _asked_position() -> int:
    """0 where none is named. Raises Invalid."""
    field, given = "min_position", request.args.get("min_position")
    if given is None:
        field, given = MIN_POSITION, request.headers.get(MIN_POSITION, "0")
    if not re.fullmatch("[0-9]{1,18}", given):
        raise Invalid("a position of the register, like 42", field=field)
    return int(given)


def name_command(response: Response) -> Response:
    if "command_id" in g:
        response.headers[IDEMPOTENCY_KEY] = g.command_id
    return response


def tell_allowance(response: Response) -> Response:
    """How much more this token may ask."""
    if left := g.get("left"):
        services().door.tell(response, left)
    return response
