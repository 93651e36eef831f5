"""What the desk holds before anything is measured, made by its own commands. All made up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

from application.clients import Clients, RegisterClient
from application.desk import Actor, Batch
from application.packs import Packs
from application.people import IssueCredential, People, RegisterStaff, TakePost
from application.tickets import IssueSlip, NoteTicket, OpenTicket, Tickets
from domain.aggregate import staff_ref
from infrastructure.settings import Settings
from infrastructure.wiring import Parts, Urls, now
from tests.bench.processes import get_json

CLIENTS = 100

PAGES = 20
"""How many places there are to begin a list at."""

BATCH = 250
"""Tickets stored in one transaction."""

MATTER = "楼道灯坏了三天，物业电话无人接听；五号楼二单元，晚上老人上下楼不便，请派人查看并回电。"
NOTE = "已电话联系物业值班室，答复今日下午派电工到场；请稍后回访来电人，确认灯具是否已经更换。"
SUMMARY = "来电人反映楼道照明故障，已联系物业，尚待现场确认。"

SETUP = Actor.system("bench")


@dataclass(frozen=True)
class Stock:
    """`unoffered` gives each ticket once: an offer that stands is not made again."""

    token: str
    colleague_id: UUID
    client_ids: list[UUID]
    ticket_ids: list[UUID]
    unoffered: Iterator[UUID]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


def prepare(urls: Urls, tickets: int) -> Stock:
    """A desk with two officers and so many tickets of the first, four events each."""
    settings = Settings.read({"YICE_DATABASE_URL": urls.register, "YICE_KEYS_URL": urls.keys})
    with closing(Parts(urls, settings)) as parts:
        parts.set_up(now)
        officer, colleague = (_officer(parts.people) for _ in range(2))
        issued = parts.people.issue_credential(IssueCredential(staff_id=_id(officer), **_by(SETUP)))
        client_ids = [_client(parts.clients, officer) for _ in range(CLIENTS)]
        ticket_ids = [
            ticket_id
            for begin in range(0, tickets, BATCH)
            for ticket_id in _tickets(parts, officer, client_ids, min(BATCH, tickets - begin))
        ]
    return Stock(issued.token, _id(colleague), client_ids, ticket_ids, iter(ticket_ids))


def cursors(port: int, headers: dict[str, str]) -> list[str]:
    """Where pages of the list begin."""
    found: list[str] = []
    path = "/v1/tickets"
    while len(found) < PAGES:
        cursor = get_json(port, path, headers)["next"]
        if cursor is None:
            break
        found.append(cursor)
        path = f"/v1/tickets?cursor={cursor}"
    return found


def _officer(people: People) -> Actor:
    staff_id = people.register(RegisterStaff(name="测试员", **_by(SETUP))).stream_id
    roles = ("cs_officer",)
    people.take_post(TakePost(staff_id=staff_id, post="窗口", roles=roles, **_by(SETUP)))
    return Actor(staff_ref(staff_id), frozenset(roles), staff_id)


def _client(clients: Clients, officer: Actor) -> UUID:
    return clients.register(RegisterClient(name="来电人", **_by(officer))).stream_id


def _tickets(parts: Parts, officer: Actor, client_ids: list[UUID], number: int) -> list[UUID]:
    chance = Random(number)
    batch = Batch(parts.desk)
    tickets = Tickets(batch, Packs(batch))
    ticket_ids = [uuid4() for _ in range(number)]
    for ticket_id in ticket_ids:
        tickets.open(
            OpenTicket(
                ticket_id=ticket_id,
                client_id=chance.choice(client_ids),
                channel="phone",
                matter=MATTER,
                procedure="consultation",
                **_by(officer),
            )
        )
        tickets.issue_slip(IssueSlip(ticket_id=ticket_id, **_by(officer)))
        for _ in range(2):
            tickets.note(NoteTicket(ticket_id=ticket_id, text=NOTE, **_by(officer)))
    batch.commit()
    return ticket_ids


def _by(actor: Actor) -> dict[str, Any]:
    return {"by": actor, "command_id": str(uuid4()), "received_at": now()}


def _id(officer: Actor) -> UUID:
    assert officer.staff_id is not None
    return officer.staff_id
