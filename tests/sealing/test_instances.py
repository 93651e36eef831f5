"""Whose signatures count: the first home, those that it lets in, and none that was revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from uuid import UUID

import pytest

from application.desk import Actor
from application.instances import Instances, NameTaken, RegisterInstance, RevokeInstance
from application.register import Unavailable
from domain.errors import Forbidden, Invalid, NotFound
from domain.instance import InstanceRevoked
from infrastructure.sealing.signing import instance_key
from infrastructure.wiring import Parts, Urls
from tests.support.http import SETTINGS
from tests.support.submissions import submission

OPERATOR = Actor.system("operator")

Home = Callable[[str], Parts]


@pytest.fixture
def home(register_url: str, keys_url: str, tmp_path: Path) -> Iterator[Home]:
    """A process of the home of that name, on one register."""
    with ExitStack() as stack:

        def started(name: str) -> Parts:
            settings = replace(SETTINGS, home=tmp_path / name)
            return stack.enter_context(closing(Parts(Urls(register_url, keys_url), settings)))

        yield started


def now() -> datetime:
    return datetime.now(UTC)


def let_in(instances: Instances, parts: Parts, *, by: Actor = OPERATOR) -> str:
    key = instance_key(parts.settings.home)
    instances.register(
        RegisterInstance(
            by=by,
            command_id=f"register-{key.name}",
            received_at=now(),
            name=key.name,
            vkey=str(key.verifier),
        )
    )
    return key.name


def revoke(instances: Instances, name: str, ground: str = "lost") -> None:
    instances.revoke(
        RevokeInstance(
            by=OPERATOR, command_id=f"revoke-{ground}", received_at=now(), name=name, ground=ground
        )
    )


def append(parts: Parts, number: int) -> None:
    parts.register.append([submission(UUID(int=0x57EA + number))])


def signers(parts: Parts) -> list[str | None]:
    """Who has signed each position."""
    with parts.database.connection() as connection:
        found = connection.execute(
            "SELECT instance FROM register.entry LEFT JOIN register.origin"
            " ON position BETWEEN first_position AND last_position ORDER BY position"
        ).fetchall()
    return [name for (name,) in found]


def test_without_an_instance_nobody_signs(home: Home) -> None:
    parts = home("a")
    append(parts, 1)

    assert signers(parts) == [None]


def test_the_first_home_begins_the_log_once(home: Home) -> None:
    parts = home("a")
    parts.enrol(now)
    again = home("a")
    again.enrol(now)
    append(again, 1)
    append(parts, 2)

    [first] = parts.instances.all()
    assert signers(parts) == [None, first.name, first.name]
    assert S_IMODE((parts.settings.home / "instance.key").stat().st_mode) == 0o600


def test_another_home_appends_once_it_was_let_in(home: Home) -> None:
    first = home("a")
    first.enrol(now)
    with pytest.raises(Unavailable, match="yice instance register"):
        append(home("b"), 1)
    with pytest.raises(Unavailable, match="yice instance register"):
        home("b").enrol(now)
    assert first.register.head() == 1

    second = home("b")
    name = let_in(first.instances, second)
    append(second, 1)

    assert signers(first)[2:] == [name]
    assert {instance.log for instance in first.instances.all()} == {first.instances.log()}


def test_who_was_revoked_appends_no_more(home: Home) -> None:
    first, second = home("a"), home("b")
    first.enrol(now)
    name = let_in(first.instances, second)
    revoke(first.instances, name)

    with pytest.raises(Unavailable):
        append(home("b"), 1)
    with pytest.raises(InstanceRevoked):
        revoke(first.instances, name, "again")


def test_a_name_is_used_once(home: Home) -> None:
    first = home("a")
    first.enrol(now)
    [known] = first.instances.all()
    command = RegisterInstance(
        by=OPERATOR, command_id="again", received_at=now(), name=known.name, vkey="x"
    )

    with pytest.raises(NameTaken):
        first.instances.register(command)
    with pytest.raises(Invalid):
        first.instances.register(replace(command, name="With Blanks", command_id="odd"))
    with pytest.raises(NotFound):
        revoke(first.instances, "nobody")


def test_it_is_for_the_operator_alone(home: Home) -> None:
    first = home("a")
    first.enrol(now)
    administrator = Actor(ref="staff:1", roles=frozenset({"administrator", "director"}))

    with pytest.raises(Forbidden):
        let_in(first.instances, home("b"), by=administrator)
