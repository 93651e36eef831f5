"""Tokens: what they are good for, and one for another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.credential import LONGEST_GRACE_SECONDS, SCOPES, Credential, NoCredential
from domain.errors import Invalid
from domain.staff import Staff
from tests.support.facts import NOON, act, given, new_facts, registered_staff

OLD, NEW = "d1" * 32, "d2" * 32
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
YEAR = timedelta(days=365)


def reader(staff: Staff) -> None:
    staff.issue_credential("c1", OLD, scopes=["read"], expires_at=NOON + YEAR, act=act())


def exchange(staff: Staff, grace: timedelta) -> None:
    staff.replace_credential("c1", "c2", NEW, expires_at=NOON + 2 * YEAR, grace=grace, act=act())


def test_a_token_is_good_for_all_there_is_unless_it_is_said_for_what() -> None:
    staff = given(registered_staff(), reader)

    staff.issue_credential("c2", NEW, act=act())

    assert staff.credentials["c1"].scopes == {"read"}
    assert staff.credentials["c2"].scopes == SCOPES


@pytest.mark.parametrize("scopes", [[], ["king"], ["read", "king"]])
def test_a_token_for_nothing_or_for_what_there_is_not_is_not_issued(scopes: list[str]) -> None:
    staff = given(registered_staff())

    with pytest.raises(Invalid) as refusal:
        staff.issue_credential("c1", OLD, scopes=scopes, act=act())

    assert refusal.value.field == "scopes"
    assert new_facts(staff) == []


def test_the_old_token_stays_good_for_the_grace_and_the_new_one_is_good_for_the_same() -> None:
    staff = given(registered_staff(), reader)

    exchange(staff, HOUR)

    assert new_facts(staff) == [Staff.CredentialIssued, Staff.CredentialReplaced]
    assert staff.credentials == {
        "c1": Credential(OLD, NOON + HOUR, frozenset({"read"})),
        "c2": Credential(NEW, NOON + 2 * YEAR, frozenset({"read"})),
    }
    assert staff.credentials["c1"].is_good(NOON + HOUR - INSTANT)
    assert not staff.credentials["c1"].is_good(NOON + HOUR)


def test_without_grace_the_old_token_is_gone_at_once() -> None:
    staff = given(registered_staff(), reader)

    exchange(staff, timedelta())

    assert new_facts(staff) == [Staff.CredentialIssued, Staff.CredentialRevoked]
    assert staff.credentials.keys() == {"c2"}


def test_the_grace_makes_no_token_last_longer() -> None:
    staff = given(registered_staff())
    staff.issue_credential("c1", OLD, expires_at=NOON + INSTANT, act=act())
    staff.collect_events()

    exchange(staff, HOUR)

    assert new_facts(staff) == [Staff.CredentialIssued]
    assert staff.credentials["c1"].expires_at == NOON + INSTANT


@pytest.mark.parametrize("seconds", [-1, LONGEST_GRACE_SECONDS + 1])
def test_a_grace_that_is_none_is_refused(seconds: int) -> None:
    staff = given(registered_staff(), reader)

    with pytest.raises(Invalid) as refusal:
        exchange(staff, timedelta(seconds=seconds))

    assert refusal.value.field == "grace_seconds"
    assert new_facts(staff) == []


def test_nothing_is_given_for_a_token_that_is_not_good() -> None:
    revoked = given(registered_staff(), reader, lambda s: s.revoke_credential("c1", act=act()))
    expired = given(registered_staff(), reader)

    for staff, at in ((revoked, NOON), (expired, NOON + YEAR)):
        with pytest.raises(NoCredential):
            staff.replace_credential("c1", "c2", NEW, expires_at=None, grace=HOUR, act=act(at=at))
        assert new_facts(staff) == []
