"""Registering a matter: its form, whose it is, and what may be refused at the door."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Invalid
from domain.form import FormIncomplete, FormRefused
from domain.pack_content import PackContent, PackInvalid
from domain.pack_rules import GuardRefused
from domain.sealed import Sealed
from domain.ticket import Ticket
from tests.support.facts import C1, NOON, T1, act
from tests.support.matters import HOURS, Matter, kinds, overlay, repair

OPENING: dict[str, Any] = {
    "form": {
        "content": {"title": "内容", "required": True, "sealed": True},
        "kind": {"title": "类别", "type": "choice", "choices": ["quality", "service"]},
        "times": {"title": "次数", "type": "integer"},
    },
    "must": [
        {
            "must": {"not": {"value": "form.times", "above": 99}},
            "says": "次数不实",
            "field": "times",
            "rule": "CH-03",
        }
    ],
}


def asking(**otherwise: Any) -> dict[str, Any]:
    """A repair that asks for a form when it is registered."""
    return repair(procedure={"opening": OPENING}, **otherwise)


def first(matter: Matter) -> Ticket.Opened:
    opened = matter.facts[0]
    assert isinstance(opened, Ticket.Opened)
    return opened


def test_the_form_of_a_matter_is_kept_and_what_speaks_of_a_person_sealed() -> None:
    matter = Matter(asking(), form={"content": "坏了", "kind": "quality"})

    assert first(matter).form == {"content": Sealed(C1, "坏了"), "kind": "quality"}


def test_rules_may_ask_the_opening_form_but_nothing_sealed() -> None:
    ticket = Matter(asking(), form={"content": "坏了", "kind": "quality"}).ticket

    asked = [ticket.look(f"opened.{name}", NOON) for name in ("kind", "content", "channel")]

    assert asked == ["quality", None, "phone"]


@pytest.mark.parametrize(
    ("form", "kind", "field"),
    [
        ({}, FormIncomplete, "form.content"),
        ({"content": " "}, Invalid, "form.content"),
        ({"content": "坏了", "kind": "taste"}, Invalid, "form.kind"),
        ({"content": "坏了", "colour": "red"}, Invalid, "form.colour"),
        ({"content": "坏了", "times": "3"}, Invalid, "form.times"),
        ({"content": "坏了", "times": 100}, FormRefused, "form.times"),
    ],
)
def test_a_matter_is_registered_with_its_form_or_not_at_all(
    form: dict[str, Any], kind: type[Invalid], field: str
) -> None:
    with pytest.raises(kind) as refusal:
        Matter(asking(), form=form)

    assert refusal.value.field == field


def test_what_a_form_must_say_is_refused_under_its_rule() -> None:
    with pytest.raises(FormRefused, match="次数不实") as refusal:
        Matter(asking(), form={"content": "坏了", "times": 100})

    assert refusal.value.rule == "CH-03"


def test_where_no_form_is_asked_for_none_is_taken() -> None:
    with pytest.raises(Invalid, match="no field kind") as refusal:
        Matter(repair(), form={"kind": "quality"})

    assert refusal.value.field == "form.kind"


def test_a_guard_may_stand_at_the_door() -> None:
    guard = {
        "rule": "CH-04",
        "upon": ["opened"],
        "refuse_when": {"value": "form.kind", "is": "service"},
        "says": "走服务流程",
    }

    with pytest.raises(GuardRefused, match="走服务流程"):
        Matter(overlay(guards=[guard]), asking(), form={"content": "坏了", "kind": "service"})

    Matter(overlay(guards=[guard]), asking(), form={"content": "坏了", "kind": "quality"})


@pytest.mark.parametrize("path", ["form.kind", "opened.kind"])
def test_the_opening_form_opens_obligations_and_consequences(path: str) -> None:
    quality = {"value": path, "is": "quality"}
    promise = {"title": "检", "opens": ["opened"], "met_by": {"any": ["visit"]}, "limit": HOURS}
    follows = {"upon": ["opened"], "records": "told", "title": "告知", "when": quality}
    rules = overlay(obligations={"check": {**promise, "when": quality}}, consequences=[follows])

    quality_one = Matter(rules, asking(), form={"content": "坏了", "kind": "quality"})
    service_one = Matter(rules, asking(), form={"content": "坏了", "kind": "service"})

    assert kinds(quality_one.facts) == [Ticket.Opened, Ticket.TimePromised, Ticket.Followed]
    assert kinds(service_one.facts) == [Ticket.Opened]


def test_a_matter_says_which_packs_it_follows() -> None:
    matter = Matter(overlay(), repair(), packs={"care": 1})

    assert (first(matter).packs, first(matter).pack_version) == ({"care": 1}, 1)
    assert list(matter.ticket.pins.items()) == [("care", 1), ("repair", 1)]


@pytest.mark.parametrize(("procedure", "priority"), [({}, 5), ({"priority": 2}, 2)])
def test_a_procedure_says_how_urgent_its_matters_are(
    procedure: dict[str, Any], priority: int
) -> None:
    assert first(Matter(repair(procedure=procedure))).priority == priority


@pytest.mark.parametrize("priority", [0, 10, "high"])
def test_a_priority_is_a_digit(priority: Any) -> None:
    with pytest.raises(PackInvalid, match="priority"):
        PackContent.read(repair(procedure={"priority": priority}))


@pytest.mark.parametrize("client", ["none", "optional"])
def test_a_matter_of_the_house_has_no_client_and_a_key_of_its_own(client: str) -> None:
    matter = Matter(
        repair(procedure={"client": client, "opening": OPENING}),
        client_id=None,
        form={"content": "坏了"},
    )

    assert (first(matter).client_id, matter.ticket.client_id) == (None, None)
    assert first(matter).matter.subject == T1 == matter.ticket.subject
    assert first(matter).form["content"].subject == T1
    assert matter.ticket.look("this.origin", NOON) == "internal"


def test_what_is_written_in_a_matter_of_the_house_is_sealed_under_its_key() -> None:
    matter = Matter(repair(procedure={"client": "none"}), client_id=None)
    because_of_it = act(reason="有缘由")

    [fact] = matter.do(lambda t: t.correct(1, "matter", "另一事", act=because_of_it))

    assert isinstance(fact, Ticket.Corrected)
    assert fact.text.subject == T1
    assert fact.reason is not None
    assert fact.reason.subject == T1


def test_a_matter_may_have_a_client_where_that_is_left_open() -> None:
    matter = Matter(repair(procedure={"client": "optional"}))

    assert matter.ticket.subject == C1
    assert matter.ticket.look("this.origin", NOON) == "external"


@pytest.mark.parametrize(
    ("client", "client_id", "rule"), [("required", None, "PX-01"), ("none", C1, None)]
)
def test_whose_matter_it_is_is_for_the_procedure_to_say(
    client: str, client_id: Any, rule: str | None
) -> None:
    with pytest.raises(Invalid) as refusal:
        Matter(repair(procedure={"client": client}), client_id=client_id)

    assert (refusal.value.field, refusal.value.rule) == ("client_id", rule)


def test_a_procedure_that_names_no_channel_takes_matters_on_any() -> None:
    content = repair(procedure={"channels": []})

    assert first(Matter(content, channel="pigeon")).channel == "pigeon"
    with pytest.raises(Invalid) as refusal:
        Matter(repair(), channel="pigeon")
    assert (refusal.value.field, refusal.value.rule) == ("channel", "CT-04")
