"""Ownership: whose client it is, one manager at a time; where they lie; how that ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.aggregate import UNIT_LIMIT, Act, Aggregate, staff_ref
from domain.errors import Invalid, Refused
from domain.form import Word
from domain.own import must_be_another
from domain.sealed import checked

WORD_LIMIT = 64
"""Longest name of a rule or ground, in characters."""

CHANNEL_LIMIT = 40
"""Longest name of a channel, in characters."""


MOST_IN_ROW = 100
"""Of how many follow-ups at most a rule may ask by which channel they were."""


class AlreadyAssigned(Refused):
    code = "already_assigned"


class NotAssigned(Refused):
    code = "not_assigned"


class ClientProtected(Refused):
    code = "client_protected"


class NotProposed(Refused):
    code = "not_proposed"


class OwnReassignment(Refused):
    code = "own_reassignment"


class OtherTerritory(Refused):
    code = "other_territory"


class LevelTooLow(Invalid):
    code = "manager_level_too_low"


class OwnershipTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How clients are given to managers, as a pack says it.

    A change of manager is `approved` by another person; for `protection_days` from the assignment
    on it needs one of these grounds. `invalid_channels`: so many follow-ups (`invalid_in_row`) by
    nothing else, one after the other, and the client returns to the pool; 0: never. `levels`: for
    each kind of client the levels (`am_level:senior`) or competences of which a manager needs one.
    `call_backs`: obligations, by name, whose breach costs a manager the client who had to come
    again; `lost`: the procedure of the matter that is opened about them then.
    """

    approved: bool = True
    protection_days: Annotated[int, Meta(ge=0, le=3_650)] = 0
    grounds_in_protection: frozenset[Word] = frozenset()
    invalid_channels: frozenset[Word] = frozenset()
    invalid_in_row: Annotated[int, Meta(ge=0, le=MOST_IN_ROW)] = 0
    invalid_rule: Word | None = None
    levels: dict[Word, frozenset[Word]] = {}
    call_backs: frozenset[Word] = frozenset()
    lost: Word | None = None

    def must_be_fit(self, kinds: Collection[str], level: Collection[str]) -> None:
        """Raises LevelTooLow for a client of these kinds (AM-06)."""
        for kind in sorted(kinds):
            if (wanted := self.levels.get(kind)) is not None and not wanted & set(level):
                said = f"a client of kind {kind} is for: {', '.join(sorted(wanted))}"
                raise LevelTooLow(said, field="staff_id", rule="AM-06")


NO_TERMS = OwnershipTerms()


@dataclass(frozen=True)
class Proposal:
    """To whom a client is to pass, and who says so."""

    staff_id: UUID
    proposed_by: frozenset[str]


