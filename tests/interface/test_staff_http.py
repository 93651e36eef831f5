from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.staff import Staff
from tests.interface.given import DEPUTY, STAFF_COMMANDS
from tests.support.facts import C1, C3, LI_NA, M1, M2, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, CAST, NOBODY, Office, Person

COLLEAGUE = f"/v1/staff/{ZHAO_LEI}"


@pytest.fixture
def admin(office: Office) -> Person:
    return office.person(ADMIN)


def test_registering_a_colleague_answers_where_they_are_found(admin: Person):
    answer = admin.post("/v1/staff", {"name": "孙某", "unit": "north", "staff_id": str(C3)})

    assert answer.status == 201
    assert answer.carried_out == [Staff.Registered]
    assert answer.headers["Location"] == f"/v1/staff/{C3}"
    assert (answer.event.name.text, answer.event.unit) == ("孙某", "north")
    assert len(answer.event.key_commitment) == 64


def test_a_colleague_serves_in_the_main_unit_unless_said_otherwise(admin: Person):
    assert admin.post("/v1/staff", {"name": "孙某"}).event.unit == "main"


def test_the_directory_shows_who_serves_where_and_as_what(admin: Person):
    answer = admin.get(f"/v1/staff/{LI_NA}")

    assert answer.status == 200
    assert answer.headers["ETag"] == f'"{answer.body["version"]}"'
    shown = answer.body
    assert (shown["name"], shown["unit"]) == ("某某", "main")
    assert (shown["post"], shown["roles"]) == ("cs_officer", ["cs_officer"])
    assert (shown["superior_id"], shown["deputies"]) == (str(M1), [])
    assert (shown["is_on_duty"], shown["has_left"]) == (False, False)
    assert len(shown["credentials"]) == 1


def test_a_post_brings_its_roles_and_ends_the_one_before(admin: Person):
    post = {"post": "班长", "roles": ["staff", "cs_supervisor", "staff"]}

    answer = admin.post(f"{COLLEAGUE}/post", post)
    again = admin.post(f"{COLLEAGUE}/post", post)

    assert answer.carried_out == [Staff.PostTaken]
    assert (answer.event.post, answer.event.roles) == ("班长", ["cs_supervisor", "staff"])
    assert again.carried_out == []
    assert admin.get(COLLEAGUE).body["roles"] == ["cs_supervisor", "staff"]


def test_a_superior_is_named(admin: Person):
    answer = admin.post(f"{COLLEAGUE}/superior", {"superior_id": str(M1)})

    assert answer.carried_out == [Staff.SuperiorNamed]
    assert answer.event.superior_id == M1
    assert admin.get(COLLEAGUE).body["superior_id"] == str(M1)


def test_a_deputy_is_named_for_a_period(admin: Person):
    answer = admin.post(f"{COLLEAGUE}/deputies", DEPUTY)

    assert answer.carried_out == [Staff.DeputyNamed]
    assert answer.event.deputy_id == M2
    assert answer.event.start.isoformat() == "2026-11-23T09:00:00+08:00"
    assert admin.get(COLLEAGUE).body["deputies"] == [DEPUTY]


def test_one_says_oneself_when_one_is_on_duty(admin: Person, li_na: Person):
    mine = f"/v1/staff/{LI_NA}"

    on = li_na.post(f"{mine}/duty/start")
    again = li_na.post(f"{mine}/duty/start")
    shown = li_na.get(mine).body["is_on_duty"]
    off = li_na.post(f"{mine}/duty/end")

    assert on.carried_out == [Staff.WentOnDuty]
    assert again.carried_out == []
    assert shown is True
    assert off.carried_out == [Staff.WentOffDuty]
    assert li_na.get(mine).body["is_on_duty"] is False


def test_who_manages_staff_may_say_it_for_them(admin: Person):
    answer = admin.post(f"{COLLEAGUE}/duty/start")

    assert answer.carried_out == [Staff.WentOnDuty]
    assert answer.event.by == f"staff:{ADMIN}"


