"""Counters that are kept say what a count of the rows would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from application.views.obligations import ObligationFilter, ObligationRow, OverdueCount
from application.views.ticket_register import TicketFilter
from domain.obligation import Obligation, Status
from infrastructure.views.obligations import PostgresObligations
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import BusyDesk

NAMES = ("ticket_register", "obligations")

OPENED = [("open", 0), ("open", 1), ("open", 3)]
PROMISED = [("slip", 0), ("clarify", 0), ("offer", 2)]
"""On the first ticket, and on the last, which is of another unit."""

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)


def kept(parts: Parts) -> Counter[Any]:
    """By view, the number of the count, and the values that are alike."""
    with parts.database.connection() as connection:
        rows = connection.execute(
            "SELECT relname, by, kind, number FROM reporting.view_count"
            " JOIN pg_class c ON c.oid = of AND relname = ANY(%s)",
            (list(NAMES),),
        ).fetchall()
    return Counter({(name, by, *kind): number for name, by, kind, number in rows if number})


def counted(parts: Parts) -> Counter[Any]:
    """The same, row by row."""
    found: Counter[Any] = Counter()
    units = {}
    for row in parts.ticket_register.page(TicketFilter(), before=None, limit=10_000):
        alike = row.state, row.procedure, row.channel, str(row.is_closed).lower(), row.unit
        found["ticket_register", 1, *alike] += 1
        found["ticket_register", 2, str(row.opened_at.astimezone(UTC).date()), *alike] += 1
        units[row.ticket_id] = row.unit
    for promise in promises(parts):
        if promise.over_at is None and not is_paused_in_time(promise):
            unit = promise.terms.get("unit", units[promise.ticket_id])
            day = str(promise.due_at.astimezone(UTC).date())
            found["obligations", 1, day, unit, str(promise.level)] += 1
    return found


def promises(parts: Parts) -> Sequence[ObligationRow]:
    return parts.obligations.page(ObligationFilter(), after=None, limit=10_000)


def is_paused_in_time(row: ObligationRow) -> bool:
    return row.paused_at is not None and row.paused_at <= row.due_at


def test_what_changes_is_counted_as_it_is_now(busy: BusyDesk) -> None:
    parts, promised = busy.parts, list[int]()
    closed = [("answer", 0), ("close", 0)]
    for deeds in ([*OPENED, *PROMISED], [("suspend", 0)], [("resume", 0)], closed):
        busy.happens(deeds)
        parts.projector.catch_up()

        found = kept(parts)
        assert found == counted(parts)
        assert sum(number for (_, by, *_), number in found.items() if by == 2) == 3
        promised.append(sum(n for (name, *_), n in found.items() if name == "obligations"))

    assert promised == [2, 1, 2, 1]
    assert any("true" in alike for alike in found)


def test_a_table_built_anew_brings_its_own_counters(busy: BusyDesk) -> None:
    parts = busy.parts
    busy.happens([*OPENED, *PROMISED])
    parts.projector.catch_up()
    before = kept(parts)

    parts.projector.rebuild(NAMES, lambda position, head: None)

    assert kept(parts) == before == counted(parts)
    busy.happens([("open", 2), ("accept", 2)])
    parts.projector.catch_up()
    assert kept(parts) == counted(parts) != before


def test_what_is_deleted_counts_no_more(busy: BusyDesk) -> None:
    parts = busy.parts
    busy.happens([*OPENED, *PROMISED])
    parts.projector.catch_up()

    with parts.database.connection() as connection:
        north = "DELETE FROM reporting.ticket_register WHERE unit = 'north' RETURNING ticket_id"
        gone = [ticket_id for (ticket_id,) in connection.execute(north)]
        connection.execute("DELETE FROM reporting.obligations WHERE ticket_id = ANY(%s)", (gone,))

    assert kept(parts) == counted(parts)
    assert kept(parts).total() == 3


@pytest.mark.parametrize("day", [10, 27])
def test_counts_of_a_time_are_those_of_whole_days_and_the_rest(busy_week: Parts, day: int) -> None:
    """From the middle of a day to the middle of another, with whole days between."""
    since, until = datetime(2026, 11, day, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 4, tzinfo=UTC)
    asked = TicketFilter(opened_from=since, opened_to=until, channel="phone")
    fit = busy_week.ticket_register.page(asked, before=None, limit=10_000)

    counts = busy_week.ticket_register.counts(asked)

    assert counts["all"] == {"total": len(fit)}
    assert counts.get("state", {}) == Counter(row.state for row in fit)


def test_what_is_overdue_is_counted_right_at_each_border(busy_week: Parts) -> None:
    """When something is due and just after, and when its day begins and ends."""
    rows, register = promises(busy_week), busy_week.ticket_register
    units = {row.ticket_id: row.unit for row in register.all(TicketFilter())}
    instants = set[datetime]()
    for due in {row.due_at for row in rows}:
        begin = datetime.combine(due.astimezone(UTC).date(), time(), UTC)
        instants |= {due, due + INSTANT, begin, begin + DAY, begin + DAY - INSTANT}

    for now in instants:
        overdue = Counter(
            (row.terms.get("unit", units[row.ticket_id]), row.level)
            for row in rows
            if row.over_at is None
            and Obligation.from_data(row.obligation).status_at(now) is Status.OVERDUE
        )
        found = {(c.unit, c.level): c.count for c in busy_week.obligations.overdue_counts(now)}
        assert found == overdue, now


def test_what_is_due_at_midnight_charged_or_paused_just_then_is_counted_right(
    busy: BusyDesk,
) -> None:
    parts = busy.parts
    busy.happens([*OPENED, *PROMISED])
    parts.projector.catch_up()
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    change = "UPDATE reporting.obligations SET due_at = %s, terms = %s, paused_at = %s WHERE {}"
    charged, paused = Jsonb({"unit": "store-1"}), midnight + DAY
    with parts.database.connection() as connection:
        connection.execute(change.format("name = 'reply'").encode(), (midnight, charged, None))
        connection.execute(change.format("name <> 'reply'").encode(), (paused, Jsonb({}), paused))

    assert kept(parts) == counted(parts)
    assert parts.obligations.overdue_counts(midnight) == []
    for now in (
        midnight + INSTANT,
        midnight + DAY,
        midnight + 2 * DAY,
        midnight + 2 * DAY + INSTANT,
    ):
        assert parts.obligations.overdue_counts(now) == [OverdueCount("store-1", 0, 1)]


def test_without_counters_what_is_overdue_is_counted_one_by_one(busy: BusyDesk) -> None:
    """As in a table that a release made which kept none."""
    parts = busy.parts
    busy.happens([*OPENED, *PROMISED])
    parts.projector.catch_up()
    later = promises(parts)[-1].due_at + 2 * DAY
    counts = parts.obligations.overdue_counts(later)

    with parts.database.connection() as connection:
        for what in ("insert", "update", "delete"):
            connection.execute(f"DROP TRIGGER tally_{what} ON reporting.obligations".encode())
        connection.execute(
            "DELETE FROM reporting.view_count WHERE of = 'reporting.obligations'::regclass"
        )
        connection.commit()

    another = PostgresObligations(parts.database)
    assert another.overdue_counts(later) == counts
    assert sum(count.count for count in counts) == len(promises(parts)) > 0
