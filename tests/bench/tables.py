"""The figures, for people."""

from __future__ import annotations

from statistics import median

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Ratio
from tests.bench.recorders import Rates
from tests.bench.turns import Comparison

WIDTH = 118
"""In columns; also where nobody says how wide the page is."""

out = Console(width=max(WIDTH, Console().width))


def print_comparisons(title: str, comparisons: list[Comparison]) -> None:
    table = _table(
        title,
        ("case", "against", "at once"),
        ("bare\nreq/s", "yice\nreq/s", "\nratio", "lowest\n-highest"),
        ("p50 ms\nbare", "\nyice", "\nratio", "p99 ms\nbare", "\nyice", "\nratio"),
    )
    for c in comparisons:
        table.add_row(
            c.case,
            c.against,
            str(c.concurrency),
            f"{c.bare.per_second:.0f}",
            f"{c.yice.per_second:.0f}",
            *_said(c.ratio),
            *_times(c.bare.p50_ms, c.yice.p50_ms),
            *_times(c.bare.p99_ms, c.yice.p99_ms),
            end_section=c.concurrency > 1,
        )
    out.print(table)


def print_rates(title: str, rates: list[Rates]) -> None:
    table = _table(
        title,
        ("what", "threads"),
        ("yice\n1/s", "library\n1/s", "\nratio", "lowest\n-highest"),
        ("insert\n1/s", "\nratio", "lowest\n-highest"),
    )
    for r in rates:
        table.add_row(
            r.what,
            str(r.threads),
            f"{median(r.yice):.0f}",
            f"{median(r.library):.0f}",
            *_said(r.to_library),
            f"{median(r.insert):.0f}" if r.insert else "",
            *(_said(r.to_insert) if r.to_insert else ()),
        )
    out.print(table)


def _table(title: str, words: tuple[str, ...], *numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True)
    for name in words:
        table.add_column(name, no_wrap=True)
    for name in (name for group in numbers for name in group):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _said(ratio: Ratio) -> tuple[str, str]:
    return f"{ratio.of_medians:.2f}", f"{ratio.lowest:.2f}-{ratio.highest:.2f}"


def _times(bare: float, yice: float) -> tuple[str, str, str]:
    return f"{bare:.1f}", f"{yice:.1f}", f"{yice / bare:.1f}"
