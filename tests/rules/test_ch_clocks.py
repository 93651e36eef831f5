"""投诉时限: when the client is contacted, answered, told of progress, and who hears of delay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interface.given import in_force
from tests.support.complaints import (
    at,
    attached,
    breaches,
    complained,
    confirmed,
    done,
    due,
    owed,
    promised,
    state,
    step,
    write_up,
)
from tests.support.facts import shipped_pack
from tests.support.http import Office, Person


@pytest.fixture
def s1(office: Office) -> Person:
    return office.hire("after_sales")


@pytest.mark.rule("CH-05")
def test_each_day_on_which_a_severe_complaint_has_no_progress_is_a_breach(
    office: Office, s1: Person
):
    ticket = confirmed(s1)
    done(s1, ticket, "classify", severity="severe", cause="other")

    days = []
    for now in ("2026-11-24T12:00:00", "2026-11-24T12:00:01", "2026-11-25T12:00:02"):
        office.now = at(now)
        days.append([key for key in breaches(office) if key.startswith("track_progress")])
    done(s1, ticket, "record_progress")
    office.now = at("2026-11-26T12:00:00")

    assert days == [[], ["track_progress-1"], ["track_progress-2"]]
    assert not any(key.startswith("track_progress") for key in breaches(office))
    assert due(s1, ticket, "track_progress-4") == at("2026-11-26T12:00:02")


@pytest.mark.rule("CH-05")
def test_a_minor_complaint_is_not_tracked_day_by_day(s1: Person):
    ticket = confirmed(s1)
    done(s1, ticket, "classify", severity="minor", cause="other")

    assert "track_progress-1" not in promised(s1, ticket)


@pytest.mark.rule("CH-06")
def test_a_major_complaint_that_is_not_reported_at_once_is_told_to_the_department_head(
    office: Office,
):
    head = office.hire("department_head")
    s1 = office.hire("after_sales", superior=head)
    ticket, reported = confirmed(s1), confirmed(s1)
    office.now = at("2026-11-24T10:00:00")
    for major in (ticket, reported):
        done(s1, major, "classify", severity="major", cause="other")
    done(s1, reported, "report_major", to="department_head")

    office.now = at("2026-11-24T10:30:00")
    on_time = breaches(office)
    office.now = at("2026-11-24T10:30:01")
    late = breaches(office)
    office.tick()

    assert "major_report-1" not in on_time
    assert late.count("major_report-1") == 1
    [told] = head.get("/v1/desk/supervision").body["items"]
    assert (told["name"], told["told_id"]) == ("major_report", str(head.id))
    assert told["ticket_id"] == ticket.rpartition("/")[2]


@pytest.mark.rule("CH-06")
def test_a_department_head_sees_it_whoever_is_the_superior(office: Office):
    superior, head = office.hire("cs_supervisor"), office.hire("department_head", unit="main")
    s1 = office.hire("after_sales", superior=superior)
    ticket, reported = confirmed(s1), confirmed(s1)
    office.now = at("2026-11-24T10:00:00")
    for major in (ticket, reported):
        done(s1, major, "classify", severity="major", cause="other")
    done(s1, reported, "report_major")
    before = on_the_desk(head)

    office.now = at("2026-11-24T10:30:01")
    office.tick()
    told = on_the_desk(head)
    done(s1, ticket, "report_major")

    assert before == on_the_desk(head) == on_the_desk(superior) == []
    assert told == [("major_report_overdue", ticket.rpartition("/")[2])]


def on_the_desk(person: Person) -> list[tuple[str, str]]:
    rows = person.get("/v1/desk/obligations").body["items"]
    return [(row["name"], row["ticket_id"]) for row in rows]


def at_half_past_four(office: Office, s1: Person, **form: Any) -> str:
    office.now = at("2026-11-23T16:30:00")
    return complained(s1, "service_liability", **form)


@pytest.mark.rule("CH-07")
def test_the_user_is_contacted_in_two_hours_and_answered_in_four_working_days(
    office: Office, s1: Person
):
    ticket = at_half_past_four(office, s1)

    assert due(s1, ticket, "contact_user-1") == at("2026-11-23T18:30:00")
    assert due(s1, ticket, "opinion_and_reply-1") == at("2026-11-28T00:00:00")
    assert "2026-11-27" in owed(s1, ticket, "opinion_and_reply-1")["why"]

    done(s1, ticket, "contact_client")
    done(s1, ticket, "propose_opinion", rule_ref="服务规范第3条")
    assert owed(s1, ticket, "contact_user-1")["status"] == "met"
    assert owed(s1, ticket, "opinion_and_reply-1")["status"] == "open"
    done(s1, ticket, "reply_user")
    assert owed(s1, ticket, "opinion_and_reply-1")["status"] == "met"


@pytest.mark.rule("CH-07")
def test_what_a_third_party_has_to_find_out_has_no_due_date_until_it_has(
    office: Office, s1: Person
):
    ticket = at_half_past_four(office, s1, third_party_determination=True)
    before = promised(s1, ticket)
    office.now = at("2026-12-02T09:00:00")
    done(s1, ticket, "receive_determination")

    assert "contact_user-1" in before
    assert "opinion_and_reply-1" not in before
    assert due(s1, ticket, "opinion_and_reply-1") == at("2026-12-09T00:00:00")


@pytest.mark.rule("CH-08")
def test_a_shorter_first_time_holds_for_complaints_opened_from_then_on(office: Office, s1: Person):
    shorter = shipped_pack("complaint") | {"version": 2}
    shorter["obligations"]["first_contact"]["limit"] = {"kind": "clock", "hours": 1}
    in_force(office, shorter, effective_from="2026-12-01T00:00:00+08:00")

    office.now = at("2026-11-30T16:00:00")
    old = complained(s1, "service_quality")
    office.now = at("2026-12-01T10:00:00")
    new = complained(s1, "service_quality")

    assert due(s1, old, "first_contact-1") == at("2026-11-30T18:00:00")
    assert due(s1, new, "first_contact-1") == at("2026-12-01T11:00:00")


@pytest.mark.rule("CH-08")
def test_once_confirmed_the_client_is_answered_at_first_time(office: Office, s1: Person):
    office.now = at("2026-11-27T10:00:00")
    ticket = confirmed(s1)

    assert due(s1, ticket, "first_reply-1") == at("2026-11-30T17:00:00")
    done(s1, ticket, "reply_user")
    assert owed(s1, ticket, "first_reply-1")["status"] == "met"


@pytest.mark.rule("CH-09")
def test_what_is_not_verified_on_the_same_day_is_a_breach(office: Office):
    office.now = at("2026-11-23T11:00:00")
    officer = office.hire("property_officer")
    ticket, verified = complained(officer, "property"), complained(officer, "property")
    done(officer, verified, "verify_investigation", "report_result")

    office.now = at("2026-11-24T00:00:00")
    on_the_dot = breaches(office)
    office.now = at("2026-11-24T00:00:01")

    assert "same_day_investigation-1" not in on_the_dot
    assert breaches(office) == ["same_day_investigation-1"]
    assert owed(officer, ticket, "same_day_investigation-1")["status"] == "overdue"


@pytest.mark.rule("CH-09")
@pytest.mark.parametrize(
    ("handling", "form"),
    [
        ("report_result", {}),
        ("reply_user", {}),
        ("propose_opinion", {}),
        ("defer_resolution", {}),
        ("apologise", {"kind": "courtesy"}),
        ("decide_company_report", {"report": True, "grounds": "涉及多户"}),
    ],
)
def test_what_the_director_is_asked_rests_until_a_director_decides(
    office: Office, handling: str, form: dict[str, Any]
):
    officer, director = office.hire("property_officer"), office.hire("director")
    ticket = complained(officer, "property")
    done(officer, ticket, "verify_investigation", "escalate_to_director")

    too_early = step(officer, ticket, handling, **form)
    by_another = step(office.hire("cs_supervisor"), ticket, "director_decide")
    done(director, ticket, "director_decide")
    done(officer, ticket, handling, **form)

    assert too_early.refusal == (409, "obligation_open", None)
    assert by_another.refusal == (403, "not_for_you", None)
    assert too_early.body["rule"] == by_another.body["rule"] == "CH-09"


@pytest.mark.rule("CH-09")
def test_what_the_director_is_asked_is_not_closed_before_a_director_decides(office: Office):
    officer = office.hire("property_officer")
    ticket = complained(officer, "property")
    done(officer, ticket, "verify_investigation", "report_result", "resolve", "inform_client")
    write_up(officer, ticket)
    done(officer, ticket, "escalate_to_director")

    too_early = officer.post(f"{ticket}/closure")
    done(office.hire("director"), ticket, "director_decide")
    officer.post(f"{ticket}/closure")

    assert too_early.refusal == (409, "obligation_open", None)
    assert too_early.body["rule"] == "CH-09"
    assert state(officer, ticket) == "closed"


@pytest.mark.rule("CH-09")
def test_the_result_is_reported_to_the_department_and_to_the_director(office: Office):
    officer = office.hire("property_officer")
    ticket = complained(officer, "property")
    done(officer, ticket, "verify_investigation")

    answer = step(officer, ticket, "report_result", to=["responsible_department"])

    assert answer.refusal == (422, "form_refused", "form.to")


@pytest.mark.rule("CH-10")
def test_packaging_goes_to_the_logistics_supervisor_until_the_second_working_day(office: Office):
    office.now = at("2026-11-27T10:00:00")
    logistics = office.hire("logistics_supervisor", unit="logistics")
    ticket = complained(office.hire("cs_officer"), "packaging_appearance")

    taken = logistics.post(f"{ticket}/taking")

    assert taken.status == 200
    promise = owed(logistics, ticket, "packaging_opinion-1")
    assert promise["responsible_id"] == str(logistics.id)
    assert due(logistics, ticket, "packaging_opinion-1") == at("2026-12-02T00:00:00")
    assert "2026-12-01" in promise["why"]


@pytest.mark.rule("CH-10")
def test_the_opinion_on_packaging_comes_with_both_forms(office: Office):
    logistics = office.hire("logistics_supervisor", unit="logistics")
    ticket = complained(office.hire("cs_officer"), "packaging_appearance")
    record, memo = (attached(logistics, ticket, name) for name in ("记录表单", "备忘单"))

    with_one = step(logistics, ticket, "complete_opinion", tracking_record=record)
    one_twice = step(
        logistics, ticket, "complete_opinion", tracking_record=record, quality_memo=record
    )
    done(logistics, ticket, "complete_opinion", tracking_record=record, quality_memo=memo)
    status = owed(logistics, ticket, "packaging_opinion-1")["status"]
    done(logistics, ticket, "feed_back_to_cs")

    assert with_one.refusal == (422, "form_incomplete", "form.quality_memo")
    assert one_twice.refusal == (422, "form_refused", "form.quality_memo")
    assert status == "open"
    assert owed(logistics, ticket, "packaging_opinion-1")["status"] == "met"
