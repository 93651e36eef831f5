"""Lists and counts as of an instant, answered by SQL as replay would answer them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.as_of import folded
from application.instant import AsOf, Clock
from application.register import Fact
from application.views.ticket_register import TicketFilter, TicketRegisterView, TicketRow
from application.views.ticket_then import TicketThenView
from infrastructure.views.projector import Projector
from infrastructure.views.table import Table
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import BusyDesk
from tests.infrastructure.views.test_questions import filters, fitting
from tests.support.facts import LI_NA, NOON
from tests.support.http import Office

ALL = 10_000
INSTANT = timedelta(microseconds=1)
LONG_AGO, TO_COME = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def parts(busy_week: Parts) -> Parts:
    return busy_week


@pytest.fixture(scope="module")
def facts(parts: Parts) -> list[Fact]:
    return parts.register.facts(0, ALL)


def told_at(fact: Fact, clock: Clock) -> datetime:
    return fact.recorded_at if clock is Clock.RECORDED else fact.event.timestamp


def instants(facts: list[Fact], clock: Clock) -> list[datetime]:
    """Whenever something happened, and the instant before."""
    told = {told_at(fact, clock) for fact in facts}
    return sorted({*told, *(at - INSTANT for at in told), LONG_AGO, TO_COME})


def replayed(facts: list[Fact], as_of: AsOf) -> list[TicketRow]:
    """All tickets as they were, newest first."""
    rows = folded(TicketRegisterView(), [fact for fact in facts if as_of.covers(fact)])
    return sorted(rows.values(), key=lambda row: row.opened_position, reverse=True)


def without_reading(row: TicketRow) -> dict[str, Any]:
    """What a list shows of a ticket; not how far its row has read."""
    return {n: v for n, v in asdict(row).items() if n not in ("version", "position", "changed_at")}


def as_of_any(facts: list[Fact], clock: Clock, number: int) -> AsOf:
    there = instants(facts, clock)
    return AsOf(there[number % len(there)], clock)


clocks, numbers = st.sampled_from(Clock), st.integers(0, 1_000_000)


def test_there_is_something_to_be_told_apart(facts: list[Fact]) -> None:
    """Late entries, and tickets that changed after they were opened."""
    told = [f.event.timestamp for f in facts]

    assert told != sorted(told)
    assert len({len(replayed(facts, AsOf(at, Clock.OCCURRED))) for at in sorted(set(told))[:6]}) > 3


@pytest.mark.parametrize("clock", Clock)
def test_what_happened_at_an_instant_counts_from_that_instant_on(
    parts: Parts, facts: list[Fact], clock: Clock
) -> None:
    times = instants(facts, clock)
    for at in times[:: 1 + len(times) // 80]:
        for as_of in (AsOf(at, clock), AsOf(at - INSTANT, clock)):
            there = [f for f in facts if told_at(f, clock) <= as_of.at]
            expected = sorted(
                folded(TicketRegisterView(), there).values(),
                key=lambda row: row.opened_position,
                reverse=True,
            )

            found = parts.tickets_then.page(TicketFilter(), as_of, after=None, limit=ALL)
            counted = parts.tickets_then.counts(TicketFilter(is_closed=True), as_of)

            assert [without_reading(one.row) for one in found.rows] == [
                without_reading(row) for row in expected
            ]
            closed = sum(row.is_closed for row in expected)
            assert counted.counts["all"] == {"total": closed}


@given(asked=filters, clock=clocks, number=numbers)
@settings(max_examples=200)
def test_any_filter_finds_the_tickets_that_fitted_then(
    parts: Parts, facts: list[Fact], asked: TicketFilter, clock: Clock, number: int
) -> None:
    as_of = as_of_any(facts, clock, number)
    expected = fitting(replayed(facts, as_of), asked)

    found = parts.tickets_then.page(asked, as_of, after=None, limit=ALL)

    assert [without_reading(one.row) for one in found.rows] == [
        without_reading(row) for row in expected
    ]


@given(asked=filters, clock=clocks, number=numbers)
def test_the_counts_are_those_of_the_tickets_that_fitted_then(
    parts: Parts, facts: list[Fact], asked: TicketFilter, clock: Clock, number: int
) -> None:
    as_of = as_of_any(facts, clock, number)
    fit = fitting(replayed(facts, as_of), asked)
    groups = {
        "state": Counter(t.state for t in fit),
        "procedure": Counter(t.procedure for t in fit),
        "channel": Counter(t.channel for t in fit),
        "closed": Counter(str(t.is_closed).lower() for t in fit),
    }

    found = parts.tickets_then.counts(asked, as_of)

    assert found.counts == {"all": {"total": len(fit)}} | {n: g for n, g in groups.items() if g}


@pytest.mark.parametrize("clock", Clock)
def test_page_by_page_nothing_is_left_out_and_nothing_comes_twice(
    parts: Parts, facts: list[Fact], clock: Clock
) -> None:
    as_of = as_of_any(facts, clock, len(instants(facts, clock)) * 3 // 4)
    expected = replayed(facts, as_of)
    pages: list[list[UUID]] = []
    before: int | None = None

    while page := parts.tickets_then.page(TicketFilter(), as_of, after=before, limit=3).rows:
        pages.append([one.row.ticket_id for one in page])
        before = page[-1].row.opened_position

    assert [id for page in pages for id in page] == [row.ticket_id for row in expected]
    assert len(pages) > 1
    assert all(len(page) == 3 for page in pages[:-1])


def test_an_answer_says_how_far_it_has_looked_and_by_which_view(
    parts: Parts, facts: list[Fact]
) -> None:
    for fact in facts[:: len(facts) // 7]:
        recorded = AsOf(fact.recorded_at, Clock.RECORDED)
        last = max(f.position for f in facts if f.recorded_at <= fact.recorded_at)

        page = parts.tickets_then.page(TicketFilter(), recorded, after=None, limit=1)
        counts = parts.tickets_then.counts(TicketFilter(), recorded)

        assert page.position == counts.position == last
        assert page.definition == counts.definition == Table(TicketThenView()).definition
    told = AsOf(LONG_AGO, Clock.OCCURRED)
    head = parts.register.head()
    assert parts.tickets_then.page(TicketFilter(), told, after=None, limit=1).position == head
    ever = AsOf(TO_COME, Clock.RECORDED)
    assert parts.tickets_then.counts(TicketFilter(), ever).position == head
    never = AsOf(LONG_AGO, Clock.RECORDED)
    assert parts.tickets_then.counts(TicketFilter(), never).position == 0


def test_a_view_that_is_behind_says_so(office: Office) -> None:
    busy, parts, ever = BusyDesk(office.parts), office.parts, AsOf(TO_COME, Clock.RECORDED)
    busy.happens([("open", 0)])
    parts.projector.catch_up()
    read = parts.register.head()
    busy.happens([("offer", 0), ("accept", 0), ("open", 0)])

    found = parts.tickets_then.page(TicketFilter(owner_id=LI_NA), ever, after=None, limit=ALL)
    [one] = found.rows

    assert (one.row.owner_id, one.row.opened_at) == (LI_NA, NOON)
    assert found.position == read < parts.register.head()


@pytest.mark.parametrize("clock", Clock)
def test_since_when_it_had_been_so_is_said_by_the_clock_that_was_asked(
    office: Office, clock: Clock
) -> None:
    busy, parts = BusyDesk(office.parts), office.parts
    busy.happens([("open", 0), ("note", 0)])
    parts.projector.catch_up()
    [opening, _] = parts.register.stream(busy.tickets[0])

    [one] = parts.tickets_then.page(TicketFilter(), AsOf(TO_COME, clock), after=None, limit=1).rows

    by_store = clock is Clock.RECORDED
    assert one.since == (opening.recorded_at if by_store else opening.event.timestamp)


def test_a_ticket_is_listed_once_both_views_have_read_of_it(office: Office) -> None:
    """What never changes of it is asked of the register of tickets."""
    busy, parts = BusyDesk(office.parts), office.parts
    parts.projector.catch_up()
    read = parts.register.head()
    busy.happens([("open", 0)])
    Projector(parts.database, parts.register, [TicketThenView()]).catch_up()

    found = parts.tickets_then.page(TicketFilter(), AsOf(TO_COME), after=None, limit=1)
    counted = parts.tickets_then.counts(TicketFilter(), AsOf(TO_COME))

    assert (found.rows, found.position) == ([], read)
    assert (counted.counts["all"], counted.position) == ({"total": 0}, read)


def test_an_empty_list_has_a_position_too(parts: Parts) -> None:
    nobody = TicketFilter(number="9999-9999")

    found = parts.tickets_then.page(nobody, AsOf(TO_COME), after=None, limit=1)

    assert (found.rows, found.position) == ([], parts.register.head())


def test_what_a_fact_leaves_alone_is_not_written_again(office: Office) -> None:
    """A row costs once to begin and once to end, however long the ticket lives."""
    busy, parts = BusyDesk(office.parts), office.parts

    def written() -> dict[int, Any]:
        parts.projector.catch_up()
        with parts.database.connection() as connection:
            rows = connection.execute("SELECT place, xmin::text FROM reporting.ticket_then")
            return dict(rows.fetchall())

    busy.happens([("open", 0), ("offer", 0)])
    before = written()
    busy.happens([("accept", 0), ("note", 0)])
    after = written()

    assert before.keys() == {1, 2}
    assert after.keys() == {1, 2, 3}
    assert after[1] == before[1]
    assert after[2] == after[3] != before[2]
