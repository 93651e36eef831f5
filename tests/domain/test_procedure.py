from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from domain.errors import Invalid
from domain.form import FormField, FormIncomplete, FormRefused
from domain.procedure import Procedure, Step
from tests.support.facts import C1, CONSULTATION, INSTALLATION, RECORDED, said


def nothing(path: str) -> None:
    """A ticket of which nothing is known."""


def procedure(**otherwise: Any) -> Procedure:
    words: dict[str, Any] = {
        "register": "matter",
        "initial": "new",
        "final": ["done"],
        "channels": ["phone"],
        "steps": {"work": {"title": "办理", "from": ["new"], "to": "done"}},
    }
    return msgspec.convert(words | otherwise, Procedure)


def step(**otherwise: Any) -> Mapping[str, Any]:
    return {"title": "办理", "from": ["new"], "to": "done", **otherwise}


@pytest.mark.parametrize("sound", [CONSULTATION, INSTALLATION, RECORDED, procedure()])
def test_a_sound_procedure_has_no_faults(sound: Procedure) -> None:
    assert sound.faults() == []


def test_the_states_are_where_it_begins_and_where_its_steps_lead() -> None:
    assert CONSULTATION.states == {"registered", "clarifying", "answered", "completed", "closed"}


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        ("registered", ["clarify", "answer"]),
        ("clarifying", ["answer"]),
        ("answered", ["complete", "close"]),
        ("completed", ["close"]),
        ("closed", ["reopen"]),
    ],
)
def test_the_consultation_goes_its_way(state: str, possible: list[str]) -> None:
    assert CONSULTATION.possible(state) == possible


def test_a_step_that_names_no_start_is_possible_from_anywhere() -> None:
    assert RECORDED.possible("registered") == ["assign", "finish"]
    assert RECORDED.possible("closed") == ["assign", "finish"]


def test_a_universal_fact_is_found_by_what_it_states_not_by_its_name() -> None:
    assert CONSULTATION.step_for("completed", "answered") == "complete"


def test_of_steps_that_state_the_same_fact_the_one_that_starts_here_is_meant() -> None:
    twofold = procedure(
        steps={
            "reply": step(to="heard", fact="answered"),
            "reply_again": step(**{"from": ["heard"], "to": "done"}, fact="answered"),
        }
    )

    assert twofold.step_for("answered", "new") == "reply"
    assert twofold.step_for("answered", "heard") == "reply_again"


def test_a_fact_that_no_step_states_here_is_called_by_its_own_name() -> None:
    assert CONSULTATION.step_for("reopened", "registered") == "reopened"


def test_a_refused_step_names_the_state_and_what_is_possible_there() -> None:
    refusal = CONSULTATION.not_possible("close", "registered")

    assert refusal.detail == (
        "close is not possible in state registered; possible: clarify, answer"
    )
    assert refusal.facts == {"possible": ["clarify", "answer"], "state": "registered"}


def test_where_nothing_is_possible_that_is_said() -> None:
    assert procedure().not_possible("work", "done").detail.endswith("possible: -")


def test_a_final_state_that_no_step_leads_to_is_a_fault() -> None:
    assert procedure(final=["done", "gone"]).faults() == ["final: no step leads to gone"]


def test_a_step_from_a_state_that_there_is_not_is_a_fault() -> None:
    faults = procedure(steps={"work": step(**{"from": ["new", "old"]})}).faults()

    assert faults == ["steps.work.from: no state old"]


def test_a_state_that_nothing_leads_out_of_is_a_fault_unless_it_is_final() -> None:
    steps = {"work": step(), "park": step(to="parked")}

    assert procedure(steps=steps).faults() == ["states: nothing leads out of parked"]
    assert procedure(steps=steps, final=["done", "parked"]).faults() == []


def test_a_form_at_fault_is_told_by_its_step() -> None:
    asked = {"title": "线路", "type": "choice"}

    faults = procedure(steps={"work": step(form={"line": asked})}).faults()

    assert faults == ["steps.work.form.line: a choice needs choices"]


@pytest.mark.parametrize("kind", ["integer", "boolean", "date", "choice"])
def test_what_would_be_stored_in_clear_though_sealed_is_a_fault(kind: str) -> None:
    choices = ["a"] if kind == "choice" else []
    asked = {"title": "生日", "type": kind, "sealed": True, "choices": choices}

    faults = procedure(steps={"work": step(form={"born": asked})}).faults()

    assert faults == ["steps.work.form.born: only a text is sealed"]


def test_a_register_that_case_slips_are_numbered_in_is_a_fault() -> None:
    assert procedure(register="slip").faults() == ["register: slip is that of the case slips"]


def test_every_fault_is_named() -> None:
    faults = procedure(final=["gone"], steps={"work": step(**{"from": ["old"]})}).faults()

    assert faults == [
        "final: no step leads to gone",
        "steps.work.from: no state old",
        "states: nothing leads out of done",
        "states: nothing leads out of new",
    ]


def test_an_unknown_step_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="there is no step dance; there are: work") as refusal:
        procedure().step("dance")

    assert refusal.value.field == "step"


def test_a_form_is_read_field_by_field() -> None:
    asked = Step(
        title="登记",
        to="done",
        form={
            "who": FormField(title="姓名", required=True, sealed=True),
            "how_many": FormField(title="数量", type="integer"),
        },
    )

    assert asked.read_form({"who": " 某 ", "how_many": 0}, C1, nothing) == {
        "who": said(C1, "某"),
        "how_many": 0,
    }
    with pytest.raises(FormIncomplete, match="姓名") as incomplete:
        asked.read_form({"how_many": 1}, C1, nothing)
    with pytest.raises(Invalid, match="no field colour") as unknown:
        asked.read_form(
            {"who": "某", "width": 1, "size": 2, "length": 3, "colour": "red"}, C1, nothing
        )
    assert (incomplete.value.field, unknown.value.field) == ("form.who", "form.colour")


def test_a_required_no_is_an_answer() -> None:
    asked = Step(
        title="登记",
        to="done",
        form={
            "paid": FormField(title="已付", type="boolean", required=True),
            "times": FormField(title="次数", type="integer", required=True),
        },
    )

    assert asked.read_form({"paid": False, "times": 0}, C1, nothing) == {"paid": False, "times": 0}


def test_what_a_form_asks_of_the_ticket_is_looked_up() -> None:
    late = {"must": {"value": "count.visit", "below": 2}, "says": "只上门一次", "field": "who"}
    visit = msgspec.convert(step(form={"who": {"title": "姓名"}}, must=[late]), Step)

    with pytest.raises(FormRefused, match="只上门一次"):
        visit.read_form({"who": "某"}, C1, {"count.visit": 2}.get)
    assert visit.read_form({}, C1, {"count.visit": 1}.get) == {}
