"""What every answer tells a browser: what it may do with it, and whose scripts may read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Request, Response

from application.door import DoorTerms

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Headers = list[tuple[str, str]]

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The policy of data: a browser that shows it in place loads and runs nothing."""

DOCUMENTATION = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""That of /docs/, whose page brings a script of its own in place."""

ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
WITH_DATA = (*ALWAYS, ("Content-Security-Policy", NOTHING), ("Cache-Control", "no-store"))
WITH_DOCUMENTATION = (*ALWAYS, ("Content-Security-Policy", DOCUMENTATION))

TLS_ONLY = "max-age=31536000; includeSubDomains"

METHODS = "GET, POST"
MAY_SEND = "Authorization, Content-Type, Idempotency-Key, If-Match, Min-Position"
MAY_READ = (
    "ETag, Idempotency-Key, Link, Location, RateLimit, RateLimit-Policy, Retry-After,"
    " WWW-Authenticate"
)

PREFLIGHT_SECONDS = 600


def answer_preflight(asked: Request, terms: DoorTerms) -> Response | None:
    """A browser asks before it lets a script of a named origin ask; it has no token then."""
    if not _is_preflight(asked) or asked.headers.get("Origin") not in terms.origins:
        return None
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = METHODS
    response.headers["Access-Control-Allow-Headers"] = MAY_SEND
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def saying_what_is_allowed(
    environ: WSGIEnvironment, start: StartResponse, terms: DoorTerms
) -> StartResponse:
    """Begins an answer with what every answer says."""

    def begin(status: str, headers: Headers, *failure: Any) -> Callable[[bytes], object]:
        return start(status, _with_what_is_allowed(environ, headers, terms), *failure)

    return begin


def _with_what_is_allowed(environ: WSGIEnvironment, headers: Headers, terms: DoorTerms) -> Headers:
    if environ["PATH_INFO"].startswith("/docs/"):
        said = [*headers, *WITH_DOCUMENTATION]
    else:
        said = [header for header in headers if header[0] != "Cache-Control"]
        said += WITH_DATA
    if terms.behind_tls:
        said.append(("Strict-Transport-Security", TLS_ONLY))
    if terms.origins:
        said.append(("Vary", "Origin"))
        if (origin := environ.get("HTTP_ORIGIN")) in terms.origins:
            said.append(("Access-Control-Allow-Origin", origin))
            said.append(("Access-Control-Expose-Headers", MAY_READ))
    return said


def _is_preflight(asked: Request) -> bool:
    return asked.method == "OPTIONS" and "Access-Control-Request-Method" in asked.headers
