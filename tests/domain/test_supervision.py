"""What those who supervise say about a ticket, and what the owner owes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from domain.aggregate import Act
from domain.errors import Invalid
from domain.handover import NotOwner, TicketClosed
from domain.obligation import Status
from domain.promising import ObligationOpen
from domain.supervision import NoNotice, NoticeOpen, OwnSupervision
from domain.ticket import Ticket
from tests.support.facts import C1, LI_NA, M1, NOON, WANG_FANG, act, because, facts_of, new_facts
from tests.support.promises import PROMISING, promised

DAY = timedelta(days=1)


def notify(ticket: Ticket) -> None:
    ticket.issue_notice("说明原因", NOON + DAY, unit="main", year=2026, act=act(M1))


def reply(ticket: Ticket, by: UUID = LI_NA) -> None:
    ticket.answer_notice("已联系客户", act=act(by, NOON))


def answer(ticket: Ticket) -> None:
    ticket.answer("周一至周五", True, PROMISING, act=act())


def close(ticket: Ticket) -> None:
    ticket.close(PROMISING, act=act())


def test_a_notice_is_numbered_and_owed_an_answer_by_the_time_that_it_names() -> None:
    ticket = promised()

    notify(ticket)

    assert new_facts(ticket) == [Ticket.SupervisionNoticeIssued, Ticket.TimePromised]
    notice, owed = facts_of(ticket)
    assert isinstance(notice, Ticket.SupervisionNoticeIssued)
    assert isinstance(owed, Ticket.TimePromised)
    assert notice.register == "main/supervision/2026"
    assert (notice.demand.subject, notice.demand.text) == (C1, "说明原因")
    assert (owed.due_at, owed.responsible_id, owed.rule) == (NOON + DAY, LI_NA, "SC-04")
    assert "2026-11-24 Tue 12:00" in ticket.obligations["supervision-1"].explanation()


@pytest.mark.parametrize("own", [act(), act(M1, acting_for=LI_NA), act(LI_NA, acting_for=M1)])
def test_nobody_supervises_what_they_handle(own: Act) -> None:
    ticket = promised()

    with pytest.raises(OwnSupervision) as refusal:
        ticket.issue_notice("说明原因", NOON + DAY, unit="main", year=2026, act=own)

    assert refusal.value.rule == "AU-08"
    assert new_facts(ticket) == []


def test_the_answer_of_the_owner_meets_it() -> None:
    ticket = promised(notify)

    reply(ticket)

    assert new_facts(ticket) == [Ticket.SupervisionAnswered, Ticket.TimeKept]
    assert ticket.obligations["supervision-1"].status_at(NOON + 2 * DAY) is Status.MET


def test_nobody_but_the_owner_answers() -> None:
    ticket = promised(notify)

    with pytest.raises(NotOwner):
        reply(ticket, WANG_FANG)

    assert new_facts(ticket) == []


def test_who_takes_the_ticket_over_owes_the_answer() -> None:
    ticket = promised(notify)

    ticket.offer_transfer(WANG_FANG, None, act=because("对口"))
    ticket.accept_transfer(act=act(WANG_FANG))
    reply(ticket, WANG_FANG)

    assert ticket.obligations["supervision-1"].responsible == str(WANG_FANG)
    assert ticket.obligations["supervision-1"].met_at == NOON


@pytest.mark.parametrize("before", [(), (notify, reply)])
def test_without_a_notice_there_is_nothing_to_answer(
    before: tuple[Callable[[Ticket], None], ...],
) -> None:
    ticket = promised(*before)

    with pytest.raises(NoNotice):
        reply(ticket)


def test_a_second_notice_waits_for_the_answer_to_the_first() -> None:
    ticket = promised(notify)

    with pytest.raises(NoticeOpen):
        notify(ticket)
    reply(ticket)
    notify(ticket)

    assert "supervision-2" in ticket.obligations


def test_nobody_closes_a_ticket_to_get_rid_of_a_notice() -> None:
    ticket = promised(answer, notify)

    with pytest.raises(ObligationOpen):
        close(ticket)
    reply(ticket)
    close(ticket)

    assert ticket.is_closed


def test_a_closed_ticket_may_be_asked_about() -> None:
    ticket = promised(answer, close)

    notify(ticket)
    reply(ticket)

    assert ticket.obligations["supervision-1"].met_at == NOON


def test_no_answer_is_due_before_it_is_demanded() -> None:
    ticket = promised()

    with pytest.raises(Invalid) as refusal:
        ticket.issue_notice("说明原因", NOON, unit="main", year=2026, act=act(M1))

    assert refusal.value.field == "due_at"
    assert new_facts(ticket) == []


def test_a_reminder_is_said_to_who_owns_the_ticket_then() -> None:
    ticket = promised()

    ticket.remind("客户又来催", act=act(M1))

    [fact] = facts_of(ticket)
    assert isinstance(fact, Ticket.HandlerReminded)
    assert (fact.to_id, fact.text.text) == (LI_NA, "客户又来催")
    assert ticket.look("count.handler-reminded", NOON) == 1


def test_nobody_is_reminded_of_what_is_closed() -> None:
    ticket = promised(answer, close)

    with pytest.raises(TicketClosed):
        ticket.remind("客户又来催", act=act(M1))
