"""Schemas and routes of assessments: who is assessed, what is said, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate

from application.assessment_commands import (
    ApplyAssessment,
    ComparePlan,
    DecideAssessmentAppeal,
    DeliverCopy,
    DrawSample,
    FileAppeal,
    FinaliseAssessment,
    JudgeEvaluation,
    MeasureAssessment,
    OpenAssessment,
    PublishAssessment,
    RateAssessment,
    StartAssessment,
)
from application.views.assessments import AssessmentFilter, AssessmentRow
from domain.assessed import MOST_SAMPLED
from interface.http.answers import answered, created, json, page
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, PageQuery, ReadQuery, Text, page_of, shown
from interface.http.services import services

resource = Resource("assessments", "/v1/assessments", "Assessments (考核)")

AssessmentRowSchema = shown(AssessmentRow, "AssessmentRow")

STATES = ("planned", "open", "final", "published", "applied")

LARGEST = 10**12


def number(places: int = 6, **kwargs: Any) -> fields.Decimal:
    """A decimal, as text or number, from 0 on; exact, with so many places at most."""

    def must_fit(value: Decimal) -> None:
        exponent = value.as_tuple().exponent
        if not 0 <= value <= LARGEST or not isinstance(exponent, int) or exponent < -places:
            raise ValidationError(f"0 to {LARGEST}, at most {places} decimal places")

    return fields.Decimal(places=None, allow_nan=False, validate=must_fit, **kwargs)


class AssessmentSchema(Schema):
    """As whoever reads it may know it: who was assessed is not told by whom."""

    assessment_id = fields.UUID(required=True)
    scheme = fields.String(required=True)
    title = fields.String(required=True)
    pack = fields.String(required=True)
    pack_version = fields.Integer(required=True)
    subject_id = fields.UUID(required=True)
    period = fields.String(required=True)
    unit = fields.String(required=True)
    kinds = fields.List(fields.String(), required=True)
    state = fields.String(required=True)
    status = fields.String(required=True, metadata={"description": "complete or incomplete"})
    missing = fields.List(fields.String(), required=True)
    is_under_appeal = fields.Boolean(required=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)
    delivered = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)
    score = fields.String(allow_none=True)
    score_with_all = fields.String(allow_none=True)
    indicators = fields.Dict()
    ratings = fields.List(fields.Dict())
    sample = fields.Dict()


class OpenBody(CommandBody):
    scheme = Text(64, required=True)
    subject_id = fields.UUID(required=True)
    period = Text(64, required=True, metadata={"description": "2026-11, 2026-Q4, 2026 …"})
    kinds = fields.List(Text(64), validate=validate.Length(max=20))
    plan_id = fields.UUID(metadata={"description": "The ticket of the yearly plan"})


@resource.post("", OpenBody, status=201)
def open_assessment(body: dict[str, Any]) -> Response:
    """Open the one assessment of somebody in a period of a scheme."""
    body["kinds"] = tuple(body.get("kinds", ()))
    receipt = services().assessments.open(command(OpenAssessment, body))
    return created(receipt, "assessments.show_assessment", assessment_id=receipt.stream_id)


class ListQuery(PageQuery):
    scheme = Text(64)
    period = Text(64)
    subject_id = fields.UUID()
    unit = Text(64)
    state = fields.String(validate=validate.OneOf(STATES))


@resource.get("", page_of(AssessmentRowSchema), ListQuery)
def list_assessments(query: dict[str, Any]) -> Response:
    """Assessments that are published, or one's own; all for those who look on."""
    asked = AssessmentFilter(
        **{n: query.get(n) for n in ("scheme", "period", "subject_id", "unit", "state")}
    )
    who, file = reader(), services().assessment_file
    return page(
        query,
        lambda before, limit: file.page(asked, who, before=before, limit=limit),
        lambda row: row.opened_position,
    )


class UndeliveredQuery(ReadQuery):
    year = fields.Integer(required=True, validate=validate.Range(min=1900, max=2999))


UndeliveredSchema = Schema.from_dict(
    {
        "assessment_id": fields.UUID(),
        "subject_id": fields.UUID(),
        "scheme": fields.String(),
        "period": fields.String(),
        "missing": fields.List(fields.String()),
    },
    name="Undelivered",
)


@resource.get(
    "/undelivered",
    Schema.from_dict({"items": fields.List(fields.Nested(UndeliveredSchema))}, name="YearEnd"),
    UndeliveredQuery,
)
def list_undelivered(query: dict[str, Any]) -> Response:
    """At the end of a year: records of which a copy has not reached whom it is for."""
    return json({"items": services().assessment_file.undelivered(query["year"], reader())})


@resource.get("/<uuid:assessment_id>", AssessmentSchema)
def show_assessment(query: dict[str, Any], assessment_id: UUID) -> Response:
    """One assessment, as far as it is for you."""
    told, version = services().assessment_file.told(assessment_id, reader())
    return json(told, headers={"ETag": f'"{version}"'})


