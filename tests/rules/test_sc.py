"""服务承诺: what is promised to clients, and what is owed when a promise was not kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from application.clients import RegisterClient, SetTrait
from application.desk import Actor
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import C1, LI_NA, WANG_FANG, promising_pack
from tests.support.http import Office, Person, id_in, opened
from tests.support.steps import at, done, of_the_house, report, step

S1, S2 = LI_NA, WANG_FANG
REFUND = {"minor_units": 26_000, "currency": "CNY"}
COMPLAINT = {"procedure": "commitment-breach", "form": {"commitment": "三日内上门安装"}}


def obligation(person: Person, ticket: str, key: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = person.get(f"{ticket}/obligations/{key}").body
    return body


def due(person: Person, ticket: str, key: str) -> datetime:
    return datetime.fromisoformat(obligation(person, ticket, key)["due_at"])


def breaches(office: Office, since: int) -> list[str]:
    events = office.events_after(since)
    return [event.key for event in events if isinstance(event, Ticket.TimeBreached)]


def at_fault(office: Office) -> str:
    """An answered matter of which S1's fault was established."""
    s1 = office.person(S1)
    ticket = opened(s1)
    done(s1, ticket, "establish_fault", party="us", person=str(S1), facts="约好未到")
    assert s1.post(f"{ticket}/answer", {"text": "已办"}).status == 200
    return ticket


@pytest.mark.rule("SC-02")
def test_a_matter_in_which_we_were_at_fault_is_not_closed_before_an_apology(office: Office):
    s1 = office.person(S1)
    ticket = at_fault(office)

    too_early = s1.post(f"{ticket}/closure")
    apology = step(s1, ticket, "apologise_for_fault", words="对不起，是我们的责任")
    closure = s1.post(f"{ticket}/closure")

    assert too_early.refusal == (409, "obligation_open", None)
    assert (too_early.body["rule"], too_early.body["facts"]) == (
        "SC-02",
        {"obligation": "apology_for_fault-1"},
    )
    assert apology.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert closure.carried_out[0] == Ticket.Closed


@pytest.mark.rule("SC-02")
def test_whoever_was_at_fault_is_dealt_with_by_a_superior_even_once_it_is_closed(office: Office):
    s1, boss = office.person(S1), office.hire("cs_supervisor")
    ticket = at_fault(office)
    done(s1, ticket, "apologise_for_fault", words="对不起")
    assert s1.post(f"{ticket}/closure").status == 200
    decision = {"decision": "criticism", "grounds": "奖惩规定第三条"}

    by_a_colleague = step(office.person(S2), ticket, "handle_responsible", **decision)
    still_owed = obligation(s1, ticket, "responsibility-1")
    handled = step(boss, ticket, "handle_responsible", **decision)

    assert by_a_colleague.refusal[:2] == (403, "not_for_you")
    assert by_a_colleague.body["rule"] == "SC-02"
    assert (still_owed["status"], still_owed["rule"]) == ("open", "SC-02")
    assert handled.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert handled.events[0].form["person"] == str(S1)
    [row] = report(s1, "commitments/faults")["groups"]
    assert (row["by"], row["rows"]) == ({"form.person": str(S1)}, 1)


@pytest.mark.rule("SC-02")
def test_nobody_deals_with_their_own_fault(office: Office):
    boss = office.hire("cs_supervisor")
    ticket = opened(boss)
    done(boss, ticket, "establish_fault", party="us", person=str(boss.id))

    answer = step(boss, ticket, "handle_responsible", decision="criticism", grounds="规定")

    assert answer.refusal == (403, "guard_forbids", None)
    assert answer.body["rule"] == "SC-02"


@pytest.mark.rule("SC-02")
def test_where_we_were_not_at_fault_nothing_is_owed(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)

    nameless = step(s1, ticket, "establish_fault", party="us")
    theirs = step(s1, ticket, "establish_fault", party="client")

    assert nameless.refusal == (422, "form_incomplete", "form.person")
    assert theirs.stored == [Ticket.StepTaken]


