"""What a pack asks about staff (answered by their ids), of reports, and which tickets it draws."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from domain.form import Word


class Deeds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened on tickets with somebody's id in the field `who` of its form.

    `same`: fields that equal what stands here at a path. `period`: its name, like 2026-H2; without
    one all there is. At least so many `times`, and at least so much of each of the `sums`.
    """

    word: Word
    who: Word
    same: dict[Word, Word] = {}
    period: Word | None = None
    times: int | Word = 1
    sums: dict[Word, Any] = {}


class People(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who fits: volunteers, of a team, who have a competence, serve in an area and on a day.

    A text that begins with `=` is a path. `having`: only who has done this; `without`: who has
    nothing of that on another ticket.
    """

    volunteers: bool = False
    team: Word | None = None
    competence: Word | None = None
    area: Word | None = None
    day: Word | None = None
    having: Deeds | None = None
    without: Deeds | None = None

    def __post_init__(self) -> None:
        if not self.volunteers and self.team is None:
            raise ValueError("ask for volunteers, or for a team")


class Sample(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many percent of the tickets opened in the last `days`, drawn by lot.

    The same `seed` (a text that begins with `=` is a path) draws the same ones.
    """

    percent: Annotated[int, Meta(ge=1, le=100)]
    seed: Word
    days: Annotated[int, Meta(ge=1, le=366)]
    procedures: frozenset[Word] = frozenset()


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a report of a pack in force says of a period: `reading.x.value`, `.target` and `.met`.

    `report`: its pack and name, as `survey/score`. Without `measure` the one that its target speaks
    of, or its only one. A text that begins with `=` is a path.
    """

    report: Word
    period: Word
    measure: Word | None = None


class Team(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team of a speciality: who joins it has the skill, as a competence (VS-01)."""

    title: Word
    skill: Word | None = None
    rule: Word | None = None
