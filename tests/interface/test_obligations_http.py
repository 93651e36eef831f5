"""Promises of time: what is due, why, and what becomes of it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import MORE_TIME, TO_WANG_FANG, clarifying, in_force, offered
from tests.support.facts import LI_NA, M1, NOON, WANG_FANG, ZHAO_LEI, promising_pack
from tests.support.http import ADMIN, INSPECTOR, Office, Person, id_in, opened

DUE = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""The working day after NOON, at 17:00 in Shanghai."""

LATE = DUE + timedelta(minutes=1)
WAIVER = {"ground": "withdrawn", "reason": "客户撤回"}
RUDE = "这不是我管的事,找别人"


@pytest.fixture(autouse=True)
def promising(office: Office) -> None:
    """The pack with promised times is in force."""
    in_force(office, promising_pack())


def listed(person: Person, path: str = "/v1/obligations") -> list[Any]:
    answer = person.get(path)
    assert answer.status == 200, answer.body
    return answer.body["items"]


def reply(person: Person, ticket: str) -> Any:
    """The promise to reply, explained."""
    answer = person.get(f"{ticket}/obligations/reply-1")
    assert answer.status == 200, answer.body
    return answer.body


def handed_over(li_na: Person, wang_fang: Person) -> str:
    """A ticket on which Li Na promised a reply, and which is Wang Fang's now."""
    ticket = clarifying(li_na)
    li_na.post(f"{ticket}/transfer", TO_WANG_FANG)
    assert wang_fang.post(f"{ticket}/transfer/acceptance").status == 200
    return ticket


def test_what_is_clarified_is_to_be_answered_by_the_end_of_the_next_working_day(li_na: Person):
    ticket = clarifying(li_na)

    [row] = listed(li_na)

    assert (row["ticket_id"], row["key"]) == (str(id_in(ticket)), "reply-1")
    assert (row["status"], row["title"], row["rule"]) == ("open", "核实后答复客户", "FR-05")
    assert datetime.fromisoformat(row["due_at"]) == DUE
    assert row["responsible_id"] == str(LI_NA)


def test_a_deadline_is_explained_in_words_and_in_data(li_na: Person):
    shown = reply(li_na, clarifying(li_na))

    basis = shown["obligation"]["basis"]
    assert basis["calendar"].startswith("utility-cs")
    assert [day[:10] for day in basis["counted"]] == ["2026-11-24"]
    assert basis["at"] == "2026-11-24T17:00:00+08:00"
    assert basis["limit"]["days"] == 1
    for word in (basis["calendar"], "2026-11-24", "17:00", "Asia/Shanghai"):
        assert word in shown["why"]


@pytest.mark.parametrize("key", ["reply-2", "reply", "%00", "回复-1", "x" * 300])
def test_what_was_not_promised_is_not_explained(li_na: Person, key: str):
    ticket = clarifying(li_na)

    answer = li_na.get(f"{ticket}/obligations/{key}")

    assert answer.refusal == (404, "not_found", "key")


@pytest.mark.parametrize(("now", "overdue"), [(DUE, False), (LATE, True)])
def test_what_is_overdue_is_so_though_nobody_has_put_it_on_record(
    office: Office, li_na: Person, now: datetime, overdue: bool
):
    ticket = clarifying(li_na)
    office.now = now

    found = listed(li_na, "/v1/obligations?overdue=true")

    assert len(found) == overdue
    shown = reply(li_na, ticket)
    assert shown["status"] == ("overdue" if overdue else "open")
    assert shown["breached_at"] is None


@pytest.mark.parametrize(("charged", "unit"), [({}, "main"), ({"unit": "business"}, "business")])
def test_what_is_overdue_is_counted_for_the_unit_that_is_charged(
    office: Office, li_na: Person, charged: dict[str, str], unit: str
):
    content = promising_pack() | {"version": 3}
    content["obligations"]["reply"] |= charged
    in_force(office, content)
    ticket = clarifying(li_na)
    office.now = LATE

    counted = listed(li_na, "/v1/obligations/overdue")

    assert counted == [{"unit": unit, "level": 0, "count": 1}]
    assert reply(li_na, ticket)["terms"] == charged


@pytest.mark.parametrize("missed", [True, False])
def test_a_pause_stops_what_is_not_missed_yet_and_hides_nothing_that_is(
    office: Office, li_na: Person, missed: bool
):
    ticket = clarifying(li_na)
    office.now = LATE if missed else NOON
    li_na.post(f"{ticket}/suspension", {"blocked_by": "client", "reason": "等客户资料"})
    office.now = LATE + timedelta(days=3)

    found = listed(li_na, "/v1/obligations?overdue=true")

    assert len(found) == missed
    assert reply(li_na, ticket)["status"] == ("overdue" if missed else "paused")


