"""Somebody is assessed at the busy desk, from the opening to what follows from it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

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
from application.desk import Actor
from application.levels import AssignLevel, CommendStaff
from application.people import NameSuperior, TakePost
from domain.aggregate import staff_ref
from domain.assessment import Assessment
from tests.support.assessments import LADDER_SAID, SAID
from tests.support.facts import C1, M1, RECORDED_PACK, WANG_FANG

if TYPE_CHECKING:
    from tests.infrastructure.views.busy_desk import BusyDesk

SCHEME_PACK: dict[str, Any] = {
    **RECORDED_PACK,
    "pack": "schemes",
    "schemes": {"busy": SAID},
    "ladders": {"am_level": LADDER_SAID},
}
ALL_ROLES = frozenset({"assessor", "director", "staff"})


def assess(busy: BusyDesk, pick: int) -> None:
    """A member of staff of their own, who fails, appeals in vain, and loses a role."""
    busy.register_staff()
    subject_id, parts = busy.staff[-1], busy.parts
    post = {"post": "主管", "roles": ("cs_supervisor", "staff")}
    parts.people.take_post(TakePost(**busy.told(), staff_id=subject_id, **post))
    parts.people.name_superior(NameSuperior(**busy.told(), staff_id=subject_id, superior_id=M1))
    told = _told(busy, M1)
    opening = {"scheme": "busy", "subject_id": subject_id, "period": f"20{pick:02}-Q1"}
    opened = parts.assessments.open(OpenAssessment(**told(), **opening, kinds=("random",)))
    on = {"assessment_id": opened.stream_id}
    assessments, scores = parts.assessments, {"service": Decimal(40)}
    assessments.start(StartAssessment(**told(), **on, methods=("inquiry",)))
    assessments.draw_sample(DrawSample(**told(), **on, seed=pick, size=1, clients=(C1,)))
    assessments.rate(RateAssessment(**told("assessor"), **on, rater="head", scores=scores))
    by_client = RateAssessment(
        **told("assessor"), **on, rater="clients", scores=scores, client_id=C1
    )
    assessments.rate(by_client)
    assessments.judge_evaluation(JudgeEvaluation(**told(), **on, rating="rating-2", fair=True))
    visits = {"visits": {"plan": Decimal(4), "actual": Decimal(1)}}
    assessments.compare_plan(ComparePlan(**told(), **on, items=visits))
    parts.desk.change(
        Assessment,
        opened.stream_id,
        MeasureAssessment(**told(), **on),
        lambda one, act: one.measure({"clients": {"value": "3", "tickets": []}}, act=act),
    )
    assessments.finalise(FinaliseAssessment(**told(), **on))
    assessments.deliver(DeliverCopy(**told(), **on, copy="file"))
    assessments.publish(PublishAssessment(**told(), **on))
    own = Actor(staff_ref(subject_id), frozenset({"staff"}), subject_id)
    assessments.file_appeal(FileAppeal(**_now(busy.told(own)), **on))
    decision = {"upheld": True, "score": 4100}
    decided = DecideAssessmentAppeal(**_told(busy, WANG_FANG)("director"), **on, **decision)
    assessments.decide_appeal(decided)
    level = {"ladder": "am_level", "level": "grade2", "assessment_id": opened.stream_id}
    parts.levels.assign(AssignLevel(**told("director"), staff_id=subject_id, **level))
    assessments.apply_result(ApplyAssessment(**told(), **on))
    text = busy.text("commendation")
    parts.levels.commend(CommendStaff(**told("director"), staff_id=subject_id, text=text))


def _told(busy: BusyDesk, who: UUID) -> Any:
    def told(*roles: str) -> dict[str, Any]:
        by = Actor(staff_ref(who), ALL_ROLES | set(roles), who)
        return _now(busy.told(by))

    return told


def _now(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"occurred_at": None}
