"""Waiting until the views have read one's own write."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from application.register import Unavailable
from application.views.progress import ViewTooFarBehind
from infrastructure.database import Database
from infrastructure.views.positions import CHANNEL
from infrastructure.views.progress import PostgresProgress
from infrastructure.views.projector import Projector
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import BusyDesk
from tests.infrastructure.views.samples import Tally
from tests.infrastructure.views.waiting import PATIENCE
from tests.support.postgres import terminate_backends
from tests.support.processes import until

SOON = 0.05
"""Seconds after which nothing was to be expected."""


@pytest.fixture
def written(parts: Parts, busy: BusyDesk) -> int:
    """The position of something that no view has read yet."""
    busy.open(0)
    return parts.register.head()


@pytest.fixture
def narrow(parts: Parts) -> Iterator[Database]:
    """The same database, with one connection."""
    with closing(Database(parts.database.url, size=1)) as database:
        yield database


def test_who_asks_for_what_was_read_need_not_wait(parts: Parts, written: int) -> None:
    parts.projector.catch_up()

    parts.progress.wait(written, 0)


def test_who_waits_is_told_when_all_views_have_read_it(
    parts: Parts, narrow: Database, written: int
) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(PostgresProgress(narrow, VIEW_NAMES).wait, written, 2 * PATIENCE)
        until(lambda: listening(narrow, parts), PATIENCE)
        early = waiting.done()
        parts.projector.catch_up()
        waiting.result(PATIENCE)

    assert not early


def listening(narrow: Database, parts: Parts) -> bool:
    """Whether the one connection of that pool is in use, and waits for a word."""
    with psycopg.connect(parts.database.url) as connection:
        rows = connection.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE '%FROM reporting.view_position' AND state = 'idle'"
        )
        return narrow._pool.get_stats()["pool_available"] == 0 and rows.rowcount > 0


def test_one_view_that_lags_behind_is_waited_for(parts: Parts, written: int) -> None:
    Projector(parts.database, parts.register, [Tally()]).prepare()
    parts.projector.catch_up()
    progress = PostgresProgress(parts.database, [Tally.name, *VIEW_NAMES])

    with pytest.raises(ViewTooFarBehind, match=f"position {written}"):
        progress.wait(written, SOON)


def test_a_view_that_left_the_list_is_not_waited_for(parts: Parts, written: int) -> None:
    Projector(parts.database, parts.register, [Tally()]).prepare()
    parts.projector.catch_up()

    parts.progress.wait(written, 0)

    assert [view.view for view in parts.progress.views()] == sorted(VIEW_NAMES)


def test_what_is_not_read_in_time_is_too_far_behind(parts: Parts, written: int) -> None:
    with pytest.raises(ViewTooFarBehind, match=f"position {written}"):
        parts.progress.wait(written, SOON)


def test_a_word_about_something_older_is_not_what_was_waited_for(
    parts: Parts, narrow: Database, written: int
) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(PostgresProgress(narrow, VIEW_NAMES).wait, written, 0.5)
        with psycopg.connect(parts.database.url, autocommit=True) as connection:
            while not waiting.done():
                connection.execute(f"NOTIFY {CHANNEL}".encode())

        with pytest.raises(ViewTooFarBehind):
            waiting.result(PATIENCE)


def test_a_single_connection_is_enough_to_wait_with(
    parts: Parts, narrow: Database, written: int
) -> None:
    progress = PostgresProgress(narrow, VIEW_NAMES)

    with pytest.raises(ViewTooFarBehind):
        progress.wait(written, SOON)
    parts.projector.catch_up()
    progress.wait(written, SOON)


def test_who_has_waited_does_not_go_on_listening(
    parts: Parts, narrow: Database, written: int
) -> None:
    with pytest.raises(ViewTooFarBehind):
        PostgresProgress(narrow, VIEW_NAMES).wait(written, SOON)

    with narrow.connection() as connection:
        assert connection.execute("SELECT pg_listening_channels()").fetchall() == []


def test_a_store_that_goes_away_meanwhile_is_out_of_reach(
    parts: Parts, narrow: Database, written: int
) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(PostgresProgress(narrow, VIEW_NAMES).wait, written, 2 * PATIENCE)
        until(lambda: listening(narrow, parts), PATIENCE)
        terminate_backends(parts.database.url)

        with pytest.raises(Unavailable):
            waiting.result(PATIENCE)
