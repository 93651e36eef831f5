"""客户关怀: holidays, birthdays, sickness and silence; invitations, announcements, gifts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from application.clients import RegisterClient
from application.desk import Actor
from domain.client import Client
from domain.ticket import Ticket
from tests.support.facts import C1, LI_NA, WANG_FANG, ZHAO_LEI
from tests.support.files import FIRST, approve, brought, client, cny, entered, entry, grade
from tests.support.http import Office, Person, opened
from tests.support.steps import at, done, of_the_house, proposed, report, step


def registered(office: Office, number: int) -> list[str]:
    """So many clients, taken over at one go."""
    said = {"by": Actor.system("setup"), "received_at": office.now, "kind": "company"}
    ids = [uuid4() for _ in range(number)]
    for id in ids:
        office.parts.clients.register(
            RegisterClient(**said, command_id=f"client-{id}", client_id=id, name="某公司")
        )
    return [f"/v1/clients/{id}" for id in ids]


def cares(person: Person, kind: str) -> list[Any]:
    """The care tasks whose matter begins so, newest first."""
    items = person.get("/v1/tickets?procedure=care&limit=200").body["items"]
    return [row for row in items if row["matter"].startswith(kind)]


@pytest.mark.rule("CC-01")
def test_at_spring_festival_every_client_is_greeted_and_ticked_off(office: Office, li_na: Person):
    others = [client(li_na), client(li_na)]
    merged = client(li_na)
    li_na.post(f"{merged}/merge", {"into_id": str(C1), "reason": "同一人"})
    office.now = at("2027-02-06T00:00:30")

    brought(office)
    tasks = cares(li_na, "春节")
    mine = next(row for row in tasks if row["owner_id"] == str(LI_NA))
    done(li_na, f"/v1/tickets/{mine['ticket_id']}", "deliver", how=["card", "souvenir"])
    again = brought(office)
    told = report(li_na, "care/delivered", "from=2027-02-01&to=2027-03-01")["groups"]

    active = {str(C1), *(one.rpartition("/")[2] for one in others)}
    assert {row["client_id"] for row in tasks} == active
    assert len(tasks) == 3
    assert again == 0
    [festival] = [g for g in told if g["by"]["opened.kind"] == "spring_festival"]
    assert festival["measures"]["delivered"]["numerator"] == 1


@pytest.mark.rule("CC-02")
def test_a_birthday_on_leap_day_is_kept_on_the_28th(office: Office, li_na: Person):
    born = {"person": {"name": "吴经理", "birthday": "1980-02-29"}}
    li_na.post(f"{FIRST}/contact-persons", born)
    other = client(li_na)
    li_na.post(f"{other}/contact-persons", {"person": {"name": "郑某", "birthday": "1980-03-01"}})

    office.now = at("2027-02-28T00:01:00")
    brought(office)
    on_28th = cares(li_na, "生日")
    office.now = at("2027-03-01T00:01:00")
    brought(office)
    on_1st = cares(li_na, "生日")
    office.now = at("2028-02-28T00:01:00")
    brought(office)
    in_leap_year = cares(li_na, "生日")

    assert [row["client_id"] for row in on_28th] == [str(C1)]
    assert [row["client_id"] for row in on_1st] == [other.rpartition("/")[2], str(C1)]
    assert in_leap_year == on_1st


@pytest.mark.rule("CC-03")
def test_important_clients_are_invited_and_vips_are_not(office: Office, li_na: Person):
    chief = office.hire("general_manager")
    golden, vip = client(li_na), client(li_na)
    for one, fen in ((golden, 30_000_000), (vip, 1_500_000)):
        grade(li_na, one, "tier", income=cny(fen))
        approve(chief, one, "tier")
    office.catch_up()
    party = {"form": {"event": "年会", "on": "2026-12-20"}}

    not_theirs = li_na.post("/v1/broadcasts/invitation", party)
    sent = chief.post("/v1/broadcasts/invitation", party, key="party-1")
    again = chief.post("/v1/broadcasts/invitation", party, key="party-1")
    uninvited = entry(li_na, vip, "invitation_accepted", event="年会")
    accepted = entry(li_na, golden, "invitation_accepted", event="年会")

    assert not_theirs.refusal == (403, "forbidden", None)
    assert sent.body["reached"] == [golden.rpartition("/")[2]]
    assert (sent.event.kind, sent.event.form["event"]) == ("invitation", "年会")
    assert (again.body, again.stored) == (sent.body, [])
    assert uninvited.refusal == (409, "not_recordable", None)
    assert accepted.stored == [Client.Recorded]


@pytest.mark.rule("CC-04")
def test_an_escort_who_speaks_with_nobody_all_week_has_missed_it(office: Office, li_na: Person):
    s1 = office.hire("escort")
    entered(li_na, FIRST, "escort", staff=str(s1.id))
    client(li_na)
    brought(office)
    [week_48] = s1.get("/v1/tickets?procedure=escort-contact").body["items"]
    ticket = f"/v1/tickets/{week_48['ticket_id']}"

    office.now = at("2026-11-29T23:59:00")
    office.tick()
    in_time = s1.get(f"{ticket}/obligations/weekly_contact-1").body["status"]
    office.now = at("2026-11-30T00:00:01")
    office.tick()
    missed = s1.get(f"{ticket}/obligations/weekly_contact-1").body

    assert week_48["matter"].endswith("2026-W48")
    assert (week_48["owner_id"], week_48["client_id"]) == (str(s1.id), str(C1))
    assert (in_time, missed["status"]) == ("open", "overdue")
    assert missed["breached_at"] is not None
    assert done(s1, ticket, "record_contact", sales="平稳").stored[0] is Ticket.StepTaken


@pytest.mark.rule("CC-05")
def test_a_sick_client_gets_a_comfort_call(li_na: Person):
    well = entered(li_na, FIRST, "signal", signal="celebration")
    ill = entered(li_na, FIRST, "signal", signal="illness", remark="住院")

    assert well.stored == [Client.Recorded]
    assert ill.stored == [Client.Recorded, Ticket.Opened, Ticket.TimePromised]
    task = ill.events[1]
    assert (task.client_id, task.form, task.first_contact_id) == (
        C1,
        {"kind": "comfort call"},
        LI_NA,
    )


@pytest.mark.rule("CC-07")
def test_what_is_new_is_announced_to_who_consented(office: Office, li_na: Person, manager: Person):
    clients = registered(office, 100)
    for i, one in enumerate(clients):
        entered(li_na, one, "consent", announcements=i >= 12)
    office.catch_up()

    sent = manager.post("/v1/broadcasts/new_service", {"form": {"service": "千兆宽带"}})
    nobody = manager.post("/v1/broadcasts/new_service", {"form": {"price": 1}})

    assert len(sent.body["reached"]) == len(sent.stored) == 88
    left_out = {one.rpartition("/")[2] for one in clients[:12]} | {str(C1)}
    assert set(sent.body["without_consent"]) == left_out
    assert nobody.refusal == (422, "invalid", "form.price")


@pytest.mark.rule("CC-08")
def test_a_client_who_is_silent_for_half_a_year_is_won_back(office: Office, li_na: Person):
    entered(li_na, FIRST, "contact", channel="phone")
    client(li_na)
    office.now += timedelta(days=180)
    brought(office)
    not_yet = cares(li_na, "挽回")

    office.now += timedelta(days=1)
    brought(office)
    opened_once = cares(li_na, "挽回")
    office.now += timedelta(days=2)
    brought(office)

    assert not_yet == []
    assert [row["client_id"] for row in opened_once] == [str(C1)]
    assert cares(li_na, "挽回") == opened_once


@pytest.mark.rule("CC-09")
def test_a_gold_member_is_served_first(office: Office, li_na: Person):
    before = opened(li_na)
    grade(li_na, FIRST, "membership", points=12_000)

    after = opened(li_na)
    other = opened(li_na, client_id=client(li_na).rpartition("/")[2])
    office.now = office.now.replace(year=2027, month=12)
    a_year_later = opened(li_na)

    priorities = [li_na.get(t).body["priority"] for t in (before, after, other, a_year_later)]
    assert priorities == [5, 2, 5, 5]
    assert li_na.get(f"{FIRST}/grades").body["entitlements"] == {}
    assert li_na.get(f"{FIRST}/file").body["entitlements"] == {}


@pytest.mark.rule("CC-11")
def test_what_a_forum_agreed_is_owed_after_it_is_closed(office: Office, li_na: Person):
    forum = of_the_house(li_na, "client-forum", topic="冬季用水", attended=12)
    done(li_na, forum, "take_minutes", minutes="三项措施")
    owners = [LI_NA, WANG_FANG, ZHAO_LEI]
    for i, owner in enumerate(owners):
        agreed = {"action": [f"措施{i}"], "owner": str(owner), "due": "2026-12-10"}
        done(li_na, forum, "agree_action", **agreed)

    done(li_na, forum, "finish")
    done(office.person(ZHAO_LEI), forum, "report_action", action="措施2", result="已办")
    owed = li_na.get(f"/v1/obligations?ticket_id={forum.rpartition('/')[2]}").body["items"]

    assert li_na.get(forum).body["is_closed"]
    said = sorted((row["responsible_id"], row["status"]) for row in owed)
    assert said == [(str(LI_NA), "open"), (str(WANG_FANG), "open"), (str(ZHAO_LEI), "met")]


@pytest.mark.rule("CC-13")
def test_the_share_of_clients_who_came_again_is_known(office: Office, li_na: Person):
    clients = registered(office, 100)
    for i, one in enumerate(clients):
        for _ in range(2 if i < 35 else 1):
            entered(li_na, one, "purchase", goods="抽奖商品", amount=cny(100))

    said = report(li_na, "client-records/repeat_rate")

    assert said["rows"] == 100
    assert said["measures"]["repeat_rate"]["value"] == "35"


@pytest.mark.rule("CC-12")
def test_a_gift_is_given_out_only_once_it_is_registered(office: Office, manager: Person):
    s1 = office.hire("sales")
    gift = of_the_house(s1, "gift", gift="台历")
    one = {"client": str(C1), "quantity": 1}

    refused = step(s1, gift, "issue_gift", **one)
    done(manager, gift, "register_gift", quantity=2)
    done(s1, gift, "issue_gift", **one)
    too_many = step(s1, gift, "issue_gift", client=str(C1), quantity=2)

    assert (refused.status, refused.body["rule"]) == (409, "CC-12")
    flagged, followed = refused.events
    assert (flagged.kind, flagged.staff) == ("gift_unregistered", f"staff:{s1.id}")
    assert followed.form == {"holder": f"staff:{s1.id}"}
    [fine] = proposed(office)
    assert (fine["holder"], fine["table_name"]) == (f"staff:{s1.id}", "gift_unregistered")
    assert fine["amount"] == 5_000
    assert too_many.status == 409
