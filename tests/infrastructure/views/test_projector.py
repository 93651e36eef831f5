"""The projector: each fact exactly once, whoever else is at it and whatever dies meanwhile."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import Any, TypeVar

import psycopg
import pytest
from eventsourcing.utils import get_topic

from application.register import Fact, Unavailable
from application.views.progress import ViewProgress
from application.views.view import View
from infrastructure.codec import Codec
from infrastructure.database import LOST, Connection, Database
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from infrastructure.views import projector as module
from infrastructure.views.progress import PostgresProgress
from infrastructure.views.projector import Projector
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.infrastructure.views.samples import Other, Tally, TallyRow
from tests.infrastructure.views.waiting import PATIENCE, waits_for_a_lock
from tests.support.checker import view_tables
from tests.support.postgres import terminate_backends
from tests.support.processes import until

T = TypeVar("T")


def projector(parts: Parts, *views: View[Any]) -> Projector:
    """One for these views, their tables made."""
    made = Projector(parts.database, parts.register, views)
    made.prepare()
    return made


def tally(parts: Parts, name: str = "tally") -> dict[str, tuple[int, list[int]]]:
    return {
        topic: (count, places) for topic, count, places in view_tables(parts.database.url)[name]
    }


def counted(facts: Sequence[Fact]) -> dict[str, tuple[int, list[int]]]:
    """What the tally must show after these facts."""
    topics = [get_topic(type(fact.event)) for fact in facts]
    places = {
        t: [f.position for f, of in zip(facts, topics, strict=True) if of == t] for t in topics
    }
    all_places = [fact.position for fact in facts]
    return {topic: (n, places[topic]) for topic, n in Counter(topics).items()} | (
        {"all": (len(facts), all_places)} if facts else {}
    )


def everything(parts: Parts, upto: int | None = None) -> list[Fact]:
    return parts.register.facts(0, 100_000)[:upto]


def progress(parts: Parts, name: str = "tally") -> ViewProgress:
    [of_view] = PostgresProgress(parts.database, [name]).views()
    return of_view


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 7)


def test_a_new_view_reads_the_register_from_its_beginning(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)

    projector(parts, Tally()).catch_up()

    assert tally(parts) == counted(everything(parts))
    assert progress(parts) == ViewProgress("tally", parts.register.head(), None)


@pytest.mark.usefixtures("small_batches")
def test_batch_by_batch_it_reads_the_same_as_at_once(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    reader = projector(parts, Tally())

    read = [reader.run_once() for _ in range(2)]
    reader.catch_up()

    assert read == [7, 7]
    assert tally(parts) == counted(everything(parts))


def test_it_says_when_nothing_is_left_to_read(parts: Parts) -> None:
    reader = projector(parts, Tally())
    reader.catch_up()

    assert reader.run_once() == 0


def test_what_a_view_does_not_show_moves_it_on_all_the_same(parts: Parts, busy: BusyDesk) -> None:
    parts.projector.catch_up()

    busy.register_staff()
    parts.projector.catch_up()

    assert {at.position for at in parts.progress.views()} == {parts.register.head()}


def test_a_view_that_lags_behind_catches_up_beside_the_others(parts: Parts, busy: BusyDesk) -> None:
    projector(parts, Other()).catch_up()
    busy.happens(EVERYTHING)

    projector(parts, Other(), Tally()).catch_up()

    assert tally(parts) == tally(parts, "other") == counted(everything(parts))


@pytest.mark.usefixtures("small_batches")
def test_two_projectors_in_two_threads_fold_each_fact_once(parts: Parts, busy: BusyDesk) -> None:
    projector(parts, Tally())
    done = Event()

    def project() -> None:
        with closing(Database(parts.database.url, size=2)) as database:
            reader = Projector(database, parts.register, [Tally()])
            while not done.is_set() or progress(parts).position < parts.register.head():
                reader.run_once()

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(project) for _ in range(2)]
        busy.happens(EVERYTHING)
        busy.notes(300)
        done.set()
        for each in both:
            each.result(PATIENCE)

    assert tally(parts) == counted(everything(parts))
    assert progress(parts).failure is None


def project_until(url: str, keys_url: str, position: int) -> int:
    """In a process of its own; how many facts it read."""
    module.BATCH = 7
    with closing(Database(url, size=2)) as database, closing(Database(keys_url, size=1)) as keys:
        register = PostgresRegister(database, Codec(PostgresKeyStore(keys)))
        reader = Projector(database, register, [Tally()])
        read = 0
        while min(at.position for at in PostgresProgress(database, ["tally"]).views()) < position:
            read += reader.run_once()
        return read


def test_two_projectors_in_two_processes_fold_each_fact_once(parts: Parts, busy: BusyDesk) -> None:
    projector(parts, Tally())
    busy.happens(EVERYTHING)
    busy.notes(500)
    parts.projector.catch_up()
    urls = parts.database.url, parts.keys_database.url

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        both = [processes.submit(project_until, *urls, parts.register.head()) for _ in range(2)]
        read = [each.result(PATIENCE) for each in both]

    assert tally(parts) == counted(everything(parts))
    assert sum(read) >= parts.register.head()


class Held(Tally):
    """Stops in the middle of a batch until it is let go."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.arrived, self.let_go = Event(), Event()

    def fold(self, row: TallyRow | None, fact: Fact, key: Any) -> TallyRow:
        if fact.position == self._at:
            self.arrived.set()
            assert self.let_go.wait(PATIENCE)
        return super().fold(row, fact, key)


