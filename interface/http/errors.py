"""Refusal to status, in one table; every error is a problem document (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.utils import get_topic
from flask import Flask, Response
from marshmallow.exceptions import SCHEMA
from werkzeug.exceptions import HTTPException

from application.evidence import EvidenceErased
from application.register import Fact, KeyDestroyed, Unavailable
from application.views.progress import ViewTooFarBehind
from application.views.ticket_history import anonymous, unsaid
from domain.errors import (
    CommandIdReused,
    DomainError,
    Forbidden,
    Invalid,
    NotAuthenticated,
    NotFound,
    StaleVersion,
)
from domain.evidence import EvidenceTooLarge
from interface.http.answers import plain
from interface.http.auth import actor
from interface.http.door import TooMany
from interface.http.privacy import intervened

STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (TooMany, 429),
    (NotAuthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (EvidenceErased, 410),
    (StaleVersion, 412),
    (EvidenceTooLarge, 413),
    (CommandIdReused, 422),
    (Invalid, 422),
    (DomainError, 409),
)

CODES = {
    400: "malformed",
    404: "no_such_path",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "not_json",
    422: "invalid",
}

CONFIDENTIAL = "assessment."
"""Of what happens to these nobody is told by whom, nor what was said."""

log = logging.getLogger(__name__)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """The document, leaving out what is not known."""
    said = {"type": f"urn:yice:problem:{code}", "title": HTTPStatus(status).phrase}
    document = {**said, "status": status, "code": code, "detail": detail, **more}
    body = msgspec.json.encode({k: v for k, v in document.items() if v})
    return Response(body, status, content_type="application/problem+json")


def register_errors(app: Flask) -> None:
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Unavailable, unavailable)
    app.register_error_handler(ViewTooFarBehind, too_far_behind)
    app.register_error_handler(KeyDestroyed, erased)
    app.register_error_handler(RecursionError, too_deep)
    app.register_error_handler(Exception, unforeseen)


def refused(error: DomainError) -> Response:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    facts = dict(error.facts)
    missed: list[Fact] = list(facts.pop("intervening", ()))
    answer = problem(
        status,
        error.code,
        error.detail,
        field=error.field,
        rule=error.rule,
        facts=facts,
        intervening=[told for fact in missed if (told := _intervening(fact)) is not None],
    )
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="yice"'
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.wait_seconds)
    return answer


def _intervening(fact: Fact) -> dict[str, Any] | None:
    """As in the history of a ticket, whatever it happened to: `client_id`, `staff_id` …

    None where it is not told.
    """
    hidden_from_id: UUID | None = getattr(fact.event, "hidden_from_id", None)
    is_hidden = hidden_from_id is not None and hidden_from_id == actor().staff_id
    if (entry := intervened(fact)) is None:
        return None
    if get_topic(type(fact.event)).startswith(CONFIDENTIAL):
        entry = unsaid(entry)
    told: dict[str, Any] = plain(anonymous(entry) if is_hidden else entry)
    kind = told["topic"].partition(".")[0]
    return {f"{kind}_id": told.pop("ticket_id"), **told}


def http_error(error: HTTPException) -> Response:
    status = error.code or 500
    said = getattr(error, "data", None) or {}
    errors = said.get("messages", {})
    code = CODES.get(status, HTTPStatus(status).name.lower())
    detail = _first(errors) or error.description or ""
    answer = problem(status, code, detail, field=_field(errors), errors=errors)
    if status == 405:
        answer.headers["Allow"] = error.get_response().headers.get("Allow", "")
    return answer


def unavailable(error: Unavailable) -> Response:
    log.warning("the store is out of reach: %s", error)
    answer = problem(
        503,
        "store_unavailable",
        "the store does not answer; repeat with the same Idempotency-Key",
    )
    answer.headers["Retry-After"] = "2"
    return answer


def too_far_behind(error: ViewTooFarBehind) -> Response:
    answer = problem(503, "view_too_far_behind", str(error), field="min_position")
    answer.headers["Retry-After"] = "1"
    return answer


def erased(error: KeyDestroyed) -> Response:
    return problem(409, "person_erased", f"{error} was erased; nothing more is written about them")


def too_deep(error: RecursionError) -> Response:
    return problem(400, "malformed", "the body is nested too deep")


def unforeseen(error: Exception) -> Response:
    log.exception("unforeseen", exc_info=error)
    return problem(500, "unforeseen", "something went wrong here; it was logged")


def _field(errors: Any) -> str | None:
    """The name of the first field at fault, dotted."""
    path: list[str] = []
    while isinstance(errors, dict) and errors:
        name, errors = next(iter(errors.items()))
        path.append(str(name))
    named = path[1:] if path[:1] in (["json"], ["query"]) else path
    return ".".join(part for part in named if part != SCHEMA) or None


def _first(errors: Any) -> str | None:
    """What is said of that field."""
    while isinstance(errors, dict) and errors:
        errors = next(iter(errors.values()))
    return str(errors[0]) if isinstance(errors, list) and errors else None
