"""Duplicates (重卡): found by the desk, decided by a manager; the owner follows by rule."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from application.cards import ClientCommand
from application.desk import Actor, Desk
from application.packs import Packs
from application.register import KeyDestroyed, Receipt
from application.tickets import OpenTicket, Tickets
from application.views.client_match import Alike, ClientMatches
from application.views.client_ownership import ClientOwnership
from domain.aggregate import STAFF_PREFIX, Act, staff_ref
from domain.client import Client
from domain.duplicates import Outcome, Verdict
from domain.errors import DomainError, Refused
from domain.own import must_be_another
from domain.staff import Staff

BY_DESK = Actor.system("duplicates")

BATCH = 500
"""How many files that changed are looked at in one round."""

log = logging.getLogger(__name__)


class OwnDuplicate(Refused):
    code = "own_duplicate"


@dataclass(frozen=True, kw_only=True)
class DetectDuplicate(ClientCommand):
    """`client_id` is the newer file of the two."""

    PERMISSION: ClassVar[str] = "client.merge"
    other_id: UUID
    alike: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DecideDuplicate(ClientCommand):
    PERMISSION: ClassVar[str] = "client.assign"
    other_id: UUID
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class PassClient(ClientCommand):
    """To whom a decision gives the client, whatever protects the manager until then."""

    PERMISSION: ClassVar[str] = "client.assign"
    staff_id: UUID
    rule: str


class Duplicates:
    """Several may look for them: the id of a command follows from the two files."""

    def __init__(
        self,
        desk: Desk,
        packs: Packs,
        tickets: Tickets,
        *,
        matches: ClientMatches,
        ownership: ClientOwnership,
    ) -> None:
        self._desk, self._packs, self._tickets = desk, packs, tickets
        self._matches, self._ownership = matches, ownership
        self._position = 0

    def tick(self, now: datetime) -> int:
        """How many were found among the files that changed; after a start all are looked at."""
        position, found = self._matches.alike_since(self._position, BATCH)
        ids = [_command_id(alike) for alike in found]
        known = self._desk.register.known(BY_DESK.ref, ids)
        new = [alike for alike, id in zip(found, ids, strict=True) if id not in known]
        told = sum(self._detect(alike, now) for alike in new)
        looked_on, self._position = position > self._position, position
        return BATCH if looked_on else told

    def detect(self, command: DetectDuplicate) -> Receipt:
        """Put on record, once, that the newer file says what the older one says (OW-03)."""
        owner_id = self._desk.look_up(Client, command.other_id).manager_id

        def decide(client: Client, act: Act) -> None:
            client.detect_duplicate(
                command.other_id,
                list(command.alike),
                owner_id=owner_id,
                manager_id=self._superior(owner_id),
                act=act,
            )

        return self._desk.change(Client, command.client_id, command, decide)

    def decide(self, command: DecideDuplicate) -> Receipt:
        """Merge the newer file into the older one, or say that they are two clients.

        Whose client it is stays so, unless they missed a call-back for which the pack lets the
        client pass to who was told of them anew (OW-04). Raises NoDuplicate, OwnDuplicate,
        ClientMerged, NotFound, Invalid.
        """
        other = self._desk.look_up(Client, command.other_id)

        def decide(client: Client, act: Act) -> None:
            _must_not_be_theirs(client, other, act)
            if command.verdict == "dismiss":
                return client.decide_duplicate(command.other_id, "dismiss", act=act)
            outcome = self._outcome(command, other)
            client.decide_duplicate(command.other_id, "merge", outcome=outcome, act=act)
            return client.merge_into(other, act=act)

        receipt = self._desk.change(Client, command.client_id, command, decide)
        if command.verdict == "merge":
            self._carry_on(command, self._desk.look_up(Client, command.client_id).outcome)
        return receipt

    def _outcome(self, command: DecideDuplicate, other: Client) -> Outcome:
        """The owner from now on, by which rule, and what cost the one until now."""
        newcomer, owner = self._newcomer(command.client_id), other.manager_id
        missed = list[str]()
        if owner is not None and newcomer not in (None, owner):
            names = sorted(self._packs.ownership(command.at).call_backs)
            missed = self._ownership.missed(other.id, owner, names)
        if missed:
            return Outcome(newcomer, "OW-04", owner, tuple(missed))
        return Outcome(owner or newcomer, "OW-03")

    def _carry_on(self, command: DecideDuplicate, outcome: Outcome) -> None:
        """What was decided is carried out by commands of its own, said again alike."""
        if outcome.owner_id is not None:
            self._pass(command, outcome.owner_id, str(outcome.rule))
        if outcome.missed:
            self._tell_lost(command, outcome)

    def _newcomer(self, client_id: UUID) -> UUID | None:
        """Whose client the newer file is, or who put it on file."""
        client = self._desk.look_up(Client, client_id)
        row = self._ownership.client(client_id)
        if client.manager_id is not None or row is None:
            return client.manager_id
        kind, _, id = row.registered_by.partition(":")
        return UUID(id) if f"{kind}:" == STAFF_PREFIX else None

    def _pass(self, command: DecideDuplicate, owner_id: UUID, rule: str) -> None:
        passing = PassClient(
            by=command.by,
            command_id=f"{command.command_id} owner",
            received_at=command.received_at,
            occurred_at=command.occurred_at,
            acting_for=command.acting_for,
            client_id=command.other_id,
            staff_id=owner_id,
            rule=rule,
        )
        self._desk.change(
            Client,
            command.other_id,
            passing,
            lambda client, act: client.pass_to(passing.staff_id, passing.rule, act=act),
        )

    def _tell_lost(self, command: DecideDuplicate, outcome: Outcome) -> None:
        """A matter about who lost the client, with who decided; its pack says what follows."""
        procedure = self._packs.ownership(command.at).lost
        if procedure is None:
            return
        self._tickets.open(
            OpenTicket(
                by=BY_DESK,
                command_id=f"lost-{command.client_id}-{command.other_id}",
                received_at=command.received_at,
                channel="internal",
                matter="重卡",
                procedure=procedure,
                form={
                    "owner": str(outcome.lost_by),
                    "client": str(command.other_id),
                    "missed": list(outcome.missed),
                },
                first_contact_id=command.by.staff_id,
            )
        )

    def _detect(self, alike: Alike, now: datetime) -> bool:
        """What cannot be put on record (one of them was erased) is nobody's duplicate any more."""
        command = DetectDuplicate(
            by=BY_DESK,
            command_id=_command_id(alike),
            received_at=now,
            client_id=alike.client_id,
            other_id=alike.other_id,
            alike=alike.by,
        )
        try:
            return not self.detect(command).replayed
        except (DomainError, KeyDestroyed) as refusal:
            log.warning("%s: %s", command.command_id, refusal)
            return False

    def _superior(self, owner_id: UUID | None) -> UUID | None:
        """Who decides before others do: the superior of whose client it is."""
        return None if owner_id is None else self._desk.look_up(Staff, owner_id).superior_id


def _command_id(alike: Alike) -> str:
    return f"duplicate-{alike.client_id}-{alike.other_id}"


def _must_not_be_theirs(client: Client, other: Client, act: Act) -> None:
    """Raises OwnDuplicate."""
    theirs = {staff_ref(id) for id in (client.manager_id, other.manager_id) if id is not None}
    must_be_another(theirs, act, OwnDuplicate("one of them is their own client", rule="OW-03"))
