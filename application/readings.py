"""What reports say, where a pack asks for it; other questions are passed on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from application.reports.asked import ReportAsked
from application.reports.packs import Reports
from domain.errors import DomainError
from domain.following import Question
from domain.pack_people import People, Reading, Sample
from domain.pack_rules import Across, value_of
from domain.period import days_of
from domain.predicate import Look


class Readings:
    """Of reports that everybody may read. The views may be some milliseconds behind."""

    def __init__(
        self, reports: Reports, others: Callable[[Across | People | Sample, Look], Any]
    ) -> None:
        self._reports, self._others = reports, others

    def __call__(self, question: Question, look: Look) -> Any:
        """Nothing where there is no such report, period or measure."""
        if not isinstance(question, Reading):
            return self._others(question, look)
        pack, _, report = str(value_of(question.report, look)).partition("/")
        try:
            since, until = days_of(str(value_of(question.period, look)))
            asked = ReportAsked(pack=pack, report=report, from_=since, to=until, now=look("now"))
            if self._reports.permission(asked) != "read":
                return {}
            said = self._reports.report(asked)
        except DomainError:
            return {}
        return _told(said, question.measure)


def _told(said: dict[str, Any], measure: str | None) -> dict[str, Any]:
    target, figures = said["target"] or {}, said["measures"]
    measure = measure or target.get("measure") or next(iter(figures), None)
    if measure not in figures:
        return {}
    aim = target if target.get("measure") == measure else {}
    value = figures[measure]["value"]
    return {
        "value": None if value is None else str(value),
        "target": aim.get("required"),
        "met": aim.get("met"),
    }
