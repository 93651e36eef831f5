"""Schedules: matters that the calendar brings, one a period. Pure: which are due, and from when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice, takewhile
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field

from domain.calendar import Calendar, CalendarName
from domain.form import Word
from domain.limit import MONTHS
from domain.zone import ONE_DAY, first_of_month, month_number

Every = Literal["day", "working_day", "week", "month", "quarter", "half_year", "year"]


class Audience(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom: a unit, each member of staff with a role, or each client (or each key client)."""

    unit: Word | None = None
    role: Word | None = None
    clients: Literal["all", "key"] | None = None

    def __post_init__(self) -> None:
        if sum(named is not None for named in (self.unit, self.role, self.clients)) != 1:
            raise ValueError("for names one of unit, role, clients")


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ticket a period for each of its audience, opened at the period's first instant.

    Who it is given to has `owner_role`; for a role, it is the member of staff themselves.
    `calendar` says which days are worked, and in which zone days begin.
    """

    title: Word
    every: Every
    for_: Audience = field(name="for")
    owner_role: Word | None = None
    form: dict[str, Any] = {}
    channel: Word = "internal"
    calendar: CalendarName = "always"
    rule: Word | None = None

    def __post_init__(self) -> None:
        if self.owner_role is None and self.for_.role is None:
            raise ValueError("owner_role is missing")


class Period(NamedTuple):
    """`key` is "2026-11-24", "2026-W48", "2026-11", "2026-Q4", "2026-H2" or "2026"."""

    key: str
    since: datetime


def periods(
    every: Every, start: datetime, end: datetime, calendar: Calendar, *, at_most: int | None = None
) -> list[Period]:
    """Those that begin from `start` on, up to `end`, which is included; the latest `at_most`.

    Raises NoCalendarData for working days of a year that the calendar does not know.
    """
    begun = takewhile(lambda period: period.since >= start, _begun(every, end, calendar))
    return list(islice(begun, at_most))[::-1]


def _begun(every: Every, by: datetime, calendar: Calendar) -> Iterator[Period]:
    """The period that an instant is in, the one before it, and so on."""
    day = calendar.local(by).date()
    while True:
        first = _first_day(every, day)
        if every != "working_day" or calendar.is_working_day(first):
            yield Period(_key(every, first), calendar.instant(first, 0))
        day = first - ONE_DAY


def _first_day(every: Every, day: date) -> date:
    if every in MONTHS:
        month = month_number(day)
        return first_of_month(month - month % MONTHS[every])
    return day - day.weekday() * ONE_DAY if every == "week" else day


def _key(every: Every, first: date) -> str:
    match every:
        case "week":
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return f"{first:%Y-%m}"
        case "quarter":
            return f"{first.year}-Q{first.month // 3 + 1}"
        case "half_year":
            return f"{first.year}-H{first.month // 6 + 1}"
        case "year":
            return str(first.year)
        case _:
            return first.isoformat()
