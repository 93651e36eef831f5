"""`yice import` and `yice report event-log`: what is seen of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from application.event_log import LogFile, RefusedRow
from application.importing import Import
from application.log_batch import Outcome
from interface.printing import err, out, print_json, print_table, progress_bar

SHOWN = 20
"""How many refused rows people are shown; scripts get them all."""

Report = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a log, and how long it took.

    `projection_seconds` is None if nobody waited for the views; `stopped_views` are those that
    failed, each with its reason.
    """

    outcome: Outcome
    import_seconds: float
    projection_seconds: float | None
    stopped_views: list[str]

    @property
    def events_per_second(self) -> float:
        """Of the imported ones, until they were to be seen in the views if that was waited for."""
        return self.outcome.imported / (self.import_seconds + (self.projection_seconds or 0.0))

    @property
    def exit_code(self) -> int:
        return 1 if self.outcome.refused or self.stopped_views else 0


def run_import(
    importing: Import, file: LogFile, catch_up: Callable[[Report], list[str]] | None
) -> Imported:
    """Import, then bring the views up to date (the stopped ones are told); show how far it is."""
    began = time.perf_counter()
    try:
        with progress_bar("rows") as report:
            outcome = importing.run(file, report)
    except KeyboardInterrupt:
        err.print("Broken off. What was imported stays; the same command goes on from here.")
        raise
    stored, stopped = time.perf_counter(), list[str]()
    if catch_up is not None:
        with progress_bar("views") as report:
            stopped = catch_up(report)
    return Imported(
        outcome=outcome,
        import_seconds=stored - began,
        projection_seconds=None if catch_up is None else time.perf_counter() - stored,
        stopped_views=stopped,
    )


def show_import(imported: Imported, *, as_json: bool) -> None:
    if as_json:
        print_json(_details(imported))
        return
    outcome = imported.outcome
    _print_counts("Import", _counts(imported))
    if outcome.findings:
        _print_counts("Findings: what our rules would have refused", outcome.findings)
    _print_refused(outcome.refused)
    for stopped in imported.stopped_views:
        out.print(f"view {stopped}", markup=False, highlight=False)


def show_report(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """The figures of `application.reports.event_log`."""
    if as_json:
        print_json(figures)
        return
    single = ("procedure", "n_cases", "n_events", "n_variants")
    _print_counts("Event log", {name: figures[name] for name in single})
    print_table("Variants", figures["top_variants"])
    for name, value in figures.items():
        if isinstance(value, Mapping):
            _print_counts(name, value)


def _counts(imported: Imported) -> dict[str, Any]:
    outcome = imported.outcome
    waited = imported.projection_seconds
    return {
        "rows": outcome.rows,
        "cases": outcome.cases,
        "imported": outcome.imported,
        "already_imported": outcome.already_imported,
        "repeated": outcome.repeated,
        "dropped": outcome.dropped,
        "refused": len(outcome.refused),
        "import_seconds": round(imported.import_seconds, 3),
        "projection_seconds": None if waited is None else round(waited, 3),
        "events_per_second": round(imported.events_per_second, 1),
    }


def _details(imported: Imported) -> dict[str, Any]:
    return _counts(imported) | {
        "findings": imported.outcome.findings,
        "refused_rows": imported.outcome.refused,
        "stopped_views": imported.stopped_views,
    }


def _print_counts(title: str, counts: Mapping[str, Any]) -> None:
    print_table(title, [{"": name, "is": value} for name, value in counts.items()])


def _print_refused(refused: Sequence[RefusedRow]) -> None:
    for row in refused[:SHOWN]:
        out.print(f"line {row.line}: {row.reason}", markup=False, highlight=False)
    if len(refused) > SHOWN:
        out.print(f"… and {len(refused) - SHOWN} more; --json shows them all")
