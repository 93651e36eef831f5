"""Complaints as tests bring them in, how far they have come, and what their steps ask for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.ticket import Ticket
from tests.interface.given import PAPER
from tests.support.http import Answer, Office, Person, opened

COMPLAINT = {"content": "窗户漏风", "demand": "更换"}

PRODUCT = {"order_no": "D-1", "material_no": "L-7", "shipped_on": "2026-11-02", "quantity": 100}

FORMS: Mapping[str, Mapping[str, Any]] = {
    "contact_client": {"problem": "密封条脱落"},
    "record_product_details": {**PRODUCT, "defective_quantity": 12, "demand": "更换"},
    "confirm": {"department": "business"},
    "classify": {"cause": "quality", "severity": "severe"},
    "contribute_analysis": {"finding": "密封条批次不良"},
    "determine_responsibility": {"fault": "ours", "party": "unit", "department": "production"},
    "negotiate_remedy": {"solution": "更换密封条", "client_agreed": True},
    "fill_handling_section": {"content": "更换同批次密封条"},
    "approve_solution": {},
    "start_implementation": {"plan": "周五上门"},
    "verify_implementation": {"effect": "已更换，无漏风"},
    "inform_client": {"opinion": "已更换", "satisfaction": 5, "thoughts": "处理及时"},
    "explain": {"explanation": "系安装方开孔所致"},
    "discuss_follow_up": {"solutions": "介绍安装方联系人"},
    "record_progress": {"progress": "配件在途"},
    "report_major": {"to": "department_head", "summary": "多户同时投诉"},
    "verify_investigation": {"findings": "楼道灯确实不亮"},
    "report_result": {"to": ["responsible_department", "director"], "result": "须更换线路"},
    "escalate_to_director": {"question": "费用由谁承担"},
    "director_decide": {"decision": "管理处承担"},
    "resolve": {"resolution": "已更换线路"},
    "complete_opinion": {"opinion": "按合同由承运商赔付"},
    "propose_opinion": {"opinion": "当面致歉并整改"},
    "reply_user": {"reply": "已按规定整改"},
    "receive_determination": {"determined_by": "质检所", "finding": "责任在我方"},
    "keep_record": {"matter": "窗户漏风", "process": "更换密封条", "result": "客户满意"},
    "defer_resolution": {
        "explanation": "配件停产，正在寻找替代品",
        "next_reply_at": "2026-11-26T10:00:00+08:00",
    },
    "plan_improvement": {"department": "qc", "measure": "来料全检", "due_on": "2026-12-01"},
    "execute_improvement": {"done": "已全检"},
    "confirm_effect": {"effective": True},
    "analyse_cause": {"analysis": "密封条老化"},
    "take_emergency_measure": {"measure": "停用该批次"},
    "define_permanent_measure": {"measure": "更换供应商"},
    "decide_penalty": {"decision": "imposed", "measure": "扣绩效分", "grounds": "态度生硬"},
}
"""What is filled in where a test says nothing else."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def complained(person: Person, kind: str = "product_quality", **form: Any) -> str:
    """Where a new complaint of C1, received by phone, is found."""
    asked = {"kind": kind, **COMPLAINT, **form}
    return opened(person, procedure="complaint", channel="phone", matter="投诉", form=asked)


def step(person: Person, ticket: str, name: str, /, **form: Any) -> Answer:
    filled = {**FORMS.get(name, {}), **form}
    return person.post(f"{ticket}/steps/{name}", {"form": filled})


def done(person: Person, ticket: str, /, *names: str, **form: Any) -> Answer:
    """These steps, one after the other; the answer to the last."""
    for name in names:
        answer = step(person, ticket, name, **form)
        assert answer.status == 200, (name, answer.body)
    return answer


def confirmed(person: Person, kind: str = "product_quality", **form: Any) -> str:
    """Received, the client contacted, and confirmed, all by one of after-sales."""
    ticket = complained(person, kind, **form)
    done(person, ticket, "contact_client", "record_product_details", "confirm")
    return ticket


def classified(person: Person, severity: str, cause: str = "other", **form: Any) -> str:
    ticket = confirmed(person, **form)
    done(person, ticket, "classify", severity=severity, cause=cause)
    return ticket


def agreed(person: Person, severity: str = "minor") -> str:
    """The fault is ours, and the client agrees to what we propose."""
    ticket = classified(person, severity)
    done(person, ticket, "determine_responsibility", "negotiate_remedy")
    return ticket


def informed(person: Person, severity: str = "minor") -> str:
    ticket = agreed(person, severity)
    done(person, ticket, "approve_solution", "start_implementation")
    done(person, ticket, "verify_implementation", "inform_client")
    return ticket


def write_up(person: Person, ticket: str) -> None:
    """All five clears, the record among them."""
    done(person, ticket, "keep_record")
    for clear in ("listen", "ask", "follow", "reply", "record"):
        assert person.post(f"{ticket}/checklists/five_clears/{clear}").status == 200


def attached(person: Person, ticket: str, name: str) -> str:
    """The digest of a paper of this name that is now in the dossier."""
    content = b64encode(name.encode()).decode()
    paper = {**PAPER, "kind": "form", "name": name, "content": content}
    answer = person.post(f"{ticket}/evidence", paper)
    digest: str = answer.body["digest"]
    return digest


def state(person: Person, ticket: str) -> str:
    said: str = person.get(ticket).body["state"]
    return said


def owed(person: Person, ticket: str, key: str) -> Any:
    answer = person.get(f"{ticket}/obligations/{key}")
    assert answer.status == 200, answer.body
    return answer.body


def due(person: Person, ticket: str, key: str) -> datetime:
    return datetime.fromisoformat(owed(person, ticket, key)["due_at"])


def promised(person: Person, ticket: str) -> list[str]:
    """The keys of all that was promised on a ticket."""
    found = person.get(f"/v1/obligations?ticket_id={ticket.rpartition('/')[2]}&limit=100")
    return sorted(row["key"] for row in found.body["items"])


def breaches(office: Office) -> list[str]:
    """What the clock puts on record as missed now."""
    before = office.head()
    office.tick()
    found = office.events_after(before)
    return [event.key for event in found if isinstance(event, Ticket.TimeBreached)]


def forms(person: Person, ticket: str, word: str) -> list[Any]:
    """What was filled in each time that this step was taken, or that this followed by itself."""
    history = person.get(f"{ticket}/history").body["items"]
    return [row["details"]["form"] for row in history if row["step"] == word]


def report(person: Person, name: str, since: str = "2026-11-01", until: str = "2026-12-01") -> Any:
    answer = person.get(f"/v1/reports/{name}?from={since}&to={until}")
    assert answer.status == 200, answer.body
    return answer.body
