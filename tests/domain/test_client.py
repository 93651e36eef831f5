from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from application.desk import AGGREGATES
from domain.aggregate import Act
from domain.blacklist import AlreadyBlacklisted, NoGround, NotBlacklisted, OwnBlacklisting
from domain.client import (
    CONTACT_KINDS,
    DETAILS,
    Client,
    ClientMerged,
    NoContactPoint,
    NotMerged,
)
from domain.errors import Invalid
from tests.support.facts import (
    C1,
    C2,
    C3,
    KEY_COMMITMENT,
    M1,
    NOON,
    act,
    because,
    facts_of,
    given,
    new_fact,
    new_facts,
    registered_client,
    said,
)


def add_phone(client: Client) -> None:
    client.add_contact_point("phone", "021-0000", act=act())


def propose(client: Client, scope: str = "orders", *, said: Act | None = None) -> None:
    client.propose_blacklisting(
        scope,
        evidence=["催款函三份"],
        review_at=NOON + timedelta(days=90),
        no_grounds={"complains"},
        act=said or because("屡次拒付"),
    )


def blacklist(client: Client) -> None:
    propose(client)
    client.approve_blacklisting(act=act(M1))


def lift_blacklist(client: Client) -> None:
    client.lift_blacklist(act=because("已付清"))


def merge_into_c2(client: Client) -> None:
    client.merge_into(registered_client(C2), act=because("同一人"))


def unmerge(client: Client) -> None:
    client.unmerge(act=because("不是同一人"))


def test_a_registered_client_is_known_by_a_sealed_name() -> None:
    client = registered_client(name=" 王某 ", kind="household")

    fact = new_fact(client)
    assert (fact.name, fact.kind) == (said(C1, "王某"), "household")
    assert fact.key_commitment == KEY_COMMITMENT


