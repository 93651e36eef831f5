"""Files as of an instant: what was true then, and what was known, by replay of the register."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from application.instant import AsOf
from application.proofs import Sealing
from application.register import Fact, Register
from application.views.client_file import ClientFileView, ClientRow
from application.views.obligations import ObligationRow, ObligationsView
from application.views.showing import shallow
from application.views.staff_directory import StaffDirectoryView, StaffRow
from application.views.ticket_register import TicketRegisterView, TicketRow
from application.views.view import View
from domain.aggregate import Aggregate, InitialEvent
from domain.client import Client
from domain.errors import NotFound
from domain.staff import Staff
from domain.ticket import Ticket

R = TypeVar("R")


@dataclass(frozen=True)
class Then(Generic[R]):
    """What a stream was as of an instant: `row` is the fold of `facts`, of all up to `head`.

    `projector`: the definition (a digest) of the view that it was folded by.
    """

    row: R
    facts: Sequence[Fact]
    head: int
    projector: str

    @property
    def position(self) -> int:
        """Of the last event in it."""
        return self.facts[-1].position

    @property
    def version(self) -> int:
        """Of the stream, with that event."""
        return self.facts[-1].event.originator_version

    def obligations(self) -> list[ObligationRow]:
        """What was promised on it by then, in the order of the promises."""
        promised = folded(ObligationsView(), self.facts, Ticket.TimePromised)
        return [in_utc(row) for row in promised.values()]


class Past:
    """Files as they were, by replay of one stream; the whole of it, if the instant is to come.

    `definition` of a view is a digest of what makes its rows.
    """

    def __init__(self, register: Register, definition: Callable[[type[View[Any]]], str]) -> None:
        self._register, self._definition = register, definition

    def head(self) -> int:
        """The newest position there is."""
        return self._register.head()

    def stream(self, id: UUID, as_of: AsOf | None) -> list[Fact]:
        """What had happened to it by then; all there is, if no instant is named."""
        facts = self._register.stream(id)
        return [fact for fact in facts if as_of is None or as_of.covers(fact)]

    def ticket(self, ticket_id: UUID, as_of: AsOf) -> Then[TicketRow]:
        """Raises NotFound if it was not open by then."""
        return self._then(TicketRegisterView(), Ticket, ticket_id, as_of)

    def client(self, client_id: UUID, as_of: AsOf) -> Then[ClientRow]:
        """Raises NotFound if they were not on file by then."""
        return self._then(ClientFileView(), Client, client_id, as_of)

    def member(self, staff_id: UUID, as_of: AsOf) -> Then[StaffRow]:
        """Without when it was last their turn, which stands on tickets. Raises NotFound."""
        return self._then(StaffDirectoryView(), Staff, staff_id, as_of)

    def _then(self, view: View[R], kind: type[Aggregate], id: UUID, as_of: AsOf) -> Then[R]:
        head = self._register.head()
        stream = self._register.stream(id)
        facts = [fact for fact in stream if fact.position <= head and as_of.covers(fact)]
        rows = folded(view, facts)
        if id not in rows:
            raise NotFound(f"no {kind.TOPIC} {id} as of {as_of}", field=f"{kind.TOPIC}_id")
        return Then(in_utc(rows[id]), facts, head, self._definition(type(view)))


def folded(
    view: View[R], facts: Iterable[Fact], begins: type[Aggregate.Event] = InitialEvent
) -> dict[Hashable, R]:
    """The rows of a view after these facts, by key; each begins with an event of that kind.

    By the clock of who tells, something may have happened to what had not begun: it shows nothing.
    """
    rows: dict[Hashable, R] = {}
    for fact in facts:
        if type(fact.event) in view.facts:
            for key in view.keys(fact):
                if key in rows or isinstance(fact.event, begins):
                    rows[key] = view.fold(rows.get(key), fact, key)
    return rows


def in_utc(row: R) -> R:
    """Its times are written as those that come from tables are, whatever the offset told."""
    for name, value in shallow(row).items():
        if isinstance(value, datetime):
            setattr(row, name, value.astimezone(UTC))
    return row


@dataclass(frozen=True)
class Change:
    """A field that is not what it was, and what made it so."""

    field: str
    before: Any
    after: Any
    made_by: Sequence[Fact]


_MOVES_ALWAYS = ("version", "position", "changed_at")
"""Fields that every event changes: they say how far a row has read."""


def changes(
    before: Then[R], after: Then[R], view: View[R], show: Callable[[R], dict[str, Any]]
) -> list[Change]:
    """The fields that differ between two times, each with the later events that changed it.

    `show` gives the fields of a row as they are shown, as something that compares.
    """
    was, now = show(before.row), show(after.row)
    names = [n for n in now if n not in _MOVES_ALWAYS and was[n] != now[n]]
    known = {fact.position for fact in before.facts}
    made: dict[str, list[Fact]] = {name: [] for name in names}
    row: R | None = None
    shown: dict[str, Any] = {}
    for fact in after.facts:
        if type(fact.event) in view.facts and (row or isinstance(fact.event, InitialEvent)):
            row = view.fold(row, fact, fact.event.originator_id)
            last, shown = shown, show(row)
            for name in names if fact.position not in known else ():
                if last.get(name) != shown[name]:
                    made[name].append(fact)
    return [Change(name, was[name], now[name], made[name]) for name in names]


def given_by(
    as_of: AsOf, *, position: int, head: int, projector: str, sealing: Sealing | None
) -> dict[str, Any]:
    """What every answer about the past says of itself; `checkpoint`: the newest, if there is one.

    It covers what stands at positions up to its size.
    """
    checkpoint = None
    if sealing is not None and sealing.size > 0:
        checkpoint = {"size": sealing.size, "root": sealing.root}
    return {
        "as_of": as_of.at,
        "clock": str(as_of.clock),
        "position": position,
        "head": head,
        "projector": projector,
        "checkpoint": checkpoint,
    }