def test_a_token_is_shown_once_and_stored_nowhere(office: Office, admin: Person):
    answer = admin.post(f"{COLLEAGUE}/credentials")

    assert answer.status == 201
    assert answer.carried_out == [Staff.CredentialIssued]
    token, credential_id = answer.body["token"], answer.body["credential_id"]
    assert office.stranger(token).get("/v1/me").body["staff_id"] == str(ZHAO_LEI)
    assert credential_id in admin.get(COLLEAGUE).body["credentials"]
    assert answer.event.credential_id == credential_id
    secret = token.rpartition("_")[2]
    assert secret not in str(vars(answer.event))
    assert secret not in str(admin.get(COLLEAGUE).body)


def test_a_revoked_token_is_off_the_list(admin: Person):
    credential_id = admin.post(f"{COLLEAGUE}/credentials").body["credential_id"]

    answer = admin.post(f"{COLLEAGUE}/credentials/{credential_id}/revocation")

    assert answer.carried_out == [Staff.CredentialRevoked]
    assert answer.event.credential_id == credential_id
    assert credential_id not in admin.get(COLLEAGUE).body["credentials"]


def test_who_leaves_is_off_duty_and_has_no_tokens(admin: Person):
    admin.post(f"{COLLEAGUE}/duty/start")

    answer = admin.post(f"{COLLEAGUE}/departure")
    again = admin.post(f"{COLLEAGUE}/departure")

    assert answer.carried_out == [Staff.Left]
    assert again.carried_out == []
    shown = admin.get(COLLEAGUE).body
    assert (shown["has_left"], shown["is_on_duty"], shown["credentials"]) == (True, False, [])


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (422, "invalid", "name")),
        ({"name": "\t"}, (422, "invalid", "name")),
        ({"name": "长" * 201}, (422, "invalid", "name")),
        ({"name": "孙某", "unit": "u" * 65}, (422, "invalid", "unit")),
        ({"name": "孙某", "staff_id": 7}, (422, "invalid", "staff_id")),
        ({"name": "孙某", "roles": ["administrator"]}, (422, "invalid", "roles")),
        ({"name": "孙某", "staff_id": str(LI_NA)}, (409, "already_exists", "id")),
    ],
)
def test_a_colleague_who_cannot_be_registered(shared_office: Office, body: Any, refusal: Any):
    answer = shared_office.person(ADMIN).post("/v1/staff", body)

    assert answer.refusal == refusal


POST = {"post": "班长", "roles": ["staff"]}
NEVER = {"start": DEPUTY["end"], "end": DEPUTY["start"]}
NO_TIME = {"end": DEPUTY["start"]}


@pytest.mark.parametrize(
    ("what", "body", "refusal"),
    [
        ("post", POST | {"roles": ["emperor"]}, (422, "invalid", "roles")),
        ("post", POST | {"roles": []}, (422, "invalid", "roles")),
        ("post", POST | {"roles": ["staff"] * 100}, (422, "invalid", "roles")),
        ("post", POST | {"roles": "staff"}, (422, "invalid", "roles")),
        ("post", POST | {"roles": ["staff", 7]}, (422, "invalid", "roles.1")),
        ("post", {"post": "班长"}, (422, "invalid", "roles")),
        ("post", {"roles": ["staff"]}, (422, "invalid", "post")),
        ("superior", {}, (422, "invalid", "superior_id")),
        ("superior", {"superior_id": str(ZHAO_LEI)}, (422, "invalid", "superior_id")),
        ("superior", {"superior_id": str(C1)}, (404, "not_found", "staff_id")),
        ("deputies", {}, (422, "invalid", "deputy_id")),
        ("deputies", DEPUTY | {"deputy_id": str(ZHAO_LEI)}, (422, "invalid", "deputy_id")),
        ("deputies", DEPUTY | {"deputy_id": str(C1)}, (404, "not_found", "staff_id")),
        ("deputies", DEPUTY | NEVER, (422, "invalid", "end")),
        ("deputies", DEPUTY | NO_TIME, (422, "invalid", "end")),
        ("deputies", DEPUTY | {"start": "2026-11-23T09:00:00"}, (422, "invalid", "start")),
        ("credentials/0000/revocation", {}, (409, "no_credential", "credential_id")),
    ],
)
def test_what_cannot_be_done_with_a_colleague(
    shared_office: Office, what: str, body: Any, refusal: Any
):
    answer = shared_office.person(ADMIN).post(f"{COLLEAGUE}/{what}", body)

    assert answer.refusal == refusal


