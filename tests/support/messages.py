"""Citizens' messages to a government, taken in as tickets: the title is the matter, then a note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from application.clients import Clients, RegisterClient
from application.desk import Actor, Batch
from application.packs import Packs
from application.tickets import NoteTicket, OpenTicket, Tickets
from domain.aggregate import staff_ref
from domain.ticket import Visibility
from infrastructure.log_files import read_log
from infrastructure.wiring import Parts
from tests.support.facts import LI_NA, NOON, SHANGHAI

SENDERS = UUID(int=0x5E4D << 112 | 0x4000 << 64 | 0x8 << 60)

OFFICER = Actor(staff_ref(LI_NA), frozenset({"cs_officer"}), LI_NA)

BATCH = 200
"""How many messages go into one transaction."""


@dataclass(frozen=True)
class Message:
    number: str
    sender: str
    title: str
    at: datetime
    text: str

    @property
    def ticket_id(self) -> UUID:
        return uuid5(SENDERS, f"message {self.number}")

    @property
    def client_id(self) -> UUID:
        return uuid5(SENDERS, f"sender {self.sender}")


def messages(path: Path) -> Iterator[Message]:
    for line in read_log(path).lines:
        number, sender, title, at, text = line.cells[:5]
        yield Message(str(number), str(sender), str(title), _time(at), str(text))


def take_in(parts: Parts, path: Path) -> int:
    """All messages of the file; how many."""
    all_messages, taken, known = messages(path), 0, set[UUID]()
    while some := list(islice(all_messages, BATCH)):
        _carry(parts, some, known)
        taken += len(some)
    return taken


def _carry(parts: Parts, some: Sequence[Message], known: set[UUID]) -> None:
    batch = Batch(parts.desk)
    packs = Packs(batch)
    clients, tickets = Clients(batch, packs), Tickets(batch, packs)
    for message in some:
        if message.client_id not in known:
            known.add(message.client_id)
            said = _said(f"sender-{message.sender}", message)
            clients.register(
                RegisterClient(**said, client_id=message.client_id, name=message.sender)
            )
        tickets.open(
            OpenTicket(
                **_said(f"message-{message.number}", message),
                ticket_id=message.ticket_id,
                client_id=message.client_id,
                channel="website",
                matter=message.title,
                procedure="consultation",
            )
        )
        tickets.note(
            NoteTicket(
                **_said(f"text-{message.number}", message),
                ticket_id=message.ticket_id,
                text=message.text,
                visibility=Visibility.CLIENT,
            )
        )
    batch.commit()


def _said(command_id: str, message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"by": OFFICER, "command_id": command_id}
    return {**said, "received_at": NOON, "occurred_at": message.at}


def _time(cell: Any) -> datetime:
    """Times stand in the column as times and as texts."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=SHANGHAI)
    return datetime.strptime(cell, "%Y/%m/%d %H:%M:%S").replace(tzinfo=SHANGHAI)
