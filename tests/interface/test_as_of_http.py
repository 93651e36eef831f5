"""What was, asked over HTTP: files, lists and counts as of an instant on either clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest

from application.views.ticket_then import TicketThenView
from infrastructure.views.table import Table
from tests.interface.given import BLACKLISTING, TO_WANG_FANG, clarifying, in_force
from tests.support.facts import C1, C2, LI_NA, M1, M2, NOON, WANG_FANG, promising_pack
from tests.support.http import ADMIN, Office, Person, id_in, opened

HOUR = timedelta(hours=1)
EVER = "2999-01-01T00:00:00Z"


def audit(path: str, as_of: datetime | str, **asked: Any) -> str:
    said = as_of if isinstance(as_of, str) else as_of.isoformat()
    return f"/v1/audit/{path}?{urlencode({'as_of': said, **asked})}"


def past(person: Person, path: str, as_of: datetime | str, **asked: Any) -> Any:
    answer = person.get(audit(path, as_of, **asked))
    assert answer.status == 200, answer.body
    return answer.body


def file(ticket: str) -> str:
    return f"tickets/{id_in(ticket)}"


PATHS = [
    "tickets",
    "tickets/counts",
    f"tickets/{C1}",
    f"clients/{C1}",
    f"staff/{LI_NA}",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "query",
    [
        "as_of=2026-11-25T10:00:00",
        "as_of=2026-11-25T10:00:00+08:00",  # in a query + is a blank
        "as_of=2026-11-25",
        "as_of=yesterday",
        "as_of=",
        "as_of=1899-12-31T23:59:59Z",
        "as_of=9999-12-31T23:59:59-23:00",
        "",
    ],
)
def test_what_is_no_instant_is_refused_by_name(shared_office: Office, path: str, query: str):
    answer = shared_office.person(LI_NA).get(f"/v1/audit/{path}?{query}")

    assert answer.refusal == (422, "invalid", "as_of")


def test_the_refusal_says_how_an_instant_is_written(shared_office: Office):
    answer = shared_office.person(LI_NA).get("/v1/audit/tickets?as_of=2026-11-25T10:00:00")

    assert "2026-11-25T10:00:00+08:00" in answer.body["detail"]
    assert "%2B" in answer.body["detail"]


def test_there_are_two_clocks_and_no_third(shared_office: Office):
    answer = shared_office.person(LI_NA).get(audit("tickets", EVER, clock="server"))

    assert answer.refusal == (422, "invalid", "clock")


def test_what_is_still_to_come_is_answered_as_of_now(office: Office, li_na: Person):
    ticket = opened(li_na)

    then = past(li_na, file(ticket), EVER)

    now = li_na.get(ticket).body
    assert then["ticket"] == {name: now[name] for name in then["ticket"]}
    assert then["position"] == then["head"] == office.head()
    assert (then["as_of"], then["clock"]) == (EVER, "recorded")


@pytest.mark.parametrize("clock", ["recorded", "occurred"])
def test_before_it_was_opened_there_is_no_ticket(li_na: Person, clock: str):
    ticket = opened(li_na)
    before = "2026-01-01T00:00:00Z"

    answer = li_na.get(audit(file(ticket), before, clock=clock))

    assert answer.refusal == (404, "not_found", "ticket_id")
    assert past(li_na, "tickets", before, clock=clock)["items"] == []
    assert past(li_na, "tickets/counts", before, clock=clock)["counts"] == {"all": {"total": 0}}


@pytest.mark.parametrize("path", [f"tickets/{C2}", f"clients/{C2}", f"staff/{C2}", f"tickets/{C1}"])
def test_what_never_was_was_not_then_either(shared_office: Office, path: str):
    answer = shared_office.person(LI_NA).get(audit(path, EVER))

    assert answer.refusal[:2] == (404, "not_found")


def test_a_late_entry_is_what_was_true_and_not_what_we_knew(
    office: Office, li_na: Person, wang_fang: Person
):
    """The offer of one o'clock is entered at three."""
    ticket = opened(li_na)
    office.now = NOON + 3 * HOUR
    one = (NOON + HOUR).isoformat()
    offer = li_na.post(f"{ticket}/transfer", TO_WANG_FANG | {"occurred_at": one}).body
    before = datetime.fromisoformat(offer["recorded_at"]) - timedelta(microseconds=1)

    def offered_to(as_of: datetime, clock: str) -> Any:
        shown = past(li_na, file(ticket), as_of, clock=clock)["ticket"]["offered_to_id"]
        asked = {"offered_to_id": WANG_FANG, "clock": clock}
        listed = past(li_na, "tickets", as_of, **asked)["items"]
        counted = past(li_na, "tickets/counts", as_of, **asked)["counts"]["all"]["total"]
        assert len(listed) == counted == (shown is not None)
        return shown

    assert offered_to(NOON + HOUR, "occurred") == str(WANG_FANG)
    assert offered_to(NOON + HOUR - timedelta(microseconds=1), "occurred") is None
    assert offered_to(before, "recorded") is None
    assert offered_to(datetime.fromisoformat(offer["recorded_at"]), "recorded") == str(WANG_FANG)


