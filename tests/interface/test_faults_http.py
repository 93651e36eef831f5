"""When the fault is ours: it is said plainly, and nothing of ours is shown."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.interface.given import MATTER
from tests.support.facts import LI_NA
from tests.support.http import Office, Person


@pytest.fixture
def ask(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask while the store is gone; it is looked for only once."""
    monkeypatch.setattr("infrastructure.database.RETRY_SECONDS", 0)
    headers = {"Authorization": f"Bearer {office.tokens[LI_NA]}"}
    office.parts.database.close()

    def ask(method: str, path: str, body: Any = None) -> TestResponse:
        return office.client().open(path, method=method, json=body, headers=headers)

    return ask


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/tickets", MATTER),
        ("GET", "/v1/tickets", None),
        ("GET", "/v1/me?min_position=1", None),
        ("GET", "/readyz", None),
        ("GET", "/metrics", None),
    ],
)
def test_while_the_store_is_gone_everybody_is_asked_to_come_again(
    ask: Any, method: str, path: str, body: Any
):
    answer = ask(method, path, body)

    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    problem = json.loads(answer.data)
    assert (problem["status"], problem["code"]) == (503, "store_unavailable")
    assert "Idempotency-Key" in problem["detail"]


def test_while_the_store_is_gone_the_process_is_alive(ask: Any):
    assert ask("GET", "/healthz").status_code == 204


def test_a_fault_that_nobody_foresaw_is_logged_and_not_shown(
    office: Office, li_na: Person, caplog: pytest.LogCaptureFixture
):
    with office.parts.database.connection() as connection:
        connection.execute("DROP TABLE reporting.pack_shelf")

    answer = li_na.look("/v1/packs")

    assert answer.refusal == (500, "unforeseen", None)
    assert "pack_shelf" not in json.dumps(answer.body)
    assert answer.body.keys() == {"type", "title", "status", "code", "detail"}
    assert "UndefinedTable" in caplog.text
    assert "Traceback" in caplog.text


class Reluctant(io.BytesIO):
    """A body that never comes: who waits for it waits for ever."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("somebody waits for the body")

    readinto = readline = read  # type: ignore[assignment]


def test_nobody_waits_for_the_body_of_a_stranger(office: Office) -> None:
    answer = office.client().post(
        "/v1/tickets",
        input_stream=Reluctant(b"x" * 100),
        headers={"Authorization": "Bearer yice_nobody", "Content-Type": "application/json"},
    )

    assert answer.status_code == 401
