"""A policy as it is lived with: asked about, complained of, revised, and brought into force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.facts import LI_NA
from tests.support.http import APPROVER, DRAFTER, Answer, Office, Person, opened
from tests.support.matters import repair


def at(office: Office, text: str) -> None:
    office.now = datetime.fromisoformat(f"{text}+08:00")


def ask(person: Person, kind: str, text: str) -> str:
    words = {"channel": "internal", "matter": "报修时限", "procedure": "policy-care"}
    form = {"kind": kind, "rule": "SC-01", "text": text}
    answer = person.post("/v1/tickets", words | {"form": form})
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def take(person: Person, ticket: str, step: str, /, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{step}", {"form": form})


def visiting(version: int, hours: int) -> dict[str, Any]:
    come = {
        "title": "上门",
        "rule": "SC-01",
        "opens": ["opened"],
        "met_by": {"any": ["visit"]},
        "limit": {"kind": "clock", "hours": hours},
    }
    return repair(version=version, obligations={"come": come}, principles=["efficient"])


def test_a_deadline_is_asked_about_complained_of_and_revised(office: Office):
    s1, approver = office.person(LI_NA), office.person(APPROVER)
    drafter = office.hire("policy_drafter", "staff", unit="office")
    in_force(office, visiting(version=1, hours=4))

    at(office, "2026-11-24T09:00:00")
    question = ask(s1, "question", "四小时从何时起算")
    meaning = {"interpretation": "自登记之时起算"}
    assert take(s1, question, "interpretation_issued", **meaning).status == 403
    assert take(drafter, question, "interpretation_issued", **meaning).status == 200
    assert s1.post(f"{question}/closure").carried_out == [Ticket.Closed]

    feedback = ask(s1, "feedback", "郊区四小时到不了")
    take(drafter, feedback, "weigh_feedback", taken_up=True)

    at(office, "2027-01-01T08:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    [mine] = office.person(DRAFTER).get("/v1/desk/mine").body["items"]
    revision = f"/v1/tickets/{mine['ticket_id']}"
    assert mine["matter"] == "年度制度修订 2027"
    last_year = "from=2026-01-01&to=2027-01-01"
    agenda = drafter.get(f"/v1/reports/policy-care/revision_agenda?{last_year}").body
    assert [row["form.rule"] for row in agenda["list"]] == ["SC-01"]
    take(drafter, revision, "draw_up_agenda", rules=["SC-01"])

    old = opened(s1, procedure="repair", channel="phone")
    newer = {"content": visiting(version=2, hours=8)}
    publication = {"version": 2, "effective_from": "2027-01-02T00:00:00+08:00"}
    pack = "/v1/packs/repair"
    drafter.post(f"{pack}/versions", newer)
    assert approver.post(f"{pack}/publication", publication).status == 409
    assert drafter.post(f"{pack}/approval", {"version": 2}).status == 403
    approver.post(f"{pack}/approval", {"version": 2})
    assert approver.post(f"{pack}/publication", publication).body["warnings"] == []
    take(drafter, revision, "conclude", conclusion="郊区改为八小时")
    assert drafter.post(f"{revision}/closure").carried_out == [Ticket.Closed]

    at(office, "2027-01-02T09:00:00")
    new = opened(s1, procedure="repair", channel="phone")
    assert [s1.get(ticket).body["pack_version"] for ticket in (old, new)] == [1, 2]
    changes = s1.get(f"{pack}/diff").body["items"]
    assert ("obligations.come.limit.hours", 4, 8) in [tuple(c.values()) for c in changes]
    moved = s1.post(f"{old}/pack-version", {"reason": "按新制度办理"})
    assert (moved.event.kept, moved.event.dropped) == (["come-1"], [])
