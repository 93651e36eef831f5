from __future__ import annotations

from datetime import timedelta

import pytest

from domain.staff import LATE_ENTRY, NotDeputy, Staff
from tests.support.facts import NOON, WANG_FANG, act, registered_staff

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def staff() -> Staff:
    """Wang Fang stands in for a day, and once more two months later."""
    staff = registered_staff()
    for start in (NOON, NOON + 60 * DAY):
        staff.name_deputy(WANG_FANG, start=start, end=start + DAY, act=act())
    return staff


@pytest.mark.parametrize("later", [timedelta(0), DAY, DAY + LATE_ENTRY, 60 * DAY])
def test_what_was_done_is_entered_in_time_or_by_who_stands_in_again(
    staff: Staff, later: timedelta
) -> None:
    staff.must_be_deputised_by(WANG_FANG, NOON, entered_at=NOON + later)


@pytest.mark.parametrize("later", [-INSTANT, DAY + LATE_ENTRY + INSTANT, 61 * DAY])
def test_what_was_done_is_entered_neither_before_nor_long_after(
    staff: Staff, later: timedelta
) -> None:
    with pytest.raises(NotDeputy) as refusal:
        staff.must_be_deputised_by(WANG_FANG, NOON, entered_at=NOON + later)

    assert refusal.value.rule == "SH-03"


def test_who_stands_in_now_did_not_before(staff: Staff) -> None:
    with pytest.raises(NotDeputy):
        staff.must_be_deputised_by(WANG_FANG, NOON - INSTANT, entered_at=NOON)
