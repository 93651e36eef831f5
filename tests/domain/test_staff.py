from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.credential import Credential, NoCredential
from domain.errors import Invalid
from domain.roles import INDEPENDENT, ROLES
from domain.staff import (
    NoCompetence,
    NoSuperior,
    NotDeputy,
    Staff,
    StaffLeft,
)
from tests.support.facts import (
    KEY_COMMITMENT,
    LI_NA,
    M1,
    NOON,
    WANG_FANG,
    ZHAO_LEI,
    act,
    given,
    new_fact,
    new_facts,
    registered_staff,
    said,
)

DIGEST = "d1" * 32
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
INSTANT = timedelta(microseconds=1)


def take_post(staff: Staff) -> None:
    staff.take_post("客服专员", ["staff", "cs_officer"], act=act(M1))


def name_superior(staff: Staff) -> None:
    staff.name_superior(M1, act=act())


def name_deputy(staff: Staff) -> None:
    staff.name_deputy(WANG_FANG, start=NOON, end=NOON + WEEK, act=act())


def go_on_duty(staff: Staff) -> None:
    staff.go_on_duty(act=act())


def go_off_duty(staff: Staff) -> None:
    staff.go_off_duty(act=act())


def issue_credential(staff: Staff) -> None:
    staff.issue_credential("c1", DIGEST, act=act())


def revoke_credential(staff: Staff) -> None:
    staff.revoke_credential("c1", act=act())


def leave(staff: Staff) -> None:
    staff.leave(act=act())


def test_a_registered_member_of_staff_is_known_by_a_sealed_name() -> None:
    staff = registered_staff(name=" 李某 ", unit="north")

    fact = new_fact(staff)
    assert (fact.name, fact.unit) == (said(LI_NA, "李某"), "north")
    assert fact.key_commitment == KEY_COMMITMENT


def test_who_was_just_registered_may_nothing_and_has_nobody() -> None:
    staff = given(registered_staff())

    assert (staff.roles, staff.post, staff.credentials) == (frozenset(), "", {})
    assert (staff.superior_id, staff.deputies) == (None, [])
    assert (staff.is_on_duty, staff.has_left) == (False, False)


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "名" * 201])
def test_staff_without_a_readable_name_are_not_registered(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        registered_staff(name=name)

    assert refusal.value.field == "name"


@pytest.mark.parametrize("unit", ["", " ", "a\x00b", "部" * 65])
def test_staff_of_a_unit_without_a_readable_name_are_not_registered(unit: str) -> None:
    with pytest.raises(Invalid) as refusal:
        registered_staff(unit=unit)

    assert refusal.value.field == "unit"


def test_a_post_brings_its_roles() -> None:
    staff = given(registered_staff())

    staff.take_post("主管", {"staff", "director"}, act=act(M1))

    assert (new_fact(staff).post, new_fact(staff).roles) == ("主管", ["director", "staff"])
    assert staff.roles == {"staff", "director"}


def test_a_new_post_takes_the_roles_of_the_old_one_away() -> None:
    staff = given(registered_staff(), take_post)

    staff.take_post("文员", ["staff"], act=act(M1))

    assert staff.roles == {"staff"}


def test_every_known_role_may_go_with_a_post() -> None:
    staff = given(registered_staff())

    for roles in (ROLES - INDEPENDENT, INDEPENDENT):
        staff.take_post("全能", roles, act=act(M1))
        assert staff.roles == roles


def test_an_unknown_role_is_refused_with_the_known_ones() -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid, match=r"no role king; there are: .*, administrator, ") as refusal:
        staff.take_post("王", ["staff", "queen", "prince", "king", "pope"], act=act(M1))

    assert refusal.value.field == "roles"
    assert new_facts(staff) == []


@pytest.mark.parametrize("post", ["", " ", "a\x00b", "职" * 101])
def test_a_post_without_a_readable_name_is_refused(post: str) -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.take_post(post, ["staff"], act=act(M1))

    assert refusal.value.field == "post"
    assert new_facts(staff) == []


def test_the_superior_is_who_was_named_last() -> None:
    staff = given(registered_staff(), name_superior)

    staff.name_superior(ZHAO_LEI, act=act())

    assert staff.superior() == ZHAO_LEI


def test_nobody_is_their_own_superior() -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.name_superior(LI_NA, act=act())

    assert refusal.value.field == "superior_id"
    assert new_facts(staff) == []


