"""The map of an event log: which column says what, and which activity is which step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from domain.aggregate import UNIT_LIMIT
from domain.errors import Invalid


class MapInvalid(Invalid):
    code = "map_invalid"


class Columns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which column says what. Several for `time` (a date, an hour) are read joined by a blank."""

    case: str
    activity: str
    resource: str
    time: str | Annotated[tuple[str, ...], Meta(min_length=1)]
    customer: str | None = None

    @property
    def times(self) -> tuple[str, ...]:
        return (self.time,) if isinstance(self.time, str) else self.time

    @property
    def named(self) -> list[str]:
        rest = [self.customer] if self.customer is not None else []
        return [self.case, self.activity, self.resource, *self.times, *rest]


class RecordedProcedure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pack that is made for the log, and from when on its cases may begin."""

    name: str
    version: Annotated[int, Meta(ge=1)]
    title: str
    effective_from: Annotated[datetime, Meta(tz=True)]


class MappedStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The step that an activity is; a `final` one closes the case."""

    step: str
    final: bool = False


class LogMap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a log. Within one `log`, and whatever its files, a label means one thing.

    `time_zone` is that of times without offset. Where clocks are set back, an hour that comes
    twice is taken for the first; where they are set forward, a time that never came is taken as
    if they had not been yet: 02:30 for 03:30. `keep` names the columns kept as form data (else:
    all that mean nothing else), `sealed` those of them that speak of a person.
    """

    log: Annotated[str, Meta(min_length=1, max_length=200)]
    columns: Columns
    time_zone: str
    time_format: str = "iso"
    duplicates: Literal["keep", "drop"] = "keep"
    procedure: RecordedProcedure
    channel: str = "online"
    unit: Annotated[str, Meta(min_length=1, max_length=UNIT_LIMIT)] = "main"
    activities: Annotated[dict[str, str | MappedStep], Meta(min_length=1)]
    keep: tuple[str, ...] | None = None
    sealed: tuple[str, ...] = ()

    @classmethod
    def read(cls, content: Any) -> LogMap:
        """Raises MapInvalid, naming the place at fault."""
        try:
            log = msgspec.convert(content, cls)
        except msgspec.ValidationError as error:
            raise MapInvalid(str(error), field="map") from None
        if faults := log._faults():
            raise MapInvalid("; ".join(faults), field="map", faults=faults)
        return log

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def step_of(self, activity: str) -> MappedStep:
        mapped = self.activities[activity]
        return MappedStep(step=mapped) if isinstance(mapped, str) else mapped

    def _faults(self) -> list[str]:
        faults = [f"columns: {name} means two things" for name in _twice(self.columns.named)]
        steps = [self.step_of(activity).step for activity in self.activities]
        faults += [f"activities: two are step {name}" for name in _twice(steps)]
        taken = set(self.columns.named) & set(self.keep or ())
        faults += [f"keep: {name} means something already" for name in sorted(taken)]
        if not _is_zone(self.time_zone):
            faults.append(f"time_zone: no time zone {self.time_zone}")
        return faults


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Asia` is a directory
        return False


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)
