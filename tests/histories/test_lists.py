from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from application.views.search import SearchFilter
from application.views.ticket_register import TicketFilter
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.opening import Urls
from infrastructure.wiring import Parts
from tests.histories import lists
from tests.histories.fill import fill
from tests.histories.widen import widen
from tests.support.http import SETTINGS
from tests.support.postgres import fresh_database

TICKETS = 400


@pytest.fixture(scope="module")
def urls(postgres: EmbeddedPostgres) -> Iterator[Urls]:
    """A small history, folded."""
    with (
        fresh_database(postgres, "register_template") as register_url,
        fresh_database(postgres, "keys_template") as keys_url,
    ):
        urls = Urls(register_url, keys_url)
        filled = fill(urls, events=2_000, templates=20, median_acts=2.0)
        with closing(Parts(urls, SETTINGS)) as parts:
            parts.set_up(lambda: filled.until)
            parts.projector.catch_up()
        yield urls


@pytest.fixture
def parts(urls: Urls) -> Iterator[Parts]:
    with closing(Parts(urls, replace(SETTINGS, pool_size=2))) as parts:
        yield parts


def test_widened_tables_answer_as_if_all_of_it_had_happened(urls: Urls, parts: Parts) -> None:
    register = parts.ticket_register
    before = register.counts(TicketFilter())
    texts = parts.search.count(SearchFilter(words=("水费",)))

    number = widen(urls, TICKETS)

    times = number // before["all"]["total"]
    assert number >= TICKETS
    assert register.counts(TicketFilter()) == {
        group: {kind: n * times for kind, n in counts.items()} for group, counts in before.items()
    }
    rows = register.page(TicketFilter(), before=None, limit=number + 1)
    places = [row.opened_position for row in rows]
    assert places == sorted(set(places), reverse=True)
    assert len({row.ticket_id for row in rows}) == len({(r.register, r.number) for r in rows})
    assert len(rows) == number
    assert texts
    assert parts.search.count(SearchFilter(words=("水费",))) in (texts * times, None)
    assert widen(urls, TICKETS) == number


def test_every_list_is_asked_and_measured(urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "RUNS", 2)

    measured = lists.measure_lists(urls, TICKETS)

    names = [name for name, _, _ in measured]
    assert len(names) == len(set(names)) > 100
    assert {name.partition(":")[0] for name in names} >= {"tickets", "counts", "search", "queue"}
    assert all(0 < p50 <= p99 for _, p50, p99 in measured)
