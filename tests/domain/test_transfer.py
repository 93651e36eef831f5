from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.aggregate import Act
from domain.errors import Invalid
from domain.handover import NoOffer, NotOwner, OfferPending, ShirkingRefused, TicketClosed
from domain.ticket import Ticket
from tests.support.facts import (
    C1,
    CONSULTATION,
    LI_NA,
    M1,
    NOON,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    facts_of,
    given,
    new_fact,
    new_facts,
    opened,
    said,
)


def offer(ticket: Ticket) -> None:
    ticket.offer_transfer(WANG_FANG, "客户要装有线电视", act=because("不懂技术"))


def accept(ticket: Ticket) -> None:
    ticket.accept_transfer(act=act(WANG_FANG))


def decline(ticket: Ticket) -> None:
    ticket.decline_transfer("overloaded", CONSULTATION, act=because("忙", by=WANG_FANG))


def offered() -> Ticket:
    return given(opened(), offer)


def accepted() -> Ticket:
    return given(opened(), offer, accept)


def closed() -> Ticket:
    return given(
        opened(),
        lambda t: t.answer("可以", True, CONSULTATION, act=act()),
        lambda t: t.close(CONSULTATION, act=act()),
    )


def test_the_owner_stays_until_the_other_side_accepts_and_the_first_contact_for_ever() -> None:
    ticket = given(opened())

    offer(ticket)
    owner_before = ticket.owner_id
    ticket.accept_transfer(act=act(WANG_FANG, NOON + timedelta(minutes=5)))

    assert (owner_before, ticket.owner_id) == (LI_NA, WANG_FANG)
    assert ticket.first_contact_id == LI_NA
    assert new_facts(ticket) == [Ticket.TransferOffered, Ticket.TransferAccepted]
    assert [fact.timestamp - NOON for fact in facts_of(ticket)] == [
        timedelta(0),
        timedelta(minutes=5),
    ]


def test_an_offer_says_from_whom_to_whom_why_and_what_about() -> None:
    ticket = given(opened())

    offer(ticket)

    fact = new_fact(ticket)
    assert (fact.from_id, fact.to_id) == (LI_NA, WANG_FANG)
    assert (fact.reason, fact.summary) == (said(C1, "不懂技术"), said(C1, "客户要装有线电视"))


def test_an_offer_needs_no_summary() -> None:
    ticket = given(opened())

    ticket.offer_transfer(WANG_FANG, None, act=because())

    assert new_fact(ticket).summary is None


def test_an_empty_summary_is_refused() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.offer_transfer(WANG_FANG, " ", act=because())

    assert refusal.value.field == "summary"
    assert new_facts(ticket) == []


@pytest.mark.parametrize("reason", [None, "", " \n"])
def test_an_offer_without_a_reason_is_refused(reason: str | None) -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.offer_transfer(WANG_FANG, None, act=act(reason=reason))

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == []


def test_nobody_but_the_owner_gives_a_ticket_away() -> None:
    ticket = given(opened())

    with pytest.raises(NotOwner) as refusal:
        ticket.offer_transfer(WANG_FANG, None, act=because(by=ZHAO_LEI))

    assert refusal.value.rule == "PX-02"
    assert refusal.value.facts == {"owner_id": str(LI_NA)}
    assert new_facts(ticket) == []


def test_the_owners_deputy_offers_in_the_owners_name() -> None:
    ticket = given(opened())

    ticket.offer_transfer(WANG_FANG, None, act=because(by=ZHAO_LEI, acting_for=LI_NA))

    assert (new_fact(ticket).by, new_fact(ticket).acting_for) == (
        f"staff:{ZHAO_LEI}",
        f"staff:{LI_NA}",
    )
    assert new_fact(ticket).from_id == LI_NA


def test_a_ticket_is_not_offered_to_its_owner() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.offer_transfer(LI_NA, None, act=because())

    assert refusal.value.field == "to_id"
    assert new_facts(ticket) == []


