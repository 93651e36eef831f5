"""From a request to who asks, and to the envelope of their command."""

from __future__ import annotations

import re
from typing import Any, TypeVar
from uuid import UUID, uuid4

from flask import g, request

from application.desk import Actor, Command
from application.people import WrongToken
from application.permissions import role_for
from domain.errors import Invalid, NotAuthenticated
from interface.http.door import TooManyFailures
from interface.http.services import services

C = TypeVar("C", bound=Command)

SHORT = 10_000
"""Up to so many bytes of a body are looked through for ids."""

MOST_NAMED = 4
"""How many of the ids in a request are asked for together."""

ROWS_ALONE = frozenset({"tickets.show_history"})
"""What shows rows of views and asks no rule: nothing is asked for ahead."""

_ID = re.compile(rb'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')

IDEMPOTENCY_KEY = "Idempotency-Key"

SEAL, WAIT = "Seal", "wait"
"""Asks to be answered once a checkpoint that all witnesses have cosigned covers the command."""


def actor() -> Actor:
    """Who asks, by their bearer token; never by path or body.

    Raises NotAuthenticated, TooManyFailures.
    """
    kept = g._get_current_object()
    found: Actor | None = kept.get("actor")
    if found is None:
        found = kept.actor = _let_in(_token())
    return found


def _token() -> str:
    authorization = request.authorization
    if authorization is None or authorization.type != "bearer" or not authorization.token:
        raise NotAuthenticated("send Authorization: Bearer TOKEN")
    return authorization.token


def _let_in(token: str) -> Actor:
    """A stranger waits behind too many wrong tokens; who was let in before does not."""
    door, people, now = services().door, services().people, services().now()
    wait_seconds = door.wait_seconds(request, token, now)
    if wait_seconds and not people.was_good(token):
        raise TooManyFailures("too many wrong tokens", wait_seconds)
    try:
        if door.provider is not None and token.count(".") == 2:
            return people.recognised(door.provider.identify(token, now), now)
        return people.authenticate(token, now, _named)
    except WrongToken as wrong:
        door.note_failure(request, wrong.staff_id, now)
        raise


def _named() -> list[UUID]:
    """What the request is likely to be about: the ids in its path, and in a short body."""
    if request.endpoint in ROWS_ALONE:
        return []
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, UUID)]
    if 0 < (request.content_length or 0) <= SHORT:
        ids += [UUID(said.decode()) for said in _ID.findall(request.get_data())]
    return ids[:MOST_NAMED]


def reader() -> Actor:
    """Who asks to read. Raises Forbidden."""
    role_for("read", actor().roles_anywhere)
    return actor()


def command(kind: type[C], body: dict[str, Any], **more: Any) -> C:
    """The command that the body says, in the name of who sent it. Raises Invalid."""
    if request.headers.get(SEAL, WAIT) != WAIT:
        raise Invalid(f"it can say {WAIT}", field=SEAL)
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
    key: str | None = g.get("command_id")
    if key is None:
        key = request.headers.get(IDEMPOTENCY_KEY) or str(uuid4())
        if not re.fullmatch(r"[!-~]{1,200}", key):
            raise Invalid("1 to 200 printable ASCII characters", field=IDEMPOTENCY_KEY)
        g.command_id = key
    return key


def if_match() -> int | None:
    """The stream version that the client has seen. Raises Invalid."""
    given = request.headers.get("If-Match")
    if given is None or given == "*":
        return None
    match = re.fullmatch(r'"?(\d{1,9})"?', given)
    if match is None:
        raise Invalid('an ETag like "3"', field="If-Match")
    return int(match[1])