def test_a_projector_that_is_killed_in_the_middle_of_a_batch_leaves_nothing_half_done(
    parts: Parts, busy: BusyDesk
) -> None:
    reader = projector(parts, Tally())
    reader.catch_up()
    before = tally(parts), progress(parts)
    busy.happens(EVERYTHING)
    held = Held(at=parts.register.head() - 3)

    with ThreadPoolExecutor(1) as threads:
        killed = threads.submit(Projector(parts.database, parts.register, [held]).run_once)
        assert held.arrived.wait(PATIENCE)
        cut = terminate_backends(parts.database.url)
        held.let_go.set()
        with pytest.raises(LOST):
            killed.result(PATIENCE)
    after = tally(parts), progress(parts)
    reader.catch_up()

    assert cut > 0
    assert after == before
    assert progress(parts) == ViewProgress("tally", parts.register.head(), None)
    assert tally(parts) == counted(everything(parts))


def test_a_projector_waits_for_one_that_is_in_the_middle_of_a_batch(
    parts: Parts, busy: BusyDesk
) -> None:
    projector(parts, Tally())
    busy.happens(EVERYTHING)
    held = Held(at=5)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(Projector(parts.database, parts.register, [held]).run_once)
        assert held.arrived.wait(PATIENCE)
        second = threads.submit(Projector(parts.database, parts.register, [Tally()]).run_once)
        until(lambda: waits_for_a_lock(parts), PATIENCE)
        held.let_go.set()
        first.result(PATIENCE)
        second.result(PATIENCE)

    assert tally(parts) == counted(everything(parts))


class Poisoned(Tally):
    """Cannot read the fact at one position."""

    def __init__(self, at: int) -> None:
        self._at = at

    def fold(self, row: TallyRow | None, fact: Fact, key: Any) -> TallyRow:
        if fact.position == self._at:
            raise ValueError("no such thing")
        return super().fold(row, fact, key)


class Unstorable(Poisoned):
    """Makes a row of it that the table refuses."""

    def fold(self, row: TallyRow | None, fact: Fact, key: Any) -> TallyRow:
        row = Tally.fold(self, row, fact, key)
        if fact.position == self._at:
            row.count = None  # type: ignore[assignment]
        return row


class Homeless(Poisoned):
    """Cannot say whose fact it is."""

    def keys(self, fact: Fact) -> Sequence[str]:
        if fact.position == self._at:
            raise KeyError(fact.position)
        return super().keys(fact)


@pytest.mark.parametrize("position", [1, 2, 20, 21, -1], ids=lambda at: f"at {at}")
def test_a_fact_that_cannot_be_read_stops_its_view_behind_the_last_that_can(
    parts: Parts, busy: BusyDesk, position: int
) -> None:
    busy.happens(EVERYTHING)
    poison = position if position > 0 else parts.register.head()

    projector(parts, Poisoned(poison), Other()).catch_up()

    assert progress(parts) == ViewProgress(
        "tally", poison - 1, f"at position {poison}: ValueError: no such thing"
    )
    assert tally(parts) == counted(everything(parts, poison - 1))
    assert progress(parts, "other") == ViewProgress("other", parts.register.head(), None)
    assert tally(parts, "other") == counted(everything(parts))


