"""The list of assessments: of whom, in which period, under which scheme, and how far they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.assessment import Assessment


@dataclass(slots=True)
class AssessmentRow:
    assessment_id: Annotated[UUID, "Id of the assessment"]
    opened_position: Annotated[int, "Position of the opening; orders the list"]
    scheme: Annotated[str, "By which scheme"]
    pack: Annotated[str, "The pack that it stands in"]
    pack_version: Annotated[int, "Version of that pack"]
    subject_id: Annotated[UUID, "The member of staff who is assessed"]
    period: Annotated[str, "The period, like 2026-Q4"]
    unit: Annotated[str, "The unit in which they served"]
    kinds: Annotated[list[str], "Of which kinds it is"]
    is_hidden: Annotated[bool, "Whether the assessed are not told of it yet"]
    opened_at: Annotated[datetime, "When opened, as told"]
    state: Annotated[str, "planned, open, final, published or applied"]
    score: Annotated[int | None, "In hundredths; once it is final"] = None
    score_with_all: Annotated[int | None, "With evaluations that were judged unfair"] = None
    groups: Annotated[dict[str, int], "Scores of the groups, in hundredths"] = field(
        default_factory=dict
    )
    delivered: Annotated[list[str], "Who has a copy"] = field(default_factory=list)
    published_at: Annotated[datetime | None, "When published, as told"] = None
    is_under_appeal: Annotated[bool, "Whether an appeal is open"] = False
    passed: Annotated[bool | None, "Once it is applied"] = None
    version: Annotated[int, "Version of the assessment that this row shows"] = 1
    position: Annotated[int, "Register position that this row shows"] = 0


class AssessmentsView(View[AssessmentRow]):
    name = "assessments"
    span = Span.STREAM
    row = AssessmentRow
    facts = frozenset(events_of(Assessment))
    indexes = ("opened_position", "scheme, period", "subject_id")

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: AssessmentRow | None, fact: Fact, key: Any) -> AssessmentRow:
        row = _opened(fact) if row is None else row
        _apply(row, fact)
        row.version, row.position = fact.event.originator_version, fact.position
        return row


def _opened(fact: Fact) -> AssessmentRow:
    event = fact.event
    assert isinstance(event, Assessment.Opened)
    return AssessmentRow(
        assessment_id=event.originator_id,
        opened_position=fact.position,
        scheme=event.scheme,
        pack=event.pack,
        pack_version=event.pack_version,
        subject_id=event.subject_id,
        period=event.period,
        unit=event.unit,
        kinds=event.kinds,
        is_hidden=event.hidden,
        opened_at=event.timestamp,
        state="planned" if event.starts else "open",
    )


def _apply(row: AssessmentRow, fact: Fact) -> None:  # noqa: C901 - one case a fact
    match fact.event:
        case Assessment.Started():
            row.state, row.is_hidden = "open", False
        case Assessment.Finalised(score=score, with_all=with_all, form=groups):
            row.state, row.score, row.score_with_all, row.groups = "final", score, with_all, groups
        case Assessment.Delivered(copy=copy):
            row.delivered = [*row.delivered, copy]
        case Assessment.Published():
            row.state, row.published_at = "published", fact.event.timestamp
        case Assessment.AppealFiled():
            row.is_under_appeal = True
        case Assessment.AppealDecided(score=score):
            row.is_under_appeal, row.score = False, score
        case Assessment.Applied(passed=passed):
            row.state, row.passed = "applied", passed
        case Assessment.Opened() | Assessment.SampleDrawn() | Assessment.Rated():
            pass
        case Assessment.PlanCompared() | Assessment.Measured() | Assessment.EvaluationJudged():
            pass  # what was said so far is read from the register, with the scheme
        case other:
            raise NotImplementedError(f"assessments has no case for {type(other)}")


@dataclass(frozen=True, kw_only=True)
class AssessmentFilter:
    """What is None is not asked. `shown_to`: only what is published, or their own and told."""

    scheme: str | None = None
    period: str | None = None
    subject_id: UUID | None = None
    unit: str | None = None
    state: str | None = None
    shown_to: UUID | None = None
    unless_hidden_from: UUID | None = None


class AssessmentList(ABC):
    """The questions."""

    @abstractmethod
    def page(
        self, asked: AssessmentFilter, *, before: int | None, limit: int
    ) -> list[AssessmentRow]:
        """Newest first, those opened before the position `before`."""

    @abstractmethod
    def of_period(self, scheme: str, period: str, unit: str) -> list[UUID]:
        """All of a scheme in a period, of a unit or of all ("")."""

    @abstractmethod
    def of_year(self, year: int) -> list[AssessmentRow]:
        """Those of a period in that year that are at least final, in the order of opening."""

    @abstractmethod
    def of_years(self, years: Sequence[int], since: datetime, until: datetime) -> list[UUID]:
        """Those of a period in these years, or opened in the time, in the order of opening."""
