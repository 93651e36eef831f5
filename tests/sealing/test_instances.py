"""Whose signatures count: the first home, those that it lets in, and none that was revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from typing import Any
from uuid import UUID

import pytest

from application.desk import Actor
from application.instances import (
    BeginLog,
    Instances,
    LogBegun,
    NameTaken,
    RegisterInstance,
    RequestInstance,
    RequestRevocation,
    RevokeInstance,
)
from application.register import Unavailable
from domain.errors import Forbidden, Invalid, NotFound
from domain.instance import InstanceRevoked, NotAskedFor, SamePersonLetsIn
from infrastructure.opening import Urls
from infrastructure.sealing.notes import SignerKey
from infrastructure.sealing.signing import instance_key
from infrastructure.wiring import Parts
from tests.support.http import SETTINGS
from tests.support.submissions import submission

OPERATOR = Actor.system("operator")
DIRECTOR = Actor(ref="staff:1", roles=frozenset({"director"}))

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


def told(by: Actor, command_id: str) -> dict[str, Any]:
    return {"by": by, "command_id": command_id, "received_at": now()}


def ask_for(instances: Instances, parts: Parts, *, by: Actor = OPERATOR) -> SignerKey:
    key = instance_key(parts.settings.home)
    asked = {"name": key.name, "vkey": str(key.verifier)}
    instances.request(RequestInstance(**told(by, f"ask-{key.name}"), **asked))
    return key


def approve(instances: Instances, key: SignerKey, *, by: Actor = DIRECTOR) -> None:
    approved = told(by, f"approve-{key.name}-{by.ref}")
    instances.register(RegisterInstance(**approved, vkey=str(key.verifier)))


def let_in(instances: Instances, parts: Parts) -> SignerKey:
    key = ask_for(instances, parts)
    approve(instances, key)
    return key


def ask_to_revoke(instances: Instances, name: str, ground: str = "lost") -> None:
    asked = told(OPERATOR, f"revoke-{ground}")
    instances.request_revocation(RequestRevocation(**asked, name=name, ground=ground))


def revoke(instances: Instances, key: SignerKey, *, by: Actor = DIRECTOR) -> None:
    approved = told(by, f"revoke-{key.name}-{by.ref}")
    instances.revoke(RevokeInstance(**approved, vkey=str(key.verifier)))


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
    key = let_in(first.instances, second)
    append(second, 1)

    assert signers(first)[3:] == [key.name]
    assert {instance.log for instance in first.instances.all()} == {first.instances.log()}


@pytest.mark.attack("instance let in by one person")
def test_one_person_lets_nobody_in(home: Home) -> None:
    first, second = home("a"), home("b")
    first.enrol(now)
    key = ask_for(first.instances, second)
    assert first.instances.asked() == {str(key.verifier): "registration"}

    with pytest.raises(SamePersonLetsIn):
        approve(first.instances, key, by=OPERATOR)
    with pytest.raises(Unavailable, match="yice instance register"):
        append(home("b"), 1)

    approve(first.instances, key)
    append(home("b"), 1)
    assert first.instances.asked() == {}


def test_nobody_is_let_in_unasked(home: Home) -> None:
    first = home("a")
    first.enrol(now)

    with pytest.raises(NotAskedFor):
        approve(first.instances, instance_key(home("b").settings.home))
    assert first.register.head() == 1


def test_who_was_revoked_appends_no_more(home: Home) -> None:
    first, second = home("a"), home("b")
    first.enrol(now)
    key = let_in(first.instances, second)
    with pytest.raises(NotAskedFor):
        revoke(first.instances, key)
    ask_to_revoke(first.instances, key.name)
    assert first.instances.asked() == {str(key.verifier): "revocation"}
    with pytest.raises(SamePersonLetsIn):
        revoke(first.instances, key, by=OPERATOR)
    append(home("b"), 1)

    revoke(first.instances, key)

    with pytest.raises(Unavailable):
        append(home("b"), 2)
    with pytest.raises(InstanceRevoked):
        ask_to_revoke(first.instances, key.name, "again")
    assert first.instances.asked() == {}


def test_a_name_is_used_once(home: Home) -> None:
    first = home("a")
    first.enrol(now)
    [known] = first.instances.all()
    command = RequestInstance(**told(OPERATOR, "again"), name=known.name, vkey="x")

    with pytest.raises(NameTaken):
        first.instances.request(command)
    with pytest.raises(Invalid):
        first.instances.request(replace(command, name="With Blanks", command_id="odd"))
    with pytest.raises(NotFound):
        ask_to_revoke(first.instances, "nobody")


def test_of_two_that_asked_for_one_name_one_gets_it(home: Home) -> None:
    first = home("a")
    first.enrol(now)
    keys = [SignerKey.generate("instance/twin") for _ in range(2)]
    for number, key in enumerate(keys):
        asked = told(OPERATOR, f"twin-{number}")
        first.instances.request(RequestInstance(**asked, name=key.name, vkey=str(key.verifier)))
    approve(first.instances, keys[0])

    with pytest.raises(NameTaken):
        approve(first.instances, keys[1], by=replace(DIRECTOR, ref="staff:2"))


def test_the_log_is_begun_once(home: Home) -> None:
    first = home("a")
    first.enrol(now)

    with pytest.raises(LogBegun):
        first.instances.begin(BeginLog(**told(OPERATOR, "again"), name="other", vkey="x"))


def test_asking_is_for_the_operator_alone_and_approving_for_who_leads(home: Home) -> None:
    first = home("a")
    first.enrol(now)
    administrator = Actor(ref="staff:2", roles=frozenset({"administrator"}))

    with pytest.raises(Forbidden):
        ask_for(first.instances, home("b"), by=DIRECTOR)
    key = ask_for(first.instances, home("b"))
    with pytest.raises(Forbidden):
        approve(first.instances, key, by=administrator)
    with pytest.raises(Forbidden):
        revoke(first.instances, key, by=administrator)
