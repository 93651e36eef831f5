"""The two databases of a desk: found or started, and brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import psycopg

from application.register import Unavailable
from infrastructure.database import LOST, Database, impatient
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.schema import (
    DESK,
    KEYS,
    REGISTER,
    SEALER,
    NotTheOwner,
    as_desk,
    as_role,
    migrate,
)
from infrastructure.settings import Settings, SettingsError


@dataclass(frozen=True)
class Urls:
    """Where the register and the keys are; two databases, with backups of their own.

    `sealer` is the register's as its sealer sees it. `ensure_running` starts the server again if it
    is ours and has died.
    """

    register: str
    keys: str
    sealer: str = ""
    ensure_running: Callable[[], None] = lambda: None


@contextmanager
def store(settings: Settings) -> Iterator[Urls]:
    """The two databases: those that the settings name, or embedded ones, running inside.

    Raises SettingsError, Unavailable.
    """
    if settings.database_url:
        keys = settings.keys_url or _beside(settings.database_url)
        urls = Urls(settings.database_url, keys, settings.sealer_url)
        yield ready(urls)
        return
    with EmbeddedPostgres(settings.home) as postgres:
        yield embedded_urls(postgres)


def embedded_urls(postgres: EmbeddedPostgres) -> Urls:
    """Two databases on it, made ready; whoever is given the URLs is no more than the desk."""
    for name in ("yice", "yice_keys"):
        postgres.create_database(name)
    ready(Urls(postgres.url("yice"), postgres.url("yice_keys")))
    return Urls(
        postgres.url("yice", DESK),
        postgres.url("yice_keys", DESK),
        postgres.url("yice", SEALER),
        postgres.ensure_running,
    )


def ready(urls: Urls) -> Urls:
    """The schema brought up to date by whoever the URLs name, and the URLs of the desk's role.

    Raises SettingsError, Unavailable.
    """
    try:
        for url, migrations in ((urls.register, REGISTER), (urls.keys, KEYS)):
            with closing(Database(url, size=1)) as database:
                migrate(database, migrations)
        return replace(
            urls,
            register=as_desk(urls.register),
            keys=as_desk(urls.keys),
            sealer=urls.sealer or as_role(urls.register, SEALER),
        )
    except NotTheOwner as refused:
        raise SettingsError(f"start once with the URL of the owner: {refused}") from None
    except LOST as lost:
        raise Unavailable(str(lost)) from None


def _beside(url: str) -> str:
    """The database for the keys where none is named: the register's, with `_keys` behind.

    Made if it is not there yet. Raises SettingsError, Unavailable.
    """
    parameters = psycopg.conninfo.conninfo_to_dict(url)
    name = f"{parameters.get('dbname') or 'yice'}_keys"
    keys = psycopg.conninfo.make_conninfo(url, dbname=name)
    try:
        psycopg.connect(impatient(keys)).close()
    except psycopg.OperationalError:
        _create(url, name)
    return keys


def _create(url: str, name: str) -> None:
    try:
        with psycopg.connect(impatient(url), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return
    except psycopg.OperationalError as lost:
        raise Unavailable(str(lost)) from None
    except psycopg.Error as error:
        raise SettingsError(f"name a database for the keys in YICE_KEYS_URL: {error}") from None
