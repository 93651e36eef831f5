"""Tickets under supervision: the supervision office demands, the owner answers; reminders."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.aggregate import Act, staff_ref
from domain.errors import Invalid, Refused
from domain.happening import Happening
from domain.limit import Relative
from domain.own import must_be_another
from domain.pack_rules import ObligationRule
from domain.promise import MetBy
from domain.promising import Promising
from domain.sealed import Sealed

NOTICE = "supervision"
"""What the obligation to answer a notice is called."""

ANSWER = ObligationRule(
    title="答复督办通知",
    opens=frozenset({"supervision-notice-issued"}),
    met_by=MetBy(any=("supervision-answered",)),
    limit=Relative(),
    appointment="supervision-notice-issued.due_at",
    blocks=frozenset({"closed"}),
    rule="SC-04",
)
"""Every notice is answered by the time that it names itself, whatever the packs say."""


class NoticeOpen(Refused):
    code = "notice_open"


class OwnSupervision(Refused):
    code = "own_supervision"


class NoNotice(Refused):
    code = "no_notice"


class Supervised(Promising):
    """What those who supervise may say about a ticket that is not theirs to handle."""

    class SupervisionNoticeIssued(Happening):
        """Numbered in a register of its own."""

        TOPIC = "ticket.supervision-notice-issued"
        demand: Sealed
        due_at: datetime
        register: str

    class SupervisionAnswered(Happening):
        TOPIC = "ticket.supervision-answered"
        text: Sealed

    class HandlerReminded(Happening):
        """`to_id`: who owned the ticket then."""

        TOPIC = "ticket.handler-reminded"
        to_id: UUID
        text: Sealed

    def issue_notice(
        self, demand: str, due_at: datetime, *, unit: str, year: int, act: Act
    ) -> None:
        """Demand an answer of the owner (SC-04), ticket closed or not.

        Raises NoticeOpen, OwnSupervision for who owns it themselves.
        """
        own = OwnSupervision("nobody supervises what they handle", rule="AU-08")
        must_be_another({staff_ref(self.standing("owner"))}, act, own)
        if due_at <= act.at:
            raise Invalid("nobody can answer before that", field="due_at")
        if self._awaits_answer(act):
            raise NoticeOpen("the last notice is not answered yet", rule="SC-04")
        self._record(
            self.SupervisionNoticeIssued,
            act,
            demand=self._seal(demand, "demand"),
            due_at=due_at,
            register=f"{unit}/{NOTICE}/{year}",
        )
        self._open(NOTICE, ANSWER, self.looking(act), act)

    def answer_notice(self, text: str, *, act: Act) -> None:
        """Only the owner answers. Raises NoNotice, NotOwner."""
        self._must_be_owner(act)
        if not self._awaits_answer(act):
            raise NoNotice("no notice waits for an answer", rule="SC-04")
        self._record(self.SupervisionAnswered, act, text=self._seal(text, "text"))

    def remind(self, text: str, *, act: Act) -> None:
        """Remind the owner (催办, CH-45). Raises TicketClosed."""
        self._must_be_open()
        to_id = self.standing("owner")
        self._record(self.HandlerReminded, act, to_id=to_id, text=self._seal(text, "text"))

    def _awaits_answer(self, act: Act) -> bool:
        return bool(self.look(f"open.{NOTICE}", act.at))

    def _must_be_open(self) -> None:
        """Raises TicketClosed. Answered by each kind."""
        raise NotImplementedError

    def _must_be_owner(self, act: Act) -> None:
        """Raises NotOwner. Answered by each kind."""
        raise NotImplementedError
