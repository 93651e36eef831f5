"""服务用语: what is said to clients and what never is, and how those who serve carry themselves."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import C1, LI_NA, WANG_FANG, shipped_pack
from tests.support.http import Answer, Office, Person, opened

S1, AUDITED = LI_NA, WANG_FANG
PHRASE = "这不是我管的事"
NOTICE = {
    "pack": "notice",
    "version": 1,
    "title": "告知 Notice",
    "procedure": {
        "register": "notice",
        "initial": "registered",
        "final": ["told"],
        "steps": {
            "tell": {
                "title": "告知",
                "from": ["registered"],
                "to": "told",
                "form": {
                    "told": {"title": "告知内容", "visible": True},
                    "inside": {"title": "内部意见"},
                },
            },
        },
    },
}
"""A matter that ends with what the client is told."""


def phrases(person: Person, question: str = "") -> list[dict[str, str]]:
    items: list[dict[str, str]] = person.get(f"/v1/policy/phrases{question}").body["items"]
    return items


def of_the_house(person: Person, procedure: str, **form: Any) -> str:
    words = {"channel": "internal", "matter": "内部事项", "procedure": procedure, "form": form}
    return person.post("/v1/tickets", words).headers["Location"]


def step(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{name}", {"form": form})


def audited(auditor: Person, *points: str, language: str = "mandarin") -> Answer:
    ticket = of_the_house(auditor, "service-audit", staff=str(AUDITED), client_language=language)
    return step(auditor, ticket, "audit", findings=[{"point": point} for point in points])


def refused_phrase(answer: Answer, field: str, phrase: str = PHRASE) -> None:
    """422 naming the phrase and where it stands; that it was tried is on record once."""
    assert (answer.status, answer.body["code"]) == (422, "forbidden_phrase")
    assert (answer.body["rule"], answer.body["field"]) == ("LG-02", field)
    assert answer.body["facts"]["phrase"] == phrase
    assert phrase in answer.body["detail"]
    assert answer.stored == [Ticket.ViolationFlagged]
    assert (answer.event.kind, answer.event.rule) == ("forbidden_phrase", "LG-02")
    assert answer.event.staff == f"staff:{S1}"


@pytest.mark.rule("LG-01")
def test_there_are_four_phrases_to_apologise_with(office: Office):
    apologies = phrases(office.person(S1), "?category=apology")

    assert [phrase["text"] for phrase in apologies] == ["对不起", "请原谅", "打扰了", "失礼了"]
    assert {phrase["title"] for phrase in apologies} == {"道歉语"}


@pytest.mark.rule("LG-02")
def test_a_final_reply_with_a_forbidden_phrase_is_refused_and_flagged(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)

    answer = s1.post(f"{ticket}/answer", {"text": f"您好,{PHRASE}。"})

    refused_phrase(answer, "text")
    assert s1.get(ticket).body["state"] == "registered"


@pytest.mark.rule("LG-02")
@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("那个老头来过", "老头"),
        ("老太婆", "老太婆"),
        ("你神经病", "神经病"),
        ("喊什么，等一会儿", "喊什么,等一会儿"),
        ("你喊什么", "喊什么"),
        ("我不知道", "我不知道"),
        ("这不是 我管的事", PHRASE),
    ],
)
def test_every_forbidden_phrase_is_known(office: Office, text: str, phrase: str):
    s1 = office.person(S1)

    refused_phrase(s1.post(f"{opened(s1)}/answer", {"text": text}), "text", phrase)


@pytest.mark.rule("LG-02")
def test_a_note_is_checked_if_the_client_reads_it(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)

    inside = s1.post(f"{ticket}/notes", {"text": f"他说:{PHRASE}"})
    for_client = s1.post(f"{ticket}/notes", {"text": PHRASE, "visibility": "client"})

    assert inside.carried_out == [Ticket.Noted]
    refused_phrase(for_client, "text")


@pytest.mark.rule("LG-02")
def test_so_is_what_the_client_reads_of_any_form(office: Office):
    in_force(office, NOTICE)
    s1 = office.person(S1)
    ticket = opened(s1, procedure="notice")

    refused = step(s1, ticket, "tell", told=PHRASE)
    told = step(s1, ticket, "tell", told="已为您转办", inside=f"他说:{PHRASE}")

    refused_phrase(refused, "form.told")
    assert told.carried_out[:2] == [Ticket.StepTaken, Ticket.Closed]


@pytest.mark.rule("LG-02")
def test_so_is_how_a_delay_is_explained(office: Office):
    s1 = office.person(S1)

    answer = step(s1, opened(s1), "explain_delay", explanation=PHRASE, apologised=True)

    refused_phrase(answer, "form.explanation")


@pytest.mark.rule("LG-03")
def test_the_phrase_library_has_the_prescribed_sentences(office: Office):
    library = phrases(office.person(S1))

    assert len(library) >= 16
    assert all(phrase["category"] and phrase["text"] for phrase in library)
    texts = {phrase["text"] for phrase in library if phrase["category"] == "request"}
    assert {"请您排队等候", "我理解您的心情", "您的需求就是我的职责"} <= texts


@pytest.mark.rule("LG-04")
def test_a_client_is_addressed_as_they_wish(office: Office):
    s1 = office.person(S1)
    s1.post(f"/v1/clients/{C1}/details", {"details": {"form_of_address": "王总"}})
    ticket = opened(s1)

    reply = s1.get(f"{ticket}/templates/reply").body["text"]

    assert reply.startswith("王总,您好")
    assert s1.get(ticket).body["number"] in reply


@pytest.mark.rule("LG-05")
def test_dialect_used_with_who_prefers_mandarin_is_one_defect(office: Office):
    auditor = office.hire("qc")

    found = audited(auditor, "dialect_used")

    assert found.event.form["defects"] == 1


@pytest.mark.rule("LG-05")
def test_dialect_used_with_who_speaks_it_is_none(office: Office):
    found = audited(office.hire("qc"), "dialect_used", language="dialect")

    assert found.refusal == (422, "form_refused", "form.findings")
    assert found.body["rule"] == "LG-05"


@pytest.mark.rule("LG-06")
def test_each_civilised_rule_has_a_code_for_the_one_behaviour_that_it_forbids(office: Office):
    lists = office.person(S1).get("/v1/policy/lists").body["lists"]

    codes = [f"civil.{number}" for number in range(1, 11)]
    assert [code for code in lists["misconduct"] if code.startswith("civil.")] == codes
    behaviours = [lists[code] for code in codes]
    assert [len(behaviour) for behaviour in behaviours] == [1] * 10
    assert len({behaviour for [behaviour] in behaviours}) == 10
    assert lists["civil.1"] == ["冷落人"]


@pytest.mark.rule("LG-07")
def test_three_defects_of_appearance_leave_85(office: Office):
    auditor = office.hire("qc")

    found = audited(auditor, "no_badge", "untidy_hair", "yawning").event.form

    assert (found["defects"], found["score"]) == (3, 85)
    report = auditor.get("/v1/reports/service-audit/scores?from=2026-11-01&to=2026-12-01").body
    [group] = report["groups"]
    assert group["by"] == {"opened.staff": str(AUDITED)}
    assert group["measures"]["score"]["value"] == "85"


@pytest.mark.rule("LG-07")
def test_who_has_no_defect_keeps_all_points(office: Office):
    found = audited(office.hire("qc")).event.form

    assert (found["defects"], found["score"]) == (0, 100)


@pytest.mark.rule("LG-08")
@pytest.mark.parametrize(("code", "grade"), [("mock_client", "serious"), ("civil.1", "minor")])
def test_confirmed_misconduct_is_graded_by_the_policy(office: Office, code: str, grade: str):
    supervisor = office.hire("cs_supervisor")
    ticket = of_the_house(
        supervisor, "service-audit", staff=str(AUDITED), client_language="mandarin"
    )
    step(supervisor, ticket, "audit", findings=[])

    decided = step(supervisor, ticket, "confirm", code=code)

    assert decided.stored == [Ticket.StepTaken, Ticket.Followed]
    assert decided.events[-1].form == {
        "code": code,
        "grade": grade,
        "staff": str(AUDITED),
    }


@pytest.mark.rule("LG-09")
def test_work_on_another_floor_is_flagged_unless_a_supervisor_sent_them(office: Office):
    s1, duty_manager = office.person(S1), office.hire("duty_manager")
    ticket = of_the_house(s1, "duty-record", post="floor 3")

    at_home = step(s1, ticket, "log_work", place="floor 3")
    away = step(s1, ticket, "log_work", place="floor 5")
    step(duty_manager, ticket, "assign_task", place="floor 5")
    sent = step(s1, ticket, "log_work", place="floor 5")

    assert at_home.carried_out == sent.carried_out == [Ticket.StepTaken]
    assert away.carried_out == [Ticket.StepTaken, Ticket.Followed]
    assert away.events[-1].form == {"post": "floor 3", "place": "floor 5"}


@pytest.mark.rule("LG-09")
def test_nobody_sends_themselves(office: Office):
    s1 = office.person(S1)
    ticket = of_the_house(s1, "duty-record", post="floor 3")

    answer = step(s1, ticket, "assign_task", place="floor 5")

    assert answer.refusal == (403, "not_for_you", None)
    assert answer.body["rule"] == "LG-09"


@pytest.mark.rule("LG-10")
def test_a_record_of_a_corrected_offence_says_whether_they_saluted_first(office: Office):
    guard = office.hire("security")
    ticket = of_the_house(guard, "duty-record", post="gate 1")

    without = step(guard, ticket, "correct_offence", offence="parking")
    complete = step(guard, ticket, "correct_offence", offence="parking", saluted_first=True)

    assert without.refusal == (422, "form_incomplete", "form.saluted_first")
    assert complete.carried_out == [Ticket.StepTaken]


def language(version: int, **otherwise: Any) -> dict[str, Any]:
    """The shipped pack as a later version."""
    return {**shipped_pack("language"), "version": version, **otherwise}


@pytest.mark.rule("LG-11")
def test_the_posture_document_is_that_of_the_version_in_force(office: Office):
    s1 = office.person(S1)

    before = s1.get("/v1/policy/documents/posture").body
    in_force(office, language(2, documents={"posture": "站姿:目光平视前方。"}))
    after = s1.get("/v1/policy/documents/posture").body

    assert (before["pack"], before["version"]) == ("language", 1)
    assert "收腹" in before["text"]
    assert (after["version"], after["text"]) == (2, "站姿:目光平视前方。")


@pytest.mark.rule("LG-12")
def test_lists_that_have_not_ten_entries_are_warned_about(office: Office):
    s1 = office.person(S1)
    lists = shipped_pack("language")["lists"]
    ten = {name: [f"{name} {n}" for n in range(1, 11)] for name in ("ten_musts", "ten_bans")}

    before = s1.get("/v1/policy/warnings").body["items"]
    in_force(office, language(2, lists=lists | ten))
    after = s1.get("/v1/policy/warnings").body["items"]

    missing = [f"language: list {name} has 0 entries, not 10" for name in ten]
    assert [warning for warning in before if warning in missing] == missing
    assert [warning for warning in after if warning.startswith("language:")] == []
