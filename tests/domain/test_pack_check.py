from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec
import pytest

from domain.pack_check import conflicts, faults, warnings
from domain.pack_content import PackContent
from domain.pack_words import ACTOR, THIS
from domain.privacy import Privacy
from domain.privacy_check import TEXTS
from domain.sealed import Sealed
from domain.ticket import Ticket
from tests.support.facts import (
    INSTALLATION_PACK,
    LI_NA,
    RECORDED_PACK,
    act,
    event_classes,
    promising_pack,
    shipped_pack,
)
from tests.support.matters import Matter, repair

CLOSE = {"title": "结案", "from": ["answered"], "to": "closed", "fact": "closed"}
VISIT = {
    "title": "上门",
    "from": ["new"],
    "to": "visited",
    "form": {"fault": {"title": "故障"}, "parts": {"title": "配件", "type": "list"}},
}
ANSWER = {"title": "答复", "from": ["visited"], "to": "answered", "fact": "answered"}
CALL = {
    "title": "联系用户",
    "rule": "CH-07",
    "opens": ["visit"],
    "met_by": {"any": ["answered", "noted"]},
    "limit": {"kind": "clock", "hours": 2},
}
CATALOGUE = frozenset({"CH-07", "CH-08"})


def pack(**otherwise: Any) -> PackContent:
    """A complaint: visited, answered, closed; a dotted name changes one place in it."""
    said: dict[str, Any] = {
        "pack": "complaint",
        "version": 1,
        "title": "投诉",
        "principles": ["honest"],
        "procedure": {
            "register": "complaint",
            "initial": "new",
            "final": ["closed"],
            "channels": ["phone"],
            "steps": {"visit": VISIT, "answer": ANSWER, "close": CLOSE},
        },
        "obligations": {"call": CALL},
    }
    return msgspec.convert(said | otherwise, PackContent)


def with_steps(**steps: Mapping[str, Any]) -> PackContent:
    known = {"visit": VISIT, "answer": ANSWER, "close": CLOSE}
    procedure = msgspec.to_builtins(pack().procedure)
    return pack(procedure={**procedure, "steps": known | steps})


def with_call(**otherwise: Any) -> PackContent:
    return pack(obligations={"call": CALL | otherwise})


def with_guard(path: str, **otherwise: Any) -> PackContent:
    guard = {"rule": "CH-07", "upon": ["visit"], "says": "不行"}
    return pack(guards=[guard | {"refuse_when": {"value": path, "is": "x"}} | otherwise])


def overlay(name: str = "house", **otherwise: Any) -> PackContent:
    said = {"pack": name, "version": 1, "title": "总则", "principles": ["open"]}
    return msgspec.convert(said | otherwise, PackContent)


LABELS = {"labels": {"secret": {"full": ["owner"]}}}
SEALED = {"title": "姓名", "sealed": True}
INTERVIEW = VISIT | {
    "form": VISIT["form"]
    | {
        "who": SEALED,
        "persons": {"title": "在场", "type": "rows", "fields": {"name": SEALED}},
        "rows": {"title": "物品", "type": "rows", "fields": {"name": {"title": "品名"}}},
    }
}


def labelling(**texts: str) -> PackContent:
    """The complaint, which labels its own texts: `opened__matter` is `opened.matter`."""
    paths = {path.replace("__", ".").replace("_", "-"): label for path, label in texts.items()}
    return msgspec.structs.replace(
        with_steps(visit=INTERVIEW),
        privacy=msgspec.convert(LABELS | {"texts": {"complaint": paths}}, Privacy),
    )


@pytest.mark.parametrize("field", ["contacts.mobil", "details.mobile", "details.name", "phone"])
def test_a_field_that_no_client_has_can_have_neither_label_nor_mask(field: str) -> None:
    said = {"fields": {field: "secret", "contacts.mobile": "secret"}, "masks": {field: {"head": 1}}}
    house = overlay(privacy=LABELS | said)

    assert faults(house) == [
        f"privacy.fields.{field}: clients have no such field",
        f"privacy.masks.{field}: clients have no such field",
    ]


def test_what_a_client_and_their_contact_persons_have_can_have_a_label() -> None:
    fields = ("name", "details.birthday", "details.hobbies", "contacts.wechat")

    assert faults(overlay(privacy=LABELS | {"fields": dict.fromkeys(fields, "secret")})) == []


