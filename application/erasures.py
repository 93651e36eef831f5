"""Forgetting clients: asked for, approved by another person, done; again after a restore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from application.cards import ClientCommand
from application.desk import Actor, Command, Desk
from application.packs import Packs
from application.register import Fact, Receipt
from application.views.client_file import ClientFile
from application.views.search import texts_of
from application.views.ticket_register import TicketFilter, TicketRegister, TicketRow
from domain.aggregate import Act
from domain.client import Client
from domain.erasure import USUAL_DAYS, Record, must_not_be_kept
from domain.errors import DomainError, NotFound

BATCH = 20
"""How many clients are erased in one round at most."""


@dataclass(frozen=True, kw_only=True)
class RequestErasure(ClientCommand):
    PERMISSION: ClassVar[str] = "client.request-erasure"
    ground: str


@dataclass(frozen=True, kw_only=True)
class WithdrawErasure(ClientCommand):
    PERMISSION: ClassVar[str] = "client.request-erasure"


@dataclass(frozen=True, kw_only=True)
class ApproveErasure(ClientCommand):
    PERMISSION: ClassVar[str] = "client.approve-erasure"


@dataclass(frozen=True, kw_only=True)
class PlaceHold(ClientCommand):
    PERMISSION: ClassVar[str] = "client.hold"
    file_number: str


@dataclass(frozen=True, kw_only=True)
class LiftHold(ClientCommand):
    PERMISSION: ClassVar[str] = "client.hold"
    file_number: str


@dataclass(frozen=True, kw_only=True)
class _Erase(Command):
    PERMISSION: ClassVar[str] = "client.erase"
    client_id: UUID


@dataclass(frozen=True)
class Certificate:
    """What became of a client's records. `positions`: entries with texts of theirs, all unreadable
    once `erased_at` is there; `steps`: who did what, when, and at which position.
    """

    client_id: UUID
    ground: str | None
    erased_at: datetime | None
    steps: list[dict[str, Any]]
    positions: list[int]


class Erasures:
    def __init__(
        self,
        desk: Desk,
        clients: ClientFile,
        tickets: TicketRegister,
        packs: Packs,
        forget: Callable[[], int],
    ) -> None:
        """`forget`: leave nothing to search by of whoever has no key any more."""
        self._desk, self._clients, self._tickets = desk, clients, tickets
        self._packs = packs
        self._forget = forget

    def request(self, command: RequestErasure) -> Receipt:
        """Raises MustBeKept, LegalHold, AlreadyRequested, ClientErased, Invalid."""

        def decide(client: Client, act: Act) -> None:
            client.request_erasure(command.ground, act=act)
            must_not_be_kept(command.ground, self._records(command.client_id, act.at), act.at)

        return self._change(command, decide)

    def withdraw(self, command: WithdrawErasure) -> Receipt:
        return self._change(command, lambda client, act: client.withdraw_erasure(act=act))

    def approve(self, command: ApproveErasure) -> Receipt:
        """By another person. Raises NotRequested, SamePerson, MustBeKept, LegalHold."""

        def decide(client: Client, act: Act) -> None:
            ground = client.approve_erasure(act=act)
            must_not_be_kept(ground, self._records(command.client_id, act.at), act.at)

        return self._change(command, decide)

    def place_hold(self, command: PlaceHold) -> Receipt:
        return self._change(
            command, lambda client, act: client.place_hold(command.file_number, act=act)
        )

    def lift_hold(self, command: LiftHold) -> Receipt:
        return self._change(
            command, lambda client, act: client.lift_hold(command.file_number, act=act)
        )

    def tick(self, now: datetime) -> int:
        """Erase who is to be erased; how many clients.

        It is on record before the key goes, so that nothing which was held up is gone; what a crash
        leaves in between is done by `destroy_again`.
        """
        done = 0
        for client_id in self._clients.in_erasure("approved"):
            try:
                self.erase(client_id, now)
            except DomainError:
                continue  # held, or withdrawn at this moment
            done += 1
            if done == BATCH:
                break
        if done:
            self._forget()
        return done

    def destroy_again(self) -> int:
        """Keys that a restored key store brought back, by the list that the register is."""
        gone = set(self._desk.keys.destroyed())
        back = [who for who in self._clients.in_erasure("erased") if who not in gone]
        for who in back:
            self._desk.keys.destroy(who)
        if back:
            self._forget()
        return len(back)

    def certificate(self, client_id: UUID) -> Certificate:
        """Raises NotFound."""
        facts = self._desk.register.stream(client_id)
        if not facts or not isinstance(facts[0].event, Client.Registered):
            raise NotFound(f"no client {client_id}", field="client_id")
        steps = [_step(fact) for fact in facts if isinstance(fact.event, _STEPS)]
        grounds = [f.event.ground for f in facts if isinstance(f.event, Client.ErasureRequested)]
        erased = [fact.event.timestamp for fact in facts if isinstance(fact.event, Client.Erased)]
        held = [*facts, *self._ticket_facts(client_id)]
        return Certificate(
            client_id=client_id,
            ground=grounds[-1] if grounds else None,
            erased_at=erased[0] if erased else None,
            steps=steps,
            positions=sorted(fact.position for fact in held if _speaks_of(fact, client_id)),
        )

    def erase(self, client_id: UUID, now: datetime) -> None:
        """Whose erasure was approved, with the files that follow. Raises what forbids it."""
        main = self._desk.load(Client, client_id)
        for file in (*self._clients.merged_into(client_id), client_id):
            follows = None if file == client_id else main
            command = _Erase(
                by=Actor.system("erasure"),
                command_id=f"erase-{file}",
                received_at=now,
                client_id=file,
            )

            def decide(client: Client, act: Act, follows: Client | None = follows) -> None:
                client.erase(self._desk.register.head(), follows=follows, act=act)

            self._change(command, decide)
            self._desk.keys.destroy(file)

    def _records(self, client_id: UUID, at: datetime) -> Iterator[Record]:
        """By what the packs in force say of keeping."""
        said = {pack.pack: pack.retention_days for pack in self._packs.in_force(at)}
        for row in self._rows(client_id):
            days = said.get(row.procedure)
            kept = USUAL_DAYS if days is None else days
            yield Record(row.ticket_id, row.number, row.closed_at, kept)

    def _rows(self, client_id: UUID) -> Iterator[TicketRow]:
        files = (client_id, *self._clients.merged_into(client_id))
        return self._tickets.all(TicketFilter(client_ids=files))

    def _ticket_facts(self, client_id: UUID) -> Iterator[Fact]:
        for row in self._rows(client_id):
            yield from self._desk.register.stream(row.ticket_id)

    def _change(self, command: Any, decide: Callable[[Client, Act], None]) -> Receipt:
        return self._desk.change(Client, command.client_id, command, decide)


_STEPS = (
    Client.ErasureRequested,
    Client.ErasureWithdrawn,
    Client.ErasureApproved,
    Client.Erased,
    Client.HoldPlaced,
    Client.HoldLifted,
)


def _step(fact: Fact) -> dict[str, Any]:
    return {
        "step": type(fact.event).TOPIC.partition(".")[2],  # type: ignore[attr-defined]
        "by": fact.event.by,
        "acting_for": fact.event.acting_for,
        "at": fact.event.timestamp,
        "position": fact.position,
    }


def _speaks_of(fact: Fact, client_id: UUID) -> bool:
    return any(text.subject == client_id for text in texts_of(fact.event).values())
