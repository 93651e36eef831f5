from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.client_grades import NothingProposed, OwnProposal
from domain.errors import Invalid
from domain.file_rules import Said
from domain.grading import Grading, UnitTooLow
from domain.pack_content import PackContent, PackInvalid
from tests.support.facts import LI_NA, M1, act, because, new_facts, registered_client

SIZE: dict[str, Any] = {
    "title": "规模",
    "form": {"orders": {"title": "订单", "type": "integer", "required": True}},
    "measure": "form.orders",
    "levels": ["county", "city"],
    "months": 1,
    "otherwise": "small",
    "classes": {
        "large": {
            "title": "大",
            "at_least": 100,
            "approve": "city",
            "entitlements": {"priority": 2},
        },
        "middle": {"title": "中", "at_least": 10, "times_by": "unit.group", "times": {"3": "0.5"}},
        "small": {"title": "小"},
    },
}
DAY = date(2026, 1, 31)


def grading(**otherwise: Any) -> Said[Grading]:
    content = PackContent.read(
        {"pack": "sizes", "version": 1, "title": "规模", "gradings": {"size": SIZE | otherwise}}
    )
    return Said("sizes", 1, content.gradings["size"], {}, {})


def assessed(orders: int, **otherwise: Any) -> Any:
    client = registered_client()
    look = client.looking(act(), grading(), DAY, otherwise)
    return grading().rule.assess(lambda path: orders if path == "form.orders" else look(path))


def propose(client: Any, orders: int, since: date | None = None, by: Any = LI_NA) -> None:
    asked: dict[str, Any] = {"named": None, "since": since, "today": DAY}
    client.grade_by("size", {"orders": orders}, grading(), **asked, act=act(by))


@given(st.integers(-5, 200))
def test_the_class_is_the_best_whose_bound_is_reached(orders: int) -> None:
    expected = "large" if orders >= 100 else "middle" if orders >= 10 else "small"

    assert assessed(orders).grade == expected


def test_a_coefficient_lowers_the_bound_and_is_said() -> None:
    found = assessed(5, group=3)

    assert (found.grade, assessed(4, group=3).grade, assessed(5, group=2).grade) == (
        "middle",
        "small",
        "small",
    )
    assert found.basis == {"measured": "5", "threshold": "5", "coefficient": "0.5"}


def test_a_class_holds_a_month_to_the_same_day_or_the_last() -> None:
    assert grading().rule.until(DAY) == date(2026, 2, 28)
    assert grading(months=None).rule.until(DAY) is None


def test_what_was_decided_last_holds_within_its_period() -> None:
    client = registered_client()
    propose(client, 10)
    propose(client, 1, since=date(2026, 2, 10))

    days = [DAY, date(2026, 2, 9), date(2026, 2, 10), date(2026, 2, 28), date(2026, 3, 10)]

    held = [client.grade_on("size", day) for day in days]
    assert held == ["middle", "middle", "small", "small", None]


def test_the_same_again_is_no_news() -> None:
    client = registered_client()
    for orders in (10, 10, 500, 500):
        propose(client, orders)

    topics = [kind.TOPIC for kind in new_facts(client)[1:]]  # type: ignore[attr-defined]
    assert topics == ["client.graded", "client.grade-proposed"]


def test_a_proposal_is_approved_by_another_of_a_unit_that_is_high_enough() -> None:
    client = registered_client()
    propose(client, 500)

    with pytest.raises(UnitTooLow):
        client.approve_grade("size", grading(), {"level": "county"}, act=act(M1))
    with pytest.raises(UnitTooLow):
        client.approve_grade("size", grading(), act=act(M1))
    with pytest.raises(OwnProposal):
        client.approve_grade("size", grading(), {"level": "city"}, act=act(LI_NA))
    client.approve_grade("size", grading(), {"level": "city"}, act=act(M1))
    with pytest.raises(NothingProposed):
        client.approve_grade("size", grading(), {"level": "city"}, act=act(M1))

    assert client.grade_on("size", DAY) == "large"
    assert client.entitlements_on(DAY) == {"priority": 2}


def test_what_was_refused_is_proposed_anew() -> None:
    client = registered_client()
    propose(client, 500)
    client.refuse_grade("size", act=because(by=M1))

    with pytest.raises(NothingProposed):
        client.refuse_grade("size", act=because(by=M1))
    propose(client, 500)

    assert client.grade_on("size", DAY) is None
    assert client.proposals.keys() == {"size"}


def test_a_form_that_is_wrong_grades_nobody() -> None:
    client = registered_client()

    with pytest.raises(Invalid):
        client.grade_by(
            "size", {"orders": "many"}, grading(), named=None, since=None, today=DAY, act=act()
        )

    assert client.grades == {}


@pytest.mark.parametrize(
    ("otherwise", "place"),
    [
        ({"levels": ["county"]}, "gradings.size.classes.large.approve"),
        ({"measure": None}, "gradings.size.classes.large.at_least"),
        ({"otherwise": "tiny"}, "gradings.size.otherwise"),
        ({"classes": {"a": {"title": "甲", "times": {"1": "0"}}}}, "gradings.size.classes.a.times"),
        (
            {"classes": {"a": {"title": "甲", "entitlements": {"priority": 0}}}},
            "gradings.size.classes.a.entitlements.priority",
        ),
    ],
)
def test_a_grading_that_makes_no_sense_is_no_pack(otherwise: dict[str, Any], place: str) -> None:
    with pytest.raises(PackInvalid, match=place):
        grading(**otherwise)
