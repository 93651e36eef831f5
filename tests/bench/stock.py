"""What the desk holds before anything is measured, made by its own commands. All made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg

from application.clients import RegisterClient
from application.desk import Actor, Batch
from application.packs import Packs
from application.people import IssueCredential, RegisterStaff, TakePost
from application.tickets import IssueSlip, NoteTicket, OpenTicket, Tickets
from domain.aggregate import staff_ref
from infrastructure.opening import Urls
from infrastructure.settings import Settings
from infrastructure.wiring import Parts, now
from tests.bench import bare
from tests.bench.setting import Server, Setting

CLIENTS = 100

BATCH = 250
"""Tickets stored in one transaction."""

COMMON = "楼道灯坏了三天"
"""Stands in every matter."""

MATTER = f"{COMMON}，物业电话无人接听；五号楼二单元，晚上老人上下楼不便，请派人查看并回电。"
NOTE = "已电话联系物业值班室，答复今日下午派电工到场；请稍后回访来电人，确认灯具是否已经更换。"
SUMMARY = "来电人反映楼道照明故障，已联系物业，尚待现场确认。"

SETUP = Actor.system("bench")


def rare(number: int) -> str:
    """Stands in the matter of one ticket."""
    return f"登记{number:06d}号"


@dataclass(frozen=True)
class Stock:
    """`ticket_ids` are some of the tickets, all open; `tickets` is how many there are; before the
    position `deep` only a quarter of them was opened.
    """

    token: str
    colleague_id: UUID
    client_ids: list[UUID]
    ticket_ids: list[UUID]
    tickets: int
    deep: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


@contextmanager
def stocked(setting: Setting, name: str) -> Iterator[tuple[Server, Stock]]:
    """A server whose views have read the stock of the scale; all parts begin with a copy of one."""
    known = setting.home / "stock.json"
    if not known.exists():
        with setting.server("stock", keep=True) as server:
            stock = prepare(server.urls, setting.scale.tickets)
            with closing(parts_of(server.urls)) as parts:
                parts.projector.catch_up()
        known.write_bytes(msgspec.json.encode(stock))
    with setting.server(name, like="stock") as server:
        yield server, msgspec.json.decode(known.read_bytes(), type=Stock)


def prepare(urls: Urls, tickets: int) -> Stock:
    """Two officers more, and so many tickets of the first, four events each."""
    with closing(parts_of(urls)) as parts:
        parts.set_up(now)
        officer, colleague = officer_of(parts), officer_of(parts)
        client_ids = [client_of(parts, officer) for _ in range(CLIENTS)]
        ticket_ids = open_tickets(parts, officer, client_ids, range(tickets), notes=2)
        issued = parts.people.issue_credential(IssueCredential(staff_id=_id(officer), **_by(SETUP)))
    opened = _opened(urls.register)
    return Stock(
        token=issued.token,
        colleague_id=_id(colleague),
        client_ids=client_ids,
        ticket_ids=ticket_ids,
        tickets=len(opened),
        deep=opened[min(max(len(opened) // 4, 2 * bare.PAGE), len(opened) - 1)],
    )


def _opened(url: str) -> list[int]:
    """Positions at which tickets were opened."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT position FROM register.entry WHERE topic = 'ticket.opened' ORDER BY 1"
        ).fetchall()
    return [position for (position,) in rows]


def tickets_of(url: str) -> list[tuple[UUID, int]]:
    """Their ids and versions; a thousand at most."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT stream_id, max(stream_version) FROM register.entry WHERE stream_id IN"
            " (SELECT stream_id FROM register.entry WHERE topic = 'ticket.opened' LIMIT 1000)"
            " GROUP BY stream_id"
        ).fetchall()


def parts_of(urls: Urls) -> Parts:
    """With the settings of a desk that is told nothing else."""
    settings = Settings.read({"YICE_DATABASE_URL": urls.register, "YICE_KEYS_URL": urls.keys})
    return Parts(urls, settings)


def officer_of(parts: Parts) -> Actor:
    staff_id = parts.people.register(RegisterStaff(name="测试员", **_by(SETUP))).stream_id
    roles = ("cs_officer",)
    parts.people.take_post(TakePost(staff_id=staff_id, post="窗口", roles=roles, **_by(SETUP)))
    return Actor(staff_ref(staff_id), frozenset(roles), staff_id)


def client_of(parts: Parts, officer: Actor) -> UUID:
    return parts.clients.register(RegisterClient(name="来电人", **_by(officer))).stream_id


def open_tickets(
    parts: Parts, officer: Actor, client_ids: list[UUID], numbers: Sequence[int], *, notes: int
) -> list[UUID]:
    """Each with its slip and so many notes; many of them stored at a time."""
    chance, ticket_ids = Random(len(numbers)), []
    for begin in range(0, len(numbers), BATCH):
        batch = Batch(parts.desk)
        tickets = Tickets(batch, Packs(batch))
        for number in numbers[begin : begin + BATCH]:
            client_id = chance.choice(client_ids)
            ticket_ids.append(_ticket(tickets, officer, client_id, number, notes))
        batch.commit()
    return ticket_ids


def _ticket(tickets: Tickets, officer: Actor, client_id: UUID, number: int, notes: int) -> UUID:
    ticket_id = uuid4()
    tickets.open(
        OpenTicket(
            ticket_id=ticket_id,
            client_id=client_id,
            channel="phone",
            matter=f"{MATTER}{rare(number)}",
            procedure="consultation",
            **_by(officer),
        )
    )
    tickets.issue_slip(IssueSlip(ticket_id=ticket_id, **_by(officer)))
    for _ in range(notes):
        tickets.note(NoteTicket(ticket_id=ticket_id, text=NOTE, **_by(officer)))
    return ticket_id


def _by(actor: Actor) -> dict[str, Any]:
    return {"by": actor, "command_id": str(uuid4()), "received_at": now()}


def _id(officer: Actor) -> UUID:
    assert officer.staff_id is not None
    return officer.staff_id
