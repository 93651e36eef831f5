from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.spans import minutes_between, uncovered
from tests.support.facts import NOON

HOURS = st.integers(min_value=-4, max_value=28)


def clock(text: str) -> str:
    """Of the night from 23 to 24 November: after noon, it is still the 23rd."""
    return f"2026-11-{23 if text > '12' else 24}T{text}:00+08:00"


def row(since: str, until: str) -> dict[str, str]:
    return {"since": clock(since), "until": clock(until)}


@pytest.mark.parametrize(
    ("rows", "gaps"),
    [
        ([("17:30", "23:00")], [("23:00", "08:30")]),
        ([("17:30", "23:00"), ("23:00", "08:30")], []),
        ([("23:00", "08:30"), ("17:30", "23:30")], []),
        ([("13:00", "23:00"), ("02:00", "10:00")], [("23:00", "02:00")]),
        ([("18:00", "08:00")], [("17:30", "18:00"), ("08:00", "08:30")]),
        ([("18:00", "02:00"), ("19:00", "20:00")], [("17:30", "18:00"), ("02:00", "08:30")]),
        ([("13:00", "14:00"), ("09:00", "10:00")], [("17:30", "08:30")]),
        ([], [("17:30", "08:30")]),
    ],
)
def test_what_nobody_is_there_for(rows: list[tuple[str, str]], gaps: list[tuple[str, str]]) -> None:
    found = uncovered(clock("17:30"), clock("08:30"), [row(*said) for said in rows])

    assert found == [row(*said) for said in gaps]


@given(st.lists(st.tuples(HOURS, HOURS)))
def test_each_hour_is_in_a_gap_or_in_a_row(spans: list[tuple[int, int]]) -> None:
    def after(hours: int) -> str:
        return (NOON + timedelta(hours=hours)).isoformat()

    rows = [{"since": after(a), "until": after(b)} for a, b in spans if a < b]

    gaps = uncovered(after(0), after(24), rows)

    assert gaps is not None
    for hour in range(24):
        moment = NOON + timedelta(hours=hour, minutes=30)
        covered = [any(_holds(span, moment) for span in side) for side in (rows, gaps)]
        assert sorted(covered) == [False, True]


@pytest.mark.parametrize(
    ("since", "rows"),
    [
        (None, []),
        ("2026-11-23T17:30:00", []),
        (clock("17:30"), [{"since": clock("17:30")}]),
        (clock("17:30"), [{"since": "晚上", "until": clock("23:00")}]),
    ],
)
def test_of_what_is_no_instant_nothing_is_said(since: str | None, rows: Any) -> None:
    assert uncovered(since, clock("08:30"), rows) is None
    assert minutes_between(since, "晚上") is None


def _holds(span: dict[str, str], moment: datetime) -> bool:
    return datetime.fromisoformat(span["since"]) <= moment < datetime.fromisoformat(span["until"])
