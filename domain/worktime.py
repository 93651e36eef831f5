"""Working time as a line: what was worked by an instant, and when so much will be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate

from domain.errors import Invalid, Refused
from domain.hours import Minutes
from domain.zone import MICROSECOND, ONE_DAY, Zone, days_between, micros

Stretch = tuple[int, int]
"""From when to when, in microseconds since 1970."""

Span = tuple[datetime, datetime]


class Line:
    """Stretches of working time, in order and apart; what two of them both claim counts once."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        apart = _apart(stretches)
        self._starts = [start for start, _ in apart]
        self._ends = [end for _, end in apart]
        self._sums = list(accumulate(end - start for start, end in apart))

    @property
    def total(self) -> int:
        return self._sums[-1] if self._sums else 0

    def worked_by(self, instant: int) -> int:
        begun = bisect_right(self._starts, instant)
        if not begun:
            return 0
        return self._sums[begun - 1] - max(0, self._ends[begun - 1] - instant)

    def reached(self, worked: int) -> int:
        """The first instant by which so much is worked; `worked` is more than 0, at most all."""
        number = bisect_left(self._sums, worked)
        return self._ends[number] - (self._sums[number] - worked)

    def next_from(self, instant: int) -> int | None:
        """This instant if it is worked, else the next that is."""
        number = bisect_right(self._ends, instant)
        return max(self._starts[number], instant) if number < len(self._ends) else None

    def within(self, start: int, end: int) -> list[Stretch]:
        if start == end:
            return []
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return [(max(self._starts[n], start), min(self._ends[n], end)) for n in range(first, last)]


class WorkTime:
    """The hours of every day, on lines of one year each, drawn when first asked for.

    `hours` refuses days that are not known; `nights`: some hours end on the next day.
    """

    def __init__(
        self, zone: Zone, hours: Callable[[date], Iterable[Minutes]], *, nights: bool
    ) -> None:
        self._zone, self._hours, self._nights = zone, hours, nights
        self._lines: dict[int, Line] = {}
        self._begins: dict[int, int] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        first, last = micros(start), micros(end)
        if last < first:
            raise Invalid(f"{end.isoformat()} is before {start.isoformat()}")
        years = self._years(first, last)
        whole = sum(self._line(year).total for year in years[:-1])
        worked = whole + self._worked_by(last, years[-1]) - self._worked_by(first, years[0])
        return worked * MICROSECOND

    def add(self, start: datetime, amount: timedelta) -> datetime:
        if amount < timedelta(0):
            raise Invalid(f"{amount} cannot be added", field="amount")
        first = micros(start)
        year = self._zone.day(first).year
        worked = self._worked_by(first, year) + amount // MICROSECOND
        if not amount:
            return self._zone.at(first)
        while worked > self._line(year).total:
            worked -= self._line(year).total
            year += 1
        return self._zone.at(self._line(year).reached(worked))

    def next_from(self, instant: datetime) -> datetime:
        start = micros(instant)
        year = self._zone.day(start).year
        self._must_see(start, year)
        while (found := self._line(year).next_from(start)) is None:
            year += 1
        return self._zone.at(found)

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        first, last = micros(start), micros(end)
        for year in self._years(first, last):
            for begin, finish in self._line(year).within(first, last):
                yield self._zone.at(begin), self._zone.at(finish)

    def _years(self, first: int, last: int) -> range:
        """The years that are touched; a midnight that ends one does not touch the next."""
        last_touched = max(first, last - 1)
        return range(self._zone.day(first).year, self._zone.day(last_touched).year + 1)

    def _worked_by(self, instant: int, year: int) -> int:
        self._must_see(instant, year)
        return self._line(year).worked_by(instant)

    def _line(self, year: int) -> Line:
        """What is worked from the first midnight of the year to its last."""
        if year not in self._lines:
            begin, end = (self._zone.micros(date(y, 1, 1), 0) for y in (year, year + 1))
            days = days_between(date(year, 1, 1), date(year, 12, 31))
            stretches = [*self._last_night(year), *(s for day in days for s in self._of(day))]
            self._lines[year] = Line((max(a, begin), min(b, end)) for a, b in stretches)
        return self._lines[year]

    def _last_night(self, year: int) -> list[Stretch]:
        """Of the year before, in case it works into this one."""
        before = date(year, 1, 1) - ONE_DAY
        try:
            return list(self._of(before)) if self._nights else []
        except Refused:
            self._begins[year] = self._zone.micros(before + 2 * ONE_DAY, 0)
            return []

    def _must_see(self, instant: int, year: int) -> None:
        """What is left of a night in an unknown year is not guessed."""
        self._line(year)
        if instant < self._begins.get(year, instant):
            self._hours(date(year, 1, 1) - ONE_DAY)

    def _of(self, day: date) -> Iterator[Stretch]:
        for start, end in self._hours(day):
            yield self._zone.micros(day, start), self._zone.micros(day, end)


def _apart(stretches: Iterable[Stretch]) -> list[Stretch]:
    apart: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart
