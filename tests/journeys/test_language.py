"""服务用语, as a new colleague is shown it: what to say, what never, and how it is looked at."""

from __future__ import annotations

from domain.ticket import Ticket
from tests.rules.conftest import full_tokens, office  # noqa: F401
from tests.support.facts import C1, LI_NA
from tests.support.http import Office, opened

RUDE = "我不知道,这不是我管的事"


def test_a_new_colleague_learns_how_to_speak(office: Office):  # noqa: F811
    colleague = office.person(LI_NA)
    ticket = opened(colleague, channel="phone", matter="上月水费多一倍")

    greetings = colleague.get("/v1/policy/phrases?category=greeting").body["items"]
    assert {
        "category": "greeting",
        "title": "问候语",
        "text": "您好",
        "pack": "language",
    } in greetings

    colleague.post(f"/v1/clients/{C1}/details", {"details": {"form_of_address": "王总"}})
    template = colleague.get(f"{ticket}/templates/reply").body["text"]
    assert template.startswith("王总,您好")

    rude = colleague.post(f"{ticket}/answer", {"text": f"{template}{RUDE}"})
    assert (rude.status, rude.body["facts"]["phrase"]) == (422, "我不知道")
    assert rude.stored == [Ticket.ViolationFlagged]

    among_colleagues = colleague.post(f"{ticket}/notes", {"text": f"客户说前台回了他:{RUDE}"})
    assert among_colleagues.carried_out == [Ticket.Noted]

    kind = colleague.post(f"{ticket}/answer", {"text": f"{template}已核对水表,多收部分下月退还。"})
    assert kind.carried_out == [Ticket.Answered]

    auditor = office.hire("qc")
    audit = auditor.post(
        "/v1/tickets",
        {
            "procedure": "service-audit",
            "channel": "internal",
            "matter": "十一月服务质量检查",
            "form": {"staff": str(LI_NA), "client_language": "mandarin"},
        },
    ).headers["Location"]
    findings = {"findings": [{"point": "nickname_used", "remark": "叫同事绰号"}]}
    found = auditor.post(f"{audit}/steps/audit", {"form": findings})
    assert (found.event.form["defects"], found.event.form["score"]) == (1, 95)

    auditor.post(f"{audit}/steps/close_audit")
    scores = auditor.get("/v1/reports/service-audit/scores?from=2026-11-01&to=2026-12-01").body
    assert scores["measures"]["score"] == {"value": "95", "tickets": [audit.rpartition("/")[2]]}
