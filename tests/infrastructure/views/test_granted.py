"""Who serves in a role that they were given besides their post: when, and where."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from application.desk import Actor
from application.people import GrantRole
from tests.support.facts import NOON
from tests.support.http import Office

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
ROLE = "duty_manager"


@pytest.fixture
def north(office: Office) -> UUID:
    return office.hire("staff", unit="north").id


def give(office: Office, whom: UUID, unit: str | None, end: datetime | None = None) -> None:
    said = {"by": Actor.system("setup"), "command_id": f"given-{unit}", "received_at": NOON}
    grant = GrantRole(**said, staff_id=whom, role=ROLE, unit=unit, start=NOON, end=end)
    office.parts.people.grant_role(grant)
    office.catch_up()


def serving(office: Office, at: datetime, unit: str | None = None) -> list[UUID]:
    return [row.staff_id for row in office.parts.staff_directory.serving(ROLE, at, unit=unit)]


@pytest.mark.parametrize("given_for", [None, "north"])
def test_who_was_given_it_for_their_own_unit_or_all_serves(
    office: Office, north: UUID, given_for: str | None
) -> None:
    give(office, north, given_for)

    assert serving(office, NOON) == serving(office, NOON, "north") == [north]
    assert serving(office, NOON, "main") == []


def test_who_was_given_it_for_another_unit_does_not(office: Office, north: UUID) -> None:
    give(office, north, "main")

    assert [serving(office, NOON, unit) for unit in (None, "main", "north")] == [[], [], []]


def test_from_the_start_up_to_the_end(office: Office, north: UUID) -> None:
    give(office, north, None, end=NOON + DAY)

    instants = (NOON - INSTANT, NOON, NOON + DAY - INSTANT, NOON + DAY)
    assert [serving(office, at) for at in instants] == [[], [north], [north], []]


def test_without_an_end_for_good(office: Office, north: UUID) -> None:
    give(office, north, None)

    assert serving(office, NOON + 10_000 * DAY) == [north]
