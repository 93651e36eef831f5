"""An assessment from its opening to its application, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.assessed import NotYourRating, OwnAssessment, WrongStage
from domain.assessment import AppealTooLate, Assessment, Incomplete, UnderAppeal
from domain.errors import DomainError, Invalid
from domain.ladder import LevelTooLow, must_stand_higher
from domain.ranked import NeedsAssessment, OwnLevel
from domain.ranking import payout_month
from domain.scoring import PlanAndActual
from domain.staff import Staff
from tests.support.assessments import LADDER, SCHEME
from tests.support.facts import (
    C1,
    C2,
    LI_NA,
    M1,
    M2,
    NOON,
    T1,
    WANG_FANG,
    act,
    because,
    given,
    new_facts,
    registered_staff,
    replay,
)

Command = Callable[[Assessment], None]
DAY = timedelta(days=1)


def opened(*commands: Command, **otherwise: Any) -> Assessment:
    """Li Na's, after these commands; nothing of it is new."""
    words: dict[str, Any] = {
        "subject_id": LI_NA,
        "period": "2026-Q4",
        "kinds": [],
        "pack": "plan",
        "pack_version": 1,
        "unit": "main",
        "plan_id": None,
        "act": act(M2),
    }
    return given(Assessment.open("staff", SCHEME, **words | otherwise), *commands)


def start(one: Assessment) -> None:
    one.start(SCHEME, methods=[], permit=None, act=act(M2))


def rate(
    rater: str = "head", score: str = "80", by: UUID = M1, client_id: UUID | None = None
) -> Command:
    return lambda one: one.rate(
        SCHEME,
        rater,
        {"service": Decimal(score)},
        client_id=client_id,
        superior_id=M1,
        act=act(by, roles=["assessor"]),
    )


def compare(one: Assessment) -> None:
    one.compare_plan(SCHEME, {"visits": PlanAndActual(Decimal(4), Decimal(1))}, act=act(M2))


def measure(one: Assessment) -> None:
    one.measure({"clients": {"value": "3", "tickets": []}}, act=act(M2))


def finalise(one: Assessment) -> None:
    one.finalise(SCHEME, act=act(M2))


def publish(one: Assessment) -> None:
    one.publish(SCHEME, act=act(M2))


def appeal(one: Assessment) -> None:
    one.file_appeal(SCHEME, act=because("不对"))


def apply(one: Assessment) -> None:
    one.apply_result(SCHEME, act=act(M2))


OPEN = (start,)
FULL = (*OPEN, rate(), rate("clients", client_id=C1), compare, measure)
FINAL = (*FULL, finalise)
PUBLISHED = (*FINAL, publish)


@pytest.mark.parametrize(
    ("before", "command", "refusal"),
    [
        ((), rate(), WrongStage),
        ((), finalise, WrongStage),
        (OPEN, start, WrongStage),
        (OPEN, finalise, Incomplete),
        (OPEN, rate(score="101"), Invalid),
        (OPEN, rate("king"), Invalid),
        (OPEN, rate(by=WANG_FANG), NotYourRating),
        (OPEN, rate(by=LI_NA), OwnAssessment),
        (OPEN, rate("clients"), Invalid),
        (OPEN, rate(client_id=C1), Invalid),
        (OPEN, publish, WrongStage),
        (FULL, lambda one: one.judge_evaluation(
            SCHEME, "rating-1", fair=True, act=act(M2)
        ), Invalid),
        (FINAL, rate(), WrongStage),
        (FINAL, compare, WrongStage),
        (FINAL, appeal, WrongStage),
        (FINAL, apply, WrongStage),
        (FINAL, lambda one: one.deliver(SCHEME, "king", act=act(M2)), Invalid),
        (PUBLISHED, lambda one: one.file_appeal(SCHEME, act=act()), Invalid),
        (PUBLISHED, lambda one: one.file_appeal(SCHEME, act=because(by=M1)), NotYourRating),
        (PUBLISHED, lambda one: one.file_appeal(
            SCHEME, act=act(at=NOON + 7 * DAY + timedelta(seconds=1), reason="不对")
        ), AppealTooLate),
        ((*PUBLISHED, appeal), apply, UnderAppeal),
        ((*PUBLISHED, appeal), lambda one: one.decide_appeal(
            upheld=True, corrected=None, act=because(by=WANG_FANG)
        ), Invalid),
        ((*PUBLISHED, appeal), lambda one: one.decide_appeal(
            upheld=False, corrected=None, act=because(by=M1)
        ), OwnAssessment),
    ],
)  # fmt: skip
def test_what_is_not_up_to_them_or_not_yet_is_refused(
    before: tuple[Command, ...], command: Command, refusal: type[DomainError]
):
    assessment = opened(*before)

    with pytest.raises(refusal):
        command(assessment)

    assert new_facts(assessment) == []


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (OPEN, rate()),
        (OPEN, compare),
        (FULL, finalise),
        (FINAL, publish),
        (FINAL, lambda one: one.deliver(SCHEME, "file", act=act(M2))),
        (PUBLISHED, appeal),
        (PUBLISHED, apply),
        (OPEN, lambda one: one.draw_sample([C1, C2], seed=3, size=1, act=act(M2))),
    ],
)
def test_said_twice_it_is_done_once(before: tuple[Command, ...], command: Command):
    assessment = opened(*before)

    command(assessment)
    command(assessment)

    assert len(new_facts(assessment)) == 1


