"""Packs without a procedure: on which tickets they hold, and who may do without them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import Invalid
from domain.pack import MandatoryPack, NoVersionInForce, Pack
from domain.pack_content import PackContent, PackInvalid
from tests.support.facts import LI_NA, M1, NOON, act, because, given, new_fact, new_facts
from tests.support.matters import HOURS, REPAIR, overlay, repair, under

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
PHRASE = {"rule": "LG-02", "upon": ["answered"], "forbids": "rude", "says": "忌语"}


def published(content: dict[str, Any], *commands: Callable[[Pack], None]) -> Pack:
    """A pack whose only version is in force from noon on, after these commands."""
    pack = Pack.named(content["pack"], act=act())
    return given(
        pack,
        lambda p: p.draft(content, act=act(LI_NA)),
        lambda p: p.approve(content["version"], act=act(M1)),
        lambda p: p.publish(content["version"], NOON, act=act(M1)),
        *commands,
    )


def switch_off(pack: Pack) -> None:
    pack.switch_off("store-1", act=because("本店不设此岗"))


def test_a_pack_without_a_procedure_is_an_overlay() -> None:
    assert PackContent.read(overlay()).is_overlay
    assert not PackContent.read(repair()).is_overlay


def test_an_overlay_has_no_procedure_that_a_matter_could_follow() -> None:
    with pytest.raises(PackInvalid, match="care has no procedure") as refusal:
        _ = PackContent.read(overlay()).the_procedure

    assert refusal.value.field == "procedure"


@pytest.mark.parametrize(
    ("holds_for", "procedure", "unit", "holds"),
    [
        ({}, "repair", "store-1", True),
        ({"procedures": ["repair", "complaint"]}, "repair", "store-1", True),
        ({"procedures": ["complaint"]}, "repair", "store-1", False),
        ({"units": ["store-1"]}, "repair", "store-1", True),
        ({"units": ["store-2"]}, "repair", "store-1", False),
        ({"procedures": ["repair"], "units": ["store-1"]}, "repair", "store-1", True),
        ({"procedures": ["repair"], "units": ["store-2"]}, "repair", "store-1", False),
        ({"procedures": ["complaint"], "units": ["store-1"]}, "repair", "store-1", False),
    ],
)
def test_an_overlay_holds_for_the_procedures_and_units_that_it_names(
    holds_for: Any, procedure: str, unit: str, holds: bool
) -> None:
    content = PackContent.read(overlay(holds_for=holds_for))

    assert content.holds_for_ticket(procedure, unit) == holds


def test_an_overlay_holds_from_its_day_until_it_is_abolished() -> None:
    pack = published(overlay(), lambda p: p.abolish(NOON + DAY, act=because("不再办理")))

    assert pack.in_force(NOON) == pack.in_force(NOON + DAY - INSTANT) == 1
    for when in (NOON - INSTANT, NOON + DAY):
        with pytest.raises(NoVersionInForce):
            pack.in_force(when)


def test_a_pack_with_a_procedure_holds_for_no_other() -> None:
    assert not PackContent.read(repair()).holds_for_ticket("complaint", "main")
    assert not PackContent.read(repair()).holds_for_ticket("repair", "main")


def test_a_service_point_does_without_an_overlay_and_with_it_again() -> None:
    pack = published(overlay())

    switch_off(pack)
    without = set(pack.off_in)
    off = new_fact(pack)
    pack.switch_on("store-1", act=act())

    assert (type(off), off.unit) == (Pack.SwitchedOff, "store-1")
    assert without == {"store-1"}
    assert new_facts(pack) == [Pack.SwitchedOff, Pack.SwitchedOn]
    assert pack.off_in == set()


def test_switching_is_done_once_however_often_it_is_said() -> None:
    pack = published(overlay(), switch_off)

    switch_off(pack)
    pack.switch_on("store-2", act=act())

    assert new_facts(pack) == []


@pytest.mark.parametrize("unit", ["", " ", "店" * 65, "a\0b"])
def test_what_is_no_unit_cannot_do_without(unit: str) -> None:
    pack = published(overlay())

    with pytest.raises(Invalid) as refusal:
        pack.switch_off(unit, act=because())

    assert refusal.value.field == "unit"
    assert new_facts(pack) == []


def test_doing_without_wants_a_reason() -> None:
    pack = published(overlay())

    with pytest.raises(Invalid) as refusal:
        pack.switch_off("store-1", act=act())

    assert refusal.value.field == "reason"
    assert new_facts(pack) == []


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (lambda p: p.switch_off("store-1", act=because()), "unit"),
        (lambda p: p.abolish(NOON + DAY, act=because()), "effective_from"),
    ],
)
def test_nobody_does_without_a_mandatory_pack(command: Callable[[Pack], None], field: str) -> None:
    pack = published(overlay(mandatory=True))

    with pytest.raises(MandatoryPack) as refusal:
        command(pack)

    assert (refusal.value.rule, refusal.value.field) == ("FR-11", field)
    assert new_facts(pack) == []


def test_a_pack_that_once_was_mandatory_is_not_got_rid_of_by_a_draft() -> None:
    pack = published(overlay(mandatory=True))

    with pytest.raises(MandatoryPack) as refusal:
        pack.draft(overlay(version=2, holds_for={"units": ["main"]}), act=act(LI_NA))

    assert (refusal.value.rule, refusal.value.field) == ("FR-11", "content.mandatory")
    assert new_facts(pack) == []


@pytest.mark.parametrize(
    "content",
    [
        overlay(mandatory=True, holds_for={"units": ["main"]}),
        overlay(mandatory=True, holds_for={"procedures": ["repair"]}),
        repair(mandatory=True),
    ],
)
def test_what_is_mandatory_holds_on_every_ticket(content: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid, match="mandatory: "):
        PackContent.read(content)


@pytest.mark.parametrize(
    "activity",
    [
        {"title": "跟踪", "to": "visited"},
        {"title": "答复", "fact": "answered"},
        {"title": "结案", "to": "closed", "fact": "closed"},
    ],
)
def test_what_an_overlay_adds_leads_to_no_state(activity: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(overlay(activities={"call": activity}))

    assert refusal.value.facts["faults"] == ["activities.call: an activity leads to no state"]


def test_a_fact_of_a_procedure_leads_to_a_state() -> None:
    with pytest.raises(PackInvalid, match=r"steps\.say: a fact leads to a state"):
        PackContent.read(repair(steps={"say": {"title": "答复", "fact": "answered"}}))


def test_an_overlay_may_speak_of_what_only_other_packs_know() -> None:
    promise = {"title": "回访", "opens": ["visit"], "met_by": {"any": ["call"]}, "limit": HOURS}

    read = PackContent.read(overlay(obligations={"call_back": promise}))

    assert read.obligations["call_back"].opens == {"visit"}


def test_a_list_that_an_overlay_forbids_must_still_be_its_own() -> None:
    with pytest.raises(PackInvalid, match=r"guards\.0\.forbids: no list is called rude"):
        PackContent.read(overlay(guards=[PHRASE]))


def test_a_pack_may_name_its_own_activities_records_and_breaches() -> None:
    promise = {
        "title": "处罚",
        "opens": ["penalty_proposed"],
        "met_by": {"any": ["call"]},
        "limit": HOURS,
    }
    later = {**promise, "opens": ["punish-breached"]}
    follows = {"upon": ["visit"], "records": "penalty_proposed", "title": "处罚建议"}

    read = PackContent.read(
        repair(
            activities={"call": {"title": "跟踪"}},
            obligations={"punish": promise, "supervise": later},
            consequences=[follows],
        )
    )

    assert read.words == {
        *("visit", "call", "penalty_proposed"),
        *("punish-breached", "punish-due-soon", "supervise-breached", "supervise-due-soon"),
    }


@pytest.mark.parametrize(
    ("says", "fault"),
    [
        (
            {"consequences": [{"upon": ["vist"], "records": "seen", "title": "见"}]},
            "consequences.0.upon: nothing is called vist",
        ),
        (
            {"guards": [{"rule": "CH-1", "upon": ["vist"], "says": "否"}]},
            "guards.0.upon: nothing is called vist",
        ),
    ],
)
def test_a_pack_with_a_procedure_must_know_what_it_speaks_of(says: Any, fault: str) -> None:
    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(repair(**says))

    assert refusal.value.facts["faults"] == [fault]


def test_the_packs_of_a_ticket_are_one_rulebook_in_which_its_own_has_the_last_word() -> None:
    def promise(title: str) -> dict[str, Any]:
        return {"title": title, "opens": ["opened"], "met_by": {"any": ["visit"]}, "limit": HOURS}

    care = overlay(
        obligations={"greet": promise("问候"), "visit_soon": promise("拜访")},
        values={"most": 1, "least": 0},
        lists={"rude": ["喂"]},
        guards=[PHRASE],
        items={"cable": {"title": "有线", "fee": 500}},
    )
    own = repair(obligations={"visit_soon": promise("上门")}, values={"most": 3})

    _, rules = under(care, own)

    assert {name: rule.title for name, rule in rules.obligations.items()} == {
        "greet": "问候",
        "visit_soon": "上门",
    }
    assert rules.values == {"most": 3, "least": 0}
    assert [guard.rule for guard in rules.guards] == ["LG-02"]
    assert rules.items["cable"].fee == 500
    assert rules.look("policy.most", None) == 3
    assert rules.look("list.rude", None) == ["喂"]
    assert rules.look("list.items", None) == ["cable"]
    assert rules.look("item.fee", "cable") == 500
    assert rules.look("item.fee", None) is None


def test_a_procedure_has_the_activities_of_every_pack() -> None:
    first = overlay("care", activities={"call": {"title": "跟踪"}})
    second = overlay("visits", activities={"tour": {"title": "巡访"}})

    procedure, _ = under(first, second, repair())

    assert list(procedure.steps) == ["call", "tour", *REPAIR["procedure"]["steps"]]
    assert procedure.states == {"registered", "visited", "closed"}
