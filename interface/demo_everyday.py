"""The ordinary days of the demo's quarter: what came in and what became of it, by a seed.

Each ticket's life is told by the application's commands, fifty tickets in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct

from application.clients import Clients, RegisterClient
from application.desk import Actor, Batch, Command, Desk
from application.dossiers import Dossiers, TickItem
from application.evidence import EvidenceStore
from application.handovers import AcceptTransfer, OfferTransfer
from application.packs import Packs
from application.tickets import (
    AnswerTicket,
    CloseTicket,
    CompleteTicket,
    EscalateTicket,
    InstructTicket,
    OpenTicket,
    ResumeTicket,
    SuspendTicket,
    TakeStep,
    Tickets,
)
from domain.ticket import Blocker

TICKETS = UUID("4d1b0f6e-7d0b-45f8-9d3e-0b7c0e1a8f52")
"""The ids of all that is made up here are made from this and their names."""

AT_ONCE = 50
"""So many tickets are stored in one transaction."""

FIVE_CLEARS = ("listen", "ask", "follow", "reply", "record")


class Matter(Struct, frozen=True, forbid_unknown_fields=True):
    channel: str
    matter: str
    answer: str


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """`at`: a time of `day`, so many working days on, or so many minutes on (`50 min`).

    `late`: the day, or the minutes, where a promise is missed.
    """

    by: str
    day: int
    at: str
    step: str
    form: dict[str, Any]
    late: int | str | None = None


class Complaints(Struct, frozen=True, forbid_unknown_fields=True):
    """`late`: the share of them that takes too long."""

    by_month: dict[int, int]
    late: float
    kinds: list[dict[str, Any]]
    road: list[Move]
    afterwards: list[Move]


class Shares(Struct, frozen=True, forbid_unknown_fields=True):
    handed_over: float
    waiting: float
    asked_above: float
    seen_through: float


class Everyday(Struct, frozen=True, forbid_unknown_fields=True):
    """`until` is the day behind the last; `by_month` says how busy months are, 1 being usual."""

    seed: int
    since: date
    until: date
    on_weekdays: int
    on_saturdays: int
    closed: list[date]
    by_month: dict[int, float]
    officers: list[str]
    supervisor: str
    residents: list[str]
    shares: Shares
    matters: list[Matter]
    complaints: Complaints

    def is_open(self, day: date) -> bool:
        return day.weekday() < 6 and day not in self.closed

    def days(self) -> Iterator[date]:
        length = (self.until - self.since).days
        days = (self.since + timedelta(days=n) for n in range(length))
        return (day for day in days if self.is_open(day))

    def later(self, day: date, working_days: int) -> date:
        """The day that comes so many working days after it; Saturdays are none."""
        while working_days:
            day += timedelta(days=1)
            working_days -= self.is_open(day) and day.weekday() < 5
        return day


@dataclass(frozen=True)
class Act:
    """What somebody did at an instant: the command, and its words."""

    who: str
    at: datetime
    what: type[Command]
    words: dict[str, Any]


@dataclass(frozen=True)
class House:
    """Where it is told: what a batch is made of, and who they are that act."""

    desk: Desk
    packs: Packs
    evidence: EvidenceStore
    actors: Mapping[str, Actor]
    zone: ZoneInfo
    now: datetime


Life = Sequence[Act]


def tell(house: House, everyday: Everyday) -> None:
    """All of it, unless it was told before."""
    lives = list(Made(everyday, house).lives())
    for begin in range(0, len(lives), AT_ONCE):
        _store(house, begin, lives[begin : begin + AT_ONCE])


def _store(house: House, begin: int, lives: Sequence[Life]) -> None:
    """These, in one transaction: it is known whether all of them were told before, or none."""
    first = lives[0][0]
    if house.desk.register.receipt(house.actors[first.who].ref, f"everyday-{begin}-0") is not None:
        return
    batch = Batch(house.desk)
    carry_out = _carried_out_by(batch, house)
    for number, life in enumerate(lives, begin):
        for step, act in enumerate(life):
            command_id = f"everyday-{number}-{step}"
            command = act.what(
                by=house.actors[act.who],
                command_id=command_id,
                received_at=house.now,
                occurred_at=act.at,
                **act.words,
            )
            carry_out[act.what](command)
    batch.commit()


def _carried_out_by(batch: Batch, house: House) -> Mapping[type[Command], Callable[[Any], Any]]:
    tickets = Tickets(batch, house.packs)
    return {
        RegisterClient: Clients(batch, house.packs).register,
        OpenTicket: tickets.open,
        OfferTransfer: tickets.offer_transfer,
        AcceptTransfer: tickets.accept_transfer,
        SuspendTicket: tickets.suspend,
        ResumeTicket: tickets.resume,
        EscalateTicket: tickets.escalate,
        InstructTicket: tickets.instruct,
        AnswerTicket: tickets.answer,
        CompleteTicket: tickets.complete,
        CloseTicket: tickets.close,
        TakeStep: tickets.take_step,
        TickItem: Dossiers(batch, house.packs, house.evidence).tick,
    }


class Made:
    """The lives of all tickets, the same for the same seed."""

    def __init__(self, everyday: Everyday, house: House) -> None:
        self._of, self._house, self._random = everyday, house, Random(everyday.seed)

    def lives(self) -> Iterator[Life]:
        """First the residents come on file; then matters and complaints by days."""
        at = self._at(self._of.since, 8 * 60)
        for name in self._of.residents:
            who = {"name": name, "client_id": uuid5(TICKETS, name)}
            yield [Act(self._of.officers[0], at, RegisterClient, who)]
        complaints = self._days_of_complaints()
        for day in self._of.days():
            for _ in range(self._busy(day)):
                yield self._matter(day)
            for _ in range(complaints.count(day)):
                yield self._complaint(day)

    def _busy(self, day: date) -> int:
        usual = self._of.on_saturdays if day.weekday() == 5 else self._of.on_weekdays
        return max(1, round(self._random.uniform(0.6, 1.4) * usual * self._of.by_month[day.month]))

    def _days_of_complaints(self) -> list[date]:
        days = [day for day in self._of.days() if day.weekday() < 5]
        months = self._of.complaints.by_month.items()
        return [
            self._random.choice([day for day in days if day.month == month])
            for month, number in months
            for _ in range(number)
        ]

    def _matter(self, day: date) -> Life:
        """A question: answered at once, or after it was handed over, waited for, or asked above."""
        random, shares = self._random, self._of.shares
        first, other = random.sample(self._of.officers, 2)
        said = random.choice(self._of.matters)
        minute = random.randint(8 * 60 + 30, 16 * 60)
        words = {"channel": said.channel, "matter": said.matter, "procedure": "consultation"}
        life = [self._opened(first, day, minute, words)]
        owner, ticket = first, {"ticket_id": life[0].words["ticket_id"]}

        def then(who: str, minutes: int, what: type[Command], **more: Any) -> None:
            nonlocal minute
            minute += minutes
            life.append(Act(who, self._at(day, minute), what, {**ticket, **more}))

        drawn = random.random()
        if drawn < shares.handed_over:
            to_id = self._house.actors[other].staff_id
            then(first, 4, OfferTransfer, to_id=to_id, summary=said.matter, reason="由专席办理")
            then(other, random.randint(2, 25), AcceptTransfer)
            owner = other
        elif drawn < shares.handed_over + shares.asked_above:
            then(first, 5, EscalateTicket, question="超出权限，能否按特例办理？")
            boss = self._of.supervisor
            then(boss, random.randint(10, 50), InstructTicket, text="可以，留存依据。")
        elif drawn < shares.handed_over + shares.asked_above + shares.waiting:
            blocked = {"blocked_by": Blocker.CLIENT, "reason": "等客户补材料"}
            then(first, 5, SuspendTicket, **blocked)
            day, minute = self._of.later(day, random.randint(1, 3)), random.randint(540, 900)
            then(first, 1, ResumeTicket, reason="材料已到")
        then(owner, random.randint(3, 30), AnswerTicket, text=said.answer)
        if random.random() < shares.seen_through:
            day = self._of.later(day, 1)
            then(owner, 5, CompleteTicket, result="次日联系客户，问题已解决。")
        then(owner, 1, CloseTicket)
        return life

    def _complaint(self, day: date) -> Life:
        random, complaints = self._random, self._of.complaints
        officer = random.choice(self._of.officers)
        kind = {
            **random.choice(complaints.kinds),
            "satisfaction": random.choice((3, 4, 4, 5, 5)),
            "percent": random.choice((82, 90, 95, 98, 100)),
        }
        minute, is_late = random.randint(8 * 60 + 40, 13 * 60), random.random() < complaints.late
        form = {name: kind[name] for name in ("kind", "subject", "content", "demand")}
        form["third_party_determination"] = False
        words = {"channel": "phone", "matter": kind["content"], "procedure": "complaint"}
        life = [self._opened(officer, day, minute, {**words, "form": form})]
        ticket = {"ticket_id": life[0].words["ticket_id"]}

        def step(move: Move) -> Act:
            who = officer if move.by == "officer" else self._of.supervisor
            filled = {name: _filled(value, kind) for name, value in move.form.items()}
            at = self._moved(move, day, minute, is_late=is_late)
            return Act(who, at, TakeStep, {**ticket, "step": move.step, "form": filled})

        life += map(step, complaints.road)
        for item in FIVE_CLEARS:
            ticked = {"checklist": "five_clears", "item": item}
            life.append(Act(officer, life[-1].at, TickItem, {**ticket, **ticked}))
        life.append(Act(officer, life[-1].at + timedelta(minutes=2), CloseTicket, ticket))
        return [*life, *map(step, complaints.afterwards)]

    def _moved(self, move: Move, day: date, minute: int, *, is_late: bool) -> datetime:
        late = move.late if is_late and move.late is not None else None
        if move.at.endswith(" min"):
            minutes, _, _ = (late if isinstance(late, str) else move.at).partition(" ")
            return self._at(day, minute + int(minutes))
        clock = time.fromisoformat(move.at)
        on = self._of.later(day, late if isinstance(late, int) else move.day)
        return self._at(on, clock.hour * 60 + clock.minute)

    def _opened(self, who: str, day: date, minute: int, words: dict[str, Any]) -> Act:
        """By somebody of the residents."""
        ids = {
            "client_id": uuid5(TICKETS, self._random.choice(self._of.residents)),
            "ticket_id": UUID(int=self._random.getrandbits(128), version=4),
        }
        return Act(who, self._at(day, minute), OpenTicket, {**ids, **words})

    def _at(self, day: date, minute: int) -> datetime:
        """That minute of the day."""
        return datetime.combine(day, time(), self._house.zone) + timedelta(minutes=minute)


def _filled(value: Any, kind: Mapping[str, Any]) -> Any:
    return kind[value[1:]] if isinstance(value, str) and value.startswith("$") else value
