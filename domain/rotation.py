"""Rotation: who of a team is next. Outreach clients are dealt out by it, walk-ins served by it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from domain.aggregate import UNIT_LIMIT, Act, Aggregate, InitialEvent
from domain.errors import Invalid, Refused
from domain.sealed import checked

ROTATIONS = UUID("0e6a4c1f-2f3d-4f0c-9a51-77f2c6d1b0a3")
"""The namespace of rotations: one is found by its name, which is no personal data."""

MOST_MEMBERS = 500

MOST_DEALT = 200
"""How many clients are dealt out in one go at most."""

REMEMBERED = 1_000
"""Of how many clients it is known here whose turn they were, and which; their files know longer."""


class OutOfTurn(Refused):
    code = "out_of_turn"


class Rotation(Aggregate):
    """A team in an order that goes round and round."""

    TOPIC = "rotation"

    class Formed(InitialEvent):
        TOPIC = "rotation.formed"
        team: str
        members: list[str]

    class MembersChanged(Aggregate.Event):
        """From here on these, in this order; the first is next."""

        TOPIC = "rotation.members-changed"
        members: list[str]

        def apply(self, aggregate: Rotation) -> None:
            aggregate.members, aggregate.at = [*map(UUID, self.members)], 0

    class TurnTaken(Aggregate.Event):
        """Whose turn it was has this client now."""

        TOPIC = "rotation.turn-taken"
        staff_id: UUID
        client_id: UUID

        def apply(self, aggregate: Rotation) -> None:
            aggregate.served[self.client_id] = self.staff_id, self.originator_version
            if len(aggregate.served) > REMEMBERED:
                del aggregate.served[next(iter(aggregate.served))]
            aggregate.at = (aggregate.at + 1) % len(aggregate.members)

    class TurnPassed(Aggregate.Event):
        """Whose turn it was goes without; the next is next."""

        TOPIC = "rotation.turn-passed"
        staff_id: UUID

        def apply(self, aggregate: Rotation) -> None:
            aggregate.at = (aggregate.at + 1) % len(aggregate.members)

    def __init__(self, team: str, members: list[str]) -> None:
        self.name, self.members, self.at = team, [*map(UUID, members)], 0
        self.served: dict[UUID, tuple[UUID, int]] = {}

    @staticmethod
    def id_of(name: str) -> UUID:
        return uuid5(ROTATIONS, name)

    @classmethod
    def form(cls, name: str, members: Sequence[UUID], *, act: Act) -> Rotation:
        """Raises Invalid."""
        rotation_id, name = cls.id_of(name), checked(name, name="name", limit=UNIT_LIMIT)
        said = {"team": name, "members": [*map(str, _must_be_each_once(members))]}
        return cls._start(cls.Formed, rotation_id, act, subject=rotation_id, **said)

    @property
    def next_id(self) -> UUID:
        return self.members[self.at]

    def change_members(self, members: Sequence[UUID], *, act: Act) -> None:
        """The same again changes nothing. Raises Invalid."""
        if _must_be_each_once(members) != self.members:
            self._record(self.MembersChanged, act, members=[*map(str, members)])

    def take_turn(self, client_id: UUID, staff_id: UUID, *, act: Act) -> None:
        """A walk-in is served by whose turn it is (OW-02). Raises OutOfTurn."""
        self._must_be_next(staff_id)
        self._record(self.TurnTaken, act, staff_id=staff_id, client_id=client_id)

    def deal(self, client_ids: Sequence[UUID], *, act: Act) -> None:
        """Round and round, from whose turn it is on (OW-01). Raises Invalid."""
        if not 0 < len(client_ids) <= MOST_DEALT:
            raise Invalid(f"1 to {MOST_DEALT} clients", field="client_ids")
        for client_id in dict.fromkeys(client_ids):
            self._record(self.TurnTaken, act, staff_id=self.next_id, client_id=client_id)

    def pass_turn(self, staff_id: UUID, *, act: Act) -> None:
        """With a reason: they are away, or busy. Raises OutOfTurn, Invalid."""
        act.must_give_reason()
        self._must_be_next(staff_id)
        self._record(self.TurnPassed, act, staff_id=staff_id)

    def _must_be_next(self, staff_id: UUID) -> None:
        if staff_id != self.next_id:
            said = f"it is the turn of {self.next_id}"
            raise OutOfTurn(said, rule="OW-02", next_id=str(self.next_id))


def _must_be_each_once(members: Sequence[UUID]) -> list[UUID]:
    if not 0 < len(members) == len(set(members)) <= MOST_MEMBERS:
        raise Invalid(f"1 to {MOST_MEMBERS} members, each once", field="members")
    return list(members)
