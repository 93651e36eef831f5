"""`yice review`: where somebody stepped in, whose hands did what, and who took evidence out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import pytest
from click.testing import CliRunner

from application.desk import Actor
from application.instances import ExportEvidence
from infrastructure.wiring import Parts
from interface.cli import main
from interface.review_cli import review
from tests.interface.given import CORRECTION, MORE_TIME, TO_WANG_FANG, clarifying, in_force
from tests.support.facts import C1, LI_NA, M1, NOON, WANG_FANG, promising_pack
from tests.support.http import Office, Person, id_in

Run = Callable[..., Any]


@pytest.fixture
def run(office: Office) -> Run:
    """One question on the desk of the office, answered as JSON, or as people see it."""

    @contextmanager
    def opener() -> Iterator[Parts]:
        yield office.parts

    def ran(*words: str, plain: bool = False) -> Any:
        asked = words if plain else (*words, "--json")
        result = CliRunner().invoke(review, asked, obj=opener)
        assert result.exit_code == 0, result.output
        return result.stdout if plain else json.loads(result.stdout)

    return ran


def test_where_somebody_stepped_in_is_listed_with_who_had_asked(
    run: Run, office: Office, li_na: Person, manager: Person
):
    in_force(office, promising_pack())
    ticket = clarifying(li_na)
    li_na.post(f"{ticket}/obligations/reply-1/extension", MORE_TIME)
    manager.post(f"{ticket}/obligations/reply-1/extension/approval")
    li_na.post(f"{ticket}/corrections", CORRECTION)
    manager.post(f"/v1/clients/{C1}/erasure", {"ground": "consent-withdrawn", "reason": "来函"})

    listed = run("interventions")

    me, boss = f"staff:{LI_NA}", f"staff:{M1}"
    assert [(one["topic"], one["by"], one["asked_by"], one["of"]) for one in listed] == [
        ("ticket.extension-asked", me, None, str(id_in(ticket))),
        ("ticket.time-extended", boss, me, str(id_in(ticket))),
        ("ticket.corrected", me, None, str(id_in(ticket))),
        ("client.erasure-requested", boss, None, str(C1)),
    ]
    assert listed[0]["reason"] == MORE_TIME["reason"]
    assert f"by {boss}, asked for by {me}," in run("interventions", plain=True)


def test_where_nobody_stepped_in_that_is_said(run: Run, office: Office):
    assert run("interventions") == []
    assert run("interventions", plain=True) == "none\n"


@pytest.fixture
def one_hand(office: Office, li_na: Person, wang_fang: Person, manager: Person) -> str:
    """Opened and worked on by the manager, taken by Wang Fang, whose promise the manager waives.

    Of another's ticket they waive a promise, too.
    """
    in_force(office, promising_pack())
    waiver = {"ground": "withdrawn", "reason": "客户撤回"}
    manager.post(f"{clarifying(li_na)}/obligations/reply-1/waiver", waiver)
    ticket = clarifying(manager)
    manager.post(f"{ticket}/transfer", TO_WANG_FANG)
    wang_fang.post(f"{ticket}/transfer/acceptance")
    assert manager.post(f"{ticket}/obligations/reply-1/waiver", waiver).status == 200
    return str(id_in(ticket))


def test_one_person_who_raised_handled_and_approved_is_found(
    run: Run, office: Office, one_hand: str
):
    [found] = run("hands")

    assert (found["ticket_id"], found["person"]) == (one_hand, f"staff:{M1}")
    assert found["raised"] == [1]
    assert found["handled"]
    assert found["approved"]
    said = run("hands", plain=True)
    assert said.startswith(f"{one_hand} staff:{M1}: raised 1; handled ")


def test_of_one_ticket_everybody_is_told(run: Run, office: Office, one_hand: str):
    listed = {one["person"]: one for one in run("hands", one_hand)}

    assert listed.keys() == {f"staff:{M1}", f"staff:{WANG_FANG}"}
    taker = listed[f"staff:{WANG_FANG}"]
    assert (taker["raised"], taker["approved"]) == ([], [])
    assert len(taker["handled"]) == 1


def test_every_export_is_listed_with_who_took_it(run: Run, office: Office):
    office.parts.enrol(lambda: NOON)
    taken = ExportEvidence(
        by=Actor.system("operator"),
        command_id="export-1",
        received_at=NOON,
        scope="everything",
        size=office.head(),
        digest="d1" * 32,
    )
    receipt = office.parts.instances.export_evidence(taken)

    [export] = run("exports")

    assert (export["position"], export["by"]) == (receipt.position, "system:operator")
    assert (export["scope"], export["digest"]) == ("everything", "d1" * 32)
    assert "everything of" in run("exports", plain=True)


def test_it_is_a_command_of_yice():
    assert main.commands["review"] is review
    assert isinstance(review, click.Group)
