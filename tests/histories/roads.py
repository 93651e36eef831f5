"""How a matter goes: which acts follow each other, and when somebody comes to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

OPENS, CLOSES = 9, 18
"""Hours of the day between which people act."""

LONGEST = 150
"""Most acts on a ticket."""


_ROADS: Mapping[str, tuple[str, ...]] = {
    "consultation": ("slip", "clarify", "answer", "complete", "close"),
    "enquiry": ("classify", "assess", "answer", "close"),
    "complaint": (
        *("contact_client", "confirm", "resolve", "inform_client"),
        *("keep_record", "tick_off", "close"),
    ),
}
_AT_ONCE = ("answer", "close")
"""A consultation that is answered at once."""

_BESIDE = (
    *("note",) * 11,
    *("transfer",) * 3,
    *("escalate", "suspend", "remind", "repeat_contact", "repeat_contact", "route"),
    "first_contact_follow_up",
)


def acts_of(procedure: str, number: int, chance: Random) -> list[str]:
    """The road of the procedure, and so much beside it as there is room for.

    Nearly all go to its end; some are withdrawn, and of some nothing more is heard.
    """
    road = _ROADS[procedure]
    if procedure == "consultation" and chance.random() < 0.6:
        road = _AT_ONCE
    acts = list(road)
    for _ in range(number - len(road)):
        acts.insert(chance.randint(0, len(acts) - 1), chance.choice(_BESIDE))
    if chance.random() < 0.07:
        stops = chance.randint(0, len(acts) - 1)
        acts = [*acts[:stops], *["withdraw"] * chance.randint(0, 1)]
    elif len(acts) > 4 and procedure != "complaint" and chance.random() < 0.1:
        acts += ["reopen", "note", "classify", "assess", "answer", "close"]
    return acts[:LONGEST]


def length_of_one(median: float, chance: Random) -> int:
    """How much happens on a ticket: log-normal, a few very long."""
    return min(max(round(math.exp(chance.gauss(math.log(median), 1.0))), 1), LONGEST)


def opening(chance: Random, monday: datetime) -> datetime:
    """An instant of a week, most of them on working days before noon."""
    day = chance.choices(range(7), (22, 19, 18, 17, 16, 5, 3))[0]
    minute = int(chance.triangular(OPENS * 60, CLOSES * 60, 10 * 60))
    return monday + timedelta(days=day, minutes=minute)


def later(at: datetime, chance: Random) -> datetime:
    """When somebody comes to it next, in whole minutes of an open hour."""
    waits = min(math.exp(chance.gauss(3.6, 1.5)), 14_400)
    at += timedelta(minutes=max(round(waits), 1))
    if not OPENS <= at.hour < CLOSES:
        morning = at.replace(hour=OPENS, minute=chance.randint(0, 59))
        at = morning if at.hour < OPENS else morning + timedelta(days=1)
    return at
