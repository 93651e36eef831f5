from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.desk import Actor
from application.tickets import NoteTicket, OpenTicket
from application.views.search import SearchFilter
from application.views.ticket_register import TicketFilter
from domain.aggregate import staff_ref
from domain.client import Client
from domain.sealed import Sealed
from domain.ticket import Ticket, Visibility
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.opening import Urls
from infrastructure.shipped import shipped_packs
from infrastructure.wiring import Parts
from tests.histories.cast import ROLES
from tests.histories.fill import Filled, NotEmpty, fill
from tests.support.http import SETTINGS
from tests.support.postgres import fresh_database

EVENTS = 20_000


@dataclass(frozen=True)
class Desk:
    urls: Urls
    filled: Filled
    parts: Parts

    def rows(self, statement: str) -> list[Any]:
        with psycopg.connect(self.urls.register) as connection:
            return connection.execute(statement.encode()).fetchall()

    def stream_ids(self, topic: str) -> list[UUID]:
        return [
            id
            for (id,) in self.rows(f"SELECT stream_id FROM register.entry WHERE topic = '{topic}'")
        ]


@pytest.fixture(scope="module")
def desk(postgres: EmbeddedPostgres) -> Iterator[Desk]:
    """A filled register; nobody has read it yet. The last test adds to it."""
    with (
        fresh_database(postgres, "register_template") as register_url,
        fresh_database(postgres, "keys_template") as keys_url,
        closing(Parts(Urls(register_url, keys_url), SETTINGS)) as parts,
    ):
        urls = Urls(register_url, keys_url)
        yield Desk(urls, fill(urls, events=EVENTS, seed=7), parts)


def _officer(desk: Desk) -> Actor:
    [team, *_] = desk.filled.teams
    staff_id = team.officer_ids[0]
    return Actor(staff_ref(staff_id), frozenset(ROLES["officer"]), staff_id, team.unit)


def test_positions_are_dense_and_time_only_rises(desk: Desk) -> None:
    [(first, last, number)] = desk.rows(
        "SELECT min(position), max(position), count(*) FROM register.entry"
    )
    falling = desk.rows(
        "SELECT position FROM (SELECT position, recorded_at - lag(recorded_at) OVER"
        " (ORDER BY position) AS passed FROM register.entry) e WHERE passed < interval '0'"
    )

    assert (first, last, number) == (1, desk.filled.events, desk.filled.events)
    assert EVENTS <= number < EVENTS + 50
    assert falling == []


def test_what_it_says_was_made_is_there(desk: Desk) -> None:
    happened = dict(desk.rows("SELECT topic, count(*) FROM register.entry GROUP BY topic"))
    numbers = dict(
        desk.rows(
            "SELECT register, count(DISTINCT number) FROM register.entry"
            " WHERE register IS NOT NULL GROUP BY register"
        )
    )
    [(until,)] = desk.rows("SELECT max(recorded_at) FROM register.entry")

    assert {topic: n for topic, n in desk.filled.happened.items() if n} == happened
    assert desk.filled.tickets == happened["ticket.opened"]
    assert desk.filled.clients == happened["client.registered"]
    assert desk.filled.numbers == numbers
    assert desk.filled.until == until


def test_the_last_number_of_each_register_is_that_of_its_last_entry(desk: Desk) -> None:
    last = desk.rows(
        "SELECT DISTINCT ON (register) register, number FROM register.entry"
        " WHERE register IS NOT NULL ORDER BY register, position DESC"
    )

    said = {register: int(number.partition("-")[2]) for register, number in last}
    assert said == desk.filled.numbers
    assert all(number.startswith("2025-") for _, number in last)


def test_each_command_is_known_with_its_last_position(desk: Desk) -> None:
    strays = desk.rows(
        "SELECT * FROM (SELECT actor, command_id, max(position) AS position,"
        " max(stream_version) AS stream_version, min(number) AS number"
        " FROM register.entry GROUP BY actor, command_id) e"
        " FULL JOIN register.command c USING (actor, command_id, position, stream_version)"
        " WHERE c.stream_id IS NULL OR e.actor IS NULL OR e.number IS DISTINCT FROM c.number"
    )

    assert strays == []


def test_its_tables_have_the_keys_and_indexes_of_any_register(
    desk: Desk, postgres: EmbeddedPostgres
) -> None:
    asked = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'register'"
        " UNION SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'register'::regnamespace ORDER BY 1"
    )
    with fresh_database(postgres, "register_template") as url, psycopg.connect(url) as connection:
        fresh = connection.execute(asked.encode()).fetchall()

    assert fresh
    assert desk.rows(asked) == fresh


