"""销售项目: from information to acceptance, reviewed and handed over to routine."""

from __future__ import annotations

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, ZHAO_LEI
from tests.support.files import cny
from tests.support.http import Person, opened
from tests.support.steps import done, report, step

PROJECT = {"project": "河东小区", "goal": "每月批量供货"}


def in_bid(person: Person) -> str:
    ticket = opened(person, procedure="opportunity", channel="visit", form=PROJECT)
    done(person, ticket, "bid")
    return ticket


@pytest.mark.rule("SL-01")
def test_nothing_is_implemented_without_a_contract(li_na: Person):
    ticket = in_bid(li_na)

    too_early = step(li_na, ticket, "implement")
    done(li_na, ticket, "sign_contract", number="H-1", amount=cny(9_000_000))
    implemented = step(li_na, ticket, "implement")

    assert too_early.refusal[:2] == (409, "step_not_possible")
    assert implemented.stored == [Ticket.StepTaken]


@pytest.mark.rule("SL-02")
def test_a_goal_that_was_met_is_shown_to_have_been(li_na: Person):
    ticket = in_bid(li_na)
    done(li_na, ticket, "sign_contract", number="H-1", amount=cny(9_000_000))
    for name in ("implement", "accept_work"):
        done(li_na, ticket, name)
    done(li_na, ticket, "review_project", progress="按计划")

    unproven = step(li_na, ticket, "close_project", goal_met=True)
    done(li_na, ticket, "close_project", goal_met=True, evidence="三个月供货单")
    handed_over = step(li_na, ticket, "hand_to_routine")

    assert unproven.refusal == (422, "form_incomplete", "form.evidence")
    assert Ticket.Closed in handed_over.stored


@pytest.mark.rule("SL-03")
def test_feedback_is_counted_by_theme(li_na: Person):
    ticket = in_bid(li_na)
    for theme, times in (("price", 7), ("quality", 3), ("technical", 2)):
        for _ in range(times):
            done(li_na, ticket, "note_feedback", theme=theme, text="意见")

    groups = report(li_na, "opportunity/feedback_themes")["groups"]

    counted = {g["by"]["form.theme"]: g["measures"]["items"]["value"] for g in groups}
    assert {theme: n for theme, n in counted.items() if n} == {
        "price": 7,
        "quality": 3,
        "technical": 2,
    }


@pytest.mark.rule("SL-05")
def test_both_who_went_stand_on_a_joint_visit(li_na: Person):
    ticket = in_bid(li_na)

    alone = step(li_na, ticket, "joint_visit", seller=str(LI_NA))
    visited = done(li_na, ticket, "joint_visit", seller=str(LI_NA), engineer=str(ZHAO_LEI))

    assert alone.refusal == (422, "form_incomplete", "form.engineer")
    said = visited.event.form
    assert (said["seller"], said["engineer"]) == (str(LI_NA), str(ZHAO_LEI))
