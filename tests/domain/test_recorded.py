"""Logs from elsewhere: history is taken over as it was, with findings instead of refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Invalid, Refused
from domain.handover import OfferPending
from domain.ticket import Blocker, Ticket
from tests.support.facts import (
    CONSULTATION,
    LI_NA,
    NOON,
    RECORDED,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    facts_of,
    given,
    new_fact,
    new_facts,
    opened,
)

IMPORT = "system:import"


def take_over(ticket: Ticket, step: str, done_by: UUID = LI_NA, **form: Any) -> None:
    ticket.take_over_step(step, form, RECORDED, done_by_id=done_by, act=act(IMPORT))


def findings(ticket: Ticket) -> list[str]:
    found: list[str] = new_fact(ticket).findings
    return found


def finish(ticket: Ticket) -> None:
    take_over(ticket, "finish")


def test_a_step_taken_over_says_who_took_it_and_who_recorded_it() -> None:
    ticket = given(opened(RECORDED))
    long_ago = NOON - timedelta(days=4000)

    ticket.take_over_step(
        "assign", {"seriousness": "2"}, RECORDED, done_by_id=LI_NA, act=act(IMPORT, long_ago)
    )

    fact = new_fact(ticket)
    assert (fact.by, fact.done_by_id, fact.timestamp) == (IMPORT, LI_NA, long_ago)
    assert (fact.step, fact.word, fact.state) == ("assign", "分派", "assigned")
    assert fact.form == {"seriousness": "2"}


def test_a_step_that_our_rules_allow_has_no_findings() -> None:
    ticket = given(opened(RECORDED))

    take_over(ticket, "assign")

    assert findings(ticket) == []


def test_a_ticket_is_with_whoever_took_the_last_step() -> None:
    ticket = given(opened(RECORDED))

    take_over(ticket, "assign", done_by=WANG_FANG)

    assert (ticket.owner_id, ticket.first_contact_id) == (WANG_FANG, LI_NA)


def test_a_step_of_somebody_who_did_not_hold_the_ticket_is_a_finding() -> None:
    ticket = given(opened(RECORDED))

    take_over(ticket, "assign", done_by=WANG_FANG)

    assert findings(ticket) == ["not_owner"]


def test_the_owner_is_compared_with_who_took_the_step_not_with_who_records_it() -> None:
    ticket = given(opened(RECORDED), lambda t: take_over(t, "assign", done_by=WANG_FANG))

    take_over(ticket, "assign", done_by=WANG_FANG)

    assert findings(ticket) == []


def test_a_step_out_of_order_is_a_finding() -> None:
    ticket = given(opened(RECORDED))

    take_over(ticket, "resolve")

    assert (findings(ticket), ticket.state) == (["step_not_possible"], "resolved")


def test_all_that_speaks_against_a_step_is_found() -> None:
    ticket = given(opened(RECORDED), lambda t: t.suspend(Blocker.CLIENT, act=because()), finish)

    take_over(ticket, "resolve", done_by=ZHAO_LEI)

    assert new_facts(ticket) == [Ticket.StepTaken, Ticket.Reopened]
    assert facts_of(ticket)[0].findings == [
        "ticket_closed",
        "ticket_suspended",
        "not_owner",
        "step_not_possible",
    ]


def test_a_final_step_closes_the_ticket() -> None:
    ticket = given(opened(RECORDED))

    finish(ticket)

    assert new_facts(ticket) == [Ticket.StepTaken, Ticket.Closed]
    assert (ticket.state, ticket.is_closed) == ("closed", True)


def test_a_second_final_step_closes_nothing_anew() -> None:
    ticket = given(opened(RECORDED), finish)

    finish(ticket)

    assert new_facts(ticket) == [Ticket.StepTaken]
    assert findings(ticket) == ["ticket_closed"]


def test_a_step_after_the_last_one_reopens_the_ticket() -> None:
    ticket = given(opened(RECORDED), finish)

    take_over(ticket, "assign")

    assert new_facts(ticket) == [Ticket.StepTaken, Ticket.Reopened]
    assert (ticket.state, ticket.is_closed, ticket.episode) == ("assigned", False, 2)


def test_what_follows_a_step_happened_with_it_and_by_the_same_command() -> None:
    ticket = given(opened(RECORDED))
    told = act(IMPORT, NOON - timedelta(days=1))

    ticket.take_over_step("finish", {}, RECORDED, done_by_id=LI_NA, act=told)

    facts = ticket.pending_events
    assert [(f.timestamp, f.command_id) for f in facts] == [(told.at, told.command_id)] * 2


def test_a_step_that_the_pack_does_not_have_is_refused() -> None:
    ticket = given(opened(RECORDED))

    with pytest.raises(Invalid, match="there are: assign, finish, resolve") as refusal:
        take_over(ticket, "escalate")

    assert refusal.value.field == "step"
    assert new_facts(ticket) == []


def test_a_form_that_the_pack_does_not_have_is_refused() -> None:
    ticket = given(opened(RECORDED))

    with pytest.raises(Invalid) as refusal:
        take_over(ticket, "resolve", colour="red")

    assert refusal.value.field == "form.colour"
    assert new_facts(ticket) == []


def test_nothing_is_taken_over_into_a_procedure_of_ours() -> None:
    ticket = given(opened(CONSULTATION))

    with pytest.raises(Refused):
        ticket.take_over_step("clarify", {}, CONSULTATION, done_by_id=LI_NA, act=act(IMPORT))

    assert new_facts(ticket) == []


def test_who_took_a_step_elsewhere_holds_the_ticket_and_no_offer_stays_open() -> None:
    ticket = given(
        opened(RECORDED),
        lambda t: t.offer_transfer(WANG_FANG, None, act=because("换人")),
    )

    take_over(ticket, "assign", done_by=ZHAO_LEI)

    assert (ticket.owner_id, ticket.offered_to_id) == (ZHAO_LEI, None)


def test_a_step_into_a_final_state_closes_the_ticket() -> None:
    ticket = given(opened(RECORDED))

    ticket.take_step("finish", {}, RECORDED, act=act(LI_NA))

    assert new_facts(ticket) == [Ticket.StepTaken, Ticket.Closed]
    assert ticket.is_closed


def test_while_a_ticket_is_offered_no_step_ends_it() -> None:
    ticket = given(
        opened(RECORDED),
        lambda t: t.offer_transfer(WANG_FANG, None, act=because("换人")),
    )

    with pytest.raises(OfferPending):
        ticket.take_step("finish", {}, RECORDED, act=act(LI_NA))

    assert new_facts(ticket) == []
