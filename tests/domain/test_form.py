from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from domain.errors import Invalid
from domain.form import (
    FORM_TEXT_LIMIT,
    LIST_LIMIT,
    FormField,
    FormIncomplete,
    FormRefused,
    FormRule,
    form_faults,
    read_form,
)
from tests.support.facts import C1, LI_NA, said

KNOWN: Mapping[str, Any] = {"count.visit": 1, "classify.severity": "high", "survey.fee": "2.50"}


def form(**fields: Mapping[str, Any]) -> dict[str, FormField]:
    """Fields as packs write them; those without a title are called 字段."""
    return {n: msgspec.convert({"title": "字段", **f}, FormField) for n, f in fields.items()}


def read(
    fields: Mapping[str, FormField],
    values: Mapping[str, Any],
    rules: list[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    must = tuple(msgspec.convert(rule, FormRule) for rule in rules or ())
    return read_form(fields, must, values, C1, KNOWN.get)


def read_one(value: Any, **field: Any) -> Any:
    return read(form(it=field), {"it": value})["it"]


@pytest.mark.parametrize(
    ("type_", "value", "stored"),
    [
        ("text", "  三号楼 ", "三号楼"),
        ("integer", 0, 0),
        ("integer", -3, -3),
        ("number", "0.850", "0.850"),
        ("number", 12, "12"),
        ("number", "-1.5", "-1.5"),
        ("money", {"minor_units": 500, "currency": "CNY"}, {"minor_units": 500, "currency": "CNY"}),
        ("boolean", False, False),
        ("date", "2026-11-23", "2026-11-23"),
        ("time", "16:30", "16:30:00"),
        ("instant", "2026-11-23T16:30:00+08:00", "2026-11-23T16:30:00+08:00"),
        ("reference", str(LI_NA).upper(), str(LI_NA)),
        ("list", ["光猫", " 网线 "], ["光猫", "网线"]),
    ],
)
def test_a_value_is_stored_as_plain_data_of_its_type(type_: str, value: Any, stored: Any) -> None:
    read_back = read_one(value, type=type_)

    assert read_back == stored
    assert type(read_back) is type(stored)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", 5),
        ("text", " "),
        ("text", "a\x00b"),
        ("text", "长" * (FORM_TEXT_LIMIT + 1)),
        ("integer", "5"),
        ("integer", 5.0),
        ("integer", True),
        ("number", 0.85),
        ("number", True),
        ("number", "many"),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("money", 5),
        ("money", 5.0),
        ("money", "5.00"),
        ("money", {"minor_units": 5.0, "currency": "CNY"}),
        ("money", {"minor_units": True, "currency": "CNY"}),
        ("money", {"minor_units": "500", "currency": "CNY"}),
        ("money", {"minor_units": 500}),
        ("money", {"minor_units": 500, "currency": "yuan"}),
        ("money", {"minor_units": 500, "currency": "CNY", "rate": 1}),
        ("boolean", "yes"),
        ("boolean", 1),
        ("date", "23.11.2026"),
        ("date", "2026-02-30"),
        ("date", 20261123),
        ("time", "25:00"),
        ("time", 16),
        ("instant", "2026-11-23T16:30:00"),  # of which zone?
        ("instant", "today"),
        ("instant", 5),
        ("reference", "li-na"),
        ("reference", 5),
        ("list", "光猫"),
        ("list", []),
        ("list", [5]),
        ("list", ["x"] * (LIST_LIMIT + 1)),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_field(type_: str, value: Any) -> None:
    with pytest.raises(Invalid, match=r"form\.it") as refusal:
        read_one(value, type=type_)

    assert refusal.value.field is not None
    assert refusal.value.field.startswith("form.it")


def test_a_choice_is_one_of_its_choices() -> None:
    fields = form(line={"type": "choice", "choices": ["cable", "fibre"]})

    assert read(fields, {"line": "fibre"}) == {"line": "fibre"}
    with pytest.raises(Invalid, match="cable, fibre"):
        read(fields, {"line": "copper"})


def test_a_list_may_have_choices_too() -> None:
    fields = form(parts={"type": "list", "choices": ["modem", "cable"]})

    assert read(fields, {"parts": ["cable", "modem"]}) == {"parts": ["cable", "modem"]}
    with pytest.raises(Invalid, match="router is none of modem, cable"):
        read(fields, {"parts": ["cable", "router"]})


def test_an_entry_at_fault_is_named_by_its_place() -> None:
    with pytest.raises(Invalid) as refusal:
        read_one(["光猫", " "], type="list")

    assert refusal.value.field == "form.it.1"


def test_texts_about_a_person_are_sealed_under_the_clients_key() -> None:
    fields = form(address={"sealed": True}, names={"type": "list", "sealed": True})

    stored = read(fields, {"address": "幸福路 1 号", "names": ["王某", "李某"]})

    assert stored == {
        "address": said(C1, "幸福路 1 号"),
        "names": [said(C1, "王某"), said(C1, "李某")],
    }


def test_what_is_required_is_asked_for_by_its_title() -> None:
    fields = form(address={"title": "地址", "required": True})

    with pytest.raises(FormIncomplete, match="地址") as refusal:
        read(fields, {"address": None})

    assert refusal.value.field == "form.address"


@pytest.mark.parametrize(
    ("required_when", "values", "is_asked"),
    [
        ({"value": "form.fault", "is": "other"}, {"fault": "other"}, True),
        ({"value": "form.fault", "is": "other"}, {"fault": "noise"}, False),
        ({"value": "form.fault", "is": "other"}, {}, False),
        ({"value": "classify.severity", "is": "high"}, {}, True),
        ({"value": "count.visit", "above": 1}, {}, False),
    ],
)
def test_what_is_required_may_depend_on_the_form_and_the_ticket(
    required_when: Mapping[str, Any], values: Mapping[str, Any], is_asked: bool
) -> None:
    fields = form(fault={}, details={"required_when": required_when})

    if is_asked:
        with pytest.raises(FormIncomplete) as refusal:
            read(fields, values)
        assert refusal.value.field == "form.details"
    assert read(fields, {**values, "details": "异响"}) == {**values, "details": "异响"}
    if not is_asked:
        assert read(fields, values) == values


@pytest.mark.parametrize(
    ("computed", "stored"),
    [
        ({"count": "visit"}, 2),
        ({"count": "call"}, 1),
        ({"value": "classify.severity"}, "high"),
        ({"value": "form.parts"}, 3),
        ({"value": "form.nothing"}, None),
        ({"sum": ["form.parts", "form.hours"]}, 7),
        ({"sum": ["form.parts", "form.nothing"]}, 3),
        ({"sum": ["form.fee", "survey.fee"]}, "3.30"),
        ({"sum": ["form.fee", "form.parts"]}, "3.80"),
        ({"holds": {"value": "form.parts", "above": 2}}, True),
        ({"holds": {"value": "form.parts", "above": 3}}, False),
        ({}, None),
    ],
)
def test_the_desk_fills_in_what_it_knows(computed: Mapping[str, Any], stored: Any) -> None:
    fields = form(
        parts={"type": "integer"},
        hours={"type": "integer"},
        fee={"type": "number"},
        it={"computed": computed},
    )

    read_back = read(fields, {"parts": 3, "hours": 4, "fee": "0.80"})["it"]

    assert read_back == stored
    assert type(read_back) is type(stored)


@pytest.mark.parametrize(
    ("fields", "name"),
    [(form(room={}), "rooom"), (form(number={"computed": {"count": "visit"}}), "number")],
    ids=["unknown", "computed"],
)
def test_what_is_not_there_to_be_filled_in_is_refused(
    fields: Mapping[str, FormField], name: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read(fields, {name: "x"})

    assert refusal.value.field == f"form.{name}"


ORDER: Mapping[str, Any] = {
    "must": {"value": "form.end", "at_least": "=form.start"},
    "says": "结束早于开始",
    "field": "end",
    "rule": "FR-20",
}
DAYS = form(start={"type": "date"}, end={"type": "date"})


def test_what_must_hold_across_fields_is_refused_under_its_rule() -> None:
    with pytest.raises(FormRefused, match="结束早于开始") as refusal:
        read(DAYS, {"start": "2026-11-24", "end": "2026-11-23"}, [ORDER])

    assert (refusal.value.field, refusal.value.rule) == ("form.end", "FR-20")


def test_what_must_hold_and_does_is_stored() -> None:
    days = {"start": "2026-11-23", "end": "2026-11-24"}

    assert read(DAYS, days, [ORDER]) == days


def test_what_must_hold_may_speak_of_what_the_desk_filled_in() -> None:
    fields = form(number={"computed": {"count": "visit"}})
    once = {"must": {"value": "form.number", "below": 2}, "says": "只上门一次"}

    with pytest.raises(FormRefused) as refusal:
        read(fields, {}, [once])

    assert refusal.value.field is None


@pytest.mark.parametrize(
    ("field", "faults"),
    [
        ({"type": "choice", "choices": ["a"]}, []),
        ({"type": "list", "choices": ["a"]}, []),
        ({"sealed": True}, []),
        ({"type": "list", "sealed": True}, []),
        ({"type": "choice"}, ["steps.visit.form.it: a choice needs choices"]),
        (
            {"type": "integer", "choices": ["a"]},
            ["steps.visit.form.it: choices go with type choice or list"],
        ),
        ({"type": "date", "sealed": True}, ["steps.visit.form.it: only a text is sealed"]),
    ],
)
def test_a_field_at_fault_is_told_by_its_place(field: Mapping[str, Any], faults: list[str]) -> None:
    assert form_faults("steps.visit.form", form(it=field)) == faults
