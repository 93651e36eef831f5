"""What may happen on a ticket, carried out by the real commands under the packs of the release."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from application.clock import CLOCK
from application.dossiers import Dossiers, TickItem
from application.endings import WithdrawTicket
from application.handovers import (
    AcceptTransfer,
    DeclineTransfer,
    OfferTransfer,
    RouteTicket,
    TakeTicket,
)
from application.packs import Packs
from application.promises import OpenSupervision, RecordBreach, RecordDueSoon, RemindHandler
from application.tickets import (
    AnswerTicket,
    CloseTicket,
    CompleteTicket,
    EscalateTicket,
    InstructTicket,
    IssueSlip,
    NoteTicket,
    OpenTicket,
    ReopenTicket,
    ResumeTicket,
    SuspendTicket,
    TakeStep,
    Tickets,
)
from domain.errors import DomainError
from domain.obligation import Obligation
from domain.ticket import Blocker, Ticket, Visibility
from tests.histories.cast import ROLES, Cast, marked
from tests.histories.memory import TellingDesk
from tests.histories.roads import acts_of, later

MINUTE = timedelta(minutes=1)
LATER = timedelta(days=12)
"""How long the clock goes on behind the last act."""

CHANNELS = ("phone",) * 6 + ("walk_in", "walk_in", "website", "app", "letter", "online")


class Script:
    """One ticket, from its opening until the clock has said what was missed on it."""

    def __init__(self, desk: TellingDesk, packs: Packs, cast: Cast, ticket_id: UUID) -> None:
        self._desk, self._cast, self._id = desk, cast, ticket_id
        self._tickets = Tickets(desk, packs)
        self._dossiers = Dossiers(desk, packs, None)  # type: ignore[arg-type]
        self._tried: set[str] = set()
        self._seen: tuple[int, Ticket] | None = None

    def play(self, procedure: str, acts: int, *, at: datetime, chance: Random) -> None:
        """Open it and let so many acts follow; what the rules refuse does not happen."""
        self._now, self._chance = at, chance
        self._open(procedure)
        for name in acts_of(procedure, acts - 1, chance):
            self._now = later(self._now, chance)
            self._tick(self._now)
            with suppress(DomainError):
                getattr(self, f"_{name}")()
        self._tick(self._now + LATER)

    def _open(self, procedure: str) -> None:
        form: dict[str, Any] = {}
        if procedure == "complaint":
            form = {"kind": "grumble", "content": marked("text"), "demand": marked("short")}
        self._tickets.open(
            OpenTicket(
                **self._said("officer"),
                ticket_id=self._id,
                client_id=self._cast.client_id,
                channel=self._chance.choice(CHANNELS),
                matter=marked("text"),
                procedure=procedure,
                form=form,
            )
        )

    def _said(self, post: str | None = None, *, reason: bool = False) -> dict[str, Any]:
        """By the owner, unless a post is named."""
        return {
            "by": self._cast.actor(post or self._owner()),
            "command_id": marked("command"),
            "received_at": self._now,
            "reason": marked("short") if reason else None,
        }

    def _owner(self) -> str:
        return self._post_of(self._ticket().owner_id)

    def _post_of(self, staff_id: UUID | None) -> str:
        posts = [post for post in ROLES if getattr(self._cast, f"{post}_id") == staff_id]
        return posts[0] if posts else "officer"

    def _ticket(self) -> Ticket:
        """As it stands, to look at."""
        if self._seen is None or self._seen[0] != len(self._desk.told):
            self._seen = len(self._desk.told), self._desk.load(Ticket, self._id)
        return self._seen[1]

    def _note(self) -> None:
        seen = self._chance.choice((Visibility.INTERNAL, Visibility.INTERNAL, Visibility.CLIENT))
        post = self._chance.choice(("officer", "colleague", None))
        self._tickets.note(NoteTicket(**self._on(post), text=marked("text"), visibility=seen))

    def _slip(self) -> None:
        self._tickets.issue_slip(IssueSlip(**self._on()))

    def _transfer(self) -> None:
        """Offered, and some time later accepted or returned."""
        to = "colleague" if self._owner() == "officer" else "officer"
        to_id: UUID = getattr(self._cast, f"{to}_id")
        self._tickets.offer_transfer(
            OfferTransfer(**self._on(reason=True), to_id=to_id, summary=marked("text"))
        )
        self._now = later(self._now, self._chance)
        self._tick(self._now)
        if self._chance.random() < 0.8:
            self._tickets.accept_transfer(AcceptTransfer(**self._on(to)))
        else:
            back = DeclineTransfer(**self._on(to, reason=True), ground="overloaded")
            self._tickets.decline_transfer(back)

    def _route(self) -> None:
        self._tickets.route(RouteTicket(**self._on(), unit=self._cast.unit))
        self._now = later(self._now, self._chance)
        if self._chance.random() < 0.7:
            self._tickets.take(TakeTicket(**self._on("colleague")))

    def _escalate(self) -> None:
        self._tickets.escalate(EscalateTicket(**self._on(), question=marked("text")))
        self._now = later(self._now, self._chance)
        if self._chance.random() < 0.8:
            self._tickets.instruct(InstructTicket(**self._on("supervisor"), text=marked("text")))

    def _suspend(self) -> None:
        blocker = self._chance.choice(list(Blocker))
        self._tickets.suspend(SuspendTicket(**self._on(reason=True), blocked_by=blocker))
        self._now = later(self._now, self._chance)
        if self._chance.random() < 0.8:
            self._tickets.resume(ResumeTicket(**self._on()))

    def _remind(self) -> None:
        self._tickets.remind(RemindHandler(**self._on("supervisor"), text=marked("short")))

    def _repeat_contact(self) -> None:
        self._step("repeat_contact", note=marked("text"))

    def _first_contact_follow_up(self) -> None:
        said = self._on("officer")
        form = {"note": marked("text")}
        self._tickets.take_step(TakeStep(**said, step="first_contact_follow_up", form=form))

    def _answer(self) -> None:
        complete = self._chance.random() < 0.9
        self._tickets.answer(AnswerTicket(**self._on(), text=marked("text"), complete=complete))

    def _complete(self) -> None:
        self._tickets.complete(CompleteTicket(**self._on(), result=marked("text")))

    def _close(self) -> None:
        self._tickets.close(CloseTicket(**self._on()))

    def _withdraw(self) -> None:
        self._tickets.withdraw(WithdrawTicket(**self._on(reason=True)))

    def _reopen(self) -> None:
        self._tickets.reopen(ReopenTicket(**self._on(reason=True)))

    def _clarify(self) -> None:
        self._step("clarify")

    def _classify(self) -> None:
        kind = self._chance.choice(("consultation", "topup_problem", "service_request"))
        form = {"type": kind, "severity": "ordinary", "priority": "normal"}
        self._step("classify", **form, supply_channel="营业厅")

    def _assess(self) -> None:
        self._step("assess", certainty="certain", source_rule="服务规程")

    def _contact_client(self) -> None:
        self._step("contact_client", problem=marked("text"), reached=True)

    def _confirm(self) -> None:
        self._step("confirm", department="after_sales", complaint_reason=marked("text"))

    def _resolve(self) -> None:
        self._step("resolve", resolution=marked("text"))

    def _inform_client(self) -> None:
        said = {"opinion": marked("text"), "thoughts": marked("short")}
        self._step("inform_client", **said, satisfaction=self._chance.randint(2, 5))

    def _keep_record(self) -> None:
        said = {name: marked("text") for name in ("matter", "process", "result")}
        self._step("keep_record", **said)

    def _tick_off(self) -> None:
        for item in ("listen", "ask", "follow", "reply", "record"):
            self._dossiers.tick(TickItem(**self._on(), checklist="five_clears", item=item))

    def _step(self, name: str, **form: Any) -> None:
        self._tickets.take_step(TakeStep(**self._on(), step=name, form=form))

    def _on(self, post: str | None = None, *, reason: bool = False) -> dict[str, Any]:
        return self._said(post, reason=reason) | {"ticket_id": self._id}

    def _tick(self, now: datetime) -> None:
        """What the desk's clock says until then, each a minute after it was due."""
        while due := sorted(self._due(now), key=lambda at: at[:2]):
            at, id, command, does = due[0]
            self._tried.add(id)
            with suppress(DomainError):
                does(command(at + MINUTE, id))

    def _due(self, now: datetime) -> list[Any]:
        found: list[Any] = []
        for key, known in self._ticket().obligations.items():
            if known.over_at is None:
                found += self._of(key, known)
        return [at for at in found if at[0] + MINUTE < now and at[1] not in self._tried]

    def _of(self, key: str, known: Obligation) -> list[Any]:
        place, due = f"{self._id}/{key}", known.due
        found: list[Any] = []
        if known.warn_at is not None:
            id = f"due-soon-{place}-{due.isoformat()}"
            found.append((known.warn_at, id, self._clock(RecordDueSoon, key), self._warn))
        if known.breached_at is None:
            id = f"breach-{place}-{due.isoformat()}"
            found.append((due, id, self._clock(RecordBreach, key), self._breach))
        elif known.supervise_at is not None:
            level, id = known.level + 1, f"supervision-{place}-{known.level + 1}"
            told = self._clock(OpenSupervision, key, level=level)
            found.append((max(known.supervise_at, known.breached_at), id, told, self._supervise))
        return found

    def _clock(self, command: type[Any], key: str, **words: Any) -> Callable[[datetime, str], Any]:
        on = {"by": CLOCK, "ticket_id": self._id, "key": key, **words}
        return lambda at, id: command(**on, command_id=id, received_at=at)

    def _warn(self, command: RecordDueSoon) -> None:
        self._tickets.record_due_soon(command)

    def _breach(self, command: RecordBreach) -> None:
        self._tickets.record_breach(command)

    def _supervise(self, command: OpenSupervision) -> None:
        self._tickets.open_supervision(command)
