"""`yice accesses`: who looked at a client, at a ticket, or what a member of staff looked at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from application.views.accesses import AccessFilter, AccessRow
from application.views.showing import plain
from domain.aggregate import staff_ref
from infrastructure.wiring import Parts
from interface.as_of_cli import Opened, as_json
from interface.named import ticket_named
from interface.printing import out, print_json

PAGE = 1_000


@click.command()
@click.option("--client", "client_id", type=click.UUID, help="Of a client: file, matters, all.")
@click.option("--ticket", help="Of a ticket, by its id or register number.")
@click.option("--staff", "staff_id", type=click.UUID, help="By a member of staff.")
@as_json
@click.pass_obj
def accesses(
    opened: Opened,
    client_id: UUID | None,
    ticket: str | None,
    staff_id: UUID | None,
    as_json: bool,
) -> None:
    """Who looked, newest first: reads on record, granted and refused."""
    with opened() as parts:
        parts.projector.catch_up()
        asked = AccessFilter(
            client_id=client_id,
            ticket_id=ticket_named(parts.ticket_register, ticket) if ticket else None,
            by=staff_ref(staff_id) if staff_id else None,
        )
        rows = [plain(row, parts.codec.open) for row in _all(parts, asked)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(_line(row), markup=False, highlight=False, soft_wrap=True)


def _all(parts: Parts, asked: AccessFilter) -> list[AccessRow]:
    found: list[AccessRow] = []
    before: int | None = None
    while rows := parts.access_log.page(asked, before=before, limit=PAGE):
        found += rows
        before = rows[-1].position
    return found


def _line(row: dict[str, Any]) -> str:
    """When, who, at what, what for, and whether it was shown."""
    of = row["ticket_id"] or row["client_id"] or row["export_id"]
    which = " ".join([*row["fields"], *([row["digest"][:12]] if row["digest"] else [])])
    at = row["recorded_at"].isoformat(timespec="seconds")
    what_for = f" for {row['purpose']}" if row["purpose"] else ""
    seen = f"{row['what']} {of} {which}".strip()
    became = "shown" if row["is_granted"] else f"refused: {row['code']}"
    if row["shown"] is not None:
        became = f"{row['shown']} shown, {row['left_out']} left out"
    return f"{at} {row['by']} {seen}{what_for}: {became}"