def test_a_closed_ticket_is_not_offered() -> None:
    ticket = closed()

    with pytest.raises(TicketClosed):
        offer(ticket)

    assert new_facts(ticket) == []


def test_the_same_offer_twice_is_made_once() -> None:
    ticket = offered()

    offer(ticket)

    assert new_facts(ticket) == []


def test_a_ticket_is_offered_to_one_at_a_time() -> None:
    ticket = offered()

    with pytest.raises(OfferPending, match=str(WANG_FANG)):
        ticket.offer_transfer(ZHAO_LEI, None, act=because())

    assert new_facts(ticket) == []


def test_a_deputy_accepts_for_whom_it_was_offered_to() -> None:
    ticket = offered()

    ticket.accept_transfer(act=act(ZHAO_LEI, acting_for=WANG_FANG))

    assert ticket.owner_id == WANG_FANG
    assert (new_fact(ticket).from_id, new_fact(ticket).to_id) == (LI_NA, WANG_FANG)


@pytest.mark.parametrize("other", [act(ZHAO_LEI), act(LI_NA), act(ZHAO_LEI, acting_for=M1)])
def test_nobody_takes_a_ticket_that_was_not_offered_to_them(other: Act) -> None:
    ticket = offered()

    with pytest.raises(NoOffer, match=f"not offered to {other.acting_for or other.by}"):
        ticket.accept_transfer(act=other)

    assert new_facts(ticket) == []
    assert (ticket.owner_id, ticket.offered_to_id) == (LI_NA, WANG_FANG)


def test_a_ticket_that_nobody_offered_is_not_taken() -> None:
    ticket = given(opened())

    with pytest.raises(NoOffer):
        accept(ticket)

    assert new_facts(ticket) == []
    assert ticket.owner_id == LI_NA


def test_accepting_twice_is_done_once() -> None:
    ticket = accepted()

    accept(ticket)

    assert new_facts(ticket) == []


def test_after_the_transfer_only_the_new_owner_works_on_it() -> None:
    ticket = accepted()

    with pytest.raises(NotOwner) as refusal:
        ticket.answer("可以", True, CONSULTATION, act=act(LI_NA))
    ticket.answer("可以", True, CONSULTATION, act=act(WANG_FANG))

    assert refusal.value.facts == {"owner_id": str(WANG_FANG)}
    assert new_facts(ticket) == [Ticket.Answered]


def test_a_refusal_names_the_owner_and_for_whom_somebody_else_acted() -> None:
    ticket = accepted()

    with pytest.raises(NotOwner) as refusal:
        ticket.issue_slip(year=2026, act=act(ZHAO_LEI, acting_for=M1))

    assert refusal.value.detail == (f"ticket {T1} is with staff {WANG_FANG}, not staff:{M1}")


def test_a_ticket_passed_on_goes_from_its_owner_not_from_the_first_contact() -> None:
    ticket = accepted()

    ticket.offer_transfer(ZHAO_LEI, None, act=because(by=WANG_FANG))
    ticket.decline_transfer("overloaded", CONSULTATION, act=because(by=ZHAO_LEI))
    ticket.offer_transfer(M1, None, act=because(by=WANG_FANG))
    ticket.accept_transfer(act=act(M1))

    assert {fact.from_id for fact in facts_of(ticket)} == {WANG_FANG}


def test_a_ticket_moves_on_and_back_with_the_first_contact_unchanged() -> None:
    ticket = accepted()

    ticket.offer_transfer(LI_NA, None, act=because(by=WANG_FANG))
    ticket.accept_transfer(act=act(LI_NA))

    assert ticket.owner_id == ticket.first_contact_id == LI_NA


def test_a_returned_offer_says_on_what_ground_and_leaves_the_owner() -> None:
    ticket = offered()

    decline(ticket)

    fact = new_fact(ticket)
    assert (fact.from_id, fact.to_id, fact.ground) == (LI_NA, WANG_FANG, "overloaded")
    assert fact.reason == said(C1, "忙")
    assert (ticket.owner_id, ticket.offered_to_id) == (LI_NA, None)


