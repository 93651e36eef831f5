"""What packs ask about other tickets is answered from the views, whoever acts."""

from __future__ import annotations

from uuid import UUID

import pytest

from application.across import AcrossTickets
from domain.pack_rules import Across
from tests.support import facts
from tests.support.facts import LI_NA, WANG_FANG, act
from tests.support.http import Office, opened
from tests.support.http import office as office
from tests.support.http import tokens as tokens


def open_elsewhere(office: Office, question: Across, by: UUID | str) -> int:
    """Asked on a ticket of Li Na by who acts on it, while she has one other that is open."""
    opened(office.person(LI_NA))
    office.catch_up()
    return AcrossTickets(office.parts.figures)(question, facts.opened().looking(act(by)))


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
