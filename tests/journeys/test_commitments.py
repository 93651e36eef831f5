"""服务承诺: a promise that was not kept, from the hotline on a Saturday to the refund."""

from __future__ import annotations

from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import Office, opened
from tests.support.steps import at, done, report, step

BROKEN = {"commitment": "周五前上门安装", "demand": "退安装费"}
REFUND = {"minor_units": 26_000, "currency": "CNY"}


def test_a_promise_was_broken_and_is_made_good(office: Office) -> None:
    li_na, supervisor = office.person(LI_NA), office.hire("cs_supervisor")
    producer, finance, cashier = (office.hire(r) for r in ("production", "finance", "cashier"))

    office.now = at("2026-11-28T20:00:00")
    complaint = opened(li_na, procedure="commitment-breach", channel="hotline", form=BROKEN)
    li_na.post(f"{complaint}/slip")
    done(li_na, complaint, "respond_first")

    office.now = at("2026-11-28T22:30:00")
    office.tick()
    [*_, owed] = li_na.get("/v1/desk/obligations").body["items"]
    assert owed["name"] == "delay_explanation"
    done(li_na, complaint, "contact_complainant")
    done(li_na, complaint, "explain_delay", explanation="值班人员外出", apologised=True)

    office.now = at("2026-11-30T09:00:00")
    done(li_na, complaint, "verify", broken=True, findings="派工单漏发")
    fault = {"party": "us", "person": str(WANG_FANG), "facts": "漏发派工单"}
    done(supervisor, complaint, "establish_fault", **fault)
    done(li_na, complaint, "apologise_for_fault", words="对不起，是我们的责任")

    assert step(li_na, complaint, "give_commitment", date="2026-12-01").status == 409
    done(li_na, complaint, "request_commitment", what="重新安装", wanted="2026-12-01")
    done(producer, complaint, "confirm_commitment", date="2026-12-02")
    done(li_na, complaint, "give_commitment", date="2026-12-02")

    done(finance, complaint, "approve_client_payment", amount=REFUND, terms="same_working_day")
    office.now = at("2026-11-30T16:00:00")
    done(cashier, complaint, "pay_client", amount=REFUND)
    assert li_na.post(f"{complaint}/answer", {"text": "二日上门，安装费已退"}).status == 200
    assert li_na.post(f"{complaint}/closure").status == 200
    done(supervisor, complaint, "handle_responsible", decision="criticism", grounds="奖惩规定")

    assert li_na.get("/v1/desk/obligations").body["items"] == []
    assert report(li_na, "commitments/payments")["measures"]["on_time"]["value"] == "100"
    [hotline] = report(li_na, "commitment-breach/by_channel")["groups"]
    assert hotline["by"] == {"this.channel": "hotline"}
    figures = {name: figure["value"] for name, figure in hotline["measures"].items()}
    assert figures == {"complaints": 1, "broken": "100", "contacted_on_time": "0"}
