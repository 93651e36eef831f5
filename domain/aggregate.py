"""Our base Aggregate and Event: a topic, and the envelope that every event carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, AggregateEvent, BaseAggregate

from domain.errors import Invalid
from domain.sealed import Sealed

REASON_LIMIT = 2_000
"""Longest reason, in characters."""

UNIT_LIMIT = 64
"""Longest name of a unit, in characters."""

STAFF_PREFIX = "staff:"


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who acts, for whom, in which role, by which command, when it happened, and why.

    `by` and `acting_for` are pseudonymous: `staff:<uuid>`, `client:<uuid>` or `system:<name>`.
    `at` is when it happened as told (aware); when it was recorded is the store's to say.
    `roles` are all that they have, and whom they act for; `role` is the one that allows it.
    """

    by: str
    at: datetime
    command_id: str
    acting_for: str | None = None
    role: str | None = None
    reason: str | None = None
    roles: frozenset[str] = frozenset()

    @property
    def stood_for(self) -> str:
        """For whom it is done: who acts, or the absent colleague whose deputy they are."""
        return self.acting_for or self.by

    def stands_for(self, staff_id: UUID | None) -> bool:
        """Whether this is the staff member's own act, or that of a deputy in their place.

        Who acts for somebody else does not act for themselves in that.
        """
        return staff_id is not None and staff_ref(staff_id) == (self.acting_for or self.by)

    def must_give_reason(self) -> None:
        """Raises Invalid without a reason."""
        if not (self.reason or "").strip():
            raise Invalid("a reason is required", field="reason")


def staff_ref(staff_id: UUID) -> str:
    return f"{STAFF_PREFIX}{staff_id}"


class Aggregate(BaseAggregate[UUID]):
    """Decides in methods, copies in `apply`. Knows no clock, makes no ids, does no I/O."""

    class Event(AggregateEvent):
        """A fact. `timestamp` is when it happened, as told (`occurred_at` outside); aware.

        `recorded_at`, `position` and register number are the store's and stand beside the event.
        """

        by: str
        acting_for: str | None
        role: str | None
        command_id: str
        reason: Sealed | None

        @property
        def done_by(self) -> frozenset[str]:
            """Who did it, and for whom if they stood for somebody."""
            return frozenset({self.by, self.acting_for or self.by})

    TOPIC: ClassVar[str]
    COMMUTING: ClassVar[tuple[type[Aggregate.Event], ...]] = ()
    """Facts that never change what may be decided, so nobody has to have seen them."""

    COMPARES_TEXTS: ClassVar[bool] = False
    """Whether its rules ask what sealed texts say, so that they must be opened to decide."""

    def __init_subclass__(cls, **options: Any) -> None:
        """An event stays one class in all that inherit it; the library would make one for each."""
        for base in cls.__mro__[1:]:
            for name, kind in list(vars(base).items()):
                if isinstance(kind, type) and issubclass(kind, AggregateEvent):
                    setattr(cls, name, vars(cls).get(name, kind))
        super().__init_subclass__(**options)

    @property
    def subject(self) -> UUID:
        """Under whose key the personal texts of this stream are sealed."""
        return self.id

    @property
    def units(self) -> frozenset[str]:
        """The units that it belongs to; none if it is everybody's."""
        return frozenset()

    def copied(self) -> Self:
        """One that goes its own way: the two share only what never changes."""
        copied = object.__new__(type(self))
        vars(copied).update(_copied(vars(self)))
        return copied

    @classmethod
    def _start(
        cls, event: type[InitialEvent], id: UUID, act: Act, *, subject: UUID, **payload: Any
    ) -> Self:
        return cls._create(event, id=id, **_envelope(act, subject), **payload)

    def _record(self, event: type[Aggregate.Event], act: Act, **payload: Any) -> None:
        self.trigger_event(event, **_envelope(act, self.subject), **payload)

    def _seal(self, text: str, name: str) -> Sealed:
        return Sealed.of(self.subject, text, name=name)

    def _seal_if(self, text: str | None, name: str) -> Sealed | None:
        return None if text is None else self._seal(text, name)


class InitialEvent(Aggregate.Event, AggregateCreated):
    """The first fact of a stream."""


def _envelope(act: Act, subject: UUID) -> dict[str, Any]:
    reason = act.reason and Sealed.of(subject, act.reason, name="reason", limit=REASON_LIMIT)
    return {
        "by": act.by,
        "acting_for": act.acting_for,
        "role": act.role,
        "command_id": act.command_id,
        "reason": reason or None,
        "timestamp": act.at,
    }


_CHANGING = frozenset({dict, list, set})
"""What an aggregate holds is data that changes in place, one of these, or never changes."""


def _copied(value: Any) -> Any:
    """Of one that changes in place."""
    if type(value) is dict:
        return {
            name: _copied(one) if type(one) in _CHANGING else one for name, one in value.items()
        }
    if type(value) is list:
        return [_copied(one) if type(one) in _CHANGING else one for one in value]
    return set(value)


@cache
def events_of(aggregate: type[Aggregate]) -> tuple[type[Aggregate.Event], ...]:
    """Every kind of event of an aggregate."""
    kinds = vars(aggregate).values()
    return tuple(
        kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, Aggregate.Event) and hasattr(kind, "TOPIC")
    )
