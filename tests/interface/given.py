"""What has happened to a ticket before a test begins, and what is said in most commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.pack import Pack
from domain.ticket import Ticket
from tests.support.facts import C1, LI_NA, M2, WANG_FANG
from tests.support.http import APPROVER, DRAFTER, Office, Person, opened

MATTER = {
    "client_id": str(C1),
    "channel": "walk_in",
    "matter": "有线电视安装",
    "procedure": "consultation",
}
TO_WANG_FANG = {"to_id": str(WANG_FANG), "reason": "对口"}
RETURN = {"ground": "overloaded", "reason": "今天已有二十件"}
REST = {"blocked_by": "client", "reason": "等客户资料"}
MORE_TIME = {"due_at": "2026-11-25T17:00:00+08:00", "reason": "等供货商答复"}
CORRECTION = {"corrects_version": 1, "what": "matter", "text": "宽带安装", "reason": "听错了"}
PAPER = {
    "kind": "receipt",
    "name": "收据.txt",
    "media_type": "text/plain",
    "content": "5pS25o2u",
}
SIGNATURE = {"role": "production", "verdict": "signed"}
DEPUTY = {
    "deputy_id": str(M2),
    "start": "2026-11-23T09:00:00+08:00",
    "end": "2026-11-24T09:00:00+08:00",
}

BLACKLISTING = {"reason": "多次拒付", "evidence": ["催款函三份"]}

TICKET_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "slip": {},
    "notes": {"text": "客户来过"},
    "transfer": TO_WANG_FANG,
    "transfer/acceptance": {},
    "transfer/refusal": RETURN,
    "transfer/withdrawal": {},
    "transfer/decision": {"to_id": str(WANG_FANG), "reason": "归口办理"},
    "routing": {"unit": "north"},
    "taking": {},
    "assignment": {"unit": "main"},
    "withdrawal": {"reason": "不要了"},
    "rejection": {"ground": "duplicate", "reason": "重复"},
    "voiding": {"reason": "录错了"},
    "archiving": {},
    "escalation": {"question": "可以减免吗"},
    "instruction": {"text": "按规定办"},
    "steps/clarify": {},
    "answer": {"text": "周一至周五"},
    "suspension": REST,
    "resumption": {},
    "completion": {"result": "已告知"},
    "closure": {},
    "reopening": {"reason": "客户再来电"},
    "pack-version": {"reason": "新制度更快"},
    "corrections": CORRECTION,
    "supervision": {"demand": "说明原因", "due_at": "2026-11-25T17:00:00+08:00"},
    "supervision/answer": {"text": "已联系客户"},
    "reminder": {"text": "客户又来催"},
    "evidence": PAPER,
    f"evidence/{'0' * 64}/grants": {"to_id": str(WANG_FANG), "reason": "参与谈判"},
    "signoffs/solution": SIGNATURE,
    "checklists/five_clears/listen": {},
    "obligations/reply-1/extension": MORE_TIME,
    "obligations/reply-1/extension/approval": {},
    "obligations/reply-1/waiver": {"ground": "withdrawn", "reason": "客户撤回"},
}
"""All that is sent to `/v1/tickets/<id>/…`."""

CLIENT_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "details": {"details": {"place": "三号楼"}},
    "contact-points": {"kind": "phone", "value": "010-5550199"},
    "contact-points/phone-2/removal": {},
    "traits": {"name": "remote", "value": True},
    "assignment": {"staff_id": str(WANG_FANG)},
    "reassignment": {"staff_id": str(WANG_FANG), "reason": "片区调整"},
    "reassignment/approval": {},
    "reassignment/rejection": {"reason": "不同意"},
    "release": {"reason": "不再跟进"},
    "follow-ups": {"channel": "phone"},
    "territory": {"territory": "south"},
    "territory/authorisation": {"staff_id": str(WANG_FANG), "reason": "老客户"},
    f"duplicates/{C1}/decision": {"verdict": "dismiss", "reason": "不是同一人"},
    "blacklisting": BLACKLISTING,
    "blacklisting/approval": {},
    "blacklisting/rejection": {"reason": "证据不足"},
    "blacklisting/review": {"review_at": "2027-03-01T00:00:00+08:00", "reason": "仍欠款"},
    "blacklisting/lifting": {"reason": "已付清"},
    "contact-persons": {"person": {"name": "吴经理"}},
    "contact-persons/person-2": {"person": {"hobbies": "钓鱼"}},
    "contact-persons/person-2/removal": {},
    "records/interest": {"form": {"product": "宽带"}},
    "gradings/tier": {"form": {}},
    "gradings/tier/approval": {},
    "gradings/tier/refusal": {"reason": "收入未核实"},
    "merge": {"into_id": str(C1), "reason": "同一人"},
    "unmerge": {"reason": "不是同一人"},
    "erasure": {"ground": "client-request"},
    "erasure/withdrawal": {},
    "erasure/approval": {},
    "consents": {"purpose": "marketing"},
    "consents/withdrawal": {"purpose": "marketing"},
    "holds": {"file_number": "（2026）沪0105民初1号"},
    "holds/lifting": {"file_number": "（2026）沪0105民初1号"},
}
"""All that is sent to `/v1/clients/<id>/…`."""

STAFF_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "post": {"post": "班长", "roles": ["cs_supervisor"]},
    "roles": {"role": "duty_manager", "unit": "main", "end": "2027-01-01T00:00:00+08:00"},
    "roles/duty_manager/revocation": {"unit": "main"},
    "superior": {"superior_id": str(LI_NA)},
    "deputies": DEPUTY,
    "duty/start": {},
    "duty/end": {},
    "competences": {"competence": "electrician"},
    "competences/electrician/withdrawal": {},
    "credentials": {},
    "credentials/0123456789abcdef/rotation": {},
    "credentials/0123456789abcdef/revocation": {},
    "departure": {},
    "enrolment": {"charter_accepted": True, "origin": "resident"},
    "availability": {"areas": ["A"], "weekdays": ["sat"]},
    "teams": {"team": "community"},
    "teams/community/departure": {},
    "misconduct": {"code": "phone_off_in_field", "evidence": "通话记录"},
    "levels": {"ladder": "am_level", "level": "trainee"},
    "commendations": {"text": "客户来信表扬"},
}
"""All that is sent to `/v1/staff/<id>/…`."""

ROTATION_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "members": {"members": [str(LI_NA), str(WANG_FANG)]},
    "deals": {"client_ids": [str(C1)]},
    "turns": {"client_id": str(C1)},
    "passes": {"reason": "不在"},
}
"""All that is sent to `/v1/rotations/<name>/…`."""

PACK_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "versions": {"content": {"pack": "consultation", "version": 2}},
    "approval": {"version": 1},
    "publication": {"version": 1, "effective_from": "2026-12-01T00:00:00+08:00"},
    "abolition": {"effective_from": "2026-12-01T00:00:00+08:00", "reason": "不再办理"},
    "switching-off": {"unit": "store-1", "reason": "本店不设此岗"},
    "switching-on": {"unit": "store-1"},
}
"""All that is sent to `/v1/packs/<name>/…`."""

LEDGER_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "decision": {"sanction": "fine", "reason": "录像属实"},
    "confirmation": {},
    "execution": {"mode": "cash"},
    "appeal": {"reason": "不是我"},
    "appeal/decision": {"verdict": "upheld", "reason": "查无此事"},
    "reversal": {"reason": "录错了人"},
}
"""All that is sent to `/v1/ledger/entries/<id>/…`."""

ASSESSMENT_COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "start": {},
    "sample": {"seed": 42, "size": 1},
    "ratings": {"rater": "head", "scores": {"work": "80"}},
    "ratings/rating-1/judgement": {"fair": True},
    "comparison": {"items": {"visits": {"plan": 30, "actual": 24}}},
    "measurement": {},
    "conclusion": {},
    "delivery": {"copy": "file"},
    "publication": {},
    "appeal": {"reason": "出勤记录有误"},
    "appeal/decision": {"upheld": False, "reason": "属实"},
    "application": {},
}
"""All that is sent to `/v1/assessments/<id>/…`."""

COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "/v1/tickets": MATTER,
    **{f"/v1/tickets/TICKET/{what}": body for what, body in TICKET_COMMANDS.items()},
    "/v1/clients": {"name": "赵某"},
    "/v1/exports": {"purpose": "analysis", "reason": "季度分析"},
    f"/v1/exports/{C1}/approval": {},
    f"/v1/exports/{C1}/refusal": {"reason": "不需要"},
    "/v1/instances/registration": {"vkey": "instance/0a1b2c+3428e761+Ad"},
    "/v1/instances/revocation": {"vkey": "instance/0a1b2c+3428e761+Ad"},
    **{f"/v1/clients/{C1}/{what}": body for what, body in CLIENT_COMMANDS.items()},
    "/v1/broadcasts/invitation": {"form": {"event": "年会"}},
    "/v1/staff": {"name": "孙某"},
    "/v1/volunteers": {"name": "孙某", "charter_accepted": True, "origin": "resident"},
    **{f"/v1/staff/{WANG_FANG}/{what}": body for what, body in STAFF_COMMANDS.items()},
    **{f"/v1/rotations/hall/{what}": body for what, body in ROTATION_COMMANDS.items()},
    **{f"/v1/packs/consultation/{what}": body for what, body in PACK_COMMANDS.items()},
    "/v1/ledger/entries": {"table": "project_bonus", "holder": f"staff:{WANG_FANG}"},
    **{f"/v1/ledger/entries/{C1}/{what}": body for what, body in LEDGER_COMMANDS.items()},
    "/v1/assessments": {"scheme": "staff", "subject_id": str(WANG_FANG), "period": "2026-Q4"},
    **{f"/v1/assessments/{C1}/{what}": body for what, body in ASSESSMENT_COMMANDS.items()},
    "/v1/rankings": {"scheme": "staff", "period": "2026-Q4"},
}
"""Everything that can be sent, with a body that says all it must."""

READS = [
    "/v1/tickets",
    "/v1/tickets/counts",
    "/v1/tickets/TICKET",
    "/v1/tickets/TICKET/history",
    "/v1/tickets/TICKET/as-client",
    "/v1/tickets/TICKET/obligations/reply-1",
    "/v1/obligations",
    "/v1/obligations/overdue",
    "/v1/audit/tickets?as_of=2999-01-01T00:00:00Z",
    "/v1/audit/tickets/counts?as_of=2999-01-01T00:00:00Z",
    "/v1/audit/tickets/TICKET?as_of=2999-01-01T00:00:00Z",
    "/v1/audit/clients?as_of=2999-01-01T00:00:00Z",
    "/v1/audit/staff?as_of=2999-01-01T00:00:00Z",
    "/v1/audit/obligations?as_of=2999-01-01T00:00:00Z",
    f"/v1/audit/clients/{C1}?as_of=2999-01-01T00:00:00Z",
    f"/v1/audit/staff/{LI_NA}?as_of=2999-01-01T00:00:00Z",
    "/v1/search?q=安装",
    "/v1/clients",
    f"/v1/clients/{C1}",
    f"/v1/clients/{C1}/fields/name",
    f"/v1/clients/{C1}/erasure",
    f"/v1/clients/{C1}/ownership",
    f"/v1/portfolios/{LI_NA}",
    "/v1/portfolios/pool",
    "/v1/portfolios/foreign",
    "/v1/duplicates",
    "/v1/blacklist",
    "/v1/rotations/hall",
    f"/v1/clients/{C1}/file",
    f"/v1/clients/{C1}/grades",
    f"/v1/clients/{C1}/changes",
    "/v1/clients/changes?since=2026-01-01T00:00:00Z",
    "/v1/client-forms",
    "/v1/staff",
    f"/v1/staff/{LI_NA}",
    "/v1/packs",
    "/v1/packs/consultation/1",
    "/v1/policy/phrases",
    "/v1/policy/lists",
    "/v1/policy/warnings",
    "/v1/policy/checks",
    "/v1/policy/documents/posture",
    "/v1/tickets/TICKET/templates/reply",
    "/v1/reports",
    "/v1/reports/installation/surveyed",
    "/v1/packs/consultation/1/forms/clarify",
    "/v1/packs/consultation/diff",
    "/v1/me",
    "/v1/desk/mine",
    "/v1/desk/offered",
    "/v1/desk/first-contacts",
    "/v1/desk/asked",
    "/v1/desk/alarms",
    "/v1/desk/transfers",
    "/v1/desk/queue",
    "/v1/desk/next",
    "/v1/desk/obligations",
    "/v1/desk/supervision",
    "/v1/ledger/tables",
    "/v1/misconduct-codes",
    "/v1/assessments",
    "/v1/schemes",
    "/v1/ladders",
    "/v1/teams",
    "/v1/instances",
]
"""Everything that can be read, once the installation pack is in force."""

CONFIDENTIAL = [
    "/v1/ledger/entries",
    f"/v1/ledger/entries/{C1}",
    f"/v1/ledger/staff/{LI_NA}?period=2026-11",
    "/v1/ledger/balances?holder_kind=client",
    f"/v1/staff/{LI_NA}/conduct",
]
"""What is read by whom it concerns, and by those whose task it is."""

TABLES = [
    "/v1/ledger/tables/client_referral/reckoning?facts={}",
    "/v1/tickets/TICKET/people/helpers",
]
"""What is there once a pack with such a table, or question, is in force."""

SEALED = ["/v1/audit/proof/1"]
"""And what is there once something is sealed."""

GUARDED = ["/v1/audit/accesses", f"/v1/exports/{C1}", f"/v1/exports/{C1}/clients"]
"""And what is not for everybody who reads, or not there until somebody has asked for it."""
ASSESSED = [
    f"/v1/assessments/{C1}",
    "/v1/assessments/undelivered?year=2026",
    "/v1/schemes/staff",
    "/v1/rankings/staff/2026-Q4",
]
"""What is there once somebody was assessed, and read by those whose task it is."""

FILES = [f"/v1/tickets/TICKET/evidence/{'0' * 64}"]
"""What is answered as it was once attached, and not in JSON."""


EXAMPLES = {"uuid": str(C1), "int": "1", "string": "something"}


def paths(office: Office, method: str) -> list[str]:
    """Those under /v1 that the application answers, an example of each."""
    rules = [rule for rule in office.app.url_map.iter_rules() if method in (rule.methods or ())]
    ours = [rule.rule for rule in rules if rule.rule.startswith("/v1/")]
    return [re.sub(r"<(\w+):\w+>", lambda part: EXAMPLES[part[1]], rule) for rule in ours]


def closed(person: Person) -> str:
    ticket = opened(person)
    person.post(f"{ticket}/answer", TICKET_COMMANDS["answer"])
    assert person.post(f"{ticket}/closure").stored == [Ticket.Closed]
    return ticket


def clarifying(person: Person, **otherwise: Any) -> str:
    """A ticket with its slip, whose reply is promised if the pack in force says so."""
    ticket = opened(person, **otherwise)
    person.post(f"{ticket}/slip")
    assert person.post(f"{ticket}/steps/clarify").stored[0] == Ticket.StepTaken
    return ticket


def offered(person: Person) -> str:
    """To Wang Fang."""
    ticket = opened(person)
    assert person.post(f"{ticket}/transfer", TO_WANG_FANG).stored[0] == Ticket.TransferOffered
    return ticket


def escalated(person: Person) -> str:
    ticket = opened(person)
    question = TICKET_COMMANDS["escalation"]
    assert person.post(f"{ticket}/escalation", question).stored == [Ticket.Escalated]
    return ticket


def suspended(person: Person) -> str:
    ticket = opened(person)
    assert person.post(f"{ticket}/suspension", REST).stored == [Ticket.Suspended]
    return ticket


def in_force(
    office: Office, content: Mapping[str, Any], effective_from: str = "2026-11-23T00:00:00+08:00"
) -> None:
    """Draft, approve and publish a version of a pack."""
    drafter, approver = office.person(DRAFTER), office.person(APPROVER)
    pack, version = f"/v1/packs/{content['pack']}", content["version"]
    publication = {"version": version, "effective_from": effective_from}
    answers = [
        drafter.post(f"{pack}/versions", {"content": content}),
        approver.post(f"{pack}/approval", {"version": version}),
        approver.post(f"{pack}/publication", publication),
    ]
    assert [answer.stored[-1] for answer in answers] == [
        Pack.Drafted,
        Pack.Approved,
        Pack.Published,
    ]