class Owned(Aggregate):
    """Whatever a manager answers for."""

    class Assigned(Aggregate.Event):
        """`rule` names why to them: turn, grant, reassignment, a rule of the catalogue."""

        TOPIC = "client.assigned"
        staff_id: UUID
        rule: str

        def apply(self, aggregate: Owned) -> None:
            aggregate.manager_id, aggregate.managed_since = self.staff_id, self.timestamp
            aggregate.follow_ups, aggregate.reassignment = (), None

    class ReassignmentProposed(Aggregate.Event):
        TOPIC = "client.reassignment-proposed"
        staff_id: UUID
        ground: str

        def apply(self, aggregate: Owned) -> None:
            aggregate.reassignment = Proposal(self.staff_id, self.done_by)

    class ReassignmentRejected(Aggregate.Event):
        TOPIC = "client.reassignment-rejected"

        def apply(self, aggregate: Owned) -> None:
            aggregate.reassignment = None

    class OwnershipVoided(Aggregate.Event):
        """The client is in the pool again."""

        TOPIC = "client.ownership-voided"
        staff_id: UUID
        rule: str

        def apply(self, aggregate: Owned) -> None:
            aggregate.manager_id = aggregate.managed_since = aggregate.reassignment = None
            aggregate.follow_ups = ()

    class FollowedUp(Aggregate.Event):
        """Somebody got in touch with the client, by this channel; the manager, or another."""

        TOPIC = "client.followed-up"
        channel: str
        by_manager: bool

        def apply(self, aggregate: Owned) -> None:
            if self.by_manager:
                aggregate.follow_ups = (*aggregate.follow_ups, self.channel)[-MOST_IN_ROW:]

    class Placed(Aggregate.Event):
        """In which territory the client lies; `foreign_to`: who put them on file from another."""

        TOPIC = "client.placed"
        territory: str
        foreign_to: UUID | None

        def apply(self, aggregate: Owned) -> None:
            aggregate.territory = self.territory
            aggregate.foreign_to = {self.foreign_to} if self.foreign_to else set()

    class CrossingAuthorised(Aggregate.Event):
        """This member of staff may have a client of another territory than theirs."""

        TOPIC = "client.crossing-authorised"
        staff_id: UUID

        def apply(self, aggregate: Owned) -> None:
            aggregate.foreign_to.discard(self.staff_id)
            aggregate.authorised.add(self.staff_id)

    def _start_ownership(self) -> None:
        self.manager_id: UUID | None = None
        self.managed_since: datetime | None = None
        self.follow_ups: tuple[str, ...] = ()
        self.reassignment: Proposal | None = None
        self.territory: str | None = None
        self.foreign_to: set[UUID] = set()
        self.authorised: set[UUID] = set()

    def assign(self, staff_id: UUID, rule: str, *, territories: Collection[str], act: Act) -> None:
        """Give a client of the pool to a manager. The present one again changes nothing.

        Raises AlreadyAssigned (OW-11), OtherTerritory.
        """
        if self.manager_id not in (None, staff_id):
            raise AlreadyAssigned(f"the client is {self.manager_id}'s; reassign", rule="OW-11")
        if self.manager_id is None:
            self._must_lie_in(territories, staff_id)
            rule = checked(rule, name="rule", limit=WORD_LIMIT)
            self._record(self.Assigned, act, staff_id=staff_id, rule=rule)

    def reassign(
        self,
        staff_id: UUID,
        ground: str,
        *,
        terms: OwnershipTerms,
        territories: Collection[str],
        act: Act,
    ) -> None:
        """Another manager, with a reason; proposed first where the pack wants a second person.

        Raises NotAssigned, ClientProtected, OtherTerritory, Invalid.
        """
        act.must_give_reason()
        ground = checked(ground, name="ground", limit=WORD_LIMIT)
        if self.manager_id is None or self.managed_since is None:
            raise NotAssigned("the client is nobody's; assign", rule="OW-11")
        if staff_id == self.manager_id:
            raise Invalid("the client is theirs already", field="staff_id")
        until = self.managed_since + timedelta(days=terms.protection_days)
        if act.at < until and ground not in terms.grounds_in_protection:
            known = ", ".join(sorted(terms.grounds_in_protection)) or "-"
            said = f"protected until {until.isoformat()}, except on: {known}"
            raise ClientProtected(said, rule="OW-11", field="ground")
        self._must_lie_in(territories, staff_id)
        if terms.approved:
            self._record(self.ReassignmentProposed, act, staff_id=staff_id, ground=ground)
        else:
            self._record(self.Assigned, act, staff_id=staff_id, rule="reassignment")

    def approve_reassignment(self, *, act: Act) -> None:
        """By another than who proposed it. Raises NotProposed, OwnReassignment."""
        proposal = self._proposed(act)
        self._record(self.Assigned, act, staff_id=proposal.staff_id, rule="reassignment")

    def reject_reassignment(self, *, act: Act) -> None:
        """With a reason. Raises NotProposed, OwnReassignment, Invalid."""
        act.must_give_reason()
        self._proposed(act)
        self._record(self.ReassignmentRejected, act)

    def pass_to(self, staff_id: UUID, rule: str, *, act: Act) -> None:
        """By a rule of the catalogue, whatever protects it; to whose it is already: nothing."""
        if self.manager_id != staff_id:
            self._record(self.Assigned, act, staff_id=staff_id, rule=rule)

    def void_ownership(self, *, act: Act) -> None:
        """Back to the pool, with a reason. Raises NotAssigned, Invalid."""
        act.must_give_reason()
        if self.manager_id is None:
            raise NotAssigned("the client is nobody's", rule="OW-11")
        self._record(self.OwnershipVoided, act, staff_id=self.manager_id, rule="released")

    def follow_up(self, channel: str, *, terms: OwnershipTerms, act: Act) -> None:
        """Put on record that somebody got in touch; in vain so often, and the card is void.

        Only what the manager does counts, and a channel that is none of the invalid ones begins
        the count anew (OW-05). Raises Invalid.
        """
        channel = checked(channel, name="channel", limit=CHANNEL_LIMIT)
        is_managers = act.stands_for(self.manager_id)
        self._record(self.FollowedUp, act, channel=channel, by_manager=is_managers)
        last, n = self.follow_ups[-terms.invalid_in_row :], terms.invalid_in_row
        if self.manager_id and n and len(last) == n and set(last) <= terms.invalid_channels:
            rule = terms.invalid_rule or "follow-up"
            self._record(self.OwnershipVoided, act, staff_id=self.manager_id, rule=rule)

    def place(
        self, territory: str, *, by_id: UUID | None, territories: Collection[str], act: Act
    ) -> None:
        """In which territory they lie; flagged if it is none of theirs who says so.

        What is put on file by nobody of the staff is foreign to nobody (OW-09).
        """
        territory = checked(territory, name="territory", limit=UNIT_LIMIT)
        foreign = by_id if territory not in territories else None
        if territory != self.territory:
            self._record(self.Placed, act, territory=territory, foreign_to=foreign)

    def authorise_crossing(self, staff_id: UUID, *, act: Act) -> None:
        """With a reason, and by another than them (TR-06). Raises OtherTerritory, Invalid."""
        act.must_give_reason()
        refusal = OtherTerritory("nobody authorises that for themselves", rule="TR-06")
        must_be_another({staff_ref(staff_id)}, act, refusal)
        if staff_id not in self.authorised:
            self._record(self.CrossingAuthorised, act, staff_id=staff_id)

    def _must_lie_in(self, territories: Collection[str], staff_id: UUID) -> None:
        if self.territory in (None, *territories) or staff_id in self.authorised:
            return
        said = f"the client lies in {self.territory}, not in {', '.join(sorted(territories))}"
        raise OtherTerritory(said, field="staff_id", rule="TR-06")

    def _proposed(self, act: Act) -> Proposal:
        if self.reassignment is None:
            raise NotProposed("no other manager was proposed")
        same = OwnReassignment("who proposed it does not decide on it", rule="OW-11")
        must_be_another(self.reassignment.proposed_by, act, same)
        return self.reassignment


def kinds_of(traits: Mapping[str, object]) -> frozenset[str]:
    """Of which kinds a client is: every word that stands there, like its tier."""
    return frozenset(value for value in traits.values() if isinstance(value, str))
