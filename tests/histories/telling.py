"""What a history begins with, and the templates of the rest, told by the real commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from application.clients import Clients
from application.packs import Packs
from application.people import People
from application.register import Submission
from infrastructure.codec import Codec
from infrastructure.shipped import shipped_calendars, shipped_packs
from tests.histories.cast import UNIT, Cast, employ, register_client
from tests.histories.gaps import Template
from tests.histories.memory import MemoryRegister, SeededKeys, TellingDesk
from tests.histories.plan import BEGIN, MONDAY, ZONE, Team, made_up_id
from tests.histories.roads import length_of_one, opening
from tests.histories.scripts import Script
from tests.histories.template import template

PROCEDURES = ("consultation",) * 12 + ("enquiry",) * 5 + ("complaint",) * 3
"""Of twenty matters so many of each."""

CLIENT_TEMPLATES = 6


@dataclass(frozen=True)
class Told:
    """`prologue`: packs and staff, as they are stored; what follows is made from the templates."""

    prologue: Sequence[Submission]
    tickets: tuple[Template, ...]
    clients: tuple[Template, ...]


def tell(
    seed: int, teams: Sequence[Team], keys: SeededKeys, *, templates: int, median_acts: float
) -> Told:
    """Packs of the release in force, teams at work, and so many tickets as templates."""
    register = MemoryRegister(BEGIN)
    desk = TellingDesk(register, keys, ZONE)
    packs = Packs(desk, shipped_calendars())
    packs.publish_shipped(shipped_packs(), BEGIN)
    for team in teams:
        employ(
            People(desk),
            team.unit,
            team.supervisor_id,
            team.officer_ids,
            at=BEGIN,
            name=lambda id: f"员工{id.hex[:4]}",
        )
    prologue = list(register.submissions)
    codec = Codec(keys)  # type: ignore[arg-type]
    clients = _clients(seed, desk, packs, codec)
    tickets = _tickets(seed, desk, packs, codec, templates=templates, median_acts=median_acts)
    return Told(prologue, tickets, clients)


def _clients(seed: int, desk: TellingDesk, packs: Packs, codec: Codec) -> tuple[Template, ...]:
    found = []
    for number in range(CLIENT_TEMPLATES):
        cast = _cast(seed, number + 1)
        before = len(desk.told)
        register_client(Clients(desk, packs), cast, number, at=MONDAY)
        told = desk.told[before:]
        found.append(
            template(told, cast=cast, stream_id=cast.client_id, monday=MONDAY, codec=codec)
        )
    return tuple(found)


def _tickets(
    seed: int,
    desk: TellingDesk,
    packs: Packs,
    codec: Codec,
    *,
    templates: int,
    median_acts: float,
) -> tuple[Template, ...]:
    cast, chance = _cast(seed, 0), Random(f"{seed}/templates")
    officers = (cast.officer_id, cast.colleague_id)
    employ(People(desk), UNIT, cast.supervisor_id, officers, at=BEGIN, name=lambda _: "员工")
    register_client(Clients(desk, packs), cast, 0, at=BEGIN)
    found = []
    for number in range(templates):
        ticket_id = made_up_id(seed, 4, number)
        before = len(desk.told)
        script = Script(desk, packs, cast, ticket_id)
        acts = length_of_one(median_acts, chance)
        script.play(chance.choice(PROCEDURES), acts, at=opening(chance, MONDAY), chance=chance)
        told = desk.told[before:]
        found.append(template(told, cast=cast, stream_id=ticket_id, monday=MONDAY, codec=codec))
    return tuple(found)


def _cast(seed: int, number: int) -> Cast:
    """The three of the template's unit, and a client."""
    staff = [made_up_id(seed, 2, place) for place in range(3)]
    return Cast(
        client_id=made_up_id(seed, 3, number),
        officer_id=staff[0],
        colleague_id=staff[1],
        supervisor_id=staff[2],
    )
