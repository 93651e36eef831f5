"""志愿服务: volunteers by speciality, matched to requests, counted in hours, rated in teams."""

from __future__ import annotations

from typing import Any

import pytest

from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.rules.volunteers import Centre, participants, photo
from tests.support.facts import NOON, shipped_pack
from tests.support.http import Office
from tests.support.steps import at, done, of_the_house, report, step

TEAM = "appliance_repair"
CLEAN = "environment"


@pytest.fixture
def centre(office: Office) -> Centre:
    return Centre(office)


def followed(events: Any, word: str) -> list[Any]:
    return [e.form for e in events if isinstance(e, Ticket.Followed) and e.step == word]


# VS-01, VS-12, VS-15: who they are


@pytest.mark.rule("VS-01")
def test_an_electrician_joins_policy_advice_only_with_that_skill(centre: Centre):
    v1 = centre.volunteer("electrician")

    refused = centre.join(v1, "policy_advice")
    centre.admin.post(f"/v1/staff/{v1}/competences", {"competence": "policy"})
    joined = centre.join(v1, "policy_advice")

    assert refused.refusal == (422, "skill_missing", "team")
    assert refused.body["rule"] == "VS-01"
    assert joined.carried_out == [Staff.TeamJoined]
    [team] = [
        row
        for row in centre.person.get("/v1/teams").body["items"]
        if row["team"] == "policy_advice"
    ]
    assert (team["title"], team["skill"], team["members"]) == ("政策咨询队", "policy", [v1])


@pytest.mark.rule("VS-01")
def test_who_leaves_a_team_is_in_it_no_longer_and_there_is_no_other(centre: Centre):
    v1 = centre.volunteer(team="community")
    centre.office.now = at("2026-11-23T13:00:00")

    left = centre.person.post(f"/v1/staff/{v1}/teams/community/departure")
    again = centre.person.post(f"/v1/staff/{v1}/teams/community/departure")
    unknown = centre.join(v1, "nowhere")

    assert left.carried_out == [Staff.TeamLeft]
    assert again.refusal == (409, "not_in_team", "team")
    assert unknown.refusal == (404, "not_found", "team")
    assert centre.person.get(f"/v1/staff/{v1}").body["teams"] == []
    then = "/v1/audit/staff?as_of=2026-11-23T12:30:00%2B08:00&clock=occurred"
    listed = centre.person.get(then).body["items"]
    assert [row["teams"] for row in listed if row["staff_id"] == v1] == [["community"]]


@pytest.mark.rule("VS-12")
def test_who_does_not_accept_the_charter_is_no_volunteer(centre: Centre):
    refused = centre.register(charter_accepted=False)
    registered = centre.register()

    assert refused.refusal == (422, "invalid", "charter_accepted")
    assert refused.body["rule"] == "VS-12"
    assert Staff.VolunteerEnrolled in registered.carried_out


@pytest.mark.rule("VS-12")
def test_nobody_is_charged_for_voluntary_service(centre: Centre):
    request, activity = centre.request(), centre.activity()

    fees = [step(centre.person, ticket, "charge_fee", amount=1) for ticket in (request, activity)]
    nothing = step(centre.person, request, "charge_fee", amount=0)

    assert [fee.refusal for fee in fees] == [(422, "guard_invalid", "form.amount")] * 2
    assert {fee.body["rule"] for fee in fees} == {"VS-12"}
    assert nothing.status == 200


@pytest.mark.rule("VS-15")
def test_a_floating_member_joins_and_counts_in_the_coverage(centre: Centre):
    employee = str(centre.office.hire("staff").id)
    v9 = centre.volunteer(team="community", origin="floating")
    centre.join(employee, "community")

    def coverage() -> tuple[int, int, str]:
        ticket = of_the_house(centre.person, "team-rating", team="community", period="2026-H2")
        centre.office.catch_up()
        form = done(centre.person, ticket, "rate", rating="unqualified").events[0].form
        return form["members"], form["volunteers"], form["coverage"]

    joined = coverage()
    centre.credited({v9: "1"}, team="community")

    assert centre.person.get(f"/v1/staff/{v9}").body["origin"] == "floating"
    assert (joined, coverage()) == ((2, 1, "0"), (2, 1, "50"))
    assert centre.register(origin="visitor").refusal == (422, "invalid", "origin")


