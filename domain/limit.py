"""Limits: how long something may take, as a pack says it. Seven kinds (catalogue 0.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from domain.calendar import CalendarName
from domain.errors import Invalid
from domain.hours import WEEKDAYS, Hours, hours_faults

Count = Annotated[int, Meta(ge=0, le=10_000)]

Time = Annotated[str, Meta(pattern=r"\A(([01]\d|2[0-3]):[0-5]\d|24:00|close)\Z")]
"""A time of day, "17:00" or "24:00"; or close of business (下班), "close"."""

_WEEKDAY = "|".join(WEEKDAYS)
_OF_MONTH = rf"(first|second|third|fourth|last)_(day|working_day|{_WEEKDAY})"

DayOfMonth = Annotated[int, Meta(ge=1, le=31)]
"""Where a month has no such day, its last is meant."""

DayWord = Annotated[str, Meta(pattern=rf"\A({_WEEKDAY}|{_OF_MONTH})\Z")]
"""A weekday, "fri", or a day of a month, "last_working_day", "first_sat"."""

CutOffWord = Annotated[str, Meta(pattern=rf"\A(same|next|{_WEEKDAY}|{_OF_MONTH})\Z")]

OnDayOff = Literal["keep", "next", "previous"]
"""What becomes of a day that is off: it stays, or moves to the working day after or before."""

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


class LimitInvalid(Invalid):
    code = "limit_invalid"


class _Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """`calendar` also says in which zone days begin and end.

    `met_on_the_dot`: an event exactly at the due instant is in time.
    """

    calendar: CalendarName = "always"
    met_on_the_dot: bool = True


class Clock(_Limit, frozen=True, kw_only=True, tag="clock"):
    """Time that passes, day and night (CLK)."""

    hours: Count = 0
    minutes: Count = 0

    def __post_init__(self) -> None:
        _need(self.hours or self.minutes, "hours or minutes are missing")


class CalendarDays(_Limit, frozen=True, kw_only=True, tag="calendar_days"):
    """Days, months or years of the wall calendar, until a time of the last day (CAL).

    The day of receipt does not count unless that is said. `not_past_day`: at the latest on the
    next such day of a month.
    """

    days: Count = 0
    months: Annotated[int, Meta(ge=0, le=1_200)] = 0
    years: Annotated[int, Meta(ge=0, le=100)] = 0
    until: Time = "24:00"
    receipt_day_counts: bool = False
    on_day_off: OnDayOff = "keep"
    not_past_day: DayOfMonth | None = None

    def __post_init__(self) -> None:
        _need_working_day(self.until, self.on_day_off)
        if self.receipt_day_counts:
            _need(self.days or self.months or self.years, "no day is there to count")


class WorkingDays(_Limit, frozen=True, kw_only=True, tag="working_days"):
    """Days that the calendar works, until a time of the last one (WD).

    None at all: the same working day.
    """

    calendar: CalendarName
    days: Annotated[int, Meta(ge=0, le=1_000)]
    until: Time = "close"
    receipt_day_counts: bool = False


class WorkingHours(_Limit, frozen=True, kw_only=True, tag="working_hours"):
    """Time that the calendar works (WH)."""

    calendar: CalendarName
    hours: Annotated[int, Meta(ge=0, le=1_000)] = 0
    minutes: Annotated[int, Meta(ge=0, le=60_000)] = 0

    def __post_init__(self) -> None:
        _need(self.hours or self.minutes, "hours or minutes are missing")


class CutOff(_Limit, frozen=True, kw_only=True, tag="cut_off"):
    """The first such time after the anchor (CUT).

    `day` is the same or the next, a weekday or a day of the month: of the anchor's own week or
    month (or a later one, once past), or `of` the next.
    """

    day: DayOfMonth | CutOffWord = "same"
    of: Literal["this", "next"] = "this"
    at: Time = "24:00"
    on_day_off: OnDayOff = "keep"

    def __post_init__(self) -> None:
        if self.day not in ("last_working_day", "first_working_day"):
            _need_working_day(self.at, self.on_day_off)
        _need(self.of == "this" or self.day not in ("same", "next"), f"of goes not with {self.day}")


class Relative(_Limit, frozen=True, kw_only=True, tag="relative"):
    """Before an appointment (REL), by the clock or until a time of an earlier day.

    Nothing before: the appointment itself, or that time of its day if only a day was agreed.
    """

    minutes_before: Count = 0
    hours_before: Count = 0
    days_before: Count = 0
    working_days_before: Annotated[int, Meta(ge=0, le=1_000)] = 0
    until: Time = "24:00"
    on_day_off: OnDayOff = "keep"

    def __post_init__(self) -> None:
        units = (self.by_clock, self.days_before > 0, self.working_days_before > 0)
        _need(sum(units) < 2, "clock, days and working days do not go together")
        if not self.working_days_before:
            _need_working_day(self.until, self.on_day_off)

    @property
    def by_clock(self) -> bool:
        return self.minutes_before > 0 or self.hours_before > 0

    @property
    def by_day(self) -> bool:
        return self.days_before > 0 or self.working_days_before > 0


class Recurring(_Limit, frozen=True, kw_only=True, tag="recurring"):
    """Again and again (REC), `at` one or several times of a day.

    `every` minute or hour: so many (`n`) after the anchor and again, or after each opening of
    the window `between`. With `on`: on these days of the anchor's own week or month and of each
    n-th after it; of a quarter and longer in its `month` (1 is its first; if none is named, its
    last). Every single day: from the anchor's own. Otherwise the same day again, first one
    period after the anchor. `times`: so often, then no more. What falls on a day off may also
    be skipped.
    """

    every: Literal["minute", "hour", "day", "week", "month", "quarter", "half_year", "year"]
    n: Annotated[int, Meta(ge=1, le=1_000)] = 1
    on: tuple[DayOfMonth | DayWord, ...] = ()
    month: Annotated[int, Meta(ge=1, le=12)] | None = None
    at: tuple[Time, ...] = ("24:00",)
    between: Hours | None = None
    on_day_off: Literal["keep", "skip", "next", "previous"] = "keep"
    times: Annotated[int, Meta(ge=1, le=1_000)] | None = None

    def __post_init__(self) -> None:
        _need(self.at, "at names no time")
        _need(not self.on or self._suits(), f"on {self.on} does not go with every {self.every}")
        months = MONTHS.get(self.every, 1)
        _need(not self.month or (self.on and self.month <= months), "month does not go with this")
        if self.by_clock:
            _need(self.at == ("24:00",), f"at does not go with every {self.every}")
            _need(self.on_day_off in ("keep", "skip"), "only whole windows are off: keep or skip")
            _need(self.between or self.on_day_off == "keep", "only a window can be skipped")
        else:
            _need(not self.between, f"between does not go with every {self.every}")
            if "close" in self.at and not self._on_working_days():
                _need_working_day("close", self.on_day_off)
        for fault in hours_faults((self.between,) if self.between else ()):
            raise ValueError(fault)

    @property
    def by_clock(self) -> bool:
        return self.every in ("minute", "hour")

    def _suits(self) -> bool:
        weekdays = [day in WEEKDAYS for day in self.on]
        return all(weekdays) if self.every == "week" else self.every in MONTHS and not any(weekdays)

    def _on_working_days(self) -> bool:
        return bool(self.on) and all("working_day" in str(day) for day in self.on)


Limit = Clock | CalendarDays | WorkingDays | WorkingHours | CutOff | Relative | Recurring


def read_limit(content: Mapping[str, Any]) -> Limit:
    """Raises LimitInvalid, naming the place at fault."""
    try:
        limit: Limit = msgspec.convert(content, Limit)
    except msgspec.ValidationError as error:
        raise LimitInvalid(str(error), field="limit") from None
    return limit


def _need(given: object, otherwise: str) -> None:
    if not given:
        raise ValueError(otherwise)


def _need_working_day(time: str, on_day_off: str) -> None:
    """A day off has no close of business."""
    _need(time != "close" or on_day_off != "keep", "close needs on_day_off other than keep")
