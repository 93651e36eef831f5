from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.aggregate import REASON_LIMIT, Act
from domain.errors import Invalid
from domain.handover import NotOwner, OfferPending, TicketClosed
from domain.procedure import StepNotPossible
from domain.sealed import TEXT_LIMIT
from domain.stepping import TicketSuspended
from domain.ticket import AlreadyEscalated, Blocker, NotAsked, NotSuspended, Ticket, Visibility
from tests.support.facts import (
    C1,
    CONSULTATION,
    LI_NA,
    M1,
    M2,
    NOON,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    facts_of,
    given,
    new_fact,
    new_facts,
    opened,
    said,
)


def answer(ticket: Ticket) -> None:
    ticket.answer("周一至周五", True, CONSULTATION, act=act())


def close(ticket: Ticket) -> None:
    ticket.close(CONSULTATION, act=act())


def escalate(ticket: Ticket) -> None:
    ticket.escalate(M1, "可以减免吗", act=act())


def instruct(ticket: Ticket) -> None:
    ticket.instruct("可以", act=act(M1))


def suspend(ticket: Ticket) -> None:
    ticket.suspend(Blocker.CLIENT, act=because("等客户来电"))


def stand(ticket: Ticket) -> dict[str, Any]:
    """How the ticket stands, apart from which facts made it so, and how many."""
    account = ("_version", "_pending_events", "counts", "since", "forms")
    return {k: v for k, v in vars(ticket).items() if k not in account}


def asked() -> Ticket:
    return given(opened(), escalate)


def suspended() -> Ticket:
    return given(opened(), suspend)


def closed() -> Ticket:
    return given(opened(), answer, close)


def test_whoever_opens_a_ticket_is_first_contact_and_owner() -> None:
    ticket = opened(first_contact_id=LI_NA)

    assert ticket.first_contact_id == ticket.owner_id == LI_NA
    assert new_facts(ticket) == [Ticket.Opened]


def test_an_opened_ticket_says_all_that_was_registered() -> None:
    ticket = opened(channel="phone", matter="  有线电视安装 ", pack="consultation", pack_version=3)

    fact = new_fact(ticket)
    assert (fact.originator_id, fact.originator_version) == (T1, 1)
    assert (fact.client_id, fact.channel, fact.matter) == (C1, "phone", said(C1, "有线电视安装"))
    assert (fact.procedure, fact.pack_version, fact.state) == ("consultation", 3, "registered")
    assert (fact.first_contact_id, fact.unit) == (LI_NA, "main")


def test_a_ticket_is_entered_in_the_register_of_its_unit_procedure_and_year() -> None:
    ticket = opened(unit="north", year=2027)

    assert new_fact(ticket).register == "north/consultation/2027"


def test_the_reason_for_opening_is_sealed_under_the_clients_key() -> None:
    ticket = opened(act=because("代母亲来办"))

    assert new_fact(ticket).reason == said(C1, "代母亲来办")


def test_every_fact_says_who_for_whom_in_which_role_by_which_command_when_and_why() -> None:
    ticket = given(opened())
    late = NOON - timedelta(days=2)
    said_so = act(
        M2,
        late,
        reason=" 客户来电 ",
        acting_for=LI_NA,
        role="director",
        command_id="retry-me",
    )

    ticket.suspend(Blocker.CLIENT, act=said_so)

    fact = new_fact(ticket)
    assert (fact.by, fact.acting_for) == (f"staff:{M2}", f"staff:{LI_NA}")
    assert (fact.role, fact.command_id) == ("director", "retry-me")
    assert (fact.timestamp, fact.reason) == (late, said(C1, "客户来电"))


def test_an_act_without_reason_acting_for_and_role_leaves_them_empty() -> None:
    ticket = opened(act=act("system:import", role=None))

    fact = new_fact(ticket)
    assert (fact.by, fact.acting_for, fact.role, fact.reason) == ("system:import", None, None, None)


