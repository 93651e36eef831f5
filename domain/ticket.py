"""The Ticket: one matter of one client, with exactly one person answerable at any instant."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.aggregate import UNIT_LIMIT, Act, InitialEvent
from domain.dossier import Dossier
from domain.errors import Invalid, Refused
from domain.following import Ask, nothing_across
from domain.happening import Happening
from domain.procedure import Procedure
from domain.rulebook import NO_RULES, Rulebook
from domain.sealed import Sealed, checked
from domain.stepping import Stepping
from domain.supervision import Supervised

CLOSED = "closed"
"""The state of what its packs close by themselves."""


class Blocker(StrEnum):
    """Who keeps a suspended ticket from going on."""

    CLIENT = "client"
    OTHER_UNIT = "other_unit"
    THIRD_PARTY = "third_party"
    AUTHORITY = "authority"


class Visibility(StrEnum):
    INTERNAL = "internal"
    CLIENT = "client"


class NotSuspended(Refused):
    code = "not_suspended"


class AlreadyEscalated(Refused):
    code = "already_escalated"


class NotAsked(Refused):
    code = "not_asked"


class Ticket(Stepping, Dossier, Supervised):
    """One matter. The first contact never changes; the owner does when a transfer is accepted."""

    TOPIC = "ticket"

    class Opened(InitialEvent, Happening):
        """Registered under `pack_version` of its procedure, and `packs` that hold besides.

        Without a client it is a matter of the house.
        """

        TOPIC = "ticket.opened"
        class_version = 2
        client_id: UUID | None
        channel: str
        matter: Sealed
        procedure: str
        pack_version: int
        packs: dict[str, int]
        state: str
        first_contact_id: UUID
        unit: str
        register: str
        priority: int
        form: dict[str, Any]
        hidden_from_id: UUID | None

        def told(self) -> dict[str, Any]:
            return vars(self) | self.form

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state |= {"packs": {}, "priority": 5, "form": {}, "hidden_from_id": None}

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

    class Corrected(Happening):
        """Answers a mistake; the event that it names stays as it was written."""

        TOPIC = "ticket.corrected"
        corrects_version: int
        what: str
        text: Sealed

    COMMUTING = (Noted,)

    def __init__(
        self,
        client_id: UUID | None,
        channel: str,
        procedure: str,
        pack_version: int,
        packs: dict[str, int],
        state: str,
        first_contact_id: UUID,
        unit: str,
    ) -> None:
        self.client_id, self.unit, self.channel = client_id, unit, channel
        self.origin = "internal" if client_id is None else "external"
        self._start_handover(first_contact_id)
        self._start_ending(state)
        self._start_stepping(procedure, pack_version, packs)
        self._start_keeping()

    @property
    def subject(self) -> UUID:
        """The client; a matter of the house has a key of its own."""
        return self.client_id or self.id

    @property
    def units(self) -> frozenset[str]:
        """Where it was opened, and in whose queue it waits."""
        return frozenset({self.unit, self.queue or self.unit})

    @classmethod
    def open(
        cls,
        ticket_id: UUID,
        *,
        client_id: UUID | None,
        channel: str,
        matter: str,
        pack: str,
        pack_version: int,
        procedure: Procedure,
        first_contact_id: UUID,
        unit: str,
        year: int,
        act: Act,
        form: Mapping[str, Any] | None = None,
        packs: Mapping[str, int] | None = None,
        rules: Rulebook = NO_RULES,
        ask: Ask = nothing_across,
        priority: int | None = None,
    ) -> Ticket:
        """Enter a matter in the register of its unit, procedure and year.

        `year` is that of `act.at` in the desk's time zone; `priority`, one that the client may
        claim. Raises Invalid, FormIncomplete, or what
        the packs refuse.
        """
        _must_have_client(procedure, client_id)
        if procedure.channels and channel not in procedure.channels:
            known = ", ".join(sorted(procedure.channels))
            raise Invalid(f"channel {channel} is none of: {known}", field="channel", rule="CT-04")
        unit, given, subject = (
            checked(unit, name="unit", limit=UNIT_LIMIT),
            form or {},
            client_id or ticket_id,
        )
        filled = procedure.opening.read_form(
            given, subject, lambda path: rules.look(path, given.get("item"))
        )
        ticket = cls._start(
            cls.Opened,
            ticket_id,
            act,
            subject=subject,
            client_id=client_id,
            channel=channel,
            matter=Sealed.of(subject, matter, name="matter"),
            procedure=pack,
            pack_version=pack_version,
            packs=dict(packs or {}),
            state=procedure.initial,
            first_contact_id=first_contact_id,
            unit=unit,
            register=f"{unit}/{procedure.register}/{year}",
            priority=min(procedure.priority, priority or procedure.priority),
            form=filled,
            hidden_from_id=_hidden_from(procedure, filled),
        )
        ticket.rules, ticket.ask_across = rules, ask
        read: Mapping[str, Any] = vars(ticket.pending_events[0])["form"]
        ticket._must_be_fit_to_read("opened", procedure.opening.form, read)
        ticket._must_be_allowed("opened", vars(ticket.pending_events[0]), act)
        ticket.tell("opened", act)
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
            self.rules.refuse_phrases("noted", text, "text")
        self._record(self.Noted, act, text=self._seal(text, "text"), visibility=str(visibility))

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

    def answer(self, text: str, complete: bool, procedure: Procedure, *, act: Act) -> None:
        """Answer the client. `complete`: everything that was asked."""
        step = self._step_for("answered", procedure, act)
        self.rules.refuse_phrases("answered", text, "text")
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
        self._close(step.to or self.state, act)

    def reopen(self, procedure: Procedure, *, act: Act) -> None:
        """Take it up again, as a new episode, with a reason: anybody, unless its step names who."""
        act.must_give_reason()
        self._must_not_be_put_away()
        name = procedure.step_for("reopened", self.state)
        if not self.is_closed or name not in procedure.possible(self.state):
            raise procedure.not_possible(name, self.state)
        step, look = procedure.step(name), self.looking(act)
        if not step.is_possible(look):
            raise procedure.not_possible(name, self.state, self.possible_steps(procedure, look))
        acting = act if step.by == {"owner"} else self.must_be_for(step, act)
        self._record(self.Reopened, acting, state=step.to, episode=self.episode + 1)

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

    @property
    def standings(self) -> Mapping[str, UUID | None]:
        return {
            "owner": self.owner_id,
            "first_contact": self.first_contact_id,
            "asked": self.asked_id,
            "offered": self.offered_to_id,
        }

    def carry_out(self, deed: str, act: Act) -> None:
        match deed:
            case "reopen" if self.is_closed and not self.is_put_away:
                self._record(self.Reopened, act, state=self.state_before, episode=self.episode + 1)
            case "close" if not self.is_closed:
                self._close(CLOSED, act)
                self.carry_out("resume", act)
            case "suspend" if self.blocked_by is None:
                self._record(self.Suspended, act, blocked_by=str(Blocker.AUTHORITY))
                self.pause_clocks(str(Blocker.AUTHORITY), act=act)
            case "resume" if self.blocked_by is not None:
                self._record(self.Resumed, act)
                self.resume_clocks(act=act)


def _hidden_from(procedure: Procedure, form: Mapping[str, Any]) -> UUID | None:
    named = form.get(procedure.hidden_from) if procedure.hidden_from else None
    return UUID(named) if named else None


def _must_have_client(procedure: Procedure, client_id: UUID | None) -> None:
    if procedure.client == "required" and client_id is None:
        raise Invalid("whose matter is it?", field="client_id", rule="PX-01")
    if procedure.client == "none" and client_id is not None:
        raise Invalid("this is a matter of the house", field="client_id")