def test_a_few_tickets_are_very_long(desk: Desk) -> None:
    lengths = sorted(
        n
        for (n,) in desk.rows(
            "SELECT count(*) FROM register.entry WHERE topic LIKE 'ticket.%' GROUP BY stream_id"
        )
    )

    assert lengths[-1] > 8 * lengths[len(lengths) // 2]
    assert lengths[0] <= 2


def test_every_ticket_and_client_loads_and_its_texts_can_be_read(desk: Desk) -> None:
    texts: set[str | None] = set()
    for kind, topic in ((Ticket, "ticket.opened"), (Client, "client.registered")):
        for id in desk.stream_ids(topic):
            assert desk.parts.desk.load(kind, id).id == id
            stream = desk.parts.register.stream(id, opened=True)
            assert [fact.event.originator_version for fact in stream] == [
                n + 1 for n in range(len(stream))
            ]
            texts |= {text for fact in stream for text in _texts(vars(fact.event))}

    assert None not in texts
    assert len(texts) > EVENTS / 4
    assert not [text for text in texts if text and "@@" in text]


def _texts(value: Any) -> list[str | None]:
    if isinstance(value, Sealed):
        return [value.text]
    parts = value.values() if isinstance(value, dict) else value
    return (
        [text for part in parts for text in _texts(part)] if isinstance(value, dict | list) else []
    )


def test_a_command_of_the_history_said_again_is_answered_as_then(desk: Desk) -> None:
    [noted, *_] = (
        fact
        for id in desk.filled.ticket_ids
        for fact in desk.parts.register.stream(id, opened=True)
        if isinstance(fact.event, Ticket.Noted)
    )
    event = noted.event

    receipt = desk.parts.tickets.note(
        NoteTicket(
            by=_actor(desk, event.by),
            command_id=event.command_id,
            received_at=desk.filled.until,
            ticket_id=event.originator_id,
            text=str(event.text),
            visibility=Visibility(event.visibility),
        )
    )

    assert receipt.replayed
    assert receipt.position == noted.position
    assert receipt.recorded_at == noted.recorded_at
    assert desk.parts.register.head() == desk.filled.events


def _actor(desk: Desk, ref: str) -> Actor:
    return Actor(ref, frozenset({"cs_officer"}), UUID(ref.partition(":")[2]))


def test_the_packs_of_the_release_are_in_force_already(desk: Desk) -> None:
    desk.parts.packs.publish_shipped(shipped_packs(), desk.filled.until)

    assert desk.parts.register.head() == desk.filled.events


def test_all_views_fold_it_and_the_desk_goes_on(desk: Desk) -> None:
    """One test, since nothing may be added before all views have read."""
    parts, filled = desk.parts, desk.filled
    parts.projector.prepare()
    parts.projector.catch_up()
    assert {(v.position, v.failure) for v in parts.progress.views()} == {(filled.events, None)}
    assert parts.ticket_register.counts(TicketFilter())["all"] == {"total": filled.tickets}
    assert parts.search.page(SearchFilter(words=("水费",)), before=None, limit=5)

    by = _officer(desk)
    register = f"{by.unit}/consultation/2025"
    client_id = desk.stream_ids("client.registered")[0]
    noted = parts.tickets.note(
        NoteTicket(
            by=by,
            command_id="next",
            received_at=filled.until,
            ticket_id=filled.ticket_ids[0],
            text="再记一笔",
        )
    )
    opened = parts.tickets.open(
        OpenTicket(
            by=by,
            command_id="opened",
            received_at=filled.until,
            client_id=client_id,
            channel="phone",
            matter="停水",
            procedure="consultation",
        )
    )

    assert noted.position == filled.events + 1
    assert opened.number == f"2025-{filled.numbers[register] + 1:04}"


def _made(postgres: EmbeddedPostgres, seed: int, processes: int) -> list[Any]:
    """What does not depend on the installation."""
    with (
        fresh_database(postgres, "register_template") as register_url,
        fresh_database(postgres, "keys_template") as keys_url,
    ):
        urls = Urls(register_url, keys_url)
        fill(urls, events=6_000, seed=seed, templates=20, processes=processes)
        with psycopg.connect(register_url) as register, psycopg.connect(keys_url) as keys:
            made = register.execute(
                "SELECT position, stream_id, stream_version, topic, recorded_at, actor, command_id,"
                " register, number FROM register.entry ORDER BY position"
            ).fetchall()
            return [*made, *keys.execute("SELECT * FROM subject_key ORDER BY subject").fetchall()]


def test_the_same_seed_makes_the_same_history_however_many_make_it(
    postgres: EmbeddedPostgres,
) -> None:
    one = [row[:9] for row in _made(postgres, 3, 1)]
    two = [row[:9] for row in _made(postgres, 3, 2)]
    other = [row[:9] for row in _made(postgres, 4, 1)]

    assert [r for r in one if len(r) == 9] == [r for r in two if len(r) == 9]
    assert [r[:2] for r in one if len(r) == 3] == [r[:2] for r in two if len(r) == 3]
    assert one[-1][:2] != other[-1][:2]


def test_what_is_not_empty_is_not_filled(desk: Desk) -> None:
    with pytest.raises(NotEmpty):
        fill(desk.urls, events=1)