def test_a_channel_that_the_procedure_does_not_have_is_refused() -> None:
    with pytest.raises(Invalid, match=r"telepathy is none of: app, fax") as refusal:
        opened(channel="telepathy")

    assert (refusal.value.field, refusal.value.rule) == ("channel", "CT-04")


@pytest.mark.parametrize("matter", ["", " \n ", "a\x00b", "\ud800", "长" * (TEXT_LIMIT + 1)])
def test_a_matter_that_cannot_be_read_is_refused(matter: str) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(matter=matter)

    assert refusal.value.field == "matter"


@pytest.mark.parametrize("unit", ["", " ", "a\x00b", "a\x1bb", "部" * 65])
def test_a_unit_without_a_readable_name_is_refused(unit: str) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(unit=unit)

    assert refusal.value.field == "unit"


def test_the_case_slip_names_who_is_responsible_and_is_numbered_apart() -> None:
    ticket = given(opened(unit="north"))

    ticket.issue_slip(year=2026, act=act())

    fact = new_fact(ticket)
    assert (fact.responsible_id, fact.register) == (LI_NA, "north/slip/2026")


def test_the_case_slip_names_the_owner_not_the_first_contact() -> None:
    ticket = given(
        opened(),
        lambda t: t.offer_transfer(WANG_FANG, None, act=because("休假")),
        lambda t: t.accept_transfer(act=act(WANG_FANG)),
    )

    ticket.issue_slip(year=2026, act=act(WANG_FANG))

    assert new_fact(ticket).responsible_id == WANG_FANG


def test_the_case_slip_is_issued_once() -> None:
    ticket = given(opened(), lambda t: t.issue_slip(year=2026, act=act()))

    ticket.issue_slip(year=2026, act=act())

    assert new_facts(ticket) == []


def test_only_the_owner_issues_the_case_slip() -> None:
    ticket = given(opened())

    with pytest.raises(NotOwner):
        ticket.issue_slip(year=2026, act=act(WANG_FANG))

    assert new_facts(ticket) == []


def test_no_case_slip_is_issued_for_a_closed_ticket() -> None:
    ticket = closed()

    with pytest.raises(TicketClosed):
        ticket.issue_slip(year=2026, act=act())

    assert new_facts(ticket) == []


@pytest.mark.parametrize("commands", [(), (suspend,), (answer, close)])
def test_anybody_may_add_a_note_at_any_time(commands: tuple[Callable[[Ticket], None], ...]) -> None:
    ticket = given(opened(), *commands)

    ticket.note("客户又来电", Visibility.CLIENT, act=act(ZHAO_LEI))

    fact = new_fact(ticket)
    assert (fact.text, fact.visibility) == (said(C1, "客户又来电"), "client")


def test_an_empty_note_is_refused() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.note("\t", Visibility.INTERNAL, act=act())

    assert refusal.value.field == "text"
    assert new_facts(ticket) == []


def test_a_note_commutes_and_an_answer_does_not() -> None:
    ticket = given(opened())

    ticket.note("客户又来电", Visibility.INTERNAL, act=act())
    answer(ticket)

    assert [isinstance(fact, Ticket.COMMUTING) for fact in facts_of(ticket)] == [True, False]


def test_an_escalation_puts_the_question_to_the_superior() -> None:
    ticket = given(opened())

    ticket.escalate(M1, "可以减免吗", act=act())

    fact = new_fact(ticket)
    assert (type(fact), fact.to_id, fact.question) == (
        Ticket.Escalated,
        M1,
        said(C1, "可以减免吗"),
    )


def test_an_escalation_leaves_the_owner_answerable() -> None:
    ticket = asked()

    assert (ticket.owner_id, ticket.asked_id) == (LI_NA, M1)


def test_only_the_owner_escalates() -> None:
    ticket = given(opened())

    with pytest.raises(NotOwner):
        ticket.escalate(M1, "可以减免吗", act=act(WANG_FANG))

    assert new_facts(ticket) == []


