"""客户分级: tiers by income, who approves them, and the other gradings."""

from __future__ import annotations

from typing import Any

import pytest

from domain.client import Client
from domain.pack_check import warnings
from domain.pack_content import PackContent
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.facts import shipped_pack
from tests.support.files import FIRST, UNITS, approve, client, cny, entered, entry, grade
from tests.support.http import APPROVER, DRAFTER, Office, Person
from tests.support.steps import done, report, step


def proposed(answer: Any) -> str | None:
    """The class that waits for approval, or none that is reached."""
    assert answer.status == 200, answer.body
    found: str | None = answer.events[0].grade
    return found


@pytest.mark.rule("TR-01")
def test_diamond_begins_at_five_million_or_with_the_province(office: Office, li_na: Person):
    reached = grade(li_na, FIRST, "tier", income=cny(500_000_000))
    missed = grade(li_na, FIRST, "tier", income=cny(499_999_999))
    upstream = grade(li_na, FIRST, "tier", income=cny(1), upstream_registered=True)

    assert [proposed(answer) for answer in (reached, missed, upstream)] == [
        "diamond",
        "platinum",
        "diamond",
    ]
    assert reached.stored == [Client.GradeProposed]
    assert reached.event.basis == {
        "measured": "500000000",
        "threshold": "500000000",
        "coefficient": "1",
    }


@pytest.mark.rule("TR-02")
def test_the_lower_bound_of_platinum_is_in_it(li_na: Person):
    answers = [grade(li_na, FIRST, "tier", income=cny(fen)) for fen in (200_000_000, 199_999_999)]
    in_dollars = grade(li_na, FIRST, "tier", income={"minor_units": 1, "currency": "USD"})

    assert [proposed(answer) for answer in answers] == ["platinum", "gold"]
    assert in_dollars.refusal == (422, "form_refused", "form.income")


@pytest.mark.rule("TR-03")
def test_gold_begins_at_two_hundred_thousand(li_na: Person):
    answers = [grade(li_na, FIRST, "tier", income=cny(fen)) for fen in (19_999_999, 20_000_000)]

    assert [proposed(answer) for answer in answers] == ["vip", "gold"]


@pytest.mark.rule("TR-04")
def test_a_bureau_of_the_third_group_takes_vips_from_eight_thousand_on(office: Office):
    in_force(office, UNITS)
    third, first = (office.hire("sales", unit=unit) for unit in ("county-3", "county-1"))

    of_third = grade(third, client(third), "tier", income=cny(850_000))
    of_first = grade(first, client(first), "tier", income=cny(850_000))

    assert proposed(of_third) == "vip"
    assert of_third.event.basis["threshold"] == "800000"
    assert proposed(of_first) is None
    assert of_first.stored == [Client.Graded]


@pytest.mark.rule("TR-05")
def test_gold_is_approved_by_the_city_and_not_by_the_county(office: Office):
    in_force(office, UNITS)
    sales = office.hire("sales", unit="county-1")
    county, city = (office.hire("sales_manager", unit=unit) for unit in ("county-1", "city-1"))
    grade(sales, FIRST, "tier", income=cny(30_000_000))

    unasked = approve(city, FIRST, "key_client")
    too_low = approve(county, FIRST, "tier")
    not_theirs = approve(sales, FIRST, "tier")
    approved = approve(city, FIRST, "tier")

    assert unasked.refusal == (409, "nothing_proposed", None)
    assert too_low.refusal == (403, "unit_too_low", None)
    assert too_low.body["rule"] == "TR-05"
    assert not_theirs.refusal == (403, "forbidden", None)
    opened = [event.procedure for event in approved.events if isinstance(event, Ticket.Opened)]
    assert approved.stored[0] is Client.Graded
    assert opened == ["tier-management", "key-account"]
    assert city.get(f"{FIRST}/grades").body["current"] == {"tier": "gold"}


@pytest.mark.rule("TR-05")
def test_nobody_approves_what_they_proposed(office: Office):
    chief = office.hire("sales_manager")
    grade(chief, FIRST, "tier", income=cny(30_000_000))

    own = approve(chief, FIRST, "tier")
    unreasoned = chief.post(f"{FIRST}/gradings/tier/refusal")
    refused = chief.post(f"{FIRST}/gradings/tier/refusal", {"reason": "收入未核实"})

    assert own.refusal == (409, "own_proposal", None)
    assert unreasoned.refusal == (422, "invalid", "reason")
    assert refused.stored == [Client.GradeRefused]
    assert chief.get(f"{FIRST}/grades").body["pending"] == []


