"""一人负责: at any moment exactly one named person answers for a matter."""

from __future__ import annotations

from threading import Barrier, Thread
from uuid import UUID

import pytest

from domain.ticket import Ticket
from tests.support.facts import LI_NA, M1, WANG_FANG, ZHAO_LEI
from tests.support.http import ADMIN, Answer, Office, Person, opened

S1, S2, S3 = LI_NA, WANG_FANG, ZHAO_LEI


def offer(person: Person, ticket: str, to: UUID) -> Answer:
    return person.post(f"{ticket}/transfer", {"to_id": str(to), "reason": "归口办理"})


@pytest.mark.rule("PX-02")
@pytest.mark.parametrize("who", [S2, M1, ADMIN])
def test_nobody_becomes_owner_of_what_was_not_offered_to_them(office: Office, who: UUID):
    s1 = office.person(S1)
    ticket = opened(s1)
    offer(s1, ticket, S3)

    answer = office.person(who).post(f"{ticket}/transfer/acceptance")

    assert answer.refusal == (409, "no_offer", None)
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("PX-02")
def test_nobody_becomes_owner_without_having_accepted(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = opened(s1)
    offer(s1, ticket, S2)

    answer = s2.post(f"{ticket}/answer", {"text": "已办"})

    assert answer.refusal == (409, "not_owner", None)
    assert answer.body["rule"] == "PX-02"
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("PX-02")
@pytest.mark.parametrize("returns", [0, 1])
def test_not_even_the_superior_makes_somebody_owner_who_has_not_accepted(
    office: Office, returns: int
):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = opened(s1)
    for _ in range(returns):
        offer(s1, ticket, S2)
        s2.post(f"{ticket}/transfer/refusal", {"ground": "overloaded", "reason": "忙"})

    body = {"to_id": str(S2), "reason": "归口办理"}
    answer = office.person(M1).post(f"{ticket}/transfer/decision", body)

    assert answer.refusal == (409, "no_decision_needed", None)
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("PX-02")
def test_nobody_takes_for_their_own_what_waits_in_no_queue(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)

    answer = office.person(S2).post(f"{ticket}/taking")

    assert answer.refusal == (409, "not_queued", None)
    assert s1.get(ticket).body["owner_id"] == str(S1)


@pytest.mark.rule("PX-02")
def test_a_ticket_is_offered_to_one_person_at_a_time(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    offer(s1, ticket, S2)

    answer = offer(s1, ticket, S3)

    assert answer.refusal == (409, "offer_pending", None)


@pytest.mark.rule("PX-02")
def test_who_has_handed_over_is_owner_no_more(office: Office):
    s1, s2 = office.person(S1), office.person(S2)
    ticket = opened(s1)
    offer(s1, ticket, S2)
    s2.post(f"{ticket}/transfer/acceptance")

    before, after = (p.post(f"{ticket}/answer", {"text": "已办"}) for p in (s1, s2))

    assert before.refusal == (409, "not_owner", None)
    assert after.stored == [Ticket.Answered]


@pytest.mark.rule("PX-02")
def test_of_two_who_reach_for_it_at_once_one_is_owner(office: Office):
    s1 = office.person(S1)
    ticket = opened(s1)
    offer(s1, ticket, S2)
    together, answers = Barrier(2), list[Answer]()

    def send(who: UUID, what: str) -> None:
        person = office.person(who)
        together.wait()
        answers.append(person.post(f"{ticket}/{what}"))

    reaching = [
        Thread(target=send, args=(S2, "transfer/acceptance")),
        Thread(target=send, args=(S1, "transfer/withdrawal")),
    ]
    for thread in reaching:
        thread.start()
    for thread in reaching:
        thread.join()

    topics = [entry["topic"] for entry in s1.get(f"{ticket}/history").body["items"]]
    accepted = topics.count("ticket.transfer-accepted")
    assert accepted + topics.count("ticket.transfer-withdrawn") == 1
    assert s1.get(ticket).body["owner_id"] == str(S2 if accepted else S1)
    assert sorted(answer.status for answer in answers) == [200, 409]
