"""Commands on assessments: who is assessed, what is said, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from application.desk import Command


@dataclass(frozen=True, kw_only=True)
class OpenAssessment(Command):
    """`plan_id`: the ticket of the yearly plan, where the scheme asks for one."""

    PERMISSION: ClassVar[str] = "assessment.manage"
    scheme: str
    subject_id: UUID
    period: str
    kinds: tuple[str, ...] = ()
    plan_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AssessmentCommand(Command):
    PERMISSION: ClassVar[str] = "assessment.manage"
    assessment_id: UUID


@dataclass(frozen=True, kw_only=True)
class StartAssessment(AssessmentCommand):
    methods: tuple[str, ...] = ()
    permit: str | None = None


@dataclass(frozen=True, kw_only=True)
class DrawSample(AssessmentCommand):
    """Of these clients, or of all on file by then."""

    seed: int
    size: int
    clients: tuple[UUID, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class RateAssessment(AssessmentCommand):
    """`client_id`: by whom it is told, where a client rates. Raters never stand in each other's
    way."""

    PERMISSION: ClassVar[str] = "assessment.rate"
    COMMUTES: ClassVar[bool] = True
    rater: str
    scores: Mapping[str, Decimal]
    client_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ComparePlan(AssessmentCommand):
    """`items`: by indicator what was planned and what was done."""

    items: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MeasureAssessment(AssessmentCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class JudgeEvaluation(AssessmentCommand):
    rating: str
    fair: bool


@dataclass(frozen=True, kw_only=True)
class FinaliseAssessment(AssessmentCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class DeliverCopy(AssessmentCommand):
    copy: str


@dataclass(frozen=True, kw_only=True)
class PublishAssessment(AssessmentCommand):
    PERMISSION: ClassVar[str] = "assessment.publish"


@dataclass(frozen=True, kw_only=True)
class FileAppeal(AssessmentCommand):
    PERMISSION: ClassVar[str] = "assessment.appeal"


@dataclass(frozen=True, kw_only=True)
class DecideAssessmentAppeal(AssessmentCommand):
    """`score` in hundredths, where the appeal is upheld."""

    PERMISSION: ClassVar[str] = "assessment.decide"
    upheld: bool
    score: int | None = None


@dataclass(frozen=True, kw_only=True)
class ApplyAssessment(AssessmentCommand):
    PERMISSION: ClassVar[str] = "assessment.publish"
