"""Scores: from what raters said and figures show to one number. Exact until it is rounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from domain.scheme import Indicator, Scheme


@dataclass(frozen=True)
class Rating:
    """What one rater said. `source`: `staff:<id>` or `client:<id>`; `fair`: None if not judged."""

    id: str
    rater: str
    source: str
    by: str
    scores: Mapping[str, Decimal]
    fair: bool | None = None

    @property
    def counts(self) -> bool:
        return self.fair is not False


@dataclass(frozen=True)
class PlanAndActual:
    plan: Decimal
    actual: Decimal


@dataclass(frozen=True)
class Sheet:
    """Everything that was said of one person in one period. `figures`: what reports showed."""

    ratings: Sequence[Rating] = ()
    planned: Mapping[str, PlanAndActual] = field(default_factory=dict)
    figures: Mapping[str, Decimal] = field(default_factory=dict)

    def with_all(self) -> Sheet:
        """As if every evaluation had been fair."""
        fair = [Rating(r.id, r.rater, r.source, r.by, r.scores) for r in self.ratings]
        return Sheet(fair, self.planned, self.figures)


def missing(scheme: Scheme, sheet: Sheet) -> list[str]:
    """What keeps it from being complete: raters who said nothing, indicators without a score."""
    raters = [name for name in scheme.raters if not _said_by(sheet, name)]
    indicators = [
        name
        for name, one in scheme.indicators.items()
        if one.required and not _is_there(scheme, sheet, name, one, raters)
    ]
    return [*raters, *indicators]


def score(scheme: Scheme, sheet: Sheet) -> Fraction | None:
    """From 0 to 100 (more where a cap allows it); None as long as nothing that counts was said."""
    groups = group_scores(scheme, sheet)
    if not scheme.groups:
        return groups.get("")
    return _mean((Fraction(scheme.groups[name].weight), one) for name, one in groups.items())


def group_scores(scheme: Scheme, sheet: Sheet) -> dict[str, Fraction]:
    """By group; under "" where there are none."""
    found: dict[str, list[tuple[Fraction, Fraction]]] = {}
    for name, one in scheme.scored.items():
        value = indicator_score(scheme, sheet, name)
        if value is not None:
            weight = Fraction(1) if one.weight is None else Fraction(one.weight)
            found.setdefault(one.group or "", []).append((weight, value))
    means = {group: _mean(values) for group, values in found.items()}
    return {group: mean for group, mean in means.items() if mean is not None}


def indicator_score(scheme: Scheme, sheet: Sheet, name: str) -> Fraction | None:
    """In percent; None if nothing was said."""
    one = scheme.indicators[name]
    if one.kind == "planned":
        told = sheet.planned.get(name)
        return None if told is None else _reached(one, told.actual, told.plan)
    if one.kind == "measured":
        figure = sheet.figures.get(name)
        return None if figure is None or one.target is None else _reached(one, figure, one.target)
    parts = []
    for rater, asked in scheme.raters.items():
        if name in scheme.rated_by(rater) and (said := _scores(sheet, rater, name)):
            weight = Fraction(1) if asked.weight is None else Fraction(asked.weight)
            parts.append((weight, sum(said, Fraction()) / len(said)))
    mean = _mean(parts)
    return None if mean is None else mean * 100 / Fraction(one.most)


def hundredths(exact: Fraction) -> int:
    """Rounded half up."""
    return int((exact * 100 + Fraction(1, 2)) // 1)


def growth(before: Decimal, now: Decimal) -> Decimal | None:
    """In percent of what was before, four places; None where there was nothing before."""
    if not before:
        return None
    exact = Fraction(now - before) / Fraction(before) * 100
    return Decimal(hundredths(exact * 100)).scaleb(-4)


def ranks(scores: Mapping[str, int], ties: Literal["shared", "dense"]) -> list[tuple[str, int]]:
    """Who, with their rank, the best first; those with the same score in the order of their ids."""
    in_order = sorted(scores, key=lambda who: (-scores[who], who))
    levels = sorted(set(scores.values()), reverse=True)

    def rank(who: str) -> int:
        if ties == "dense":
            return levels.index(scores[who]) + 1
        return sum(other > scores[who] for other in scores.values()) + 1

    return [(who, rank(who)) for who in in_order]


def _mean(parts: Iterable[tuple[Fraction, Fraction]]) -> Fraction | None:
    """Weighted, of those that are there; None where that is nothing."""
    known = list(parts)
    total = sum((weight for weight, _ in known), Fraction())
    return sum((w * value for w, value in known), Fraction()) / total if total else None


def _reached(one: Indicator, actual: Decimal, wanted: Decimal) -> Fraction:
    """What was done of what was wanted, in percent, capped. Nothing wanted is reached at once."""
    rate = Fraction(actual) / Fraction(wanted) if wanted else Fraction(one.cap)
    return min(max(rate, Fraction()), Fraction(one.cap)) * 100


def _said_by(sheet: Sheet, rater: str) -> bool:
    return any(rating.rater == rater and rating.counts for rating in sheet.ratings)


def _scores(sheet: Sheet, rater: str, name: str) -> list[Fraction]:
    return [
        Fraction(rating.scores[name])
        for rating in sheet.ratings
        if rating.rater == rater and rating.counts and name in rating.scores
    ]


def _is_there(
    scheme: Scheme, sheet: Sheet, name: str, one: Indicator, silent: Sequence[str]
) -> bool:
    """Each of its raters who said anything has scored it; who said nothing is missed as such."""
    if one.kind == "planned":
        return name in sheet.planned
    if one.kind == "measured":
        return name in sheet.figures
    asked = [r for r in scheme.raters if name in scheme.rated_by(r) and r not in silent]
    return all(_scores(sheet, rater, name) for rater in asked)