def test_the_file_holds_what_had_happened_by_then(office: Office, li_na: Person):
    ticket = opened(li_na)
    for hour, text in ((1, "一点"), (2, "两点")):
        office.now = NOON + hour * HOUR
        li_na.post(f"{ticket}/notes", {"text": text})

    then = past(li_na, file(ticket), NOON + HOUR, clock="occurred")

    assert [note["text"] for note in then["file"]["notes"]] == ["一点"]
    assert then["version"] == then["ticket"]["version"] == 2


def test_what_was_promised_stands_as_it_stood_then(office: Office, li_na: Person):
    in_force(office, promising_pack())
    ticket = clarifying(li_na)
    office.now = NOON + 2 * HOUR
    li_na.post(f"{ticket}/answer", {"text": "周一至周五"})

    def statuses(hours: int) -> list[tuple[str, str]]:
        then = past(li_na, file(ticket), NOON + hours * HOUR, clock="occurred")
        return [(row["key"], row["status"]) for row in then["obligations"]]

    assert ("reply-1", "open") in statuses(1)
    assert ("reply-1", "met") in statuses(2)
    assert ("reply-1", "met") in statuses(9_999)


def test_what_is_open_is_not_overdue_before_its_time_has_come(office: Office, li_na: Person):
    """As of an instant to come, it is as of now."""
    in_force(office, promising_pack())
    ticket = clarifying(li_na)

    then = past(li_na, file(ticket), EVER, clock="occurred")

    assert {row["status"] for row in then["obligations"]} == {"open"}


def test_a_client_is_shown_as_they_were(office: Office, li_na: Person, manager: Person):
    path = f"/v1/clients/{C1}"
    office.now = NOON + HOUR
    li_na.post(f"{path}/contact-points", {"kind": "phone", "value": "010-5550199"})
    office.now = NOON + 2 * HOUR
    manager.post(f"{path}/blacklisting", BLACKLISTING)
    office.hire("director").post(f"{path}/blacklisting/approval")

    def then(hours: int) -> Any:
        return past(li_na, f"clients/{C1}", NOON + hours * HOUR, clock="occurred")["client"]

    assert (then(0)["contacts"], then(0)["is_blacklisted"]) == ({}, False)
    assert [one["value"] for one in then(1)["contacts"].values()] == ["010-5550199"]
    assert (then(1)["is_blacklisted"], then(2)["is_blacklisted"]) == (False, True)
    assert then(0)["name"] == "王某"


def test_a_contact_point_taken_off_before_it_was_added_as_told_is_not_there(
    office: Office, li_na: Person
):
    path = f"/v1/clients/{C1}/contact-points"
    office.now = NOON + 2 * HOUR
    li_na.post(path, {"kind": "phone", "value": "010-5550199"})
    [contact_id] = li_na.get(f"/v1/clients/{C1}").body["contacts"]
    early = {"occurred_at": (NOON + HOUR).isoformat()}
    removal = li_na.post(f"{path}/{contact_id}/removal", early)
    assert removal.status == 200

    then = past(li_na, f"clients/{C1}", NOON + HOUR, clock="occurred")

    assert then["client"]["contacts"] == {}