def test_what_was_answered_is_met_and_open_no_more(li_na: Person):
    ticket = clarifying(li_na)

    answer = li_na.post(f"{ticket}/answer", {"text": "周一至周五"})

    assert answer.stored == [Ticket.Answered, Ticket.TimeKept]
    assert reply(li_na, ticket)["status"] == "met"
    assert listed(li_na, "/v1/obligations?is_open=true") == []
    assert len(listed(li_na, "/v1/obligations?is_open=false")) == 1


def test_on_my_desk_are_my_obligations_and_no_others(li_na: Person, wang_fang: Person):
    clarifying(li_na)
    clarifying(wang_fang)

    mine = listed(li_na, "/v1/desk/obligations")

    assert [row["responsible_id"] for row in mine] == [str(LI_NA)]


def test_the_promise_follows_the_owner(li_na: Person, wang_fang: Person):
    handed_over(li_na, wang_fang)

    assert [row["name"] for row in listed(wang_fang, "/v1/desk/obligations")] == ["reply"]
    assert [row["name"] for row in listed(li_na, "/v1/desk/obligations")] == ["follow_up"]


def test_who_is_offered_a_ticket_has_to_accept_or_return_it(li_na: Person, wang_fang: Person):
    offered(li_na)

    [row] = listed(wang_fang, "/v1/desk/obligations")

    assert row["name"] == "accept_transfer"
    assert datetime.fromisoformat(row["due_at"]) == NOON + timedelta(hours=2)


def test_nothing_is_closed_while_a_reply_is_owed(office: Office, li_na: Person):
    content = promising_pack() | {"version": 3}
    content["procedure"]["steps"]["close"]["from"].append("clarifying")
    in_force(office, content)
    ticket = clarifying(li_na)

    owed = li_na.post(f"{ticket}/closure")
    li_na.post(f"{ticket}/answer", {"text": "周一至周五"})
    answered = li_na.post(f"{ticket}/closure")

    assert owed.refusal == (409, "obligation_open", None)
    assert owed.body["rule"] == "FR-05"
    assert owed.body["facts"] == {"obligation": "reply-1"}
    assert answered.carried_out == [Ticket.Closed]


def test_more_time_is_asked_for_and_granted_by_another(
    office: Office, li_na: Person, manager: Person
):
    ticket = clarifying(li_na)

    asked = li_na.post(f"{ticket}/obligations/reply-1/extension", MORE_TIME)
    waiting = reply(li_na, ticket)
    granted = manager.post(f"{ticket}/obligations/reply-1/extension/approval")

    assert asked.carried_out == [Ticket.ExtensionAsked]
    assert waiting["extension_due_at"] == "2026-11-25T09:00:00Z"
    assert datetime.fromisoformat(waiting["due_at"]) == DUE
    assert granted.carried_out == [Ticket.TimeExtended]
    extended = reply(li_na, ticket)
    assert (extended["due_at"], extended["extension_due_at"]) == ("2026-11-25T09:00:00Z", None)
    assert str(M1) in extended["why"]
    office.now = LATE
    assert listed(li_na, "/v1/obligations?overdue=true") == []


def test_nobody_grants_time_to_themselves(li_na: Person, manager: Person):
    ticket = clarifying(li_na)
    manager.post(f"{ticket}/obligations/reply-1/extension", MORE_TIME)

    answer = manager.post(f"{ticket}/obligations/reply-1/extension/approval")

    assert answer.refusal[:2] == (409, "own_extension")


def test_time_that_nobody_asked_for_is_not_granted(li_na: Person, manager: Person):
    ticket = clarifying(li_na)

    answer = manager.post(f"{ticket}/obligations/reply-1/extension/approval")

    assert answer.refusal == (409, "no_extension_asked", "key")


def test_after_it_is_due_nobody_asks_for_more_time(office: Office, li_na: Person):
    ticket = clarifying(li_na)
    office.now = LATE

    answer = li_na.post(f"{ticket}/obligations/reply-1/extension", MORE_TIME)

    assert answer.refusal == (409, "asked_too_late", None)
    assert answer.stored == []


@pytest.mark.parametrize("who", [LI_NA, WANG_FANG, ZHAO_LEI, ADMIN, INSPECTOR])
@pytest.mark.parametrize(("what", "body"), [("extension/approval", {}), ("waiver", WAIVER)])
def test_only_a_supervisor_or_director_grants_or_waives(
    office: Office, li_na: Person, who: Any, what: str, body: Any
):
    ticket = clarifying(li_na)
    li_na.post(f"{ticket}/obligations/reply-1/extension", MORE_TIME)

    answer = office.person(who).post(f"{ticket}/obligations/reply-1/{what}", body)

    assert answer.refusal == (403, "forbidden", None)


