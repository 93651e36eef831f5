"""What packs ask about other tickets is answered from the views, whoever acts."""

from __future__ import annotations

from uuid import UUID

import pytest

from application.across import AcrossTickets
from domain.pack_rules import Across
from tests.support import facts
from tests.support.facts import C1, LI_NA, M1, NOON, WANG_FANG, ZHAO_LEI, act
from tests.support.http import ADMIN, Office, opened
from tests.support.http import office as office
from tests.support.http import tokens as tokens


def open_elsewhere(office: Office, question: Across, by: UUID | str) -> int:
    """Asked on a ticket of Li Na by who acts on it, while she has one other that is open."""
    opened(office.person(LI_NA))
    office.catch_up()
    return AcrossTickets(office.parts.figures, office.parts.desk)(
        question, facts.opened().looking(act(by))
    )


@pytest.mark.parametrize(
    ("by", "number"),
    [(LI_NA, 1), (WANG_FANG, 0), ("system:clock", 0), ("system:rules", 0), ("system:desk", 0)],
)
def test_who_acts_has_as_many_open_as_are_theirs_and_what_is_no_staff_has_none(
    office: Office, by: UUID | str, number: int
):
    assert open_elsewhere(office, Across(open=True, owner="actor"), by) == number


@pytest.mark.parametrize("owner", ["owner", None])
@pytest.mark.parametrize("by", [WANG_FANG, "system:clock"])
def test_where_who_acts_is_not_asked_by_it_does_not_matter(
    office: Office, owner: str | None, by: UUID | str
):
    question = Across(open=True, owner="owner" if owner else None)

    assert open_elsewhere(office, question, by) == 1


NEXT_YEAR = NOON.replace(year=2027)


def of_a_colleague(office: Office, who: object, **asked: str) -> int:
    """Asked by M1 of whom a path names, once Li Na has her certificate for a year."""
    granted = {"competence": "电工", "expires_at": NEXT_YEAR.isoformat()}
    office.person(ADMIN).post(f"/v1/staff/{LI_NA}/competences", granted)
    across = AcrossTickets(office.parts.figures, office.parts.desk)
    known = {"form.who": str(who), "opened.work": "电工"}
    looking = facts.opened().looking(act(M1))
    question = Across(colleague="form.who", **asked)
    return across(question, lambda path: known.get(path) or looking(path))


@pytest.mark.parametrize(
    ("who", "number"), [(LI_NA, 1), (ZHAO_LEI, 0), (C1, 0), ("nobody", 0), (None, 0)]
)
def test_who_reports_to_whoever_acts_counts_one(office: Office, who: object, number: int):
    assert of_a_colleague(office, who, superior="actor.id") == number


@pytest.mark.parametrize(("who", "number"), [(LI_NA, 1), (WANG_FANG, 0)])
@pytest.mark.parametrize("competence", ["电工", "=opened.work"])
def test_who_has_a_good_certificate_counts_one(
    office: Office, who: UUID, number: int, competence: str
):
    assert of_a_colleague(office, who, competence=competence) == number


def test_who_has_left_counts_none(office: Office):
    assert office.person(ADMIN).post(f"/v1/staff/{LI_NA}/departure").status == 200

    assert of_a_colleague(office, LI_NA) == 0
