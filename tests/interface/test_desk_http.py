from __future__ import annotations

from typing import Any

import pytest

from tests.interface.given import closed, escalated, offered
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import INSPECTOR, Office, Person, id_in, opened


def on(person: Person, pile: str) -> list[str]:
    """The ids of the tickets on one of their piles, in its order."""
    answer = person.get(f"/v1/desk/{pile}")
    assert answer.status == 200
    return [row["ticket_id"] for row in answer.body["items"]]


def ids(*tickets: str) -> list[str]:
    return [str(id_in(ticket)) for ticket in tickets]


def test_everybody_sees_who_they_are(li_na: Person):
    answer = li_na.get("/v1/me")

    assert answer.status == 200
    assert answer.body["staff_id"] == str(LI_NA)
    assert answer.headers["ETag"] == f'"{answer.body["version"]}"'
    assert answer.body["roles"] == ["cs_officer"]


def test_mine_are_the_open_tickets_that_i_own(li_na: Person, wang_fang: Person):
    first, second = opened(li_na), opened(li_na)
    closed(li_na)
    opened(wang_fang)
    given_away = offered(li_na)
    wang_fang.post(f"{given_away}/transfer/acceptance")

    assert on(li_na, "mine") == ids(second, first)


def test_a_ticket_stays_mine_until_the_offer_is_accepted(li_na: Person, wang_fang: Person):
    ticket = offered(li_na)

    before = on(li_na, "mine"), on(wang_fang, "offered"), on(wang_fang, "mine")
    wang_fang.post(f"{ticket}/transfer/acceptance")
    after = on(li_na, "mine"), on(wang_fang, "offered"), on(wang_fang, "mine")

    assert before == (ids(ticket), ids(ticket), [])
    assert after == ([], [], ids(ticket))


def test_what_is_offered_to_me_is_on_nobody_elses_pile(li_na: Person, manager: Person):
    offered(li_na)

    assert on(li_na, "offered") == on(manager, "offered") == []


def test_my_first_contacts_are_mine_to_follow_whoever_owns_them(li_na: Person, wang_fang: Person):
    kept, given_away = opened(li_na), offered(li_na)
    wang_fang.post(f"{given_away}/transfer/acceptance")
    closed(li_na)

    assert on(li_na, "first-contacts") == ids(given_away, kept)
    assert on(wang_fang, "first-contacts") == []


def test_what_i_am_asked_stays_until_i_have_instructed(li_na: Person, manager: Person):
    ticket = escalated(li_na)

    before = on(manager, "asked")
    manager.post(f"{ticket}/instruction", {"text": "按规定办"})

    assert before == ids(ticket)
    assert on(manager, "asked") == []


def test_what_i_reopen_is_on_my_desk_again(li_na: Person):
    ticket = closed(li_na)
    li_na.post(f"{ticket}/reopening", {"reason": "客户再来电"})

    assert on(li_na, "mine") == on(li_na, "first-contacts") == ids(ticket)


@pytest.mark.parametrize("pile", ["mine", "offered", "first-contacts", "asked"])
def test_who_owns_nothing_has_an_empty_desk(shared_office: Office, pile: str):
    answer = shared_office.person(INSPECTOR).get(f"/v1/desk/{pile}")

    assert (answer.status, answer.body) == (200, {"items": [], "next": None})


def test_a_pile_has_pages_too(li_na: Person):
    tickets = [opened(li_na) for _ in range(3)]

    pages = li_na.pages("/v1/desk/mine?limit=2")

    assert [[row["ticket_id"] for row in page] for page in pages] == [
        ids(tickets[2], tickets[1]),
        ids(tickets[0]),
    ]


@pytest.mark.parametrize("field", ["owner_id", "is_closed", "who"])
def test_nobody_asks_for_the_desk_of_another(shared_office: Office, field: Any):
    answer = shared_office.person(LI_NA).get(f"/v1/desk/mine?{field}={WANG_FANG}")

    assert answer.refusal == (422, "invalid", field)
