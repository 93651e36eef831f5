"""The Ticket: one matter of one client, with exactly one person answerable at any instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.aggregate import UNIT_LIMIT, Act, InitialEvent, staff_ref
from domain.errors import DomainError, Invalid, Refused
from domain.procedure import Fact, Procedure, Step
from domain.promising import Happening, Promising
from domain.rulebook import NO_RULES, Rulebook
from domain.sealed import Sealed, checked

NOT_MY_DUTY = "not_my_duty"
"""The one ground nobody may give (推诿). Source: FR-06."""


class Blocker(StrEnum):
    """Who keeps a suspended ticket from going on."""

    CLIENT = "client"
    OTHER_UNIT = "other_unit"
    THIRD_PARTY = "third_party"
    AUTHORITY = "authority"


class Visibility(StrEnum):
    INTERNAL = "internal"
    CLIENT = "client"


class NotOwner(Refused):
    code = "not_owner"


class TicketClosed(Refused):
    code = "ticket_closed"


class TicketSuspended(Refused):
    code = "ticket_suspended"


class NotSuspended(Refused):
    code = "not_suspended"


class OfferPending(Refused):
    code = "offer_pending"


class NoOffer(Refused):
    code = "no_offer"


class ShirkingRefused(Invalid):
    code = "shirking_refused"


class SlipMissing(Refused):
    code = "slip_missing"


class AlreadyEscalated(Refused):
    code = "already_escalated"


class NotAsked(Refused):
    code = "not_asked"


class Ticket(Promising):
    """One matter. The first contact never changes; the owner does when a transfer is accepted."""

    TOPIC = "ticket"

    class Opened(InitialEvent, Happening):
        TOPIC = "ticket.opened"
        client_id: UUID
        channel: str
        matter: Sealed
        procedure: str
        pack_version: int
        state: str
        first_contact_id: UUID
        unit: str
        register: str

    class CaseSlipIssued(Happening):
        TOPIC = "ticket.case-slip-issued"
        responsible_id: UUID
        register: str

        def apply(self, aggregate: Ticket) -> None:
            aggregate.has_slip = True

    class Noted(Happening):
        TOPIC = "ticket.noted"
        text: Sealed
        visibility: str

    class TransferOffered(Happening):
        TOPIC = "ticket.transfer-offered"
        from_id: UUID
        to_id: UUID
        summary: Sealed | None

        def apply(self, aggregate: Ticket) -> None:
            aggregate.offered_to_id = self.to_id

    class TransferAccepted(Happening):
        TOPIC = "ticket.transfer-accepted"
        from_id: UUID
        to_id: UUID

        def apply(self, aggregate: Ticket) -> None:
            aggregate.owner_id, aggregate.offered_to_id = self.to_id, None

    class TransferDeclined(Happening):
        TOPIC = "ticket.transfer-declined"
        from_id: UUID
        to_id: UUID
        ground: str

        def apply(self, aggregate: Ticket) -> None:
            aggregate.offered_to_id = None

    class TransferWithdrawn(Happening):
        TOPIC = "ticket.transfer-withdrawn"
        to_id: UUID

        def apply(self, aggregate: Ticket) -> None:
            aggregate.offered_to_id = None

    class Escalated(Happening):
        TOPIC = "ticket.escalated"
        to_id: UUID
        question: Sealed

        def apply(self, aggregate: Ticket) -> None:
            aggregate.asked_id = self.to_id

    class Instructed(Happening):
        TOPIC = "ticket.instructed"
        text: Sealed

        def apply(self, aggregate: Ticket) -> None:
            aggregate.asked_id = None

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

        def apply(self, aggregate: Ticket) -> None:
            aggregate.state = self.state
            if self.done_by_id not in (None, aggregate.owner_id):
                aggregate.owner_id, aggregate.offered_to_id = self.done_by_id, None

    class Answered(Happening):
        TOPIC = "ticket.answered"
        text: Sealed
        complete: bool
        state: str

        def apply(self, aggregate: Ticket) -> None:
            aggregate.state = self.state

    class Suspended(Happening):
        TOPIC = "ticket.suspended"
        blocked_by: str

        def apply(self, aggregate: Ticket) -> None:
            aggregate.blocked_by = self.blocked_by

    class Resumed(Happening):
        TOPIC = "ticket.resumed"

        def apply(self, aggregate: Ticket) -> None:
            aggregate.blocked_by = None

    class Completed(Happening):
        TOPIC = "ticket.completed"
        result: Sealed
        state: str

        def apply(self, aggregate: Ticket) -> None:
            aggregate.state = self.state

    class Closed(Happening):
        TOPIC = "ticket.closed"
        state: str

        def apply(self, aggregate: Ticket) -> None:
            aggregate.state, aggregate.is_closed = self.state, True

    class Reopened(Happening):
        TOPIC = "ticket.reopened"
        state: str
        episode: int

        def apply(self, aggregate: Ticket) -> None:
            aggregate.state, aggregate.is_closed = self.state, False
            aggregate.episode = self.episode

    class Corrected(Happening):
        """Answers a mistake; the event that it names stays as it was written."""

        TOPIC = "ticket.corrected"
        corrects_version: int
        what: str
        text: Sealed

    COMMUTING = (Noted,)

    def __init__(
        self,
        client_id: UUID,
        procedure: str,
        pack_version: int,
        state: str,
        first_contact_id: UUID,
        unit: str,
    ) -> None:
        self.client_id, self.unit = client_id, unit
        self.procedure, self.pack_version = procedure, pack_version
        self.state, self.episode, self.is_closed = state, 1, False
        self.first_contact_id = self.owner_id = first_contact_id
        self.has_slip = False
        self.offered_to_id: UUID | None = None
        self.asked_id: UUID | None = None
        self.blocked_by: str | None = None
        self._start_keeping()

    @property
    def subject(self) -> UUID:
        return self.client_id

    @classmethod
    def open(
        cls,
        ticket_id: UUID,
        *,
        client_id: UUID,
        channel: str,
        matter: str,
        pack: str,
        pack_version: int,
        procedure: Procedure,
        first_contact_id: UUID,
        unit: str,
        year: int,
        act: Act,
        rules: Rulebook = NO_RULES,
    ) -> Ticket:
        """Enter a matter in the register of its unit, procedure and year. Raises Invalid.

        `year` is that of `act.at` in the desk's time zone.
        """
        if channel not in procedure.channels:
            known = ", ".join(sorted(procedure.channels))
            raise Invalid(f"channel {channel} is none of: {known}", field="channel", rule="CT-04")
        unit = checked(unit, name="unit", limit=UNIT_LIMIT)
        ticket = cls._start(
            cls.Opened,
            ticket_id,
            act,
            subject=client_id,
            client_id=client_id,
            channel=channel,
            matter=Sealed.of(client_id, matter, name="matter"),
            procedure=pack,
            pack_version=pack_version,
            state=procedure.initial,
            first_contact_id=first_contact_id,
            unit=unit,
            register=f"{unit}/{procedure.register}/{year}",
        )
        ticket.rules = rules
        ticket.promise("opened", act)
        return ticket

    def issue_slip(self, *, year: int, act: Act) -> None:
        """Issue the case slip (承办单), once."""
        self._must_be_open()
        self._must_be_owner(act)
        if not self.has_slip:
            register = f"{self.unit}/slip/{year}"
            self._record(self.CaseSlipIssued, act, responsible_id=self.owner_id, register=register)

    def note(self, text: str, visibility: Visibility, *, act: Act) -> None:
        """Anybody may add what they know, at any time, closed or not."""
        if visibility is Visibility.CLIENT:
            self.rules.refuse_phrases("noted", text)
        self._record(self.Noted, act, text=self._seal(text, "text"), visibility=str(visibility))

    def offer_transfer(self, to_id: UUID, summary: str | None, *, act: Act) -> None:
        """Offer the ticket to a colleague, with a reason; the owner stays until it is accepted."""
        self._must_be_open()
        self._must_be_owner(act)
        act.must_give_reason()
        if to_id == self.owner_id:
            raise Invalid("the ticket is already theirs", field="to_id")
        if self.offered_to_id == to_id:
            return
        if self.offered_to_id is not None:
            raise OfferPending(f"already offered to staff {self.offered_to_id}")
        self._record(
            self.TransferOffered,
            act,
            from_id=self.owner_id,
            to_id=to_id,
            summary=self._seal_if(summary, "summary"),
        )

    def accept_transfer(self, *, act: Act) -> None:
        """Raises NoOffer unless this ticket was offered to who accepts (FR-02)."""
        if act.stands_for(self.owner_id) and self.offered_to_id is None:
            return
        to_id = self._offered(act)
        self._record(self.TransferAccepted, act, from_id=self.owner_id, to_id=to_id)

    def decline_transfer(self, ground: str, procedure: Procedure, *, act: Act) -> None:
        """Return the offer (退单) on one of the pack's grounds. Raises ShirkingRefused, NoOffer."""
        if ground == NOT_MY_DUTY:
            raise ShirkingRefused("'not my duty' is no ground", field="ground", rule="FR-06")
        if ground not in procedure.decline_reasons:
            known = ", ".join(sorted(procedure.decline_reasons))
            raise Invalid(f"ground {ground} is none of: {known}", field="ground", rule="FR-06")
        act.must_give_reason()
        to_id = self._offered(act)
        self._record(self.TransferDeclined, act, from_id=self.owner_id, to_id=to_id, ground=ground)

    def withdraw_transfer(self, *, act: Act) -> None:
        """The owner takes the offer back. Said twice, done once."""
        self._must_be_owner(act)
        if self.offered_to_id is not None:
            self._record(self.TransferWithdrawn, act, to_id=self.offered_to_id)

    def escalate(self, superior_id: UUID, question: str, *, act: Act) -> None:
        """Put a question to the owner's superior (FR-08)."""
        self._must_be_open()
        self._must_be_owner(act)
        if self.asked_id is not None:
            raise AlreadyEscalated(f"staff {self.asked_id} has been asked and not yet answered")
        self._record(
            self.Escalated, act, to_id=superior_id, question=self._seal(question, "question")
        )

    def instruct(self, text: str, *, act: Act) -> None:
        """Only who was asked, or their deputy, instructs (FR-08). Raises NotAsked."""
        if not act.stands_for(self.asked_id):
            raise NotAsked("only the superior who was asked may instruct", rule="FR-08")
        self._record(self.Instructed, act, text=self._seal(text, "text"))

    def take_step(
        self, name: str, form: Mapping[str, Any], procedure: Procedure, *, act: Act
    ) -> None:
        """Take a step that only this pack knows. Raises StepNotPossible, FormIncomplete …"""
        step = procedure.step(name)
        if step.fact is not None:
            raise Invalid(f"{name} states that it was {step.fact}; say so", field="step")
        self._must_allow(procedure, name, act)
        if step.to in procedure.final:
            self._must_not_be_offered()
        self._record(
            self.StepTaken,
            act,
            step=name,
            word=step.title,
            state=step.to,
            form=step.read_form(form, self.subject),
            done_by_id=None,
            findings=[],
        )
        self._follow_record(step.to in procedure.final, act)

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
        self._record(
            self.StepTaken,
            act,
            step=name,
            word=step.title,
            state=step.to,
            form=step.read_form(form, self.subject),
            done_by_id=done_by_id,
            findings=[o.code for o in self._objections(procedure, name, performed)],
        )
        self._follow_record(step.to in procedure.final, act)

    def answer(self, text: str, complete: bool, procedure: Procedure, *, act: Act) -> None:
        """Answer the client. `complete`: everything that was asked."""
        step = self._step_for("answered", procedure, act)
        self.rules.refuse_phrases("answered", text)
        self._record(
            self.Answered, act, text=self._seal(text, "text"), complete=complete, state=step.to
        )

    def suspend(self, blocked_by: Blocker, *, act: Act) -> None:
        """Stand still, naming who blocks and, as the reason, why."""
        self._must_be_open()
        self._must_be_owner(act)
        act.must_give_reason()
        if self.blocked_by != blocked_by:
            self._must_not_be_suspended()
            self._record(self.Suspended, act, blocked_by=str(blocked_by))
            self.pause_clocks(str(blocked_by), act=act)

    def resume(self, *, act: Act) -> None:
        """Raises NotSuspended."""
        self._must_be_owner(act)
        if self.blocked_by is None:
            raise NotSuspended(f"ticket {self.id} is not suspended")
        self._record(self.Resumed, act)
        self.resume_clocks(act=act)

    def complete(self, result: str, procedure: Procedure, *, act: Act) -> None:
        """The work is done, with this result."""
        step = self._step_for("completed", procedure, act)
        self._record(self.Completed, act, result=self._seal(result, "result"), state=step.to)

    def close(self, procedure: Procedure, *, act: Act) -> None:
        """Raises OfferPending while somebody has not said whether they take it."""
        self._must_not_be_offered()
        step = self._step_for("closed", procedure, act)
        self._record(self.Closed, act, state=step.to)
        self.stop_clocks(act=act)

    def reopen(self, procedure: Procedure, *, act: Act) -> None:
        """Take it up again, as a new episode, with a reason."""
        act.must_give_reason()
        name = procedure.step_for("reopened", self.state)
        if not self.is_closed or name not in procedure.possible(self.state):
            raise procedure.not_possible(name, self.state)
        self._record(self.Reopened, act, state=procedure.step(name).to, episode=self.episode + 1)

    def correct(self, corrects_version: int, what: str, text: str, *, act: Act) -> None:
        """Set right what an earlier event of this ticket says; that event stays as it is."""
        act.must_give_reason()
        if not 1 <= corrects_version <= self.version:
            raise Invalid(
                f"ticket {self.id} has no event {corrects_version}", field="corrects_version"
            )
        if not what.isidentifier():
            raise Invalid("what must name a field of that event", field="what")
        sealed = self._seal(text, "text")
        self._record(self.Corrected, act, corrects_version=corrects_version, what=what, text=sealed)

    def possible_steps(self, procedure: Procedure) -> list[str]:
        """What the procedure allows next, whoever asks; nothing while suspended."""
        return [] if self.blocked_by is not None else procedure.possible(self.state)

    def standing(self, held_by: str) -> UUID:
        """The owner where nobody else stands on the ticket for it."""
        standing = {
            "first_contact": self.first_contact_id,
            "asked": self.asked_id,
            "offered": self.offered_to_id,
        }
        return standing.get(held_by) or self.owner_id

    def _follow_record(self, is_final: bool, act: Act) -> None:
        if is_final and not self.is_closed:
            self._record(self.Closed, act, state=self.state)
        if self.is_closed and not is_final:
            self._record(self.Reopened, act, state=self.state, episode=self.episode + 1)

    def _step_for(self, fact: Fact, procedure: Procedure, act: Act) -> Step:
        name = procedure.step_for(fact, self.state)
        self._must_allow(procedure, name, act)
        return procedure.steps[name]

    def _must_allow(self, procedure: Procedure, name: str, act: Act) -> None:
        for objection in self._objections(procedure, name, act):
            raise objection

    def _objections(self, procedure: Procedure, name: str, act: Act) -> list[DomainError]:
        """All that speaks against taking this step now, the plainest first."""
        rules: list[Callable[[], None]] = [
            self._must_be_open,
            self._must_not_be_suspended,
            lambda: self._must_be_owner(act),
            lambda: self._must_be_possible(procedure, name),
        ]
        return [refusal for rule in rules if (refusal := _refusal(rule)) is not None]

    def _must_be_possible(self, procedure: Procedure, name: str) -> None:
        if name not in procedure.possible(self.state):
            raise procedure.not_possible(name, self.state)
        if "slip" in procedure.steps[name].needs and not self.has_slip:
            raise SlipMissing(f"{name} needs the case slip first", rule="FR-01")

    def _must_be_open(self) -> None:
        if self.is_closed:
            raise TicketClosed(f"ticket {self.id} is closed; reopen it first")

    def _must_not_be_suspended(self) -> None:
        if self.blocked_by is not None:
            raise TicketSuspended(f"ticket {self.id} is suspended, blocked by {self.blocked_by}")

    def _must_not_be_offered(self) -> None:
        if self.offered_to_id is not None:
            raise OfferPending(f"offered to staff {self.offered_to_id}, who has not answered")

    def _must_be_owner(self, act: Act) -> None:
        if not act.stands_for(self.owner_id):
            raise NotOwner(
                f"ticket {self.id} is with staff {self.owner_id}, not {act.acting_for or act.by}",
                rule="PX-02",
                owner_id=str(self.owner_id),
            )

    def _offered(self, act: Act) -> UUID:
        if self.offered_to_id is None or not act.stands_for(self.offered_to_id):
            raise NoOffer(f"ticket {self.id} is not offered to {act.acting_for or act.by}")
        return self.offered_to_id


def _refusal(rule: Callable[[], None]) -> DomainError | None:
    try:
        rule()
    except DomainError as refusal:
        return refusal
    return None
