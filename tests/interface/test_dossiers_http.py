"""Sign-offs and checklists of tickets."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.dossiers import REVIEW_PACK, SIGNERS
from tests.support.facts import LI_NA, M1, M2, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, Office, Person, opened

ROLES = {person: role for role, person in SIGNERS.items()}


@pytest.fixture(scope="module")
def desk(shared_office: Office) -> Office:
    """The pack is in force; everybody has the role that signs beside their own."""
    in_force(shared_office, REVIEW_PACK)
    admin = shared_office.person(ADMIN)
    for person, role in ROLES.items():
        post = {"post": "专员", "roles": [role, "cs_officer"]}
        assert admin.post(f"/v1/staff/{person}/post", post).status == 200
    deputy = {"deputy_id": str(M2), "start": "2026-11-23T09:00:00+08:00"}
    admin.post(f"/v1/staff/{M1}/deputies", {**deputy, "end": "2026-11-24T09:00:00+08:00"})
    return shared_office


@pytest.fixture
def ticket(desk: Office) -> str:
    return opened(desk.person(LI_NA), procedure="review")


def sign(desk: Office, ticket: str, *roles: str, **more: Any) -> Any:
    for role in roles:
        said = {"role": role, "verdict": "signed"} | more
        answer = desk.person(SIGNERS[role]).post(f"{ticket}/signoffs/solution", said)
    return answer


def shown(desk: Office, ticket: str) -> Any:
    return desk.person(LI_NA).get(ticket).body


def test_one_after_the_other_signs_and_the_file_says_who_is_next(desk: Office, ticket: str):
    assert sign(desk, ticket, "production", "technology").carried_out == [Ticket.Signed]

    solution = shown(desk, ticket)["signoffs"]["solution"]

    assert solution == {
        "title": "会签",
        "chain": "production→{qc,technology}→director|finance",
        "is_asked": True,
        "is_complete": False,
        "signatures": [
            {"role": "production", "person_id": str(LI_NA), "deputy_id": None},
            {"role": "technology", "person_id": str(ZHAO_LEI), "deputy_id": None},
        ],
        "next": ["qc"],
    }


def test_a_chain_that_is_not_asked_for_is_complete(desk: Office, ticket: str):
    visit = shown(desk, ticket)["signoffs"]["visit"]

    assert (visit["is_asked"], visit["is_complete"], visit["next"]) == (False, True, [])


def test_who_is_not_next_is_told_who_is(desk: Office, ticket: str):
    answer = sign(desk, ticket, "qc")

    assert answer.refusal == (409, "not_your_turn", None)
    assert (answer.body["rule"], answer.body["facts"]) == ("CH-16", {"next": ["production"]})


def test_nobody_signs_twice(desk: Office, ticket: str):
    desk.person(ADMIN).post(
        f"/v1/staff/{LI_NA}/post", {"post": "专员", "roles": ["production", "qc", "cs_officer"]}
    )
    sign(desk, ticket, "production")

    body = {"role": "qc", "verdict": "signed"}
    answer = desk.person(LI_NA).post(f"{ticket}/signoffs/solution", body)

    assert answer.refusal == (409, "same_person_signs", None)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"role": "warehouse", "verdict": "signed"}, (422, "invalid", "role")),
        ({"role": "wizard", "verdict": "signed"}, (422, "invalid", "role")),
        ({"role": "production", "verdict": "signed"}, (403, "forbidden", "role")),
        ({"role": "qc", "verdict": "perhaps"}, (422, "invalid", "verdict")),
        ({"role": "qc"}, (422, "invalid", "verdict")),
        ({"verdict": "signed"}, (422, "invalid", "role")),
    ],
)
def test_what_is_no_signature(desk: Office, ticket: str, body: Any, refusal: Any):
    answer = desk.person(WANG_FANG).post(f"{ticket}/signoffs/solution", body)

    assert answer.refusal == refusal


def test_a_refusal_needs_a_reason_and_begins_the_round_anew(desk: Office, ticket: str):
    sign(desk, ticket, "production")
    assert sign(desk, ticket, "qc", verdict="refused").refusal == (422, "invalid", "reason")

    refused = sign(desk, ticket, "qc", verdict="refused", reason="缺检测报告")

    assert refused.carried_out == [Ticket.SignatureRefused]
    sign(desk, ticket, "production")
    body = shown(desk, ticket)
    assert body["signoffs"]["solution"]["next"] == ["qc", "technology"]
    rounds = [(e["event"], e["role"], e.get("reason")) for e in body["file"]["signatures"]]
    assert rounds == [
        ("signed", "production", None),
        ("signature-refused", "qc", "缺检测报告"),
        ("signed", "production", None),
    ]


def test_a_deputy_signs_for_who_is_away_and_is_marked(desk: Office, ticket: str):
    sign(desk, ticket, "production", "qc", "technology")
    body = {"role": "director", "verdict": "signed", "acting_for": str(M1)}

    answer = desk.person(M2).post(f"{ticket}/signoffs/solution", body)

    assert answer.carried_out == [Ticket.Signed]
    solution = shown(desk, ticket)["signoffs"]["solution"]
    assert solution["is_complete"]
    assert solution["signatures"][-1] == {
        "role": "director",
        "person_id": str(M1),
        "deputy_id": str(M2),
    }


def test_a_deputy_has_no_role_of_their_own_in_that(desk: Office, ticket: str):
    sign(desk, ticket, "production", "qc", "technology")
    body = {"role": "finance", "verdict": "signed", "acting_for": str(M1)}

    answer = desk.person(M2).post(f"{ticket}/signoffs/solution", body)

    assert answer.refusal == (403, "forbidden", "role")


def test_what_must_be_signed_first_keeps_the_ticket_open(desk: Office, ticket: str):
    owner = desk.person(LI_NA)
    owner.post(f"{ticket}/answer", {"text": "周一至周五"})
    assert owner.post(f"{ticket}/closure").refusal == (409, "guard_refused", None)

    sign(desk, ticket, "production", "qc", "technology", "finance")

    assert owner.post(f"{ticket}/closure").carried_out == [Ticket.Closed]
    late = sign(desk, ticket, "director")
    assert late.refusal == (409, "ticket_closed", None)
    tick = owner.post(f"{ticket}/checklists/five_clears/listen")
    assert tick.refusal == (409, "ticket_closed", None)


def test_items_are_ticked_and_the_file_says_what_is_missing(desk: Office, ticket: str):
    li_na = desk.person(LI_NA)

    answers = [li_na.post(f"{ticket}/checklists/five_clears/{i}") for i in ("ask", "ask", "write")]

    assert [answer.stored for answer in answers] == [[Ticket.Ticked], [], [Ticket.Ticked]]
    assert shown(desk, ticket)["checklists"]["five_clears"] == {
        "title": "五清",
        "items": {"listen": "听清", "ask": "问清", "write": "记清"},
        "ticked": {"ask": [f"staff:{LI_NA}"], "write": [f"staff:{LI_NA}"]},
        "missing": ["listen"],
        "is_complete": False,
    }
    li_na.post(f"{ticket}/checklists/five_clears/listen")
    assert shown(desk, ticket)["checklists"]["five_clears"]["is_complete"]


@pytest.mark.parametrize(
    ("who", "path", "refusal"),
    [
        (LI_NA, "five_clears/sing", (422, "invalid", "item")),
        (LI_NA, "ten_clears/listen", (422, "no_checklist", "checklist")),
        (LI_NA, "handover/counted", (409, "out_of_order", None)),
        (WANG_FANG, "five_clears/listen", (403, "forbidden", None)),
    ],
)
def test_what_is_not_ticked(desk: Office, ticket: str, who: Any, path: str, refusal: Any):
    assert desk.person(who).post(f"{ticket}/checklists/{path}").refusal == refusal


def test_where_each_item_is_anothers_the_second_is_refused(desk: Office, ticket: str):
    li_na = desk.person(LI_NA)
    assert li_na.post(f"{ticket}/checklists/handover/packed").carried_out == [Ticket.Ticked]

    answer = li_na.post(f"{ticket}/checklists/handover/counted")

    assert answer.refusal == (409, "same_person_ticks", None)


def test_what_the_pack_does_not_ask_for_is_not_signed(desk: Office, ticket: str):
    body = {"role": "production", "verdict": "signed"}

    answer: Any = desk.person(LI_NA).post(f"{ticket}/signoffs/marriage", body)

    assert answer.refusal == (422, "no_signoff", "signoff")


def test_the_pack_shows_its_chains_and_lists(desk: Office):
    body = desk.person(LI_NA).get("/v1/packs/review/1").body

    assert list(body["signoffs"]) == ["solution", "visit"]
    assert body["checklists"]["five_clears"]["items"]["listen"] == "听清"


def a_volunteer(desk: Office) -> Person:
    desk.person(ADMIN).post(
        f"/v1/staff/{ZHAO_LEI}/post", {"post": "志愿者", "roles": ["volunteer"]}
    )
    return desk.person(ZHAO_LEI)


def test_a_volunteer_takes_matters_in(office: Office):
    assert opened(a_volunteer(office))
