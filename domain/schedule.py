"""Schedules: matters that the calendar brings, one a period. Pure: which are due, and from when."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import islice, takewhile
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field

from domain.calendar import Calendar, CalendarName
from domain.form import Word
from domain.limit import MONTHS, Limit
from domain.predicate import Predicate
from domain.zone import ONE_DAY, first_of_month, month_number

Every = Literal["day", "working_day", "date", "week", "month", "quarter", "half_year", "year"]

LeapDay = Literal["02-28", "03-01"]
"""When a birthday on 29 February is kept in a year that has none."""


class Audience(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom: a unit, each member of staff with a role, or each client (or each key client).

    `birthday`: only clients of whom a contact person has their birthday on the day; `where`: only
    those of whom that holds now.
    """

    unit: Word | None = None
    role: Word | None = None
    clients: Literal["all", "key"] | None = None
    birthday: LeapDay | None = None
    where: Predicate | None = None

    def __post_init__(self) -> None:
        if sum(named is not None for named in (self.unit, self.role, self.clients)) != 1:
            raise ValueError("for names one of unit, role, clients")
        if self.is_picked and self.clients is None:
            raise ValueError("birthday and where go with clients")

    @property
    def is_picked(self) -> bool:
        """Whether it is asked of each client how they stand."""
        return self.birthday is not None or self.where is not None


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ticket a period for each of its audience, opened at the period's first instant.

    Who it is given to has `owner_role`; for a role, it is the member of staff themselves; or the
    one at the path `owner` of the client. `calendar` says which days are worked, and in which zone
    days begin. `dates` go with `every: date`. `once_per`: not once a period, but once for each
    value at that path of the client, like `last.contact`. `instants`: fields of the opening form
    that hold one, each so long after the period's first instant.
    """

    title: Word
    every: Every
    for_: Audience = field(name="for")
    owner_role: Word | None = None
    owner: Word | None = None
    dates: tuple[date, ...] = ()
    once_per: Word | None = None
    form: dict[str, Any] = {}
    instants: dict[Word, Limit] = {}
    channel: Word = "internal"
    calendar: CalendarName = "always"
    rule: Word | None = None

    def __post_init__(self) -> None:
        if self.owner_role is None and self.for_.role is None:
            raise ValueError("owner_role is missing")
        if (self.every == "date") != bool(self.dates):
            raise ValueError("dates go with every: date")
        if (self.owner or self.once_per) and self.for_.clients is None:
            raise ValueError("owner and once_per go with clients")
        if self.for_.birthday is not None and self.every != "day":
            raise ValueError("birthdays are looked for every day")

    @property
    def is_of_files(self) -> bool:
        """Whether it is asked of each client's file."""
        return self.for_.is_picked or self.owner is not None or self.once_per is not None


class Period(NamedTuple):
    """`key` is "2026-11-24", "2026-W48", "2026-11", "2026-Q4", "2026-H2" or "2026"."""

    key: str
    since: datetime


def periods(
    every: Every,
    start: datetime,
    end: datetime,
    calendar: Calendar,
    *,
    at_most: int | None = None,
    dates: Collection[date] = (),
) -> list[Period]:
    """Those that begin from `start` on, up to `end`, which is included; the latest `at_most`.

    Raises NoCalendarData for working days of a year that the calendar does not know.
    """
    if every == "date":
        named = [Period(day.isoformat(), calendar.instant(day, 0)) for day in sorted(dates)]
        return [p for p in named if start <= p.since <= end][-(at_most or len(named)) :]
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


def has_birthday(born: date, day: date, leap_day: LeapDay) -> bool:
    """Whether a birthday is kept on this day."""
    if (born.month, born.day) == (2, 29) and not isleap(day.year):
        return day.isoformat()[5:] == leap_day
    return (born.month, born.day) == (day.month, day.day)
