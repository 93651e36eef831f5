"""A client is forgotten: by two persons, not while records must be kept, and for ever."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from application import erasures
from domain.client import Client
from domain.ticket import Ticket
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.opening import Urls
from infrastructure.settings import Settings
from infrastructure.wiring import Parts
from tests.infrastructure.views.test_search import holding, server
from tests.interface.given import MATTER, TICKET_COMMANDS, closed, in_force
from tests.support.facts import C1, C2, M1, shipped_pack
from tests.support.http import (
    KEYS_TEMPLATE,
    REGISTER_TEMPLATE,
    Office,
    Person,
)
from tests.support.postgres import fresh_database

FILE = f"/v1/clients/{C1}"
REQUEST = {"ground": "client-request"}
HOLD = {"file_number": "（2026）沪0105民初1号"}
YEARS = timedelta(days=3 * 366)

__all__ = ["server"]


@pytest.fixture
def director(office: Office) -> Person:
    return office.hire("director")


def ask(person: Person) -> None:
    assert person.post(f"{FILE}/erasure", REQUEST).carried_out == [Client.ErasureRequested]


def erased(office: Office, person: Person, director: Person) -> None:
    ask(person)
    assert director.post(f"{FILE}/erasure/approval").stored == [Client.ErasureApproved]
    office.catch_up()
    assert office.parts.erasures.tick(office.now) == 1
    office.catch_up()


def test_two_persons_forget_a_client_and_the_certificate_says_so(
    office: Office, li_na: Person, director: Person
):
    ticket = closed(li_na)
    figures = li_na.get("/v1/tickets/counts").body
    office.now += YEARS
    erased(office, li_na, director)

    shown = li_na.get(FILE).body
    certificate = li_na.get(f"{FILE}/erasure").body

    assert (shown["name"], shown["erasure"]) == ("[erased]", "erased")
    assert li_na.get(ticket).body["matter"] == "[erased]"
    assert li_na.get("/v1/tickets/counts").body == figures
    assert certificate["ground"] == "client-request"
    assert certificate["erased_at"] is not None
    assert [(step["step"], step["by"]) for step in certificate["steps"]] == [
        ("erasure-requested", f"staff:{li_na.id}"),
        ("erasure-approved", f"staff:{director.id}"),
        ("erased", "system:erasure"),
    ]
    told = {fact.position: fact.event for fact in office.parts.register.facts(0, 10_000)}
    kinds = {type(told[position]) for position in certificate["positions"]}
    assert {Client.Registered, Ticket.Opened} <= kinds
    assert certificate["positions"][-1] < certificate["steps"][-1]["position"]


def test_who_asked_does_not_approve(office: Office):
    manager = office.person(M1)
    ask(manager)

    assert manager.post(f"{FILE}/erasure/approval").refusal == (409, "same_person", None)
    assert office.parts.erasures.tick(office.now) == 0


def test_what_must_be_kept_stands_in_the_way_and_is_named(
    office: Office, li_na: Person, director: Person
):
    ticket = li_na.post("/v1/tickets", MATTER)
    number = ticket.body["number"]
    li_na.get("/v1/tickets")

    answer = li_na.post(f"{FILE}/erasure", REQUEST)
    assert answer.refusal == (409, "must_be_kept", "ground")
    assert answer.body["detail"] == f"ticket {number} is open"

    path = ticket.headers["Location"]
    li_na.post(f"{path}/answer", TICKET_COMMANDS["answer"])
    li_na.post(f"{path}/closure")
    li_na.get("/v1/tickets")
    assert (
        li_na.post(f"{FILE}/erasure", REQUEST).body["detail"].endswith("is kept until 2027-11-23")
    )
    unlawful = li_na.post(f"{FILE}/erasure", {"ground": "unlawful-processing"})
    assert unlawful.carried_out == [Client.ErasureRequested]


def test_no_ground_is_no_ground(li_na: Person):
    answer = li_na.post(f"{FILE}/erasure", {"ground": "annoying"})

    assert answer.refusal == (422, "invalid", "ground")


def test_a_legal_hold_blocks_it_at_every_step_and_is_seen(
    office: Office, li_na: Person, director: Person
):
    ask(li_na)
    assert director.post(f"{FILE}/holds", HOLD).carried_out == [Client.HoldPlaced]

    refused = director.post(f"{FILE}/erasure/approval")
    assert refused.refusal == (409, "legal_hold", None)
    assert HOLD["file_number"] in refused.body["detail"]
    assert li_na.get(FILE).body["holds"] == [HOLD["file_number"]]

    director.post(f"{FILE}/holds/lifting", HOLD)
    assert director.post(f"{FILE}/erasure/approval").stored == [Client.ErasureApproved]
    director.post(f"{FILE}/holds", HOLD)
    office.catch_up()
    assert office.parts.erasures.tick(office.now) == 0
    assert office.parts.keys.key(C1) is not None


def test_those_that_are_held_up_hold_up_nobody_else(
    office: Office, li_na: Person, director: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(erasures, "BATCH", 1)
    li_na.post("/v1/clients", {"client_id": str(C2), "name": "赵某"})
    for client in (C1, C2):
        li_na.post(f"/v1/clients/{client}/erasure", REQUEST)
        director.post(f"/v1/clients/{client}/erasure/approval")
    director.post(f"{FILE}/holds", HOLD)
    office.catch_up()

    assert office.parts.erasures.tick(office.now) == 1
    assert office.parts.keys.destroyed() == [C2]


def test_how_long_is_for_the_pack_to_say(office: Office, li_na: Person, director: Person):
    closed(li_na)
    in_force(office, shipped_pack("consultation") | {"version": 2, "retention_days": 30})
    office.now += timedelta(days=29)
    office.catch_up()
    refused = li_na.post(f"{FILE}/erasure", REQUEST)
    office.now += timedelta(days=2)

    assert refused.refusal == (409, "must_be_kept", "ground")
    ask(li_na)


def test_a_request_is_taken_back(office: Office, li_na: Person, director: Person):
    ask(li_na)
    li_na.post(f"{FILE}/erasure/withdrawal")

    answer = director.post(f"{FILE}/erasure/approval")
    assert answer.refusal == (409, "erasure_not_requested", None)


def test_nothing_more_happens_to_who_was_erased(office: Office, li_na: Person, director: Person):
    erased(office, li_na, director)

    answer = li_na.post(f"{FILE}/contact-points", {"kind": "phone", "value": "010-5550199"})
    assert answer.refusal == (409, "client_erased", None)
    assert director.post(f"{FILE}/holds", HOLD).refusal == (409, "client_erased", None)


def test_a_file_that_follows_goes_with_it(office: Office, li_na: Person, director: Person):
    li_na.post("/v1/clients", {"client_id": str(C2), "name": "赵某"})
    li_na.post(f"/v1/clients/{C2}/merge", {"into_id": str(C1), "reason": "同一人"})
    erased(office, li_na, director)

    assert li_na.get(f"/v1/clients/{C2}").body["name"] == "[erased]"
    assert set(office.parts.keys.destroyed()) >= {C1, C2}


@pytest.mark.attack("erased key restored")
def test_a_key_that_a_backup_brought_back_is_destroyed_again(
    office: Office, li_na: Person, director: Person
):
    key = office.parts.keys.key(C1)
    erased(office, li_na, director)
    with office.parts.keys_database.connection() as connection:
        restored = connection.execute(
            "UPDATE subject_key SET key = %s WHERE subject = %s", (key, C1)
        )
        assert restored.rowcount == 1
    assert office.parts.keys.key(C1) == key

    assert office.parts.erasures.destroy_again() == 1

    assert office.parts.keys.key(C1) is None
    assert li_na.get(FILE).body["name"] == "[erased]"
    assert office.parts.erasures.destroy_again() == 0


def test_on_disk_nothing_of_them_stands_in_clear(server: tuple[EmbeddedPostgres, Path]) -> None:
    """Tables, indexes, write-ahead log and the server's own log."""
    postgres, folder = server
    with (
        fresh_database(postgres, REGISTER_TEMPLATE) as register_url,
        fresh_database(postgres, KEYS_TEMPLATE) as keys_url,
        closing(Parts(Urls(register_url, keys_url), Settings.read({}))) as parts,
    ):
        office = Office(parts, {})
        clerk, director = office.hire("cs_officer"), office.hire("director")
        clerk.post(f"{FILE}/details", {"details": {"name": "绝密甲某", "place": "绝密住处"}})
        clerk.post(f"{FILE}/contact-points", {"kind": "phone", "value": "13900005555"})
        clerk.get(FILE)
        erased(office, clerk, director)
        with parts.database.connection() as connection:
            connection.execute("CHECKPOINT")

        for planted in ("绝密甲某", "绝密住处", "13900005555"):
            assert holding(folder, planted) == []
