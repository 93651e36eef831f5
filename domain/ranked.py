"""Levels of staff, positions that are taken away after an assessment, and commendations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.aggregate import Act, Aggregate, staff_ref
from domain.errors import Forbidden, Invalid
from domain.granting import Granted
from domain.ladder import Ladder
from domain.own import must_be_another
from domain.sealed import Sealed


class NeedsAssessment(Invalid):
    code = "needs_assessment"


class OwnLevel(Forbidden):
    code = "own_level"


@dataclass(frozen=True)
class Held:
    """A level, good until, and not at, `valid_until`."""

    level: str
    valid_until: datetime | None

    def is_good(self, at: datetime) -> bool:
        return self.valid_until is None or at < self.valid_until


class Ranked(Granted):
    """Whoever stands on a ladder. A level is a role that only packs ask for: `am_level:senior`."""

    class LevelAssigned(Aggregate.Event):
        """By an assessment, or the first time by the ticket of the appointment.

        `was`: the level before, if there was one.
        """

        TOPIC = "staff.level-assigned"
        ladder: str
        level: str
        was: str | None
        assessment_id: UUID | None
        ticket_id: UUID | None
        valid_until: datetime | None

        def apply(self, aggregate: Ranked) -> None:
            aggregate.levels[self.ladder] = Held(self.level, self.valid_until)

    class PositionRevoked(Aggregate.Event):
        """These roles are theirs no more, by whichever way they came to them."""

        TOPIC = "staff.position-revoked"
        roles: list[str]
        assessment_id: UUID

        def apply(self, aggregate: Ranked) -> None:
            aggregate.roles -= frozenset(self.roles)
            aggregate.grants = [g for g in aggregate.grants if g.role not in self.roles]

    class CommendationGiven(Aggregate.Event):
        TOPIC = "staff.commendation-given"
        text: Sealed

    def _start_ranking(self) -> None:
        self.levels: dict[str, Held] = {}

    def levels_at(self, at: datetime) -> dict[str, str]:
        """By ladder, those that are good then."""
        return {ladder: held.level for ladder, held in self.levels.items() if held.is_good(at)}

    def roles_at(self, at: datetime, units: Iterable[str] = ()) -> frozenset[str]:
        """Those of their post, and what they were given for then; and their levels."""
        return super().roles_at(at, units) | self.level_roles_at(at)

    def level_roles_at(self, at: datetime) -> frozenset[str]:
        """Those that are good then, as packs ask for them: `am_level:senior`."""
        return frozenset(f"{ladder}:{level}" for ladder, level in self.levels_at(at).items())

    def assign_level(
        self,
        name: str,
        ladder: Ladder,
        level: str,
        *,
        assessment_id: UUID | None,
        ticket_id: UUID | None,
        valid_until: datetime | None,
        act: Act,
    ) -> None:
        """Raises UnknownLevel, NeedsAssessment, OwnLevel, StaffLeft, Invalid (AM-05, RW-13)."""
        self.must_serve()
        ladder.level(level)
        held = self.levels.get(name)
        by_ticket = held is None and ladder.first is not None and ticket_id is not None
        if assessment_id is None and not by_ticket:
            said = "a level is given by an assessment"
            raise NeedsAssessment(said, field="assessment_id", rule=ladder.rule)
        own = OwnLevel("nobody gives themselves a level", rule=ladder.rule)
        must_be_another({staff_ref(self.id)}, act, own)
        if valid_until is not None and valid_until <= act.at:
            raise Invalid("it would have expired already", field="valid_until")
        if held != Held(level, valid_until):
            self._record(
                self.LevelAssigned,
                act,
                ladder=name,
                level=level,
                was=held.level if held else None,
                assessment_id=assessment_id,
                ticket_id=ticket_id,
                valid_until=valid_until,
            )

    def revoke_position(self, roles: Iterable[str], assessment_id: UUID, *, act: Act) -> None:
        """Those of these that they have (SA-06)."""
        has = self.roles | {grant.role for grant in self.grants}
        if lost := sorted(has & set(roles)):
            self._record(self.PositionRevoked, act, roles=lost, assessment_id=assessment_id)

    def commend(self, text: str, *, act: Act) -> None:
        """Raises OwnLevel, StaffLeft, Invalid (AM-23)."""
        self.must_serve()
        must_be_another({staff_ref(self.id)}, act, OwnLevel("nobody commends themselves"))
        self._record(self.CommendationGiven, act, text=self._seal(text, "text"))
