from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import PGconn, Ping

from infrastructure.embedded import EmbeddedPostgres, EmbeddedPostgresFailed
from tests.support import postgres as support
from tests.support.apart import APART, in_a_forked_child


@pytest.fixture
def home() -> Iterator[Path]:
    with support.home() as directory:
        yield directory


class Guest:
    """Another process that uses the server under a home, until it is told to leave or killed."""

    def __init__(self, home: Path) -> None:
        self._here, there = APART.Pipe()
        self.process: BaseProcess = APART.Process(target=stay, args=(home, there))
        self.process.start()

    def server_pid(self) -> int:
        """Waits until it is in."""
        pid = self._here.recv()
        assert isinstance(pid, int)
        return pid

    def leave(self) -> None:
        self._here.send("leave")
        self.process.join()
        self._here.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self._here.close()


def stay(home: Path, pipe: Connection) -> None:
    with EmbeddedPostgres(home) as server:
        pipe.send(server.pid)
        pipe.recv()


def come_and_go(home: Path, times: int) -> int:
    """How often the server was there."""
    found = 0
    for _ in range(times):
        with EmbeddedPostgres(home) as server:
            found += one(server, "SELECT 1")
    return found


def one(server: EmbeddedPostgres, query: str) -> Any:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def execute(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute(statement.encode())


def is_up(home: Path) -> bool:
    url = EmbeddedPostgres(home).url("postgres")
    return PGconn.ping(url.encode()) != Ping.NO_RESPONSE


@contextmanager
def busy_backend(server: EmbeddedPostgres) -> Iterator[None]:
    """Somebody whose query computes for a second or two, and looks at nothing else meanwhile."""
    connection = psycopg.connect(server.url("postgres"))
    query = b"SELECT count(*) FROM generate_series(1, 8000000)"
    with closing(connection), ThreadPoolExecutor(1) as thread:
        computing = thread.submit(connection.execute, query)
        yield
        computing.exception()


# starting and stopping


def test_what_is_stored_is_there_at_the_next_start(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        execute(server, "CREATE TABLE kept AS SELECT 7 AS seven")
    assert not (home / "postgres" / "postmaster.pid").exists()

    with EmbeddedPostgres(home) as server:
        assert one(server, "SELECT seven FROM kept") == 7


def test_two_processes_start_it_at_once_and_the_last_one_out_stops_it(home: Path) -> None:
    guests = [Guest(home), Guest(home)]

    pids = {guest.server_pid() for guest in guests}
    guests[0].leave()
    up_with_one_guest = is_up(home)
    guests[1].leave()

    assert len(pids) == 1
    assert (up_with_one_guest, is_up(home)) == (True, False)


def test_who_comes_while_the_last_one_leaves_finds_it_running(home: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=APART) as processes:
        found = [processes.submit(come_and_go, home, 5) for _ in range(2)]

    assert [future.result() for future in found] == [5, 5]
    assert not is_up(home)


def test_it_goes_on_after_kill_9_of_its_user_and_the_next_one_takes_it_up(home: Path) -> None:
    guest = Guest(home)
    pid = guest.server_pid()

    guest.kill()

    assert is_up(home)
    with EmbeddedPostgres(home) as server:
        assert server.pid == pid
    assert not is_up(home)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_that_leaves_does_not_stop_it(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        assert in_a_forked_child(lambda: server.__exit__(None, None, None)) == "done"

        assert is_up(home)


# after a crash


def test_after_kill_9_of_postgresql_it_is_brought_back_with_its_data(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        execute(server, "CREATE TABLE kept AS SELECT 7 AS seven")
        killed = server.pid

        os.kill(killed, signal.SIGKILL)
        server.ensure_running()

        assert server.pid != killed
        assert one(server, "SELECT seven FROM kept") == 7


def test_after_kill_9_another_process_brings_it_back(home: Path) -> None:
    guest = Guest(home)
    os.kill(guest.server_pid(), signal.SIGKILL)

    with EmbeddedPostgres(home) as server:
        assert one(server, "SELECT 1") == 1
        guest.leave()
        assert is_up(home)


def test_it_is_brought_back_as_soon_as_a_query_of_the_killed_one_has_ended(home: Path) -> None:
    with EmbeddedPostgres(home) as server, busy_backend(server):
        os.kill(server.pid, signal.SIGKILL)

        server.ensure_running()

        assert one(server, "SELECT 1") == 1


def test_leaving_after_a_crash_kills_nobody_else(home: Path) -> None:
    bystander = APART.Process(target=signal.pause)
    bystander.start()
    with EmbeddedPostgres(home) as server:
        os.kill(server.pid, signal.SIGKILL)
        lines = (home / "postgres" / "postmaster.pid").read_text().split("\n")
        (home / "postgres" / "postmaster.pid").write_text(
            "\n".join([str(bystander.pid), *lines[1:]])
        )

    bystander.terminate()
    bystander.join()
    assert bystander.exitcode == -signal.SIGTERM


def test_a_data_directory_that_was_left_half_made_is_made_anew(home: Path) -> None:
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("half")

    with EmbeddedPostgres(home) as server:
        assert one(server, "SELECT 1") == 1


# whatever it is surrounded by


def test_where_there_are_no_connections_left_it_is_not_started_again(home: Path) -> None:
    with EmbeddedPostgres(home, {"max_connections": "5"}) as server, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(psycopg.connect(server.url("postgres")))

        server.ensure_running()

        with pytest.raises(psycopg.OperationalError, match="too many"):
            one(server, "SELECT 1")


def test_the_environment_has_no_say_in_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PGPORT", "6543"), ("LC_ALL", "xx_XX.GB18030"), ("PGDATA", "nowhere")):
        monkeypatch.setenv(name, value)

    with EmbeddedPostgres(home) as server:
        monkeypatch.undo()

        assert one(server, "SELECT lower('É') = 'é' AND 'Z' < 'a'") is True
        assert one(server, "SHOW server_encoding") == "UTF8"


@pytest.mark.parametrize(
    "name", ["a desk 100% 一册?&#", "a desk, or two", "long" * 40], ids=["odd", "comma", "long"]
)
def test_its_home_may_have_an_odd_or_long_name(home: Path, name: str) -> None:
    with EmbeddedPostgres(home / name) as server:
        server.create_database("one desk")
        server.create_database("one desk")

        with psycopg.connect(server.url("one desk")) as connection:
            assert connection.info.dbname == "one desk"
            directory = conninfo_to_dict(server.url("postgres"))["host"]
    shutil.rmtree(str(directory))


def test_it_never_runs_as_root_and_lets_nobody_else_in(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        assert (home / "postgres").stat().st_uid != 0
        assert (home / "postgres").stat().st_mode & 0o077 == 0
        assert one(server, "SHOW listen_addresses") == ""
        assert one(server, "SHOW unix_socket_permissions") == "0700"


def test_what_keeps_it_from_starting_is_said(home: Path) -> None:
    with pytest.raises(EmbeddedPostgresFailed, match=r'"shared_buffers": "plenty"'):
        EmbeddedPostgres(home, {"shared_buffers": "plenty"}).__enter__()
