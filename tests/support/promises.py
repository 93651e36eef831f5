"""A pack that promises time, and tickets of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from domain import pack_content
from domain.pack_content import PackContent
from domain.procedure import Procedure
from domain.rulebook import Rulebook
from domain.ticket import Ticket
from tests.support.calendars import shipped_calendars
from tests.support.facts import (
    NOON,
    act,
    facts_of,
    opened,
    promising_pack,
    replay,
    supervised_pack,
)


def rulebook_of(content: Mapping[str, Any]) -> Rulebook:
    return pack_content.rulebook_of([PackContent.read(content)], shipped_calendars())


PROMISING: Procedure = PackContent.read(promising_pack()).the_procedure
PROMISES: Rulebook = rulebook_of(promising_pack())
SUPERVISED: Rulebook = rulebook_of(supervised_pack())


PROMISED_KINDS = frozenset(
    {
        *(Ticket.TimePromised, Ticket.TimeKept, Ticket.ResponsibilityMoved),
        *(Ticket.ClockPaused, Ticket.ClockResumed, Ticket.ClockStopped),
        *(Ticket.ExtensionAsked, Ticket.TimeExtended, Ticket.TimeWaived, Ticket.TimeBreached),
        *(Ticket.TimeDueSoon, Ticket.SupervisionOpened),
    }
)
"""All that can become of a promise."""


def promised(
    *commands: Callable[[Ticket], None], rules: Rulebook = PROMISES, at: datetime = NOON
) -> Ticket:
    """A ticket under these rules after these commands, loaded; none of its facts is new."""
    ticket = opened(PROMISING, pack="consultation", pack_version=2, rules=rules, act=act(at=at))
    for command in commands:
        command(ticket)
    return loaded(ticket, rules)


def loaded(ticket: Ticket, rules: Rulebook = PROMISES) -> Ticket:
    """The ticket that its new facts make, with its rules bound to it again."""
    again: Ticket = replay(facts_of(ticket))
    again.rules = rules
    return again
