from __future__ import annotations

from uuid import UUID

import pytest

from domain.errors import Invalid
from tests.support.facts import LI_NA, WANG_FANG, ZHAO_LEI, act, because


def test_an_act_stands_for_whoever_does_it() -> None:
    assert act(LI_NA).stands_for(LI_NA)


def test_a_deputys_act_stands_for_whom_they_act_for() -> None:
    assert act(WANG_FANG, acting_for=LI_NA).stands_for(LI_NA)


@pytest.mark.parametrize("other", [WANG_FANG, ZHAO_LEI, None])
def test_an_act_stands_for_nobody_else(other: UUID | None) -> None:
    assert not act(WANG_FANG, acting_for=LI_NA).stands_for(other)


def test_an_act_for_nobody_does_not_stand_for_nobody() -> None:
    assert not act(LI_NA).stands_for(None)


@pytest.mark.parametrize("reason", [None, "", " ", "\n\t"])
def test_an_act_without_words_gives_no_reason(reason: str | None) -> None:
    with pytest.raises(Invalid) as refusal:
        act(reason=reason).must_give_reason()

    assert refusal.value.field == "reason"


def test_an_act_with_words_gives_a_reason() -> None:
    because("客户来电").must_give_reason()
