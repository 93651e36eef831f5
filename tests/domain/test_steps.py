from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Invalid
from domain.form import FORM_TEXT_LIMIT, FormIncomplete
from domain.handover import NotOwner, TicketClosed
from domain.procedure import StepNotPossible
from domain.stepping import SlipMissing, TicketSuspended
from domain.ticket import Blocker, Ticket
from tests.support.facts import (
    C1,
    CONSULTATION,
    INSTALLATION,
    LI_NA,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    given,
    new_fact,
    new_facts,
    opened,
    said,
)

ADDRESS = {"address": "幸福路 1 号"}


def issue_slip(ticket: Ticket) -> None:
    ticket.issue_slip(year=2026, act=act())


def survey(ticket: Ticket, **form: Any) -> None:
    ticket.take_step("survey", ADDRESS | form, INSTALLATION, act=act())


def connect(ticket: Ticket) -> None:
    ticket.take_step("connect", {}, INSTALLATION, act=act())


def complete(ticket: Ticket) -> None:
    ticket.complete("已接通", INSTALLATION, act=act())


def suspend(ticket: Ticket) -> None:
    ticket.suspend(Blocker.THIRD_PARTY, act=because("等配件"))


def with_slip() -> Ticket:
    return given(opened(INSTALLATION), issue_slip)


def suspended() -> Ticket:
    return given(opened(INSTALLATION), issue_slip, suspend)


def closed() -> Ticket:
    return given(
        opened(INSTALLATION),
        issue_slip,
        survey,
        connect,
        complete,
        lambda t: t.close(INSTALLATION, act=act()),
    )


def form_stored(**form: Any) -> dict[str, Any]:
    ticket = with_slip()
    survey(ticket, **form)
    stored: dict[str, Any] = new_fact(ticket).form
    return stored


def test_a_step_is_recorded_in_the_packs_own_word() -> None:
    ticket = with_slip()

    survey(ticket)

    fact = new_fact(ticket)
    assert (fact.step, fact.word, fact.state) == ("survey", "现场勘查", "surveyed")
    assert (fact.done_by_id, fact.findings) == (None, [])
    assert (ticket.state, ticket.owner_id) == ("surveyed", LI_NA)


def test_a_step_that_does_not_follow_is_refused_with_those_that_do() -> None:
    ticket = with_slip()

    with pytest.raises(
        StepNotPossible, match="connect is not possible in state registered; possible: survey"
    ) as refusal:
        connect(ticket)

    assert refusal.value.facts == {"possible": ["survey"], "state": "registered"}
    assert new_facts(ticket) == []


def test_a_step_is_not_taken_twice_where_it_does_not_follow_itself() -> None:
    ticket = given(opened(INSTALLATION), issue_slip, survey)

    with pytest.raises(StepNotPossible) as refusal:
        survey(ticket)

    assert refusal.value.facts["possible"] == ["connect"]
    assert new_facts(ticket) == []


def test_an_unknown_step_is_refused_with_those_that_there_are() -> None:
    ticket = with_slip()

    with pytest.raises(
        Invalid, match="there is no step dig; there are: close, complete"
    ) as refusal:
        ticket.take_step("dig", {}, INSTALLATION, act=act())

    assert refusal.value.field == "step"
    assert new_facts(ticket) == []


def test_a_step_that_needs_the_case_slip_waits_for_it() -> None:
    ticket = given(opened(INSTALLATION))

    with pytest.raises(SlipMissing) as refusal:
        survey(ticket)

    assert refusal.value.rule == "FR-01"
    assert new_facts(ticket) == []


def test_a_universal_fact_is_not_taken_as_a_plain_step() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid, match="answered") as refusal:
        ticket.take_step("answer", {}, CONSULTATION, act=act())

    assert refusal.value.field == "step"
    assert new_facts(ticket) == []


def test_only_the_owner_takes_steps() -> None:
    ticket = with_slip()

    with pytest.raises(NotOwner):
        ticket.take_step("survey", ADDRESS, INSTALLATION, act=act(WANG_FANG))

    assert new_facts(ticket) == []


def test_the_owners_deputy_takes_steps() -> None:
    ticket = with_slip()

    ticket.take_step("survey", ADDRESS, INSTALLATION, act=act(ZHAO_LEI, acting_for=LI_NA))

    assert new_facts(ticket) == [Ticket.StepTaken]


def test_a_suspended_ticket_takes_no_steps() -> None:
    ticket = suspended()

    with pytest.raises(TicketSuspended, match="third_party"):
        survey(ticket)

    assert new_facts(ticket) == []


def test_a_suspended_ticket_is_neither_answered_completed_nor_closed() -> None:
    ticket = given(opened(), suspend)

    with pytest.raises(TicketSuspended):
        ticket.answer("可以", True, CONSULTATION, act=act())
    with pytest.raises(TicketSuspended):
        ticket.complete("已办", CONSULTATION, act=act())
    with pytest.raises(TicketSuspended):
        ticket.close(CONSULTATION, act=act())

    assert new_facts(ticket) == []


def test_a_closed_ticket_takes_no_steps() -> None:
    ticket = closed()

    with pytest.raises(TicketClosed):
        survey(ticket)
    with pytest.raises(TicketClosed):
        complete(ticket)

    assert new_facts(ticket) == []