@pytest.mark.rule("SC-03")
def test_the_hotline_is_answered_day_and_night_and_the_office_from_monday(office: Office):
    office.now = at("2026-11-28T20:00:00")
    s1 = office.person(S1)

    by_hotline = opened(s1, channel="hotline", **COMPLAINT)
    by_office_line = opened(s1, channel="cs_line", **COMPLAINT)

    received = datetime.fromisoformat(s1.get(by_hotline).body["opened_at"])
    assert received == at("2026-11-28T20:00:00")
    assert due(s1, by_hotline, "complainant_contact-1") == at("2026-11-28T22:00:00")
    assert due(s1, by_office_line, "complainant_contact-1") == at("2026-11-30T10:30:00")
    why = obligation(s1, by_office_line, "complainant_contact-1")["why"]
    assert "counted 计入 2026-11-30 Mon 08:30-10:30" in why


@pytest.mark.rule("SC-03")
def test_no_other_channel_takes_such_complaints(office: Office):
    words = {"client_id": str(C1), "channel": "walk_in", "matter": "违诺", **COMPLAINT}

    answer = office.person(S1).post("/v1/tickets", words)

    assert answer.refusal == (422, "invalid", "channel")


@pytest.mark.rule("SC-05")
def test_a_client_comes_before_the_house_though_the_house_came_first(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-23T09:00:00")
    internal = of_the_house(s1, "internal-work")
    before = s1.get("/v1/desk/next").body["ticket"]["ticket_id"]
    office.now = at("2026-11-23T09:30:00")
    external = opened(s1)

    after = s1.get("/v1/desk/next").body["ticket"]["ticket_id"]

    assert before == str(id_in(internal))
    assert after == str(id_in(external))


@pytest.mark.rule("SC-05")
def test_internal_work_rests_while_a_client_waits(office: Office):
    s1 = office.person(S1)
    internal = of_the_house(s1, "internal-work")

    give_way = step(s1, internal, "give_way")
    meanwhile = step(s1, internal, "finish")
    go_on = step(s1, internal, "go_on")
    after = step(s1, internal, "finish")

    assert give_way.stored == [Ticket.StepTaken, Ticket.Followed, Ticket.Suspended]
    assert meanwhile.refusal[:2] == (409, "ticket_suspended")
    assert go_on.stored == [Ticket.StepTaken, Ticket.Followed, Ticket.Resumed]
    assert after.stored == [Ticket.StepTaken, Ticket.Closed]


def approved(office: Office, **terms: str) -> str:
    """A refund to C1, approved by finance."""
    ticket = opened(office.person(S1))
    said = {"amount": REFUND, "terms": "same_working_day", **terms}
    done(office.hire("finance"), ticket, "approve_client_payment", **said)
    return ticket


@pytest.mark.rule("SC-07")
def test_a_refund_that_is_not_paid_the_same_working_day_is_a_breach(office: Office):
    office.now = at("2026-11-23T10:00:00")
    ticket, before = approved(office), office.head()

    office.now = at("2026-11-23T17:30:00")
    office.tick()
    in_time = breaches(office, before)
    office.now = at("2026-11-23T18:00:00")
    office.tick()

    assert in_time == []
    assert breaches(office, before) == ["client_payment-1"]
    payments = report(office.person(S1), "commitments/payments")["measures"]["on_time"]
    assert (payments["value"], payments["denominator"]) == ("0", 1)
    assert obligation(office.person(S1), ticket, "client_payment-1")["rule"] == "SC-07"


@pytest.mark.rule("SC-07")
def test_what_was_paid_in_time_is_no_breach(office: Office):
    office.now = at("2026-11-23T10:00:00")
    ticket, before = approved(office), office.head()
    cashier = office.hire("cashier")

    too_little = step(cashier, ticket, "pay_client", amount={**REFUND, "minor_units": 25_000})
    paid = step(cashier, ticket, "pay_client", amount=REFUND)
    office.now = at("2026-11-23T18:00:00")
    office.tick()

    assert too_little.refusal == (422, "form_refused", "form.amount")
    assert too_little.body["rule"] == "SC-07"
    assert paid.stored == [Ticket.StepTaken, Ticket.TimeKept]
    assert breaches(office, before) == []


@pytest.mark.rule("SC-07")
def test_what_a_contract_dates_is_due_on_that_date(office: Office):
    office.now = at("2026-11-23T10:00:00")

    ticket = approved(office, terms="contract_date", pay_on="2026-11-30")

    assert due(office.person(S1), ticket, "client_payment-1") == at("2026-12-01T00:00:00")


@pytest.mark.rule("SC-08")
def test_how_long_a_client_waited_to_be_greeted_is_measured(office: Office):
    s1 = office.person(S1)
    office.now = at("2026-11-23T10:00:00")
    first, second = opened(s1), opened(s1)
    office.now = at("2026-11-23T10:02:00")
    done(office.person(S2), second, "acknowledge_waiting")

    waiting = report(s1, "commitments/waiting")["measures"]

    assert waiting["wait_ack"] == {"value": "2", "tickets": [str(id_in(second))]}
    assert waiting["too_long"]["value"] == "0"
    office.now = at("2026-11-23T10:04:00")
    done(s1, first, "acknowledge_waiting")
    waiting = report(s1, "commitments/waiting")["measures"]
    assert (waiting["wait_ack"]["value"], waiting["too_long"]["value"]) == ("3", "50")


@pytest.mark.rule("SC-09")
@pytest.mark.parametrize(
    ("calendar", "expected"),
    [("gov-centre", "2026-11-23T15:30:00"), ("company-hq", "2026-11-23T15:00:00")],
)
def test_two_working_hours_leave_out_the_noon_of_the_calendar(
    office: Office, calendar: str, expected: str
):
    pack = promising_pack()
    hours = {"kind": "working_hours", "calendar": calendar, "hours": 2}
    pack["obligations"]["reply"]["limit"] = hours
    in_force(office, pack)
    s1 = office.person(S1)
    office.now = at("2026-11-23T11:30:00")
    ticket = opened(s1)
    s1.post(f"{ticket}/slip")

    done(s1, ticket, "clarify")

    assert due(s1, ticket, "reply-1") == at(expected)


@pytest.mark.rule("SC-11")
def test_a_date_that_was_not_confirmed_is_not_promised(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    before = office.head()

    answer = step(s1, ticket, "give_commitment", date="2026-12-05")

    assert (answer.status, answer.body["code"]) == (409, "guard_refused")
    assert (answer.body["rule"], answer.body["field"]) == ("SC-11", "date")
    assert answer.stored == [Ticket.ViolationFlagged]
    assert (answer.event.kind, answer.event.staff) == ("unauthorised_commitment", f"staff:{S1}")
    assert office.head() == before + 1
    [row] = report(s1, "commitments/unauthorised_commitments")["groups"]
    assert row["measures"]["attempts"]["value"] == 1


@pytest.mark.rule("SC-11")
def test_what_the_company_confirmed_is_promised_and_no_other_date(office: Office):
    s1, producer = office.person(S1), office.hire("production")
    ticket = opened(s1)
    done(s1, ticket, "request_commitment", what="交货", wanted="2026-12-01")

    own = step(s1, ticket, "confirm_commitment", date="2026-12-05")
    done(producer, ticket, "confirm_commitment", date="2026-12-05")
    sooner = step(s1, ticket, "give_commitment", date="2026-12-01")
    given = step(s1, ticket, "give_commitment", date="2026-12-05")

    assert own.refusal[:2] == (403, "not_for_you")
    assert (own.body["rule"], sooner.status) == ("SC-11", 409)
    assert sooner.stored == [Ticket.ViolationFlagged]
    assert given.stored == [Ticket.StepTaken]
    assert given.event.form == {"date": "2026-12-05"}


@pytest.mark.rule("SC-12")
def test_how_fast_clients_are_responded_to_is_measured_by_channel(office: Office):
    s1, begin = office.person(S1), at("2026-11-23T09:00:00")
    office.now = begin
    tickets = [opened(s1, channel="phone") for _ in range(3)]
    opened(s1, channel="phone")

    for ticket, minutes in zip(tickets, (5, 10, 60), strict=True):
        office.now = begin + timedelta(minutes=minutes)
        done(s1, ticket, "respond_first")
    again = step(s1, tickets[0], "respond_first")

    figures = report(s1, "commitments/first_response")
    assert again.refusal[:2] == (409, "step_not_possible")
    assert figures["measures"]["median"]["value"] == "10"
    [phone] = figures["groups"]
    assert (phone["by"], phone["rows"]) == ({"this.channel": "phone"}, 3)
    assert phone["measures"]["p90"]["value"] == "60"


@pytest.mark.rule("SC-13")
def test_a_delay_that_the_client_feels_is_explained_to_them(office: Office):
    office.now = at("2026-11-23T10:00:00")
    s1 = office.person(S1)
    ticket = opened(s1, channel="hotline", **COMPLAINT)
    before = office.head()
    office.now = at("2026-11-23T12:01:00")
    office.tick()

    owed = obligation(s1, ticket, "delay_explanation-1")
    curt = step(s1, ticket, "explain_delay", explanation="人手不足", apologised=False)
    explained = step(s1, ticket, "explain_delay", explanation="人手不足", apologised=True)

    assert breaches(office, before) == ["complainant_contact-1"]
    assert (owed["title"], owed["status"], owed["rule"]) == (
        "向客户说明延误 Explanation to the client due",
        "open",
        "SC-13",
    )
    assert curt.refusal == (422, "form_refused", "form.apologised")
    assert explained.stored == [Ticket.StepTaken, Ticket.TimeKept]


@pytest.mark.rule("SC-13")
def test_a_delay_inside_the_house_is_not(office: Office):
    office.now = at("2026-11-23T07:00:00")
    s1 = office.person(S1)
    of_the_house(s1, "gap", point=10)
    before = office.head()
    office.now = at("2026-11-23T08:00:00")

    office.tick()

    assert [type(event) for event in office.events_after(before)] == [Ticket.TimeBreached]


def living_away(office: Office, number: int, minutes: int) -> str:
    """A client on file, so many minutes from their service point."""
    said = {"by": Actor.system("setup"), "received_at": office.now, "client_id": uuid4()}
    clients = office.parts.clients
    clients.register(RegisterClient(**said, command_id=f"client-{number}", name="某某"))
    trait = {"name": "travel_minutes", "value": minutes}
    clients.set_trait(SetTrait(**said, command_id=f"trait-{number}", **trait))
    return str(said["client_id"])


@pytest.mark.rule("SC-10")
def test_how_many_clients_have_a_service_point_a_quarter_of_an_hour_away(office: Office):
    """One service-circle ticket a client, so that tickets counted are clients counted."""
    s1 = office.person(S1)
    for number, minutes in enumerate((15,) * 92 + (16,) * 8):
        client = living_away(office, number, minutes)
        opened(s1, procedure="service-circle", client_id=client, matter="落实服务点")
    opened(s1, procedure="service-circle", matter="尚未测距")

    measures = report(s1, "service-circle/coverage")["measures"]

    assert measures["clients"]["value"] == 100
    coverage = measures["coverage"]
    assert (coverage["value"], coverage["numerator"], coverage["denominator"]) == ("92", 92, 100)
