"""Ladders: levels of staff in order, as a pack says them, and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from domain.errors import Invalid
from domain.form import Word


class LevelTooLow(Invalid):
    code = "level_too_low"


class UnknownLevel(Invalid):
    code = "unknown_level"


class Level(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`requirements`: what is asked of whoever gets it."""

    code: Word
    title: Word
    requirements: tuple[Word, ...] = ()


class Appointment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first level needs a ticket of this procedure, about the same person, that has come to
    this state. `about`: the path of whom it is about."""

    procedure: Word
    state: Word
    about: Word = "opened.staff"
    rule: Word | None = None


class Ladder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Levels from the lowest to the highest. A change always names the assessment it follows.

    `supervises`: only who stands higher is the superior of whoever stands on it, too.
    """

    title: Word
    levels: tuple[Level, ...]
    supervises: bool = False
    first: Appointment | None = None
    rule: Word | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(level.code for level in self.levels)

    def level(self, code: str) -> Level:
        """Raises UnknownLevel."""
        for level in self.levels:
            if level.code == code:
                return level
        said = f"{self.title} has the levels {', '.join(self.codes)}; not {code}"
        raise UnknownLevel(said, field="level", rule=self.rule, allowed=list(self.codes))

    def height(self, code: str | None) -> int:
        """0 for the lowest; -1 for none, or one that there is no more."""
        return self.codes.index(code) if code in self.codes else -1

    def faults(self) -> list[str]:
        if not self.levels or len(set(self.codes)) < len(self.codes):
            return ["levels: each has a code of its own, and there is one"]
        return []


def must_stand_higher(
    ladders: Mapping[str, Ladder], superior: Mapping[str, str], staff: Mapping[str, str]
) -> None:
    """Levels by ladder, of whoever is to be superior and of whom. Raises LevelTooLow (AM-07)."""
    for name, level in staff.items():
        ladder, above = ladders.get(name), superior.get(name)
        if ladder is None or not ladder.supervises or above is None:
            continue
        if ladder.height(above) <= ladder.height(level):
            said = f"{ladder.title}: {above} is not superior to {level}"
            raise LevelTooLow(said, field="superior_id", rule="AM-07")
