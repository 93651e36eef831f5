"""Handing over: who answers for a matter, in whose queue it is, and who decides in the end."""

from __future__ import annotations

from uuid import UUID

from domain.aggregate import UNIT_LIMIT, Act, Aggregate
from domain.errors import Forbidden, Invalid, Refused
from domain.happening import Happening
from domain.pack_rules import Route
from domain.procedure import Procedure
from domain.promising import Promising
from domain.roles import DIRECTING
from domain.sealed import Sealed, checked

NOT_MY_DUTY = "not_my_duty"
"""The one ground nobody may give (推诿). Source: FR-06."""

SHIRKING = "shirking"
"""What giving it is put on record as."""

RETURNS_BEFORE_DECISION = 2
"""How often a matter comes back before a superior decides, unless a pack says otherwise."""

SUPERVISOR, DIRECTOR = "cs_supervisor", "director"


class NotOwner(Refused):
    code = "not_owner"


class TicketClosed(Refused):
    code = "ticket_closed"


class OfferPending(Refused):
    code = "offer_pending"


class NoOffer(Refused):
    code = "no_offer"


class ShirkingRefused(Invalid):
    code = "shirking_refused"


class DecisionNeeded(Refused):
    code = "decision_needed"


class NoDecisionNeeded(Refused):
    code = "no_decision_needed"


class NotSuperior(Forbidden):
    code = "not_superior"


class NotYoursToAssign(Forbidden):
    code = "not_yours_to_assign"


class NotQueued(Refused):
    code = "not_queued"


class NotOfUnit(Forbidden):
    code = "not_of_unit"


