from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import settings

from application.desk import Desk
from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from infrastructure.schema import KEYS, REGISTER, migrate
from tests.support.facts import SHANGHAI
from tests.support.postgres import fresh_database, make_template, running

pytest_plugins = [
    "tests.support.rules_plugin",
    "tests.support.attacks_plugin",
    "tests.support.real_data",
    "tests.support.readers",
    "pytester",
]

settings.register_profile("here", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, max_examples=50, stateful_step_count=30
)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    """Told to end, a run ends as with Ctrl-C, and takes its PostgreSQL along."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


LONGEST = ("torture", "journeys", "histories", "bench")
"""Folders whose files take a minute: begun first, so that no one of them is left to wait for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)

    items.sort(key=turn)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One server for the whole run, with a register and a key store to copy."""
    with running() as server:
        make_template(server, "register_template", lambda database: migrate(database, REGISTER))
        make_template(server, "keys_template", lambda database: migrate(database, KEYS))
        yield server


@pytest.fixture
def register_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """An empty register."""
    with fresh_database(postgres, "register_template") as url:
        yield url


@pytest.fixture
def keys_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """An empty key store."""
    with fresh_database(postgres, "keys_template") as url:
        yield url


@pytest.fixture
def database(register_url: str) -> Iterator[Database]:
    with closing(Database(register_url)) as database:
        yield database


@pytest.fixture
def keys_database(keys_url: str) -> Iterator[Database]:
    with closing(Database(keys_url)) as database:
        yield database


@pytest.fixture
def keys(keys_database: Database) -> PostgresKeyStore:
    return PostgresKeyStore(keys_database)


@pytest.fixture
def codec(keys: PostgresKeyStore) -> Codec:
    return Codec(keys)


@pytest.fixture
def register(database: Database, codec: Codec) -> PostgresRegister:
    return PostgresRegister(database, codec)


@pytest.fixture
def desk(register: PostgresRegister, keys: PostgresKeyStore) -> Desk:
    return Desk(register, keys, SHANGHAI)
