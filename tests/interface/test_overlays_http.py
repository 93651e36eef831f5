"""Policies that hold on the tickets of others, as those who work under them meet them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.following import RULES
from domain.pack import Pack
from domain.ticket import Ticket
from tests.interface.given import MATTER, TICKET_COMMANDS, closed, in_force
from tests.support.facts import LI_NA, WANG_FANG, ZHAO_LEI, shipped_pack
from tests.support.http import APPROVER, Answer, Office, Person, id_in, opened
from tests.support.matters import HOURS, overlay, repair

CARE = "/v1/packs/care"
DECEMBER = "2026-12-01T00:00:00+08:00"
OFF = {"unit": "store-1", "reason": "本店不设此岗"}
CALL: dict[str, Any] = {"title": "跟踪", "form": {"ok": {"title": "满意", "type": "boolean"}}}
GREET = {"title": "问候", "opens": ["opened"], "met_by": {"any": ["call"]}, "limit": HOURS}


def calls(**otherwise: Any) -> dict[str, Any]:
    return overlay(activities={"call": {**CALL, **otherwise}})


def called(person: Person, ticket: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/call", {"form": form})


def refused(answer: Answer) -> tuple[int, str, str | None]:
    """Status, code and rule, whatever was put on record beside."""
    return answer.status, answer.body["code"], answer.body.get("rule")


@pytest.fixture
def approver(office: Office) -> Person:
    return office.person(APPROVER)


def test_an_overlay_holds_for_what_is_opened_from_its_day_on(office: Office, li_na: Person):
    before = opened(li_na)
    in_force(office, calls(), DECEMBER)
    still_before = opened(li_na)
    office.now = datetime.fromisoformat(DECEMBER)
    after = opened(li_na)

    taken = [called(li_na, ticket).status for ticket in (before, still_before, after)]

    assert taken == [422, 422, 200]
    assert [li_na.get(ticket).body["packs"] for ticket in (before, after)] == [
        {"consultation": 1},
        {"care": 1, "consultation": 1},
    ]


def test_an_overlay_holds_for_the_procedures_that_it_names(office: Office, li_na: Person):
    in_force(office, repair())
    in_force(office, {**calls(), "holds_for": {"procedures": ["repair"]}})

    of_repair = opened(li_na, procedure="repair", channel="phone")
    of_consultation = opened(li_na)

    assert called(li_na, of_repair).stored == [Ticket.StepTaken]
    assert called(li_na, of_consultation).refusal == (422, "invalid", "step")


def test_an_overlay_holds_for_the_units_that_it_names(office: Office, li_na: Person):
    in_force(office, {**calls(), "holds_for": {"units": ["store-1"]}})

    of_store = opened(li_na, unit="store-1")
    of_house = opened(li_na)

    assert called(li_na, of_store).stored == [Ticket.StepTaken]
    assert called(li_na, of_house).refusal == (422, "invalid", "step")


def test_no_matter_is_opened_under_an_overlay(office: Office, li_na: Person):
    in_force(office, overlay())

    answer = li_na.post("/v1/tickets", MATTER | {"procedure": "care"})

    assert answer.refusal == (422, "pack_invalid", "procedure")


def test_a_service_point_does_without_an_overlay_until_it_is_switched_on(
    office: Office, li_na: Person, approver: Person
):
    in_force(office, calls())
    before = opened(li_na, unit="store-1")

    off = approver.post(f"{CARE}/switching-off", OFF)
    again = approver.post(f"{CARE}/switching-off", OFF)
    without = opened(li_na, unit="store-1")
    elsewhere = opened(li_na, unit="store-2")
    on = approver.post(f"{CARE}/switching-on", {"unit": "store-1"})
    after = opened(li_na, unit="store-1")

    assert (off.carried_out, again.carried_out) == ([Pack.SwitchedOff], [])
    assert (off.event.unit, off.event.reason.text) == ("store-1", "本店不设此岗")
    assert on.carried_out == [Pack.SwitchedOn]
    taken = [called(li_na, t).status for t in (before, without, elsewhere, after)]
    assert taken == [200, 422, 200, 200]


def test_doing_without_an_overlay_wants_a_reason(office: Office, approver: Person):
    in_force(office, overlay())

    answer = approver.post(f"{CARE}/switching-off", {"unit": "store-1"})

    assert answer.refusal == (422, "invalid", "reason")


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("switching-off", OFF, "unit"),
        ("abolition", {"effective_from": DECEMBER, "reason": "不再办理"}, "effective_from"),
    ],
)
def test_nobody_does_without_a_mandatory_policy(
    office: Office, approver: Person, what: str, body: dict[str, Any], field: str
):
    in_force(office, overlay(mandatory=True))

    answer = approver.post(f"{CARE}/{what}", body)

    assert answer.refusal == (422, "mandatory_pack", field)
    assert answer.body["rule"] == "FR-11"


def test_an_activity_is_not_for_a_closed_ticket_unless_its_policy_says_so(
    office: Office, li_na: Person
):
    visit = {"title": "回访", "after_closing": True}
    in_force(office, overlay(activities={"call": CALL, "visit": visit}))
    ticket = closed(li_na)

    call, visited = called(li_na, ticket), li_na.post(f"{ticket}/steps/visit")

    assert call.refusal == (409, "ticket_closed", None)
    assert visited.carried_out == [Ticket.StepTaken]
    shown = li_na.get(ticket).body
    assert (shown["is_closed"], "visit" in shown["possible_steps"]) == (True, True)
    assert "call" not in shown["possible_steps"]


def test_a_step_is_for_the_roles_that_its_policy_names(
    office: Office, li_na: Person, manager: Person
):
    in_force(office, calls(by=["cs_supervisor"], says="只有班长回访", rule="CH-20"))
    ticket = opened(li_na)

    refusal = called(li_na, ticket)
    taken = called(manager, ticket)

    assert refusal.refusal == (403, "not_for_you", None)
    assert (refusal.body["detail"], refusal.body["rule"]) == ("只有班长回访", "CH-20")
    assert taken.carried_out == [Ticket.StepTaken]
    assert taken.event.role == "cs_supervisor"


def test_what_may_be_done_says_for_whom_and_what_it_asks(office: Office, li_na: Person):
    in_force(office, calls(by=["cs_supervisor", "owner"]))

    step = li_na.get(opened(li_na)).body["steps"]["call"]

    assert (step["title"], step["to"], step["by"]) == ("跟踪", None, ["cs_supervisor", "owner"])


NO_TRICKS = {
    "rule": "PX-07",
    "upon": ["call"],
    "refuse_when": {"value": "form.ok", "is": False},
    "says": "不得推诿",
    "field": "form.ok",
    "flags": "shirking",
}


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({}, 409, "guard_refused"),
        ({"as_invalid": True}, 422, "guard_invalid"),
        ({"forbidden": True}, 403, "guard_forbids"),
    ],
)
def test_what_a_guard_flags_is_on_record_beside_its_refusal(
    office: Office, li_na: Person, more: dict[str, Any], status: int, code: str
):
    in_force(office, {**calls(), "guards": [{**NO_TRICKS, **more}]})
    ticket = opened(li_na)

    answer = called(li_na, ticket, ok=False)

    assert refused(answer) == (status, code, "PX-07")
    assert answer.body["field"] == "form.ok"
    assert answer.stored == [Ticket.ViolationFlagged]
    flagged = answer.event
    assert (flagged.kind, flagged.rule) == ("shirking", "PX-07")
    assert flagged.staff == flagged.by == f"staff:{LI_NA}"


def test_the_same_command_is_refused_again_and_flagged_once(office: Office, li_na: Person):
    in_force(office, {**calls(), "guards": [NO_TRICKS]})
    ticket = opened(li_na)
    step = (f"{ticket}/steps/call", {"form": {"ok": False}})

    answers = [li_na.post(*step, key=key) for key in ("one", "one", "two")]

    assert [refused(answer) for answer in answers] == [(409, "guard_refused", "PX-07")] * 3
    assert [len(answer.events) for answer in answers] == [1, 0, 1]


def test_no_choice_of_keys_keeps_a_violation_from_being_flagged(office: Office, li_na: Person):
    in_force(office, {**calls(), "guards": [NO_TRICKS]})
    ticket = opened(li_na)
    li_na.post(f"{ticket}/notes", {"text": "看"}, key="one-violation")

    first = li_na.post(f"{ticket}/steps/call", {"form": {"ok": False}}, key="one")
    other = {"form": {"ok": False}, "reason": "再试"}
    second = li_na.post(f"{ticket}/steps/call", other, key="one")

    assert [refused(answer)[1] for answer in (first, second)] == ["guard_refused"] * 2
    assert first.stored == second.stored == [Ticket.ViolationFlagged]
    sent = first.event.command_id
    assert li_na.post(f"{ticket}/notes", {"text": "看"}, key=sent).refusal == (
        422,
        "invalid",
        "Idempotency-Key",
    )


def test_a_guard_that_flags_nothing_stores_nothing(office: Office, li_na: Person):
    quiet = {name: said for name, said in NO_TRICKS.items() if name != "flags"}
    in_force(office, {**calls(), "guards": [quiet]})

    answer = called(li_na, opened(li_na), ok=False)

    assert answer.refusal == (409, "guard_refused", "form.ok")


def test_a_closed_ticket_is_taken_up_again_by_what_follows(office: Office, li_na: Person):
    again = {
        "upon": ["call"],
        "when": {"value": "call.ok", "is": False},
        "records": "taken_up_again",
        "title": "重新处理",
        "does": "reopen",
        "rule": "FR-10",
    }
    in_force(office, {**calls(after_closing=True), "consequences": [again]})
    ticket = closed(li_na)

    answer = called(li_na, ticket, ok=False)

    assert answer.carried_out == [Ticket.StepTaken, Ticket.Followed, Ticket.Reopened]
    assert answer.events[1].by == answer.events[2].by == RULES
    shown = li_na.get(ticket).body
    assert (shown["is_closed"], shown["state"], shown["episode"]) == (False, "answered", 2)


def test_an_overlay_promises_on_the_tickets_of_others(office: Office, li_na: Person):
    in_force(office, {**calls(), "obligations": {"greet": GREET}})

    answer = li_na.post("/v1/tickets", MATTER)
    ticket = answer.headers["Location"]
    kept = called(li_na, ticket)

    assert answer.carried_out == [Ticket.Opened, Ticket.TimePromised]
    assert answer.events[1].due_at == datetime.fromisoformat("2026-11-23T14:00:00+08:00")
    assert kept.carried_out == [Ticket.StepTaken, Ticket.TimeKept]


ASKING = repair(
    procedure={
        "client": "none",
        "opening": {
            "form": {
                "content": {"title": "内容", "required": True, "sealed": True},
                "times": {"title": "次数", "type": "integer"},
            }
        },
    }
)
REPAIR_MATTER = {"procedure": "repair", "channel": "phone", "matter": "空调不制冷"}


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({}, "form_incomplete", "form.content"),
        ({"form": {"content": ""}}, "invalid", "form.content"),
        ({"form": {"content": "坏了", "times": "3"}}, "invalid", "form.times"),
        ({"form": {"content": "坏了", "colour": "red"}}, "invalid", "form.colour"),
        ({"form": {"content": "坏了"}, "client_id": MATTER["client_id"]}, "invalid", "client_id"),
    ],
)
def test_a_matter_of_the_house_is_registered_as_its_policy_asks(
    office: Office, li_na: Person, more: dict[str, Any], code: str, field: str
):
    in_force(office, ASKING)

    assert li_na.post("/v1/tickets", REPAIR_MATTER | more).refusal == (422, code, field)


def test_a_matter_of_the_house_is_sealed_under_a_key_of_its_own(office: Office, li_na: Person):
    in_force(office, ASKING)

    answer = li_na.post("/v1/tickets", REPAIR_MATTER | {"form": {"content": "三楼"}})

    ticket_id = id_in(answer.headers["Location"])
    assert answer.carried_out == [Ticket.Opened]
    assert answer.event.client_id is None
    assert answer.event.form["content"].text == "三楼"
    assert answer.event.form["content"].subject == answer.event.matter.subject == ticket_id
    shown = li_na.get(f"/v1/tickets/{ticket_id}").body
    assert (shown["client_id"], shown["matter"]) == (None, "空调不制冷")


def test_whose_matter_it_is_must_be_said_where_the_policy_wants_a_client(li_na: Person):
    nobodys = {name: said for name, said in MATTER.items() if name != "client_id"}

    answer = li_na.post("/v1/tickets", nobodys)

    assert answer.refusal == (422, "invalid", "client_id")
    assert answer.body["rule"] == "PX-01"


def newer() -> dict[str, Any]:
    """The consultation with another promise; the greeting goes on, the second does not."""
    return {
        **shipped_pack("consultation"),
        "version": 2,
        "obligations": {"greet": {**GREET, "met_by": {"any": ["answered"]}}},
    }


def test_a_ticket_goes_over_to_the_newest_versions_with_a_reason(office: Office, li_na: Person):
    second = {**GREET, "title": "核实"}
    in_force(office, {**calls(), "obligations": {"greet": GREET, "check": second}})
    ticket = opened(li_na)
    in_force(office, newer())
    in_force(office, {**calls(), "version": 2})

    unsaid = li_na.post(f"{ticket}/pack-version")
    moved = li_na.post(f"{ticket}/pack-version", {"reason": "新制度更快"})
    again = li_na.post(f"{ticket}/pack-version", {"reason": "新制度更快"})

    assert unsaid.refusal == (422, "invalid", "reason")
    assert moved.carried_out == [Ticket.MovedToVersion, Ticket.ClockStopped]
    assert (moved.events[0].kept, moved.events[0].dropped) == (["greet-1"], ["check-1"])
    assert again.refusal == (409, "already_newest", None)
    assert li_na.get(ticket).body["packs"] == {"care": 2, "consultation": 2}


def test_nobody_else_moves_what_another_owns_but_a_supervisor(
    office: Office, li_na: Person, manager: Person
):
    ticket = opened(li_na)
    in_force(office, newer())
    because = {"reason": "新制度更快"}

    colleague = office.person(ZHAO_LEI).post(f"{ticket}/pack-version", because)
    moved = manager.post(f"{ticket}/pack-version", because)

    assert colleague.refusal == (409, "not_owner", None)
    assert moved.carried_out == [Ticket.MovedToVersion]


def test_a_late_entry_moves_it_to_what_is_the_newest_now(office: Office, li_na: Person):
    ticket = opened(li_na)
    before = office.now.isoformat()
    office.now += timedelta(days=1)
    in_force(office, newer(), office.now.isoformat())

    moved = li_na.post(f"{ticket}/pack-version", {"reason": "新制度", "occurred_at": before})

    assert moved.carried_out == [Ticket.MovedToVersion]
    assert li_na.get(ticket).body["pack_version"] == 2


def test_no_ticket_goes_over_to_older_versions(office: Office, li_na: Person):
    in_force(office, {**newer(), "version": 3})
    ticket = opened(li_na)
    office.now += timedelta(days=1)
    in_force(office, newer(), office.now.isoformat())

    answer = li_na.post(f"{ticket}/pack-version", {"reason": "旧制度更好"})

    assert answer.refusal == (409, "older_versions", None)
    assert answer.body["rule"] == "GV-06"


@pytest.mark.parametrize("path", ["notes", "slip", "suspension", "withdrawal", "steps/call"])
def test_nothing_happened_on_a_ticket_before_it_was_opened(
    office: Office, li_na: Person, path: str
):
    in_force(office, calls())
    ticket = opened(li_na)
    body = TICKET_COMMANDS.get(path, {}) | {"reason": "补记"}

    before = li_na.post(f"{ticket}/{path}", body | {"occurred_at": "2026-11-23T11:59:59+08:00"})
    then = li_na.post(f"{ticket}/{path}", body | {"occurred_at": "2026-11-23T12:00:00+08:00"})

    assert before.refusal == (422, "invalid", "occurred_at")
    assert then.carried_out


def test_nobody_moves_a_ticket_that_there_is_not(li_na: Person):
    path = f"/v1/tickets/{UUID(int=1)}/pack-version"

    assert li_na.post(path, {"reason": "新制度"}).refusal == (404, "not_found", "ticket_id")


def test_a_violation_is_that_of_who_tried_not_of_the_owner(
    office: Office, li_na: Person, wang_fang: Person
):
    in_force(office, {**calls(by=["anyone"]), "guards": [NO_TRICKS]})
    ticket = opened(li_na)

    answer = called(wang_fang, ticket, ok=False)

    assert answer.event.staff == f"staff:{WANG_FANG}"
