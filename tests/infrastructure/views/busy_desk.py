"""A desk on which anything happens: whatever the rules allow, by whoever may do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from application.clients import (
    AddContactPoint,
    BlacklistClient,
    ChangeClientDetails,
    LiftBlacklist,
    MergeClient,
    RegisterClient,
    RemoveContactPoint,
    UnmergeClient,
)
from application.desk import Actor, Batch
from application.packs import AbolishPack, ApprovePack, DraftPack, PublishPack
from application.people import (
    GoOffDuty,
    GoOnDuty,
    IssueCredential,
    Leave,
    NameDeputy,
    NameSuperior,
    RegisterStaff,
    RevokeCredential,
    TakePost,
)
from application.tickets import (
    AcceptTransfer,
    AnswerTicket,
    ApproveExtension,
    AskExtension,
    CloseTicket,
    CompleteTicket,
    CorrectTicket,
    DeclineTransfer,
    EscalateTicket,
    InstructTicket,
    IssueSlip,
    NoteTicket,
    OfferTransfer,
    OpenTicket,
    RecordBreach,
    ReopenTicket,
    ResumeTicket,
    SuspendTicket,
    TakeOverStep,
    TakeStep,
    Tickets,
    WaiveObligation,
    WithdrawTransfer,
)
from domain.aggregate import staff_ref
from domain.client import Client
from domain.errors import DomainError
from domain.staff import Staff
from domain.ticket import Blocker, Ticket, Visibility
from infrastructure.wiring import Parts
from tests.support.facts import (
    C1,
    INSTALLATION_PACK,
    LI_NA,
    M1,
    NOON,
    RECORDED_PACK,
    WANG_FANG,
    ZHAO_LEI,
    promising_pack,
)

OPERATOR = Actor.system("operator")
COLLEAGUES = (LI_NA, WANG_FANG, ZHAO_LEI, M1)
PROCEDURES = ("consultation", "installation", "old-log")
CHANNELS = {
    "consultation": ("phone", "walk_in", "letter"),
    "installation": ("phone", "walk_in"),
    "old-log": ("online",),
}
DAY = timedelta(days=1)


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
        for content in (INSTALLATION_PACK, RECORDED_PACK, promising_pack()):
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
            who = Actor(staff_ref(who), frozenset({"cs_officer", "cs_supervisor"}), who)
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

    def draft_pack(self, pick: int) -> None:
        content = {**INSTALLATION_PACK, "pack": f"pack-{pick % 3}", "version": pick % 2 + 1}
        self.parts.packs.draft(DraftPack(**self.told(), name=content["pack"], content=content))

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


Deed = Callable[[BusyDesk, int], object]


def _on_ticket(
    command: type[Any], does: str, who: Callable[[Ticket], UUID | None], /, **words: Any
) -> Deed:
    """A command on some ticket, by whom it is up to; texts are given as the field's own name."""

    def deed(busy: BusyDesk, pick: int) -> None:
        ticket = busy.a_ticket(pick)
        by = busy.told(who(ticket) or ZHAO_LEI, pick)
        said = {n: busy.text(n) if v is TEXT else v for n, v in words.items()}
        getattr(busy.parts.tickets, does)(command(**by, ticket_id=ticket.id, **said))

    return deed


def _on_obligation(
    command: type[Any], does: str, who: Callable[[Ticket], UUID | None], /, **words: Any
) -> Deed:
    """A command on one of the obligations of some ticket that are not over."""

    def deed(busy: BusyDesk, pick: int) -> None:
        ticket = busy.a_ticket(pick)
        keys = [key for key, known in ticket.obligations.items() if known.over_at is None]
        if keys:
            said = {**busy.told(who(ticket) or OPERATOR, pick), **words}
            getattr(busy.parts.tickets, does)(
                command(**said, ticket_id=ticket.id, key=keys[pick % len(keys)])
            )

    return deed


def _on_client(command: type[Any], does: str, /, **words: Any) -> Deed:
    def deed(busy: BusyDesk, pick: int) -> None:
        client_id = busy.clients[pick % len(busy.clients)]
        said = {n: busy.text(n) if v is TEXT else v for n, v in words.items()}
        getattr(busy.parts.clients, does)(command(**busy.told(M1), client_id=client_id, **said))

    return deed


