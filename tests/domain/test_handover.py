"""Decisions after returns, queues and routes, whose turn it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Invalid
from domain.handover import (
    DecisionNeeded,
    NoDecisionNeeded,
    NoOffer,
    NotOfUnit,
    NotOwner,
    NotQueued,
    NotSuperior,
    NotYoursToAssign,
    OfferPending,
    TicketClosed,
)
from domain.predicate import Predicate
from domain.rulebook import NO_RULES, Route, Rulebook
from domain.ticket import Ticket
from tests.support.facts import (
    CONSULTATION,
    LI_NA,
    M1,
    M2,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    given,
    new_fact,
    new_facts,
    opened,
)

NOBODY = frozenset[str]()
SUPERVISOR = frozenset({"cs_supervisor"})
DIRECTOR = frozenset({"director"})


def offer(ticket: Ticket) -> None:
    ticket.offer_transfer(WANG_FANG, None, act=because(by=ticket.owner_id))


def returned(ticket: Ticket) -> None:
    offer(ticket)
    ticket.decline_transfer("overloaded", CONSULTATION, act=because(by=WANG_FANG))


def decide(
    ticket: Ticket,
    to_id: UUID = WANG_FANG,
    *,
    by: UUID = M1,
    acting_for: UUID | None = None,
    roles: frozenset[str] = NOBODY,
) -> None:
    done = because("归口办理", by=by, acting_for=acting_for)
    ticket.decide_transfer(to_id, superior_id=M1, roles=roles, act=done)


def withdraw(ticket: Ticket) -> None:
    ticket.withdraw(act=because("不要了"))


def bounced(*commands: Callable[[Ticket], None]) -> Ticket:
    """Twice it came back."""
    return given(opened(), returned, returned, *commands)


# Decisions


def test_what_came_back_once_is_offered_again() -> None:
    ticket = given(opened(), returned)

    offer(ticket)

    assert (new_facts(ticket), ticket.returns) == ([Ticket.TransferOffered], 1)


def test_what_came_back_twice_is_offered_no_more_until_it_is_decided() -> None:
    ticket = bounced()

    with pytest.raises(DecisionNeeded) as refusal:
        offer(ticket)

    assert (refusal.value.rule, refusal.value.facts) == ("FR-02", {"returns": 2})
    assert new_facts(ticket) == []


@pytest.mark.parametrize(("most", "is_refused"), [(1, True), (2, False)])
def test_a_pack_says_how_often_it_may_come_back(most: int, is_refused: bool) -> None:
    ticket = given(opened(), returned)
    ticket.rules = Rulebook(values={"returns_before_decision": most})

    assert ticket.needs_decision == is_refused


def test_who_is_decided_upon_owns_it_at_once_and_cannot_decline() -> None:
    ticket = bounced()

    decide(ticket)

    fact = new_fact(ticket)
    assert isinstance(fact, Ticket.TransferDecided)
    assert (fact.from_id, fact.to_id) == (LI_NA, WANG_FANG)
    assert (ticket.owner_id, ticket.first_contact_id) == (WANG_FANG, LI_NA)
    with pytest.raises(NoOffer):
        ticket.decline_transfer("overloaded", CONSULTATION, act=because(by=WANG_FANG))


def test_after_the_decision_returns_are_counted_anew() -> None:
    ticket = bounced(decide)

    ticket.offer_transfer(ZHAO_LEI, None, act=because(by=WANG_FANG))

    assert (ticket.returns, ticket.offered_to_id) == (0, ZHAO_LEI)


def test_it_may_be_decided_that_the_owner_keeps_it() -> None:
    ticket = bounced()

    decide(ticket, LI_NA)

    assert (ticket.owner_id, ticket.owners, ticket.needs_decision) == (LI_NA, 1, False)


@pytest.mark.parametrize(
    ("by", "acting_for", "roles"),
    [(M1, None, NOBODY), (M2, M1, NOBODY), (ZHAO_LEI, None, DIRECTOR)],
    ids=["the superior", "their deputy", "a director"],
)
def test_these_decide(by: UUID, acting_for: UUID | None, roles: frozenset[str]) -> None:
    ticket = bounced()

    decide(ticket, by=by, acting_for=acting_for, roles=roles)

    assert ticket.owner_id == WANG_FANG


@pytest.mark.parametrize(
    ("by", "acting_for", "roles"),
    [(LI_NA, None, NOBODY), (M2, None, SUPERVISOR), (M1, M2, NOBODY)],
    ids=["the owner", "another supervisor", "the superior for another"],
)
def test_nobody_else_decides(by: UUID, acting_for: UUID | None, roles: frozenset[str]) -> None:
    ticket = bounced()

    with pytest.raises(NotSuperior):
        decide(ticket, by=by, acting_for=acting_for, roles=roles)

    assert new_facts(ticket) == []


def test_nobody_decides_for_an_owner_without_a_superior_but_a_director() -> None:
    ticket = bounced()

    with pytest.raises(NotSuperior):
        ticket.decide_transfer(WANG_FANG, superior_id=None, roles=NOBODY, act=because(by=M1))


def test_before_it_came_back_twice_there_is_nothing_to_decide() -> None:
    ticket = given(opened(), returned)

    with pytest.raises(NoDecisionNeeded):
        decide(ticket)

    assert new_facts(ticket) == []


def test_a_decision_wants_a_reason() -> None:
    ticket = bounced()

    with pytest.raises(Invalid) as refusal:
        ticket.decide_transfer(WANG_FANG, superior_id=M1, roles=NOBODY, act=act(M1))

    assert refusal.value.field == "reason"


# Queues


def take(
    ticket: Ticket, who: UUID = ZHAO_LEI, unit: str = "north", roles: frozenset[str] = NOBODY
) -> None:
    ticket.take(who, unit=unit, roles=roles, act=act(who))


def route(ticket: Ticket) -> None:
    ticket.route("north", act=act())


def test_in_a_queue_it_stays_with_its_owner_until_it_is_taken() -> None:
    ticket = given(opened())

    route(ticket)
    owner_before = ticket.owner_id
    take(ticket)

    assert new_facts(ticket) == [Ticket.Routed, Ticket.TransferAccepted]
    assert (owner_before, ticket.owner_id, ticket.first_contact_id) == (LI_NA, ZHAO_LEI, LI_NA)
    assert (ticket.queue, ticket.owners) == (None, 2)


@pytest.mark.parametrize("command", [route, lambda t: (take(t), take(t))])
def test_said_twice_it_is_done_once(command: Callable[[Ticket], None]) -> None:
    ticket = given(opened(), route)

    command(ticket)

    assert len(new_facts(ticket)) <= 1


def test_only_the_owner_routes_it() -> None:
    ticket = given(opened())

    with pytest.raises(NotOwner):
        ticket.route("north", act=act(WANG_FANG))


def test_only_the_unit_takes_it_out_of_its_queue() -> None:
    ticket = given(opened(), route)

    with pytest.raises(NotOfUnit):
        take(ticket, unit="main", roles=SUPERVISOR)

    assert new_facts(ticket) == []


def test_nothing_is_taken_that_is_in_no_queue() -> None:
    ticket = given(opened())

    with pytest.raises(NotQueued):
        take(ticket)


def test_nothing_is_taken_from_whom_it_is_offered_to() -> None:
    ticket = given(opened(), route, offer)

    with pytest.raises(OfferPending):
        take(ticket)


@pytest.mark.parametrize("command", [route, take, decide])
def test_what_has_ended_goes_nowhere(command: Callable[[Ticket], None]) -> None:
    ticket = given(opened(), withdraw)

    with pytest.raises(TicketClosed):
        command(ticket)


# Routes


TO_NORTH = Route(upon=frozenset({"opened"}), to_unit="north", role="cs_officer", rule="FR-04")


def ruled(*routes: Route) -> Rulebook:
    return replace(NO_RULES, routes=routes)


def test_a_route_puts_a_new_ticket_into_a_queue_and_says_by_which_rule() -> None:
    ticket = opened(rules=ruled(TO_NORTH))

    routed: Any = ticket.pending_events[-1]

    assert new_facts(ticket) == [Ticket.Opened, Ticket.Routed]
    assert (routed.unit, routed.for_role, routed.rule) == ("north", "cs_officer", "FR-04")
    assert (ticket.queue, ticket.owner_id) == ("north", LI_NA)


def test_who_has_the_role_of_the_route_takes_it_from_any_unit() -> None:
    ticket = opened(rules=ruled(TO_NORTH))

    take(ticket, unit="main", roles=frozenset({"cs_officer"}))

    assert ticket.owner_id == ZHAO_LEI


def test_the_first_route_that_holds_is_taken() -> None:
    by_phone = Route(
        upon=frozenset({"opened"}), to_unit="west", when=Predicate(value="this.unit", is_="west")
    )
    others = Route(upon=frozenset({"opened"}), to_unit="east")

    ticket = opened(rules=ruled(by_phone, TO_NORTH, others))

    assert ticket.queue == "north"


def test_a_route_asks_the_form_at_hand() -> None:
    upon = frozenset({"transfer-declined"})
    too_busy = Route(
        upon=upon, to_unit="north", when=Predicate(value="form.ground", is_="overloaded")
    )
    ticket = given(opened(), offer)
    ticket.rules = ruled(too_busy)

    ticket.decline_transfer("overloaded", CONSULTATION, act=because(by=WANG_FANG))

    assert ticket.queue == "north"


def test_what_is_in_the_queue_already_is_not_routed_again() -> None:
    ticket = given(opened(), route)
    ticket.rules = ruled(Route(upon=frozenset({"transfer-offered"}), to_unit="north"))

    offer(ticket)

    assert new_facts(ticket) == [Ticket.TransferOffered]


def test_what_has_ended_is_not_routed() -> None:
    ticket = given(opened())
    ticket.rules = ruled(Route(upon=frozenset({"withdrawn"}), to_unit="north"))

    withdraw(ticket)

    assert (new_facts(ticket), ticket.queue) == ([Ticket.Withdrawn], None)


# Whose turn


ASKED: dict[str, Any] = {"unit": "north", "competence": "电工"}


def test_what_is_offered_in_turn_says_so() -> None:
    ticket = given(opened())

    ticket.assign(WANG_FANG, **ASKED, roles=NOBODY, act=act())

    assert new_facts(ticket) == [Ticket.AssignedInTurn, Ticket.TransferOffered]
    assert (ticket.owner_id, ticket.offered_to_id) == (LI_NA, WANG_FANG)


def test_where_nobody_is_available_the_next_in_line_is_told_and_offered_it() -> None:
    ticket = given(opened())

    ticket.call_for_help(M1, **ASKED, roles=NOBODY, act=act())

    alarm: Any = ticket.pending_events[0]
    assert new_facts(ticket) == [Ticket.NobodyAvailable, Ticket.TransferOffered]
    assert (alarm.unit, alarm.competence, alarm.told_id) == ("north", "电工", M1)
    assert ticket.offered_to_id == M1


def test_the_next_in_line_who_has_it_already_is_told_and_offered_nothing() -> None:
    ticket = given(opened())

    ticket.call_for_help(LI_NA, **ASKED, roles=SUPERVISOR, act=act(M1))

    assert new_facts(ticket) == [Ticket.NobodyAvailable]


@pytest.mark.parametrize("does", [Ticket.assign, Ticket.call_for_help])
@pytest.mark.parametrize(
    ("who", "roles", "allowed"),
    [(LI_NA, NOBODY, True), (M2, SUPERVISOR, True), (WANG_FANG, frozenset({"staff"}), False)],
)
def test_the_owner_and_a_supervisor_have_it_offered_in_turn(
    does: Callable[..., None], who: UUID, roles: frozenset[str], allowed: bool
) -> None:
    ticket = given(opened())

    with contextlib.suppress(NotYoursToAssign):
        does(ticket, ZHAO_LEI, **ASKED, roles=roles, act=act(who))

    assert (ticket.offered_to_id == ZHAO_LEI) == allowed == bool(new_facts(ticket))


@pytest.mark.parametrize("does", [Ticket.assign, Ticket.call_for_help])
@pytest.mark.parametrize(
    ("before", "refusal"),
    [([offer], OfferPending), ([returned, returned], DecisionNeeded), ([withdraw], TicketClosed)],
)
def test_in_turn_nothing_is_offered_that_cannot_be(
    does: Callable[..., None], before: list[Callable[[Ticket], None]], refusal: type[Exception]
) -> None:
    ticket = given(opened(), *before)

    with pytest.raises(refusal):
        does(ticket, ZHAO_LEI, **ASKED, roles=NOBODY, act=act())