def test_a_member_of_staff_is_shown_with_the_roles_of_then(office: Office, li_na: Person):
    office.now = NOON + HOUR
    office.person(ADMIN).post(
        f"/v1/staff/{WANG_FANG}/post", {"post": "班长", "roles": ["cs_supervisor"]}
    )

    def roles(hours: int) -> Any:
        then = past(li_na, f"staff/{WANG_FANG}", NOON + hours * HOUR, clock="occurred")
        return then["staff"]["roles"]

    assert (roles(0), roles(1)) == (["staff"], ["cs_supervisor"])


def test_a_list_shows_each_ticket_as_it_stood_then(
    office: Office, li_na: Person, wang_fang: Person
):
    first, second = opened(li_na), opened(li_na)
    office.now = NOON + HOUR
    li_na.post(f"{first}/transfer", TO_WANG_FANG)
    wang_fang.post(f"{first}/transfer/acceptance")
    office.now = NOON + 2 * HOUR
    opened(li_na)

    def owners(hours: int, **asked: Any) -> list[tuple[str, str]]:
        said = {"clock": "occurred", **asked}
        items = past(li_na, "tickets", NOON + hours * HOUR, **said)["items"]
        return [(item["ticket_id"], item["owner_id"]) for item in items]

    one, two = str(id_in(first)), str(id_in(second))
    assert owners(0) == [(two, str(LI_NA)), (one, str(LI_NA))]
    assert owners(1) == [(two, str(LI_NA)), (one, str(WANG_FANG))]
    assert owners(1, owner_id=WANG_FANG) == [(one, str(WANG_FANG))]
    assert owners(0, owner_id=WANG_FANG) == []
    assert len(owners(2, client_id=C1)) == 3


def test_the_pages_of_a_list_lead_on(office: Office, li_na: Person):
    tickets = [str(id_in(opened(li_na))) for _ in range(5)]

    pages = li_na.pages(audit("tickets", EVER, limit=2))

    assert [[row["ticket_id"] for row in page] for page in pages] == [
        [tickets[4], tickets[3]],
        [tickets[2], tickets[1]],
        [tickets[0]],
    ]


def test_lists_and_counts_name_the_view_that_they_were_found_by(office: Office, li_na: Person):
    opened(li_na)

    for path in ("tickets", "tickets/counts"):
        said = past(li_na, path, EVER)

        assert said["projector"] == Table(TicketThenView()).definition
        assert said["position"] == said["head"] == office.head()


def test_a_list_is_counted_as_it_is_shown(office: Office, li_na: Person):
    opened(li_na)
    opened(li_na, channel="letter")
    closing = opened(li_na)
    li_na.post(f"{closing}/answer", {"text": "周一至周五"})
    office.now = NOON + HOUR
    li_na.post(f"{closing}/closure")

    def counts(hours: int, **asked: Any) -> Any:
        said = {"clock": "occurred", **asked}
        return past(li_na, "tickets/counts", NOON + hours * HOUR, **said)["counts"]

    assert counts(0)["closed"] == {"false": 3}
    assert counts(1)["closed"] == {"false": 2, "true": 1}
    assert counts(1)["state"] == {"closed": 1, "registered": 2}
    assert counts(1, channel="letter") == {
        "all": {"total": 1},
        "channel": {"letter": 1},
        "closed": {"false": 1},
        "procedure": {"consultation": 1},
        "state": {"registered": 1},
    }


@pytest.mark.parametrize("who", [M1, M2])
def test_a_text_of_who_was_erased_is_gone_from_every_time(office: Office, who: UUID):
    li_na, reader = office.person(LI_NA), office.person(who)
    ticket = opened(li_na)
    assert past(reader, file(ticket), EVER)["ticket"]["matter"] == "有线电视安装"

    office.parts.keys.destroy(C1)

    assert past(reader, file(ticket), EVER)["ticket"]["matter"] == "[erased]"
    [row] = past(reader, "tickets", EVER)["items"]
    assert row["matter"] == "[erased]"
    assert quote("有线") not in str(row)
