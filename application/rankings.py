"""Rankings: who stands where in a period, published with all results, and rewards proposed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from application.assessment_commands import PublishAssessment
from application.assessments import Assessments
from application.desk import AlreadyExists, Command, Desk
from application.ledger import BY_RULES, Ledger, ProposeEntry
from application.register import Receipt
from application.schemes import Named, Schemes
from application.views.assessments import AssessmentList
from domain.aggregate import Act, staff_ref
from domain.assessed import OwnAssessment
from domain.assessment import Assessment
from domain.errors import NotFound, Refused
from domain.own import must_be_another
from domain.period import days_of
from domain.ranking import Line, NobodyRanked, Ranking, ranked
from domain.zone import Zone


class NotAllFinal(Refused):
    code = "not_all_final"


@dataclass(frozen=True, kw_only=True)
class PublishRanking(Command):
    """Of a unit, or of all. Published again once an appeal has changed a score."""

    PERMISSION: ClassVar[str] = "assessment.publish"
    scheme: str
    period: str
    unit: str = ""


class Rankings:
    def __init__(
        self,
        desk: Desk,
        schemes: Schemes,
        assessments: Assessments,
        rows: AssessmentList,
        ledger: Ledger,
    ) -> None:
        self._desk, self._schemes, self._assessments = desk, schemes, assessments
        self._rows, self._ledger = rows, ledger

    def publish(self, command: PublishRanking) -> Receipt:
        """Ranking first, then each result, then each reward: said again, done once.

        Raises NotFound, NobodyRanked, NotAllFinal, OwnAssessment, NotYourRating.
        """
        ranking_id = Ranking.id_of(command.scheme, command.period, command.unit)

        def get(act: Act) -> Ranking:
            try:
                return self._desk.load(Ranking, ranking_id, command)
            except NotFound:
                return self._first(command, act)

        def decide(ranking: Ranking, act: Act) -> None:
            named = self._schemes.named(command.scheme, act.at)
            ranking.revise(named.scheme, self._lines(named, command, act), act=act)

        receipt = self._desk.change_or_create(get, command, decide)
        ranking = self._desk.look_up(Ranking, ranking_id)
        for line in ranking.lines:
            self._publish_result(line, command)
            self._propose_reward(ranking, line, command)
        return receipt

    def ranking(self, scheme: str, period: str, unit: str = "") -> Ranking:
        """Raises NotFound."""
        return self._desk.look_up(Ranking, Ranking.id_of(scheme, period, unit))

    def _first(self, command: PublishRanking, act: Act) -> Ranking:
        named = self._schemes.named(command.scheme, act.at)
        return Ranking.publish(
            named.name,
            named.scheme,
            self._lines(named, command, act),
            pack=named.content.pack,
            pack_version=named.content.version,
            period=command.period,
            unit=command.unit,
            act=act,
        )

    def _lines(self, named: Named, command: PublishRanking, act: Act) -> list[Line]:
        """Asks the list which there are, and the register how each of them ended."""
        rule = named.scheme.ranking
        ids = self._rows.of_period(named.name, command.period, command.unit)
        if rule is None or not ids:
            raise NobodyRanked(f"nobody is ranked by {named.name} in {command.period}")
        known: list[Assessment] = self._desk.look_up_all(ids)
        open_ = [str(one.id) for one in known if one.score is None]
        if open_:
            said = f"{len(open_)} of {len(known)} are not final"
            raise NotAllFinal(said, rule=rule.rule, assessments=open_)
        own = OwnAssessment("nobody publishes a ranking they stand in", rule=rule.rule)
        must_be_another({staff_ref(one.subject_id) for one in known}, act, own)
        return ranked(rule, {one.subject_id: (one.id, one.score or 0) for one in known})

    def _publish_result(self, line: Mapping[str, Any], command: PublishRanking) -> None:
        self._assessments.publish(
            PublishAssessment(
                by=command.by,
                command_id=f"{command.command_id} {line['assessment']}",
                received_at=command.received_at,
                occurred_at=command.occurred_at,
                acting_for=command.acting_for,
                assessment_id=UUID(line["assessment"]),
            )
        )

    def _propose_reward(
        self, ranking: Ranking, line: Mapping[str, Any], command: PublishRanking
    ) -> None:
        rule = self._schemes.named(ranking.scheme, command.at).scheme.ranking
        amount = line["reward_minor_units"]
        if rule is None or rule.table is None or not amount:
            return
        whole, minor = divmod(amount, 100)
        proposal = ProposeEntry(
            table=rule.table,
            holder=f"staff:{line['staff']}",
            facts={
                "amount": f"{whole}.{minor:02}",
                "rank": line["rank"],
                "period": ranking.period,
                "staff": line["staff"],
                "scheme": ranking.scheme,
            },
            payable_from=self._payable_from(ranking),
            by=BY_RULES,
            command_id=f"{command.command_id} reward {line['staff']}",
            received_at=command.received_at,
        )
        with suppress(AlreadyExists):  # proposed with an earlier publication
            self._ledger.propose(proposal)

    def _payable_from(self, ranking: Ranking) -> datetime | None:
        """The first instant of the month in which it is paid, in the desk's zone."""
        if ranking.payout_month is None:
            return None
        first, _ = days_of(ranking.payout_month)
        return Zone(self._desk.zone.key).instant(first, 0)
