from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.checklist import Checklist, OutOfOrder, SamePersonTicks
from domain.errors import Invalid

A, B, C = (frozenset({name}) for name in ("staff:a", "staff:b", "staff:c"))


def checklist(**more: Any) -> Checklist:
    items = {"listen": "听清", "ask": "问清", "write": "记清"}
    return msgspec.convert({"title": "五清", "items": items, "rule": "CH-27", **more}, Checklist)


def test_items_are_ticked_in_whatever_order_by_whomever() -> None:
    assert checklist().takes("write", {}, A)
    assert checklist().takes("listen", {"write": A}, A)


def test_a_tick_said_again_is_no_news_whoever_says_it() -> None:
    strict = checklist(ordered=True, distinct=True)

    assert not strict.takes("listen", {"listen": A, "ask": B}, A)
    assert not strict.takes("listen", {"listen": A, "ask": B}, C)


def test_what_is_not_on_the_list_is_not_ticked() -> None:
    with pytest.raises(Invalid) as refusal:
        checklist().takes("sing", {}, A)

    assert (refusal.value.field, refusal.value.rule) == ("item", "CH-27")


def test_where_the_order_counts_the_next_one_is_named() -> None:
    with pytest.raises(OutOfOrder) as refusal:
        checklist(ordered=True).takes("write", {"listen": A}, A)

    assert (refusal.value.facts, refusal.value.rule) == ({"next": "ask"}, "CH-27")
    assert checklist(ordered=True).takes("ask", {"listen": A}, A)


@pytest.mark.parametrize("hands", [A, A | C], ids=["the same", "a deputy, one of them"])
def test_where_each_is_anothers_nobody_ticks_two(hands: frozenset[str]) -> None:
    with pytest.raises(SamePersonTicks):
        checklist(distinct=True).takes("write", {"listen": A}, hands)

    assert checklist(distinct=True).takes("write", {"listen": A}, B)


def test_what_is_missing_is_named_in_the_order_of_the_list() -> None:
    assert checklist().missing({"ask": A}) == ["listen", "write"]
    assert checklist().missing({"ask": A, "write": A, "listen": B}) == []


def test_who_may_tick_is_a_standing_or_a_role() -> None:
    assert checklist(by=["owner", "first_contact", "anyone", "qc"]).faults() == []
    assert checklist(by=["qc", "wizard"]).faults() == ["by: wizard is no standing and no role"]


def test_a_list_without_items_is_none() -> None:
    with pytest.raises(msgspec.ValidationError):
        checklist(items={})
