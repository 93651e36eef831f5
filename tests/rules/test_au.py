"""记录、存档、可追溯: registers are complete, and those who look on are apart from who handles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from domain.ticket import Ticket
from infrastructure.schema import DESK
from infrastructure.wiring import Parts
from interface.numbering_cli import verify_register
from tests.interface.given import TICKET_COMMANDS, in_force
from tests.support.dossiers import REVIEW_PACK
from tests.support.facts import C1, LI_NA
from tests.support.http import INSPECTOR, REVIEWER, Office, Person, opened
from tests.support.steps import at, done, of_the_house, report, step

NOTICE = {"demand": "请说明为何三日未联系客户", "due_at": "2026-11-25T17:00:00+08:00"}
ASSIGNED = {"unit": "main"}
REGISTER = "main/consultation/2026"

Verify = Callable[..., Result]


@pytest.fixture
def verify(office: Office) -> Verify:
    """`yice verify-register`, on the desk of the office."""

    @contextmanager
    def opened() -> Iterator[Parts]:
        yield office.parts

    def ran(*words: str) -> Result:
        return CliRunner().invoke(verify_register, words, obj=opened)

    return ran


def as_owner(office: Office, *statements: str) -> None:
    """What only the owner of the database can do: change what was written, trigger or not."""
    url = office.parts.database.url.replace(f"//{DESK}@", "//postgres@", 1)
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE register.entry DISABLE TRIGGER USER")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount == 1


@pytest.fixture
def twelve(office: Office, li_na: Person) -> Office:
    """An office with the entries 1..12 in the register of consultations."""
    numbers = [li_na.get(opened(li_na)).body["number"] for _ in range(12)]
    assert (numbers[0], numbers[-1]) == ("2026-0001", "2026-0012")
    return office


@pytest.mark.rule("AU-03")
def test_a_register_without_its_seventh_entry_has_gap_7(twelve: Office, verify: Verify):
    assert verify().output == "registers: 1, gapless and consecutive, as are the positions\n"
    position = twelve.head() - 5
    as_owner(
        twelve, f"DELETE FROM register.entry WHERE register = '{REGISTER}' AND number = '2026-0007'"
    )

    told = verify()

    assert told.exit_code == 1
    assert told.output.splitlines() == [f"{REGISTER}: gap 7", f"positions: gap {position}"]


@pytest.mark.rule("AU-03")
def test_what_is_blank_or_written_over_is_found_too(twelve: Office, verify: Verify):
    of = f"WHERE register = '{REGISTER}' AND number ="
    as_owner(
        twelve,
        f"UPDATE register.entry SET number = '2026-0003' {of} '2026-0002'",
        f"UPDATE register.entry SET number = NULL {of} '2026-0012'",
        f"UPDATE register.entry SET number = '2026-0009x' {of} '2026-0011'",
    )

    told = verify("--json")

    assert told.exit_code == 1
    assert json.loads(told.output)["irregular"] == [
        {"register": REGISTER, "what": "blank", "first": 0, "last": 0},
        {"register": REGISTER, "what": "gap", "first": 2, "last": 2},
        {"register": REGISTER, "what": "twice", "first": 3, "last": 3},
    ]


@pytest.mark.rule("AU-03")
def test_a_report_names_the_gap_too(twelve: Office, li_na: Person):
    as_owner(
        twelve, f"DELETE FROM register.entry WHERE register = '{REGISTER}' AND number = '2026-0007'"
    )

    path = "/v1/reports/registers/integrity?period=2026&lineage=true"
    report = li_na.get(path).body

    assert report["measures"]["missing"]["value"] == "1"
    assert report["target"]["met"] is False
    [gap] = [row for row in report["lineage"] if row["values"]["number.status"] == "gap"]
    assert (gap["number"], gap["events"]) == ("7", [])


@pytest.mark.rule("AU-03")
def test_events_that_are_missing_at_the_end_leave_a_gap(twelve: Office, verify: Verify):
    head = twelve.head()
    as_owner(twelve, f"DELETE FROM register.entry WHERE position = {head}")

    assert verify().output.splitlines() == [f"positions: gap {head}"]


SLIP_COPIES = ["1 client", "2 finished-goods warehouse", "3 accounting", "4 business department"]


def outstanding(person: Person) -> list[tuple[str, str, str]]:
    rows = report(person, "document/outstanding")["list"]
    columns = ("opened.document", "opened.number", "obligation.title")
    return [(row[columns[0]], row[columns[1]], row[columns[2]]) for row in rows]


@pytest.mark.rule("AU-04")
def test_the_fourth_copy_of_a_return_slip_is_listed_with_whom_it_is_for(office: Office):
    office.now = at("2026-11-24T09:00:00")
    s1 = office.hire("staff")
    slip = of_the_house(
        s1, "document", document="return_slip", number="TH-0417", copies=SLIP_COPIES
    )
    for copy in SLIP_COPIES[:3]:
        done(s1, slip, "deliver_copy", copy=copy)

    listed = outstanding(s1)
    reserve = step(s1, slip, "deliver_copy", copy="filed")
    too_early = s1.post(f"{slip}/closure")
    office.now = at("2026-11-26T09:00:00")
    office.tick()
    late = outstanding(s1)

    assert listed == [("return_slip", "TH-0417", "送达 · 4 business department")]
    assert reserve.refusal == (422, "form_refused", "form.copy")
    assert reserve.body["rule"] == "AU-04"
    assert too_early.refusal == (409, "obligation_open", None)
    assert too_early.body["rule"] == "AU-04"
    assert late == listed
    done(s1, slip, "deliver_copy", copy=SLIP_COPIES[3])
    assert outstanding(s1) == []
    assert s1.post(f"{slip}/closure").carried_out == [Ticket.Closed]


@pytest.mark.rule("AU-05")
def test_four_eyes_count_and_the_same_two_do_not(office: Office):
    counting = {"title": "双人清点", "chain": ["staff", "staff"], "rule": "AU-05"}
    in_force(
        office,
        {**REVIEW_PACK, "pack": "counting", "signoffs": {"solution": counting}, "guards": []},
    )
    s1, s2 = office.hire("staff"), office.hire("staff")
    ticket = opened(s1, procedure="counting")
    signature = {"role": "staff", "verdict": "signed"}

    first = s1.post(f"{ticket}/signoffs/solution", signature)
    again = s1.post(f"{ticket}/signoffs/solution", signature)
    halfway = s1.get(ticket).body["signoffs"]["solution"]
    second = s2.post(f"{ticket}/signoffs/solution", signature)

    assert first.carried_out == [Ticket.Signed]
    assert again.refusal == (409, "same_person_signs", None)
    assert again.body["rule"] == "AU-05"
    assert (halfway["is_complete"], halfway["next"]) == (False, ["staff"])
    assert second.carried_out == [Ticket.Signed]
    assert s1.get(ticket).body["signoffs"]["solution"]["is_complete"] is True


DONE_ON = {1: 5, 2: 6}
"""January's review is done in time, February's a day late; the others are not done."""


def a_year_of_reviews(office: Office) -> Person:
    """After-sales reviews complaints once a month, by the fifth at five."""
    office.now = at("2025-12-31T09:00:00")
    after_sales = office.hire("after_sales", unit="after-sales")
    for month in range(1, 13):
        office.now = at(f"2026-{month:02}-01T08:00:00")
        office.tick()
        office.parts.schedules.tick(office.now)
        if month in DONE_ON:
            office.now = at(f"2026-{month:02}-{DONE_ON[month]:02}T09:00:00")
            publish_rate(after_sales, f"2026-{month:02}")
    office.now = at("2026-12-04T09:00:00")
    office.catch_up()
    return after_sales


def publish_rate(person: Person, month: str) -> None:
    form = {"month": month, "confirmed_cases": 2, "denominator": 400}
    step = {"form": {**form, "denominator_is": "shipments"}}
    answer = person.post(f"{monthly_review(person, month)}/steps/publish_rate", step)
    assert answer.status == 200


def monthly_review(person: Person, month: str) -> str:
    rows = person.get("/v1/tickets?procedure=complaint-review&limit=200").body["items"]
    [found] = [row["ticket_id"] for row in rows if row["matter"].endswith(month)]
    return f"/v1/tickets/{found}"


@pytest.mark.rule("AU-06")
def test_the_reviewer_asks_for_a_rule_and_a_year_and_gets_twelve_obligations(office: Office):
    after_sales = a_year_of_reviews(office)
    reviewer = office.person(REVIEWER)
    year = {"due_from": "2026-01-01T00:00:00+08:00", "due_to": "2026-12-31T23:59:59+08:00"}

    found = reviewer.search("/v1/obligations", {"rule": "CH-24", **year}).body["items"]
    of_spring = reviewer.search(
        "/v1/obligations",
        {"rule": "CH-24", "due_from": year["due_from"], "due_to": "2026-03-31T23:59:59+08:00"},
    ).body["items"]
    elsewhere = reviewer.search("/v1/obligations", {"rule": "CH-25", **year}).body["items"]

    assert [row["status"] for row in found] == ["met", "met_late", *["overdue"] * 9, "open"]
    assert {row["rule"] for row in found} == {"CH-24"}
    assert {row["responsible_id"] for row in found} == {str(after_sales.id)}
    assert (len(of_spring), elsewhere) == (3, [])
    assert reviewer.post(f"/v1/tickets/{found[0]['ticket_id']}/notes", {"text": "看"}).status == 403


@pytest.mark.rule("AU-06")
def test_the_reviewer_searches_by_number_client_staff_and_period(office: Office, li_na: Person):
    ticket = opened(li_na, client_id=str(C1))
    office.person(REVIEWER).get("/v1/tickets")
    number = li_na.get(ticket).body["number"]
    questions: list[dict[str, str]] = [
        {"number": number, "procedure": "consultation"},
        {"client_id": str(C1)},
        {"owner_id": str(LI_NA)},
        {"opened_from": "2026-11-23T00:00:00+08:00", "opened_to": "2026-11-23T23:59:59+08:00"},
    ]

    for question in questions:
        [row] = office.person(REVIEWER).search("/v1/tickets", question).body["items"]
        assert row["ticket_id"] == ticket.rpartition("/")[2], question


@pytest.mark.rule("AU-08")
def test_who_supervises_assigns_nobody_and_demands_an_answer(office: Office, li_na: Person):
    inspector, ticket = office.person(INSPECTOR), opened(li_na)

    assigned = inspector.post(f"{ticket}/assignment", ASSIGNED)
    notice = inspector.post(f"{ticket}/supervision", NOTICE)

    assert assigned.refusal == (403, "forbidden", None)
    assert assigned.body["facts"] == {"permission": "ticket.handle"}
    assert assigned.body["rule"] == "AU-08"
    assert notice.carried_out == [Ticket.SupervisionNoticeIssued, Ticket.TimePromised]
    assert inspector.get(ticket).body["owner_id"] == str(LI_NA)


@pytest.mark.rule("AU-08")
@pytest.mark.parametrize("role", ["supervisor", "compliance_reviewer"])
def test_who_looks_on_sees_all_and_changes_nothing(office: Office, li_na: Person, role: str):
    looks_on, ticket = office.hire(role), opened(li_na)
    allowed = {"supervision", "reminder"} if role == "supervisor" else set()

    seen = looks_on.get(f"{ticket}/history").body["items"]
    done: dict[str, Any] = {
        what: looks_on.post(f"{ticket}/{what}", body).stored
        for what, body in TICKET_COMMANDS.items()
    }

    assert [row["topic"] for row in seen] == ["ticket.opened"]
    assert {what for what, stored in done.items() if stored} == allowed
