"""Commands on clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

from application.cards import Cards, ClientCommand
from application.desk import Command, Desk
from application.packs import Packs
from application.register import Receipt
from domain.aggregate import Act
from domain.client import Client
from domain.staff import Staff


@dataclass(frozen=True, kw_only=True)
class RegisterClient(Command):
    """`territory`: the unit in whose area they lie."""

    PERMISSION: ClassVar[str] = "client.handle"
    LATER: ClassVar[frozenset[str]] = frozenset({"territory"})
    name: str
    kind: str = "person"
    client_id: UUID | None = None
    territory: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeClientDetails(ClientCommand):
    details: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AddContactPoint(ClientCommand):
    kind: str
    value: str


@dataclass(frozen=True, kw_only=True)
class RemoveContactPoint(ClientCommand):
    contact_id: str


@dataclass(frozen=True, kw_only=True)
class SetTrait(ClientCommand):
    name: str
    value: str | int | bool


@dataclass(frozen=True, kw_only=True)
class MergeClient(ClientCommand):
    PERMISSION: ClassVar[str] = "client.merge"
    into_id: UUID


@dataclass(frozen=True, kw_only=True)
class UnmergeClient(ClientCommand):
    PERMISSION: ClassVar[str] = "client.merge"


@dataclass(frozen=True, kw_only=True)
class GiveConsent(ClientCommand):
    """`purpose`: a code of the list that the packs give."""

    purpose: str


@dataclass(frozen=True, kw_only=True)
class WithdrawConsent(ClientCommand):
    purpose: str


def territories_of(desk: Desk, staff_id: UUID, at: datetime) -> frozenset[str]:
    """Those of somebody who serves: their unit, and each in which they have a role.

    Raises NotFound, StaffLeft.
    """
    staff = desk.look_up(Staff, staff_id)
    staff.must_serve()
    return staff.units | {unit for unit, _ in staff.roles_in_units(at)}


def place(desk: Desk, client: Client, territory: str, by_id: UUID | None, act: Act) -> None:
    """Say in which territory a client lies, in the name of a member of staff, or of nobody."""
    theirs = territories_of(desk, by_id, act.at) if by_id else frozenset[str]()
    client.place(territory, by_id=by_id, territories=theirs, act=act)


class Clients:
    def __init__(self, desk: Desk, packs: Packs) -> None:
        self._desk, self._packs = desk, packs
        self._cards = Cards(desk, packs)

    def register(self, command: RegisterClient) -> Receipt:
        """The client's key is made first: a key without a client harms nobody."""

        def make(act: Act) -> Client:
            client_id = command.client_id or uuid4()
            client = Client.register(
                client_id,
                name=command.name,
                kind=command.kind,
                key_commitment=self._desk.keys.create(client_id),
                act=act,
            )
            if command.territory is not None:
                place(self._desk, client, command.territory, command.by.staff_id, act)
            return client

        return self._desk.create(command, make)

    def change_details(self, command: ChangeClientDetails) -> Receipt:
        return self._cards.change(
            command, lambda client, act: client.change_details(command.details, act=act)
        )

    def add_contact_point(self, command: AddContactPoint) -> Receipt:
        return self._cards.change(
            command,
            lambda client, act: client.add_contact_point(command.kind, command.value, act=act),
        )

    def remove_contact_point(self, command: RemoveContactPoint) -> Receipt:
        return self._cards.change(
            command, lambda client, act: client.remove_contact_point(command.contact_id, act=act)
        )

    def set_trait(self, command: SetTrait) -> Receipt:
        return self._change(
            command, lambda client, act: client.set_trait(command.name, command.value, act=act)
        )

    def merge(self, command: MergeClient) -> Receipt:
        """Raises NotFound for either, ClientMerged."""
        return self._change(
            command,
            lambda client, act: client.merge_into(
                self._desk.look_up(Client, command.into_id), act=act
            ),
        )

    def unmerge(self, command: UnmergeClient) -> Receipt:
        return self._change(command, lambda client, act: client.unmerge(act=act))

    def give_consent(self, command: GiveConsent) -> Receipt:
        """Raises Invalid for a purpose that is in no list."""

        def decide(client: Client, act: Act) -> None:
            self._packs.privacy(act.at).must_be_purpose(command.purpose, field="purpose")
            client.give_consent(command.purpose, act=act)

        return self._change(command, decide)

    def withdraw_consent(self, command: WithdrawConsent) -> Receipt:
        """Raises NoConsent."""
        return self._change(
            command, lambda client, act: client.withdraw_consent(command.purpose, act=act)
        )

    def _change(self, command: ClientCommand, decide: Callable[[Client, Act], None]) -> Receipt:
        return self._desk.change(Client, command.client_id, command, decide)
