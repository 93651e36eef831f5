from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import pytest

from domain.predicate import Predicate

KNOWN: Mapping[str, Any] = {
    "form.fault": "no_signal",
    "form.parts": ["modem", "cable"],
    "form.fee": "9.50",
    "form.on": "2026-11-23",
    "form.at": "2026-11-23T12:00:00+08:00",
    "now": datetime.fromisoformat("2026-11-23T05:00:00+00:00"),
    "form.urgent": False,
    "form.comment": "",
    "classify.fault": "no_signal",
    "classify.fee": "12",
    "count.noted": 2,
    "hours_since.opened": 1.5,
}


def holds(**said: Any) -> bool:
    """Whether it holds, written as packs write it: `not_` is `not`, `in_` is `in`."""
    written = {name.rstrip("_"): value for name, value in said.items()}
    return msgspec.convert(written, Predicate).holds(KNOWN.get)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"is": "no_signal"}, True),
        ({"is": "noise"}, False),
        ({"is": None}, False),
        ({"is": "=classify.fault"}, True),
        ({"is": "=form.fee"}, False),
        ({"in": ["noise", "no_signal"]}, True),
        ({"in": ["noise"]}, False),
        ({"in": []}, False),
        ({"filled": True}, True),
        ({"filled": False}, False),
        ({"is": "no_signal", "in": ["noise"]}, False),
        ({}, True),
    ],
)
def test_a_value_is_compared_by_all_that_is_said(said: Mapping[str, Any], expected: bool) -> None:
    assert holds(value="form.fault", **said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"value": "form.parts", "includes": "modem"}, True),
        ({"value": "form.parts", "includes": "router"}, False),
        ({"value": "form.parts", "includes": "=form.fault"}, False),
        ({"value": "form.nothing", "includes": "modem"}, False),
        ({"value": "form.parts", "includes": ["router", "modem"]}, True),
        ({"value": "form.parts", "includes": ["router"]}, False),
        ({"value": "form.parts", "includes": []}, False),
        ({"value": "form.parts", "includes": "=form.parts"}, True),
        ({"value": "form.nothing", "includes": "=form.parts"}, False),
    ],
)
def test_a_list_is_asked_what_it_includes(said: Mapping[str, Any], expected: bool) -> None:
    assert holds(**said) == expected


@pytest.mark.parametrize(
    ("path", "is_filled"),
    [("form.urgent", True), ("form.comment", False), ("form.nothing", False)],
)
def test_a_no_is_an_answer_and_a_blank_is_none(path: str, is_filled: bool) -> None:
    assert holds(value=path, filled=True) == is_filled
    assert holds(value=path, filled=False) != is_filled


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ({"above": 1}, True),
        ({"above": 2}, False),
        ({"at_least": 2}, True),
        ({"at_least": 3}, False),
        ({"below": 3}, True),
        ({"below": 2}, False),
        ({"at_most": 2}, True),
        ({"at_most": 1}, False),
        ({"at_least": 1, "below": 2}, False),
        ({"above": "=hours_since.opened"}, True),
        ({"below": "=hours_since.opened"}, False),
    ],
)
def test_a_count_is_compared_with_bounds(bound: Mapping[str, Any], expected: bool) -> None:
    assert holds(value="count.noted", **bound) == expected


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ({"below": "=classify.fee"}, True),
        ({"below": 10}, True),
        ({"above": 9.4}, True),
        ({"at_most": "9.5"}, True),
        ({"above": "=form.nothing"}, False),
        ({"below": "=form.fault"}, True),  # a word: compared as texts
    ],
)
def test_a_number_that_a_form_keeps_as_text_is_compared_as_a_number(
    bound: Mapping[str, Any], expected: bool
) -> None:
    assert holds(value="form.fee", **bound) == expected


@pytest.mark.parametrize(
    ("path", "bound", "is_so"),
    [
        ("now", {"above": "=form.at"}, True),
        ("now", {"above": "2026-11-23T13:00:00+08:00"}, False),
        ("form.at", {"below": "2026-11-23T05:00:00+00:00"}, True),
        ("form.on", {"at_most": "2026-11-24"}, True),
        ("form.on", {"above": "2026-11-24"}, False),
    ],
)
def test_instants_are_compared_wherever_they_were_said(
    path: str, bound: Mapping[str, Any], is_so: bool
) -> None:
    assert holds(value=path, **bound) is is_so


@pytest.mark.parametrize("bound", ["above", "below", "at_least", "at_most"])
def test_what_is_not_there_is_neither_above_nor_below(bound: str) -> None:
    assert not holds(value="form.nothing", **{bound: 0})


def test_days_are_compared_in_order() -> None:
    assert holds(value="form.on", at_least="2026-11-23", below="2026-12-01")


def test_a_word_like_nan_is_a_word() -> None:
    predicate = Predicate(value="form.word", above=1)

    assert predicate.holds(lambda path: "nan")


YES, NO = {"value": "form.fault", "filled": True}, {"value": "form.fault", "filled": False}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, True),
        ({"all": [YES, YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"not_": NO}, True),
        ({"not_": YES}, False),
        ({"all": [YES], "any": [NO]}, False),
        ({"all": [YES], "not_": {"any": [NO, YES]}}, False),
        ({**YES, "all": [NO]}, False),
    ],
)
def test_predicates_are_put_together(said: Mapping[str, Any], expected: bool) -> None:
    assert holds(**said) == expected


@pytest.mark.parametrize("said", [{"equals": 1}, {"value": 1}, {"all": [{"valeu": "form.a"}]}])
def test_a_word_that_the_language_does_not_have_is_refused(said: Mapping[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(said, Predicate)


ROWS: Mapping[str, Any] = {
    "form.parts": [{"name": "modem", "amount": 2}, {"name": "cable"}, {}],
    "form.texts": ["modem"],
    "form.one": {"name": "modem"},
    "form.wanted": "cable",
}


@pytest.mark.parametrize(
    ("value", "some", "expected"),
    [
        ("form.parts", {"value": "row.name", "is": "cable"}, True),
        ("form.parts", {"value": "row.name", "is": "router"}, False),
        ("form.parts", {"value": "row.name", "is": "=form.wanted"}, True),
        ("form.parts", {"value": "row.amount", "above": 1}, True),
        ("form.parts", {"value": "row.amount", "above": 2}, False),
        ("form.parts", {"value": "row.name", "filled": False}, True),
        ("form.parts", {"value": "form.wanted", "is": "cable"}, True),
        (
            "form.parts",
            {"all": [{"value": "row.name", "is": "cable"}, {"value": "row.amount", "above": 1}]},
            False,
        ),
        ("form.texts", {"value": "row.name", "is": "modem"}, False),
        ("form.texts", {}, False),
        ("form.one", {}, False),
        ("form.wanted", {}, False),
        ("form.nothing", {}, False),
    ],
)
def test_some_row_is_enough(value: str, some: Mapping[str, Any], expected: bool) -> None:
    predicate = msgspec.convert({"value": value, "some": some}, Predicate)

    assert predicate.holds(ROWS.get) == expected


@pytest.mark.parametrize("includes", ["x", 5, None, {"a": 1}])
@pytest.mark.parametrize("value", [5, "wxyz", ["x"], True, None, {"x": 1}])
def test_whatever_is_asked_what_it_includes_has_an_answer(value: Any, includes: Any) -> None:
    predicate = msgspec.convert({"value": "form.it", "includes": includes}, Predicate)

    assert predicate.holds(lambda path: value) == (
        includes == "x" and value in ("wxyz", ["x"], {"x": 1})
    )
