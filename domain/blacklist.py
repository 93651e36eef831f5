"""The blacklist (客户黑名单): proposed by one, approved by another, looked at again on a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from domain.aggregate import Act, Aggregate
from domain.errors import Invalid, Refused
from domain.form import Word
from domain.own import must_be_another
from domain.sealed import Sealed, checked

EVIDENCE_LIMIT = 20
"""Most pieces of evidence that a proposal names."""


class AlreadyBlacklisted(Refused):
    code = "already_blacklisted"


class AlreadyProposed(Refused):
    code = "blacklisting_proposed"


class BlacklistingNotProposed(Refused):
    code = "blacklisting_not_proposed"


class OwnBlacklisting(Refused):
    code = "own_blacklisting"


class NotBlacklisted(Refused):
    code = "not_blacklisted"


class NoGround(Invalid):
    code = "no_ground"


class ClientBlacklisted(Refused):
    code = "client_blacklisted"


class BlacklistTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the blacklist keeps from whom, as a pack says it.

    `blocks`: for each scope the procedures of which no matter is opened for the client; a scope
    that is not named blocks nothing. `review`: the procedure by which an entry is looked at again.
    """

    blocks: dict[Word, frozenset[Word]] = {}
    review: Word | None = None
    review_within_days: Annotated[int, Meta(ge=1, le=3_650)] = 365

    def must_serve(self, scope: str | None, procedure: str) -> None:
        """Raises ClientBlacklisted (BL-01)."""
        if scope is not None and procedure in self.blocks.get(scope, ()):
            said = f"the blacklist ({scope}) keeps {procedure} from this client"
            raise ClientBlacklisted(said, field="client_id", rule="BL-01")


NO_BLACKLIST = BlacklistTerms()


@dataclass(frozen=True)
class BlacklistProposal:
    scope: str
    review_at: datetime
    proposed_by: frozenset[str]


class Listed(Aggregate):
    """Whoever may be put on the blacklist."""

    class BlacklistingProposed(Aggregate.Event):
        """`evidence`: what shows it, numbered; sealed, since it speaks of the client."""

        TOPIC = "client.blacklisting-proposed"
        scope: str
        evidence: dict[str, Any]
        review_at: datetime

        def apply(self, aggregate: Listed) -> None:
            proposed = BlacklistProposal(self.scope, self.review_at, self.done_by)
            aggregate.proposed_blacklisting = proposed

    class BlacklistingRejected(Aggregate.Event):
        TOPIC = "client.blacklisting-rejected"

        def apply(self, aggregate: Listed) -> None:
            aggregate.proposed_blacklisting = None

    class Blacklisted(Aggregate.Event):
        """Approved by who says so, until it is lifted; `review_at`: when to look at it again.

        The first ones were nobody's proposal, and had no day of review.
        """

        TOPIC = "client.blacklisted"
        class_version = 2
        scope: str
        review_at: datetime | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["review_at"] = None

        def apply(self, aggregate: Listed) -> None:
            aggregate.blacklist_scope, aggregate.review_at = self.scope, self.review_at
            aggregate.proposed_blacklisting = None

    class BlacklistReviewed(Aggregate.Event):
        """It stays, and is looked at again then."""

        TOPIC = "client.blacklist-reviewed"
        review_at: datetime

        def apply(self, aggregate: Listed) -> None:
            aggregate.review_at = self.review_at

    class BlacklistLifted(Aggregate.Event):
        TOPIC = "client.blacklist-lifted"

        def apply(self, aggregate: Listed) -> None:
            aggregate.blacklist_scope = aggregate.review_at = None

    def _start_blacklist(self) -> None:
        self.proposed_blacklisting: BlacklistProposal | None = None
        self.blacklist_scope: str | None = None
        self.review_at: datetime | None = None

    @property
    def is_blacklisted(self) -> bool:
        return self.blacklist_scope is not None

    def propose_blacklisting(
        self,
        scope: str,
        *,
        evidence: Sequence[str],
        review_at: datetime,
        no_grounds: Collection[str] = (),
        act: Act,
    ) -> None:
        """For a reason that is none of `no_grounds` alone, and with what shows it.

        Raises AlreadyBlacklisted, AlreadyProposed, NoGround, Invalid.
        """
        act.must_give_reason()
        if str(act.reason).strip().casefold() in no_grounds:
            raise NoGround("this alone is no ground", field="reason", rule="CH-46")
        if self.is_blacklisted:
            raise AlreadyBlacklisted(f"client {self.id} is blacklisted", rule="BL-01")
        if self.proposed_blacklisting is not None:
            raise AlreadyProposed("that was proposed, and waits for somebody else", rule="BL-01")
        if not 0 < len(evidence) <= EVIDENCE_LIMIT:
            raise Invalid(f"1 to {EVIDENCE_LIMIT} pieces of evidence", field="evidence")
        _must_be_later(review_at, act)
        self._record(
            self.BlacklistingProposed,
            act,
            scope=checked(scope, name="scope", limit=40),
            evidence={
                str(number): Sealed.of(self.subject, piece, name="evidence", limit=400)
                for number, piece in enumerate(evidence, start=1)
            },
            review_at=review_at,
        )

    def approve_blacklisting(self, *, act: Act) -> None:
        """By another person. Raises BlacklistingNotProposed, OwnBlacklisting."""
        proposal = self._proposed_blacklisting(act)
        self._record(self.Blacklisted, act, scope=proposal.scope, review_at=proposal.review_at)

    def reject_blacklisting(self, *, act: Act) -> None:
        """With a reason. Raises BlacklistingNotProposed, OwnBlacklisting, Invalid."""
        act.must_give_reason()
        self._proposed_blacklisting(act)
        self._record(self.BlacklistingRejected, act)

    def review_blacklist(self, review_at: datetime, *, act: Act) -> None:
        """It stays, for a reason, until it is looked at again. Raises NotBlacklisted, Invalid."""
        act.must_give_reason()
        self._must_be_blacklisted()
        _must_be_later(review_at, act)
        self._record(self.BlacklistReviewed, act, review_at=review_at)

    def lift_blacklist(self, *, act: Act) -> None:
        """With a reason. Raises NotBlacklisted, Invalid."""
        act.must_give_reason()
        self._must_be_blacklisted()
        self._record(self.BlacklistLifted, act)

    def _must_be_blacklisted(self) -> None:
        if not self.is_blacklisted:
            raise NotBlacklisted(f"client {self.id} is not blacklisted", rule="BL-01")

    def _proposed_blacklisting(self, act: Act) -> BlacklistProposal:
        if self.proposed_blacklisting is None:
            raise BlacklistingNotProposed("nobody proposed it", rule="BL-01")
        same = OwnBlacklisting("who proposed it does not decide on it", rule="BL-01")
        must_be_another(self.proposed_blacklisting.proposed_by, act, same)
        return self.proposed_blacklisting


def _must_be_later(review_at: datetime, act: Act) -> None:
    if review_at <= act.at:
        raise Invalid("must be later than now", field="review_at")
