"""`yice statement`: what somebody has got and given in a period."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from application.views.ledger import LedgerRow, balances, totals
from domain.errors import DomainError
from domain.period import bounds
from domain.zone import Zone
from infrastructure.wiring import Parts
from interface.printing import print_json, print_table

Opened = Callable[[], AbstractContextManager[Parts]]
"""The desk, ready to work with."""


@click.command("statement")
@click.argument("holder")
@click.option("--period", help="2026-11, 2026-Q4, 2026-H2 or 2026; without it all.")
@click.option("--json", "as_json", is_flag=True, help="For a script.")
@click.pass_obj
def statement(opened: Opened, holder: str, period: str | None, as_json: bool) -> None:
    """The entries of HOLDER (staff:ID, client:ID or team:UNIT), and what they add up to."""
    with opened() as parts:
        try:
            zone = Zone(parts.settings.zone.key)
            since, until = bounds(period, zone) if period else (None, None)
        except DomainError as refusal:
            raise click.ClickException(str(refusal)) from None
        rows = parts.ledger_book.booked(holder, since=since, until=until)
    if as_json:
        said = {"holder": holder, "period": period, "entries": [_line(row) for row in rows]}
        print_json(said | {"totals": totals(rows), "balance": balances(rows)})
        return
    print_table(f"{holder} {period or ''}", [_line(row) for row in rows])
    for total in totals(rows):
        click.echo(f"{total.kind}: {_units(total.amount)} {total.currency}, {total.count} entries")


def _line(row: LedgerRow) -> dict[str, str]:
    """In whole units; nothing that is sealed."""
    return {
        "booked_at": str(row.booked_at),
        "table": row.table_name,
        "kind": row.kind,
        "amount": _units(row.amount),
        "currency": row.currency,
        "state": "reversal" if row.line > 1 else row.state,
        "sanction": row.sanction or "",
    }


def _units(hundredths: int) -> str:
    sign, whole = "-" if hundredths < 0 else "", abs(hundredths)
    return f"{sign}{whole // 100}.{whole % 100:02}"
