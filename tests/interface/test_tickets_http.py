from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import MATTER, TO_WANG_FANG, closed, offered
from tests.support.facts import C1, C3, LI_NA, M1, NOON, T1, WANG_FANG
from tests.support.http import Office, Person, id_in, opened


def test_opening_a_ticket_answers_with_a_receipt_and_where_it_is(office: Office, li_na: Person):
    answer = li_na.post("/v1/tickets", MATTER, key="first-matter")

    assert answer.status == 201
    assert answer.carried_out == [Ticket.Opened]
    ticket_id = answer.body["id"]
    assert answer.headers["Location"] == f"/v1/tickets/{ticket_id}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Idempotency-Key"] == "first-matter"
    assert answer.body["position"] == office.head()
    assert answer.body["number"] == "2026-0001"


def test_an_opened_ticket_says_who_took_in_what_for_whom(li_na: Person):
    event = li_na.post("/v1/tickets", MATTER, key="first-matter").event

    assert event.client_id == C1
    assert event.channel == "walk_in"
    assert event.matter.text == "有线电视安装"
    assert (event.procedure, event.pack_version, event.state) == ("consultation", 1, "registered")
    assert event.first_contact_id == LI_NA
    assert (event.unit, event.register) == ("main", "main/consultation/2026")
    assert (event.by, event.role, event.acting_for) == (f"staff:{LI_NA}", "cs_officer", None)
    assert (event.command_id, event.timestamp, event.reason) == ("first-matter", NOON, None)


def test_a_command_without_a_key_is_given_one(li_na: Person):
    answers = [li_na.post("/v1/tickets", MATTER) for _ in range(2)]

    first, second = (answer.headers["Idempotency-Key"] for answer in answers)
    assert first != second
    assert [answer.event.command_id for answer in answers] == [first, second]


def test_a_client_may_choose_the_id_of_its_ticket(li_na: Person):
    answer = li_na.post("/v1/tickets", MATTER | {"ticket_id": str(T1)})

    assert answer.headers["Location"] == f"/v1/tickets/{T1}"
    assert answer.event.originator_id == T1


def test_blanks_around_a_text_are_cut_off(li_na: Person):
    answer = li_na.post("/v1/tickets", MATTER | {"matter": " \n有线电视安装\t"})

    assert answer.event.matter.text == "有线电视安装"


def test_the_register_is_numbered_without_gaps_whatever_was_refused_between(li_na: Person):
    first = li_na.post("/v1/tickets", MATTER)
    refused = li_na.post("/v1/tickets", MATTER | {"channel": "telepathy"})
    second = li_na.post("/v1/tickets", MATTER)

    assert refused.refusal == (422, "invalid", "channel")
    assert [first.body["number"], second.body["number"]] == ["2026-0001", "2026-0002"]


def test_each_unit_has_a_register_of_its_own(li_na: Person):
    li_na.post("/v1/tickets", MATTER)

    answer = li_na.post("/v1/tickets", MATTER | {"unit": "north"})

    assert answer.event.register == "north/consultation/2026"
    assert answer.body["number"] == "2026-0001"


@pytest.mark.parametrize(
    ("occurred_at", "register", "number"),
    [
        ("2025-12-31T15:59:59Z", "main/consultation/2025", "2025-0001"),
        ("2025-12-31T16:00:00Z", "main/consultation/2026", "2026-0001"),
    ],
)
def test_a_late_entry_is_numbered_in_the_year_in_which_it_happened_here(
    li_na: Person, occurred_at: str, register: str, number: str
):
    answer = li_na.post("/v1/tickets", MATTER | {"occurred_at": occurred_at})

    assert answer.event.register == register
    assert answer.body["number"] == number


def test_a_late_entry_shows_both_clocks(li_na: Person):
    said = "2026-11-20T09:00:00+08:00"

    ticket = opened(li_na, occurred_at=said)

    [entry] = li_na.get(f"{ticket}/history").body["items"]
    assert entry["occurred_at"] == "2026-11-20T01:00:00Z"
    assert entry["recorded_at"] > entry["occurred_at"]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"client_id": str(C3)}, (404, "not_found", "client_id")),
        ({"client_id": str(LI_NA)}, (404, "not_found", "client_id")),
        ({"procedure": "funeral"}, (404, "not_found", "procedure")),
        ({"channel": "telepathy"}, (422, "invalid", "channel")),
        ({"occurred_at": "2009-12-31T23:59:59+08:00"}, (409, "no_version_in_force", None)),
        ({"occurred_at": "2026-11-23T12:01:01+08:00"}, (422, "invalid", "occurred_at")),
        ({"ticket_id": str(C1)}, (409, "already_exists", "id")),
    ],
)
def test_a_matter_that_cannot_be_opened(
    shared_office: Office, wrong: dict[str, Any], refusal: tuple[int, str, str]
):
    answer = shared_office.person(LI_NA).post("/v1/tickets", MATTER | wrong)

    assert answer.refusal == refusal


