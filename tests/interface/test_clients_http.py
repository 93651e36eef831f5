from __future__ import annotations

import hashlib
from typing import Any

import pytest

from domain.client import Client
from tests.interface.given import BLACKLISTING, CLIENT_COMMANDS
from tests.support.facts import C1, C2, C3, LI_NA, M1
from tests.support.http import Office, Person

FILE = f"/v1/clients/{C1}"
REASON = {"reason": "同一人"}


def second_client(person: Person) -> str:
    """C2."""
    return person.post("/v1/clients", {"client_id": str(C2), "name": "赵某"}).headers["Location"]


def test_registering_a_client_opens_a_file(office: Office, li_na: Person):
    answer = li_na.post("/v1/clients", {"name": "赵某", "kind": "company"})

    assert answer.status == 201
    assert answer.carried_out == [Client.Registered]
    assert answer.headers["Location"] == f"/v1/clients/{answer.body['id']}"
    assert (answer.event.name.text, answer.event.kind) == ("赵某", "company")
    key = office.parts.keys.key(answer.event.originator_id)
    assert key is not None
    assert answer.event.key_commitment == hashlib.sha256(key).hexdigest()


def test_a_client_is_a_person_unless_said_otherwise(li_na: Person):
    answer = li_na.post("/v1/clients", {"name": "赵某", "client_id": str(C2)})

    assert answer.event.kind == "person"
    assert answer.event.originator_id == C2


def test_the_client_file_shows_who_they_are(li_na: Person):
    answer = li_na.get(FILE)

    assert answer.status == 200
    assert answer.headers["ETag"] == '"1"'
    assert answer.body | {"registered_position": 0, "position": 0} == {
        "client_id": str(C1),
        "registered_position": 0,
        "kind": "person",
        "name": "王某",
        "registered_at": "2026-11-23T04:00:00Z",
        "details": {},
        "contacts": {},
        "attributes": {},
        "is_blacklisted": False,
        "blacklist_scope": None,
        "merged_into_id": None,
        "erasure": None,
        "holds": [],
        "consents": [],
        "version": 1,
        "position": 0,
        "merged_ids": [],
    }


def test_details_change_and_only_what_is_new_is_recorded(li_na: Person):
    first = li_na.post(f"{FILE}/details", {"details": {"name": "王先生", "place": "三号楼"}})
    second = li_na.post(f"{FILE}/details", {"details": {"name": "王先生", "place": "四号楼"}})
    same = li_na.post(f"{FILE}/details", {"details": {"place": "四号楼"}})

    assert first.carried_out == second.carried_out == [Client.DetailsChanged]
    assert {k: v.text for k, v in second.event.details.items()} == {"place": "四号楼"}
    assert same.carried_out == []
    shown = li_na.get(FILE).body
    assert (shown["name"], shown["details"]) == ("王先生", {"place": "四号楼"})


def test_contact_points_are_added_once_and_removed(li_na: Person):
    phone = {"kind": "phone", "value": "010-5550199"}

    added = li_na.post(f"{FILE}/contact-points", phone)
    again = li_na.post(f"{FILE}/contact-points", phone)
    with_phone = li_na.get(FILE).body["contacts"]
    removed = li_na.post(f"{FILE}/contact-points/{added.event.contact_id}/removal")

    assert added.carried_out == [Client.ContactPointAdded]
    assert (added.event.kind, added.event.value.text) == ("phone", "010-5550199")
    assert again.carried_out == []
    assert with_phone == {added.event.contact_id: phone}
    assert removed.carried_out == [Client.ContactPointRemoved]
    assert li_na.get(FILE).body["contacts"] == {}


def test_what_kind_of_client_it_is_stands_in_clear_and_changes(li_na: Person):
    traits = [("remote", True), ("remote", True), ("travel_minutes", 55), ("remote", False)]

    answers = [li_na.post(f"{FILE}/traits", {"name": n, "value": v}) for n, v in traits]

    assert [answer.carried_out for answer in answers] == [
        [Client.TraitSet],
        [],
        [Client.TraitSet],
        [Client.TraitSet],
    ]
    assert li_na.get(FILE).body["attributes"] == {"remote": False, "travel_minutes": 55}


