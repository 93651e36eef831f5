"""投诉审视: by the fifth of each month after-sales says how many complaints there were."""

from __future__ import annotations

import pytest

from tests.support.complaints import at, breaches, complained, confirmed, due, owed, report
from tests.support.http import Answer, Office, Person

RATE = {
    "month": "2026-11",
    "confirmed_cases": 2,
    "denominator": 400,
    "denominator_is": "shipments",
}


@pytest.fixture
def reviewer(office: Office) -> Person:
    return office.hire("after_sales", unit="after-sales")


def review_of_november(office: Office, reviewer: Person) -> str:
    """What the calendar opens in December."""
    office.now = at("2026-12-01T08:00:00")
    office.catch_up()
    office.parts.schedules.tick(office.now)
    rows = reviewer.get("/v1/desk/mine").body["items"]
    [found] = [
        row["ticket_id"]
        for row in rows
        if row["procedure"] == "complaint-review" and row["matter"].endswith("2026-12")
    ]
    return f"/v1/tickets/{found}"


def published(reviewer: Person, review: str, **otherwise: object) -> Answer:
    return reviewer.post(f"{review}/steps/publish_rate", {"form": {**RATE, **otherwise}})


@pytest.mark.rule("CH-24")
def test_the_rate_of_november_is_due_on_the_fifth_of_december_a_saturday(
    office: Office, reviewer: Person
):
    review = review_of_november(office, reviewer)

    assert due(reviewer, review, "monthly_review-1") == at("2026-12-05T17:00:00")


@pytest.mark.rule("CH-24")
def test_published_at_five_it_is_in_time(office: Office, reviewer: Person):
    review = review_of_november(office, reviewer)
    office.now = at("2026-12-05T17:00:00")

    assert published(reviewer, review).status == 200
    assert owed(reviewer, review, "monthly_review-1")["status"] == "met"


@pytest.mark.rule("CH-24")
def test_published_a_minute_later_it_is_a_breach(office: Office, reviewer: Person):
    review = review_of_november(office, reviewer)
    office.now = at("2026-12-05T17:01:00")
    late = breaches(office)

    assert published(reviewer, review).status == 200
    assert "monthly_review-1" in late
    assert owed(reviewer, review, "monthly_review-1")["status"] == "met_late"


@pytest.mark.rule("CH-24")
def test_the_rate_shows_the_confirmed_cases_and_what_they_are_divided_by(
    office: Office, reviewer: Person
):
    confirmed(reviewer)
    confirmed(reviewer)
    complained(reviewer)
    cases = report(reviewer, "complaint/confirmed")["measures"]["cases"]["value"]
    review = review_of_november(office, reviewer)

    nothing = published(reviewer, review, denominator=0)
    published(reviewer, review, confirmed_cases=cases)

    shown = report(reviewer, "complaint-review/complaint_rate", "2026-12-01", "2027-01-01")
    [group] = shown["groups"]
    rate = group["measures"]["rate"]
    assert nothing.refusal == (422, "form_refused", "form.denominator")
    assert group["by"] == {"form.month": "2026-11", "form.denominator_is": "shipments"}
    assert (rate["value"], rate["numerator"], rate["denominator"]) == ("0.5", 2, 400)


@pytest.mark.rule("CH-24")
def test_there_is_one_review_a_month(office: Office, reviewer: Person):
    review_of_november(office, reviewer)
    review_of_november(office, reviewer)
    periods = reviewer.get("/v1/desk/mine").body["items"]

    months = [row["matter"][-7:] for row in periods if row["procedure"] == "complaint-review"]
    assert sorted(months) == ["2026-09", "2026-10", "2026-11", "2026-12"]
