"""督办、催办、AB角: nobody's absence leaves a gap, and those who supervise are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import clarifying, in_force
from tests.support.facts import LI_NA, M1, WANG_FANG, promising_pack
from tests.support.http import ADMIN, INSPECTOR, Office, Person, id_in, opened

A, B = LI_NA, WANG_FANG
AWAY = {
    "deputy_id": str(B),
    "start": "2026-12-01T00:00:00+08:00",
    "end": "2026-12-04T00:00:00+08:00",
}
DEMAND = {"demand": "请说明为何三日未联系客户", "due_at": "2026-11-25T17:00:00+08:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def desk(person: Person) -> list[tuple[str, str, str]]:
    """Ticket, who is responsible and who keeps it, of each obligation on a desk."""
    items = person.get("/v1/desk/obligations").body["items"]
    return [(row["ticket_id"], row["responsible_id"], row["kept_by_id"]) for row in items]


@pytest.mark.rule("SH-03")
def test_what_is_due_while_a_is_away_is_kept_by_b_and_falls_back_to_a(office: Office):
    in_force(office, promising_pack())
    a, b = office.person(A), office.person(B)
    assert a.post(f"/v1/staff/{A}/deputies", AWAY).status == 403
    assert office.person(ADMIN).post(f"/v1/staff/{A}/deputies", AWAY).status == 200
    office.now = at("2026-11-27T10:00:00")
    before = clarifying(a)  # due on Monday 30 November, the day before A goes
    office.now = at("2026-11-30T10:00:00")
    ticket, left = clarifying(a), clarifying(a)  # due on Tuesday 1 December

    def rows(keeper: Any, *tickets: str) -> list[tuple[str, str, str]]:
        return [(str(id_in(t)), str(A), str(keeper)) for t in tickets]

    office.now = at("2026-12-01T09:00:00")
    assert desk(b) == rows(B, ticket, left)
    assert desk(a) == rows(A, before)
    answer = b.post(f"{ticket}/answer", {"text": "已修复", "acting_for": str(A)})
    assert answer.stored == [Ticket.Answered, Ticket.TimeKept]
    assert desk(b) == rows(B, left)

    office.now = at("2026-12-04T09:00:00")
    assert desk(b) == []
    assert desk(a) == rows(A, before, left)
    late = b.post(f"{left}/answer", {"text": "已修复", "acting_for": str(A)})
    assert late.refusal[:2] == (409, "not_deputy")

    history = a.get(f"{ticket}/history").body["items"]
    [kept] = [row for row in history if row["topic"] == "ticket.answered"]
    assert (kept["by"], kept["acting_for"]) == (f"staff:{B}", f"staff:{A}")


@pytest.mark.rule("SC-04")
def test_the_supervision_office_demands_and_the_owner_answers(office: Office):
    a, b, inspector = office.person(A), office.person(B), office.person(INSPECTOR)
    ticket = opened(a)

    handled = inspector.post(f"{ticket}/answer", {"text": "我来答"})
    notice = inspector.post(f"{ticket}/supervision", DEMAND)
    [owed] = a.get("/v1/desk/obligations").body["items"]
    by_another = b.post(f"{ticket}/supervision/answer", {"text": "不是我"})
    by_the_office = inspector.post(f"{ticket}/supervision/answer", {"text": "代答"})
    answer = a.post(f"{ticket}/supervision/answer", {"text": "已联系并致歉"})

    assert handled.refusal[:2] == (403, "forbidden")
    assert notice.carried_out == [Ticket.SupervisionNoticeIssued, Ticket.TimePromised]
    assert notice.body["number"] == "2026-0001"
    assert (owed["key"], owed["rule"]) == ("supervision-1", "SC-04")
    assert datetime.fromisoformat(owed["due_at"]) == at("2026-11-25T17:00:00")
    assert by_another.refusal[:2] == (409, "not_owner")
    assert by_the_office.refusal[:2] == (403, "forbidden")
    assert answer.carried_out == [Ticket.SupervisionAnswered, Ticket.TimeKept]
    folder = inspector.get(ticket).body["file"]["supervision"]
    assert [entry["event"] for entry in folder] == [
        "supervision-notice-issued",
        "supervision-answered",
    ]
    assert (folder[0]["demand"], folder[1]["text"]) == (DEMAND["demand"], "已联系并致歉")


@pytest.mark.rule("SC-04")
def test_an_unanswered_notice_is_a_breach_like_any_other(office: Office):
    a, inspector = office.person(A), office.person(INSPECTOR)
    ticket = opened(a)
    inspector.post(f"{ticket}/supervision", DEMAND)
    office.catch_up()

    on_time = office.parts.clock.tick(at("2026-11-25T17:00:00"))
    late = office.parts.clock.tick(at("2026-11-25T17:00:01"))

    assert (on_time, late) == (0, 1)
    [breach] = office.events_after(office.head() - 1)
    assert isinstance(breach, Ticket.TimeBreached)
    assert (breach.key, breach.told_id) == ("supervision-1", M1)


@pytest.mark.rule("CH-45")
def test_whoever_supervises_reminds_the_handler_until_the_case_is_settled(office: Office):
    a, manager, inspector = (office.person(who) for who in (A, M1, INSPECTOR))
    ticket = opened(a)

    reminders = [who.post(f"{ticket}/reminder", {"text": "请尽快"}) for who in (manager, inspector)]
    by_a_colleague = office.person(B).post(f"{ticket}/reminder", {"text": "请尽快"})
    shown = a.get(ticket).body
    a.post(f"{ticket}/answer", {"text": "周一至周五"})
    a.post(f"{ticket}/closure")
    settled = manager.post(f"{ticket}/reminder", {"text": "请尽快"})

    assert [answer.carried_out for answer in reminders] == [[Ticket.HandlerReminded]] * 2
    assert {answer.event.to_id for answer in reminders} == {A}
    assert by_a_colleague.refusal[:2] == (403, "forbidden")
    assert (shown["reminders"], len(shown["file"]["reminders"])) == (2, 2)
    assert settled.refusal[:2] == (409, "ticket_closed")
