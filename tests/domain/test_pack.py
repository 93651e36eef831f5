from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.aggregate import Act
from domain.errors import Invalid
from domain.pack import NoVersionInForce, Pack, PackNotApproved, SamePersonApproves, VersionExists
from domain.pack_content import PackContent, PackInvalid
from tests.support.facts import (
    CONSULTATION,
    INSTALLATION_PACK,
    LI_NA,
    M1,
    NOON,
    RECORDED_PACK,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    facts_of,
    given,
    new_fact,
    new_facts,
    replay,
    shipped_pack,
)

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def content(version: int = 1, **otherwise: Any) -> dict[str, Any]:
    return {**shipped_pack("consultation"), "version": version, **otherwise}


def changed(place: str, value: Any) -> dict[str, Any]:
    """The consultation with one place of it changed, like `procedure.steps.close.to`."""
    pack: dict[str, Any] = deepcopy(shipped_pack("consultation"))
    *path, last = place.split(".")
    inner = pack
    for name in path:
        inner = inner[name]
    inner[last] = value
    return pack


def named() -> Pack:
    return Pack.named("consultation", act=act())


def draft(pack: Pack) -> None:
    pack.draft(content(), act=act(LI_NA))


def approve(pack: Pack) -> None:
    pack.approve(1, act=act(M1))


def publish(pack: Pack) -> None:
    pack.publish(1, NOON, act=act(M1))


def publish_second_a_day_later(pack: Pack) -> None:
    pack.draft(content(2), act=act(LI_NA))
    pack.approve(2, act=act(M1))
    pack.publish(2, NOON + DAY, act=act(M1))


def abolish_a_week_later(pack: Pack) -> None:
    pack.abolish(NOON + 7 * DAY, act=because("由新制度代替"))


def test_a_pack_is_found_by_its_name() -> None:
    pack = named()

    assert pack.id == Pack.id_of("consultation") != Pack.id_of("installation")
    assert new_fact(pack).name == "consultation"


def test_a_draft_keeps_the_whole_content_and_its_digest() -> None:
    pack = given(named())

    draft(pack)

    fact = new_fact(pack)
    assert (fact.version, fact.content) == (1, content())
    assert len(fact.digest) == 64
    assert pack.content(1).procedure == CONSULTATION


def test_the_same_content_drafted_twice_is_drafted_once() -> None:
    pack = given(named(), draft)
    reordered = dict(reversed(content().items()))

    pack.draft(reordered, act=act(ZHAO_LEI))

    assert new_facts(pack) == []


def test_another_content_wants_another_version_number() -> None:
    pack = given(named(), draft)

    with pytest.raises(VersionExists) as refusal:
        pack.draft(content(title="新咨询"), act=act())

    assert refusal.value.field == "content.version"
    assert new_facts(pack) == []


def test_versions_stand_beside_each_other() -> None:
    pack = given(named(), draft)

    pack.draft(content(2, title="新咨询"), act=act())

    assert (pack.content(1).title, pack.content(2).title) == ("咨询 Consultation", "新咨询")


def test_the_content_of_another_pack_is_refused() -> None:
    pack = given(named())

    with pytest.raises(PackInvalid) as refusal:
        pack.draft(INSTALLATION_PACK, act=act())

    assert refusal.value.field == "content.pack"
    assert new_facts(pack) == []


def test_a_faulty_draft_is_refused() -> None:
    pack = given(named())

    with pytest.raises(PackInvalid):
        pack.draft(changed("procedure.final", ["gone"]), act=act())

    assert new_facts(pack) == []


@pytest.mark.parametrize(
    ("drafting", "approving"),
    [
        (act(LI_NA), act(LI_NA)),
        (act(LI_NA), act(WANG_FANG, acting_for=LI_NA)),
        (act(WANG_FANG, acting_for=LI_NA), act(WANG_FANG)),
        (act(WANG_FANG, acting_for=LI_NA), act(LI_NA)),
        (act(WANG_FANG, acting_for=LI_NA), act(ZHAO_LEI, acting_for=LI_NA)),
        (act(WANG_FANG, acting_for=LI_NA), act(WANG_FANG, acting_for=M1)),
    ],
)
def test_who_had_a_hand_in_the_draft_does_not_approve_it(drafting: Act, approving: Act) -> None:
    pack = given(named(), lambda p: p.draft(content(), act=drafting))

    with pytest.raises(SamePersonApproves) as refusal:
        pack.approve(1, act=approving)

    assert refusal.value.rule == "GV-01"
    assert new_facts(pack) == []


@pytest.mark.parametrize("approving", [act(M1), act(WANG_FANG, acting_for=M1)])
def test_somebody_else_approves(approving: Act) -> None:
    pack = given(named(), draft)

    pack.approve(1, act=approving)

    assert (type(new_fact(pack)), new_fact(pack).version) == (Pack.Approved, 1)


def test_acting_for_nobody_is_nothing_that_two_have_in_common() -> None:
    pack = given(named(), lambda p: p.draft(content(), act=act(LI_NA, acting_for=None)))

    pack.approve(1, act=act(M1, acting_for=None))

    assert new_facts(pack) == [Pack.Approved]


