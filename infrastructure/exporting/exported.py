"""A fact of the register as people and process miners read it: plain values, texts opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.utils import get_topic

from application.register import Fact
from application.views.ticket_history import ENVELOPE
from domain.happening import word_of
from domain.pack import Pack
from domain.sealed import ERASED, Sealed

SEALED = "[sealed]"
"""What is read in place of a text that the reader may not read."""

OpenText = Callable[[Sealed], str | None]
"""What a sealed text says; None where its key is gone."""

NAMES_WHOM: Mapping[str, str] = {
    "client_id": "client",
    "into_id": "client",
    "ticket_id": "ticket",
    "export_id": "export",
    "first_contact_id": "staff",
    "hidden_from_id": "staff",
    "responsible_id": "staff",
    "from_id": "staff",
    "to_id": "staff",
    "told_id": "staff",
    "person_id": "staff",
    "deputy_id": "staff",
    "done_by_id": "staff",
    "superior_id": "staff",
    "subject_id": "staff",
    "assessment_id": "assessment",
    "plan_id": "ticket",
    "staff_id": "staff",
    "foreign_to": "staff",
    "owner_id": "staff",
    "manager_id": "staff",
    "lost_by": "staff",
    "other_id": "client",
    "misconduct_id": "misconduct",
}
"""Of which kind is what these fields name; what a client's file was merged into, is a client's."""

_REF = re.compile(r"(?:(ticket|client|staff|pack):)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")

_IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Link(NamedTuple):
    """Another object that an event names: as what, of which kind (None: it does not say), which."""

    part: str
    kind: str | None
    id: UUID


@dataclass(frozen=True, kw_only=True)
class Exported:
    """`kind` is that of the stream: ticket, client, staff, pack …; `actor` like `staff:<uuid>`.

    Both times are aware. `word` is what packs call it. `fields` are plain JSON, times in UTC.
    """

    position: int
    recorded_at: datetime
    occurred_at: datetime
    stream_id: UUID
    version: int
    kind: str
    topic: str
    word: str
    actor: str
    acting_for: str | None
    role: str | None
    command_id: str
    reason: str | None
    number: str | None
    fields: Mapping[str, Any]
    links: tuple[Link, ...]

    @property
    def object_id(self) -> str:
        """What it happened to, written as actors are."""
        return f"{self.kind}:{self.stream_id}"

    @property
    def activity(self) -> str:
        """What happened: the topic, and which step, for steps that only their pack knows."""
        step = self.fields.get("step")
        return f"{self.topic}.{step}" if isinstance(step, str) else self.topic


def withheld(sealed: Sealed) -> str:
    """For readers who may not read personal texts. To be passed to `exported`."""
    return SEALED


def exported(fact: Fact, open_text: OpenText) -> Exported:
    """Whatever kind of event it is. Nothing is left out of it but digests of secrets.

    `open_text` decides what may be read: `withheld`, or one that opens the box.
    """
    event, topic = fact.event, get_topic(type(fact.event))
    kind = topic.partition(".")[0]
    told = {name: value for name, value in vars(event).items() if name not in ENVELOPE}
    return Exported(
        position=fact.position,
        recorded_at=fact.recorded_at,
        occurred_at=event.timestamp,
        stream_id=event.originator_id,
        version=event.originator_version,
        kind=kind,
        topic=topic,
        word=word_of(event),
        actor=event.by,
        acting_for=event.acting_for,
        role=event.role,
        command_id=event.command_id,
        reason=None if event.reason is None else _opened(event.reason, open_text),
        number=fact.number,
        fields={name: _plain(value, open_text) for name, value in sorted(told.items())},
        links=tuple(_links(kind, told)),
    )


def in_utc(at: datetime) -> str:
    """Always of 27 characters, so that readers who guess a format from the first guess right.

    Raises ValueError without a time zone.
    """
    if at.utcoffset() is None:
        raise ValueError(f"{at} is in no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_in_utc(value: Any) -> bool:
    """Whether `in_utc` could have written it."""
    return isinstance(value, str) and bool(_IN_UTC.fullmatch(value))


def by_position(facts: Iterable[Exported]) -> list[Exported]:
    return sorted(facts, key=lambda fact: fact.position)


def _opened(sealed: Sealed, open_text: OpenText) -> str:
    text = open_text(sealed)
    return ERASED if text is None else text


def _plain(value: Any, open_text: OpenText) -> Any:
    if isinstance(value, Sealed):
        return _opened(value, open_text)
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(one, open_text) for name, one in value.items()}
    return [_plain(one, open_text) for one in value] if isinstance(value, list) else value


def _links(kind: str, told: Mapping[str, Any]) -> Iterator[Link]:
    for name, value in sorted(told.items()):
        if isinstance(value, UUID):
            was_merged = (kind, name) == ("client", "from_id")
            named = "client" if was_merged else NAMES_WHOM.get(name)
            yield Link(name.removesuffix("_id"), named, value)
        elif name == "procedure":
            yield Link(name, "pack", Pack.id_of(value))
        elif name == "packs":
            yield from (Link("pack", "pack", Pack.id_of(pack)) for pack in sorted(value))
        elif isinstance(value, str) or name == "form":
            yield from _named_in(name, value)


def _named_in(name: str, value: Any) -> Iterator[Link]:
    """What a field in clear leads to, and what is filled into a form, each under its own name."""
    if isinstance(value, str) and (found := _REF.fullmatch(value)):
        yield Link(name, found[1], UUID(found[2]))
    elif isinstance(value, Mapping):
        for key, one in sorted(value.items()):
            yield from _named_in(key, one)
    elif isinstance(value, list):
        for one in value:
            yield from _named_in(name, one)
