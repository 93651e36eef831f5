"""What the command line shows: tables for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

WIDEST = 1_000
"""How wide a table is at most, in characters, where nobody looks at it on a screen."""

out = Console()
err = Console(stderr=True)


def print_json(value: Any) -> None:
    """One document on standard output, and nothing else."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Columns are those of the first row. Nothing is cut off; into a pipe goes all its width."""
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if v is None else str(v)) for v in row.values()))
    if out.is_terminal:
        out.print(table)
        return
    natural = out.measure(table, options=out.options.update(max_width=WIDEST)).maximum
    Console(width=max(out.width, natural)).print(table)


class SpeedColumn(ProgressColumn):
    """How many a second, lately."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")


@contextmanager
def progress_bar(what: str) -> Iterator[Any]:
    """A function to be told how far it is, and of how much; shown on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        SpeedColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
