"""From rows and receipts to JSON. Sealed texts are opened here; search opens what it looks at."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from flask import Response, request, url_for

from application.register import Receipt
from application.views import showing
from domain.errors import Invalid
from interface.http.auth import SEAL
from interface.http.services import services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

R = TypeVar("R")


def plain(value: Any) -> Any:
    """Rows as dicts, sealed texts as what they say to who may read them."""
    return showing.plain(value, services().open_box)


class Answer(Response):
    """Said in one piece, with headers that are complete: nothing is looked through once more."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(self.status, self.headers.to_wsgi_list())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.get_data()]


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = showing.encoded(value, services().open_box)
    return Answer(body, status, headers, content_type="application/json")


SEAL_SECONDS = 10.0
"""How long a seal is waited for; then the answer is 202, and the header says so."""


def answered(receipt: Receipt, status: int = 200, **more: Any) -> Response:
    """The writer's answer: nobody waits for views, and for the seal only who says so."""
    body: dict[str, Any] = {
        "id": receipt.stream_id,
        "version": receipt.version,
        "position": receipt.position,
        "recorded_at": receipt.recorded_at,
        "number": receipt.number,
        "replayed": receipt.replayed,
    }
    if receipt.warnings:
        body["warnings"] = list(receipt.warnings)
    headers = {"ETag": f'"{receipt.version}"'}
    if SEAL in request.headers:
        is_sealed = services().proofs.wait(receipt.position, SEAL_SECONDS)
        headers[SEAL] = "yes" if is_sealed else "not yet"
        status = status if is_sealed else 202
    return json(body | more, status, headers)


def created(
    receipt: Receipt, endpoint: str, *, more: Mapping[str, Any] | None = None, **values: Any
) -> Response:
    answer = answered(receipt, 201, **(more or {}))
    answer.headers["Location"] = url_for(endpoint, **values)
    return answer


def versioned(row: Any, **more: Any) -> Response:
    """One row, with the version that a change of it may name in If-Match."""
    return json(showing.shallow(row) | more, headers={"ETag": f'"{row.version}"'})


def page(
    query: dict[str, Any],
    fetch: Callable[[Any, int], Sequence[R]],
    position: Callable[[R], Any],
    read: Callable[[str], Any] = int,
    said: Callable[[], Mapping[str, Any]] = dict,
    **more: Any,
) -> Response:
    """A page and, in `next` and the Link header, the way to the one behind it.

    A cursor is where the page ends, as text; `read` makes a position of it, or raises ValueError.
    `said`: what else the page says of itself once it is there.
    """
    limit = query["limit"]
    rows = fetch(_read_cursor(query.get("cursor"), read), limit + 1)
    is_last = len(rows) <= limit
    cursor = None if is_last else _cursor(position(rows[limit - 1]))
    answer = json({"items": list(rows[:limit]), "next": cursor} | more | dict(said()))
    if cursor:
        arguments = request.args.to_dict() | {"cursor": cursor}
        target = f"{request.path}?{urlencode(arguments)}"
        answer.headers["Link"] = f'<{target}>; rel="next"'
    return answer


def _cursor(position: Any) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None, read: Callable[[str], Any]) -> Any:
    if cursor is None:
        return None
    try:
        return read(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except ValueError:
        raise Invalid("this cursor is not one of ours", field="cursor") from None
