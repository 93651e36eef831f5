"""Schemes: how somebody is assessed, as a pack says it. Indicators, raters, weights, ranking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from domain.form import Word
from domain.roles import ROLES

Every = Literal["month", "quarter", "half_year", "year", "once"]

PERIODS: Mapping[Every, str] = {
    "month": r"\d{4}-(0[1-9]|1[0-2])",
    "quarter": r"\d{4}-Q[1-4]",
    "half_year": r"\d{4}-H[12]",
    "year": r"\d{4}",
    "once": r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}",
}
"""How a period of a scheme is written; what is not periodic has a word of its own."""


LARGEST = Decimal(10) ** 12
"""Bounds lie below it."""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of indicators, with its part of the whole."""

    title: Word
    weight: Decimal

    def __post_init__(self) -> None:
        _must_be_parts(self.weight)


class Figure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure of a report, of the assessed: where `by` of a group is their id.

    `growth`: by how many percent it is more than in the period before.
    """

    pack: Word
    report: Word
    measure: Word
    by: Word = "this.owner_id"
    growth: bool = False


class Indicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is looked at. Without `weight` the indicators of its group count alike.

    `rated` by people, from 0 to `most`; `planned`: what was done of what was planned; `measured`:
    what a report says, of a `target`, or with none only shown. Of the latter two no more than
    `cap` times what was wanted counts. `by`: the raters who rate it; all if none is named.
    """

    title: Word
    group: Word | None = None
    weight: Decimal | None = None
    kind: Literal["rated", "planned", "measured"] = "rated"
    by: frozenset[Word] = frozenset()
    most: Decimal = Decimal(100)
    cap: Decimal = Decimal(1)
    target: Decimal | None = None
    figure: Figure | None = None
    required: bool = True

    def __post_init__(self) -> None:
        if (self.kind == "measured") != (self.figure is not None):
            raise ValueError("a figure goes with kind measured")
        if self.kind != "rated" and self.by:
            raise ValueError("by goes with kind rated")
        _must_be_parts(self.weight)
        for bound in (self.most, self.cap, self.target):
            if bound is not None and not (bound.is_finite() and 0 < bound < LARGEST):
                raise ValueError("most, cap and target are above 0")

    @property
    def is_shown_only(self) -> bool:
        """Whether it is a figure that counts for nothing."""
        return self.kind == "measured" and self.target is None


class Rater(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who rates, with which part of the whole; raters without weight count alike.

    `who`: the assessed, their superior, a client by whom it is told, or whoever has one of the
    `roles`. `competence`: what whoever rates has to be certified for (TN-10).
    """

    title: Word
    who: Literal["self", "superior", "client", "role"] = "role"
    roles: frozenset[Word] = frozenset()
    weight: Decimal | None = None
    competence: Word | None = None
    rule: Word | None = None

    def __post_init__(self) -> None:
        _must_be_parts(self.weight)


class Reward(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each gets whose rank lies from the first of `ranks` to the second, both included."""

    ranks: tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(ge=1)]]
    amount_minor_units: Annotated[int, Meta(ge=1)]


class RankingRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is equal shares a rank: behind two firsts comes the third, or if `dense` the second.

    `paid_in`: the months in which rewards are paid, the first of them after the period (SA-02).
    `table`: the table of the ledger by which they are proposed.
    """

    ties: Literal["shared", "dense"] = "shared"
    rewards: tuple[Reward, ...] = ()
    paid_in: tuple[Annotated[int, Meta(ge=1, le=12)], ...] = ()
    currency: Word = "CNY"
    table: Word | None = None
    rule: Word | None = None

    def reward(self, rank: int) -> int:
        """In minor units; 0 if there is none."""
        amounts = (r.amount_minor_units for r in self.rewards if r.ranks[0] <= rank <= r.ranks[1])
        return next(amounts, 0)


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scores are taken only while the plan, a ticket of that procedure, is in that state."""

    procedure: Word
    state: Word
    rule: Word | None = None


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An inspection begins by being started. `hidden`: kinds that nobody tells the inspected of
    before; `permit`: kinds for which the inspector shows a permit."""

    methods: tuple[Word, ...] = ()
    hidden: frozenset[Word] = frozenset()
    permit: frozenset[Word] = frozenset()
    rule: Word | None = None


class Scheme(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How somebody is assessed. All weights on one level add up to 1.

    `heaviest`: the group with a larger weight than any other. `kinds`: axes along which an
    assessment is said to be of some kind. `pass_mark`: below it the assessed has failed, and loses
    the roles in `revokes` when it is applied. `published_by`: any who may if none is named.
    `copies`: to whom the record is delivered.
    """

    title: Word
    period: Every = "once"
    groups: dict[Word, Part] = {}
    heaviest: Word | None = None
    indicators: dict[Word, Indicator]
    raters: dict[Word, Rater] = {}
    kinds: dict[Word, tuple[Word, ...]] = {}
    check: Check | None = None
    plan: Plan | None = None
    ranking: RankingRule | None = None
    published_by: frozenset[Word] = frozenset()
    appeal_days: Annotated[int, Meta(ge=0, le=366)] = 0
    pass_mark: Decimal | None = None
    revokes: frozenset[Word] = frozenset()
    copies: tuple[Word, ...] = ()
    rule: Word | None = None

    def __post_init__(self) -> None:
        mark = self.pass_mark
        if mark is not None and not (mark.is_finite() and 0 <= mark < LARGEST):
            raise ValueError("pass_mark is 0 or more")

    @property
    def scored(self) -> dict[str, Indicator]:
        """Those that count for something."""
        return {name: one for name, one in self.indicators.items() if not one.is_shown_only}

    def of_kind(self, kind: str) -> dict[str, Indicator]:
        return {name: one for name, one in self.indicators.items() if one.kind == kind}

    def rated_by(self, rater: str) -> dict[str, Indicator]:
        """What that rater rates."""
        rated = self.of_kind("rated").items()
        return {name: one for name, one in rated if not one.by or rater in one.by}

    def is_period(self, period: str) -> bool:
        return re.fullmatch(PERIODS[self.period], period, re.ASCII) is not None

    def faults(self) -> list[str]:
        """What keeps it from being used, each naming its place."""
        return [*self._weight_faults(), *self._name_faults(), *self._rank_faults()]

    def _weight_faults(self) -> Iterable[str]:
        yield from _sum_fault("groups", [part.weight for part in self.groups.values()])
        yield from _sum_fault("raters", [rater.weight for rater in self.raters.values()])
        for group in self.groups or (None,):
            of_group = [one.weight for one in self.scored.values() if one.group == group]
            where = f"indicators of {group}" if group else "indicators"
            yield from _sum_fault(where, of_group) if of_group else [f"{where}: there are none"]
        largest = self.groups.get(self.heaviest or "")
        if self.heaviest is not None and (
            largest is None
            or any(g.weight >= largest.weight for g in self.groups.values() if g is not largest)
        ):
            yield f"groups: {self.heaviest} has to have the largest weight"

    def _name_faults(self) -> Iterable[str]:
        for name, one in self.indicators.items():
            if (one.group is not None or self.groups) and one.group not in self.groups:
                yield f"indicators.{name}.group: no group {one.group}"
            for rater in sorted(one.by - self.raters.keys()):
                yield f"indicators.{name}.by: no rater {rater}"
        if self.of_kind("rated") and not self.raters:
            yield "raters: nobody rates"
        yield from (f"raters.{r}: rates nothing" for r in self.raters if not self.rated_by(r))
        said = {"published_by": self.published_by, "revokes": self.revokes}
        said |= {f"raters.{name}.roles": rater.roles for name, rater in self.raters.items()}
        for place, roles in said.items():
            yield from (f"{place}: no role {role}" for role in sorted(roles - ROLES))
        kinds = {kind for axis in self.kinds.values() for kind in axis}
        asked = self.check.hidden | self.check.permit if self.check else frozenset[str]()
        yield from (f"check: no kind {kind}" for kind in sorted(asked - kinds))

    def _rank_faults(self) -> Iterable[str]:
        if self.ranking is None:
            return
        if self.ranking.paid_in and self.period == "once":
            yield "ranking.paid_in: rewards of no period are paid in no month"
        ranks = sorted(reward.ranks for reward in self.ranking.rewards)
        if any(first > last for first, last in ranks) or any(
            one[1] >= other[0] for one, other in pairwise(ranks)
        ):
            yield "ranking.rewards: no rank has two rewards"


def _must_be_parts(weight: Decimal | None) -> None:
    if weight is not None and not (weight.is_finite() and 0 <= weight <= 1):
        raise ValueError("a weight is a part of one")


def _sum_fault(where: str, weights: list[Decimal | None]) -> list[str]:
    """Either none says a weight, or all do and they add up to 1."""
    said = [weight for weight in weights if weight is not None]
    if not said:
        return []
    if len(said) < len(weights):
        return [f"{where}: some have a weight and some have none"]
    return [] if sum(said) == 1 else [f"{where}: the weights add up to {sum(said)}, not 1"]
