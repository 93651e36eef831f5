"""Clients, staff and promises as they were: rows that hold for a time, as the facts of by then say.

Whatever happened, in whatever order, told at whatever time.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.as_of import folded
from application.instant import AsOf, Clock
from application.register import Fact
from application.views.client_file import ClientFileView
from application.views.client_then import ClientThenView
from application.views.obligation_then import ObligationThenView
from application.views.staff_directory import StaffDirectoryView
from application.views.staff_then import StaffThenView
from application.views.then import ThenView
from application.views.view import View
from domain.ticket import Ticket
from tests.application.test_ticket_then import HOURS, at, said
from tests.application.test_views import (
    TOLD,
    approve,
    ask,
    hand_over,
    promised,
    resume,
    suspend,
    told,
)
from tests.support.facts import M1, WANG_FANG, act
from tests.support.views import recorded


def whole(view: type[View[Any]]) -> list[Fact]:
    """All that can happen to it, in the order of its story."""
    return recorded(told(view, len(TOLD[view][1])))


def promises() -> list[Fact]:
    """What becomes of one promise: paused, extended, another's, waived."""
    ticket = promised(suspend, resume, ask, approve, hand_over)
    ticket.waive("reply-1", "withdrawn", act=act(M1, at(2), reason="撤回"))
    facts = [f for f in recorded(ticket) if type(f.event) in ObligationThenView.facts]
    return [fact for fact in facts if vars(fact.event)["key"] == "reply-1"]


STORIES: list[tuple[ThenView[Any], list[Fact]]] = [
    (ClientThenView(), whole(ClientFileView)),
    (StaffThenView(), whole(StaffDirectoryView)),
    (ObligationThenView(), promises()),
]
each_view = pytest.mark.parametrize(("view", "story"), STORIES, ids=["client", "staff", "promise"])


def history(view: ThenView[Any], story: list[Fact], data: st.DataObject) -> list[Fact]:
    """Anything behind the beginning, in any order, happening at any time; recorded in order."""
    rest = data.draw(st.lists(st.sampled_from(story[1:]), max_size=8))
    hours = st.sampled_from(HOURS)
    known = sorted(data.draw(hours) for _ in range(len(rest) + 1))
    return [
        said(fact, version, at(data.draw(hours)), at(hour))
        for version, (fact, hour) in enumerate(zip([story[0], *rest], known, strict=True), start=1)
    ]


def replayed(view: ThenView[Any], facts: list[Fact], as_of: AsOf) -> list[dict[str, Any]]:
    """What the facts say that count then."""
    begins = type(facts[0].event)
    there = [fact for fact in facts if as_of.covers(fact)]
    return [view.changes(row) for row in folded(view.of, there, begins).values()]


def held(rows: list[Any], view: ThenView[Any], as_of: AsOf) -> list[dict[str, Any]]:
    """What those rows say that held then."""
    clock = as_of.clock
    return [
        view.changes(row)
        for row in rows
        if (since := getattr(row, f"from_{clock}")) is not None
        and since <= as_of.at
        and ((until := getattr(row, f"to_{clock}")) is None or until > as_of.at)
    ]


@each_view
@given(data=st.data())
def test_at_any_instant_what_holds_is_what_the_facts_of_by_then_say(
    view: ThenView[Any], story: list[Fact], data: st.DataObject
) -> None:
    facts = history(view, story, data)
    [rows] = folded(view, facts, type(facts[0].event)).values()

    for clock in Clock:
        for hour in HOURS:
            as_of = AsOf(at(hour + 0.5), clock)
            assert held(rows, view, as_of) == replayed(view, facts, as_of), as_of


@each_view
def test_what_is_folded_on_leaves_the_rows_of_before_as_they_were(
    view: ThenView[Any], story: list[Fact]
) -> None:
    key = view.keys(story[0])[0]
    rows = view.fold(None, story[0], key)
    for fact in story[1:]:
        before = deepcopy(rows)

        after = view.fold(rows, fact, key)

        assert rows == before
        rows = after
    assert len(rows) > 1


@each_view
def test_it_reads_and_keeps_whatever_changes_a_row(view: ThenView[Any], story: list[Fact]) -> None:
    [began] = folded(view.of, story[:1], type(story[0].event)).values()
    began = deepcopy(began)
    [row] = folded(view.of, story, type(story[0].event)).values()
    names = [field for field in view.of.row.__dataclass_fields__ if field not in ALWAYS]

    changed = {name for name in names if getattr(began, name) != getattr(row, name)}

    assert changed
    assert changed <= set(view.changing)


ALWAYS = ("version", "position", "log", "last_assigned_at")
"""How far a row has read, and what is told elsewhere."""


def test_of_promises_the_basis_is_kept_once() -> None:
    view, story = ObligationThenView(), promises()
    [now] = folded(view.of, story, Ticket.TimePromised).values()
    [rows] = folded(view, story, Ticket.TimePromised).values()

    assert all("basis" not in row.obligation for row in rows)
    assert view.as_it_stood(now, rows[-1]).obligation == now.obligation
    assert view.as_it_stood(now, rows[0]).over_at is None
    assert now.over_at is not None
    assert rows[0].responsible_id != rows[-1].responsible_id == WANG_FANG
