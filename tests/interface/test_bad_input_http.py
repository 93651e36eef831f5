"""Whatever is sent: a clear refusal, never a fault of ours, and nothing stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.views.questions import VIEW_NAMES
from interface.http.app import BODY_LIMIT
from tests.interface.given import COMMANDS, READS, in_force, paths
from tests.support.facts import INSTALLATION_PACK, LI_NA, M1
from tests.support.http import ADMIN, APPROVER, DRAFTER, INSPECTOR, Office, Person, opened


@pytest.fixture(scope="module")
def ticket(shared_office: Office) -> str:
    in_force(shared_office, INSTALLATION_PACK)
    path = opened(shared_office.person(LI_NA))
    shared_office.catch_up()
    return path.rpartition("/")[2]


@pytest.fixture
def li_na(shared_office: Office) -> Person:
    return shared_office.person(LI_NA)


def path_of(ticket: str, path: str) -> str:
    return path.replace("TICKET", ticket)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b'{"reason": }', 400, "malformed"),
        (b'{"reason": "a"} trailing', 400, "malformed"),
        (b"{'reason': 'a'}", 400, "malformed"),
        (b'{"reason": NaN}', 400, "malformed"),
        (b'{"reason": 1e999}', 400, "malformed"),
        (b'{"reason": ' + b"9" * 6_000 + b"}", 400, "malformed"),
        (b'{"reason": "\xff\xfe"}', 400, "malformed"),
        (b'{"reason": "\xed\xa0\x80"}', 400, "malformed"),
        (b'{"reason": "\\ud800"}', 400, "malformed"),
        (b'{"reason": "\\udc00\\ud800"}', 400, "malformed"),
        (b'{"reason": "a\x00b"}', 400, "malformed"),
        (b"\xef\xbb\xbf{}", 400, "malformed"),
        ("{}".encode("utf-16"), 400, "malformed"),
        (b"\x00", 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b'{"reason": ' * 50_000, 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b"[{}]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"true", 422, "invalid"),
        (b"7", 422, "invalid"),
        (b'"reason"', 422, "invalid"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_what_is_not_a_body(li_na: Person, ticket: str, data: bytes, status: int, code: str):
    for path in COMMANDS:
        answer = li_na.send(path_of(ticket, path), data)

        assert answer.refusal == (status, code, None), path


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_what_is_not_sent_as_json(li_na: Person, ticket: str, content_type: str):
    for path, body in COMMANDS.items():
        data = json.dumps(body)

        answer = li_na.send(path_of(ticket, path), data, content_type=content_type)

        assert answer.refusal == (415, "not_json", None), path


@pytest.mark.parametrize("size", [BODY_LIMIT + 1, 10 * BODY_LIMIT])
def test_a_body_that_is_too_large(li_na: Person, ticket: str, size: int):
    body = b'{"text": "' + b"a" * (size - 12) + b'"}'

    answer = li_na.send(f"/v1/tickets/{ticket}/notes", body)

    assert len(body) == size
    assert answer.refusal == (413, "body_too_large", None)


def test_the_largest_body_is_read(li_na: Person, ticket: str):
    body = b'{"text": "' + b"a" * (BODY_LIMIT - 12) + b'"}'

    answer = li_na.send(f"/v1/tickets/{ticket}/notes", body)

    assert answer.refusal == (422, "invalid", "text")


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_as_well(
    shared_office: Office, ticket: str
):
    answer = shared_office.client().post(
        f"/v1/tickets/{ticket}/notes",
        input_stream=BytesIO(b"[" + b" " * 2 * BODY_LIMIT + b"]"),
        headers={"Authorization": f"Bearer {shared_office.tokens[LI_NA]}"},
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.data)["code"] == "body_too_large"


@pytest.mark.parametrize("arrived", [b"", b'{"text": "', b"{}"])
def test_a_body_that_is_cut_short_is_not_taken_for_a_whole_one(
    shared_office: Office, ticket: str, arrived: bytes
):
    answer = shared_office.client().post(
        f"/v1/tickets/{ticket}/slip",
        input_stream=BytesIO(arrived),
        headers={"Authorization": f"Bearer {shared_office.tokens[LI_NA]}"},
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": "200"},
    )

    assert answer.status_code == 400
    assert json.loads(answer.data)["code"] == "malformed"


NOT_A_TEXT = [
    None,
    7,
    1.5,
    True,
    [],
    ["a"],
    {},
    "",
    " \n\t ",
    "a\0b",
    "a\x1b[2Jb",
    "a\x7fb",
    "a\x85b",
]
NOT_AN_ID = [None, 7, "", "li-na", "0" * 31, "g" * 32, [], {}]
NOT_A_TIME = [
    None,
    0,
    "",
    "now",
    "2026-11-23",
    "12:00",
    "2026-11-23T12:00:00",
    "2026-11-23T25:00:00+08:00",
    "2026-02-29T12:00:00+08:00",
    "2026-11-23T12:00:00+99:00",
    "0001-01-01T00:00:00+14:00",
    "1899-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    [],
    {},
]
NOT_A_NUMBER = [None, "1", 1.5, 1.0, True, 0, -1, [], {}]
NOT_A_TRAIT = [None, 1.5, [], {}]
NOT_A_LIST = [None, "staff", 7, {}, [], [7], [None], ["a\0b"]]
NOT_A_MAPPING = [None, "a", 7, []]


def wrong_values(name: str, value: Any) -> list[Any]:
    """What cannot stand where `value` does, whatever else is so."""
    if name.endswith("_id"):
        return NOT_AN_ID
    if name in ("start", "end", "effective_from", "occurred_at"):
        return NOT_A_TIME
    kinds = {
        str: NOT_A_TEXT,
        int: NOT_A_NUMBER,
        bool: NOT_A_TRAIT,
        list: NOT_A_LIST,
        dict: NOT_A_MAPPING,
    }
    return kinds[type(value)]


def fields() -> Iterator[tuple[str, str, Any]]:
    """Each field of each command, and a value that is right."""
    everywhere = {"occurred_at": "2026-11-23T12:00:00+08:00", "acting_for": None, "reason": "因故"}
    for path, body in COMMANDS.items():
        for name, value in {**everywhere, **body}.items():
            yield path, name, value


@pytest.mark.parametrize(("path", "name", "value"), list(fields()))
def test_a_value_of_the_wrong_kind(
    shared_office: Office, ticket: str, path: str, name: str, value: Any
):
    li_na = shared_office.person(LI_NA)
    for wrong in NOT_AN_ID if name == "acting_for" else wrong_values(name, value):
        answer = li_na.post(path_of(ticket, path), {**COMMANDS[path], name: wrong})

        status, code, field = answer.refusal
        assert (status, code) == (422, "invalid"), wrong
        assert (field or "").partition(".")[0] == name, wrong


LIMITS = {
    "reason": 2_000,
    "text": 10_000,
    "matter": 10_000,
    "question": 10_000,
    "result": 10_000,
    "name": 200,
    "channel": 40,
    "procedure": 64,
    "ground": 64,
    "what": 64,
    "kind": 40,
    "value": 400,
    "post": 100,
}
"""Longest texts, in characters."""

OF_TRAITS = {"name": 40, "value": 64, "reason": 2_000}


def longest(path: str, name: str) -> int:
    return (OF_TRAITS if path.endswith("/traits") else LIMITS)[name]


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, name, _ in fields() if name in LIMITS]
)
def test_a_text_that_is_too_long(shared_office: Office, ticket: str, path: str, name: str):
    body = {**COMMANDS[path], name: "长" * (longest(path, name) + 1)}

    answer = shared_office.person(LI_NA).post(path_of(ticket, path), body)

    assert answer.refusal == (422, "invalid", name)
    assert str(longest(path, name)) in answer.body["detail"]


@pytest.mark.parametrize(("name", "path"), [("text", "notes"), ("reason", "notes")])
def test_the_longest_text_is_taken(shared_office: Office, ticket: str, name: str, path: str):
    body = {"text": "看", name: "长" * LIMITS[name]}

    answer = shared_office.person(LI_NA).post(f"/v1/tickets/{ticket}/{path}", body)

    assert answer.stored != []


DECIDED_ABOVE = ("/v1/assessments", "/v1/rankings", "/v1/instances")


def sender(office: Office, path: str) -> Person:
    """Somebody who may send this command."""
    if path.startswith("/v1/packs"):
        return office.person(DRAFTER if path.endswith("versions") else APPROVER)
    if path.endswith("/supervision"):
        return office.person(INSPECTOR)
    if path.endswith(("/confirmation", "/execution")):
        return office.hire("finance")
    if path.startswith(DECIDED_ABOVE) or path.endswith(("/levels", "/commendations")):
        return office.hire("director")
    return office.person(ADMIN if path.startswith(("/v1/staff", "/v1/volunteers")) else M1)


@pytest.mark.parametrize("path", COMMANDS)
def test_what_is_still_to_come_has_not_happened(shared_office: Office, ticket: str, path: str):
    body = {**COMMANDS[path], "occurred_at": "2026-11-23T12:01:01+08:00"}

    answer = sender(shared_office, path).post(path_of(ticket, path), body)

    assert answer.refusal == (422, "invalid", "occurred_at")


@pytest.mark.parametrize("name", ["colour", "ticket-id", "", "$sealed", "a\0b", "__class__"])
def test_a_field_that_nobody_asked_for(shared_office: Office, ticket: str, name: str):
    for path, body in COMMANDS.items():
        answer = shared_office.person(LI_NA).post(path_of(ticket, path), {**body, name: "x"})

        assert answer.refusal[:2] == (422, "invalid"), path
        assert answer.body["errors"] == {"json": {name: ["Unknown field."]}}, path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/tickets/",
        "/v1/tickets/1",
        "/v1/tickets/%00",
        "/v1/tickets/%ff%fe/history",
        "/v1/clients/../staff/1",
        f"/v1/tickets/{'1' * 33}",
        "/v1/packs/consultation/1/1",
        "/v1/packs/%00",
        f"/{'x' * 8_000}",
    ],
)
def test_a_path_that_leads_nowhere(shared_office: Office, path: str):
    answer = shared_office.person(LI_NA).look(path)

    assert answer.refusal == (404, "no_such_path", None)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "GET"])
def test_a_method_that_a_path_does_not_know(shared_office: Office, method: str):
    li_na = shared_office.person(LI_NA)
    known = {*paths(shared_office, "POST"), *paths(shared_office, "GET")}

    for path in known - set(paths(shared_office, method)):
        answer = li_na.ask(method, path)

        assert answer.refusal == (405, "method_not_allowed", None), path
        assert method not in answer.headers["Allow"].split(", ")
        assert {"POST", "GET"} & set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_what_is_only_read_is_not_written(shared_office: Office, path: str):
    answer = shared_office.stranger().post(path)

    assert answer.refusal == (405, "method_not_allowed", None)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["client", "phone", "consultation", "overloaded", str(LI_NA), str(M1)])
    | st.datetimes().map(lambda at: f"{at.isoformat()}+08:00"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(data=st.data())
def test_no_body_whatever_is_a_fault_of_ours(shared_office: Office, ticket: str, data: Any):
    path = data.draw(st.sampled_from(list(COMMANDS)), label="path")
    body = data.draw(ANYTHING | st.just(COMMANDS[path]), label="body")
    if isinstance(body, dict):
        known = [*COMMANDS[path], "reason", "acting_for", "occurred_at"]
        body = {**COMMANDS[path], data.draw(st.sampled_from(known)): data.draw(ANYTHING)}

    answer = sender(shared_office, path).post(path_of(ticket, path), body)

    assert answer.status < 500, answer.body
    assert answer.status < 400 or answer.refusal


QUERIES = ["cursor", "limit", "min_position", "state", "owner_id", "opened_from", "after", "number"]


@given(data=st.data())
def test_no_question_whatever_is_a_fault_of_ours(shared_office: Office, ticket: str, data: Any):
    path = path_of(ticket, data.draw(st.sampled_from(READS), label="path"))
    name = data.draw(st.sampled_from(QUERIES), label="name")
    value = data.draw(st.text(st.characters(exclude_categories=["Cs"])), label="value")

    answer = shared_office.person(LI_NA).search(path, {name: value})

    assert answer.status in (200, 422), answer.body
    assert answer.status == 200 or answer.refusal == (422, "invalid", name)


def test_after_all_this_the_views_still_run(shared_office: Office):
    shared_office.catch_up()

    failures = {view.view: view.failure for view in shared_office.parts.progress.views()}
    assert failures == dict.fromkeys(VIEW_NAMES)
    assert shared_office.person(LI_NA).get("/readyz").status == 200
