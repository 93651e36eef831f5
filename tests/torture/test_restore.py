"""Backup and restore to a point in time, with the tools that PostgreSQL brings.

As docs/operations.md has it: a base backup, an archive of the log, a target; the keys stand in a
server of their own, which is not taken back.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.clients import RegisterClient
from application.desk import Actor
from application.people import RegisterStaff, TakePost
from application.register import Receipt
from application.tickets import NoteTicket, OpenTicket
from domain.aggregate import staff_ref
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.settings import Settings
from infrastructure.shipped import shipped_packs
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.wiring import Parts, now
from tests.support.checker import Answer, Audited, Tables, different, view_tables
from tests.support.facts import LI_NA, NOON, SHANGHAI
from tests.support.postgres import FAST, base_backup, desk_urls, home
from tests.support.processes import until

ERASED = "after the backup-client-0"
"""Registered before the moment, and erased after it."""

TEXT = "有线电视无信号"

SETUP = Actor.system("setup")
CLERK = Actor(staff_ref(LI_NA), frozenset({"cs_officer"}), LI_NA)


@dataclass(frozen=True)
class Moment:
    """How things stood, and the ways to name that."""

    answers: list[Answer]
    held: Audited
    views: Tables
    targets: dict[str, str]


@dataclass(frozen=True)
class House:
    """What is left for a restore: a base backup and an archive; and the keys, as they are now."""

    backup: Path
    archive: Path
    keys_url: str
    then: Moment
    lost: list[Answer]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Work, a backup, more work, the moment; then more work that nobody wants back."""
    with ExitStack() as stack:
        backup, archive = stack.enter_context(home()), stack.enter_context(home())
        keys = stack.enter_context(EmbeddedPostgres(stack.enter_context(home()), FAST))
        keys.create_database("yice_keys")
        archive.chmod(0o777)
        archiving = {
            "archive_mode": "on",
            "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f",
        }
        with EmbeddedPostgres(stack.enter_context(home()), {**FAST, **archiving}) as server:
            server.create_database("yice")
            with opened(server.url("yice"), keys.url("yice_keys")) as parts:
                packs = [pack for pack in shipped_packs() if pack["pack"] == "consultation"]
                parts.set_up(now, packs)
                employed(parts)
                told = worked(parts, "before the backup")
                base_backup(server, backup)
                told += worked(parts, "after the backup")
                then = moment(server, parts, told)
                lost = worked(parts, "what went wrong")
                parts.keys.destroy(of(told, ERASED).stream_id)
                archived(server)
        yield House(backup, archive, keys.url("yice_keys"), then, lost)


@contextmanager
def opened(register_url: str, keys_url: str) -> Iterator[Parts]:
    settings = Settings(home=Path(), database_url="", keys_url="", zone=SHANGHAI, pool_size=3)
    with closing(Parts(desk_urls(register_url, keys_url), settings)) as parts:
        yield parts


def of(answers: list[Answer], key: str) -> Answer:
    return next(answer for answer in answers if answer.command_id == key)


def said(by: Actor, key: str) -> dict[str, Any]:
    return {"by": by, "command_id": key, "received_at": NOON}


def employed(parts: Parts) -> None:
    parts.people.register(RegisterStaff(**said(SETUP, "hire"), staff_id=LI_NA, name="李娜"))
    post = TakePost(**said(SETUP, "post"), staff_id=LI_NA, post="专员", roles=("cs_officer",))
    parts.people.take_post(post)


def worked(parts: Parts, what: str) -> list[Answer]:
    """Five clients come, each with a matter that is noted twice; what was told."""
    answers: list[Answer] = []

    def tell(key: str, send: Callable[[dict[str, Any]], Receipt]) -> UUID:
        receipt = send(said(CLERK, key))
        answers.append(Answer(CLERK.ref, key, receipt.stream_id, receipt.version, receipt.position))
        return receipt.stream_id

    for n in range(5):
        client_id = tell(
            f"{what}-client-{n}",
            lambda words: parts.clients.register(RegisterClient(**words, name="王某")),
        )
        matter = {"client_id": client_id, "channel": "phone", "matter": TEXT}
        ticket_id = tell(
            f"{what}-open-{n}",
            lambda words, matter=matter: parts.tickets.open(
                OpenTicket(**words, **matter, procedure="consultation")
            ),
        )
        for m in range(2):
            note: dict[str, Any] = {"ticket_id": ticket_id, "text": TEXT}
            tell(
                f"{what}-note-{n}-{m}",
                lambda words, note=note: parts.tickets.note(NoteTicket(**words, **note)),
            )
    return answers