def _on_staff(command: type[Any], does: str, /, **words: Any) -> Deed:
    def deed(busy: BusyDesk, pick: int) -> None:
        staff_id = busy.staff[pick % len(busy.staff)]
        getattr(busy.parts.people, does)(command(**busy.told(), staff_id=staff_id, **words))

    return deed


def _change_details(busy: BusyDesk, pick: int) -> None:
    details = {name: busy.text(name) for name in (["place"], ["name", "language"])[pick % 2]}
    client_id = busy.clients[pick % len(busy.clients)]
    busy.parts.clients.change_details(
        ChangeClientDetails(**busy.told(LI_NA), client_id=client_id, details=details)
    )


def _remove_contact_point(busy: BusyDesk, pick: int) -> None:
    client_id = busy.clients[pick % len(busy.clients)]
    for contact_id in busy.parts.desk.load(Client, client_id).contacts:
        busy.parts.clients.remove_contact_point(
            RemoveContactPoint(**busy.told(LI_NA), client_id=client_id, contact_id=contact_id)
        )


def _merge(busy: BusyDesk, pick: int) -> None:
    one, other = (busy.clients[n % len(busy.clients)] for n in (pick, pick + 1))
    busy.parts.clients.merge(MergeClient(**busy.told(M1), client_id=one, into_id=other))


def _survey(busy: BusyDesk, pick: int) -> None:
    ticket = busy.a_ticket(pick)
    form = {"address": busy.text("address"), "sockets": pick}
    busy.parts.tickets.take_step(
        TakeStep(**busy.told(ticket.owner_id), ticket_id=ticket.id, step="survey", form=form)
    )


def _take_over(busy: BusyDesk, pick: int) -> None:
    busy.parts.tickets.take_over_step(
        TakeOverStep(
            **busy.told(pick=pick),
            ticket_id=busy.a_ticket(pick).id,
            step=("assign", "resolve", "finish")[pick % 3],
            done_by_id=COLLEAGUES[pick % 4],
        )
    )


def _name_deputy(busy: BusyDesk, pick: int) -> None:
    period = {"start": busy.at(pick), "end": busy.at(pick + 1)}
    staff_id = busy.staff[pick % len(busy.staff)]
    busy.parts.people.name_deputy(
        NameDeputy(**busy.told(), staff_id=staff_id, deputy_id=LI_NA, **period)
    )


def _leave(busy: BusyDesk, pick: int) -> None:
    """Not one of those who handle tickets."""
    staff_id = busy.staff[pick % len(busy.staff)]
    if staff_id != ZHAO_LEI and busy.parts.desk.load(Staff, staff_id).version > 3:
        busy.parts.people.leave(Leave(**busy.told(), staff_id=staff_id))


TEXT = object()
"""In place of what somebody types."""


def _owner(ticket: Ticket) -> UUID:
    return ticket.owner_id


def _offered(ticket: Ticket) -> UUID | None:
    return ticket.offered_to_id


