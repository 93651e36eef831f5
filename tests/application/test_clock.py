"""The clock puts on record, once, what was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from application.clock import BATCH, Clock
from domain.ticket import Ticket
from tests.interface.given import clarifying, in_force
from tests.support.facts import LI_NA, M1, NOON, ZHAO_LEI, promising_pack
from tests.support.http import Office, id_in
from tests.support.http import office as office
from tests.support.http import tokens as tokens

DUE = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATE = DUE + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def promising(office: Office) -> None:
    in_force(office, promising_pack())


def promised(office: Office, who: UUID = LI_NA) -> UUID:
    """A ticket with a reply that is due at DUE."""
    ticket = clarifying(office.person(who))
    office.catch_up()
    return id_in(ticket)


def breaches(office: Office) -> list[Ticket.TimeBreached]:
    events = office.events_after(0)
    return [event for event in events if isinstance(event, Ticket.TimeBreached)]


def test_what_was_missed_is_put_on_record_and_the_superior_knows(office: Office):
    ticket_id = promised(office)

    recorded = office.parts.clock.tick(LATE)

    [breach] = breaches(office)
    assert recorded == 1
    assert (breach.originator_id, breach.key) == (ticket_id, "reply-1")
    assert (breach.by, breach.timestamp, breach.told_id) == ("system:clock", LATE, M1)
    told = office.person(M1).get(f"/v1/obligations?told_id={M1}").body["items"]
    assert [row["ticket_id"] for row in told] == [str(ticket_id)]


def test_who_has_no_superior_has_their_breach_on_record_too(office: Office):
    promised(office, ZHAO_LEI)

    office.parts.clock.tick(LATE)

    assert [breach.told_id for breach in breaches(office)] == [None]


@pytest.mark.parametrize("is_read", [True, False], ids=["view caught up", "view behind"])
def test_a_second_tick_adds_nothing(office: Office, is_read: bool):
    promised(office)
    office.parts.clock.tick(LATE)
    if is_read:
        office.catch_up()

    again = office.parts.clock.tick(LATE + timedelta(seconds=1))

    assert again == 0
    assert len(breaches(office)) == 1


def test_two_clocks_at_once_record_it_once(office: Office):
    promised(office)
    together, recorded = Barrier(2), list[int]()

    def tick(clock: Clock) -> None:
        together.wait()
        recorded.append(clock.tick(LATE))

    clocks = [Clock(office.parts.tickets, office.parts.obligations) for _ in range(2)]
    threads = [Thread(target=tick, args=(clock,)) for clock in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(recorded) == [0, 1]
    assert len(breaches(office)) == 1


@pytest.mark.parametrize("now", [NOON, DUE - timedelta(seconds=1), DUE])
def test_nothing_is_a_breach_before_it_is_due_or_on_the_dot(office: Office, now: datetime):
    promised(office)

    assert office.parts.clock.tick(now) == 0
    assert breaches(office) == []


def test_what_stands_still_is_left_alone(office: Office):
    ticket_id = promised(office)
    rest = {"blocked_by": "client", "reason": "等客户资料"}
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/suspension", rest)
    office.catch_up()

    assert office.parts.clock.tick(LATE + timedelta(days=9)) == 0
    assert breaches(office) == []


def test_what_was_missed_before_it_was_paused_is_put_on_record(office: Office):
    ticket_id = promised(office)
    office.now = LATE
    rest = {"blocked_by": "client", "reason": "等客户资料"}
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/suspension", rest)
    office.catch_up()

    assert office.parts.clock.tick(LATE + timedelta(days=9)) == 1


def test_what_was_answered_before_the_view_knew_is_no_breach(office: Office):
    ticket_id = promised(office)
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/answer", {"text": "周一至周五"})

    assert office.parts.clock.tick(LATE) == 0
    assert breaches(office) == []


def test_what_was_granted_more_time_may_be_missed_again(office: Office):
    ticket_id = promised(office)
    extension = f"/v1/tickets/{ticket_id}/obligations/reply-1/extension"
    more_time = {"due_at": "2026-11-25T17:00:00+08:00", "reason": "等供货商答复"}
    office.person(LI_NA).post(extension, more_time)
    office.person(M1).post(f"{extension}/approval")
    office.catch_up()

    assert office.parts.clock.tick(LATE) == 0
    assert office.parts.clock.tick(LATE + timedelta(days=1)) == 1


def test_after_a_long_stop_all_is_put_on_record_the_oldest_first(office: Office):
    late, later, oldest = (NOON + timedelta(days=days) for days in (1, 2, 0))
    tickets = {}
    for office.now in (late, later, oldest):
        tickets[office.now] = promised(office)

    recorded = office.parts.clock.tick(NOON + timedelta(days=30))

    assert recorded == 3 <= BATCH
    assert [breach.originator_id for breach in breaches(office)] == [
        tickets[oldest],
        tickets[late],
        tickets[later],
    ]
