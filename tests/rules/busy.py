"""A centre at which something happened in most of its systems, in the November of 2026."""

from __future__ import annotations

from uuid import uuid4

from tests.rules.assessing import alike, final, opened, rate
from tests.rules.complaints import closed, complaint
from tests.rules.ledger import Judged
from tests.rules.volunteers import Centre
from tests.support.facts import LI_NA, M1, NOON
from tests.support.files import FIRST, approve, client, cny, entered, grade
from tests.support.http import Office, Person
from tests.support.http import opened as matter
from tests.support.steps import done, of_the_house

ITEMS = {
    "visits": {"plan": 30, "actual": 24},
    "expansion": {"plan": 30, "actual": 30},
    "site": {"plan": 10, "actual": 5},
    "daily": {"plan": 1, "actual": 1},
}
"""The example of SA-04: 82."""

PERIOD = "period=2026-11"


def a_month(office: Office) -> None:
    """Matters, complaints, reviews, money, clients, assessments and volunteers: some of each."""
    office.now = NOON
    li_na = office.person(LI_NA)
    _matters(office, li_na)
    _money(Judged(office))
    _clients(office, li_na)
    scorecard(office)
    centre = Centre(office)
    team = [centre.volunteer(team="community") for _ in range(2)]
    centre.credited({team[0]: "2", team[1]: "1.5"}, team="community")
    office.catch_up()


def _matters(office: Office, li_na: Person) -> None:
    answered, void = matter(li_na), matter(li_na)
    li_na.post(f"{answered}/answer", {"text": "周一至周五"})
    assert li_na.post(f"{void}/voiding", {"reason": "录错了"}).status == 200
    closed(li_na, complaint(li_na))
    complaint(li_na)
    rated = {"ticket": str(uuid4()), "staff": str(LI_NA)}
    for score in (5, 1):
        form = {**rated, "score": score}
        matter(li_na, procedure="review", channel="website", form=form)
    survey = of_the_house(office.person(M1), "survey", period="2026-Q4")
    done(office.person(M1), survey, "launch", sample=1)
    done(office.person(M1), survey, "survey_answer", method="phone", score="4.4")
    office.catch_up()
    asked = {"metric": "survey/score", "period": "2026-11"}
    review = of_the_house(office.person(M1), "metric-review", **asked)
    done(office.person(M1), review, "evaluate_metric")


def _money(judged: Judged) -> None:
    judged.fine("noise_in_hall")
    judged.record("noise_in_hall")
    judged.decide(judged.record("absence", facts={"days": 2}), sanction="pay_deduction")
    reversed_ = judged.record("noise_in_hall")
    judged.decide(reversed_, sanction="fine")
    judged.manager.post(f"/v1/ledger/entries/{reversed_}/reversal", {"reason": "认错了人"})
    order = {"order": str(uuid4()), "received": "10000", "receivable": "0"}
    judged.decide(judged.propose("quote_commission", order).body["id"])
    judged.propose("full_attendance", {"month": "2026-11", "leave_days": "0"})


def _clients(office: Office, li_na: Person) -> None:
    entered(li_na, FIRST, "interest", product="宽带")
    entered(li_na, FIRST, "evaluation", text="服务周到", score=5)
    grade(li_na, FIRST, "tier", income=cny(500_000_000))
    approve(office.hire("general_manager"), FIRST, "tier")
    entered(li_na, client(li_na), "interest", product="电视")


def scorecard(office: Office) -> tuple[Person, str, str]:
    """Who assesses; a month that is final, of one officer, and one that is open, of another."""
    assessor = office.hire("assessor")
    paths = []
    for _ in range(2):
        officer = office.hire("key_account_officer")
        paths.append(opened(assessor, "key_account_officer", officer, "2026-11"))
        assert assessor.post(f"{paths[-1]}/comparison", {"items": ITEMS}).status == 200
    staff = opened(assessor, "staff", office.hire("staff"), "2026-Q4")
    assert rate(assessor, staff, "head", alike(80)).status == 200
    final(assessor, staff)
    return assessor, final(assessor, paths[0]), paths[1]
