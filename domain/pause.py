"""What a pause does to a deadline: nobody loses, by having to wait, the time that was left."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from domain.calendar import Calendar, NotAWorkingDay
from domain.dates import day_ended, end_of, moved
from domain.hours import DAY_MINUTES
from domain.limit import CalendarDays, Clock, CutOff, Limit, WorkingDays, WorkingHours
from domain.zone import ONE_DAY


def due_after_pause(
    due: datetime, limit: Limit, calendar: Calendar, *, paused: datetime, resumed: datetime
) -> datetime:
    """When it is due now that was due at `due` and stood still for a while; never earlier.

    Time by the clock and working time: what was left of it at the pause is left at the resumption,
    to the microsecond. Calendar days and cut-offs: as many days as the pause has midnights, at
    the same time of day, so that the days left are as many as before; and one more if that
    is past already. An appointment, and what recurs, does not wait.
    """
    due, paused, resumed = (calendar.local(instant) for instant in (due, paused, resumed))
    match limit:
        case Clock():
            return calendar.local(resumed + (due - paused))
        case WorkingDays() | WorkingHours():
            left = calendar.working_time_between(paused, due)
            reached = calendar.add_working_time(resumed, left)
            if isinstance(limit, WorkingDays):
                reached = _until(limit.until, reached, calendar)
            return max(due, reached)
        case CalendarDays() | CutOff():
            return _days_later(due, limit.on_day_off, calendar, paused, resumed)
        case _:
            return due


def _until(time: str, reached: datetime, calendar: Calendar) -> datetime:
    """Working days that last longer than work does (until 24:00) still do after a pause."""
    try:
        closes = calendar.close_of_business(reached.date())
    except NotAWorkingDay:
        return reached
    return max(reached, end_of(reached.date(), time, calendar)) if reached == closes else reached


def _days_later(
    due: datetime, on_day_off: str, calendar: Calendar, paused: datetime, resumed: datetime
) -> datetime:
    midnights = (resumed.date() - paused.date()).days
    if not midnights and due > resumed:
        return due
    forward = "keep" if on_day_off == "keep" else "next"
    day = day_ended(due)
    minutes = due.hour * 60 + due.minute if day == due.date() else DAY_MINUTES
    rest = timedelta(seconds=due.second, microseconds=due.microsecond)
    days = (moved(day + k * ONE_DAY, forward, calendar) for k in count(midnights))
    ends = (calendar.instant(day, minutes) + rest for day in days)
    return next(at for at in ends if at > resumed)
