from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pack_diff import Difference, differences

REPLY = {"title": "答复", "opens": ["clarify"], "limit": {"kind": "clock", "days": 1}}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, []),
        ({"title": "甲"}, {"title": "乙"}, [("title", "甲", "乙")]),
        (
            {"obligations": {"reply": REPLY}},
            {"obligations": {"reply": REPLY | {"limit": {"kind": "clock", "days": 3}}}},
            [("obligations.reply.limit.days", 1, 3)],
        ),
        (
            {"obligations": {"reply": REPLY}},
            {"obligations": {"reply": REPLY | {"opens": ["clarify", "opened"]}}},
            [("obligations.reply.opens", ["clarify"], ["clarify", "opened"])],
        ),
        ({"obligations": {"reply": REPLY}}, {}, [("obligations", {"reply": REPLY}, None)]),
        (
            {"obligations": {}},
            {"obligations": {"reply": REPLY}},
            [("obligations.reply", None, REPLY)],
        ),
        (
            {"guards": [{"says": "甲"}, {"says": "乙"}]},
            {"guards": [{"says": "甲"}, {"says": "丙"}, {"says": "丁"}]},
            [("guards.1.says", "乙", "丙"), ("guards.2", None, {"says": "丁"})],
        ),
        ({"values": {"a": 1}}, {"values": {"a": True}}, [("values.a", 1, True)]),
        ({"lists": {"a": []}}, {"lists": {"a": ["b"]}}, [("lists.a", [], ["b"])]),
        ({"steps": {1: "a"}}, {"steps": {1: "b"}}, [("steps.1", "a", "b")]),
    ],
)
def test_what_is_different_is_told_by_its_place(
    before: Mapping[str, Any], after: Mapping[str, Any], found: list[Any]
) -> None:
    assert list(differences(before, after)) == [Difference(*said) for said in found]


CONTENT = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: (
        st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3)
        | st.lists(inner, max_size=3)
    ),
)


@given(content=CONTENT)
def test_what_is_the_same_has_no_differences(content: Any) -> None:
    assert list(differences(content, content)) == []


@given(one=CONTENT, other=CONTENT)
def test_the_other_way_round_before_is_after(one: Any, other: Any) -> None:
    there, back = list(differences(one, other)), list(differences(other, one))

    assert bool(there) == (one != other)
    assert {(d.path, str(d.before), str(d.after)) for d in there} == {
        (d.path, str(d.after), str(d.before)) for d in back
    }
