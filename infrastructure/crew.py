"""A rebuild by several processes: each takes the next job, on a connection of its own."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace

from application.register import Unavailable
from infrastructure.opening import Urls
from infrastructure.settings import Settings
from infrastructure.views.building import Crew, Done, Job
from infrastructure.views.rebuilding import CHUNK, Report
from infrastructure.wiring import Parts

COLLECTED_AFTER = 50_000
"""Objects that are held before Python looks among them for what holds itself: facts and rows do
not, and to look through a page of them again and again costs a tenth of a rebuild."""

_member: Parts
"""What a process of the crew works with."""


def rebuild_views(
    parts: Parts, names: Sequence[str], report: Report, *, processes: int | None = None
) -> int:
    """Build views anew, by as many processes as there are processors, unless said otherwise.

    What is done in a moment is done here. The position they show; raises RebuildFailed.
    """
    processes = processes or len(os.sched_getaffinity(0))
    if processes == 1 or parts.register.head() <= CHUNK:
        return parts.projector.rebuild(names, report)
    with _crew(parts, processes) as crew:
        return parts.projector.rebuild(names, report, crew)


@contextmanager
def _crew(parts: Parts, processes: int) -> Iterator[Crew]:
    urls = parts.urls.register, parts.urls.keys
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_join,
        initargs=(*urls, replace(parts.settings, pool_size=1)),
    ) as pool:

        def work(jobs: Sequence[Job]) -> Iterable[Done]:
            try:
                for ended in as_completed([pool.submit(_do, job) for job in jobs]):
                    yield ended.result()
            except BrokenProcessPool as broken:
                raise Unavailable("a process of the rebuild has died: run it again") from broken

        try:
            yield work
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _join(register: str, keys: str, settings: Settings) -> None:
    """In a new process. It gives way to those that serve, and does not outlive who began it."""
    global _member
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _member = Parts(Urls(register, keys), settings)
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, *gc.get_threshold()[1:])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(job: Job) -> Done:
    with _member.database.connection() as connection:
        return _member.projector.do(connection, job)
