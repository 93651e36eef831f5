from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from domain.ticket import Ticket
from tests.interface.given import (
    CORRECTION,
    REST,
    RETURN,
    TICKET_COMMANDS,
    TO_WANG_FANG,
    closed,
    escalated,
    offered,
    suspended,
)
from tests.support.facts import C1, LI_NA, M1, T2, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, INSPECTOR, Office, Person, opened

Refusal = tuple[int, str, str | None]


def refused(code: str) -> Refusal:
    """The state of things does not allow it."""
    return 409, code, None


def wrong(field: str, code: str = "invalid") -> Refusal:
    """No state of things would allow it."""
    return 422, code, field


NOT_OWNER = refused("not_owner")
CLOSED = refused("ticket_closed")
NOT_POSSIBLE = refused("step_not_possible")
NO_OFFER = refused("no_offer")
NOT_ASKED = refused("not_asked")
PENDING = refused("offer_pending")
SUSPENDED = refused("ticket_suspended")
ASKED_BEFORE = refused("already_escalated")
NO_COLLEAGUE = (404, "not_found", "staff_id")

TO_LI_NA, TO_ZHAO_LEI, TO_A_CLIENT = (
    TO_WANG_FANG | {"to_id": str(staff_id)} for staff_id in (LI_NA, ZHAO_LEI, C1)
)
NO_REASON = {"to_id": str(WANG_FANG)}
SHIRKING, MOOD = (RETURN | {"ground": ground} for ground in ("not_my_duty", "no_mood"))
GROUND_ALONE = {"ground": "overloaded"}
WEATHER, AUTHORITY = (REST | {"blocked_by": whom} for whom in ("weather", "authority"))
QUESTION, ANSWER = {"question": "可以吗"}, {"text": "好"}

CASES: list[tuple[Callable[[Person], str], UUID, str, Mapping[str, Any], Refusal]] = [
    (opened, WANG_FANG, "slip", {}, NOT_OWNER),
    (closed, LI_NA, "slip", {}, CLOSED),
    (opened, LI_NA, "notes", {}, wrong("text")),
    (opened, LI_NA, "notes", {"text": " \n"}, wrong("text")),
    (opened, LI_NA, "notes", {"text": "看", "visibility": "world"}, wrong("visibility")),
    (opened, WANG_FANG, "transfer", TO_ZHAO_LEI, NOT_OWNER),
    (opened, LI_NA, "transfer", NO_REASON, wrong("reason")),
    (opened, LI_NA, "transfer", {"reason": "对口"}, wrong("to_id")),
    (opened, LI_NA, "transfer", TO_LI_NA, wrong("to_id")),
    (opened, LI_NA, "transfer", TO_A_CLIENT, NO_COLLEAGUE),
    (offered, LI_NA, "transfer", TO_ZHAO_LEI, PENDING),
    (closed, LI_NA, "transfer", TO_WANG_FANG, CLOSED),
    (opened, WANG_FANG, "transfer/acceptance", {}, NO_OFFER),
    (offered, ZHAO_LEI, "transfer/acceptance", {}, NO_OFFER),
    (offered, LI_NA, "transfer/acceptance", {}, NO_OFFER),
    (opened, WANG_FANG, "transfer/refusal", RETURN, NO_OFFER),
    (offered, ZHAO_LEI, "transfer/refusal", RETURN, NO_OFFER),
    (offered, WANG_FANG, "transfer/refusal", MOOD, wrong("ground")),
    (offered, WANG_FANG, "transfer/refusal", GROUND_ALONE, wrong("reason")),
    (offered, WANG_FANG, "transfer/refusal", {"reason": "忙"}, wrong("ground")),
    (offered, WANG_FANG, "transfer/withdrawal", {}, NOT_OWNER),
    (opened, WANG_FANG, "escalation", QUESTION, NOT_OWNER),
    (opened, LI_NA, "escalation", {}, wrong("question")),
    (escalated, LI_NA, "escalation", QUESTION, ASKED_BEFORE),
    (closed, LI_NA, "escalation", QUESTION, CLOSED),
    (opened, M1, "instruction", ANSWER, NOT_ASKED),
    (escalated, LI_NA, "instruction", ANSWER, NOT_ASKED),
    (escalated, M1, "instruction", {}, wrong("text")),
    (opened, LI_NA, "steps/clarify", {}, refused("slip_missing")),
    (opened, LI_NA, "steps/dance", {}, wrong("step")),
    (opened, LI_NA, "steps/answer", {}, wrong("step")),
    (opened, WANG_FANG, "answer", ANSWER, NOT_OWNER),
    (suspended, LI_NA, "answer", ANSWER, SUSPENDED),
    (closed, LI_NA, "answer", ANSWER, CLOSED),
    (opened, LI_NA, "answer", {}, wrong("text")),
    (opened, LI_NA, "completion", {"result": "好"}, NOT_POSSIBLE),
    (opened, LI_NA, "completion", {}, wrong("result")),
    (opened, LI_NA, "closure", {}, NOT_POSSIBLE),
    (offered, LI_NA, "closure", {}, PENDING),
    (closed, LI_NA, "closure", {}, CLOSED),
    (opened, LI_NA, "reopening", {"reason": "再来"}, NOT_POSSIBLE),
    (closed, LI_NA, "reopening", {}, wrong("reason")),
    (opened, LI_NA, "suspension", {"blocked_by": "client"}, wrong("reason")),
    (opened, LI_NA, "suspension", {"reason": "等"}, wrong("blocked_by")),
    (opened, LI_NA, "suspension", WEATHER, wrong("blocked_by")),
    (opened, WANG_FANG, "suspension", REST, NOT_OWNER),
    (suspended, LI_NA, "suspension", AUTHORITY, SUSPENDED),
    (closed, LI_NA, "suspension", REST, CLOSED),
    (opened, LI_NA, "resumption", {}, refused("not_suspended")),
    (suspended, WANG_FANG, "resumption", {}, NOT_OWNER),
    (opened, LI_NA, "corrections", CORRECTION | {"corrects_version": 2}, wrong("corrects_version")),
    (opened, LI_NA, "corrections", CORRECTION | {"corrects_version": 0}, wrong("corrects_version")),
    (opened, LI_NA, "corrections", CORRECTION | {"what": "a b"}, wrong("what")),
    (opened, LI_NA, "corrections", CORRECTION | {"reason": None}, wrong("reason")),
]


