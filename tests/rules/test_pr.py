"""客户信息保密: who sees what of a client, what for, and the record of who looked."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from domain.access import Access
from domain.client import Client
from domain.export import Export
from domain.ticket import Ticket
from infrastructure.wiring import Parts
from interface.accesses_cli import accesses
from tests.support.facts import C1, C2, LI_NA, M2, WANG_FANG
from tests.support.http import ADMIN, NOBODY, REVIEWER, Answer, Office, Person, id_in, opened

FILE = f"/v1/clients/{C1}"
PHONE = {"kind": "mobile", "value": "13812345678"}
ACCESSES = "/v1/audit/accesses"
PAPER = "内部定价".encode()
DIGEST = hashlib.sha256(PAPER).hexdigest()


def refused(answer: Answer) -> tuple[int, str, str]:
    """Status, code and rule of a refusal that is on record."""
    assert [type(event) for event in answer.events[-1:]] == [Access.Refused]
    return answer.status, answer.body["code"], answer.body["rule"]


def looked(office: Office, question: str) -> Sequence[Any]:
    """What the reviewer reads in the access log, newest first."""
    answer = office.person(REVIEWER).get(f"{ACCESSES}?{question}")
    assert answer.status == 200
    return [
        (row["by"], row["what"], row["fields"], row["purpose"], row["is_granted"])
        for row in answer.body["items"]
    ]


@pytest.fixture
def viewer(office: Office) -> Person:
    return office.hire("viewer")


@pytest.fixture
def phone(li_na: Person) -> str:
    """C1 has a mobile phone: the id of that contact point."""
    return str(li_na.post(f"{FILE}/contact-points", PHONE).event.contact_id)


@pytest.mark.rule("PR-02")
def test_a_viewer_sees_the_phone_masked_and_the_owner_in_full_and_on_record(
    office: Office, wang_fang: Person, viewer: Person, phone: str
):
    before = wang_fang.get(FILE)
    opened(wang_fang)

    masked, full = viewer.get(FILE), wang_fang.get(FILE)

    assert masked.body["contacts"][phone]["value"] == "138****5678"
    assert masked.stored == []
    assert before.body["contacts"][phone]["value"] == "138****5678"
    assert full.body["contacts"][phone]["value"] == "13812345678"
    assert full.stored == [Access.Begun, Access.RecordAccessed]
    assert full.events[-1].client_id == C1
    seen = (f"staff:{WANG_FANG}", "client", ["contacts.mobile"], None, True)
    assert looked(office, f"client_id={C1}") == looked(office, f"staff_id={WANG_FANG}") == [seen]


@pytest.mark.rule("PR-02")
def test_neither_a_list_nor_the_past_nor_a_lost_race_shows_what_the_file_masks(
    wang_fang: Person, viewer: Person, li_na: Person, phone: str
):
    past = viewer.get(f"/v1/audit/clients/{C1}?as_of=2999-01-01T00:00:00Z")
    listed = li_na.get("/v1/clients")
    race = wang_fang.post(f"{FILE}/traits", {"name": "remote", "value": True}, if_match=1)

    assert past.body["client"]["contacts"][phone]["value"] == "138****5678"
    assert listed.body["items"][0]["contacts"][phone]["value"] == "138****5678"
    assert race.status == 412
    assert race.body["intervening"][0]["topic"] == "client.contact-point-added"
    assert [PHONE["value"] in json.dumps(a.body) for a in (past, listed, race)] == [False] * 3


def test_who_looked_is_for_who_checks_and_for_nobody_else(office: Office, li_na: Person):
    answer = li_na.get(ACCESSES)

    assert answer.refusal == (403, "forbidden", None)
    assert answer.body["rule"] == "PR-01"


def test_every_look_of_a_day_is_kept_in_one_stream(li_na: Person, phone: str):
    first, second = li_na.get(FILE), li_na.get(FILE)

    assert second.stored == [Access.RecordAccessed]
    assert first.events[-1].originator_id == second.event.originator_id


def test_who_has_a_role_in_one_unit_alone_is_on_record_too(office: Office, phone: str):
    somebody = office.person(NOBODY)
    role = {"role": "cs_officer", "unit": "main", "end": "2027-01-01T00:00:00+08:00"}
    office.person(ADMIN).post(f"/v1/staff/{NOBODY}/roles", role)
    before = somebody.get(FILE)
    opened(somebody, unit="main")

    answer = somebody.get(FILE)

    assert before.body["contacts"][phone]["value"] == "138****5678"
    assert answer.body["contacts"][phone]["value"] == "13812345678"
    assert (answer.stored[-1], answer.events[-1].role) == (Access.RecordAccessed, "cs_officer")


@pytest.mark.rule("PR-01")
def test_clients_are_exported_only_as_somebody_else_approved(
    office: Office, li_na: Person, manager: Person, phone: str
):
    asked = li_na.post("/v1/exports", {"purpose": "analysis", "reason": "季度分析"})
    export = asked.headers["Location"]

    early = li_na.get(f"{export}/clients")
    own = li_na.post(f"{export}/approval")
    approved = manager.post(f"{export}/approval")
    stolen = office.person(WANG_FANG).get(f"{export}/clients")
    borrowed = office.person(M2).get(f"{export}/clients")
    taken = li_na.get(f"{export}/clients")

    assert asked.carried_out == [Export.Requested]
    assert refused(early) == (403, "export_not_approved", "PR-01")
    assert own.refusal[:2] == (403, "forbidden")
    assert approved.carried_out == [Export.Approved]
    assert refused(stolen)[:2] == (403, "forbidden")
    assert refused(borrowed) == (403, "not_your_export", "PR-01")
    assert [row["contacts"][phone]["value"] for row in taken.body["items"]] == ["13812345678"]
    assert (taken.events[-1].shown, taken.events[-1].left_out) == (1, 0)
    assert [row[-1] for row in looked(office, f"staff_id={LI_NA}")] == [True, False]


@pytest.mark.rule("PR-01")
def test_nobody_approves_their_own_export_and_none_is_good_for_ever(
    office: Office, manager: Person
):
    body = {"purpose": "analysis", "reason": "季度分析"}
    own = manager.post("/v1/exports", body).headers["Location"]
    boss = office.hire("director")

    same = manager.post(f"{own}/approval")
    boss.post(f"{own}/approval")
    again = boss.post(f"{own}/refusal", {"reason": "不需要"})
    good_until = manager.get(own).body["good_until"]
    office.now = office.now.fromisoformat(good_until)
    late = manager.get(f"{own}/clients")

    assert same.refusal == (409, "same_person_exports", None)
    assert again.refusal == (409, "export_decided", None)
    assert good_until == "2026-11-30T12:00:00+08:00"
    assert refused(late) == (403, "export_not_approved", "PR-01")


@pytest.mark.rule("PR-09")
def test_a_campaign_leaves_out_and_counts_who_has_not_consented(li_na: Person, manager: Person):
    li_na.post("/v1/clients", {"client_id": str(C2), "name": "赵某"})
    given = li_na.post(f"/v1/clients/{C2}/consents", {"purpose": "marketing"})
    both = {"purpose": "marketing", "client_ids": [str(C1), str(C2)], "reason": "新年活动"}
    campaign = li_na.post("/v1/exports", both).headers["Location"]
    manager.post(f"{campaign}/approval")

    taken = li_na.get(f"{campaign}/clients")
    withdrawn = li_na.post(f"/v1/clients/{C2}/consents/withdrawal", {"purpose": "marketing"})
    later = li_na.get(f"{campaign}/clients")

    assert given.carried_out == [Client.ConsentGiven]
    assert [row["client_id"] for row in taken.body["items"]] == [str(C2)]
    assert taken.body["left_out"] == taken.events[-1].left_out == 1
    assert withdrawn.carried_out == [Client.ConsentWithdrawn]
    assert (later.body["items"], later.body["left_out"]) == ([], 2)


@pytest.mark.parametrize(
    ("path", "purpose", "refusal"),
    [
        ("consents", "gossip", (422, "invalid", "purpose")),
        ("consents/withdrawal", "marketing", (409, "no_consent", "purpose")),
    ],
)
def test_consent_is_to_a_purpose_of_the_list_and_taken_back_once_given(
    li_na: Person, path: str, purpose: str, refusal: Any
):
    assert li_na.post(f"{FILE}/{path}", {"purpose": purpose}).refusal == refusal


@pytest.mark.rule("CL-16")
def test_a_birthday_is_shown_for_a_purpose_and_else_refused_and_logged(
    office: Office, li_na: Person
):
    li_na.post(f"{FILE}/details", {"details": {"birthday": "1968-05-01"}})
    li_na.post("/v1/clients", {"client_id": str(C2), "name": "赵某"})

    without = li_na.get(f"{FILE}/fields/birthday")
    nor_if_there_is_none = li_na.get(f"/v1/clients/{C2}/fields/birthday")
    hidden = li_na.get(FILE)
    unknown = li_na.get(f"{FILE}/fields/birthday", {"Purpose": "gossip"})
    told = li_na.get(f"{FILE}/fields/birthday", {"Purpose": "care"})

    assert refused(without) == (403, "purpose_required", "CL-16")
    assert refused(nor_if_there_is_none) == (403, "purpose_required", "CL-16")
    assert hidden.body["details"]["birthday"] == "****"
    assert unknown.refusal == (422, "invalid", "Purpose")
    assert told.body == {"field": "birthday", "value": "1968-05-01"}
    log = looked(office, f"client_id={C1}")
    assert log == [
        (f"staff:{LI_NA}", "client", ["details.birthday"], "care", True),
        (f"staff:{LI_NA}", "client", ["details.birthday"], None, False),
    ]


@pytest.mark.rule("CL-16")
def test_a_purpose_alone_is_not_enough(wang_fang: Person, li_na: Person):
    li_na.post(f"{FILE}/details", {"details": {"birthday": "1968-05-01"}})

    answer = wang_fang.get(f"{FILE}/fields/birthday", {"Purpose": "care"})

    assert refused(answer) == (403, "confidential", "CL-16")


def attached_to(person: Person, ticket: str, label: str) -> Answer:
    """The answer to attaching the paper with this label."""
    paper = {
        "kind": "contract",
        "name": "定价.txt",
        "media_type": "text/plain",
        "content": base64.b64encode(PAPER).decode(),
        "label": label,
    }
    return person.post(f"{ticket}/evidence", paper)


def attached(person: Person, label: str) -> tuple[str, Answer]:
    """A new ticket, and the answer to attaching the paper to it."""
    ticket = opened(person)
    return ticket, attached_to(person, ticket, label)


@pytest.mark.rule("PR-04")
def test_what_is_confidential_is_not_downloaded_without_a_grant(
    office: Office, li_na: Person, wang_fang: Person, manager: Person
):
    ticket, answer = attached(li_na, "confidential")
    paper = f"{ticket}/evidence/{DIGEST}"
    grant = {"to_id": str(WANG_FANG), "reason": "参与谈判"}

    blocked = wang_fang.look(paper)
    not_theirs = wang_fang.post(f"{paper}/grants", grant)
    granted = manager.post(f"{paper}/grants", grant)
    taken = wang_fang.look(paper)

    assert answer.stored == [Ticket.EvidenceAttached, Ticket.EvidenceLabelled]
    assert refused(blocked) == (403, "confidential", "PR-04")
    assert (blocked.events[-1].digest, blocked.events[-1].labels) == (DIGEST, ["confidential"])
    assert not_theirs.refusal[:2] == (403, "forbidden")
    assert granted.carried_out == [Ticket.EvidenceGranted]
    assert (taken.status, taken.body) == (200, PAPER.decode())
    assert taken.stored == [Access.RecordAccessed]
    assert [row[-1] for row in looked(office, f"ticket_id={id_in(ticket)}")] == [True, False]


@pytest.mark.rule("PR-04")
def test_nobody_opens_an_attachment_to_themselves_or_makes_it_less_secret(
    li_na: Person, manager: Person
):
    ticket, first = attached(li_na, "confidential")
    lowered = attached_to(li_na, ticket, "internal")
    to_me = {"to_id": str(manager.id), "reason": "想看"}

    answer = manager.post(f"{ticket}/evidence/{DIGEST}/grants", to_me)
    _, unknown = attached(li_na, "rather secret")

    assert answer.refusal == (403, "grants_themselves", None)
    assert first.status == 201
    assert lowered.refusal == (409, "labelled_otherwise", "label")
    assert unknown.refusal == (422, "invalid", "label")


@pytest.mark.rule("PR-06")
def test_the_client_sees_notes_for_clients_and_no_other(li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/notes", {"text": "客户脾气急"})
    li_na.post(f"{ticket}/notes", {"text": "师傅明天上门", "visibility": "client"})

    answer = li_na.get(f"{ticket}/as-client")

    said = [(message["event"], message["text"]) for message in answer.body["messages"]]
    assert said == [("opened", "有线电视安装"), ("noted", "师傅明天上门")]
    assert "客户脾气急" not in json.dumps(answer.body, ensure_ascii=False)


@pytest.fixture
def volunteer(office: Office) -> Person:
    return office.hire("volunteer")


@pytest.fixture
def case(li_na: Person, volunteer: Person) -> str:
    """A ticket that the volunteer was dispatched to, and took."""
    ticket = opened(li_na)
    li_na.post(f"{ticket}/transfer", {"to_id": str(volunteer.id), "reason": "就近"})
    assert volunteer.post(f"{ticket}/transfer/acceptance").status == 200
    return ticket


@pytest.mark.rule("PR-07")
def test_a_volunteer_sees_the_case_while_it_is_open(
    li_na: Person, volunteer: Person, case: str, phone: str
):
    theirs = [volunteer.get(path).status for path in (case, f"{case}/history", FILE)]
    volunteer.post(f"{case}/answer", {"text": "已办妥"})
    closure = volunteer.post(f"{case}/closure")

    after = volunteer.get(case)
    client = volunteer.get(FILE)

    assert theirs == [200, 200, 200]
    assert Ticket.Closed in closure.stored
    assert refused(after) == (403, "out_of_reach", "PR-07")
    assert refused(client) == (403, "out_of_reach", "PR-07")


@pytest.mark.rule("PR-07")
def test_a_volunteer_sees_nothing_of_other_cases(li_na: Person, volunteer: Person, case: str):
    other = opened(li_na)

    answers = [volunteer.get(path) for path in ("/v1/tickets", "/v1/clients", "/v1/search?q=安装")]
    race = volunteer.post(f"{other}/steps/clarify", {}, if_match=0)

    assert {answer.refusal for answer in answers} == {(403, "out_of_reach", None)}
    assert refused(volunteer.get(other)) == (403, "out_of_reach", "PR-07")
    assert (race.status, race.body.get("intervening")) == (412, None)
    assert [row["ticket_id"] for row in volunteer.get("/v1/desk/mine").body["items"]] == [
        str(id_in(case))
    ]
    assert UUID(volunteer.get("/v1/me").body["staff_id"]) == volunteer.id


@pytest.mark.rule("PR-01")
def test_who_checks_is_told_at_the_command_line_too(office: Office, li_na: Person, phone: str):
    ticket, _ = attached(li_na, "confidential")
    li_na.look(f"{ticket}/evidence/{DIGEST}")
    li_na.get(FILE, {"Purpose": "callback"})

    @contextmanager
    def opened_desk() -> Iterator[Parts]:
        yield office.parts

    def told(*words: str) -> list[str]:
        result = CliRunner().invoke(accesses, words, obj=opened_desk)
        assert result.exit_code == 0, result.output
        return result.output.splitlines()

    of_client, of_ticket = told("--client", str(C1)), told("--ticket", str(id_in(ticket)))
    [blocked] = of_ticket

    assert of_client[0].endswith(f"staff:{LI_NA} client {C1} contacts.mobile for callback: shown")
    assert of_client[1:] == of_ticket
    assert blocked.endswith(f"evidence {id_in(ticket)} {DIGEST[:12]}: refused: confidential")
    assert told("--staff", str(WANG_FANG)) == []
    assert json.loads("".join(told("--client", str(C1), "--json")))[1]["digest"] == DIGEST
