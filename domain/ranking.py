"""The Ranking: who stands where in a period of a scheme, and what they get for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.assessment import ASSESSMENTS, must_have_role
from domain.errors import Refused
from domain.period import days_of
from domain.scheme import RankingRule, Scheme
from domain.scoring import ranks
from domain.zone import first_of_month, month_number


class NobodyRanked(Refused):
    code = "nobody_ranked"


@dataclass(frozen=True)
class Line:
    """`score` in hundredths, `reward` in minor units."""

    staff_id: UUID
    assessment_id: UUID
    score: int
    rank: int
    reward: int

    def to_data(self) -> dict[str, Any]:
        return {
            "staff": str(self.staff_id),
            "assessment": str(self.assessment_id),
            "score": self.score,
            "rank": self.rank,
            "reward_minor_units": self.reward,
        }


class Ranking(Aggregate):
    """Of a unit, or of all (""). Published again, it is another of the same people."""

    TOPIC = "ranking"

    class Published(InitialEvent):
        """`payout_month`: in which rewards are paid, like 2027-01."""

        TOPIC = "ranking.published"
        scheme: str
        pack: str
        pack_version: int
        period: str
        unit: str
        payout_month: str | None
        content: dict[str, Any]

    class Revised(Aggregate.Event):
        TOPIC = "ranking.revised"
        content: dict[str, Any]

        def apply(self, aggregate: Ranking) -> None:
            aggregate.content = self.content

    def __init__(
        self,
        *,
        scheme: str,
        pack: str,
        pack_version: int,
        period: str,
        unit: str,
        payout_month: str | None,
        content: dict[str, Any],
        timestamp: datetime,
    ) -> None:
        self.scheme, self.pack, self.pack_version = scheme, pack, pack_version
        self.period, self.unit, self.payout_month = period, unit, payout_month
        self.content, self.published_at = content, timestamp

    @property
    def units(self) -> frozenset[str]:
        return frozenset({self.unit} if self.unit else ())

    @property
    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.content["lines"]
        return lines

    @staticmethod
    def id_of(scheme: str, period: str, unit: str) -> UUID:
        return uuid5(ASSESSMENTS, f"ranking/{scheme}/{period}/{unit}")

    @classmethod
    def publish(
        cls,
        name: str,
        scheme: Scheme,
        lines: Sequence[Line],
        *,
        pack: str,
        pack_version: int,
        period: str,
        unit: str,
        act: Act,
    ) -> Ranking:
        """Raises NobodyRanked, NotYourRating where another role publishes (SA-01)."""
        must_have_role(scheme, act)
        if scheme.ranking is None or not lines:
            raise NobodyRanked(f"nobody is ranked by {name} in {period}", rule=scheme.rule)
        ranking_id = cls.id_of(name, period, unit)
        return cls._start(
            cls.Published,
            ranking_id,
            act,
            subject=ranking_id,
            scheme=name,
            pack=pack,
            pack_version=pack_version,
            period=period,
            unit=unit,
            payout_month=payout_month(scheme.ranking, period),
            content=_content(lines),
        )

    def revise(self, scheme: Scheme, lines: Sequence[Line], *, act: Act) -> None:
        """After an appeal was upheld. The same again changes nothing."""
        must_have_role(scheme, act)
        if _content(lines) != self.content:
            self._record(self.Revised, act, content=_content(lines))


def ranked(rule: RankingRule, scores: Mapping[UUID, tuple[UUID, int]]) -> list[Line]:
    """By staff: their assessment, and its score in hundredths."""
    places = ranks({str(staff): score for staff, (_, score) in scores.items()}, rule.ties)
    return [
        Line(UUID(staff), *scores[UUID(staff)], rank, rule.reward(rank)) for staff, rank in places
    ]


def payout_month(rule: RankingRule, period: str) -> str | None:
    """The first of the paying months behind a period: 2026-Q4 is paid in 2027-01 (SA-02)."""
    if not rule.paid_in:
        return None
    _, behind = days_of(period)
    months = (first_of_month(month_number(behind) + ahead) for ahead in range(12))
    return next(f"{first:%Y-%m}" for first in months if first.month in rule.paid_in)


def _content(lines: Sequence[Line]) -> dict[str, Any]:
    return {"lines": [line.to_data() for line in lines]}
