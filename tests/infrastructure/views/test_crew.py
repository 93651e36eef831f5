"""A rebuild by several processes is the same rebuild, whichever of them dies."""

from __future__ import annotations

import multiprocessing
import os
from contextlib import closing
from typing import Any

import psutil
import pytest

from application.register import Unavailable
from infrastructure import crew
from infrastructure.crew import rebuild_views
from infrastructure.opening import Urls
from infrastructure.views import rebuilding
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.support.checker import view_tables
from tests.support.http import SETTINGS
from tests.support.processes import PATIENCE, until


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there is work for several."""
    monkeypatch.setattr(crew, "CHUNK", 0)
    monkeypatch.setattr(rebuilding, "CHUNK", 20)


def silently(done: int, total: int) -> None:
    """Nobody looks at the progress bar."""


def in_use(parts: Parts) -> dict[str, list[tuple[Any, ...]]]:
    tables = view_tables(parts.database.url)
    return {name: tables[name] for name in VIEW_NAMES}


def being_built(parts: Parts) -> list[str]:
    return [name for name in view_tables(parts.database.url) if name.endswith("__new")]


def test_what_two_processes_build_is_what_was_kept_up_to_date(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    parts.projector.catch_up()
    kept = view_tables(parts.database.url)

    position = rebuild_views(parts, VIEW_NAMES, silently, processes=2)

    assert view_tables(parts.database.url) == kept
    assert position == parts.register.head()
    assert multiprocessing.active_children() == []


def test_what_is_written_while_two_processes_build_is_in_it(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    parts.projector.catch_up()

    def go_on(done: int, total: int) -> None:
        busy.notes(2)
        parts.projector.run_once()

    rebuild_views(parts, VIEW_NAMES, go_on, processes=2)
    built = in_use(parts)
    parts.projector.rebuild(VIEW_NAMES, silently)

    assert {view.position for view in parts.progress.views()} == {parts.register.head()}
    assert in_use(parts) == built


def test_a_process_that_is_killed_ends_the_rebuild_and_the_old_tables_answer(
    parts: Parts, busy: BusyDesk
) -> None:
    busy.happens(EVERYTHING)
    parts.projector.catch_up()
    kept = in_use(parts)

    def kill_one(done: int, total: int) -> None:
        multiprocessing.active_children()[0].kill()

    with pytest.raises(Unavailable, match="run it again"):
        rebuild_views(parts, VIEW_NAMES, kill_one, processes=2)
    left = in_use(parts)
    rebuild_views(parts, VIEW_NAMES, silently, processes=2)

    assert left == kept
    assert in_use(parts) == kept


def begin_and_stop_in_the_middle(register: str, keys: str) -> None:
    """In a process of its own: a rebuild that never comes to its end."""
    crew.CHUNK, rebuilding.CHUNK = 0, 20

    def stand_still(done: int, total: int) -> None:
        os.read(os.pipe()[0], 1)

    with closing(Parts(Urls(register, keys), SETTINGS)) as parts:
        rebuild_views(parts, VIEW_NAMES, stand_still, processes=2)


def test_one_who_began_it_and_is_killed_takes_the_others_along(
    parts: Parts, busy: BusyDesk
) -> None:
    busy.happens(EVERYTHING)
    parts.projector.catch_up()
    kept = in_use(parts)
    begun = multiprocessing.get_context("spawn").Process(
        target=begin_and_stop_in_the_middle, args=(parts.database.url, parts.keys_database.url)
    )
    begun.start()
    assert begun.pid is not None
    began = psutil.Process(begun.pid)
    until(lambda: len(being_built(parts)) == len(kept), PATIENCE)
    others = until(lambda: of_crew(began), PATIENCE)

    begun.kill()
    begun.join(PATIENCE)
    _, alive = psutil.wait_procs(others, PATIENCE)
    left = in_use(parts)
    rebuild_views(parts, VIEW_NAMES, silently, processes=2)

    assert len(others) >= 2
    assert alive == []
    assert left == kept
    assert in_use(parts) == kept


def of_crew(began: psutil.Process) -> list[psutil.Process] | None:
    """Its helpers, once they are two."""
    children = began.children(recursive=True)
    return children if len(children) >= 2 else None
