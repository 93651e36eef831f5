"""首问负责制, as every ticket follows it: handing on, following up, misrouting, misconduct."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from domain.pack import Pack
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import LI_NA, M1, M2, WANG_FANG, ZHAO_LEI
from tests.support.http import APPROVER, DRAFTER, INSPECTOR, Answer, Office, Person, opened
from tests.support.matters import repair

S1, S2, PEER = LI_NA, WANG_FANG, ZHAO_LEI
NOVEMBER = "?from=2026-11-01&to=2026-12-01"
REPORTS = "/v1/reports/first-contact"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def step(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{name}", {"form": form})


def handed_over(office: Office) -> str:
    """A ticket that S2 has taken over from S1."""
    ticket = opened(office.person(S1))
    office.person(S1).post(f"{ticket}/transfer", {"to_id": str(S2), "reason": "归口办理"})
    assert office.person(S2).post(f"{ticket}/transfer/acceptance").status == 200
    return ticket


def due(person: Person) -> dict[str, tuple[str, datetime]]:
    """What is on this person's desk: by its name the ticket, and until when."""
    rows = person.get("/v1/desk/obligations").body["items"]
    return {
        row["name"]: (f"/v1/tickets/{row['ticket_id']}", datetime.fromisoformat(row["due_at"]))
        for row in rows
    }


def told(person: Person, ticket: str, what: str) -> list[Any]:
    """What the history of the ticket tells of such events."""
    history = person.get(f"{ticket}/history").body["items"]
    return [entry for entry in history if entry["topic"] == f"ticket.{what}"]


