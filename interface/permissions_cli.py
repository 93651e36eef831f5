"""`yice permissions`: which role may send which command, from the data that decides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from application.command_table import commands
from domain.roles import DIRECTING, HOLDERS, INDEPENDENT, PERMISSIONS, ROLES, ROLES_OF_CATALOGUE
from interface.printing import print_json, print_table

_LOOKS_ON = " and ".join(f"`{role}`" for role in sorted(INDEPENDENT, reverse=True))

_QUESTIONS = {"read": ["all questions"], "access.read": ["who looked at what"]}
"""Permissions that are asked for where nothing is commanded."""
_DIRECT = ", ".join(f"`{role}`" for role in sorted(DIRECTING))

PREFACE = f"""# Who may do what

Printed from `domain/roles.py` and the commands by `make permissions`; not written by hand.

A post carries roles; others are given besides, for a while, everywhere or in one unit
(`POST /v1/staff/ID/roles`), and taken away again. Each is an event. A role that holds in one unit
counts for the tickets that were opened there or wait in its queue, and for who serves there;
clients and policies are of no unit, and who manages staff does so everywhere.

It is asked in one place, `application/desk.py`: before anything is looked at, and once more where
it is known of which unit it is. Beyond that the ticket asks what one is on it (its owner, its first
contact), and the pack whose turn it is to sign.

- {_LOOKS_ON} see all and handle nothing (AU-08); nobody has one of
  them together with a role that handles.
- A ticket that is with somebody else is assigned only by who directs work (SR-05): {_DIRECT}.
- Nobody approves their own: not a pack that they drafted, not more time that they asked for or get,
  not a waiver of what they have to keep, not a role for themselves; nobody signs twice, or demands
  an answer of themselves. A deputy is no second person (`domain/own.py`).
"""


@click.command()
@click.option("--page", is_flag=True, help="As docs/permissions.md.")
@click.option("--json", "as_json", is_flag=True, help="For a script.")
def permissions(page: bool, as_json: bool) -> None:
    """Which role may send which command."""
    if page:
        click.echo(as_page(), nl=False)
    elif as_json:
        print_json({kind.__name__: sorted(HOLDERS[kind.PERMISSION]) for kind in commands()})
    else:
        print_table("Permissions", list(_permissions()))


def as_page() -> str:
    lines = [
        *("## Permissions", "", *_markdown(_permissions()), ""),
        *("## Roles", "", *_markdown(_roles())),
    ]
    return "\n".join([PREFACE, *lines, ""])


def _permissions() -> Iterator[dict[str, str]]:
    for name, permission in PERMISSIONS.items():
        needing = [kind.__name__ for kind in commands() if name == kind.PERMISSION]
        yield {
            "permission": name,
            "lets one": permission.says,
            "roles": _named(HOLDERS[name]),
            "commands": ", ".join([*_QUESTIONS.get(name, ()), *needing]),
            "refused by": permission.rule or "",
        }


def _roles() -> Iterator[dict[str, str]]:
    for name, role in ROLES_OF_CATALOGUE.items():
        yield {
            "role": name,
            "中文": role.chinese,
            "may": ", ".join(p for p in PERMISSIONS if p in role.permissions),
            "catalogue": role.rules,
        }


def _named(roles: frozenset[str]) -> str:
    """Of most roles it is said which are missing."""
    if not roles:
        return "none: only the desk itself"
    others = sorted(ROLES - roles)
    if len(roles) <= len(others):
        return ", ".join(sorted(roles))
    return f"all but {', '.join(others)}" if others else "all"


def _markdown(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    known = list(rows)
    yield f"| {' | '.join(known[0])} |"
    yield f"|{'---|' * len(known[0])}"
    for row in known:
        yield f"| {' | '.join(row.values())} |"