class StartBody(CommandBody):
    methods = fields.List(Text(64), validate=validate.Length(max=20))
    permit = Text(100, metadata={"description": "Number of the inspection permit (考察证)"})


@resource.post("/<uuid:assessment_id>/start", StartBody)
def start_assessment(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Begin an inspection; from now on the inspected may know."""
    body["methods"] = tuple(body.get("methods", ()))
    started = command(StartAssessment, body, assessment_id=assessment_id)
    return answered(services().assessments.start(started))


class SampleBody(CommandBody):
    seed = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=2**53 - 1))
    size = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MOST_SAMPLED)
    )
    clients = fields.List(fields.UUID(), validate=validate.Length(min=1, max=10_000))


@resource.post("/<uuid:assessment_id>/sample", SampleBody)
def draw_sample(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Draw the clients whose evaluation counts; the same seed draws the same."""
    if "clients" in body:
        body["clients"] = tuple(body["clients"])
    drawn = command(DrawSample, body, assessment_id=assessment_id)
    return answered(services().assessments.draw_sample(drawn))


class RateBody(CommandBody):
    rater = Text(64, required=True, metadata={"description": "As which rater of the scheme"})
    scores = fields.Dict(Text(64), number(), required=True, validate=validate.Length(1, 200))
    client_id = fields.UUID(metadata={"description": "By whom it is told, where a client rates"})


@resource.post("/<uuid:assessment_id>/ratings", RateBody)
def rate_assessment(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Score indicators, as one of the raters of the scheme."""
    rating = command(RateAssessment, body, assessment_id=assessment_id)
    return answered(services().assessments.rate(rating))


class PlanAndActualSchema(Schema):
    plan = number(required=True)
    actual = number(required=True)


class ComparisonBody(CommandBody):
    items = fields.Dict(
        Text(64),
        fields.Nested(PlanAndActualSchema),
        required=True,
        validate=validate.Length(1, 200),
    )


@resource.post("/<uuid:assessment_id>/comparison", ComparisonBody)
def compare_plan(body: dict[str, Any], assessment_id: UUID) -> Response:
    """What was planned, and what was done."""
    compared = command(ComparePlan, body, assessment_id=assessment_id)
    return answered(services().assessments.compare_plan(compared))


@resource.post("/<uuid:assessment_id>/measurement", CommandBody)
def measure_assessment(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Take what reports show of the period."""
    measured = command(MeasureAssessment, body, assessment_id=assessment_id)
    return answered(services().assessments.measure(measured))


class JudgementBody(CommandBody):
    fair = fields.Boolean(required=True)


@resource.post("/<uuid:assessment_id>/ratings/<string:rating>/judgement", JudgementBody)
def judge_evaluation(body: dict[str, Any], assessment_id: UUID, rating: str) -> Response:
    """Whether what a client said is fair; what is not stays on record and does not count."""
    judged = command(JudgeEvaluation, body, assessment_id=assessment_id, rating=rating)
    return answered(services().assessments.judge_evaluation(judged))


@resource.post("/<uuid:assessment_id>/conclusion", CommandBody)
def finalise_assessment(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Nothing is missing: the score is what it is."""
    final = command(FinaliseAssessment, body, assessment_id=assessment_id)
    return answered(services().assessments.finalise(final))


class DeliveryBody(CommandBody):
    copy = Text(64, required=True, metadata={"description": "For whom the copy is"})


@resource.post("/<uuid:assessment_id>/delivery", DeliveryBody)
def deliver_copy(body: dict[str, Any], assessment_id: UUID) -> Response:
    """A copy of the record has reached whom it is for."""
    delivered = command(DeliverCopy, body, assessment_id=assessment_id)
    return answered(services().assessments.deliver(delivered))


@resource.post("/<uuid:assessment_id>/publication", CommandBody)
def publish_assessment(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Feed the result back, and let everybody see it."""
    published = command(PublishAssessment, body, assessment_id=assessment_id)
    return answered(services().assessments.publish(published))


@resource.post("/<uuid:assessment_id>/appeal", CommandBody)
def file_appeal(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Say why one's own result is wrong, in the days that the scheme allows."""
    appeal = command(FileAppeal, body, assessment_id=assessment_id)
    return answered(services().assessments.file_appeal(appeal))


class AppealDecisionBody(CommandBody):
    upheld = fields.Boolean(required=True)
    score = number(2, metadata={"description": "The score from now on, if upheld; two places"})


@resource.post("/<uuid:assessment_id>/appeal/decision", AppealDecisionBody)
def decide_assessment_appeal(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Uphold the appeal, with another score, or dismiss it."""
    if "score" in body:
        body["score"] = int(body["score"] * 100)
    decided = command(DecideAssessmentAppeal, body, assessment_id=assessment_id)
    return answered(services().assessments.decide_appeal(decided))


@resource.post("/<uuid:assessment_id>/application", CommandBody)
def apply_assessment(body: dict[str, Any], assessment_id: UUID) -> Response:
    """Carry out what follows from the result."""
    applied = command(ApplyAssessment, body, assessment_id=assessment_id)
    return answered(services().assessments.apply_result(applied))
