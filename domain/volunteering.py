"""Volunteers (志愿者) among staff: by which charter, from where, when and where they serve, in
which teams. They are unpaid; what they do is counted in hours and points."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from domain.aggregate import UNIT_LIMIT, Act, Aggregate
from domain.errors import Invalid, Refused
from domain.granting import Granted
from domain.sealed import checked

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MOST_AREAS = 50


class NoVolunteer(Refused):
    code = "no_volunteer"


class SkillMissing(Invalid):
    code = "skill_missing"


class NotInTeam(Refused):
    code = "not_in_team"


class Volunteering(Granted):
    """Whoever may be a volunteer, and a member of teams."""

    class VolunteerEnrolled(Aggregate.Event):
        """They have accepted the charter (章程). `origin`: resident, floating … as packs say."""

        TOPIC = "staff.volunteer-enrolled"
        origin: str

        def apply(self, aggregate: Volunteering) -> None:
            aggregate.origin = self.origin

    class AvailabilityDeclared(Aggregate.Event):
        """Where and on which days of the week they serve; none named: anywhere, on any."""

        TOPIC = "staff.availability-declared"
        areas: list[str]
        weekdays: list[str]

        def apply(self, aggregate: Volunteering) -> None:
            aggregate.availability = (tuple(self.areas), tuple(self.weekdays))

    class TeamJoined(Aggregate.Event):
        TOPIC = "staff.team-joined"
        team: str

        def apply(self, aggregate: Volunteering) -> None:
            aggregate.teams |= {self.team}

    class TeamLeft(Aggregate.Event):
        TOPIC = "staff.team-left"
        team: str

        def apply(self, aggregate: Volunteering) -> None:
            aggregate.teams -= {self.team}

    def _start_volunteering(self) -> None:
        self.origin: str | None = None
        self.availability: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self.teams = frozenset[str]()

    def enrol(
        self, *, charter_accepted: bool, origin: str, origins: Collection[str], act: Act
    ) -> None:
        """Raises Invalid without the charter, or for an origin that no policy knows (VS-12)."""
        self.must_serve()
        if not charter_accepted:
            said = "a volunteer accepts the charter 须承认章程"
            raise Invalid(said, field="charter_accepted", rule="VS-12")
        if origin not in origins:
            known = ", ".join(sorted(origins))
            raise Invalid(f"origin is one of: {known}", field="origin", rule="VS-15")
        if origin != self.origin:
            self._record(self.VolunteerEnrolled, act, origin=origin)

    def declare_availability(
        self, *, areas: Iterable[str], weekdays: Iterable[str], act: Act
    ) -> None:
        """Raises NoVolunteer, Invalid."""
        self.must_serve()
        if self.origin is None:
            raise NoVolunteer(f"staff {self.id} is no volunteer", rule="VS-12")
        wanted = sorted({checked(area, name="areas", limit=UNIT_LIMIT) for area in areas})
        days = sorted(set(weekdays), key=str)
        if len(wanted) > MOST_AREAS or not set(days) <= set(WEEKDAYS):
            raise Invalid(f"days are {', '.join(WEEKDAYS)}; {MOST_AREAS} areas", field="weekdays")
        if (tuple(wanted), tuple(days)) != self.availability:
            self._record(self.AvailabilityDeclared, act, areas=wanted, weekdays=days)

    def join_team(self, team: str, *, skill: str | None, act: Act) -> None:
        """Raises SkillMissing for who has not the skill of its speciality now (VS-01)."""
        self.must_serve()
        if skill is not None and not self.has_skill(skill, act):
            said = f"{team} is for who has the skill {skill}"
            raise SkillMissing(said, field="team", rule="VS-01", skill=skill)
        if team not in self.teams:
            self._record(self.TeamJoined, act, team=team)

    def leave_team(self, team: str, *, act: Act) -> None:
        """Raises NotInTeam."""
        self.must_serve()
        if team not in self.teams:
            raise NotInTeam(f"staff {self.id} is not in {team}", field="team")
        self._record(self.TeamLeft, act, team=team)

    def has_skill(self, skill: str, act: Act) -> bool:
        """Answered by each kind."""
        raise NotImplementedError
