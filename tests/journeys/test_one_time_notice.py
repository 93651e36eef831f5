"""一次性告知: told once, one trip; what was forgotten is not the client's to make good unseen."""

from __future__ import annotations

from domain.ticket import Ticket
from tests.rules.conftest import full_tokens, office
from tests.support.facts import LI_NA
from tests.support.http import INSPECTOR, Answer, Office, opened

__all__ = ["full_tokens", "office"]

MONTH = "?from=2026-11-01&to=2026-12-01"


def test_a_client_is_told_once_what_to_bring(office: Office):
    li_na = office.person(LI_NA)
    ticket = opened(li_na, procedure="proxy", form={"item": "id_card"}, matter="补办身份证")

    def step(name: str, **form: object) -> Answer:
        return li_na.post(f"{ticket}/steps/{name}", {"form": form})

    step("record_visit", purpose="询问手续")
    notice = step(
        "issue_notice",
        service_item="身份证办理",
        required_docs=["户口簿"],
        internal_docs=["户籍底册摘录"],
        procedure="申请—核对—制证—领取",
        limit="五个工作日",
    )
    assert notice.event.form["issued_by"] == str(LI_NA)
    li_na.post(f"{ticket}/slip")
    step("handle")

    extract = step("request_supplement", doc="户籍底册摘录")
    assert (extract.status, extract.body["rule"]) == (422, "ON-02")
    photo = step("request_supplement", doc="近照")
    assert photo.event.form["notice_defect"] is True

    second = step("record_visit", purpose="送近照")
    assert second.stored == [Ticket.StepTaken, Ticket.Followed]

    step("check_documents", received=["户口簿", "近照"], complete=True)
    done = li_na.post(f"{ticket}/completion", {"result": "已制证"})
    assert done.stored[0] == Ticket.Completed

    def figures(report: str) -> dict[str, object]:
        path = f"/v1/reports/one-time-notice/{report}{MONTH}"
        body = office.person(INSPECTOR).get(path).body
        return {name: figure["value"] for name, figure in body["measures"].items()}

    assert figures("notice_defects") == {"defects": 1}
    assert figures("second_trips") == {
        "cases": 1,
        "second_trip_rate": "100",
        "visits_per_case": "2",
    }