@pytest.mark.parametrize(
    ("view", "said"),
    [(Unstorable(20), "at position 20: NotNullViolation"), (Homeless(20), "at position 20: Key")],
)
def test_whatever_goes_wrong_with_a_fact_stops_its_view(
    parts: Parts, busy: BusyDesk, view: Poisoned, said: str
) -> None:
    busy.happens(EVERYTHING)

    projector(parts, view).catch_up()

    stopped = progress(parts)
    assert stopped.position == 19
    assert (stopped.failure or "").startswith(said)
    assert tally(parts) == counted(everything(parts, 19))


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("view", [Unstorable(20), Homeless(20), Poisoned(20)], ids=type)
def test_what_goes_wrong_in_a_few_facts_for_all_views_stops_the_one_at_fault(
    parts: Parts, busy: BusyDesk, view: Poisoned
) -> None:
    busy.happens(EVERYTHING)

    projector(parts, view, Other()).catch_up()

    assert (progress(parts).position, tally(parts)) == (19, counted(everything(parts, 19)))
    assert (progress(parts).failure or "").startswith("at position 20: ")
    assert progress(parts, "other") == ViewProgress("other", parts.register.head(), None)
    assert tally(parts, "other") == counted(everything(parts))


def test_all_views_read_the_same_of_few_facts_at_a_time_as_of_many(
    parts: Parts, busy: BusyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy.happens(EVERYTHING)
    monkeypatch.setattr(module, "FEW", 100_000)
    parts.projector.catch_up()
    together = view_tables(parts.database.url)

    parts.projector.rebuild(VIEW_NAMES, lambda done, total: None)

    assert view_tables(parts.database.url) == together


def test_who_was_overtaken_goes_on_from_there(parts: Parts, busy: BusyDesk) -> None:
    one, other = projector(parts, Tally(), Other()), projector(parts, Tally(), Other())
    busy.notes(2)
    other.catch_up()
    busy.notes(3)
    one.catch_up()

    read = [other.run_once(), other.run_once()]
    busy.notes(1)

    assert [*read, other.run_once()] == [3, 0, 1]
    assert tally(parts) == counted(everything(parts))


def test_what_stopped_stays_stopped_while_the_others_go_on(parts: Parts, busy: BusyDesk) -> None:
    projector(parts, Poisoned(20), Other()).catch_up()
    busy.happens(EVERYTHING)

    restarted = projector(parts, Tally(), Other())
    restarted.catch_up()

    assert progress(parts).failure is not None
    assert progress(parts).position == 19
    assert progress(parts, "other").position == parts.register.head()


def test_once_the_view_can_read_it_and_is_built_anew_it_goes_on(
    parts: Parts, busy: BusyDesk
) -> None:
    projector(parts, Poisoned(20)).catch_up()
    mended = projector(parts, Tally())

    mended.rebuild("tally", lambda position, head: None)
    rebuilt = progress(parts)
    busy.happens(EVERYTHING)
    mended.catch_up()

    assert rebuilt.failure is None
    assert tally(parts) == counted(everything(parts))


class Starved(Database):
    """Hands out its one connection to read with; before it is asked to write, it is gone."""

    holding: Any = None

    def run(self, work: Callable[[Connection], T]) -> T:
        read = super().run(work)
        if self.holding is None:
            self.holding = self.connection()
            self.holding.__enter__()
        return read


@pytest.fixture
def starved(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starved]:
    """The same database with one connection, for which nobody waits long."""
    monkeypatch.setattr("infrastructure.database.CONNECT_SECONDS", 0.1)
    with closing(Starved(parts.database.url, size=1)) as database:
        yield database


def test_a_store_out_of_reach_is_no_fault_of_the_fact(
    parts: Parts, starved: Starved, caplog: pytest.LogCaptureFixture
) -> None:
    projector(parts, Tally())
    reader = Projector(starved, parts.register, [Tally()])

    with pytest.raises(Unavailable):
        reader.run_once()
    said = [record for record in caplog.records if record.name == module.__name__]
    starved.holding.__exit__(None, None, None)
    reader.catch_up()

    assert said == []
    assert progress(parts) == ViewProgress("tally", parts.register.head(), None)


class Later(Tally):
    """As of another release."""

    edition = 2

    def keys(self, fact: Fact) -> Sequence[str]:
        return [f"{key} later" for key in super().keys(fact)]


def test_a_table_is_made_once_and_then_left_as_it_is(parts: Parts) -> None:
    reader = projector(parts, Tally())
    reader.catch_up()
    before = tally(parts)

    assert reader.prepare() == []
    assert tally(parts) == before


def test_a_new_view_need_not_be_built_anew(parts: Parts) -> None:
    assert Projector(parts.database, parts.register, [Tally()]).prepare() == []


def test_a_view_with_another_definition_is_to_be_built_anew(parts: Parts) -> None:
    projector(parts, Tally(), Other()).catch_up()
    upgraded = Projector(parts.database, parts.register, [Later(), Other()])

    before = upgraded.prepare(), upgraded.prepare()
    upgraded.rebuild("tally", lambda position, head: None)

    assert before == (["tally"], ["tally"])
    assert upgraded.prepare() == []
    assert all(topic.endswith(" later") for topic in tally(parts))


def test_a_table_of_another_release_is_left_alone(parts: Parts, busy: BusyDesk) -> None:
    projector(parts, Tally()).catch_up()
    before = tally(parts), progress(parts)
    busy.happens(EVERYTHING)

    projector(parts, Later(), Other()).catch_up()

    assert (tally(parts), progress(parts)) == before
    assert progress(parts, "other").position == parts.register.head()


def test_a_worker_of_the_last_release_does_not_write_into_the_table_of_the_next(
    parts: Parts, busy: BusyDesk
) -> None:
    old = projector(parts, Tally())
    busy.happens(EVERYTHING)
    upgraded = Projector(parts.database, parts.register, [Later()])

    upgraded.rebuild("tally", lambda position, head: None)
    busy.notes(3)
    old.catch_up()
    upgraded.catch_up()

    assert all(topic.endswith(" later") for topic in tally(parts))
    assert tally(parts)["all later"] == counted(everything(parts))["all"]


def test_a_worker_whose_table_was_replaced_while_it_waited_does_not_write_into_it(
    parts: Parts,
) -> None:
    old = projector(parts, Tally())

    with psycopg.connect(parts.database.url) as replacing, ThreadPoolExecutor(1) as threads:
        replacing.execute("SELECT FROM reporting.view_position WHERE view = 'tally' FOR UPDATE")
        late = threads.submit(old.run_once)
        until(lambda: waits_for_a_lock(parts), PATIENCE)
        replacing.execute(
            "UPDATE reporting.view_position SET definition = 'later' WHERE view = 'tally'"
        )
        replacing.commit()
        late.result(PATIENCE)

    assert tally(parts) == {}
    assert progress(parts) == ViewProgress("tally", 0, None)


def test_many_may_prepare_at_once(parts: Parts) -> None:
    with ThreadPoolExecutor(4) as threads:
        prepared = [
            threads.submit(Projector(parts.database, parts.register, [Tally()]).prepare)
            for _ in range(8)
        ]
        answers = [each.result(PATIENCE) for each in prepared]

    assert answers == [[]] * 8
    assert progress(parts) == ViewProgress("tally", 0, None)


def fold_until_held(url: str, keys_url: str, position: int, arrived: Any) -> None:
    """In a process of its own: it stands still in the middle of a batch, for ever."""
    held = Held(at=position)
    held.arrived = arrived
    with closing(Database(url, size=1)) as database, closing(Database(keys_url, size=1)) as keys:
        register = PostgresRegister(database, Codec(PostgresKeyStore(keys)))
        Projector(database, register, [held, Other()]).run_once()


def test_a_worker_process_that_is_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    parts: Parts, busy: BusyDesk
) -> None:
    reader = projector(parts, Tally(), Other())
    busy.happens(EVERYTHING)
    spawn = multiprocessing.get_context("spawn")
    arrived = spawn.Event()
    urls = parts.database.url, parts.keys_database.url
    worker = spawn.Process(target=fold_until_held, args=(*urls, 30, arrived))
    worker.start()

    assert arrived.wait(PATIENCE)
    worker.kill()
    worker.join(PATIENCE)
    left = progress(parts), progress(parts, "other")
    reader.catch_up()

    assert left == (ViewProgress("tally", 0, None), ViewProgress("other", 0, None))
    assert tally(parts) == tally(parts, "other") == counted(everything(parts))
