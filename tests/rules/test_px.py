"""为民办事全程代理: one register, one person responsible, one answer."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import C1, LI_NA, M1, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, INSPECTOR, Answer, Office, Person, id_in, opened

S1, S2, S3 = LI_NA, WANG_FANG, ZHAO_LEI
TO_S2 = {"to_id": str(S2), "reason": "归口办理"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def applied(person: Person, item: str = "cable_tv", **otherwise: Any) -> str:
    """An application for something that the proxies do."""
    form = {"form": {"item": item}}
    return opened(person, **{"procedure": "proxy", "matter": "请代为办理", **form, **otherwise})


def step(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{name}", {"form": form})


def completed(person: Person, **otherwise: Any) -> str:
    ticket = applied(person, **otherwise)
    assert person.post(f"{ticket}/slip").status == 200
    assert step(person, ticket, "handle").status == 200
    done(person, ticket)
    return ticket


def done(person: Person, ticket: str) -> None:
    answer = person.post(f"{ticket}/completion", {"result": "已安装"})
    assert answer.stored[0] == Ticket.Completed


def notified(person: Person) -> str:
    ticket = completed(person)
    assert person.post(f"{ticket}/answer", {"text": "已于今日安装完毕"}).status == 200
    assert step(person, ticket, "notify_result", channel="phone").status == 200
    return ticket


def signed_slip(person: Person, ticket: str) -> str:
    """The slip with the applicant's signature, attached; its digest."""
    content = base64.b64encode("承办单,申请人王某签字".encode()).decode()
    paper = {"kind": "signed_slip", "name": "承办单.txt", "media_type": "text/plain"}
    answer = person.post(f"{ticket}/evidence", paper | {"content": content})
    assert answer.stored == [Ticket.EvidenceAttached]
    return str(answer.event.digest)