def test_who_has_no_superior_has_nobody_to_ask() -> None:
    staff = given(registered_staff())

    with pytest.raises(NoSuperior) as refusal:
        staff.superior()

    assert refusal.value.rule == "FR-08"


@pytest.mark.parametrize("at", [NOON, NOON + timedelta(days=3), NOON + WEEK - INSTANT])
def test_a_deputy_stands_in_from_the_first_instant_up_to_the_last(at: datetime) -> None:
    staff = given(registered_staff(), name_deputy)

    staff.must_be_deputised_by(WANG_FANG, at)


@pytest.mark.parametrize("at", [NOON - INSTANT, NOON + WEEK, NOON + 2 * WEEK])
def test_a_deputy_stands_in_neither_before_nor_after(at: datetime) -> None:
    staff = given(registered_staff(), name_deputy)

    with pytest.raises(NotDeputy) as refusal:
        staff.must_be_deputised_by(WANG_FANG, at)

    assert refusal.value.rule == "SH-03"


def test_nobody_else_stands_in() -> None:
    staff = given(registered_staff(), name_deputy)

    with pytest.raises(NotDeputy, match=str(ZHAO_LEI)):
        staff.must_be_deputised_by(ZHAO_LEI, NOON)


def test_several_may_stand_in_one_after_the_other() -> None:
    staff = given(registered_staff(), name_deputy)

    staff.name_deputy(ZHAO_LEI, start=NOON + WEEK, end=NOON + 2 * WEEK, act=act())

    staff.must_be_deputised_by(WANG_FANG, NOON)
    staff.must_be_deputised_by(ZHAO_LEI, NOON + WEEK)


def test_nobody_is_their_own_deputy() -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.name_deputy(LI_NA, start=NOON, end=NOON + WEEK, act=act())

    assert (refusal.value.field, refusal.value.rule) == ("deputy_id", "SH-03")
    assert new_facts(staff) == []


@pytest.mark.parametrize("end", [NOON, NOON - WEEK])
def test_a_period_without_an_instant_in_it_is_refused(end: datetime) -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.name_deputy(WANG_FANG, start=NOON, end=end, act=act())

    assert refusal.value.field == "end"
    assert new_facts(staff) == []


def test_staff_go_on_duty_and_off() -> None:
    staff = given(registered_staff())

    go_on_duty(staff)
    was_on_duty = staff.is_on_duty
    go_off_duty(staff)

    assert (was_on_duty, staff.is_on_duty) == (True, False)
    assert new_facts(staff) == [Staff.WentOnDuty, Staff.WentOffDuty]


def test_who_is_off_duty_does_not_go_off_duty() -> None:
    staff = given(registered_staff())

    go_off_duty(staff)

    assert new_facts(staff) == []


@pytest.mark.parametrize(
    "command", [take_post, name_superior, name_deputy, go_on_duty, issue_credential, leave]
)
def test_what_is_said_twice_is_done_once(command: Callable[[Staff], None]) -> None:
    staff = given(registered_staff(), command)

    command(staff)

    assert new_facts(staff) == []


def test_a_credential_is_known_by_the_digest_of_its_secret_alone() -> None:
    staff = given(registered_staff())

    issue_credential(staff)

    assert (new_fact(staff).credential_id, new_fact(staff).secret_digest) == ("c1", DIGEST)
    assert staff.credentials == {"c1": Credential(DIGEST, None)}


def test_a_credential_may_have_an_end() -> None:
    staff = given(registered_staff())

    staff.issue_credential("c1", DIGEST, expires_at=NOON + INSTANT, act=act())

    assert new_fact(staff).expires_at == NOON + INSTANT
    assert staff.credentials == {"c1": Credential(DIGEST, NOON + INSTANT)}


@pytest.mark.parametrize("expires_at", [NOON, NOON - WEEK])
def test_a_credential_that_would_never_be_good_is_not_issued(expires_at: datetime) -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.issue_credential("c1", DIGEST, expires_at=expires_at, act=act())

    assert refusal.value.field == "expires_at"
    assert new_facts(staff) == []


