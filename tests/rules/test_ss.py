"""满意度与好差评: what clients think of the service is asked, answered for, and acted upon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.ticket import Ticket
from tests.support.facts import C1, LI_NA, M1, WANG_FANG
from tests.support.http import Answer, Office, Person, id_in, opened

NOVEMBER = "from=2026-11-01&to=2026-12-01"
Q4 = "from=2026-10-01&to=2027-01-01"
FOUNDED = {"founded": True, "finding": "属实"}
UNFOUNDED = {"founded": False, "finding": "与录音不符"}
MEASURES = {"measures": "更换设备并培训"}
CALLED = {"satisfied": True, "result": "客户认可"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def house_matter(person: Person, procedure: str, form: dict[str, Any]) -> str:
    words = {"channel": "internal", "matter": "满意度", "procedure": procedure, "form": form}
    answer = person.post("/v1/tickets", words)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def step(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{name}", {"form": form})


def done(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    answer = step(person, ticket, name, **form)
    assert answer.status == 200, answer.body
    return answer


def report(person: Person, name: str, period: str = NOVEMBER, unit: str | None = None) -> Any:
    of = f"&unit={unit}" if unit else ""
    return person.get(f"/v1/reports/{name}?{period}{of}").body


def figures(said: Any) -> dict[str, Any]:
    return {name: figure["value"] for name, figure in said["measures"].items()}


# SS-01: good and bad reviews


def reviewed(person: Person, score: int, staff: Person | None = None) -> str:
    """A review of what was done on a ticket, in the unit of who takes it down."""
    form = {
        "ticket": str(id_in(opened(person))),
        "staff": str(staff.id if staff else uuid4()),
        "score": score,
    }
    return opened(person, procedure="review", channel="website", form=form)


def verified(person: Person, staff: Person | None = None, **finding: Any) -> str:
    ticket = reviewed(person, 1, staff)
    done(person, ticket, "verify", **(finding or FOUNDED))
    return ticket


@pytest.mark.rule("SS-01")
def test_four_bad_reviews_of_which_three_were_put_right_fail_the_month(office: Office):
    """The month is flagged by its report: `met` is false."""
    s1 = office.hire("cs_officer", unit="hall-1")
    elsewhere = office.hire("cs_officer", unit="hall-2")
    for score in (5, 3):
        reviewed(s1, score)
    for number in range(4):
        ticket = verified(s1)
        if number < 3:
            done(s1, ticket, "rectify", **MEASURES)
            done(s1, ticket, "call_back_reviewer", **CALLED)
    reviewed(elsewhere, 1)

    office.now = at("2026-12-01T09:00:00")
    month = report(s1, "review/bad_reviews", unit="hall-1")

    rates = {"bad": 4, "verified": "100", "rectified": "75", "called_back": "75"}
    assert figures(month) == rates
    assert month["target"] == {"measure": "called_back", "required": "100", "met": False}
    both = report(s1, "review/bad_reviews")["groups"]
    units = {group["by"]["this.unit"]: figures(group)["verified"] for group in both}
    assert units == {"hall-1": "100", "hall-2": "0"}


@pytest.mark.rule("SS-01")
@pytest.mark.parametrize(
    ("steps", "rates"),
    [
        (0, ("50", "50", "50", False)),
        (1, ("100", "50", "50", False)),
        (2, ("100", "100", "50", False)),
        (3, ("100", "100", "100", True)),
    ],
)
def test_a_month_is_flagged_unless_all_was_verified_put_right_and_called_back(
    office: Office, steps: int, rates: tuple[str, str, str, bool]
):
    s1 = office.hire("cs_officer")
    way = [("verify", FOUNDED), ("rectify", MEASURES), ("call_back_reviewer", CALLED)]
    for ticket, so_far in ((reviewed(s1, 1), 3), (reviewed(s1, 2), steps)):
        for name, form in way[:so_far]:
            done(s1, ticket, name, **form)

    month = report(s1, "review/bad_reviews")

    found = figures(month)
    assert (found["verified"], found["rectified"], found["called_back"]) == rates[:3]
    assert month["target"]["met"] is rates[3]


@pytest.mark.rule("SS-01")
@pytest.mark.parametrize(("score", "is_bad"), [(1, True), (2, True), (3, False)])
def test_a_bad_review_is_to_be_verified(office: Office, score: int, is_bad: bool):
    s1 = office.hire("cs_officer")
    ticket = reviewed(s1, score)

    names = {row["name"] for row in owed(s1, ticket)}
    verification = step(s1, ticket, "verify", **FOUNDED)

    assert names == {"review_feedback"} | ({"review_verification"} if is_bad else set())
    assert verification.status == (200 if is_bad else 409)


def owed(person: Person, ticket: str) -> list[Any]:
    rows = person.get(f"/v1/obligations?ticket_id={id_in(ticket)}&is_open=true").body
    return list(rows["items"])


@pytest.mark.rule("SS-01")
def test_a_bad_review_is_not_closed_before_all_was_done(office: Office):
    s1 = office.hire("cs_officer")
    ticket = reviewed(s1, 2)
    refused = [s1.post(f"{ticket}/closure")]
    for name, form in (("feed_back", {"text": "已转核实"}), ("verify", FOUNDED)):
        done(s1, ticket, name, **form)
        refused.append(s1.post(f"{ticket}/closure"))
    done(s1, ticket, "rectify", **MEASURES)
    refused.append(s1.post(f"{ticket}/closure"))
    done(s1, ticket, "call_back_reviewer", **CALLED)

    closing = s1.post(f"{ticket}/closure")

    codes = [answer.refusal[:2] for answer in refused]
    assert codes == [(409, "obligation_open")] * 3 + [(409, "step_not_possible")]
    assert {answer.body.get("rule") for answer in refused[:3]} == {"SS-01"}
    assert Ticket.Closed in closing.stored


@pytest.mark.rule("SS-01")
def test_every_review_gets_feedback(office: Office):
    s1 = office.hire("cs_officer")
    answered, _ = reviewed(s1, 5), reviewed(s1, 4)
    done(s1, answered, "feed_back", text="谢谢您的评价")

    month = report(s1, "review/linked_feedback")

    assert figures(month) == {"linked": "50"}
    assert month["target"]["met"] is False


@pytest.mark.rule("SS-01")
def test_who_was_reviewed_neither_verifies_nor_calls_back(office: Office):
    s1, s2 = office.hire("cs_officer"), office.hire("cs_officer")
    own = reviewed(s2, 1, staff=s2)

    verification = step(s2, own, "verify", **FOUNDED)

    assert verification.refusal == (403, "guard_forbids", None)
    assert verification.body["rule"] == "SS-01"
    assert step(s1, reviewed(s1, 1, staff=s2), "verify", **FOUNDED).status == 200


@pytest.mark.rule("SS-01")
def test_whose_review_it_is_stays_hidden_from_the_reviewed(office: Office):
    s1, s2 = office.hire("cs_officer"), office.hire("cs_officer")
    review = reviewed(s1, 1, s2)

    others, own = s1.get(review).body, s2.get(review).body
    [opening, *_] = s2.get(f"{review}/history").body["items"]
    by_client = f"/v1/tickets?client_id={C1}&procedure=review"
    listed = s2.get("/v1/tickets?procedure=review").body["items"]

    stale = s2.post(f"{review}/steps/appeal", {"form": {"grounds": "已修"}}, if_match=0).body
    register = "intake/intake_register?from=2026-11-23&to=2026-11-24"
    [line] = [
        row
        for row in s2.get(f"/v1/reports/{register}").body["list"]
        if row["this.procedure"] == "review"
    ]

    assert (others["client_id"], own["client_id"]) == (str(C1), None)
    assert opening["details"]["client_id"] is None
    assert [row["client_id"] for row in listed] == [None]
    assert line["this.client_id"] is None
    assert stale["intervening"][0]["details"]["client_id"] is None
    assert "ticket" not in opening["details"]["form"]
    assert [len(person.get(by_client).body["items"]) for person in (s1, s2)] == [1, 0]


@pytest.mark.rule("SS-01")
def test_whose_review_it_was_is_hidden_at_every_time_that_is_asked_about(office: Office):
    s1, s2 = office.hire("cs_officer"), office.hire("cs_officer")
    review = reviewed(s1, 1, s2)
    ever = "as_of=2999-01-01T00:00:00Z"
    by_client = f"/v1/audit/tickets?{ever}&client_id={C1}&procedure=review"

    def shown(person: Person) -> tuple[Any, Any, int, int]:
        one = person.get(f"/v1/audit/tickets/{id_in(review)}?{ever}").body["ticket"]
        [row] = person.get(f"/v1/audit/tickets?{ever}&procedure=review").body["items"]
        counts = person.get(by_client.replace("tickets?", "tickets/counts?")).body["counts"]
        found = person.get(by_client).body["items"]
        return one["client_id"], row["client_id"], len(found), counts["all"]["total"]

    assert shown(s1) == (str(C1), str(C1), 1, 1)
    assert shown(s2) == (None, None, 0, 0)


@pytest.mark.rule("SS-01")
def test_an_appeal_that_is_upheld_leaves_nothing_to_put_right(office: Office):
    s1, s2 = office.hire("cs_officer"), office.hire("cs_officer")
    supervisor = office.hire("cs_supervisor")
    ticket = verified(s1, staff=s2)
    done(s1, ticket, "feed_back", text="已核实")

    by_another = step(s1, ticket, "appeal", grounds="不服")
    done(s2, ticket, "appeal", grounds="当时不在岗")
    waiting = s1.post(f"{ticket}/closure")
    done(supervisor, ticket, "decide_appeal", upheld=True, grounds="考勤可证")
    rectification = step(s1, ticket, "rectify", **MEASURES)
    closing = s1.post(f"{ticket}/closure")

    assert by_another.refusal == (403, "guard_forbids", None)
    assert waiting.refusal == (409, "obligation_open", None)
    assert rectification.refusal == (409, "step_not_possible", None)
    assert Ticket.Closed in closing.stored
    assert figures(report(s1, "review/bad_reviews"))["called_back"] == "100"


@pytest.mark.rule("SS-01")
def test_an_appeal_that_is_not_upheld_leaves_all_to_be_done(office: Office):
    s1, s2 = office.hire("cs_officer"), office.hire("cs_officer")
    verifier = office.hire("cs_supervisor")
    ticket = verified(verifier, staff=s2)
    done(s2, ticket, "appeal", grounds="不服")
    decision = {"upheld": False, "grounds": "录音可证"}

    by_the_verifier = step(verifier, ticket, "decide_appeal", **decision)
    done(office.hire("director"), ticket, "decide_appeal", **decision)

    assert by_the_verifier.refusal == (403, "guard_forbids", None)
    names = [row["name"] for row in owed(s1, ticket)]
    assert sorted(names) == ["review_feedback", "review_rectification"]


@pytest.mark.rule("SS-01")
@pytest.mark.parametrize("score", [0, 6])
def test_a_score_is_1_to_5(office: Office, score: int):
    body = {
        "client_id": str(C1),
        "channel": "website",
        "matter": "评价",
        "procedure": "review",
        "form": {"ticket": str(uuid4()), "staff": str(WANG_FANG), "score": score},
    }

    answer = office.person(LI_NA).post("/v1/tickets", body)

    assert answer.refusal == (422, "form_refused", "form.score")
    assert answer.body["rule"] == "SS-01"


# SS-02: every day


@pytest.mark.rule("SS-02")
@pytest.mark.parametrize(("score", "is_rewarded"), [("96", True), ("95", True), ("94", False)])
def test_who_reaches_the_target_of_the_day_is_proposed_for_a_reward(
    office: Office, score: str, is_rewarded: bool
):
    s1 = office.hire("duty_manager", unit="store-1")
    office.now = at("2026-11-24T18:00:00")
    day = house_matter(s1, "daily-satisfaction", {"period": "2026-11-24"})

    answer = done(s1, day, "publish", score=score, responsible=str(WANG_FANG))

    office.now = at("2026-11-24T18:01:00")

    proposals = [e.form for e in answer.events if isinstance(e, Ticket.Followed)]
    proposed = {"staff": str(WANG_FANG), "score": score, "target": 95}
    assert proposals == ([proposed] if is_rewarded else [])
    board = office.stranger().get("/public/satisfaction").body["units"]["store-1"]
    assert (board["day"], board["score"]) == ("2026-11-24", score)
    listed = report(s1, "daily-satisfaction/rewards")["list"]
    assert [row["form.staff"] for row in listed] == [str(WANG_FANG)] * is_rewarded


@pytest.mark.rule("SS-02")
def test_the_day_asks_for_its_result(office: Office):
    s1 = office.hire("duty_manager")
    office.catch_up()
    office.now = at("2026-11-24T00:00:00")
    while office.parts.schedules.tick(office.now):
        office.catch_up()

    office.now = at("2026-11-25T00:00:01")

    rows = s1.get("/v1/desk/obligations").body["items"]
    assert [row["status"] for row in rows if row["name"] == "daily_result"] == ["overdue"]


# SS-03 to SS-07: surveys


def launched(person: Person, sample: int = 40) -> str:
    survey = house_matter(person, "survey", {"period": "2026-Q4"})
    done(person, survey, "launch", sample=sample)
    return survey


def answer_all(person: Person, survey: str, answers: Iterator[dict[str, Any]]) -> None:
    for said in answers:
        done(person, survey, "survey_answer", **{"method": "phone", "score": "5"} | said)


def scores(**of_each: int) -> Iterator[dict[str, Any]]:
    """`five=24, four=16`: so many answers of each score."""
    numbers = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
    for name, times in of_each.items():
        yield from ({"score": numbers[name]} for _ in range(times))


@pytest.mark.rule("SS-03")
def test_40_answers_with_a_mean_of_4_6_of_5_are_a_score_of_92_percent(office: Office):
    s1 = office.hire("cs_officer")
    survey = launched(s1)
    answer_all(s1, survey, scores(five=24, four=16))

    closing = done(s1, survey, "conclude")

    concluded: Any = closing.events[0]
    assert concluded.form == {"score": "92"}
    assert s1.get(survey).body["is_closed"] is True
    quarter = report(s1, "survey/score", Q4)
    assert figures(quarter) == {"answers": 40, "score": "92"}
    assert quarter["target"] == {"measure": "score", "required": "90", "met": True}


@pytest.mark.rule("SS-03")
def test_every_quarter_brings_a_survey_that_is_concluded_within_it(office: Office):
    office.now = at("2026-10-01T00:00:00")
    while office.parts.schedules.tick(office.now):
        office.catch_up()

    m1 = office.person(M1)
    rows = m1.get("/v1/tickets?procedure=survey").body["items"]
    quarters = sorted(m1.get(f"/v1/tickets/{row['ticket_id']}").body["matter"] for row in rows)
    [last] = [row for row in rows if row["matter"].endswith("2026-Q4")]
    office.now = at("2027-01-01T00:00:00")
    on_the_dot = m1.get(f"/v1/obligations?ticket_id={last['ticket_id']}").body["items"]

    assert quarters[-1] == "季度满意度调查 2026-Q4"
    assert [(row["name"], row["status"]) for row in on_the_dot] == [("survey_in_quarter", "open")]
    office.now = at("2027-01-01T00:00:01")
    [late] = m1.get(f"/v1/obligations?ticket_id={last['ticket_id']}").body["items"]
    assert late["status"] == "overdue"


@pytest.mark.rule("SS-04")
def test_every_method_has_its_count_and_its_mean(office: Office):
    s1 = office.hire("cs_officer")
    survey = launched(s1)
    by_phone = [{"method": "phone", "score": score} for score in ["4", "5"] * 5]
    online = [{"method": "online", "score": score} for score in ["3", "4", "5"] * 10]
    answer_all(s1, survey, iter(by_phone + online))

    groups = report(s1, "survey/by_method", Q4)["groups"]

    assert {group["by"]["form.method"]: figures(group) for group in groups} == {
        "questionnaire": {"answers": 0, "mean": None},
        "phone": {"answers": 10, "mean": "4.5"},
        "on_site": {"answers": 0, "mean": None},
        "online": {"answers": 30, "mean": "4"},
    }


@pytest.mark.rule("SS-04")
def test_there_are_four_methods(office: Office):
    s1 = office.hire("cs_officer")

    answer = step(s1, launched(s1), "survey_answer", method="horoscope", score="5")

    assert answer.refusal == (422, "invalid", "form.method")


@pytest.mark.rule("SS-05")
def test_the_four_indicators_weigh_alike(office: Office):
    s1 = office.hire("cs_officer")
    said = {
        "service_quality": "4.0",
        "product_function": "4.4",
        "convenience": "4.2",
        "client_care": "4.6",
    }
    answer_all(s1, launched(s1), iter([said]))

    indicators = figures(report(s1, "survey/indicators", Q4))

    assert indicators["composite"] == "4.3"
    assert {name: indicators[name] for name in said} == {
        "service_quality": "4",
        "product_function": "4.4",
        "convenience": "4.2",
        "client_care": "4.6",
    }


@pytest.mark.rule("SS-06")
def test_a_score_below_target_without_any_action_is_a_breach(office: Office):
    s1 = office.hire("cs_officer")
    survey = launched(s1)
    answer_all(s1, survey, scores(four=3))  # 80 %, the target is 90
    office.now = at("2026-11-24T10:00:00")
    done(s1, survey, "conclude")

    office.now = at("2026-12-08T17:30:01")  # the tenth working day has closed
    office.tick()

    [row] = [r for r in obligations(s1, survey) if r["name"] == "improvement"]
    assert row["status"] == "overdue"
    topics = [row["topic"] for row in s1.get(f"{survey}/history").body["items"]]
    assert topics.count("ticket.time-breached") == 1


@pytest.mark.rule("SS-06")
def test_an_action_meets_what_a_score_below_target_asks_for(office: Office):
    s1 = office.hire("cs_officer")
    survey = launched(s1)
    answer_all(s1, survey, scores(four=3))
    done(s1, survey, "conclude")
    plan = {"area": "staff_quality", "measure": "接听培训", "by_day": "2026-12-31"}

    elsewhere = step(s1, survey, "plan_improvement", **plan | {"area": "weather"})
    planned = done(s1, survey, "plan_improvement", **plan)

    assert elsewhere.refusal == (422, "invalid", "form.area")
    assert planned.stored == [Ticket.StepTaken, Ticket.TimeKept]


@pytest.mark.rule("SS-06")
def test_a_score_on_target_asks_for_no_action(office: Office):
    s1 = office.hire("cs_officer")
    survey = launched(s1)
    answer_all(s1, survey, scores(four=1, five=1))

    done(s1, survey, "conclude")

    assert {row["name"] for row in obligations(s1, survey)} == {"survey_in_quarter"}


def obligations(person: Person, ticket: str) -> list[Any]:
    return list(person.get(f"/v1/obligations?ticket_id={id_in(ticket)}").body["items"])


@pytest.mark.rule("SS-07")
def test_loyalty_rises_by_five_points_from_quarter_to_quarter(office: Office):
    s1 = office.hire("cs_officer")
    for day, repeating in (("2026-08-20T10:00:00", 6), ("2026-11-20T10:00:00", 7)):
        office.now = at(day)
        buys = [{"buys_again": number < repeating} for number in range(20)]
        answer_all(s1, launched(s1), iter(buys))

    loyalty = report(s1, "survey/loyalty", Q4)

    assert figures(loyalty) == {"repeat_rate": "35"}
    assert loyalty["trend"] == {"repeat_rate": {"before": "30", "difference": "5"}}


# SS-09, SS-10

PERFORMANCE = {"name": "办结率", "kind": "performance", "weight": "60"}
SATISFACTION = {"name": "客户满意度", "kind": "satisfaction", "weight": "40"}


@pytest.mark.rule("SS-09")
def test_a_scheme_without_satisfaction_is_warned_of(office: Office):
    s1 = office.hire("hr")
    scheme = house_matter(s1, "work-assessment", {})

    answer = done(s1, scheme, "publish_scheme", indicators=[PERFORMANCE])

    [warning] = answer.body["warnings"]
    assert "satisfaction" in warning
    assert "SS-09" in warning
    assert s1.get(scheme).body["state"] == "published"


@pytest.mark.rule("SS-09")
def test_a_scheme_with_satisfaction_is_not_warned_of(office: Office):
    s1 = office.hire("hr")
    scheme = house_matter(s1, "work-assessment", {})

    answer = done(s1, scheme, "publish_scheme", indicators=[PERFORMANCE, SATISFACTION])

    assert not answer.body.get("warnings")


def asked_for_opinion(person: Person, ticket: str) -> int:
    history = person.get(f"{ticket}/history").body["items"]
    return [row["step"] for row in history].count("feedback_requested")


@pytest.mark.rule("SS-10")
def test_the_client_is_asked_for_their_opinion_exactly_once(office: Office):
    s1 = office.hire("cs_officer")
    ticket = opened(s1)
    s1.post(f"{ticket}/answer", {"text": "已恢复"})
    before = asked_for_opinion(s1, ticket)

    s1.post(f"{ticket}/closure")
    once = asked_for_opinion(s1, ticket)
    s1.post(f"{ticket}/reopening", {"reason": "又坏了"})
    s1.post(f"{ticket}/answer", {"text": "已恢复"})
    s1.post(f"{ticket}/closure")

    assert (before, once, asked_for_opinion(s1, ticket)) == (0, 1, 1)
    assert s1.get(ticket).body["is_closed"] is True


@pytest.mark.rule("SS-10")
def test_nobody_is_asked_about_a_matter_of_the_house(office: Office):
    s1 = office.hire("cs_officer")
    survey = launched(s1)
    answer_all(s1, survey, scores(five=1))

    done(s1, survey, "conclude")

    assert asked_for_opinion(s1, survey) == 0
