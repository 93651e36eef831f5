from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.form import (
    FORM_TEXT_LIMIT,
    INTEGER_DIGITS,
    LIST_LIMIT,
    NUMBER_DIGITS,
    FormField,
    FormIncomplete,
    FormRefused,
    FormRule,
    form_faults,
    read_form,
    visible_texts,
)
from domain.predicate import Predicate
from domain.sealed import in_clear
from tests.support.facts import C1, LI_NA, NOON, said

KNOWN: Mapping[str, Any] = {
    "count.visit": 1,
    "count.call": 0,
    "classify.severity": "high",
    "survey.fee": "2.50",
    "survey.cost": "9E+999999",
    "this.client": {"name": "某"},
    "now": NOON,
}


TIMES = {"since": "2026-11-23T11:00:00+08:00", "until": "2026-11-23T11:05:59+08:00"}


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
        ("integer", -(10**INTEGER_DIGITS) + 1, -(10**INTEGER_DIGITS) + 1),
        ("number", "0.850", "0.850"),
        ("number", 12, "12"),
        ("number", "-1.5", "-1.5"),
        ("number", "9" * NUMBER_DIGITS, "9" * NUMBER_DIGITS),
        ("number", f"0.{'9' * NUMBER_DIGITS}", f"0.{'9' * NUMBER_DIGITS}"),
        ("money", {"minor_units": 500, "currency": "CNY"}, {"minor_units": 500, "currency": "CNY"}),
        ("boolean", False, False),
        ("date", "2026-11-23", "2026-11-23"),
        ("date", "1900-01-01", "1900-01-01"),
        ("date", "2999-12-31", "2999-12-31"),
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
        ("integer", 10**INTEGER_DIGITS),
        ("integer", -(10**INTEGER_DIGITS)),
        ("number", 0.85),
        ("number", True),
        ("number", "many"),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "9E+999999"),
        ("number", "0E+999999"),
        ("number", "1E-999999"),
        ("number", "9" * (NUMBER_DIGITS + 1)),
        ("number", f"0.{'0' * NUMBER_DIGITS}1"),
        ("number", 10**NUMBER_DIGITS),
        ("number", 1e300),
        ("money", {"minor_units": 10**INTEGER_DIGITS, "currency": "CNY"}),
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
        ("date", "0001-01-01"),
        ("date", "1899-12-31"),
        ("date", "3000-01-01"),
        ("date", "9999-12-31"),
        ("time", "25:00"),
        ("time", 16),
        ("instant", "2026-11-23T16:30:00"),  # of which zone?
        ("instant", "today"),
        ("instant", 5),
        ("instant", "0001-01-01T00:00:00+08:00"),
        ("instant", "1899-12-31T23:59:59+08:00"),
        ("instant", "3000-01-01T00:00:00+08:00"),
        ("instant", "9999-12-31T23:59:59-08:00"),
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
    with pytest.raises(Invalid, match=r"form\.parts\.1 must be one of modem, cable"):
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
        ({"sum": ["form.parts", "classify.severity"]}, None),
        ({"sum": ["form.parts", "this.client"]}, None),
        ({"sum": ["form.parts", "survey.cost", "survey.cost"]}, None),
        ({"value": "form.fee", "per": "form.parts"}, "0.27"),
        ({"sum": ["form.parts", "form.fee"], "per": "form.hours"}, "0.95"),
        ({"value": "form.parts", "per": "count.visit", "out_of": 5}, "60"),
        ({"value": "form.parts", "per": "count.visit", "out_of": 3}, "100"),
        ({"value": "form.parts", "per": "count.call"}, None),
        ({"value": "form.nothing", "per": "form.parts"}, None),
        ({"value": "form.parts", "per": "classify.severity"}, None),
        ({"minutes": ["form.since", "form.until"]}, 5),
        ({"minutes": ["form.until", "form.since"]}, 0),
        ({"minutes": ["form.since", "form.nothing"]}, None),
        ({"minutes": ["form.parts", "form.until"]}, None),
        ({"minutes": ["form.since", "now"]}, 60),
        ({"uncovered": ["form.since", "form.until", "form.nothing"]}, [TIMES]),
        ({"sum": ["form.parts", "form.faulty"]}, 4),
        ({"sum": ["form.lines.pieces"]}, 5),
        ({"sum": ["form.lines.price", "form.parts"]}, "4.5"),
        ({"sum": ["form.lines.nothing"]}, 0),
        ({"sum": ["form.hours"], "less": ["form.parts", "form.nothing"]}, 1),
        ({"sum": ["form.hours"], "less": ["form.fee"]}, "3.20"),
        ({"sum": ["form.hours"], "less": ["classify.severity"]}, None),
        ({"least": ["form.parts", "form.fee", "form.hours"]}, "0.80"),
        ({"least": ["form.parts", "form.nothing"]}, None),
        ({"table": ["classify.severity", "form.parts"]}, None),
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
        since={"type": "instant"},
        until={"type": "instant"},
        faulty={"type": "boolean"},
        lines={
            "type": "rows",
            "fields": {
                "pieces": {"title": "件数", "type": "integer"},
                "price": {"title": "单价", "type": "number"},
            },
        },
        it={"computed": computed},
    )
    lines = [{"pieces": 2, "price": "1.5"}, {"pieces": 3}]
    values = {"parts": 3, "hours": 4, "fee": "0.80", "faulty": True, "lines": lines, **TIMES}

    read_back = read(fields, values)["it"]

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


