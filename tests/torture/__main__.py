"""Endurance: people work while all that keeps the desk running is killed, cut off and run full.

Afterwards a checker that shares no code with the product looks whether anything is otherwise than
anybody was told.
"""

from __future__ import annotations

import secrets
import signal
import sys
from datetime import datetime
from pathlib import Path

import click
import msgspec

from tests.torture.run import failovers, torture
from tests.torture.tables import table

KILLS_A_MINUTE, HARMS_A_MINUTE = 5.2, 2.6

FAILOVER_SECONDS = 15.0
"""Of work around each loss of a primary."""


@click.command(help=__doc__)
@click.option("--minutes", default=10.0, show_default=True, help="How long people work.")
@click.option("--kills", type=int, help="How often something is killed; else 52 in ten minutes.")
@click.option("--harms", type=int, help="Cut lines, full disks and the like; else 26.")
@click.option("--failovers", "lost", default=4, show_default=True, help="On two nodes, after it.")
@click.option("--seed", type=int, help="To strike in the same order again.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write figures here.")
@click.option("--markdown", "table_file", type=click.Path(path_type=Path), help="And the table.")
def main(
    minutes: float,
    kills: int | None,
    harms: int | None,
    lost: int,
    seed: int | None,
    json_file: Path | None,
    table_file: Path | None,
) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left behind
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    kills = round(minutes * KILLS_A_MINUTE) if kills is None else kills
    harms = round(minutes * HARMS_A_MINUTE) if harms is None else harms
    say(f"seed {seed}")
    runs = [torture(minutes * 60, kills, harms, seed, say)] if minutes else []
    runs += [failovers(lost * FAILOVER_SECONDS, lost, seed, say)] if lost else []
    click.echo(table(runs))
    if json_file is not None:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode([r.data() for r in runs])))
    if table_file is not None:
        table_file.write_text(table(runs), "utf-8")
    sys.exit(any(run.faults for run in runs))


def say(what: str) -> None:
    click.echo(f"{datetime.now():%H:%M:%S} {what}", err=True)  # noqa: DTZ005 - for who looks on


if __name__ == "__main__":
    main()
