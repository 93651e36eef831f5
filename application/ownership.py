"""Commands on whose client it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import ClassVar, Protocol
from uuid import UUID

from application.cards import ClientCommand
from application.clients import place, territories_of
from application.desk import Desk
from application.packs import Packs
from application.register import Receipt
from domain.aggregate import Act
from domain.client import Client
from domain.ownership import kinds_of
from domain.staff import Staff


@dataclass(frozen=True, kw_only=True)
class AssignClient(ClientCommand):
    """`rule` names why to them."""

    PERMISSION: ClassVar[str] = "client.assign"
    staff_id: UUID
    rule: str = "grant"


@dataclass(frozen=True, kw_only=True)
class ReassignClient(ClientCommand):
    PERMISSION: ClassVar[str] = "client.assign"
    staff_id: UUID
    ground: str = "other"


@dataclass(frozen=True, kw_only=True)
class ApproveReassignment(ClientCommand):
    PERMISSION: ClassVar[str] = "client.assign"


@dataclass(frozen=True, kw_only=True)
class RejectReassignment(ClientCommand):
    PERMISSION: ClassVar[str] = "client.assign"


@dataclass(frozen=True, kw_only=True)
class ReleaseClient(ClientCommand):
    """Back to the pool."""

    PERMISSION: ClassVar[str] = "client.assign"


@dataclass(frozen=True, kw_only=True)
class RecordFollowUp(ClientCommand):
    channel: str


@dataclass(frozen=True, kw_only=True)
class PlaceClient(ClientCommand):
    territory: str


@dataclass(frozen=True, kw_only=True)
class AuthoriseCrossing(ClientCommand):
    PERMISSION: ClassVar[str] = "client.assign"
    staff_id: UUID


class Standing(Protocol):
    """What decides whether a manager may have a client, by the words that packs use."""

    def kinds(self, client: Client, at: datetime) -> Collection[str]:
        """Of which kinds a client is: tiers, risks."""

    def levels(self, staff: Staff, at: datetime) -> Collection[str]:
        """Which levels somebody has."""


class OnFile:
    """By classes and traits of the client; by levels and certificates of the manager.

    A class goes before a trait of the same name (`tier`); days are those of `zone`.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def kinds(self, client: Client, at: datetime) -> Collection[str]:
        today = at.astimezone(self._zone).date()
        held = {scheme: client.grade_on(scheme, today) for scheme in client.grades}
        return kinds_of({**client.traits, **{k: v for k, v in held.items() if v is not None}})

    def levels(self, staff: Staff, at: datetime) -> Collection[str]:
        certified = {name for name in staff.competences if staff.is_competent(name, at)}
        return certified | staff.level_roles_at(at)


class Ownership:
    """One primary manager at a time (OW-11); their level must permit the client (AM-06)."""

    def __init__(self, desk: Desk, packs: Packs, standing: Standing | None = None) -> None:
        self._desk, self._packs = desk, packs
        self._standing = standing or OnFile(desk.zone)

    def assign(self, command: AssignClient) -> Receipt:
        """Raises AlreadyAssigned, OtherTerritory, LevelTooLow, StaffLeft, NotFound."""

        def decide(client: Client, act: Act) -> None:
            self.assign_to(client, command.staff_id, command.rule, act)

        return self._change(command, decide)

    def assign_to(self, client: Client, staff_id: UUID, rule: str, act: Act) -> None:
        """As `assign`, of a client at hand."""
        territories = self._fit(client, staff_id, act.at)
        client.assign(staff_id, rule, territories=territories, act=act)

    def reassign(self, command: ReassignClient) -> Receipt:
        """Raises NotAssigned, ClientProtected, OtherTerritory, LevelTooLow, StaffLeft."""

        def decide(client: Client, act: Act) -> None:
            client.reassign(
                command.staff_id,
                command.ground,
                terms=self._packs.ownership(act.at),
                territories=self._fit(client, command.staff_id, act.at),
                act=act,
            )

        return self._change(command, decide)

    def approve_reassignment(self, command: ApproveReassignment) -> Receipt:
        """Raises NotProposed, OwnReassignment; LevelTooLow, StaffLeft where that came between."""

        def decide(client: Client, act: Act) -> None:
            if client.reassignment is not None:
                self._fit(client, client.reassignment.staff_id, act.at)
            client.approve_reassignment(act=act)

        return self._change(command, decide)

    def reject_reassignment(self, command: RejectReassignment) -> Receipt:
        return self._change(command, lambda client, act: client.reject_reassignment(act=act))

    def release(self, command: ReleaseClient) -> Receipt:
        return self._change(command, lambda client, act: client.void_ownership(act=act))

    def follow_up(self, command: RecordFollowUp) -> Receipt:
        """Raises Invalid. What it voids is told along with it."""

        def decide(client: Client, act: Act) -> None:
            client.follow_up(command.channel, terms=self._packs.ownership(act.at), act=act)

        return self._change(command, decide)

    def place(self, command: PlaceClient) -> Receipt:
        def decide(client: Client, act: Act) -> None:
            place(self._desk, client, command.territory, command.by.staff_id, act)

        return self._change(command, decide)

    def authorise_crossing(self, command: AuthoriseCrossing) -> Receipt:
        def decide(client: Client, act: Act) -> None:
            self._desk.look_up(Staff, command.staff_id).must_serve()
            client.authorise_crossing(command.staff_id, act=act)

        return self._change(command, decide)

    def _fit(self, client: Client, staff_id: UUID, at: datetime) -> frozenset[str]:
        """The territories of somebody who may have such a client. Raises LevelTooLow, StaffLeft."""
        territories = territories_of(self._desk, staff_id, at)
        levels = self._standing.levels(self._desk.look_up(Staff, staff_id), at)
        self._packs.ownership(at).must_be_fit(self._standing.kinds(client, at), levels)
        return territories

    def _change(self, command: ClientCommand, decide: Callable[[Client, Act], None]) -> Receipt:
        return self._desk.change(Client, command.client_id, command, decide)
