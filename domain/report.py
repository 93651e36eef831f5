"""Reports: figures over tickets or happenings, as a pack defines them. Exact, and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from statistics import median
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from domain.form import Word
from domain.predicate import Predicate

BEHIND = 1_000
"""How many of the tickets behind a figure are named."""

LARGEST = 20
"""Digits before the point; a number of more was not meant."""

N = TypeVar("N", float, Decimal)

TICKETS, OBLIGATIONS = "tickets", "obligations"
"""What a report is over unless it names words: each ticket once, or each promise of time that is
due in the period.
"""

CLIENTS, LEDGER = "clients", "ledger"
"""What else it may be over: each client once, or each line of the ledger that is of the period."""

ASSESSMENTS, NUMBERS = "assessments", "numbers"
"""Or each assessment of the period, or each number of the registers that was given, or is missing
before one that was.
"""

SOURCES = frozenset({TICKETS, OBLIGATIONS, CLIENTS, LEDGER, ASSESSMENTS, NUMBERS})


class Row(Protocol):
    """A ticket, one happening on it, or a client; `look` says what a path stands for.

    `ticket_id` names what stands behind a figure: of a client, that client.
    """

    @property
    def ticket_id(self) -> UUID: ...

    def look(self, path: str, /) -> Any: ...


def nearest_rank(ordered: Sequence[N], percent: int) -> N:
    """The smallest of the values that at least so many percent of them do not exceed."""
    return ordered[-(-percent * len(ordered) // 100) - 1]


STATISTICS: Mapping[str, Callable[[list[Decimal]], Decimal]] = {
    "mean": lambda values: sum(values, Decimal()) / len(values),
    "median": median,
    "p90": lambda values: nearest_rank(sorted(values), 90),
    "sum": lambda values: sum(values, Decimal()),
    "min": min,
    "max": max,
}


class Measure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure: how many, the percent of those where something holds, or a statistic of a path.

    `ratio`: how many percent the sum of one path is of the sum of another, both whole numbers.
    `weights`: of each row the weighted mean of these paths is taken, of those that are filled.
    `out_of`: the figure as percent of the best that there is.
    """

    count: bool = False
    share: Predicate | None = None
    ratio: tuple[Word, Word] | None = None
    mean: Word | None = None
    median: Word | None = None
    p90: Word | None = None
    sum: Word | None = None
    min: Word | None = None
    max: Word | None = None
    weights: dict[Word, Decimal] = {}
    out_of: Decimal | None = None

    def __post_init__(self) -> None:
        kinds = [self.count, self.share, self.ratio, *(getattr(self, kind) for kind in STATISTICS)]
        if sum(bool(kind) for kind in kinds) != 1:
            raise ValueError(
                "a measure is one of count, share, ratio, mean, median, p90, sum, min, max"
            )
        bounds = [*self.weights.values(), *([] if self.out_of is None else [self.out_of])]
        if not all(bound.is_finite() and bound > 0 for bound in bounds):
            raise ValueError("weights and out_of are above 0")

    def of(self, rows: Sequence[Row]) -> Figure:
        if self.count:
            return Figure(Decimal(len(rows)), rows)
        if self.share is not None:
            return _share([row for row in rows if self.share.holds(row.look)], rows)
        if self.ratio is not None:
            return _ratio(*self.ratio, rows)
        kind = next(kind for kind in STATISTICS if getattr(self, kind))
        return self._statistic(kind, rows)

    def _statistic(self, kind: str, rows: Sequence[Row]) -> Figure:
        weights = self.weights or {getattr(self, kind): Decimal(1)}
        found = [(row, n) for row in rows if (n := _weighted(weights, row)) is not None]
        behind, numbers = [row for row, _ in found], [number for _, number in found]
        if not numbers:
            return Figure(Decimal() if kind == "sum" else None, (), places=2)
        value = STATISTICS[kind](numbers)
        if self.out_of is None:
            return Figure(value, behind, places=2)
        return Figure(100 * value / self.out_of, behind, places=1)


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a measure must reach, and by how much more each year after the base year.

    `at_most` in place of `value`: what it must not exceed, and by how much that moves each year.
    """

    value: Decimal | None = None
    at_most: Decimal | None = None
    step_per_year: Decimal = Decimal()
    base_year: int | None = None
    measure: Word | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.at_most is None):
            raise ValueError("a target is a value, or at_most")

    def in_year(self, year: int) -> Decimal:
        since = 0 if self.base_year is None else year - self.base_year
        bound = self.value if self.at_most is None else self.at_most
        assert bound is not None
        return bound + self.step_per_year * since

    def is_met(self, reached: Decimal, year: int) -> bool:
        bound = self.in_year(year)
        return reached >= bound if self.at_most is None else reached <= bound


class Core(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fewest rows, those with most of `of` first, that together have `percent` of all of it."""

    of: Word
    percent: Annotated[int, Meta(ge=1, le=100)]

    def among(self, rows: Sequence[Row]) -> list[Row]:
        sizes = [(_number(row.look(self.of)) or Decimal(), row) for row in rows]
        ordered = sorted(sizes, key=lambda sized: sized[0], reverse=True)
        needed = sum((size for size, _ in sizes), Decimal()) * self.percent / 100
        core, reached = list[Row](), Decimal()
        for size, row in ordered:
            if reached >= needed:
                break
            core.append(row)
            reached += size
        return core


class Report(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows, how they are grouped, and what is measured or listed of them.

    `period` is the word whose last time counts, where it is over tickets. `codes` names the list
    whose codes are shown, in order, even with nothing behind them. `code` is what the catalogue
    calls it, like R-03 (II-5); `headings`, how its columns are called where people read them.
    `core`: only the few rows that matter most.
    """

    title: Word
    code: Word | None = None
    rule: Word | None = None
    over: str | tuple[Word, ...] = TICKETS
    procedures: tuple[Word, ...] = ()
    period: Word = "opened"
    where: Predicate | None = None
    by: tuple[Word, ...] = ()
    codes: Word | None = None
    measures: dict[Word, Measure] = {}
    columns: tuple[Word, ...] = field(name="list", default=())
    target: Target | None = None
    trend: bool = False
    headings: dict[Word, Word] = {}
    core: Core | None = None

    def __post_init__(self) -> None:
        if not (self.measures or self.columns):
            raise ValueError("a report measures or lists something")
        if self.codes is not None and len(self.by) != 1:
            raise ValueError("codes go with one path to group by")
        if self.target is not None and self.aimed_at is None:
            raise ValueError("a target names one of the measures")

    @property
    def words(self) -> tuple[str, ...]:
        """The happenings that it is over; none: tickets, or what was promised."""
        if isinstance(self.over, str):
            return () if self.over in SOURCES else (self.over,)
        return self.over

    @property
    def is_of_tickets(self) -> bool:
        """Whether its rows are tickets, what happened on them, or what was promised."""
        return bool(self.words) or self.over in (TICKETS, OBLIGATIONS)

    @property
    def permission(self) -> str:
        """What whoever reads it must have."""
        needed: Mapping[object, str] = {LEDGER: "ledger.read", ASSESSMENTS: "assessment.read"}
        return needed.get(self.over, "read")

    @property
    def aimed_at(self) -> str | None:
        """The measure that the target speaks of: the one that it names, or the only one."""
        named = self.target.measure if self.target else None
        if named is None and len(self.measures) == 1:
            return next(iter(self.measures))
        return named if named in self.measures else None


@dataclass(frozen=True)
class Figure:
    """An exact value, None where there is nothing to divide by, and the rows behind it."""

    value: Decimal | None
    behind: Sequence[Row]
    places: int = 0
    parts: Mapping[str, int] | None = None

    def to_data(self) -> dict[str, Any]:
        behind = list(dict.fromkeys(row.ticket_id for row in self.behind))
        return {"value": self.said, **(self.parts or {}), "tickets": behind[:BEHIND]}

    @property
    def said(self) -> str | int | None:
        return self.tell(self.value)

    def less(self, before: Figure) -> str | int | None:
        """By how much it is more than the one before."""
        if self.value is None or before.value is None:
            return None
        return self.tell(self.value - before.value)

    def tell(self, value: Decimal | None) -> str | int | None:
        if value is None:
            return None
        return in_text(value, self.places) if self.places else int(value)


def compute(
    report: Report,
    rows: Iterable[Row],
    *,
    year: int,
    codes: Sequence[str] = (),
    before: Iterable[Row] | None = None,
) -> dict[str, Any]:
    """The report over the rows of a period, as data; `before`: those of the period before it.

    Counts are whole numbers; percentages are texts with one decimal place, others with two. The
    tickets of a share are those where it holds.
    """
    asked = _asked(report, rows)
    figures = _figures(report, asked)
    past = None if before is None else _figures(report, _asked(report, before))
    return {
        "rows": len(asked),
        "measures": _data(figures),
        "groups": _groups(report, asked, codes) if report.by else [],
        "list": [_listed(report, row) for row in asked] if report.columns else [],
        "target": _aim(report, figures, year),
        "trend": None if past is None else _trend(figures, past),
    }


def in_text(value: Decimal, places: int) -> str:
    """Rounded half up, without zeros at the end: "80", "79.2", "0.05"."""
    steady = Context(prec=24).plus(value)  # a third of an hour, three times, is an hour
    rounded = steady.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60))
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _asked(report: Report, rows: Iterable[Row]) -> list[Row]:
    asked = [row for row in rows if report.where is None or report.where.holds(row.look)]
    return asked if report.core is None else report.core.among(asked)


def _listed(report: Report, row: Row) -> dict[str, Any]:
    return {path: _shown(row.look(path)) for path in report.columns}


def _figures(report: Report, rows: Sequence[Row]) -> dict[str, Figure]:
    return {name: measure.of(rows) for name, measure in report.measures.items()}


def _data(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: figure.to_data() for name, figure in figures.items()}


def _share(holding: Sequence[Row], rows: Sequence[Row]) -> Figure:
    value = Decimal(100 * len(holding)) / len(rows) if rows else None
    parts = {"numerator": len(holding), "denominator": len(rows)}
    return Figure(value, holding, places=1, parts=parts)


def _ratio(path: str, of: str, rows: Sequence[Row]) -> Figure:
    above, below = (sum(_number(row.look(p)) or 0 for row in rows) for p in (path, of))
    value = Decimal(100 * above) / below if below else None
    parts = {"numerator": int(above), "denominator": int(below)}
    return Figure(value, rows, places=1, parts=parts)


def _weighted(weights: Mapping[str, Decimal], row: Row) -> Decimal | None:
    filled = [(w, n) for path, w in weights.items() if (n := _number(row.look(path))) is not None]
    total = sum((weight for weight, _ in filled), Decimal())
    return (
        sum((weight * number for weight, number in filled), Decimal()) / total if filled else None
    )


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < LARGEST else None


def _groups(report: Report, rows: Sequence[Row], codes: Sequence[str]) -> list[dict[str, Any]]:
    """The codes in their order, then whatever else there is."""
    groups: dict[bytes, tuple[list[Any], list[Row]]] = {_key([c]): ([c], []) for c in codes}
    others: dict[bytes, tuple[list[Any], list[Row]]] = {}
    for row in rows:
        values = [_shown(row.look(path)) for path in report.by]
        key = _key(values)
        (groups if key in groups else others).setdefault(key, (values, []))[1].append(row)
    in_order = [*groups.values(), *sorted(others.values(), key=lambda group: _order(group[0]))]
    return [
        {
            "by": dict(zip(report.by, values, strict=True)),
            "rows": len(grouped),
            "measures": _data(_figures(report, grouped)),
        }
        for values, grouped in in_order
    ]


def _key(values: list[Any]) -> bytes:
    return msgspec.json.encode(values)


def _order(values: list[Any]) -> list[tuple[bool, Decimal, str]]:
    """Numbers by size, texts by letter, nothing at the end."""
    return [(v is None, _number(v) or Decimal(), str(v)) for v in values]


def _shown(value: Any) -> Any:
    return in_text(value, 2) if isinstance(value, Decimal) else value


def _aim(report: Report, figures: Mapping[str, Figure], year: int) -> dict[str, Any] | None:
    if report.target is None or report.aimed_at is None:
        return None
    reached = figures[report.aimed_at].value
    return {
        "measure": report.aimed_at,
        "required": in_text(report.target.in_year(year), 2),
        "met": None if reached is None else report.target.is_met(reached, year),
        **({} if report.target.at_most is None else {"is_most": True}),
    }


def _trend(now: Mapping[str, Figure], before: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        name: {"before": before[name].said, "difference": figure.less(before[name])}
        for name, figure in now.items()
    }
