"""A view that is built anew is the view that was there: for any history, and while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.views.progress import ViewProgress
from application.views.view import View
from infrastructure.database import LOST
from infrastructure.views import building, rebuilding
from infrastructure.views.progress import PostgresProgress
from infrastructure.views.projector import Projector
from infrastructure.views.questions import VIEW_NAMES, VIEWS
from infrastructure.views.table import Table
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import DEEDS, EVERYTHING, BusyDesk
from tests.infrastructure.views.samples import Tally
from tests.infrastructure.views.waiting import PATIENCE, waits_for_a_lock
from tests.support.checker import view_tables
from tests.support.postgres import terminate_backends
from tests.support.processes import until
from tests.support.views import folded

Tables = dict[str, list[tuple[Any, ...]]]
Report = Callable[[int, int], None]


def silently(position: int, head: int) -> None:
    """Nobody looks at the progress bar."""


def rebuilt(parts: Parts) -> Tables:
    """All tables, built anew from the register as it stands."""
    for name in VIEW_NAMES:
        parts.projector.rebuild(name, silently)
    return view_tables(parts.database.url)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", 7)
    monkeypatch.setattr(rebuilding, "BATCH", 7)
    monkeypatch.setattr(building, "PAGE", 7)
    monkeypatch.setattr(building, "ROWS", 3)


deeds = st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 19)), max_size=40)
days = st.lists(deeds, min_size=1, max_size=4)
"""The views catch up at the end of each."""


@given(days)
@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_any_history_the_views_are_what_they_would_be_if_built_anew(
    parts: Parts, busy: BusyDesk, days: list[list[tuple[str, int]]]
) -> None:
    for day in days:
        busy.happens(day)
        parts.projector.catch_up()
    kept = view_tables(parts.database.url)

    assert kept == rebuilt(parts)
    assert all(at.position == parts.register.head() for at in parts.progress.views())


def test_after_everything_that_can_happen_the_views_are_what_they_would_be_if_built_anew(
    parts: Parts, busy: BusyDesk
) -> None:
    for deed in EVERYTHING:
        busy.happens([deed])
        parts.projector.catch_up()
    kept = view_tables(parts.database.url)

    assert all(kept[name] for name in VIEW_NAMES)
    assert kept == rebuilt(parts)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_rows_of_a_view_are_what_the_facts_say(everything: Parts, view: View[Any]) -> None:
    parts = everything
    table: Table[Any] = Table(view)

    with parts.database.connection() as connection:
        keys = connection.execute(
            f'SELECT "{table.key}" FROM reporting.{view.name}'.encode()
        ).fetchall()
        rows = table.load(connection, [key for (key,) in keys])

    expected = folded(view, parts.register.facts(0, 10_000))
    assert {key: plain(row) for key, row in rows.items()} == {
        key: plain(row) for key, row in expected.items()
    }


def plain(row: Any) -> Any:
    """As it is after a way through JSON: in `details` an id or a time is a text."""
    if isinstance(row, list):
        return [plain(one) for one in row]
    values = {f.name: getattr(row, f.name) for f in fields(row)}
    return {n: told(v) if isinstance(v, dict | list) else v for n, v in values.items()}


def told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: told(v) for name, v in value.items()}
    if isinstance(value, list):
        return [told(v) for v in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | str | None) or hasattr(value, "box") else str(value)


@pytest.mark.usefixtures("small_batches")
def test_it_tells_how_far_it_is(parts: Parts, busy: BusyDesk) -> None:
    busy.notes(30)
    head = parts.register.head()
    reports: list[tuple[int, int]] = []

    position = parts.projector.rebuild("ticket_history", lambda *at: reports.append(at))

    [whole] = {of for _, of in reports}
    assert position == head
    assert [at for at, _ in reports] == sorted({at for at, _ in reports})
    assert len(reports) > 5
    assert reports[-1] == (whole, whole)


def test_an_empty_register_makes_an_empty_view(parts: Parts, busy: BusyDesk) -> None:
    busy.parts.projector.catch_up()

    rebuilt(parts)

    assert view_tables(parts.database.url)["ticket_register"] == []


@pytest.mark.usefixtures("small_batches")
def test_until_the_new_table_has_read_everything_the_old_one_answers(
    parts: Parts, busy: BusyDesk
) -> None:
    busy.happens(EVERYTHING)
    parts.projector.catch_up()
    before = view_tables(parts.database.url)["ticket_register"]
    seen: list[bool] = []

    def look(position: int, head: int) -> None:
        with psycopg.connect(parts.database.url) as connection:
            rows = connection.execute("SELECT * FROM reporting.ticket_register ORDER BY 1")
            seen.append(rows.fetchall() == before)

    parts.projector.rebuild("ticket_register", look)

    assert len(seen) > 5
    assert all(seen)


@pytest.mark.usefixtures("small_batches")
def test_what_is_written_while_a_view_is_built_anew_is_in_it(parts: Parts, busy: BusyDesk) -> None:
    before = parts.register.head()
    rebuilds = 0

    with ThreadPoolExecutor(2) as threads:
        desk = threads.submit(a_busy_hour, busy)
        worker = threads.submit(follow, parts.projector, desk)
        while not desk.done() or rebuilds < len(VIEW_NAMES):
            parts.projector.rebuild(VIEW_NAMES[rebuilds % len(VIEW_NAMES)], silently)
            rebuilds += 1
        desk.result()
        worker.result(PATIENCE)
    parts.projector.catch_up()
    kept = view_tables(parts.database.url)

    assert parts.register.head() > before + 100
    assert kept == rebuilt(parts)
    assert [at.failure for at in parts.progress.views()] == [None] * len(VIEW_NAMES)


def a_busy_hour(busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    busy.notes(20)


def follow(projector: Projector, desk: Future[None]) -> None:
    """What the worker does."""
    while not desk.done():
        projector.run_once()


class WhileIndexed(Tally):
    """Lets something happen once the new table has read everything, and has yet to take over."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = [meanwhile]

    @property
    def indexes(self) -> tuple[str, ...]:  # type: ignore[override]
        while self._meanwhile:
            self._meanwhile.pop()()
        return Tally.indexes


