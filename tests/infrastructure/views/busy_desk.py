"""A desk on which anything happens: whatever the rules allow, by whoever may do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from application.clients import RegisterClient
from application.desk import Actor, Batch
from application.packs import AbolishPack, ApprovePack, DraftPack, PublishPack
from application.people import IssueCredential, RegisterStaff, RevokeCredential, RotateCredential
from application.tickets import NoteTicket, OpenTicket, Tickets
from domain.aggregate import staff_ref
from domain.errors import DomainError
from domain.pack import Pack
from domain.ticket import Ticket
from infrastructure.wiring import Parts
from tests.infrastructure.views.assessing import SCHEME_PACK
from tests.infrastructure.views.deeds import CARE, COLLEAGUES, DAY, DEEDS, OPERATOR, REVIEW
from tests.infrastructure.views.helping import TEAMS
from tests.infrastructure.views.judging import CODE
from tests.support.dossiers import REVIEW_PACK
from tests.support.facts import (
    C1,
    INSTALLATION_PACK,
    LI_NA,
    NOON,
    RECORDED_PACK,
    ZHAO_LEI,
    supervised_pack,
)

PROCEDURES = ("consultation", "installation", "old-log")
CHANNELS = {
    "consultation": ("phone", "walk_in", "letter"),
    "installation": ("phone", "walk_in"),
    "old-log": ("online",),
    REVIEW: ("phone", "letter"),
}
CARE_PACK: Mapping[str, Any] = {
    "pack": CARE,
    "version": 1,
    "title": "关怀",
    "consequences": [
        {
            "upon": ["handler-reminded"],
            "records": "apology",
            "title": "致歉",
            "form": {"state": "=this.state", "holder": "=this.owner_id"},
            "rule": "CH-45",
            "proposes": "late_at_desk",
        }
    ],
    **CODE,
    **TEAMS,
}
"""An overlay on every ticket: whoever had to be reminded apologises; and a code of misconduct."""

SECRECY_PACK: Mapping[str, Any] = {
    "pack": "secrecy",
    "version": 1,
    "title": "保密",
    "privacy": {
        "labels": {"confidential": {"full": ["granted"]}},
        "purposes": {"marketing": {"title": "营销", "consent": True}},
        "export_days": 7,
    },
}
"""Attachments can be confidential, and lists of clients go out for marketing."""

FILE_PACK: Mapping[str, Any] = {
    "pack": "files",
    "version": 1,
    "title": "档案",
    "units": {"main": {"level": "city"}},
    "records": {"liking": {"title": "喜好", "form": {"product": {"title": "产品"}}}},
    "gradings": {
        "size": {
            "title": "规模",
            "form": {"orders": {"title": "订单", "type": "integer"}},
            "measure": "form.orders",
            "levels": ["city"],
            "classes": {"large": {"title": "大", "at_least": 0, "approve": "city"}},
        }
    },
}
"""What can be put on files; everybody is large, once somebody else says so."""

PACKS = (
    *(SECRECY_PACK, INSTALLATION_PACK, RECORDED_PACK, supervised_pack(), REVIEW_PACK, CARE_PACK),
    *(SCHEME_PACK, FILE_PACK),
)


def numbered(kind: int, number: int) -> UUID:
    return UUID(int=kind << 96 | 0x4000 << 64 | 0x8 << 60 | number)


class BusyDesk:
    """`text` makes what people type, from the name of the field."""

    def __init__(self, parts: Parts, text: Callable[[str], str] = lambda name: f"说{name}") -> None:
        self.parts, self._text = parts, text
        self._numbers = count(1)
        self.tickets: list[UUID] = []
        self.clients: list[UUID] = [C1]
        self.staff: list[UUID] = [ZHAO_LEI]
        self.credentials: list[tuple[UUID, str]] = []
        for content in PACKS:
            self._publish(content)

    def happens(self, deeds: Iterable[tuple[str, int]]) -> None:
        """One deed after the other, each on the one of its kind that the number picks.

        What the rules refuse does not happen.
        """
        for name, pick in deeds:
            with suppress(DomainError):
                DEEDS[name](self, pick)

    def told(self, who: UUID | Actor = OPERATOR, pick: int = 0) -> dict[str, Any]:
        """What every command says; some of it happened on another day."""
        if isinstance(who, UUID):
            who = Actor(staff_ref(who), frozenset({"cs_officer", "cs_supervisor", "director"}), who)
        number = next(self._numbers)
        return {
            "by": who,
            "command_id": f"busy-{number}",
            "received_at": self.at(0),
            "occurred_at": self.at(-(pick % 5)) if pick % 2 else None,
            "reason": self._text("reason"),
        }

    def at(self, days: int) -> datetime:
        return NOON + days * DAY

    def text(self, name: str) -> str:
        return self._text(name)

    def a_ticket(self, pick: int) -> Ticket:
        if not self.tickets:
            self.open(pick)
        return self.parts.desk.load(Ticket, self.tickets[pick % len(self.tickets)])

    def open(self, pick: int, procedure: str | None = None) -> None:
        ticket_id = numbered(0xE0, next(self._numbers))
        procedure = procedure or PROCEDURES[pick % 3]
        self.parts.tickets.open(
            OpenTicket(
                **self.told(COLLEAGUES[pick % 4], pick),
                ticket_id=ticket_id,
                client_id=self.clients[pick % len(self.clients)],
                channel=CHANNELS[procedure][pick % len(CHANNELS[procedure])],
                matter=self.text("matter"),
                procedure=procedure,
                unit=("main", "north")[pick % 2],
            )
        )
        self.tickets.append(ticket_id)

    def notes(self, number: int) -> None:
        """Many facts at once."""
        batch = Batch(self.parts.desk)
        tickets = Tickets(batch, self.parts.packs)
        ticket_id = self.a_ticket(0).id
        for _ in range(number):
            tickets.note(NoteTicket(**self.told(LI_NA), ticket_id=ticket_id, text="记"))
        batch.commit()

    def register_client(self) -> None:
        client_id = numbered(0xC0, next(self._numbers))
        self.parts.clients.register(
            RegisterClient(**self.told(LI_NA), client_id=client_id, name=self.text("name"))
        )
        self.clients.append(client_id)

    def register_staff(self) -> None:
        staff_id = numbered(0xA0, next(self._numbers))
        self.parts.people.register(
            RegisterStaff(**self.told(), staff_id=staff_id, name=self.text("name"))
        )
        self.staff.append(staff_id)

    def issue_credential(self, pick: int) -> None:
        staff_id = self.staff[pick % len(self.staff)]
        issued = self.parts.people.issue_credential(
            IssueCredential(**self.told(), staff_id=staff_id)
        )
        self.credentials.append((staff_id, issued.credential_id))

    def revoke_credential(self, pick: int) -> None:
        if self.credentials:
            staff_id, credential_id = self.credentials[pick % len(self.credentials)]
            self.parts.people.revoke_credential(
                RevokeCredential(**self.told(), staff_id=staff_id, credential_id=credential_id)
            )

    def rotate_credential(self, pick: int) -> None:
        if self.credentials:
            staff_id, credential_id = self.credentials[pick % len(self.credentials)]
            self.parts.people.rotate_credential(
                RotateCredential(**self.told(), staff_id=staff_id, credential_id=credential_id)
            )

    def draft_pack(self, pick: int) -> None:
        content = {**INSTALLATION_PACK, "pack": f"pack-{pick % 3}", "version": pick % 2 + 1}
        self.parts.packs.draft(DraftPack(**self.told(), name=content["pack"], content=content))

    def renew(self) -> None:
        """The consultation in one more version."""
        pack = self.parts.desk.load(Pack, Pack.id_of("consultation"))
        self._publish({**supervised_pack(), "version": max(pack.versions) + 1})

    def abolish_pack(self, pick: int) -> None:
        name = f"pack-{pick % 3}"
        self.parts.packs.abolish(
            AbolishPack(**self.told(), name=name, effective_from=self.at(pick))
        )

    def _publish(self, content: Mapping[str, Any]) -> None:
        named = {"name": content["pack"]}
        version = {**named, "version": content["version"]}
        approver = Actor.system("approver")
        self.parts.packs.draft(DraftPack(**self.told(), **named, content=content))
        self.parts.packs.approve(ApprovePack(**self.told(approver), **version))
        self.parts.packs.publish(
            PublishPack(**self.told(), **version, effective_from=self.at(-100))
        )


EVERYTHING: Sequence[tuple[str, int]] = [
    *[(name, 0) for name in ("open", "slip", "note", "tell", "offer", "decline", "offer")],
    *[(name, 0) for name in ("withdraw", "offer", "accept", "escalate", "instruct", "suspend")],
    *[(name, 0) for name in ("resume", "clarify", "answer", "complete", "escalate", "close")],
    *[(name, 0) for name in ("reopen", "clarify", "correct", "offer on", "accept", "ask")],
    *[(name, 0) for name in ("grant", "warn", "miss", "supervise", "waive", "offer")],
    *[(name, 0) for name in ("remind", "notify", "answer notice")],
    *[("open", 1), ("slip", 1), ("survey", 1), ("connect", 1)],
    *[("open", 2), ("take over", 2), ("take over", 5)],
    *[("register client", 0), ("change details", 0), ("change details", 1), ("add contact", 0)],
    *[("remove contact", 0), ("add contact", 0), ("set trait", 0), ("propose", 0)],
    *[("clear", 0), ("propose", 0), ("blacklist", 0), ("look again", 0), ("lift", 0)],
    *[("assign", 0), ("reassign", 0), ("let stay", 0), ("reassign", 0), ("let pass", 0)],
    *[("follow up", 0), ("release", 0), ("place", 0), ("authorise", 0)],
    *[("form", 0), ("form", 1), ("serve", 1), ("pass", 0)],
    *[("find alike", 0), ("dismiss", 0)],
    *[("yield use", 0), ("yield use no more", 0), ("yield what is listed", 0)],
    *[("keep file", 0), ("forget person", 0), ("keep file", 1)],
    *[("merge", 0), ("unmerge", 0), ("yield all", 0)],
    *[("work in a role", 0), ("yield a role", 0)],
    *[("register staff", 0), ("post", 1), ("superior", 1), ("deputy", 1), ("on duty", 1)],
    *[
        ("off duty", 1),
        ("certify", 1),
        ("take away", 1),
        ("credential", 1),
        ("yield token", 0),
        ("revoke", 0),
        ("credential", 1),
        ("leave", 1),
    ],
    *[("yield verdict", pick) for pick in (0, 1, 2, 4, 5)],
    ("yield a hand", 1),
    *[("draft", 0), ("abolish", 0), ("switch off", 0), ("switch on", 0), ("witness", 0)],
    *[("end", 0), ("open", 3), ("offer", 3), ("shirk", 3), ("decline", 3), ("offer", 3)],
    *[("decline", 3), ("decide", 3), ("route", 3), ("take", 3), ("on duty", 0)],
    *[("offer round", 3), ("withdraw", 3), ("call for help", 3), ("renew", 0), ("move", 3)],
    ("assess", 0),
]
"""Deeds in an order in which every kind of event comes up."""
