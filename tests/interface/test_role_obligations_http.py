"""What a rule addresses to a role stands on the desk of whoever has it."""

from __future__ import annotations

from typing import Any

from tests.interface.given import in_force
from tests.support.facts import promising_pack
from tests.support.http import Office, Person, opened


def addressed(office: Office, **terms: str) -> Any:
    content = promising_pack()
    content["obligations"]["reply"] |= {"opens": ["opened"], "role": "director", **terms}
    in_force(office, content)


def names(person: Person, path: str = "/v1/desk/obligations") -> list[str]:
    return [row["name"] for row in person.get(path).body["items"]]


def test_whoever_has_the_role_sees_it_and_others_do_not(office: Office):
    addressed(office)
    s1, director, other = office.hire("cs_officer"), office.hire("director"), office.hire("qc")

    opened(s1)

    assert (names(s1), names(director), names(other)) == (["reply"], ["reply"], [])


def test_of_what_is_charged_to_a_unit_those_of_that_unit_see_it(office: Office):
    addressed(office, unit="east")
    s1 = office.hire("cs_officer")
    east, west = office.hire("director", unit="east"), office.hire("director", unit="west")

    opened(s1)

    assert (names(east), names(west)) == (["reply"], [])


def test_they_are_listed_by_role_and_by_charged_unit(office: Office):
    addressed(office, unit="east")
    s1 = office.hire("cs_officer")
    opened(s1)

    found = {
        asked: names(s1, f"/v1/obligations?{asked}")
        for asked in ("role=director", "role=qc", "unit=east", "unit=west")
    }

    assert found == {
        "role=director": ["reply"],
        "role=qc": [],
        "unit=east": ["reply"],
        "unit=west": [],
    }
