"""处罚: misconduct is put on record, a sanction proposed, and decided by somebody who may."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from domain.ledger import Entry
from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.rules.ledger import Judged, in_house, taken
from tests.support.facts import C1, LI_NA
from tests.support.http import opened


def duty(pack: str, *, due: dict[str, Any], proposes: str, holder: str, **form: Any) -> Any:
    """A policy of one duty, which proposes an entry if it is not done in time."""
    return {
        "pack": pack,
        "version": 1,
        "title": pack,
        "procedure": {
            "register": pack,
            "initial": "open",
            "final": ["closed"],
            "client": "none",
            "opening": {"form": {"staff_id": {"title": "谁", "type": "reference"}}},
            "steps": {
                "do": {"title": "完成"},
                "close": {"title": "结案", "from": ["open"], "to": "closed", "fact": "closed"},
            },
        },
        "obligations": {
            "task": {
                "title": "按时完成",
                "rule": "PN-05",
                "opens": ["opened"],
                "met_by": {"any": ["do"]},
                "limit": due,
            }
        },
        "consequences": [
            {
                "upon": ["task-breached"],
                "records": "fine_proposed",
                "title": "提出处罚",
                "proposes": proposes,
                "form": {"holder": holder, **form},
                "rule": "PN-05",
            }
        ],
    }


@pytest.mark.rule("PN-01")
def test_the_first_time_without_protection_is_a_warning_and_the_second_costs_100(judged: Judged):
    first = judged.record("ppe_not_used")
    fined = judged.decide(first, sanction="fine")
    warned = judged.decide(first, sanction="oral_warning")
    second = judged.record("ppe_not_used")

    assert judged.entry(first)["sanctions"] == ["oral_warning", "written_warning"]
    assert fined.refusal == (422, "sanction_not_allowed", "sanction")
    assert warned.carried_out == [Entry.Decided]
    assert judged.entry(second)["sanctions"] == ["fine"]
    assert judged.decide(second, sanction="fine").event.amount == 10_000


@pytest.mark.rule("PN-01")
def test_nobody_decides_on_their_own_nor_on_what_they_put_on_record(judged: Judged):
    boss, said = (
        judged.office.hire("general_manager"),
        {"code": "noise_in_hall", "evidence": "录像"},
    )
    own = boss.post(f"/v1/staff/{boss.id}/misconduct", said)
    of_boss = judged.colleague.post(f"/v1/staff/{boss.id}/misconduct", said).body["entry_ids"][0]
    by_boss = boss.post(f"/v1/staff/{judged.s1.id}/misconduct", said).body["entry_ids"][0]

    decided = [judged.decide(entry, by=boss, sanction="fine") for entry in (of_boss, by_boss)]

    assert own.refusal == (403, "own_conduct", None)
    assert [answer.refusal for answer in decided] == [(403, "own_entry", None)] * 2
    assert judged.decide(by_boss, by=judged.colleague, sanction="fine").status == 403
    assert judged.decide(by_boss, sanction="fine").carried_out == [Entry.Decided]


@pytest.mark.rule("PN-01")
def test_a_sanction_is_not_decided_without_its_ground(judged: Judged):
    entry = judged.record("noise_in_hall")

    refused = judged.manager.post(f"/v1/ledger/entries/{entry}/decision", {"sanction": "fine"})
    decided = judged.decide(entry, sanction="fine", reason="录像属实")

    assert refused.refusal == (422, "invalid", "reason")
    assert decided.event.reason.text == "录像属实"


@pytest.mark.rule("PN-01")
def test_what_was_rejected_or_reversed_does_not_count_as_the_first_time(judged: Judged):
    rejected, reversed_ = judged.record("ppe_not_used"), judged.record("ppe_not_used")
    judged.decide(rejected, verdict="rejected", reason="戴了")
    again = judged.decide(reversed_, sanction="oral_warning")
    judged.manager.post(f"/v1/ledger/entries/{reversed_}/reversal", {"reason": "认错人"})

    third = judged.entry(judged.record("ppe_not_used"))

    assert again.event.nth == 1
    assert (third["nth"], third["sanctions"]) == (1, ["oral_warning", "written_warning"])


@pytest.mark.rule("PN-02")
def test_private_talk_with_clients_costs_200_each_time(judged: Judged):
    amounts = [judged.fine("private_matters_with_client") for _ in range(2)]

    assert amounts == [20_000, 20_000]
    assert judged.statement()["totals"] == [
        {"kind": "penalty", "currency": "CNY", "count": 2, "amount": 40_000}
    ]
    assert judged.statement("2026-10")["entries"] == []


@pytest.mark.rule("PN-03")
def test_an_exaggerated_promise_is_not_put_on_record_without_evidence(judged: Judged):
    without = judged.colleague.post(
        f"/v1/staff/{judged.s1.id}/misconduct", {"code": "exaggerated_promise"}
    )
    assert without.refusal == (422, "invalid", "evidence")
    assert without.body["rule"] == "PN-03"
    assert judged.send("pressure").status == 201


@pytest.mark.rule("PN-04")
def test_a_forged_log_costs_50_and_stays_with_what_was_found(judged: Judged):
    log = opened(judged.s1, matter="拜访日志")
    ticket_id = log.rpartition("/")[2]

    fined = judged.fine("false_report", ticket_id=ticket_id)

    [finding] = judged.manager.get(f"/v1/ledger/entries?ticket_id={ticket_id}").body["items"]
    assert fined == 5_000
    assert (finding["table_name"], finding["state"]) == ("false_report", "decided")
    assert judged.manager.get(log).body["matter"] == "拜访日志"
    assert judged.file()[0]["ticket_id"] == ticket_id


NEXT_MORNING = {"kind": "cut_off", "day": "next", "at": "08:30"}
THE_SECOND = {"kind": "cut_off", "day": 2, "at": "24:00"}


@pytest.mark.rule("PN-05")
def test_a_report_after_half_past_eight_the_next_day_costs_20(judged: Judged):
    owner = {"holder": "=this.owner_id"}
    pack = duty("week-log", due=NEXT_MORNING, proposes="daily_report_late", **owner)
    in_force(judged.office, pack)
    report = in_house(judged.s1, "week-log")

    judged.tick("2026-11-24T08:30:00")
    in_time = judged.proposed()
    judged.tick("2026-11-24T09:00:00")
    [late] = judged.proposed()

    assert taken(judged.s1, report, "do").status == 200
    assert in_time == []
    assert (late["table_name"], late["amount"], late["state"]) == (
        "daily_report_late",
        2_000,
        "proposed",
    )
    assert judged.claim() == 0
    assert judged.decide(late["entry_id"], sanction="fine").event.amount == 2_000


@pytest.mark.rule("PN-05")
def test_a_late_monthly_summary_costs_30_whatever_the_excuse(judged: Judged):
    owner = {"holder": "=this.owner_id"}
    pack = duty("month-summary", due=THE_SECOND, proposes="monthly_summary_late", **owner)
    in_force(judged.office, pack)
    in_house(judged.s1, "month-summary")
    judged.tick("2026-12-03T09:00:00")
    [late] = judged.proposed()

    waived = judged.decide(late["entry_id"], verdict="waived", reason="出差在外")
    fined = judged.decide(late["entry_id"], sanction="fine")

    assert waived.refusal == (409, "not_waivable", None)
    assert waived.body["rule"] == "PN-05"
    assert fined.event.amount == 3_000


@pytest.mark.rule("PN-06")
def test_a_phone_that_is_off_on_a_trip_costs_100_each_time(judged: Judged):
    for _ in range(2):
        judged.fine("phone_off_in_field")

    assert judged.total("penalty") == 20_000


@pytest.mark.rule("PN-07")
def test_being_late_costs_20_then_40_and_the_third_time_dismissal_is_proposed(judged: Judged):
    days = ("2026-11-02", "2026-11-10", "2026-11-20")
    late = [judged.record("late", occurred_at=f"{day}T08:40:00+08:00") for day in days]

    fines = [judged.decide(entry, sanction="fine") for entry in late]
    december = judged.entry(judged.record("late"))

    assert [fine.event.amount for fine in fines[:2]] == [2_000, 4_000]
    assert fines[2].refusal == (422, "sanction_not_allowed", "sanction")
    assert judged.entry(late[2])["sanctions"] == ["dismissal"]
    assert judged.decide(late[2], sanction="dismissal").event.sanction == "dismissal"
    assert december["nth"] == 4


@pytest.mark.rule("PN-07")
def test_the_next_month_is_counted_anew(judged: Judged):
    judged.record("late", occurred_at="2026-10-31T08:40:00+08:00")

    assert judged.fine("late", occurred_at="2026-11-01T08:40:00+08:00") == 2_000


@pytest.mark.rule("PN-08")
def test_leaving_early_costs_by_the_minutes_and_twenty_are_a_gap_in_the_source(judged: Judged):
    eight, thirty_five, twenty = (
        judged.entry(judged.record("early_leave", facts={"minutes": minutes}, occurred_at=at))
        for minutes, at in (
            (8, "2026-11-02T17:20:00+08:00"),
            (35, "2026-10-02T16:55:00+08:00"),
            (20, "2026-11-03T17:10:00+08:00"),
        )
    )

    assert (eight["amount"], eight["currency"]) == (500, "CNY")
    assert (thirty_five["named"], thirty_five["amount"], thirty_five["currency"]) == (
        "absent_one_day",
        200,
        "days_pay",
    )
    assert (twenty["named"], twenty["amount"]) == ("gap_in_source", 0)
    assert judged.entry(judged.record("early_leave", facts={"minutes": 5}))["named"] == (
        "absent_one_day"
    )


@pytest.mark.rule("PN-09")
def test_each_day_of_absence_takes_two_days_pay_in_the_pay_of_the_month(judged: Judged):
    judged.decide(judged.record("absence", facts={"days": 2}), sanction="pay_deduction")
    judged.fine("noise_in_hall")
    judged.record("absence", facts={"days": 1})  # nobody has decided on it
    path = "/v1/reports/discipline/deductions?period=2026-11"

    report = judged.finance.get(path).body
    _, content = judged.finance.download(f"{path}&format=csv")

    holder = f"staff:{judged.s1.id}"
    taken_off = {
        (group["by"]["entry.month"], group["by"]["entry.currency"]): group["measures"]
        for group in report["groups"]
        if group["by"]["entry.holder"] == holder
    }
    assert {key: told["amount"]["value"] for key, told in taken_off.items()} == {
        ("2026-11", "days_pay"): "4",
        ("2026-11", "CNY"): "50",
    }
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["持有人", "月份", "单位", "笔数", "扣罚"]
    assert [holder, "2026-11", "days_pay", "1", "4"] in rows
    assert judged.colleague.get(path).refusal == (403, "forbidden", None)


@pytest.mark.rule("PN-09")
def test_five_days_in_a_row_end_the_service(judged: Judged):
    five, four = (judged.record("absence", facts={"days": days}) for days in (5, 4))

    resigned = judged.decide(five, sanction="automatic_resignation")
    not_yet = judged.decide(four, sanction="automatic_resignation")

    assert (resigned.event.sanction, resigned.event.amount) == ("automatic_resignation", 0)
    assert not_yet.refusal == (422, "sanction_not_allowed", "sanction")


@pytest.mark.rule("PN-10")
def test_smoking_outside_costs_50_and_the_ninth_time_in_the_area_20(judged: Judged):
    outside = judged.fine("indulgence_at_work")
    ninth = judged.fine("smoking_overuse", facts={"times_today": 9})
    eighth = judged.entry(judged.record("smoking_overuse", facts={"times_today": 8}))

    assert (outside, ninth) == (5_000, 2_000)
    assert eighth["named"] == "within_limits"


@pytest.mark.rule("PN-11")
def test_noise_staying_after_work_and_a_ringing_phone(judged: Judged):
    codes = ("noise_in_hall", "staying_after_work", "phone_in_meeting")

    assert [judged.fine(code) for code in codes] == [5_000, 10_000, 2_000]


@pytest.mark.rule("PN-12")
def test_who_missed_a_meeting_of_all_staff_was_absent(judged: Judged):
    pack = duty("all-staff", due=THE_SECOND, proposes="absence", holder="=opened.staff_id", days=1)
    pack["consequences"][0]["upon"] = ["closed"]
    in_force(judged.office, pack)
    meeting = in_house(judged.colleague, "all-staff", staff_id=str(judged.s1.id))
    before = judged.file()

    judged.colleague.post(f"{meeting}/closure")
    judged.claim()

    [absence] = judged.file()
    assert before == []
    assert (absence["code"], absence["entry"]["state"]) == ("absence", "proposed")
    assert absence["recorded_by"] == "system:rules"


@pytest.mark.rule("PN-13")
def test_a_week_without_its_meeting_costs_the_head_10(judged: Judged):
    friday = {"kind": "cut_off", "day": "fri", "at": "17:30"}
    in_force(
        judged.office,
        duty("dept-meeting", due=friday, proposes="meeting_not_held", holder="=this.owner_id"),
    )
    head = judged.office.hire("department_head")
    in_house(head, "dept-meeting")
    held = in_house(judged.s1, "dept-meeting")
    taken(judged.s1, held, "do")

    judged.tick("2026-11-27T18:00:00")

    [proposal] = judged.proposed(head)
    assert (proposal["table_name"], proposal["amount"]) == ("meeting_not_held", 1_000)
    assert judged.proposed() == []


@pytest.mark.rule("PN-14")
def test_a_failed_promotion_costs_the_advisor_10_and_the_leader_50(judged: Judged):
    leader = judged.office.hire("sales_leader")
    alone = judged.send("promotion_task_failed")
    both = judged.send("promotion_task_failed", jointly={"leader": str(leader.id)})

    fines = [judged.decide(e, sanction="fine").event.amount for e in both.body["entry_ids"]]

    assert alone.refusal == (422, "invalid", "jointly")
    assert fines == [1_000, 5_000]
    assert judged.fine("problem_not_reported") == 10_000
    assert judged.proposed(leader)[0]["table_name"] == "promotion_task_leader"


@pytest.mark.rule("PN-15")
def test_leaving_for_the_field_after_nine_or_missing_roll_call_costs_50(judged: Judged):
    late = judged.fine("fieldwork_late", facts={"left_at": "09:05"})
    in_time = judged.entry(judged.record("fieldwork_late", facts={"left_at": "09:00"}))

    assert (late, judged.fine("roll_call_missed")) == (5_000, 5_000)
    assert in_time["named"] == "in_time"


@pytest.mark.rule("PN-16")
def test_property_taken_out_costs_ten_times_its_value(judged: Judged):
    severe = judged.entry(
        judged.record("property_taken_out", facts={"value": "30", "severe": True})
    )
    damaged = judged.record("property_damaged", facts={"price": "45.50"})

    assert judged.fine("property_taken_out", facts={"value": "30"}) == 30_000
    assert severe["sanctions"] == ["dismissal"]
    assert judged.decide(damaged, sanction="compensation").event.amount == 4_550


def codes(judged: Judged, prefix: str = "") -> list[Any]:
    asked = f"?prefix={prefix}" if prefix else ""
    return list(judged.s1.get(f"/v1/misconduct-codes{asked}").body["items"])


@pytest.mark.rule("PN-17")
def test_each_code_of_the_catalogue_has_its_grade_and_source(judged: Judged):
    listed = {code["name"]: code for code in codes(judged)}

    assert {"no_greeting", "no_polite_speech", "no_mandarin", "leaving_post"} <= listed.keys()
    assert all(code["grade"] and code["source"] and code["rule"] for code in listed.values())
    assert listed["no_greeting"]["source"] == ["F1:1012"]


@pytest.mark.rule("PN-18")
def test_bribery_is_serious_and_idle_chat_minor(judged: Judged):
    grades = {code["name"]: code["grade"] for code in codes(judged)}

    assert (grades["bribery"], grades["idle_chat"]) == ("serious", "minor")
    assert (grades["rumours"], grades["leak_secret"]) == ("serious", "serious")
    assert grades["carelessness"] == "minor"


@pytest.mark.rule("PN-19")
def test_a_minor_fault_is_not_fined(judged: Judged):
    fault = judged.record("carelessness")

    assert judged.decide(fault, sanction="fine").refusal == (
        422,
        "sanction_not_allowed",
        "sanction",
    )
    assert judged.decide(fault, sanction="written_warning").carried_out == [Entry.Decided]


@pytest.mark.rule("PN-20")
def test_the_six_bans_are_there(judged: Judged):
    assert [code["name"] for code in codes(judged, "ban.")] == [f"ban.{n}" for n in range(1, 7)]


@pytest.mark.rule("PN-21")
def test_extortion_has_only_serious_sanctions(judged: Judged):
    extortion = judged.record("extortion")
    refused = [
        judged.decide(extortion, sanction=sanction).refusal[:2]
        for sanction in ("criticism", "written_warning", "fine")
    ]

    assert judged.entry(extortion)["grade"] == "serious"
    assert refused == [(422, "sanction_not_allowed")] * 3
    assert judged.decide(extortion, sanction="removal_from_post").status == 200


@pytest.mark.rule("PN-22")
def test_a_cash_fine_that_is_not_handed_in_the_same_day_is_listed(judged: Judged):
    late = judged.record("late", occurred_at="2026-11-23T08:40:00+08:00")
    judged.office.now = judged.office.now.replace(hour=10)
    judged.decide(late, sanction="fine")

    def unexecuted() -> list[str]:
        asked = f"/v1/ledger/entries?unexecuted=true&holder=staff:{judged.s1.id}"
        return [row["entry_id"] for row in judged.finance.get(asked).body["items"]]

    before = unexecuted()
    judged.office.now = judged.office.now.replace(hour=18)
    at_closing = unexecuted()
    paid = judged.finance.post(f"/v1/ledger/entries/{late}/execution", {"mode": "cash"})

    assert (before, at_closing) == ([], [late])
    assert paid.carried_out == [Entry.Executed]
    assert unexecuted() == []
    assert judged.entry(late)["mode"] == "cash"


@pytest.mark.rule("PN-23")
def test_nobody_is_dismissed_without_approval(judged: Judged):
    hr, leader = judged.office.hire("hr"), judged.office.hire("leader_in_charge")
    form = {"staff_id": str(judged.s1.id), "grounds": "一个月内迟到三次"}
    ticket = in_house(judged.colleague, "dismissal", **form)

    too_early = taken(hr, ticket, "dismiss")
    unverified = taken(leader, ticket, "approve", opinion="同意")
    steps = [
        taken(hr, ticket, "verify", findings="属实"),
        taken(leader, ticket, "approve", opinion="同意"),
        taken(hr, ticket, "notify", told_at="2026-11-23T11:00:00+08:00"),
        taken(hr, ticket, "dismiss"),
    ]

    assert too_early.refusal[:2] == (409, "step_not_possible")
    assert unverified.refusal[:2] == (409, "step_not_possible")
    assert [step.status for step in steps] == [200] * 4
    assert hr.get(ticket).body["state"] == "dismissed"


@pytest.mark.rule("PN-23")
def test_a_dismissal_that_was_decided_waits_for_the_approved_form(judged: Judged):
    hr, leader = judged.office.hire("hr"), judged.office.hire("leader_in_charge")
    extortion = judged.record("extortion")
    judged.decide(extortion, sanction="dismissal")
    form = {"staff_id": str(judged.s1.id), "grounds": "吃拿卡要"}
    ticket = in_house(judged.colleague, "dismissal", **form)
    of_another = in_house(judged.colleague, "dismissal", **form | {"staff_id": str(LI_NA)})
    for each in (ticket, of_another):
        taken(hr, each, "verify", findings="属实")
    taken(leader, of_another, "approve", opinion="同意")
    execution, said = f"/v1/ledger/entries/{extortion}/execution", {"mode": "notice"}

    refused = [
        hr.post(execution, said | more).refusal
        for more in ({}, *({"ticket_id": t.rpartition("/")[2]} for t in (ticket, of_another)))
    ]
    taken(leader, ticket, "approve", opinion="同意")
    done = hr.post(execution, said | {"ticket_id": ticket.rpartition("/")[2]})

    assert refused == [(409, "needs_ticket", "ticket_id")] * 3
    assert done.carried_out == [Entry.Executed]


@pytest.mark.rule("PN-24")
@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("refer_to_authority", {"authority": "公安机关"}),
        ("keep_in_house", {"because": "不构成犯罪"}),
    ],
)
def test_a_grave_accident_is_referred_or_it_is_said_why_not(
    judged: Judged, step: str, form: dict[str, str]
):
    about = {"staff_id": str(judged.s1.id), "severity": "serious", "cause": "absence_from_post"}
    ticket = in_house(judged.colleague, "accident-liability", **about)

    too_early = judged.colleague.post(f"{ticket}/closure")
    said = taken(judged.manager, ticket, step, **form)
    closed = judged.colleague.post(f"{ticket}/closure")

    assert too_early.refusal == (409, "guard_refused", None)
    assert too_early.body["rule"] == "PN-24"
    assert said.carried_out == [Ticket.StepTaken]
    assert closed.stored[0] == Ticket.Closed


@pytest.mark.rule("PN-25")
def test_the_cashier_on_duty_is_liable_for_who_enters_the_cash_desk(judged: Judged):
    cashier = judged.office.hire("cashier")

    by_cashier = cashier.post(
        f"/v1/staff/{judged.s1.id}/misconduct",
        {
            "code": "cash_desk_entered",
            "evidence": "录像",
            "jointly": {"duty_cashier": str(cashier.id)},
        },
    )
    entered = judged.send("cash_desk_entered", jointly={"duty_cashier": str(cashier.id)})

    assert by_cashier.refusal == (403, "own_conduct", None)

    assert len(entered.body["entry_ids"]) == 2
    assert [row["table_name"] for row in judged.proposed()] == ["cash_desk_entered"]
    assert [row["table_name"] for row in judged.proposed(cashier)] == ["cash_desk_not_kept"]


@pytest.mark.rule("PN-27")
def test_what_was_not_corrected_in_time_is_sanctioned_only_after_the_committee(judged: Judged):
    warden, office = judged.office.hire("floor_warden"), judged.office.hire("general_office")
    committee = judged.office.hire("safety_committee")
    form = {"staff_id": str(judged.s1.id), "finding": "消防通道堆物"}
    ticket = in_house(warden, "floor-warden", **form)
    taken(warden, ticket, "tell", correct_by="2026-11-24T12:00:00+08:00")
    not_yet = taken(warden, ticket, "report")

    judged.tick("2026-11-25T12:00:00")
    unreviewed = taken(office, ticket, "sanction")
    taken(warden, ticket, "report")
    reported = taken(office, ticket, "sanction")
    taken(committee, ticket, "review", is_established=True)
    sanctioned = taken(office, ticket, "sanction")
    judged.claim()

    for refused in (not_yet, unreviewed, reported):
        assert refused.refusal[:2] == (409, "step_not_possible")
    assert Ticket.Followed in sanctioned.stored
    assert [row["table_name"] for row in judged.proposed()] == ["notice_to_correct_ignored"]


@pytest.mark.rule("PN-28")
def test_private_correspondence_with_a_guest_links_staff_and_client(judged: Judged):
    recorded = judged.send("private_contact_with_client", client_id=str(C1))

    assert recorded.stored == [Staff.MisconductRecorded, Entry.Proposed]
    misconduct: Any = recorded.events[0]
    assert (misconduct.originator_id, misconduct.client_id) == (judged.s1.id, C1)
    assert misconduct.code == "private_contact_with_client"
    assert judged.entry(recorded.body["entry_ids"][0])["client_id"] == str(C1)
    gift = judged.record("private_contact_with_client", facts={"gift": True})
    assert "criticism" not in judged.entry(gift)["sanctions"]


@pytest.mark.rule("PR-03")
def test_who_leaks_a_secret_is_judged_by_a_manager(judged: Judged):
    supervisor = judged.office.hire("cs_supervisor")
    leak = judged.record("leak_secret")

    unjudged = judged.finance.post(f"/v1/ledger/entries/{leak}/execution", {"mode": "notice"})
    by_supervisor = judged.decide(leak, by=supervisor, sanction="removal_from_post")

    assert judged.entry(leak)["grade"] == "serious"
    assert unjudged.refusal == (409, "entry_state", None)
    assert by_supervisor.refusal == (403, "not_for_you", None)
    assert judged.decide(leak, sanction="removal_from_post").carried_out == [Entry.Decided]


@pytest.mark.rule("PR-05")
def test_a_disclosure_of_guests_is_on_file_with_its_code(judged: Judged):
    disclosure = judged.record("disclose_guest", evidence="聊天截图")
    judged.decide(disclosure, sanction="transfer", reason="向外人透露来店客人姓名")

    [on_file] = judged.file()
    assert (on_file["code"], on_file["entry"]["sanction"]) == ("disclose_guest", "transfer")
    assert on_file["entry"]["ground"] == "向外人透露来店客人姓名"


@pytest.mark.rule("FE-05")
def test_a_kept_invoice_is_on_file_with_its_evidence(judged: Judged):
    kept = judged.record("kept_invoice", evidence="发票存根与监控录像")
    judged.decide(kept, sanction="written_warning")

    [on_file] = judged.file()
    assert (on_file["code"], on_file["evidence"]) == ("kept_invoice", "发票存根与监控录像")
    assert on_file["entry"]["state"] == "decided"
