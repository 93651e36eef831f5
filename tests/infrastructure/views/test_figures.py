"""What figures are made of, answered by SQL as by going through all the facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.register import Fact
from application.views.figures import (
    HappeningFigures,
    HappeningRow,
    HappeningView,
    TicketFigures,
    TicketFiguresView,
    Window,
)
from application.views.ticket_register import TicketRegisterView, TicketRow
from application.views.view import View
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import BusyDesk
from tests.support.facts import C1, LI_NA, M1, NOON, T1, WANG_FANG, ZHAO_LEI
from tests.support.http import Office
from tests.support.views import folded

LONG_AGO = NOON - timedelta(days=400)
NOW = NOON + timedelta(days=20)
PROCEDURES = ("consultation", "installation", "old-log")


@pytest.fixture(scope="module")
def parts(busy_week: Parts) -> Parts:
    return busy_week


@pytest.fixture(scope="module")
def facts(parts: Parts) -> list[Fact]:
    return parts.register.facts(0, 10_000)


@pytest.fixture(scope="module")
def happened(facts: list[Fact]) -> list[HappeningRow]:
    return rows(HappeningView(), facts)


@pytest.fixture(scope="module")
def tickets(facts: list[Fact]) -> dict[UUID, TicketRow]:
    """In the order in which they were opened."""
    return {row.ticket_id: row for row in rows(TicketRegisterView(), facts)}


def rows(view: View[Any], facts: Sequence[Fact]) -> list[Any]:
    return list(folded(view, facts).values())


days = st.integers(-6, 2).map(lambda day: NOON + timedelta(days=day))
words = st.sampled_from(["opened", "noted", "survey", "answered", "closed", "assign", "no-such"])
procedures = st.none() | st.lists(st.sampled_from(PROCEDURES), max_size=2)


def window(since: datetime, until: datetime, of: Sequence[str] | None = None) -> Window:
    return Window(since=since, until=until, procedures=of)


@given(word=words, since=days, until=days, of=procedures)
@settings(max_examples=60)
def test_tickets_are_those_to_which_it_last_happened_in_the_window(
    parts: Parts,
    happened: list[HappeningRow],
    tickets: dict[UUID, TicketRow],
    word: str,
    since: datetime,
    until: datetime,
    of: list[str] | None,
) -> None:
    last = {row.ticket_id: row.happened_at for row in happened if row.word == word}
    expected = [
        t.ticket_id
        for t in tickets.values()
        if t.ticket_id in last
        and since <= last[t.ticket_id] < until
        and (of is None or t.procedure in of)
    ]

    found = parts.figures.tickets(word, window(since, until, of), NOW)

    assert [row.ticket_id for row in found] == expected


@given(asked=st.lists(words, max_size=3), since=days, until=days, of=procedures)
@settings(max_examples=60)
def test_happenings_are_those_of_the_window_in_the_order_recorded(
    parts: Parts,
    happened: list[HappeningRow],
    tickets: dict[UUID, TicketRow],
    asked: list[str],
    since: datetime,
    until: datetime,
    of: list[str] | None,
) -> None:
    expected = [
        row.position
        for row in happened
        if row.word in asked
        and since <= row.happened_at < until
        and (of is None or tickets[row.ticket_id].procedure in of)
    ]

    found = parts.figures.happenings(asked, window(since, until, of), NOW)

    assert [row.happening.position for row in found] == expected


def test_a_ticket_is_told_as_the_facts_have_it(
    parts: Parts, facts: list[Fact], tickets: dict[UUID, TicketRow]
) -> None:
    told = {row.ticket_id: row for row in rows(TicketFiguresView(), facts)}

    found = parts.figures.tickets("opened", window(LONG_AGO, NOW), NOW)

    assert len(found) == len(tickets) > 10
    for row in found:
        assert row.ticket == tickets[row.ticket_id]
        assert row.told.counts == told[row.ticket_id].counts
        assert row.told.last_at == told[row.ticket_id].last_at
        assert row.client["kind"] == "person"
        assert row.now == NOW
    promised = {name for row in found for name, _ in row.obligations}
    assert {"reply", "accept_transfer"} <= promised
    missed = {name: sum(row.look(f"breached.{name}") for row in found) for name in sorted(promised)}
    assert missed == {
        name: sum(
            known.missed_at(NOW) is not None
            for row in found
            for of, known in row.obligations
            if of == name
        )
        for name in sorted(promised)
    }
    assert sum(missed.values()) > 0


def test_a_happening_comes_with_its_ticket(parts: Parts, happened: list[HappeningRow]) -> None:
    surveys = [row for row in happened if row.word == "survey"]

    found = parts.figures.happenings(["survey"], window(LONG_AGO, NOW), NOW)

    assert [row.happening for row in found] == surveys != []
    for row in found:
        assert isinstance(row, HappeningFigures)
        assert isinstance(row.of, TicketFigures)
        assert row.ticket_id == row.happening.ticket_id == row.of.told.ticket_id
        assert row.look("this.procedure") == "installation"
        assert row.look("form.sockets") == row.happening.form["sockets"]


def test_a_window_includes_its_beginning_and_not_its_end(
    parts: Parts, happened: list[HappeningRow]
) -> None:
    at, instant = happened[0].happened_at, timedelta(microseconds=1)

    def found(since: datetime, until: datetime) -> tuple[int, int]:
        asked = window(since, until)
        happenings = parts.figures.happenings(["opened"], asked, NOW)
        return len(parts.figures.tickets("opened", asked, NOW)), len(happenings)

    assert happened[0].word == "opened"
    assert found(at, at) == found(at - instant, at) == (0, 0)
    assert found(at, at + instant) > (0, 0)
    assert found(at, at + instant)[0] == found(at, at + instant)[1]


@given(data=st.data(), since=days, of=procedures)
@settings(max_examples=60)
def test_the_same_is_counted_on_other_tickets(
    parts: Parts,
    happened: list[HappeningRow],
    tickets: dict[UUID, TicketRow],
    data: st.DataObject,
    since: datetime,
    of: list[str] | None,
) -> None:
    surveys = [row for row in happened if row.word == "survey"]
    sockets = data.draw(st.sampled_from([row.form["sockets"] for row in surveys] + [99]))
    same = data.draw(st.sampled_from([{}, {"sockets": sockets}, {"sockets": str(sockets)}]))
    without = data.draw(st.none() | st.sampled_from([row.ticket_id for row in surveys]))
    expected = [
        row
        for row in surveys
        if row.happened_at >= since
        and same.items() <= row.form.items()
        and row.ticket_id != without
        and (of is None or tickets[row.ticket_id].procedure in of)
    ]

    counted = parts.figures.count_happenings(
        "survey", same=same, since=since, procedures=of, without=without
    )

    assert counted == len(expected)


def test_what_is_not_there_is_the_same_as_nothing(parts: Parts) -> None:
    assert parts.figures.count_happenings("survey", same={}, since=LONG_AGO) > 0
    assert parts.figures.count_happenings("survey", same={"room": None}, since=LONG_AGO) == 0


@given(
    owner=st.none() | st.sampled_from([LI_NA, WANG_FANG, ZHAO_LEI, M1, C1]),
    channels=st.none() | st.lists(st.sampled_from(["phone", "walk_in", "online"]), max_size=2),
    of=procedures,
    not_in=st.lists(st.sampled_from(["registered", "answered", "completed"]), max_size=2),
    data=st.data(),
)
@settings(max_examples=60)
def test_open_tickets_are_counted(
    parts: Parts,
    tickets: dict[UUID, TicketRow],
    owner: UUID | None,
    channels: list[str] | None,
    of: list[str] | None,
    not_in: list[str],
    data: st.DataObject,
) -> None:
    without = data.draw(st.none() | st.sampled_from([T1, *tickets]))
    expected = [
        t
        for t in tickets.values()
        if not t.is_closed
        and owner in (None, t.owner_id)
        and (channels is None or t.channel in channels)
        and (of is None or t.procedure in of)
        and t.state not in not_in
        and t.ticket_id != without
    ]

    counted = parts.figures.count_open(
        owner_id=owner, channels=channels, procedures=of, not_in=not_in, without=without
    )

    assert counted == len(expected)


def test_nothing_that_is_sealed_stands_in_the_tables(parts: Parts) -> None:
    with parts.database.connection() as connection:
        [told] = connection.execute(
            "SELECT string_agg(to_jsonb(h)::text, '') || (SELECT string_agg(to_jsonb(f)::text, '')"
            " FROM reporting.ticket_figures f) FROM reporting.happening h"
        ).fetchone() or [""]

    assert "sockets" in told
    assert "$box" not in told
    assert "说" not in told


def test_what_is_said_of_a_client_in_clear_is_known_and_nothing_else(office: Office) -> None:
    parts = office.parts
    BusyDesk(parts).happens([("open", 0)])
    parts.projector.catch_up()
    attributes = json.dumps({"region": "north", "phone": {"$box": f"a:b:c:d:{C1}:e"}})
    with parts.database.connection() as connection:
        connection.execute("UPDATE reporting.client_file SET attributes = %s", (attributes,))

    found = parts.figures.tickets("opened", window(LONG_AGO, NOW), NOW)

    assert found[0].client == {"kind": "person", "region": "north"}
    assert found[0].look("client.region") == "north"
