"""What every answer tells a browser: what it may do with it, and whose scripts may read it."""

from __future__ import annotations

from flask import Flask, Request, Response, request

from interface.http.services import services

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


def protect(app: Flask) -> None:
    app.before_request(answer_preflight)
    app.after_request(say_what_is_allowed)


def answer_preflight() -> Response | None:
    """A browser asks before it lets a script of a named origin ask; it has no token then."""
    if not _is_preflight(request) or not _named_origin():
        return None
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = METHODS
    response.headers["Access-Control-Allow-Headers"] = MAY_SEND
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def say_what_is_allowed(response: Response) -> Response:
    headers = response.headers
    if request.path.startswith("/docs/"):
        headers.extend(WITH_DOCUMENTATION)
    else:
        headers.remove("Cache-Control")
        headers.extend(WITH_DATA)
    terms = services().door.terms
    if terms.behind_tls:
        headers["Strict-Transport-Security"] = TLS_ONLY
    if terms.origins:
        headers.add("Vary", "Origin")
        if origin := _named_origin():
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = MAY_READ
    return response


def _is_preflight(asked: Request) -> bool:
    return asked.method == "OPTIONS" and "Access-Control-Request-Method" in asked.headers


def _named_origin() -> str | None:
    origin = request.headers.get("Origin")
    return origin if origin in services().door.terms.origins else None