def test_the_last_day_of_an_appeal_counts():
    assessment = opened(*PUBLISHED)

    assessment.file_appeal(SCHEME, act=act(at=NOON + 7 * DAY, reason="不对"))

    assert new_facts(assessment) == [Assessment.AppealFiled]


def test_a_rater_who_says_it_anew_takes_back_what_they_said():
    assessment = opened(*OPEN, rate(score="20"), rate(score="90"))

    [rating] = assessment.ratings.values()
    assert (rating.id, rating.scores) == ("rating-1", {"service": Decimal(90)})


def test_who_fails_loses_the_roles_that_the_scheme_names():
    assessment = opened(*PUBLISHED)  # 25 of the plan and 80 of the raters: 52.5
    apply(assessment)

    [applied] = assessment.pending_events
    assert (assessment.score, applied.passed, applied.revokes) == (5250, False, ["cs_supervisor"])
    assert assessment.revokes == ("cs_supervisor",)


@pytest.mark.parametrize(
    ("period", "paid"),
    [
        ("2026-Q1", "2026-04"),
        ("2026-Q2", "2026-07"),
        ("2026-Q3", "2026-10"),
        ("2026-Q4", "2027-01"),
    ],
)  # fmt: skip
def test_a_quarter_is_paid_in_the_month_behind_it(period: str, paid: str):
    assert SCHEME.ranking is not None
    assert payout_month(SCHEME.ranking, period) == paid


def level(staff: Staff, code: str = "grade2", **otherwise: Any) -> None:
    words: dict[str, Any] = {"assessment_id": T1, "ticket_id": None, "valid_until": None}
    staff.assign_level("am_level", LADDER, code, **{"act": act(M1), **words, **otherwise})


def test_a_level_is_a_role_that_only_packs_ask_for_until_it_ends():
    staff = registered_staff()
    level(staff, valid_until=NOON + DAY)

    assert "am_level:grade2" in staff.roles_at(NOON)
    assert staff.roles_at(NOON + DAY) == frozenset()
    assert replay(staff.pending_events).levels == staff.levels


@pytest.mark.parametrize(
    ("otherwise", "refusal"),
    [
        ({"assessment_id": None}, NeedsAssessment),
        ({"assessment_id": None, "ticket_id": T1}, NeedsAssessment),
        ({"act": act(LI_NA)}, OwnLevel),
        ({"valid_until": NOON}, Invalid),
    ],
)
def test_nobody_gets_a_level_without_proof(otherwise: dict[str, Any], refusal: type[DomainError]):
    staff = given(registered_staff())

    with pytest.raises(refusal):
        level(staff, **otherwise)

    assert new_facts(staff) == []


def test_an_equal_is_no_superior_and_whoever_stands_on_no_ladder_may_be():
    ladders = {"am_level": LADDER}
    trainee, grade2 = {"am_level": "trainee"}, {"am_level": "grade2"}

    must_stand_higher(ladders, grade2, trainee)
    must_stand_higher(ladders, {}, grade2)
    for above, below in ((trainee, grade2), (grade2, grade2)):
        with pytest.raises(LevelTooLow):
            must_stand_higher(ladders, above, below)
