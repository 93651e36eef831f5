"""The list of assessments, asked of its table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from application.views.assessments import (
    AssessmentFilter,
    AssessmentList,
    AssessmentRow,
    AssessmentsView,
)
from infrastructure.database import Database
from infrastructure.views.rows import Rows

COMPARED = {
    "scheme": "scheme = %s",
    "period": "period = %s",
    "subject_id": "subject_id = %s",
    "unit": "unit = %s",
    "state": "state = %s",
    "shown_to": "(published_at IS NOT NULL OR (subject_id = %s AND NOT is_hidden))",
    "unless_hidden_from": "NOT (is_hidden AND subject_id = %s)",
}


class PostgresAssessmentList(AssessmentList):
    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, AssessmentsView())

    def page(
        self, asked: AssessmentFilter, *, before: int | None, limit: int
    ) -> list[AssessmentRow]:
        given: dict[str, Any] = {n: v for n in COMPARED if (v := getattr(asked, n)) is not None}
        where = [COMPARED[name] for name in given]
        return self._rows.newest("opened_position", where, [*given.values()], before, limit)

    def of_period(self, scheme: str, period: str, unit: str) -> list[UUID]:
        rows = self._rows.many(
            "WHERE scheme = %s AND period = %s AND unit = coalesce(nullif(%s, ''), unit)"
            " ORDER BY opened_position",
            *(scheme, period, unit),
        )
        return [row.assessment_id for row in rows]

    def of_year(self, year: int) -> list[AssessmentRow]:
        return self._rows.many(
            "WHERE left(period, 4) = %s AND score IS NOT NULL ORDER BY opened_position", str(year)
        )

    def of_years(self, years: Sequence[int], since: datetime, until: datetime) -> list[UUID]:
        rows = self._rows.tuples(
            "SELECT assessment_id FROM reporting.assessments WHERE left(period, 4) = ANY(%s)"
            " OR (opened_at >= %s AND opened_at < %s) ORDER BY opened_position",
            *([str(year) for year in years], since, until),
        )
        return [assessment_id for (assessment_id,) in rows]