@pytest.mark.parametrize("value", [None, 1.5, ["north"], {"a": 1}])
def test_a_trait_is_a_text_a_whole_number_or_a_yes_or_no(li_na: Person, value: Any):
    answer = li_na.post(f"{FILE}/traits", {"name": "region", "value": value})

    assert answer.refusal == (422, "invalid", "value")


def test_a_client_is_blacklisted_and_it_is_lifted(office: Office, li_na: Person, manager: Person):
    said = BLACKLISTING | {"scope": "credit", "reason": "拒付"}
    put = manager.post(f"{FILE}/blacklisting", said)
    approved = office.hire("director").post(f"{FILE}/blacklisting/approval")
    on = li_na.get(FILE).body
    lifted = manager.post(f"{FILE}/blacklisting/lifting", {"reason": "已付清"})
    off = li_na.get(FILE).body

    assert put.carried_out == [Client.BlacklistingProposed]
    assert (put.event.scope, put.event.reason.text) == ("credit", "拒付")
    assert approved.carried_out == [Client.Blacklisted]
    assert (on["is_blacklisted"], on["blacklist_scope"]) == (True, "credit")
    assert lifted.carried_out == [Client.BlacklistLifted]
    assert (off["is_blacklisted"], off["blacklist_scope"]) == (False, None)


def test_two_files_of_one_client_are_merged_and_parted_again(li_na: Person):
    other = second_client(li_na)

    merged = li_na.post(f"{other}/merge", {"into_id": str(C1)} | REASON)
    followed = li_na.get(FILE).body["merged_ids"]
    follows = li_na.get(other).body["merged_into_id"]
    parted = li_na.post(f"{other}/unmerge", {"reason": "不是同一人"})

    assert merged.carried_out == [Client.Merged]
    assert (merged.event.originator_id, merged.event.into_id) == (C2, C1)
    assert (followed, follows) == ([str(C2)], str(C1))
    assert parted.carried_out == [Client.Unmerged]
    assert parted.event.from_id == C1
    assert li_na.get(FILE).body["merged_ids"] == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (422, "invalid", "name")),
        ({"name": ""}, (422, "invalid", "name")),
        ({"name": "长" * 201}, (422, "invalid", "name")),
        ({"name": "赵某", "kind": "k" * 41}, (422, "invalid", "kind")),
        ({"name": "赵某", "phone": "1"}, (422, "invalid", "phone")),
        ({"name": "赵某", "client_id": "C2"}, (422, "invalid", "client_id")),
        ({"name": "赵某", "client_id": str(C1)}, (409, "already_exists", "id")),
        ({"name": "赵某", "client_id": str(LI_NA)}, (409, "already_exists", "id")),
    ],
)
def test_a_client_who_cannot_be_registered(shared_office: Office, body: Any, refusal: Any):
    answer = shared_office.person(LI_NA).post("/v1/clients", body)

    assert answer.refusal == refusal


@pytest.mark.parametrize(
    ("what", "body", "refusal"),
    [
        ("details", {}, (422, "invalid", "details")),
        ("details", {"details": []}, (422, "invalid", "details")),
        ("details", {"details": {"shoe_size": "42"}}, (422, "invalid", "details.shoe_size")),
        ("details", {"details": {"name": ""}}, (422, "invalid", "details.name")),
        ("details", {"details": {"place": 3}}, (422, "invalid", "details.place")),
        ("details", {"details": {"place": "长" * 201}}, (422, "invalid", "details.place")),
        ("contact-points", {"kind": "pigeon", "value": "1"}, (422, "invalid", "kind")),
        ("contact-points", {"kind": "phone"}, (422, "invalid", "value")),
        ("contact-points", {"kind": "phone", "value": "1" * 401}, (422, "invalid", "value")),
        ("contact-points/phone-9/removal", {}, (409, "no_contact_point", "contact_id")),
        ("blacklisting", {"evidence": ["欠款"]}, (422, "invalid", "reason")),
        ("blacklisting", REASON, (422, "invalid", "evidence")),
        ("blacklisting", BLACKLISTING | {"scope": "s" * 41}, (422, "invalid", "scope")),
        ("blacklisting/approval", {}, (409, "blacklisting_not_proposed", None)),
        ("blacklisting/lifting", REASON, (409, "not_blacklisted", None)),
        ("blacklisting/lifting", {}, (422, "invalid", "reason")),
        ("merge", REASON, (422, "invalid", "into_id")),
        ("merge", {"into_id": str(C2)}, (404, "not_found", "client_id")),
        ("merge", {"into_id": str(C1)} | REASON, (422, "invalid", "into_id")),
        ("merge", {"into_id": str(C3)} | REASON, (404, "not_found", "client_id")),
        ("merge", {"into_id": str(LI_NA)} | REASON, (404, "not_found", "client_id")),
        ("unmerge", REASON, (409, "not_merged", None)),
        ("unmerge", {}, (422, "invalid", "reason")),
    ],
)
def test_what_cannot_be_done_with_a_client(
    shared_office: Office, what: str, body: Any, refusal: Any
):
    answer = shared_office.person(M1).post(f"{FILE}/{what}", body)

    assert answer.refusal == refusal


def test_a_merge_needs_a_reason(li_na: Person):
    other = second_client(li_na)

    answer = li_na.post(f"{other}/merge", {"into_id": str(C1)})

    assert answer.refusal == (422, "invalid", "reason")


def test_who_is_blacklisted_is_not_blacklisted_again(office: Office, manager: Person):
    manager.post(f"{FILE}/blacklisting", BLACKLISTING)
    office.hire("director").post(f"{FILE}/blacklisting/approval")

    answer = manager.post(f"{FILE}/blacklisting", BLACKLISTING)

    assert answer.refusal == (409, "already_blacklisted", None)
    assert answer.body["rule"] == "BL-01"


def test_files_do_not_follow_each_other_in_a_ring(li_na: Person):
    other = second_client(li_na)
    li_na.post(f"{other}/merge", {"into_id": str(C1)} | REASON)

    back = li_na.post(f"{FILE}/merge", {"into_id": str(C2)} | REASON)
    twice = li_na.post(f"{other}/merge", {"into_id": str(C1)} | REASON)

    assert back.refusal == twice.refusal == (409, "client_merged", None)


@pytest.mark.parametrize("client_id", [C3, LI_NA], ids=["nobody", "a colleague"])
@pytest.mark.parametrize("what", CLIENT_COMMANDS)
def test_nothing_is_done_with_who_is_no_client(shared_office: Office, what: str, client_id: Any):
    answer = shared_office.person(M1).post(f"/v1/clients/{client_id}/{what}", CLIENT_COMMANDS[what])

    assert answer.refusal == (404, "not_found", "client_id")


def test_who_is_no_client_has_no_file(shared_office: Office):
    answer = shared_office.person(LI_NA).get(f"/v1/clients/{C3}")

    assert answer.refusal == (404, "not_found", "client_id")


def test_clients_are_listed_newest_first_page_by_page(li_na: Person):
    for number in range(4):
        li_na.post("/v1/clients", {"name": f"客户{number}"})

    pages = li_na.pages("/v1/clients?limit=2")

    assert [[row["name"] for row in page] for page in pages] == [
        ["客户3", "客户2"],
        ["客户1", "客户0"],
        ["王某"],
    ]


def test_the_text_of_a_client_stands_nowhere_in_clear(office: Office, li_na: Person):
    li_na.post(f"{FILE}/details", {"details": {"place": "三号楼"}})
    office.catch_up()

    with office.parts.database.connection() as connection:
        states = connection.execute("SELECT state FROM register.entry").fetchall()
        rows = connection.execute("SELECT client_file::text FROM reporting.client_file").fetchall()

    stored = "\n".join([bytes(state).decode() for (state,) in states] + [row for (row,) in rows])
    assert str(C1) in stored
    assert "三号楼" not in stored
    assert "王某" not in stored


def test_an_erased_client_is_shown_without_what_was_said_of_them(office: Office, li_na: Person):
    office.parts.keys.destroy(C1)

    assert li_na.get(FILE).body["name"] == "[erased]"
    assert li_na.get("/v1/clients").body["items"][0]["name"] == "[erased]"
    answer = li_na.post(f"{FILE}/details", {"details": {"name": "王先生"}})
    assert answer.refusal == (409, "person_erased", None)