DEEDS: Mapping[str, Deed] = {
    "open": lambda busy, pick: busy.open(pick),
    "slip": _on_ticket(IssueSlip, "issue_slip", _owner),
    "note": _on_ticket(NoteTicket, "note", _owner, text=TEXT),
    "tell": _on_ticket(NoteTicket, "note", _owner, text=TEXT, visibility=Visibility.CLIENT),
    "offer": _on_ticket(OfferTransfer, "offer_transfer", _owner, to_id=WANG_FANG, summary=TEXT),
    "offer on": _on_ticket(OfferTransfer, "offer_transfer", _owner, to_id=LI_NA),
    "accept": _on_ticket(AcceptTransfer, "accept_transfer", _offered),
    "decline": _on_ticket(DeclineTransfer, "decline_transfer", _offered, ground="overloaded"),
    "withdraw": _on_ticket(WithdrawTransfer, "withdraw_transfer", _owner),
    "escalate": _on_ticket(EscalateTicket, "escalate", _owner, question=TEXT),
    "instruct": _on_ticket(InstructTicket, "instruct", lambda t: t.asked_id, text=TEXT),
    "clarify": _on_ticket(TakeStep, "take_step", _owner, step="clarify"),
    "survey": _survey,
    "connect": _on_ticket(TakeStep, "take_step", _owner, step="connect"),
    "take over": _take_over,
    "answer": _on_ticket(AnswerTicket, "answer", _owner, text=TEXT),
    "suspend": _on_ticket(SuspendTicket, "suspend", _owner, blocked_by=Blocker.CLIENT),
    "resume": _on_ticket(ResumeTicket, "resume", _owner),
    "complete": _on_ticket(CompleteTicket, "complete", _owner, result=TEXT),
    "close": _on_ticket(CloseTicket, "close", _owner),
    "reopen": _on_ticket(ReopenTicket, "reopen", _owner),
    "correct": _on_ticket(
        CorrectTicket, "correct", _owner, corrects_version=1, what="matter", text=TEXT
    ),
    "ask": _on_obligation(AskExtension, "ask_extension", _owner, due_at=NOON + 2 * DAY),
    "grant": _on_obligation(ApproveExtension, "approve_extension", lambda t: M1),
    "waive": _on_obligation(WaiveObligation, "waive_obligation", lambda t: M1, ground="void"),
    "miss": _on_obligation(
        RecordBreach, "record_breach", lambda t: None, received_at=NOON + 5 * DAY, occurred_at=None
    ),
    "register client": lambda busy, pick: busy.register_client(),
    "change details": _change_details,
    "add contact": _on_client(AddContactPoint, "add_contact_point", kind="phone", value=TEXT),
    "remove contact": _remove_contact_point,
    "blacklist": _on_client(BlacklistClient, "blacklist"),
    "lift": _on_client(LiftBlacklist, "lift_blacklist"),
    "merge": _merge,
    "unmerge": _on_client(UnmergeClient, "unmerge"),
    "register staff": lambda busy, pick: busy.register_staff(),
    "post": _on_staff(TakePost, "take_post", post="专员", roles=("staff",)),
    "new post": _on_staff(TakePost, "take_post", post="主管", roles=("director", "staff")),
    "superior": _on_staff(NameSuperior, "name_superior", superior_id=M1),
    "deputy": _name_deputy,
    "on duty": _on_staff(GoOnDuty, "go_on_duty"),
    "off duty": _on_staff(GoOffDuty, "go_off_duty"),
    "credential": lambda busy, pick: busy.issue_credential(pick),
    "revoke": lambda busy, pick: busy.revoke_credential(pick),
    "leave": _leave,
    "draft": lambda busy, pick: busy.draft_pack(pick),
    "abolish": lambda busy, pick: busy.abolish_pack(pick),
}
"""Each by whom it is up to: most of what is tried is done."""

EVERYTHING: Sequence[tuple[str, int]] = [
    *[(name, 0) for name in ("open", "slip", "note", "tell", "offer", "decline", "offer")],
    *[(name, 0) for name in ("withdraw", "offer", "accept", "escalate", "instruct", "suspend")],
    *[(name, 0) for name in ("resume", "clarify", "answer", "complete", "escalate", "close")],
    *[(name, 0) for name in ("reopen", "clarify", "correct", "offer on", "accept", "ask")],
    *[(name, 0) for name in ("grant", "miss", "waive", "offer")],
    *[("open", 1), ("slip", 1), ("survey", 1), ("connect", 1)],
    *[("open", 2), ("take over", 2), ("take over", 5)],
    *[("register client", 0), ("change details", 0), ("change details", 1), ("add contact", 0)],
    *[("remove contact", 0), ("add contact", 0), ("blacklist", 0), ("lift", 0)],
    *[("merge", 0), ("unmerge", 0)],
    *[("register staff", 0), ("post", 1), ("superior", 1), ("deputy", 1), ("on duty", 1)],
    *[("off duty", 1), ("credential", 1), ("revoke", 0), ("credential", 1), ("leave", 1)],
    *[("draft", 0), ("abolish", 0)],
]
"""Deeds in an order in which every kind of event comes up."""
