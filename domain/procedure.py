"""Procedures: which step may follow which. Read from a pack's content, never changed after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from domain.errors import Invalid, Refused
from domain.form import FormField, FormRule, Word, form_faults, read_form
from domain.predicate import Look, Predicate

Fact = Literal["answered", "completed", "closed", "reopened"]
"""Steps that are universal facts of service and keep their own event types."""

Need = Literal["slip"]
"""What a step may ask for before it: the case slip (承办单), issued."""

SLIP_REGISTER = "slip"
"""Where case slips are numbered, apart from the tickets of every procedure."""

PRIORITY = 5
"""Of a procedure that names none; smaller comes first in a queue."""


class StepNotPossible(Refused):
    code = "step_not_possible"


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A move from one of the states `start` (none named: any) to the state `to`.

    Without `to` it is an activity: the state stays. `by`: who may, by standing on the ticket or
    by role; who may not is told what `says` says, under `rule`. It is possible only `when` that
    holds.
    """

    title: Word
    to: Word | None = None
    start: frozenset[Word] = field(name="from", default=frozenset())
    fact: Fact | None = None
    needs: frozenset[Need] = frozenset()
    by: frozenset[Word] = frozenset({"owner"})
    says: Word | None = None
    rule: Word | None = None
    when: Predicate | None = None
    after_closing: bool = False
    form: dict[Word, FormField] = {}
    must: tuple[FormRule, ...] = ()

    @property
    def is_activity(self) -> bool:
        return self.to is None

    def starts_in(self, state: str) -> bool:
        return not self.start or state in self.start

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """What it is, who may take it, and what has to be filled in; shared, never changed."""
        return {
            "title": self.title,
            "to": self.to,
            "fact": self.fact,
            "by": sorted(self.by),
            "fields": {
                name: {"title": asked.title, "type": asked.type, "required": asked.required}
                for name, asked in self.form.items()
                if asked.computed is None
            },
        }

    def is_possible(self, look: Look) -> bool:
        return self.when is None or self.when.holds(look)

    def read_form(self, values: Mapping[str, Any], subject: UUID, look: Look) -> dict[str, Any]:
        """The form as it is stored. Raises FormIncomplete, FormRefused, Invalid."""
        return read_form(self.form, self.must, values, subject, look)


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is filled in when a matter is registered."""

    form: dict[Word, FormField] = {}
    must: tuple[FormRule, ...] = ()

    def read_form(self, values: Mapping[str, Any], subject: UUID, look: Look) -> dict[str, Any]:
        """The form as it is stored. Raises FormIncomplete, FormRefused, Invalid."""
        return read_form(self.form, self.must, values, subject, look)


class Procedure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A state machine as pinned on a ticket.

    `recorded`: its steps are history taken over from elsewhere; what would have been refused is
    stored as a finding beside the step instead. `client`: `none` for a matter of the house.
    `channels`: none named, any. `priority`: 1 comes first in a queue. `public`: the board that its
    step `publish` shows to everybody. `hidden_from`: the field of the opening form that names the
    member of staff to whom it is not shown whose matter it is.
    """

    initial: Word
    final: frozenset[Word]
    steps: dict[Word, Step]
    register: Word
    channels: frozenset[Word] = frozenset()
    decline_reasons: frozenset[Word] = frozenset()
    recorded: bool = False
    client: Literal["required", "optional", "none"] = "required"
    priority: Annotated[int, Meta(ge=1, le=9)] = PRIORITY
    opening: Opening = Opening()
    public: Word | None = None
    hidden_from: Word | None = None

    @property
    def states(self) -> frozenset[str]:
        reached = {step.to for step in self.steps.values() if step.to is not None}
        return frozenset({self.initial} | reached)

    def with_activities(self, activities: Mapping[str, Step]) -> Procedure:
        """This procedure, and what other packs add to every state of it."""
        return replace(self, steps={**activities, **self.steps}) if activities else self

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

    def not_possible(
        self, name: str, state: str, possible: Sequence[str] | None = None
    ) -> StepNotPossible:
        """The refusal that says what is possible instead."""
        possible = self.possible(state) if possible is None else possible
        return StepNotPossible(
            f"{name} is not possible in state {state}; possible: {', '.join(possible) or '-'}",
            possible=list(possible),
            state=state,
        )

    def faults(self) -> list[str]:
        """What keeps this from being a procedure, each naming its place; empty if sound."""
        faults = [f"final: no step leads to {s}" for s in sorted(self.final - self.states)]
        for name, step in self.steps.items():
            unknown = sorted(step.start - self.states)
            faults += [f"steps.{name}.from: no state {state}" for state in unknown]
            faults += form_faults(f"steps.{name}.form", step.form)
            if step.fact is not None and (step.is_activity or step.form or step.must):
                faults.append(f"steps.{name}: a fact leads to a state, and has its own form")
        faults += form_faults("opening.form", self.opening.form)
        if self.register == SLIP_REGISTER:
            faults.append(f"register: {SLIP_REGISTER} is that of the case slips")
        stuck = self.states - self.final - self._left()
        return faults + [f"states: nothing leads out of {state}" for state in sorted(stuck)]

    def _left(self) -> frozenset[str]:
        moves = [step for step in self.steps.values() if not step.is_activity]
        starts = [step.start or self.states for step in moves]
        return frozenset().union(*starts)