def test_approving_twice_is_done_once() -> None:
    pack = given(named(), draft, approve)

    approve(pack)

    assert new_facts(pack) == []


def test_the_approval_of_one_version_is_not_that_of_another() -> None:
    pack = given(named(), draft, approve, lambda p: p.draft(content(2), act=act(LI_NA)))

    with pytest.raises(PackNotApproved, match="version 2 of consultation"):
        pack.publish(2, NOON, act=act(M1))

    assert new_facts(pack) == []


def test_what_is_not_approved_is_not_published() -> None:
    pack = given(named(), draft)

    with pytest.raises(PackNotApproved) as refusal:
        publish(pack)

    assert refusal.value.rule == "GV-01"
    assert new_facts(pack) == []


def test_an_approved_version_is_published_from_an_instant_on() -> None:
    pack = given(named(), draft, approve)

    publish(pack)

    assert (new_fact(pack).version, new_fact(pack).effective_from) == (1, NOON)


def test_publishing_twice_is_done_once() -> None:
    pack = given(named(), draft, approve, publish)

    publish(pack)

    assert new_facts(pack) == []


def test_a_published_version_keeps_its_day() -> None:
    pack = given(named(), draft, approve, publish)

    with pytest.raises(VersionExists):
        pack.publish(1, NOON + DAY, act=act(M1))

    assert new_facts(pack) == []


def test_a_version_is_in_force_from_the_very_instant() -> None:
    pack = given(named(), draft, approve, publish)

    assert pack.in_force(NOON) == 1
    with pytest.raises(NoVersionInForce) as refusal:
        pack.in_force(NOON - INSTANT)
    assert refusal.value.rule == "GV-06"


def test_the_version_in_force_is_the_one_that_began_last() -> None:
    pack = given(named(), draft, approve, publish, publish_second_a_day_later)

    assert pack.in_force(NOON + DAY - INSTANT) == 1
    assert pack.in_force(NOON + DAY) == 2


def test_a_higher_number_that_begins_earlier_does_not_win() -> None:
    pack = given(named(), draft, approve, publish_second_a_day_later)
    pack.publish(1, NOON + 2 * DAY, act=act(M1))

    assert pack.in_force(NOON + DAY) == 2
    assert pack.in_force(NOON + 2 * DAY) == 1


def test_of_two_that_begin_at_once_the_higher_number_holds() -> None:
    pack = given(named(), draft, approve, publish_second_a_day_later)
    pack.publish(1, NOON + DAY, act=act(M1))

    assert pack.in_force(NOON + DAY) == 2


@pytest.mark.parametrize("commands", [(), (draft,), (draft, approve)])
def test_what_is_not_published_is_not_in_force(commands: tuple[Any, ...]) -> None:
    pack = given(named(), *commands)

    with pytest.raises(NoVersionInForce, match="2026-11-23T12:00:00"):
        pack.in_force(NOON)


def test_after_its_abolition_no_version_is_in_force() -> None:
    pack = given(named(), draft, approve, publish, abolish_a_week_later)

    assert pack.in_force(NOON + 7 * DAY - INSTANT) == 1
    with pytest.raises(NoVersionInForce):
        pack.in_force(NOON + 7 * DAY)


def test_an_abolished_pack_can_still_be_read() -> None:
    pack = given(named(), draft, approve, publish, abolish_a_week_later)

    assert pack.content(1).procedure == CONSULTATION


def test_abolishing_wants_a_reason_and_is_done_once() -> None:
    pack = given(named(), draft, approve, publish, abolish_a_week_later)

    with pytest.raises(Invalid) as refusal:
        pack.abolish(NOON + 7 * DAY, act=act(M1))
    abolish_a_week_later(pack)

    assert refusal.value.field == "reason"
    assert new_facts(pack) == []


@pytest.mark.parametrize("version", [0, 2, -1])
def test_a_version_that_there_is_not_is_refused(version: int) -> None:
    pack = given(named(), draft)

    with pytest.raises(Invalid, match=f"no version {version}"):
        pack.approve(version, act=act(M1))
    with pytest.raises(Invalid, match=f"no version {version}"):
        pack.publish(version, NOON, act=act(M1))
    with pytest.raises(Invalid, match=f"no version {version}") as refusal:
        pack.content(version)

    assert refusal.value.field == "version"
    assert new_facts(pack) == []


def test_a_stored_version_can_be_read_though_it_would_be_refused_today() -> None:
    pack = named()
    draft(pack)
    facts = facts_of(pack)
    facts[-1].content["procedure"] = changed("procedure.final", ["gone"])["procedure"]

    read = replay(facts).content(1)

    assert read.the_procedure.faults() != []
    assert read.the_procedure.final == {"gone"}


@pytest.mark.parametrize("pack", [INSTALLATION_PACK, RECORDED_PACK, shipped_pack("consultation")])
def test_a_sound_pack_is_read(pack: Mapping[str, Any]) -> None:
    assert PackContent.read(pack).pack == pack["pack"]


