"""The questions, answered by SQL as they would be by going through all the facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.register import Fact, Unavailable
from application.views.client_file import ClientFileView
from application.views.obligations import ObligationFilter, ObligationRow, ObligationsView
from application.views.pack_shelf import PackShelfView
from application.views.staff_directory import StaffDirectoryView, StaffRow
from application.views.ticket_history import TakenStep, TicketHistoryView
from application.views.ticket_register import TicketFilter, TicketRegisterView, TicketRow
from application.views.view import View
from domain.obligation import NotDueSoon, NotYetSupervised, Obligation, Status
from domain.sealed import Sealed
from domain.ticket import Ticket
from infrastructure.wiring import Parts
from tests.support.facts import C1, LI_NA, M1, NOON, T1, WANG_FANG, ZHAO_LEI
from tests.support.postgres import terminate_backends
from tests.support.views import folded

INSTANT = timedelta(microseconds=1)
ALL = 10_000


@pytest.fixture(scope="module")
def parts(busy_week: Parts) -> Parts:
    return busy_week


@pytest.fixture(scope="module")
def facts(parts: Parts) -> list[Fact]:
    return parts.register.facts(0, ALL)


@pytest.fixture(scope="module")
def tickets(facts: list[Fact]) -> list[TicketRow]:
    """All of them, newest first."""
    return rows(TicketRegisterView(), facts)[::-1]


def rows(view: View[Any], facts: Sequence[Fact]) -> list[Any]:
    """In the order in which their streams began."""
    return list(folded(view, facts).values())


Answers = Callable[[TicketRow, Any], bool]

ANSWERS: dict[str, Answers] = {
    "state": lambda t, state: t.state == state,
    "is_closed": lambda t, is_closed: t.is_closed is is_closed,
    "owner_id": lambda t, who: t.owner_id == who,
    "first_contact_id": lambda t, who: t.first_contact_id == who,
    "offered_to_id": lambda t, who: t.offered_to_id == who,
    "offered_by_id": lambda t, who: t.offered_to_id is not None and t.owner_id == who,
    "returned_to_id": lambda t, who: t.returned_to_id == who,
    "returned_at_least": lambda t, often: t.returns >= often,
    "queue": lambda t, unit: t.queue == unit,
    "alarmed_id": lambda t, who: t.alarmed_id == who,
    "asked_id": lambda t, who: t.asked_id == who,
    "client_ids": lambda t, clients: t.client_id in clients,
    "procedure": lambda t, pack: t.procedure == pack,
    "channel": lambda t, channel: t.channel == channel,
    "unit": lambda t, unit: t.unit == unit,
    "number": lambda t, number: t.number == number,
    "opened_from": lambda t, since: t.opened_at >= since,
    "opened_to": lambda t, until: t.opened_at <= until,
}
"""What each word of the filter asks of a ticket."""


def fitting(tickets: Sequence[TicketRow], asked: TicketFilter) -> list[TicketRow]:
    words = {name: v for name in ANSWERS if (v := getattr(asked, name)) is not None}
    return [t for t in tickets if all(ANSWERS[name](t, v) for name, v in words.items())]


people = st.sampled_from([LI_NA, WANG_FANG, ZHAO_LEI, M1, T1])
instants = st.integers(-5, 1).map(lambda days: NOON + timedelta(days=days))
filters = st.builds(
    TicketFilter,
    state=st.none() | st.sampled_from(["registered", "answered", "closed", "assigned", "gone"]),
    is_closed=st.none() | st.booleans(),
    owner_id=st.none() | people,
    first_contact_id=st.none() | people,
    offered_to_id=st.none() | people,
    asked_id=st.none() | people,
    offered_by_id=st.none() | people,
    returned_to_id=st.none() | people,
    returned_at_least=st.none() | st.integers(0, 3),
    queue=st.none() | st.sampled_from(["main", "north"]),
    alarmed_id=st.none() | people,
    client_ids=st.none() | st.lists(st.sampled_from([C1, LI_NA]), max_size=2).map(tuple),
    procedure=st.none() | st.sampled_from(["consultation", "installation", "old-log"]),
    channel=st.none() | st.sampled_from(["phone", "online", "walk_in"]),
    unit=st.none() | st.sampled_from(["main", "north"]),
    number=st.none() | st.sampled_from(["2026-0001", "2026-0003"]),
    opened_from=st.none() | instants,
    opened_to=st.none() | instants,
)
nothing = TicketFilter()


@pytest.mark.parametrize("name", ANSWERS)
def test_each_word_of_a_filter_finds_those_that_it_speaks_of(
    parts: Parts, tickets: list[TicketRow], name: str
) -> None:
    values = {value_of(ticket, name) for ticket in tickets} - {None}

    found = {
        value: parts.ticket_register.page(TicketFilter(**{name: value}), before=None, limit=ALL)
        for value in values
    }

    assert values
    for value, page in found.items():
        assert page == fitting(tickets, TicketFilter(**{name: value}))
        assert page


def value_of(ticket: TicketRow, name: str) -> Any:
    """What a ticket would be asked for by."""
    if name == "client_ids":
        return (ticket.client_id,)
    if name == "offered_by_id":
        return ticket.owner_id if ticket.offered_to_id else None
    if name == "returned_at_least":
        return ticket.returns
    return ticket.opened_at if name.startswith("opened_") else getattr(ticket, name)


@pytest.mark.parametrize("name", ["opened_from", "opened_to"])
def test_a_time_in_a_filter_includes_itself_and_not_the_instant_beyond(
    parts: Parts, tickets: list[TicketRow], name: str
) -> None:
    ticket = tickets[0]
    beyond = ticket.opened_at + (INSTANT if name == "opened_from" else -INSTANT)
    only = TicketFilter(number=ticket.number, owner_id=ticket.owner_id, unit=ticket.unit)

    def found(at: datetime) -> list[TicketRow]:
        return parts.ticket_register.page(replace(only, **{name: at}), before=None, limit=ALL)

    assert ticket in found(ticket.opened_at)
    assert ticket in found(ticket.opened_at.astimezone(UTC))
    assert ticket not in found(beyond)


@given(asked=filters)
def test_any_filter_finds_the_tickets_that_fit_newest_first(
    parts: Parts, tickets: list[TicketRow], asked: TicketFilter
) -> None:
    assert parts.ticket_register.page(asked, before=None, limit=ALL) == fitting(tickets, asked)


@given(asked=filters, limit=st.integers(1, 20))
@settings(max_examples=30)
def test_page_by_page_nothing_is_left_out_and_nothing_comes_twice(
    parts: Parts, tickets: list[TicketRow], asked: TicketFilter, limit: int
) -> None:
    pages: list[list[TicketRow]] = []
    before: int | None = None

    for _ in tickets:
        if page := parts.ticket_register.page(asked, before=before, limit=limit):
            pages.append(page)
            before = page[-1].opened_position

    assert [ticket for page in pages for ticket in page] == fitting(tickets, asked)
    assert all(len(page) == limit for page in pages[:-1])


@given(asked=filters)
def test_the_counts_are_those_of_the_tickets_that_fit(
    parts: Parts, tickets: list[TicketRow], asked: TicketFilter
) -> None:
    fit = fitting(tickets, asked)
    groups = {
        "state": Counter(t.state for t in fit),
        "procedure": Counter(t.procedure for t in fit),
        "channel": Counter(t.channel for t in fit),
        "closed": Counter(str(t.is_closed).lower() for t in fit),
    }

    counts = parts.ticket_register.counts(asked)

    assert counts == {"all": {"total": len(fit)}} | {n: g for n, g in groups.items() if g}


def test_one_ticket_is_found_by_its_id(parts: Parts, tickets: list[TicketRow]) -> None:
    assert parts.ticket_register.ticket(tickets[3].ticket_id) == tickets[3]
    assert parts.ticket_register.ticket(T1) is None


def test_texts_about_persons_come_closed(parts: Parts, tickets: list[TicketRow]) -> None:
    row = parts.ticket_register.ticket(tickets[0].ticket_id)

    assert row is not None
    assert row.matter == Sealed(row.client_id, None)
    assert row.matter.box is not None
    assert parts.codec.open(row.matter.box) == "说matter"


def test_the_history_of_a_ticket_is_all_its_events_in_order(
    parts: Parts, facts: list[Fact], tickets: list[TicketRow]
) -> None:
    history = {
        t.ticket_id: parts.ticket_history.of_ticket(t.ticket_id, after=0, limit=ALL)
        for t in tickets
    }

    expected = rows(TicketHistoryView(), facts)
    for ticket in tickets:
        of_ticket = [row for row in expected if row.ticket_id == ticket.ticket_id]
        assert [(row.position, row.topic) for row in history[ticket.ticket_id]] == [
            (row.position, row.topic) for row in of_ticket
        ]
        assert [row.version for row in history[ticket.ticket_id]] == list(
            range(1, ticket.version + 1)
        )


def test_a_history_is_read_on_from_a_version(parts: Parts, tickets: list[TicketRow]) -> None:
    ticket = max(tickets, key=lambda t: t.version)

    page = parts.ticket_history.of_ticket(ticket.ticket_id, after=3, limit=4)

    assert [row.version for row in page] == [4, 5, 6, 7]
    assert parts.ticket_history.of_ticket(ticket.ticket_id, after=ticket.version, limit=4) == []


@pytest.mark.parametrize(("after", "limit"), [(0, ALL), (3, 4), (ALL, 4)])
def test_a_ticket_and_its_history_come_together(
    parts: Parts, tickets: list[TicketRow], after: int, limit: int
) -> None:
    for ticket in (tickets[0], max(tickets, key=lambda t: t.version)):
        history = parts.ticket_history.of_ticket(ticket.ticket_id, after=after, limit=limit)

        together = parts.ticket_history.with_ticket(ticket.ticket_id, after=after, limit=limit)

        assert together == (ticket, history)
    assert parts.ticket_history.with_ticket(T1, after=after, limit=limit) == (None, [])


@pytest.mark.parametrize("procedure", ["installation", "old-log", "consultation", "no-such"])
def test_the_steps_of_a_procedure_come_ticket_by_ticket_in_the_order_of_their_times(
    parts: Parts, facts: list[Fact], procedure: str
) -> None:
    assert list(parts.ticket_history.steps(procedure)) == steps(facts, procedure)


def test_there_are_steps_to_be_put_in_order(facts: list[Fact]) -> None:
    taken = steps(facts, "old-log")
    positions = {(f.event.originator_id, f.event.timestamp): f.position for f in facts}

    as_recorded = sorted(taken, key=lambda s: positions[s.ticket_id, s.occurred_at])

    assert len({step.ticket_id for step in taken}) > 1
    assert taken != as_recorded


def steps(facts: Sequence[Fact], procedure: str) -> list[TakenStep]:
    opened = {
        f.event.originator_id: f.position
        for f in facts
        if isinstance(f.event, Ticket.Opened) and f.event.procedure == procedure
    }
    taken = [
        f.event
        for f in facts
        if isinstance(f.event, Ticket.StepTaken) and f.event.originator_id in opened
    ]
    ordered = sorted(
        taken, key=lambda e: (opened[e.originator_id], e.timestamp, e.originator_version)
    )
    return [
        TakenStep(
            e.originator_id,
            e.word,
            f"staff:{e.done_by_id}" if e.done_by_id else e.by,
            e.timestamp.astimezone(UTC),
        )
        for e in ordered
    ]


def test_clients_come_newest_first_page_by_page(parts: Parts, facts: list[Fact]) -> None:
    clients = rows(ClientFileView(), facts)[::-1]

    first = parts.client_file.page(before=None, limit=3)
    rest = parts.client_file.page(before=first[-1].registered_position, limit=ALL)

    assert first + rest == clients
    assert len(rest) > 3


def test_a_client_is_found_by_id_with_those_whose_files_follow_it(
    parts: Parts, facts: list[Fact]
) -> None:
    clients = rows(ClientFileView(), facts)

    followed = {c.merged_into_id for c in clients} - {None}

    assert followed
    assert parts.client_file.client(T1) is None
    for client in clients:
        assert parts.client_file.client(client.client_id) == client
        assert set(parts.client_file.merged_into(client.client_id)) == {
            c.client_id for c in clients if c.merged_into_id == client.client_id
        }


def test_staff_come_newest_first_page_by_page(parts: Parts, facts: list[Fact]) -> None:
    staff = rows(StaffDirectoryView(), facts)[::-1]

    first = parts.staff_directory.page(before=None, limit=3)
    rest = parts.staff_directory.page(before=first[-1].registered_position, limit=ALL)

    assert first + rest == staff
    assert len(rest) > 3
    assert parts.staff_directory.member(LI_NA) in staff
    assert parts.staff_directory.member(T1) is None


def test_packs_come_by_name(parts: Parts, facts: list[Fact]) -> None:
    packs = rows(PackShelfView(), facts)

    assert parts.pack_shelf.packs() == sorted(packs, key=lambda pack: pack.name)
    assert len(packs) > 3


@pytest.fixture(scope="module")
def obligations(facts: list[Fact]) -> list[ObligationRow]:
    """All of them, soonest due first."""
    return sorted(rows(ObligationsView(), facts), key=place_of)


def place_of(row: ObligationRow) -> tuple[datetime, int]:
    return row.due_at, row.opened_position


def is_overdue(row: ObligationRow, now: datetime) -> bool:
    """Missed, and still open: what is over by the last fact read is never overdue any more."""
    status = Obligation.from_data(row.obligation).status_at(now)
    return row.over_at is None and status is Status.OVERDUE


OBLIGATION_ANSWERS: dict[str, Callable[[ObligationRow, Any], bool]] = {
    "ticket_id": lambda o, ticket_id: o.ticket_id == ticket_id,
    "responsible_id": lambda o, who: o.responsible_id == who,
    "told_id": lambda o, who: o.told_id == who,
    "is_open": lambda o, is_open: (o.over_at is None) is is_open,
    "overdue_at": is_overdue,
    "due_from": lambda o, since: o.due_at >= since,
    "due_to": lambda o, until: o.due_at <= until,
    "rule": lambda o, rule: o.rule == rule,
    "level": lambda o, level: o.level == level,
    "supervised_by": lambda o, who: str(who) in o.supervisors,
}

hours = st.integers(-200, 900).map(lambda number: NOON + timedelta(hours=number))
"""From before the first promise until the last pause is over."""


@st.composite
def obligation_filters(draw: st.DrawFn, obligations: Sequence[ObligationRow]) -> ObligationFilter:
    """What is asked for is often what is there: an instant exactly when something is due."""
    instants = hours | st.sampled_from([row.due_at for row in obligations])
    ticket_ids = st.sampled_from([T1, *(row.ticket_id for row in obligations)])
    return ObligationFilter(
        ticket_id=draw(st.none() | ticket_ids),
        responsible_id=draw(st.none() | people),
        told_id=draw(st.none() | people),
        is_open=draw(st.none() | st.booleans()),
        overdue_at=draw(st.none() | instants),
        due_from=draw(st.none() | instants),
        due_to=draw(st.none() | instants),
        rule=draw(st.none() | st.sampled_from([row.rule for row in obligations])),
        level=draw(st.none() | st.integers(0, 2)),
        supervised_by=draw(st.none() | people),
    )


def those(obligations: Sequence[ObligationRow], asked: ObligationFilter) -> list[ObligationRow]:
    words = {name: v for name in OBLIGATION_ANSWERS if (v := getattr(asked, name)) is not None}
    return [o for o in obligations if all(OBLIGATION_ANSWERS[n](o, v) for n, v in words.items())]


@given(data=st.data())
def test_any_filter_finds_the_obligations_that_fit_soonest_due_first(
    parts: Parts, obligations: list[ObligationRow], data: st.DataObject
) -> None:
    asked = data.draw(obligation_filters(obligations))

    assert parts.obligations.page(asked, after=None, limit=ALL) == those(obligations, asked)


@pytest.mark.parametrize("name", OBLIGATION_ANSWERS)
def test_each_word_of_a_filter_finds_some_obligations_and_not_others(
    parts: Parts, obligations: list[ObligationRow], name: str
) -> None:
    middle = obligations[len(obligations) // 2]
    told = next(row.told_id for row in obligations if row.told_id)
    values = {"is_open": True, "overdue_at": middle.due_at + INSTANT, "due_to": middle.due_at}
    values |= {"told_id": told, "level": 1, "supervised_by": told, "due_from": middle.due_at}
    values |= {"rule": next(row.rule for row in obligations if row.rule)}
    value = values.get(name) or getattr(middle, name)
    asked = ObligationFilter(**{name: value})

    found = parts.obligations.page(asked, after=None, limit=ALL)

    assert found == those(obligations, asked)
    assert 0 < len(found) < len(obligations)


@given(limit=st.integers(1, 20))
@settings(max_examples=20)
def test_page_by_page_no_obligation_is_left_out_and_none_comes_twice(
    parts: Parts, obligations: list[ObligationRow], limit: int
) -> None:
    pages: list[list[ObligationRow]] = []
    after: tuple[datetime, int] | None = None

    while page := parts.obligations.page(ObligationFilter(), after=after, limit=limit):
        pages.append(page)
        after = place_of(page[-1])

    assert [row for page in pages for row in page] == obligations
    assert all(len(page) == limit for page in pages[:-1])


def test_many_are_due_at_the_same_instant(obligations: list[ObligationRow]) -> None:
    [(_, number)] = Counter(row.due_at for row in obligations).most_common(1)

    assert number > 3


@given(data=st.data(), limit=st.integers(1, 30))
def test_the_clock_is_given_what_is_overdue_and_not_on_record_the_longest_due_first(
    parts: Parts, obligations: list[ObligationRow], data: st.DataObject, limit: int
) -> None:
    now = data.draw(hours | st.sampled_from([row.due_at for row in obligations]))

    missed = [row for row in obligations if is_overdue(row, now) and row.breached_at is None]

    assert parts.obligations.to_breach(now, limit) == missed[:limit]


@given(data=st.data(), limit=st.integers(1, 30))
def test_the_clock_is_given_what_is_due_soon_and_not_on_record_the_earliest_first(
    parts: Parts, obligations: list[ObligationRow], data: st.DataObject, limit: int
) -> None:
    edges = [row.warn_at for row in obligations if row.warn_at]
    now = data.draw(hours | st.sampled_from(edges + [row.due_at for row in obligations]))

    soon = [row for row in obligations if row.warn_at and is_due_soon(row, now)]

    first = sorted(soon, key=lambda row: (row.warn_at, row.opened_position))
    assert parts.obligations.to_warn(now, limit) == first[:limit]


def is_due_soon(row: ObligationRow, now: datetime) -> bool:
    try:
        Obligation.from_data(row.obligation).warned(now)
    except NotDueSoon:
        return False
    return row.over_at is None


@given(data=st.data(), limit=st.integers(1, 30))
def test_the_clock_is_given_what_the_next_level_is_to_know_the_longest_due_first(
    parts: Parts, obligations: list[ObligationRow], data: st.DataObject, limit: int
) -> None:
    edges = [row.supervise_at for row in obligations if row.supervise_at]
    now = data.draw(hours | st.sampled_from(edges))

    reached = [row for row in obligations if is_level_reached(row, now)]

    assert parts.obligations.to_supervise(now, limit) == reached[:limit]


def is_level_reached(row: ObligationRow, now: datetime) -> bool:
    try:
        Obligation.from_data(row.obligation).supervised(row.level + 1, now)
    except NotYetSupervised:
        return False
    return True


@given(data=st.data())
def test_what_is_overdue_is_counted_by_unit_and_level(
    parts: Parts, facts: list[Fact], obligations: list[ObligationRow], data: st.DataObject
) -> None:
    edges = [row.due_at for row in obligations]
    now = data.draw(hours | st.sampled_from([*edges, *(at + INSTANT for at in edges)]))
    units = {row.ticket_id: row.unit for row in rows(TicketRegisterView(), facts)}

    counted = Counter(
        (row.terms.get("unit", units[row.ticket_id]), row.level)
        for row in obligations
        if is_overdue(row, now)
    )

    assert {(c.unit, c.level): c.count for c in parts.obligations.overdue_counts(now)} == counted


@given(data=st.data())
def test_who_keeps_what_is_the_deputy_while_it_is_due_in_their_time_and_they_stand_in(
    parts: Parts, facts: list[Fact], obligations: list[ObligationRow], data: st.DataObject
) -> None:
    now = data.draw(hours)
    staff = {row.staff_id: row for row in rows(StaffDirectoryView(), facts)}

    keepers = {row.obligation_id: keeper(row, staff, now) for row in obligations}

    assert parts.obligations.keepers(list(keepers), now) == keepers
    for who in (LI_NA, WANG_FANG, ZHAO_LEI, M1):
        asked = ObligationFilter(kept_by=(who, now))
        found = parts.obligations.page(asked, after=None, limit=ALL)
        assert found == [row for row in obligations if keepers[row.obligation_id] == who]


def keeper(row: ObligationRow, staff: Mapping[UUID, StaffRow], now: datetime) -> UUID:
    absent = staff.get(row.responsible_id)
    at = min(now, row.over_at or now)
    for deputy in reversed(absent.deputies if absent else []):
        start, end = (datetime.fromisoformat(deputy[name]) for name in ("start", "end"))
        if start <= row.due_at < end and at < end:
            return UUID(deputy["deputy_id"])
    return row.responsible_id


def test_open_tickets_are_counted_by_owner(parts: Parts, facts: list[Fact]) -> None:
    tickets = rows(TicketRegisterView(), facts)
    counted = Counter(row.owner_id for row in tickets if not row.is_closed)

    assert parts.ticket_register.open_counts([*counted, T1]) == counted


@pytest.mark.parametrize("role", ["staff", "director", "supervisor"])
@pytest.mark.parametrize("unit", [None, "main", "store-1"])
@given(at=hours)
def test_who_serves_in_a_role_is_found_the_longest_here_first(
    parts: Parts, facts: list[Fact], role: str, unit: str | None, at: datetime
) -> None:
    staff = sorted(rows(StaffDirectoryView(), facts), key=lambda row: row.registered_position)

    found = parts.staff_directory.serving(role, at, unit=unit)

    assert found == [
        row
        for row in staff
        if role in roles_of(row, at) and not row.has_left and unit in (None, row.unit)
    ]


def roles_of(row: StaffRow, at: datetime) -> set[str]:
    """Of their post, and what they were given for then, for all units or theirs."""
    given = {
        grant["role"]
        for grant in row.grants
        if grant["unit"] in (None, row.unit)
        and datetime.fromisoformat(grant["start"]) <= at
        and (grant["end"] is None or at < datetime.fromisoformat(grant["end"]))
    }
    return {*row.roles, *given}


@given(now=hours, kind=st.none() | st.sampled_from(["person", "key"]))
def test_clients_on_file_at_an_instant_are_found(
    parts: Parts, facts: list[Fact], now: datetime, kind: str | None
) -> None:
    files = sorted(rows(ClientFileView(), facts), key=lambda row: row.registered_position)

    found = parts.client_file.registered_by(now, kind=kind)

    assert found == [
        row.client_id
        for row in files
        if row.registered_at <= now and row.merged_into_id is None and kind in (None, row.kind)
    ]


def test_an_obligation_is_found_by_its_ticket_and_key(
    parts: Parts, obligations: list[ObligationRow]
) -> None:
    for row in obligations:
        assert parts.obligations.obligation(row.ticket_id, row.key) == row
    assert parts.obligations.obligation(T1, "reply-1") is None


def test_a_store_that_went_away_is_out_of_reach(parts: Parts) -> None:
    terminate_backends(parts.database.url)

    with pytest.raises(Unavailable):
        list(parts.ticket_history.steps("old-log"))