@pytest.mark.rule("VS-15")
def test_an_employee_becomes_a_volunteer_and_says_when(centre: Centre):
    s1 = centre.office.hire("staff")
    mine = f"/v1/staff/{s1.id}"
    free = {"areas": ["A"], "weekdays": ["sat"]}

    too_early = s1.post(f"{mine}/availability", free)
    centre.person.post(f"{mine}/enrolment", {"charter_accepted": True, "origin": "resident"})
    declared = s1.post(f"{mine}/availability", free)
    by_another = centre.leader.post(f"{mine}/availability", free)

    assert too_early.refusal == (409, "no_volunteer", None)
    assert declared.carried_out == [Staff.AvailabilityDeclared]
    assert by_another.refusal == (403, "forbidden", "staff_id")
    row = s1.get(mine).body
    assert (row["areas"], row["weekdays"], row["origin"]) == (["A"], ["sat"], "resident")


# VS-02: requests


@pytest.mark.rule("VS-02")
def test_only_volunteers_with_the_skill_who_serve_there_then_are_offered(centre: Centre):
    fits = centre.volunteer(TEAM, areas=["A", "B"], weekdays=["sat", "sun"])
    flexible = centre.volunteer(TEAM)
    others = [
        centre.volunteer("health", areas=["A"]),
        centre.volunteer(TEAM, areas=["B"]),
        centre.volunteer(TEAM, areas=["A"], weekdays=["mon"]),
        centre.volunteer(areas=["A"]),
    ]
    ticket = centre.request()

    offered = centre.offered(ticket)
    refused = step(centre.person, ticket, "match", volunteers=[{"volunteer": others[0]}])
    matched = step(centre.person, ticket, "match", volunteers=[{"volunteer": fits}])

    assert offered == [fits, flexible]
    assert refused.refusal == (422, "form_refused", "form.volunteers")
    assert refused.body["rule"] == "VS-02"
    assert matched.carried_out == [Ticket.StepTaken]
    assert centre.person.get(f"{ticket}/people/nobody").status == 404


@pytest.mark.rule("VS-02")
def test_who_is_sent_elsewhere_that_day_is_not_offered(centre: Centre):
    v1 = centre.volunteer(TEAM, areas=["A"])
    first, second, later = centre.request(), centre.request(), centre.request(day="2026-12-06")
    for ticket in (first, second):
        centre.office.catch_up()
        done(centre.person, ticket, "match", volunteers=[{"volunteer": v1}])
    sent = done(centre.person, first, "dispatch")

    offered = centre.offered(second)
    refused = step(centre.person, second, "dispatch")

    assert followed(sent.events, "volunteer_dispatched") == [{"volunteer": v1, "day": "2026-12-05"}]
    assert (offered, centre.offered(first), centre.offered(later)) == ([], [v1], [v1])
    assert refused.refusal == (409, "guard_refused", None)


@pytest.mark.rule("VS-02")
def test_a_request_is_served_fed_back_and_filed_with_hours_that_another_verified(centre: Centre):
    v1, v2 = centre.volunteer(TEAM, areas=["A"]), centre.volunteer(TEAM, areas=["A"])
    ticket = centre.dispatched(v1)

    stranger = step(
        centre.person, ticket, "serve", participants=[{"volunteer": v2, "hours": "1.5"}]
    )
    done(centre.person, ticket, "serve", participants=[{"volunteer": v1, "hours": "1.5"}])
    done(centre.person, ticket, "take_feedback", satisfied=True)
    own = step(centre.person, ticket, "file_away")
    filed = done(centre.leader, ticket, "file_away")
    centre.book()

    assert stranger.refusal == (422, "guard_invalid", "form.participants")
    assert own.refusal == (403, "guard_forbids", None)
    assert Ticket.Closed in filed.stored
    assert centre.points(f"staff/{v1}") == 150


# VS-03, VS-04, VS-09 to VS-11, VS-13, VS-17: activities