def moment(server: EmbeddedPostgres, parts: Parts, told: list[Answer]) -> Moment:
    parts.projector.catch_up()
    url = server.url("yice")
    held, views = Audited.read(url), view_tables(url)
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT clock_timestamp()::text, pg_current_wal_insert_lsn()::text,"
            " pg_create_restore_point('before-it-went-wrong')::text"
        ).fetchone()
    assert row is not None
    targets = {"time": row[0], "lsn": row[1], "name": "before-it-went-wrong"}
    return Moment(told, held, views, targets)


def archived(server: EmbeddedPostgres) -> None:
    """Until the log has been put away, up to now."""
    with psycopg.connect(server.url("yice"), autocommit=True) as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        last = "SELECT true FROM pg_stat_archiver WHERE last_archived_wal >= %s"
        until(lambda: connection.execute(last, row).fetchone())


@contextmanager
def restored(house: House, target: dict[str, str]) -> Iterator[EmbeddedPostgres]:
    """A server of its own, from backup and archive, as it was then, and taking writes."""
    with home() as place:
        recovery = {
            "restore_command": f"cp {house.archive}/%f %p",
            "recovery_target_action": "promote",
            **{f"recovery_target_{name}": value for name, value in target.items()},
        }
        base = EmbeddedPostgres(house.backup).data
        subprocess.run(["cp", "-a", base, place / "postgres"], check=True)
        (place / "postgres" / "recovery.signal").touch()
        with EmbeddedPostgres(place, {**FAST, **recovery}) as server:
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                asked = "SELECT true WHERE NOT pg_is_in_recovery()"
                until(lambda: connection.execute(asked).fetchone())
            yield server


@pytest.mark.parametrize("kind", ["name", "time", "lsn"])
def test_the_register_is_restored_as_it_stood_at_that_moment(house: House, kind: str) -> None:
    then = house.then

    with restored(house, {kind: then.targets[kind]}) as server:
        held, views = Audited.read(server.url("yice")), view_tables(server.url("yice"))

    assert held == then.held
    assert list(different(then.views, views)) == []
    assert held.faults(then.answers) == []


def test_what_came_later_is_gone_and_the_checker_says_so(house: House) -> None:
    with restored(house, {"name": house.then.targets["name"]}) as server:
        faults = Audited.read(server.url("yice")).faults(house.lost)

    assert len(house.lost) == 20
    assert sum("was acknowledged, and nothing" in fault for fault in faults) == 20


def test_without_a_target_everything_that_was_archived_is_restored(house: House) -> None:
    with restored(house, {}) as server:
        faults = Audited.read(server.url("yice")).faults([*house.then.answers, *house.lost])

    assert faults == []


def test_a_restored_desk_goes_on_with_its_views_as_if_built_anew(house: House) -> None:
    with (
        restored(house, {"name": house.then.targets["name"]}) as server,
        opened(server.url("yice"), house.keys_url) as parts,
    ):
        head = parts.register.head()
        again = worked(parts, "what went wrong")
        parts.projector.catch_up()
        assert parts.forget_erased() > 0
        kept = view_tables(server.url("yice"))
        for name in VIEW_NAMES:
            parts.projector.rebuild(name, lambda position, head: None)

        assert again[0].position == head + 1
        assert list(different(kept, view_tables(server.url("yice")))) == []
        assert Audited.read(server.url("yice")).faults([*house.then.answers, *again]) == []


def test_who_was_erased_since_stays_erased_when_the_register_is_taken_back(house: House) -> None:
    erased = of(house.then.answers, ERASED).stream_id
    ticket_id = of(house.then.answers, "after the backup-open-0").stream_id
    other_id = of(house.then.answers, "after the backup-open-1").stream_id

    with (
        restored(house, {"name": house.then.targets["name"]}) as server,
        opened(server.url("yice"), house.keys_url) as parts,
    ):
        assert parts.keys.key(erased) is None
        assert TEXT not in str(parts.history_of(ticket_id))
        assert TEXT in str(parts.history_of(other_id))
