"""Lists of clients, staff and promises as of an instant, answered by SQL as replay answers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from application.as_of import folded
from application.instant import AsOf, Clock
from application.register import Fact
from application.views.client_then import ClientThenView
from application.views.obligation_then import ObligationThenView
from application.views.obligations import ObligationFilter
from application.views.staff_then import ON_TICKETS, StaffThenView
from application.views.then import RowsThen, ThenView
from domain.aggregate import InitialEvent
from domain.sealed import Sealed
from domain.ticket import Ticket
from infrastructure.views.table import Table
from infrastructure.wiring import Parts

ALL = 10_000
INSTANT = timedelta(microseconds=1)
TO_COME = datetime(2999, 1, 1, tzinfo=UTC)

READ_SO_FAR = ("version", "position", "log", ON_TICKETS)


def newest_first(row: Any) -> Any:
    return -row.registered_position


def soonest_first(row: Any) -> Any:
    return row.due_at, row.opened_position


Of = Callable[[Parts], RowsThen[Any, Any]]

LISTS: list[Any] = [
    pytest.param(ClientThenView(), lambda parts: parts.clients_then, None, newest_first),
    pytest.param(StaffThenView(), lambda parts: parts.staff_then, None, newest_first),
    pytest.param(
        ObligationThenView(),
        lambda parts: parts.obligations_then,
        ObligationFilter(),
        soonest_first,
    ),
]
each_list = pytest.mark.parametrize(
    ("view", "then", "asked", "order"), LISTS, ids=["clients", "staff", "obligations"]
)


@pytest.fixture(scope="module")
def parts(busy_week: Parts) -> Parts:
    return busy_week


@pytest.fixture(scope="module")
def facts(parts: Parts) -> list[Fact]:
    return parts.register.facts(0, ALL)


def shown(row: Any) -> dict[str, Any]:
    """What a list shows of a row; texts as they are sealed, times as instants."""
    return {name: plain(v) for name, v in asdict(row).items() if name not in READ_SO_FAR}


def plain(value: Any) -> Any:
    if isinstance(value, Sealed):
        return value.box
    if isinstance(value, dict):
        return {"box": value["box"]} if "box" in value else {k: plain(v) for k, v in value.items()}
    return value


def replayed(view: ThenView[Any], facts: list[Fact], as_of: AsOf) -> list[Any]:
    begins = Ticket.TimePromised if isinstance(view, ObligationThenView) else InitialEvent
    mine = [f for f in facts if type(f.event) in view.facts and as_of.covers(f)]
    return list(folded(view.of, mine, begins).values())


@each_list
@pytest.mark.parametrize("clock", Clock)
def test_at_any_instant_the_list_is_what_the_facts_of_by_then_say(
    parts: Parts,
    facts: list[Fact],
    view: ThenView[Any],
    then: Of,
    asked: Any,
    order: Callable[[Any], Any],
    clock: Clock,
) -> None:
    mine = [fact for fact in facts if type(fact.event) in view.facts]
    by_store = clock is Clock.RECORDED
    told = sorted({f.recorded_at if by_store else f.event.timestamp for f in mine})
    seen = set()
    for at in [*told[:: 1 + len(told) // 20], TO_COME]:
        for as_of in (AsOf(at, clock), AsOf(at - INSTANT, clock)):
            replay = sorted(replayed(view, facts, as_of), key=order)
            expected = [shown(row) for row in replay]

            found = then(parts).page(asked, as_of, after=None, limit=ALL)

            assert [shown(one.row) for one in found.rows] == expected
            assert found.definition == Table(view).definition
            seen.add(str(expected))
    assert len(seen) > (3 if by_store else 1)


@each_list
def test_page_by_page_nothing_is_left_out_and_nothing_comes_twice(
    parts: Parts,
    facts: list[Fact],
    view: ThenView[Any],
    then: Of,
    asked: Any,
    order: Callable[[Any], Any],
) -> None:
    as_of, after = AsOf(TO_COME, Clock.OCCURRED), None
    expected = sorted(replayed(view, facts, as_of), key=order)
    pages: list[list[Any]] = []

    for _ in expected:
        page = then(parts).page(asked, as_of, after=after, limit=2).rows
        if not page:
            break
        pages.append([one.row for one in page])
        last = page[-1].row
        after = soonest_first(last) if order is soonest_first else last.registered_position

    assert [shown(row) for page in pages for row in page] == [shown(row) for row in expected]
    assert len(pages) > 1


@pytest.mark.parametrize("clock", Clock)
def test_promises_are_asked_for_as_they_were_then(
    parts: Parts, facts: list[Fact], clock: Clock
) -> None:
    mine = [fact for fact in facts if type(fact.event) in ObligationThenView.facts]
    by_store = clock is Clock.RECORDED
    told = sorted({f.recorded_at if by_store else f.event.timestamp for f in mine})
    differing = 0
    for at in told[:: 1 + len(told) // 8]:
        as_of = AsOf(at, clock)
        there = replayed(ObligationThenView(), facts, as_of)
        first = there[0]
        for asked, fitting in (
            (ObligationFilter(is_open=True), [r for r in there if r.over_at is None]),
            (
                ObligationFilter(responsible_id=first.responsible_id),
                [r for r in there if r.responsible_id == first.responsible_id],
            ),
            (ObligationFilter(rule=first.rule), [r for r in there if r.rule == first.rule]),
        ):
            expected = {row.obligation_id for row in fitting}

            found = parts.obligations_then.page(asked, as_of, after=None, limit=ALL)

            assert {one.row.obligation_id for one in found.rows} == expected
            differing += len(expected) < len(there)
    assert differing
