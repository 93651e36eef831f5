"""奖励: what is earned by a table, decided by a manager, confirmed by finance, and paid."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from domain.ledger import Entry
from infrastructure.views.ledger import PostgresClaims
from tests.rules.assessing import assessor_of, published, scored
from tests.rules.ledger import Judged, in_house, taken
from tests.support.facts import C1
from tests.support.http import Answer, Office, Person


def order(judged: Judged, amount: str, **form: Any) -> str:
    """A contract that S1 has brought."""
    about = {"order": str(uuid4()), "amount": amount, "salesperson": str(judged.s1.id), **form}
    return in_house(judged.colleague, "quote-order", **about)


def reckoned(judged: Judged, table: str, **facts: Any) -> Any:
    """What the table says, in whole units, and how it calls the case."""
    asked = urlencode({"facts": json.dumps(facts)})
    answer = judged.s1.get(f"/v1/ledger/tables/{table}/reckoning?{asked}")
    assert answer.status == 200, answer.body
    return answer.body


def approved(judged: Judged, answer: Answer, **said: Any) -> str:
    """The id of the entry, proposed and decided."""
    assert answer.status == 201, answer.body
    entry_id: str = answer.body["id"]
    assert judged.decide(entry_id, **said).status == 200
    return entry_id


def paid(judged: Judged, entry_id: str, mode: str = "wage") -> Answer:
    return judged.finance.post(f"/v1/ledger/entries/{entry_id}/execution", {"mode": mode})


@pytest.mark.rule("RW-01")
def test_a_quote_order_earns_five_percent_once_all_of_it_is_paid(judged: Judged):
    ticket = order(judged, "10000")
    taken(judged.finance, ticket, "record_payment", amount="9000")
    judged.claim()
    before = judged.proposed(), judged.total("commission")

    taken(judged.finance, ticket, "record_payment", amount="1000")
    judged.claim()
    [commission] = judged.proposed()
    judged.decide(commission["entry_id"])

    assert before == ([], 0)
    assert commission["facts"]["received"] == "10000"
    assert judged.total("commission") == 50_000
    assert judged.claim() == 0
    waiting = PostgresClaims(judged.office.parts.database).waiting(1_000)
    assert [claim for claim in waiting if str(claim.ticket_id) in ticket] == []


@pytest.mark.rule("RW-01")
def test_nobody_proposes_commission_on_what_is_not_paid(judged: Judged):
    facts = {"order": str(uuid4()), "received": "9000", "receivable": "1000"}

    refused = judged.propose("quote_commission", facts)

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "RW-01"


@pytest.mark.rule("RW-02")
@pytest.mark.parametrize(("cause", "bonus"), [(None, 3_000), ("other", 3_000), ("omission", 0)])
def test_half_a_year_without_repeat_service_earns_30(house: Office, cause: str | None, bonus: int):
    judged = Judged(house)
    house.now = house.now.replace(month=1, day=10, hour=12)
    about = {"project": str(uuid4()), "staff_id": str(judged.s1.id)}
    ticket = in_house(judged.colleague, "commissioning", **about)
    if cause is not None:
        house.now = house.now.replace(month=4)
        assert taken(judged.colleague, ticket, "repeat_service", cause=cause).status == 200

    judged.tick("2026-07-10T23:00:00")
    too_early = judged.proposed()
    judged.tick("2026-07-11T00:01:00")
    proposed = judged.proposed()
    for entry in proposed:
        judged.decide(entry["entry_id"])

    assert too_early == []
    assert judged.total("bonus", "2026-H2") == bonus
    assert len(proposed) == (bonus > 0)


@pytest.mark.rule("RW-03")
def test_a_saving_that_nobody_verified_is_not_rewarded(judged: Judged):
    unverified = judged.propose("cost_saving", {"saved": "2000", "verified": False})
    verified = judged.propose("cost_saving", {"saved": "2000", "verified": True})
    too_much = judged.decide(verified.body["id"], amount=50_001)

    assert unverified.refusal == (409, "guard_refused", None)
    assert unverified.body["rule"] == "RW-03"
    assert too_much.refusal == (422, "amount_out_of_range", "amount")
    assert judged.decide(verified.body["id"], amount=20_000).event.amount == 20_000


@pytest.mark.rule("RW-05")
def test_the_base_pay_follows_the_quota_and_without_orders_there_is_none(judged: Judged):
    sold = reckoned(judged, "pay_factor", orders=4, sales="9100")
    none = reckoned(judged, "pay_factor", orders=0, sales="9100")
    more = reckoned(judged, "pay_factor", orders=9, sales="20000")

    assert [one["amount"] for one in (sold, none, more)] == [70, 0, 100]


@pytest.mark.rule("RW-06")
def test_which_tier_of_business_is_reached(judged: Judged):
    def tier(month: int, three: int, rank: int) -> Any:
        totals = {"month_total": str(month), "three_months_total": str(three), "rank": rank}
        return reckoned(judged, "business_tier", **totals)["named"]

    assert tier(19_000, 61_000, 3) == "standard"
    assert tier(26_000, 26_000, 1) == "special"
    assert tier(26_000, 26_000, 2) == "standard"
    assert tier(19_000, 59_000, 1) is None


@pytest.mark.rule("RW-07")
def test_seniority_is_paid_by_full_years_up_to_four(judged: Judged):
    def pay(since: str) -> Any:
        said = {"month": "2026-11", "since": since, "until": "2026-11-30"}
        return reckoned(judged, "seniority_pay", **said)["amount"]

    assert (pay("2022-12-30"), pay("2022-11-30"), pay("2010-01-01")) == (15_000, 20_000, 20_000)


@pytest.mark.rule("RW-08")
def test_who_took_no_leave_gets_full_attendance(judged: Judged):
    full = judged.propose("full_attendance", {"month": "2026-11", "leave_days": "0"})
    again = judged.propose("full_attendance", {"month": "2026-11", "leave_days": "0"})
    on_leave = judged.propose("full_attendance", {"month": "2026-10", "leave_days": "1"})

    assert full.event.named == "full_attendance"
    assert again.refusal == (409, "already_exists", "id")
    assert on_leave.refusal == (409, "guard_refused", None)
    assert judged.decide(full.body["id"], amount=10_000).status == 200


@pytest.mark.rule("RW-08")
def test_who_helps_at_an_event_gets_20_the_fare_and_a_day_of_rest(judged: Judged):
    helped = judged.propose("event_helper", {"event": "盯夹报", "fare": "12.50"})
    assert helped.carried_out == [Entry.Proposed] * 3
    for entry in judged.proposed():
        judged.decide(entry["entry_id"])

    balance = {row["currency"]: row["amount"] for row in judged.statement()["balance"]}
    assert balance == {"CNY": 3_250, "rest_days": 100}
    assert judged.total("bonus") == 2_000


def suggestion(judged: Judged, *steps: str) -> str:
    """The id of a suggestion of S1, after these steps."""
    head = judged.office.hire("department_head", "cs_supervisor")
    words = {"channel": "website", "matter": "合理化建议", "procedure": "suggestion"}
    answer = head.post("/v1/tickets", words | {"form": {"source": "staff", "content": "改用双线"}})
    assert answer.status == 201, answer.body
    forms: dict[str, dict[str, Any]] = {
        "evaluate": {"value": "good"},
        "forward": {"departments": ["production"]},
        "adopt": {"department": "production", "measure": "下月起改用双线"},
        "decline": {"because": "成本过高"},
    }
    for step in steps:
        assert taken(head, answer.headers["Location"], step, **forms[step]).status == 200
    ticket_id: str = answer.body["id"]
    return ticket_id


@pytest.mark.rule("RW-09")
def test_a_proposal_that_was_not_adopted_is_not_rewarded(judged: Judged):
    declined = suggestion(judged, "evaluate", "forward", "decline")
    adopted = suggestion(judged, "evaluate", "forward", "adopt")
    no_suggestion = order(judged, "1000")
    evidence = (None, str(uuid4()), declined, no_suggestion.rpartition("/")[2])

    def nominated(**facts: Any) -> Answer:
        return judged.propose("rational_proposal", {"proposal": str(uuid4()), **facts})

    nominations = [nominated(**({} if e is None else {"adopted_by": e})) for e in evidence]
    refused = [judged.decide(n.body["id"], amount=10_000) for n in nominations]

    assert refused[0].refusal == (422, "guard_invalid", "facts.adopted_by")
    assert [r.refusal for r in refused[1:]] == 3 * [(422, "unproven", "facts.adopted_by")]
    assert {r.body["rule"] for r in refused} == {"RW-09"}
    assert approved(judged, nominated(adopted_by=adopted), amount=10_000)
    assert approved(judged, judged.propose("target_met", {"target": "零投诉"}), amount=5_000)


@pytest.mark.rule("RW-10")
def test_what_finance_has_not_confirmed_is_not_paid(judged: Judged):
    facts = {"order": str(uuid4()), "received": "10000", "receivable": "0"}
    commission = approved(judged, judged.propose("quote_commission", facts))
    confirmation = f"/v1/ledger/entries/{commission}/confirmation"

    unconfirmed = paid(judged, commission)
    by_manager = judged.manager.post(confirmation)
    confirmed = judged.finance.post(confirmation)

    assert unconfirmed.refusal == (409, "not_confirmed", None)
    assert unconfirmed.body["rule"] == "RW-10"
    assert by_manager.refusal == (403, "forbidden", None)
    assert confirmed.carried_out == [Entry.Confirmed]
    assert paid(judged, commission).carried_out == [Entry.Executed]
    assert paid(judged, commission).refusal == (409, "entry_state", None)


def client(judged: Judged) -> str:
    answer = judged.colleague.post("/v1/clients", {"name": "新顾客"})
    assert answer.status == 201
    client_id: str = answer.body["id"]
    return client_id


def brought(judged: Judged, old: str, new: str, table: str = "client_referral", **facts: Any):
    holder = {"holder": f"client:{old}"}
    return judged.propose(table, {"new_client": new, **facts}, **holder)


def points(person: Person, kind: str, holder_id: str) -> Any:
    rows = person.get(f"/v1/ledger/balances?holder_kind={kind}&currency=points").body["items"]
    return [row["amount"] for row in rows if row["holder"] == f"{kind}:{holder_id}"]


@pytest.mark.rule("RW-11")
def test_points_of_clients_and_volunteers_stand_in_one_ledger(judged: Judged):
    old = client(judged)
    brought(judged, old, client(judged))
    judged.propose("volunteer_hours", {"activity": "敬老", "hours": "2"})

    assert points(judged.manager, "client", old) == [10_000]
    assert points(judged.manager, "staff", str(judged.s1.id)) == [200]


@pytest.mark.rule("CC-06")
def test_an_old_client_gets_100_points_for_each_new_one_once(judged: Judged):
    old, first, second = client(judged), client(judged), client(judged)

    stored = [brought(judged, old, new).carried_out for new in (first, second)]
    again = brought(judged, old, first)
    by_another = brought(judged, str(C1), first)

    assert stored == [[Entry.Proposed, Entry.Decided]] * 2
    assert again.refusal == (409, "already_exists", "id")
    assert by_another.refusal == (409, "already_exists", "id")
    assert points(judged.manager, "client", old) == [20_000]


@pytest.mark.rule("CC-10")
def test_a_gift_for_a_referral_follows_a_referral(judged: Judged):
    old, new = client(judged), client(judged)

    without = brought(judged, old, new, "referral_gift", gift="voucher")
    brought(judged, old, new)
    granted = brought(judged, old, new, "referral_gift", gift="voucher")

    assert without.refusal == (409, "nothing_to_follow", None)
    assert without.body["rule"] == "CC-10"
    assert approved(judged, granted, amount=5_000)


@pytest.mark.rule("RW-12")
def test_business_counts_by_contract_signed_and_commission_by_payment(judged: Judged):
    judged.office.now = judged.office.now.replace(day=28)
    order(judged, "9100")
    judged.claim()
    report = judged.manager.get("/v1/reports/quote-order/signed?from=2026-11-01&to=2026-12-01")

    [signed] = [
        group["measures"]
        for group in report.body["groups"]
        if group["by"] == {"opened.salesperson": str(judged.s1.id)}
    ]
    assert (signed["orders"]["value"], float(signed["sales"]["value"])) == (1, 9_100)
    assert reckoned(judged, "pay_factor", orders=1, sales=signed["sales"]["value"])["amount"] == 70
    assert (judged.proposed(), judged.total("commission")) == ([], 0)


@pytest.mark.rule("RW-13")
def test_a_level_changes_by_the_result_of_an_assessment_only(judged: Judged):
    facts = {"direction": "promotion", "level": "一级客户经理"}
    assessor = assessor_of(judged.office)
    unpublished = scored(assessor, judged.s1, 90)
    of_another = published(assessor, judged.office.hire("staff"), 90)

    def linked(assessment: str) -> Answer:
        said = {"assessment": assessment.rpartition("/")[2]}
        return judged.propose("level_change", facts | said)

    without = judged.propose("level_change", facts)
    refused = [linked(one) for one in (str(uuid4()), unpublished, of_another)]
    assert assessor.post(f"{unpublished}/publication").status == 200
    proposed = linked(unpublished)

    assert without.refusal == (422, "form_incomplete", "form.assessment")
    assert [r.refusal for r in refused] == 3 * [(422, "unproven", "facts.assessment")]
    assert {r.body["rule"] for r in refused} == {"RW-13"}
    assert judged.decide(proposed.body["id"]).carried_out == [Entry.Decided]
    [changed] = judged.statement()["entries"]
    assert changed["named"] == "promotion"
    assert changed["facts"]["assessment"] == unpublished.rpartition("/")[2]
