"""Any history of a ticket, under our own procedures and under those taken over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from domain.aggregate import Act
from domain.happening import word_of
from domain.procedure import Procedure
from domain.ticket import Blocker, Ticket, Visibility
from tests.domain.history import BRIEF, History, mostly
from tests.support.facts import (
    CONSULTATION,
    INSTALLATION,
    LI_NA,
    M1,
    M2,
    RECORDED,
    WANG_FANG,
    ZHAO_LEI,
    act,
    opened,
)

STAFF = [LI_NA, WANG_FANG, ZHAO_LEI, M1]
AFTER_CLOSING = (
    Ticket.Noted | Ticket.Corrected | Ticket.Reopened | Ticket.Instructed | Ticket.Archived
)

Attempt = Callable[[Ticket, Procedure, Act], None]


def issue_slip(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.issue_slip(year=2026, act=act)


def offer(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.offer_transfer(WANG_FANG, "有线电视", act=act)


def accept(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.accept_transfer(act=act)


def decline(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.decline_transfer("overloaded", procedure, act=act)


def shirk(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.decline_transfer("not_my_duty", procedure, act=act)


def withdraw(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.withdraw_transfer(act=act)


def escalate(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.escalate(M1, "可以吗", act=act)


def instruct(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.instruct("可以", act=act)


def take_step(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.take_step("connect", {}, procedure, act=act)


def answer(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.answer("可以", True, procedure, act=act)


def complete(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.complete("已办", procedure, act=act)


def close(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.close(procedure, act=act)


def reopen(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.reopen(procedure, act=act)


def suspend(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.suspend(Blocker.CLIENT, act=act)


def resume(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.resume(act=act)


def route(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.route("north", act=act)


def decide(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.decide_transfer(ZHAO_LEI, superior_id=M1, roles=frozenset(), act=act)


def client_withdraws(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.withdraw(act=act)


def reject(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.reject("duplicate", act=act)


def void(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.void(roles=frozenset(), act=act)


def archive(ticket: Ticket, procedure: Procedure, act: Act) -> None:
    ticket.archive(roles=frozenset(), act=act)


ATTEMPTS: list[Attempt] = [
    *(issue_slip, offer, accept, decline, shirk, withdraw, escalate, instruct),
    *(take_step, answer, complete, close, reopen, suspend, resume, route, decide),
]

FACTS: dict[str | None, Attempt] = {
    "answered": answer,
    "completed": complete,
    "closed": close,
    "reopened": reopen,
}

colleagues = st.sampled_from(STAFF)


class TicketHistory(History):
    live: Ticket

    @initialize(procedure=st.sampled_from([CONSULTATION, INSTALLATION, RECORDED]))
    def open(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.owner_id: UUID = LI_NA
        self.offered_to_id: UUID | None = None
        self.queue: str | None = None
        self.returns, self.ended_as = 0, ""
        self.episode, self.is_closed = 1, False
        self.begin(opened(procedure))

    def hear(self, fact: Any) -> None:  # noqa: C901 - one case a fact
        """Keep account of who answers for it, from the facts alone."""
        if self.is_closed and not self.procedure.recorded:
            assert isinstance(fact, AFTER_CLOSING)
        match fact:
            case Ticket.TransferOffered():
                assert fact.from_id == self.owner_id != fact.to_id
                self.offered_to_id = fact.to_id
            case Ticket.TransferAccepted():
                assert fact.from_id == self.owner_id
                assert fact.to_id == self.offered_to_id or self.queue
                self.owner_id, self.offered_to_id, self.queue = fact.to_id, None, None
            case Ticket.TransferDeclined() | Ticket.TransferWithdrawn():
                assert fact.to_id == self.offered_to_id
                self.offered_to_id = None
                self.returns += isinstance(fact, Ticket.TransferDeclined)
            case Ticket.TransferDecided():
                assert (fact.from_id, self.returns) == (self.owner_id, 2)
                self.owner_id, self.offered_to_id, self.queue = fact.to_id, None, None
                self.returns = 0
            case Ticket.Routed():
                assert fact.unit != self.queue
                self.queue = fact.unit
            case Ticket.Withdrawn() | Ticket.Rejected() | Ticket.Voided() | Ticket.Archived():
                assert self.is_closed == isinstance(fact, Ticket.Archived)
                self.ended_as, self.is_closed = word_of(fact), True
                self.offered_to_id = self.queue = None
            case Ticket.StepTaken(done_by_id=done_by_id) if done_by_id is not None:
                if done_by_id != self.owner_id:
                    self.offered_to_id = self.queue = None
                self.owner_id = done_by_id
            case Ticket.Closed():
                self.is_closed = True
            case Ticket.Reopened():
                assert self.is_closed
                assert fact.episode == self.episode + 1
                assert self.ended_as not in ("voided", "archived") or self.procedure.recorded
                self.episode, self.is_closed, self.ended_as = fact.episode, False, ""

    def loaded(self, aggregate: Any) -> Any:
        aggregate.rules, aggregate.ask_across = self.live.rules, self.live.ask_across
        return aggregate

    def attempt(self, command: Attempt, act: Act) -> bool:
        return self.twice(lambda ticket, act: command(ticket, self.procedure, act), act)

    def does(self, who: UUID | None, command: Attempt) -> None:
        """Whom it is up to can do it."""
        assert who is not None
        assert self.attempt(command, act(who, reason="因故"))

    @rule(
        command=st.sampled_from(ATTEMPTS),
        who=colleagues,
        for_whom=st.none() | colleagues,
        reason=st.sampled_from([None, "因故"]),
    )
    def somebody_tries(
        self, command: Attempt, who: UUID, for_whom: UUID | None, reason: str | None
    ) -> None:
        self.attempt(command, act(who, acting_for=for_whom, reason=reason))

    @precondition(lambda self: not self.is_closed)
    @rule()
    def the_owner_issues_the_slip(self) -> None:
        self.twice(
            lambda t, act: t.issue_slip(year=2026, act=act), act(M2, acting_for=self.owner_id)
        )
        assert self.live.has_slip

    @precondition(lambda self: not self.is_closed and self.offered_to_id is None)
    @rule(to_id=colleagues)
    def the_owner_offers_it(self, to_id: UUID) -> None:
        offered = self.twice(
            lambda t, act: t.offer_transfer(to_id, None, act=act), act(self.owner_id, reason="忙")
        )
        assert offered == (to_id != self.owner_id and self.returns < 2)

    @precondition(lambda self: self.offered_to_id is not None and not self.procedure.recorded)
    @rule(answer=st.sampled_from([accept, accept, decline]))
    def the_one_offered_answers(self, answer: Attempt) -> None:
        self.does(self.offered_to_id, answer)

    @precondition(lambda self: not self.is_closed and self.returns == 2)
    @rule()
    def the_superior_decides(self) -> None:
        self.does(M1, decide)

    @precondition(lambda self: not self.is_closed and self.queue is None)
    @rule()
    def the_owner_routes_it(self) -> None:
        self.does(self.owner_id, route)

    @precondition(lambda self: self.queue is not None)
    @rule(who=colleagues, unit=mostly("north", "main"))
    def somebody_takes_it(self, who: UUID, unit: str) -> None:
        may_take = not self.is_closed and self.offered_to_id is None and unit == "north"
        taken = self.twice(
            lambda t, act: t.take(who, unit=unit, roles=frozenset(), act=act), act(who)
        )
        assert taken == may_take

    @precondition(lambda self: len(self.facts) > 12 and not self.procedure.recorded)
    @rule(end=st.sampled_from([client_withdraws, reject, void]))
    def the_owner_ends_it(self, end: Attempt) -> None:
        ended = self.attempt(end, act(self.owner_id, reason="因故"))
        assert not ended or self.is_closed

    @precondition(lambda self: self.is_closed and not self.procedure.recorded)
    @rule()
    def the_owner_archives_it(self) -> None:
        assert self.attempt(archive, act(self.owner_id)) == (self.live.ended_as != "voided")

    @precondition(lambda self: self.offered_to_id is not None)
    @rule()
    def the_owner_withdraws_the_offer(self) -> None:
        self.does(self.owner_id, withdraw)

    @precondition(lambda self: not self.is_closed and self.live.asked_id is None)
    @rule()
    def the_owner_escalates(self) -> None:
        self.does(self.owner_id, escalate)

    @precondition(lambda self: self.live.asked_id is not None)
    @rule()
    def the_superior_instructs(self) -> None:
        self.does(self.live.asked_id, instruct)

    @precondition(lambda self: not self.is_closed and self.live.blocked_by is None)
    @rule()
    def the_owner_suspends(self) -> None:
        self.does(self.owner_id, suspend)

    @precondition(lambda self: self.live.blocked_by is not None)
    @rule()
    def the_owner_resumes(self) -> None:
        self.does(self.owner_id, resume)

    @precondition(lambda self: self.possible() and not self.procedure.recorded)
    @rule(data=st.data())
    def the_owner_takes_a_possible_step(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.possible()))
        step = self.procedure.steps[name]
        form = {"address": "幸福路 1 号"} if step.form else {}
        if "slip" in step.needs and not self.live.has_slip:
            self.does(self.owner_id, issue_slip)
        if step.fact is None:
            self.does(self.owner_id, lambda t, p, act: t.take_step(name, form, p, act=act))
        elif step.fact != "closed" or self.offered_to_id is None:
            self.does(self.owner_id, FACTS[step.fact])

    @precondition(lambda self: self.procedure.recorded)
    @rule(step=st.sampled_from(["assign", "resolve", "finish"]), done_by=colleagues)
    def a_step_is_taken_over(self, step: str, done_by: UUID) -> None:
        assert self.once(
            lambda t, act: t.take_over_step(step, {}, self.procedure, done_by_id=done_by, act=act),
            act("system:import"),
        )

    @precondition(lambda self: not self.procedure.recorded)
    @rule(done_by=colleagues)
    def nothing_is_taken_over_into_our_own_procedure(self, done_by: UUID) -> None:
        name = next(iter(self.procedure.steps))
        assert not self.once(
            lambda t, act: t.take_over_step(name, {}, self.procedure, done_by_id=done_by, act=act),
            act("system:import"),
        )

    @rule(visibility=st.sampled_from(Visibility), who=colleagues)
    def anybody_adds_a_note(self, visibility: Visibility, who: UUID) -> None:
        assert self.once(lambda t, act: t.note("又来电", visibility, act=act), act(who))

    @rule(version=st.integers(0, 9), who=colleagues)
    def somebody_corrects(self, version: int, who: UUID) -> None:
        is_there = 1 <= version <= len(self.facts)
        corrected = self.once(
            lambda t, act: t.correct(version, "text", "更正", act=act), act(who, reason="听错了")
        )
        assert corrected == is_there

    def possible(self) -> list[str]:
        return self.live.possible_steps(self.procedure, self.live.looking(act()))

    @invariant()
    def exactly_one_person_answers_for_it(self) -> None:
        assert self.live.owner_id == self.owner_id
        assert self.owner_id in STAFF

    @invariant()
    def the_first_contact_never_changes(self) -> None:
        assert self.live.first_contact_id == LI_NA

    @invariant()
    def it_is_closed_in_a_final_state_and_in_no_other(self) -> None:
        assert self.live.is_closed == self.is_closed
        if not self.ended_as:
            assert self.is_closed == (self.live.state in self.procedure.final)

    @invariant()
    def it_is_with_its_owner_in_a_queue_or_came_back_as_the_facts_say(self) -> None:
        assert (self.live.queue, self.live.returns) == (self.queue, self.returns)
        assert (self.live.ended_as or "") == self.ended_as

    @invariant()
    def every_reopening_begins_an_episode_and_nothing_else_does(self) -> None:
        assert self.live.episode == self.episode

    @invariant()
    def what_is_on_offer_is_open_and_not_held_by_whom_it_is_offered_to(self) -> None:
        if self.live.offered_to_id is not None and not self.procedure.recorded:
            assert not self.live.is_closed
            assert self.live.offered_to_id != self.live.owner_id

    @invariant()
    def nothing_is_possible_while_suspended_and_nothing_unknown_ever(self) -> None:
        assert set(self.possible()) <= self.procedure.steps.keys()
        assert not (self.possible() and self.live.blocked_by)


TestTicketHistory = TicketHistory.TestCase
TestTicketHistory.settings = BRIEF
