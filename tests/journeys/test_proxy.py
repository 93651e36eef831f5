"""全程代理: a villager asks once; somebody of the station goes all the ways, and answers once."""

from __future__ import annotations

import base64
from datetime import datetime

from domain.ticket import Ticket
from tests.rules.conftest import full_tokens, office
from tests.support.facts import C1, LI_NA, M1, WANG_FANG
from tests.support.http import INSPECTOR, Answer, Office, opened

__all__ = ["full_tokens", "office"]

AUTUMN = "?from=2026-11-01&to=2026-12-31"


def at(day: int, time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{time}:00+08:00")


def test_a_villager_asks_once_and_is_answered_once(office: Office):
    li_na, wang_fang, manager = (office.person(who) for who in (LI_NA, WANG_FANG, M1))

    def step(name: str, **form: object) -> Answer:
        return li_na.post(f"{ticket}/steps/{name}", {"form": form})

    office.now = at(23, "09:00")
    li_na.post(f"/v1/clients/{C1}/traits", {"name": "remote", "value": True})
    ticket = opened(
        li_na, procedure="proxy", form={"item": "id_card"}, channel="home_visit", matter="办身份证"
    )
    number = li_na.post(f"{ticket}/slip").body["number"]
    promised = li_na.get(f"{ticket}/obligations/committed_limit-1").body
    assert promised["due_at"] == "2026-11-30T10:00:00Z"

    fee = wang_fang.post(
        f"{ticket}/steps/record_fee",
        {"form": {"amount": {"minor_units": 500, "currency": "CNY"}}},
    )
    assert (fee.status, fee.stored) == (422, [Ticket.ViolationFlagged])

    step("handle")
    step("schedule_home_visit", at="2026-11-24T10:00:00+08:00")
    office.now = at(24, "10:00")
    step("home_visit", note="代收户口簿")
    step("check_documents", received=["户口簿"], complete=True)

    office.now = at(27, "10:00")
    li_na.post(f"{ticket}/completion", {"result": "身份证已制好"})
    li_na.post(f"{ticket}/answer", {"text": "身份证已办好,编号尾数 12"})
    assert li_na.post(f"{ticket}/answer", {"text": "尾数 21"}).status == 409
    step("propose_correction", text="编号尾数 21", why="抄写有误")
    assert manager.post(f"{ticket}/steps/reply_corrected").status == 200
    step("notify_result", channel="phone")

    unsigned = li_na.post(f"{ticket}/closure")
    assert "client signature missing" in unsigned.body["detail"]
    content = base64.b64encode("承办单,已签".encode()).decode()
    slip = {"kind": "signed_slip", "name": "承办单.txt", "media_type": "text/plain"}
    digest = li_na.post(f"{ticket}/evidence", slip | {"content": content}).event.digest
    step("client_signed", slip_number=number, evidence=digest)
    assert li_na.post(f"{ticket}/closure").stored[0] == Ticket.Closed

    read = office.person(INSPECTOR).get
    [entry] = read(f"/v1/reports/proxy/proxy_register{AUTUMN}").body["list"]
    assert (entry["this.number"], entry["opened.item"]) == ("2026-0001", "id_card")
    [remote] = read(f"/v1/reports/proxy/remote_villages{AUTUMN}").body["groups"]
    assert remote["by"] == {"client.remote": True}
    assert {name: f["value"] for name, f in remote["measures"].items()} == {
        "cases": 1,
        "on_time": "100",
        "home_visits": "1",
    }
