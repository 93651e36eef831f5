"""Working time as a line: what was worked by an instant, and when so much will be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate

from domain.errors import Invalid, Refused
from domain.hours import Minutes
from domain.zone import (
    MICROSECOND,
    ONE_DAY,
    Zone,
    days_between,
    first_of_month,
    micros,
    month_number,
)

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
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return [(max(self._starts[n], start), min(self._ends[n], end)) for n in range(first, last)]


class WorkTime:
    """The hours of every day, on lines of one month each, drawn when first asked for.

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
        months = self._months(first, last)
        whole = sum(self._line(month).total for month in months[:-1])
        worked = whole + self._worked_by(last, months[-1]) - self._worked_by(first, months[0])
        return worked * MICROSECOND

    def add(self, start: datetime, amount: timedelta) -> datetime:
        if amount < timedelta(0):
            raise Invalid(f"{amount} cannot be added", field="amount")
        first = micros(start)
        month = self._month(first)
        worked = self._worked_by(first, month) + amount // MICROSECOND
        if not amount:
            return self._zone.at(first)
        while worked > self._line(month).total:
            worked -= self._line(month).total
            month += 1
        return self._zone.at(self._line(month).reached(worked))

    def next_from(self, instant: datetime) -> datetime:
        start = micros(instant)
        month = self._month(start)
        self._must_see(start, month)
        while (found := self._line(month).next_from(start)) is None:
            month += 1
        return self._zone.at(found)

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """Hours that touch are taken together."""
        first, last = micros(start), micros(end)
        months = self._months(first, last)
        self._must_see(first, months[0])
        worked = Line(s for month in months for s in self._line(month).within(first, last))
        return [(self._zone.at(a), self._zone.at(b)) for a, b in worked.within(first, last)]

    def _month(self, instant: int) -> int:
        return month_number(self._zone.day(instant))

    def _months(self, first: int, last: int) -> range:
        """The months that are touched; a midnight that ends one does not touch the next."""
        return range(self._month(first), self._month(max(first, last - 1)) + 1)

    def _worked_by(self, instant: int, month: int) -> int:
        self._must_see(instant, month)
        return self._line(month).worked_by(instant)

    def _line(self, month: int) -> Line:
        """What is worked from the first midnight of the month to its last."""
        if month not in self._lines:
            first, end = first_of_month(month), first_of_month(month + 1)
            stretches = [
                *self._night_before(first, month),
                *(s for day in days_between(first, end - ONE_DAY) for s in self._of(day)),
            ]
            begin, finish = self._zone.micros(first, 0), self._zone.micros(end, 0)
            self._lines[month] = Line((max(a, begin), min(b, finish)) for a, b in stretches)
        return self._lines[month]

    def _night_before(self, first: date, month: int) -> list[Stretch]:
        """In case it works on into this month."""
        try:
            return list(self._of(first - ONE_DAY)) if self._nights else []
        except Refused:
            self._begins[month] = self._zone.micros(first + ONE_DAY, 0)
            return []

    def _must_see(self, instant: int, month: int) -> None:
        """What is left of a night in an unknown year is not guessed."""
        self._line(month)
        if instant < self._begins.get(month, instant):
            self._hours(first_of_month(month) - ONE_DAY)

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
