"""A quarter of a service centre: assessed by several, ranked, appealed against, carried out."""

from __future__ import annotations

from datetime import timedelta

from tests.rules.assessing import alike, assessor_of, final, opened, rate, scored
from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.http import Office


def test_a_quarter_from_the_first_rating_to_the_reward(office: Office):
    assessor, director = assessor_of(office), office.hire("director")
    head = office.hire("cs_supervisor")
    ma, zhou = (office.hire("service_engineer", superior=head) for _ in range(2))

    # the head rates, forgets the cleanliness, and says it once more
    of_ma = opened(assessor, "staff", ma)
    half = {name: score for name, score in alike(90).items() if name != "hygiene"}
    rate(head, of_ma, "head", half)
    assert assessor.get(of_ma).body["missing"] == ["hygiene"]
    rate(head, of_ma, "head", alike(90))
    final(assessor, of_ma)
    of_zhou = scored(assessor, zhou, 91)

    # nobody sees a result before it is published; then everybody sees the ranking
    assert "score" not in ma.get(of_ma).body
    office.catch_up()
    assert assessor.post("/v1/rankings", {"scheme": "staff", "period": "2026-Q4"}).status == 201
    first = ma.get("/v1/rankings/staff/2026-Q4").body
    assert [(line["staff"], line["rank"]) for line in first["lines"]] == [
        *((str(zhou.id), 1), (str(ma.id), 2)),
    ]

    # Ma appeals, the director decides, and the ranking is published anew
    office.now += timedelta(days=3)
    assert ma.post(f"{of_ma}/appeal", {"reason": "漏记了两次加班抢修"}).status == 200
    decision = {"upheld": True, "score": "93", "reason": "抢修记录属实"}
    assert director.post(f"{of_ma}/appeal/decision", decision).status == 200
    assert assessor.post("/v1/rankings", {"scheme": "staff", "period": "2026-Q4"}).status == 201
    second = zhou.get("/v1/rankings/staff/2026-Q4").body
    assert [(line["staff"], line["score"]) for line in second["lines"]] == [
        *((str(ma.id), 9300), (str(zhou.id), 9100)),
    ]

    # it is carried out, filed, and delivered before the year ends
    for assessment in (of_ma, of_zhou):
        assert assessor.post(f"{assessment}/application").status == 200
        for copy in ("file", "manager"):
            assessor.post(f"{assessment}/delivery", {"copy": copy})
    assert assessor.get("/v1/assessments/undelivered?year=2026").body["items"] == []

    # what was proposed for the first ranking waits for a decision, and opens into its entries
    year = "from=2026-11-01&to=2027-02-01&lineage=true"
    told = director.get(f"/v1/reports/assessment-plan/ranking_rewards?{year}").body
    assert told["measures"]["amount"]["value"] == "3000"
    holders = [row["values"]["entry.holder"] for row in told["lineage"] if row["counts"]]
    assert sorted(holders) == sorted(f"staff:{one.id}" for one in (ma, zhou))
