"""What a recorded log shows: its cases, activities, variants, throughput times, hand-overs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from application.views.ticket_history import TakenStep
from domain.errors import NotFound
from domain.report import nearest_rank

TOP = 10
"""How many variants are shown."""

DEFINITIONS: Mapping[str, str] = {
    "case": "a ticket of the procedure of which at least one step was taken",
    "event": "a step taken; what the desk adds of itself (opened, closed, reopened) is none",
    "activity": "the pack's word for the step",
    "order": "within a case by the time it happened; at the same time in the order recorded",
    "variant": "the activities of a case in that order; as many cases as that: by their text",
    "throughput": "seconds from the first to the last event of a case",
    "nearest_rank": "the smallest value that is at or above that share of all, themselves values",
    "resource": "who took the step",
    "handover": "consecutive events of one case with different resource",
}


@dataclass
class Tally:
    """What has been counted of a log so far."""

    activities: Counter[str] = field(default_factory=Counter)
    starts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    variants: Counter[tuple[str, ...]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    resources: set[str] = field(default_factory=set)
    handovers: list[int] = field(default_factory=list)

    def add(self, case: Sequence[TakenStep]) -> None:
        """Count in one case, its steps in their order."""
        words = tuple(step.word for step in case)
        self.activities.update(words)
        self.starts[words[0]] += 1
        self.ends[words[-1]] += 1
        self.variants[words] += 1
        self.seconds.append((case[-1].occurred_at - case[0].occurred_at).total_seconds())
        self.resources.update(step.done_by for step in case)
        self.handovers.append(sum(a.done_by != b.done_by for a, b in pairwise(case)))


def event_log(procedure: str, steps: Iterable[TakenStep]) -> dict[str, Any]:
    """The figures of a procedure. Its steps come ticket by ticket, each in its order."""
    tally = Tally()
    for case in _cases(steps):
        tally.add(case)
    return {
        "procedure": procedure,
        "definitions": dict(DEFINITIONS),
        "n_cases": len(tally.seconds),
        "n_events": tally.activities.total(),
        "activities": _by_frequency(tally.activities),
        "start_activities": _by_frequency(tally.starts),
        "end_activities": _by_frequency(tally.ends),
        "n_variants": len(tally.variants),
        "top_variants": _top(tally.variants),
        "throughput_seconds_first_to_last_event_all_cases": _spread(tally.seconds),
        "resources": {"distinct": len(tally.resources)},
        "handovers": {
            "definition": DEFINITIONS["handover"],
            "total": sum(tally.handovers),
            "cases_with_at_least_one": sum(n > 0 for n in tally.handovers),
        },
    }


def log_asked_for(asked: str | None, logs: Sequence[str]) -> str:
    """The procedure to report on, of those of imported logs. Raises NotFound."""
    if asked is None and len(logs) == 1:
        return logs[0]
    if asked is None or asked not in logs:
        what = f"no log has the procedure {asked}" if asked else "which log?"
        raise NotFound(f"{what}; imported: {', '.join(logs) or 'none'}", field="procedure")
    return asked


def _cases(steps: Iterable[TakenStep]) -> Iterator[list[TakenStep]]:
    for _, case in groupby(steps, key=lambda step: step.ticket_id):
        yield list(case)


def _by_frequency(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _top(variants: Counter[tuple[str, ...]]) -> list[dict[str, Any]]:
    texts = [(" > ".join(words), cases) for words, cases in variants.items()]
    texts.sort(key=lambda item: (-item[1], item[0]))
    return [{"variant": text, "cases": cases} for text, cases in texts[:TOP]]


def _spread(values: Iterable[float]) -> dict[str, float | None]:
    ordered = sorted(values)
    n = len(ordered)
    return {
        "n": n,
        "min": ordered[0] if n else None,
        "mean": round(sum(ordered) / n, 3) if n else None,
        "median_nearest_rank": nearest_rank(ordered, 50) if n else None,
        "p90_nearest_rank": nearest_rank(ordered, 90) if n else None,
        "p95_nearest_rank": nearest_rank(ordered, 95) if n else None,
        "max": ordered[-1] if n else None,
    }
