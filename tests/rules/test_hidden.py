"""保护评价人: who is reviewed reads all about the review, and nowhere whose it is."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.interface.given import READS
from tests.support.facts import C1
from tests.support.http import Office, Person, id_in, opened

REVIEWER_ID = UUID(int=0xC9 << 96 | 0x4000 << 64 | 0x8 << 60 | 9)
INTAKE = "/v1/reports/intake/intake_register?from=2026-11-23&to=2026-11-24"
THEN = "?as_of=2999-01-01T00:00:00Z"
CLIENTS = (
    *("/v1/clients", f"/v1/clients/{C1}", "/v1/portfolios/pool"),
    *(f"/v1/audit/clients{THEN}", "/v1/clients/changes?since=2026-01-01T00:00:00Z"),
)
"""Lists of all clients, and files of theirs, which say nothing of their matters."""

AS_OF = {f"/v1/audit/tickets{THEN}", f"/v1/audit/tickets/TICKET{THEN}"}
REGISTER = {"/v1/tickets", "/v1/tickets/TICKET", "/v1/tickets/TICKET/history", INTAKE, *AS_OF}
MINE = {"/v1/desk/mine", "/v1/desk/next", "/v1/desk/first-contacts"}
OFFERED = {"/v1/desk/offered", "/v1/desk/transfers"}


@pytest.fixture
def reviewed(office: Office) -> Person:
    return office.hire("cs_officer")


@pytest.fixture
def review(office: Office, li_na: Person, reviewed: Person) -> str:
    """Of somebody with whom there is no other matter, on what was done for another."""
    li_na.post("/v1/clients", {"client_id": str(REVIEWER_ID), "name": "评价人"})
    done = {"ticket": str(id_in(opened(li_na))), "staff": str(reviewed.id), "score": 1}
    words = {"procedure": "review", "channel": "website", "form": done}
    ticket = opened(li_na, client_id=str(REVIEWER_ID), **words)
    assert li_na.post(f"{ticket}/steps/feed_back", {"form": {"text": "已收到"}}).status == 200
    return ticket


def id_of(ticket: str) -> str:
    return ticket.rpartition("/")[2]


def leading_to(person: Person, review: str, said: str) -> set[str]:
    """Every page that says it to that reader."""
    pages = {path for path in (*READS, INTAKE) if path not in CLIENTS}
    return {
        path
        for path in pages
        if said
        in json.dumps(person.get(path.replace("TICKET", id_of(review))).body, ensure_ascii=False)
    }


@pytest.mark.rule("SS-01")
def test_no_page_tells_the_reviewed_whose_review_it_is(
    li_na: Person, reviewed: Person, review: str
):
    assert leading_to(li_na, review, str(REVIEWER_ID)) == REGISTER | MINE
    assert leading_to(reviewed, review, str(REVIEWER_ID)) == set()
    assert leading_to(reviewed, review, "评价人") == set()
    assert leading_to(reviewed, review, id_of(review)) >= REGISTER - {INTAKE}


@pytest.mark.rule("SS-01")
def test_not_even_if_it_is_offered_to_them_or_theirs(li_na: Person, reviewed: Person, review: str):
    offer = {"to_id": str(reviewed.id), "reason": "对口"}

    assert li_na.post(f"{review}/transfer", offer).status == 200
    assert leading_to(reviewed, review, id_of(review)) >= OFFERED
    assert leading_to(reviewed, review, str(REVIEWER_ID)) == set()

    assert reviewed.post(f"{review}/transfer/acceptance").status == 200
    assert leading_to(reviewed, review, id_of(review)) >= MINE - {"/v1/desk/first-contacts"}
    assert leading_to(reviewed, review, str(REVIEWER_ID)) == set()


@pytest.mark.rule("SS-01")
@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/tickets/counts"])
def test_nor_does_a_question_that_names_the_client(
    li_na: Person, reviewed: Person, review: str, path: str
):
    asked = f"{path}?client_id={REVIEWER_ID}"

    told = {person.id: person.get(asked).body for person in (li_na, reviewed)}

    of_nobody = reviewed.get(f"{path}?client_id={reviewed.id}").body
    assert told[reviewed.id] == of_nobody != told[li_na.id]


@pytest.mark.rule("SS-01")
def test_what_was_missed_in_the_meantime_says_it_neither(
    reviewed: Person, li_na: Person, review: str
):
    appeal = {"form": {"grounds": "当时不在岗"}}

    told = [
        person.post(f"{review}/steps/appeal", appeal, if_match=0).body
        for person in (reviewed, li_na)
    ]

    assert [str(REVIEWER_ID) in json.dumps(body) for body in told] == [False, True]
    assert len(told[0]["intervening"]) == len(told[1]["intervening"]) > 1
