"""What figures are made of: what happened, and how often, when and with which form on a ticket."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from application.register import Fact
from application.views.ticket_history import ENVELOPE
from application.views.ticket_register import TicketRow
from application.views.view import Span, View
from domain.aggregate import events_of, staff_ref
from domain.happening import Happening, word_of
from domain.obligation import Obligation, Status
from domain.predicate import part_of
from domain.sealed import Sealed, in_clear
from domain.ticket import Ticket
from domain.zone import MICROSECOND

HAPPENINGS = frozenset(kind for kind in events_of(Ticket) if issubclass(kind, Happening))


@dataclass(slots=True)
class HappeningRow:
    position: Annotated[int, "Position in the register"]
    ticket_id: Annotated[UUID, "The ticket it happened to"]
    word: Annotated[str, "What packs call it"]
    happened_at: Annotated[datetime, "When it happened, as told"]
    by: Annotated[str, "Who did it: staff:<id>, client:<id> or system:<name>"]
    number: Annotated[str | None, "The register number it was given"]
    form: Annotated[dict[str, Any], "What was filled in; nothing that is sealed"]


class HappeningView(View[HappeningRow]):
    name = "happening"
    span = Span.FACT
    row = HappeningRow
    facts = HAPPENINGS
    indexes = ("word, happened_at", "ticket_id")

    def keys(self, fact: Fact) -> Sequence[int]:
        return (fact.position,)

    def fold(self, row: HappeningRow | None, fact: Fact, key: Any) -> HappeningRow:
        event = fact.event
        done_by_id: UUID | None = getattr(event, "done_by_id", None)
        return HappeningRow(
            position=fact.position,
            ticket_id=event.originator_id,
            word=word_of(event),
            happened_at=event.timestamp,
            by=staff_ref(done_by_id) if done_by_id else event.by,
            number=fact.number,
            form=_form(event),
        )


@dataclass(slots=True)
class TicketFiguresRow:
    ticket_id: Annotated[UUID, "The ticket it happened to"]
    counts: Annotated[dict[str, int], "How often, by word"] = field(default_factory=dict)
    first_at: Annotated[dict[str, str], "When it first happened, by word"] = field(
        default_factory=dict
    )
    last_at: Annotated[dict[str, str], "When it last happened, by word"] = field(
        default_factory=dict
    )
    forms: Annotated[dict[str, Any], "The last form, by word; nothing that is sealed"] = field(
        default_factory=dict
    )
    position: Annotated[int, "Register position that this row shows"] = 0


class TicketFiguresView(View[TicketFiguresRow]):
    """What a ticket is now, and what was promised on it, stands in the views of those."""

    name = "ticket_figures"
    span = Span.STREAM
    row = TicketFiguresRow
    facts = HAPPENINGS

    def keys(self, fact: Fact) -> Sequence[UUID]:
        return (fact.event.originator_id,)

    def fold(self, row: TicketFiguresRow | None, fact: Fact, key: Any) -> TicketFiguresRow:
        row = row or TicketFiguresRow(fact.event.originator_id)
        word, at = word_of(fact.event), fact.event.timestamp.isoformat()
        row.counts[word] = row.counts.get(word, 0) + 1
        row.first_at.setdefault(word, at)
        row.last_at[word] = at
        row.forms[word] = _form(fact.event)
        row.position = fact.position
        return row


def _form(event: Any) -> dict[str, Any]:
    """What was filled in, whatever a field is called; of a fact without form, what it says."""
    filled = getattr(event, "form", {})
    said = {k: v for k, v in event.told().items() if k in filled or k not in ENVELOPE}
    form: dict[str, Any] = in_clear(said)
    return form


_STATUSES: Mapping[str, Callable[[Obligation, datetime], bool]] = {
    "open": lambda known, now: known.over_at is None or known.over_at > now,
    "breached": lambda known, now: known.missed_at(now) is not None,
    "met": lambda known, now: known.status_at(now) is Status.MET,
    "late": lambda known, now: known.status_at(now) is Status.MET_LATE,
}
"""`met`: in time; `late`: met, but late; `breached`: missed, whatever came after."""


@dataclass(frozen=True, kw_only=True)
class TicketFigures:
    """One ticket as figures ask about it, as of `now`; `client` is what is said of it in clear."""

    ticket: TicketRow
    told: TicketFiguresRow
    client: Mapping[str, Any]
    obligations: Sequence[tuple[str, Obligation]]
    now: datetime

    @property
    def ticket_id(self) -> UUID:
        return self.ticket.ticket_id

    def look(self, path: str) -> Any:
        """What a path of a pack stands for; None where it stands for nothing."""
        where, _, name = path.partition(".")
        if where in _STATUSES:
            holds = _STATUSES[where]
            return sum(holds(known, self.now) for of, known in self.obligations if of == name)
        if where in _UNITS:
            return self._between(*name.partition(".")[::2], _UNITS[where])
        answers: dict[str, Callable[[str], Any]] = {
            "this": self._of_ticket,
            "count": lambda word: self.told.counts.get(word, 0),
            "hours_since": self._hours_since,
            "client": self.client.get,
        }
        return answers[where](name) if where in answers else part_of(self._form(where), name)

    def _form(self, word: str) -> Mapping[str, Any]:
        form: Mapping[str, Any] = self.told.forms.get(word, {})
        return form

    def _of_ticket(self, name: str) -> Any:
        if name == "owners":
            return self.ticket.transfers + 1
        if name == "calendars":
            return sorted({str(known.basis["calendar"]) for _, known in self.obligations})
        value = getattr(self.ticket, name, None)
        if isinstance(value, Sealed):
            return None
        return str(value) if isinstance(value, UUID) else value

    def _hours_since(self, word: str) -> Decimal | None:
        last = _instant(self.told.last_at, word)
        return None if last is None else _in_units(self.now - last, _UNITS["hours"])

    def _between(self, first: str, last: str, unit: timedelta) -> Decimal | None:
        begun, ended = _instant(self.told.first_at, first), _instant(self.told.last_at, last)
        return None if begun is None or ended is None else _in_units(ended - begun, unit)


@dataclass(frozen=True, kw_only=True)
class HappeningFigures:
    """One happening as figures ask about it: its own form, who did it, and its ticket."""

    happening: HappeningRow
    of: TicketFigures

    @property
    def ticket_id(self) -> UUID:
        return self.of.ticket_id

    def look(self, path: str) -> Any:
        where, _, name = path.partition(".")
        if where == "form":
            return part_of(self.happening.form, name)
        if path == "actor.id":
            return self.happening.by.partition(":")[2]
        return self.of.look(path)


@dataclass(frozen=True, kw_only=True)
class ObligationFigures:
    """One promise of time as figures ask about it (`obligation.status`), and its ticket."""

    name: str
    known: Obligation
    of: TicketFigures

    @property
    def ticket_id(self) -> UUID:
        return self.of.ticket_id

    def look(self, path: str) -> Any:
        where, _, name = path.partition(".")
        if where != "obligation":
            return self.of.look(path)
        known, now = self.known, self.of.now
        answers: dict[str, Callable[[], Any]] = {
            "name": lambda: self.name,
            "title": lambda: known.name,
            "status": lambda: str(known.status_at(now)),
            "is_missed": lambda: known.missed_at(now) is not None,
            "responsible_id": lambda: known.responsible,
            "opened_at": lambda: known.anchor.isoformat(),
            "due_at": lambda: known.due.isoformat(),
            "over_at": lambda: known.over_at and known.over_at.isoformat(),
        }
        return answers[name]() if name in answers else None


def due_in(figures: Sequence[TicketFigures], window: Window) -> list[ObligationFigures]:
    """What was promised on these tickets and is due in the window, in the order of that."""
    rows = [
        ObligationFigures(name=name, known=known, of=ticket)
        for ticket in figures
        for name, known in ticket.obligations
        if window.since <= known.due < window.until
    ]
    return sorted(rows, key=lambda row: row.known.due)


_UNITS = {"hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}


def _instant(times: Mapping[str, str], word: str) -> datetime | None:
    return datetime.fromisoformat(times[word]) if word in times else None


def _in_units(lasted: timedelta, unit: timedelta) -> Decimal:
    return Decimal(lasted // MICROSECOND) / (unit // MICROSECOND)


@dataclass(frozen=True, kw_only=True)
class Window:
    """From an instant on, up to another; and of which procedures (None: all)."""

    since: datetime
    until: datetime
    procedures: Sequence[str] | None = None

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True)
class Happened:
    """An event behind a figure: where in the register it stands."""

    ticket_id: UUID
    position: int
    word: str
    happened_at: datetime


@dataclass(frozen=True)
class LastInUnit:
    unit: str
    form: Mapping[str, Any]
    happened_at: datetime
    number: int


class Reported(ABC):
    """What reports ask: of the tables, or of the register (application/reports/replayed.py)."""

    @abstractmethod
    def tickets(self, word: str, window: Window, now: datetime) -> list[TicketFigures]:
        """Those to which this last happened in the window, in the order they were opened."""

    @abstractmethod
    def happenings(
        self, words: Sequence[str], window: Window, now: datetime
    ) -> list[HappeningFigures]:
        """Each time one of these happened in the window, in the order recorded."""

    @abstractmethod
    def read_up_to(self) -> int:
        """The position in the register up to which all of it is told."""

    @abstractmethod
    def obligations(self, window: Window, now: datetime) -> list[ObligationFigures]:
        """What was promised and is due in the window, as things stand, in the order of that."""

    @abstractmethod
    def events(self, ticket_ids: Sequence[UUID], words: Sequence[str]) -> list[Happened]:
        """Each time one of these happened to these tickets, in the order recorded."""


class Figures(Reported):
    """The questions that are asked of the tables alone."""

    @abstractmethod
    def to_whom(self, word: str, window: Window) -> list[UUID]:
        """The tickets to which this happened in the window, whatever came later."""

    @abstractmethod
    def last_by_unit(self, word: str, procedure: str, now: datetime) -> list[LastInUnit]:
        """The last time that it happened by then on a ticket of each unit, and the how-many-eth."""

    @abstractmethod
    def count_happenings(
        self,
        word: str,
        *,
        same: Mapping[str, Any],
        since: datetime,
        procedures: Sequence[str] | None = None,
        without: UUID | None = None,
    ) -> int:
        """How often it happened since, with these values in its form, on other tickets."""

    @abstractmethod
    def named_in(
        self,
        word: str,
        field: str,
        *,
        same: Mapping[str, Any],
        since: datetime,
        procedures: Sequence[str] | None = None,
    ) -> set[str]:
        """All that stood in a field of its form since, where these values stood in others."""

    @abstractmethod
    def count_open(
        self,
        *,
        owner_id: UUID | None = None,
        channels: Sequence[str] | None = None,
        procedures: Sequence[str] | None = None,
        not_in: Sequence[str] = (),
        without: UUID | None = None,
    ) -> int:
        """How many other tickets are open now; what is None is not asked."""