def test_a_revoked_credential_is_no_longer_valid_and_the_others_are() -> None:
    staff = given(
        registered_staff(),
        issue_credential,
        lambda s: s.issue_credential("c2", "d2" * 32, act=act()),
    )

    revoke_credential(staff)

    assert new_facts(staff) == [Staff.CredentialRevoked]
    assert staff.credentials == {"c2": Credential("d2" * 32, None)}


@pytest.mark.parametrize(
    "commands", [(), (issue_credential, revoke_credential), (issue_credential, leave)]
)
def test_a_credential_that_is_not_valid_is_not_revoked(
    commands: tuple[Callable[[Staff], None], ...],
) -> None:
    staff = given(registered_staff(), *commands)

    with pytest.raises(NoCredential) as refusal:
        revoke_credential(staff)

    assert refusal.value.field == "credential_id"
    assert new_facts(staff) == []


def test_who_leaves_is_off_duty_and_has_no_valid_credentials() -> None:
    staff = given(registered_staff(), go_on_duty, issue_credential)

    leave(staff)

    assert new_facts(staff) == [Staff.Left]
    assert (staff.has_left, staff.is_on_duty, staff.credentials) == (True, False, {})


@pytest.mark.parametrize(
    "command", [take_post, name_superior, name_deputy, go_on_duty, issue_credential]
)
def test_who_has_left_is_given_nothing_more(command: Callable[[Staff], None]) -> None:
    staff = given(registered_staff(), leave)

    with pytest.raises(StaffLeft, match=str(LI_NA)):
        command(staff)

    assert new_facts(staff) == []


def test_who_has_left_is_offered_nothing() -> None:
    serving, left = given(registered_staff()), given(registered_staff(), leave)

    serving.must_serve()
    with pytest.raises(StaffLeft):
        left.must_serve()


def test_the_superior_whom_an_escalation_goes_to_is_the_one_named() -> None:
    staff = given(registered_staff(), name_superior)

    assert staff.superior() == M1


def test_a_registration_is_the_first_fact_of_the_named_stream() -> None:
    staff_id = UUID(int=7)

    fact = new_fact(registered_staff(staff_id))

    assert (fact.originator_id, fact.originator_version) == (staff_id, 1)


def electrician(expires_at: datetime | None = None) -> Staff:
    return given(
        registered_staff(),
        lambda s: s.go_on_duty(act=act()),
        lambda s: s.grant_competence("电工", expires_at=expires_at, act=act(M1)),
    )


def test_a_competence_says_until_when_its_certificate_is_good() -> None:
    staff = given(registered_staff())

    staff.grant_competence(" 电工 ", expires_at=NOON + DAY, act=act(M1))

    fact = new_fact(staff)
    assert (fact.competence, fact.expires_at) == ("电工", NOON + DAY)


def test_the_same_certificate_is_granted_once_and_a_longer_one_again() -> None:
    staff = electrician(NOON + DAY)

    staff.grant_competence("电工", expires_at=NOON + DAY, act=act(M1))
    staff.grant_competence("电工", act=act(M1))

    assert new_facts(staff) == [Staff.CompetenceGranted]
    assert staff.competences == {"电工": None}


def test_a_certificate_that_has_expired_is_worth_nothing() -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.grant_competence("电工", expires_at=NOON, act=act(M1))

    assert (refusal.value.field, new_facts(staff)) == ("expires_at", [])


def test_a_competence_that_nobody_has_is_not_withdrawn() -> None:
    staff = electrician()

    with pytest.raises(NoCompetence):
        staff.withdraw_competence("粤语", act=act(M1))

    staff.withdraw_competence("电工", act=act(M1))
    assert staff.competences == {}


@pytest.mark.parametrize(
    ("competence", "at", "is_available"),
    [
        (None, NOON, True),
        ("电工", NOON, True),
        ("粤语", NOON, False),
        ("电工", NOON + DAY - INSTANT, True),
        ("电工", NOON + DAY, False),
        (None, NOON + DAY, True),
    ],
)
def test_who_is_on_duty_and_competent_is_available(
    competence: str | None, at: datetime, is_available: bool
) -> None:
    staff = electrician(NOON + DAY)

    assert staff.is_available(competence, at) is is_available


@pytest.mark.parametrize("ends", [Staff.go_off_duty, Staff.leave])
def test_who_is_not_on_duty_is_not_available(ends: Callable[..., None]) -> None:
    staff = electrician()

    ends(staff, act=act())

    assert not staff.is_available("电工", NOON)
