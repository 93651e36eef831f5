"""The days that a state moves: holidays (休) and make-up working days (班), both by date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.metadata import version

import chinese_calendar  # type: ignore[import-untyped]  # it ships no types
from msgspec import Struct


class Holidays(Struct, frozen=True, kw_only=True):
    """Which dates are off (False) or worked (True) against the weekly pattern.

    Complete for `years` and silent about every other. `source` is where they come from.
    """

    source: str
    years: tuple[int, ...]
    days: Mapping[date, bool]


@cache
def chinese_holidays() -> Holidays:
    """The schedules of the State Council, as the installed release of the package knows them."""
    off, worked = chinese_calendar.holidays, chinese_calendar.workdays
    return Holidays(
        source=f"chinesecalendar {version('chinesecalendar')}",
        years=tuple(year for year in sorted({day.year for day in off}) if _is_known(year)),
        days=dict.fromkeys(off, False) | dict.fromkeys(worked, True),
    )


def _is_known(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True