def test_a_closed_ticket_is_not_escalated() -> None:
    ticket = closed()

    with pytest.raises(TicketClosed):
        escalate(ticket)

    assert new_facts(ticket) == []


def test_a_second_question_waits_for_the_first_instruction() -> None:
    ticket = asked()

    with pytest.raises(AlreadyEscalated, match=str(M1)):
        ticket.escalate(M2, "那呢", act=act())

    assert new_facts(ticket) == []


@pytest.mark.parametrize("other", [LI_NA, WANG_FANG, M2])
def test_nobody_but_the_superior_asked_instructs(other: UUID) -> None:
    ticket = asked()

    with pytest.raises(NotAsked) as refusal:
        ticket.instruct("可以", act=act(other))

    assert refusal.value.rule == "FR-08"
    assert new_facts(ticket) == []


@pytest.mark.parametrize("instructing", [act(M1), act(M2, acting_for=M1)])
def test_the_superior_asked_or_their_deputy_instructs(instructing: Act) -> None:
    ticket = asked()

    ticket.instruct("可以", act=instructing)

    assert (new_fact(ticket).text, ticket.asked_id) == (said(C1, "可以"), None)


def test_nobody_instructs_unasked() -> None:
    ticket = given(opened())

    with pytest.raises(NotAsked):
        ticket.instruct("可以", act=act(M1))

    assert new_facts(ticket) == []


def test_an_instruction_is_given_once() -> None:
    ticket = given(opened(), escalate, instruct)

    with pytest.raises(NotAsked):
        instruct(ticket)

    assert new_facts(ticket) == []


def test_after_the_instruction_another_question_may_be_put() -> None:
    ticket = given(opened(), escalate, instruct)

    ticket.escalate(M2, "全部吗", act=act())

    assert ticket.asked_id == M2


def test_a_suspension_names_who_blocks_and_why() -> None:
    ticket = given(opened())

    ticket.suspend(Blocker.THIRD_PARTY, act=because("等配件"))

    fact = new_fact(ticket)
    assert (fact.blocked_by, fact.reason) == ("third_party", said(C1, "等配件"))
    assert ticket.blocked_by == Blocker.THIRD_PARTY


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_suspension_without_a_reason_is_refused(reason: str | None) -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.suspend(Blocker.CLIENT, act=act(reason=reason))

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == []


def test_a_reason_has_a_limit() -> None:
    ticket = given(opened())
    ticket.suspend(Blocker.CLIENT, act=because("因" * REASON_LIMIT))

    with pytest.raises(Invalid) as refusal:
        ticket.resume(act=because("因" * (REASON_LIMIT + 1)))

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == [Ticket.Suspended]


def test_suspending_twice_over_the_same_blocker_is_done_once() -> None:
    ticket = suspended()

    ticket.suspend(Blocker.CLIENT, act=because())

    assert new_facts(ticket) == []


def test_a_suspended_ticket_is_not_blocked_by_another_besides() -> None:
    ticket = suspended()

    with pytest.raises(TicketSuspended, match="client"):
        ticket.suspend(Blocker.AUTHORITY, act=because())

    assert new_facts(ticket) == []


def test_only_the_owner_suspends_and_resumes() -> None:
    running, standing = given(opened()), suspended()

    with pytest.raises(NotOwner):
        running.suspend(Blocker.CLIENT, act=because(by=WANG_FANG))
    with pytest.raises(NotOwner):
        standing.resume(act=act(WANG_FANG))

    assert new_facts(running) == new_facts(standing) == []


def test_a_closed_ticket_is_not_suspended() -> None:
    ticket = closed()

    with pytest.raises(TicketClosed):
        suspend(ticket)

    assert new_facts(ticket) == []


def test_a_resumed_ticket_goes_on() -> None:
    ticket = suspended()

    ticket.resume(act=act())
    answer(ticket)

    assert new_facts(ticket) == [Ticket.Resumed, Ticket.Answered]


def test_what_is_not_suspended_is_not_resumed() -> None:
    ticket = given(opened())

    with pytest.raises(NotSuspended):
        ticket.resume(act=act())

    assert new_facts(ticket) == []


