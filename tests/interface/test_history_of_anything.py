"""`yice history`: what happened to whom or what an id stands for."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.errors import NotFound
from domain.pack import Pack
from tests.support.facts import C1, LI_NA
from tests.support.http import Office, Person, id_in, opened


def test_everything_that_happened_is_told_of_clients_staff_packs_and_tickets(
    office: Office, li_na: Person
):
    ticket = id_in(opened(li_na))
    li_na.post(f"/v1/clients/{C1}/details", {"details": {"place": "三号楼"}})
    office.catch_up()
    parts = office.parts

    of_client, of_ticket = parts.history_of(C1), parts.history_of(ticket)
    of_staff, of_pack = parts.history_of(LI_NA), parts.history_of(Pack.id_of("consultation"))

    assert [row["topic"] for row in of_client] == ["client.registered", "client.details-changed"]
    assert of_client[1]["details"] == {"details": {"place": "三号楼"}}
    assert {row["client_id"] for row in of_client} == {C1}
    assert [(row["topic"], row["ticket_id"]) for row in of_ticket] == [("ticket.opened", ticket)]
    assert of_staff[0]["topic"] == "staff.registered"
    assert "secret_digest" not in str(of_staff)
    assert of_pack[-1]["topic"] == "pack.published"


def test_nothing_is_told_of_what_is_not_there(office: Office):
    with pytest.raises(NotFound, match="nothing is called"):
        office.parts.history_of(UUID(int=7))
