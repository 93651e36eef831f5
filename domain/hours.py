"""Hours as people write them: "08:30-17:00", for the days of a week and for parts of a year."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)

Title = Annotated[str, Meta(pattern=r"\A(?!\$)[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}\Z")]
"""One line that can be printed."""

Hours = Annotated[str, Meta(pattern=r"\A([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")]
"""From when to when, "08:30-17:00"; "17:30-08:30" ends on the next day."""

Weekdays = Annotated[str, Meta(pattern=r"\A({0})(-({0}))?\Z".format("|".join(WEEKDAYS)))]
"""One weekday, "sat", or a row of them, "mon-fri"."""

Week = dict[Weekdays, tuple[Hours, ...]]
"""The hours of each weekday; a weekday that is not named is off."""

DayOfYear = Annotated[str, Meta(pattern=r"\A(\d{4}-)?\d\d-\d\d\Z")]
"""A day of every year, "05-01", or of one, "2026-05-01"."""

Minutes = tuple[int, int]
"""From when to when, in minutes after the midnight that begins the day; may pass 24 hours."""

DAY_MINUTES = 24 * 60


def day_in_words(day: date) -> str:
    """ "2026-11-23 Mon"."""
    return f"{day.isoformat()} {WEEKDAYS[day.weekday()].capitalize()}"


def minutes_of(time: str) -> int:
    """Minutes after midnight of "HH:MM", up to "24:00"."""
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def span_of(hours: str) -> Minutes:
    start, end = map(minutes_of, hours.split("-"))
    return start, end if end > start else end + DAY_MINUTES


def spans_of(hours: tuple[str, ...]) -> tuple[Minutes, ...]:
    return tuple(sorted(map(span_of, hours)))


def spread(week: Week) -> tuple[tuple[Minutes, ...], ...]:
    """The hours of the seven days, from Monday."""
    named = {day: spans_of(hours) for days, hours in week.items() for day in _named(days)}
    return tuple(named.get(day, ()) for day in range(7))


class Season(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another week for a part of the year (夏令时制), both days included."""

    title: Title
    first: DayOfYear
    last: DayOfYear
    week: Week

    def holds_on(self, day: date) -> bool:
        said = day.isoformat()[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= said <= self.last
        return said >= self.first or said <= self.last

    def faults(self) -> list[str]:
        faults = [f"{day} is no day" for day in (self.first, self.last) if not _is_day(day)]
        if len(self.first) != len(self.last):
            faults.append("first and last are both with a year, or both without")
        elif self.first > self.last and len(self.first) == len("2026-05-01"):
            faults.append(f"{self.last} is before {self.first}")
        return faults + week_faults(self.week)


def week_faults(week: Week) -> list[str]:
    faults = [f"{days}: {fault}" for days, hours in week.items() for fault in hours_faults(hours)]
    named = [day for days in week for day in _named(days)]
    faults += [f"{WEEKDAYS[d]} is named twice" for d in sorted(set(named)) if named.count(d) > 1]
    faults += [f"{days}: the week runs from mon to sun" for days in week if not _named(days)]
    return faults if any(week.values()) else [*faults, "no working time at all"]


def hours_faults(hours: tuple[str, ...]) -> list[str]:
    faults = [f"{h} ends when it begins" for h in hours if len(set(h.split("-"))) == 1]
    overlap = any(end > start for (_, end), (start, _) in pairwise(spans_of(hours)))
    return [*faults, f"{', '.join(hours)} overlap"] if overlap else faults


def _named(days: str) -> range:
    first, _, last = days.partition("-")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def _is_day(day: str) -> bool:
    try:
        date.fromisoformat(day if re.match(r"\d{4}-", day) else f"2000-{day}")
    except ValueError:
        return False
    return True
