"""Templates made ready to be stamped: what each command says, as functions of the values."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from struct import Struct
from typing import Any

from tests.histories.gaps import FIXED, CommandGaps, EventGaps, Gaps, Template

Filling = Callable[[list[bytes]], bytes]
"""From the values of a stream to a text without gaps."""

_LENGTH = Struct(">i")


def cell(value: bytes) -> bytes:
    """A value with its length before it, as it is copied."""
    return _LENGTH.pack(len(value)) + value


class Form:
    """Of a template."""

    __slots__ = ("commands", "days", "of_client", "text_slot", "width")

    def __init__(self, template: Template) -> None:
        self.of_client, self.days = template.of_client, template.days
        self.text_slot, self.width = template.text_slot, template.width
        self.commands = [CommandForm(c, template.box_slot) for c in template.commands]


class CommandForm:
    """`registers`: by the place of the event, what it is entered in; `times`: it happened so often.

    `version` is that of its first event.
    """

    __slots__ = (
        "events",
        "kinds",
        "offset_minutes",
        "registers",
        "said",
        "times",
        "version",
        "who",
    )

    def __init__(self, command: CommandGaps, box_slot: int) -> None:
        self.said = _filling(command.said)
        self.who = _filling(_cells(command.by, command.command_id))
        self.kinds, self.offset_minutes = command.kinds, command.offset_minutes
        self.version = command.version - len(command.events) + 1
        self.events = [EventForm(event, box_slot) for event in command.events]
        self.registers = {
            place: event.register
            for place, event in enumerate(command.events)
            if event.register is not None
        }
        self.times = 0


class EventForm:
    """`boxes`: where each goes, which of the command's texts it holds, and what it is bound to."""

    __slots__ = ("boxes", "state", "topic", "topic_cell")

    def __init__(self, event: EventGaps, box_slot: int) -> None:
        self.topic, self.topic_cell = event.topic, cell(event.topic.encode())
        self.state = _filling(event.state)
        self.boxes = [(slot, box.text, box.bound) for slot, box in enumerate(event.boxes, box_slot)]


def _filling(gaps: Gaps) -> Filling:
    form, slots = gaps.form, gaps.slots
    if not slots:
        whole = form % ()
        return lambda values: whole
    if len(slots) == 1:
        [slot] = slots
        return lambda values: form % values[slot]
    pick: Callable[[list[bytes]], Any] = itemgetter(*slots)
    return lambda values: form % pick(values)


def _cells(*gaps: Gaps) -> Gaps:
    """One after the other, each with its length before it: what fills them is always as long."""
    filled = [gap.form % tuple(b"-" * _WIDE[slot] for slot in gap.slots) for gap in gaps]
    form = b"".join(
        _LENGTH.pack(len(text)).replace(b"%", b"%%") + gap.form
        for gap, text in zip(gaps, filled, strict=True)
    )
    return Gaps(form, tuple(slot for gap in gaps for slot in gap.slots))


class _Wide(dict[int, int]):
    """How long what fills a gap is: ids are, and so are days, the one gap of other kinds here."""

    def __missing__(self, slot: int) -> int:
        return 10


_WIDE = _Wide({n: 36 for n in range(5)} | {FIXED.index("seconds"): 2, FIXED.index("command"): 36})
