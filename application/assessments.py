"""How commands on assessments are carried out: with the scheme, and what else has to be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.assessment_commands import (
    ApplyAssessment,
    AssessmentCommand,
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
from application.desk import Desk
from application.levels import Levels, RevokePosition
from application.register import Receipt
from application.reports.asked import ReportAsked
from application.reports.packs import Reports
from application.schemes import Named, Schemes
from application.views.client_file import ClientFile
from domain.aggregate import Act
from domain.assessment import Assessment
from domain.client import Client
from domain.errors import Invalid, NotFound, Refused
from domain.period import days_before
from domain.scheme import Figure, Scheme
from domain.scoring import PlanAndActual, growth
from domain.staff import Staff
from domain.ticket import Ticket


class NotTrained(Refused):
    code = "assessor_not_trained"


class NotCollecting(Refused):
    code = "plan_not_collecting"


class Assessments:
    def __init__(
        self, desk: Desk, schemes: Schemes, levels: Levels, reports: Reports, clients: ClientFile
    ) -> None:
        self._desk, self._schemes, self._levels = desk, schemes, levels
        self._reports, self._clients = reports, clients

    def open(self, command: OpenAssessment) -> Receipt:
        """One of a person in a period. Raises NotFound, SchemeNotInForce, AlreadyExists."""

        def make(act: Act) -> Assessment:
            named = self._schemes.named(command.scheme, act.at)
            self._must_be_planned(named.scheme, command.plan_id)
            subject = self._desk.look_up(Staff, command.subject_id)
            subject.must_serve()
            return Assessment.open(
                named.name,
                named.scheme,
                subject_id=subject.id,
                period=command.period,
                kinds=command.kinds,
                pack=named.content.pack,
                pack_version=named.content.version,
                unit=subject.unit,
                plan_id=command.plan_id,
                act=act,
            )

        return self._desk.create(command, make)

    def start(self, command: StartAssessment) -> Receipt:
        """Raises NotFound, WrongStage, Invalid."""
        return self._change(
            command,
            lambda one, scheme, act: one.start(
                scheme, methods=command.methods, permit=command.permit, act=act
            ),
        )

    def draw_sample(self, command: DrawSample) -> Receipt:
        """Raises NotFound, WrongStage, Invalid."""

        def decide(one: Assessment, scheme: Scheme, act: Act) -> None:
            clients = command.clients
            if clients is None:
                clients = tuple(self._clients.registered_by(act.at))
            one.draw_sample(clients, seed=command.seed, size=command.size, act=act)

        return self._change(command, decide)

    def rate(self, command: RateAssessment) -> Receipt:
        """Raises NotFound, WrongStage, NotYourRating, NotTrained, NotCollecting, Invalid."""

        def decide(one: Assessment, scheme: Scheme, act: Act) -> None:
            self._must_be_collecting(scheme, one)
            if command.client_id is not None:
                self._desk.must_exist(Client, command.client_id)
            one.rate(
                scheme,
                command.rater,
                command.scores,
                client_id=command.client_id,
                superior_id=self._desk.look_up(Staff, one.subject_id).superior_id,
                act=act,
            )
            self._must_be_trained(scheme, command, act)

        return self._change(command, decide)

    def compare_plan(self, command: ComparePlan) -> Receipt:
        """Raises NotFound, WrongStage, NotCollecting, OwnAssessment, Invalid."""
        told = {
            name: PlanAndActual(said["plan"], said["actual"])
            for name, said in command.items.items()
        }

        def decide(one: Assessment, scheme: Scheme, act: Act) -> None:
            self._must_be_collecting(scheme, one)
            one.compare_plan(scheme, told, act=act)

        return self._change(command, decide)

    def measure(self, command: MeasureAssessment) -> Receipt:
        """Ask the reports. They may be some milliseconds behind. Raises as above."""

        def decide(one: Assessment, scheme: Scheme, act: Act) -> None:
            self._must_be_collecting(scheme, one)
            form = {
                name: found
                for name, asked in scheme.of_kind("measured").items()
                if asked.figure and (found := self._figure(asked.figure, one, command.received_at))
            }
            one.measure(form, act=act)

        return self._change(command, decide)

    def judge_evaluation(self, command: JudgeEvaluation) -> Receipt:
        """Raises NotFound, WrongStage, OwnAssessment, Invalid."""
        return self._change(
            command,
            lambda one, scheme, act: one.judge_evaluation(
                scheme, command.rating, fair=command.fair, act=act
            ),
        )

    def finalise(self, command: FinaliseAssessment) -> Receipt:
        """Raises NotFound, WrongStage, Incomplete, OwnAssessment."""
        return self._change(command, lambda one, scheme, act: one.finalise(scheme, act=act))

    def deliver(self, command: DeliverCopy) -> Receipt:
        """Raises NotFound, WrongStage, Invalid."""
        return self._change(
            command, lambda one, scheme, act: one.deliver(scheme, command.copy, act=act)
        )

    def publish(self, command: PublishAssessment) -> Receipt:
        """Raises NotFound, WrongStage, OwnAssessment, NotYourRating."""
        return self._change(command, lambda one, scheme, act: one.publish(scheme, act=act))

    def file_appeal(self, command: FileAppeal) -> Receipt:
        """Raises NotFound, NotYourRating, AppealTooLate, WrongStage, Invalid."""
        return self._change(command, lambda one, scheme, act: one.file_appeal(scheme, act=act))

    def decide_appeal(self, command: DecideAssessmentAppeal) -> Receipt:
        """Raises NotFound, WrongStage, OwnAssessment, Invalid."""
        return self._change(
            command,
            lambda one, _, act: one.decide_appeal(
                upheld=command.upheld, corrected=command.score, act=act
            ),
        )

    def apply_result(self, command: ApplyAssessment) -> Receipt:
        """Who failed loses the position, by a second command (SA-06): said again, done once.

        Raises NotFound, WrongStage, UnderAppeal, OwnAssessment.
        """
        receipt = self._change(command, lambda one, scheme, act: one.apply_result(scheme, act=act))
        one = self._desk.look_up(Assessment, command.assessment_id)
        if one.revokes:
            self._levels.revoke_position(
                RevokePosition(
                    by=command.by,
                    command_id=f"{command.command_id} position",
                    received_at=command.received_at,
                    occurred_at=command.occurred_at,
                    acting_for=command.acting_for,
                    reason=command.reason,
                    staff_id=one.subject_id,
                    roles=one.revokes,
                    assessment_id=one.id,
                )
            )
        return receipt

    def named(self, one: Assessment) -> Named:
        return self._schemes.of(one)

    def _change(
        self, command: AssessmentCommand, decide: Callable[[Assessment, Scheme, Act], None]
    ) -> Receipt:
        """To whoever is to be inspected, what is hidden is not there (AM-12)."""

        def decided(one: Assessment, act: Act) -> None:
            if one.hidden and command.by.staff_id == one.subject_id:
                raise NotFound(f"no assessment {one.id}", field="assessment_id")
            decide(one, self._schemes.of(one).scheme, act)

        return self._desk.change(Assessment, command.assessment_id, command, decided)

    def _must_be_planned(self, scheme: Scheme, plan_id: UUID | None) -> None:
        """Raises Invalid, NotFound (AM-14)."""
        if scheme.plan is None:
            if plan_id is not None:
                raise Invalid("it follows no plan", field="plan_id")
        elif (
            plan_id is None
            or self._desk.look_up(Ticket, plan_id).procedure != scheme.plan.procedure
        ):
            said = f"it follows a {scheme.plan.procedure}"
            raise Invalid(said, field="plan_id", rule=scheme.plan.rule)

    def _must_be_collecting(self, scheme: Scheme, one: Assessment) -> None:
        """Raises NotCollecting (AM-14)."""
        if scheme.plan is not None and one.plan_id is not None:
            state = self._desk.look_up(Ticket, one.plan_id).state
            if state != scheme.plan.state:
                said = f"the plan is {state}, not {scheme.plan.state}"
                raise NotCollecting(said, rule=scheme.plan.rule)

    def _must_be_trained(self, scheme: Scheme, command: RateAssessment, act: Act) -> None:
        """Raises NotTrained (TN-10)."""
        asked = scheme.raters[command.rater]
        if asked.competence is None:
            return
        who = command.by.staff_id
        if who is None or not self._desk.look_up(Staff, who).is_competent(asked.competence, act.at):
            said = f"whoever rates as {command.rater} is certified for {asked.competence}"
            raise NotTrained(said, rule="TN-10")

    def _figure(self, asked: Figure, one: Assessment, now: datetime) -> dict[str, Any] | None:
        """None where there is nothing to compare with."""
        value, tickets = self._measured(asked, one, now, back=0)
        if not asked.growth:
            return {"value": str(value), "tickets": tickets}
        before, earlier = self._measured(asked, one, now, back=1)
        grown = growth(before, value)
        return None if grown is None else {"value": str(grown), "tickets": [*earlier, *tickets]}

    def _measured(
        self, asked: Figure, one: Assessment, now: datetime, *, back: int
    ) -> tuple[Decimal, list[str]]:
        """0 where the report says nothing of them."""
        since, until = days_before(one.period, back)
        report = self._reports.report(
            ReportAsked(pack=asked.pack, report=asked.report, from_=since, to=until, now=now)
        )
        for group in report["groups"]:
            if group["by"] == {asked.by: str(one.subject_id)}:
                found = group["measures"][asked.measure]
                return Decimal(found["value"] or 0), [str(ticket) for ticket in found["tickets"]]
        return Decimal(), []
