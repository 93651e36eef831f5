from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import INSTALLATION_PACK, LI_NA
from tests.support.http import Office, Person, opened


@pytest.fixture(scope="module")
def installation(shared_office: Office) -> None:
    """A pack whose step asks for a form."""
    in_force(shared_office, INSTALLATION_PACK)


@pytest.fixture
def ticket(shared_office: Office, installation: None) -> str:
    """A ticket for which a survey may be made."""
    return surveyable(shared_office.person(LI_NA))


def surveyable(person: Person) -> str:
    ticket = opened(person, procedure="installation", channel="phone")
    person.post(f"{ticket}/slip")
    return ticket


def test_a_form_is_kept_and_what_speaks_of_a_person_is_sealed(shared_office: Office, ticket: str):
    li_na = shared_office.person(LI_NA)
    form = {"address": "三号楼", "sockets": 2, "indoors": True, "on": "2026-11-24", "line": "cable"}

    answer = li_na.post(f"{ticket}/steps/survey", {"form": form})

    assert answer.carried_out == [Ticket.StepTaken]
    assert answer.event.form["address"].text == "三号楼"
    [step] = li_na.get(ticket).body["file"]["steps"]
    assert (step["step"], step["word"], step["form"]) == ("survey", "现场勘查", form)


@pytest.mark.parametrize(
    ("form", "code", "field"),
    [
        ({}, "form_incomplete", "form.address"),
        ({"address": None}, "form_incomplete", "form.address"),
        ({"address": ""}, "invalid", "form.address"),
        ({"address": "a\0b"}, "invalid", "form.address"),
        ({"address": 7}, "invalid", "form.address"),
        ({"address": ["三号楼"]}, "invalid", "form.address"),
        ({"address": "长" * 4_001}, "invalid", "form.address"),
        ({"address": "三号楼", "room": "\u202e\x1b[2J"}, "invalid", "form.room"),
        ({"address": "三号楼", "sockets": 1.5}, "invalid", "form.sockets"),
        ({"address": "三号楼", "sockets": True}, "invalid", "form.sockets"),
        ({"address": "三号楼", "sockets": "2"}, "invalid", "form.sockets"),
        ({"address": "三号楼", "indoors": 1}, "invalid", "form.indoors"),
        ({"address": "三号楼", "sockets": 10**15}, "invalid", "form.sockets"),
        ({"address": "三号楼", "on": "24.11.2026"}, "invalid", "form.on"),
        ({"address": "三号楼", "on": "0001-01-01"}, "invalid", "form.on"),
        ({"address": "三号楼", "on": "9999-12-31"}, "invalid", "form.on"),
        ({"address": "三号楼", "line": "string"}, "invalid", "form.line"),
        ({"address": "三号楼", "colour": "red"}, "invalid", "form.colour"),
        ({"address": {"$sealed": "三号楼"}}, "invalid", "form.address"),
    ],
)
def test_a_form_is_filled_in_as_the_policy_asks(
    shared_office: Office, ticket: str, form: Any, code: str, field: str
):
    answer = shared_office.person(LI_NA).post(f"{ticket}/steps/survey", {"form": form})

    assert answer.refusal == (422, code, field)
