"""Every command as every role: the table decides, and nothing that there is stands beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from application.command_table import commands
from application.desk import Actor, Command
from domain.errors import Forbidden
from domain.roles import HOLDERS, INDEPENDENT, PERMISSIONS, ROLES, ROLES_OF_CATALOGUE
from interface.cli import main
from tests.interface.given import COMMANDS, paths
from tests.support.facts import C1, NOON, WANG_FANG
from tests.support.http import NOBODY, Answer, Office, Person

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

UNKNOWN = str(UUID(int=0xFF << 96 | 0x4000 << 64 | 0x8 << 60 | 0xFF))
"""Nothing has this id: what is allowed finds nothing, and changes nothing."""

SOMETHING = re.compile(rf"TICKET|{WANG_FANG}|(?<=clients/){C1}")


def said(kind: type[Command], by: Actor) -> Command:
    """Nothing but who says it and when: more is not asked before it is decided who may."""
    known = {"by": by, "command_id": "c", "received_at": NOON, "acting_for": None, "reason": None}
    optional = ("occurred_at", "expected_version")
    words = {f.name: None for f in fields(kind) if f.name not in (*known, *optional)}
    return kind(**words, **known)


def someone(*roles: str) -> Actor:
    return Actor(ref=f"staff:{UNKNOWN}", roles=frozenset(roles), staff_id=UUID(UNKNOWN))


def is_allowed(office: Office, command: Command) -> bool:
    try:
        office.parts.desk.authorised(command)
    except Forbidden as refused:
        refusal = refused
    else:
        return True
    assert refusal.facts == {"permission": command.PERMISSION}
    assert refusal.rule == PERMISSIONS[command.PERMISSION].rule
    return False


def test_every_command_needs_a_permission_that_there_is() -> None:
    assert len(commands()) > 60
    for_questions = {"read", "access.read", "ledger.read", "assessment.read"}
    assert {kind.PERMISSION for kind in commands()} | for_questions == set(PERMISSIONS)


def test_every_role_has_permissions_that_there_are() -> None:
    assert all(role.permissions <= PERMISSIONS.keys() for role in ROLES_OF_CATALOGUE.values())
    assert all(role.permissions for role in ROLES_OF_CATALOGUE.values())


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_command_is_for_the_roles_that_the_table_names(shared_office: Office, role: str):
    for kind in commands():
        allowed = is_allowed(shared_office, said(kind, someone(role)))

        assert allowed == (kind.PERMISSION in ROLES_OF_CATALOGUE[role].permissions), kind


def test_without_a_role_there_is_no_command(shared_office: Office):
    assert not [kind for kind in commands() if is_allowed(shared_office, said(kind, someone()))]


def routes(office: Office) -> Iterator[tuple[str, dict[str, object]]]:
    """Every route that takes a command, from the application, with a body that fits it."""
    adapter = office.app.url_map.bind("")
    known = {
        adapter.match(path.replace("TICKET", UNKNOWN), "POST")[0]: (path, body)
        for path, body in COMMANDS.items()
    }
    for path in paths(office, "POST"):
        endpoint = adapter.match(path, "POST")[0]
        assert endpoint in known, f"no example of what is sent to {path}"
        example, body = known[endpoint]
        yield SOMETHING.sub(UNKNOWN, example), dict(body)


def permission_missed(answer: Answer) -> str | None:
    """Which permission the answer says is missing."""
    if answer.status != 403:
        return None
    assert answer.stored == []
    missed = answer.body.get("facts", {}).get("permission")
    assert missed is None or answer.body.get("rule") == PERMISSIONS[missed].rule
    return None if missed is None else str(missed)


@pytest.fixture(scope="module")
def needed(shared_office: Office) -> dict[str, str]:
    """The permission that each route asks for, as somebody hears who has none."""
    nobody = shared_office.person(NOBODY)
    missed = {path: permission_missed(nobody.post(path, b)) for path, b in routes(shared_office)}
    assert [path for path, permission in missed.items() if permission is None] == []
    return {path: str(permission) for path, permission in missed.items()}


def test_every_permission_but_reading_and_the_desks_own_has_a_route(needed: dict[str, str]):
    no_route = {"read", "access.read", "ledger.read", "ticket.import", "obligation.clock"}
    no_route |= {"client.erase", "instance.manage", "evidence.export", "assessment.read"}

    assert set(needed.values()) == PERMISSIONS.keys() - no_route


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_route_is_for_the_roles_that_the_table_names(
    shared_office: Office, needed: dict[str, str], role: str
):
    person: Person = shared_office.hire(role)
    may = ROLES_OF_CATALOGUE[role].permissions

    for path, body in routes(shared_office):
        missed = permission_missed(person.post(path, body))

        assert missed == (None if needed[path] in may else needed[path]), path


def test_who_looks_on_has_no_permission_to_handle() -> None:
    handling = {"ticket.handle", "client.handle", "staff.duty", "staff.manage", "pack.publish"}

    for role in INDEPENDENT:
        assert not ROLES_OF_CATALOGUE[role].permissions & handling
    assert HOLDERS["obligation.clock"] == frozenset()


def test_the_page_is_what_the_data_says() -> None:
    printed = CliRunner().invoke(main, ["permissions", "--page"])

    assert printed.exit_code == 0
    assert PAGE.read_text("utf-8") == printed.output


def test_a_script_asks_which_roles_may_send_a_command() -> None:
    printed = CliRunner().invoke(main, ["permissions", "--json"])

    table = json.loads(printed.output)
    assert table["IssueSupervisionNotice"] == ["director", "supervisor"]
    assert table["RecordBreach"] == []
