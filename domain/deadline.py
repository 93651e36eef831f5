"""Deadlines: computed once, by a pure function, and kept with what explains them for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
from msgspec import Struct

from domain.calendar import Calendar, Calendars
from domain.dates import (
    add_months,
    day_of_month,
    end_of,
    in_month,
    moved,
)
from domain.errors import Invalid, Refused
from domain.hours import WEEKDAYS
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
from domain.recurrence import next_due
from domain.wording import due_in_words, instant_in_words, limit_in_words, span_in_words
from domain.zone import ONE_DAY, days_between, month_number


class AppointmentMissing(Invalid):
    code = "appointment_missing"


class NothingMoreDue(Refused):
    code = "nothing_more_due"


class Due(Struct, frozen=True):
    """When something is due, and why: `basis` is plain data, to be stored as it is."""

    at: datetime
    basis: dict[str, Any]


class Basis(Struct, frozen=True, kw_only=True):
    """What made a deadline. All instants are in the zone of its calendar.

    `calendar` is the version, and `source` where it has its holidays from; `counted` and
    `skipped` are days or hours in words; `moved` is a day off that the deadline was moved from.
    """

    anchor: datetime
    at: datetime
    limit: Limit
    calendar: str
    zone: str
    source: str | None = None
    appointment: str | None = None
    counted: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    moved: str | None = None
    provisional: tuple[int, ...] = ()


class Reckoned(Struct, frozen=True):
    """A due instant, and what was counted on the way to it."""

    at: datetime
    counted: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    moved: str | None = None


def due(
    anchor: datetime,
    limit: Limit,
    calendars: Calendars,
    appointment: datetime | date | None = None,
) -> Due:
    """When something is due that began at `anchor`, by the newest version of its calendar.

    A time of day that is past by then already is meant on the next day that fits; only before an
    appointment may the due instant be past. Raises AppointmentMissing, NoCalendarData.
    """
    calendar = calendars.newest(limit.calendar)
    begin = calendar.local(anchor)
    reckoned = _reckoned(begin, limit, calendar, appointment)
    basis = Basis(
        anchor=begin,
        at=reckoned.at,
        limit=limit,
        calendar=calendar.ref,
        zone=calendar.zone,
        source=calendar.source,
        appointment=appointment.isoformat() if appointment else None,
        counted=reckoned.counted,
        skipped=reckoned.skipped,
        moved=reckoned.moved,
        provisional=calendar.foreseen_between(begin, max(begin, reckoned.at)),
    )
    said = msgspec.json.decode(msgspec.json.encode(basis))
    if not basis.provisional:
        del said["provisional"]
    return Due(reckoned.at, said)


def explain(basis: Mapping[str, Any]) -> str:
    """Why this deadline, in words."""
    b = msgspec.convert(basis, Basis)
    sentences = [
        f"Due 截止 {due_in_words(b.at)}",
        f"from 起算 {instant_in_words(b.anchor)}",
        limit_in_words(b.limit),
        f"calendar 日历 {b.calendar} ({', '.join(filter(None, (b.zone, b.source)))})",
    ]
    if b.appointment:
        sentences.append(f"appointment 预约 {b.appointment}")
    if b.counted:
        sentences.append(f"counted 计入 {', '.join(b.counted)}")
    if b.skipped:
        sentences.append(f"not counted 不计 {', '.join(b.skipped)}")
    if b.moved:
        sentences.append(f"moved from 顺延自 {b.moved}")
    if b.provisional:
        years = ", ".join(map(str, b.provisional))
        sentences.append(f"provisional 暂定, holidays of {years} not published")
    on_the_dot = "in time 准点算按时" if b.limit.met_on_the_dot else "late 准点算超时"
    return "; ".join([*sentences, f"exactly then is {on_the_dot}"]) + "."


def _reckoned(
    anchor: datetime, limit: Limit, calendar: Calendar, appointment: datetime | date | None
) -> Reckoned:
    match limit:
        case Clock():
            passes = timedelta(hours=limit.hours, minutes=limit.minutes)
            return Reckoned(calendar.local(anchor + passes))
        case CalendarDays():
            last = _last_day(anchor.date(), limit)
            days = (last + number * ONE_DAY for number in count())
            return _first_end(anchor, days, limit.until, limit.on_day_off, calendar)
        case WorkingDays():
            return _working_days(anchor, limit, calendar)
        case WorkingHours():
            return _working_hours(anchor, limit, calendar)
        case CutOff():
            meant = _cut_off_days(anchor.date(), limit, calendar)
            return _first_end(anchor, meant, limit.at, limit.on_day_off, calendar)
        case Relative():
            return _before(appointment, limit, calendar)
        case Recurring():
            return _recurring(anchor, limit, calendar)


def _first_end(
    anchor: datetime, days: Iterable[date], time: str, on_day_off: str, calendar: Calendar
) -> Reckoned:
    """At this time of the first of the days that leaves any time at all."""
    ends = ((day, moved(day, on_day_off, calendar)) for day in days)
    instants = ((end_of(to, time, calendar), day, to) for day, to in ends)
    at, day, to = next(found for found in instants if found[0] > anchor)
    return Reckoned(at, moved=calendar.says(day) if day != to else None)


def _last_day(first: date, limit: CalendarDays) -> date:
    last = add_months(first, limit.years * 12 + limit.months) + limit.days * ONE_DAY
    if limit.receipt_day_counts:
        last -= ONE_DAY
    if limit.not_past_day is None:
        return last
    months = (in_month(month_number(first) + k, limit.not_past_day) for k in (0, 1))
    return min(last, next(day for day in months if day >= first))


def _working_days(anchor: datetime, limit: WorkingDays, calendar: Calendar) -> Reckoned:
    receipt = anchor.date()
    counts = limit.receipt_day_counts
    last = calendar.add_working_days(receipt, limit.days, counts_receipt_day=counts)
    while (at := end_of(last, limit.until, calendar)) <= anchor:
        last = calendar.add_working_days(last, 1)
    first = receipt if counts or not limit.days else receipt + ONE_DAY
    days = days_between(first, last)
    return Reckoned(
        at,
        counted=tuple(calendar.says(day) for day in days if calendar.is_working_day(day)),
        skipped=tuple(calendar.says(day) for day in days if not calendar.is_working_day(day)),
    )


def _working_hours(anchor: datetime, limit: WorkingHours, calendar: Calendar) -> Reckoned:
    at = calendar.add_working_time(anchor, timedelta(hours=limit.hours, minutes=limit.minutes))
    days = days_between(anchor.date(), at.date())
    return Reckoned(
        at,
        counted=tuple(span_in_words(*span) for span in calendar.working_spans(anchor, at)),
        skipped=tuple(calendar.says(day) for day in days if not calendar.is_working_day(day)),
    )


def _cut_off_days(first: date, limit: CutOff, calendar: Calendar) -> Iterator[date]:
    """The days that are meant, in order; past ones only if being off moves them on."""
    for number in count(limit.of == "next"):
        if limit.day in ("same", "next"):
            day = first + (number + (limit.day == "next")) * ONE_DAY
        elif limit.day in WEEKDAYS:
            day = first + (WEEKDAYS.index(str(limit.day)) - first.weekday() + 7 * number) * ONE_DAY
        else:
            day = day_of_month(month_number(first) + number, limit.day, calendar)
        if day >= first or limit.on_day_off == "next":
            yield day


def _before(appointment: datetime | date | None, limit: Relative, calendar: Calendar) -> Reckoned:
    if appointment is None:
        raise AppointmentMissing("this limit is counted back from an appointment")
    if isinstance(appointment, datetime) and not limit.by_day:
        earlier = timedelta(hours=limit.hours_before, minutes=limit.minutes_before)
        return Reckoned(calendar.local(calendar.local(appointment) - earlier))
    if limit.by_clock:
        raise AppointmentMissing(f"the appointment on {appointment} has no time of day")
    return _days_before(_day_of(appointment, calendar), limit, calendar)


def _days_before(last: date, limit: Relative, calendar: Calendar) -> Reckoned:
    if limit.working_days_before:
        day = to = calendar.working_day_before(last, limit.working_days_before)
    else:
        day = last - limit.days_before * ONE_DAY
        to = moved(day, limit.on_day_off, calendar)
    at = end_of(to, limit.until, calendar)
    return Reckoned(at, moved=calendar.says(day) if day != to else None)


def _day_of(appointment: datetime | date, calendar: Calendar) -> date:
    if isinstance(appointment, datetime):
        return calendar.local(appointment).date()
    return appointment


def _recurring(anchor: datetime, limit: Recurring, calendar: Calendar) -> Reckoned:
    at = next_due(limit, anchor, calendar)
    if at is None:
        raise NothingMoreDue(f"nothing recurs after {anchor.isoformat()}")
    return Reckoned(at)
