"""Search on messages that nobody here wrote: what is found is what its ground truth counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from infrastructure.embedded import EmbeddedPostgres
from infrastructure.views.search import COUNTED
from tests.support.facts import LI_NA
from tests.support.http import Office, open_office
from tests.support.http import tokens as tokens
from tests.support.messages import messages, take_in
from tests.support.real_data import shared_data

MESSAGES = "zhengwu_fj3_messages.xlsx"
TRUTH = "zhengwu_fj3_messages.xlsx.groundtruth.json"

pytestmark = pytest.mark.real_data(MESSAGES, TRUTH)

FIELDS = {"ticket.opened": "留言主题", "ticket.noted": "留言详情"}


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared_data(TRUTH).read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def office(postgres: EmbeddedPostgres, tokens: Any, truth: dict[str, Any]) -> Iterator[Office]:
    """An office that has taken in all messages, and its views have read them."""
    with open_office(postgres, tokens) as office:
        assert take_in(office.parts, shared_data(MESSAGES)) == truth["n_rows"]
        office.catch_up()
        yield office


def test_every_word_is_found_as_often_as_it_stands_there(
    office: Office, truth: dict[str, Any]
) -> None:
    expected = truth["substring_document_counts"]

    found = {word: found_over_http(office, word) for word in expected}

    assert found == expected


def found_over_http(office: Office, word: str) -> dict[str, int]:
    """In how many titles, in how many texts, and in how many messages at all."""
    path = f"/v1/search?q={quote(word)}&limit=200"
    first = office.person(LI_NA).look(path).body
    hits = [hit for page in office.person(LI_NA).pages(path) for hit in page]
    assert first["count"] == (len(hits) if len(hits) <= COUNTED else None)
    by_field = {name: 0 for name in FIELDS.values()}
    for hit in hits:
        by_field[FIELDS[hit["topic"]]] += 1
        assert word in hit["snippet"]
    return {**by_field, "any": len({hit["ticket_id"] for hit in hits})}


@pytest.mark.parametrize(
    "question", ["噪音 施工", "物业　业主 停车", "公积金 提取 购房", "噪", "a3区"]
)
def test_any_words_are_found_where_they_all_stand(office: Office, question: str) -> None:
    words = question.split()
    read = [text for m in messages(shared_data(MESSAGES)) for text in (m.title, m.text)]

    found = office.person(LI_NA).search("/v1/search", {"q": question}).body["count"]

    assert found == sum(all(word in "".join(t.split()).lower() for word in words) for t in read)


def test_the_table_holds_none_of_the_words(office: Office, truth: dict[str, Any]) -> None:
    with office.parts.database.connection() as connection:
        rows = connection.execute("SELECT found::text FROM reporting.search found")
        texts = [row for (row,) in rows]

    assert len(texts) == 2 * truth["n_rows"]
    assert not [word for word in truth["substring_document_counts"] for t in texts if word in t]
