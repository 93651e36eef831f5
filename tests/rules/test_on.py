"""一次性告知: what the client has to bring is told once, and is what only they can bring."""

from __future__ import annotations

from typing import Any

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import INSPECTOR, Answer, Office, Person, opened

S1, S2 = LI_NA, WANG_FANG
REPORTS = "/v1/reports/one-time-notice"
NOVEMBER = "?from=2026-11-01&to=2026-12-01"
NOTICE = {"service_item": "房产过户", "required_docs": ["ID", "deed"]}


def step(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{name}", {"form": form})


def noticed(person: Person, **otherwise: Any) -> str:
    """A ticket of which the client was told what to bring."""
    ticket = opened(person)
    assert step(person, ticket, "issue_notice", **NOTICE, **otherwise).status == 200
    return ticket


def report(office: Office, name: str) -> Any:
    answer = office.person(INSPECTOR).get(f"{REPORTS}/{name}{NOVEMBER}")
    assert answer.status == 200, answer.body
    return answer.body


@pytest.mark.rule("ON-01")
def test_a_paper_that_was_not_on_the_notice_is_a_defect_of_the_notice(office: Office):
    s1 = office.person(S1)
    ticket = noticed(s1)

    answer = step(s1, ticket, "request_supplement", doc="tax proof")

    assert answer.event.form == {
        "doc": "tax proof",
        "notice_defect": True,
        "told_by": str(S1),
    }
    [group] = report(office, "notice_defects")["groups"]
    assert group["by"] == {"form.told_by": str(S1)}
    assert group["measures"]["defects"]["value"] == 1


@pytest.mark.rule("ON-01")
def test_a_paper_that_was_on_the_notice_may_be_asked_for_again(office: Office):
    s1 = office.person(S1)
    ticket = noticed(s1)

    answer = step(s1, ticket, "request_supplement", doc="deed")

    assert answer.event.form["notice_defect"] is False
    assert report(office, "notice_defects")["groups"] == []


@pytest.mark.rule("ON-01")
def test_the_defect_is_that_of_who_gave_the_notice(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = noticed(s1)
    s1.post(f"{ticket}/transfer", {"to_id": str(S2), "reason": "归口办理"})
    s2.post(f"{ticket}/transfer/acceptance")

    step(s2, ticket, "request_supplement", doc="tax proof")

    [group] = report(office, "notice_defects")["groups"]
    assert group["by"] == {"form.told_by": str(S1)}


@pytest.mark.rule("ON-01")
@pytest.mark.parametrize("missing", NOTICE)
def test_a_notice_names_the_item_and_every_paper(office: Office, missing: str):
    s1 = office.person(S1)
    ticket = opened(s1)
    form = {name: value for name, value in NOTICE.items() if name != missing}

    answer = step(s1, ticket, "issue_notice", **form)

    assert answer.refusal == (422, "form_incomplete", f"form.{missing}")


@pytest.mark.rule("ON-02")
def test_what_we_can_obtain_ourselves_is_not_asked_of_the_client(office: Office):
    s1 = office.person(S1)
    ticket = noticed(s1, internal_docs=["registry extract"])

    answer = step(s1, ticket, "request_supplement", doc="registry extract")

    assert answer.refusal == (422, "guard_invalid", "form.doc")
    assert answer.body["rule"] == "ON-02"


@pytest.mark.rule("ON-02")
def test_what_the_catalogue_says_we_obtain_is_not_asked_either(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1, procedure="proxy", form={"item": "id_card"})

    internal = step(s1, ticket, "request_supplement", doc="户籍底册摘录")
    theirs = step(s1, ticket, "request_supplement", doc="户口簿")

    assert internal.refusal == (422, "guard_invalid", "form.doc")
    assert internal.body["rule"] == "ON-02"
    assert theirs.carried_out == [Ticket.StepTaken]


@pytest.mark.rule("ON-02")
@pytest.mark.parametrize(
    ("required", "internal"), [("户籍底册摘录", "无关"), ("registry extract", "registry extract")]
)
def test_nor_does_the_notice_ask_for_it(office: Office, required: str, internal: str):
    s1 = office.person(S1)
    ticket = opened(s1, procedure="proxy", form={"item": "id_card"})
    form = {"required_docs": ["户口簿", required], "internal_docs": [internal]}

    answer = step(s1, ticket, "issue_notice", service_item="身份证办理", **form)

    assert answer.refusal == (422, "guard_invalid", "form.required_docs")
    assert answer.body["rule"] == "ON-02"


@pytest.mark.rule("ON-02")
def test_a_matter_is_completed_once_its_papers_are(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1, procedure="proxy", form={"item": "id_card"})
    s1.post(f"{ticket}/slip")
    step(s1, ticket, "handle")
    done = {"result": "已办妥"}

    unchecked = s1.post(f"{ticket}/completion", done)
    step(s1, ticket, "check_documents", received=["申请表"], complete=False)
    incomplete = s1.post(f"{ticket}/completion", done)
    step(s1, ticket, "check_documents", received=["申请表", "户口簿"], complete=True)
    complete = s1.post(f"{ticket}/completion", done)

    assert unchecked.refusal == incomplete.refusal == (409, "guard_refused", None)
    assert incomplete.body["rule"] == "ON-02"
    assert complete.stored[0] == Ticket.Completed


@pytest.mark.rule("ON-03")
def test_a_case_with_three_trips_is_shown_with_all_of_them(office: Office):
    s1 = office.person(S1)
    once, thrice = opened(s1), opened(s1)
    step(s1, once, "record_visit")

    visits = [step(s1, thrice, "record_visit", purpose="送材料") for _ in range(3)]

    assert [answer.events[0].form["n"] for answer in visits] == [1, 2, 3]  # type: ignore[attr-defined]
    [row] = report(office, "more_than_one_trip")["list"]
    assert row == {
        "this.number": s1.get(thrice).body["number"],
        "this.owner_id": str(S1),
        "count.record_visit": 3,
    }
    trips = report(office, "second_trips")["measures"]
    assert (trips["second_trip_rate"]["value"], trips["visits_per_case"]["value"]) == ("50", "2")


@pytest.mark.rule("ON-03")
def test_each_trip_too_many_is_put_on_record(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)

    stored = [step(s1, ticket, "record_visit").stored for _ in range(2)]

    assert stored == [[Ticket.StepTaken], [Ticket.StepTaken, Ticket.Followed]]
