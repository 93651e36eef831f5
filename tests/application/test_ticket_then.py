"""Tickets as they were: rows that hold for a time, as the facts of by then say it."""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from application.as_of import folded
from application.instant import AsOf, Clock
from application.register import Fact
from application.views.ticket_register import TicketRegisterView
from application.views.ticket_then import CHANGING, TicketThenRow, TicketThenView
from domain.ticket import Ticket, Visibility
from tests.application.test_views import TICKET, told
from tests.support.facts import CONSULTATION, NOON, T1, WANG_FANG, act, opened
from tests.support.views import recorded

HOUR = timedelta(hours=1)
HOURS = range(-3, 12)

EVERYTHING = recorded(told(TicketRegisterView, len(TICKET)))
"""All that can happen to a ticket, once or several times."""


def at(hour: float) -> datetime:
    return NOON + hour * HOUR


def said(fact: Fact, version: int, occurred: datetime, known: datetime) -> Fact:
    """The same fact, told and recorded at other times."""
    event = copy(fact.event)
    vars(event).update(timestamp=occurred, originator_version=version)
    return replace(fact, position=version, recorded_at=known, event=event)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Anything behind the opening, in any order, happening at any time; recorded in order."""
    rest = draw(st.lists(st.sampled_from(EVERYTHING[1:]), max_size=12))
    chosen = [EVERYTHING[0], *rest]
    known = sorted(draw(st.sampled_from(HOURS)) for _ in chosen)
    return [
        said(fact, version, at(draw(st.sampled_from(HOURS))), at(hour))
        for version, (fact, hour) in enumerate(zip(chosen, known, strict=True), start=1)
    ]


def rows_of(facts: list[Fact]) -> list[TicketThenRow]:
    [rows] = folded(TicketThenView(), facts).values()
    return rows


def held(rows: list[TicketThenRow], as_of: AsOf) -> list[dict[str, Any]]:
    """What those rows say that held then."""
    return [
        {name: getattr(row, name) for name in CHANGING}
        for row in rows
        if (since := getattr(row, f"from_{as_of.clock}")) is not None
        and since <= as_of.at
        and ((until := getattr(row, f"to_{as_of.clock}")) is None or until > as_of.at)
    ]


def replayed(facts: list[Fact], as_of: AsOf) -> list[dict[str, Any]]:
    """What the facts say that count then."""
    rows = folded(TicketRegisterView(), [fact for fact in facts if as_of.covers(fact)])
    return [{name: getattr(row, name) for name in CHANGING} for row in rows.values()]


@given(facts=histories(), clock=st.sampled_from(Clock))
def test_at_any_instant_what_holds_is_what_the_facts_of_by_then_say(
    facts: list[Fact], clock: Clock
) -> None:
    rows = rows_of(facts)

    for hour in HOURS:
        for instant in (at(hour), at(hour + 0.5)):
            as_of = AsOf(instant, clock)
            assert held(rows, as_of) == replayed(facts, as_of), as_of


@given(facts=histories())
def test_each_row_has_a_place_of_its_own_and_the_last_holds_until_further_notice(
    facts: list[Fact],
) -> None:
    rows = rows_of(facts)

    assert [row.place for row in rows] == list(range(1, len(rows) + 1))
    open_ends = [
        row.place
        for row in rows
        if row.from_recorded and row.from_occurred and not row.to_recorded and not row.to_occurred
    ]
    assert len(open_ends) == 1


def test_what_comes_in_order_has_one_row_for_both_clocks() -> None:
    ticket = opened()
    ticket.offer_transfer(WANG_FANG, None, act=act(at=at(1), reason="对口"))
    ticket.accept_transfer(act=act(WANG_FANG, at(2)))
    facts = recorded(ticket)

    rows = rows_of(facts)

    known = [fact.recorded_at for fact in facts]
    assert [(r.from_recorded, r.to_recorded) for r in rows] == [
        *pairwise(known),
        (known[2], None),
    ]
    assert [(r.from_occurred, r.to_occurred) for r in rows] == [
        (NOON, at(1)),
        (at(1), at(2)),
        (at(2), None),
    ]


def test_a_late_entry_changes_what_was_and_not_what_was_known() -> None:
    """Answered at two; that it was clarified at one is only entered then."""
    ticket = opened()
    ticket.answer("周一至周五", True, CONSULTATION, act=act(at=at(2)))
    facts = recorded(ticket)
    late = next(fact for fact in EVERYTHING if isinstance(fact.event, Ticket.StepTaken))
    facts.append(said(late, 3, at(1), facts[1].recorded_at + HOUR))

    rows = rows_of(facts)

    def states(clock: Clock, *instants: datetime) -> list[Any]:
        return [[row["state"] for row in held(rows, AsOf(i, clock))] for i in instants]

    assert states(Clock.OCCURRED, NOON, at(1), at(2)) == [
        ["registered"],
        ["clarifying"],
        ["clarifying"],
    ]
    known = [fact.recorded_at for fact in facts]
    assert states(Clock.RECORDED, *known) == [["registered"], ["answered"], ["clarifying"]]


def test_what_happens_and_is_recorded_at_once_makes_one_row() -> None:
    """Of what held for no time at all, nothing is kept."""
    ticket = opened()
    ticket.offer_transfer(WANG_FANG, None, act=act(reason="对口"))
    ticket.accept_transfer(act=act(WANG_FANG))
    facts = [replace(fact, recorded_at=NOON) for fact in recorded(ticket)]

    [row] = rows_of(facts)

    assert (row.place, row.owner_id) == (1, WANG_FANG)
    assert (row.from_recorded, row.from_occurred) == (NOON, NOON)


def test_what_lists_do_not_show_makes_no_row() -> None:
    ticket = opened()
    ticket.note("又来电", Visibility.INTERNAL, act=act())

    [row] = rows_of(recorded(ticket))

    assert (row.ticket_id, row.place, row.to_recorded) == (T1, 1, None)


def test_it_reads_whatever_changes_what_lists_show() -> None:
    changing = {kind for kind, _, changes in TICKET if changes.keys() & set(CHANGING)}

    assert TicketThenView.facts == changing | {Ticket.Opened}


def test_all_that_a_row_of_the_register_shows_stands_still_or_changes_here_too() -> None:
    """But for how far it has read."""
    [ticket] = folded(TicketRegisterView(), EVERYTHING).values()
    [opening] = folded(TicketRegisterView(), EVERYTHING[:1]).values()

    stood = TicketThenView().as_it_stood(opening, rows_of(EVERYTHING)[-1])

    assert {n for n, v in asdict(ticket).items() if asdict(stood)[n] != v} == {
        *("version", "position", "changed_at")
    }


def test_rows_that_a_fact_leaves_alone_are_given_again_as_they_are() -> None:
    """So that they are not written again."""
    ticket = opened()
    ticket.offer_transfer(WANG_FANG, None, act=act(at=at(1), reason="对口"))
    ticket.accept_transfer(act=act(WANG_FANG, at(2)))
    *before, last = recorded(ticket)
    rows = rows_of(before)

    after = TicketThenView().fold(rows, last, T1)

    assert [a is b for a, b in zip(rows, after, strict=False)] == [True, False]
    assert rows[1].to_recorded is None
