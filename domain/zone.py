"""Instants, and what the clock on the wall says. Exact to the microsecond."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from domain.errors import Invalid

ONE_DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant: datetime) -> int:
    """Microseconds since 1970. Raises Invalid for a time without an offset."""
    if instant.utcoffset() is None:
        raise Invalid(f"{instant.isoformat()} has no offset")
    return (instant - _EPOCH) // MICROSECOND


def exact(instant: datetime) -> datetime:
    """The same instant with a fixed offset.

    Two times of one zone are subtracted and compared by the clock on the wall, which lies when
    it is put forward or back; with a fixed offset they are not. Raises Invalid without an offset.
    """
    offset = instant.utcoffset()
    if offset is None:
        raise Invalid(f"{instant.isoformat()} has no offset")
    return instant.replace(tzinfo=timezone(offset), fold=0)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]


def month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_of_month(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


class Zone:
    """The wall clock of one time zone. Everything it answers is `exact`."""

    def __init__(self, name: str) -> None:
        self._zone = ZoneInfo(name)

    def instant(self, day: date, minutes: int) -> datetime:
        """So many minutes after midnight, by the clock on the wall.

        A time that the clock skips is read as if it had not been put forward; of one that it
        shows twice the first is meant.
        """
        return exact(self._wall(day, minutes))

    def micros(self, day: date, minutes: int) -> int:
        """The same instant, in microseconds since 1970."""
        return (self._wall(day, minutes) - _EPOCH) // MICROSECOND

    def local(self, instant: datetime) -> datetime:
        return exact(exact(instant).astimezone(self._zone))

    def at(self, micros: int) -> datetime:
        return self.local(_EPOCH + micros * MICROSECOND)

    def day(self, micros: int) -> date:
        return self.at(micros).date()

    def _wall(self, day: date, minutes: int) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        return midnight + timedelta(minutes=minutes)
