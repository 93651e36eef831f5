"""The page about speed: its figures and charts, written between its markers from a report.

What stands around the markers is written by hand. Figures of what was not measured this time stay.
`python -m tests.bench.page REPORT PAGE` writes it again from a report.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.asking import OWN_SERVER
from tests.bench.chart import Chart
from tests.bench.figures import TIMES, Figure
from tests.bench.machine import Machine
from tests.bench.tables import (
    HEADINGS,
    LATENCIES,
    TITLES,
    latencies,
    markdown,
    rows,
    verdict_row,
)
from tests.bench.targets import verdicts

BLOCKS = {
    "bench": ("writes", "codec", "views", "rebuild", "requests", "lists", "replay", "past"),
    "growth": ("growth", "wide"),
}
"""What stands between which markers."""


class Report(Struct, frozen=True, kw_only=True):
    machine: Machine
    rounds: int
    figures: list[Figure]

    def of(self, parts: Sequence[str]) -> list[Figure]:
        return [figure for figure in self.figures if figure.part in parts]


def write(report: Report, page: Path) -> None:
    """Blocks all of whose parts were measured, and the charts, which lie beside the page."""
    text = page.read_text(encoding="utf-8")
    for block, parts in BLOCKS.items():
        if {figure.part for figure in report.figures}.issuperset(parts):
            text = _between(text, block, _block(report, page, parts))
    page.write_text(text, encoding="utf-8")


def _between(text: str, block: str, said: str) -> str:
    """Raises ValueError without just one pair of markers."""
    begin, end = f"<!-- {block}: from here on written by make bench -->", f"<!-- {block}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    written, found = pattern.subn(lambda _: f"{begin}\n\n{said}\n\n{end}", text)
    if found != 1:
        raise ValueError(f"{found} places for {block}")
    return written


def _block(report: Report, page: Path, parts: Sequence[str]) -> str:
    figures = report.of(parts)
    medians = f"Medians of {report.rounds} rounds; a row of fewer says so."
    said = [f"{report.machine.described}. {medians}"]
    if found := verdicts(figures):
        missed = sum(not verdict.is_met for verdict in found)
        said.append(f"Of {len(found)} targets {len(found) - missed} are met, {missed} missed.")
        said.append(markdown(("target", "measured", ""), [verdict_row(v) for v in found]))
    for part in parts:
        said += _part(part, report.of([part]), report.rounds, page)
    return "\n\n".join(said)


def _part(part: str, figures: Sequence[Figure], rounds: int, page: Path) -> list[str]:
    said = [f"### {TITLES[part]}"]
    if part in CHARTS:
        chart = CHARTS[part](figures)
        file = page.with_name(f"{page.stem}-{part}.svg")
        file.write_text(chart.svg(), encoding="utf-8")
        said.append(f"![{chart.title}]({file.name})")
    said.append(markdown(HEADINGS, rows(figures, rounds)))
    if timed := latencies(figures):
        said.append(markdown(("latency", "at", "floor", *LATENCIES), timed))
    return said


def writes_chart(figures: Sequence[Figure]) -> Chart:
    by_baseline = {
        against: [f for f in figures if f.against == against]
        for against in ("library recorder", "plain INSERT")
    }
    library, insert = by_baseline.values()
    return Chart(
        title="Appended events a second, each durable before it is acknowledged",
        unit="events/s, median",
        groups=[f.at.replace(" in ", "\nin ").replace(", ", "\n") for f in library],
        series=[
            ("Yice", [f.median for f in library]),
            ("library recorder", [f.baseline for f in library]),
            ("plain INSERT", [f.baseline for f in insert]),
        ],
    )


def requests_chart(figures: Sequence[Figure]) -> Chart:
    figures = [f for f in figures if not f.against.endswith(OWN_SERVER)]
    cases = list(dict.fromkeys(f.what for f in figures))
    callers = list(dict.fromkeys(f.at for f in figures))
    ratios = {(f.what, f.at): f.ratio.of_medians for f in figures if f.ratio}
    return Chart(
        title="Requests a second, as a share of the bare floor's",
        unit="1 = as fast as one statement and nothing else",
        groups=cases,
        series=[(at, [ratios[case, at] for case in cases]) for at in callers],
        mark=("target at 8: 0.8", 0.8),
    )


def growth_chart(figures: Sequence[Figure]) -> Chart:
    """Speed at each size as a share of that at the smallest."""
    sizes = list(dict.fromkeys(f.at for f in figures))
    speed = {(f.what, f.at): 1 / f.median if f.unit in TIMES else f.median for f in figures}
    shown = [(what, said) for what, said in GROWN.items() if (what, sizes[0]) in speed]
    return Chart(
        title="Speed as the register grows",
        unit=f"1 = as fast as at {sizes[0]}",
        groups=[said for _, said in shown],
        series=[
            (at, [speed[what, at] / speed[what, sizes[0]] for what, _ in shown]) for at in sizes
        ],
    )


GROWN = {
    "append, 16 callers": "append\n16 callers",
    "rebuild of all views": "rebuild\nevents/s",
    "create": "create",
    "read": "read",
    "list, first page": "list\nfirst page",
    "list, deep page": "list\ndeep page",
    "counters": "counters",
    "search, found once": "search\nfound once",
    "replay of 100 events": "replay\n100 events",
}
"""What the chart of growth shows, and what it says below."""

CHARTS: dict[str, Callable[[Sequence[Figure]], Chart]] = {
    "writes": writes_chart,
    "requests": requests_chart,
    "growth": growth_chart,
}


if __name__ == "__main__":
    report_file, page_file = map(Path, sys.argv[1:])
    write(msgspec.json.decode(report_file.read_bytes(), type=Report), page_file)
