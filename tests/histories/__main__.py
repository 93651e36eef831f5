"""`python -m tests.histories`: fill an empty register, past its append. For tests only."""

from __future__ import annotations

import time

import click

from infrastructure.opening import Urls
from tests.histories.fill import MEDIAN_ACTS, fill


@click.command()
@click.option("--events", default=1_000_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--median-acts", default=MEDIAN_ACTS, show_default=True, help="On one ticket.")
@click.option("--url", required=True, help="The register's database; it must be empty.")
@click.option("--keys-url", required=True, help="That of the keys.")
def main(events: int, seed: int, median_acts: float, url: str, keys_url: str) -> None:
    """Make a realistic history of so many events."""
    begin = time.perf_counter()
    filled = fill(Urls(url, keys_url), events=events, seed=seed, median_acts=median_acts)
    seconds = time.perf_counter() - begin
    click.echo(
        f"{filled.events} events, {filled.tickets} tickets, {filled.clients} clients"
        f" in {seconds:.1f} s: {filled.events / seconds:.0f} events/s"
    )


if __name__ == "__main__":
    main()