@pytest.mark.parametrize(
    ("given", "who", "what", "body", "refusal"),
    CASES,
    ids=[f"{given.__name__}-{what}-{refusal[1]}" for given, _, what, _, refusal in CASES],
)
def test_what_cannot_be_done_is_said_and_not_stored(
    shared_office: Office,
    given: Callable[[Person], str],
    who: UUID,
    what: str,
    body: Mapping[str, Any],
    refusal: Refusal,
):
    ticket = given(shared_office.person(LI_NA))

    answer = shared_office.person(who).post(f"{ticket}/{what}", body)

    assert answer.refusal == refusal


def test_a_refusal_names_the_rule_and_what_would_be_possible(
    shared_office: Office,
):
    ticket = opened(shared_office.person(LI_NA))

    not_yet = shared_office.person(LI_NA).post(f"{ticket}/closure").body
    not_theirs = shared_office.person(WANG_FANG).post(f"{ticket}/slip").body

    assert not_yet["facts"] == {"possible": ["clarify", "answer"], "state": "registered"}
    assert not_theirs["rule"] == "PX-02"
    assert not_theirs["facts"] == {"owner_id": str(LI_NA)}


@pytest.mark.parametrize("what", TICKET_COMMANDS)
@pytest.mark.parametrize("ticket_id", [T2, C1], ids=["nothing", "a client"])
def test_nothing_is_done_to_what_is_no_ticket(shared_office: Office, ticket_id: UUID, what: str):
    path = f"/v1/tickets/{ticket_id}/{what}"

    who = INSPECTOR if what == "supervision" else M1
    answer = shared_office.person(who).post(path, TICKET_COMMANDS[what])

    assert answer.refusal == (404, "not_found", "ticket_id")


def test_a_colleague_who_has_left_is_offered_nothing(office: Office, li_na: Person):
    ticket = opened(li_na)
    office.person(ADMIN).post(f"/v1/staff/{WANG_FANG}/departure")

    answer = li_na.post(f"{ticket}/transfer", TO_WANG_FANG)

    assert answer.refusal == (409, "staff_left", None)


def test_who_has_no_superior_has_nobody_to_ask(shared_office: Office):
    zhao_lei = shared_office.person(ZHAO_LEI)

    answer = zhao_lei.post(f"{opened(zhao_lei)}/escalation", QUESTION)

    assert answer.refusal == (409, "no_superior", None)
    assert answer.body["rule"] == "FR-08"


def test_that_it_is_no_duty_of_theirs_is_refused_and_on_record(shared_office: Office):
    ticket = offered(shared_office.person(LI_NA))

    answer = shared_office.person(WANG_FANG).post(f"{ticket}/transfer/refusal", SHIRKING)

    assert (answer.status, answer.body["code"]) == (422, "shirking_refused")
    assert (answer.body["field"], answer.body["rule"]) == ("ground", "FR-06")
    assert answer.stored == [Ticket.ViolationFlagged]
    assert (answer.event.kind, answer.event.staff) == ("shirking", f"staff:{WANG_FANG}")