@pytest.mark.rule("TR-05")
def test_a_vip_is_assigned_by_the_county_and_reported_to_the_city(office: Office, li_na: Person):
    chief = office.hire("sales_manager")
    grade(li_na, FIRST, "tier", income=cny(1_500_000))
    opened = approve(chief, FIRST, "tier").events[1]
    ticket = f"/v1/tickets/{opened.originator_id}"

    at_city = step(chief, ticket, "assign", level="city", unit="city-1")
    assigned = step(chief, ticket, "assign", level="county", unit="county-1")
    unreported = step(chief, ticket, "settle")
    owed = chief.get(f"{ticket}/obligations/report_to_city-1").body
    reported = step(chief, ticket, "report_to_city", filed_as="2026-17")

    assert opened.form == {"grade": "vip", "manage": "county"}
    assert at_city.refusal == (403, "guard_forbids", "level")
    assert at_city.body["rule"] == "TR-05"
    assert assigned.stored == [Ticket.StepTaken, Ticket.TimePromised]
    assert unreported.refusal[:2] == (409, "obligation_open")
    assert (owed["status"], owed["rule"]) == ("open", "TR-05")
    assert reported.stored[:3] == [Ticket.StepTaken, Ticket.TimeKept, Ticket.Closed]


@pytest.mark.rule("TR-05")
def test_a_diamond_is_left_to_the_city_by_a_letter_of_the_province(office: Office, li_na: Person):
    chief = office.hire("general_manager")
    grade(li_na, FIRST, "tier", income=cny(600_000_000))
    opened = approve(chief, FIRST, "tier").events[1]
    ticket = f"/v1/tickets/{opened.originator_id}"

    without = step(chief, ticket, "assign", level="city", unit="city-1")
    done(chief, ticket, "issue_authorisation_letter", number="授权〔2026〕3号", level="city")
    with_letter = step(chief, ticket, "assign", level="city", unit="city-1")

    assert without.refusal == (403, "guard_forbids", "level")
    assert with_letter.stored == [Ticket.StepTaken]


@pytest.mark.rule("TR-06")
def test_a_client_of_another_territory_is_registered_by_authorisation_only(office: Office):
    in_force(office, UNITS)
    sales = office.hire("sales", unit="county-1")
    unapplied = entry(sales, FIRST, "crm_registration", territory="county-1")
    entered(sales, FIRST, "crm_application", territory="county-3")

    elsewhere = entry(sales, FIRST, "crm_registration", territory="county-3")
    authorised = entry(sales, FIRST, "crm_registration", territory="county-3", authorisation="9号")
    at_home = entry(sales, FIRST, "crm_registration", territory="county-1")

    for refused in (unapplied, elsewhere):
        assert refused.refusal == (409, "not_recordable", None)
        assert refused.body["rule"] == "TR-06"
    assert authorised.stored == at_home.stored == [Client.Recorded]


@pytest.mark.rule("TR-07")
def test_a_key_client_has_income_agreement_and_registration(li_na: Person):
    entered(li_na, FIRST, "crm_application", territory="main")
    entered(li_na, FIRST, "crm_registration", territory="main")

    without = grade(li_na, FIRST, "key_client", income=cny(30_000_000))
    entered(li_na, FIRST, "agreement", number="2026-5")
    with_all = grade(li_na, FIRST, "key_client", income=cny(30_000_000))
    poor = grade(li_na, FIRST, "key_client", income=cny(999_999))

    assert without.event.grade is None
    assert without.event.basis["unmet"] == ["未签订协议 no agreement"]
    assert (with_all.event.grade, with_all.event.former) == ("key", None)
    assert (poor.event.grade, poor.event.former) == (None, "key")


@pytest.mark.rule("TR-08")
def test_large_clients_beyond_their_city_are_flagged(li_na: Person):
    across = {"income": cny(300_000_000), "cross_region": True}

    flagged = grade(li_na, FIRST, "tier", **across)
    smaller = grade(li_na, FIRST, "tier", **(across | {"income": cny(299_999_999)}))
    at_home = grade(li_na, FIRST, "tier", **(across | {"cross_region": False}))

    answers = (flagged, smaller, at_home)
    assert [a.event.flags["special_management"] for a in answers] == [True, False, False]


@pytest.mark.rule("TR-09")
def test_the_core_is_the_fewest_clients_that_bring_four_fifths(li_na: Person):
    revenues = [4_200, 4_000, *[225] * 8]
    clients = [client(li_na, f"客户{i}") for i in range(10)]
    for one, yuan in zip(clients, revenues, strict=True):
        entered(li_na, one, "purchase", goods="邮件", amount=cny(yuan * 100))

    core = report(li_na, "client-tiers/core_clients")

    ids = [one.rpartition("/")[2] for one in clients[:2]]
    assert [row["client.id"] for row in core["list"]] == ids
    assert core["measures"]["clients"] == {"value": 2, "tickets": ids}
    assert core["measures"]["revenue"]["value"] == "820000"


@pytest.mark.rule("TR-10")
@pytest.mark.parametrize(
    ("clear_need", "days", "expected"),
    [(True, 20, "A"), (True, 75, "B"), (True, 150, "C"), (False, 20, "C")],
)
def test_who_signs_soon_is_nearer(li_na: Person, clear_need: bool, days: int, expected: str):
    answer = grade(li_na, FIRST, "readiness", clear_need=clear_need, horizon_days=days)

    assert (answer.stored, answer.event.grade) == ([Client.Graded], expected)


