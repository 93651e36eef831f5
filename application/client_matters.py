"""Matters that follow from what is entered on clients' files: opened at once, or by the worker.

What is to be opened stands in the event that it follows from; the id of the ticket follows from
that, so that it is opened once, whoever does it, and after whatever crash.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from application.desk import Actor, Desk
from application.register import Fact, KeyDestroyed, Receipt
from application.tickets import OpenTicket, Tickets
from application.views.client_history import ClientHistory
from application.views.staff_directory import StaffDirectory
from domain.client import Client
from domain.errors import DomainError
from domain.staff import Staff

MATTERS = UUID("5d1c9b7e-3f0a-4a63-9e55-1a2f6c0d8b41")
"""The namespace of the ids of these tickets: each is found by client, version and name."""

FILES = Actor.system("files")

BATCH = 100
"""How many events are looked through in one round."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What is to be opened because of an event of a client."""

    client_id: UUID
    version: int
    name: str
    said: Mapping[str, Any]
    by: str
    at: datetime

    @property
    def command_id(self) -> str:
        return f"file-{self.client_id}-{self.version}-{self.name}"

    @property
    def ticket_id(self) -> UUID:
        return uuid5(MATTERS, self.command_id)


def ticket_ids(client_id: UUID, version: int, names: Collection[str]) -> list[UUID]:
    """The ids of the tickets that follow from an event, opened or not yet."""
    return [uuid5(MATTERS, f"file-{client_id}-{version}-{name}") for name in names]


class ClientMatters:
    """What cannot be opened is logged, and tried again until it can."""

    def __init__(
        self, desk: Desk, tickets: Tickets, history: ClientHistory, staff: StaffDirectory
    ) -> None:
        self._desk, self._tickets = desk, tickets
        self._history, self._staff = history, staff
        self._seen, self._left, self._said = 0, dict[str, Order](), set[str]()

    def open_after(self, receipt: Receipt, now: datetime) -> None:
        """What follows from the last event of a command on a client."""
        behind = receipt.version - 1
        for fact in self._desk.register.stream(receipt.stream_id, after=behind):
            if fact.event.originator_version == receipt.version:
                for order in _orders_of(fact):
                    self._open(order, now)

    def tick(self, now: datetime) -> int:
        """How many events were looked at; what was left before is tried again first."""
        for order in list(self._left.values()):
            self._open(order, now)
        rows = self._history.with_matters(after=self._seen, limit=BATCH)
        orders = [order for row in rows for order in _orders(row)]
        known = self._desk.register.known(FILES.ref, [order.command_id for order in orders])
        for order in orders:
            if order.command_id not in known:
                self._open(order, now)
        self._seen = rows[-1].position if rows else self._seen
        return len(rows)

    def _open(self, order: Order, now: datetime) -> None:
        owner_id = self._owner(order, now)
        if owner_id is None:
            self._leave(order, "nobody is there for it")
            return
        try:
            self._tickets.open(self._command(order, owner_id, now))
        except KeyDestroyed:
            pass
        except DomainError as refusal:
            self._leave(order, str(refusal))
            return
        self._left.pop(order.command_id, None)

    def _command(self, order: Order, owner_id: UUID, now: datetime) -> OpenTicket:
        return OpenTicket(
            by=FILES,
            command_id=order.command_id,
            received_at=now,
            occurred_at=order.at,
            ticket_id=order.ticket_id,
            client_id=order.client_id,
            channel=order.said["channel"],
            matter=order.said["matter"],
            procedure=order.said["procedure"],
            form=order.said["form"],
            first_contact_id=owner_id,
            unit=self._desk.look_up(Staff, owner_id).unit,
        )

    def _owner(self, order: Order, now: datetime) -> UUID | None:
        """Whom the event names, else who has the role and is longest here, else who acted."""
        if (named := self._member(order.said["owner_id"])) is not None:
            return named
        if (role := order.said["owner_role"]) is not None:
            serving = self._staff.serving(role, now)
            if serving:
                return serving[0].staff_id
        return self._member(order.by.partition(":")[2])

    def _member(self, said: Any) -> UUID | None:
        try:
            staff_id = UUID(str(said))
            self._desk.look_up(Staff, staff_id).must_serve()
        except (ValueError, DomainError):
            return None
        return staff_id

    def _leave(self, order: Order, why: str) -> None:
        self._left[order.command_id] = order
        said = f"{order.command_id} was not opened: {why}"
        if said not in self._said:
            self._said.add(said)
            log.warning(said)


def _orders_of(fact: Fact) -> Iterator[Order]:
    event = fact.event
    if isinstance(event, Client.Recorded | Client.Graded):
        yield from _orders_in(
            event.opens,
            event.originator_id,
            event.originator_version,
            event.acting_for or event.by,
            event.timestamp,
        )


def _orders(row: Any) -> Iterator[Order]:
    yield from _orders_in(
        row.details["opens"],
        row.client_id,
        row.version,
        row.acting_for or row.by,
        row.occurred_at,
    )


def _orders_in(
    opens: Mapping[str, Any], client_id: UUID, version: int, by: str, at: datetime
) -> Iterator[Order]:
    for name, said in opens.items():
        yield Order(client_id, version, name, said, by, at)
