"""Where a figure comes from: each row, whether it counts, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.predicate import Predicate
from domain.report import STATISTICS, Measure, Report, Row


@dataclass(frozen=True)
class Traced:
    """A row that was looked at. `why_not`: what keeps it out of the report; None if it counts.

    `values` are what the definition asked of it; `left_out` names the measures that it is not in,
    each with the reason.
    """

    ticket_id: UUID
    why_not: str | None
    values: dict[str, Any]
    left_out: dict[str, str]


def traced(report: Report, rows: Iterable[Row]) -> list[Traced]:
    looked_at, paths = list(rows), paths_of(report)
    unmet = [None if report.where is None else report.where.unmet(r.look) for r in looked_at]
    if (core := report.core) is not None:
        asked = [row for row, why in zip(looked_at, unmet, strict=True) if why is None]
        among = {id(row) for row in core.among(asked)}
        beyond = f"not among the fewest that have {core.percent} % of {core.of}"
        found = zip(looked_at, unmet, strict=True)
        unmet = [why or (None if id(row) in among else beyond) for row, why in found]
    return [_traced(report, paths, row, why) for row, why in zip(looked_at, unmet, strict=True)]


def _traced(report: Report, paths: Sequence[str], row: Row, why_not: str | None) -> Traced:
    left_out: dict[str, str] = {}
    if why_not is None:
        for name, measure in report.measures.items():
            if (why := _missing(measure, row)) is not None:
                left_out[name] = why
    values = {path: _plain(row.look(path)) for path in paths}
    return Traced(row.ticket_id, why_not, values, left_out)


def _missing(measure: Measure, row: Row) -> str | None:
    if measure.share is not None:
        return measure.share.unmet(row.look)
    asked = [path for kind in STATISTICS if (path := getattr(measure, kind))]
    empty = [path for path in (measure.weights or asked) if row.look(path) is None]
    return f"{', '.join(empty)}: nothing there" if empty else None


def paths_of(report: Report) -> list[str]:
    """All that the definition asks of a row, each once, in its order."""
    asked = [*report.by, *report.columns, *_of_predicate(report.where)]
    asked += [] if report.core is None else [report.core.of]
    for measure in report.measures.values():
        asked += [path for kind in STATISTICS if (path := getattr(measure, kind))]
        asked += [*(measure.ratio or ()), *measure.weights, *_of_predicate(measure.share)]
    return list(dict.fromkeys(asked))


def words_of(report: Report) -> frozenset[str]:
    """The happenings that those values come from."""
    found = {*report.words} or {report.period}
    for path in paths_of(report):
        where, _, name = path.partition(".")
        if where in ("hours", "minutes"):
            found |= set(name.split("."))
        elif where in ("count", "hours_since"):
            found.add(name)
        elif where not in _NO_WORDS:
            found.add(where)
    return frozenset(found)


_NO_WORDS = frozenset({"this", "form", "client", "policy", "list", "actor", "obligation"})


def _of_predicate(predicate: Predicate | None) -> list[str]:
    if predicate is None:
        return []
    inner = [*predicate.all, *predicate.any, *([predicate.not_] if predicate.not_ else [])]
    own = [] if predicate.value is None else [predicate.value]
    return own + [path for part in inner for path in _of_predicate(part)]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | UUID) else value