def test_what_was_read_from_a_pack_cannot_be_changed() -> None:
    read = PackContent.read(INSTALLATION_PACK)
    survey = read.the_procedure.steps["survey"]

    for part in (read, read.procedure, survey, survey.form["address"]):
        known = part.__struct_fields__[0]
        with pytest.raises(AttributeError, match="immutable"):
            setattr(part, known, "别的")


@pytest.mark.parametrize(
    ("place", "value", "named_fault"),
    [
        ("version", "1", "$.version"),
        ("version", True, "$.version"),
        ("version", 1.5, "$.version"),
        ("colour", "red", "`colour`"),
        ("title", None, "$.title"),
        ("title", "咨\x00询", "$.title"),
        ("title", "咨\x85询", "$.title"),
        ("title", "咨询\n", "$.title"),
        ("title", "询" * 201, "$.title"),
        ("title", "", "$.title"),
        ("rules", "FR-01", "$.rules"),
        ("pack", "Consultation", "pack: a name"),
        ("pack", "咨询", "pack: a name"),
        ("pack", "consultation\n", "pack: a name"),
        ("pack", "", "pack: a name"),
        ("pack", "c" * 65, "pack: a name"),
        ("procedure.colour", "red", "`colour`"),
        ("procedure.initial", 1, "$.procedure.initial"),
        ("procedure.register", "a\x00b", "$.procedure.register"),
        ("procedure.register", "slip", "register: slip"),
        ("procedure.channels", ["\x00"], "$.procedure.channels"),
        ("procedure.final", ["closed", "gone"], "final: no step leads to gone"),
        ("procedure.steps", [], "$.procedure.steps"),
        ("procedure.steps.a\tb", {"title": "密", "to": "closed"}, "$.procedure.steps"),
        ("procedure.steps.close", {"to": "closed"}, "$.procedure.steps"),
        ("procedure.steps.close.to", "closed\x00", "$.procedure.steps"),
        ("procedure.steps.close.title", "\ud800", "$.procedure.steps"),
        ("procedure.steps.close.fact", "forgotten", "$.procedure.steps"),
        ("procedure.steps.close.from", ["nowhere"], "steps.close.from: no state nowhere"),
        ("procedure.steps.close.colour", "red", "`colour`"),
        ("procedure.steps.clarify.form", {"on": {"title": "日", "colour": "红"}}, "`colour`"),
        ("procedure.steps.clarify.needs", ["money"], "$.procedure.steps"),
        ("procedure.steps.clarify.to", "limbo", "states: nothing leads out of limbo"),
        ("procedure.steps.clarify.form", {"": {"title": "密"}}, "$.procedure.steps"),
        ("procedure.steps.clarify.form", {"on": {"title": "日", "type": "day"}}, ".form"),
        (
            "procedure.steps.clarify.form",
            {"on": {"title": "日", "type": "choice"}},
            "steps.clarify.form.on: a choice needs choices",
        ),
        (
            "procedure.steps.clarify.form",
            {"born": {"title": "生日", "type": "date", "sealed": True}},
            "steps.clarify.form.born: only a text is sealed",
        ),
    ],
)
def test_a_faulty_pack_is_refused_and_the_place_named(
    place: str, value: Any, named_fault: str
) -> None:
    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(changed(place, value))

    assert refusal.value.field == "content"
    assert named_fault in refusal.value.detail


CHECK = {
    "title": "责任人",
    "each": {"list": "levels"},
    "word": "clarify",
    "field": "level",
    "says": "{each} missing",
}


@pytest.mark.parametrize(
    ("otherwise", "fault"),
    [
        ({}, "checks.it.each.list: no list is called levels"),
        ({"each": {"staff": "pilot"}}, "checks.it.each.staff: no role pilot"),
        ({"word": "fly"}, "checks.it.word: nothing is called fly"),
        ({"each": {}}, "each names staff or list"),
        ({"each": {"staff": "everybody", "list": "levels"}}, "each names staff or list"),
    ],
)
def test_a_check_asks_for_what_can_happen_of_somebody_or_something(
    otherwise: dict[str, Any], fault: str
) -> None:
    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(content() | {"checks": {"it": CHECK | otherwise}})

    assert fault in refusal.value.detail


def test_all_faults_of_a_pack_are_named_at_once() -> None:
    faulty = changed("procedure.final", ["gone"]) | {"pack": "Consultation"}

    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(faulty)

    assert refusal.value.facts["faults"] == [
        "final: no step leads to gone",
        "pack: a name is small letters, digits, - and _",
    ]


@pytest.mark.parametrize("missing", ["pack", "version", "title"])
def test_a_pack_with_something_left_out_is_refused(missing: str) -> None:
    cut = {key: value for key, value in content().items() if key != missing}

    with pytest.raises(PackInvalid, match=missing):
        PackContent.read(cut)


def test_pack_ids_do_not_change_between_releases() -> None:
    assert Pack.id_of("consultation") == UUID("a847856c-aec1-51cc-aa41-1b6331189728")
