"""Periods by their names: 2026, 2026-H2, 2026-Q4, 2026-11, 2026-W48, 2026-11-24."""

from __future__ import annotations

import re
from datetime import date, datetime

from domain.errors import Invalid
from domain.zone import ONE_DAY, Zone, first_of_month

_NAME = re.compile(
    r"(?P<year>\d{4})(-(Q(?P<quarter>[1-4])|H(?P<half>[12])|W(?P<week>\d\d)"
    r"|(?P<month>\d\d)(-(?P<day>\d\d))?))?",
    re.ASCII,
)

EARLIEST, LATEST = 1900, 2900


def days_of(name: str) -> tuple[date, date]:
    """The first day, and the day behind the last. Raises Invalid, naming `period`."""
    found = _NAME.fullmatch(name)
    if found is not None and EARLIEST <= int(found["year"]) <= LATEST:
        try:
            return _days({k: int(v) for k, v in found.groupdict().items() if v is not None})
        except ValueError:
            pass
    raise Invalid(
        f"no period {name}: 2026, 2026-H2, 2026-Q4, 2026-11, 2026-W48 or 2026-11-24", field="period"
    )


def _days(said: dict[str, int]) -> tuple[date, date]:
    year = said["year"]
    if "day" in said:
        day = date(year, said["month"], said["day"])
        return day, day + ONE_DAY
    if "week" in said:
        monday = date.fromisocalendar(year, said["week"], 1)
        return monday, monday + 7 * ONE_DAY
    if "month" in said:
        first = date(year, said["month"], 1)
        return first, _later(first, 1)
    if "quarter" in said:
        first = date(year, 3 * said["quarter"] - 2, 1)
        return first, _later(first, 3)
    if "half" in said:
        first = date(year, 6 * said["half"] - 5, 1)
        return first, _later(first, 6)
    return date(year, 1, 1), date(year + 1, 1, 1)


def days_before(name: str, back: int) -> tuple[date, date]:
    """The days of so many such months, quarters, half-years or years before. Raises Invalid."""
    first, behind = days_of(name)
    months = (behind.year - first.year) * 12 + behind.month - first.month
    if months < 1:
        raise Invalid(f"{name} is no whole month, quarter, half-year or year", field="period")
    return _later(first, -back * months), _later(behind, -back * months)


def _later(first: date, months: int) -> date:
    return first_of_month(first.year * 12 + first.month - 1 + months)


def bounds(name: str, zone: Zone) -> tuple[datetime, datetime]:
    """From its first instant in the zone up to, and not with, that of the next. Raises Invalid."""
    first, behind = days_of(name)
    return zone.instant(first, 0), zone.instant(behind, 0)