def test_texts_that_are_there_can_have_a_label() -> None:
    sound = labelling(
        opened__matter="secret",
        noted__text="secret",
        transfer_offered__reason="secret",
        visit__who="secret",
        visit__persons="secret",
        visit__reason="secret",
    )

    assert (faults(sound), warnings(sound)) == ([], [])


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("visti__who", "visti.who: nothing that happens there is called visti"),
        ("visit__whom", "visit.whom: visit says no whom"),
        ("opened__text", "opened.text: opened says no text"),
        ("opened__mater", "opened.mater: opened says no mater"),
        ("visit__fault", "visit.fault: fault is not sealed"),
        ("visit__rows", "visit.rows: rows is not sealed"),
    ],
)
def test_a_text_that_is_not_there_or_not_sealed_can_have_no_label(path: str, fault: str) -> None:
    [found] = faults(labelling(**{path: "secret"}))

    assert found.startswith(f"privacy.texts.complaint.{fault}")


def test_an_overlay_labels_texts_of_packs_beside_it_and_is_told_which_are_not_there() -> None:
    texts = {"complaint": {"visit.who": "secret"}, "grievance": {"opened.matter": "secret"}}
    house = overlay(privacy=LABELS | {"texts": texts})

    found = warnings(house, [with_steps(visit=INTERVIEW)])

    assert faults(house, beside=[with_steps(visit=INTERVIEW)]) == []
    assert faults(house, beside=[pack()]) == [
        "privacy.texts.complaint.visit.who: visit says no who"
    ]
    assert found == ["privacy.texts.grievance: no pack here has such a procedure"]


@pytest.mark.parametrize(
    "sound",
    [INSTALLATION_PACK, RECORDED_PACK, promising_pack(), shipped_pack("consultation")],
    ids=lambda content: content["pack"],
)
def test_packs_that_are_in_use_are_sound(sound: Mapping[str, Any]) -> None:
    assert faults(PackContent.read(sound)) == []


def test_a_sound_pack_has_neither_faults_nor_warnings() -> None:
    assert faults(pack(), CATALOGUE) == []
    assert warnings(pack()) == []


def test_a_state_that_nobody_comes_to_is_a_fault() -> None:
    aside = {"title": "另办", "from": ["parked"], "to": "parked"}
    away = {"title": "取回", "from": ["parked"], "to": "closed"}

    assert faults(with_steps(aside=aside, away=away)) == [
        "states: parked cannot be reached from new"
    ]


def test_a_state_that_no_way_leads_out_of_is_a_fault() -> None:
    round_and_round = {
        "park": {"title": "搁置", "from": ["new"], "to": "parked"},
        "turn": {"title": "再搁置", "from": ["parked"], "to": "turned"},
        "turn_back": {"title": "再搁置", "from": ["turned"], "to": "parked"},
    }

    assert faults(with_steps(**round_and_round)) == [
        "states: no final state can be reached from parked",
        "states: no final state can be reached from turned",
    ]


def test_a_step_from_any_state_leads_out_of_all() -> None:
    park = {"title": "搁置", "from": ["new"], "to": "parked"}
    stop = {"title": "终止", "to": "closed"}

    assert faults(with_steps(park=park, stop=stop)) == []


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"opens": ["completed"]}, "obligations.call.opens: none of this can happen here"),
        ({"opens": ["completed", "visit"]}, None),
        ({"met_by": {"all": ["completed"]}}, "obligations.call.met_by: completed cannot"),
        ({"met_by": {"all": ["answered", "completed"]}}, "obligations.call.met_by: completed"),
        ({"met_by": {"any": ["completed"]}}, "obligations.call.met_by: completed cannot"),
        ({"met_by": {"any": ["completed", "answered"]}}, None),
        ({"met_by": {"all": ["answered-in-part"]}}, None),
        ({"met_by": {"all": ["late"]}}, "obligations.call.met_by: late cannot happen here"),
        ({"opens": ["late"]}, "obligations.call.opens: none of this can happen here"),
        ({"opens": ["call-breached"]}, None),
        ({"opens": ["opened"]}, None),
    ],
)
def test_what_cannot_happen_neither_opens_nor_meets_an_obligation(
    asked: Mapping[str, Any], fault: str | None
) -> None:
    late = {"title": "迟到", "from": ["nowhere"], "to": "nowhere"}
    steps = {"visit": VISIT, "answer": ANSWER, "close": CLOSE, "late": late}
    procedure = msgspec.to_builtins(pack().procedure) | {"steps": steps}
    found = faults(pack(procedure=procedure, obligations={"call": CALL | asked}))

    named = [said for said in found if said.startswith("obligations")]
    assert len(named) == (0 if fault is None else 1)
    assert fault is None or named[0].startswith(fault)


