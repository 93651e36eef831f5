"""The lives of what is sold at a tariff, of a voluntary service, and of a project."""

from __future__ import annotations

from datetime import timedelta

from domain.ticket import Ticket
from tests.journeys.systems.looking import YEAR, behind, then
from tests.rules.volunteers import Centre, photo
from tests.support.http import Office, id_in, opened
from tests.support.steps import at, done, of_the_house, report, step


def test_fe_a_lamp_is_offered_haggled_over_paid_on_account_and_sold(office: Office) -> None:
    seller, manager, cashier = (office.hire(role) for role in ("sales", "sales_manager", "cashier"))
    viewer = office.hire("viewer")
    ticket = opened(seller, procedure="sale", channel="visit", form={"item": "lamp"})

    cheaper = step(seller, ticket, "sell", price=9_500)
    done(seller, ticket, "request_price", price=9_500, ground="promotion")
    own = step(seller, ticket, "approve_price")
    asked = office.now
    office.now += timedelta(hours=2)
    done(manager, ticket, "approve_price")
    deposit = {"amount": 2_000, "receipt": "D-0017"}
    by_seller = step(seller, ticket, "receive_deposit", **deposit)
    done(cashier, ticket, "receive_deposit", **deposit)
    sold = step(seller, ticket, "sell", price=9_500)

    assert (cheaper.body["rule"], cheaper.body["field"]) == ("FE-02", "form.price")
    assert [e.kind for e in cheaper.events if isinstance(e, Ticket.ViolationFlagged)] == [
        "unauthorised_price"
    ]
    assert own.refusal[0] == 403
    assert by_seller.refusal == (403, "not_for_you", None)
    assert Ticket.Closed in sold.carried_out
    assert (then(viewer, ticket, asked)["is_closed"], viewer.get(ticket).body["is_closed"]) == (
        False,
        True,
    )
    deposits = report(viewer, "sale/deposits", YEAR)["groups"]
    [mine] = [g["measures"] for g in deposits if g["by"]["actor.id"] == str(cashier.id)]
    assert (mine["deposits"]["value"], mine["minor_units"]["value"]) == (1, "2000")
    assert str(id_in(ticket)) in behind(viewer, "sale/deposits")


def test_vs_a_volunteer_joins_is_matched_serves_and_is_named_advanced(office: Office) -> None:
    centre = Centre(office)
    outsider = centre.register(charter_accepted=False)
    v1 = centre.volunteer("appliance_repair", areas=["A"], weekdays=["sat", "sun"])
    unskilled = centre.join(v1, "health")
    centre.admin.post(f"/v1/staff/{v1}/competences", {"competence": "environment"})
    joined = centre.join(v1, "environment")

    request = centre.request()
    office.catch_up()
    offered = centre.offered(request)
    done(centre.person, request, "match", volunteers=[{"volunteer": v1}])
    office.catch_up()
    done(centre.person, request, "dispatch")
    sent = office.now
    office.now = at("2026-12-05T17:00:00")
    fee = step(centre.person, request, "charge_fee", amount=100)
    done(centre.person, request, "serve", participants=[{"volunteer": v1, "hours": "1.5"}])
    done(centre.person, request, "take_feedback", satisfied=True)
    own = step(centre.person, request, "file_away")
    done(centre.leader, request, "file_away")
    river = centre.held({v1: "3"}, team="environment")
    done(centre.leader, river, "verify_hours")
    done(centre.person, river, "summarise", summary="清理河道")
    no_photo = step(centre.person, river, "file_away")
    photo(centre.person, river)
    done(centre.person, river, "file_away")
    centre.book()
    honour = of_the_house(
        centre.leader, "volunteer-honours", volunteer=v1, year="2026", points="4.5"
    )
    done(centre.person, honour, "name_advanced")
    centre.book()

    assert outsider.refusal == (422, "invalid", "charter_accepted")
    assert (unskilled.refusal, joined.status) == ((422, "skill_missing", "team"), 200)
    assert v1 in offered
    assert fee.refusal == (422, "guard_invalid", "form.amount")
    assert own.refusal == (403, "guard_forbids", None)
    assert no_photo.body["rule"] == "VS-09"
    assert centre.points(f"staff/{v1}") == 450
    assert then(centre.leader, request, sent)["is_closed"] is False
    hours = report(centre.leader, "volunteer-activity/hours_by_volunteer", YEAR)["groups"]
    [mine] = [g["measures"] for g in hours if g["by"]["form.volunteer"] == v1]
    assert (mine["services"]["value"], mine["hours"]["value"]) == (2, "4.5")
    lineage = behind(centre.leader, "volunteer-activity/hours_by_volunteer")
    assert {str(id_in(request)), str(id_in(river))} <= set(lineage)
    statement = centre.manager.get(f"/v1/ledger/staff/{v1}?period=2026").body["totals"]
    assert {row["kind"]: row["amount"] for row in statement} == {"points": 450, "bonus": 500}


def test_pj_a_project_is_signed_followed_its_problems_met_about_and_opened(office: Office) -> None:
    unit, liaison, other = office.hire("industry_unit"), office.hire("liaison"), office.hire()
    ticket = of_the_house(unit, "project", project="风电叶片厂")
    done(unit, ticket, "sign_contract", signed_on="2026-11-23")
    unasked = unit.post(f"{ticket}/closure")
    done(unit, ticket, "assign_liaison", department="发改局", person=str(liaison.id))
    second = step(unit, ticket, "assign_liaison", department="住建局", person=str(other.id))
    for problem in ("用电报装未批", "道路未通"):
        done(unit, ticket, "raise_problem", problem=problem, person=str(liaison.id))
    office.now = at("2026-12-01T12:00:01")
    office.tick()
    owed = liaison.get(f"/v1/obligations?ticket_id={id_in(ticket)}&overdue=true").body["items"]
    meeting = of_the_house(unit, "project-meeting", period="2026-W49")
    decision = {"project": str(id_in(ticket)), "number": 1, "decision": "三日内现场办公"}
    done(unit, meeting, "hold_meeting", decisions=[{**decision, "person": str(liaison.id)}])
    stuck = office.now
    office.now += timedelta(days=3)
    done(liaison, ticket, "resolve_problem", number=1, result="已通电")
    agenda = report(unit, "project/agenda", YEAR)["list"]
    done(liaison, ticket, "resolve_problem", number=2, result="已通路")
    done(unit, ticket, "start_operation", started_on="2027-06-01")
    closed = unit.post(f"{ticket}/closure")

    assert unasked.refusal == (409, "step_not_possible", None)
    assert second.refusal == (409, "guard_refused", None)
    assert len(owed) == 2
    mine = [row for row in agenda if row["opened.project"] == "风电叶片厂"]
    assert [row["obligation.title"] for row in mine] == ["问题推进 · 2"]
    assert Ticket.Closed in closed.carried_out
    assert then(other, ticket, stuck)["is_closed"] is False
    resolved = report(other, "project/resolution", YEAR)["measures"]["resolved"]
    assert (resolved["numerator"], resolved["denominator"]) == (2, 2)
    assert behind(other, "project/resolution") == [str(id_in(ticket))]