NOT_AN_ADMINISTRATORS = {"levels", "commendations"}
"""What those say who lead; see the rules of account managers."""


@pytest.mark.parametrize("staff_id", [C3, C1], ids=["nobody", "a client"])
@pytest.mark.parametrize("what", sorted(STAFF_COMMANDS.keys() - NOT_AN_ADMINISTRATORS))
def test_nothing_is_done_with_who_is_no_colleague(shared_office: Office, what: str, staff_id: Any):
    answer = shared_office.person(ADMIN).post(f"/v1/staff/{staff_id}/{what}", STAFF_COMMANDS[what])

    assert answer.refusal == (404, "not_found", "staff_id")


@pytest.mark.parametrize(
    "what", ["post", "roles", "superior", "deputies", "duty/start", "credentials"]
)
def test_who_has_left_is_given_nothing_more(admin: Person, what: str):
    admin.post(f"{COLLEAGUE}/departure")

    answer = admin.post(f"{COLLEAGUE}/{what}", STAFF_COMMANDS[what])

    assert answer.refusal == (409, "staff_left", None)


@pytest.mark.parametrize(
    ("what", "body"), [("superior", {"superior_id": str(ZHAO_LEI)}), ("deputies", DEPUTY)]
)
def test_who_has_left_is_nobodys_superior_or_deputy(admin: Person, what: str, body: dict[str, str]):
    admin.post(f"{COLLEAGUE}/departure")
    whom = {name: str(ZHAO_LEI) for name in ("superior_id", "deputy_id") if name in body}

    answer = admin.post(f"/v1/staff/{WANG_FANG}/{what}", body | whom)

    assert answer.refusal == (409, "staff_left", None)


def test_a_token_is_revoked_once(admin: Person):
    credential_id = admin.post(f"{COLLEAGUE}/credentials").body["credential_id"]
    admin.post(f"{COLLEAGUE}/credentials/{credential_id}/revocation")

    answer = admin.post(f"{COLLEAGUE}/credentials/{credential_id}/revocation")

    assert answer.refusal == (409, "no_credential", "credential_id")


def test_who_is_no_colleague_is_not_in_the_directory(shared_office: Office):
    answer = shared_office.person(LI_NA).get(f"/v1/staff/{C1}")

    assert answer.refusal == (404, "not_found", "staff_id")


def test_the_directory_lists_everybody_newest_first_page_by_page(shared_office: Office):
    pages = shared_office.person(LI_NA).pages("/v1/staff?limit=4")

    everybody = [row["staff_id"] for page in pages for row in page]
    assert everybody == [str(staff_id) for staff_id in reversed(list(CAST))]
    assert everybody[0] == str(NOBODY)
    assert [len(page) for page in pages] == [4, 4, 3]


@pytest.mark.parametrize(
    ("question", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("cursor=-", "cursor"), ("unit=x", "unit")],
)
@pytest.mark.parametrize("path", ["/v1/staff", "/v1/clients", "/v1/desk/mine"])
def test_a_page_that_cannot_be_asked_for(
    shared_office: Office, path: str, question: str, field: str
):
    answer = shared_office.person(LI_NA).get(f"{path}?{question}")

    assert answer.refusal == (422, "invalid", field)


def test_a_token_is_worth_nothing_from_the_instant_it_expires(admin: Person, office: Office):
    until = office.now + timedelta(hours=8)
    issued = admin.post(f"{COLLEAGUE}/credentials", {"expires_at": until.isoformat()})
    bearer = office.stranger(issued.body["token"])

    before = bearer.get("/v1/me")
    office.now = until
    after = bearer.get("/v1/me")

    assert before.status == 200
    assert after.refusal == (401, "not_authenticated", None)


def test_a_token_is_not_issued_expired(admin: Person, office: Office):
    answer = admin.post(f"{COLLEAGUE}/credentials", {"expires_at": office.now.isoformat()})

    assert answer.refusal == (422, "invalid", "expires_at")
