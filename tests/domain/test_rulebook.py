"""What refuses, and what a pack may not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from domain.errors import DomainError
from domain.happening import Happening
from domain.pack_content import PackContent, PackInvalid
from domain.pack_content import rulebook_of as merged
from domain.pack_rules import ForbiddenPhrase, GuardInvalid, GuardRefused, ServiceItem
from domain.predicate import Look, Predicate
from domain.rulebook import HAPPENINGS, NO_RULES, Rulebook
from domain.ticket import Ticket
from tests.support.facts import event_classes, promising_pack
from tests.support.matters import overlay
from tests.support.promises import PROMISES, rulebook_of

TWICE = {"value": "count.clarify", "at_least": 2}
GUARD: Mapping[str, Any] = {
    "rule": "FR-09",
    "upon": ["clarify", "closed"],
    "refuse_when": TWICE,
    "says": "核查两次即可",
}


def guarded(*guards: Mapping[str, Any]) -> Rulebook:
    return rulebook_of({**promising_pack(), "guards": list(guards)})


def clarified(times: int) -> Look:
    return {"count.clarify": times}.get


def changed(place: str, value: Any) -> dict[str, Any]:
    """The pack with one place of it changed, like `obligations.reply.opens`."""
    pack = promising_pack()
    *path, last = place.split(".")
    inner: Any = pack
    for name in path:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    inner[last] = value
    return pack


@pytest.mark.parametrize(
    ("more", "kind", "code", "field"),
    [
        ({}, GuardRefused, "guard_refused", None),
        ({"as_invalid": True, "field": "form.on"}, GuardInvalid, "guard_invalid", "form.on"),
    ],
)
def test_a_guard_refuses_under_its_rule(
    more: Mapping[str, Any], kind: type[DomainError], code: str, field: str | None
) -> None:
    rules = guarded({**GUARD, **more})

    with pytest.raises(DomainError, match="核查两次即可") as refusal:
        rules.refuse("clarify", clarified(times=2))

    assert type(refusal.value) is kind
    assert (refusal.value.code, refusal.value.rule) == (code, "FR-09")
    assert refusal.value.field == field


def test_a_guard_lets_pass_what_its_predicate_does_not_speak_of() -> None:
    guarded(GUARD).refuse("clarify", clarified(times=1))


def test_a_guard_lets_pass_what_it_does_not_stand_before() -> None:
    guarded(GUARD).refuse("answered", clarified(times=2))


def test_the_first_guard_that_refuses_speaks() -> None:
    idle = {**GUARD, "refuse_when": {"value": "count.clarify", "above": 9}, "rule": "FR-10"}
    rules = guarded(idle, GUARD, {**GUARD, "rule": "FR-11"})

    with pytest.raises(GuardRefused) as refusal:
        rules.refuse("closed", clarified(times=2))

    assert refusal.value.rule == "FR-09"


def test_a_guard_of_phrases_asks_nothing_else() -> None:
    PROMISES.refuse("answered", clarified(times=2))


@pytest.mark.parametrize("phrase", PROMISES.lists["forbidden_phrases"])
def test_every_phrase_of_the_list_is_refused(phrase: str) -> None:
    with pytest.raises(ForbiddenPhrase) as refusal:
        PROMISES.refuse_phrases("answered", f"您好，{phrase}。")

    assert (refusal.value.rule, refusal.value.facts) == ("LG-02", {"phrase": phrase})


@pytest.mark.parametrize(("word", "text"), [("answered", "您好"), ("noted", "我不知道")])
def test_other_words_and_other_places_are_free(word: str, text: str) -> None:
    PROMISES.refuse_phrases(word, text)


@pytest.mark.parametrize("text", ["这不是 我管的事", "喊什么，等一会儿", "Don't Ask ME"])
def test_a_phrase_is_found_however_it_is_written(text: str) -> None:
    guard = {"rule": "LG-02", "forbids": "rude", "says": "忌语"}
    lists = {"rude": ["这不是我管的事", "喊什么,等一会儿", "don't ask me"]}
    rules = merged([PackContent.read(overlay(guards=[guard], lists=lists))], PROMISES.calendars)

    with pytest.raises(ForbiddenPhrase) as refusal:
        rules.refuse_phrases("visit", text, "form.told")

    assert refusal.value.field == "form.told"


def test_only_a_guard_of_phrases_may_stand_before_everything() -> None:
    idle = {name: said for name, said in GUARD.items() if name != "upon"}

    with pytest.raises(PackInvalid, match="upon names nothing"):
        PackContent.read(overlay(guards=[idle]))


def test_a_guard_without_phrases_reads_no_texts() -> None:
    guarded(GUARD).refuse_phrases("clarify", "我不知道")


def test_no_rules_refuse_nothing() -> None:
    NO_RULES.refuse("closed", clarified(times=2))
    NO_RULES.refuse_phrases("answered", "我不知道")


@pytest.mark.parametrize("version", [1, 2])
def test_the_rules_of_a_pack_are_all_that_it_says(version: int) -> None:
    content = PackContent.read({**promising_pack(), "version": version})

    rules = merged([content], PROMISES.calendars)

    assert list(rules.obligations) == ["reply", "accept_transfer", "follow_up", "instruct"]
    assert (rules.guards, rules.lists) == (content.guards, content.lists)
    assert rules.calendars is PROMISES.calendars


def test_packs_may_name_all_that_happens_to_a_ticket() -> None:
    happenings = [kind for kind in event_classes(Ticket) if issubclass(kind, Happening)]
    there_are = {kind.TOPIC.removeprefix("ticket.") for kind in happenings}

    named_by_their_packs = {"step-taken", "followed"}

    assert there_are - named_by_their_packs | {"answered-in-part"} <= HAPPENINGS


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (
            "obligations.reply.opens",
            ["clarfy"],
            "obligations.reply.opens: nothing is called clarfy",
        ),
        (
            "obligations.reply.met_by",
            {"any": ["answred"]},
            "obligations.reply.met_by: nothing is called answred",
        ),
        ("obligations.reply.blocks", ["shut"], "obligations.reply.blocks: nothing is called shut"),
        ("guards.0.upon", ["said"], "guards.0.upon: nothing is called said"),
        ("guards.0.forbids", "rude", "guards.0.forbids: no list is called rude"),
    ],
)
def test_a_pack_that_names_what_never_happens_is_refused_by_place(
    place: str, value: Any, fault: str
) -> None:
    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(changed(place, value))

    assert refusal.value.facts["faults"] == [fault]


def test_a_step_that_states_a_fact_is_named_by_that_fact() -> None:
    with pytest.raises(PackInvalid, match="nothing is called answer"):
        PackContent.read(changed("obligations.reply.met_by", {"all": ["answer"]}))


def test_every_fault_of_a_pack_is_told_at_once() -> None:
    pack = changed("obligations.reply.opens", ["b", "a"])
    pack["guards"][0]["upon"] = ["c"]

    with pytest.raises(PackInvalid) as refusal:
        PackContent.read(pack)

    assert [fault.rpartition(" ")[2] for fault in refusal.value.facts["faults"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        ("obligations.reply.met_by", {}, "nothing meets it"),
        ("obligations.reply.limit", {"kind": "soon"}, "limit"),
        ("obligations.reply.responsible", "somebody", "responsible"),
        ("obligations.reply.when", {"valeu": "form.a"}, "valeu"),
        ("obligations.reply.color", "red", "color"),
        ("guards.0.refuse_when", {"value": 5}, "refuse_when"),
        ("lists.forbidden_phrases", [""], "lists"),
    ],
)
def test_a_pack_in_another_shape_is_refused_by_place(place: str, value: Any, named: str) -> None:
    with pytest.raises(PackInvalid, match=named):
        PackContent.read(changed(place, value))


@pytest.mark.parametrize(("docs", "is_filled"), [((), False), (("身份证",), True)])
def test_whether_an_item_needs_any_papers_can_be_asked(
    docs: tuple[str, ...], is_filled: bool
) -> None:
    book = Rulebook(items={"id_card": ServiceItem(title="身份证办理", required_docs=docs)})
    asked = Predicate(value="item.required_docs", filled=True)

    assert asked.holds(lambda path: book.look(path, "id_card")) is is_filled