@pytest.mark.rule("TR-11")
def test_a_class_is_adjusted_with_a_reason_and_both_stay_readable(li_na: Person, manager: Person):
    grade(li_na, FIRST, "readiness", clear_need=True, horizon_days=20)
    adjusted = {"grade": "B", "reason": "budget postponed"}

    unreasoned = manager.post(f"{FIRST}/gradings/readiness", {"grade": "B"})
    unknown = manager.post(f"{FIRST}/gradings/readiness", adjusted | {"grade": "D"})
    fixed = manager.post(f"{FIRST}/gradings/tier", adjusted | {"grade": "gold"})
    done = manager.post(f"{FIRST}/gradings/readiness", adjusted)
    history = li_na.get(f"{FIRST}/grades").body["history"]

    assert unreasoned.refusal == (422, "invalid", "reason")
    assert unknown.refusal == (422, "invalid", "grade")
    assert fixed.refusal == (422, "not_adjustable", "grade")
    assert done.stored == [Client.Graded]
    assert [(row["former"], row["grade"], row["reason"], row["by"]) for row in history] == [
        (None, "A", None, f"staff:{li_na.id}"),
        ("A", "B", "budget postponed", f"staff:{manager.id}"),
    ]


def test_a_class_holds_for_its_period_and_the_last_word_within_it(office: Office, li_na: Person):
    chief = office.hire("general_manager")
    form = {"form": {"income": cny(30_000_000)}, "since": "2026-01-01"}
    li_na.post(f"{FIRST}/gradings/tier", form)
    approve(chief, FIRST, "tier")

    today = li_na.get(f"{FIRST}/grades").body
    office.now = office.now.replace(year=2027, month=1, day=1)
    afterwards = li_na.get(f"{FIRST}/grades").body

    assert today["current"] == {"tier": "gold"}
    assert today["entitlements"] == {"tier": {"priority": 4, "credit_days": 30}}
    assert (today["history"][0]["since"], today["history"][0]["until"]) == (
        "2026-01-01",
        "2027-01-01",
    )
    assert (afterwards["current"], afterwards["entitlements"]) == ({"tier": None}, {})
    assert len(afterwards["history"]) == 1


def test_a_diamond_is_let_go_only_by_who_approves_diamonds(office: Office, li_na: Person):
    in_force(office, UNITS)
    province, city = office.hire("general_manager"), office.hire("sales_manager", unit="city-1")
    grade(li_na, FIRST, "tier", income=cny(600_000_000))
    approve(province, FIRST, "tier")

    grade(li_na, FIRST, "tier", income=cny(30_000_000))
    by_city = approve(city, FIRST, "tier")
    by_province = approve(province, FIRST, "tier")

    assert by_city.refusal == (403, "unit_too_low", None)
    assert (by_province.events[0].former, by_province.events[0].grade) == ("diamond", "gold")


@pytest.mark.rule("TR-12")
def test_a_class_without_criteria_is_warned_about(office: Office):
    content = shipped_pack("client-tiers") | {"version": 2}

    answer = office.person(DRAFTER).post("/v1/packs/client-tiers/versions", {"content": content})

    place = "gradings.preferred.classes.preferred"
    assert f"{place}: criteria of preferred class not given in source" in answer.body["warnings"]
    assert grade(office.person(APPROVER), FIRST, "preferred").status == 403


@pytest.mark.rule("TR-13")
def test_what_moves_a_client_to_buy_is_not_shown_to_them(li_na: Person):
    entered(li_na, FIRST, "psychology_tag", tag="comparison")
    entered(li_na, FIRST, "interest", product="有线电视")

    inside = li_na.get(f"{FIRST}/file").body
    for_client = li_na.get(f"{FIRST}/file?for_client=true").body

    assert [row["form"] for row in inside["records"]] == [{"tag": "comparison"}]
    assert for_client["records"] == []
    assert for_client["identity"].keys().isdisjoint({"attributes", "is_blacklisted", "holds"})
    assert (inside["identity"]["is_blacklisted"], for_client["contacts"]) == (False, [])
    assert [row["kind"] for row in for_client["timeline"]] == ["interest"]


@pytest.mark.rule("SL-04")
def test_the_funnel_counts_prospects_by_class(li_na: Person):
    for days, number in ((20, 5), (75, 8), (200, 20)):
        for i in range(number):
            prospect = client(li_na, f"意向{days}-{i}", kind="prospect")
            grade(li_na, prospect, "readiness", clear_need=True, horizon_days=days)

    funnel = report(li_na, "client-tiers/funnel")["groups"]

    counted = {g["by"]["grade.readiness"]: g["measures"]["clients"]["value"] for g in funnel}
    assert counted == {"A": 5, "B": 8, "C": 20}


def test_the_shipped_tiers_say_what_is_missing_in_the_source_and_nothing_else() -> None:
    beside = PackContent.read(shipped_pack("client-records"))

    said = warnings(PackContent.read(shipped_pack("client-tiers")), [beside])

    assert said == [
        "gradings.preferred.classes.preferred: criteria of preferred class not given in source"
    ]
