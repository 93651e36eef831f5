"""A matter as it comes in: written, phoned, screened, handed to who handles it, learnt from."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from domain.ticket import Ticket
from tests.rules.conftest import full_tokens as full_tokens
from tests.rules.conftest import office as office
from tests.support.facts import C1, LI_NA, M1, ZHAO_LEI
from tests.support.http import Answer, Office, Person, id_in, opened

PHOTO = {
    "kind": "photo",
    "name": "裂缝.jpg",
    "media_type": "image/jpeg",
    "content": base64.b64encode(b"\xff\xd8\xff").decode(),
}


def at(office: Office, text: str) -> None:
    office.now = datetime.fromisoformat(f"{text}+08:00")


def take(person: Person, ticket: str, step: str, /, **form: Any) -> Answer:
    answer = person.post(f"{ticket}/steps/{step}", {"form": form})
    assert answer.status == 200, answer.body
    return answer


def test_a_cracked_meter_from_the_first_message_to_what_is_done_better(office: Office):
    online, hotline, boss = (office.person(who) for who in (LI_NA, ZHAO_LEI, M1))
    qc = office.hire("qc", unit="quality-control")
    production = office.hire("department_head", unit="production")

    at(office, "2026-11-24T09:00:00")
    matter = opened(online, procedure="enquiry", channel="app", matter="电表外壳开裂")
    inbound = {"direction": "inbound"}
    take(online, matter, "contact_recorded", channel="app", **inbound, summary="外壳裂了")

    at(office, "2026-11-24T09:20:00")
    [on_file] = hotline.get(f"/v1/tickets?client_id={C1}").body["items"]
    assert on_file["ticket_id"] == str(id_in(matter))
    [message] = hotline.get(matter).body["file"]["steps"]
    assert message["form"]["summary"] == "外壳裂了"
    take(hotline, matter, "contact_recorded", channel="phone", **inbound, summary="催办")

    quality = {"type": "complaint", "subtype": "quality", "severity": "severe"}
    take(online, matter, "classify", **quality, priority="urgent")
    [waiting] = qc.get("/v1/desk/queue").body["items"]
    assert waiting["ticket_id"] == str(id_in(matter))
    assert waiting["owner_id"] == str(LI_NA)

    at(office, "2026-11-24T10:00:00")
    assert qc.post(f"{matter}/taking").carried_out[0] == Ticket.TransferAccepted
    photo = qc.post(f"{matter}/evidence", PHOTO).body["digest"]
    baseless = {"form": {"decision": "换表", "basis": []}}
    refused = qc.post(f"{matter}/steps/decision_recorded", baseless)
    assert refused.refusal == (422, "form_refused", "form.basis")
    basis = [
        {"kind": "rule", "cited": "三包规定第五条"},
        {"kind": "evidence", "attached": photo},
    ]
    take(qc, matter, "decision_recorded", decision="换表", basis=basis)

    exchange = opened(qc, procedure="enquiry", channel="app", matter="更换电表")
    take(qc, matter, "name_follow_up", ticket=str(id_in(exchange)))
    assert qc.post(f"{matter}/closure").carried_out[0] == Ticket.Closed

    idea = {"source": "client", "content": "外壳加厚"}
    suggestion = opened(online, procedure="suggestion", channel="phone", form=idea)
    take(online, suggestion, "evaluate", value="good")
    take(online, suggestion, "forward", departments=["production", "technical"])
    take(production, suggestion, "acknowledge", department="production")
    take(production, suggestion, "adopt", department="production", measure="明年起加厚")
    unacknowledged = online.post(f"{suggestion}/closure")
    assert unacknowledged.refusal == (409, "obligation_open", None)
    take(boss, suggestion, "acknowledge", department="technical")
    assert online.post(f"{suggestion}/closure").carried_out[0] == Ticket.Closed

    at(office, "2026-11-25T08:30:00")
    yesterday = "from=2026-11-24&to=2026-11-25"
    register = boss.get(f"/v1/reports/intake/intake_register?{yesterday}").body
    lines = [(row["this.procedure"], row["this.channel"]) for row in register["list"]]
    assert lines == [("enquiry", "app"), ("enquiry", "app"), ("suggestion", "phone")]
    adopted = boss.get(f"/v1/reports/suggestion/by_department?{yesterday}").body
    assert adopted["measures"]["adopted"]["value"] == 1
