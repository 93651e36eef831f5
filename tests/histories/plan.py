"""In which order things happen: the same for a seed, in every process that asks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.histories.forms import Form
from tests.histories.gaps import FIXED, Template

ZONE = ZoneInfo("Asia/Shanghai")

BEGIN = datetime(2025, 1, 6, tzinfo=ZONE)
"""A Monday; what is made up happens in the months from here on."""

MONDAY = datetime(2025, 3, 3, tzinfo=ZONE)
"""The week in which templates are told: the weeks behind it have no holiday."""

WEEKS = 26
"""In how many weeks as much comes in as was asked for; what comes of it takes longer."""

WEEK_SECONDS = 7 * 24 * 3600

OLD_CLIENTS = 0.6
"""How many of the tickets are of clients who have been there before, some of them very often."""


@dataclass(frozen=True)
class Team:
    unit: str
    supervisor_id: UUID
    officer_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Order:
    """What is to be made: so many events behind those that are there already."""

    seed: int
    events: int
    after: int
    teams: tuple[Team, ...]
    tickets: tuple[Template, ...]
    clients: tuple[Template, ...]


def key_of(seed: int, subject: UUID) -> bytes:
    """The key of somebody made up: it follows from the seed, so each process knows it."""
    return hashlib.sha256(b"%d/" % seed + subject.bytes).digest()


def made_up_id(seed: int, kind: int, number: int) -> UUID:
    """The id of the how-many-eth of a kind, looking as random as any other."""
    return UUID(int=Random(f"{seed}/{kind}/{number}").getrandbits(128), version=4)


class Stream:
    """One ticket or client, while something happens to it.

    `chance`: 64 bits of its own, from which all that is made up for it follows. `key`: of its
    client, and the id of the key.
    """

    __slots__ = (
        "chance",
        "client_id",
        "form",
        "id",
        "id_bytes",
        "key",
        "second",
        "serial",
        "team",
        "values",
        "week",
    )
    key: tuple[AESGCM, bytes]

    def __init__(
        self,
        serial: int,
        form: Form,
        id: UUID,
        client_id: UUID,
        team: Team,
        chance: int,
        week: int,
    ) -> None:
        self.serial, self.form, self.team = serial, form, team
        self.id, self.client_id = id, client_id
        self.chance, self.week = chance, week
        self.id_bytes = id.bytes
        self.second = chance % 60
        self.values: list[bytes] | None = None


class Plan:
    """`tickets` and `clients` count what was begun so far."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._tickets = [Form(template) for template in order.tickets]
        self._clients = [Form(template) for template in order.clients]
        self._chance = Random(f"{order.seed}/plan")
        self._ids = Random(f"{order.seed}/ids")
        self._streams: dict[int, Stream] = {}
        self._weeks: dict[int, list[int]] = {}
        self._known: list[UUID] = []
        self._days: dict[tuple[date, int], bytes] = {}
        self._serial = self.tickets = self.clients = 0
        lengths = [sum(len(c.events) for c in t.commands) for t in order.tickets]
        mean = sum(lengths) / len(lengths) + (1 - OLD_CLIENTS) * 2.3
        self._weekly = max(round(order.events / mean / WEEKS), 1)

    def commands(self) -> Iterator[tuple[int, Stream, int]]:
        """Without end: seconds since `BEGIN`, whose, and the how-many-eth of its template."""
        week = 0
        while True:
            self._open_week(week)
            keys = sorted(self._weeks.pop(week, []))
            for key in keys:
                serial, number = key >> 12 & 0xFFFFFFFF, key & 0xFFF
                stream = self._streams[serial]
                if number == 0:
                    self.tickets += not stream.form.of_client
                    self.clients += stream.form.of_client
                yield key >> 44, stream, number
                if number == len(stream.form.commands) - 1:
                    del self._streams[serial]
            week += 1

    def values(self, stream: Stream) -> list[bytes]:
        """What is put into the gaps of its template; texts and boxes are still to come."""
        form, team, chance = stream.form, stream.team, stream.chance
        officers = team.officer_ids
        first = chance % len(officers)
        second = (first + 1 + chance // 97 % (len(officers) - 1)) % len(officers)
        fixed = (
            *(stream.id, stream.client_id, officers[first], officers[second]),
            *(team.supervisor_id, team.unit, f"{stream.second:02}", "", ""),
        )
        assert len(fixed) == len(FIXED)
        weeks = stream.week - (MONDAY - BEGIN).days // 7
        values = [str(value).encode() for value in fixed]
        values += [self._day(day, weeks) for day in form.days]
        return values + [b""] * (form.width - len(values))

    def happened(self) -> Counter[str]:
        """How often, by topic."""
        found: Counter[str] = Counter()
        for form in (*self._tickets, *self._clients):
            for command in form.commands:
                for event in command.events:
                    found[event.topic] += command.times
        return found

    def _open_week(self, week: int) -> None:
        chance, known = self._chance, len(self._known)
        for form in chance.choices(self._tickets, k=self._weekly):
            team = chance.choice(self._order.teams)
            if known and chance.random() < OLD_CLIENTS:
                client_id = self._known[int(known * chance.random() ** 3)]
            else:
                client_id = self._new_client(week, form, team)
            self._add(week, form, self._new_id(), client_id, team)

    def _new_client(self, week: int, ticket: Form, team: Team) -> UUID:
        """Registered a few minutes before their first matter."""
        client_id = self._new_id()
        self._known.append(client_id)
        form = self._chance.choice(self._clients)
        before = ticket.commands[0].offset_minutes - self._chance.randint(4, 12)
        self._add(week, form, client_id, client_id, team, after_minutes=before)
        return client_id

    def _new_id(self) -> UUID:
        return UUID(int=self._ids.getrandbits(128), version=4)

    def _add(
        self,
        week: int,
        form: Form,
        id: UUID,
        client_id: UUID,
        team: Team,
        *,
        after_minutes: int = 0,
    ) -> None:
        chance = self._ids.getrandbits(64)
        stream = Stream(self._serial, form, id, client_id, team, chance, week)
        self._streams[self._serial] = stream
        begin = week * WEEK_SECONDS + after_minutes * 60 + stream.second
        for number, command in enumerate(form.commands):
            at = begin + command.offset_minutes * 60
            key = at << 44 | self._serial << 12 | number
            self._weeks.setdefault(at // WEEK_SECONDS, []).append(key)
        self._serial += 1

    def _day(self, day: date, weeks: int) -> bytes:
        known = self._days.get((day, weeks))
        if known is None:
            known = self._days[day, weeks] = str(day + timedelta(weeks=weeks)).encode()
        return known


def teams(seed: int, units: Sequence[str], of_each: int = 2, officers: int = 8) -> tuple[Team, ...]:
    """So many teams in each unit, with so many officers each."""
    found = []
    for number, unit in enumerate(unit for unit in units for _ in range(of_each)):
        ids = [made_up_id(seed, 1, number * 100 + place) for place in range(officers + 1)]
        found.append(Team(unit, ids[0], tuple(ids[1:])))
    return tuple(found)
