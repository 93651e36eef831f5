"""From what is stored to what is read: with the register, the keys, and the boxes of both."""

from __future__ import annotations

import pytest

from application.register import Submission
from domain.aggregate import Aggregate
from domain.sealed import Sealed
from infrastructure.codec import Codec
from infrastructure.exporting.exported import OpenText
from infrastructure.exports import exported, extras, withheld
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from tests.support.facts import C1, C2, because, facts_of, opened, registered_client

NAMES, MATTER, REASON = ("王桂兰", "李桂兰"), "水费比上月多一倍", "表上读错了"


def submitted(aggregate: Aggregate) -> Submission:
    facts = facts_of(aggregate)
    return Submission(
        by=facts[0].by,
        command_id=facts[0].command_id,
        fingerprint=b"said",
        stream_id=aggregate.id,
        version=len(facts),
        events=facts,
    )


@pytest.fixture
def stored(register: PostgresRegister, keys: PostgresKeyStore) -> PostgresRegister:
    """Two clients, and a matter of the first."""
    for client_id in (C1, C2):
        keys.create(client_id)
    ticket = opened(matter=MATTER, act=because(REASON))
    clients = (registered_client(id, name=name) for id, name in zip((C1, C2), NAMES, strict=True))
    for aggregate in (*clients, ticket):
        register.append([submitted(aggregate)])
    return register


def opening(codec: Codec) -> OpenText:
    def text(sealed: Sealed) -> str | None:
        return None if sealed.box is None else codec.open(sealed.box)

    return text


def files(register: PostgresRegister, open_text: OpenText) -> dict[str, bytes]:
    return extras(exported(fact, open_text) for fact in register.facts(0, 100))


def holding(found: dict[str, bytes], text: str) -> list[str]:
    return [name for name, contents in sorted(found.items()) if text.encode() in contents]


def test_who_may_read_reads_every_text(stored: PostgresRegister, codec: Codec) -> None:
    found = files(stored, opening(codec))

    for name in NAMES:
        assert holding(found, name) == ["ocel.json", "ocel.sqlite", "report.html"]
    for text in (MATTER, REASON):
        assert holding(found, text) == sorted(found)


def test_who_may_not_read_is_told_that_something_is_there(stored: PostgresRegister) -> None:
    found = files(stored, withheld)

    for text in (*NAMES, MATTER, REASON):
        assert holding(found, text) == []
    assert holding(found, "[sealed]") == sorted(found)


def test_of_who_was_erased_nothing_is_left_and_of_others_everything(
    stored: PostgresRegister, keys: PostgresKeyStore, codec: Codec
) -> None:
    keys.destroy(C1)

    found = files(stored, opening(codec))

    for text in (NAMES[0], MATTER, REASON):
        assert holding(found, text) == []
    assert holding(found, "[erased]") == sorted(found)
    assert holding(found, NAMES[1]) == ["ocel.json", "ocel.sqlite", "report.html"]


def test_a_number_is_that_of_the_register(stored: PostgresRegister) -> None:
    shown = [exported(fact, withheld) for fact in stored.facts(0, 100)]

    assert [one.number for one in shown] == [None, None, "2026-0001"]
