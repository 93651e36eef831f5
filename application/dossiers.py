"""Commands on what is signed, ticked and attached on tickets, and the reading of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from application.desk import Desk
from application.evidence import EvidenceErased, EvidenceStore
from application.packs import Packs
from application.register import Receipt
from application.ticket_desk import TicketCommand, TicketDesk
from domain.aggregate import Act
from domain.errors import NotFound
from domain.evidence import Attachment
from domain.following import Ask, nothing_across
from domain.signoff import Verdict
from domain.staff import Staff
from domain.ticket import Ticket


@dataclass(frozen=True, kw_only=True)
class SignTicket(TicketCommand):
    signoff: str
    role: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class TickItem(TicketCommand):
    checklist: str
    item: str


@dataclass(frozen=True, kw_only=True)
class AttachEvidence(TicketCommand):
    kind: str
    name: str
    media_type: str
    content: bytes
    label: str | None = None
    """How secret it is, by a label of the packs; None: nothing is said of it."""

    LATER: ClassVar[frozenset[str]] = frozenset({"label"})

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class GrantEvidence(TicketCommand):
    """Open an attachment to a member of staff, whatever its label."""

    PERMISSION: ClassVar[str] = "evidence.grant"
    digest: str
    to_id: UUID


@dataclass(frozen=True)
class Evidence:
    """An attachment with what is in it."""

    attached: Attachment
    content: bytes


class Dossiers(TicketDesk):
    """All that can be done with the dossier of a ticket."""

    def __init__(
        self, desk: Desk, packs: Packs, store: EvidenceStore, ask_across: Ask = nothing_across
    ) -> None:
        super().__init__(desk, packs, ask_across)
        self._store = store

    def sign(self, command: SignTicket) -> Receipt:
        """A deputy signs in a role that whom they stand for has; their own do not count."""

        def decide(ticket: Ticket, act: Act) -> None:
            if command.acting_for is not None:
                absent = self._desk.look_up(Staff, command.acting_for)
                act = replace(act, roles=absent.roles_at(command.at, ticket.units))
            ticket.sign(command.signoff, command.role, command.verdict, act=act)

        return self._change(command, decide)

    def tick(self, command: TickItem) -> Receipt:
        return self._change(
            command, lambda ticket, act: ticket.tick(command.checklist, command.item, act=act)
        )

    def attach(self, command: AttachEvidence) -> Receipt:
        """The content is kept before the event is: no event speaks of what is not there.

        Raises Invalid for a label that no pack knows.
        """

        def decide(ticket: Ticket, act: Act) -> None:
            ticket.attach_evidence(
                digest=command.digest,
                kind=command.kind,
                media_type=command.media_type,
                size_bytes=len(command.content),
                name=command.name,
                act=act,
            )
            if command.label is not None:
                self._packs.privacy(act.at).must_be_label(command.label)
                ticket.label_evidence(command.digest, command.label, act=act)
            self._store.put(ticket.subject, command.digest, command.content)

        return self._change(command, decide)

    def grant(self, command: GrantEvidence) -> Receipt:
        """Raises NotFound, NoEvidence, GrantsThemselves, StaffLeft."""

        def decide(ticket: Ticket, act: Act) -> None:
            self._desk.look_up(Staff, command.to_id).must_serve()
            ticket.grant_evidence(command.digest, command.to_id, act=act)

        return self._change(command, decide)

    def evidence(self, ticket_id: UUID, digest: str) -> Evidence:
        """Raises NotFound, EvidenceErased."""
        ticket = self._desk.look_up(Ticket, ticket_id)
        attached = next((a for a in ticket.attachments if a.digest == digest), None)
        if attached is None:
            raise NotFound(f"no evidence {digest} on ticket {ticket_id}", field="digest")
        content = self._store.get(ticket.subject, digest)
        if content is None:
            raise EvidenceErased(f"{ticket.subject} was erased, and what was sealed for them")
        return Evidence(attached, content)

    def standing(self, ticket_id: UUID, at: datetime) -> dict[str, Any]:
        """What is signed and ticked now, what is missing, and who is next. Raises NotFound."""
        ticket = self._ruled(self._desk.look_up(Ticket, ticket_id))
        return {
            "signoffs": {name: _signing(ticket, name, at) for name in ticket.rules.signoffs},
            "checklists": {name: _ticks(ticket, name) for name in ticket.rules.checklists},
        }


def _signing(ticket: Ticket, name: str, at: datetime) -> dict[str, Any]:
    signing, is_asked = ticket.signing(name), ticket.is_asked(name, at)
    return {
        "title": signing.signoff.title,
        "chain": signing.signoff.notation,
        "is_asked": is_asked,
        "is_complete": ticket.is_signed(name, at),
        "signatures": list(signing.signatures),
        "next": sorted(signing.next_roles) if is_asked else [],
    }


def _ticks(ticket: Ticket, name: str) -> dict[str, Any]:
    checklist, ticks = ticket.rules.checklists[name], ticket.ticks.get(name, {})
    missing = checklist.missing(ticks)
    return {
        "title": checklist.title,
        "items": checklist.items,
        "ticked": {item: sorted(ticks[item]) for item in checklist.items if item in ticks},
        "missing": missing,
        "is_complete": not missing,
    }
