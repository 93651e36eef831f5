"""值班: a day at the counter and the night after it, each handed over before anybody leaves."""

from __future__ import annotations

from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import Office, id_in, opened
from tests.support.steps import at, done, of_the_house, report, step

DAY = {"starts_at": "2026-11-24T08:00:00+08:00", "ends_at": "2026-11-24T20:00:00+08:00"}
NIGHT = {"starts_at": "2026-11-24T20:00:00+08:00", "ends_at": "2026-11-25T08:00:00+08:00"}


def test_a_day_and_a_night_are_handed_over(office: Office) -> None:
    li_na, wang_fang = office.person(LI_NA), office.person(WANG_FANG)

    office.now = at("2026-11-24T08:00:00")
    day = of_the_house(li_na, "shift", **DAY, last_out=False)
    stocktaking = of_the_house(li_na, "internal-work")
    client = opened(li_na)
    assert li_na.get("/v1/desk/next").body["ticket"]["ticket_id"] == str(id_in(client))
    done(li_na, stocktaking, "give_way")
    li_na.post(f"{client}/answer", {"text": "周一至周五"})
    li_na.post(f"{client}/closure")
    done(li_na, stocktaking, "go_on")

    office.now = at("2026-11-24T15:00:00")
    done(li_na, day, "leave_post", reason="就医", cover=str(WANG_FANG))
    gap = of_the_house(li_na, "gap", point=10)
    office.now = at("2026-11-24T15:05:00")
    done(wang_fang, gap, "claim_gap", team=1, eta="2026-11-24T15:30:00+08:00")
    office.now = at("2026-11-24T15:30:00")
    done(wang_fang, gap, "fill_gap")

    office.now = at("2026-11-24T19:55:00")
    office.catch_up()
    record = {
        "relief": str(WANG_FANG),
        "incidents": "十号点位缺人半小时",
        "cash": {"minor_units": 50_000, "currency": "CNY"},
        "keys": "库房两把",
        "pending": [{"item": "盘点", "assignee": str(WANG_FANG)}],
    }
    prepared = done(li_na, day, "prepare_handover", **record)
    assert prepared.events[0].form["open_tickets"] == 1
    assert step(li_na, day, "end_shift").status == 409
    office.now = at("2026-11-24T20:05:00")
    done(wang_fang, day, "accept_handover")
    ended = done(li_na, day, "end_shift")
    assert ended.events[0].form["overtime_minutes"] == 5

    night = of_the_house(wang_fang, "shift", **NIGHT, last_out=True)
    office.now = at("2026-11-25T08:00:00")
    assert step(wang_fang, night, "end_shift").body["rule"] == "SH-05"
    for item in ("cleaned", "hazards", "power", "doors"):
        wang_fang.post(f"{night}/checklists/closing/{item}")
    done(wang_fang, night, "end_shift")

    [late] = report(li_na, "shift/late_takeovers")["list"]
    assert (late["form.person"], late["form.minutes"]) == (str(WANG_FANG), 5)
    assert report(li_na, "shift/posts_left")["groups"] == []
    assert [li_na.get(shift).body["state"] for shift in (day, night)] == ["ended", "ended"]