def test_an_answered_ticket_is_closed() -> None:
    ticket = given(opened(), answer)

    close(ticket)

    assert new_facts(ticket) == [Ticket.Closed]
    assert (ticket.state, ticket.is_closed) == ("closed", True)


def test_a_ticket_that_was_not_answered_is_not_closed() -> None:
    ticket = given(opened())

    with pytest.raises(StepNotPossible) as refusal:
        close(ticket)

    assert refusal.value.facts == {"possible": ["clarify", "answer"], "state": "registered"}
    assert new_facts(ticket) == []


def test_a_ticket_is_closed_once() -> None:
    ticket = closed()

    with pytest.raises(TicketClosed):
        close(ticket)

    assert new_facts(ticket) == []


def test_only_the_owner_closes() -> None:
    ticket = given(opened(), answer)

    with pytest.raises(NotOwner):
        ticket.close(CONSULTATION, act=act(WANG_FANG))

    assert new_facts(ticket) == []


def test_a_ticket_on_offer_is_not_closed() -> None:
    ticket = given(
        opened(), answer, lambda t: t.offer_transfer(WANG_FANG, None, act=because("休假"))
    )

    with pytest.raises(OfferPending, match=str(WANG_FANG)):
        close(ticket)

    assert new_facts(ticket) == []


def test_anybody_may_reopen_a_closed_ticket_as_a_new_episode() -> None:
    ticket = closed()

    ticket.reopen(CONSULTATION, act=because("客户又来", by=WANG_FANG))

    fact = new_fact(ticket)
    assert (type(fact), fact.episode, fact.state) == (Ticket.Reopened, 2, "registered")
    assert (ticket.owner_id, ticket.is_closed, ticket.episode) == (LI_NA, False, 2)


def test_reopening_wants_a_reason() -> None:
    ticket = closed()

    with pytest.raises(Invalid) as refusal:
        ticket.reopen(CONSULTATION, act=act())

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == []


def test_an_open_ticket_is_not_reopened() -> None:
    ticket = given(opened())

    with pytest.raises(StepNotPossible):
        ticket.reopen(CONSULTATION, act=because())

    assert new_facts(ticket) == []


def test_an_open_ticket_is_not_reopened_though_its_pack_reopens_from_anywhere() -> None:
    reopen = replace(CONSULTATION.steps["reopen"], start=frozenset())
    lax = replace(CONSULTATION, steps=CONSULTATION.steps | {"reopen": reopen})
    ticket = given(opened(lax))

    with pytest.raises(StepNotPossible):
        ticket.reopen(lax, act=because())

    assert new_facts(ticket) == []


def test_a_correction_names_the_event_and_the_field_that_it_sets_right() -> None:
    ticket = given(opened(), answer)

    ticket.correct(2, "text", "周六也开", act=because("听错了"))

    fact = new_fact(ticket)
    assert (fact.corrects_version, fact.what, fact.text) == (2, "text", said(C1, "周六也开"))


def test_a_correction_changes_nothing_that_rules_ask_for() -> None:
    ticket, corrected = closed(), closed()

    corrected.correct(1, "state", "closed", act=because("听错了"))

    assert stand(corrected) == stand(ticket)


@pytest.mark.parametrize("version", [-1, 0, 2])
def test_an_event_that_is_not_there_is_not_corrected(version: int) -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.correct(version, "matter", "宽带", act=because())

    assert refusal.value.field == "corrects_version"
    assert new_facts(ticket) == []


@pytest.mark.parametrize("what", ["", "the matter", "matter;"])
def test_a_correction_of_no_field_is_refused(what: str) -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.correct(1, what, "宽带", act=because())

    assert refusal.value.field == "what"
    assert new_facts(ticket) == []


def test_a_correction_wants_a_reason() -> None:
    ticket = given(opened())

    with pytest.raises(Invalid) as refusal:
        ticket.correct(1, "matter", "宽带", act=act())

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == []
