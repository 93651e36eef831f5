"""Policies: one drafts, another approves, and only what was approved comes into force."""

from __future__ import annotations

import pytest

from domain.pack import Pack
from tests.support.facts import INSTALLATION_PACK, ZHAO_LEI
from tests.support.http import ADMIN, APPROVER, DRAFTER, Office, Person

PACK = "/v1/packs/installation"
PUBLICATION = {"version": 1, "effective_from": "2026-12-01T00:00:00+08:00"}


def draft(person: Person) -> None:
    answer = person.post(f"{PACK}/versions", {"content": dict(INSTALLATION_PACK)})
    assert answer.stored == [Pack.Named, Pack.Drafted]


@pytest.mark.rule("GV-01")
def test_what_was_not_approved_is_not_published(office: Office):
    draft(office.person(DRAFTER))

    answer = office.person(APPROVER).post(f"{PACK}/publication", PUBLICATION)

    assert answer.refusal == (409, "pack_not_approved", None)
    assert answer.body["rule"] == "GV-01"


@pytest.mark.rule("GV-01")
def test_who_drafted_does_not_approve(office: Office):
    both = {"post": "办公室", "roles": ["policy_drafter", "policy_approver"]}
    office.person(ADMIN).post(f"/v1/staff/{ZHAO_LEI}/post", both)
    drafter = office.person(ZHAO_LEI)
    draft(drafter)

    answer = drafter.post(f"{PACK}/approval", {"version": 1})

    assert answer.refusal == (409, "same_person_approves", None)
    assert answer.body["rule"] == "GV-01"


@pytest.mark.rule("GV-01")
def test_what_another_approved_is_published(office: Office):
    draft(office.person(DRAFTER))
    approver = office.person(APPROVER)

    approval = approver.post(f"{PACK}/approval", {"version": 1})
    publication = approver.post(f"{PACK}/publication", PUBLICATION)

    assert approval.stored == [Pack.Approved]
    assert publication.stored == [Pack.Published]
