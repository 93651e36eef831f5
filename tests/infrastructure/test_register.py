from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest

from application.register import Conflict, Receipt, Register
from domain.ticket import Ticket
from infrastructure.appending import ALONE
from infrastructure.codec import Codec
from infrastructure.database import Connection, Database
from infrastructure.register import PostgresRegister
from tests.support.apart import APART
from tests.support.facts import C1, NOON, T1, T2
from tests.support.line import Line
from tests.support.postgres import home
from tests.support.submissions import append_after_last, append_many, fact, submission

T = TypeVar("T")


class InTransaction(Database):
    """What is asked through it stays in a transaction of one connection, not yet committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, work: Callable[[Connection], T]) -> T:
        return work(self._connection)


class Unfinished(PostgresRegister):
    """What it appends is stored when its caller commits."""

    COMMITTED = b""


@contextmanager
def unfinished(url: str, codec: Codec) -> Iterator[tuple[PostgresRegister, Connection]]:
    """A register that somebody appends through and does not commit."""
    connection = psycopg.connect(url)
    with closing(connection):
        yield Unfinished(InTransaction(connection), codec), connection


def wait_for_a_blocked_writer(database: Database) -> None:
    query = b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    until = time.monotonic() + 20
    while database.run(lambda c: c.execute(query).fetchone()) == (0,):
        assert time.monotonic() < until, "nobody waits for the register's lock"


def execute(database: Database, statement: str) -> Any:
    return database.run(lambda c: c.execute(statement.encode()))


def positions(register: Register) -> list[int]:
    return [fact.position for fact in register.facts(0, 10_000)]


def all_at_once(count: int, work: Callable[[int], T]) -> list[Future[T]]:
    """Done in threads that begin together; all have ended."""
    together = Barrier(count)

    def begin(number: int) -> T:
        together.wait()
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return [threads.submit(begin, number) for number in range(count)]


# what is stored, and what is answered


def test_a_receipt_says_where_the_last_fact_of_the_command_stands(
    register: PostgresRegister,
) -> None:
    register.append([submission(T2)])

    [receipt] = register.append([submission(T1, facts=3)])

    assert (receipt.stream_id, receipt.version, receipt.position) == (T1, 3, 4)
    assert (receipt.number, receipt.fingerprint, receipt.replayed) == (None, b"said", False)


def test_a_stream_reads_back_as_it_was_appended(register: PostgresRegister) -> None:
    given = submission(T1, facts=3)
    [receipt] = register.append([given])
    register.append([submission(T2)])

    stream = register.stream(T1)

    assert [fact.event for fact in stream] == given.events
    assert [fact.position for fact in stream] == [1, 2, 3]
    assert {fact.recorded_at for fact in stream} == {receipt.recorded_at}


def test_what_came_to_several_streams_is_read_in_one_question(register: PostgresRegister) -> None:
    register.append([submission(T1, facts=3)])
    register.append([submission(T2, facts=2)])

    since = register.since({T1: 1, T2: 2, C1: 0})

    assert since.facts[T1] == register.stream(T1, after=1)
    assert (len(since.facts[T1]), since.facts[T2], since.facts[C1]) == (2, [], [])
    assert since.pack_position == register.pack_position() == 0


def test_facts_are_read_behind_a_position_and_not_more_than_asked(
    register: PostgresRegister,
) -> None:
    register.append([submission(T1, facts=5)])

    assert [fact.position for fact in register.facts(after=1, limit=3)] == [2, 3, 4]


def test_an_empty_register_has_no_head_no_facts_and_no_receipts(register: PostgresRegister) -> None:
    assert register.head() == 0
    assert register.facts(0, 10) == register.stream(T1) == []
    assert register.receipt("staff:1", "command") is None
    assert register.known("staff:1", ["command"]) == set()


def test_a_command_without_facts_is_kept_and_answered_with_the_head(
    register: PostgresRegister,
) -> None:
    register.append([submission(T1, facts=2)])

    [receipt] = register.append([submission(T1, 3, facts=0, command_id="changed-nothing")])

    assert (receipt.position, receipt.version, register.head()) == (2, 2, 2)
    assert register.append([submission(T1, 3, facts=0, command_id="changed-nothing")])[0].replayed


# positions


def test_a_conflict_leaves_no_hole(register: PostgresRegister) -> None:
    register.append([submission(T1)])

    with pytest.raises(Conflict):
        register.append([submission(T1)])
    register.append([submission(T1, 2)])

    assert positions(register) == [1, 2]


def test_a_rollback_leaves_no_hole(
    register: PostgresRegister, register_url: str, codec: Codec
) -> None:
    with unfinished(register_url, codec) as (other, connection):
        [lost] = other.append([submission(T2, facts=3)])
        connection.rollback()

        [receipt] = register.append([submission(T1)])

    assert (lost.position, receipt.position) == (3, 1)
    assert positions(register) == [1]


def test_a_writer_killed_while_it_holds_the_lock_leaves_no_hole_and_no_lock(
    register: PostgresRegister, database: Database, register_url: str, codec: Codec
) -> None:
    with ThreadPoolExecutor(1) as thread, unfinished(register_url, codec) as (other, connection):
        [lost] = other.append([submission(T2, facts=3)])
        waiting = thread.submit(register.append, [submission(T1)])
        wait_for_a_blocked_writer(database)

        killed = execute(
            database, f"SELECT pg_terminate_backend({connection.info.backend_pid})"
        ).fetchone()
        [receipt] = waiting.result(20)

    assert killed == (True,)
    assert (lost.position, receipt.position) == (3, 1)
    assert [fact.event.originator_id for fact in register.facts(0, 10)] == [T1]


def test_nobody_sees_a_position_before_all_lower_ones(
    register: PostgresRegister, database: Database, register_url: str, codec: Codec
) -> None:
    with ThreadPoolExecutor(1) as thread, unfinished(register_url, codec) as (other, connection):
        other.append([submission(T2)])
        waiting = thread.submit(register.append, [submission(T1)])
        wait_for_a_blocked_writer(database)
        seen_meanwhile = positions(register)

        connection.commit()

        assert waiting.result(20)[0].position == 2
        assert (seen_meanwhile, positions(register)) == ([], [1, 2])


def test_a_reader_who_follows_four_writing_processes_misses_nothing(
    register: PostgresRegister, register_url: str, keys_url: str
) -> None:
    seen: list[int] = []

    with ProcessPoolExecutor(4, mp_context=APART) as processes:
        writers = [
            processes.submit(append_many, register_url, keys_url, writer=n, count=250, contended=T1)
            for n in range(4)
        ]
        while not all(writer.done() for writer in writers):
            seen += [fact.position for fact in register.facts(max(seen, default=0), 50)]
        seen += [fact.position for fact in register.facts(max(seen), 1000)]

    promised = sorted(position for writer in writers for position in writer.result())
    assert seen == promised == list(range(1, 1001))


# exactly once


def test_a_command_said_again_is_answered_as_the_first_time(register: PostgresRegister) -> None:
    [first] = register.append([submission(T1, command_id="mine", numbered_in="main/slip/2026")])
    register.append([submission(T2)])

    [again] = register.append([submission(T1, 2, command_id="mine", numbered_in="main/slip/2026")])

    assert again.replayed
    assert not first.replayed
    assert (again.position, again.version, again.number) == (1, 1, "2026-0001")
    assert again.recorded_at == first.recorded_at
    assert positions(register) == [1, 2]


def test_a_command_said_eight_times_at_once_is_done_once(register: PostgresRegister) -> None:
    answers = all_at_once(
        8, lambda _: register.append([submission(T1, facts=2, command_id="mine")])[0]
    )

    receipts = [answer.result() for answer in answers]
    assert [receipt.position for receipt in receipts] == [2] * 8
    assert sorted(receipt.replayed for receipt in receipts) == [False] + [True] * 7
    assert positions(register) == [1, 2]


@pytest.mark.parametrize(
    ("question", "is_alone", "was_stored"),
    [
        (b"register.reserve(", False, False),
        (b"register.append(", False, True),
        (b"register.append_at(", True, True),
    ],
)
def test_an_answer_lost_on_its_way_is_given_again_and_nothing_is_doubled(
    register_url: str, codec: Codec, question: bytes, is_alone: bool, was_stored: bool
) -> None:
    with (
        home() as directory,
        Line(directory, register_url) as line,
        closing(Database(line.url, size=1)) as database,
    ):
        register = PostgresRegister(database, codec)
        before = register if is_alone else PostgresRegister(database, codec)
        for version in range(1, ALONE + 2):
            before.append([submission(T2, version)])

        line.cut_answer_to(question)
        [receipt] = register.append([submission(T1, facts=2)])

        assert receipt.replayed == was_stored
        assert receipt.position == ALONE + 3
        assert positions(register) == [*range(1, ALONE + 4)]


def test_the_same_command_id_of_somebody_else_is_another_command(
    register: PostgresRegister,
) -> None:
    register.append([submission(T1, by="staff:1", command_id="mine")])

    [receipt] = register.append([submission(T2, by="staff:2", command_id="mine")])

    assert not receipt.replayed
    assert register.known("staff:1", ["mine", "other"]) == {"mine"}
    assert register.known("staff:3", ["mine"]) == set()
    other = register.receipt("staff:2", "mine")
    assert other is not None
    assert (other.stream_id, other.position, other.replayed) == (T2, 2, True)


# lost races


def test_a_lost_race_is_a_conflict_and_nothing_of_it_is_stored(register: PostgresRegister) -> None:
    register.append([submission(T1, command_id="faster")])

    with pytest.raises(Conflict):
        register.append([submission(T1, facts=2, command_id="slower")])

    assert positions(register) == [1]
    assert register.receipt(submission().by, "slower") is None


def test_of_eight_who_race_one_wins(register: PostgresRegister) -> None:
    answers = all_at_once(8, lambda number: register.append([submission(T1, facts=number + 1)]))

    won = [answer.result()[0] for answer in answers if answer.exception() is None]
    assert [type(answer.exception()) for answer in answers].count(Conflict) == 7
    assert positions(register) == list(range(1, won[0].version + 1))


# batches


def test_a_batch_is_stored_whole_and_answered_in_its_order(register: PostgresRegister) -> None:
    receipts = register.append(
        [submission(T2, facts=2), submission(T1), submission(T2, 3), submission(T1, 2, facts=0)]
    )

    assert [(r.stream_id, r.version, r.position) for r in receipts] == [
        (T2, 2, 2),
        (T1, 1, 3),
        (T2, 3, 4),
        (T1, 1, 4),
    ]
    assert [fact.event.originator_id for fact in register.facts(0, 10)] == [T2, T2, T1, T2]


def test_a_batch_with_one_lost_race_is_not_stored_at_all(register: PostgresRegister) -> None:
    register.append([submission(T1)])

    with pytest.raises(Conflict):
        register.append(
            [
                submission(T2, command_id="good", numbered_in="main/slip/2026"),
                submission(T1, command_id="late"),
            ]
        )

    assert positions(register) == [1]
    assert register.known(submission().by, ["good", "late"]) == set()
    [receipt] = register.append([submission(T2, numbered_in="main/slip/2026")])
    assert receipt.number == "2026-0001"


def test_a_batch_with_some_known_commands_is_a_conflict(register: PostgresRegister) -> None:
    register.append([submission(T1, command_id="known")])

    with pytest.raises(Conflict):
        register.append([submission(T1, command_id="known"), submission(T2, command_id="new")])

    assert positions(register) == [1]
    assert register.known(submission().by, ["known", "new"]) == {"known"}


def test_a_batch_said_again_is_answered_as_the_first_time(register: PostgresRegister) -> None:
    batch = [submission(T2, command_id="b"), submission(T1, command_id="a")]
    first = register.append(batch)

    again = register.append(batch)

    assert [r.position for r in again] == [r.position for r in first] == [1, 2]
    assert [r.replayed for r in again] == [True, True]
    assert positions(register) == [1, 2]


def test_a_batch_that_says_one_command_twice_is_a_conflict(register: PostgresRegister) -> None:
    with pytest.raises(Conflict):
        register.append([submission(T1, command_id="twin"), submission(T2, command_id="twin")])

    assert positions(register) == []


# the store's clock


def test_a_fact_is_recorded_when_the_store_says_and_not_when_it_happened(
    register: PostgresRegister,
) -> None:
    before = datetime.now(UTC)
    [receipt] = register.append([submission(T1)])
    after = datetime.now(UTC)

    [stored] = register.stream(T1)
    assert before <= stored.recorded_at <= after
    assert stored.recorded_at == receipt.recorded_at
    assert stored.event.timestamp == NOON


def test_recorded_at_never_goes_back_though_the_clock_does(
    register: PostgresRegister, database: Database, codec: Codec
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    first = fact(T1, 1, "of tomorrow")
    database.run(
        lambda c: c.execute(
            "INSERT INTO register.entry VALUES (1, %s, 1, %s, %s, %s, 'staff:1', 'of tomorrow')",
            (T1, Ticket.Resumed.TOPIC, codec.encode(first), tomorrow),
        )
    )

    [receipt] = register.append([submission(T2)])

    assert receipt.recorded_at == tomorrow
    assert [stored.recorded_at for stored in register.facts(0, 10)] == [tomorrow, tomorrow]


# where an append is believed to stand


class Listening(Database):
    """Keeps what is asked, word by word, in `asked`."""

    def __init__(self, url: str) -> None:
        super().__init__(url, size=1)
        self.asked: list[str] = []

    def run(self, work: Callable[[Connection], T]) -> T:
        query = b"SELECT query FROM pg_stat_activity WHERE pid = %s"
        with self.connection() as connection, psycopg.connect(self.url) as looking:
            result = work(connection)
            rows = looking.execute(query, (connection.info.backend_pid,)).fetchall()
            self.asked += [asked for (asked,) in rows]
            return result


def test_who_appends_alone_asks_once_and_else_twice(
    register: PostgresRegister, register_url: str, codec: Codec
) -> None:
    with closing(Listening(register_url)) as database:
        mine = PostgresRegister(database, codec)
        for version in range(1, ALONE + 4):
            mine.append([submission(T1, version)])
        register.append([submission(T2)])
        for version in range(ALONE + 4, 2 * ALONE + 6):
            mine.append([submission(T1, version)])

    in_one = ["append_at(" in asked for asked in database.asked]
    learns = [False] * (ALONE + 1)
    assert in_one == [*learns, True, True, *learns, True]
    assert positions(register) == [*range(1, 2 * ALONE + 7)]


def test_two_who_take_turns_are_dense_and_in_order_of_time(
    register: PostgresRegister, database: Database, codec: Codec
) -> None:
    both = [register, PostgresRegister(database, codec)]
    turns = [0] * 6 + [1] * 6 + [0, 1] + [0] * 6 + [1]

    receipts = [
        both[turn].append([submission(version=version)])[0]
        for version, turn in enumerate(turns, start=1)
    ]

    stored = register.stream(T1)
    times = [one.recorded_at for one in stored]
    assert [one.position for one in stored] == [receipt.position for receipt in receipts]
    assert times == sorted(times) == [receipt.recorded_at for receipt in receipts]


@pytest.mark.parametrize(
    ("before", "at", "is_taken"),
    [
        (1, "clock_timestamp()", True),
        (0, "clock_timestamp()", False),
        (2, "clock_timestamp()", False),
        (1, "clock_timestamp() + interval '1 second'", False),
        (1, "clock_timestamp() - interval '1 second'", False),
        (1, "(SELECT recorded_at - interval '1 us' FROM register.entry)", False),
    ],
    ids=["right", "somebody was faster", "not there yet", "ahead", "late", "before the last"],
)
def test_an_append_at_another_place_or_time_stores_nothing(
    register: PostgresRegister, database: Database, before: int, at: str, is_taken: bool
) -> None:
    register.append([submission(T1)])
    [micros] = execute(database, f"SELECT (extract(epoch FROM {at}) * 1e6)::bigint").fetchone()
    command = f'["staff:1", "mine", "", "{T2}", 1, 1, null]'
    event = f'["{T2}", 1, "{Ticket.Resumed.TOPIC}", "staff:1", "mine", null]'

    answered, _ = execute(
        database,
        f"CALL register.append_at({before}, {micros}, '[]', '[{command}]', '[{event}]',"
        " '{{}}', NULL, NULL)".replace("{{}}", '{"{}"}'),
    ).fetchone()

    assert answered == (before if is_taken else None)
    assert register.known("staff:1", ["mine"]) == ({"mine"} if is_taken else set())
    assert register.head() == (2 if is_taken else 1)


# register numbers


def test_numbers_count_each_register_and_year_apart(register: PostgresRegister) -> None:
    registers = ["main/slip/2026", "main/slip/2027", "east/slip/2026", "main/slip/2026"]

    receipts = [
        register.append([submission(UUID(int=n), numbered_in=name)])[0]
        for n, name in enumerate(registers)
    ]

    assert [r.number for r in receipts] == ["2026-0001", "2027-0001", "2026-0001", "2026-0002"]


def test_numbers_have_no_gap_when_many_write_and_some_lose(register: PostgresRegister) -> None:
    def work(writer: int) -> list[Receipt]:
        receipts = register.append([submission(UUID(int=writer), numbered_in="main/slip/2026")])
        for version in range(2, 12):
            with pytest.raises(Conflict):
                register.append([submission(UUID(int=writer), 1, numbered_in="main/slip/2026")])
            receipts += register.append(
                [submission(UUID(int=writer), version, numbered_in="main/slip/2026")]
            )
        return receipts

    receipts = [receipt for answer in all_at_once(4, work) for receipt in answer.result()]

    in_order = sorted(receipts, key=lambda receipt: receipt.position)
    assert [r.number for r in in_order] == [f"2026-{n:04}" for n in range(1, 45)]
    assert [stored.number for stored in register.facts(0, 100)] == [r.number for r in in_order]


def test_numbers_of_a_batch_follow_its_order_and_the_first_is_on_the_receipt(
    register: PostgresRegister,
) -> None:
    receipts = register.append(
        [
            submission(T2, facts=2, numbered_in="main/slip/2026"),
            submission(T1, facts=1, numbered_in="main/slip/2027"),
            submission(T2, 3, facts=2, numbered_in="main/slip/2026"),
            submission(T1, 2),
        ]
    )

    assert [r.number for r in receipts] == ["2026-0001", "2027-0001", "2026-0003", None]
    assert [stored.number for stored in register.stream(T2)] == [
        "2026-0001",
        "2026-0002",
        "2026-0003",
        "2026-0004",
    ]


def test_numbers_go_on_beyond_four_digits(register: PostgresRegister, database: Database) -> None:
    [last] = register.append([submission(T1, numbered_in="main/slip/2026")])
    execute(
        database,
        "INSERT INTO register.entry SELECT 2, stream_id, 2, topic, state, recorded_at, actor,"
        " command_id, register, '2026-9999' FROM register.entry",
    )

    [receipt] = register.append([submission(T2, numbered_in="main/slip/2026")])

    assert (last.number, receipt.number) == ("2026-0001", "2026-10000")


# append-only


@pytest.mark.attack("changed, deleted, truncated by the owner")
@pytest.mark.parametrize("table", ["register.entry", "register.command"])
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET actor = 'staff:9'", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_what_is_registered_cannot_be_changed(
    register: PostgresRegister, database: Database, table: str, change: str
) -> None:
    register.append([submission(T1)])
    stored = execute(database, f"SELECT * FROM {table}").fetchall()

    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        execute(database, change.format(table))

    assert len(stored) == 1
    assert execute(database, f"SELECT * FROM {table}").fetchall() == stored


def test_many_threads_share_one_register(register: PostgresRegister) -> None:
    answers = all_at_once(12, lambda n: append_after_last(register, T1, command_id=f"thread-{n}"))

    assert sorted(answer.result() for answer in answers) == list(range(1, 13))
    assert [stored.event.originator_version for stored in register.stream(T1)] == [*range(1, 13)]


def test_an_append_finds_its_way_by_the_indexes_from_the_first_one_on(
    register: PostgresRegister, database: Database
) -> None:
    """Or a plan made for an analysed, empty register reads all of a full one, for each command."""
    with database.connection() as connection:
        connection.execute("ANALYZE register.entry, register.command")
    for version in range(1, 31):
        register.append([submission(version=version, numbered_in="desk/A-2026")])

    with database.connection() as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        scans = connection.execute(
            "SELECT relname, seq_scan, idx_scan > 0 FROM pg_stat_user_tables"
            " WHERE relname IN ('entry', 'command') ORDER BY relname"
        ).fetchall()
    assert scans == [("command", 0, True), ("entry", 0, True)]
