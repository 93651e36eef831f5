"""What a pack may say of a promise: how long, whose, for each of whom, and what keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import Invalid
from domain.pack_content import PackContent, PackInvalid
from domain.promising import ObligationOpen
from domain.ticket import Ticket
from tests.support.facts import LI_NA, NOON, T1, WANG_FANG, ZHAO_LEI, act, because, replay
from tests.support.matters import HOURS, Matter, kinds, overlay, repair

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
A_DAY = {"kind": "clock", "hours": 24}
PROMISE: dict[str, Any] = {
    "title": "上门",
    "opens": ["opened"],
    "met_by": {"any": ["visit"]},
    "limit": HOURS,
}
DECIDE = {
    "title": "认定",
    "form": {
        "person": {"title": "责任人", "type": "reference"},
        "unit": {"title": "责任部门"},
        "departments": {"title": "部门", "type": "list"},
        "severity": {"title": "程度", "type": "choice", "choices": ["grave", "slight"]},
    },
}
DECIDED = {**PROMISE, "opens": ["decide"]}
ITEM_FORM = {"form": {"item": {"title": "事项"}}}
ITEMS = {"cable": {"title": "有线", "limit": A_DAY}, "advice": {"title": "咨询"}}


def promising(promise: dict[str, Any] | None = None, **otherwise: Any) -> Matter:
    """A repair that promises this, on which things can be decided."""
    care = overlay(
        activities={"decide": DECIDE}, obligations={"it": {**PROMISE, **(promise or {})}}
    )
    return Matter(care, repair(**otherwise))


def of_item(item: str | None) -> Matter:
    by_item = {"title": "办理", "opens": ["opened"], "met_by": {"any": ["visit"]}}
    content = repair(
        procedure={"opening": ITEM_FORM},
        items=ITEMS,
        obligations={"it": {**by_item, "limit_of": "item"}},
    )
    return Matter(content, form={} if item is None else {"item": item})


def due_in(matter: Matter, key: str = "it-1") -> timedelta:
    return matter.promised[key].due_at - NOON


def test_a_service_item_says_how_long_it_takes() -> None:
    assert due_in(of_item("cable")) == DAY


@pytest.mark.parametrize("item", [None, "advice", "unheard of"])
def test_where_an_item_says_nothing_nothing_is_promised(item: str | None) -> None:
    assert of_item(item).promised == {}


@pytest.mark.parametrize(
    ("severity", "promised"), [("grave", [2 * HOUR]), ("slight", [DAY]), (None, [])]
)
@pytest.mark.parametrize("path", ["decide.severity", "form.severity"])
def test_how_long_it_takes_may_depend_on_a_value(
    path: str, severity: str | None, promised: list[timedelta]
) -> None:
    by_value = {"limits": {"grave": HOURS, "slight": A_DAY}, "limit_by": path}
    matter = promising({**DECIDED, "limit": None, **by_value})

    matter.take("decide", severity=severity)

    assert [fact.due_at - NOON for fact in matter.promised.values()] == promised


@pytest.mark.parametrize(
    "limits",
    [
        {"limit": None},
        {"limit_of": "item"},
        {"limit_by": "opened.kind", "limits": {"a": HOURS}},
        {"limit": None, "limit_by": "opened.kind"},
        {"limits": {"a": HOURS}},
        {"limit": None, "limit_of": "item", "limit_by": "x", "limits": {"a": HOURS}},
    ],
)
def test_a_promise_says_in_one_way_how_long_it_takes(limits: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid, match="limit"):
        PackContent.read(overlay(obligations={"it": {**PROMISE, **limits}}))


def test_a_promise_is_opened_only_when_its_condition_holds() -> None:
    grave = {"value": "form.severity", "is": "grave"}
    matter = promising({**DECIDED, "when": grave})

    slight = matter.take("decide", severity="slight")
    grave_one = matter.take("decide", severity="grave")

    assert kinds(slight) == [Ticket.StepTaken]
    assert kinds(grave_one) == [Ticket.StepTaken, Ticket.TimePromised]


@pytest.mark.parametrize("path", ["decide.departments", "form.departments"])
def test_one_promise_is_made_for_each_of_a_list(path: str) -> None:
    matter = promising({**DECIDED, "each": path, "match": "unit"})

    matter.take("decide", departments=["生产", "技术"])

    assert [(fact.key, fact.title, fact.terms["of"]) for fact in matter.promised.values()] == [
        ("it-1", "上门 · 生产", "生产"),
        ("it-2", "上门 · 技术", "技术"),
    ]
    assert [known.name for known in matter.ticket.obligations.values()] == [
        "上门 · 生产",
        "上门 · 技术",
    ]


def test_each_promise_is_kept_by_its_own_entry_alone() -> None:
    matter = promising({**DECIDED, "each": "decide.departments", "match": "unit"})
    matter.take("decide", departments=["生产", "技术"])

    matter.take("visit", unit="质检")
    nobody = [matter.met(key) for key in ("it-1", "it-2")]
    matter.take("visit", unit="技术")
    one = [matter.met(key) for key in ("it-1", "it-2")]
    matter.take("visit", unit="生产")

    assert (nobody, one) == ([False, False], [False, True])
    assert matter.met("it-1")


def test_each_promise_may_be_owed_by_whom_it_is_for() -> None:
    matter = promising({**DECIDED, "each": "decide.departments", "responsible": "each"})

    matter.take("decide", departments=[str(WANG_FANG), str(ZHAO_LEI)])

    owed = [fact.responsible_id for fact in matter.promised.values()]
    assert owed == [WANG_FANG, ZHAO_LEI]


def test_what_is_no_id_of_a_colleague_owes_nothing() -> None:
    matter = promising({**DECIDED, "each": "decide.departments", "responsible": "each"})

    with pytest.raises(Invalid, match="生产") as refusal:
        matter.take("decide", departments=["生产"])

    assert refusal.value.field == "decide.departments"


def test_each_is_responsible_only_where_there_is_a_list() -> None:
    with pytest.raises(PackInvalid, match="responsible"):
        PackContent.read(overlay(obligations={"it": {**PROMISE, "responsible": "each"}}))


def test_promises_that_nothing_tells_apart_are_kept_together() -> None:
    matter = promising({**DECIDED, "each": "decide.departments"})
    matter.take("decide", departments=["生产", "技术"])

    matter.take("visit", unit="质检")

    assert matter.met("it-1")
    assert matter.met("it-2")


def test_of_what_is_no_list_one_is_promised_and_it_is_owed_until_it_is_kept() -> None:
    matter = promising({**DECIDED, "each": "form.unit", "match": "unit"})
    look = matter.ticket.looking(act())
    for unit in ("生产", "技术"):
        matter.take("decide", unit=unit)

    both = look("owed.it")
    matter.take("visit", unit="生产")

    assert [known.name for known in matter.ticket.obligations.values()] == [
        "上门 · 生产",
        "上门 · 技术",
    ]
    assert (both, look("owed.it"), look("owed.other")) == (["生产", "技术"], ["技术"], [])


def test_of_an_empty_list_nothing_is_promised() -> None:
    matter = promising({**DECIDED, "each": "decide.departments"})

    assert kinds(matter.take("decide")) == [Ticket.StepTaken]


@pytest.mark.parametrize("path", ["form.ok", "visit.ok"])
def test_only_such_a_happening_keeps_a_promise(path: str) -> None:
    matter = promising({"met_when": {"value": path, "is": True}})

    matter.take("visit", ok=False)
    failed = matter.met("it-1")
    matter.take("visit")
    unknown = matter.met("it-1")
    matter.take("visit", ok=True, at=NOON + HOUR)

    assert (failed, unknown) == (False, False)
    assert matter.ticket.obligations["it-1"].met_at == NOON + HOUR


def test_a_condition_of_keeping_asks_what_kept_it_not_what_came_before() -> None:
    twice = {"met_by": {"any": ["visit", "decide"]}, "met_when": {"value": "form.ok", "is": True}}
    matter = promising({**twice, "opens": ["decide"]})

    matter.take("visit", ok=True)
    matter.take("decide")
    matter.take("decide")

    assert not matter.met("it-1")


def test_a_promise_is_kept_by_whom_a_form_names() -> None:
    matter = promising({**DECIDED, "responsible": "=decide.person"})

    matter.take("decide", person=str(WANG_FANG))
    matter.take("decide")

    assert [fact.responsible_id for fact in matter.promised.values()] == [WANG_FANG, LI_NA]
    assert matter.ticket.obligations["it-1"].responsible == str(WANG_FANG)


def test_whom_a_form_named_keeps_it_when_the_ticket_goes_to_another() -> None:
    matter = promising({**DECIDED, "responsible": "=decide.person"})
    matter.take("decide", person=str(LI_NA))

    matter.do(lambda t: t.offer_transfer(WANG_FANG, None, act=because()))
    news = matter.do(lambda t: t.accept_transfer(act=because(by=WANG_FANG)))

    assert kinds(news) == [Ticket.TransferAccepted]
    assert matter.ticket.obligations["it-1"].responsible == str(LI_NA)


@pytest.mark.parametrize("said", ["=decide.person", "asked", "offered"])
def test_what_the_owner_keeps_for_want_of_another_goes_with_the_ticket(said: str) -> None:
    matter = promising({**DECIDED, "responsible": said})
    matter.take("decide")

    matter.do(lambda t: t.offer_transfer(WANG_FANG, None, act=because()))
    news = matter.do(lambda t: t.accept_transfer(act=because(by=WANG_FANG)))

    assert matter.promised["it-1"].held_by == "owner"
    assert kinds(news) == [Ticket.TransferAccepted, Ticket.ResponsibilityMoved]
    assert matter.ticket.obligations["it-1"].responsible == str(WANG_FANG)


@pytest.mark.parametrize("said", ["decide.person", "somebody", ""])
def test_a_promise_is_kept_by_a_standing_or_a_path(said: str) -> None:
    with pytest.raises(PackInvalid, match="responsible"):
        PackContent.read(overlay(obligations={"it": {**PROMISE, "responsible": said}}))


def test_what_else_was_said_of_a_promise_is_kept_with_it() -> None:
    matter = promising(
        {**DECIDED, "role": "director", "unit": "=decide.unit", "client_facing": True}
    )

    matter.take("decide", unit="生产")

    terms = matter.promised["it-1"].terms
    assert (terms["role"], terms["unit"], terms["client_facing"]) == ("director", "生产", True)
    assert matter.ticket.terms["it-1"] == terms


def test_a_unit_may_be_named_outright() -> None:
    assert promising({"unit": "workshop"}).promised["it-1"].terms["unit"] == "workshop"


def test_of_a_promise_that_says_no_more_nothing_more_is_kept() -> None:
    assert promising().promised["it-1"].terms == {}


def close(matter: Matter) -> list[Any]:
    matter.take("visit")
    return matter.close()


def test_what_outlives_its_ticket_is_still_to_be_done() -> None:
    call_back = {"opens": ["visit"], "met_by": {"any": ["call"]}, "ends_with_ticket": False}
    care = overlay(
        activities={"call": {"title": "回访", "after_closing": True}},
        obligations={"it": {**PROMISE, **call_back}},
    )
    matter = Matter(care, repair())

    news = close(matter)
    open_then = matter.ticket.look("open.it", NOON)
    matter.take("call")

    assert kinds(news) == [Ticket.Closed]
    assert (open_then, matter.ticket.look("open.it", NOON)) == (1, 0)
    assert matter.met("it-1")


def test_what_ends_with_its_ticket_stands_still_from_then_on() -> None:
    matter = promising({"met_by": {"any": ["decide"]}})

    news = close(matter)

    assert kinds(news) == [Ticket.Closed, Ticket.ClockStopped]
    assert matter.is_over("it-1")
    assert not matter.met("it-1")


def test_a_step_of_the_packs_own_word_that_ends_the_matter_stops_its_clocks() -> None:
    drop = {"title": "撤销", "from": ["registered"], "to": "closed"}
    matter = promising(steps={"drop": drop})

    news = matter.take("drop")

    assert kinds(news) == [Ticket.StepTaken, Ticket.Closed, Ticket.ClockStopped]
    assert matter.ticket.is_closed


def test_an_activity_may_be_blocked_by_what_comes_first() -> None:
    matter = promising({"blocks": ["decide"], "rule": "CH-07"})

    with pytest.raises(ObligationOpen) as refusal:
        matter.take("decide")
    matter.take("visit")

    assert (refusal.value.rule, refusal.value.facts["obligation"]) == ("CH-07", "it-1")
    assert kinds(matter.take("decide")) == [Ticket.StepTaken]


def test_a_history_of_such_promises_replays_to_the_same_ticket() -> None:
    matter = promising({**DECIDED, "each": "decide.departments", "match": "unit"})
    matter.take("decide", departments=["生产", "技术"])
    matter.take("visit", unit="技术")

    again: Ticket = replay(matter.facts)

    assert again.id == T1
    assert again.obligations == matter.ticket.obligations
    assert again.terms == matter.ticket.terms
