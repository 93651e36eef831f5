"""A second home is asked for at the command line, and let in by another person's token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from domain.instance import Instance
from infrastructure.sealing.notes import SignerKey
from infrastructure.wiring import Parts
from interface.sealing_cli import instance
from tests.support.facts import NOON
from tests.support.http import Office

NEW = SignerKey.generate("instance/0a1b2c")
VKEY = str(NEW.verifier)


@pytest.fixture
def begun(office: Office) -> Office:
    """Whose first instance has begun the log."""
    office.parts.enrol(lambda: NOON)
    return office


def run(office: Office, *words: str) -> str:
    """What `yice instance` says on the desk of the office."""

    @contextmanager
    def opened() -> Iterator[Parts]:
        yield office.parts

    done = CliRunner().invoke(instance, words, obj=opened)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_home_is_let_in_and_shut_out_by_two_persons(begun: Office):
    director, administrator = begun.hire("director"), begun.hire("administrator")
    key = {"vkey": VKEY}

    too_early = director.post("/v1/instances/registration", key)
    asked = run(begun, "register", VKEY)
    waiting = director.get("/v1/instances").body
    by_another = administrator.post("/v1/instances/registration", key)
    let_in = director.post("/v1/instances/registration", key)
    known = director.get("/v1/instances").body

    assert too_early.refusal == (409, "instance_not_asked_for", "vkey")
    assert "another person has to approve it" in asked
    assert waiting["asked"] == [{**key, "asked_for": "registration"}]
    assert [row["vkey"] for row in waiting["items"]] != [VKEY]
    assert by_another.refusal == (403, "forbidden", None)
    assert let_in.stored == [Instance.Registered]
    assert (known["items"][1]["name"], known["asked"]) == (NEW.name, [])

    run(begun, "revoke", NEW.name, "--ground", "lost")
    asked_for = run(begun, "show")
    shut_out = director.post("/v1/instances/revocation", key)

    assert "To be approved by another person" in asked_for
    assert shut_out.stored == [Instance.Revoked]
    assert [row["is_revoked"] for row in director.get("/v1/instances").body["items"]] == [
        False,
        True,
    ]
    again = director.post("/v1/instances/registration", key)
    assert again.refusal == (409, "name_taken", "name")
