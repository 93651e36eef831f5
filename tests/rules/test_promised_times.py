"""承诺时限: what is promised has a due instant, and missing it is put on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import clarifying, in_force
from tests.support.facts import LI_NA, WANG_FANG, promising_pack
from tests.support.http import Office, Person, opened

S1, S2 = LI_NA, WANG_FANG
FOLLOWED_UP = {"note": "已向对方了解进展"}
TRANSFER = {"to_id": str(S2), "reason": "归口办理"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def obligation(person: Person, ticket: str, key: str) -> Any:
    answer = person.get(f"{ticket}/obligations/{key}")
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.rule("FR-05")
def test_what_is_clarified_is_owed_a_reply_and_not_closed_before_it(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    s1.post(f"{ticket}/slip")

    clarification = s1.post(f"{ticket}/steps/clarify")
    owed = obligation(s1, ticket, "reply-1")
    too_early = s1.post(f"{ticket}/closure")
    answer = s1.post(f"{ticket}/answer", {"text": "周一至周五"})
    closure = s1.post(f"{ticket}/closure")

    assert clarification.stored == [Ticket.StepTaken, Ticket.TimePromised]
    assert (owed["status"], owed["rule"]) == ("open", "FR-05")
    assert owed["responsible_id"] == str(S1)
    assert (too_early.status, too_early.stored) == (409, [])
    assert answer.stored == [Ticket.Answered, Ticket.TimeKept]
    assert Ticket.Closed in closure.stored


@pytest.mark.rule("FR-03")
def test_who_handed_it_on_follows_it_up_after_a_working_day(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = opened(s1)
    s1.post(f"{ticket}/transfer", TRANSFER)
    s2.post(f"{ticket}/transfer/acceptance")

    office.now = at("2026-11-24T17:00:00")
    [due] = s1.get("/v1/desk/obligations").body["items"]
    follow_up = s1.post(f"{ticket}/steps/first_contact_follow_up", {"form": FOLLOWED_UP})

    assert s1.get(ticket).body["is_closed"] is False
    assert (due["name"], due["ticket_id"]) == ("first_contact_follow_up", ticket.rpartition("/")[2])
    assert at("2026-11-24T17:00:00") == datetime.fromisoformat(due["due_at"])
    assert follow_up.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert obligation(s1, ticket, "first_contact_follow_up-1")["status"] == "met"
    assert s1.get("/v1/desk/obligations").body["items"] == []


@pytest.mark.rule("SC-01")
def test_what_is_missed_is_one_breach_however_often_the_clock_ticks(office: Office):
    s1 = office.person(S1)
    ticket = clarifying(s1)
    due_at = datetime.fromisoformat(obligation(s1, ticket, "reply-1")["due_at"])
    before = office.head()

    ticks = []
    for seconds in (0, 1):
        office.catch_up()
        ticks.append(
            office.parts.clock.tick(at("2026-11-24T17:01:00") + timedelta(seconds=seconds))
        )

    assert due_at == at("2026-11-24T17:00:00")
    breaches = [e for e in office.events_after(before) if isinstance(e, Ticket.TimeBreached)]
    assert [breach.key for breach in breaches] == ["reply-1"]
    assert ticks == [1, 0]


@pytest.mark.rule("GV-06")
def test_a_ticket_keeps_the_deadlines_of_the_version_it_was_opened_under(office: Office):
    first, second = (promising_pack() | {"pack": "inquiry", "version": n} for n in (1, 2))
    second["obligations"]["reply"]["limit"]["days"] = 3
    in_force(office, first)
    in_force(office, second, effective_from="2026-12-01T00:00:00+08:00")
    s1 = office.person(S1)

    office.now = at("2026-11-30T16:00:00")
    old = opened(s1, procedure="inquiry")
    office.now = at("2026-12-01T10:00:00")
    new = opened(s1, procedure="inquiry")
    for ticket in (old, new):
        s1.post(f"{ticket}/slip")
        s1.post(f"{ticket}/steps/clarify")

    assert [s1.get(ticket).body["pack_version"] for ticket in (old, new)] == [1, 2]
    dues = [obligation(s1, ticket, "reply-1")["due_at"] for ticket in (old, new)]
    assert [datetime.fromisoformat(due) for due in dues] == [
        at("2026-12-02T17:00:00"),
        at("2026-12-04T17:00:00"),
    ]
