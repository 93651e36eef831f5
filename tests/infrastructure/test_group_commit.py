from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock

import pytest

from infrastructure.group_commit import CARRIERS, MOST, GroupCommit
from tests.support.processes import until


class Ferry:
    """Carries when it is let go; `trips` is who was aboard."""

    def __init__(self, refused: int | None = None) -> None:
        self.trips: list[list[int]] = []
        self._refused = refused
        self._mutex = Lock()
        self._gates: list[Event] = []
        self._arrived = [Event() for _ in range(100)]

    def __call__(self, matters: Sequence[int]) -> list[str | BaseException]:
        with self._mutex:
            gate = Event()
            self._gates.append(gate)
            self.trips.append(list(matters))
            self._arrived[len(self._gates) - 1].set()
        assert gate.wait(20)
        return [ValueError(m) if m == self._refused else f"carried {m}" for m in matters]

    def wait_for_trip(self, number: int) -> None:
        assert self._arrived[number].wait(20)

    def let_go(self, trip: int) -> None:
        self.wait_for_trip(trip)
        self._gates[trip].set()


@contextmanager
def quay(ferry: Ferry) -> Iterator[tuple[GroupCommit[int, str], ThreadPoolExecutor]]:
    with ThreadPoolExecutor(MOST + 20) as threads:
        yield GroupCommit(ferry), threads


def full(
    ferry: Ferry, group: GroupCommit[int, str], threads: ThreadPoolExecutor
) -> list[Future[str]]:
    """As many carriers as there may be are under way, each with its own matter."""
    under_way = []
    for number in range(CARRIERS):
        under_way.append(threads.submit(group, number))
        ferry.wait_for_trip(number)
    return under_way


def wait_for_queue(group: GroupCommit[int, str], length: int) -> None:
    until(lambda: len(group._queue) >= length)


def test_what_waits_meanwhile_is_carried_together_and_each_gets_its_own_answer() -> None:
    ferry = Ferry()
    with quay(ferry) as (group, threads):
        under_way = full(ferry, group, threads)
        waiting = []
        for n in range(10, 15):
            waiting.append(threads.submit(group, n))
            wait_for_queue(group, len(waiting))
        ferry.let_go(0)
        ferry.let_go(2)
        ferry.let_go(1)
        said = [one.result(20) for one in (*under_way, *waiting)]

    assert ferry.trips == [[0], [1], [10, 11, 12, 13, 14]]
    assert said == [f"carried {n}" for n in (0, 1, 10, 11, 12, 13, 14)]


def test_not_more_than_so_many_at_once() -> None:
    ferry = Ferry()
    with quay(ferry) as (group, threads):
        under_way = full(ferry, group, threads)
        waiting = [threads.submit(group, n) for n in range(10, 12 + MOST)]
        wait_for_queue(group, MOST + 2)
        for trip in (0, 2, 3, 1):
            ferry.let_go(trip)
        said = {one.result(20) for one in (*under_way, *waiting)}

    assert [len(trip) for trip in ferry.trips] == [1, 1, MOST, 2]
    assert said == {f"carried {n}" for n in (0, 1, *range(10, 12 + MOST))}


def test_a_refusal_is_told_to_the_one_it_is_for() -> None:
    ferry = Ferry(refused=11)
    with quay(ferry) as (group, threads):
        full(ferry, group, threads)
        waiting = {n: threads.submit(group, n) for n in (10, 11, 12)}
        wait_for_queue(group, 3)
        for trip in (0, 2, 1):
            ferry.let_go(trip)

        assert (waiting[10].result(20), waiting[12].result(20)) == ("carried 10", "carried 12")
        with pytest.raises(ValueError, match="11"):
            waiting[11].result(20)


def test_when_carrying_breaks_down_nobody_waits_for_ever_and_the_next_ones_are_carried() -> None:
    broken = True

    def carry(matters: Sequence[int]) -> list[str]:
        if broken:
            raise KeyboardInterrupt
        return [f"carried {m}" for m in matters]

    group = GroupCommit[int, str](carry)
    for number in range(CARRIERS + 1):
        with pytest.raises(KeyboardInterrupt):
            group(number)
    broken = False

    assert group(7) == "carried 7"


def test_many_threads_are_all_answered() -> None:
    group = GroupCommit[int, str](lambda matters: [f"carried {m}" for m in matters])

    with ThreadPoolExecutor(64) as threads:
        said = list(threads.map(group, range(5_000)))

    assert said == [f"carried {n}" for n in range(5_000)]
