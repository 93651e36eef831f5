"""Commands on the blacklist (客户黑名单), and the day on which an entry is looked at again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from application.cards import ClientCommand
from application.desk import Actor, Desk
from application.packs import Packs
from application.register import KeyDestroyed, Receipt
from application.tickets import OpenTicket, Tickets
from application.views.client_ownership import ClientOwnership, OwnershipRow
from domain.aggregate import STAFF_PREFIX, Act
from domain.client import Client
from domain.errors import DomainError, Invalid

BY_CLOCK = Actor.system("clock")

BATCH = 100
"""How many entries are brought up for review in one round."""

NO_GROUNDS = "no_blacklist_grounds"
"""The list in which packs say for what alone nobody is blacklisted."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BlacklistCommand(ClientCommand):
    PERMISSION: ClassVar[str] = "client.blacklist"


@dataclass(frozen=True, kw_only=True)
class ProposeBlacklisting(BlacklistCommand):
    """Without `review_at` it is looked at again as late as the pack allows."""

    evidence: tuple[str, ...]
    scope: str = "orders"
    review_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ApproveBlacklisting(BlacklistCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class RejectBlacklisting(BlacklistCommand):
    pass


@dataclass(frozen=True, kw_only=True)
class ReviewBlacklist(BlacklistCommand):
    """It stays until then."""

    review_at: datetime


@dataclass(frozen=True, kw_only=True)
class LiftBlacklist(BlacklistCommand):
    pass


class Blacklist:
    """One proposes, another approves; what it keeps from the client is the pack's to say."""

    def __init__(
        self, desk: Desk, packs: Packs, tickets: Tickets, ownership: ClientOwnership
    ) -> None:
        self._desk, self._packs = desk, packs
        self._tickets, self._ownership = tickets, ownership
        self._done = set[str]()

    def propose(self, command: ProposeBlacklisting) -> Receipt:
        """Raises AlreadyBlacklisted, AlreadyProposed, NoGround, Invalid."""

        def decide(client: Client, act: Act) -> None:
            latest = self._latest(act.at)
            client.propose_blacklisting(
                command.scope,
                evidence=command.evidence,
                review_at=_not_after(command.review_at or latest, latest),
                no_grounds=self._packs.listed(NO_GROUNDS, act.at),
                act=act,
            )

        return self._change(command, decide)

    def approve(self, command: ApproveBlacklisting) -> Receipt:
        """Raises BlacklistingNotProposed, OwnBlacklisting."""
        return self._change(command, lambda client, act: client.approve_blacklisting(act=act))

    def reject(self, command: RejectBlacklisting) -> Receipt:
        return self._change(command, lambda client, act: client.reject_blacklisting(act=act))

    def review(self, command: ReviewBlacklist) -> Receipt:
        """Raises NotBlacklisted, Invalid."""

        def decide(client: Client, act: Act) -> None:
            review_at = _not_after(command.review_at, self._latest(act.at))
            client.review_blacklist(review_at, act=act)

        return self._change(command, decide)

    def lift(self, command: LiftBlacklist) -> Receipt:
        return self._change(command, lambda client, act: client.lift_blacklist(act=act))

    def tick(self, now: datetime) -> int:
        """How many entries were brought up for review: each by a matter of who approved it.

        Several may run. What cannot be opened is logged once, and tried at the next start.
        """
        procedure = self._packs.blacklist(now).review
        if procedure is None:
            return 0
        due = self._ownership.to_review(now, len(self._done) + BATCH)
        ids = {_review_id(row): row for row in due if _review_id(row) not in self._done}
        self._done |= self._desk.register.known(BY_CLOCK.ref, list(ids))
        new = [(id, row) for id, row in ids.items() if id not in self._done and _has_approver(row)]
        return sum(self._bring_up(id, row, procedure, now) for id, row in new)

    def _bring_up(self, command_id: str, row: OwnershipRow, procedure: str, now: datetime) -> bool:
        approver = str(row.approved_by).removeprefix(STAFF_PREFIX)
        opening = OpenTicket(
            by=BY_CLOCK,
            command_id=command_id,
            received_at=now,
            client_id=row.client_id,
            channel="internal",
            matter="黑名单复核",
            procedure=procedure,
            form={"scope": row.blacklist_scope, "approved_by": approver},
            first_contact_id=UUID(approver),
        )
        try:
            is_new = not self._tickets.open(opening).replayed
        except (DomainError, KeyDestroyed) as refusal:
            log.warning("%s was not opened: %s", command_id, refusal)
            is_new = False
        self._done.add(command_id)
        return is_new

    def _latest(self, at: datetime) -> datetime:
        return at + timedelta(days=self._packs.blacklist(at).review_within_days)

    def _change(self, command: BlacklistCommand, decide: Callable[[Client, Act], None]) -> Receipt:
        return self._desk.change(Client, command.client_id, command, decide)


def _has_approver(row: OwnershipRow) -> bool:
    """Whether somebody approved it whom it can be brought to."""
    return str(row.approved_by).startswith(STAFF_PREFIX)


def _review_id(row: OwnershipRow) -> str:
    return f"blacklist-review-{row.client_id}-{row.review_at}"


def _not_after(review_at: datetime, latest: datetime) -> datetime:
    """Raises Invalid."""
    if review_at > latest:
        raise Invalid(f"at the latest {latest.isoformat()}", field="review_at", rule="BL-02")
    return review_at
