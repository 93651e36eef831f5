"""Search over HTTP: who may ask, what comes back, and how a question can be wrong."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import C1, LI_NA
from tests.support.http import INSPECTOR, NOBODY, Office, Person, opened


def asked(person: Person, question: str, more: str = "") -> Any:
    answer = person.get(f"/v1/search?q={quote(question)}{more}")
    assert answer.status == 200, answer.body
    return answer.body


def test_matters_notes_and_answers_are_found_newest_first(li_na: Person):
    ticket = opened(li_na, matter="楼下夜间施工，噪音很大")
    li_na.post(f"{ticket}/notes", {"text": "已联系施工方"})
    li_na.post(f"{ticket}/answer", {"text": "夜间不得施工"})

    found = asked(li_na, "施工")

    assert [(hit["topic"], hit["field"], hit["snippet"]) for hit in found["items"]] == [
        ("ticket.answered", "text", "夜间不得施工"),
        ("ticket.noted", "text", "已联系施工方"),
        ("ticket.opened", "matter", "楼下夜间施工，噪音很大"),
    ]
    assert [hit["visibility"] for hit in found["items"]] == ["client", "internal", "client"]
    assert {(hit["ticket_id"], hit["number"]) for hit in found["items"]} == {
        (ticket.rpartition("/")[2], "2026-0001")
    }
    assert (found["count"], found["next"]) == (3, None)


def test_all_words_must_occur(li_na: Person):
    opened(li_na, matter="楼下施工噪音")
    opened(li_na, matter="楼上漏水")

    assert asked(li_na, "噪音 楼下")["count"] == 1
    assert asked(li_na, "噪音　楼上") == {"items": [], "next": None, "count": 0}


def test_a_question_may_be_narrowed(li_na: Person):
    opened(li_na, matter="停车一", unit="north")
    ticket = opened(li_na, matter="停车二", unit="south")
    li_na.post(f"{ticket}/notes", {"text": "停车三"})

    assert asked(li_na, "停车", "&unit=north")["count"] == 1
    assert asked(li_na, "停车", "&visibility=internal")["count"] == 1
    assert asked(li_na, "停车", "&visibility=client&procedure=consultation")["count"] == 2
    assert asked(li_na, "停车", "&procedure=installation")["count"] == 0


def test_pages_lead_to_all_and_the_first_says_how_many(li_na: Person):
    for number in range(5):
        opened(li_na, matter=f"路灯 {number}")

    first = asked(li_na, "路灯", "&limit=2")
    second = asked(li_na, "路灯", f"&limit=2&cursor={first['next']}")
    pages = li_na.pages(f"/v1/search?q={quote('路灯')}&limit=2")

    shown = [[hit["snippet"] for hit in page] for page in pages]
    assert shown == [["路灯 4", "路灯 3"], ["路灯 2", "路灯 1"], ["路灯 0"]]
    assert (first["count"], second["count"]) == (5, None)
    assert second["items"] == pages[1]


@pytest.mark.parametrize("question", [None, "", "  ", "　", "\u200b", "\u200b \u200b", "字" * 201])
def test_a_question_without_words_or_too_long_is_refused(shared_office: Office, question: Any):
    words = {} if question is None else {"q": question}

    answer = shared_office.person(LI_NA).search("/v1/search", words)

    assert answer.refusal == (422, "invalid", "q")


@pytest.mark.parametrize(
    ("name", "value"),
    [("visibility", "secret"), ("limit", "0"), ("limit", "201"), ("word", "噪音")],
)
def test_what_cannot_be_asked_is_named(shared_office: Office, name: str, value: str):
    answer = shared_office.person(LI_NA).search("/v1/search?q=1", {name: value})

    assert answer.refusal == (422, "invalid", name)


@pytest.mark.parametrize("place", ["", "matter 1", "x", "1 \x00", "1 \n", "9" * 5_000])
def test_a_cursor_that_is_not_ours_is_refused(shared_office: Office, place: str):
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    answer = shared_office.person(LI_NA).search("/v1/search?q=1", {"cursor": cursor})

    assert answer.refusal == (422, "invalid", "cursor")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_no_words_whatever_are_a_fault_of_ours(shared_office: Office, question: str):
    answer = shared_office.person(LI_NA).search("/v1/search", {"q": question})

    assert answer.status == 200 or answer.refusal == (422, "invalid", "q")


def test_whoever_may_read_may_search(shared_office: Office):
    opened(shared_office.person(LI_NA), matter="幼儿园")

    assert asked(shared_office.person(INSPECTOR), "幼儿园")["count"] == 1
    refused = shared_office.person(NOBODY).get("/v1/search?q=1")
    assert refused.refusal == (403, "forbidden", None)


def test_who_was_erased_is_not_found(office: Office, li_na: Person):
    opened(li_na, matter="社保转移")
    assert asked(li_na, "社保")["count"] == 1

    office.parts.keys.destroy(C1)

    assert asked(li_na, "社保") == {"items": [], "next": None, "count": 0}