class Handover(Promising):
    """Exactly one person answers for it, until another has accepted it.

    Who was the first contact never changes. While it waits in the queue of a unit, its owner
    still answers for it.
    """

    class TransferOffered(Happening):
        TOPIC = "ticket.transfer-offered"
        from_id: UUID
        to_id: UUID
        summary: Sealed | None

        def apply(self, aggregate: Handover) -> None:
            aggregate.offered_to_id = self.to_id

    class TransferAccepted(Happening):
        """From an offer, or out of a queue."""

        TOPIC = "ticket.transfer-accepted"
        from_id: UUID
        to_id: UUID

        def apply(self, aggregate: Handover) -> None:
            aggregate.is_now_with(self.to_id)

    class TransferDeclined(Happening):
        TOPIC = "ticket.transfer-declined"
        from_id: UUID
        to_id: UUID
        ground: str

        def apply(self, aggregate: Handover) -> None:
            aggregate.offered_to_id = None
            aggregate.returns += 1

    class TransferWithdrawn(Happening):
        TOPIC = "ticket.transfer-withdrawn"
        to_id: UUID

        def apply(self, aggregate: Handover) -> None:
            aggregate.offered_to_id = None

    class TransferDecided(Happening):
        """It came back too often: a superior says who answers for it, and that is final."""

        TOPIC = "ticket.transfer-decided"
        from_id: UUID
        to_id: UUID

        def apply(self, aggregate: Handover) -> None:
            aggregate.is_now_with(self.to_id)
            aggregate.returns = 0

    class Routed(Happening):
        """It waits in the queue of a unit, and for whoever has the role, if one is named."""

        TOPIC = "ticket.routed"
        unit: str
        for_role: str | None
        rule: str | None

        def apply(self, aggregate: Handover) -> None:
            aggregate.queue, aggregate.queue_role = self.unit, self.for_role

    class AssignedInTurn(Aggregate.Event):
        """Why it is offered to this colleague: in this unit it was their turn."""

        TOPIC = "ticket.assigned-in-turn"
        unit: str
        competence: str | None
        to_id: UUID

    class NobodyAvailable(Aggregate.Event):
        """Nobody of the unit is on duty and competent; `told_id`, next in line, knows."""

        TOPIC = "ticket.nobody-available"
        unit: str
        competence: str | None
        told_id: UUID

    def _start_handover(self, first_contact_id: UUID) -> None:
        self.first_contact_id = self.owner_id = first_contact_id
        self.owners, self.returns, self.is_closed = 1, 0, False
        self.offered_to_id: UUID | None = None
        self.queue: str | None = None
        self.queue_role: str | None = None

    def is_now_with(self, staff_id: UUID) -> None:
        """Copies who answers for it from now on."""
        self.owners += staff_id != self.owner_id
        self.owner_id, self.offered_to_id = staff_id, None
        self.queue = self.queue_role = None

    def offer_transfer(self, to_id: UUID, summary: str | None, *, act: Act) -> None:
        """Offer the ticket to a colleague, with a reason; the owner stays until it is accepted."""
        self._must_be_open()
        self._must_be_owner(act)
        act.must_give_reason()
        if to_id == self.owner_id:
            raise Invalid("the ticket is already theirs", field="to_id")
        if self.offered_to_id != to_id:
            self._offer(to_id, summary, act)

    def accept_transfer(self, *, act: Act) -> None:
        """Raises NoOffer unless this ticket was offered to who accepts (FR-02)."""
        if act.stands_for(self.owner_id) and self.offered_to_id is None:
            return
        to_id = self._offered(act)
        self._record(self.TransferAccepted, act, from_id=self.owner_id, to_id=to_id)

    def decline_transfer(self, ground: str, procedure: Procedure, *, act: Act) -> None:
        """Return the offer (退单) on one of the pack's grounds. Raises ShirkingRefused, NoOffer."""
        must_not_shirk(ground)
        if ground not in procedure.decline_reasons:
            known = ", ".join(sorted(procedure.decline_reasons))
            raise Invalid(f"ground {ground} is none of: {known}", field="ground", rule="FR-06")
        act.must_give_reason()
        to_id = self._offered(act)
        self._record(self.TransferDeclined, act, from_id=self.owner_id, to_id=to_id, ground=ground)

    def withdraw_transfer(self, *, act: Act) -> None:
        """The owner takes the offer back. Said twice, done once."""
        self._must_be_owner(act)
        if self.offered_to_id is not None:
            self._record(self.TransferWithdrawn, act, to_id=self.offered_to_id)

    def decide_transfer(
        self, to_id: UUID, *, superior_id: UUID | None, roles: frozenset[str], act: Act
    ) -> None:
        """Say who answers for what came back too often; they cannot decline.

        `superior_id` is that of the owner. Raises NoDecisionNeeded, NotSuperior.
        """
        self._must_be_open()
        act.must_give_reason()
        if not self.needs_decision:
            raise NoDecisionNeeded(f"it came back {self.returns} times", rule="FR-02")
        if not act.stands_for(superior_id) and DIRECTOR not in roles:
            raise NotSuperior(
                "only the owner's superior or a director decides", field="to_id", rule="FR-02"
            )
        self._record(self.TransferDecided, act, from_id=self.owner_id, to_id=to_id)

    def route(self, unit: str, *, act: Act) -> None:
        """Put it into the queue of a unit; whoever takes it from there owns it."""
        self._must_be_open()
        self._must_be_owner(act)
        unit = checked(unit, name="unit", limit=UNIT_LIMIT)
        if unit != self.queue:
            self._record(self.Routed, act, unit=unit, for_role=None, rule=None)

    def take(self, taker_id: UUID, *, unit: str, roles: frozenset[str], act: Act) -> None:
        """Take it out of the queue. Raises NotQueued, OfferPending, NotOfUnit."""
        self._must_be_open()
        if self.queue is None:
            if taker_id == self.owner_id:
                return
            raise NotQueued(f"ticket {self.id} is in no queue")
        self._must_not_be_offered()
        if unit != self.queue and self.queue_role not in roles:
            raise NotOfUnit(f"it is in the queue of {self.queue}", rule="FR-02")
        self._record(self.TransferAccepted, act, from_id=self.owner_id, to_id=taker_id)

    def assign(
        self, to_id: UUID, *, unit: str, competence: str | None, roles: frozenset[str], act: Act
    ) -> None:
        """Offer it to the colleague whose turn it is."""
        self._must_be_directed(roles, act)
        self._record(self.AssignedInTurn, act, unit=unit, competence=competence, to_id=to_id)
        self._offer(to_id, None, act)

    def call_for_help(
        self, told_id: UUID, *, unit: str, competence: str | None, roles: frozenset[str], act: Act
    ) -> None:
        """Nobody can take it: tell who is next in line, and offer it to them."""
        self._must_be_directed(roles, act)
        self._record(self.NobodyAvailable, act, unit=unit, competence=competence, told_id=told_id)
        if told_id != self.owner_id:
            self._offer(told_id, None, act)

    @property
    def needs_decision(self) -> bool:
        most = self.rules.values.get("returns_before_decision", RETURNS_BEFORE_DECISION)
        return self.returns >= int(most)

    def promise(self, word: str, act: Act) -> None:
        """And then where it goes from here, if a route of the packs says so."""
        super().promise(word, act)
        route = None if self.is_closed else self._route_upon(word, act)
        if route is not None and route.to_unit != self.queue:
            self._record(self.Routed, act, unit=route.to_unit, for_role=route.role, rule=route.rule)

    def _route_upon(self, word: str, act: Act) -> Route | None:
        return self.rules.route_upon(word, self._at_hand(word, self.looking(act)))

    def _offer(self, to_id: UUID, summary: str | None, act: Act) -> None:
        """Raises OfferPending, DecisionNeeded."""
        if self.offered_to_id is not None:
            raise OfferPending(f"already offered to staff {self.offered_to_id}")
        if self.needs_decision:
            raise DecisionNeeded(
                f"it came back {self.returns} times: the owner's superior decides",
                rule="FR-02",
                returns=self.returns,
            )
        self._record(
            self.TransferOffered,
            act,
            from_id=self.owner_id,
            to_id=to_id,
            summary=self._seal_if(summary, "summary"),
        )

    def _offered(self, act: Act) -> UUID:
        if self.offered_to_id is None or not act.stands_for(self.offered_to_id):
            raise NoOffer(f"ticket {self.id} is not offered to {act.acting_for or act.by}")
        return self.offered_to_id

    def _must_be_open(self) -> None:
        if self.is_closed:
            raise TicketClosed(f"ticket {self.id} is closed; reopen it first")

    def _must_not_be_offered(self) -> None:
        if self.offered_to_id is not None:
            raise OfferPending(f"offered to staff {self.offered_to_id}, who has not answered")

    def _must_be_owner(self, act: Act) -> None:
        if not act.stands_for(self.owner_id):
            raise NotOwner(
                f"ticket {self.id} is with staff {self.owner_id}, not {act.acting_for or act.by}",
                rule="PX-02",
                owner_id=str(self.owner_id),
            )

    def _must_be_owner_or_supervisor(self, roles: frozenset[str], act: Act) -> None:
        if SUPERVISOR not in roles:
            self._must_be_owner(act)

    def _must_be_directed(self, roles: frozenset[str], act: Act) -> None:
        """What the desk may offer round: open, by its owner or who directs, offered to nobody."""
        self._must_be_open()
        if not act.stands_for(self.owner_id) and not roles & DIRECTING:
            said = f"ticket {self.id} is with staff {self.owner_id}; who directs them assigns it"
            raise NotYoursToAssign(said, rule="SR-05")
        self._must_not_be_offered()


def must_not_shirk(ground: str) -> None:
    """Raises ShirkingRefused; that it was tried may be put on record (FR-06)."""
    if ground == NOT_MY_DUTY:
        raise ShirkingRefused(
            "'not my duty' is no ground", field="ground", rule="FR-06", violation=SHIRKING
        )
