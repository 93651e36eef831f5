"""Text about a person: readable only while that person's key exists."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

from domain.errors import Invalid

ERASED = "[erased]"
"""What is read in place of a text whose key was destroyed."""

TEXT_LIMIT = 10_000
"""Longest sealed text, in characters."""


_CLEAR = frozenset({str, int, bool, UUID, datetime, NoneType})
"""Nothing sealed stands in these, which most values are."""


class Sealed:
    """A text sealed under the key of one `subject` (a client or a staff member). Never changed.

    `text` is None while closed, or for ever once the key is destroyed; `box` is the stored form.
    No dataclass: whoever writes one out must say how, or fails.
    """

    __slots__ = ("box", "subject", "text")

    def __init__(self, subject: UUID, text: str | None, box: str | None = None) -> None:
        self.subject, self.text, self.box = subject, text, box

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sealed):
            return NotImplemented
        return (self.subject, self.text) == (other.subject, other.text)

    def __hash__(self) -> int:
        return hash((self.subject, self.text))

    def __repr__(self) -> str:
        return f"Sealed({self.subject!r}, {self.text!r})"

    def __str__(self) -> str:
        return ERASED if self.text is None else self.text

    def __deepcopy__(self, memo: object) -> Sealed:
        return self

    @classmethod
    def of(cls, subject: UUID, text: str, *, name: str, limit: int = TEXT_LIMIT) -> Sealed:
        """Take in a text typed by somebody. Raises Invalid, naming the field `name`."""
        return cls(subject, checked(text, name=name, limit=limit))


def in_clear(value: Any) -> Any:
    """The value without the sealed texts in it, however deep they stand; None for one itself."""
    if type(value) in _CLEAR:
        return value
    if isinstance(value, dict):
        return {
            k: v if type(v) in _CLEAR else in_clear(v)
            for k, v in value.items()
            if type(v) is not Sealed
        }
    if isinstance(value, list):
        return [in_clear(v) for v in value if not isinstance(v, Sealed)]
    return None if isinstance(value, Sealed) else value


def checked(text: str, *, name: str, limit: int) -> str:
    """The text without surrounding blanks. Raises Invalid if empty, too long, or not printable."""
    stripped = text.strip()
    if not stripped:
        raise Invalid(f"{name} is empty", field=name)
    if len(stripped) > limit:
        raise Invalid(f"{name} has {len(stripped)} characters, at most {limit}", field=name)
    if not stripped.isprintable() and any(_is_control(c) for c in stripped):
        raise Invalid(f"{name} contains control characters", field=name)
    return stripped


def _is_control(character: str) -> bool:
    return character not in "\n\t\r" and unicodedata.category(character) in ("Cc", "Cs")
