"""What two files have in common, and what is kept to find it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from application.matching import MatchIndex
from application.register import Fact
from application.views.client_match import ClientMatchView, MatchRow, alike_by
from domain.client import Client
from tests.domain.test_golden import load, newest
from tests.support.facts import C1, C2, NOON, act, because, registered_client
from tests.support.views import folded, recorded

INDEX = MatchIndex(lambda: b"k" * 32)


def row_of(client: Client) -> MatchRow:
    [row] = folded(ClientMatchView(INDEX, lambda _: None), recorded(client)).values()
    return row


def living(client_id: Any = C1, **contacts: str) -> Client:
    client = registered_client(client_id)
    for kind, value in contacts.items():
        client.add_contact_point(kind, value, act=act())
    return client


@pytest.mark.parametrize(
    "said", ["138 0013 8000", "+86 13800138000", "0086-138-0013-8000", "１３８00138000"]
)
def test_a_number_is_the_same_however_it_is_written(said: str) -> None:
    assert INDEX.phone(said) == INDEX.phone("13800138000")


def test_numbers_that_differ_do_not_match_and_an_extension_is_nobodys() -> None:
    assert INDEX.phone("13800138000") != INDEX.phone("13800138001")
    assert INDEX.phone("8601") is None


def test_another_secret_makes_other_numbers() -> None:
    assert MatchIndex(lambda: b"q" * 32).phone("13800138000") != INDEX.phone("13800138000")


def test_nothing_of_what_is_said_stands_in_the_row() -> None:
    row = row_of(living(mobile="13800138000", address="东街3号"))

    assert len(row.tokens) == 2
    assert all(isinstance(number, int) for number in row.parts.values())
    assert "13800138000" not in str(row.parts)
    assert "东街" not in str(row.parts)


def test_a_name_matches_only_together_with_an_address() -> None:
    alone, at_home = row_of(registered_client()), row_of(living(C2, address="东街3号"))

    assert alone.tokens == []
    assert len(at_home.tokens) == 1
    assert alike_by(alone.parts, at_home.parts) == ()
    assert alike_by(row_of(living(address="东街 3 号")).parts, at_home.parts) == (
        "name-and-address",
    )


def test_what_was_taken_off_the_file_matches_no_more() -> None:
    client = living(mobile="13800138000")
    client.remove_contact_point("mobile-2", act=act())

    assert row_of(client).tokens == []


def test_nothing_is_kept_of_who_was_erased() -> None:
    client = living(mobile="13800138000", address="东街3号")
    client.request_erasure("client-request", act=because())
    client.approve_erasure(act=act("staff:another"))
    client.erase(5, act=act())

    assert (row_of(client).parts, row_of(client).tokens) == ({}, [])


def test_a_text_that_cannot_be_opened_has_no_number() -> None:
    told = Fact(1, NOON, None, load(newest("client.registered"), C1))

    [row] = folded(ClientMatchView(INDEX, lambda _: None), [told]).values()

    assert row.parts == {}


def test_the_keys_of_all_whose_files_are_read_are_asked_for_at_once() -> None:
    asked: list[set[UUID]] = []
    view = ClientMatchView(INDEX, lambda _: None, lambda clients: asked.append(set(clients)))

    view.expect([*recorded(living(mobile="13800138000")), *recorded(registered_client(C2))])

    assert asked == [{C1, C2}]
