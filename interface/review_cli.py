"""`yice review`: what reviewers ask of the whole register, read from the register itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import click

from application.register import Fact
from application.review import (
    EXPORTS,
    HANDS,
    INTERVENTIONS,
    Hands,
    Intervention,
    hands,
    interventions,
)
from application.views.showing import plain
from application.views.ticket_history import described
from infrastructure.wiring import Parts
from interface.named import ticket_named
from interface.printing import print_json

Opened = Callable[[], AbstractContextManager[Parts]]
"""The desk, ready to work with."""

as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")


@click.group()
def review() -> None:
    """What reviewers ask of the whole register; docs/reviewer.md has all their questions."""


@review.command("interventions")
@as_json
@click.pass_obj
def show_interventions(opened: Opened, as_json: bool) -> None:
    """Corrections, merges, moves to other versions, extensions, erasures: who, and who asked."""
    with opened() as parts:
        found = interventions(parts.register.of_kinds(INTERVENTIONS))
        rows = [_intervention(parts, one) for one in found]
    _show(rows, _intervention_line, as_json=as_json)


@review.command("hands")
@click.argument("ticket", required=False)
@as_json
@click.pass_obj
def show_hands(opened: Opened, ticket: str | None, as_json: bool) -> None:
    """Who raised, handled and approved a TICKET; without one: all where one person did all three.

    Told are versions of the ticket. A deputy and whom they stand in for are both named.
    """
    with opened() as parts:
        if ticket is None:
            rows = [_hands(one) for one in hands(parts.register.of_kinds(HANDS)) if one.did_all]
        else:
            parts.projector.catch_up()
            stream = parts.register.stream(ticket_named(parts.ticket_register, ticket))
            rows = [_hands(one) for one in hands(f for f in stream if type(f.event) in HANDS)]
    _show(rows, _hands_line, as_json=as_json)


@review.command("exports")
@as_json
@click.pass_obj
def show_exports(opened: Opened, as_json: bool) -> None:
    """Who took which evidence out of the house: what it covers, up to where, and its digest."""
    with opened() as parts:
        rows = [_export(parts, fact) for fact in parts.register.of_kinds(EXPORTS)]
    _show(rows, _export_line, as_json=as_json)


def _show(
    rows: Sequence[dict[str, Any]], line: Callable[[dict[str, Any]], str], *, as_json: bool
) -> None:
    """A line each for people."""
    if as_json:
        print_json(rows)
        return
    for text in map(line, rows) if rows else ["none"]:
        click.echo(text)


def _intervention(parts: Parts, one: Intervention) -> dict[str, Any]:
    said = _said(parts, one.fact)
    columns = ("position", "topic", "by", "acting_for", "role", "occurred_at", "recorded_at")
    more = {"of": str(one.fact.event.originator_id), "asked_by": one.asked_by}
    return {name: said[name] for name in columns} | more | {"reason": said["reason"]}


def _intervention_line(row: dict[str, Any]) -> str:
    acting = f" for {row['acting_for']}" if row["acting_for"] else ""
    asked = f", asked for by {row['asked_by']}" if row["asked_by"] else ""
    why = f": {row['reason']}" if row["reason"] else ""
    who = f"by {row['by']}{acting}{asked}"
    return f"{row['position']} {row['topic']} of {row['of']} {who}, {row['occurred_at']}{why}"


def _hands(one: Hands) -> dict[str, Any]:
    done = {"raised": one.raised, "handled": one.handled, "approved": one.approved}
    return {"ticket_id": str(one.ticket_id), "person": one.person, **done}


def _hands_line(row: dict[str, Any]) -> str:
    done = [
        f"{what} {', '.join(map(str, row[what]))}"
        for what in ("raised", "handled", "approved")
        if row[what]
    ]
    return f"{row['ticket_id']} {row['person']}: {'; '.join(done)}"


def _export(parts: Parts, fact: Fact) -> dict[str, Any]:
    said = _said(parts, fact)
    kept = ("position", "by", "recorded_at")
    return {**{name: said[name] for name in kept}, **said["details"]}


def _export_line(row: dict[str, Any]) -> str:
    scope = row["scope"].replace("\n", ", ")
    what = f"{scope} of {row['size']} entries, sha256 {row['digest']}"
    return f"{row['position']} by {row['by']}, {row['recorded_at']}: {what}"


def _said(parts: Parts, fact: Fact) -> dict[str, Any]:
    said: dict[str, Any] = plain(described(fact), parts.codec.open)
    return said
