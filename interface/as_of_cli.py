"""`yice as-of`, `yice diff`, `yice compare`: what was, what changed, and whether views tell so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from application.as_of import Change, Then, changes, given_by
from application.instant import AsOf, Clock
from application.register import Fact
from application.views.showing import plain, shallow
from application.views.ticket_history import described
from application.views.ticket_register import TicketRegisterView, TicketRow
from domain.errors import Invalid
from domain.obligation import Obligation
from infrastructure.views.comparing import Difference
from infrastructure.wiring import Parts, now
from interface.named import ticket_named
from interface.printing import out, print_json, print_table, progress_bar

Opened = Callable[[], AbstractContextManager[Parts]]
"""The desk, ready to work with."""

BATCH = 200
"""How many streams are compared at a time."""


def instant_of(value: str) -> datetime:
    """An instant with its offset; without one nobody could say later which instant was meant."""
    with suppress(ValueError):
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at
    raise click.BadParameter(f"{value} is no instant with its offset: 2026-11-25T10:00:00+08:00")


as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")

on_clock = click.option(
    "--clock",
    type=click.Choice([str(clock) for clock in Clock]),
    default=str(Clock.RECORDED),
    show_default=True,
    help="recorded: what we knew then; occurred: what was true then, as told by now.",
)


@click.command("as-of")
@click.argument("ticket")
@click.argument("instant", type=instant_of)
@on_clock
@as_json
@click.pass_obj
def as_of(opened: Opened, ticket: str, instant: datetime, clock: str, as_json: bool) -> None:
    """The TICKET (its id or register number) as it was at an INSTANT, folded from its events."""
    asked = AsOf(instant, Clock(clock))
    with opened() as parts:
        then = parts.past.ticket(_named(parts, ticket), asked)
        said = _then(parts, asked, then)
    if as_json:
        print_json(said)
        return
    print_table(f"{ticket} as of {asked}: {_place(said)}", _fields(said["ticket"]))
    _print_by(said)
    if said["obligations"]:
        columns = ("key", "title", "status", "due_at", "responsible_id")
        rows = [{name: row[name] for name in columns} for row in said["obligations"]]
        print_table("Promised", rows)


@click.command()
@click.argument("ticket")
@click.argument("first", metavar="T1", type=instant_of)
@click.argument("second", metavar="T2", type=instant_of)
@on_clock
@as_json
@click.pass_obj
def diff(
    opened: Opened, ticket: str, first: datetime, second: datetime, clock: str, as_json: bool
) -> None:
    """What changed on a TICKET from T1 to T2: which fields, by which events, by whom."""
    if second < first:
        raise Invalid("T2 is before T1", field="T2")
    asked = [AsOf(at, Clock(clock)) for at in (first, second)]
    with opened() as parts:
        ticket_id = _named(parts, ticket)
        before, after = (parts.past.ticket(ticket_id, one) for one in asked)
        opener = parts.codec.open
        found = changes(
            before, after, TicketRegisterView(), lambda row: plain(shallow(row), opener)
        )
        changed = [_changed(parts, change) for change in found]
        times = zip(("from", "to"), asked, (before, after), strict=True)
        said = {name: _of_then(parts, one, then) for name, one, then in times}
    if as_json:
        print_json({"ticket_id": ticket_id, **said, "changes": changed})
        return
    for change in changed:
        _print(f"{change['field']}: {change['before']} -> {change['after']}")
        for event in change["events"]:
            _print(_line(event))
    for one in said.values():
        _print(f"{one['as_of'].isoformat()} ({one['clock']}): {_place(one)}")
    _print_by(said["to"])


@click.command()
@as_json
@click.pass_obj
def compare(opened: Opened, as_json: bool) -> None:
    """Fold everything again and compare it with what the views show. 1: there are differences.

    What `/readyz` tells of differences is what was found last.
    """
    found: list[Difference] = []
    with opened() as parts, progress_bar("streams") as report:
        of, done, after = parts.comparison.streams(), 0, None
        while done == 0 or after is not None:
            compared = parts.comparison.keep(after, BATCH, now())
            found += compared.differences
            done, after = done + max(compared.streams, 1), compared.last
            report(of if after is None else min(done, of), of)
    if as_json:
        print_json({"differences": found})
    else:
        for difference in found:
            click.echo(str(difference))
    sys.exit(1 if found else 0)


def _named(parts: Parts, ticket: str) -> UUID:
    """By its number only once the views have read it."""
    parts.projector.catch_up()
    return ticket_named(parts.ticket_register, ticket)


def _then(parts: Parts, asked: AsOf, then: Then[TicketRow]) -> dict[str, Any]:
    opener, at = parts.codec.open, min(asked.at, now())
    obligations = [
        plain(row, opener) | {"status": str(Obligation.from_data(row.obligation).status_at(at))}
        for row in then.obligations()
    ]
    return {
        **_of_then(parts, asked, then),
        "ticket": plain(then.row, opener),
        "obligations": obligations,
        "events": _events(parts, then.facts),
    }


def _of_then(parts: Parts, asked: AsOf, then: Then[Any]) -> dict[str, Any]:
    said = given_by(
        asked,
        position=then.position,
        head=then.head,
        projector=then.projector,
        sealing=parts.proofs.sealing(),
    )
    return said | {"version": then.version}


def _print_by(said: dict[str, Any]) -> None:
    """By which definition, and under which checkpoint."""
    checkpoint = said["checkpoint"]
    sealed = f"{checkpoint['size']} {checkpoint['root']}" if checkpoint else "none"
    _print(f"projector {said['projector']}")
    _print(f"checkpoint {sealed}")


def _place(said: dict[str, Any]) -> str:
    return f"position {said['position']} of {said['head']}, version {said['version']}"


def _print(line: str) -> None:
    """As it is, however wide the page."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _changed(parts: Parts, change: Change) -> dict[str, Any]:
    return {
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "events": _events(parts, change.made_by),
    }


def _events(parts: Parts, facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Which, by whom and when; not all that they say."""
    columns = ("position", "version", "topic", "by", "acting_for", "role")
    times = ("occurred_at", "recorded_at", "reason")
    rows = [plain(described(fact), parts.codec.open) for fact in facts]
    return [{name: row[name] for name in (*columns, *times)} for row in rows]


def _line(event: dict[str, Any]) -> str:
    acting = f" for {event['acting_for']}" if event["acting_for"] else ""
    return (
        f"    {event['version']} {event['topic']} by {event['by']}{acting},"
        f" {event['occurred_at']}, recorded {event['recorded_at']}"
    )


def _fields(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"field": name, "then": value} for name, value in row.items() if value is not None]
