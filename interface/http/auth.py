"""From a request to who asks, and to the envelope of their command."""

from __future__ import annotations

import re
from typing import Any, TypeVar
from uuid import uuid4

from flask import g, request

from application.desk import Actor, Command
from application.permissions import role_for
from domain.errors import Invalid, NotAuthenticated
from interface.http.services import services

C = TypeVar("C", bound=Command)

IDEMPOTENCY_KEY = "Idempotency-Key"


def actor() -> Actor:
    """Who asks, by their bearer token; never by path or body. Raises NotAuthenticated."""
    if "actor" not in g:
        authorization = request.authorization
        if authorization is None or authorization.type != "bearer" or not authorization.token:
            raise NotAuthenticated("send Authorization: Bearer TOKEN")
        g.actor = services().people.authenticate(authorization.token, services().now())
    found: Actor = g.actor
    return found


def reader() -> Actor:
    """Who asks to read. Raises Forbidden."""
    role_for("read", actor().roles)
    return actor()


def command(kind: type[C], body: dict[str, Any], **more: Any) -> C:
    """The command that the body says, in the name of who sent it."""
    return kind(
        by=actor(),
        command_id=command_id(),
        received_at=services().now(),
        expected_version=if_match(),
        **body,
        **more,
    )


def command_id() -> str:
    """The client's Idempotency-Key, or one made for this request alone. Raises Invalid."""
    if "command_id" not in g:
        key = request.headers.get(IDEMPOTENCY_KEY) or str(uuid4())
        if not re.fullmatch(r"[!-~]{1,200}", key):
            raise Invalid("1 to 200 printable ASCII characters", field=IDEMPOTENCY_KEY)
        g.command_id = key
    found: str = g.command_id
    return found


def if_match() -> int | None:
    """The stream version that the client has seen. Raises Invalid."""
    given = request.headers.get("If-Match")
    if given is None or given == "*":
        return None
    match = re.fullmatch(r'"?(\d{1,9})"?', given)
    if match is None:
        raise Invalid('an ETag like "3"', field="If-Match")
    return int(match[1])
