"""收费与价格: the approved tariff for everybody, and deposits only at finance."""

from __future__ import annotations

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, shipped_pack
from tests.support.http import APPROVER, DRAFTER, Office, Person, opened
from tests.support.steps import done, of_the_house, step

LIST_PRICE = 10_000


def offered(person: Person, item: str = "lamp") -> str:
    return opened(person, procedure="sale", form={"item": item})


def flagged(answer_events: object) -> list[str]:
    assert isinstance(answer_events, list)
    return [e.kind for e in answer_events if isinstance(e, Ticket.ViolationFlagged)]


@pytest.mark.rule("FE-01")
def test_nothing_but_the_tariff_is_charged(office: Office):
    s1 = office.person(LI_NA)
    ticket = offered(s1, "admission")

    charged = step(s1, ticket, "charge_fee", amount=2_500)
    by_tariff = step(s1, ticket, "charge_fee", amount=2_000)

    assert (charged.status, charged.body["code"]) == (422, "guard_invalid")
    assert (charged.body["rule"], charged.body["field"]) == ("FE-01", "form.amount")
    assert flagged(charged.events) == ["unauthorised_charge"]
    assert by_tariff.carried_out == [Ticket.StepTaken]


@pytest.mark.rule("FE-01")
def test_another_tariff_is_drafted_approved_by_another_and_published(office: Office):
    s1, drafter, approver = (office.person(who) for who in (LI_NA, DRAFTER, APPROVER))
    before = offered(s1, "admission")
    pack = shipped_pack("tariffs")
    items = {**pack["items"], "admission": {"title": "门票", "fee": 2_500}}
    path, version = "/v1/packs/tariffs", {"version": 2}
    dated = {**version, "effective_from": "2026-11-23T00:00:00+08:00"}
    drafter.post(f"{path}/versions", {"content": {**pack, **version, "items": items}})

    unapproved = approver.post(f"{path}/publication", dated)
    approver.post(f"{path}/approval", version)
    approver.post(f"{path}/publication", dated)

    assert unapproved.refusal[0] == 409
    assert step(s1, offered(s1, "admission"), "charge_fee", amount=2_500).status == 200
    assert step(s1, before, "charge_fee", amount=2_500).status == 422


@pytest.mark.rule("FE-02")
def test_nobody_sells_below_the_list_price_without_approval(office: Office):
    s1, manager = office.person(LI_NA), office.hire("sales_manager")
    ticket = offered(s1)

    cheaper = step(s1, ticket, "sell", price=9_500)
    done(s1, ticket, "request_price", price=9_500, ground="promotion")
    not_yet = step(s1, ticket, "sell", price=9_500)
    done(manager, ticket, "approve_price")
    sold = step(s1, ticket, "sell", price=9_500)

    for refused in (cheaper, not_yet):
        assert (refused.status, refused.body["code"]) == (422, "guard_invalid")
        assert refused.body["rule"] == "FE-02"
        assert flagged(refused.events) == ["unauthorised_price"]
    assert Ticket.Closed in sold.carried_out
    assert step(s1, offered(s1), "sell", price=LIST_PRICE).status == 200


@pytest.mark.rule("FE-02")
def test_who_asks_for_a_special_price_does_not_approve_it(office: Office):
    manager = office.hire("sales_manager")
    ticket = offered(manager)
    done(manager, ticket, "request_price", price=9_500, ground="requote")

    own = step(manager, ticket, "approve_price")

    assert own.refusal == (403, "guard_forbids", None)


@pytest.mark.rule("FE-03")
def test_a_raise_is_not_applied_before_another_has_approved_it(office: Office):
    proposer, other = office.hire("finance"), office.hire("general_manager")
    change = of_the_house(proposer, "price-change", item="lamp", percent="5", reason="铜价上涨")

    too_early = step(proposer, change, "apply_change", tariff_version=2)
    own = step(proposer, change, "approve_change")
    done(other, change, "approve_change")
    applied = step(proposer, change, "apply_change", tariff_version=2)

    assert too_early.refusal == (409, "step_not_possible", None)
    assert own.refusal == (403, "guard_forbids", None)
    assert Ticket.Closed in applied.carried_out


@pytest.mark.rule("FE-04")
def test_a_deposit_is_received_by_the_cashier_and_not_by_who_sells(office: Office):
    s1, cashier = office.person(LI_NA), office.hire("cashier")
    ticket = offered(s1)
    deposit = {"amount": 2_000, "receipt": "D-0017"}

    by_seller = step(s1, ticket, "receive_deposit", **deposit)
    by_cashier = step(cashier, ticket, "receive_deposit", **deposit)

    assert by_seller.refusal == (403, "not_for_you", None)
    assert by_seller.body["rule"] == "FE-04"
    assert by_cashier.carried_out == [Ticket.StepTaken]
