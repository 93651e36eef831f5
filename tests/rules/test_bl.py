"""客户黑名单: proposed by one, approved by another, and never in the way of a complaint."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.client import Client
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.complaints import COMPLAINT
from tests.support.facts import C1
from tests.support.http import Answer, Office, Person

AT = f"/v1/clients/{C1}/blacklisting"
PROPOSAL = {"reason": "多次拒付", "evidence": ["2026-0012 号欠款", "催款函三份"]}

ORDER: dict[str, Any] = {
    "pack": "order",
    "version": 1,
    "title": "订单 Orders",
    "principles": ["honest"],
    "procedure": {
        "register": "order",
        "initial": "ordered",
        "final": ["delivered"],
        "steps": {"deliver": {"title": "交货", "from": ["ordered"], "to": "delivered"}},
    },
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture
def director(office: Office) -> Person:
    return office.hire("director")


def listed(proposer: Person, approver: Person, **otherwise: Any) -> None:
    assert proposer.post(AT, PROPOSAL | otherwise).carried_out == [Client.BlacklistingProposed]
    assert approver.post(f"{AT}/approval").carried_out == [Client.Blacklisted]


def asked(person: Person, procedure: str, **more: Any) -> Answer:
    said = {"client_id": str(C1), "channel": "walk_in", "matter": "一件", "procedure": procedure}
    return person.post("/v1/tickets", said | more)


def complaint(person: Person) -> Answer:
    return asked(
        person, "complaint", form={"kind": "product_quality", **COMPLAINT}, channel="phone"
    )


@pytest.mark.rule("BL-01")
def test_who_is_blacklisted_orders_nothing_and_may_complain(
    office: Office, manager: Person, director: Person
):
    in_force(office, ORDER)
    before = asked(manager, "order")
    listed(manager, director)

    ordered, complained = asked(manager, "order"), complaint(manager)

    assert before.status == 201
    assert ordered.refusal == (409, "client_blacklisted", "client_id")
    assert ordered.body["rule"] == "BL-01"
    assert complained.status == 201, complained.body


@pytest.mark.rule("BL-01")
def test_each_scope_keeps_what_the_pack_says_and_a_merged_file_is_no_way_around_it(
    office: Office, manager: Person, director: Person
):
    in_force(office, ORDER)
    other = manager.post("/v1/clients", {"name": "同一人"}).headers["Location"]
    listed(manager, director, scope="credit")
    on_credit = asked(manager, "order")
    director.post(f"{AT}/lifting", {"reason": "已付清"})
    listed(manager, director, scope="orders")
    manager.post(f"{other}/merge", {"into_id": str(C1), "reason": "同一人"})

    around = asked(manager, "order", client_id=other.rpartition("/")[2])

    assert on_credit.status == 201
    assert around.refusal == (409, "client_blacklisted", "client_id")


@pytest.mark.rule("BL-01")
def test_nobody_blacklists_alone(manager: Person, director: Person, li_na: Person):
    unproposed = director.post(f"{AT}/approval")
    unshown = manager.post(AT, {"reason": "多次拒付"})
    unexplained = manager.post(AT, {"evidence": ["欠款"]})
    manager.post(AT, PROPOSAL)

    own = manager.post(f"{AT}/approval")
    twice = director.post(AT, PROPOSAL)
    unauthorised = li_na.post(f"{AT}/approval")

    assert unproposed.refusal == (409, "blacklisting_not_proposed", None)
    assert unshown.refusal == (422, "invalid", "evidence")
    assert unexplained.refusal == (422, "invalid", "reason")
    assert own.refusal == (409, "own_blacklisting", None)
    assert twice.refusal == (409, "blacklisting_proposed", None)
    assert unauthorised.refusal == (403, "forbidden", None)
    assert manager.get(f"/v1/clients/{C1}").body["is_blacklisted"] is False


@pytest.mark.rule("BL-01")
def test_a_proposal_that_is_declined_blocks_nothing(
    office: Office, manager: Person, director: Person
):
    in_force(office, ORDER)
    manager.post(AT, PROPOSAL)

    declined = director.post(f"{AT}/rejection", {"reason": "证据不足"})

    assert declined.carried_out == [Client.BlacklistingRejected]
    assert asked(manager, "order").status == 201
    assert manager.get("/v1/blacklist").body["items"] == []


@pytest.mark.rule("BL-02")
def test_every_department_sees_who_is_on_it_why_and_until_when(
    office: Office, manager: Person, director: Person
):
    listed(manager, director, review_at="2026-12-01T00:00:00+08:00")

    [entry] = office.hire("sales", unit="store-7").get("/v1/blacklist").body["items"]

    assert (entry["client_id"], entry["blacklist"]) == (str(C1), "listed")
    assert (entry["blacklist_reason"], entry["evidence"]) == (
        PROPOSAL["reason"],
        PROPOSAL["evidence"],
    )
    assert entry["approved_by"] == f"staff:{director.id}"
    assert datetime.fromisoformat(entry["review_at"]) == at("2026-12-01T00:00:00")


@pytest.mark.rule("BL-02")
def test_on_its_day_the_approver_has_to_look_at_it_again(
    office: Office, manager: Person, director: Person
):
    listed(manager, director, review_at="2026-12-01T00:00:00+08:00")

    def owed() -> list[tuple[str, str]]:
        rows = director.get(f"/v1/obligations?responsible_id={director.id}").body["items"]
        return [(row["name"], row["status"]) for row in rows]

    office.now = at("2026-11-30T23:59:00")
    office.catch_up()
    early = office.parts.blacklist.tick(office.now)
    office.now = at("2026-12-01T08:00:00")
    due = [office.parts.blacklist.tick(office.now) for _ in range(2)]

    assert (early, due) == (0, [1, 0])
    assert owed() == [("review_blacklist", "open")]


@pytest.mark.rule("BL-02")
def test_what_stays_is_looked_at_again_and_what_is_lifted_never(
    office: Office, manager: Person, director: Person
):
    listed(manager, director, review_at="2026-12-01T00:00:00+08:00")
    office.now = at("2026-12-02T09:00:00")
    too_late = director.post(
        f"{AT}/review", {"review_at": "2028-12-01T00:00:00+08:00", "reason": "仍欠款"}
    )
    stays = director.post(
        f"{AT}/review", {"review_at": "2027-03-01T00:00:00+08:00", "reason": "仍欠款"}
    )
    office.catch_up()
    for_now = office.parts.blacklist.tick(office.now)
    director.post(f"{AT}/lifting", {"reason": "已付清"})
    office.now = at("2027-03-02T09:00:00")
    office.catch_up()

    lifted = office.parts.blacklist.tick(office.now)

    assert too_late.refusal == (422, "invalid", "review_at")
    assert stays.carried_out == [Client.BlacklistReviewed]
    assert (for_now, lifted) == (0, 0)
    opened = [e for e in office.events_after(0) if isinstance(e, Ticket.Opened)]
    assert opened == []
