"""Limits and instants in words, English with the Chinese terms."""

from __future__ import annotations

from datetime import datetime, time

from domain.dates import day_ended
from domain.hours import day_in_words
from domain.limit import (
    CalendarDays,
    Clock,
    CutOff,
    Limit,
    Recurring,
    Relative,
    WorkingDays,
    WorkingHours,
)


def instant_in_words(instant: datetime) -> str:
    """ "2026-11-23 Mon 16:30"; seconds only if there are any."""
    return f"{day_in_words(instant.date())} {_time(instant)}"


def end_in_words(instant: datetime) -> str:
    """The same; a midnight is the 24:00 of the day that ends."""
    if instant.time() == time(0):
        return f"{day_in_words(day_ended(instant))} 24:00"
    return instant_in_words(instant)


def due_in_words(instant: datetime) -> str:
    return f"{end_in_words(instant)} ({instant.isoformat()[-6:]})"


def span_in_words(start: datetime, end: datetime) -> str:
    if day_ended(end) != start.date():
        return f"{instant_in_words(start)} to {end_in_words(end)}"
    return f"{instant_in_words(start)}-{end_in_words(end).split()[-1]}"


def limit_in_words(limit: Limit) -> str:
    match limit:
        case Clock():
            return f"{_amounts(hour=limit.hours, minute=limit.minutes)} of the clock 时钟时间"
        case CalendarDays():
            return _calendar_days(limit)
        case WorkingDays():
            days = _amounts(**{"working day": limit.days}) or "the same working day"
            return f"{days} 工作日 until {_end(limit.until)}, {_receipt(limit.receipt_day_counts)}"
        case WorkingHours():
            return f"{_amounts(hour=limit.hours, minute=limit.minutes)} of work 工作时间"
        case CutOff():
            return _cut_off(limit)
        case Relative():
            return _relative(limit)
        case Recurring():
            return _recurring(limit)


def _calendar_days(limit: CalendarDays) -> str:
    days = _amounts(year=limit.years, month=limit.months, day=limit.days) or "the same day"
    latest = f", at the latest on day {limit.not_past_day}" if limit.not_past_day else ""
    receipt = _receipt(limit.receipt_day_counts)
    return f"{days} 自然日 until {_end(limit.until)}, {receipt}{latest}{_off(limit.on_day_off)}"


def _cut_off(limit: CutOff) -> str:
    of = " of the next week or month" if limit.of == "next" else ""
    day = _day(limit.day) + (" day" if limit.day in ("same", "next") else "")
    return f"cut-off 截止时点 {day}{of} {_end(limit.at)}{_off(limit.on_day_off)}"


def _relative(limit: Relative) -> str:
    before = _amounts(
        hour=limit.hours_before,
        minute=limit.minutes_before,
        day=limit.days_before,
        **{"working day": limit.working_days_before},
    )
    until = f" until {_end(limit.until)}{_off(limit.on_day_off)}" if limit.by_day else ""
    if not before:
        return "the time agreed 约定时间"
    return f"{before} before the appointment 提前{until}"


def _recurring(limit: Recurring) -> str:
    every = limit.every.replace("_", " ")
    words = f"recurring 周期 every {_amounts(**{every: limit.n}) if limit.n > 1 else every}"
    if limit.month:
        words += f" in its month {limit.month}"
    if limit.on:
        words += f" on {', '.join(map(_day, limit.on))}"
    words += f" between {limit.between}" if limit.between else ""
    if not limit.by_clock:
        words += f" at {', '.join(map(_end, limit.at))}{_off(limit.on_day_off)}"
    return f"{words}, {limit.times} times" if limit.times else words


def _amounts(**units: int) -> str:
    return " ".join(f"{n} {unit}{'s' * (n > 1)}" for unit, n in units.items() if n)


def _day(word: int | str) -> str:
    return f"day {word}" if isinstance(word, int) else word.replace("_", " ")


def _end(time: str) -> str:
    return "close of business 下班" if time == "close" else time


def _receipt(counts: bool) -> str:
    return (
        "the day of receipt counts 收到当日计入"
        if counts
        else "the day of receipt does not count 收到当日不计"
    )


def _off(on_day_off: str) -> str:
    words = {
        "next": ", off: the next working day 顺延",
        "previous": ", off: the working day before 提前",
        "skip": ", off: left out 跳过",
    }
    return words.get(on_day_off, "")


def _time(instant: datetime) -> str:
    """To the minute, or as exactly as it is."""
    exact = instant.second or instant.microsecond
    return instant.time().isoformat() if exact else f"{instant:%H:%M}"