def test_what_another_pack_adds_may_meet_an_obligation() -> None:
    house = overlay(activities={"survey": {"title": "回访"}})
    asked = with_call(met_by={"any": ["survey"]})

    assert faults(asked) == ["obligations.call.met_by: survey cannot happen here"]
    assert faults(asked, beside=[house]) == []


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (["owner", "first_contact", "asked", "offered", "anyone"], []),
        (["director"], []),
        (["directer"], ["procedure.steps.visit.by: no role directer"]),
    ],
)
def test_a_step_is_taken_by_roles_that_there_are(by: list[str], found: list[str]) -> None:
    assert faults(with_steps(visit=VISIT | {"by": by})) == found
    assert faults(overlay(activities={"visit": {"title": "上门", "by": by}})) == [
        fault.replace("procedure.steps", "activities") for fault in found
    ]


@pytest.mark.parametrize(
    "path",
    [
        "form.fault",
        "visit.fault",
        "opened.channel",
        "opened.item",
        "answered.complete",
        "count.visit",
        "count.transfer-declined",
        "hours_since.opened",
        "this.state",
        "this.evidence_digests",
        "now",
        "actor.roles",
        "open.call",
        "breached.call",
        "owed.call",
        "evidence.photo",
        "item.fee",
    ],
)
def test_a_path_that_leads_somewhere_is_sound(path: str) -> None:
    assert faults(with_guard(path)) == []
    assert warnings(with_guard(path)) == []


@pytest.mark.parametrize(
    "path",
    [
        "form.falt",
        "form.text",
        "visit.falt",
        "visited.fault",
        "answered.fault",
        "count.visits",
        "count.answer",
        "hours_since.visited",
        "this.stat",
        "this.number",
        "met.call",
        "hours.opened.visit",
        "client.region",
        "actor.name",
        "open.reply",
        "signed.solution",
        "ticked.clears",
        "across.same_cause",
        "people.helpers",
        "people.helpers.count",
        "sample.weekly",
        "owed.reply",
        "obligation.status",
        "row.fault",
        "fault",
        "",
    ],
)
def test_a_path_that_leads_nowhere_is_a_fault(path: str) -> None:
    assert faults(with_guard(path)) == [f"guards.0.refuse_when: {path} leads nowhere"]


@pytest.mark.parametrize(
    ("path", "leads_nowhere"),
    [
        ("this.number", False),
        ("this.closed_at", False),
        ("this.has_slip", True),
        ("hours.opened.visit", False),
        ("minutes.opened.vist", True),
        ("met.call", False),
        ("late.call", False),
        ("late.cal", True),
        ("client.region", False),
        ("obligation.status", False),
        ("obligation.state", True),
    ],
)
def test_reports_may_ask_what_the_register_shows(path: str, leads_nowhere: bool) -> None:
    where = {"value": path, "filled": True}
    reporting = pack(reports={"r": {"title": "报表", "where": where, "list": ["this.number"]}})

    assert faults(reporting) == [f"reports.r.where: {path} leads nowhere"] * leads_nowhere


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"over": "vist"}, "over: nothing is called vist"),
        ({"over": ["visit", "tikets"]}, "over: nothing is called tikets"),
        ({"period": "vist"}, "period: nothing is called vist"),
        ({"by": ["visit.fault"], "codes": "faults"}, "codes: no list is called faults"),
    ],
)
def test_a_report_names_words_and_lists_that_there_are(words: dict[str, Any], fault: str) -> None:
    said = {"r": {"title": "报表", "measures": {"n": {"count": True}}, **words}}

    assert faults(pack(reports=said)) == [f"reports.r.{fault}"]
    assert f"reports.r.{fault}" in warnings(overlay(reports=said), beside=[pack()])


def test_a_report_may_name_words_and_lists_of_another_pack() -> None:
    said = {"title": "报表", "by": ["form.x"], "measures": {"n": {"count": True}}}
    said |= {"over": "care_call", "codes": "kinds"}
    house = overlay(activities={"care_call": {"title": "关怀"}}, lists={"kinds": ["a"]})

    assert faults(pack(reports={"r": said}), beside=[house]) == []


def test_a_ticket_answers_all_that_paths_may_ask_of_it() -> None:
    matter = Matter(repair())
    who = matter.ticket.looking(act())

    assert [name for name in THIS if not hasattr(matter.ticket, name)] == []
    assert (who("this.owner_id"), who("this.origin")) == (str(LI_NA), "external")
    assert [name for name in ACTOR if who(f"actor.{name}") is None] == []


