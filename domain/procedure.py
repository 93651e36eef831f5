"""Procedures: which step may follow which. Read from a pack's content, never changed after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from domain.errors import Invalid, Refused
from domain.form import FORM_TEXT_LIMIT, FormIncomplete, Word
from domain.sealed import Sealed, checked

Fact = Literal["answered", "completed", "closed", "reopened"]
"""Steps that are universal facts of service and keep their own event types."""

Need = Literal["slip"]
"""What a step may ask for before it: the case slip (承办单), issued."""

SLIP_REGISTER = "slip"
"""Where case slips are numbered, apart from the tickets of every procedure."""

_PYTHON_TYPES = {"text": str, "integer": int, "boolean": bool, "date": str, "choice": str}


class StepNotPossible(Refused):
    code = "step_not_possible"


class FormField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a form. `sealed` texts speak of a person."""

    title: Word
    type: Literal["text", "integer", "boolean", "date", "choice"] = "text"
    required: bool = False
    sealed: bool = False
    choices: tuple[Word, ...] = ()

    def read(self, value: Any, name: str, subject: UUID) -> Any:
        """The value as it is stored. Raises Invalid, naming the field."""
        if not self._is_typed(value):
            raise Invalid(f"{name} must be of type {self.type}", field=name)
        if self.choices and value not in self.choices:
            raise Invalid(f"{name} must be one of {', '.join(self.choices)}", field=name)
        if self.type == "date":
            return _iso_date(value, name)
        if self.type == "text":
            text = checked(value, name=name, limit=FORM_TEXT_LIMIT)
            return Sealed(subject, text) if self.sealed else text
        return value

    def _is_typed(self, value: Any) -> bool:
        return type(value) is _PYTHON_TYPES[self.type]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move from one of the states `start` (none named: any) to the state `to`."""

    title: Word
    to: Word
    start: frozenset[Word] = field(name="from", default=frozenset())
    fact: Fact | None = None
    needs: frozenset[Need] = frozenset()
    form: dict[Word, FormField] = {}

    def starts_in(self, state: str) -> bool:
        return not self.start or state in self.start

    def read_form(self, values: Mapping[str, Any], subject: UUID) -> dict[str, Any]:
        """The form as it is stored. Raises FormIncomplete or Invalid, naming the field."""
        if unknown := sorted(values.keys() - self.form.keys()):
            raise Invalid(f"this form has no field {unknown[0]}", field=f"form.{unknown[0]}")
        for name, asked in self.form.items():
            if asked.required and values.get(name) is None:
                raise FormIncomplete(f"this step needs {asked.title}", field=f"form.{name}")
        return {
            name: self.form[name].read(value, f"form.{name}", subject)
            for name, value in values.items()
            if value is not None
        }


class Procedure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A state machine as pinned on a ticket.

    `recorded`: its steps are history taken over from elsewhere; what would have been refused is
    stored as a finding beside the step instead.
    """

    initial: Word
    final: frozenset[Word]
    steps: dict[Word, Step]
    register: Word
    channels: frozenset[Word]
    decline_reasons: frozenset[Word] = frozenset()
    recorded: bool = False

    @property
    def states(self) -> frozenset[str]:
        return frozenset({self.initial} | {step.to for step in self.steps.values()})

    def step(self, name: str) -> Step:
        """Raises Invalid for a step that this procedure does not have."""
        if name not in self.steps:
            known = ", ".join(sorted(self.steps))
            raise Invalid(f"there is no step {name}; there are: {known}", field="step")
        return self.steps[name]

    def possible(self, state: str) -> list[str]:
        """The names of the steps that start in this state."""
        return [name for name, step in self.steps.items() if step.starts_in(state)]

    def step_for(self, fact: Fact, state: str) -> str:
        """The name of the step that states a universal fact; `fact` itself if none starts here."""
        named = [name for name in self.possible(state) if self.steps[name].fact == fact]
        return named[0] if named else fact

    def not_possible(self, name: str, state: str) -> StepNotPossible:
        possible = self.possible(state)
        return StepNotPossible(
            f"{name} is not possible in state {state}; possible: {', '.join(possible) or '-'}",
            possible=possible,
            state=state,
        )

    def faults(self) -> list[str]:
        """What keeps this from being a procedure, each naming its place; empty if sound."""
        faults = [f"final: no step leads to {s}" for s in sorted(self.final - self.states)]
        for name, step in self.steps.items():
            unknown = sorted(step.start - self.states)
            faults += [f"steps.{name}.from: no state {state}" for state in unknown]
            faults += _form_faults(name, step)
        if self.register == SLIP_REGISTER:
            faults.append(f"register: {SLIP_REGISTER} is that of the case slips")
        stuck = self.states - self.final - self._left()
        return faults + [f"states: nothing leads out of {state}" for state in sorted(stuck)]

    def _left(self) -> frozenset[str]:
        starts = [step.start or self.states for step in self.steps.values()]
        return frozenset().union(*starts)


def _form_faults(name: str, step: Step) -> list[str]:
    faults = []
    for key, asked in step.form.items():
        if (asked.type == "choice") != bool(asked.choices):
            faults.append(f"steps.{name}.form.{key}: choices go with type choice")
        if asked.sealed and asked.type != "text":
            faults.append(f"steps.{name}.form.{key}: only a text is sealed")
    return faults


def _iso_date(value: str, name: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Invalid(f"{name} must be a date like 2026-11-23", field=name) from None