def report(office: Office, path: str) -> Any:
    period = "?from=2026-11-01&to=2027-01-01"
    answer = office.person(INSPECTOR).get(f"/v1/reports/{path}{period}")
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.rule("PX-01")
def test_a_void_entry_keeps_its_number_and_the_next_has_the_next(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    tickets = [applied(s1) for _ in range(3)]

    voided = s1.post(f"{tickets[1]}/voiding", {"reason": "录错了"})
    applied(s1)

    assert voided.stored[0] == Ticket.Voided
    rows = s1.get("/v1/tickets?procedure=proxy").body["items"][::-1]
    assert [(row["number"], row["state"]) for row in rows] == [
        ("2026-0001", "registered"),
        ("2026-0002", "voided"),
        ("2026-0003", "registered"),
        ("2026-0004", "registered"),
    ]
    listed = report(office, "proxy/proxy_register")["list"]
    assert [entry["this.number"][-4:] for entry in listed] == ["0001", "0002", "0003", "0004"]
    assert listed[1]["this.state"] == "voided"


@pytest.mark.rule("PX-02")
def test_an_application_has_one_owner_until_another_has_accepted(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = applied(s1)

    unasked = s2.post(f"{ticket}/transfer/acceptance")
    s1.post(f"{ticket}/transfer", TO_S2)
    too_early = step(s2, ticket, "add_assistant", assistant_id=str(S3))
    before = s1.get(ticket).body["owner_id"]
    s2.post(f"{ticket}/transfer/acceptance")
    no_more = step(s1, ticket, "add_assistant", assistant_id=str(S3))

    assert unasked.refusal == (409, "no_offer", None)
    assert too_early.refusal == no_more.refusal == (409, "not_owner", None)
    assert (before, s1.get(ticket).body["owner_id"]) == (str(S1), str(S2))


@pytest.mark.rule("PX-02")
def test_an_assistant_helps_and_owns_nothing(office: Office):
    s1 = office.person(S1)
    ticket = applied(s1)

    answer = step(s1, ticket, "add_assistant", assistant_id=str(S2))

    assert answer.carried_out == [Ticket.StepTaken]
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("PX-03")
def test_there_is_one_answer(office: Office):
    s1 = office.person(S1)
    ticket = completed(s1)

    first = s1.post(f"{ticket}/answer", {"text": "已安装"})
    second = s1.post(f"{ticket}/answer", {"text": "尚未安装"})

    assert first.stored == [Ticket.Answered]
    assert second.refusal == (409, "guard_refused", None)
    assert second.body["rule"] == "PX-03"


@pytest.mark.rule("PX-03")
@pytest.mark.parametrize(
    ("who", "body", "refusal"),
    [
        (S2, {"text": "已安装"}, (409, "not_owner", None)),
        (S1, {"text": "一半", "complete": False}, (409, "guard_refused", None)),
    ],
)
def test_the_answer_is_the_owners_and_whole(
    office: Office, who: UUID, body: Any, refusal: tuple[int, str, str | None]
):
    ticket = completed(office.person(S1))

    answer = office.person(who).post(f"{ticket}/answer", body)

    assert answer.refusal == refusal


CORRECTION = {"text": "安装时间为次日", "why": "日期有误"}


@pytest.mark.rule("PX-03")
def test_a_correction_that_somebody_else_approves_stands_beside_the_answer(office: Office):
    s1, m1 = office.person(S1), office.person(M1)
    ticket = completed(s1)
    s1.post(f"{ticket}/answer", {"text": "已安装"})

    proposed = step(s1, ticket, "propose_correction", **CORRECTION)
    approved = step(m1, ticket, "reply_corrected")

    assert proposed.carried_out == approved.carried_out == [Ticket.StepTaken]
    assert approved.event.form == {"approved_by": str(M1), "proposed_by": str(S1)}
    history = s1.get(f"{ticket}/history").body["items"]
    assert [e["topic"] for e in history].count("ticket.answered") == 1
    [corrected] = [e for e in history if e["step"] == "propose_correction"]
    assert corrected["details"]["form"]["text"] == "安装时间为次日"


@pytest.mark.rule("PX-03")
def test_nobody_approves_their_own_correction(office: Office):
    supervisor = office.hire("cs_supervisor")
    ticket = completed(supervisor)
    supervisor.post(f"{ticket}/answer", {"text": "已安装"})
    step(supervisor, ticket, "propose_correction", **CORRECTION)

    own = step(supervisor, ticket, "reply_corrected")
    by_a_colleague = step(office.person(S2), ticket, "reply_corrected")

    assert (own.refusal, own.body["rule"]) == ((422, "form_refused", None), "PX-03")
    assert by_a_colleague.refusal == (403, "not_for_you", None)


@pytest.mark.rule("PX-03")
def test_nothing_is_corrected_that_was_not_proposed(office: Office):
    ticket = completed(office.person(S1))
    office.person(S1).post(f"{ticket}/answer", {"text": "已安装"})

    answer = step(office.person(M1), ticket, "reply_corrected")

    assert answer.refusal == (409, "step_not_possible", None)


@pytest.mark.rule("PX-03")
def test_the_answer_is_not_set_right_behind_the_back_of_who_approves(office: Office):
    s1 = office.person(S1)
    ticket = completed(s1)
    answer = s1.post(f"{ticket}/answer", {"text": "已安装"})
    mend = {"corrects_version": answer.body["version"], "reason": "有误", "text": "尚未安装"}

    directly = s1.post(f"{ticket}/corrections", mend | {"what": "text"})
    of_the_matter = s1.post(f"{ticket}/corrections", mend | {"what": "matter"})

    assert directly.refusal == (409, "guard_refused", None)
    assert directly.body["rule"] == "PX-03"
    assert of_the_matter.stored == [Ticket.Corrected]


@pytest.mark.rule("PX-03")
def test_an_answer_found_wrong_is_made_good_by_an_approved_correction(office: Office):
    s1, m1 = office.person(S1), office.person(M1)
    ticket = completed(s1)
    s1.post(f"{ticket}/answer", {"text": "已安装"})
    assert step(m1, ticket, "answer_found_wrong", mistake="尚未安装").status == 200

    step(s1, ticket, "propose_correction", **CORRECTION)
    step(m1, ticket, "reply_corrected")
    untold = s1.get(f"{ticket}/obligations/tell_the_correction-1").body
    step(s1, ticket, "correction_told", channel="phone", told="安装时间为次日")

    assert untold["status"] == "open"
    for key in ("correct_the_answer-1", "tell_the_correction-1"):
        assert s1.get(f"{ticket}/obligations/{key}").body["status"] == "met"


BROADBAND = {
    "pack": "village-v",
    "version": 1,
    "title": "V 村代理事项",
    "holds_for": {"units": ["village-v"], "procedures": ["proxy"]},
    "items": {
        "broadband": {
            "title": "宽带安装",
            "limit": {"kind": "working_days", "days": 3, "calendar": "gov-centre"},
        }
    },
}


def apply_at(person: Person, unit: str, item: str) -> Answer:
    application = {
        "client_id": str(C1),
        "channel": "walk_in",
        "matter": "宽带",
        "procedure": "proxy",
        "unit": unit,
        "form": {"item": item},
    }
    return person.post("/v1/tickets", application)


@pytest.mark.rule("PX-04")
def test_what_a_village_adds_to_the_catalogue_is_its_own(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    in_force(office, BROADBAND)

    at_v = apply_at(s1, "village-v", "broadband")
    at_w = apply_at(s1, "village-w", "broadband")

    assert at_v.status == 201
    limit = s1.get(f"{at_v.headers['Location']}/obligations/committed_limit-1").body
    assert datetime.fromisoformat(limit["due_at"]) == at("2026-11-26T18:00:00")
    assert at_w.refusal == (422, "invalid", "form.item")


@pytest.mark.rule("PX-04")
@pytest.mark.parametrize(
    "item",
    [
        "building_application",
        "family_planning",
        "household_registration",
        "id_card",
        "business_registration",
        "social_security",
        "judicial_service",
        "temporary_residence",
        "agro_forestry",
        "cable_tv",
        "telephone",
    ],
)
def test_the_catalogue_is_offered_everywhere(office: Office, item: str):
    s1 = office.person(S1)

    answer = apply_at(s1, "village-w", item)

    assert answer.stored == [Ticket.Opened, Ticket.TimePromised]
    assert answer.events[1].name == "committed_limit"  # type: ignore[attr-defined]


CARD = {
    "items": ["身份证办理", "有线电视安装"],
    "commitments": ["五个工作日内办结"],
    "responsible": str(S1),
    "phone": "0571-5550100",
}


def card_of(person: Person, **otherwise: Any) -> str:
    ticket = opened(person, procedure="contact-card", matter="便民联系卡", **otherwise)
    assert step(person, ticket, "issue_card", **CARD).carried_out == [Ticket.StepTaken]
    return ticket


@pytest.mark.rule("PX-05")
@pytest.mark.parametrize("missing", CARD)
def test_a_contact_card_names_what_whom_and_where(office: Office, missing: str):
    s1 = office.person(S1)
    ticket = opened(s1, procedure="contact-card", matter="便民联系卡")

    answer = step(s1, ticket, "issue_card", **{k: v for k, v in CARD.items() if k != missing})

    assert answer.refusal == (422, "form_incomplete", f"form.{missing}")


@pytest.mark.rule("PX-05")
def test_who_has_a_card_of_somebody_who_is_not_responsible_any_more_gets_another(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    other = s1.post("/v1/clients", {"name": "赵某"}).body["id"]
    moved, kept = card_of(s1), card_of(s1, client_id=other)
    before = report(office, "contact-card/cards_to_reissue")["list"]

    s1.post(f"{moved}/transfer", TO_S2)
    s2.post(f"{moved}/transfer/acceptance")
    [old] = report(office, "contact-card/cards_to_reissue")["list"]
    step(s2, moved, "issue_card", **CARD | {"responsible": str(S2)})
    after = report(office, "contact-card/cards_to_reissue")["list"]

    assert before == after == []
    assert (old["this.client_id"], old["issue_card.responsible"]) == (str(C1), str(S1))
    assert s1.get(kept).body["owner_id"] == str(S1)


@pytest.mark.rule("PX-05")
def test_a_home_visit_is_made_as_arranged(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    ticket = applied(s1, channel="home_visit")

    step(s1, ticket, "schedule_home_visit", at="2026-11-24T10:00:00+08:00", place="三号楼")
    promised = s1.get(f"{ticket}/obligations/arranged_home_visit-1").body
    office.now = at("2026-11-24T10:00:00")
    visited = step(s1, ticket, "home_visit", note="已上门")

    assert datetime.fromisoformat(promised["due_at"]) == at("2026-11-24T10:00:00")
    assert visited.stored == [Ticket.StepTaken, Ticket.TimeKept]


@pytest.mark.rule("PX-06")
def test_a_case_is_closed_once_the_client_has_signed(office: Office):
    s1 = office.person(S1)
    ticket = notified(s1)

    unsigned = s1.post(f"{ticket}/closure")
    slip = s1.get(ticket).body["slip_number"]
    signature = step(
        s1, ticket, "client_signed", slip_number=slip, evidence=signed_slip(s1, ticket)
    )
    closure = s1.post(f"{ticket}/closure")

    assert unsigned.refusal == (409, "guard_refused", None)
    assert (unsigned.body["rule"], "client signature missing" in unsigned.body["detail"]) == (
        "PX-06",
        True,
    )
    assert signature.carried_out == [Ticket.StepTaken]
    assert closure.stored[0] == Ticket.Closed


@pytest.mark.rule("PX-06")
def test_a_case_is_not_closed_before_the_client_knows_the_result(office: Office):
    s1 = office.person(S1)
    ticket = completed(s1)
    slip = s1.get(ticket).body["slip_number"]
    step(s1, ticket, "client_signed", slip_number=slip, evidence=signed_slip(s1, ticket))

    answer = s1.post(f"{ticket}/closure")

    assert answer.refusal == (409, "guard_refused", None)
    assert "result not notified" in answer.body["detail"]


@pytest.mark.rule("PX-06")
def test_a_signature_is_shown_by_the_signed_slip(office: Office):
    s1 = office.person(S1)
    ticket = notified(s1)

    answer = step(s1, ticket, "client_signed", slip_number="2026-0001", evidence="0" * 64)

    assert answer.refusal == (422, "invalid", "form.evidence")


@pytest.mark.rule("PX-06")
@pytest.mark.parametrize(
    ("witness", "second", "field"),
    [(S2, S3, None), (S2, S2, "form.second_witness"), (S1, S2, "form.second_witness")],
)
def test_who_does_not_sign_is_witnessed_by_two_others(
    office: Office, witness: UUID, second: UUID, field: str | None
):
    s1 = office.person(S1)
    ticket = notified(s1)

    refused = step(
        s1,
        ticket,
        "client_refused_signature",
        refusal="不愿签字",
        witness=str(witness),
        second_witness=str(second),
    )
    closure = s1.post(f"{ticket}/closure")

    assert (refused.status, refused.body.get("field")) == (422 if field else 200, field)
    assert closure.status == (409 if field else 200)


@pytest.mark.rule("PX-06")
def test_the_result_is_notified_the_same_day(office: Office):
    office.now = at("2026-11-23T15:00:00")
    s1 = office.person(S1)
    ticket = completed(s1)

    promised = s1.get(f"{ticket}/obligations/result_notice-1").body

    assert datetime.fromisoformat(promised["due_at"]) == at("2026-11-23T18:00:00")
    assert promised["rule"] == "PX-06"


@pytest.mark.rule("PX-07")
def test_a_fee_is_refused_and_whoever_tried_is_on_record(office: Office):
    ticket = applied(office.person(S1))
    five = {"minor_units": 500, "currency": "CNY"}

    answer = step(office.person(S2), ticket, "record_fee", amount=five)

    assert (answer.status, answer.body["code"]) == (422, "guard_invalid")
    assert (answer.body["rule"], answer.body["field"]) == ("PX-07", "form.amount")
    assert answer.stored == [Ticket.ViolationFlagged]
    assert (answer.event.kind, answer.event.rule) == ("fee_on_free_service", "PX-07")
    assert answer.event.staff == f"staff:{S2}"
    assert answer.event.originator_id == id_in(ticket)


@pytest.mark.rule("PX-07")
def test_no_item_of_the_catalogue_has_a_fee(office: Office):
    paid = BROADBAND["items"]["broadband"] | {"fee": 500}  # type: ignore[index]
    in_force(office, BROADBAND | {"items": {"broadband": paid}})

    answer = apply_at(office.person(S1), "village-v", "broadband")

    assert answer.refusal == (422, "guard_invalid", "form.item")
    assert answer.body["rule"] == "PX-07"


SECTIONS = {
    "matters": ["身份证办理"],
    "procedures": ["申请—承办—办结—答复—签字"],
    "phrases": ["您好,请坐"],
    "rules": ["首问负责制", "一次性告知制"],
    "duties": ["受理、代办、答复"],
    "staff": ["一号窗口 李"],
}


def board_of(person: Person) -> str:
    board = {"channel": "internal", "matter": "公开上墙", "procedure": "service-board"}
    return person.post("/v1/tickets", board).headers["Location"]


@pytest.mark.rule("PX-08")
def test_everybody_reads_all_six_sections(office: Office):
    s1 = office.person(S1)

    published = step(s1, board_of(s1), "publish", **SECTIONS)
    office.now += timedelta(minutes=1)
    shown = office.stranger().get("/public/service-board")

    assert published.carried_out == [Ticket.StepTaken]
    assert shown.status == 200
    assert shown.body["units"]["main"].items() >= SECTIONS.items()
    assert shown.body["units"]["main"]["version"] == 1


@pytest.mark.rule("PX-08")
@pytest.mark.parametrize("section", SECTIONS)
def test_a_board_without_one_of_its_sections_is_not_published(office: Office, section: str):
    s1 = office.person(S1)
    board = board_of(s1)

    empty = step(s1, board, "publish", **SECTIONS | {section: []})
    missing = step(s1, board, "publish", **{k: v for k, v in SECTIONS.items() if k != section})

    assert empty.refusal == (422, "invalid", f"form.{section}")
    assert missing.refusal == (422, "form_incomplete", f"form.{section}")


@pytest.mark.rule("PX-09")
def test_an_id_card_is_promised_in_five_working_days(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    ticket = applied(s1, "id_card")

    promised = s1.get(f"{ticket}/obligations/committed_limit-1").body
    office.now = at("2026-11-30T18:00:00")
    on_the_dot = office.tick()
    before = office.head()
    office.now = at("2026-11-30T18:01:00")
    office.tick()

    assert datetime.fromisoformat(promised["due_at"]) == at("2026-11-30T18:00:00")
    assert (promised["rule"], on_the_dot) == ("PX-09", 0)
    breaches = [e for e in office.events_after(before) if isinstance(e, Ticket.TimeBreached)]
    assert [breach.key for breach in breaches] == ["committed_limit-1"]


@pytest.mark.rule("PX-09")
def test_what_is_completed_in_time_is_no_breach(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    ticket = completed(s1)

    office.now = at("2026-11-27T09:00:00")
    office.tick()

    assert s1.get(f"{ticket}/obligations/committed_limit-1").body["status"] == "met"


@pytest.mark.rule("PX-10")
def test_remote_villages_are_shown_apart(office: Office):
    office.now = at("2026-11-23T09:00:00")
    s1 = office.person(S1)
    near = s1.post("/v1/clients", {"name": "赵某"}).body["id"]
    for client_id, is_remote in ((C1, True), (near, False)):
        s1.post(f"/v1/clients/{client_id}/traits", {"name": "remote", "value": is_remote})
    for _ in range(3):
        completed(s1)
    late = applied(s1)
    step(s1, late, "home_visit", note="已上门")
    completed(s1, client_id=near)

    office.now = at("2026-11-27T09:00:00")
    s1.post(f"{late}/slip")
    step(s1, late, "handle")
    done(s1, late)

    groups = {
        group["by"]["client.remote"]: {n: f["value"] for n, f in group["measures"].items()}
        for group in report(office, "proxy/remote_villages")["groups"]
    }
    assert groups == {
        True: {"cases": 4, "on_time": "75", "home_visits": "1"},
        False: {"cases": 1, "on_time": "100", "home_visits": "0"},
    }


@pytest.mark.rule("PX-02")
@pytest.mark.parametrize("who", [S3, ADMIN])
def test_an_application_that_was_offered_to_another_is_not_taken(office: Office, who: UUID):
    s1 = office.person(S1)
    ticket = applied(s1)
    s1.post(f"{ticket}/transfer", TO_S2)

    answer = office.person(who).post(f"{ticket}/transfer/acceptance")

    assert answer.refusal == (409, "no_offer", None)
