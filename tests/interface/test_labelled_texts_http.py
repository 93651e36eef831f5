"""Texts of tickets that a pack labels: in full to whom it names, on record; to nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from domain.access import Access
from domain.privacy import HIDDEN
from infrastructure.sealing.bundle import Scope
from interface.bundle_cli import for_readers
from tests.interface.given import in_force
from tests.support.facts import C1, LI_NA, NOON, WANG_FANG
from tests.support.http import REVIEWER, Answer, Office, Person, id_in

HOTLINE = {
    "pack": "hotline",
    "version": 1,
    "title": "举报",
    "procedure": {
        "register": "hotline",
        "initial": "registered",
        "final": ["closed"],
        "channels": ["phone"],
        "opening": {"form": {"informer": {"title": "举报人", "sealed": True}}},
        "steps": {
            "interview": {
                "title": "约谈",
                "to": "interviewed",
                "form": {
                    "place": {"title": "地点", "sealed": True},
                    "persons": {
                        "title": "在场",
                        "type": "rows",
                        "fields": {"name": {"title": "姓名", "sealed": True}},
                    },
                },
            },
            "close": {"title": "结案", "from": ["interviewed"], "to": "closed", "fact": "closed"},
        },
    },
    "privacy": {
        "labels": {
            "restricted": {"full": ["owner", "director"], "purpose": True, "rule": "PR-04"},
            "internal": {"full": ["owner", "director", "cs_officer"], "record": False},
        },
        "purposes": {"inspection": {"title": "监督检查"}},
        "texts": {
            "hotline": {
                "opened.matter": "restricted",
                "opened.informer": "restricted",
                "noted.text": "restricted",
                "noted.reason": "restricted",
                "interview.persons": "restricted",
                "interview.place": "internal",
            }
        },
    },
}
"""Whoever owns a tip reads it, and a director, if they say what for."""

INFORMER = "知情人甲"
SECRETS = ("虚报工时", INFORMER, "录音已取得", "怕人知道", "在场乙")
PLACE = "四楼会议室"
WHAT_FOR = {"Purpose": "inspection"}


def said_in(answer: Answer) -> list[str]:
    """Which of the secrets an answer tells."""
    assert answer.status == 200, answer.body
    told = json.dumps(answer.body, ensure_ascii=False)
    return [secret for secret in SECRETS if secret in told]


@pytest.fixture
def tip(office: Office, li_na: Person) -> str:
    """A ticket of Li Na with all that is labelled in it; where it is found."""
    in_force(office, HOTLINE)
    words = {"channel": "phone", "matter": "虚报工时", "procedure": "hotline"}
    body = {**words, "client_id": str(C1), "form": {"informer": "知情人甲"}}
    ticket = li_na.post("/v1/tickets", body).headers["Location"]
    li_na.post(f"{ticket}/notes", {"text": "录音已取得", "reason": "怕人知道"})
    form = {"place": PLACE, "persons": [{"name": "在场乙"}]}
    assert li_na.post(f"{ticket}/steps/interview", {"form": form}).status == 200
    return ticket


def pages(ticket: str) -> list[str]:
    """Where a ticket is shown by itself, with its history."""
    past = f"/v1/audit/tickets/{id_in(ticket)}?as_of=2999-01-01T00:00:00Z"
    return [ticket, f"{ticket}/history", past, f"{past}&clock=recorded"]


def test_the_owner_reads_all_for_a_purpose_and_it_is_put_on_record(
    office: Office, li_na: Person, tip: str
):
    for page in pages(tip):
        answer = li_na.get(page, WHAT_FOR)

        with_form = page.endswith("history")
        assert set(SECRETS) - set(said_in(answer)) == (set() if with_form else {INFORMER}), page
        [seen] = [e for e in answer.events if isinstance(e, Access.RecordAccessed)]
        assert (seen.what, seen.ticket_id, seen.client_id) == ("ticket", id_in(tip), C1)
        assert seen.fields == [
            *("interview.persons", "noted.reason", "noted.text"),
            *["opened.informer"] * with_form,
            "opened.matter",
        ]
        assert (seen.labels, seen.purpose) == (["restricted"], "inspection")
    looked = office.person(REVIEWER).get(f"/v1/audit/accesses?ticket_id={id_in(tip)}").body
    assert {row["by"] for row in looked["items"]} == {f"staff:{LI_NA}"}


def test_without_a_purpose_even_the_owner_sees_masks(li_na: Person, tip: str):
    for page in pages(tip):
        answer = li_na.get(page)

        assert (said_in(answer), answer.stored) == ([], [])
        assert PLACE in json.dumps(answer.body, ensure_ascii=False)
    assert li_na.get(tip, {"Purpose": "curiosity"}).refusal == (422, "invalid", "Purpose")


def test_who_is_not_named_sees_masks_whatever_they_say(office: Office, tip: str):
    officer, viewer = office.hire("cs_officer"), office.hire("viewer")

    for page in pages(tip):
        answer, other = officer.get(page, WHAT_FOR), viewer.get(page, WHAT_FOR)

        assert (said_in(answer), answer.stored) == ([], [])
        assert said_in(other) == []
        assert PLACE in json.dumps(answer.body, ensure_ascii=False)
        assert PLACE not in json.dumps(other.body, ensure_ascii=False)
    shown = officer.get(tip, WHAT_FOR).body
    assert shown["matter"] == HIDDEN
    assert shown["file"]["notes"][0] == shown["file"]["notes"][0] | {
        "text": HIDDEN,
        "reason": HIDDEN,
    }


def test_a_role_counts_where_it_was_given(office: Office, li_na: Person, tip: str):
    director = office.hire("director")

    assert said_in(director.get(f"{tip}/history", WHAT_FOR)) == list(SECRETS)
    office.now += timedelta(hours=1)
    li_na.post(f"{tip}/transfer", {"to_id": str(WANG_FANG), "reason": "回避"})
    office.person(WANG_FANG).post(f"{tip}/transfer/acceptance")
    assert said_in(li_na.get(tip, WHAT_FOR)) == []
    before = f"/v1/audit/tickets/{id_in(tip)}?as_of={quote(NOON.isoformat())}&clock=occurred"
    assert said_in(li_na.get(before, WHAT_FOR)) == []
    assert len(said_in(office.person(WANG_FANG).get(before, WHAT_FOR))) == len(SECRETS) - 1


def test_no_list_shows_it_to_anybody(office: Office, li_na: Person, tip: str):
    lists = (
        *("/v1/tickets", "/v1/desk/mine", "/v1/desk/next", "/v1/desk/first-contacts"),
        "/v1/audit/tickets?as_of=2999-01-01T00:00:00Z",
        *(f"/v1/clients/{C1}/file", f"{tip}/as-client"),
    )

    for page in lists:
        answer = li_na.get(page)

        assert HIDDEN in json.dumps(answer.body), page
        assert (said_in(answer), answer.stored) == ([], []), page


def test_as_their_client_is_shown_it_who_may_read_it_reads_the_matter(li_na: Person, tip: str):
    answer = li_na.get(f"{tip}/as-client", WHAT_FOR)

    assert said_in(answer) == ["虚报工时"]
    assert answer.events[-1].fields == ["opened.matter"]


def test_search_finds_it_for_nobody(office: Office, li_na: Person, tip: str):
    other = {"channel": "phone", "matter": "虚报工时", "procedure": "consultation"}
    li_na.post("/v1/tickets", {**other, "client_id": str(C1)})

    def found(words: str) -> Any:
        answer = li_na.get(f"/v1/search?q={quote(words)}", WHAT_FOR)
        return answer.body["count"], [hit["topic"] for hit in answer.body["items"]]

    assert found("虚报工时") == (1, ["ticket.opened"])
    assert [found(word) for word in SECRETS[1:]] == [(0, [])] * 4
    assert found(PLACE) == (0, [])


def test_a_lost_race_does_not_tell_it(wang_fang: Person, tip: str):
    race = wang_fang.post(f"{tip}/slip", if_match=1)
    elsewhere = wang_fang.post(
        f"/v1/clients/{C1}/traits", {"name": "remote", "value": 1}, if_match=0
    )

    assert (race.status, elsewhere.status) == (412, 412)
    told = json.dumps(race.body, ensure_ascii=False)
    assert [entry["topic"] for entry in race.body["intervening"]] == [
        "ticket.noted",
        "ticket.step-taken",
    ]
    assert HIDDEN in told
    assert [secret for secret in (*SECRETS, PLACE) if secret in told] == []


def test_a_bundle_keeps_it_shut_even_with_texts(office: Office, tip: str):
    everything = Scope(everything=True)

    found = for_readers(office.parts, everything, office.head(), texts=True, at=office.now)

    told = b"".join(found[name] for name in ("report.html", "ocel.json", "log.xes")).decode()
    assert [secret for secret in (*SECRETS, PLACE) if secret in told] == []
    assert "王某" in told


def test_other_procedures_are_not_touched(office: Office, li_na: Person, tip: str):
    words = {"channel": "phone", "matter": "装宽带", "procedure": "consultation"}
    other = li_na.post("/v1/tickets", {**words, "client_id": str(C1)}).headers["Location"]

    answer = li_na.get(other)

    assert (answer.body["matter"], answer.stored) == ("装宽带", [])
