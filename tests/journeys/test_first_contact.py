"""首问负责制, from the first question at a counter to the last word of who was asked first."""

from __future__ import annotations

from datetime import datetime

from domain.ticket import Ticket
from tests.rules.conftest import full_tokens, office
from tests.support.facts import LI_NA, M1, WANG_FANG
from tests.support.http import INSPECTOR, Office, opened

__all__ = ["full_tokens", "office"]

WEEK = "?from=2026-11-23&to=2026-11-30"


def at(day: int, time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{time}:00+08:00")


def test_whoever_is_asked_first_answers_for_it_to_the_end(office: Office):
    clerk = office.hire("warehouse", unit="warehouse", superior=office.person(M1))
    li_na, wang_fang = office.person(LI_NA), office.person(WANG_FANG)

    office.now = at(23, "09:00")
    ticket = opened(clerk, channel="phone", matter="何时恢复供水?")
    assert clerk.get(ticket).body["queue"] == "customer-service"
    assert clerk.post(f"{ticket}/slip").body["number"] == "2026-0001"

    office.now = at(23, "09:30")
    assert li_na.post(f"{ticket}/taking").stored[0] == Ticket.TransferAccepted
    refused = li_na.post(f"{ticket}/rejection", {"ground": "not_my_duty", "reason": "归工程部"})
    assert (refused.status, refused.stored) == (422, [Ticket.ViolationFlagged])

    office.now = at(23, "10:00")
    li_na.post(f"{ticket}/escalation", {"question": "抢修进度可以告知客户吗"})
    office.person(M1).post(f"{ticket}/instruction", {"text": "可以,并说明恢复时间"})

    assert li_na.post(f"{ticket}/steps/clarify").status == 200
    too_early = li_na.post(f"{ticket}/closure")
    assert too_early.refusal[:2] == (409, "step_not_possible")

    office.now = at(23, "15:00")
    again = wang_fang.post(f"{ticket}/steps/repeat_contact", {"form": {"note": "客户又来电"}})
    assert again.event.form["n"] == 1

    office.now = at(24, "09:00")
    [due] = clerk.get("/v1/desk/obligations").body["items"]
    assert due["name"] == "first_contact_follow_up"
    assert datetime.fromisoformat(due["due_at"]) == at(24, "17:00")
    office.now = at(24, "10:00")
    note = {"form": {"note": "已与李某核实,今日下午答复"}}
    clerk.post(f"{ticket}/steps/first_contact_follow_up", note)
    assert clerk.get("/v1/desk/obligations").body["items"] == []

    office.now = at(24, "14:00")
    li_na.post(f"{ticket}/answer", {"text": "今日18:00恢复供水"})
    assert Ticket.Closed in li_na.post(f"{ticket}/closure").stored

    shown = clerk.get(ticket).body
    assert (shown["first_contact_id"], shown["owner_id"]) == (str(clerk.id), str(LI_NA))
    breaches = [
        entry
        for entry in clerk.get(f"{ticket}/history").body["items"]
        if entry["topic"] == "ticket.time-breached"
    ]
    assert breaches == []

    read = office.person(INSPECTOR).get
    [of_clerk] = read(f"/v1/reports/first-contact/first_contact_responsibility{WEEK}").body[
        "groups"
    ]
    assert of_clerk["measures"]["repeat_contacts"]["value"] == "1"
    resolution = read(f"/v1/reports/first-contact/first_contact_resolution{WEEK}").body
    assert resolution["measures"]["first_contact_resolution"]["value"] == "0"