@pytest.mark.rule("VS-03")
def test_the_service_day_of_december_2026_is_saturday_the_fifth(centre: Centre):
    centre.office.catch_up()
    centre.office.now = at("2026-12-01T00:00:00")
    while centre.office.parts.schedules.tick(centre.office.now):
        centre.office.catch_up()

    tickets = centre.person.get("/v1/tickets?procedure=volunteer-activity").body["items"]
    [december] = [row for row in tickets if row["matter"].endswith("2026-12")]
    key = f"/v1/tickets/{december['ticket_id']}/obligations/service_day-1"
    promised = centre.person.get(key).body

    assert at("2026-12-05T00:00:00").strftime("%a") == "Sat"
    assert promised["due_at"] == "2026-12-05T16:00:00Z"


@pytest.mark.rule("VS-04")
def test_what_was_held_without_announcement_is_flagged(centre: Centre):
    v1, silent = centre.volunteer(), centre.activity()

    unannounced = done(centre.person, silent, "hold", participants=participants({v1: "2"}))
    centre.held({v1: "2"})

    assert followed(unannounced.events, "held_unannounced") == [{}]
    listed = report(centre.person, "volunteer-activity/unannounced")["list"]
    number = centre.person.get(silent).body["number"]
    assert [row["this.number"] for row in listed] == [number]


@pytest.mark.rule("VS-04")
def test_nothing_is_archived_without_a_summary(centre: Centre):
    ticket = centre.held({centre.volunteer(): "2"})
    photo(centre.person, ticket)

    refused = step(centre.person, ticket, "file_away")
    done(centre.person, ticket, "summarise", summary="清理河道两公里")
    archived = step(centre.person, ticket, "file_away")

    assert refused.refusal == (409, "step_not_possible", None)
    assert Ticket.Closed in archived.carried_out


@pytest.mark.rule("VS-09")
def test_an_activity_without_a_photo_is_not_archived(centre: Centre):
    ticket = centre.held({centre.volunteer(): "2"})
    done(centre.person, ticket, "summarise", summary="清理河道两公里")

    refused = step(centre.person, ticket, "file_away")
    photo(centre.person, ticket)
    done(centre.person, ticket, "file_away")
    done(centre.person, ticket, "publish_on", platform="wechat")

    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "VS-09"
    [row] = report(centre.person, "volunteer-activity/files")["list"]
    assert (row["publish_on.platform"], row["this.state"]) == ("wechat", "archived")


@pytest.mark.rule("VS-10")
@pytest.mark.parametrize("is_fed_back", [False, True])
def test_the_employer_hears_of_an_activity_of_the_22nd_by_the_25th(
    centre: Centre, is_fed_back: bool
):
    centre.office.now = at("2026-11-22T17:00:00")
    ticket = centre.held({centre.volunteer(): "2"})
    if is_fed_back:
        done(centre.person, ticket, "feed_back_to_employer", employer="县供电局", appraisal="优秀")

    centre.office.now = at("2026-11-25T23:59:00")
    centre.office.tick()
    promised = centre.person.get(f"{ticket}/obligations/employer_feedback-1").body
    centre.office.now = at("2026-11-26T00:00:01")
    before = centre.office.head()
    centre.office.tick()

    assert promised["due_at"] == "2026-11-25T16:00:00Z"
    breached = [
        e.key for e in centre.office.events_after(before) if isinstance(e, Ticket.TimeBreached)
    ]
    assert breached == ([] if is_fed_back else ["employer_feedback-1"])


@pytest.mark.rule("VS-11")
def test_who_wears_no_badge_is_noted(centre: Centre):
    v1, v2 = centre.volunteer(), centre.volunteer()
    rows = participants({v1: "2"}, badge=False) + participants({v2: "2"})

    held = done(centre.person, centre.activity(), "hold", participants=rows)

    notes = followed(held.events, "conduct_note")
    assert notes == [{"volunteer": v1, "badge": False, "hat": True}]
    [noted] = report(centre.person, "volunteer-activity/conduct_notes")["groups"]
    assert noted["by"] == {"form.volunteer": v1}


