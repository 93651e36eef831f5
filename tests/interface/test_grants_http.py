"""Roles given besides those of a post: while they hold, where they hold, and not for oneself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import BLACKLISTING, in_force
from tests.support.dossiers import REVIEW_PACK
from tests.support.facts import C1, LI_NA, WANG_FANG
from tests.support.http import ADMIN, INSPECTOR, NOBODY, Office, Person, opened

REMINDER = {"text": "请尽快"}
AWAY = {"start": "2026-11-23T09:00:00+08:00", "end": "2026-11-30T09:00:00+08:00"}


def give(office: Office, whom: Any, role: str, **more: Any) -> Any:
    return office.person(ADMIN).post(f"/v1/staff/{whom}/roles", {"role": role, **more})


def test_a_role_holds_while_it_was_given_and_no_longer(office: Office, li_na: Person):
    day, ticket = timedelta(days=1), opened(li_na)
    start, end = office.now + day, office.now + 2 * day
    period = {"start": start.isoformat(), "end": end.isoformat()}
    answers = {}

    given = give(office, LI_NA, "cs_supervisor", **period)
    for when in (start - day / 2, start, end - day / 2, end):
        office.now = when
        answers[when] = li_na.post(f"{ticket}/reminder", REMINDER)

    assert given.carried_out == [Staff.RoleGranted]
    assert [answer.status for answer in answers.values()] == [403, 200, 200, 403]
    assert answers[start].carried_out == [Ticket.HandlerReminded]
    assert answers[start].event.role == "cs_supervisor"


def test_the_directory_shows_what_was_given(office: Office):
    give(office, LI_NA, "duty_manager", unit="north", **AWAY)
    give(office, LI_NA, "cashier", start=AWAY["start"])

    shown = office.person(ADMIN).get(f"/v1/staff/{LI_NA}").body

    assert shown["roles"] == ["cs_officer"]
    assert shown["grants"] == [
        {"role": "duty_manager", "unit": "north", **AWAY},
        {"role": "cashier", "unit": None, "start": AWAY["start"], "end": None},
    ]


def test_what_is_taken_away_is_gone_at_once(office: Office, li_na: Person):
    give(office, LI_NA, "cs_supervisor")
    before = li_na.post(f"/v1/clients/{C1}/blacklisting", BLACKLISTING)

    taken = office.person(ADMIN).post(f"/v1/staff/{LI_NA}/roles/cs_supervisor/revocation")
    after = li_na.post(f"/v1/clients/{C1}/blacklisting/lifting", {"reason": "已付清"})

    assert before.status == 200
    assert taken.carried_out == [Staff.RoleRevoked]
    assert after.refusal == (403, "forbidden", None)
    assert after.body["rule"] == "BL-01"


def test_a_role_of_a_unit_counts_for_the_tickets_of_that_unit(office: Office, li_na: Person):
    here, there = opened(li_na), opened(li_na, unit="north")
    give(office, WANG_FANG, "cs_supervisor", unit="north")
    wang_fang = office.person(WANG_FANG)

    at_home = wang_fang.post(f"{here}/reminder", REMINDER)
    abroad = wang_fang.post(f"{there}/reminder", REMINDER)
    client = wang_fang.post(f"/v1/clients/{C1}/blacklisting", BLACKLISTING)

    assert at_home.refusal == (403, "forbidden", None)
    assert at_home.body["facts"] == {"permission": "ticket.remind"}
    assert abroad.carried_out == [Ticket.HandlerReminded]
    assert abroad.event.role == "cs_supervisor"
    assert client.refusal == (403, "forbidden", None)


def test_and_for_those_that_wait_in_its_queue(office: Office, li_na: Person):
    give(office, WANG_FANG, "cs_supervisor", unit="north")
    ticket = opened(li_na)
    li_na.post(f"{ticket}/routing", {"unit": "north"})

    answer = office.person(WANG_FANG).post(f"{ticket}/reminder", REMINDER)

    assert answer.carried_out == [Ticket.HandlerReminded]


def test_who_has_a_role_in_a_unit_only_opens_tickets_there(office: Office):
    give(office, NOBODY, "staff", unit="north")
    nobody = office.person(NOBODY)
    matter = {"channel": "walk_in", "matter": "问路", "procedure": "consultation"}

    here = nobody.post("/v1/tickets", {**matter, "client_id": str(C1)})
    there = nobody.post("/v1/tickets", {**matter, "client_id": str(C1), "unit": "north"})

    assert here.refusal == (403, "forbidden", None)
    assert there.carried_out == [Ticket.Opened]
    assert nobody.get(there.headers["Location"]).status == 200


def test_a_role_of_a_unit_that_an_owner_does_not_need_counts_there_only(
    office: Office, li_na: Person
):
    """To void what is not one's own is for who supervises."""
    here, there = opened(li_na), opened(li_na, unit="north")
    give(office, WANG_FANG, "cs_supervisor", unit="north")

    answers = [
        office.person(WANG_FANG).post(f"{ticket}/voiding", {"reason": "录错了"})
        for ticket in (here, there)
    ]

    assert answers[0].refusal == (409, "not_owner", None)
    assert answers[1].carried_out == [Ticket.Voided]


def test_a_deputy_signs_in_a_role_that_the_absent_have_there(office: Office, li_na: Person):
    in_force(office, REVIEW_PACK)
    give(office, LI_NA, "production", unit="north")
    deputy = {"deputy_id": str(WANG_FANG), **AWAY}
    office.person(ADMIN).post(f"/v1/staff/{LI_NA}/deputies", deputy)
    signature = {"role": "production", "verdict": "signed", "acting_for": str(LI_NA)}

    here, there = (
        office.person(WANG_FANG).post(f"{ticket}/signoffs/solution", signature)
        for ticket in (
            opened(li_na, procedure="review"),
            opened(li_na, procedure="review", unit="north"),
        )
    )

    assert here.refusal == (403, "forbidden", "role")
    assert there.carried_out == [Ticket.Signed]


def test_nobody_gives_themselves_a_role(office: Office):
    admin = office.person(ADMIN)

    given = give(office, ADMIN, "director")
    taken = admin.post(f"/v1/staff/{ADMIN}/post", {"post": "总监", "roles": ["director"]})

    assert given.refusal == (409, "own_roles", None)
    assert taken.refusal == (409, "own_roles", None)


@pytest.mark.parametrize(
    ("whom", "role"), [(LI_NA, "supervisor"), (INSPECTOR, "staff"), (ADMIN, "compliance_reviewer")]
)
def test_who_looks_on_is_not_given_what_handles(office: Office, whom: Any, role: str):
    administrator = office.hire("administrator")

    answer = administrator.post(f"/v1/staff/{whom}/roles", {"role": role})

    assert answer.refusal == (409, "roles_conflict", "roles")
    assert answer.body["rule"] == "AU-08"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (422, "invalid", "role")),
        ({"role": "king"}, (422, "invalid", "role")),
        ({"role": "cashier", "unit": " "}, (422, "invalid", "unit")),
        ({"role": "cashier", "start": AWAY["end"], "end": AWAY["start"]}, (422, "invalid", "end")),
        ({"role": "cashier", "end": "2026-11-23T09:00:00"}, (422, "invalid", "end")),
    ],
)
def test_what_cannot_be_given(shared_office: Office, body: Any, refusal: Any):
    answer = shared_office.person(ADMIN).post(f"/v1/staff/{LI_NA}/roles", body)

    assert answer.refusal == refusal


def test_what_was_not_given_is_not_taken_away(shared_office: Office):
    answer = shared_office.person(ADMIN).post(f"/v1/staff/{LI_NA}/roles/cs_officer/revocation")

    assert answer.refusal == (409, "no_grant", "role")
