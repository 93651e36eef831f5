"""客户回访: from the day the calendar brings a call-back to what head office learns from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.facts import C1
from tests.support.http import Office, Person

QUARTER = "from=2027-01-01&to=2027-04-01"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_a_client_is_called_back_in_the_new_quarter(office: Office) -> None:
    office.now = at("2027-01-01T00:00:00")
    director = office.hire("director")
    the_calendar_brings_its_matters(office)
    [brought] = director.get(f"/v1/tickets?procedure=callback&client_id={C1}").body["items"]
    ticket = f"/v1/tickets/{brought['ticket_id']}"
    officer = office.person(UUID(brought["owner_id"]))

    assert officer.get("/v1/me").body["roles"] == ["cs_officer"]
    assert owed(officer, ticket) == {"call_back_in_quarter": at("2027-04-01T00:00:00")}

    office.now = at("2027-01-11T10:00:00")
    step(officer, ticket, "attempt", channel="phone")
    office.now = at("2027-01-11T15:00:00")
    step(
        officer,
        ticket,
        "call",
        channel="phone",
        result="送货晚了两天, 其余满意",
        satisfied=False,
        region="华东",
        issue="delivery_delay",
    )

    assert owed(officer, ticket) == {"callback_report": at("2027-01-13T00:00:00")}

    office.now = at("2027-01-12T09:00:00")
    said = {"process": "两次致电, 第二次接通", "result": "反映送货延误", "evaluation": "需物流改进"}
    step(officer, ticket, "report", **said)

    assert owed(officer, ticket) == {}
    assert officer.get(ticket).body["is_closed"] is True

    office.now = at("2027-04-01T09:00:00")
    coverage = director.get(f"/v1/reports/callback/coverage?{QUARTER}").body
    regions = director.get(f"/v1/reports/callback/issues_by_region?{QUARTER}").body["groups"]

    assert coverage["measures"]["coverage"]["value"] == "100"
    assert coverage["target"]["met"] is True
    [east] = regions
    assert east["by"] == {"form.region": "华东", "form.issue": "delivery_delay"}
    assert east["measures"]["times"]["tickets"] == [brought["ticket_id"]]


def the_calendar_brings_its_matters(office: Office) -> None:
    office.catch_up()
    while office.parts.schedules.tick(office.now):
        office.catch_up()


def owed(person: Person, ticket: str) -> dict[str, datetime]:
    """What is open on the ticket, and when it is due."""
    path = f"/v1/obligations?ticket_id={ticket.rpartition('/')[2]}&is_open=true"
    items = person.get(path).body["items"]
    return {row["name"]: datetime.fromisoformat(row["due_at"]) for row in items}


def step(person: Person, ticket: str, name: str, **form: Any) -> None:
    answer = person.post(f"{ticket}/steps/{name}", {"form": form})
    assert answer.status == 200, answer.body