@pytest.mark.parametrize("path", ["policy.bad_score", "list.apology"])
def test_a_value_or_list_may_come_from_another_pack(path: str) -> None:
    guarded = with_guard(path)
    house = overlay(values={"bad_score": 2}, lists={"apology": ["对不起"]})

    assert faults(guarded) == []
    assert warnings(guarded) == [f"guards.0.refuse_when: {path} leads nowhere"]
    assert warnings(guarded, beside=[house]) == []


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("people.helpers", True),
        ("people.helpers.count", True),
        ("people.helper", False),
        ("sample.weekly", True),
        ("sample.monthly.count", False),
        ("reading.score.value", True),
        ("reading.score.met", True),
        ("reading.score", False),
        ("reading.score.values", False),
        ("reading.other.value", False),
    ],
)
def test_staff_and_samples_that_a_pack_asks_for_are_there(path: str, is_there: bool) -> None:
    asked = overlay(
        people={"helpers": {"volunteers": True, "area": "=visit.fault"}},
        samples={"weekly": {"percent": 5, "seed": "=visit.fault", "days": 7}},
        readings={"score": {"report": "survey/score", "period": "=visit.fault"}},
    )

    assert (faults(with_guard(path), beside=[asked]) == []) == is_there


def test_paths_are_found_wherever_they_stand() -> None:
    form = {
        "a": {"title": "甲", "required_when": {"not": {"value": "form.x1", "is": 1}}},
        "b": {"title": "乙", "computed": {"value": "form.x2"}},
        "c": {
            "title": "丙",
            "computed": {
                "sum": ["form.a", "form.x3", "form.e.n", "form.e.x5"],
                "per": "form.x3b",
            },
        },
        "d": {"title": "丁", "computed": {"count": "x4"}},
        "f": {"title": "己", "computed": {"minutes": ["form.x10", "now"]}},
        "g": {"title": "庚", "computed": {"uncovered": ["form.a", "now", "form.x11"]}},
        "e": {
            "title": "戊",
            "type": "rows",
            "fields": {"n": {"title": "数", "required_when": {"value": "row.x5", "is": 1}}},
        },
    }
    must = [
        {"must": {"any": [{"value": "form.a", "above": "=form.x6"}]}, "says": "不行"},
        {"must": {"value": "form.e", "some": {"value": "row.x7", "is": 1}}, "says": "不行"},
        {"must": {"value": "form.e", "some": {"value": "row.n", "is": 1}}, "says": "可以"},
    ]
    odd = with_steps(visit={**VISIT, "form": form, "must": must, "when": {"value": "x8.a"}})
    odd = msgspec.structs.replace(odd, obligations=with_call(appointment="form.x9").obligations)

    assert [fault.split(": ")[1].split()[0] for fault in faults(odd)] == [
        "x8.a",
        "form.x1",
        "form.x2",
        "form.x3",
        "form.e.x5",
        "form.x3b",
        "count.x4",
        "form.x10",
        "form.x11",
        "row.x5",
        "form.x6",
        "row.x7",
        "form.x9",
    ]


def test_the_opening_form_is_that_of_what_was_opened() -> None:
    procedure = msgspec.to_builtins(pack().procedure)
    opening = {"form": {"kind": {"title": "类别"}}, "must": []}
    asked = {"value": "opened.kind", "is": "quality"}

    def asking(opening: Any) -> list[str]:
        steps = {**procedure["steps"], "visit": VISIT | {"when": asked}}
        return faults(pack(procedure=procedure | {"opening": opening, "steps": steps}))

    assert asking(opening) == []
    assert asking({}) == ["procedure.steps.visit.when: opened.kind leads nowhere"]


def test_an_overlay_may_speak_of_the_steps_of_others() -> None:
    guard = {"rule": "CH-07", "upon": ["visit"], "says": "不行"}
    odd = overlay(guards=[guard | {"refuse_when": {"value": "visit.fault", "is": "x"}}])

    assert faults(odd) == []
    assert warnings(odd) == ["guards.0.refuse_when: visit.fault leads nowhere"]
    assert warnings(odd, beside=[pack()]) == []


def test_a_refusal_names_a_field_that_the_form_has() -> None:
    must = {"must": {}, "says": "不行"}
    guard = {"refuse_when": {}, "upon": ["answered"]}

    assert faults(with_steps(visit=VISIT | {"must": [must | {"field": "fault"}]})) == []
    assert faults(with_steps(visit=VISIT | {"must": [must, must | {"field": "falt"}]})) == [
        "procedure.steps.visit.must.1.field: the form has no field falt"
    ]
    assert faults(with_guard("", **guard, field="text")) == []
    assert faults(with_guard("", **guard, field="form.text")) == []
    assert faults(with_guard("", **guard, field="txt")) == [
        "guards.0.field: the form has no field txt"
    ]