def test_a_number_too_large_to_be_meant_is_not_divided() -> None:
    fields = form(
        fee={"type": "number"}, it={"computed": {"value": "form.fee", "per": "count.visit"}}
    )

    assert read(fields, {"fee": "1e29"})["it"] is None


def test_the_largest_and_the_smallest_numbers_are_added_to_the_last_digit() -> None:
    fields = form(
        lines={"type": "rows", "fields": {"fee": {"title": "费用", "type": "number"}}},
        it={"computed": {"sum": ["form.lines.fee"]}},
    )
    large, small = "9" * NUMBER_DIGITS, f"0.{'0' * (NUMBER_DIGITS - 1)}1"
    lines = [{"fee": large}] * (LIST_LIMIT - 1) + [{"fee": small}]

    whole, _, rest = read(fields, {"lines": lines})["it"].partition(".")

    assert int(whole) == int(large) * (LIST_LIMIT - 1)
    assert f"0.{rest}" == small


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


VISITS = form(
    pending={
        "type": "rows",
        "fields": {
            "assignee": {"title": "经办人", "required": True, "sealed": True},
            "due": {"title": "期限", "type": "date"},
            "part": {"title": "配件", "type": "choice", "choices": ["modem", "cable"]},
        },
    }
)


def test_rows_are_little_forms() -> None:
    stored = read(VISITS, {"pending": [{"assignee": " 王某 ", "due": None}, {"assignee": "李某"}]})

    assert stored == {"pending": [{"assignee": said(C1, "王某")}, {"assignee": said(C1, "李某")}]}


