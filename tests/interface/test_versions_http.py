"""If-Match: nobody changes what they have not seen; who comes too late is told what they missed."""

from __future__ import annotations

from threading import Barrier, Thread
from uuid import UUID

import pytest

from domain.client import Client
from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import BLACKLISTING, REST, TO_WANG_FANG, offered
from tests.support.facts import C1, LI_NA, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, Answer, Office, Person, id_in, opened


def test_the_version_in_a_receipt_is_the_one_to_name_next(li_na: Person):
    ticket = opened(li_na)
    slip = li_na.post(f"{ticket}/slip", if_match=1)

    answer = li_na.post(f"{ticket}/steps/clarify", if_match=slip.headers["ETag"])

    assert answer.carried_out == [Ticket.StepTaken]
    assert answer.headers["ETag"] == '"3"'


def test_the_version_that_a_read_shows_is_one_to_name(li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/notes", {"text": "看"})

    seen = li_na.get(ticket).headers["ETag"]

    assert seen == '"2"'
    assert li_na.post(f"{ticket}/slip", if_match=seen).carried_out == [Ticket.CaseSlipIssued]


def test_who_was_too_late_is_told_what_has_happened_since(li_na: Person, wang_fang: Person):
    ticket = offered(li_na)
    acceptance = wang_fang.post(f"{ticket}/transfer/acceptance", key="yes-1", if_match=2)

    answer = li_na.post(f"{ticket}/suspension", REST, if_match=2)

    assert answer.refusal == (412, "stale_version", "If-Match")
    assert answer.body["detail"] == f"ticket {id_in(ticket)} is at version 3, not 2"
    assert answer.body["intervening"] == [
        {
            "ticket_id": str(id_in(ticket)),
            "position": acceptance.body["position"],
            "version": 3,
            "topic": "ticket.transfer-accepted",
            "by": f"staff:{WANG_FANG}",
            "acting_for": None,
            "role": "staff",
            "command_id": "yes-1",
            "reason": None,
            "occurred_at": "2026-11-23T12:00:00+08:00",
            "recorded_at": acceptance.body["recorded_at"],
            "number": None,
            "step": None,
            "word": None,
            "done_by_id": None,
            "details": {"from_id": str(LI_NA), "to_id": str(WANG_FANG)},
        }
    ]


def test_what_was_missed_can_be_read(li_na: Person, wang_fang: Person):
    ticket = opened(li_na)
    wang_fang.post(f"{ticket}/notes", {"text": "客户来过"})
    li_na.post(f"{ticket}/transfer", TO_WANG_FANG)

    answer = li_na.post(f"{ticket}/slip", if_match=1)

    note, offer = answer.body["intervening"]
    assert (note["topic"], note["details"]["text"]) == ("ticket.noted", "客户来过")
    assert (offer["topic"], offer["reason"]) == ("ticket.transfer-offered", "对口")


def test_notes_that_one_has_not_seen_are_in_nobodys_way(li_na: Person, wang_fang: Person):
    ticket = opened(li_na)
    for _ in range(2):
        wang_fang.post(f"{ticket}/notes", {"text": "客户来过"})

    answer = li_na.post(f"{ticket}/slip", if_match=1)

    assert answer.carried_out == [Ticket.CaseSlipIssued]
    assert answer.headers["ETag"] == '"4"'


def test_a_note_needs_to_have_seen_nothing(li_na: Person, wang_fang: Person):
    ticket = offered(li_na)
    li_na.post(f"{ticket}/transfer/withdrawal")

    answer = wang_fang.post(f"{ticket}/notes", {"text": "客户来过"}, if_match=1)

    assert answer.carried_out == [Ticket.Noted]


def test_a_command_that_names_no_version_goes_by_what_holds_now(li_na: Person):
    ticket = offered(li_na)

    unnamed = li_na.post(f"{ticket}/transfer/withdrawal")
    any_version = li_na.post(f"{ticket}/slip", if_match="*")

    assert unnamed.carried_out == [Ticket.TransferWithdrawn]
    assert any_version.carried_out == [Ticket.CaseSlipIssued]


@pytest.mark.parametrize("version", [0, 2, 999_999_999])
def test_a_version_that_never_was(shared_office: Office, version: int):
    li_na = shared_office.person(LI_NA)

    answer = li_na.post(f"{opened(li_na)}/slip", if_match=version)

    assert answer.refusal == (412, "stale_version", "If-Match")


@pytest.mark.parametrize("tag", ["", "one", '"-1"', 'W/"1"', '"1", "2"', "1.0", "9" * 10])
def test_a_tag_that_is_none_of_ours(shared_office: Office, tag: str):
    li_na = shared_office.person(LI_NA)

    answer = li_na.post(f"{opened(li_na)}/slip", if_match=tag)

    assert answer.refusal == (422, "invalid", "If-Match")


def test_a_stale_command_may_be_sent_again_with_what_was_learnt(li_na: Person):
    ticket = offered(li_na)
    stale = li_na.post(f"{ticket}/transfer/withdrawal", key="back-1", if_match=1)

    answer = li_na.post(f"{ticket}/transfer/withdrawal", key="back-1", if_match=2)

    assert stale.refusal == (412, "stale_version", "If-Match")
    assert answer.carried_out == [Ticket.TransferWithdrawn]


def test_clients_staff_and_packs_have_versions_too(office: Office, li_na: Person, manager: Person):
    admin = office.person(ADMIN)
    client, post = f"/v1/clients/{C1}", {"post": "窗口", "roles": ["staff"]}
    current = manager.post(f"{client}/blacklisting", BLACKLISTING, if_match=1)
    stale = li_na.post(f"{client}/details", {"details": {"place": "三号楼"}}, if_match=1)
    stale_staff = admin.post(f"/v1/staff/{ZHAO_LEI}/post", post, if_match=1)
    stale_pack = office.person(ADMIN).post(
        "/v1/packs/consultation/publication",
        {"version": 1, "effective_from": "2010-01-01T00:00:00+08:00"},
        if_match=1,
    )

    assert current.carried_out == [Client.BlacklistingProposed]
    assert missed(stale) == [("client_id", "client.blacklisting-proposed")]
    assert missed(stale_staff) == [
        ("staff_id", "staff.post-taken"),
        ("staff_id", "staff.credential-issued"),
    ]
    assert [topic for _, topic in missed(stale_pack)] == [
        "pack.drafted",
        "pack.approved",
        "pack.published",
    ]
    assert admin.post(f"/v1/staff/{ZHAO_LEI}/post", post, if_match=3).carried_out == [
        Staff.PostTaken
    ]


def missed(answer: Answer) -> list[tuple[str, str]]:
    """To what, and what happened."""
    assert answer.refusal == (412, "stale_version", "If-Match")
    return [(next(iter(event)), event["topic"]) for event in answer.body["intervening"]]


def test_of_two_who_saw_the_same_version_one_is_too_late(office: Office, li_na: Person):
    ticket = opened(li_na)
    answers: list[Answer] = []
    together = Barrier(2)

    def offer(to: UUID) -> None:
        sender = office.person(LI_NA)
        together.wait()
        body = {"to_id": str(to), "reason": "对口"}
        answers.append(sender.post(f"{ticket}/transfer", body, if_match=1))

    threads = [Thread(target=offer, args=(to,)) for to in (WANG_FANG, ZHAO_LEI)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    done, late = sorted(answers, key=lambda answer: answer.status)
    assert (done.status, late.status) == (200, 412)
    assert [event["topic"] for event in late.body["intervening"]] == ["ticket.transfer-offered"]
    assert len(li_na.get(f"{ticket}/history").body["items"]) == 2
