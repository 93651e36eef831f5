"""The figures, as rows for people: on a terminal and in Markdown the same."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure
from tests.bench.targets import Verdict

WIDTH = 140
"""In columns; also where nobody says how wide the page is."""

out = Console(width=max(WIDTH, Console().width))

TITLES = {
    "writes": "Write path",
    "codec": "Codec",
    "views": "Views",
    "rebuild": "Rebuild of all views",
    "requests": "Requests through HTTP",
    "lists": "Pages, counters, search",
    "replay": "Replay",
    "past": "As of an instant",
    "growth": "Growth",
    "wide": "Lists on many tickets",
}

HEADINGS = (
    "what",
    "at",
    "unit",
    "Yice",
    "lowest–highest",
    "baseline",
    "does",
    "Yice is × as fast",
    "lowest–highest",
)

LATENCIES = ("p50 ms", "floor p50 ms", "p99 ms", "floor p99 ms")


def rows(figures: Sequence[Figure], rounds: int) -> list[list[str]]:
    """A figure of fewer rounds says so."""
    return [_row(figure, rounds) for figure in figures]


def latencies(figures: Sequence[Figure]) -> list[list[str]]:
    """Of the figures that have any."""
    return [
        [f.what, f.at, f.against, *(f"{f.also[name]:.1f}" for name in LATENCIES)]
        for f in figures
        if LATENCIES[0] in f.also
    ]


def verdict_row(verdict: Verdict) -> list[str]:
    met = "met" if verdict.is_met else "**missed**"
    return [verdict.target.said, f"{number(verdict.measured)} {verdict.unit}", met]


def number(value: float) -> str:
    """As many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells that begin with a digit stand right."""
    numeric = [
        all(row[i][:1].isdigit() or not row[i] for row in rows) for i in range(len(headings))
    ]
    lines = [headings, ["--:" if right else "---" for right in numeric], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def print_rows(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True)
    for name in headings:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _row(f: Figure, rounds: int) -> list[str]:
    ours = [f.what, f.at, f.unit, number(f.median), _spread(f.yice, rounds)]
    if f.ratio is None:
        return [*ours, "", "", "", ""]
    spread = f"{number(f.ratio.lowest)}–{number(f.ratio.highest)}"
    return [*ours, f.against, number(f.baseline), number(f.ratio.of_medians), spread]


def _spread(values: Sequence[float], rounds: int) -> str:
    if len(values) == 1 < rounds:
        return "1 round"
    spread = f"{number(min(values))}–{number(max(values))}"
    return spread if len(values) == rounds else f"{spread} ({len(values)} rounds)"