def figures(office: Office, report: str) -> Any:
    answer = office.person(INSPECTOR).get(f"{REPORTS}/{report}{NOVEMBER}")
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.rule("FR-02")
def test_who_is_offered_a_matter_says_within_two_working_hours_whether_they_take_it(
    office: Office,
):
    office.now = at("2026-11-23T16:00:00")
    s1, s2 = office.person(S1), office.person(S2)
    ticket = opened(s1)

    s1.post(f"{ticket}/transfer", {"to_id": str(S2), "reason": "归口办理"})
    owed = due(s2)["accept_transfer"]
    office.now = at("2026-11-24T09:31:00")
    office.tick()

    assert owed == (ticket, at("2026-11-24T09:30:00"))
    assert s1.get(f"{ticket}/obligations/accept_transfer-1").body["status"] == "overdue"
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("FR-02")
def test_a_unit_that_signs_too_late_is_deemed_to_have_it_since_the_dispatch(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    ticket = opened(s1)

    s1.post(f"{ticket}/routing", {"unit": "engineering"})
    office.now = at("2026-11-23T11:01:00")
    office.tick()

    [deemed] = told(s1, ticket, "followed")
    assert deemed["step"] == "unit_deemed_accepted"
    assert deemed["details"]["form"] == {"unit": "engineering"}
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("FR-02")
def test_a_unit_that_signs_in_time_has_nothing_held_against_it(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1, engineer = office.person(S1), office.hire(unit="engineering")
    ticket = opened(s1)
    s1.post(f"{ticket}/routing", {"unit": "engineering"})

    office.now = at("2026-11-23T11:00:00")
    taken = engineer.post(f"{ticket}/taking")
    office.now = at("2026-11-23T12:00:00")
    office.tick()

    assert taken.stored[0] == Ticket.TransferAccepted
    assert told(s1, ticket, "followed") == []


@pytest.mark.rule("FR-03")
def test_the_first_contact_follows_up_what_they_handed_on(office: Office):
    office.now = at("2026-11-23T10:00:00")
    ticket = handed_over(office)
    s1 = office.person(S1)

    owed = due(s1)["first_contact_follow_up"]
    followed_up = step(s1, ticket, "first_contact_follow_up", note="已问过,明日办结")

    assert owed == (ticket, at("2026-11-24T17:00:00"))
    assert followed_up.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert due(s1) == {}


@pytest.mark.rule("FR-03")
def test_nobody_follows_it_up_in_the_place_of_the_first_contact(office: Office):
    ticket = handed_over(office)

    answer = step(office.person(S2), ticket, "first_contact_follow_up", note="已问过")

    assert answer.refusal == (403, "not_for_you", None)
    assert answer.body["rule"] == "FR-03"


@pytest.mark.rule("FR-03")
def test_a_follow_up_says_what_was_found(office: Office):
    ticket = handed_over(office)

    answer = step(office.person(S1), ticket, "first_contact_follow_up")

    assert answer.refusal == (422, "form_incomplete", "form.note")


@pytest.mark.rule("FR-03")
def test_what_has_come_back_to_the_first_contact_needs_no_follow_up(office: Office):
    ticket = handed_over(office)
    s1, s2 = office.person(S1), office.person(S2)
    step(s1, ticket, "first_contact_follow_up", note="已问过")

    s2.post(f"{ticket}/transfer", {"to_id": str(S1), "reason": "仍由首问办理"})
    s1.post(f"{ticket}/transfer/acceptance")

    assert due(s1) == {}


def warehouse_clerk(office: Office) -> Person:
    return office.hire("warehouse", unit="warehouse")


def complained(person: Person) -> str:
    form = {"kind": "service_quality", "content": "送货三日未到", "demand": "今日送到"}
    return opened(person, procedure="complaint", channel="phone", matter="送货不到", form=form)


@pytest.mark.rule("FR-04")
@pytest.mark.parametrize("take_in", [complained, opened])
def test_what_anybody_takes_in_goes_to_customer_service(
    office: Office, take_in: Callable[[Person], str]
):
    clerk = warehouse_clerk(office)

    ticket = take_in(clerk)

    shown = clerk.get(ticket).body
    assert (shown["queue"], shown["queue_role"]) == ("customer-service", "cs_officer")
    assert shown["owner_id"] == shown["first_contact_id"] == str(clerk.id)
    assert office.person(S1).post(f"{ticket}/taking").stored[0] == Ticket.TransferAccepted


@pytest.mark.rule("FR-04")
def test_what_customer_service_takes_in_stays_there(office: Office):
    ticket = opened(office.person(S1), channel="phone")

    assert office.person(S1).get(ticket).body["queue"] is None


@pytest.mark.rule("FR-04")
def test_a_client_who_has_to_call_again_is_counted(office: Office):
    clerk = warehouse_clerk(office)
    ticket = complained(clerk)
    opened(clerk, channel="phone", matter="另一件事")

    again = step(office.person(S1), ticket, "repeat_contact", note="又来电催问")

    assert again.stored[0] == Ticket.StepTaken
    assert again.events[0].form["n"] == 1  # type: ignore[attr-defined]
    [group] = figures(office, "first_contact_responsibility")["groups"]
    assert group["by"] == {"this.first_contact_id": str(clerk.id)}
    measures = {name: figure["value"] for name, figure in group["measures"].items()}
    assert measures["matters"] == 2
    assert (measures["repeat_contacts"], measures["repeat_contact_rate"]) == ("1", "50")


@pytest.mark.rule("FR-07")
@pytest.mark.parametrize(
    ("severity", "sanction", "field"),
    [
        ("minor", "removal_from_post", "form.sanction"),
        ("minor", "criticism", None),
        ("serious", "removal_from_post", None),
        ("serious", "disciplinary", None),
    ],
)
def test_only_in_a_serious_case_is_the_post_taken_away(
    office: Office, severity: str, sanction: str, field: str | None
):
    head = office.hire("department_head")
    case = misconduct(office, severity)

    answer = step(head, case, "apply_sanction", sanction=sanction, reason="推诿客户,经查属实")

    if field is not None:
        assert answer.refusal == (422, "form_refused", field)
        assert answer.body["rule"] == "FR-07"
        return
    assert answer.stored == [Ticket.StepTaken, Ticket.Closed]
    form = answer.events[0].form  # type: ignore[attr-defined]
    assert (form["decided_by"], form["sanction"]) == (str(head.id), sanction)
    assert form["reason"].text == "推诿客户,经查属实"


@pytest.mark.rule("FR-07")
def test_a_sanction_says_why_and_is_the_departments_to_decide(office: Office):
    head = office.hire("department_head")
    case = misconduct(office, "serious")

    unexplained = step(head, case, "apply_sanction", sanction="education")
    by_a_peer = step(
        office.person(PEER), case, "apply_sanction", sanction="education", reason="推诿"
    )

    assert unexplained.refusal == (422, "form_incomplete", "form.reason")
    assert by_a_peer.refusal == (403, "not_for_you", None)
    assert by_a_peer.body["rule"] == "FR-07"


def misconduct(office: Office, severity: str) -> str:
    """That Wang Fang shirked, put on record by their superior."""
    form = {"staff_id": str(S2), "kind": "shirking", "severity": severity}
    case = {"channel": "internal", "matter": "推诿客户", "procedure": "staff-case", "form": form}
    answer = office.person(M1).post("/v1/tickets", case)
    assert answer.stored == [Ticket.Opened]
    return answer.headers["Location"]


@pytest.mark.rule("FR-08")
def test_the_superior_owes_the_instruction_and_no_peer_does(office: Office):
    office.now = at("2026-11-23T10:00:00")
    s1, m1 = office.person(S1), office.person(M1)
    ticket = opened(s1)

    s1.post(f"{ticket}/escalation", {"question": "可以减免吗"})
    owed = {who: due(office.person(who)) for who in (M1, PEER, M2)}
    by_a_peer = office.person(PEER).post(f"{ticket}/instruction", {"text": "照办"})
    m1.post(f"{ticket}/instruction", {"text": "按规定办"})

    instruct = {"superior_instruction": (ticket, at("2026-11-24T17:00:00"))}
    assert owed == {M1: instruct, PEER: {}, M2: {}}
    assert by_a_peer.refusal == (409, "not_asked", None)
    assert due(m1) == {}


@pytest.mark.rule("FR-09")
def test_a_misrouted_call_leaves_the_first_receiver_responsible_and_is_counted(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1, channel="phone")

    step(s1, ticket, "call_transferred", extension="8012")
    marked = step(office.person(S2), ticket, "call_misrouted", extension="8012")

    assert marked.carried_out == [Ticket.StepTaken]
    shown = s1.get(ticket).body
    assert shown["owner_id"] == shown["first_contact_id"] == str(S1)
    report = figures(office, "misrouted_calls")
    assert report["measures"]["calls"] == {
        "value": 1,
        "tickets": [ticket.rpartition("/")[2]],
    }
    assert [group["by"] for group in report["groups"]] == [{"form.extension": "8012"}]


@pytest.mark.rule("FR-09")
def test_no_call_was_misrouted_that_was_not_transferred(office: Office):
    ticket = opened(office.person(S1), channel="phone")

    answer = step(office.person(S2), ticket, "call_misrouted", extension="8012")

    assert answer.refusal == (409, "step_not_possible", None)


@pytest.mark.rule("FR-10")
def test_eight_of_ten_inquiries_answered_at_once_are_eighty_percent(office: Office):
    s1 = office.person(S1)
    tickets = [opened(s1) for _ in range(10)]
    for ticket in tickets[:2]:
        s1.post(f"{ticket}/slip")
        step(s1, ticket, "clarify")
    for ticket in tickets:
        assert s1.post(f"{ticket}/answer", {"text": "周一至周五"}).status == 200

    measures = figures(office, "first_contact_resolution")["measures"]

    assert measures["inquiries"]["value"] == 10
    resolved = measures["first_contact_resolution"]
    assert (resolved["value"], resolved["numerator"], resolved["denominator"]) == ("80", 8, 10)


@pytest.mark.rule("FR-10")
def test_complaints_of_attitude_are_counted_by_the_four_difficulties(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    step(s1, ticket, "attitude_complained", code="face", staff_id=str(S2))

    unknown = step(s1, ticket, "attitude_complained", code="weather")
    groups = figures(office, "attitude_complaints")["groups"]

    assert unknown.refusal == (422, "invalid", "form.code")
    counted = [(g["by"]["form.code"], g["measures"]["complaints"]["value"]) for g in groups]
    assert counted == [("door", 0), ("face", 1), ("words", 0), ("affairs", 0)]


OFF = {"unit": "store-1", "reason": "本店不设此岗"}
NEVER_MORE = {"effective_from": "2026-12-01T00:00:00+08:00", "reason": "不再实行"}


@pytest.mark.rule("FR-11")
@pytest.mark.parametrize("name", ["first-contact", "one-time-notice"])
@pytest.mark.parametrize(
    ("what", "body", "field"),
    [("switching-off", OFF, "unit"), ("abolition", NEVER_MORE, "effective_from")],
)
def test_no_service_point_does_without_the_basic_systems(
    office: Office, name: str, what: str, body: Any, field: str
):
    answer = office.person(APPROVER).post(f"/v1/packs/{name}/{what}", body)

    assert answer.refusal == (422, "mandatory_pack", field)
    assert answer.body["rule"] == "FR-11"
    assert answer.body["detail"] == f"{name} is a mandatory pack"


@pytest.mark.rule("FR-11")
def test_no_later_version_narrows_them(office: Office):
    drafter = office.person(DRAFTER)
    content = drafter.get("/v1/packs/first-contact/1").body
    narrow = {
        "pack": "first-contact",
        "version": 2,
        "title": content["title"],
        "holds_for": {"units": ["main"]},
    }

    dropped = drafter.post("/v1/packs/first-contact/versions", {"content": narrow})
    narrowed = drafter.post(
        "/v1/packs/first-contact/versions", {"content": narrow | {"mandatory": True}}
    )

    assert dropped.refusal == (422, "mandatory_pack", "content.mandatory")
    assert narrowed.refusal == (422, "pack_invalid", "content")


@pytest.mark.rule("FR-11")
def test_an_overlay_that_is_not_mandatory_can_be_done_without(office: Office):
    in_force(office, {"pack": "courtesy", "version": 1, "title": "礼仪"})

    answer = office.person(APPROVER).post("/v1/packs/courtesy/switching-off", OFF)

    assert answer.carried_out == [Pack.SwitchedOff]


def repair_of(office: Office, who: Person) -> str:
    dispatch = {
        "title": "派工",
        "from": ["registered"],
        "to": "visited",
        "by": ["after_sales"],
    }
    reception = {"channels": ["phone", "walk_in"]}
    pack = repair({"dispatch": dispatch}, reception) | {"pack": "counter-repair"}
    in_force(office, pack)
    return opened(who, procedure="counter-repair", matter="故障报修")


@pytest.mark.rule("FR-12")
def test_who_takes_a_fault_in_and_may_dispatch_it_hands_nothing_over(office: Office):
    s1 = office.hire("front_desk", "after_sales")
    ticket = repair_of(office, s1)

    answer = step(s1, ticket, "dispatch")

    assert answer.carried_out == [Ticket.StepTaken]
    topics = [entry["topic"] for entry in s1.get(f"{ticket}/history").body["items"]]
    assert topics == ["ticket.opened", "ticket.step-taken"]
    assert s1.get(ticket).body["owner_id"] == str(s1.id)


@pytest.mark.rule("FR-12")
def test_who_may_not_dispatch_has_to_hand_it_over(office: Office):
    receptionist = office.hire("front_desk")
    ticket = repair_of(office, receptionist)

    answer = step(receptionist, ticket, "dispatch")

    assert answer.refusal == (403, "not_for_you", None)
