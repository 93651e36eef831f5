"""A PostgreSQL of the tests' own, and databases that are there at once, as copies."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from infrastructure.database import Database
from infrastructure.embedded import EmbeddedPostgres, program
from infrastructure.opening import Urls, ready
from infrastructure.schema import DESK

FAST: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
}
"""Nothing survives a power cut. What is about that starts a server of its own, without these."""

IN_MEMORY = Path("/dev/shm")
"""Where there is one. A disk may take a millisecond for each of a database's 300 files."""

ROOM = 2 * 2**30
"""How many bytes must be free there."""

_numbers = count(1)


@contextmanager
def home() -> Iterator[Path]:
    """An empty directory that goes away again. Not one of pytest's: it bars the server's user."""
    memory = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM
    directory = Path(tempfile.mkdtemp(prefix="yice-", dir=IN_MEMORY if memory else None))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@contextmanager
def running(options: Mapping[str, str] = FAST) -> Iterator[EmbeddedPostgres]:
    """A server under a home of its own."""
    with home() as directory, EmbeddedPostgres(directory, options) as server:
        yield server


def base_backup(server: EmbeddedPostgres, place: Path, *options: str) -> None:
    """A copy of all that the server holds, for another server whose home is `place`."""
    copy = EmbeddedPostgres(place)
    copy.data.mkdir(mode=0o700, parents=True)
    if user := server.as_user():
        os.chown(copy.data, user["user"], user["group"])
        for folder in (place, *place.parents):
            folder.chmod(folder.stat().st_mode | 0o011)
    command = [program("pg_basebackup"), "-d", server.url("postgres"), "-D", copy.data]
    subprocess.run(
        [*command, "--checkpoint=fast", *options], check=True, cwd="/", capture_output=True, **user
    )


def make_template(server: EmbeddedPostgres, name: str, prepare: Callable[[Database], None]) -> None:
    """A database to copy from, as `prepare` leaves it."""
    server.create_database(name)
    with closing(Database(server.url(name), size=2)) as database:
        prepare(database)


@contextmanager
def fresh_database(server: EmbeddedPostgres, template: str = "template1") -> Iterator[str]:
    """The URL of a new database, a copy of the template; it goes away again."""
    with fresh_databases(server, template) as [url]:
        yield url


@contextmanager
def fresh_databases(server: EmbeddedPostgres, *templates: str) -> Iterator[list[str]]:
    """One for each template, over one connection: that costs as much as a copy."""
    names = {template: sql.Identifier(f"test_{next(_numbers)}") for template in templates}
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for template, name in names.items():
            connection.execute(copy.format(name, sql.Identifier(template)))
        yield [server.url(name.as_string().strip('"')) for name in names.values()]
        for name in names.values():
            connection.execute(drop.format(name))


def as_desk_alone(url: str) -> str:
    """The same database for somebody who is the desk, and nobody else besides."""
    return url.replace("//postgres@", f"//{DESK}@", 1)


def desk_urls(register_url: str, keys_url: str) -> Urls:
    """Two databases made ready, and what the desk alone may do in them."""
    ready(Urls(register_url, keys_url))
    return as_desk(register_url, keys_url)


def as_desk(register_url: str, keys_url: str) -> Urls:
    """Two databases that are ready, for the desk alone."""
    return Urls(as_desk_alone(register_url), as_desk_alone(keys_url))


def terminate_backends(url: str) -> int:
    """Cut all connections to this database but the one that says so; how many were cut."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).rowcount
