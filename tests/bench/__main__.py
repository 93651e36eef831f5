"""`make bench`: what Yice costs, as ratios to a bare Flask + psycopg app in the same run.

Both answer under the same server settings, from the same durable PostgreSQL, to the same load, in
turns; Yice keeps its views up to date meanwhile. What they have left to read after a round is
waited for and not counted. The load shares the machine with what it measures.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from random import Random

import click
import psycopg
from msgspec import Struct, json

from infrastructure.embedded import EmbeddedPostgres
from infrastructure.wiring import embedded_urls
from interface.printing import progress_bar
from tests.bench import bare
from tests.bench.cases import Case, cases
from tests.bench.machine import Machine, machine
from tests.bench.processes import running_bare, running_load, running_yice
from tests.bench.recorders import Rates, appends, projections, stores
from tests.bench.stock import MATTER, Stock, cursors, prepare
from tests.bench.tables import out, print_comparisons, print_rates
from tests.bench.turns import CONCURRENCY, ROUNDS, Comparison, Turns
from tests.support.postgres import home

DURABLE: dict[str, str] = {}
"""What `yice serve` runs PostgreSQL with: nothing is left out."""


class Scale(Struct, frozen=True, kw_only=True):
    """`seconds` bounds a round of requests, `append_seconds` one of appends.

    `events` is how many make the register a full one.
    """

    seconds: float
    append_seconds: float
    tickets: int
    events: int

    @property
    def offers(self) -> int:
        """Transfers in a round: each needs a ticket that was not offered yet."""
        return self.tickets // (len(CONCURRENCY) * (ROUNDS + 1))


FULL = Scale(seconds=1.5, append_seconds=1.0, tickets=2_400, events=20_000)
QUICK = Scale(seconds=0.15, append_seconds=0.1, tickets=640, events=6_000)


class Report(Struct, frozen=True, kw_only=True):
    machine: Machine
    requests: list[Comparison]
    store: list[Rates]


@click.command()
@click.option("--quick", is_flag=True, help="Under 40 seconds; rough figures.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write all figures here.")
def main(quick: bool, file: Path | None) -> None:
    """Measure create, transfer, note, read, history and list, then the store alone."""
    scale = QUICK if quick else FULL
    with home() as directory, EmbeddedPostgres(directory, DURABLE) as server:
        where = machine(server.url("postgres"))
        requests = measure_requests(server, directory / "bench.log", scale)
        store = measure_store(server, scale)
    print_comparisons(f"Requests\n{where.described}", requests)
    print_rates("The store alone", store)
    if file is not None:
        file.write_bytes(json.encode(Report(machine=where, requests=requests, store=store)))


def measure_requests(server: EmbeddedPostgres, logs: Path, scale: Scale) -> list[Comparison]:
    urls = embedded_urls(server)
    stock = prepare(urls, scale.tickets)
    with ExitStack() as running:
        load = running.enter_context(running_load())
        floor = running.enter_context(running_bare(_bare_url(server, stock), logs))
        yice = running.enter_context(running_yice(urls, logs))
        yice.wait_for_views()
        turns = Turns(
            load=load, bare=floor, yice=yice, headers=stock.headers, seconds=scale.seconds
        )
        starts = cursors(yice.port, stock.headers)
        asked = cases(stock, starts, offers=scale.offers, chance=Random(1))
        return _compare_all(turns, asked)


def measure_store(server: EmbeddedPostgres, scale: Scale) -> list[Rates]:
    """Over the same connections from empty to full: what was planned for few must do for many."""
    with stores(server) as (yice, library, insert), out.status("the store alone"):
        empty = list(appends("append", yice, library, insert, scale.append_seconds))
        yice.fill(scale.events)
        what = f"append behind {scale.events}"
        full = list(appends(what, yice, library, insert, scale.append_seconds))
        return [*empty, *full, projections(yice, library)]


def _compare_all(turns: Turns, asked: list[Case]) -> list[Comparison]:
    found = []
    with progress_bar("requests") as report:
        for case in asked:
            for concurrency in CONCURRENCY:
                found.append(turns.compare(case, concurrency))
                report(len(found), len(asked) * len(CONCURRENCY))
    return found


def _bare_url(server: EmbeddedPostgres, stock: Stock) -> str:
    """A database with as many rows as there are tickets."""
    server.create_database("bare")
    url = server.url("bare")
    with psycopg.connect(url) as connection:
        bare.prepare(connection, [{"matter": MATTER}] * len(stock.ticket_ids))
    return url


if __name__ == "__main__":
    main()
