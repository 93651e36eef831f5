"""A ticket that goes over to newer versions of its packs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import Invalid
from domain.handover import NotOwner
from domain.procedure import StepNotPossible
from domain.stepping import AlreadyNewest, OlderVersions
from domain.ticket import Ticket
from tests.support.facts import LI_NA, M1, NOON, T1, WANG_FANG, act, because, replay
from tests.support.matters import HOURS, Matter, kinds, overlay, repair, under

PROMISE: dict[str, Any] = {
    "title": "上门",
    "opens": ["opened"],
    "met_by": {"any": ["visit"]},
    "limit": HOURS,
}
SLOWER = {**PROMISE, "limit": {"kind": "clock", "hours": 48}}
OLD = repair(obligations={"come": PROMISE, "greet": {**PROMISE, "title": "问候"}})
NEW = repair(
    version=2,
    steps={"test": {"title": "试机", "from": ["registered"], "to": "visited"}},
    obligations={"come": SLOWER},
)


def move(
    matter: Matter, *packs: dict[str, Any], mandatory: Collection[str] = (), **who: Any
) -> list[Any]:
    procedure, rules = under(*packs)
    pins = {content["pack"]: content["version"] for content in packs}
    version = pins.pop("repair")
    mover = act(**{"by": LI_NA, "reason": "新制度"} | who)
    news = matter.do(
        lambda t: t.move_to_version(version, pins, procedure, rules, act=mover, mandatory=mandatory)
    )
    matter.procedure = procedure
    return news


def test_it_is_on_record_which_versions_it_follows_and_which_clocks_went_on() -> None:
    matter = Matter(OLD)

    moved, stopped = move(matter, overlay(), NEW)

    assert isinstance(moved, Ticket.MovedToVersion)
    assert (moved.pack_version, moved.packs) == (2, {"care": 1})
    assert (moved.kept, moved.dropped) == (["come-1"], ["greet-1"])
    assert isinstance(stopped, Ticket.ClockStopped)
    assert stopped.key == "greet-1"
    assert list(matter.ticket.pins.items()) == [("care", 1), ("repair", 2)]


def test_a_clock_that_goes_on_goes_on_as_it_was_promised() -> None:
    matter = Matter(OLD)
    due = matter.ticket.obligations["come-1"].due

    move(matter, NEW)

    assert matter.ticket.obligations["come-1"].due == due
    assert not matter.is_over("come-1")
    assert matter.is_over("greet-1")
    assert not matter.met("greet-1")


def test_a_clock_that_went_on_is_still_met() -> None:
    matter = Matter(OLD)
    move(matter, NEW)

    matter.take("visit")

    assert matter.met("come-1")


def test_what_was_kept_already_is_neither_kept_on_nor_dropped() -> None:
    matter = Matter(OLD)
    matter.take("visit")

    [moved] = move(matter, NEW)

    assert (moved.kept, moved.dropped) == ([], [])


def test_from_then_on_it_is_the_new_rules_that_hold() -> None:
    guard = {"rule": "CH-30", "upon": ["noted"], "refuse_when": {"value": "this.state", "is": "x"}}
    promise = {**PROMISE, "opens": ["test"], "met_by": {"any": ["closed"]}}
    newer = {**NEW, "obligations": {"check": promise}, "guards": [{**guard, "says": "否"}]}
    matter = Matter(OLD)
    before = matter.possible

    move(matter, newer)
    news = matter.take("test")

    assert before == ["visit"]
    assert kinds(news) == [Ticket.StepTaken, Ticket.TimePromised]


def test_it_is_moved_with_a_reason() -> None:
    matter = Matter(OLD)

    with pytest.raises(Invalid) as refusal:
        move(matter, NEW, reason=None)

    assert refusal.value.field == "reason"
    assert matter.ticket.pins == {"repair": 1}


@pytest.mark.parametrize("packs", [[OLD], [OLD, NEW]])
def test_what_follows_the_newest_versions_stays(packs: list[dict[str, Any]]) -> None:
    matter = Matter(packs[0])
    for newer in packs[1:]:
        move(matter, newer)

    with pytest.raises(AlreadyNewest) as refusal:
        move(matter, packs[-1])

    assert refusal.value.code == "already_newest"


def test_an_overlay_alone_may_be_what_is_newer() -> None:
    matter = Matter(OLD)

    news = move(matter, overlay(activities={"call": {"title": "跟踪"}}), OLD)

    assert kinds(news) == [Ticket.MovedToVersion]
    assert matter.possible == ["call", "visit"]


@pytest.mark.parametrize("role", ["cs_supervisor", "director"])
def test_besides_its_owner_only_who_supervises_moves_it(role: str) -> None:
    matter = Matter(OLD)

    with pytest.raises(NotOwner):
        move(matter, NEW, by=WANG_FANG, roles=["cs_officer"])
    news = move(matter, NEW, by=M1, roles=[role])

    assert isinstance(news[0], Ticket.MovedToVersion)


def test_it_goes_over_to_no_older_version() -> None:
    matter = Matter(OLD)
    move(matter, overlay(version=2), NEW)

    for older in ([overlay(version=2), OLD], [overlay(), repair(version=3)]):
        with pytest.raises(OlderVersions) as refusal:
            move(matter, *older)
        assert (refusal.value.code, refusal.value.rule) == ("older_versions", "GV-06")

    assert matter.ticket.pins == {"care": 2, "repair": 2}


def test_it_loses_no_mandatory_pack_though_it_may_lose_another() -> None:
    matter = Matter(OLD)
    move(matter, overlay("care"), overlay("duty"), OLD)

    with pytest.raises(OlderVersions, match="duty") as refusal:
        move(matter, NEW, mandatory=["duty"])
    move(matter, overlay("duty"), NEW, mandatory=["duty"])

    assert refusal.value.rule == "FR-11"
    assert matter.ticket.pins == {"duty": 1, "repair": 2}


def test_what_was_promised_by_no_pack_goes_on() -> None:
    matter = Matter(OLD)
    demand = {"unit": "main", "year": 2026, "act": act(M1)}
    matter.do(lambda t: t.issue_notice("说明情况", NOON + timedelta(days=1), **demand))

    moved, _ = move(matter, NEW)
    matter.do(lambda t: t.answer_notice("已处理", act=act()))

    assert (moved.kept, moved.dropped) == (["come-1", "supervision-1"], ["greet-1"])
    assert matter.met("supervision-1")


def test_it_is_not_moved_where_it_could_not_go_on() -> None:
    matter = Matter(OLD)
    matter.take("visit")
    steps = {"close": {"title": "结案", "from": ["registered"], "to": "closed", "fact": "closed"}}
    reopen = {"title": "重", "from": ["closed"], "to": "registered", "fact": "reopened"}
    shorter = {**repair(version=2)["procedure"], "steps": {**steps, "reopen": reopen}}

    with pytest.raises(StepNotPossible, match="no state visited") as refusal:
        move(matter, {**NEW, "procedure": shorter, "obligations": {}})

    assert refusal.value.facts == {"state": "visited"}
    assert matter.ticket.pins == {"repair": 1}


def test_a_history_across_versions_replays_to_the_same_ticket() -> None:
    matter = Matter(OLD)
    move(matter, overlay(), NEW)
    matter.do(lambda t: t.offer_transfer(WANG_FANG, None, act=because()))

    again: Ticket = replay(matter.facts)

    assert (again.id, again.pins) == (T1, matter.ticket.pins)
    assert again.obligations == matter.ticket.obligations
    assert again.look("count.moved-to-version", NOON) == 1