@pytest.mark.rule("VS-13")
def test_activities_are_of_kinds_that_the_policy_knows(centre: Centre):
    body = {"channel": "internal", "matter": "活动", "procedure": "volunteer-activity"}

    known = centre.person.post("/v1/tickets", {**body, "form": {"kind": "blood_donation"}})
    unknown = centre.person.post("/v1/tickets", {**body, "form": {"kind": "karaoke"}})

    assert known.status == 201
    assert unknown.refusal == (422, "invalid", "form.kind")


@pytest.mark.rule("VS-17")
def test_each_of_four_gets_their_hours_and_the_activity_lists_all(centre: Centre):
    hours = {centre.volunteer(): much for much in ("1", "2", "2.5", "3")}

    ticket = centre.credited(hours)

    assert [centre.points(f"staff/{who}") for who in hours] == [100, 200, 250, 300]
    history = centre.person.get(f"{ticket}/history").body["items"]
    [form] = [e["details"]["form"] for e in history if e["step"] == "hold"]
    assert [row["volunteer"] for row in form["participants"]] == list(hours)


# VS-05 to VS-08: points, ratings, honours


@pytest.mark.rule("VS-05")
def test_three_volunteers_for_two_hours_bring_their_team_six_points(centre: Centre):
    three = {centre.volunteer(CLEAN, team=CLEAN): "2" for _ in range(3)}
    other = {centre.volunteer("health", team="health"): "5"}
    ticket = centre.held(three, team=CLEAN)

    own = step(centre.person, ticket, "verify_hours")
    before = centre.points(f"team/{CLEAN}")
    done(centre.leader, ticket, "verify_hours")
    again = step(centre.leader, ticket, "verify_hours")
    centre.book()
    centre.credited(other, team="health")

    assert own.status == 403
    assert before == 0
    assert again.refusal == (409, "step_not_possible", None)
    assert [centre.points(f"staff/{who}") for who in three] == [200] * 3
    assert centre.points(f"team/{CLEAN}") == 600
    teams = report(centre.person, "volunteer-activity/team_points")["groups"]
    ranked = {row["by"]["form.team"]: row["measures"]["points"]["value"] for row in teams}
    assert ranked == {CLEAN: "6", "health": "5"}
    balances = centre.manager.get("/v1/ledger/balances?holder_kind=team").body["items"]
    winner = max(balances, key=lambda row: row["amount"])
    assert (winner["holder"], winner["amount"]) == (f"team:{CLEAN}", 600)


def team_of_ten(centre: Centre) -> list[str]:
    """Ten members; the eight who volunteer."""
    for _ in range(2):
        assert centre.join(str(centre.office.hire("staff").id), "community").status == 200
    return [centre.volunteer(team="community") for _ in range(8)]


@pytest.mark.rule("VS-06")
def test_a_team_of_which_one_has_served_but_twice_does_not_qualify(centre: Centre):
    """What they did the term before does not count."""
    centre.office.now = at("2026-06-20T09:00:00")
    eight = team_of_ten(centre)
    centre.credited({eight[7]: "4"}, team="community")
    centre.office.now = NOON
    seven = dict.fromkeys(eight[:7], "2")
    for hours in ({**seven, eight[7]: "3"}, {**seven, eight[7]: "3"}, seven):
        centre.credited(hours, team="community")
    ticket = of_the_house(centre.person, "team-rating", team="community", period="2026-H2")
    centre.office.catch_up()

    refused = step(centre.person, ticket, "rate", rating="good")
    centre.credited({eight[7]: "1"}, team="community")
    rated = done(centre.person, ticket, "rate", rating="good")

    assert refused.refusal == (422, "form_refused", "form.rating")
    assert refused.body["rule"] == "VS-06"
    form = rated.events[0].form
    assert (form["members"], form["volunteers"], form["qualified"]) == (10, 8, 8)
    assert (form["coverage"], form["covered"], form["rating"]) == ("80", True, "good")


