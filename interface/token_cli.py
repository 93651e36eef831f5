"""`yice token`: bearer tokens of staff."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import click

from application.desk import Actor
from application.people import IssueCredential, IssuedToken, RevokeCredential, RotateCredential
from domain.credential import SCOPES, Credential
from infrastructure.wiring import Parts, now
from interface.printing import print_json, print_table

OPERATOR = Actor.system("operator")
"""Who acts at the command line: whoever can reach the database and its keys."""

Opened = Callable[[], AbstractContextManager[Parts]]

as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")
days = click.option("--days", type=click.IntRange(1), help="Good for so long; else as is usual.")


@click.group()
def token() -> None:
    """Bearer tokens of staff."""


@token.command("issue")
@click.argument("staff_id", type=click.UUID)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(SCOPES)),
    help="What it is good for, said once for each; else for all that their roles allow.",
)
@days
@as_json
@click.pass_obj
def issue_token(
    opened: Opened, staff_id: UUID, scopes: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """A new token for a member of staff: shown now, and never again."""
    asked = _asked(staff_id)
    command = IssueCredential(
        **asked, expires_at=_expiry(asked, days), scopes=tuple(sorted(set(scopes))) or None
    )
    with opened() as parts:
        issued = parts.people.issue_credential(command)
    _show(issued, as_json=as_json)


@token.command("rotate")
@click.argument("staff_id", type=click.UUID)
@click.argument("credential_id")
@click.option("--grace", default=600, show_default=True, help="Seconds the old one stays good.")
@days
@as_json
@click.pass_obj
def rotate_token(
    opened: Opened, staff_id: UUID, credential_id: str, grace: int, days: int | None, as_json: bool
) -> None:
    """A new token for one that there is, and good for the same; the old one ends."""
    asked = _asked(staff_id)
    command = RotateCredential(
        **asked,
        credential_id=credential_id,
        expires_at=_expiry(asked, days),
        grace=timedelta(seconds=grace),
    )
    with opened() as parts:
        issued = parts.people.rotate_credential(command)
    _show(issued, as_json=as_json)


@token.command("revoke")
@click.argument("staff_id", type=click.UUID)
@click.argument("credential_id")
@click.pass_obj
def revoke_token(opened: Opened, staff_id: UUID, credential_id: str) -> None:
    """Make a token worth nothing, at once."""
    command = RevokeCredential(**_asked(staff_id), credential_id=credential_id)
    with opened() as parts:
        parts.people.revoke_credential(command)
    click.echo("revoked")


@token.command("list")
@as_json
@click.pass_obj
def list_tokens(opened: Opened, as_json: bool) -> None:
    """Who has which tokens, for what and until when; not what they are."""
    with opened() as parts:
        rows = _rows(parts)
    if as_json:
        print_json(rows)
    else:
        print_table("Tokens", rows)


def _rows(parts: Parts) -> list[dict[str, str]]:
    parts.projector.catch_up()
    return [
        {"staff_id": str(row.staff_id), "post": row.post, **_row(credential_id, credential)}
        for row in parts.staff_directory.page(before=None, limit=10_000)
        for credential_id, credential in parts.people.credentials(row.staff_id).items()
    ]


def _row(credential_id: str, credential: Credential) -> dict[str, str]:
    ends = credential.expires_at
    return {
        "credential_id": credential_id,
        "scopes": " ".join(sorted(credential.scopes)),
        "expires_at": ends.isoformat() if ends else "",
        "is_good": "yes" if credential.is_good(now()) else "no",
    }


def _asked(staff_id: UUID) -> dict[str, Any]:
    return {
        "by": OPERATOR,
        "command_id": str(uuid4()),
        "received_at": now(),
        "staff_id": staff_id,
    }


def _expiry(asked: dict[str, Any], days: int | None) -> datetime | None:
    received_at: datetime = asked["received_at"]
    return received_at + timedelta(days=days) if days else None


def _show(issued: IssuedToken, *, as_json: bool) -> None:
    if as_json:
        print_json({"token": issued.token, "credential_id": issued.credential_id})
    else:
        click.echo(issued.token)