def test_a_view_that_is_built_anew_does_not_go_back_in_time(parts: Parts, busy: BusyDesk) -> None:
    worker = Projector(parts.database, parts.register, [Tally()])
    worker.prepare()

    def go_on() -> None:
        busy.notes(3)
        worker.catch_up()

    position = Projector(parts.database, parts.register, [WhileIndexed(go_on)]).rebuild(
        "tally", silently
    )

    [tally] = PostgresProgress(parts.database, ["tally"]).views()
    assert position == tally.position == parts.register.head()


def test_while_the_new_table_takes_over_the_worker_waits(parts: Parts, busy: BusyDesk) -> None:
    worker, builder = (Projector(parts.database, parts.register, [Tally()]) for _ in range(2))
    worker.prepare()
    worker.catch_up()

    with psycopg.connect(parts.database.url) as reading, ThreadPoolExecutor(2) as threads:
        reading.execute("SELECT FROM reporting.tally")
        building = threads.submit(builder.rebuild, "tally", silently)
        until(lambda: waits_for_a_lock(parts), PATIENCE)
        busy.notes(3)
        late = threads.submit(worker.run_once)
        until(lambda: late.done() or waits_to_move_a_view(parts), PATIENCE)
        early = late.done()
        reading.commit()
        building.result(PATIENCE)
        late.result(PATIENCE)
    worker.catch_up()

    assert not early
    assert PostgresProgress(parts.database, ["tally"]).views() == [
        ViewProgress("tally", parts.register.head(), None)
    ]


def test_a_table_that_is_being_vacuumed_is_waited_for(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For longer than readers would be held up."""
    monkeypatch.setattr(rebuilding, "TRIES", 1)
    monkeypatch.setattr(rebuilding, "LOCK_PATIENCE", "1ms")
    builder = Projector(parts.database, parts.register, [Tally()])
    builder.prepare()

    with psycopg.connect(parts.database.url) as vacuum, ThreadPoolExecutor(1) as threads:
        vacuum.execute("LOCK TABLE reporting.tally IN SHARE UPDATE EXCLUSIVE MODE")
        building = threads.submit(builder.rebuild, "tally", silently)
        until(lambda: building.done() or waits_for_a_lock(parts), PATIENCE)
        vacuum.rollback()
        position = building.result(PATIENCE)

    assert position == parts.register.head()


def waits_to_move_a_view(parts: Parts) -> bool:
    with psycopg.connect(parts.database.url) as connection:
        waiting = connection.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'"
        )
        return waiting.rowcount > 0


@pytest.mark.usefixtures("small_batches")
def test_a_rebuild_that_is_killed_leaves_the_view_as_it_was(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    parts.projector.catch_up()
    before = view_tables(parts.database.url)

    with pytest.raises(LOST):
        parts.projector.rebuild("ticket_history", killed_at(parts, 21))
    left = view_tables(parts.database.url)
    del left["ticket_history__new"]
    again = rebuilt(parts)

    assert left == before == again


def killed_at(parts: Parts, position: int) -> Report:
    def report(at: int, head: int) -> None:
        if at >= position:
            assert terminate_backends(parts.database.url) > 0

    return report


@pytest.mark.usefixtures("small_batches")
def test_two_who_build_the_same_view_anew_do_so_one_after_the_other(
    parts: Parts, busy: BusyDesk
) -> None:
    busy.happens(EVERYTHING)
    busy.notes(50)
    readers = [Projector(parts.database, parts.register, [Tally()]) for _ in range(2)]
    readers[0].prepare()

    with ThreadPoolExecutor(1) as threads:
        second: list[Any] = []

        def let_the_second_begin(position: int, head: int) -> None:
            if not second:
                second.append(threads.submit(readers[1].rebuild, "tally", silently))
                until(lambda: second[0].done() or waits_for_a_lock(parts), PATIENCE)

        readers[0].rebuild("tally", let_the_second_begin)
        second[0].result(PATIENCE)

    counts = {topic: count for topic, count, _ in view_tables(parts.database.url)["tally"]}
    assert counts["all"] == parts.register.head()
