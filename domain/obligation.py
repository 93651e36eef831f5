"""The Obligation: a promise of time (承诺时限), from its opening until it is met or stops."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.calendar import Calendars
from domain.deadline import explain
from domain.errors import Invalid, Refused
from domain.hours import Title
from domain.limit import WorkingDays, WorkingHours, read_limit
from domain.pause import due_after_pause
from domain.promise import Extension, MetBy, Pause, Promise, Waiver
from domain.wording import due_in_words, instant_in_words
from domain.zone import Zone, exact

NAME_LIMIT = 200
"""Longest name of an obligation, in characters."""

LATEST_YEAR = 2999
"""More time than until then cannot be meant."""


class Status(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    MET = "met"
    MET_LATE = "met_late"
    OVERDUE = "overdue"
    WAIVED = "waived"
    CLOSED = "closed"


class ObligationOver(Refused):
    code = "obligation_over"


class AlreadyPaused(Refused):
    code = "already_paused"


class NotPaused(Refused):
    code = "not_paused"


class NotOverdue(Refused):
    code = "not_overdue"


class NotDueSoon(Refused):
    code = "not_due_soon"


class NotYetSupervised(Refused):
    code = "not_yet_supervised"


class AskedTooLate(Refused):
    code = "asked_too_late"


class OwnExtension(Refused):
    code = "own_extension"


class Obligation(Struct, frozen=True, kw_only=True):
    """What somebody has to have done by when, and all that became of it.

    Never changed: every method answers with the obligation as it is then, itself if there is
    nothing new. Once met, waived or closed its clock stands still for good; what is taken up
    again gets a new one. That it is overdue is not stored, it follows from the time and the
    facts; `breached_at` only says when that was first put on record. `warn_hours` before it is
    due that is said, once for each due instant (`warned_at`); `supervise_hours` after it, one for
    each level (督办), somebody higher up is told, up to now `level` of them.
    """

    name: Title
    responsible: str
    anchor: datetime
    basis: dict[str, Any]
    met_by: MetBy
    promises: tuple[Promise, ...]
    facts: dict[str, datetime] = {}
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    waiver: Waiver | None = None
    breached_at: datetime | None = None
    closed_at: datetime | None = None
    warn_hours: float | None = None
    warned_at: datetime | None = None
    supervise_hours: tuple[float, ...] = ()
    level: int = 0

    @classmethod
    def opened(
        cls,
        *,
        name: str,
        anchor: datetime,
        due: datetime,
        basis: Mapping[str, Any],
        responsible: str,
        met_by: MetBy,
        warn_hours: float | None = None,
        supervise_hours: tuple[float, ...] = (),
    ) -> Obligation:
        """`due` and `basis` as `deadline.due` gives them; of a long `name` the beginning."""
        return cls(
            name=_one_line(name),
            responsible=responsible,
            anchor=exact(anchor),
            basis=dict(basis),
            met_by=met_by,
            promises=(Promise(since=exact(anchor), due=exact(due)),),
            warn_hours=warn_hours,
            supervise_hours=supervise_hours,
        )

    # What it says

    @property
    def due(self) -> datetime:
        return self.promises[-1].due

    def due_at(self, instant: datetime) -> datetime:
        """When it was due, as things stood at that instant."""
        known = [promise.due for promise in self.promises if promise.since <= exact(instant)]
        return known[-1] if known else self.promises[0].due

    @property
    def warn_at(self) -> datetime | None:
        """From when on it is due soon; None if nobody wants to know, or it was said already."""
        if self.warn_hours is None or self.warned_at is not None:
            return None
        return self.due - timedelta(hours=self.warn_hours)

    @property
    def supervise_at(self) -> datetime | None:
        """When the next level is told if it is still missed then; None if there is none."""
        if self.level >= len(self.supervise_hours):
            return None
        return self.due + timedelta(hours=self.supervise_hours[self.level])

    @property
    def met_at(self) -> datetime | None:
        return self.met_by.since(self.facts)

    @property
    def over_at(self) -> datetime | None:
        """Since when its clock stands still for good."""
        ends = (self.met_at, self.waiver.at if self.waiver else None, self.closed_at)
        return min((end for end in ends if end is not None), default=None)

    def status_at(self, instant: datetime) -> Status:
        now = exact(instant)
        over_at = self.over_at
        if over_at is not None and over_at <= now:
            return self._end(over_at)
        if self._is_late(now):
            return Status.OVERDUE
        return Status.PAUSED if self._pause_at(now) else Status.OPEN

    def missed_at(self, instant: datetime) -> datetime | None:
        """The due instant that had passed by then with nothing to show, whatever came after."""
        now = min(exact(instant), self.over_at or exact(instant))
        return self.due_at(now) if self._is_late(now) else None

    def remaining_at(self, instant: datetime, calendars: Calendars) -> timedelta:
        """Time left: working time if it is limited by that, else time by the clock."""
        now = exact(instant)
        if self.status_at(now) not in (Status.OPEN, Status.PAUSED):
            return timedelta(0)
        clock, due = self._clock(now), self.due_at(now)
        if isinstance(read_limit(self.basis["limit"]), WorkingDays | WorkingHours):
            calendar = calendars.pinned(self.basis["calendar"])
            return calendar.working_time_between(clock, due)
        return due - clock

    def explanation(self) -> str:
        """Why it is due when it is, in words, and what has moved that since."""
        return "\n".join([explain(self.basis), *self._history_in_words()])

    # What becomes of it

    def told(self, fact: str, at: datetime) -> Obligation:
        """Something happened. Of a fact told twice the earlier time counts.

        Nothing is done before it was promised: it counts from the anchor on.
        """
        at, over_at = max(exact(at), self.anchor), self.over_at
        known = self.facts.get(fact)
        if not self.met_by.names(fact) or (known is not None and known <= at):
            return self
        if over_at is not None and at > over_at:
            return self
        return replace(self, facts=self.facts | {fact: at})

    def paused(self, at: datetime, *, blocked_by: str, reason: str) -> Obligation:
        """Stop its clock. Raises ObligationOver, or AlreadyPaused for another ground."""
        at = self._now(at)
        if pause := self._pause_at(at):
            if (pause.blocked_by, pause.reason) == (blocked_by, reason):
                return self
            raise AlreadyPaused(f"{self.name} is paused: {pause.blocked_by}, {pause.reason}")
        pause = Pause(at=at, blocked_by=blocked_by, reason=reason)
        return replace(self, pauses=(*self.pauses, pause))

    def resumed(self, at: datetime, calendars: Calendars) -> Obligation:
        """Let its clock run again, by the calendar version that it was promised under.

        See `due_after_pause` for what that does to the due instant; what was overdue when it was
        paused stays so. Raises NotPaused.
        """
        at = self._now(at)
        if not self.pauses or self.pauses[-1].until is not None:
            raise NotPaused(f"{self.name} is not paused")
        pause = replace(self.pauses[-1], until=at)
        resumed = replace(self, pauses=(*self.pauses[:-1], pause))
        if self._is_late(at):
            return resumed
        due = due_after_pause(
            self.due,
            read_limit(self.basis["limit"]),
            calendars.pinned(self.basis["calendar"]),
            paused=pause.at,
            resumed=at,
        )
        return resumed._promised(due, at)

    def extended(
        self,
        due: datetime,
        *,
        at: datetime,
        asked_at: datetime,
        asked_by: str,
        approved_by: str,
    ) -> Obligation:
        """More time, from the approval at `at` on. Raises AskedTooLate, OwnExtension."""
        at, due, asked_at = self._now(at), exact(due), exact(asked_at)
        if asked_by == approved_by:
            raise OwnExtension("who asks for more time does not approve it", field="approved_by")
        if asked_at > at:
            raise Invalid("it was approved before it was asked for", field="asked_at")
        if self._is_late(asked_at):
            raise AskedTooLate(
                f"more time was asked for at {asked_at.isoformat()}, after it was due at "
                f"{self.due_at(asked_at).isoformat()}"
            )
        extension = Extension(
            at=at, due=due, asked_at=asked_at, asked_by=asked_by, approved_by=approved_by
        )
        if extension in self.extensions:
            return self
        if due <= self.due:
            raise Invalid(f"it is due at {self.due.isoformat()} already", field="due")
        if due.year > LATEST_YEAR:
            raise Invalid(f"{due.isoformat()} is too far away", field="due")
        return replace(self, extensions=(*self.extensions, extension))._promised(due, at)

    def waived(self, at: datetime, *, by: str, reason: str) -> Obligation:
        """Nobody has to do it any more. Raises ObligationOver."""
        if self.waiver is not None:
            return self
        return replace(self, waiver=Waiver(at=self._now(at), by=by, reason=reason))

    def breached(self, at: datetime) -> Obligation:
        """Put on record, once, that it was missed. Raises NotOverdue."""
        if self.breached_at is not None:
            return self
        if self.missed_at(at) is None:
            raise NotOverdue(f"{self.name} is not overdue at {at.isoformat()}")
        return replace(self, breached_at=exact(at))

    def warned(self, at: datetime) -> Obligation:
        """Put on record, once for each due instant, that it is near. Raises NotDueSoon."""
        at = exact(at)
        if self.warned_at is not None:
            return self
        is_open = self.over_at is None and not self._is_late(at)
        if not is_open or self.warn_at is None or self._clock(at) < self.warn_at:
            raise NotDueSoon(f"{self.name} is not due soon at {at.isoformat()}")
        return replace(self, warned_at=at)

    def supervised(self, level: int, at: datetime) -> Obligation:
        """Somebody higher up is told: after the breach, one level after the other.

        Raises NotYetSupervised.
        """
        at = exact(at)
        if level <= self.level:
            return self
        is_missed = self.over_at is None and self.breached_at is not None and self._is_late(at)
        reached = self.supervise_at
        if not is_missed or level != self.level + 1 or not reached or self._clock(at) < reached:
            raise NotYetSupervised(f"{self.name} is not at level {level} at {at.isoformat()}")
        return replace(self, level=level)

    def closed(self, at: datetime) -> Obligation:
        """The matter is at its end; what is not met by then never will be.

        What began only after that, by what was told late, ends as it begins.
        """
        if self.over_at is not None:
            return self
        return replace(self, closed_at=max(exact(at), self._latest))

    # As data

    def to_data(self) -> dict[str, Any]:
        """Texts, numbers, lists and dicts only."""
        data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Obligation:
        return msgspec.convert(data, cls)

    def changes_to(self, after: Obligation) -> dict[str, Any]:
        """The fields that are different after, as data."""
        before = self.to_data()
        return {name: new for name, new in after.to_data().items() if before[name] != new}

    def changed(self, changes: Mapping[str, Any]) -> Obligation:
        return self.from_data({**self.to_data(), **changes})

    def _promised(self, due: datetime, since: datetime) -> Obligation:
        if due == self.due:
            return self
        promises = (*self.promises, Promise(since=since, due=due))
        return replace(self, promises=promises, warned_at=None)

    def _end(self, over_at: datetime) -> Status:
        if over_at == self.met_at:
            return Status.MET_LATE if self._is_late(over_at) else Status.MET
        return Status.WAIVED if self.waiver else Status.CLOSED

    def _is_late(self, now: datetime) -> bool:
        clock, due = self._clock(now), self.due_at(now)
        return clock > due or (clock == due and not self.basis["limit"]["met_on_the_dot"])

    def _clock(self, now: datetime) -> datetime:
        """Where its own clock stands: at the beginning of a pause for as long as that lasts."""
        pause = self._pause_at(now)
        return pause.at if pause else now

    def _pause_at(self, now: datetime) -> Pause | None:
        return next((pause for pause in self.pauses if pause.holds_at(now)), None)

    def _now(self, at: datetime) -> datetime:
        """`at`, if things may go on from there. Raises ObligationOver."""
        at = exact(at)
        if self.over_at is not None:
            raise ObligationOver(f"{self.name} is {self._end(self.over_at)}")
        if at < self._latest:
            raise Invalid(f"{at.isoformat()} is before {self._latest.isoformat()}", field="at")
        return at

    @property
    def _latest(self) -> datetime:
        """When the last thing became of it: nothing comes before that."""
        pauses = [pause.until or pause.at for pause in self.pauses]
        return max([self.promises[-1].since, *pauses])

    def _history_in_words(self) -> list[str]:
        zone = Zone(self.basis["zone"])
        words = []
        for pause in self.pauses:
            until = instant_in_words(zone.local(pause.until)) if pause.until else "now"
            since = instant_in_words(zone.local(pause.at))
            words.append(f"Paused 暂停 {since} to {until}: {pause.blocked_by}, {pause.reason}.")
        for extension in self.extensions:
            asked = instant_in_words(zone.local(extension.asked_at))
            words.append(
                f"Extended 延期: asked for by {extension.asked_by} on {asked}, "
                f"approved by {extension.approved_by}."
            )
        for promise in self.promises[1:]:
            since = instant_in_words(zone.local(promise.since))
            words.append(f"Due 截止 since {since}: {due_in_words(zone.local(promise.due))}.")
        return words


msgspec.json.Decoder(Obligation)  # worked out by one thread, as domain/pack.py says


def _one_line(name: str) -> str:
    """As a title has to be, whatever somebody typed into it."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", name).split()).lstrip("$ ")
    return (line if len(line) <= NAME_LIMIT else f"{line[: NAME_LIMIT - 1]}…") or "…"