@pytest.mark.rule("VS-06")
def test_who_enrolled_and_never_served_in_the_term_covers_nothing(centre: Centre):
    eight = team_of_ten(centre)
    for _ in range(3):
        centre.credited(dict.fromkeys(eight[:7], "2"), team="community")
    ticket = of_the_house(centre.person, "team-rating", team="community", period="2026-H2")
    centre.office.catch_up()

    refused = step(centre.person, ticket, "rate", rating="good")
    rated = done(centre.person, ticket, "rate", rating="unqualified")

    assert refused.refusal == (422, "form_refused", "form.rating")
    form = rated.events[0].form
    assert (form["members"], form["volunteers"], form["active"]) == (10, 8, 7)
    assert (form["coverage"], form["covered"], form["everybody"]) == ("70", False, True)


@pytest.mark.rule("VS-06")
def test_a_house_may_let_the_coverage_alone_decide(centre: Centre):
    """One has served thrice, for less than six hours."""
    eight = team_of_ten(centre)
    for _ in range(3):
        hours = {**dict.fromkeys(eight[:7], "2"), eight[7]: "1.9"}
        centre.credited(hours, team="community")
    pack = shipped_pack("team-rating")
    values = {**pack["values"], "all_must_qualify": False}
    in_force(centre.office, {**pack, "version": 2, "values": values})
    ticket = of_the_house(centre.person, "team-rating", team="community", period="2026-H2")
    centre.office.catch_up()

    rated = done(centre.person, ticket, "rate", rating="good")
    centre.join(str(centre.office.hire("staff").id), "community")
    later = of_the_house(centre.person, "team-rating", team="community", period="2026-H2")
    centre.office.catch_up()
    refused = step(centre.person, later, "rate", rating="good")

    assert refused.refusal == (422, "form_refused", "form.rating")
    form = rated.events[0].form
    assert (form["qualified"], form["everybody"], form["coverage"]) == (7, False, "80")
    [row] = report(centre.person, "team-rating/ratings")["list"]
    assert row["form.rating"] == "good"


@pytest.mark.rule("VS-07")
def test_who_was_named_advanced_has_the_bonus_in_the_annual_assessment(centre: Centre):
    v1, v2 = centre.volunteer(), centre.volunteer()
    year = {"volunteer": v1, "year": "2026", "points": "42"}
    nominated = of_the_house(centre.leader, "volunteer-honours", **year)
    done(centre.person, nominated, "name_advanced")
    centre.book()

    assessed = {}
    for who in (v1, v2):
        ticket = of_the_house(centre.person, "volunteer-assessment", period="2026", staff=who)
        centre.office.catch_up()
        assessed[who] = followed(
            done(centre.person, ticket, "assess", score="90").events, "bonus_item"
        )

    assert assessed == {v1: [{"staff": v1, "year": "2026", "points": 5}], v2: []}
    statement = centre.manager.get(f"/v1/ledger/staff/{v1}?period=2026").body
    [bonus] = [row for row in statement["totals"] if row["kind"] == "bonus"]
    assert (bonus["currency"], bonus["amount"]) == ("assessment_points", 500)


@pytest.mark.rule("VS-08")
def test_who_has_no_evaluation_when_the_term_ends_is_listed(centre: Centre):
    v1, v2 = centre.volunteer(), centre.volunteer()
    terms = {
        who: of_the_house(centre.person, "volunteer-evaluation", period="2026-H2", staff=who)
        for who in (v1, v2)
    }
    done(centre.person, terms[v2], "evaluate", grade="good", appraisal="踏实")

    centre.office.now = at("2027-01-01T00:00:01")
    listed = report(centre.person, "volunteer-evaluation/not_evaluated")["list"]
    overdue = centre.person.get(f"{terms[v1]}/obligations/evaluation-1").body

    assert [row["opened.staff"] for row in listed] == [v1]
    assert overdue["status"] == "overdue"


# VS-16: floor wardens


@pytest.mark.rule("VS-16")
def test_a_roster_of_2027_without_july_says_so(centre: Centre):
    office = centre.office.hire("general_office")
    s1 = centre.office.hire("staff")
    ticket = of_the_house(office, "warden-roster", period="2027")
    done(s1, ticket, "put_down", month=6)
    months = [{"month": m, "warden": str(s1.id)} for m in range(1, 13) if m != 7]
    done(office, ticket, "choose", months=months)

    published = step(office, ticket, "publish_roster")

    assert published.status == 200
    assert published.body["warnings"] == ["July missing 7月无人轮值 (VS-16)"]
