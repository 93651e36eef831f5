"""Commands on rotations: outreach clients are dealt out, walk-ins are served in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from application.desk import Actor, Command, Desk
from application.ownership import AssignClient, Ownership
from application.permissions import role_for
from application.register import Receipt
from domain.aggregate import Act
from domain.client import Client
from domain.errors import Forbidden, NotFound
from domain.rotation import Rotation
from domain.staff import Staff

BY_ROTATION = Actor.system("rotation")
"""Who gives a client to whose turn it was."""


@dataclass(frozen=True, kw_only=True)
class RotationCommand(Command):
    PERMISSION: ClassVar[str] = "client.assign"
    name: str


@dataclass(frozen=True, kw_only=True)
class FormRotation(RotationCommand):
    """These, in this order; the first is next."""

    members: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class DealClients(RotationCommand):
    """Clients of the pool, round and round."""

    client_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class TakeTurn(RotationCommand):
    """A walk-in is served by who sends this."""

    PERMISSION: ClassVar[str] = "client.handle"
    client_id: UUID


@dataclass(frozen=True, kw_only=True)
class PassTurn(RotationCommand):
    """Without `staff_id` one's own."""

    PERMISSION: ClassVar[str] = "client.handle"
    staff_id: UUID | None = None


class Rotations:
    """A turn is taken in the rotation, and the client given by a second command."""

    def __init__(self, desk: Desk, ownership: Ownership) -> None:
        self._desk, self._ownership = desk, ownership

    def rotation(self, name: str) -> Rotation:
        """Raises NotFound."""
        return self._desk.look_up(Rotation, Rotation.id_of(name))

    def form(self, command: FormRotation) -> Receipt:
        """Raises NotFound, StaffLeft for a member, Invalid."""

        def get(act: Act) -> Rotation:
            try:
                return self._desk.load(Rotation, Rotation.id_of(command.name), command)
            except NotFound:
                return Rotation.form(command.name, command.members, act=act)

        def decide(rotation: Rotation, act: Act) -> None:
            for staff_id in command.members:
                self._desk.look_up(Staff, staff_id).must_serve()
            rotation.change_members(command.members, act=act)

        return self._desk.change_or_create(get, command, decide)

    def deal(self, command: DealClients) -> Receipt:
        """All, or none where one cannot be given. Raises as an assignment does (OW-01)."""

        def decide(rotation: Rotation, act: Act) -> None:
            rotation.deal(command.client_ids, act=act)
            for client_id in dict.fromkeys(command.client_ids):
                self._must_be_free(client_id, rotation, act)

        receipt = self._change(command, decide)
        self._give(command, command.client_ids, "round-robin")
        return receipt

    def take_turn(self, command: TakeTurn) -> Receipt:
        """Raises OutOfTurn (OW-02), or as an assignment does."""

        def decide(rotation: Rotation, act: Act) -> None:
            rotation.take_turn(command.client_id, _own_id(command), act=act)
            self._must_be_free(command.client_id, rotation, act)

        receipt = self._change(command, decide)
        self._give(command, (command.client_id,), "rotation")
        return receipt

    def pass_turn(self, command: PassTurn) -> Receipt:
        """One's own; that of another who gives clients away. Raises OutOfTurn, Forbidden."""

        def decide(rotation: Rotation, act: Act) -> None:
            if command.staff_id not in (None, _own_id(command)):
                role_for("client.assign", command.by.roles)
            rotation.pass_turn(command.staff_id or _own_id(command), act=act)

        return self._change(command, decide)

    def _must_be_free(self, client_id: UUID, rotation: Rotation, act: Act) -> None:
        """Asked before a turn is taken for nothing; what is decided here is not stored."""
        client = self._desk.load(Client, client_id)
        self._ownership.assign_to(client, rotation.served[client_id][0], "turn", act)

    def _give(self, command: RotationCommand, client_ids: tuple[UUID, ...], rule: str) -> None:
        rotation = self.rotation(command.name)
        for client_id in rotation.served.keys() & set(client_ids):
            staff_id, turn = rotation.served[client_id]
            self._ownership.assign(
                AssignClient(
                    by=BY_ROTATION,
                    command_id=f"turn-{rotation.id}-{turn}",
                    received_at=command.received_at,
                    occurred_at=command.occurred_at,
                    client_id=client_id,
                    staff_id=staff_id,
                    rule=f"{rule}: {rotation.name}",
                )
            )

    def _change(self, command: RotationCommand, decide: Callable[[Rotation, Act], None]) -> Receipt:
        return self._desk.change(Rotation, Rotation.id_of(command.name), command, decide)


def _own_id(command: Command) -> UUID:
    """Raises Forbidden: only staff have turns."""
    staff_id = command.acting_for or command.by.staff_id
    if staff_id is None:
        raise Forbidden("only staff have turns")
    return staff_id