def test_a_rule_that_the_catalogue_does_not_have_is_a_fault() -> None:
    odd = pack(rules=["CH-07", "CH-99"], obligations={"call": CALL | {"rule": "XX-01"}})

    assert faults(odd, CATALOGUE) == [
        "obligations.call.rule: the catalogue has no rule XX-01",
        "rules.1: the catalogue has no rule CH-99",
    ]
    assert faults(odd) == []


def test_an_obligation_without_a_rule_is_warned_about() -> None:
    assert warnings(with_call(rule=None)) == [
        "obligations.call: no rule of the catalogue stands behind it"
    ]


def test_a_policy_that_stands_for_nothing_is_warned_about() -> None:
    assert warnings(pack(principles=[])) == ["principles: none is named (GV-07)"]
    [fault] = faults(pack(principles=["honest", "cheap"]))
    assert fault.startswith("principles: cheap is none of convenient, ")


@pytest.mark.parametrize("holds_for", [{"units": ["main"]}, {"procedures": ["complaint"]}])
def test_a_mandatory_pack_holds_everywhere(holds_for: Mapping[str, Any]) -> None:
    assert faults(overlay(mandatory=True)) == []
    assert faults(overlay(holds_for=holds_for)) == []
    assert faults(overlay(mandatory=True, holds_for=holds_for)) == [
        "holds_for: a mandatory pack holds everywhere (FR-11)"
    ]


NOTED = {"rule": "CH-07", "upon": ["noted", "closed"], "says": "不行"}
HOUSE = overlay(
    activities={"visit": {"title": "回访"}, "survey": {"title": "调查"}},
    obligations={"call": CALL},
    guards=[NOTED],
)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"activities": {"visit": {"title": "上门"}}}, ["activities.visit"]),
        ({"activities": {"call": {"title": "电话"}}}, []),
        ({"obligations": {"call": CALL}}, ["obligations.call"]),
        ({"guards": [NOTED | {"upon": ["closed"]}]}, ["guards: CH-07 upon closed"]),
        ({"guards": [NOTED | {"upon": ["opened"]}]}, []),
        ({"guards": [NOTED | {"rule": "CH-08"}]}, []),
    ],
)
def test_two_overlays_that_say_the_same_word_are_told(
    other: Mapping[str, Any], found: list[str]
) -> None:
    assert conflicts([HOUSE, overlay("store", **other), pack()]) == [
        f"house and store: both have {said}" for said in found
    ]


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({}, {}, True),
        ({"units": ["a"]}, {}, True),
        ({"units": ["a"]}, {"units": ["a", "b"]}, True),
        ({"units": ["a"]}, {"units": ["b"]}, False),
        ({"procedures": ["p"]}, {"procedures": ["q"]}, False),
        ({"procedures": ["p"]}, {"procedures": ["p"], "units": ["a"]}, True),
        ({"procedures": ["p"], "units": ["a"]}, {"procedures": ["p"], "units": ["b"]}, False),
    ],
)
def test_overlays_for_other_tickets_do_not_meet(
    one: Mapping[str, Any], other: Mapping[str, Any], overlap: bool
) -> None:
    said = {"activities": {"visit": {"title": "回访"}}}

    found = conflicts([overlay("a", holds_for=one, **said), overlay("b", holds_for=other, **said)])

    assert found == (["a and b: both have activities.visit"] if overlap else [])


def test_two_versions_of_one_overlay_do_not_meet() -> None:
    assert conflicts([HOUSE, msgspec.structs.replace(HOUSE, version=2)]) == []


def test_a_word_that_names_a_part_of_packs_is_not_that_of_a_fact() -> None:
    asked = with_guard("open.call", upon=["visit"])
    open_step = {"title": "打开", "from": ["new"], "to": "visited", "form": {"x": {"title": "甲"}}}
    odd = with_steps(open=open_step)
    odd = msgspec.structs.replace(odd, guards=with_guard("open.x").guards)

    assert faults(asked) == []
    assert faults(odd) == ["guards.0.refuse_when: open.x leads nowhere"]


def test_every_text_that_a_universal_fact_says_can_have_a_label() -> None:
    said = {
        kind.TOPIC.removeprefix("ticket."): name
        for kind in event_classes(Ticket)
        for name, hint in get_type_hints(kind).items()
        if hint in (Sealed, Sealed | None) and name != "reason"
    }

    assert dict(TEXTS) == said