def test_a_client_is_sealed_under_a_key_of_their_own() -> None:
    assert registered_client(C2).subject == C2


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "名" * 201])
def test_a_client_without_a_readable_name_is_not_registered(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        registered_client(name=name)

    assert refusal.value.field == "name"


@pytest.mark.parametrize("kind", ["", "a\x00b", "k" * 41])
def test_a_client_of_no_readable_kind_is_not_registered(kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        registered_client(kind=kind)

    assert refusal.value.field == "kind"


def test_only_the_details_that_changed_are_recorded() -> None:
    client = given(registered_client(name="王某"))

    client.change_details({"name": "王某", "place": "上海"}, act=act())

    assert new_fact(client).details == {"place": said(C1, "上海")}
    assert client.details == {"name": said(C1, "王某"), "place": said(C1, "上海")}


def test_every_known_detail_may_be_told() -> None:
    client = given(registered_client())

    client.change_details(dict.fromkeys(DETAILS, "某"), act=act())

    assert client.details == dict.fromkeys(DETAILS, said(C1, "某"))


def test_details_that_are_known_already_add_nothing() -> None:
    client = given(registered_client(name="王某"))

    client.change_details({"name": " 王某 "}, act=act())
    client.change_details({}, act=act())

    assert new_facts(client) == []


def test_an_unknown_detail_is_refused_with_the_known_ones() -> None:
    client = given(registered_client())

    with pytest.raises(Invalid, match="no detail shoe_size; there are: birthday") as refusal:
        client.change_details({"place": "上海", "weight": "60", "shoe_size": "41"}, act=act())

    assert refusal.value.field == "shoe_size"
    assert new_facts(client) == []


@pytest.mark.parametrize("value", ["", "a\x00b", "长" * 201])
def test_a_detail_that_cannot_be_read_is_refused(value: str) -> None:
    client = given(registered_client())

    with pytest.raises(Invalid) as refusal:
        client.change_details({"place": value}, act=act())

    assert refusal.value.field == "place"
    assert new_facts(client) == []


@pytest.mark.parametrize("kind", sorted(CONTACT_KINDS))
def test_a_contact_point_is_kept_sealed_under_an_id_that_tells_nothing(kind: str) -> None:
    client = given(registered_client())

    client.add_contact_point(kind, "021-0000", act=act())

    fact = new_fact(client)
    assert (fact.kind, fact.value) == (kind, said(C1, "021-0000"))
    assert fact.contact_id == f"{kind}-2"


def test_what_a_client_told_must_be_opened_to_be_compared() -> None:
    assert [kind for kind in AGGREGATES if kind.COMPARES_TEXTS] == [Client]


def test_the_same_contact_point_is_kept_once() -> None:
    client = given(registered_client(), add_phone)

    client.add_contact_point("phone", " 021-0000", act=act())

    assert new_facts(client) == []


def test_the_same_number_may_serve_two_kinds() -> None:
    client = given(registered_client(), add_phone)

    client.add_contact_point("fax", "021-0000", act=act())

    assert new_facts(client) == [Client.ContactPointAdded]


def test_a_contact_point_of_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    client = given(registered_client())

    with pytest.raises(Invalid, match="kind pigeon is none of: address, email") as refusal:
        client.add_contact_point("pigeon", "灰色", act=act())

    assert refusal.value.field == "kind"
    assert new_facts(client) == []


@pytest.mark.parametrize("value", ["", "a\x00b", "1" * 401])
def test_a_contact_point_that_cannot_be_read_is_refused(value: str) -> None:
    client = given(registered_client())

    with pytest.raises(Invalid) as refusal:
        client.add_contact_point("phone", value, act=act())

    assert refusal.value.field == "value"
    assert new_facts(client) == []


def test_a_removed_contact_point_is_gone() -> None:
    client = given(registered_client(), add_phone)

    client.remove_contact_point("phone-2", act=act())

    assert new_facts(client) == [Client.ContactPointRemoved]
    assert client.contacts == {}


def test_a_contact_point_added_again_has_an_id_of_its_own() -> None:
    client = given(
        registered_client(), add_phone, lambda c: c.remove_contact_point("phone-2", act=act())
    )

    add_phone(client)

    assert list(client.contacts) == ["phone-4"]


def test_a_contact_point_that_is_not_there_is_not_removed() -> None:
    client = given(registered_client(), add_phone)

    with pytest.raises(NoContactPoint) as refusal:
        client.remove_contact_point("phone-3", act=act())

    assert refusal.value.field == "contact_id"
    assert new_facts(client) == []


def test_a_client_is_blacklisted_with_a_reason_and_lifted_with_one() -> None:
    client = given(registered_client())

    blacklist(client)
    was_blacklisted = client.is_blacklisted
    lift_blacklist(client)

    assert new_facts(client) == [
        Client.BlacklistingProposed,
        Client.Blacklisted,
        Client.BlacklistLifted,
    ]
    assert (was_blacklisted, client.is_blacklisted) == (True, False)


def test_a_blacklisting_says_what_it_covers_and_why() -> None:
    client = given(registered_client())

    propose(client)

    proposal = new_fact(client)
    assert (proposal.scope, proposal.reason) == ("orders", said(C1, "屡次拒付"))
    assert proposal.evidence == {"1": said(C1, "催款函三份")}


def test_who_proposes_a_blacklisting_does_not_decide_on_it() -> None:
    client = given(registered_client(), propose)

    for decides in (client.approve_blacklisting, client.reject_blacklisting):
        with pytest.raises(OwnBlacklisting):
            decides(act=because("属实"))

    assert new_facts(client) == []


@pytest.mark.parametrize("days", [-1, 0])
def test_a_blacklisting_is_reviewed_later_than_it_is_proposed(days: int) -> None:
    client = given(registered_client())
    review_at = NOON + timedelta(days=days)

    with pytest.raises(Invalid) as refusal:
        client.propose_blacklisting(
            "orders", evidence=["欠款"], review_at=review_at, act=because("拒付")
        )

    assert refusal.value.field == "review_at"
    assert new_facts(client) == []


@pytest.mark.parametrize("scope", ["", "a\x00b", "s" * 41])
def test_a_blacklisting_without_a_readable_scope_is_refused(scope: str) -> None:
    client = given(registered_client())

    with pytest.raises(Invalid) as refusal:
        propose(client, scope)

    assert refusal.value.field == "scope"
    assert new_facts(client) == []


def test_nobody_is_blacklisted_for_what_alone_is_no_ground() -> None:
    client = given(registered_client())

    with pytest.raises(NoGround) as refusal:
        propose(client, said=because(" Complains "))

    assert (refusal.value.field, refusal.value.rule) == ("reason", "CH-46")
    assert new_facts(client) == []


def test_what_is_no_ground_may_be_said_beside_another() -> None:
    client = given(registered_client())

    propose(client, said=because("complains, and never paid"))

    assert new_facts(client) == [Client.BlacklistingProposed]


def test_a_blacklisted_client_is_not_blacklisted_again() -> None:
    client = given(registered_client(), blacklist)

    with pytest.raises(AlreadyBlacklisted) as refusal:
        blacklist(client)

    assert refusal.value.rule == "BL-01"
    assert new_facts(client) == []


def test_a_client_who_is_not_blacklisted_is_not_lifted() -> None:
    client = given(registered_client(), blacklist, lift_blacklist)

    with pytest.raises(NotBlacklisted) as refusal:
        lift_blacklist(client)

    assert refusal.value.rule == "BL-01"
    assert new_facts(client) == []


def test_a_merged_file_follows_the_other() -> None:
    client = given(registered_client())

    merge_into_c2(client)

    assert new_fact(client).into_id == client.merged_into_id == C2


def test_a_file_is_not_merged_with_itself() -> None:
    client = given(registered_client())

    with pytest.raises(Invalid) as refusal:
        client.merge_into(client, act=because())

    assert refusal.value.field == "into_id"
    assert new_facts(client) == []


def test_a_file_follows_one_other_only() -> None:
    client = given(registered_client(), merge_into_c2)

    with pytest.raises(ClientMerged, match=str(C2)):
        client.merge_into(registered_client(C3), act=because())

    assert new_facts(client) == []


def test_a_file_does_not_follow_one_that_follows_another() -> None:
    client, followed = given(registered_client()), registered_client(C3)
    merge_into_c2(followed)

    with pytest.raises(ClientMerged, match=str(C3)):
        client.merge_into(followed, act=because())

    assert new_facts(client) == []


def test_an_unmerged_file_stands_alone_again_and_says_whom_it_followed() -> None:
    client = given(registered_client(), merge_into_c2)

    unmerge(client)

    assert (new_fact(client).from_id, client.merged_into_id) == (C2, None)


def test_a_file_that_follows_none_is_not_unmerged() -> None:
    client = given(registered_client(), merge_into_c2, unmerge)

    with pytest.raises(NotMerged):
        unmerge(client)

    assert new_facts(client) == []


@pytest.mark.parametrize(
    "command",
    [
        lambda client: propose(client, said=act()),
        lambda client: client.lift_blacklist(act=act()),
        lambda client: client.merge_into(registered_client(C2), act=act()),
        lambda client: client.unmerge(act=act()),
    ],
    ids=["blacklist", "lift", "merge", "unmerge"],
)
def test_what_weighs_on_a_client_wants_a_reason(command: Callable[[Client], None]) -> None:
    client = given(registered_client(), blacklist, merge_into_c2)

    with pytest.raises(Invalid) as refusal:
        command(client)

    assert refusal.value.field == "reason"
    assert new_facts(client) == []


def test_a_trait_is_kept_in_clear_as_it_was_said_last() -> None:
    client = given(registered_client())
    for value in ("north", " north ", 1, True, True):
        client.set_trait("region", value, act=act())

    assert [fact.value for fact in facts_of(client)] == ["north", 1, True]
    assert client.traits == {"region": True}


@pytest.mark.parametrize("name", ["", "kind", "Region", "the region", "名", "a" * 41])
def test_a_trait_has_a_name_of_one_word(name: str) -> None:
    client = given(registered_client())

    with pytest.raises(Invalid) as refusal:
        client.set_trait(name, "north", act=act())

    assert refusal.value.field == "name"
    assert new_facts(client) == []


@pytest.mark.parametrize("value", ["", "x" * 65, "\x00", 10**12, -(10**12)])
def test_a_trait_is_a_short_text_or_a_number_of_some_size(value: str | int) -> None:
    client = given(registered_client())

    with pytest.raises(Invalid) as refusal:
        client.set_trait("region", value, act=act())

    assert refusal.value.field == "value"
