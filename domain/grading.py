"""Gradings: into which class a client falls, by a table of a pack. Pure, exact, explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from domain.dates import add_months
from domain.errors import Forbidden
from domain.file_rules import Opens
from domain.form import FormField, FormRule, Word, form_faults, read_form
from domain.predicate import Look, Predicate


class UnitTooLow(Forbidden):
    code = "unit_too_low"


class Need(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has to be there, whatever the class; `says` what is missing otherwise."""

    must: Predicate
    says: Word
    rule: Word | None = None


class Class(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One class of a grading.

    It is reached from `at_least` on (inclusive; minor units where money is measured), multiplied
    by what `times` says for the value at `times_by`; `when` must hold as well; `or_when` suffices.
    `approve`, `manage`: the level of the unit that approves it, and that looks after such clients.
    `entitlements`: what such a client may claim, as data; `priority` is that of their tickets.
    """

    title: Word
    at_least: int | None = None
    times_by: Word | None = None
    times: dict[str, Decimal] = {}
    when: Predicate | None = None
    or_when: Predicate | None = None
    approve: Word | None = None
    manage: Word | None = None
    entitlements: dict[Word, Any] = {}
    rule: Word | None = None

    @property
    def has_criteria(self) -> bool:
        return any(said is not None for said in (self.at_least, self.when, self.or_when))

    def coefficient(self, look: Look) -> Decimal:
        return Decimal(1) if self.times_by is None else self._times(str(look(self.times_by)))

    def _times(self, said: str) -> Decimal:
        return self.times.get(said, Decimal(1))

    def threshold(self, look: Look) -> Decimal | None:
        return None if self.at_least is None else self.at_least * self.coefficient(look)

    def is_reached(self, measured: Decimal | None, look: Look) -> bool:
        if self.or_when is not None and self.or_when.holds(look):
            return True
        threshold = self.threshold(look)
        if threshold is not None and (measured is None or measured < threshold):
            return False
        asked = self.at_least is not None or self.when is not None
        return asked and (self.when is None or self.when.holds(look))


class Grading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scheme of classes, the best first; which one is reached first is the client's.

    `measure` is the path of what is measured. `otherwise`: the class of who reaches none. It holds
    for `months`, or until the next. `levels` of units, the lowest first. `adjustable`: somebody
    may name the class themselves, with a reason. `flags` are put beside the class.
    """

    title: Word
    classes: dict[Word, Class]
    form: dict[Word, FormField] = {}
    must: tuple[FormRule, ...] = ()
    measure: Word | None = None
    needs: tuple[Need, ...] = ()
    otherwise: Word | None = None
    flags: dict[Word, Predicate] = {}
    months: Annotated[int, Meta(ge=1, le=1_200)] | None = None
    levels: tuple[Word, ...] = ()
    adjustable: bool = False
    opens: dict[Word, Opens] = {}
    rule: Word | None = None

    def form_of(self, values: Mapping[str, Any], subject: UUID, look: Look) -> dict[str, Any]:
        """The form as it is stored. Raises FormIncomplete, FormRefused, Invalid."""
        return read_form(self.form, self.must, values, subject, look)

    def assess(self, look: Look) -> Assessment:
        """By the form at hand."""
        measured = None if self.measure is None else _number(look(self.measure))
        unmet = [need.says for need in self.needs if not need.must.holds(look)]
        reached = next((n for n, c in self.classes.items() if c.is_reached(measured, look)), None)
        grade = None if unmet else reached or self.otherwise
        row = self.classes.get(grade or "")
        basis = {
            "measured": None if measured is None else f"{measured:f}",
            "threshold": _said(row.threshold(look)) if row else None,
            "coefficient": _said(row.coefficient(look)) if row else None,
            "unmet": unmet,
        }
        flags = {name: asked.holds(look) for name, asked in self.flags.items()}
        return Assessment(grade, {k: v for k, v in basis.items() if v not in (None, [])}, flags)

    def approves(self, *grades: str | None) -> str | None:
        """The level whose approval it takes to come from one of these classes to the other."""
        named = [self.classes[g].approve for g in grades if g in self.classes]
        asked = [level for level in named if level is not None]
        return max(asked, key=self.levels.index, default=None)

    def must_be_high_enough(self, level: Any, asked: str, rule: str | None) -> None:
        """Raises UnitTooLow for a unit below, or of no level."""
        if level not in self.levels or self.levels.index(level) < self.levels.index(asked):
            raise UnitTooLow(f"{self.title} is approved at the level {asked}", rule=rule)

    def until(self, since: date) -> date | None:
        """The day from which on it holds no more."""
        return None if self.months is None else add_months(since, self.months)

    def faults(self, place: str) -> list[str]:
        faults = form_faults(f"{place}.form", self.form)
        for name, row in self.classes.items():
            here = f"{place}.classes.{name}"
            if row.approve is not None and row.approve not in self.levels:
                faults.append(f"{here}.approve: {row.approve} is none of the levels")
            if row.at_least is not None and self.measure is None:
                faults.append(f"{here}.at_least: nothing is measured")
            if not all(times.is_finite() and times > 0 for times in row.times.values()):
                faults.append(f"{here}.times: a coefficient is above 0")
            if not _is_priority(row.entitlements.get("priority", 1)):
                faults.append(f"{here}.entitlements.priority: 1 to 9")
        if self.otherwise is not None and self.otherwise not in self.classes:
            faults.append(f"{place}.otherwise: no class is called {self.otherwise}")
        return faults

    def warnings(self, place: str) -> list[str]:
        return [
            f"{place}.classes.{name}: criteria of {name} class not given in source"
            for name, row in self.classes.items()
            if not row.has_criteria and name != self.otherwise
        ]


@dataclass(frozen=True)
class Assessment:
    """The class, None for none, what it rests on, and what is flagged beside."""

    grade: str | None
    basis: Mapping[str, Any]
    flags: Mapping[str, bool]


def _is_priority(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 9


def _said(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
