"""Making a template of what was told of one stream."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.utils import get_topic

from application.desk import Command
from application.register import Submission
from infrastructure.codec import SEALED, Codec
from tests.histories.cast import Cast
from tests.histories.gaps import FIXED, Box, CommandGaps, EventGaps, Gaps, Template

_MARK = re.compile(
    rb"@@(?P<kind>[a-z]+)\.(?P<number>\d+)@@"
    rb"|(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    rb"|(?P<day>\d{4}-\d\d-\d\d)(?:(?P<minute>T\d\d:\d\d:)00)?"
    rb"|(?P<commitment>[0-9a-f]{64})|(?P<unit>unit-of-the-template)"
)

_ENVELOPE = {"by", "command_id", "received_at", "expected_version"}


def template(
    told: Sequence[tuple[Command, Submission]],
    *,
    cast: Cast,
    stream_id: UUID,
    monday: datetime,
    codec: Codec,
) -> Template:
    """What was told of one stream, as a template."""
    made = _Maker(cast, stream_id, codec)
    drafts = [made.command(command, stored, monday) for command, stored in told if stored.events]
    return made.template(drafts)


class _Maker:
    def __init__(self, cast: Cast, stream_id: UUID, codec: Codec) -> None:
        self._codec, self._stream_id = codec, stream_id
        self._of_client = stream_id == cast.client_id
        self._ids = {
            str(stream_id): "ticket",
            str(cast.client_id): "client",
            str(cast.officer_id): "officer",
            str(cast.colleague_id): "colleague",
            str(cast.supervisor_id): "supervisor",
        }
        self._days: dict[date, int] = {}
        self._texts: dict[int, int] = {}
        self._kinds: list[str] = []

    def command(self, command: Command, stored: Submission, monday: datetime) -> Any:
        self._texts, self._kinds = {}, []
        content = {f.name: getattr(command, f.name) for f in fields(command)}
        content = {name: v for name, v in content.items() if name not in _ENVELOPE}
        said = msgspec.json.encode([type(command).__name__, content], order="deterministic")
        return (
            int((command.received_at - monday).total_seconds()) // 60,
            self._pieces(stored.by.encode()),
            self._pieces(stored.command_id.encode()),
            self._pieces(said),
            stored.version,
            [self._event(event) for event in stored.events],
            tuple(self._kinds),
        )

    def template(self, drafts: Sequence[Any]) -> Template:
        """Now that it is known how many there are of each, every gap gets its place."""
        ordered = sorted(self._days)
        texts = max(len(kinds) for *_, kinds in drafts)
        boxes = max(len(event[4]) for draft in drafts for event in draft[5])
        text_slot = len(FIXED) + len(ordered)
        starts = {
            "fixed": 0,
            "day": len(FIXED),
            "text": text_slot,
            "box": text_slot + texts,
        }
        places = {self._days[day]: n for n, day in enumerate(ordered)}
        placed = _placing(starts, places)
        return Template(
            of_client=self._of_client,
            days=tuple(ordered),
            text_slot=text_slot,
            box_slot=text_slot + texts,
            width=text_slot + texts + boxes,
            commands=tuple(_command(draft, placed) for draft in drafts),
        )

    def _event(self, event: Any) -> Any:
        topic, version = get_topic(type(event)), event.originator_version
        boxes: list[Box] = []
        place = f"{self._stream_id}:{version}:{topic}"
        state = self._gapped(msgspec.json.decode(self._codec.encode(event)), place, "", boxes)
        register = getattr(event, "register", None)
        return (
            topic,
            version,
            self._pieces(msgspec.json.encode(state)),
            None if register is None else self._pieces(register.encode()),
            boxes,
        )

    def _gapped(self, value: Any, place: str, path: str, boxes: list[Box]) -> Any:
        """The stored form, a mark in place of each box."""
        if isinstance(value, dict):
            if SEALED in value:
                return {SEALED: self._boxed(value[SEALED], place, path, boxes)}
            names = {name: _under(path, name.removeprefix("$")) for name in value}
            return {n: self._gapped(v, place, names[n], boxes) for n, v in value.items()}
        if isinstance(value, list):
            return [self._gapped(v, place, _under(path, i), boxes) for i, v in enumerate(value)]
        return value

    def _boxed(self, stored: str, place: str, path: str, boxes: list[Box]) -> str:
        text = self._codec.open(f"{place}:{path}:{stored}")
        mark = _MARK.fullmatch((text or "").encode())
        if mark is None or mark["number"] is None:
            raise ValueError(f"{place}:{path} holds {text!r}, which is no text of a script")
        bound = f"{place}:{path}:".removeprefix(f"{self._stream_id}:")
        boxes.append(Box(self._text(mark), bound.encode()))
        return f"{stored.split(':', 1)[0]}:@@box.{len(boxes) - 1}@@"

    def _text(self, mark: re.Match[bytes]) -> int:
        number = int(mark["number"])
        if number not in self._texts:
            self._texts[number] = len(self._kinds)
            self._kinds.append(mark["kind"].decode())
        return self._texts[number]

    def _pieces(self, said: bytes) -> list[bytes | tuple[str, int]]:
        """The text taken apart: what stands, and the gaps."""
        pieces: list[bytes | tuple[str, int]] = []
        end = 0
        for mark in _MARK.finditer(said):
            gaps = self._gaps(mark)
            if gaps:
                pieces += [said[end : mark.start()], *gaps]
                end = mark.end()
        return [*pieces, said[end:]]

    def _gaps(self, mark: re.Match[bytes]) -> list[bytes | tuple[str, int]]:
        if mark["day"]:
            day = ("day", self._day(date.fromisoformat(mark["day"].decode())))
            return [day, mark["minute"], _fixed("seconds")] if mark["minute"] else [day]
        if mark["uuid"]:
            known = self._ids.get(mark["uuid"].decode())
            return [_fixed(known)] if known else []
        if mark["kind"] == b"box":
            return [("box", int(mark["number"]))]
        if mark["kind"] == b"command":
            return [_fixed("command")]
        if mark["kind"]:
            return [("text", self._text(mark))]
        return [_fixed("unit" if mark["unit"] else "commitment")]

    def _day(self, day: date) -> int:
        return self._days.setdefault(day, len(self._days))


def _under(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)


def _fixed(name: str) -> tuple[str, int]:
    return "fixed", FIXED.index(name)


def _placing(
    starts: Mapping[str, int], days: Mapping[int, int]
) -> Callable[[Sequence[bytes | tuple[str, int]]], Gaps]:
    def placed(pieces: Sequence[bytes | tuple[str, int]]) -> Gaps:
        form, slots = b"", []
        for piece in pieces:
            if isinstance(piece, bytes):
                form += piece.replace(b"%", b"%%")
            else:
                what, number = piece
                form += b"%b"
                slots.append(starts[what] + (days[number] if what == "day" else number))
        return Gaps(form, tuple(slots))

    return placed


def _command(draft: Any, placed: Callable[[Any], Gaps]) -> CommandGaps:
    offset, by, command_id, said, version, events, kinds = draft
    return CommandGaps(
        offset_minutes=offset,
        by=placed(by),
        command_id=placed(command_id),
        said=placed(said),
        kinds=kinds,
        version=version,
        events=tuple(
            EventGaps(topic, at, placed(state), tuple(boxes), register and placed(register))
            for topic, at, state, register, boxes in events
        ),
    )