def test_a_deputy_declines_for_whom_it_was_offered_to() -> None:
    ticket = offered()

    ticket.decline_transfer("absent", CONSULTATION, act=because(by=ZHAO_LEI, acting_for=WANG_FANG))

    assert (new_fact(ticket).to_id, ticket.offered_to_id) == (WANG_FANG, None)


def test_not_my_duty_is_no_ground_but_handing_on_is_open() -> None:
    ticket = offered()

    with pytest.raises(ShirkingRefused) as refusal:
        ticket.decline_transfer("not_my_duty", CONSULTATION, act=because("推", by=WANG_FANG))

    assert (refusal.value.rule, refusal.value.field) == ("FR-06", "ground")
    assert isinstance(refusal.value, Invalid)
    assert new_facts(ticket) == []

    accept(ticket)
    ticket.offer_transfer(ZHAO_LEI, None, act=because("不懂技术", by=WANG_FANG))

    assert new_facts(ticket) == [Ticket.TransferAccepted, Ticket.TransferOffered]


def test_not_my_duty_is_no_ground_though_a_pack_says_so() -> None:
    ticket = offered()
    shirking = replace(CONSULTATION, decline_reasons=frozenset({"not_my_duty"}))

    with pytest.raises(ShirkingRefused):
        ticket.decline_transfer("not_my_duty", shirking, act=because(by=WANG_FANG))

    assert new_facts(ticket) == []


def test_a_ground_that_the_pack_does_not_know_is_refused() -> None:
    ticket = offered()

    with pytest.raises(Invalid, match="bored is none of: absent, information_missing") as refusal:
        ticket.decline_transfer("bored", CONSULTATION, act=because(by=WANG_FANG))

    assert (refusal.value.field, refusal.value.rule) == ("ground", "FR-06")
    assert new_facts(ticket) == []


def test_declining_wants_a_reason_besides_the_ground() -> None:
    ticket = offered()

    with pytest.raises(Invalid) as refusal:
        ticket.decline_transfer("overloaded", CONSULTATION, act=act(WANG_FANG))

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == []


@pytest.mark.parametrize("other", [LI_NA, ZHAO_LEI])
def test_nobody_declines_for_another(other: UUID) -> None:
    ticket = offered()

    with pytest.raises(NoOffer):
        ticket.decline_transfer("overloaded", CONSULTATION, act=because(by=other))

    assert new_facts(ticket) == []


def test_after_a_return_the_ticket_may_be_offered_to_another() -> None:
    ticket = given(opened(), offer, decline)

    ticket.offer_transfer(ZHAO_LEI, None, act=because())

    assert ticket.offered_to_id == ZHAO_LEI


def test_the_owner_takes_an_offer_back() -> None:
    ticket = offered()

    ticket.withdraw_transfer(act=act())

    assert new_fact(ticket).to_id == WANG_FANG
    assert (ticket.owner_id, ticket.offered_to_id) == (LI_NA, None)


def test_the_owners_deputy_takes_an_offer_back() -> None:
    ticket = offered()

    ticket.withdraw_transfer(act=act(ZHAO_LEI, acting_for=LI_NA))

    assert new_facts(ticket) == [Ticket.TransferWithdrawn]


@pytest.mark.parametrize("other", [WANG_FANG, ZHAO_LEI])
def test_nobody_else_takes_an_offer_back(other: UUID) -> None:
    ticket = offered()

    with pytest.raises(NotOwner):
        ticket.withdraw_transfer(act=act(other))

    assert new_facts(ticket) == []


def test_taking_back_what_was_not_offered_does_nothing() -> None:
    ticket = given(opened())

    ticket.withdraw_transfer(act=act())

    assert new_facts(ticket) == []


def test_an_offer_taken_back_is_not_accepted_any_more() -> None:
    ticket = given(opened(), offer, lambda t: t.withdraw_transfer(act=act()))

    with pytest.raises(NoOffer):
        accept(ticket)

    assert new_facts(ticket) == []
