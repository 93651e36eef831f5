"""When something recurring falls due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import count, islice, takewhile

from domain.calendar import Calendar
from domain.dates import (
    day_ended,
    day_of_month,
    end_of,
    in_month,
    moved,
)
from domain.hours import DAY_MINUTES, WEEKDAYS, span_of
from domain.limit import MONTHS, Recurring
from domain.zone import ONE_DAY, first_of_month, month_number

AHEAD = timedelta(days=30 * 366)
"""How far ahead the next due instant is looked for."""

REACH = timedelta(days=40)
"""No row of days off is longer, so no day is moved further."""


def next_due(
    limit: Recurring, anchor: datetime, calendar: Calendar, *, after: datetime | None = None
) -> datetime | None:
    """The first due instant after the anchor and after `after`; None if there is no more."""
    anchor, start = calendar.local(anchor), calendar.local(after or anchor)
    found = _dues(limit, anchor, calendar, start, (start + AHEAD).date())
    return next((due for due in found if due > start), None)


def dues(
    limit: Recurring, anchor: datetime, calendar: Calendar, *, start: datetime, end: datetime
) -> list[datetime]:
    """All due instants after the anchor and after `start`, up to `end`, which is included."""
    anchor, start, end = (calendar.local(instant) for instant in (anchor, start, end))
    until = end.date() if "00:00" in limit.at else day_ended(end)
    found = _dues(limit, anchor, calendar, start, until)
    return [due for due in takewhile(lambda due: due <= end, found) if due > start]


def _dues(
    limit: Recurring, anchor: datetime, calendar: Calendar, start: datetime, until: date
) -> Iterator[datetime]:
    """In order, from about `start` on; where they are numbered, from the anchor on."""
    since = anchor if limit.times else max(anchor, start)
    if limit.between is not None:
        found = _in_windows(limit, limit.between, calendar, since.date(), until)
    elif limit.by_clock:
        step = _step(limit)
        numbers = count(max(1, (since - anchor) // step))
        found = (calendar.local(anchor + number * step) for number in numbers)
    else:
        found = _on_days(limit, anchor.date(), calendar, since.date(), until)
    return islice((due for due in found if due > anchor), limit.times)


def _step(limit: Recurring) -> timedelta:
    return timedelta(minutes=limit.n) if limit.every == "minute" else timedelta(hours=limit.n)


def _in_windows(
    limit: Recurring, between: str, calendar: Calendar, since: date, until: date
) -> Iterator[datetime]:
    opens, closes = span_of(between)
    day = since - ONE_DAY if closes > DAY_MINUTES else since
    while day <= until:
        if limit.on_day_off == "keep" or calendar.is_working_day(day):
            start, end = calendar.instant(day, opens), calendar.instant(day, closes)
            for number in range(1, (end - start) // _step(limit) + 1):
                yield calendar.local(start + number * _step(limit))
        day += ONE_DAY


def _on_days(
    limit: Recurring, anchor: date, calendar: Calendar, since: date, until: date
) -> Iterator[datetime]:
    last: date | None = None
    for named in _named_days(limit, anchor, calendar, since, until):
        if limit.on_day_off == "skip":
            day = named if calendar.is_working_day(named) else None
        else:
            day = moved(named, limit.on_day_off, calendar)
        if day is not None and day != last:
            last = day
            yield from sorted(end_of(day, time, calendar) for time in limit.at)


def _named_days(
    limit: Recurring, anchor: date, calendar: Calendar, since: date, until: date
) -> Iterator[date]:
    """The days that the limit names, off or not, while they may concern the time asked for."""
    reach = until + REACH if limit.on_day_off == "previous" else until
    for days in _periods(limit, anchor, calendar, since - REACH, reach):
        for day in sorted(days):
            if day > reach:
                return
            if day >= anchor or limit.on_day_off == "next":
                yield day


def _periods(
    limit: Recurring, anchor: date, calendar: Calendar, since: date, until: date
) -> Iterator[Iterable[date]]:
    """The days named in one period after the other."""
    if limit.every in MONTHS:
        yield from _months(limit, anchor, calendar, since, until)
        return
    begin, step, weekdays = anchor, limit.n, [0]
    if limit.every == "week":
        step *= 7
    if limit.on:
        begin = anchor - anchor.weekday() * ONE_DAY
        weekdays = [WEEKDAYS.index(str(day)) for day in limit.on]
    for number in count(max(_first(limit), (since - begin).days // step)):
        day = begin + number * step * ONE_DAY
        if day > until:
            return
        yield [day + weekday * ONE_DAY for weekday in weekdays]


def _months(
    limit: Recurring, anchor: date, calendar: Calendar, since: date, until: date
) -> Iterator[Iterable[date]]:
    length = MONTHS[limit.every]
    month, step = month_number(anchor), length * limit.n
    if limit.on:
        month += (limit.month or length) - 1 - month % length
    passed = max(_first(limit), (month_number(since) - month) // step)
    for number in count(month + passed * step, step):
        if first_of_month(number) > until:
            return
        if limit.on:
            yield [day_of_month(number, word, calendar) for word in limit.on]
        else:
            yield [in_month(number, anchor.day)]


def _first(limit: Recurring) -> int:
    """What is counted from the anchor comes one period after it; what is named, in its own."""
    return 0 if limit.on or (limit.every == "day" and limit.n == 1) else 1
