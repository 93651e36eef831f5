"""好差评: a bad review is verified, put right and called back about, and so counts 100 %."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.http import Office, Person, id_in, opened


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_a_bad_review_is_closed_when_all_three_are_done(office: Office) -> None:
    clerk = office.hire("front_desk", unit="hall-1")
    officer = office.hire("cs_officer", unit="hall-1")
    supervisor = office.hire("cs_supervisor", unit="hall-1")
    office.now = at("2026-11-23T16:00:00")
    served = opened(clerk)
    clerk.post(f"{served}/answer", {"text": "明天上门"})
    clerk.post(f"{served}/closure")
    form = {"ticket": str(id_in(served)), "staff": str(clerk.id), "score": 1, "comment": "态度冷淡"}
    review = opened(officer, procedure="review", channel="app", matter="评价", form=form)

    assert owed(officer, review) == {
        "review_verification": at("2026-11-24T17:00:00"),
        "review_feedback": at("2026-11-26T17:00:00"),
    }
    assert rates(officer) == ("0", "0", "0", False)

    step(officer, review, "feed_back", text="您的评价已收到, 正在核实")
    office.now = at("2026-11-24T10:00:00")
    step(officer, review, "verify", founded=True, finding="录像与所述一致")
    step(clerk, review, "appeal", grounds="当时排队人多")
    office.now = at("2026-11-25T10:00:00")
    step(supervisor, review, "decide_appeal", upheld=False, grounds="人多不是理由")

    assert owed(officer, review) == {"review_rectification": at("2026-12-01T17:00:00")}
    assert officer.post(f"{review}/closure").body["rule"] == "SS-01"

    office.now = at("2026-11-26T10:00:00")
    step(officer, review, "rectify", measures="岗位培训, 增开窗口")
    office.now = at("2026-11-27T10:00:00")
    step(officer, review, "call_back_reviewer", satisfied=True, result="客户认可整改")
    closing = officer.post(f"{review}/closure")

    assert closing.status == 200
    assert officer.get(review).body["state"] == "closed"
    office.now = at("2026-12-01T09:00:00")
    assert rates(officer) == ("100", "100", "100", True)


def rates(person: Person) -> tuple[Any, ...]:
    """Verified, rectified, called back in November, and whether that is 100 %."""
    path = "/v1/reports/review/bad_reviews?from=2026-11-01&to=2026-12-01&unit=hall-1"
    month = person.get(path).body
    named = (month["measures"][name]["value"] for name in ("verified", "rectified", "called_back"))
    return (*named, month["target"]["met"])


def owed(person: Person, ticket: str) -> dict[str, datetime]:
    """What is open on the ticket, and when it is due."""
    path = f"/v1/obligations?ticket_id={id_in(ticket)}&is_open=true"
    items = person.get(path).body["items"]
    return {row["name"]: datetime.fromisoformat(row["due_at"]) for row in items}


def step(person: Person, ticket: str, name: str, **form: Any) -> None:
    answer = person.post(f"{ticket}/steps/{name}", {"form": form})
    assert answer.status == 200, answer.body
