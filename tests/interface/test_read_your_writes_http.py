"""A reader who must see their own write names its position, and waits for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from tests.support.facts import LI_NA
from tests.support.http import Answer, Office, Person, id_in, opened

PATIENCE = 0.05
"""Seconds that a read waits here for what does not come."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interface.http.app.WAIT_SECONDS", PATIENCE)


def by_query(person: Person, path: str, position: int) -> Answer:
    return person.look(f"{path}?min_position={position}")


def by_header(person: Person, path: str, position: int) -> Answer:
    return person.look(path, {"Min-Position": str(position)})


Ask = Callable[[Person, str, int], Answer]

WAYS = pytest.mark.parametrize("ask", [by_query, by_header])


@WAYS
@pytest.mark.usefixtures("impatient")
def test_what_the_views_have_read_is_shown_at_once(office: Office, li_na: Person, ask: Ask):
    ticket = opened(li_na)
    office.catch_up()

    answer = ask(li_na, ticket, office.head())

    assert answer.status == 200
    assert answer.body["ticket_id"] == str(id_in(ticket))


@WAYS
@pytest.mark.usefixtures("impatient")
def test_what_the_views_do_not_reach_in_time_is_not_shown_as_if_it_were(
    office: Office, li_na: Person, ask: Ask
):
    ticket = opened(li_na)

    answer = ask(li_na, ticket, office.head())

    assert answer.refusal == (503, "view_too_far_behind", "min_position")
    assert answer.headers["Retry-After"] == "1"


def test_who_names_no_position_is_shown_what_there_is(li_na: Person):
    ticket = opened(li_na)

    answer = li_na.look(ticket)

    assert answer.refusal == (404, "not_found", "ticket_id")


@WAYS
def test_a_read_waits_until_the_worker_has_come_so_far(office: Office, li_na: Person, ask: Ask):
    ticket, answers = opened(li_na), []
    reading = Thread(target=lambda: answers.append(ask(li_na, ticket, office.head())))

    reading.start()
    until_it_waits(reading, office)
    office.catch_up()
    reading.join()

    assert [answer.status for answer in answers] == [200]


def until_it_waits(reading: Thread, office: Office) -> None:
    """Until it has looked how far the views are, which nobody else does here."""
    question = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND query LIKE '%reporting.view_position%'"
    )
    with office.parts.database.connection() as connection:
        while reading.is_alive() and connection.execute(question.encode()).fetchone() == (0,):
            pass


@pytest.mark.usefixtures("impatient")
def test_a_position_that_is_never_reached_keeps_nobody_waiting_for_ever(
    office: Office, li_na: Person
):
    opened(li_na)
    office.catch_up()

    answer = by_query(li_na, "/v1/tickets", 10**17)

    assert answer.refusal == (503, "view_too_far_behind", "min_position")


@pytest.mark.parametrize("position", ["", "-1", "1.5", "now", "١", "9" * 19, "9" * 5_000])
def test_a_position_that_is_none(shared_office: Office, position: str):
    li_na = shared_office.person(LI_NA)

    by_query = li_na.look(f"/v1/tickets?min_position={position}")
    by_header = li_na.look("/v1/tickets", {"Min-Position": position})

    assert by_query.refusal == (422, "invalid", "min_position")
    assert by_header.refusal == (422, "invalid", "Min-Position")


def test_position_nought_has_been_reached_by_everybody(shared_office: Office):
    li_na = shared_office.person(LI_NA)

    assert li_na.look("/v1/tickets?min_position=0").status == 200
