"""Bearer tokens: how long they are good and for what, one for another, and none any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from application.door import TokenTerms
from application.people import IssueCredential, People
from domain.credential import SCOPES
from domain.staff import Staff
from domain.ticket import Ticket
from infrastructure.wiring import Parts
from tests.interface.given import MATTER
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import ADMIN, SETTINGS, Office, Person, opened

TERMS = TokenTerms(usual=timedelta(days=90), longest=timedelta(days=366))
COLLEAGUE = f"/v1/staff/{WANG_FANG}"


@pytest.fixture
def admin(office: Office) -> Person:
    return office.person(ADMIN)


def bearer(office: Office, admin: Person, **said: Any) -> tuple[Person, str]:
    """Li Na with another token, and where that is found."""
    issued = admin.post(f"/v1/staff/{LI_NA}/credentials", said).body
    return office.stranger(
        issued["token"]
    ), f"/v1/staff/{LI_NA}/credentials/{issued['credential_id']}"


def test_a_token_for_reading_reads_and_does_nothing(office: Office, admin: Person):
    reading, _ = bearer(office, admin, scopes=["read"])

    refused = reading.post("/v1/tickets", MATTER)

    assert reading.get("/v1/tickets").status == 200
    assert refused.refusal == (403, "forbidden", None)
    assert refused.body["facts"] == {"scope": "write"}


def test_a_token_for_writing_does_and_reads_nothing(office: Office, admin: Person):
    writing, _ = bearer(office, admin, scopes=["write"])

    assert writing.post("/v1/tickets", MATTER).carried_out[0] == Ticket.Opened
    assert writing.post(f"/v1/staff/{LI_NA}/duty/start").carried_out == [Staff.WentOnDuty]
    assert writing.get("/v1/tickets").refusal == (403, "forbidden", None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/staff", {"name": "孙某"}),
        (f"{COLLEAGUE}/credentials", {}),
        (f"{COLLEAGUE}/post", {"post": "班长", "roles": ["staff"]}),
        (f"{COLLEAGUE}/credentials/0123456789abcdef/rotation", {}),
        ("/v1/packs/consultation/switching-off", {"unit": "store-1", "reason": "不设此岗"}),
    ],
)
def test_only_a_token_for_managing_changes_staff_and_packs(
    office: Office, admin: Person, path: str, body: dict[str, Any]
):
    issued = admin.post(f"/v1/staff/{ADMIN}/credentials", {"scopes": ["read", "write"]}).body
    without = office.stranger(issued["token"])

    assert without.get("/v1/staff").status == 200
    assert without.post(path, body).refusal == (403, "forbidden", None)


def test_a_scope_gives_nobody_more_than_their_roles(office: Office, admin: Person):
    everything, _ = bearer(office, admin, scopes=sorted(SCOPES))

    assert everything.post("/v1/staff", {"name": "孙某"}).refusal[:2] == (403, "forbidden")


@pytest.mark.parametrize("scopes", [[], ["king"], ["read", 7], "read", ["read"] * 4])
def test_a_token_for_what_there_is_not_is_not_issued(shared_office: Office, scopes: Any):
    answer = shared_office.person(ADMIN).post(f"{COLLEAGUE}/credentials", {"scopes": scopes})

    assert answer.refusal[:2] == (422, "invalid")
    assert answer.refusal[2] in ("scopes", "scopes.0", "scopes.1")


@pytest.fixture
def strict(office: Office) -> People:
    """The same desk in a house whose tokens end."""
    return People(office.parts.desk, TERMS)


def issue(office: Office, after: timedelta | None) -> IssueCredential:
    return IssueCredential(
        by=office.parts.people.authenticate(office.tokens[ADMIN], office.now),
        command_id=f"issue-{after}",
        received_at=office.now,
        staff_id=WANG_FANG,
        expires_at=after and office.now + after,
    )


def test_a_token_ends_though_nothing_was_said(office: Office, strict: People):
    token = strict.issue_credential(issue(office, None)).token

    [credential] = [
        one for one in strict.credentials(WANG_FANG).values() if one.expires_at is not None
    ][1:]
    assert credential.expires_at == office.now + TERMS.usual
    wang_fang = office.stranger(token)
    assert wang_fang.look("/v1/me").status == 200
    office.now += TERMS.usual
    assert wang_fang.look("/v1/me").refusal == (401, "not_authenticated", None)


def test_no_token_is_good_for_longer_than_the_house_allows(office: Office, strict: People):
    strict.issue_credential(issue(office, TERMS.longest))

    with pytest.raises(Exception, match="366 days") as refusal:
        strict.issue_credential(issue(office, TERMS.longest + timedelta(microseconds=1)))

    assert getattr(refusal.value, "field", None) == "expires_at"


def test_one_for_another(office: Office, admin: Person):
    old, at = bearer(office, admin, scopes=["read"])

    answer = old.post(f"{at}/rotation", {"grace_seconds": 60})

    assert answer.carried_out == [Staff.CredentialIssued, Staff.CredentialReplaced]
    new = office.stranger(answer.body["token"])
    assert (old.look("/v1/me").status, new.look("/v1/me").status) == (200, 200)
    assert new.post("/v1/tickets", MATTER).refusal == (403, "forbidden", None)
    office.now += timedelta(seconds=60)
    assert old.look("/v1/me").refusal == (401, "not_authenticated", None)
    assert new.look("/v1/me").status == 200


def test_one_for_another_said_again_is_the_same_one(office: Office, admin: Person):
    old, at = bearer(office, admin)
    first = old.post(f"{at}/rotation", key="rotate")

    again = old.post(f"{at}/rotation", key="rotate")

    assert again.replayed == first.body
    assert again.body["token"] == first.body["token"]


def test_at_once_means_that_the_old_one_is_worth_nothing_any_more(office: Office, admin: Person):
    old, at = bearer(office, admin)

    answer = old.post(f"{at}/rotation", {"grace_seconds": 0})

    assert answer.carried_out == [Staff.CredentialIssued, Staff.CredentialRevoked]
    assert old.look("/v1/me").refusal == (401, "not_authenticated", None)
    assert office.stranger(answer.body["token"]).look("/v1/me").status == 200


def test_nobody_exchanges_another_token_than_the_one_they_ask_with(
    office: Office, admin: Person, li_na: Person
):
    _, other = bearer(office, admin)
    colleague = next(iter(office.parts.people.credentials(WANG_FANG)))

    for at in (other, f"{COLLEAGUE}/credentials/{colleague}"):
        assert li_na.post(f"{at}/rotation").refusal[:2] == (403, "forbidden")


def test_who_manages_staff_exchanges_any(office: Office, admin: Person):
    _, at = bearer(office, admin)

    answer = admin.post(f"{at}/rotation")

    assert answer.stored == [Staff.CredentialIssued, Staff.CredentialReplaced]


@pytest.mark.parametrize("seconds", [-1, 7 * 24 * 3600 + 1, "soon", 1.5])
def test_a_grace_that_cannot_be_given(shared_office: Office, seconds: Any):
    admin = shared_office.person(ADMIN)

    answer = admin.post(
        f"{COLLEAGUE}/credentials/0123456789abcdef/rotation", {"grace_seconds": seconds}
    )

    assert answer.refusal == (422, "invalid", "grace_seconds")


@pytest.fixture
def elsewhere(office: Office) -> Iterator[Office]:
    """Another process of the same desk."""
    with closing(Parts(office.parts.urls, SETTINGS)) as parts:
        yield Office(parts, office.tokens)


@pytest.mark.parametrize("how", ["revocation", "rotation", "departure"])
def test_what_is_ended_in_one_process_has_ended_in_all(
    office: Office, elsewhere: Office, admin: Person, how: str
):
    here, at = bearer(office, admin)
    there = elsewhere.stranger(here.token)
    opened(there)
    before = [person.look("/v1/me").status for person in (here, there)]
    said = {"grace_seconds": 0} if how == "rotation" else {}

    path = f"/v1/staff/{LI_NA}/departure" if how == "departure" else f"{at}/{how}"
    assert admin.post(path, said).status in (200, 201)

    assert before == [200, 200]
    for person in (here, there):
        assert person.look("/v1/me").refusal == (401, "not_authenticated", None)
        assert person.post("/v1/tickets", MATTER).refusal == (401, "not_authenticated", None)