def test_the_possible_steps_are_those_that_start_here() -> None:
    ticket = given(opened())

    assert ticket.possible_steps(CONSULTATION, ticket.looking(act())) == ["clarify", "answer"]


def test_nothing_is_possible_while_suspended() -> None:
    ticket = suspended()

    assert ticket.possible_steps(INSTALLATION, ticket.looking(act())) == []


def test_an_answer_is_recorded_with_whether_it_answers_everything() -> None:
    ticket = given(opened())

    ticket.answer("周一至周五", False, CONSULTATION, act=act())

    fact = new_fact(ticket)
    assert (fact.text, fact.complete, fact.state) == (said(C1, "周一至周五"), False, "answered")
    assert ticket.state == "answered"


def test_a_question_is_clarified_first_and_then_answered() -> None:
    ticket = given(opened(), issue_slip)

    ticket.take_step("clarify", {}, CONSULTATION, act=act())
    ticket.answer("周一至周五", True, CONSULTATION, act=act())

    assert new_facts(ticket) == [Ticket.StepTaken, Ticket.Answered]
    assert ticket.state == "answered"


def test_a_question_being_clarified_is_not_closed_unanswered() -> None:
    ticket = given(
        opened(), issue_slip, lambda t: t.take_step("clarify", {}, CONSULTATION, act=act())
    )

    with pytest.raises(StepNotPossible) as refusal:
        ticket.close(CONSULTATION, act=act())

    assert refusal.value.facts["possible"] == ["answer"]
    assert new_facts(ticket) == []


def test_an_answer_is_given_once() -> None:
    ticket = given(opened(), lambda t: t.answer("可以", True, CONSULTATION, act=act()))

    with pytest.raises(StepNotPossible) as refusal:
        ticket.answer("可以", True, CONSULTATION, act=act())

    assert refusal.value.facts["possible"] == ["complete", "close"]
    assert new_facts(ticket) == []


def test_only_the_owner_answers_and_completes() -> None:
    ticket = given(opened())

    with pytest.raises(NotOwner):
        ticket.answer("可以", True, CONSULTATION, act=act(WANG_FANG))
    with pytest.raises(NotOwner):
        ticket.complete("已办", CONSULTATION, act=act(WANG_FANG))

    assert new_facts(ticket) == []


def test_an_empty_answer_is_refused() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.answer(" ", True, CONSULTATION, act=act())

    assert refusal.value.field == "text"
    assert new_facts(ticket) == []


def test_what_is_done_is_completed_with_its_result() -> None:
    ticket = given(opened(INSTALLATION), issue_slip, survey, connect)

    complete(ticket)

    assert (new_fact(ticket).result, ticket.state) == (said(C1, "已接通"), "completed")


def test_what_is_not_done_is_not_completed() -> None:
    ticket = with_slip()

    with pytest.raises(StepNotPossible):
        complete(ticket)

    assert new_facts(ticket) == []


def test_a_form_keeps_every_type_and_seals_what_speaks_of_a_person() -> None:
    stored = form_stored(room=" 客厅 ", sockets=2, indoors=False, on="2026-11-30", line="fibre")

    assert stored == {
        "address": said(C1, "幸福路 1 号"),
        "room": "客厅",
        "sockets": 2,
        "indoors": False,
        "on": "2026-11-30",
        "line": "fibre",
    }


def test_a_form_leaves_out_what_was_not_filled_in() -> None:
    assert form_stored(room=None, on=None) == {"address": said(C1, "幸福路 1 号")}


@pytest.mark.parametrize("told", ["20261130", "2026-W49-1"])
def test_a_date_is_kept_in_one_way(told: str) -> None:
    assert form_stored(on=told)["on"] == "2026-11-30"


@pytest.mark.parametrize("form", [{}, {"address": None}, {"room": "客厅"}])
def test_a_form_without_a_required_field_is_refused(form: dict[str, Any]) -> None:
    ticket = with_slip()

    with pytest.raises(FormIncomplete, match="地址") as refusal:
        ticket.take_step("survey", form, INSTALLATION, act=act())

    assert refusal.value.field == "form.address"
    assert new_facts(ticket) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("address", 7),
        ("address", "  "),
        ("room", "a\x07b"),
        ("room", "间" * (FORM_TEXT_LIMIT + 1)),
        ("room", ["客厅"]),
        ("sockets", "2"),
        ("sockets", 2.0),
        ("sockets", True),
        ("indoors", "yes"),
        ("indoors", 1),
        ("on", "tomorrow"),
        ("on", "2026-02-30"),
        ("on", "2026-11-30T10:00:00"),
        ("on", 20261130),
        ("line", "copper"),
        ("line", 1),
    ],
)
def test_a_form_with_a_wrong_value_is_refused_and_names_the_field(name: str, value: Any) -> None:
    ticket = with_slip()

    with pytest.raises(Invalid) as refusal:
        survey(ticket, **{name: value})

    assert refusal.value.field == f"form.{name}"
    assert new_facts(ticket) == []


def test_a_wrong_choice_is_refused_with_the_right_ones() -> None:
    with pytest.raises(Invalid, match="must be one of cable, fibre"):
        form_stored(line="copper")
