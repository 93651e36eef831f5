from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.errors import Invalid
from domain.rotation import MOST_DEALT, REMEMBERED, OutOfTurn, Rotation
from tests.support.facts import (
    C1,
    C2,
    LI_NA,
    M1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    facts_of,
    given,
    new_facts,
)


def formed(*members: UUID) -> Rotation:
    return Rotation.form("展厅", members or (LI_NA, WANG_FANG, ZHAO_LEI), act=act(M1))


@pytest.mark.parametrize("members", [[], [LI_NA, LI_NA]])
def test_a_rotation_has_members_and_each_once(members: list[UUID]) -> None:
    with pytest.raises(Invalid) as refusal:
        Rotation.form("展厅", members, act=act(M1))

    assert refusal.value.field == "members"


def test_turns_go_round_and_out_of_turn_is_refused() -> None:
    rotation = given(formed())

    rotation.take_turn(C1, LI_NA, act=act())
    with pytest.raises(OutOfTurn) as refusal:
        rotation.take_turn(C2, LI_NA, act=act())
    rotation.pass_turn(WANG_FANG, act=because())
    rotation.take_turn(C2, ZHAO_LEI, act=act(ZHAO_LEI))

    assert refusal.value.facts == {"next_id": str(WANG_FANG)}
    assert new_facts(rotation) == [Rotation.TurnTaken, Rotation.TurnPassed, Rotation.TurnTaken]
    assert rotation.next_id == LI_NA


def test_dealing_goes_on_from_whose_turn_it_is() -> None:
    rotation = given(formed(), lambda r: r.take_turn(C1, LI_NA, act=act()))

    rotation.deal([uuid4() for _ in range(5)], act=act(M1))

    dealt = [fact.staff_id for fact in facts_of(rotation)]
    assert dealt == [WANG_FANG, ZHAO_LEI, LI_NA, WANG_FANG, ZHAO_LEI]


@pytest.mark.parametrize("count", [0, MOST_DEALT + 1])
def test_so_many_are_dealt_out_at_once(count: int) -> None:
    rotation = given(formed())

    with pytest.raises(Invalid):
        rotation.deal([uuid4() for _ in range(count)], act=act(M1))

    assert new_facts(rotation) == []


def test_other_members_begin_with_the_first_and_the_same_change_nothing() -> None:
    rotation = given(formed(), lambda r: r.take_turn(C1, LI_NA, act=act()))

    rotation.change_members([ZHAO_LEI, LI_NA], act=act(M1))
    rotation.change_members([ZHAO_LEI, LI_NA], act=act(M1))

    assert new_facts(rotation) == [Rotation.MembersChanged]
    assert rotation.next_id == ZHAO_LEI


def test_a_passed_turn_wants_a_reason() -> None:
    rotation = given(formed())

    with pytest.raises(Invalid):
        rotation.pass_turn(LI_NA, act=act())

    assert new_facts(rotation) == []


def test_only_the_last_clients_are_remembered() -> None:
    rotation = formed()
    clients = [uuid4() for _ in range(REMEMBERED + 1)]

    for n in range(0, len(clients), MOST_DEALT):
        rotation.deal(clients[n : n + MOST_DEALT], act=act(M1))

    assert list(rotation.served) == clients[1:]
