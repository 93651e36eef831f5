"""What browsers are told, and whose scripts may ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from application.door import DoorTerms
from tests.interface.given import MATTER, PAPER
from tests.support.facts import LI_NA
from tests.support.http import Office, Person, opened

CONSOLE = "https://console.example"
OTHER = "https://console.example.evil.example"
TERMS = DoorTerms(requests_a_minute=0)
SAID = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def policy(headers: Mapping[str, str]) -> dict[str, str]:
    said = headers["Content-Security-Policy"].split(";")
    return dict(directive.strip().split(" ", 1) for directive in said)


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/me", "/v1/tickets", "/v1/nothing", "/nowhere", "/healthz", "/readyz", "/metrics"),
        *("/openapi.json", "/public/nothing"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_no_answer_is_kept_framed_or_taken_for_something_else(
    shared_office: Office, path: str, is_known: bool
):
    who = shared_office.person(LI_NA) if is_known else shared_office.stranger()

    headers = who.look(path).headers

    assert {name: headers[name] for name in SAID} == SAID
    assert policy(headers)["default-src"] == policy(headers)["frame-ancestors"] == "'none'"
    assert "Strict-Transport-Security" not in headers
    assert not re.search(r"\d", headers.get("Server", ""))


def test_an_attachment_is_not_kept_or_run_either(office: Office, li_na: Person):
    ticket = opened(li_na)
    digest = li_na.post(f"{ticket}/evidence", PAPER).body["digest"]

    answer = li_na.look(f"{ticket}/evidence/{digest}")

    assert answer.status == 200
    assert {name: answer.headers[name] for name in SAID} == SAID
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_documentation_runs_its_own_scripts_and_is_not_framed(shared_office: Office):
    page = shared_office.client().get("/docs/")

    said = policy(page.headers)
    assert "'self'" in said["script-src"]
    assert "http" not in page.headers["Content-Security-Policy"]
    assert said["frame-ancestors"] == "'none'"


def test_only_who_is_behind_tls_says_that_there_is_nothing_else(office: Office, li_na: Person):
    office.guard(replace(TERMS, behind_tls=True))

    assert li_na.look("/v1/me").headers["Strict-Transport-Security"].startswith("max-age=31536000")


def asked_by(office: Office, origin: str, token: str | None = None) -> Mapping[str, str]:
    return office.stranger(token).look("/v1/me", {"Origin": origin}).headers


def preflight(office: Office, origin: str) -> tuple[int, Mapping[str, str]]:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    answer = office.client().options("/v1/tickets", headers=headers)
    return answer.status_code, answer.headers


def test_scripts_of_other_pages_read_nothing(office: Office):
    for headers in (asked_by(office, CONSOLE, office.tokens[LI_NA]), preflight(office, CONSOLE)[1]):
        names = list(dict(headers))
        assert [name for name in names if name.startswith("Access-Control-")] == []


@pytest.fixture
def opened_to_console(office: Office) -> Office:
    office.guard(replace(TERMS, origins=frozenset({CONSOLE})))
    return office


def test_those_of_a_named_origin_do(opened_to_console: Office):
    status, allowed = preflight(opened_to_console, CONSOLE)
    answer = asked_by(opened_to_console, CONSOLE, opened_to_console.tokens[LI_NA])

    assert status == 204
    assert "POST" in allowed["Access-Control-Allow-Methods"]
    wanted = {"authorization", "content-type", "idempotency-key", "if-match", "min-position"}
    assert wanted == set(allowed["Access-Control-Allow-Headers"].lower().split(", "))
    for headers in (allowed, answer):
        assert headers["Access-Control-Allow-Origin"] == CONSOLE
        assert headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in headers
    assert {"ETag", "Location", "Retry-After"} <= set(
        answer["Access-Control-Expose-Headers"].split(", ")
    )


def test_a_refusal_can_be_read_by_them_as_well(opened_to_console: Office):
    assert asked_by(opened_to_console, CONSOLE)["Access-Control-Allow-Origin"] == CONSOLE


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "http://console.example", CONSOLE.upper(), f"{CONSOLE}:8443", "*"]
)
def test_and_those_of_no_other(opened_to_console: Office, origin: str):
    status, refused = preflight(opened_to_console, origin)
    answer = asked_by(opened_to_console, origin, opened_to_console.tokens[LI_NA])

    assert status == 401
    for headers in (refused, answer):
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Vary"] == "Origin"


def test_a_named_origin_needs_a_token_all_the_same(opened_to_console: Office):
    stranger = opened_to_console.stranger()

    assert stranger.ask("OPTIONS", "/v1/tickets", {"Origin": CONSOLE}).status == 401
    assert stranger.post("/v1/tickets", MATTER).refusal == (401, "not_authenticated", None)
