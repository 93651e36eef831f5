"""Any history of a member of staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from domain.credential import SCOPES, Credential
from domain.roles import HOLDERS, INDEPENDENT, ROLES
from domain.staff import Staff
from tests.domain.history import BRIEF, History, mostly
from tests.support.facts import LI_NA, M1, NOON, WANG_FANG, act, registered_staff

days = st.integers(-3, 3).map(lambda number: timedelta(days=number))
colleagues = st.sampled_from([LI_NA, WANG_FANG, M1])
credential_ids = st.sampled_from(["c1", "c2"])


class StaffHistory(History):
    live: Staff

    @initialize()
    def register(self) -> None:
        self.credentials: dict[str, Credential] = {}
        self.has_left = False
        self.begin(registered_staff())

    def hear(self, fact: Any) -> None:
        """Keep account of the valid credentials, from the facts alone."""
        assert not self.has_left
        match fact:
            case Staff.CredentialIssued():
                self.credentials[fact.credential_id] = Credential(
                    fact.secret_digest, fact.expires_at, frozenset(fact.scopes)
                )
            case Staff.CredentialReplaced():
                old = self.credentials[fact.credential_id]
                new = self.credentials[fact.successor_id]
                assert old.scopes == new.scopes
                assert old.is_good(fact.expires_at)
                self.credentials[fact.credential_id] = replace(old, expires_at=fact.expires_at)
            case Staff.CredentialRevoked():
                assert fact.credential_id in self.credentials
                del self.credentials[fact.credential_id]
            case Staff.Left():
                self.credentials, self.has_left = {}, True

    @rule(
        post=mostly("客服专员", " 客服专员", "主管", ""),
        roles=st.sets(mostly("staff", "director", "king")),
    )
    def take_post(self, post: str, roles: set[str]) -> None:
        self.twice(lambda s, act: s.take_post(post, roles, act=act), act(M1))

    @rule(
        role=mostly("duty_manager", "supervisor", "king"),
        unit=st.sampled_from([None, "main", "north"]),
        start=days,
        good_for=st.none() | days,
    )
    def grant_role(
        self, role: str, unit: str | None, start: timedelta, good_for: timedelta | None
    ) -> None:
        end = None if good_for is None else NOON + good_for
        self.twice(
            lambda s, act: s.grant_role(role, unit=unit, start=NOON + start, end=end, act=act),
            act(M1),
        )

    @rule(role=mostly("duty_manager", "supervisor"), unit=st.sampled_from([None, "main", "north"]))
    def revoke_role(self, role: str, unit: str | None) -> None:
        self.twice(lambda s, act: s.revoke_role(role, unit=unit, act=act), act(M1))

    @rule(accepted=mostly(True, True, False), origin=mostly("resident", "floating", "visitor"))
    def enrol(self, accepted: bool, origin: str) -> None:
        origins = ["resident", "floating"]
        self.twice(
            lambda s, act: s.enrol(
                charter_accepted=accepted, origin=origin, origins=origins, act=act
            ),
            act(M1),
        )

    @rule(areas=st.lists(mostly("A", "B", "")), weekdays=st.lists(mostly("sat", "sun", "day")))
    def declare_availability(self, areas: list[str], weekdays: list[str]) -> None:
        self.twice(
            lambda s, act: s.declare_availability(areas=areas, weekdays=weekdays, act=act), act()
        )

    @rule(team=mostly("repair", "street"), skill=st.sampled_from([None, "电工"]))
    def join_team(self, team: str, skill: str | None) -> None:
        self.twice(lambda s, act: s.join_team(team, skill=skill, act=act), act(M1))

    @rule(team=mostly("repair", "street"))
    def leave_team(self, team: str) -> None:
        self.twice(lambda s, act: s.leave_team(team, act=act), act(M1))

    @invariant()
    def only_volunteers_say_when_they_serve(self) -> None:
        assert self.live.origin is not None or self.live.availability == ((), ())

    @rule(superior_id=colleagues)
    def name_superior(self, superior_id: UUID) -> None:
        self.twice(lambda s, act: s.name_superior(superior_id, act=act), act(M1))

    @rule(deputy_id=colleagues, start=days, end=days)
    def name_deputy(self, deputy_id: UUID, start: timedelta, end: timedelta) -> None:
        self.twice(
            lambda s, act: s.name_deputy(deputy_id, start=NOON + start, end=NOON + end, act=act),
            act(M1),
        )

    @rule()
    def go_on_duty(self) -> None:
        self.twice(lambda s, act: s.go_on_duty(act=act), act())

    @rule()
    def go_off_duty(self) -> None:
        self.twice(lambda s, act: s.go_off_duty(act=act), act())

    @rule(competence=mostly("电工", "粤语", " "), good_for=st.none() | days)
    def grant_competence(self, competence: str, good_for: timedelta | None) -> None:
        expires_at = None if good_for is None else NOON + good_for
        self.twice(
            lambda s, act: s.grant_competence(competence, expires_at=expires_at, act=act), act(M1)
        )

    @rule(competence=mostly("电工", "粤语"))
    def withdraw_competence(self, competence: str) -> None:
        self.twice(lambda s, act: s.withdraw_competence(competence, act=act), act(M1))

    @invariant()
    def every_certificate_was_good_for_a_while(self) -> None:
        assert all(end is None or end > NOON for end in self.live.competences.values())

    @rule(
        credential_id=credential_ids,
        good_for=st.none() | days,
        scopes=st.sets(mostly("read", "write", "king")),
    )
    def issue_credential(
        self, credential_id: str, good_for: timedelta | None, scopes: set[str]
    ) -> None:
        expires_at = None if good_for is None else NOON + good_for
        self.twice(
            lambda s, act: s.issue_credential(
                credential_id, "d1" * 32, expires_at=expires_at, scopes=scopes, act=act
            ),
            act(M1),
        )

    @rule(
        ids=st.permutations(["c1", "c2"]),
        good_for=st.none() | days,
        grace=st.sampled_from([-1, 0, 1, 8]),
    )
    def replace_credential(self, ids: list[str], good_for: timedelta | None, grace: int) -> None:
        expires_at = None if good_for is None else NOON + good_for
        self.twice(
            lambda s, act: s.replace_credential(
                *ids, "d2" * 32, expires_at=expires_at, grace=timedelta(days=grace), act=act
            ),
            act(M1),
        )

    @rule(credential_id=credential_ids)
    def revoke_credential(self, credential_id: str) -> None:
        self.twice(lambda s, act: s.revoke_credential(credential_id, act=act), act(M1))

    @precondition(lambda self: len(self.facts) > 8)
    @rule()
    def leave(self) -> None:
        assert self.twice(lambda s, act: s.leave(act=act), act())

    @invariant()
    def exactly_what_was_issued_and_not_revoked_is_valid(self) -> None:
        assert self.live.credentials == self.credentials

    @invariant()
    def every_credential_was_good_for_a_while(self) -> None:
        ends = [credential.expires_at for credential in self.live.credentials.values()]
        assert all(end is None or end > NOON for end in ends)

    @invariant()
    def every_credential_is_good_for_something_that_there_is(self) -> None:
        assert all(c.scopes and c.scopes <= SCOPES for c in self.live.credentials.values())

    @invariant()
    def nobody_is_above_or_beside_themselves(self) -> None:
        assert self.live.superior_id != LI_NA
        assert LI_NA not in [deputy.staff_id for deputy in self.live.deputies]

    @invariant()
    def every_period_has_an_instant_in_it_and_is_named_once(self) -> None:
        deputies = self.live.deputies
        assert all(deputy.start < deputy.end for deputy in deputies)
        assert len(deputies) == len(set(deputies))

    @invariant()
    def only_known_roles_are_held(self) -> None:
        assert self.live.roles | {grant.role for grant in self.live.grants} <= ROLES

    @invariant()
    def nobody_handles_and_looks_on(self) -> None:
        ever = self.live.roles | {grant.role for grant in self.live.grants}
        assert not (ever & INDEPENDENT and ever & HOLDERS["ticket.handle"])

    @invariant()
    def every_grant_was_good_for_a_while(self) -> None:
        assert all(g.end is None or g.end > max(g.start, NOON) for g in self.live.grants)
        assert len(self.live.grants) == len(set(self.live.grants))

    @invariant()
    def who_has_left_is_not_on_duty(self) -> None:
        assert self.live.has_left == self.has_left
        assert not (self.live.has_left and self.live.is_on_duty)


TestStaffHistory = StaffHistory.TestCase
TestStaffHistory.settings = BRIEF
