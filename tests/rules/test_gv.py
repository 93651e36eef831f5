"""制度: who drafts does not approve, who drafted interprets, and a case keeps its version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.pack import Pack
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import INSTALLATION_PACK, LI_NA, ZHAO_LEI
from tests.support.http import ADMIN, APPROVER, DRAFTER, Answer, Office, Person, opened
from tests.support.matters import repair

S1 = LI_NA
PACK = "/v1/packs/installation"
PUBLICATION = {"version": 1, "effective_from": "2026-12-01T00:00:00+08:00"}
TODAY = "2026-11-23T00:00:00+08:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def draft(person: Person, **otherwise: Any) -> Answer:
    content = {**INSTALLATION_PACK, **otherwise}
    answer = person.post(f"{PACK}/versions", {"content": content})
    assert answer.stored == [Pack.Named, Pack.Drafted]
    return answer


@pytest.mark.rule("GV-01")
def test_what_was_not_approved_is_not_published(office: Office):
    draft(office.person(DRAFTER))

    answer = office.person(APPROVER).post(f"{PACK}/publication", PUBLICATION)

    assert answer.refusal == (409, "pack_not_approved", None)
    assert answer.body["rule"] == "GV-01"


@pytest.mark.rule("GV-01")
def test_who_drafted_does_not_approve(office: Office):
    both = {"post": "办公室", "roles": ["policy_drafter", "policy_approver"]}
    office.person(ADMIN).post(f"/v1/staff/{ZHAO_LEI}/post", both)
    drafter = office.person(ZHAO_LEI)
    draft(drafter)

    answer = drafter.post(f"{PACK}/approval", {"version": 1})

    assert answer.refusal == (409, "same_person_approves", None)
    assert answer.body["rule"] == "GV-01"


@pytest.mark.rule("GV-01")
def test_what_another_approved_is_published(office: Office):
    draft(office.person(DRAFTER))
    approver = office.person(APPROVER)

    approval = approver.post(f"{PACK}/approval", {"version": 1})
    publication = approver.post(f"{PACK}/publication", PUBLICATION)

    assert approval.stored == [Pack.Approved]
    assert publication.stored == [Pack.Published]


def the_office(office: Office) -> Person:
    """Of the office that drafts the policies."""
    return office.hire("policy_drafter", "staff", unit="office")


def care(person: Person, kind: str, rule: str, text: str) -> Answer:
    words = {"channel": "internal", "matter": "制度", "procedure": "policy-care"}
    return person.post("/v1/tickets", words | {"form": {"kind": kind, "rule": rule, "text": text}})


def take(person: Person, ticket: str, step: str, /, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{step}", {"form": form})


@pytest.mark.rule("GV-02")
def test_only_the_office_that_drafted_a_rule_interprets_it(office: Office):
    s1 = office.person(S1)
    ticket = care(s1, "question", "CH-07", "节假日算不算在内").headers["Location"]
    meaning = {"interpretation": "两小时按钟点计，节假日在内"}

    refused = take(s1, ticket, "interpretation_issued", **meaning)
    issued = take(the_office(office), ticket, "interpretation_issued", **meaning)

    assert refused.refusal == (403, "not_for_you", None)
    assert refused.body["rule"] == "GV-02"
    assert issued.carried_out == [Ticket.StepTaken, Ticket.TimeKept]
    assert (issued.events[0].step, issued.events[0].role) == (
        "interpretation_issued",
        "policy_drafter",
    )
    assert s1.get(ticket).body["state"] == "interpreted"


@pytest.mark.rule("GV-03")
def test_feedback_on_a_rule_is_on_the_agenda_of_the_yearly_revision(office: Office):
    office.now = at("2026-11-24T10:00:00")
    feedback = care(office.person(S1), "feedback", "PH-01", "铃响三声的规定不合外线情况")
    drafter = the_office(office)

    office.now = at("2027-01-01T00:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    [revision] = revisions(drafter)
    agenda = drafter.get("/v1/reports/policy-care/revision_agenda?from=2026-01-01&to=2027-01-01")
    left_out = take(drafter, revision, "draw_up_agenda", rules=[])
    drawn_up = take(drafter, revision, "draw_up_agenda", rules=["PH-01"])

    recorded = feedback.events[1]
    assert isinstance(recorded, Ticket.Followed)
    assert (recorded.step, recorded.form) == ("policy_feedback_recorded", {"rule": "PH-01"})
    assert [row["form.rule"] for row in agenda.body["list"]] == ["PH-01"]
    assert left_out.refusal == (422, "guard_invalid", "rules")
    assert left_out.body["rule"] == "GV-03"
    assert drawn_up.events[0].form == {"rules": ["PH-01"], "feedback": 1}


def revisions(person: Person) -> list[str]:
    rows = person.get("/v1/tickets?procedure=policy-care").body["items"]
    return [f"/v1/tickets/{row['ticket_id']}" for row in rows if "修订" in row["matter"]]


PROMISE = {"opens": ["opened"], "limit": {"kind": "clock", "hours": 24}}
COME = {"title": "上门", "met_by": {"any": ["visit"]}, **PROMISE}
GREET = {"title": "问候", "met_by": {"any": ["noted"]}, **PROMISE}
SLOWER = {**COME, "limit": {"kind": "clock", "hours": 72}}


@pytest.fixture
def moving(office: Office) -> str:
    """A ticket opened on 30 November; since 1 December version 2 is in force."""
    in_force(office, repair(obligations={"come": COME, "greet": GREET}))
    office.now = at("2026-11-30T16:00:00")
    ticket = opened(office.person(S1), procedure="repair", channel="phone")
    newer = repair(version=2, title="报修与上门", obligations={"come": SLOWER})
    in_force(office, newer, "2026-12-01T00:00:00+08:00")
    office.now = at("2026-12-01T10:00:00")
    return ticket


def due(person: Person, ticket: str, key: str) -> datetime:
    return datetime.fromisoformat(person.get(f"{ticket}/obligations/{key}").body["due_at"])


@pytest.mark.rule("GV-06")
def test_a_case_keeps_the_version_that_it_was_opened_under(office: Office, moving: str):
    s1 = office.person(S1)

    later = opened(s1, procedure="repair", channel="phone")

    assert [s1.get(ticket).body["pack_version"] for ticket in (moving, later)] == [1, 2]
    assert due(s1, moving, "come-1") == at("2026-12-01T16:00:00")
    assert due(s1, later, "come-1") == at("2026-12-04T10:00:00")


@pytest.mark.rule("GV-06")
def test_a_case_is_moved_to_a_newer_version_only_on_record_with_what_becomes_of_its_clocks(
    office: Office, moving: str
):
    s1 = office.person(S1)

    silent = s1.post(f"{moving}/pack-version")
    moved = s1.post(f"{moving}/pack-version", {"reason": "按新制度办理"})
    again = s1.post(f"{moving}/pack-version", {"reason": "按新制度办理"})

    assert silent.refusal == (422, "invalid", "reason")
    assert moved.carried_out == [Ticket.MovedToVersion, Ticket.ClockStopped]
    assert moved.events[0].pack_version == 2
    assert (moved.events[0].kept, moved.events[0].dropped) == (["come-1"], ["greet-1"])
    assert moved.events[0].reason.text == "按新制度办理"
    assert again.refusal == (409, "already_newest", None)
    assert s1.get(moving).body["pack_version"] == 2
    assert due(s1, moving, "come-1") == at("2026-12-01T16:00:00")


@pytest.mark.rule("GV-06")
def test_what_a_newer_version_changes_can_be_read_before_a_case_is_moved(
    office: Office, moving: str
):
    changes = office.person(S1).get("/v1/packs/repair/diff?from=1&to=2").body["items"]

    assert {change["path"]: (change["before"], change["after"]) for change in changes} == {
        "version": (1, 2),
        "title": ("报修", "报修与上门"),
        "obligations.come.limit.hours": (24, 72),
        "obligations.greet": (GREET, None),
    }


@pytest.mark.rule("GV-06")
def test_a_rule_may_differ_by_unit(office: Office):
    store = {"pack": "store-rule", "version": 1, "title": "门店", "principles": ["standard"]}
    activity = {"title": "量尺寸"}
    holds = {"holds_for": {"units": ["store-1"]}, "activities": {"measured": activity}}
    in_force(office, store | holds, TODAY)
    s1 = office.person(S1)

    there, elsewhere = (
        take(s1, opened(s1, unit=unit), "measured") for unit in ("store-1", "store-2")
    )

    assert there.carried_out == [Ticket.StepTaken]
    assert elsewhere.refusal == (422, "invalid", "step")


@pytest.mark.rule("GV-07")
@pytest.mark.parametrize(
    ("principles", "warnings"),
    [
        ({}, ["principles: none is named (GV-07)"]),
        ({"principles": ["lawful", "convenient"]}, []),
        (
            {"principles": ["profitable"]},
            [
                "principles: profitable is none of convenient, efficient, good_faith, honest,"
                " lawful, open, standard"
            ],
        ),
    ],
)
def test_a_policy_that_names_no_principle_is_published_with_a_warning(
    office: Office, principles: Any, warnings: list[str]
):
    draft(office.person(DRAFTER), **principles)
    approver = office.person(APPROVER)
    approver.post(f"{PACK}/approval", {"version": 1})

    answer = approver.post(f"{PACK}/publication", PUBLICATION)

    assert answer.stored == [Pack.Published]
    assert answer.body["warnings"] == warnings
