"""What a template is: bytes with gaps, into which ids, times, texts and boxes are put.

A gap is a number: where in a list of values its filling stands. What the list holds:
ids and names (`FIXED`), then the days of the template, then what is new at each command.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FIXED = (
    *("ticket", "client", "officer", "colleague", "supervisor", "unit"),
    *("seconds", "commitment", "command"),
)
"""What stands first in the list of values."""


@dataclass(frozen=True)
class Gaps:
    """`form % pick(values)` is the text without gaps."""

    form: bytes
    slots: tuple[int, ...]


@dataclass(frozen=True)
class Box:
    """A sealed text: which of the command's texts, and what its box is bound to.

    That is the stream, then `bound` (version, topic and path), then the id of the key.
    """

    text: int
    bound: bytes


@dataclass(frozen=True)
class EventGaps:
    topic: str
    version: int
    state: Gaps
    boxes: tuple[Box, ...]
    register: Gaps | None


@dataclass(frozen=True)
class CommandGaps:
    """`offset_minutes` from the Monday of the template; `kinds`: of its texts, in order.

    `said` is what its fingerprint is made of.
    """

    offset_minutes: int
    by: Gaps
    command_id: Gaps
    said: Gaps
    kinds: tuple[str, ...]
    version: int
    events: tuple[EventGaps, ...]


@dataclass(frozen=True)
class Template:
    """`days`: those that are spoken of, as they are in the week of the template.

    The values are `FIXED`, `days`, then texts from `text_slot` on, then boxes from `box_slot` on.
    `of_client`: the stream is the client's file, and no ticket.
    """

    of_client: bool
    days: tuple[date, ...]
    text_slot: int
    box_slot: int
    width: int
    commands: tuple[CommandGaps, ...]
