"""What the calendar brings: the clock opens one ticket a period, as the packs in force say."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from application.client_figures import ClientAudience, ClientFigures, by_pack
from application.clock import CLOCK
from application.desk import Desk
from application.packs import Packs
from application.register import KeyDestroyed
from application.tickets import OpenTicket, Tickets
from application.views.client_file import ClientFile
from application.views.staff_directory import StaffDirectory, StaffRow
from application.views.ticket_register import TicketRegister
from domain.calendar import Calendars
from domain.deadline import due
from domain.errors import DomainError
from domain.pack_content import PackContent
from domain.schedule import LeapDay, Period, Schedule, has_birthday, periods

OpenBox = Callable[[str], str | None]
"""Reads a sealed text; None once it was erased."""

TICKETS = UUID("0b1f7a52-9c57-4c0e-9d1b-5f6f1f0a7c33")
"""The namespace of the ids of scheduled tickets: each is found by pack, period and for whom."""

CATCH_UP = 4
"""How many periods of a schedule are opened at most: the current one and the three before."""

BATCH = 100
"""How many tickets are opened in one round."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class InForce:
    """A schedule of a pack, and since when. `asks`: the fields of the pack's opening form."""

    pack: str
    name: str
    schedule: Schedule
    since: datetime
    content: PackContent

    @property
    def asks(self) -> Collection[str]:
        return self.content.the_procedure.opening.form.keys()

    def __str__(self) -> str:
        return f"{self.pack}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A ticket to be opened. `for_whom`: a unit, or the id of a member of staff or a client.

    `once`: what it is opened once for, where that is not the period; `owner_id`: whom the client's
    file names.
    """

    by: InForce
    period: Period
    for_whom: str
    once: str | None = None
    owner_id: str | None = None
    owner: StaffRow | None = None

    @property
    def schedule(self) -> Schedule:
        return self.by.schedule

    @property
    def command_id(self) -> str:
        once = self.once or self.period.key
        return f"schedule-{self.by.pack}-{self.by.name}-{once}-{self.for_whom}"

    def command(self, owner: StaffRow, calendars: Calendars, now: datetime) -> OpenTicket:
        """At the period's first instant, with the period and for whom in its form if it asks.

        Raises NoCalendarData.
        """
        audience = self.schedule.for_
        known = {"period": self.period.key}
        if audience.role:
            known["staff"] = self.for_whom
        if audience.clients:
            known["client"] = self.for_whom
        since = self.period.since
        instants = {
            field: due(since, limit, calendars).at.isoformat()
            for field, limit in self.schedule.instants.items()
        }
        given = {k: v for k, v in known.items() if k in self.by.asks}
        form = self.schedule.form | instants | given
        return OpenTicket(
            by=CLOCK,
            command_id=self.command_id,
            received_at=now,
            occurred_at=self.period.since,
            ticket_id=uuid5(TICKETS, self.command_id),
            client_id=UUID(self.for_whom) if audience.clients else None,
            channel=self.schedule.channel,
            matter=f"{self.schedule.title} {self.period.key}",
            procedure=self.by.pack,
            form=form,
            first_contact_id=owner.staff_id,
            unit=audience.unit or owner.unit,
        )


class Schedules:
    """Several may run: the id of a command follows from pack, period and for whom.

    What is for a client who was erased is finished: there is nobody left to open it for.
    """

    def __init__(
        self,
        desk: Desk,
        tickets: Tickets,
        packs: Packs,
        calendars: Calendars,
        *,
        staff: StaffDirectory,
        clients: ClientFile,
        register: TicketRegister,
        audience: ClientAudience,
        open_box: OpenBox,
    ) -> None:
        self._desk, self._tickets, self._packs, self._calendars = desk, tickets, packs, calendars
        self._staff, self._clients, self._register = staff, clients, register
        self._audience_of, self._open_box = audience, open_box
        self._finished, self._said = set[str](), set[str]()

    def tick(self, now: datetime) -> int:
        """How many tickets were opened. What nobody is there for is logged, and opened later."""
        opened = 0
        for opening in self.openings(now):
            if opening.owner is None:
                self._say_once(f"nobody to give {opening.command_id} to")
            elif self._open(opening, opening.owner, now):
                opened += 1
            if opened == BATCH:
                break
        return opened

    def openings(self, now: datetime) -> Iterator[Opening]:
        """What is due and not opened yet, each with whom it goes to if anybody is there."""
        handed_out = Counter[UUID]()
        for known in self._in_force(now):
            serving = self._serving(known.schedule, now)
            busy = self._register.open_counts([row.staff_id for row in serving])
            for opening in self._due(known, now):
                owner = self._named(opening)
                if owner is None:
                    owner = _owner(opening, serving, Counter(busy) + handed_out)
                if owner is not None:
                    handed_out[owner.staff_id] += 1
                yield replace(opening, owner=owner)

    def unstaffed(self, now: datetime) -> list[str]:
        """The schedules in force whose tickets nobody is there for, as `pack/name`."""
        return [
            str(known) for known in self._in_force(now) if not self._serving(known.schedule, now)
        ]

    def _in_force(self, now: datetime) -> Iterator[InForce]:
        """Only packs with schedules are asked since when their version is in force."""
        for content in self._packs.in_force(now):
            if not content.schedules:
                continue
            since = self._packs.pack(content.pack).versions[content.version].effective_from
            assert since is not None
            for name, schedule in content.schedules.items():
                yield InForce(
                    pack=content.pack,
                    name=name,
                    schedule=schedule,
                    since=since,
                    content=content,
                )

    def _serving(self, schedule: Schedule, now: datetime) -> list[StaffRow]:
        role = schedule.for_.role or schedule.owner_role
        return self._staff.serving(str(role), now, unit=schedule.for_.unit)

    def _due(self, by: InForce, now: datetime) -> Iterator[Opening]:
        """By period, the oldest first; nobody gets one for a period that began before them."""
        for period in self._periods(by, now):
            key = f"{by}/{period.key}"
            if key in self._finished:
                continue
            openings = self._openings(by, period, now)
            known = self._desk.register.known(CLOCK.ref, [o.command_id for o in openings])
            done = known | self._finished
            left = [opening for opening in openings if opening.command_id not in done]
            if not left and by.schedule.for_.clients:
                self._finished.add(key)
            yield from left

    def _periods(self, by: InForce, now: datetime) -> list[Period]:
        """None, and a word in the log, where its calendar does not know."""
        try:
            calendar = self._calendars.newest(by.schedule.calendar)
            return periods(
                by.schedule.every,
                by.since,
                now,
                calendar,
                at_most=1 if by.schedule.for_.is_picked else CATCH_UP,
                dates=by.schedule.dates,
            )
        except DomainError as refusal:
            self._say_once(f"{by}: {refusal}")
            return []

    def _openings(self, by: InForce, period: Period, now: datetime) -> list[Opening]:
        if not by.schedule.is_of_files:
            return [
                Opening(by=by, period=period, for_whom=for_whom)
                for for_whom in self._audience(by.schedule, period, now)
            ]
        return [
            Opening(
                by=by,
                period=period,
                for_whom=str(client.row.client_id),
                once=by.schedule.once_per and str(client.look(by.schedule.once_per)),
                owner_id=by.schedule.owner and client.look(by.schedule.owner),
            )
            for client in self._picked(by, period, now)
        ]

    def _picked(self, by: InForce, period: Period, now: datetime) -> Iterator[ClientFigures]:
        """How they stand now, whenever the period began: so only the latest is asked about."""
        for_ = by.schedule.for_
        for client in self._audience_of.all(now):
            row = client.row
            if row.registered_at > period.since and not for_.is_picked:
                continue
            if for_.clients == "key" and row.kind != "key":
                continue
            look = by_pack(client.look, by.content.values, by.content.lists)
            if for_.where is not None and not for_.where.holds(look):
                continue
            if for_.birthday is None or self._celebrates(client, for_.birthday):
                yield client

    def _celebrates(self, client: ClientFigures, leap_day: LeapDay) -> bool:
        born = [p["birthday"] for p in client.row.persons.values() if "birthday" in p]
        said = [self._open_box(one.box) for one in born if one.box is not None]
        days = [date.fromisoformat(text) for text in said if text is not None]
        return any(has_birthday(day, client.today, leap_day) for day in days)

    def _named(self, opening: Opening) -> StaffRow | None:
        """The member of staff whom the client's file names, while they serve."""
        if opening.owner_id is None:
            return None
        member = self._staff.member(UUID(opening.owner_id))
        return None if member is None or member.has_left else member

    def _audience(self, schedule: Schedule, period: Period, now: datetime) -> list[str]:
        audience = schedule.for_
        if audience.clients:
            only = "key" if audience.clients == "key" else None
            return [str(id) for id in self._clients.registered_by(period.since, kind=only)]
        if audience.role:
            rows = self._staff.serving(audience.role, now)
            return [str(row.staff_id) for row in rows if row.registered_at <= period.since]
        return [str(audience.unit)]

    def _open(self, opening: Opening, owner: StaffRow, now: datetime) -> bool:
        try:
            return not self._tickets.open(opening.command(owner, self._calendars, now)).replayed
        except KeyDestroyed:
            self._finished.add(opening.command_id)
        except DomainError as refusal:
            self._say_once(f"{opening.command_id} was not opened: {refusal}")
        return False

    def _say_once(self, what: str) -> None:
        """What is still so at the next tick need not be said again."""
        if what not in self._said:
            self._said.add(what)
            log.warning(what)


def _owner(opening: Opening, serving: list[StaffRow], busy: Counter[UUID]) -> StaffRow | None:
    """Who it is for if that is one of staff; else who has the fewest open tickets."""
    if opening.schedule.for_.role:
        serving = [row for row in serving if str(row.staff_id) == opening.for_whom]
    return min(
        serving,
        key=lambda row: (busy[row.staff_id], row.registered_position),
        default=None,
    )
