"""create_app(services) -> Flask. Gets parts that are already built, and builds none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import flask_smorest
from flask import Flask, Request, Response, g
from flask.globals import request_ctx
from flask.sessions import NullSession, SessionInterface, SessionMixin
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
from interface.http.headers import answer_preflight, saying_what_is_allowed
from interface.http.metrics import measure
from interface.http.privacy import keep_within_reach
from interface.http.schemas import ProblemSchema
from interface.http.services import EXTENSION, Services, services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

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


class NoSession(SessionInterface):
    """A token says who asks; nothing is kept between requests."""

    _nothing = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._nothing

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        pass


class Web(Flask):
    """Flask, with headers that every answer carries, whoever gives it."""

    session_interface = NoSession()

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        terms = self.extensions[EXTENSION].door.terms
        answer: Iterable[bytes] = super().wsgi_app(
            environ, saying_what_is_allowed(environ, start_response, terms)
        )
        return answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No route of ours is a coroutine, so nobody looks whether one is."""
        return func


def create_app(parts: Services) -> Flask:
    app = Web("yice")
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
    app.before_request(let_in)
    app.after_request(tell_beside)
    app.teardown_request(forget_request)
    measure(app)
    return app


def let_in() -> Response | None:
    """Everything under /v1 is for those we know: asked before anything else is read."""
    asked, parts = request_ctx.request, services()
    if (preflight := answer_preflight(asked, parts.door.terms)) is not None:
        return preflight
    is_ours = asked.path.startswith("/v1/")
    if is_ours:
        who, now = actor(), parts.now()
        g.left = parts.door.take(who, now)
        must_be_good_for(who, asked.method, asked.path)
        keep_within_reach(asked, who, now)
    must_be_json(asked)
    if is_ours and asked.method == "GET":
        wait_for_views(asked)
    return None


def forget_request(error: BaseException | None) -> None:
    """The next one asks anew."""
    services().people.forget_request()


def must_be_json(asked: Request) -> None:
    if asked.method == "POST" and asked.content_length and not asked.is_json:
        raise UnsupportedMediaType("send Content-Type: application/json")


def wait_for_views(asked: Request) -> None:
    """Read your own writes: a GET that names a position waits until the views have read it."""
    position = _asked_position(asked)
    if position > 0:
        services().progress.wait(position, WAIT_SECONDS)


def _asked_position(asked: Request) -> int:
    """0 where none is named. Raises Invalid."""
    field, given = "min_position", asked.args.get("min_position")
    if given is None:
        field, given = MIN_POSITION, asked.headers.get(MIN_POSITION, "0")
    if not re.fullmatch("[0-9]{1,18}", given):
        raise Invalid("a position of the register, like 42", field=field)
    return int(given)


def tell_beside(response: Response) -> Response:
    """The id of the command, and how much more this token may ask."""
    if (command_id := g.get("command_id")) is not None:
        response.headers[IDEMPOTENCY_KEY] = command_id
    if left := g.get("left"):
        services().door.tell(response, left)
    return response
