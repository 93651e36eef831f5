"""Staff: everybody who acts. Posts and roles, superior, deputy (AB 角), duty, credentials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.aggregate import UNIT_LIMIT, Act, Aggregate, InitialEvent
from domain.conduct import Conducted
from domain.credential import (
    LONGEST_GRACE_SECONDS,
    SCOPES,
    Credential,
    NoCredential,
    checked_scopes,
)
from domain.errors import Invalid, Refused
from domain.granting import must_be_known
from domain.ranked import Ranked
from domain.sealed import Sealed, checked
from domain.volunteering import Volunteering

COMPETENCE_LIMIT = 100
"""Longest name of a competence, in characters."""


LATE_ENTRY = timedelta(days=14)
"""How long after their time a deputy may still enter what they did in it."""


class StaffLeft(Refused):
    code = "staff_left"


class NoSuperior(Refused):
    code = "no_superior"


class NotDeputy(Refused):
    code = "not_deputy"


class NoCompetence(Refused):
    code = "no_competence"


@dataclass(frozen=True)
class Deputy:
    """Who stands in for how long: from `start` up to, and not with, `end`."""

    staff_id: UUID
    start: datetime
    end: datetime

    def stands_in(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def may_enter(self, at: datetime) -> bool:
        """Whether what they did in their time can be entered at that instant."""
        return self.start <= at <= self.end + LATE_ENTRY


class Staff(Conducted, Ranked, Volunteering):
    """One member of staff."""

    TOPIC = "staff"

    class Registered(InitialEvent):
        TOPIC = "staff.registered"
        name: Sealed
        unit: str
        key_commitment: str

    class PostTaken(Aggregate.Event):
        TOPIC = "staff.post-taken"
        post: str
        roles: list[str]

        def apply(self, aggregate: Staff) -> None:
            aggregate.post, aggregate.roles = self.post, frozenset(self.roles)

    class SuperiorNamed(Aggregate.Event):
        TOPIC = "staff.superior-named"
        superior_id: UUID

        def apply(self, aggregate: Staff) -> None:
            aggregate.superior_id = self.superior_id

    class DeputyNamed(Aggregate.Event):
        TOPIC = "staff.deputy-named"
        deputy_id: UUID
        start: datetime
        end: datetime

        def apply(self, aggregate: Staff) -> None:
            aggregate.deputies.append(Deputy(self.deputy_id, self.start, self.end))

    class WentOnDuty(Aggregate.Event):
        TOPIC = "staff.went-on-duty"

        def apply(self, aggregate: Staff) -> None:
            aggregate.is_on_duty = True

    class WentOffDuty(Aggregate.Event):
        TOPIC = "staff.went-off-duty"

        def apply(self, aggregate: Staff) -> None:
            aggregate.is_on_duty = False

    class CompetenceGranted(Aggregate.Event):
        """They can do it, by their certificate; good until, and not at, `expires_at`."""

        TOPIC = "staff.competence-granted"
        competence: str
        expires_at: datetime | None

        def apply(self, aggregate: Staff) -> None:
            aggregate.competences[self.competence] = self.expires_at

    class CompetenceWithdrawn(Aggregate.Event):
        TOPIC = "staff.competence-withdrawn"
        competence: str

        def apply(self, aggregate: Staff) -> None:
            del aggregate.competences[self.competence]

    class CredentialIssued(Aggregate.Event):
        """`secret_digest` is the SHA-256 of the secret, in hex; the secret itself is shown once."""

        TOPIC = "staff.credential-issued"
        class_version = 2
        credential_id: str
        secret_digest: str
        expires_at: datetime | None
        scopes: list[str]

        def apply(self, aggregate: Staff) -> None:
            aggregate.credentials[self.credential_id] = Credential(
                self.secret_digest, self.expires_at, frozenset(self.scopes)
            )

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["scopes"] = sorted(SCOPES)

    class CredentialReplaced(Aggregate.Event):
        """Another was issued in its place; it is good until `expires_at`, and not at it."""

        TOPIC = "staff.credential-replaced"
        credential_id: str
        successor_id: str
        expires_at: datetime

        def apply(self, aggregate: Staff) -> None:
            replaced = aggregate.credentials[self.credential_id]
            aggregate.credentials[self.credential_id] = replace(
                replaced, expires_at=self.expires_at
            )

    class CredentialRevoked(Aggregate.Event):
        TOPIC = "staff.credential-revoked"
        credential_id: str

        def apply(self, aggregate: Staff) -> None:
            del aggregate.credentials[self.credential_id]

    class Left(Aggregate.Event):
        TOPIC = "staff.left"

        def apply(self, aggregate: Staff) -> None:
            aggregate.has_left, aggregate.is_on_duty = True, False
            aggregate.credentials.clear()
            aggregate.competences.clear()
            aggregate.grants.clear()

    def __init__(self, name: Sealed, unit: str) -> None:
        self.name, self.unit = name, unit
        self.post = ""
        self._start_granting()
        self._start_conduct()
        self._start_ranking()
        self._start_volunteering()
        self.superior_id: UUID | None = None
        self.deputies: list[Deputy] = []
        self.competences: dict[str, datetime | None] = {}
        self.credentials: dict[str, Credential] = {}
        self.is_on_duty = self.has_left = False

    @property
    def units(self) -> frozenset[str]:
        return frozenset({self.unit})

    @classmethod
    def register(
        cls, staff_id: UUID, *, name: str, unit: str, key_commitment: str, act: Act
    ) -> Staff:
        """`key_commitment` is the SHA-256 of the key that the name is sealed under, in hex."""
        sealed = Sealed.of(staff_id, name, name="name", limit=200)
        return cls._start(
            cls.Registered,
            staff_id,
            act,
            subject=staff_id,
            name=sealed,
            unit=checked(unit, name="unit", limit=UNIT_LIMIT),
            key_commitment=key_commitment,
        )

    def take_post(self, post: str, roles: Iterable[str], *, act: Act) -> None:
        """Raises Invalid for an unknown role, OwnRoles, RolesConflict, StaffLeft."""
        self.must_serve()
        post, wanted = checked(post, name="post", limit=100), frozenset(roles)
        must_be_known(wanted)
        if wanted - self.roles:
            self.must_not_be_own(act)
            self.must_fit(wanted, act.at)
        if (post, wanted) != (self.post, self.roles):
            self._record(self.PostTaken, act, post=post, roles=sorted(wanted))

    def name_superior(self, superior_id: UUID, *, act: Act) -> None:
        self.must_serve()
        if superior_id == self.id:
            raise Invalid("nobody is their own superior", field="superior_id")
        if superior_id != self.superior_id:
            self._record(self.SuperiorNamed, act, superior_id=superior_id)

    def name_deputy(self, deputy_id: UUID, *, start: datetime, end: datetime, act: Act) -> None:
        """Somebody acts for this one from `start` up to `end` (AB 角, SH-03)."""
        self.must_serve()
        if deputy_id == self.id:
            raise Invalid("nobody is their own deputy", field="deputy_id", rule="SH-03")
        if end <= start:
            raise Invalid("the period ends before it starts", field="end")
        if Deputy(deputy_id, start, end) not in self.deputies:
            self._record(self.DeputyNamed, act, deputy_id=deputy_id, start=start, end=end)

    def go_on_duty(self, *, act: Act) -> None:
        self.must_serve()
        if not self.is_on_duty:
            self._record(self.WentOnDuty, act)

    def go_off_duty(self, *, act: Act) -> None:
        if self.is_on_duty:
            self._record(self.WentOffDuty, act)

    def grant_competence(
        self, competence: str, *, expires_at: datetime | None = None, act: Act
    ) -> None:
        """Raises Invalid for a certificate that has expired."""
        self.must_serve()
        competence = checked(competence, name="competence", limit=COMPETENCE_LIMIT)
        if expires_at is not None and expires_at <= act.at:
            raise Invalid("the certificate has expired already", field="expires_at")
        known = competence in self.competences
        if not known or self.competences[competence] != expires_at:
            self._record(self.CompetenceGranted, act, competence=competence, expires_at=expires_at)

    def withdraw_competence(self, competence: str, *, act: Act) -> None:
        """Raises NoCompetence."""
        if competence not in self.competences:
            raise NoCompetence(f"no competence {competence}", field="competence")
        self._record(self.CompetenceWithdrawn, act, competence=competence)

    def is_available(self, competence: str | None, at: datetime) -> bool:
        """Whether they can be given work now: on duty, and competent if that is asked for."""
        return self.is_on_duty and (competence is None or self.is_competent(competence, at))

    def is_competent(self, competence: str, at: datetime) -> bool:
        """By a certificate that is good then."""
        expires_at = self.competences.get(competence, at)
        return expires_at is None or at < expires_at

    def issue_credential(
        self,
        credential_id: str,
        secret_digest: str,
        *,
        expires_at: datetime | None = None,
        scopes: Iterable[str] = SCOPES,
        act: Act,
    ) -> None:
        """Raises Invalid for one that would be worth nothing from the start."""
        self.must_serve()
        wanted = checked_scopes(scopes)
        if expires_at is not None and expires_at <= act.at:
            raise Invalid("it would have expired before it is issued", field="expires_at")
        if self.credentials.get(credential_id) != Credential(secret_digest, expires_at, wanted):
            self._record(
                self.CredentialIssued,
                act,
                credential_id=credential_id,
                secret_digest=secret_digest,
                expires_at=expires_at,
                scopes=sorted(wanted),
            )

    def replace_credential(
        self,
        credential_id: str,
        successor_id: str,
        secret_digest: str,
        *,
        expires_at: datetime | None,
        grace: timedelta,
        act: Act,
    ) -> None:
        """Another one for the same, and this one good for the grace still, or ended at once.

        Raises NoCredential for one that is not, or no longer, valid, Invalid.
        """
        known = self.credentials.get(credential_id)
        if known is None or not known.is_good(act.at):
            raise NoCredential(f"no valid credential {credential_id}", field="credential_id")
        if not 0 <= grace.total_seconds() <= LONGEST_GRACE_SECONDS:
            raise Invalid(f"0 to {LONGEST_GRACE_SECONDS} seconds", field="grace_seconds")
        self.issue_credential(
            successor_id, secret_digest, expires_at=expires_at, scopes=known.scopes, act=act
        )
        if not grace:
            self.revoke_credential(credential_id, act=act)
            return
        ends_at = act.at + grace
        if known.is_good(ends_at):
            self._record(
                self.CredentialReplaced,
                act,
                credential_id=credential_id,
                successor_id=successor_id,
                expires_at=ends_at,
            )

    def revoke_credential(self, credential_id: str, *, act: Act) -> None:
        """Raises NoCredential for one that is not, or no longer, valid."""
        if credential_id not in self.credentials:
            raise NoCredential(f"no valid credential {credential_id}", field="credential_id")
        self._record(self.CredentialRevoked, act, credential_id=credential_id)

    def leave(self, *, act: Act) -> None:
        """Leave service: all credentials end with it."""
        if not self.has_left:
            self._record(self.Left, act)

    def must_serve(self) -> None:
        """Raises StaffLeft."""
        if self.has_left:
            raise StaffLeft(f"staff {self.id} has left")

    def must_be_deputised_by(
        self, deputy_id: UUID, at: datetime, *, entered_at: datetime | None = None
    ) -> None:
        """Raises NotDeputy unless that colleague stands in for this one at that instant.

        What is entered later is entered by who still stands in, or has until a day ago.
        """
        theirs = [deputy for deputy in self.deputies if deputy.staff_id == deputy_id]
        then = [deputy for deputy in theirs if deputy.stands_in(at)]
        now = entered_at or at
        if not then:
            said = f"staff {deputy_id} is not deputy of {self.id} at {at.isoformat()}"
            raise NotDeputy(said, rule="SH-03")
        if not any(d.stands_in(now) for d in theirs) and not any(d.may_enter(now) for d in then):
            said = f"staff {deputy_id} is not deputy of {self.id} any more"
            raise NotDeputy(said, rule="SH-03")

    def has_skill(self, skill: str, act: Act) -> bool:
        """As a competence, then."""
        return self.is_competent(skill, act.at)

    def superior(self) -> UUID:
        """Raises NoSuperior."""
        if self.superior_id is None:
            raise NoSuperior(f"staff {self.id} has no superior named", rule="FR-08")
        return self.superior_id
