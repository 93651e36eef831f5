"""What tests of packs do over and over: take a step, open a matter of the house, read a report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.http import Answer, Office, Person


def at(text: str) -> datetime:
    """An instant in Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00")


def of_the_house(who: Person, procedure: str, **form: Any) -> str:
    """Where a new matter of the house is found: `/v1/tickets/…`."""
    words = {"channel": "internal", "matter": "内部工作", "procedure": procedure, "form": form}
    answer = who.post("/v1/tickets", words)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def step(who: Person, ticket: str, name: str, /, **form: Any) -> Answer:
    """Try to take a step."""
    return who.post(f"{ticket}/steps/{name}", {"form": form})


def done(who: Person, ticket: str, name: str, /, **form: Any) -> Answer:
    """Take a step, which is not refused."""
    answer = step(who, ticket, name, **form)
    assert answer.status == 200, answer.body
    return answer


def surveyed(person: Person, score: str) -> None:
    """A survey, answered once, out of five."""
    survey = of_the_house(person, "survey", period="2026-Q4")
    done(person, survey, "launch", sample=1)
    done(person, survey, "survey_answer", method="phone", score=score)


def report(who: Person, path: str, days: str = "from=2026-11-01&to=2026-12-31") -> Any:
    """The figures of `pack/report`."""
    answer = who.get(f"/v1/reports/{path}?{days}")
    assert answer.status == 200, answer.body
    return answer.body


def proposed(office: Office) -> list[dict[str, Any]]:
    """What the worker has proposed to the ledger by now."""
    office.catch_up()
    office.parts.ledger_claims.tick(office.now)
    found: list[dict[str, Any]] = (
        office.hire("general_manager").get("/v1/ledger/entries").body["items"]
    )
    return found
