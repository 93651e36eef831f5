"""Counters that are kept say what a count of the rows would."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from application.views.ticket_register import TicketFilter
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import BusyDesk

NAME = "ticket_register"


def kept(parts: Parts) -> Counter[Any]:
    """By the number of the count and the values that are alike."""
    with parts.database.connection() as connection:
        rows = connection.execute(
            "SELECT by, kind, number FROM reporting.view_count"
            " WHERE of = 'reporting.ticket_register'::regclass"
        ).fetchall()
    return Counter({(by, *kind): number for by, kind, number in rows if number})


def counted(parts: Parts) -> Counter[Any]:
    """The same, row by row."""
    found: Counter[Any] = Counter()
    for row in parts.ticket_register.page(TicketFilter(), before=None, limit=10_000):
        alike = row.state, row.procedure, row.channel, str(row.is_closed).lower(), row.unit
        found[1, *alike] += 1
        found[2, str(row.opened_at.astimezone(UTC).date()), *alike] += 1
    return found


def test_what_changes_is_counted_as_it_is_now(busy: BusyDesk) -> None:
    parts = busy.parts
    busy.happens([("open", 0), ("open", 1), ("open", 3)])
    parts.projector.catch_up()
    opened = kept(parts)
    busy.happens([("slip", 0), ("clarify", 0), ("answer", 0), ("close", 0)])
    parts.projector.catch_up()

    assert opened.total() == 6
    assert kept(parts) == counted(parts) != opened


def test_a_table_built_anew_brings_its_own_counters(busy: BusyDesk) -> None:
    parts = busy.parts
    busy.happens([("open", 0), ("open", 1), ("close", 0)])
    parts.projector.catch_up()
    before = kept(parts)

    parts.projector.rebuild(NAME, lambda position, head: None)

    assert kept(parts) == before == counted(parts)
    busy.happens([("open", 2)])
    parts.projector.catch_up()
    assert kept(parts) == counted(parts) != before


def test_what_is_deleted_counts_no_more(busy: BusyDesk) -> None:
    parts = busy.parts
    busy.happens([("open", 0), ("open", 1)])
    parts.projector.catch_up()

    with parts.database.connection() as connection:
        connection.execute("DELETE FROM reporting.ticket_register WHERE unit = 'north'")

    assert kept(parts) == counted(parts)
    assert kept(parts).total() == 2


@pytest.mark.parametrize("day", [10, 27])
def test_counts_of_a_time_are_those_of_whole_days_and_the_rest(busy_week: Parts, day: int) -> None:
    """From the middle of a day to the middle of another, with whole days between."""
    since, until = datetime(2026, 11, day, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 4, tzinfo=UTC)
    asked = TicketFilter(opened_from=since, opened_to=until, channel="phone")
    fit = busy_week.ticket_register.page(asked, before=None, limit=10_000)

    counts = busy_week.ticket_register.counts(asked)

    assert counts["all"] == {"total": len(fit)}
    assert counts.get("state", {}) == Counter(row.state for row in fit)
