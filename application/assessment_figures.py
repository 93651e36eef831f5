"""Assessments as figures ask about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from application.views.assessments import AssessmentRow
from domain.scheme import Scheme
from domain.scoring import Sheet, hundredths, indicator_score


@dataclass(frozen=True, kw_only=True)
class AssessmentFigures:
    """One assessment with what was said so far, under the scheme that it was opened under."""

    row: AssessmentRow
    scheme: Scheme
    sheet: Sheet

    @property
    def ticket_id(self) -> UUID:
        """What stands behind a figure over assessments: the assessment."""
        return self.row.assessment_id

    def look(self, path: str) -> Any:
        """`assessment.score`, `group.G` once it is final; `indicator.I`, `plan.I`, `actual.I`."""
        where, _, name = path.partition(".")
        known: Mapping[str, Callable[[str], Any]] = {
            "assessment": self._of_assessment,
            "group": lambda group: _whole(self.row.groups.get(group)),
            "indicator": self._indicator,
            "plan": lambda one: (said := self.sheet.planned.get(one)) and said.plan,
            "actual": lambda one: (said := self.sheet.planned.get(one)) and said.actual,
        }
        if path == "this.unit":
            return self.row.unit
        return known[where](name) if where in known else None

    def _of_assessment(self, name: str) -> Any:
        if name in ("score", "score_with_all"):
            return _whole(getattr(self.row, name))
        if name == "undelivered":
            return [copy for copy in self.scheme.copies if copy not in self.row.delivered]
        value = getattr(self.row, name, None)
        return str(value) if isinstance(value, UUID) else value

    def _indicator(self, name: str) -> Decimal | None:
        found: Fraction | None = None
        if name in self.scheme.indicators:
            found = indicator_score(self.scheme, self.sheet, name)
        return None if found is None else _whole(hundredths(found))


def _whole(in_hundredths: int | None) -> Decimal | None:
    return None if in_hundredths is None else Decimal(in_hundredths) / 100
