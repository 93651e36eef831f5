"""Endings other than closing: withdrawn, rejected, void; and, after any but that, archived."""

from __future__ import annotations

from uuid import UUID

from domain.aggregate import Act
from domain.errors import Invalid, Refused
from domain.following import RULES
from domain.handover import Handover, must_not_shirk
from domain.happening import Happening, word_of

REJECTION_GROUNDS = ("not_in_catalogue", "legally_impossible", "duplicate", "withdrawn")
"""Why a matter may be rejected (不予受理), unless a list `rejection_grounds` says otherwise."""

NO_WORK = frozenset({"opened", "noted", "corrected", "routed"})
"""What may have happened to a ticket on which nobody has worked yet."""


class WorkDone(Refused):
    code = "work_done"


class NotClosed(Refused):
    code = "not_closed"


class TicketArchived(Refused):
    code = "ticket_archived"


class Ended(Happening):
    """Nobody has to do anything about it any more; its state is the word for how it ended."""

    def apply(self, aggregate: Ending) -> None:
        topic: str = self.TOPIC  # type: ignore[attr-defined]
        aggregate.state = aggregate.ended_as = topic.partition(".")[2]
        aggregate.is_closed = True
        aggregate.offered_to_id = aggregate.asked_id = aggregate.blocked_by = None
        aggregate.queue = aggregate.queue_role = None


class Ending(Handover):
    """`ended_as` says how it ended, where it was not simply closed; `work`, what was done on it."""

    class Withdrawn(Ended):
        """The client does not want it any more."""

        TOPIC = "ticket.withdrawn"

    class Rejected(Ended):
        """Not accepted (不予受理), on a ground that the policy knows."""

        TOPIC = "ticket.rejected"
        ground: str

    class Voided(Ended):
        """Registered in error; its number stays in the register, as void."""

        TOPIC = "ticket.voided"

    class Archived(Ended):
        """Put away for good."""

        TOPIC = "ticket.archived"

    def _start_ending(self, state: str) -> None:
        self.state = state
        self.ended_as: str | None = None
        self.work: set[str] = set()
        self.asked_id: UUID | None = None
        self.blocked_by: str | None = None

    def happened(self, event: Happening) -> None:
        """What follows by itself is nobody's work."""
        super().happened(event)
        if event.by != RULES and (word := word_of(event)) not in NO_WORK:
            self.work.add(word)

    def withdraw(self, *, act: Act) -> None:
        """Note that the client withdrew it, with their reason. Said twice, done once."""
        self._must_be_owner(act)
        act.must_give_reason()
        if self.ended_as != "withdrawn":
            self._must_be_open()
            self._end(self.Withdrawn, act)

    def reject(self, ground: str, *, act: Act) -> None:
        """Reject it on one of the policy's grounds, with a reason. Raises ShirkingRefused."""
        must_not_shirk(ground)
        grounds = self.rules.lists.get("rejection_grounds", REJECTION_GROUNDS)
        if ground not in grounds:
            known = ", ".join(grounds)
            raise Invalid(f"ground {ground} is none of: {known}", field="ground", rule="FR-06")
        act.must_give_reason()
        self._must_be_open()
        self._must_be_owner(act)
        self._end(self.Rejected, act, ground=ground)

    def void(self, *, roles: frozenset[str], act: Act) -> None:
        """Say that it was registered in error. Raises WorkDone once somebody worked on it."""
        self._must_be_owner_or_supervisor(roles, act)
        act.must_give_reason()
        if self.ended_as == "voided":
            return
        if work := sorted(self.work):
            raise WorkDone(
                f"what was worked on is not void: {', '.join(work)}", rule="PX-01", work=work
            )
        self._end(self.Voided, act)

    def archive(self, *, roles: frozenset[str], act: Act) -> None:
        """Put it away; it is never reopened. Raises NotClosed, TicketArchived for what is void."""
        self._must_be_owner_or_supervisor(roles, act)
        if not self.is_closed:
            raise NotClosed(f"ticket {self.id} is still open")
        if self.ended_as == "voided":
            raise TicketArchived(f"ticket {self.id} is void, and stays so", rule="PX-01")
        if self.ended_as != "archived":
            self._end(self.Archived, act)

    def _end(self, event: type[Ended], act: Act, **payload: str) -> None:
        """Clocks that rested go on before they stop: some outlive the ticket."""
        self._record(event, act, **payload)
        self.resume_clocks(act=act)
        self.stop_clocks(act=act)

    @property
    def is_put_away(self) -> bool:
        return self.ended_as in ("archived", "voided")

    def _must_not_be_put_away(self) -> None:
        if self.is_put_away:
            raise TicketArchived(f"ticket {self.id} is {self.ended_as}")