@pytest.mark.parametrize("left_out", sorted(MATTER.keys() - {"client_id"}))
def test_a_matter_must_be_told_in_full(shared_office: Office, left_out: str):
    told = {name: value for name, value in MATTER.items() if name != left_out}

    answer = shared_office.person(LI_NA).post("/v1/tickets", told)

    assert answer.refusal == (422, "invalid", left_out)
    assert answer.body["errors"] == {"json": {left_out: ["Missing data for required field."]}}


def test_the_clock_of_a_client_may_be_a_minute_fast(li_na: Person):
    answer = li_na.post("/v1/tickets", MATTER | {"occurred_at": "2026-11-23T12:01:00+08:00"})

    assert answer.carried_out == [Ticket.Opened]


def test_a_case_slip_has_a_number_of_its_own(li_na: Person):
    ticket = opened(li_na)

    answer = li_na.post(f"{ticket}/slip")

    assert answer.carried_out == [Ticket.CaseSlipIssued]
    assert answer.body["number"] == "2026-0001"
    assert answer.event.responsible_id == LI_NA
    assert li_na.get(ticket).body["slip_number"] == "2026-0001"


def test_a_case_slip_is_issued_once(li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/slip")

    answer = li_na.post(f"{ticket}/slip")

    assert answer.carried_out == []
    assert answer.body["version"] == 2


def test_anybody_may_note_what_they_know(li_na: Person, wang_fang: Person):
    ticket = closed(li_na)

    answer = wang_fang.post(f"{ticket}/notes", {"text": "客户来过", "visibility": "client"})

    assert answer.carried_out == [Ticket.Noted]
    assert (answer.event.text.text, answer.event.visibility) == ("客户来过", "client")
    assert answer.event.by == f"staff:{WANG_FANG}"


def test_a_note_is_for_colleagues_unless_said_otherwise(li_na: Person):
    answer = li_na.post(f"{opened(li_na)}/notes", {"text": "客户来过"})

    assert answer.event.visibility == "internal"


def test_an_offered_ticket_changes_hands_when_it_is_accepted(li_na: Person, wang_fang: Person):
    ticket = opened(li_na)
    offer = {"to_id": str(WANG_FANG), "summary": "只差一个答复", "reason": "对口"}

    offering = li_na.post(f"{ticket}/transfer", offer)
    acceptance = wang_fang.post(f"{ticket}/transfer/acceptance")

    assert offering.carried_out == [Ticket.TransferOffered]
    assert (offering.event.from_id, offering.event.to_id) == (LI_NA, WANG_FANG)
    assert (offering.event.summary.text, offering.event.reason.text) == ("只差一个答复", "对口")
    assert acceptance.carried_out == [Ticket.TransferAccepted]
    assert (acceptance.event.from_id, acceptance.event.to_id) == (LI_NA, WANG_FANG)
    row = li_na.get(ticket).body
    assert (row["owner_id"], row["first_contact_id"]) == (str(WANG_FANG), str(LI_NA))
    assert (row["offered_to_id"], row["transfers"]) == (None, 1)


def test_an_offer_may_be_returned_on_a_ground_and_with_a_reason(li_na: Person, wang_fang: Person):
    ticket = offered(li_na)

    answer = wang_fang.post(
        f"{ticket}/transfer/refusal", {"ground": "overloaded", "reason": "今天已有二十件"}
    )

    assert answer.carried_out == [Ticket.TransferDeclined]
    assert (answer.event.ground, answer.event.reason.text) == ("overloaded", "今天已有二十件")
    row = li_na.get(ticket).body
    assert (row["owner_id"], row["offered_to_id"], row["returns"]) == (str(LI_NA), None, 1)


def test_an_offer_may_be_taken_back(li_na: Person):
    ticket = offered(li_na)

    answer = li_na.post(f"{ticket}/transfer/withdrawal")

    assert answer.carried_out == [Ticket.TransferWithdrawn]
    assert answer.event.to_id == WANG_FANG
    assert li_na.post(f"{ticket}/transfer/withdrawal").carried_out == []


def test_a_question_goes_to_the_superior_who_instructs(li_na: Person, manager: Person):
    ticket = opened(li_na)

    question = li_na.post(f"{ticket}/escalation", {"question": "可以减免吗"})
    instruction = manager.post(f"{ticket}/instruction", {"text": "按规定办"})

    assert question.carried_out == [Ticket.Escalated]
    assert (question.event.to_id, question.event.question.text) == (M1, "可以减免吗")
    assert instruction.carried_out == [Ticket.Instructed]
    assert instruction.event.text.text == "按规定办"
    assert li_na.get(ticket).body["asked_id"] is None


def test_a_step_is_taken_in_the_words_of_its_pack(li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/slip")

    answer = li_na.post(f"{ticket}/steps/clarify")

    assert answer.carried_out == [Ticket.StepTaken]
    assert (answer.event.step, answer.event.word) == ("clarify", "落实核查")
    assert (answer.event.state, answer.event.form, answer.event.findings) == ("clarifying", {}, [])


def test_an_answer_says_whether_it_is_complete(li_na: Person):
    complete = li_na.post(f"{opened(li_na)}/answer", {"text": "周一至周五"})
    partial = li_na.post(f"{opened(li_na)}/answer", {"text": "先答一半", "complete": False})

    assert complete.carried_out == partial.carried_out == [Ticket.Answered]
    assert (complete.event.text.text, complete.event.complete) == ("周一至周五", True)
    assert complete.event.state == "answered"
    assert partial.event.complete is False


def test_a_ticket_rests_while_somebody_blocks_it(li_na: Person):
    ticket = opened(li_na)

    rest = li_na.post(f"{ticket}/suspension", {"blocked_by": "client", "reason": "等客户资料"})
    seen = li_na.get(ticket).body
    on = li_na.post(f"{ticket}/resumption")

    assert rest.carried_out == [Ticket.Suspended]
    assert (rest.event.blocked_by, rest.event.reason.text) == ("client", "等客户资料")
    assert (seen["blocked_by"], seen["possible_steps"]) == ("client", [])
    assert on.carried_out == [Ticket.Resumed]
    assert li_na.get(ticket).body["blocked_by"] is None


def test_a_ticket_is_completed_closed_and_reopened(office: Office, li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/answer", {"text": "周一至周五"})

    completion = li_na.post(f"{ticket}/completion", {"result": "已告知"})
    closure = li_na.post(f"{ticket}/closure")
    row = li_na.get(ticket).body
    reopening = li_na.post(f"{ticket}/reopening", {"reason": "客户再来电"})
    again = li_na.get(ticket).body

    assert completion.carried_out == [Ticket.Completed]
    assert (completion.event.result.text, completion.event.state) == ("已告知", "completed")
    assert closure.carried_out == [Ticket.Closed]
    assert (row["is_closed"], row["closed_at"], row["possible_steps"]) == (
        True,
        "2026-11-23T04:00:00Z",
        ["reopen"],
    )
    assert reopening.carried_out == [Ticket.Reopened]
    assert reopening.event.episode == 2
    assert (again["is_closed"], again["episode"], again["state"]) == (False, 2, "registered")


def test_a_correction_leaves_what_it_corrects_as_it_was(li_na: Person):
    ticket = opened(li_na)
    correction = {"corrects_version": 1, "what": "matter", "text": "宽带安装", "reason": "听错了"}

    answer = li_na.post(f"{ticket}/corrections", correction)

    assert answer.carried_out == [Ticket.Corrected]
    assert (answer.event.corrects_version, answer.event.what) == (1, "matter")
    assert answer.event.text.text == "宽带安装"
    row = li_na.get(ticket).body
    assert row["matter"] == "有线电视安装"
    assert [entry["text"] for entry in row["file"]["corrections"]] == ["宽带安装"]


def test_said_twice_is_done_once(li_na: Person):
    ticket = offered(li_na)

    again = li_na.post(f"{ticket}/transfer", TO_WANG_FANG)

    assert again.carried_out == []
    assert again.body["id"] == str(id_in(ticket))
    assert again.body["version"] == 2
