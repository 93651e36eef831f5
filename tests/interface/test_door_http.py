"""Too many wrong tokens, and too many right ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from application.door import DoorTerms
from interface.http.allowance import KEPT, Allowance
from tests.support.facts import LI_NA, M1, NOON, WANG_FANG
from tests.support.http import ADMIN, Answer, Office, Person

TERMS = DoorTerms(requests_a_minute=0, failures_of_address=3, failures_of_person=6, proxies=1)
STEP = TERMS.failure_period / TERMS.failures_of_address

KNOWN = {401: "not_authenticated", 429: "too_many_failures"}


@pytest.fixture
def guarded(office: Office) -> Office:
    """With one proxy in front, which says who came."""
    office.guard(TERMS)
    return office


def wrong(token: str) -> str:
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def knock(office: Office, token: str, address: str) -> Answer:
    said = {"X-Forwarded-For": f"10.9.9.9, {address}"}
    answer = office.stranger(token).look("/v1/me", said)
    if answer.status != 200:
        assert answer.refusal == (answer.status, KNOWN[answer.status], None)
    return answer


def knocks(office: Office, token: str, address: str, times: int) -> list[int]:
    return [knock(office, token, address).status for _ in range(times)]


def test_after_too_many_wrong_tokens_an_address_has_to_wait(guarded: Office):
    guess = wrong(guarded.tokens[LI_NA])

    assert knocks(guarded, guess, "192.0.2.1", 5) == [401, 401, 401, 429, 429]
    assert knocks(guarded, "nonsense", "192.0.2.1", 1) == [429]
    assert knocks(guarded, guess, "192.0.2.2", 1) == [401]


def test_it_is_told_for_how_long_and_that_is_enough(guarded: Office):
    knocks(guarded, "nonsense", "192.0.2.1", 3)

    refused = knock(guarded, "nonsense", "192.0.2.1")

    seconds = int(refused.headers["Retry-After"])
    assert seconds == STEP.total_seconds()
    guarded.now += timedelta(seconds=seconds - 1)
    assert knocks(guarded, "nonsense", "192.0.2.1", 1) == [429]
    guarded.now += timedelta(seconds=1)
    assert knocks(guarded, "nonsense", "192.0.2.1", 2) == [401, 429]


def test_who_was_in_before_does_not_wait_behind_strangers(guarded: Office):
    token, new = guarded.tokens[LI_NA], guarded.tokens[M1]
    knock(guarded, token, "192.0.2.1")
    knocks(guarded, "nonsense", "192.0.2.1", 4)
    knocks(guarded, wrong(token), "192.0.2.2", 3)
    knocks(guarded, wrong(token), "192.0.2.3", 3)

    assert knock(guarded, token, "192.0.2.1").status == 200
    assert knock(guarded, new, "192.0.2.1").status == 429


def test_a_revoked_token_is_not_let_in_because_it_was_good(guarded: Office):
    token = guarded.tokens[WANG_FANG]
    knock(guarded, token, "192.0.2.1")
    guarded.person(ADMIN).post(f"/v1/staff/{WANG_FANG}/departure")

    assert knocks(guarded, token, "192.0.2.1", 5) == [401, 401, 401, 429, 429]


def test_for_one_person_too_many_wrong_tokens_shut_the_door_whatever_the_address(guarded: Office):
    guess = wrong(guarded.tokens[LI_NA])
    for number in range(6):
        assert knocks(guarded, guess, f"192.0.2.{number}", 1) == [401]

    assert knocks(guarded, guess, "192.0.2.7", 1) == [429]
    assert knocks(guarded, guess.upper().replace("YICE", "yice"), "192.0.2.8", 1) == [429]
    assert knocks(guarded, wrong(guarded.tokens[M1]), "192.0.2.7", 1) == [401]


def test_nobody_is_held_to_account_for_a_person_that_there_is_not(guarded: Office):
    nobody = "yice_" + "0" * 32 + "_1_1"

    assert [knocks(guarded, nobody, f"192.0.2.{n}", 1) for n in range(9)] == [[401]] * 9


def test_an_expired_token_is_no_guess(guarded: Office):
    ends = (guarded.now + timedelta(hours=1)).isoformat()
    admin = guarded.person(ADMIN)
    token = admin.post(f"/v1/staff/{LI_NA}/credentials", {"expires_at": ends}).body["token"]
    guarded.now += timedelta(hours=1)

    assert knocks(guarded, token, "192.0.2.1", 6) == [401] * 6


def test_what_a_client_says_of_itself_is_not_believed_before_a_proxy_of_ours(office: Office):
    office.guard(replace(TERMS, proxies=0))
    guess = wrong(office.tokens[LI_NA])

    statuses = knocks(office, guess, "192.0.2.1", 7)

    assert statuses == [401] * 6 + [429]


def test_without_a_limit_nothing_is_said_of_one(office: Office, li_na: Person):
    assert {"RateLimit", "RateLimit-Policy"}.isdisjoint(li_na.look("/v1/me").headers)


@pytest.fixture
def measured(office: Office) -> Office:
    office.guard(DoorTerms(requests_a_minute=6))
    return office


def test_a_token_may_ask_so_much_a_minute_and_is_told_how_much_is_left(
    measured: Office, li_na: Person
):
    answers = [li_na.look("/v1/me") for _ in range(6)]

    assert [answer.status for answer in answers] == [200] * 6
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"token";q=6;w=60'}
    assert [answer.headers["RateLimit"] for answer in answers] == [
        f'"token";r={left};t={60 - 10 * left}' for left in (5, 4, 3, 2, 1, 0)
    ]
    refused = li_na.look("/v1/me")
    assert refused.refusal == (429, "too_many_requests", None)
    assert refused.headers["Retry-After"] == "10"
    measured.now += timedelta(seconds=10)
    assert li_na.look("/v1/me").status == 200
    assert li_na.look("/v1/me").status == 429


def test_a_refused_command_is_not_carried_out_and_can_be_said_again(
    measured: Office, li_na: Person
):
    for _ in range(6):
        li_na.look("/v1/me")

    refused = li_na.post("/v1/clients", {"name": "赵某"}, key="client")
    measured.now += timedelta(seconds=int(refused.headers["Retry-After"]))

    assert refused.refusal == (429, "too_many_requests", None)
    assert li_na.post("/v1/clients", {"name": "赵某"}, key="client").status == 201


def test_each_token_has_its_own(measured: Office, li_na: Person):
    issued = measured.person(ADMIN).post(f"/v1/staff/{LI_NA}/credentials").body
    for _ in range(7):
        li_na.look("/v1/me")

    assert li_na.look("/v1/me").status == 429
    assert measured.stranger(issued["token"]).look("/v1/me").status == 200
    assert measured.person(M1).look("/v1/me").status == 200


def test_what_is_open_to_all_is_not_counted(measured: Office):
    assert {measured.stranger().look("/healthz").status for _ in range(9)} == {204}


def test_memory_is_bounded_and_who_has_to_wait_is_remembered_longest():
    allowance = Allowance(2, timedelta(minutes=1))
    for _ in range(2):
        allowance.take("busy", NOON)

    for number in range(3 * KEPT):
        allowance.take(str(number), NOON)

    assert len(allowance._full_at) <= KEPT
    assert allowance.look("busy", NOON).wait_seconds > 0


def test_a_clock_that_is_put_back_gives_nothing_away_and_takes_nothing_for_ever():
    allowance = Allowance(2, timedelta(minutes=1))
    allowance.take("one", NOON)
    allowance.take("one", NOON)

    put_back = NOON - timedelta(hours=1)

    assert allowance.take("one", put_back).wait_seconds > 0
    assert allowance.take("one", NOON + timedelta(minutes=1)).remaining == 1
