"""Endings other than closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from domain.ending import REJECTION_GROUNDS, NotClosed, TicketArchived, WorkDone
from domain.errors import Invalid
from domain.handover import NotOwner, ShirkingRefused, TicketClosed
from domain.obligation import Status
from domain.procedure import Procedure
from domain.rulebook import NO_RULES
from domain.ticket import Blocker, Ticket, Visibility
from tests.support.facts import (
    CONSULTATION,
    M1,
    NOON,
    WANG_FANG,
    act,
    because,
    given,
    new_fact,
    new_facts,
    opened,
)
from tests.support.matters import HOURS, Matter, overlay, repair
from tests.support.promises import promised

NOBODY = frozenset[str]()
SUPERVISOR = frozenset({"cs_supervisor"})

COME = {"title": "上门", "opens": ["opened"], "met_by": {"any": ["visit"]}, "limit": HOURS}

Command = Callable[[Ticket], None]


def withdraw(ticket: Ticket) -> None:
    ticket.withdraw(act=because("不要了"))


def reject(ticket: Ticket, ground: str = "duplicate") -> None:
    ticket.reject(ground, act=because("同一件事"))


def void(ticket: Ticket) -> None:
    ticket.void(roles=NOBODY, act=because("录错了"))


def archive(ticket: Ticket) -> None:
    ticket.archive(roles=NOBODY, act=act())


def close(ticket: Ticket) -> None:
    ticket.answer("可以", True, CONSULTATION, act=act())
    ticket.close(CONSULTATION, act=act())


def offer(ticket: Ticket) -> None:
    ticket.offer_transfer(WANG_FANG, None, act=because())


def reopening_anything() -> Procedure:
    """The consultation, reopened from any state."""
    reopen = structs.replace(CONSULTATION.steps["reopen"], start=frozenset())
    return structs.replace(CONSULTATION, steps={**CONSULTATION.steps, "reopen": reopen})


@pytest.mark.parametrize(
    ("end", "state"), [(withdraw, "withdrawn"), (reject, "rejected"), (void, "voided")]
)
def test_it_ends_with_the_word_for_it_as_its_state(end: Command, state: str) -> None:
    ticket = given(opened())

    end(ticket)

    assert (ticket.state, ticket.ended_as, ticket.is_closed) == (state, state, True)
    assert len(new_facts(ticket)) == 1


@pytest.mark.parametrize("end", [withdraw, void])
def test_ended_twice_it_ends_once(end: Command) -> None:
    ticket = given(opened(), end)

    end(ticket)

    assert new_facts(ticket) == []


@pytest.mark.parametrize("end", [withdraw, reject])
def test_with_the_end_nobody_is_asked_offered_or_waited_for_any_more(end: Command) -> None:
    ticket = given(
        opened(),
        lambda t: t.route("north", act=act()),
        offer,
        lambda t: t.escalate(M1, "可以吗", act=act()),
        lambda t: t.suspend(Blocker.CLIENT, act=because()),
    )

    end(ticket)

    assert (ticket.offered_to_id, ticket.asked_id) == (None, None)
    assert (ticket.blocked_by, ticket.queue) == (None, None)


@pytest.mark.parametrize("end", [withdraw, reject])
def test_with_the_end_all_clocks_stop(end: Command) -> None:
    ticket = promised(lambda t: t.escalate(M1, "可以吗", act=act()))

    end(ticket)

    assert Ticket.ClockStopped in new_facts(ticket)
    status = ticket.obligations["instruct-1"].status_at(NOON + timedelta(days=9))
    assert status == Status.CLOSED


@pytest.mark.parametrize("end", [withdraw, reject])
def test_what_outlives_a_ticket_that_ends_at_rest_goes_on(end: Command) -> None:
    obligations = {"come": COME | {"ends_with_ticket": False}, "greet": COME}
    matter = Matter(overlay(obligations=obligations), repair())
    matter.do(lambda t: t.suspend(Blocker.CLIENT, act=because()))

    matter.do(end)

    assert matter.ticket.obligations["come-1"].status_at(NOON) == Status.OPEN
    assert matter.is_over("greet-1")


@pytest.mark.parametrize("end", [withdraw, reject, void])
@pytest.mark.parametrize("reason", [None, " "])
def test_an_end_wants_a_reason(end: Command, reason: str | None) -> None:
    ticket = given(opened())
    silent = act(reason=reason)
    ends = {
        withdraw: lambda: ticket.withdraw(act=silent),
        reject: lambda: ticket.reject("duplicate", act=silent),
        void: lambda: ticket.void(roles=NOBODY, act=silent),
    }

    with pytest.raises(Invalid) as refusal:
        ends[end]()

    assert (refusal.value.field, new_facts(ticket)) == ("reason", [])


@pytest.mark.parametrize("end", [withdraw, reject])
def test_what_is_closed_is_neither_withdrawn_nor_rejected(end: Command) -> None:
    ticket = given(opened(), close)

    with pytest.raises(TicketClosed):
        end(ticket)


@pytest.mark.parametrize(
    "end",
    [
        lambda t: t.withdraw(act=because(by=WANG_FANG)),
        lambda t: t.reject("duplicate", act=because(by=WANG_FANG)),
        lambda t: t.void(roles=NOBODY, act=because(by=WANG_FANG)),
        lambda t: t.archive(roles=NOBODY, act=because(by=WANG_FANG)),
    ],
)
def test_nobody_else_ends_what_another_owns(end: Command) -> None:
    ticket = given(opened())

    with pytest.raises(NotOwner):
        end(ticket)


def test_a_supervisor_voids_and_archives_what_another_owns() -> None:
    voided, archived = given(opened()), given(opened(), close)

    voided.void(roles=SUPERVISOR, act=because("录错了", by=M1))
    archived.archive(roles=SUPERVISOR, act=act(M1))

    assert (voided.ended_as, archived.ended_as) == ("voided", "archived")


# Rejected


@pytest.mark.parametrize("ground", REJECTION_GROUNDS)
def test_it_is_rejected_on_a_ground_of_the_policy(ground: str) -> None:
    ticket = given(opened())

    reject(ticket, ground)

    assert new_fact(ticket).ground == ground


def test_a_ground_that_the_policy_does_not_know_is_refused() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid, match="too_far is none of: not_in_catalogue") as refusal:
        reject(ticket, "too_far")

    assert (refusal.value.field, refusal.value.rule) == ("ground", "FR-06")


def test_a_pack_may_list_other_grounds() -> None:
    ticket = given(opened())
    ticket.rules = replace(NO_RULES, lists={"rejection_grounds": ("too_far",)})

    reject(ticket, "too_far")

    assert ticket.ended_as == "rejected"


def test_not_my_duty_is_no_ground_though_a_list_says_so_and_can_be_put_on_record() -> None:
    ticket = given(opened())
    ticket.rules = replace(NO_RULES, lists={"rejection_grounds": ("not_my_duty",)})

    with pytest.raises(ShirkingRefused) as refusal:
        reject(ticket, "not_my_duty")

    assert (refusal.value.rule, refusal.value.facts) == ("FR-06", {"violation": "shirking"})
    assert new_facts(ticket) == []


# Void


def test_notes_and_queues_are_no_work() -> None:
    ticket = given(
        opened(),
        lambda t: t.note("打错了", Visibility.INTERNAL, act=act()),
        lambda t: t.route("north", act=act()),
        lambda t: t.correct(1, "matter", "宽带", act=because()),
    )

    void(ticket)

    assert ticket.ended_as == "voided"


@pytest.mark.parametrize(
    "work", [lambda t: t.issue_slip(year=2026, act=act()), offer, close, withdraw]
)
def test_what_was_worked_on_is_not_void(work: Command) -> None:
    ticket = given(opened(), work)

    with pytest.raises(WorkDone) as refusal:
        void(ticket)

    assert (refusal.value.rule, new_facts(ticket)) == ("PX-01", [])


def test_clocks_that_ran_out_and_what_followed_by_itself_are_no_work() -> None:
    told = {"title": "告知", "records": "told"}
    matter = Matter(
        overlay(
            obligations={"come": COME | {"warn_hours": 1}},
            consequences=[told | {"upon": ["come-breached"], "does": "suspend"}],
        ),
        repair(),
    )
    matter.do(lambda t: t.record_due_soon("come-1", act=act(at=NOON + timedelta(hours=1))))
    matter.do(lambda t: t.record_breach("come-1", None, act=act(at=NOON + timedelta(days=1))))
    assert matter.ticket.blocked_by == "authority"

    later = act(at=NOON + timedelta(days=1), reason="录错了")
    matter.do(lambda t: t.void(roles=NOBODY, act=later))

    assert matter.ticket.ended_as == "voided"


def test_what_somebody_did_is_work_though_it_followed_by_itself_too() -> None:
    told = {"title": "告知", "records": "call", "upon": ["noted"]}
    matter = Matter(overlay(activities={"call": {"title": "联系"}}, consequences=[told]), repair())
    matter.do(lambda t: t.note("打错了", Visibility.INTERNAL, act=act()))
    matter.take("call")

    with pytest.raises(WorkDone) as refusal:
        void(matter.ticket)

    assert refusal.value.facts == {"work": ["call"]}


# Archived


@pytest.mark.parametrize("end", [close, withdraw, reject])
def test_what_has_ended_is_put_away_once(end: Command) -> None:
    ticket = given(opened(), end)

    archive(ticket)
    archive(ticket)

    assert new_facts(ticket) == [Ticket.Archived]
    assert (ticket.state, ticket.is_closed) == ("archived", True)


def test_what_is_open_is_not_put_away() -> None:
    ticket = given(opened())

    with pytest.raises(NotClosed):
        archive(ticket)


def test_what_is_void_stays_void() -> None:
    ticket = given(opened(), void)

    with pytest.raises(TicketArchived):
        archive(ticket)


def test_what_is_put_away_or_void_is_never_reopened() -> None:
    for ticket in (given(opened(), close, archive), given(opened(), void)):
        with pytest.raises(TicketArchived):
            ticket.reopen(CONSULTATION, act=because("客户再来电"))

        assert new_facts(ticket) == []


def test_what_was_withdrawn_is_reopened_where_the_procedure_says_so() -> None:
    ticket = given(opened(), withdraw)

    ticket.reopen(reopening_anything(), act=because("客户又要了"))

    assert (ticket.is_closed, ticket.ended_as, ticket.episode) == (False, None, 2)