def test_what_is_waived_nobody_has_to_do(office: Office, li_na: Person, manager: Person):
    ticket = clarifying(li_na)

    answer = manager.post(f"{ticket}/obligations/reply-1/waiver", WAIVER)

    assert answer.carried_out == [Ticket.TimeWaived]
    office.now = LATE
    assert reply(li_na, ticket)["status"] == "waived"
    assert listed(li_na, "/v1/desk/obligations") == []
    assert listed(li_na, "/v1/obligations?overdue=true") == []


@pytest.mark.parametrize(
    ("what", "body"), [("extension", {"due_at": MORE_TIME["due_at"]}), ("waiver", {"ground": "x"})]
)
def test_nobody_asks_for_time_or_waives_without_a_reason(
    li_na: Person, manager: Person, what: str, body: Any
):
    ticket = clarifying(li_na)

    answer = manager.post(f"{ticket}/obligations/reply-1/{what}", body)

    assert answer.refusal == (422, "invalid", "reason")


def test_what_nobody_says_to_a_client_is_refused_by_name(li_na: Person):
    ticket = opened(li_na)

    answer = li_na.post(f"{ticket}/answer", {"text": RUDE})

    assert answer.refusal == (422, "forbidden_phrase", "text")
    assert answer.body["rule"] == "LG-02"
    assert answer.body["facts"] == {"phrase": "这不是我管的事"}
    assert "这不是我管的事" in answer.body["detail"]


def test_among_ourselves_it_may_be_noted_what_was_said(li_na: Person):
    ticket = opened(li_na)

    answer = li_na.post(f"{ticket}/notes", {"text": RUDE})

    assert answer.carried_out == [Ticket.Noted]


def test_the_pages_of_obligations_hold_each_of_them_once_in_the_order_they_are_due(
    office: Office, li_na: Person
):
    for hours in (20, 0, 0, 21, 1):
        office.now = NOON + timedelta(hours=hours)
        clarifying(li_na)
        offered(li_na)
    office.now = LATE

    pages = li_na.pages("/v1/obligations?limit=3")

    assert [len(page) for page in pages] == [3, 3, 3, 1]
    rows = [row for page in pages for row in page]
    order = [(row["due_at"], row["opened_position"]) for row in rows]
    assert len(set(order)) == 10
    assert order == sorted(order)
    assert [row["opened_position"] for row in rows] != sorted(position for _, position in order)


@pytest.mark.parametrize("text", ["", "x", "2026-11-24", "2026-11-24T09:00:00+00:00 x", "1 1"])
def test_a_cursor_of_something_else_is_refused(li_na: Person, text: str):
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    answer = li_na.search("/v1/obligations", {"cursor": cursor or "-"})

    assert answer.refusal == (422, "invalid", "cursor")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (f"responsible_id={LI_NA}", 1),
        (f"responsible_id={WANG_FANG}", 0),
        ("due_to=2026-11-24T17:00:00%2B08:00", 1),
        ("due_to=2026-11-24T16:59:59%2B08:00", 0),
        (f"told_id={M1}", 0),
        (f"ticket_id={M1}", 0),
    ],
)
def test_obligations_are_asked_for_by_what_is_known_of_them(
    li_na: Person, question: str, found: int
):
    clarifying(li_na)

    assert len(listed(li_na, f"/v1/obligations?{question}")) == found


def test_time_promised_in_a_year_whose_holidays_nobody_knows_yet_is_provisional(
    office: Office, li_na: Person
):
    office.now = datetime.fromisoformat("2026-12-31T16:30:00+08:00")
    ticket = opened(li_na)

    li_na.post(f"{ticket}/transfer", TO_WANG_FANG)
    promised = li_na.get(f"{ticket}/obligations/accept_transfer-1").body

    assert promised["obligation"]["basis"]["provisional"] == [2027]
    assert "provisional 暂定, holidays of 2027 not published" in promised["why"]
    assert datetime.fromisoformat(promised["due_at"]).date().isoformat() == "2027-01-04"


def test_a_year_too_far_ahead_is_refused(office: Office, li_na: Person):
    office.now = datetime.fromisoformat("2028-12-29T16:30:00+08:00")
    ticket = opened(li_na)

    answer = li_na.post(f"{ticket}/transfer", TO_WANG_FANG)

    assert answer.refusal == (409, "no_calendar_data", None)
    assert answer.body["facts"]["year"] == 2029
    assert li_na.get(ticket).body["offered_to_id"] is None
