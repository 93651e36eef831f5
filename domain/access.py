"""The access log: what one member of staff looked at on one day, and what was refused them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID, uuid5

from domain.aggregate import Act, Aggregate, InitialEvent

ACCESSES = UUID("5f0c3f1e-52c1-4d43-9a3b-0d1a6c1f7b24")
"""The namespace of their ids: a log is found by who looks and the day."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What somebody asked to see. `what` is client, ticket, evidence or export."""

    what: str
    client_id: UUID | None = None
    ticket_id: UUID | None = None
    export_id: UUID | None = None
    fields: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    purpose: str | None = None
    digest: str | None = None

    def told(self) -> dict[str, Any]:
        lists = {"fields": list(self.fields), "labels": list(self.labels)}
        return asdict(self) | lists


class Access(Aggregate):
    """Nothing in it speaks of a person but by their id; what was seen stands nowhere."""

    TOPIC = "access"

    class Begun(InitialEvent):
        """The first of this member of staff on this day, in the desk's time zone (ISO 8601)."""

        TOPIC = "access.begun"
        day: str

    class RecordAccessed(Aggregate.Event):
        """Shown in full: these fields of a client's file, an attachment, a page of an export.

        `what` is client, ticket, evidence or export. `shown` and `left_out` count clients of an
        export; those left out have not consented to its purpose.
        """

        TOPIC = "access.record-accessed"
        what: str
        client_id: UUID | None
        ticket_id: UUID | None
        export_id: UUID | None
        fields: list[str]
        labels: list[str]
        purpose: str | None
        digest: str | None
        shown: int | None
        left_out: int | None

    class Refused(Aggregate.Event):
        """Asked for and not shown; `code` is that of the refusal."""

        TOPIC = "access.refused"
        what: str
        client_id: UUID | None
        ticket_id: UUID | None
        export_id: UUID | None
        fields: list[str]
        labels: list[str]
        purpose: str | None
        digest: str | None
        code: str

    COMMUTING = (RecordAccessed, Refused)

    def __init__(self, day: str) -> None:
        self.day = day

    @staticmethod
    def id_of(by: str, day: date) -> UUID:
        return uuid5(ACCESSES, f"{by} {day.isoformat()}")

    @classmethod
    def begin(cls, day: date, *, act: Act) -> Self:
        access_id = cls.id_of(act.by, day)
        return cls._start(cls.Begun, access_id, act, subject=access_id, day=day.isoformat())

    def allow(self, seen: Seen, *, shown: int | None, left_out: int | None, act: Act) -> None:
        self._record(self.RecordAccessed, act, **seen.told(), shown=shown, left_out=left_out)

    def refuse(self, seen: Seen, *, code: str, act: Act) -> None:
        self._record(self.Refused, act, **seen.told(), code=code)
