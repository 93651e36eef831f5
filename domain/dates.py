"""Which day, and which instant of it, the words of a limit mean."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from domain.calendar import Calendar
from domain.hours import WEEKDAYS, minutes_of
from domain.zone import ONE_DAY, first_of_month, month_number

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def end_of(day: date, time: str, calendar: Calendar) -> datetime:
    """This time of the day: "17:00", "24:00", or "close" of business."""
    if time == "close":
        return calendar.close_of_business(day)
    return calendar.instant(day, minutes_of(time))


def moved(day: date, on_day_off: str, calendar: Calendar) -> date:
    """The day, or the working day `next` or `previous` to it if it is off and does not stay."""
    if on_day_off == "keep" or calendar.is_working_day(day):
        return day
    if on_day_off == "next":
        return calendar.add_working_days(day, 0)
    return calendar.working_day_before(day)


def day_ended(instant: datetime) -> date:
    """The day that an instant is of; a midnight is the 24:00 of the day before."""
    return (instant - timedelta(microseconds=1)).date()


def in_month(month: int, day: int) -> date:
    """The day of this number, or the last of a month that has none (30 February)."""
    first = first_of_month(month)
    return first.replace(day=min(day, monthrange(first.year, first.month)[1]))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    return in_month(month_number(day) + months, day.day)


def day_of_month(month: int, word: int | str, calendar: Calendar) -> date:
    """The day that is meant by 5, "last_day", "first_sat" or "last_working_day"."""
    if isinstance(word, int):
        return in_month(month, word)
    ordinal, _, kind = word.partition("_")
    if kind == "working_day":
        if ordinal == "last":
            return calendar.working_day_before(first_of_month(month + 1))
        return calendar.add_working_days(
            first_of_month(month), _ORDINALS[ordinal], counts_receipt_day=True
        )
    if kind == "day":
        return in_month(month, _ORDINALS.get(ordinal, 31))
    return _weekday_of_month(month, ordinal, WEEKDAYS.index(kind))


def _weekday_of_month(month: int, ordinal: str, weekday: int) -> date:
    if ordinal == "last":
        last = in_month(month, 31)
        return last - (last.weekday() - weekday) % 7 * ONE_DAY
    first = first_of_month(month)
    return first + ((weekday - first.weekday()) % 7 + 7 * (_ORDINALS[ordinal] - 1)) * ONE_DAY
