"""Scores: exact, the same in whatever order things are said, and rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.period import days_before
from domain.scheme import RankingRule, Scheme
from domain.scoring import (
    PlanAndActual,
    Rating,
    Sheet,
    growth,
    hundredths,
    missing,
    ranks,
    score,
)
from tests.domain.history import BRIEF
from tests.support.assessments import SAID

WEIGHTED: dict[str, Any] = {
    "title": "定性",
    "raters": {
        "self": {"title": "自评", "who": "self", "weight": "0.2"},
        "clients": {"title": "客户", "who": "client", "weight": "0.3"},
        "head": {"title": "主管", "who": "superior", "weight": "0.5"},
    },
    "indicators": {
        "a": {"title": "甲", "weight": "0.7"},
        "b": {"title": "乙", "weight": "0.3", "most": 10, "by": ["head", "clients"]},
    },
}


def scheme(said: dict[str, Any] = WEIGHTED, **otherwise: Any) -> Scheme:
    return msgspec.convert(said | otherwise, Scheme)


values = st.integers(0, 1_000).map(lambda n: Decimal(n) / 100)


@st.composite
def rated(draw: st.DrawFn) -> list[Rating]:
    raters = draw(st.lists(st.sampled_from(["self", "clients", "head"]), max_size=8))
    return [
        Rating(
            f"rating-{number}",
            rater,
            f"staff:{number}",
            "staff:1",
            {n: draw(values) for n in ("a", "b") if n == "a" or rater != "self"},
            draw(st.sampled_from([None, True, False])) if rater == "clients" else None,
        )
        for number, rater in enumerate(raters)
    ]


@BRIEF
@given(st.data(), rated())
def test_in_whatever_order_it_was_said_the_score_is_the_same(
    data: st.DataObject, ratings: Sequence[Rating]
):
    mixed = data.draw(st.permutations(ratings))

    of_both = [(score(scheme(), sheet), missing(scheme(), sheet)) for sheet in (
        Sheet(ratings), Sheet(mixed)
    )]  # fmt: skip

    assert of_both[0] == of_both[1]
    assert of_both[0][0] is None or 0 <= of_both[0][0] <= 100


@BRIEF
@given(rated())
def test_what_is_unfair_counts_as_if_it_had_not_been_said(ratings: list[Rating]):
    fair = [rating for rating in ratings if rating.counts]

    assert score(scheme(), Sheet(ratings)) == score(scheme(), Sheet(fair))
    assert Sheet(ratings).with_all().ratings == [
        Rating(r.id, r.rater, r.source, r.by, r.scores) for r in ratings
    ]


def of(rater: str, number: int = 1, **scores: int) -> Rating:
    told = {name: Decimal(value) for name, value in scores.items()}
    return Rating(f"rating-{number}", rater, f"staff:{number}", "staff:1", told)


def test_raters_and_indicators_have_their_part():
    sheet = Sheet([of("self", a=100), of("clients", 2, a=50, b=4), of("head", 3, a=80, b=9)])

    # a: 20 + 15 + 40 = 75; b: (0.3 · 40 + 0.5 · 90) / 0.8 = 71.25; 0.7 · 75 + 0.3 · 71.25
    assert score(scheme(), sheet) == Fraction("73.875")
    assert hundredths(Fraction("73.875")) == 7388
    assert missing(scheme(), sheet) == []


def test_several_clients_count_as_one_rater():
    sheet = Sheet([of("self", a=50), of("clients", 2, a=0, b=0), of("clients", 3, a=100, b=10),
                   of("head", 4, a=50, b=5)])  # fmt: skip

    assert score(scheme(), sheet) == 50


def test_who_said_nothing_is_missed_and_not_each_indicator_of_theirs():
    assert missing(scheme(), Sheet([of("self", a=1), of("head", 2, a=1)])) == ["clients", "b"]


def test_what_is_not_required_may_be_left_out():
    said = WEIGHTED["indicators"]
    loose = scheme(indicators={"a": said["a"], "b": said["b"] | {"required": False}})
    sheet = Sheet([of("self", a=70), of("clients", 2, a=70), of("head", 3, a=70)])

    assert missing(loose, sheet) == []
    assert score(loose, sheet) == 70


def planned(cap: str, plan: int, actual: int) -> Fraction | None:
    indicators = {"visits": {"title": "拜访", "kind": "planned", "cap": cap}}
    told = {"visits": PlanAndActual(Decimal(plan), Decimal(actual))}
    return score(scheme({"title": "月度", "indicators": indicators}), Sheet(planned=told))


@pytest.mark.parametrize(
    ("cap", "plan", "actual", "reached"),
    [
        ("1", 30, 24, Fraction(80)),
        ("1", 3, 1, Fraction(100, 3)),
        ("1", 30, 60, Fraction(100)),
        ("1.2", 30, 60, Fraction(120)),
        ("1", 0, 0, Fraction(100)),
    ],
)
def test_what_was_done_of_the_plan_is_capped(cap: str, plan: int, actual: int, reached: Fraction):
    assert planned(cap, plan, actual) == reached


def test_a_figure_without_target_is_shown_and_counts_for_nothing():
    measured = scheme(SAID)
    sheet = Sheet([], {"visits": PlanAndActual(Decimal(4), Decimal(3))}, {"clients": Decimal(9)})

    assert list(measured.scored) == ["visits", "service"]
    assert score(measured, sheet) == 75


@pytest.mark.parametrize(
    ("before", "now", "grown"),
    [("110", "132", "20"), ("132", "110", "-16.6667"), ("3", "4", "33.3333"), ("0", "5", None)],
)
def test_growth_is_in_percent_of_what_was_before(before: str, now: str, grown: str | None):
    assert growth(Decimal(before), Decimal(now)) == (grown and Decimal(grown))


@BRIEF
@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 5), min_size=1))
def test_ranks_follow_the_scores_and_equals_share_them(scores: dict[str, int]):
    shared, dense = (dict(ranks(scores, ties)) for ties in ("shared", "dense"))

    assert shared.keys() == dense.keys() == scores.keys()
    for who, rank in shared.items():
        assert rank == 1 + sum(other > scores[who] for other in scores.values())
    assert set(dense.values()) == set(range(1, len(set(scores.values())) + 1))
    assert [w for w, _ in ranks(scores, "shared")] == sorted(scores, key=lambda w: (-scores[w], w))


REWARDS = [{"ranks": [1, 3], "amount_minor_units": 3}, {"ranks": [3, 5], "amount_minor_units": 2}]


@pytest.mark.parametrize(
    ("otherwise", "fault"),
    [
        ({"raters": {"head": {"title": "主管", "weight": "0.9"}}}, "raters: the weights add up"),
        ({"raters": {}}, "raters: nobody rates"),
        ({"raters": {"head": {"title": "主管", "roles": ["king"]}}}, "no role king"),
        ({"indicators": {"a": {"title": "甲", "by": ["king"]}}}, "no rater king"),
        ({"indicators": {"a": {"title": "甲", "group": "x"}}}, "no group x"),
        ({"heaviest": "a"}, "a has to have the largest weight"),
        ({"ranking": {"rewards": REWARDS}}, "no rank has two rewards"),
        ({"ranking": {"paid_in": [1]}}, "paid in no month"),
        ({"revokes": ["king"]}, "revokes: no role king"),
        ({"check": {"hidden": ["random"]}}, "check: no kind random"),
    ],
)
def test_a_scheme_that_does_not_add_up_says_why(otherwise: dict[str, Any], fault: str):
    assert any(fault in found for found in scheme(**otherwise).faults())


def test_a_sound_scheme_has_no_faults():
    assert scheme().faults() == scheme(SAID).faults() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": "1.1"},
        {"weight": "NaN"},
        {"most": 0},
        {"cap": "Infinity"},
        {"kind": "measured"},
    ],
)
def test_a_number_that_means_nothing_is_not_read(wrong: dict[str, Any]):
    with pytest.raises(msgspec.ValidationError):
        scheme(indicators={"a": {"title": "甲"} | wrong})


@pytest.mark.parametrize(
    ("period", "back", "days"),
    [
        ("2026-11", 0, "2026-11-01 2026-12-01"),
        ("2026-01", 1, "2025-12-01 2026-01-01"),
        ("2026-Q4", 0, "2026-10-01 2027-01-01"),
        ("2026-H1", 1, "2025-07-01 2026-01-01"),
        ("2026", 0, "2026-01-01 2027-01-01"),
    ],
)
def test_a_period_is_of_whole_months(period: str, back: int, days: str):
    assert " ".join(map(str, days_before(period, back))) == days


def test_a_rank_beyond_all_rewards_gets_none():
    rule = msgspec.convert(SAID["ranking"], RankingRule)

    assert [rule.reward(rank) for rank in (1, 3, 4, 8, 9)] == [150000, 150000, 100000, 100000, 0]
