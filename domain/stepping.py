"""Stepping: what the procedure pinned on a matter lets be done next, and what was done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.aggregate import Act, staff_ref
from domain.ending import Ending
from domain.errors import DomainError, Invalid, Refused
from domain.following import Following
from domain.form import FormField, visible_texts
from domain.handover import DIRECTOR, SUPERVISOR
from domain.happening import Happening
from domain.predicate import Look
from domain.procedure import Fact, Procedure, Step, StepNotPossible
from domain.promised import name_of
from domain.rulebook import Rulebook


class TicketSuspended(Refused):
    code = "ticket_suspended"


class SlipMissing(Refused):
    code = "slip_missing"


class AlreadyNewest(Refused):
    code = "already_newest"


class OlderVersions(Refused):
    code = "older_versions"


class Stepping(Ending, Following):
    """Its `procedure` is pinned in one version, and so are the `packs` that hold besides."""

    class StepTaken(Happening):
        """A step that only its pack knows, in the pack's own word.

        In recorded procedures `done_by_id` took the step (and holds the ticket since), and
        `findings` are the codes of what our rules would have refused.
        """

        TOPIC = "ticket.step-taken"
        step: str
        word: str
        state: str
        form: dict[str, Any]
        done_by_id: UUID | None
        findings: list[str]

        def told(self) -> dict[str, Any]:
            return self.form

        def apply(self, aggregate: Stepping) -> None:
            aggregate.enter(self.state)
            if self.done_by_id is not None and self.done_by_id != aggregate.owner_id:
                aggregate.is_now_with(self.done_by_id)

    class Closed(Happening):
        TOPIC = "ticket.closed"
        state: str

        def apply(self, aggregate: Stepping) -> None:
            aggregate.enter(self.state)
            aggregate.is_closed = True

    class Reopened(Happening):
        TOPIC = "ticket.reopened"
        state: str
        episode: int

        def apply(self, aggregate: Stepping) -> None:
            aggregate.state, aggregate.is_closed = self.state, False
            aggregate.episode, aggregate.ended_as = self.episode, None

    class MovedToVersion(Happening):
        """From here on it follows newer versions; which clocks went on, and which stopped."""

        TOPIC = "ticket.moved-to-version"
        pack_version: int
        packs: dict[str, int]
        kept: list[str]
        dropped: list[str]

        def apply(self, aggregate: Stepping) -> None:
            aggregate.pack_version, aggregate.packs = self.pack_version, self.packs

    def _start_stepping(self, procedure: str, pack_version: int, packs: dict[str, int]) -> None:
        self.procedure, self.pack_version, self.packs = procedure, pack_version, packs
        self.state_before, self.episode, self.has_slip = self.state, 1, False

    def enter(self, state: str) -> None:
        """What it was before is kept: there it goes on when it is reopened by itself."""
        if state != self.state:
            self.state, self.state_before = state, self.state

    @property
    def pins(self) -> dict[str, int]:
        """The packs it follows, each in the version pinned on it; that of its procedure last."""
        return {**self.packs, self.procedure: self.pack_version}

    def take_step(
        self, name: str, form: Mapping[str, Any], procedure: Procedure, *, act: Act
    ) -> None:
        """Take a step that only its packs know. Raises StepNotPossible, FormIncomplete …"""
        step = procedure.step(name)
        if step.fact is not None:
            raise Invalid(f"{name} states that it was {step.fact}; say so", field="step")
        self._must_allow(procedure, name, act)
        is_final = step.to in procedure.final
        if is_final:
            self._must_not_be_offered()
        acting, was_closed = self.must_be_for(step, act), self.is_closed
        self._take(name, step, form, acting)
        if not step.is_activity:
            self._follow_record(is_final, was_closed, act)

    def take_over_step(
        self,
        name: str,
        form: Mapping[str, Any],
        procedure: Procedure,
        *,
        done_by_id: UUID,
        act: Act,
    ) -> None:
        """Take over a step that a log says was taken, whatever our rules would have said.

        What they would have said is kept with it, as findings. Raises Refused for a procedure
        that is not `recorded`.
        """
        if not procedure.recorded:
            raise Refused("steps are taken over only into a recorded procedure")
        step = procedure.step(name)
        performed = replace(act, by=staff_ref(done_by_id))
        findings = [o.code for o in self._objections(procedure, name, performed)]
        was_closed = self.is_closed
        self._take(name, step, form, act, done_by_id=done_by_id, findings=findings)
        self._follow_record(step.to in procedure.final, was_closed, act)

    def possible_steps(self, procedure: Procedure, look: Look) -> list[str]:
        """What the procedure allows next, whoever asks; only activities while suspended."""
        possible = procedure.possible(self.state)
        return [name for name in possible if self._is_open_for(procedure.steps[name], look)]

    def move_to_version(
        self,
        pack_version: int,
        packs: Mapping[str, int],
        procedure: Procedure,
        rules: Rulebook,
        *,
        act: Act,
        mandatory: Collection[str] = (),
    ) -> None:
        """Follow newer versions from here on, with a reason (GV-06).

        `mandatory` are those of its packs that it may not lose (FR-11). Clocks that the new rules
        know, or that no pack brought, go on as they were promised; the others stop. Raises
        NotOwner, AlreadyNewest, OlderVersions, StepNotPossible where the new procedure has no such
        state.
        """
        if not act.roles & {SUPERVISOR, DIRECTOR}:
            self._must_be_owner(act)
        act.must_give_reason()
        if (pack_version, dict(packs)) == (self.pack_version, self.packs):
            raise AlreadyNewest(f"ticket {self.id} follows these versions already")
        self._must_not_go_back({**packs, self.procedure: pack_version}, mandatory)
        if self.state not in procedure.states:
            raise StepNotPossible(f"the new version has no state {self.state}", state=self.state)
        running = [key for key, _ in self._running()]
        dropped_rules = self.rules.obligations.keys() - rules.obligations.keys()
        kept = [key for key in running if name_of(key) not in dropped_rules]
        dropped = [key for key in running if key not in kept]
        self._record(
            self.MovedToVersion,
            act,
            pack_version=pack_version,
            packs=dict(packs),
            kept=kept,
            dropped=dropped,
        )
        for key in dropped:
            self._stop_clock(key, act)
        self.rules = rules

    def _must_not_go_back(self, pins: Mapping[str, int], mandatory: Collection[str]) -> None:
        """Raises OlderVersions, naming what would be older, or mandatory and gone."""
        older = {name for name, version in self.pins.items() if pins.get(name, version) < version}
        gone = set(mandatory) & self.pins.keys() - pins.keys()
        if lost := sorted(older | gone):
            raise OlderVersions(
                f"no newer versions of: {', '.join(lost)}", rule="FR-11" if gone else "GV-06"
            )

    def _is_open_for(self, step: Step, look: Look) -> bool:
        is_over = self.is_closed and not step.after_closing and step.fact != "reopened"
        if is_over or self.is_put_away:
            return False
        is_at_rest = self.blocked_by is not None and not step.is_activity
        return not is_at_rest and step.is_possible(look)

    def _take(
        self,
        name: str,
        step: Step,
        form: Mapping[str, Any],
        act: Act,
        *,
        done_by_id: UUID | None = None,
        findings: Sequence[str] = (),
    ) -> None:
        read = step.read_form(form, self.subject, self.looking(act))
        if done_by_id is None:
            self._must_be_fit_to_read(name, step.form, read)
        self._record(
            self.StepTaken,
            act,
            step=name,
            word=step.title,
            state=step.to or self.state,
            form=read,
            done_by_id=done_by_id,
            findings=list(findings),
        )

    def _must_be_fit_to_read(
        self, word: str, form: Mapping[str, FormField], read: Mapping[str, Any]
    ) -> None:
        """Raises ForbiddenPhrase for what the client would read."""
        for place, text in visible_texts(form, read):
            self.rules.refuse_phrases(word, text, place)

    def _follow_record(self, is_final: bool, was_closed: bool, act: Act) -> None:
        """What a consequence of the step itself has closed stays closed."""
        if is_final and not self.is_closed:
            self._close(self.state, act)
        if was_closed and self.is_closed and not is_final:
            self._record(self.Reopened, act, state=self.state, episode=self.episode + 1)

    def _close(self, state: str, act: Act) -> None:
        """Clocks that rested go on before they stop: some outlive the ticket."""
        self._record(self.Closed, act, state=state)
        self.resume_clocks(act=act)
        self.stop_clocks(act=act)

    def _step_for(self, fact: Fact, procedure: Procedure, act: Act) -> Step:
        name = procedure.step_for(fact, self.state)
        self._must_allow(procedure, name, act)
        self.must_be_for(procedure.steps[name], act)
        return procedure.steps[name]

    def _must_allow(self, procedure: Procedure, name: str, act: Act) -> None:
        for objection in self._objections(procedure, name, act):
            raise objection

    def _objections(self, procedure: Procedure, name: str, act: Act) -> list[DomainError]:
        """All that speaks against taking this step now, the plainest first."""
        step = procedure.steps.get(name)
        rules: list[Callable[[], None]] = [
            lambda: self._must_be_possible(procedure, name, act),
        ]
        if step is None or ("owner" in step.by and len(step.by) == 1):
            rules.insert(0, lambda: self._must_be_owner(act))
        if step is None or not step.is_activity:
            rules.insert(0, self._must_not_be_suspended)
        if step is None or not step.after_closing:
            rules.insert(0, self._must_be_open)
        return [refusal for rule in rules if (refusal := _refusal(rule)) is not None]

    def _must_be_possible(self, procedure: Procedure, name: str, act: Act) -> None:
        """Raises StepNotPossible, naming those that are possible; SlipMissing."""
        look = self.looking(act)
        is_possible = name in procedure.possible(self.state)
        if not is_possible or not procedure.steps[name].is_possible(look):
            raise procedure.not_possible(name, self.state, self.possible_steps(procedure, look))
        if "slip" in procedure.steps[name].needs and not self.has_slip:
            raise SlipMissing(f"{name} needs the case slip first", rule="FR-01")

    def _must_not_be_suspended(self) -> None:
        if self.blocked_by is not None:
            raise TicketSuspended(f"ticket {self.id} is suspended, blocked by {self.blocked_by}")


def _refusal(rule: Callable[[], None]) -> DomainError | None:
    try:
        rule()
    except DomainError as refusal:
        return refusal
    return None
