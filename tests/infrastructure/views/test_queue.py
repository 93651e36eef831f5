"""In which order tickets wait: clients before the house, then by priority, then by their time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.views.ticket_register import Taker, TicketRegisterView, TicketRow
from domain.sealed import Sealed
from infrastructure.views.table import Table
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import numbered
from tests.support.facts import C1, LI_NA, NOON, SHANGHAI, WANG_FANG, opened
from tests.support.views import folded, recorded

NINE = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
HALF = timedelta(minutes=30)
NORTH = Taker(staff_id=WANG_FANG, unit="north", roles=frozenset({"cs_officer"}))


@pytest.fixture
def waiting(parts: Parts) -> Any:
    """Puts tickets into the queue of the north, each as said; their ids."""
    [row] = folded(TicketRegisterView(), recorded(opened())).values()

    def put(*words: dict[str, Any]) -> list[UUID]:
        rows: list[TicketRow] = [
            replace(
                row,
                ticket_id=numbered(0xE0, number),
                opened_position=number,
                matter=Sealed(C1, "", f"{C1}:1:ticket.opened:matter:{C1}:"),
                **({"queue": "north", "opened_at": NOON} | otherwise),
            )
            for number, otherwise in enumerate(words, start=1)
        ]
        with parts.database.connection() as connection:
            Table(TicketRegisterView()).write(connection, rows)
        return [row.ticket_id for row in rows]

    return put


def next_of(parts: Parts, taker: Taker = NORTH) -> UUID | None:
    row = parts.ticket_register.next(taker)
    return row and row.ticket_id


def in_queue(parts: Parts, taker: Taker = NORTH) -> list[UUID]:
    return [row.ticket_id for row in parts.ticket_register.queue(taker, after=None, limit=9)]


def test_a_client_from_half_past_nine_comes_before_the_house_from_nine(
    parts: Parts, waiting: Any
) -> None:
    house, client = waiting(
        {"origin": "internal", "opened_at": NINE, "priority": 1},
        {"origin": "external", "opened_at": NINE + HALF},
    )

    assert in_queue(parts) == [client, house]
    assert next_of(parts) == client


def test_what_is_urgent_comes_first_and_then_what_came_first(parts: Parts, waiting: Any) -> None:
    late, early, urgent = waiting(
        {"opened_at": NINE + HALF}, {"opened_at": NINE}, {"opened_at": NOON, "priority": 2}
    )

    assert in_queue(parts) == [urgent, early, late]
    assert next_of(parts) == urgent


@pytest.mark.parametrize(
    "otherwise",
    [
        {"queue": "south"},
        {"queue": "south", "queue_role": "director"},
        {"is_closed": True},
        {"queue": None},
    ],
)
def test_what_is_for_somebody_else_or_has_ended_is_not_waiting(
    parts: Parts, waiting: Any, otherwise: dict[str, Any]
) -> None:
    waiting(otherwise)

    assert (in_queue(parts), next_of(parts)) == ([], None)


def test_what_is_for_a_role_waits_for_all_who_have_it(parts: Parts, waiting: Any) -> None:
    [ticket] = waiting({"queue": "south", "queue_role": "cs_officer"})

    assert (in_queue(parts), next_of(parts)) == ([ticket], ticket)


@pytest.mark.parametrize("otherwise", [{"offered_to_id": LI_NA}, {"blocked_by": "client"}])
def test_what_waits_for_another_is_not_next(
    parts: Parts, waiting: Any, otherwise: dict[str, Any]
) -> None:
    [ticket] = waiting(otherwise)

    assert (in_queue(parts), next_of(parts)) == ([ticket], None)


def test_what_i_own_is_mine_to_see_to_unless_it_waits_for_another_unit(
    parts: Parts, waiting: Any
) -> None:
    _, mine = waiting(
        {"owner_id": WANG_FANG, "queue": "south", "opened_at": NINE},
        {"owner_id": WANG_FANG, "queue": None},
    )

    assert next_of(parts) == mine
