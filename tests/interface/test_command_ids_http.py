"""A command sent twice is carried out once, and answered twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import DEPUTY, MATTER, TO_WANG_FANG
from tests.support.facts import C1, LI_NA, M1, M2, ZHAO_LEI
from tests.support.http import ADMIN, Office, Person, opened


def new_ticket(li_na: Person) -> tuple[str, Any]:
    return "/v1/tickets", MATTER


def new_client(li_na: Person) -> tuple[str, Any]:
    return "/v1/clients", {"name": "赵某"}


def slip(li_na: Person) -> tuple[str, Any]:
    return f"{opened(li_na)}/slip", {}


def note(li_na: Person) -> tuple[str, Any]:
    return f"{opened(li_na)}/notes", {"text": "客户来过"}


def offer(li_na: Person) -> tuple[str, Any]:
    return f"{opened(li_na)}/transfer", TO_WANG_FANG


def details(li_na: Person) -> tuple[str, Any]:
    return f"/v1/clients/{C1}/details", {"details": {"place": "三号楼", "name": "王先生"}}


SAID = [new_ticket, new_client, slip, note, offer, details]


@pytest.mark.attack("command replayed")
@pytest.mark.parametrize("said", SAID)
def test_the_same_command_again_is_answered_as_before(
    li_na: Person, said: Callable[[Person], tuple[str, Any]]
):
    path, body = said(li_na)
    first = li_na.post(path, body, key="only-once")

    second = li_na.post(path, body, key="only-once")

    assert len(first.carried_out) == 1
    assert second.replayed == first.body
    assert second.status == first.status
    for header in ("ETag", "Location", "Idempotency-Key"):
        assert second.headers.get(header) == first.headers.get(header)


@pytest.mark.parametrize("said", SAID)
def test_the_same_key_for_something_else_is_refused(
    li_na: Person, said: Callable[[Person], tuple[str, Any]]
):
    path, body = said(li_na)
    li_na.post(path, body, key="only-once")

    answer = li_na.post(path, body | {"reason": "改口"}, key="only-once")

    assert answer.refusal == (422, "command_id_reused", "Idempotency-Key")


def test_the_same_key_for_another_kind_of_command_is_refused(li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/slip", key="only-once")

    answer = li_na.post(f"{ticket}/transfer/withdrawal", key="only-once")

    assert answer.refusal == (422, "command_id_reused", "Idempotency-Key")


def test_the_same_key_on_another_ticket_is_refused(li_na: Person):
    one, other = opened(li_na), opened(li_na)
    li_na.post(f"{one}/slip", key="only-once")

    answer = li_na.post(f"{other}/slip", key="only-once")

    assert answer.refusal == (422, "command_id_reused", "Idempotency-Key")


def test_two_people_may_choose_the_same_key(li_na: Person, wang_fang: Person):
    ticket = opened(li_na)

    answers = [p.post(f"{ticket}/notes", {"text": "看"}, key="same") for p in (li_na, wang_fang)]

    assert [answer.carried_out for answer in answers] == [[Ticket.Noted], [Ticket.Noted]]


def test_without_a_key_the_same_words_are_said_twice(li_na: Person):
    ticket = opened(li_na)

    answers = [li_na.post(f"{ticket}/notes", {"text": "看"}) for _ in range(2)]

    assert [answer.carried_out for answer in answers] == [[Ticket.Noted], [Ticket.Noted]]


def test_a_refusal_uses_up_no_key(li_na: Person):
    ticket = opened(li_na)
    refused = li_na.post(f"{ticket}/steps/clarify", key="clarify-1")
    li_na.post(f"{ticket}/slip")

    answer = li_na.post(f"{ticket}/steps/clarify", key="clarify-1")

    assert refused.refusal == (409, "slip_missing", None)
    assert answer.carried_out == [Ticket.StepTaken]


def test_after_a_refusal_the_key_may_be_used_for_something_else(li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/notes", {"text": ""}, key="note-1")
    li_na.post(f"{ticket}/steps/clarify", key="note-1")

    answer = li_na.post(f"{ticket}/notes", {"text": "看"}, key="note-1")

    assert answer.carried_out == [Ticket.Noted]


def test_what_changed_nothing_is_remembered_as_well(li_na: Person):
    ticket = opened(li_na)
    nothing = li_na.post(f"{ticket}/transfer/withdrawal", key="back-1")

    again = li_na.post(f"{ticket}/transfer/withdrawal", key="back-1")

    assert nothing.carried_out == []
    assert again.replayed == nothing.body


def test_what_would_be_refused_by_now_is_answered_as_when_it_was_not(
    li_na: Person, wang_fang: Person
):
    ticket = opened(li_na)
    suspension = {"blocked_by": "client", "reason": "等客户资料"}
    first = li_na.post(f"{ticket}/suspension", suspension, key="rest-1")
    li_na.post(f"{ticket}/resumption")
    li_na.post(f"{ticket}/answer", {"text": "周一至周五"})
    li_na.post(f"{ticket}/closure")

    again = li_na.post(f"{ticket}/suspension", suspension, key="rest-1")

    assert again.replayed == first.body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("TICKET/transfer", {"to_id": str(ZHAO_LEI), "reason": "对口"}),
        (f"/v1/staff/{LI_NA}/superior", {"superior_id": str(ZHAO_LEI)}),
        (f"/v1/staff/{LI_NA}/deputies", DEPUTY | {"deputy_id": str(ZHAO_LEI)}),
    ],
)
def test_that_a_colleague_has_left_since_changes_no_answer(
    office: Office, li_na: Person, path: str, body: Any
):
    admin = office.person(ADMIN)
    sender = admin if "staff" in path else li_na
    path = path.replace("TICKET", opened(li_na))
    first = sender.post(path, body, key="only-once")
    admin.post(f"/v1/staff/{ZHAO_LEI}/departure")

    again = sender.post(path, body, key="only-once")

    assert len(first.carried_out) == 1
    assert again.replayed == first.body


def test_that_one_is_no_deputy_any_more_changes_no_answer(office: Office):
    deputy = office.person(M2)
    office.person(ADMIN).post(f"/v1/staff/{M1}/deputies", DEPUTY)
    client = {"name": "赵某", "acting_for": str(M1)}
    first = deputy.post("/v1/clients", client, key="client-1")
    office.now += timedelta(days=2)

    again = deputy.post("/v1/clients", client, key="client-1")

    assert again.replayed == first.body
    assert deputy.post("/v1/clients", client).refusal == (409, "not_deputy", None)


def test_the_version_that_was_seen_is_no_part_of_what_is_said(li_na: Person):
    ticket = opened(li_na)
    first = li_na.post(f"{ticket}/slip", key="slip-1", if_match=1)

    again = li_na.post(f"{ticket}/slip", key="slip-1", if_match=1)

    assert again.replayed == first.body


def test_when_it_happened_is_part_of_what_is_said(li_na: Person):
    ticket = opened(li_na, occurred_at="2026-11-23T10:00:00+08:00")
    note = {"text": "看", "occurred_at": "2026-11-23T11:00:00+08:00"}
    li_na.post(f"{ticket}/notes", note, key="note-1")

    same_instant = note | {"occurred_at": "2026-11-23T11:00:00+08:00"}
    other_instant = note | {"occurred_at": "2026-11-23T11:00:01+08:00"}

    assert li_na.post(f"{ticket}/notes", same_instant, key="note-1").replayed
    answer = li_na.post(f"{ticket}/notes", other_instant, key="note-1")
    assert answer.refusal == (422, "command_id_reused", "Idempotency-Key")


def test_a_repeat_counts_however_late_it_comes(office: Office, li_na: Person):
    ticket = opened(li_na)
    first = li_na.post(f"{ticket}/notes", {"text": "看"}, key="note-1")
    office.now = office.now.replace(year=2027)

    again = li_na.post(f"{ticket}/notes", {"text": "看"}, key="note-1")

    assert again.replayed == first.body


def test_a_token_is_shown_again_to_who_repeats_the_command(office: Office):
    admin = office.person(ADMIN)
    first = admin.post(f"/v1/staff/{LI_NA}/credentials", key="token-1")

    again = admin.post(f"/v1/staff/{LI_NA}/credentials", key="token-1")
    other = admin.post(f"/v1/staff/{LI_NA}/credentials", key="token-2")

    assert first.carried_out == other.carried_out == [Staff.CredentialIssued]
    assert again.replayed == first.body
    assert again.body["token"] == first.body["token"] != other.body["token"]


@pytest.mark.parametrize("key", ["", "k" * 200, "!~", "a/b?c=d"])
def test_a_key_is_any_printable_word(shared_office: Office, key: str):
    li_na = shared_office.person(LI_NA)

    answer = li_na.post(f"{opened(li_na)}/notes", {"text": "看"}, key=key)

    assert answer.carried_out == [Ticket.Noted]
    assert answer.headers["Idempotency-Key"] == (key or answer.event.command_id)


@pytest.mark.parametrize("key", ["k" * 201, "two words", "schlüssel", "a\tb", "\x7f"])
def test_a_key_that_is_no_printable_word(shared_office: Office, key: str):
    li_na = shared_office.person(LI_NA)

    answer = li_na.post("/v1/tickets", MATTER, key=key)

    assert answer.refusal == (422, "invalid", "Idempotency-Key")


def test_of_many_that_send_one_command_at_once_all_are_answered_and_one_is_heard(
    office: Office, li_na: Person
):
    ticket = opened(li_na)
    before, answers = office.head(), []

    def send() -> None:
        sender = office.person(LI_NA)
        answers.append(sender.post(f"{ticket}/notes", {"text": "看"}, key="note-1"))

    threads = [Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [type(event) for event in office.events_after(before)] == [Ticket.Noted]
    assert [answer.status for answer in answers] == [200] * 6
    assert len({answer.body["position"] for answer in answers}) == 1
    assert [answer.body["replayed"] for answer in answers].count(False) == 1
