"""Queues, whose turn it is, decisions and endings, over HTTP."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import closed, in_force, offered
from tests.support.facts import LI_NA, M1, M2, NOON, WANG_FANG, ZHAO_LEI, shipped_pack
from tests.support.http import ADMIN, Answer, Office, Person, id_in, opened

HOUR = timedelta(hours=1)


def employ(office: Office, unit: str, *, superior_id: UUID | None = M1) -> UUID:
    """Somebody new in a unit, with a post and on duty."""
    admin = office.person(ADMIN)
    answer = admin.post("/v1/staff", {"name": "某某", "unit": unit})
    colleague = answer.headers["Location"]
    admin.post(f"{colleague}/post", {"post": "专员", "roles": ["staff"]})
    if superior_id:
        admin.post(f"{colleague}/superior", {"superior_id": str(superior_id)})
    admin.post(f"{colleague}/duty/start")
    return id_in(colleague)


def logged_in(office: Office, staff_id: UUID) -> Person:
    issued = office.person(ADMIN).post(f"/v1/staff/{staff_id}/credentials").body
    return office.stranger(issued["token"])


def returned(owner: Person, wang_fang: Person, ticket: str) -> None:
    owner.post(f"{ticket}/transfer", {"to_id": str(WANG_FANG), "reason": "对口"})
    refusal = {"ground": "overloaded", "reason": "忙"}
    assert wang_fang.post(f"{ticket}/transfer/refusal", refusal).status == 200


def on(person: Person, pile: str) -> list[str]:
    return [row["ticket_id"] for row in person.get(f"/v1/desk/{pile}").body["items"]]


def ids(*tickets: str) -> list[str]:
    return [str(id_in(ticket)) for ticket in tickets]


# Queues


@pytest.fixture
def north(office: Office) -> Person:
    return logged_in(office, employ(office, "north"))


def queued(person: Person, **otherwise: Any) -> str:
    ticket = opened(person, **otherwise)
    assert person.post(f"{ticket}/routing", {"unit": "north"}).carried_out == [Ticket.Routed]
    return ticket


def test_a_unit_takes_tickets_out_of_its_queue(li_na: Person, north: Person):
    ticket = queued(li_na)
    before = on(north, "queue")

    answer = north.post(f"{ticket}/taking")

    assert before == ids(ticket)
    assert answer.carried_out == [Ticket.TransferAccepted]
    row = li_na.get(ticket).body
    assert row["owner_id"] == str(answer.event.to_id) == north.get("/v1/me").body["staff_id"]
    assert (row["first_contact_id"], row["queue"]) == (str(LI_NA), None)
    assert (on(north, "queue"), on(north, "mine")) == ([], ids(ticket))


def test_who_is_of_another_unit_neither_sees_nor_takes_it(li_na: Person, wang_fang: Person):
    ticket = queued(li_na)

    answer = wang_fang.post(f"{ticket}/taking")

    assert answer.refusal == (403, "not_of_unit", None)
    assert on(wang_fang, "queue") == []


def test_a_route_of_the_pack_fills_a_queue_for_a_unit_and_a_role(office: Office, li_na: Person):
    route = {"upon": ["opened"], "to_unit": "north", "role": "cs_officer", "rule": "FR-04"}
    in_force(office, {**shipped_pack("consultation"), "version": 2, "routes": [route]})

    ticket = opened(office.person(WANG_FANG))

    row = li_na.get(ticket).body
    assert (row["queue"], row["queue_role"], row["owner_id"]) == (
        "north",
        "cs_officer",
        str(WANG_FANG),
    )
    assert (on(li_na, "queue"), on(office.person(M1), "queue")) == (ids(ticket), [])
    assert li_na.post(f"{ticket}/taking").carried_out == [Ticket.TransferAccepted]


@pytest.mark.parametrize("upon", ["routed", "sneezed"])
def test_a_route_upon_what_never_routes_is_refused(office: Office, upon: str):
    content = {
        **shipped_pack("consultation"),
        "version": 2,
        "routes": [{"upon": [upon], "to_unit": "north"}],
    }

    answer = office.person(ADMIN).post("/v1/packs/consultation/versions", {"content": content})

    assert answer.refusal == (422, "pack_invalid", "content")


def test_in_a_queue_who_came_first_is_first_page_by_page(
    office: Office, li_na: Person, north: Person
):
    tickets = []
    for hours in (2, 0, 1):
        office.now = NOON + hours * HOUR
        tickets.append(queued(li_na))

    pages = north.pages("/v1/desk/queue?limit=2")

    in_turn = [[row["ticket_id"] for row in page] for page in pages]
    assert in_turn == [ids(tickets[1], tickets[2]), ids(tickets[0])]


@pytest.mark.parametrize(
    "place",
    [
        "foo",
        "external 5 noon 1",
        "exter\0nal 5 2026-11-23T12:00:00+08:00 1",
        "elsewhere 5 2026-11-23T12:00:00+08:00 1",
    ],
)
def test_a_cursor_of_another_queue_is_refused(shared_office: Office, place: str):
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    answer = shared_office.person(LI_NA).search("/v1/desk/queue", {"cursor": cursor})

    assert answer.refusal == (422, "invalid", "cursor")


def test_next_is_the_first_that_waits_for_nobody_else(
    office: Office, li_na: Person, wang_fang: Person
):
    opened(wang_fang)
    given_away, resting, mine = offered(li_na), opened(li_na), opened(li_na)
    li_na.post(f"{resting}/suspension", {"blocked_by": "client", "reason": "等资料"})
    closed(li_na)
    queued(li_na)

    answer = li_na.get("/v1/desk/next")

    assert given_away != mine
    assert answer.body["ticket"]["ticket_id"] == str(id_in(mine))


def test_who_has_nothing_to_do_has_no_next_ticket(shared_office: Office):
    assert shared_office.person(M2).get("/v1/desk/next").body == {"ticket": None}


# Transfers and decisions


def test_transfers_are_offered_to_me_by_me_or_returned_to_me(li_na: Person, wang_fang: Person):
    back, out = opened(li_na), offered(li_na)
    returned(li_na, wang_fang, back)

    hers, his = (p.get("/v1/desk/transfers").body for p in (li_na, wang_fang))

    def named(piles: Any) -> dict[str, list[str]]:
        return {name: [row["ticket_id"] for row in rows] for name, rows in piles.items()}

    assert named(hers) == {
        "offered_to_me": [],
        "offered_by_me": ids(out),
        "returned_to_me": ids(back),
    }
    assert named(his) == {"offered_to_me": ids(out), "offered_by_me": [], "returned_to_me": []}
    assert hers["returned_to_me"][0]["undecided_returns"] == 1


def test_the_register_finds_what_came_back_so_often(li_na: Person, wang_fang: Person):
    once, twice = opened(li_na), opened(li_na)
    for ticket in (once, twice, twice):
        returned(li_na, wang_fang, ticket)

    found = li_na.get("/v1/tickets?returned_at_least=2").body["items"]

    assert [row["ticket_id"] for row in found] == ids(twice)


def test_a_decision_is_for_somebody_who_serves(office: Office, li_na: Person, wang_fang: Person):
    ticket = opened(li_na)
    for _ in range(2):
        returned(li_na, wang_fang, ticket)
    office.person(ADMIN).post(f"/v1/staff/{ZHAO_LEI}/departure")

    answer = office.person(M1).post(
        f"{ticket}/transfer/decision", {"to_id": str(ZHAO_LEI), "reason": "归口"}
    )

    assert answer.refusal == (409, "staff_left", None)


# Whose turn


def assign(person: Person, ticket: str, **words: Any) -> Answer:
    return person.post(f"{ticket}/assignment", {"unit": "north", **words})


def test_the_colleagues_of_a_unit_take_turns(office: Office, li_na: Person):
    colleagues = sorted(employ(office, "north") for _ in range(2))
    turns = []

    for _ in range(3):
        office.now += HOUR
        office.catch_up()
        answer = assign(li_na, opened(li_na))
        assert answer.carried_out == [Ticket.AssignedInTurn, Ticket.TransferOffered]
        turns.append(answer.events[-1].to_id)  # type: ignore[attr-defined]

    assert turns == [*colleagues, colleagues[0]]


def test_who_is_off_duty_is_passed_over_though_the_directory_is_behind(
    office: Office, li_na: Person
):
    first, second = sorted(employ(office, "north") for _ in range(2))
    office.catch_up()
    office.person(ADMIN).post(f"/v1/staff/{first}/duty/end")

    answer = assign(li_na, opened(li_na))

    assert answer.events[-1].to_id == second  # type: ignore[attr-defined]


@pytest.mark.parametrize(("hours", "takes_it"), [(0, True), (1, False)])
def test_a_competence_holds_until_its_certificate_expires(
    office: Office, li_na: Person, hours: int, takes_it: bool
):
    _, second = sorted(employ(office, "north") for _ in range(2))
    certificate = {"competence": "电工", "expires_at": (NOON + HOUR).isoformat()}
    granted = office.person(ADMIN).post(f"/v1/staff/{second}/competences", certificate)
    office.catch_up()
    office.now = NOON + hours * HOUR

    answer = assign(li_na, opened(li_na), competence="电工")

    assert granted.carried_out == [Staff.CompetenceGranted]
    assert answer.events[-1].to_id == (second if takes_it else M1)  # type: ignore[attr-defined]


def test_where_nobody_is_on_duty_the_superior_of_the_unit_is_told(office: Office, li_na: Person):
    colleague = employ(office, "north", superior_id=M2)
    office.person(ADMIN).post(f"/v1/staff/{colleague}/duty/end")
    office.catch_up()
    ticket = opened(li_na)

    answer = assign(li_na, ticket)

    assert answer.carried_out == [Ticket.NobodyAvailable, Ticket.TransferOffered]
    m2 = office.person(M2)
    assert (on(m2, "alarms"), on(m2, "offered")) == (ids(ticket), ids(ticket))
    m2.post(f"{ticket}/transfer/acceptance")
    assert on(m2, "alarms") == []


def test_where_a_unit_has_nobody_the_superior_of_the_owner_is_told(li_na: Person, manager: Person):
    ticket = opened(li_na)

    assign(li_na, ticket)

    assert on(manager, "alarms") == ids(ticket)


def test_where_nobody_at_all_is_next_in_line_that_is_said(office: Office):
    zhao_lei = office.person(ZHAO_LEI)

    answer = assign(zhao_lei, opened(zhao_lei))

    assert answer.refusal == (409, "no_superior", None)


# Endings


@pytest.mark.parametrize(
    ("what", "body", "state"),
    [
        ("withdrawal", {"reason": "不要了"}, "withdrawn"),
        ("rejection", {"ground": "duplicate", "reason": "同一件事"}, "rejected"),
        ("voiding", {"reason": "录错了"}, "voided"),
    ],
)
def test_what_has_ended_is_found_in_the_register_by_how(
    li_na: Person, what: str, body: Any, state: str
):
    ticket = opened(li_na)

    answer = li_na.post(f"{ticket}/{what}", body)

    assert len(answer.carried_out) == 1
    [row] = li_na.get(f"/v1/tickets?state={state}").body["items"]
    assert (row["ticket_id"], row["is_closed"]) == (str(id_in(ticket)), True)
    assert row["number"]
    assert li_na.get(ticket).body["file"]["endings"][0]["event"] == state


def test_what_is_archived_is_never_taken_up_again(li_na: Person):
    ticket = closed(li_na)

    archived = li_na.post(f"{ticket}/archiving")
    answer = li_na.post(f"{ticket}/reopening", {"reason": "客户再来电"})

    assert archived.carried_out == [Ticket.Archived]
    assert answer.refusal == (409, "ticket_archived", None)
