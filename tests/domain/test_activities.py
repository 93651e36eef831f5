"""Steps without a state of their own, who may take them, and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.errors import DomainError
from domain.following import NotForYou
from domain.handover import NotOwner, TicketClosed
from domain.procedure import StepNotPossible
from domain.stepping import TicketSuspended
from domain.ticket import Blocker, Ticket
from tests.support.facts import C1, LI_NA, M1, WANG_FANG, ZHAO_LEI, act, because
from tests.support.matters import Matter, kinds, overlay, repair

CALL: dict[str, Any] = {"title": "跟踪", "form": {"text": {"title": "内容", "sealed": True}}}


def calls(**otherwise: Any) -> dict[str, Any]:
    """An overlay with a call that may be made in any state."""
    return overlay(activities={"call": {**CALL, **otherwise}})


def suspend(ticket: Ticket) -> None:
    ticket.suspend(Blocker.CLIENT, act=because("等客户"))


def closed(matter: Matter) -> Matter:
    matter.take("visit")
    matter.close()
    return matter


def test_an_activity_is_recorded_and_the_state_stays() -> None:
    matter = Matter(calls(), repair())

    [fact] = matter.take("call", text="满意")

    assert isinstance(fact, Ticket.StepTaken)
    assert (fact.step, fact.word, fact.state) == ("call", "跟踪", "registered")
    assert fact.form["text"].subject == C1
    assert matter.ticket.state == "registered"
    assert not matter.ticket.is_closed


def test_a_procedure_has_activities_of_its_own() -> None:
    matter = Matter(repair(steps={"call": CALL}))

    matter.take("visit")
    [fact] = matter.take("call")

    assert (fact.step, fact.state) == ("call", "visited")


def test_an_activity_may_belong_to_some_states_only() -> None:
    matter = Matter(calls(**{"from": ["visited"]}), repair())

    with pytest.raises(StepNotPossible) as refusal:
        matter.take("call")
    matter.take("visit")

    assert refusal.value.facts == {"possible": ["visit"], "state": "registered"}
    assert kinds(matter.take("call")) == [Ticket.StepTaken]


def test_a_pack_keeps_its_own_step_where_an_overlay_says_the_same_word() -> None:
    matter = Matter(overlay(activities={"visit": {"title": "回访"}}), repair())

    [fact] = matter.take("visit")

    assert (fact.word, fact.state) == ("上门", "visited")


def test_the_activities_of_overlays_are_among_the_possible_steps() -> None:
    assert Matter(calls(), repair()).possible == ["call", "visit"]


def test_an_activity_goes_on_while_the_matter_rests() -> None:
    matter = Matter(calls(), repair())
    matter.do(suspend)

    with pytest.raises(TicketSuspended):
        matter.take("visit")

    assert matter.possible == ["call"]
    assert kinds(matter.take("call")) == [Ticket.StepTaken]
    assert matter.ticket.blocked_by == "client"


def test_a_closed_matter_takes_no_activity() -> None:
    matter = closed(Matter(calls(), repair()))

    with pytest.raises(TicketClosed):
        matter.take("call")

    assert matter.possible == ["reopen"]


def test_an_activity_after_closing_leaves_the_matter_closed() -> None:
    matter = closed(Matter(calls(after_closing=True), repair()))

    news = matter.take("call")

    assert kinds(news) == [Ticket.StepTaken]
    assert (matter.ticket.is_closed, matter.ticket.state) == (True, "closed")
    assert matter.possible == ["call", "reopen"]


def test_a_step_is_possible_only_when_its_condition_holds() -> None:
    twice = {"value": "count.visit", "at_least": 2}
    matter = Matter(calls(when=twice), repair())
    matter.take("visit")

    before = matter.possible
    with pytest.raises(StepNotPossible) as refusal:
        matter.take("call")
    matter.take("visit")

    assert "call" not in before
    assert refusal.value.facts["possible"] == ["visit", "close"]
    assert "call" in matter.possible
    assert kinds(matter.take("call")) == [Ticket.StepTaken]


@pytest.mark.parametrize(
    ("by", "who", "roles"),
    [
        (["owner"], LI_NA, []),
        (["anyone"], WANG_FANG, []),
        (["after_sales", "owner"], LI_NA, []),
        (["after_sales", "owner"], WANG_FANG, ["staff", "after_sales"]),
        (["first_contact"], LI_NA, []),
        (["asked"], M1, []),
        (["offered"], ZHAO_LEI, []),
    ],
)
def test_a_step_is_for_whom_its_pack_names(by: list[str], who: UUID, roles: list[str]) -> None:
    matter = Matter(calls(by=by), repair())
    matter.do(lambda t: t.escalate(M1, "可以吗", act=act()))
    matter.do(lambda t: t.offer_transfer(ZHAO_LEI, None, act=because()))

    assert kinds(matter.take("call", by=who, roles=roles)) == [Ticket.StepTaken]


@pytest.mark.parametrize(
    ("by", "refused"),
    [
        (["owner"], NotOwner),
        (["after_sales"], NotForYou),
        (["after_sales", "owner"], NotForYou),
        (["asked", "offered"], NotForYou),
    ],
)
def test_a_step_is_for_nobody_else(by: list[str], refused: type[DomainError]) -> None:
    matter = Matter(calls(by=by), repair())

    with pytest.raises(refused):
        matter.take("call", by=WANG_FANG, roles=["staff", "cs_officer"])


def test_the_owner_has_no_part_in_what_is_for_a_role() -> None:
    matter = Matter(calls(by=["after_sales"]), repair())

    with pytest.raises(NotForYou):
        matter.take("call", by=LI_NA, roles=["cs_officer"])


def test_who_may_not_is_told_what_the_pack_says_and_under_which_rule() -> None:
    matter = Matter(calls(by=["after_sales"], says="只有售后确认", rule="CH-20"), repair())

    with pytest.raises(NotForYou, match="只有售后确认") as refusal:
        matter.take("call", by=WANG_FANG)

    assert refusal.value.rule == "CH-20"


def test_without_its_own_words_a_step_says_whom_it_is_for() -> None:
    matter = Matter(calls(by=["director", "after_sales"]), repair())

    with pytest.raises(NotForYou, match="跟踪 is for: after_sales, director"):
        matter.take("call", by=WANG_FANG)


def test_the_role_that_allowed_a_step_stands_on_record() -> None:
    matter = Matter(calls(by=["after_sales"]), repair())

    [fact] = matter.take("call", by=WANG_FANG, roles=["staff", "after_sales"])

    assert (fact.by, fact.role) == (f"staff:{WANG_FANG}", "after_sales")


def test_a_step_for_a_role_moves_the_matter_and_leaves_it_with_its_owner() -> None:
    confirm = {"title": "确认", "from": ["registered"], "to": "visited", "by": ["after_sales"]}
    matter = Matter(repair(steps={"confirm": confirm}))

    matter.take("confirm", by=WANG_FANG, roles=["after_sales"])

    assert (matter.ticket.state, matter.ticket.owner_id) == ("visited", LI_NA)


def test_a_fact_may_be_for_a_role_too() -> None:
    close = {"title": "结案", "from": ["visited"], "to": "closed", "fact": "closed"}
    matter = Matter(repair(steps={"close": {**close, "by": ["after_sales"]}}))
    matter.take("visit")

    with pytest.raises(NotForYou):
        matter.close()
    matter.do(lambda t: t.close(matter.procedure, act=act(WANG_FANG, roles=["after_sales"])))

    assert matter.ticket.is_closed
