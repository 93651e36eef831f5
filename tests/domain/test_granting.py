"""Roles given besides those of a post: from when to when, where, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.errors import Invalid
from domain.granting import NoGrant, OwnRoles, RolesConflict
from domain.staff import Staff, StaffLeft
from tests.support.facts import (
    LI_NA,
    M1,
    NOON,
    WANG_FANG,
    act,
    given,
    new_fact,
    new_facts,
    registered_staff,
)

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def serving(*roles: str, then: Sequence[Callable[[Staff], None]] = ()) -> Staff:
    return given(registered_staff(), lambda s: s.take_post("专员", roles, act=act(M1)), *then)


def grant(staff: Staff, role: str = "duty_manager", **otherwise: Any) -> None:
    period = {"unit": None, "start": NOON, "end": NOON + DAY}
    staff.grant_role(role, **{**period, "act": act(M1), **otherwise})


@pytest.mark.parametrize(
    ("at", "has_it"),
    [
        (NOON - INSTANT, False),
        (NOON, True),
        (NOON + DAY - INSTANT, True),
        (NOON + DAY, False),
    ],
)
def test_a_role_holds_from_its_start_up_to_its_end(at: datetime, has_it: bool) -> None:
    staff = serving("staff")

    grant(staff)

    assert staff.roles_at(at) == ({"staff", "duty_manager"} if has_it else {"staff"})


def test_a_role_without_an_end_holds_until_it_is_taken_away() -> None:
    staff = serving("staff")
    grant(staff, end=None)
    assert "duty_manager" in staff.roles_at(NOON + 10_000 * DAY)

    staff.revoke_role("duty_manager", unit=None, act=act(M1, at=NOON + DAY))

    assert staff.roles_at(NOON + DAY) == {"staff"}


def test_a_role_of_a_unit_holds_there_and_nowhere_else() -> None:
    staff = serving("staff")

    grant(staff, unit=" north ")

    assert new_fact(staff).unit == "north"
    assert staff.roles_at(NOON) == {"staff"}
    assert staff.roles_at(NOON, ["south"]) == {"staff"}
    assert staff.roles_at(NOON, ["south", "north"]) == {"staff", "duty_manager"}
    assert staff.roles_in_units(NOON) == {("north", "duty_manager")}
    assert staff.roles_in_units(NOON + DAY) == set()


def test_what_is_given_twice_is_given_once() -> None:
    staff = serving("staff", then=[grant])

    grant(staff)

    assert new_facts(staff) == []


@pytest.mark.parametrize(
    ("words", "is_news"),
    [
        ({"start": NOON + INSTANT, "end": NOON + DAY}, False),
        ({"start": NOON - INSTANT}, True),
        ({"end": NOON + DAY + INSTANT}, True),
        ({"end": None}, True),
        ({"unit": "north"}, True),
    ],
)
def test_only_what_they_do_not_have_yet_is_given(words: dict[str, Any], is_news: bool) -> None:
    staff = serving("staff", then=[grant])

    grant(staff, **words)

    assert new_facts(staff) == ([Staff.RoleGranted] if is_news else [])


def test_what_was_given_for_good_covers_any_time() -> None:
    staff = serving("staff", then=[lambda s: grant(s, end=None)])

    for end in (NOON + 9 * DAY, None):
        grant(staff, start=NOON + DAY, end=end)

    assert new_facts(staff) == []


def test_taking_a_role_away_leaves_that_of_other_units() -> None:
    staff = serving(then=[grant, lambda s: grant(s, unit="north")])

    staff.revoke_role("duty_manager", unit="north", act=act(M1))

    assert (staff.roles_at(NOON), staff.roles_in_units(NOON)) == ({"duty_manager"}, set())


@pytest.mark.parametrize(("role", "unit"), [("cashier", None), ("duty_manager", "north")])
def test_what_was_not_given_is_not_taken_away(role: str, unit: str | None) -> None:
    staff = serving("cashier", then=[grant])

    with pytest.raises(NoGrant) as refusal:
        staff.revoke_role(role, unit=unit, act=act(M1))

    assert refusal.value.field == "role"
    assert new_facts(staff) == []


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"role": "king"}, "roles"),
        ({"end": NOON}, "end"),
        ({"start": NOON - 2 * DAY, "end": NOON - DAY}, "end"),
        ({"unit": " "}, "unit"),
        ({"role": "administrator", "unit": "north"}, "unit"),
    ],
)
def test_what_would_never_hold_is_not_given(words: dict[str, Any], field: str) -> None:
    staff = serving("staff")

    with pytest.raises(Invalid) as refusal:
        grant(staff, **words)

    assert refusal.value.field == field
    assert new_facts(staff) == []


@pytest.mark.parametrize(
    "own",
    [act(LI_NA), act(WANG_FANG, acting_for=LI_NA), act(LI_NA, acting_for=M1)],
    ids=["oneself", "a deputy", "as a deputy"],
)
def test_nobody_gives_themselves_a_role(own: Any) -> None:
    staff = serving("administrator")

    with pytest.raises(OwnRoles):
        grant(staff, act=own)
    with pytest.raises(OwnRoles):
        staff.take_post("总监", ["administrator", "director"], act=own)

    assert new_facts(staff) == []


def test_but_one_may_take_a_post_with_less() -> None:
    staff = serving("administrator", "staff")

    staff.take_post("专员", ["staff"], act=act(LI_NA))

    assert staff.roles == {"staff"}


@pytest.mark.parametrize("looks_on", ["supervisor", "compliance_reviewer"])
def test_who_looks_on_does_not_handle_as_well(looks_on: str) -> None:
    staff = serving("staff", then=[lambda s: grant(s, "cashier", start=NOON + DAY, end=None)])

    with pytest.raises(RolesConflict) as refusal:
        grant(staff, looks_on)
    with pytest.raises(RolesConflict):
        staff.take_post("监督", [looks_on], act=act(M1))
    with pytest.raises(RolesConflict):
        serving(looks_on, "staff")

    assert refusal.value.rule == "AU-08"
    assert new_facts(staff) == []


def test_once_the_one_is_over_the_other_may_come() -> None:
    staff = serving(then=[lambda s: grant(s, "cashier")])

    staff.take_post("监督", ["supervisor"], act=act(M1, at=NOON + DAY))

    assert staff.roles_at(NOON + DAY) == {"supervisor"}


def test_who_has_left_is_given_nothing_and_keeps_nothing() -> None:
    staff = serving("staff", then=[grant, lambda s: s.leave(act=act(M1))])

    with pytest.raises(StaffLeft):
        grant(staff, "cashier")

    assert (staff.grants, new_facts(staff)) == ([], [])
