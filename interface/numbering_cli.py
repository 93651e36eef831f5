"""`yice verify-register`: whether every register is gapless and consecutive."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from application.numbering import POSITIONS, Irregular
from infrastructure.wiring import Parts
from interface.printing import print_json

Opened = Callable[[], AbstractContextManager[Parts]]
"""The desk, ready to work with."""


@click.command("verify-register")
@click.option("--json", "as_json", is_flag=True, help="For a script.")
@click.pass_obj
def verify_register(opened: Opened, as_json: bool) -> None:
    """Whether every register is filled without gaps, each number given once. 1: it is not."""
    with opened() as parts:
        registers, found = parts.numbering.registers(), parts.numbering.irregular()
    if as_json:
        print_json({"registers": registers, "irregular": found})
    else:
        for one in found:
            click.echo(_line(one))
        if not found:
            click.echo(f"registers: {registers}, gapless and consecutive, as are the {POSITIONS}")
    sys.exit(bool(found))


def _line(one: Irregular) -> str:
    """`main/complaint/2026: gap 7`."""
    if one.what == "blank":
        return f"{one.register}: blank"
    numbers = f"{one.first}" if one.first == one.last else f"{one.first} to {one.last}"
    return f"{one.register}: {one.what} {numbers}"