@pytest.mark.parametrize(
    ("row", "field", "kind"),
    [
        ({}, "form.pending.1.assignee", FormIncomplete),
        ({"assignee": " "}, "form.pending.1.assignee", Invalid),
        ({"assignee": "李某", "due": "soon"}, "form.pending.1.due", Invalid),
        ({"assignee": "李某", "part": "router"}, "form.pending.1.part", Invalid),
        ({"assignee": "李某", "colour": "red"}, "form.pending.1.colour", Invalid),
        ("李某", "form.pending.1", Invalid),
        (["李某"], "form.pending.1", Invalid),
        (None, "form.pending.1", Invalid),
    ],
)
def test_a_row_at_fault_is_named_with_its_field(
    row: Any, field: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as refusal:
        read(VISITS, {"pending": [{"assignee": "王某"}, row]})

    assert isinstance(refusal.value, Invalid)
    assert refusal.value.field == field


@pytest.mark.parametrize("rows", [[], {}, "王某", [{"assignee": "王某"}] * (LIST_LIMIT + 1)])
def test_rows_are_a_list_that_is_not_too_long(rows: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        read(VISITS, {"pending": rows})

    assert refusal.value.field == "form.pending"


def test_a_row_may_be_as_long_as_the_limit() -> None:
    rows = [{"assignee": "王某"}] * LIST_LIMIT

    assert len(read(VISITS, {"pending": rows})["pending"]) == LIST_LIMIT


@pytest.mark.parametrize("type_", ["list", "rows"])
@pytest.mark.parametrize(("least", "given", "is_enough"), [(2, 1, 0), (2, 2, 1), (0, 0, 1)])
def test_so_many_entries_are_asked_for(type_: str, least: int, given: int, is_enough: int) -> None:
    field: dict[str, Any] = {"type": type_, "min_items": least}
    if type_ == "rows":
        field["fields"] = {"part": {"title": "配件"}}
    value = [{"part": "光猫"} if type_ == "rows" else "光猫"] * given

    if is_enough:
        assert read_one(value, **field) == value
    else:
        with pytest.raises(Invalid, match=r"form\.it must be a list of 2 to"):
            read_one(value, **field)


def test_what_a_row_asks_may_speak_of_that_row_and_of_the_form() -> None:
    fields = form(
        kind={},
        parts={
            "type": "rows",
            "fields": {
                "name": {"title": "配件"},
                "amount": {"title": "数量", "type": "integer"},
                "more": {"title": "其他", "required_when": {"value": "row.name", "is": "other"}},
                "serial": {"title": "编号", "required_when": {"value": "form.kind", "is": "new"}},
                "total": {"title": "合计", "computed": {"sum": ["row.amount", "count.visit"]}},
            },
        },
    )

    stored = read(fields, {"kind": "old", "parts": [{"name": "modem", "amount": 2}]})
    assert stored["parts"] == [{"name": "modem", "amount": 2, "total": 3}]
    for values, field in [
        ({"kind": "old", "parts": [{"name": "modem"}, {"name": "other"}]}, "form.parts.1.more"),
        ({"kind": "new", "parts": [{"name": "modem"}]}, "form.parts.0.serial"),
    ]:
        with pytest.raises(FormIncomplete) as refusal:
            read(fields, values)
        assert refusal.value.field == field


def test_what_the_client_reads_of_a_form_is_named_by_its_place() -> None:
    fields = form(
        reply={"visible": True, "sealed": True},
        inside={},
        steps={"type": "list", "visible": True},
        visits={"type": "rows", "fields": {"said": {"title": "告知", "visible": True}}},
    )
    values = {
        "reply": "您好",
        "inside": "催",
        "steps": ["查", "修"],
        "visits": [{}, {"said": "好"}],
    }

    texts = list(visible_texts(fields, read(fields, values)))

    assert texts == [
        ("form.reply", "您好"),
        ("form.steps", "查"),
        ("form.steps", "修"),
        ("form.visits.1.said", "好"),
    ]


def test_what_must_hold_may_speak_of_some_row() -> None:
    modem = {"must": {"value": "form.pending", "some": {"value": "row.part", "is": "modem"}}}
    rule = {**modem, "says": "要有光猫", "field": "pending"}

    read(VISITS, {"pending": [{"assignee": "王某"}, {"assignee": "王某", "part": "modem"}]}, [rule])
    with pytest.raises(FormRefused, match="要有光猫"):
        read(VISITS, {"pending": [{"assignee": "王某", "part": "cable"}]}, [rule])


DIGESTS = ["ab" * 32, "0" * 64]


def read_evidence(value: Any) -> Any:
    known = {"this.evidence_digests": DIGESTS}
    fields = form(photo={"type": "evidence"}, all={"type": "rows", "fields": {"one": PHOTO}})
    return read_form(fields, (), value, C1, known.get)


PHOTO = {"title": "照片", "type": "evidence"}


def test_evidence_is_named_by_its_digest() -> None:
    given = {"photo": DIGESTS[0], "all": [{"one": DIGESTS[1]}]}

    assert read_evidence(given) == given


@pytest.mark.parametrize("digest", ["cd" * 32, "AB" * 32, "ab" * 31, "ab" * 33, "", 5, DIGESTS])
def test_what_is_not_attached_to_the_ticket_is_no_evidence(digest: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        read_evidence({"photo": digest})
    assert refusal.value.field == "form.photo"

    with pytest.raises(Invalid) as refusal:
        read_evidence({"all": [{"one": DIGESTS[0]}, {"one": digest}]})
    assert refusal.value.field == "form.all.1.one"


def test_a_ticket_of_which_nothing_is_known_has_no_evidence() -> None:
    with pytest.raises(Invalid, match="no attachment"):
        read_form(form(photo=PHOTO), (), {"photo": DIGESTS[0]}, C1, {}.get)


@pytest.mark.parametrize(("type_", "given"), [("choice", "fibre"), ("list", ["fibre"])])
def test_choices_may_come_from_a_list_of_the_packs(type_: str, given: Any) -> None:
    fields = form(line={"type": type_, "choices_of": "lines"})

    def lines(*known: str) -> Any:
        return read_form(fields, (), {"line": given}, C1, {"list.lines": known}.get)["line"]

    assert lines("cable", "fibre") == given
    for known in (("cable",), ()):
        with pytest.raises(Invalid, match="must be one of"):
            lines(*known)
    with pytest.raises(Invalid, match="must be one of"):
        read_form(fields, (), {"line": given}, C1, {}.get)


def test_what_is_copied_from_a_sealed_field_stays_sealed() -> None:
    fields = form(address={"sealed": True}, again={"computed": {"value": "form.address"}})

    assert read(fields, {"address": "幸福路 1 号"})["again"] == said(C1, "幸福路 1 号")


def test_what_is_asked_before_a_field_is_read_is_asked_of_what_is_stored() -> None:
    fields = form(
        parts={"type": "integer"},
        details={"required_when": {"value": "form.parts", "includes": "x"}},
    )

    with pytest.raises(Invalid) as refusal:
        read(fields, {"parts": ["x"]})
    assert refusal.value.field == "form.parts"
    assert read(fields, {"parts": 5}) == {"parts": 5}


def test_what_is_clear_holds_no_sealed_text_anywhere() -> None:
    sealed = said(C1, "王某")
    kept = {"it": "a", "who": sealed, "all": [sealed, "b"], "rows": [{"who": sealed, "n": 1}]}

    assert in_clear(kept) == {"it": "a", "all": ["b"], "rows": [{"n": 1}]}


INNER = {"title": "甲"}


@pytest.mark.parametrize(
    ("field", "faults"),
    [
        ({"type": "choice", "choices_of": "lines"}, []),
        (
            {"type": "choice", "choices_of": "lines", "choices": ["a"]},
            ["form.it: give choices, or choices_of"],
        ),
        ({"choices_of": "lines"}, ["form.it: choices go with type choice or list"]),
        ({"type": "rows", "fields": {"a": {"title": "甲"}}, "min_items": 2}, []),
        ({"type": "rows"}, ["form.it: rows need fields"]),
        ({"fields": {"a": {"title": "甲"}}}, ["form.it: fields go with type rows"]),
        ({"min_items": 2}, ["form.it: min_items goes with type list or rows"]),
        (
            {"type": "rows", "fields": {"a": {"title": "甲", "type": "choice"}}},
            ["form.it.a: a choice needs choices"],
        ),
        (
            {"type": "rows", "fields": {"a": {**INNER, "type": "rows", "fields": {"b": INNER}}}},
            ["form.it.a: a row holds no rows"],
        ),
    ],
)
def test_rows_and_lists_at_fault_are_told_by_their_place(
    field: Mapping[str, Any], faults: list[str]
) -> None:
    assert form_faults("form", form(it=field)) == faults


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
ANY_FIELD = form(
    **{
        name: {"title": "字段", "type": name}
        for name in (
            *("text", "integer", "number", "money", "boolean", "date", "time"),
            *("instant", "reference", "list", "evidence"),
        )
    },
    choice={"type": "choice", "choices": ["a"]},
    rows={"type": "rows", "fields": {"n": {"title": "数", "type": "number"}}},
)


@given(name=st.sampled_from(sorted(ANY_FIELD)), value=JSON)
def test_whatever_is_sent_is_read_or_refused_by_its_field(name: str, value: Any) -> None:
    try:
        stored = read(ANY_FIELD, {name: value})
    except Invalid as refused:
        named = refused.field or ""
    else:
        named = "" if value is None else f"form.{min(stored)}"

    assert named.startswith("" if value is None else f"form.{name}")


@given(name=st.sampled_from(sorted(ANY_FIELD)), value=JSON)
def test_what_is_stored_reads_as_itself(name: str, value: Any) -> None:
    try:
        stored = read(ANY_FIELD, {name: value})
    except Invalid:
        return
    assert read(ANY_FIELD, stored) == stored


@given(names=st.lists(st.sampled_from(["modem", "cable", ""]), min_size=1, max_size=5))
def test_some_row_holds_if_any_does(names: list[str]) -> None:
    rows = [{"part": name} if name else {} for name in names]
    some = msgspec.convert(
        {"value": "form.rows", "some": {"value": "row.part", "is": "modem"}}, Predicate
    )

    assert some.holds({"form.rows": rows}.get) == ("modem" in names)
