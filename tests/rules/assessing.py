"""What tests of assessments begin with: who assesses, what is rated, and what is read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.http import Answer, Office, Person

STAFF_INDICATORS = (
    *("attendance", "performance", "attitude", "hygiene", "discipline"),
    *("responsibility", "enterprise", "insight", "dedication", "product_knowledge"),
)


def opened(
    assessor: Person, scheme: str, subject: Person, period: str = "2026-Q4", **more: Any
) -> str:
    """Where the new assessment is found."""
    body = {"scheme": scheme, "subject_id": str(subject.id), "period": period} | more
    answer = assessor.post("/v1/assessments", body)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def rate(
    rater: Person, assessment: str, as_: str, scores: Mapping[str, Any], **more: Any
) -> Answer:
    said = {name: str(value) for name, value in scores.items()}
    return rater.post(f"{assessment}/ratings", {"rater": as_, "scores": said} | more)


def alike(score: Any, indicators: Sequence[str] = STAFF_INDICATORS) -> dict[str, Any]:
    """The same score for all of them."""
    return dict.fromkeys(indicators, score)


def final(assessor: Person, assessment: str) -> str:
    answer = assessor.post(f"{assessment}/conclusion")
    assert answer.status == 200, answer.body
    return assessment


def scored(assessor: Person, subject: Person, score: Any, period: str = "2026-Q4") -> str:
    """A final assessment of somebody by the scheme of staff."""
    assessment = opened(assessor, "staff", subject, period)
    assert rate(assessor, assessment, "head", alike(score)).status == 200
    return final(assessor, assessment)


def published(assessor: Person, subject: Person, score: Any = 80) -> str:
    assessment = scored(assessor, subject, score)
    assert assessor.post(f"{assessment}/publication").status == 200
    return assessment


def assessor_of(office: Office) -> Person:
    """Of the department that assesses."""
    return office.hire("assessor")


def step(person: Person, ticket: str, word: str, /, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{word}", {"form": form})
