"""Calendars: which hours of which days are worked. Data in versions, never changed after."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct, field

from domain.errors import Invalid, Refused
from domain.holidays import Holidays
from domain.hours import (
    DAY_MINUTES,
    WEEKDAYS,
    Hours,
    Minutes,
    Season,
    Title,
    Week,
    Weekday,
    day_in_words,
    hours_faults,
    spans_of,
    spread,
    week_faults,
)
from domain.worktime import Span, WorkTime
from domain.zone import ONE_DAY, Zone, days_between

CalendarName = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_-]{0,63}\Z")]

YEARS = range(1900, 3000)
"""What a calendar that needs no data can tell: before, zones are unclear; after, nobody asks."""


FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
"""Month and day of the holidays of the solar calendar (全国年节及纪念日放假办法, 2025)."""


class NoCalendarData(Refused):
    """The calendar does not know the year. It is refused, never guessed."""

    code = "no_calendar_data"


class CalendarInvalid(Invalid):
    code = "calendar_invalid"


class UnknownCalendar(Invalid):
    code = "unknown_calendar"


class NotAWorkingDay(Refused):
    code = "not_a_working_day"


class LikeWeekday(Struct, frozen=True, forbid_unknown_fields=True):
    """The day is worked as this weekday is."""

    weekday: Weekday = field(name="as")


DayRule = Literal["rest", "work"] | tuple[Hours, ...] | LikeWeekday
"""A dated exception: off (休), a make-up working day (班), hours of its own, or a weekday's."""


class Calendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A weekly pattern with seasons and dated exceptions, in one time zone.

    `years` are those it is complete for; none named: it needs no data. `holidays: cn` asks for
    the Chinese schedules, and answers nothing until `resolved`. A make-up working day that the
    pattern gives no hours is worked as weekday `make_up_as`. Hours belong to the day they begin
    on. Every instant is answered with a fixed offset, see `zone.exact`. Any question about a
    year without data raises NoCalendarData; of those that are `foreseen` only the pattern and
    the holidays fixed by law are known, so what is promised by them is provisional.
    """

    name: CalendarName
    version: Annotated[int, Meta(ge=1)]
    title: Title
    week: Week
    zone: str = "Asia/Shanghai"
    seasons: tuple[Season, ...] = ()
    exceptions: dict[date, DayRule] = {}
    make_up_as: Weekday = "mon"
    holidays: Literal["cn"] | None = None
    years: tuple[int, ...] = ()
    foreseen: tuple[int, ...] = ()
    source: str | None = None

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Calendar:
        """Raises CalendarInvalid, naming the place at fault."""
        try:
            calendar = msgspec.convert(content, cls)
        except msgspec.ValidationError as error:
            raise CalendarInvalid(str(error), field="content") from None
        if faults := calendar.faults():
            raise CalendarInvalid("; ".join(faults), field="content", faults=faults)
        return calendar

    def faults(self) -> list[str]:
        """What keeps this from being a calendar, each naming its place; empty if sound."""
        faults = [f"week: {fault}" for fault in week_faults(self.week)]
        for season in self.seasons:
            faults += [f"seasons.{season.title}: {fault}" for fault in season.faults()]
        for day, rule in self.exceptions.items():
            if isinstance(rule, tuple):
                faults += [f"exceptions.{day}: {fault}" for fault in hours_faults(rule)]
        if not _is_zone(self.zone):
            faults.append(f"zone: there is no time zone {self.zone}")
        return faults

    def resolved(self, holidays: Holidays) -> Calendar:
        """The calendar that it asks for, as plain data: exceptions of its own win."""
        if self.holidays is None:
            return self
        moved: dict[date, DayRule] = {
            day: "work" if worked else "rest" for day, worked in sorted(holidays.days.items())
        }
        return msgspec.structs.replace(
            self,
            holidays=None,
            exceptions=moved | self.exceptions,
            years=tuple(sorted({*holidays.years, *self.years})),
            source=holidays.source,
        )

    def foreseeing(self, years: int) -> Calendar:
        """This calendar, going on provisionally for some years after those it is complete for."""
        if not self.years:
            return self
        foreseen = tuple(range(max(self.years) + 1, max(self.years) + 1 + years))
        by_law: dict[date, DayRule] = {
            date(year, month, day): "rest" for year in foreseen for month, day in FIXED_HOLIDAYS
        }
        return msgspec.structs.replace(
            self,
            exceptions=by_law | self.exceptions,
            years=tuple(sorted({*self.years, *foreseen})),
            foreseen=foreseen,
        )

    def foreseen_between(self, begin: datetime, end: datetime) -> tuple[int, ...]:
        """The years from one instant to another of which the schedule is not published yet."""
        reached = range(self.local(begin).year, self.local(end).year + 1)
        return tuple(year for year in self.foreseen if year in reached)

    @property
    def ref(self) -> str:
        """How this version is pinned: "utility-cs@1"."""
        return f"{self.name}@{self.version}"

    def knows(self, year: int) -> bool:
        if self.holidays is not None:
            return False
        return year in (self.years or YEARS)

    def is_working_day(self, day: date) -> bool:
        return bool(self._hours(day))

    def intervals(self, day: date) -> list[Span]:
        """The hours that begin on this day, in order. The last may end on the next day."""
        return [(self.instant(day, a), self.instant(day, b)) for a, b in self._hours(day)]

    def close_of_business(self, day: date) -> datetime:
        """When the last hours that begin on this day end. Raises NotAWorkingDay."""
        if not (hours := self._hours(day)):
            raise NotAWorkingDay(f"{self.says(day)} in calendar {self.ref}")
        return self.instant(day, hours[-1][1])

    def add_working_days(self, start: date, days: int, *, counts_receipt_day: bool = False) -> date:
        """The last of so many working days after `start`, or from `start` on if that counts.

        Of no days at all: `start`, or the next working day if that is off.
        """
        if days < 0:
            raise Invalid(f"{days} working days cannot be added", field="days")
        first = start if days == 0 or counts_receipt_day else start + ONE_DAY
        before = bisect_left(self._working_days(first.year), first)
        return self._working_day(first.year, before + max(days, 1) - 1)

    def working_day_before(self, day: date, days: int = 1) -> date:
        """The working day so many (at least 1) before `day`, which itself does not count."""
        if days < 1:
            raise Invalid(f"{days} working days before is no day before", field="days")
        eve = day - ONE_DAY
        until_eve = bisect_right(self._working_days(eve.year), eve)
        return self._working_day(eve.year, until_eve - days)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Time that really passes while work is on. Raises Invalid if `end` is before `start`."""
        return self._time.between(start, end)

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """The first instant by which so much is worked: an end of hours, not the next beginning.

        If nothing is added, `start` itself. Raises Invalid for less than nothing.
        """
        return self._time.add(start, amount)

    def next_working_instant(self, instant: datetime) -> datetime:
        """This instant if it is worked, else when work begins next."""
        return self._time.next_from(instant)

    def working_spans(self, start: datetime, end: datetime) -> list[Span]:
        """What is worked between two instants, hours that touch taken together."""
        return self._time.spans(start, end)

    def instant(self, day: date, minutes: int) -> datetime:
        """So many minutes after midnight, by the clock on the wall of its zone."""
        return self._clock.instant(day, minutes)

    def local(self, instant: datetime) -> datetime:
        """The instant as the clock of its zone shows it."""
        return self._clock.local(instant)

    def says(self, day: date) -> str:
        """The day in words: "2026-11-28 Sat off"."""
        words = day_in_words(day)
        usual, worked = bool(self._pattern(day)[day.weekday()]), self.is_working_day(day)
        if usual == worked:
            return words if worked else f"{words} off"
        return f"{words} working (make-up day 班)" if worked else f"{words} off (holiday 休)"

    def _working_day(self, year: int, number: int) -> date:
        """Counted from the first of the year, which is number 0, into the years around it."""
        while number < 0:
            year -= 1
            number += len(self._working_days(year))
        while number >= len(self._working_days(year)):
            number -= len(self._working_days(year))
            year += 1
        return self._working_days(year)[number]

    def _working_days(self, year: int) -> list[date]:
        if year not in self._days_by_year:
            days = days_between(date(year, 1, 1), date(year, 12, 31))
            self._days_by_year[year] = [day for day in days if self._hours(day)]
        return self._days_by_year[year]

    def _hours(self, day: date) -> tuple[Minutes, ...]:
        self._must_know(day.year)
        pattern = self._pattern(day)
        usual = pattern[day.weekday()]
        match self.exceptions.get(day):
            case None:
                return usual
            case "rest":
                return ()
            case "work":
                return usual or pattern[WEEKDAYS.index(self.make_up_as)]
            case LikeWeekday(weekday):
                return pattern[WEEKDAYS.index(weekday)]
            case hours:
                return spans_of(hours)

    def _pattern(self, day: date) -> tuple[tuple[Minutes, ...], ...]:
        usual, *seasonal = self._weeks
        for season, week in zip(self.seasons, seasonal, strict=True):
            if season.holds_on(day):
                return week
        return usual

    def _must_know(self, year: int) -> None:
        if not self.knows(year):
            known = f"{min(self.years)} to {max(self.years)}" if self.years else "none yet"
            raise NoCalendarData(
                f"calendar {self.ref} has no data for the year {year} (known: {known})",
                calendar=self.ref,
                year=year,
            )

    @cached_property
    def _clock(self) -> Zone:
        return Zone(self.zone)

    @cached_property
    def _weeks(self) -> list[tuple[tuple[Minutes, ...], ...]]:
        return [spread(self.week), *(spread(season.week) for season in self.seasons)]

    @cached_property
    def _time(self) -> WorkTime:
        hours = chain.from_iterable(chain.from_iterable(self._weeks))
        own = [spans_of(rule) for rule in self.exceptions.values() if isinstance(rule, tuple)]
        nights = any(end > DAY_MINUTES for _, end in chain(hours, *own))
        return WorkTime(self._clock, self._hours, nights=nights)

    @cached_property
    def _days_by_year(self) -> dict[int, list[date]]:
        return {}


class Calendars:
    """Every version of some calendars."""

    def __init__(self, calendars: Iterable[Calendar]) -> None:
        self._versions = {calendar.ref: calendar for calendar in calendars}

    def newest(self, name: str) -> Calendar:
        """Raises UnknownCalendar."""
        versions = [c for c in self._versions.values() if c.name == name]
        if not versions:
            known = ", ".join(sorted({c.name for c in self._versions.values()}))
            raise UnknownCalendar(f"there is no calendar {name}; there are: {known}")
        return max(versions, key=lambda calendar: calendar.version)

    def pinned(self, ref: str) -> Calendar:
        """The very version, "utility-cs@1". Raises UnknownCalendar."""
        if ref not in self._versions:
            raise UnknownCalendar(f"there is no calendar version {ref}")
        return self._versions[ref]


def _is_zone(name: str) -> bool:
    try:
        Zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
