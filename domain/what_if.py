"""What would have been promised, and kept, under other packs: arithmetic over what happened.

What happened stays as it was, where matters went too; only promises of time are made anew, by
another rulebook. Nobody knows what people would have done under it: this is no forecast. Nothing
is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.aggregate import Act, Aggregate
from domain.errors import DomainError
from domain.happening import Happening, word_of
from domain.obligation import Obligation
from domain.promised import Promised, Timekeeping, name_of
from domain.rulebook import Rulebook
from domain.ticket import Ticket

_PROMISES = (Timekeeping, Promised.TimePromised, Promised.ExtensionAsked)
"""What is left out: it follows from the packs, or was asked for because of what they said."""

_JUST_AFTER = timedelta(microseconds=1)


def recomputed(
    events: Iterable[Aggregate.Event], rules: Rulebook, now: datetime
) -> list[tuple[str, Obligation]]:
    """The obligations that a ticket would have under these rules, each with its name in the pack.

    A promise that cannot be made (a year without calendar data) is left out, as are extensions
    and waivers: nobody asked for them under these rules.
    """
    ticket: Any = None
    rules = replace(rules, routes=())
    for event in events:
        if isinstance(event, _PROMISES):
            continue
        act = _act_of(event)
        if ticket is not None:
            _pass_time(ticket, act.at)
        ticket = _again(event, ticket)
        ticket.rules = rules
        if isinstance(event, Happening):
            _tell(ticket, event, act)
    if ticket is None:
        return []
    _pass_time(ticket, now)
    return [(name_of(key), known) for key, known in ticket.obligations.items()]


def _again(event: Aggregate.Event, ticket: Any) -> Any:
    """The same happened to this ticket, which has had other promises in between."""
    told = object.__new__(type(event))
    version = 1 if ticket is None else ticket.version + 1
    told.__dict__.update(vars(event) | {"originator_version": version})
    return told.mutate(ticket)


def _tell(ticket: Any, event: Happening, act: Act) -> None:
    """In the order in which tickets themselves do it."""
    with suppress(DomainError):
        ticket.promise(word_of(event), act)
        if isinstance(event, Ticket.Suspended):
            ticket.pause_clocks(event.blocked_by, act=act)
        if isinstance(event, Ticket.Resumed | Ticket.Closed):
            ticket.resume_clocks(act=act)
        if isinstance(event, Ticket.Closed):
            ticket.stop_clocks(act=act)


def _pass_time(ticket: Any, until: datetime) -> None:
    """What is missed by then is breached at its due instant, which may open something else."""
    while missed := [
        (since, key)
        for key, known in ticket.obligations.items()
        if known.over_at is None
        and known.breached_at is None
        and (since := known.missed_at(until)) is not None
    ]:
        since, key = min(missed)
        act = Act(by="system:what-if", at=since + _JUST_AFTER, command_id="what-if")
        word = f"{name_of(key)}-breached"
        ticket.obligations[key] = ticket.obligations[key].breached(act.at)
        ticket.counts[word] = ticket.counts.get(word, 0) + 1
        ticket.since[word] = act.at
        with suppress(DomainError):
            ticket.promise(word, act)


def _act_of(event: Aggregate.Event) -> Act:
    return Act(
        by=event.by, at=event.timestamp, command_id=event.command_id, acting_for=event.acting_for
    )
