"""Evidence: attached, found again, never shown in place."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from domain.evidence import SIZE_LIMIT
from domain.ticket import Ticket
from interface.http.evidence import BODY_LIMIT
from tests.support.facts import C1, LI_NA
from tests.support.http import INSPECTOR, NOBODY, Office, Person, opened

CONTENT = b"%PDF-1.7 \x00\xff"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def ticket(shared_office: Office) -> str:
    return opened(shared_office.person(LI_NA))


def paper(data: bytes = CONTENT, /, **otherwise: Any) -> dict[str, Any]:
    said = {"kind": "receipt", "name": "收据 1.pdf", "media_type": "application/pdf"}
    return said | {"content": base64.b64encode(data).decode()} | otherwise


def fetched(office: Office, path: str, who: Any = LI_NA) -> Any:
    """The answer itself, whose body need be no text."""
    token = office.tokens[who]
    return office.client().get(path, headers={"Authorization": f"Bearer {token}"})


def test_what_is_attached_is_found_by_its_digest(shared_office: Office, ticket: str):
    answer = shared_office.person(LI_NA).post(f"{ticket}/evidence", paper())

    assert answer.status == 201
    assert answer.carried_out == [Ticket.EvidenceAttached]
    assert answer.body["digest"] == DIGEST
    assert answer.event.name.text == "收据 1.pdf"
    for who in (LI_NA, INSPECTOR):
        found = fetched(shared_office, answer.headers["Location"], who)
        assert (found.status_code, found.data) == (200, CONTENT)


def test_it_is_to_be_saved_and_not_shown_in_place(shared_office: Office, ticket: str):
    note = paper(b"<script>", media_type="text/plain", name="注.txt")
    where = shared_office.person(LI_NA).post(f"{ticket}/evidence", note).headers["Location"]

    headers = fetched(shared_office, where).headers

    assert headers["Content-Type"].split(";")[0] == "text/plain"
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E6%B3%A8.txt" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_ticket_file_lists_it(shared_office: Office, ticket: str):
    li_na = shared_office.person(LI_NA)
    li_na.post(f"{ticket}/evidence", paper())

    [entry] = li_na.get(ticket).body["file"]["evidence"]

    assert entry["event"] == "evidence-attached"
    assert {n: entry[n] for n in ("digest", "kind", "media_type", "size_bytes", "name")} == {
        "digest": DIGEST,
        "kind": "receipt",
        "media_type": "application/pdf",
        "size_bytes": len(CONTENT),
        "name": "收据 1.pdf",
    }


def test_the_same_again_is_no_news(shared_office: Office, ticket: str):
    li_na = shared_office.person(LI_NA)
    li_na.post(f"{ticket}/evidence", paper())

    again = li_na.post(f"{ticket}/evidence", paper())

    assert (again.status, again.stored, again.body["digest"]) == (201, [], DIGEST)


def test_repeated_with_its_key_it_is_answered_as_it_was(shared_office: Office, ticket: str):
    li_na = shared_office.person(LI_NA)
    first = li_na.post(f"{ticket}/evidence", paper(), key="paper-1")

    assert li_na.post(f"{ticket}/evidence", paper(), key="paper-1").replayed == first.body
    other = li_na.post(f"{ticket}/evidence", paper(b"other"), key="paper-1")
    assert other.refusal == (422, "command_id_reused", "Idempotency-Key")


@pytest.mark.parametrize(
    ("otherwise", "field"),
    [
        ({"media_type": "application/zip"}, "media_type"),
        ({"media_type": "text/html"}, "media_type"),
        ({"kind": "a receipt"}, "kind"),
        ({"content": ""}, "content"),
    ],
)
def test_what_is_no_evidence_is_refused_under_its_rule(
    shared_office: Office, ticket: str, otherwise: Any, field: str
):
    answer = shared_office.person(LI_NA).post(f"{ticket}/evidence", paper(**otherwise))

    assert answer.refusal == (422, "invalid", field)
    assert answer.body["rule"] == "CT-10"


@pytest.mark.parametrize(
    ("otherwise", "field"),
    [
        ({"content": "not base64!"}, "content"),
        ({"content": "5pS25o2"}, "content"),
        ({"content": "收据"}, "content"),
        ({"content": 7}, "content"),
        ({"name": "../../etc/passwd"}, "name"),
        ({"name": "a\r\nX-Header: 1"}, "name"),
    ],
)
def test_what_cannot_be_read_is_refused(
    shared_office: Office, ticket: str, otherwise: Any, field: str
):
    answer = shared_office.person(LI_NA).post(f"{ticket}/evidence", paper(**otherwise))

    assert answer.refusal == (422, "invalid", field)


def test_the_largest_is_taken_and_one_byte_more_is_not(shared_office: Office, ticket: str):
    li_na = shared_office.person(LI_NA)

    too_large = li_na.post(f"{ticket}/evidence", paper(bytes(SIZE_LIMIT + 1)))
    largest = li_na.post(f"{ticket}/evidence", paper(bytes(SIZE_LIMIT)))

    assert too_large.refusal == (413, "evidence_too_large", "content")
    assert too_large.body["rule"] == "CT-10"
    assert largest.carried_out == [Ticket.EvidenceAttached]
    found = fetched(shared_office, largest.headers["Location"])
    assert found.data == bytes(SIZE_LIMIT)


def test_a_body_that_is_far_too_large_is_not_read(shared_office: Office, ticket: str):
    answer = shared_office.person(LI_NA).send(f"{ticket}/evidence", b" " * (BODY_LIMIT + 1))

    assert answer.refusal == (413, "body_too_large", None)


def test_what_is_not_attached_to_this_ticket_is_not_found(shared_office: Office, ticket: str):
    li_na = shared_office.person(LI_NA)
    li_na.post(f"{opened(li_na)}/evidence", paper())

    for digest in (DIGEST, "0" * 64, "x"):
        assert li_na.look(f"{ticket}/evidence/{digest}").refusal == (404, "not_found", "digest")
    nowhere = li_na.look(f"/v1/tickets/{C1}/evidence/{DIGEST}")
    assert nowhere.refusal == (404, "not_found", "ticket_id")


def test_who_may_not_read_is_not_given_it(shared_office: Office, ticket: str):
    shared_office.person(LI_NA).post(f"{ticket}/evidence", paper())

    answer = shared_office.person(NOBODY).look(f"{ticket}/evidence/{DIGEST}")

    assert answer.refusal == (403, "forbidden", None)


def test_of_who_was_erased_nothing_is_left_to_see(office: Office, li_na: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/evidence", paper())

    office.parts.keys.destroy(C1)

    assert li_na.look(f"{ticket}/evidence/{DIGEST}").refusal == (410, "person_erased", None)
    more = li_na.post(f"{ticket}/evidence", paper(b"more"))
    assert more.refusal == (409, "person_erased", None)


def test_what_the_rules_refuse_is_not_kept(office: Office, li_na: Person):
    ticket = opened(li_na)

    li_na.post(f"{ticket}/evidence", paper(media_type="application/zip"))

    count = b"SELECT count(*) FROM register.evidence"
    assert office.parts.database.run(lambda c: c.execute(count).fetchone()) == (0,)
