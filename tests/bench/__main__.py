"""`make bench` and `make bench-full`: what Yice does, against a baseline in the same run.

Every part has a durable PostgreSQL of its own. All there is runs on one machine, what sends the
load included.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from msgspec import json

from tests.bench import (
    asking,
    codecs,
    growth,
    page,
    past,
    rebuild,
    replay,
    views,
    wide,
    writes,
)
from tests.bench.figures import Figure
from tests.bench.machine import Machine, machine
from tests.bench.page import Report
from tests.bench.setting import BENCH, QUICK, Setting, setting
from tests.bench.tables import (
    HEADINGS,
    TITLES,
    out,
    print_rows,
    rows,
    verdict_row,
)
from tests.bench.targets import verdicts

PARTS: dict[str, Callable[[Setting], Iterable[Figure]]] = {
    "writes": writes.measure,
    "codec": codecs.measure,
    "views": views.measure,
    "rebuild": rebuild.measure,
    "requests": asking.measure,
    "replay": replay.measure,
    "past": past.measure,
    "growth": growth.measure,
    "wide": wide.measure,
}
MEMORY_US = 10.0
"""What takes less than this to make durable is not made durable."""

LONG = ("growth", "wide")
"""Measured only when asked for."""


@click.command()
@click.option(
    "--full", is_flag=True, help="The growth of the register too: takes some half an hour."
)
@click.option("--quick", is_flag=True, help="Shows that it works; the figures mean nothing.")
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="These parts alone.")
@click.option("--home", type=click.Path(path_type=Path), help="A directory on the disk to measure.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write all figures here.")
@click.option("--page", "page_", type=click.Path(path_type=Path), help="Write them into this page.")
def main(
    full: bool,
    quick: bool,
    only: tuple[str, ...],
    home: Path | None,
    file: Path | None,
    page_: Path | None,
) -> None:
    """Measure, and print and keep each part as soon as it was measured."""
    names = only or tuple(name for name in PARTS if full or name not in LONG)
    with setting(home, QUICK if quick else BENCH) as at:
        where = _machine(at)
        out.print(where.described)
        if where.fsync_us < MEMORY_US:
            out.print("fsync costs nothing here: name a directory on a disk by --home")
        figures: list[Figure] = []
        for name in names:
            try:
                _measure(name, at, figures)
            finally:
                report = Report(machine=where, rounds=at.scale.rounds, figures=figures)
                if file is not None:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(json.encode(report))
    if page_ is not None:
        page.write(report, page_)
    said = [verdict_row(verdict) for verdict in verdicts(figures)]
    print_rows("Targets", ("target", "measured", ""), said)


def _machine(at: Setting) -> Machine:
    with at.server("machine") as server:
        return machine(server.urls.register, at.home)


def _measure(name: str, at: Setting, figures: list[Figure]) -> None:
    """One part more; what was measured before something went wrong stays."""
    begin, known = time.perf_counter(), len(figures)
    figures.extend(PARTS[name](at))
    took = time.perf_counter() - begin
    print_rows(f"{TITLES[name]} ({took:.0f} s)", HEADINGS, rows(figures[known:], at.scale.rounds))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # and leave no PostgreSQL behind
    main()
