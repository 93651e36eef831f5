from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from tests.interface.given import REST, TO_WANG_FANG, closed, escalated, offered, suspended
from tests.support.facts import C1, C2, C3, LI_NA, M1, T2, WANG_FANG, ZHAO_LEI
from tests.support.http import Office, Person, id_in, opened


@pytest.fixture(scope="module")
def tickets(shared_office: Office) -> dict[str, str]:
    """Tickets that differ in all that the register is asked by, oldest first."""
    li_na, wang_fang = shared_office.person(LI_NA), shared_office.person(WANG_FANG)
    li_na.post("/v1/clients", {"client_id": str(C2), "name": "赵某"})
    return {
        "plain": opened(li_na),
        "of yesterday": opened(li_na, occurred_at="2026-11-22T09:00:00+08:00"),
        "by phone": opened(li_na, channel="phone"),
        "of the north": opened(li_na, unit="north"),
        "of another client": opened(li_na, client_id=str(C2)),
        "of Wang Fang": opened(wang_fang),
        "offered": offered(li_na),
        "handed over": _handed_over(li_na, wang_fang),
        "asked": escalated(li_na),
        "suspended": suspended(li_na),
        "answered": _answered(li_na),
        "closed": closed(li_na),
    }


def _handed_over(giver: Person, taker: Person) -> str:
    ticket = offered(giver)
    taker.post(f"{ticket}/transfer/acceptance")
    return ticket


def _answered(person: Person) -> str:
    ticket = opened(person)
    person.post(f"{ticket}/answer", {"text": "周一至周五"})
    return ticket


def names(tickets: Mapping[str, str], rows: list[Any]) -> list[str]:
    """What we call these rows, as they come."""
    known = {str(id_in(path)): name for name, path in tickets.items()}
    return [known[row["ticket_id"]] for row in rows]


ALL = [
    "plain",
    "of yesterday",
    "by phone",
    "of the north",
    "of another client",
    "of Wang Fang",
    "offered",
    "handed over",
    "asked",
    "suspended",
    "answered",
    "closed",
]


def but(*left_out: str) -> list[str]:
    return [name for name in ALL if name not in left_out]


def between(start: str, end: str) -> str:
    return f"opened_from={quote(start)}&opened_to={quote(end)}"


FILTERS: list[tuple[str, list[str]]] = [
    ("", ALL),
    ("state=registered", but("answered", "closed")),
    ("state=answered", ["answered"]),
    ("state=lost", []),
    ("is_closed=true", ["closed"]),
    ("is_closed=false", but("closed")),
    (f"owner_id={WANG_FANG}", ["of Wang Fang", "handed over"]),
    (f"owner_id={ZHAO_LEI}", []),
    (f"first_contact_id={WANG_FANG}", ["of Wang Fang"]),
    (f"first_contact_id={LI_NA}", but("of Wang Fang")),
    (f"offered_to_id={WANG_FANG}", ["offered"]),
    (f"asked_id={M1}", ["asked"]),
    (f"client_id={C2}", ["of another client"]),
    (f"client_id={C1}", but("of another client")),
    (f"client_id={C3}", []),
    ("procedure=consultation", ALL),
    ("procedure=funeral", []),
    ("channel=phone", ["by phone"]),
    ("unit=north", ["of the north"]),
    ("unit=main", but("of the north")),
    ("number=2026-0002", ["of yesterday"]),
    (between("2026-11-23T00:00:00+08:00", "2026-11-24T00:00:00+08:00"), but("of yesterday")),
    (between("2026-11-22T09:00:00+08:00", "2026-11-22T09:00:00+08:00"), ["of yesterday"]),
    (between("2026-11-22T09:00:01+08:00", "2026-11-23T11:59:59+08:00"), []),
    (f"owner_id={WANG_FANG}&first_contact_id={LI_NA}", ["handed over"]),
    (f"client_id={C1}&channel=phone&is_closed=false", ["by phone"]),
]


@pytest.mark.parametrize(("asked", "found"), FILTERS)
def test_the_register_is_asked_by_all_that_is_known_of_a_ticket(
    shared_office: Office, tickets: dict[str, str], asked: str, found: list[str]
):
    answer = shared_office.person(LI_NA).get(f"/v1/tickets?{asked}")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert names(tickets, answer.body["items"]) == found[::-1]
    assert answer.body["next"] is None
    assert "Link" not in answer.headers


@pytest.mark.parametrize(("asked", "found"), FILTERS)
def test_what_is_listed_is_what_is_counted(
    shared_office: Office, tickets: dict[str, str], asked: str, found: list[str]
):
    answer = shared_office.person(LI_NA).get(f"/v1/tickets/counts?{asked}")

    assert answer.status == 200
    assert answer.body["all"] == {"total": len(found)}


def test_tickets_are_counted_by_state_procedure_and_channel(
    shared_office: Office, tickets: dict[str, str]
):
    counts = shared_office.person(LI_NA).get("/v1/tickets/counts").body

    assert counts == {
        "all": {"total": 12},
        "state": {"registered": 10, "answered": 1, "closed": 1},
        "procedure": {"consultation": 12},
        "channel": {"phone": 1, "walk_in": 11},
        "closed": {"false": 11, "true": 1},
    }


@pytest.mark.parametrize("limit", [1, 5, 12, 200])
def test_pages_hold_every_row_once_newest_first(
    shared_office: Office, tickets: dict[str, str], limit: int
):
    pages = shared_office.person(LI_NA).pages(f"/v1/tickets?limit={limit}")

    assert names(tickets, [row for page in pages for row in page]) == ALL[::-1]
    assert {len(page) for page in pages[:-1]} <= {limit}
    assert len(pages) == -(-len(ALL) // limit)


def test_a_page_further_on_asks_the_same_question(shared_office: Office, tickets: dict[str, str]):
    question = f"/v1/tickets?limit=1&{between('2026-11-22T00:00:00+08:00', '2026-11-24T00:00:00Z')}"

    pages = shared_office.person(LI_NA).pages(f"{question}&owner_id={WANG_FANG}")

    assert [names(tickets, page) for page in pages] == [["handed over"], ["of Wang Fang"]]


def test_a_page_holds_fifty_rows_unless_asked_otherwise(li_na: Person):
    for _ in range(51):
        opened(li_na)

    pages = li_na.pages("/v1/tickets")

    assert [len(page) for page in pages] == [50, 1]


def test_what_is_opened_while_one_reads_moves_no_page(li_na: Person):
    old, older = opened(li_na), opened(li_na)
    first = li_na.get("/v1/tickets?limit=1").body

    opened(li_na)
    second = li_na.get(f"/v1/tickets?limit=1&cursor={first['next']}").body

    assert [row["ticket_id"] for row in first["items"] + second["items"]] == [
        str(id_in(older)),
        str(id_in(old)),
    ]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        (f"limit={'9' * 400}", "limit"),
        ("cursor=", "cursor"),
        ("cursor=42", "cursor"),
        ("cursor=no-cursor", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=%E9%A1%B5", "cursor"),
        (f"cursor={'A' * 4_000}", "cursor"),
        ("state=", "state"),
        ("state=%00", "state"),
        (f"state={'s' * 65}", "state"),
        (f"channel={'s' * 41}", "channel"),
        ("is_closed=perhaps", "is_closed"),
        ("owner_id=li-na", "owner_id"),
        ("client_id=1", "client_id"),
        ("opened_from=2026-11-23T00:00:00", "opened_from"),
        ("opened_from=2026-11-23T00:00:00+08:00", "opened_from"),  # a plus must be written %2B
        ("opened_to=0001-01-01T00:00:00%2B14:00", "opened_to"),
        ("opened_to=yesterday", "opened_to"),
        ("min_position=-1", "min_position"),
        ("min_position=now", "min_position"),
        (f"min_position={'9' * 5_000}", "min_position"),
        ("sort=owner", "sort"),
        ("by=staff", "by"),
    ],
)
def test_a_question_that_makes_no_sense(shared_office: Office, question: str, field: str):
    answer = shared_office.person(LI_NA).get(f"/v1/tickets?{question}")

    assert answer.refusal == (422, "invalid", field)


@pytest.mark.parametrize("question", ["limit=1", "cursor=NDI", "sort=owner"])
def test_what_is_counted_has_no_pages(shared_office: Office, question: str):
    answer = shared_office.person(LI_NA).get(f"/v1/tickets/counts?{question}")

    assert answer.refusal == (422, "invalid", question.partition("=")[0])


@pytest.fixture
def merged(li_na: Person) -> Iterator[str]:
    """The file of C2, which follows that of C1; each has a ticket."""
    li_na.post("/v1/clients", {"client_id": str(C2), "name": "王先生"})
    opened(li_na), opened(li_na, client_id=str(C2))
    li_na.post(f"/v1/clients/{C2}/merge", {"into_id": str(C1), "reason": "同一人"})
    return f"/v1/clients/{C2}"


def clients_of(rows: list[Any]) -> list[str]:
    return [row["client_id"] for row in rows]


def test_a_client_is_asked_for_together_with_the_files_that_follow_theirs(
    li_na: Person, merged: str
):
    rows = li_na.get(f"/v1/tickets?client_id={C1}").body["items"]
    counts = li_na.get(f"/v1/tickets/counts?client_id={C1}").body

    assert clients_of(rows) == [str(C2), str(C1)]
    assert counts["all"] == {"total": 2}


def test_the_file_that_follows_has_only_its_own_tickets(li_na: Person, merged: str):
    rows = li_na.get(f"/v1/tickets?client_id={C2}").body["items"]

    assert clients_of(rows) == [str(C2)]


def test_a_file_that_follows_no_longer_is_asked_for_alone(li_na: Person, merged: str):
    li_na.post(f"{merged}/unmerge", {"reason": "不是同一人"})

    rows = li_na.get(f"/v1/tickets?client_id={C1}").body["items"]

    assert clients_of(rows) == [str(C1)]


def test_the_ticket_file_shows_where_it_stands_and_what_may_come_next(li_na: Person):
    ticket = opened(li_na)

    answer = li_na.get(ticket)

    assert answer.status == 200
    assert answer.headers["ETag"] == '"1"'
    shown = answer.body
    assert (shown["number"], shown["register"]) == ("2026-0001", "main/consultation/2026")
    assert (shown["matter"], shown["channel"]) == ("有线电视安装", "walk_in")
    assert (shown["owner_id"], shown["first_contact_id"]) == (str(LI_NA), str(LI_NA))
    assert (shown["state"], shown["possible_steps"]) == ("registered", ["clarify", "answer"])
    assert (shown["opened_at"], shown["version"]) == ("2026-11-23T04:00:00Z", 1)


def test_a_step_of_the_ticket_file_says_what_it_asks_for(li_na: Person):
    steps = li_na.get(opened(li_na)).body["steps"]

    assert steps["answer"] == {
        "title": "答复",
        "to": "answered",
        "fact": "answered",
        "by": ["owner"],
        "fields": {},
        "missing": [],
    }


def test_only_the_headers_of_a_ticket_can_be_asked_for(li_na: Person):
    ticket = opened(li_na)
    length = li_na.get(ticket).headers["Content-Length"]

    answer = li_na.ask("HEAD", ticket)

    assert (answer.status, answer.headers["ETag"], answer.body) == (200, '"1"', None)
    assert answer.headers["Content-Length"] == length


def test_the_ticket_file_has_a_folder_for_each_kind_of_thing(li_na: Person, wang_fang: Person):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/notes", {"text": "客户来过"})
    li_na.post(f"{ticket}/suspension", REST)
    li_na.post(f"{ticket}/resumption")
    li_na.post(f"{ticket}/transfer", TO_WANG_FANG)
    wang_fang.post(f"{ticket}/transfer/acceptance")
    wang_fang.post(f"{ticket}/answer", {"text": "周一至周五"})

    file = li_na.get(ticket).body["file"]

    assert {folder: [entry["event"] for entry in entries] for folder, entries in file.items()} == {
        "notes": ["noted"],
        "transfers": ["transfer-offered", "transfer-accepted"],
        "escalations": [],
        "steps": [],
        "answers": ["answered"],
        "suspensions": ["suspended", "resumed"],
        "results": [],
        "reopenings": [],
        "corrections": [],
        "signatures": [],
        "ticks": [],
        "evidence": [],
        "endings": [],
        "supervision": [],
        "reminders": [],
    }
    [note] = file["notes"]
    assert (note["text"], note["by"], note["version"]) == ("客户来过", f"staff:{LI_NA}", 2)


def test_a_correction_in_the_file_says_what_it_corrects(li_na: Person):
    ticket = opened(li_na)
    said = {"corrects_version": 1, "what": "matter", "text": "宽带安装", "reason": "听错了"}
    li_na.post(f"{ticket}/corrections", said)

    [correction] = li_na.get(ticket).body["file"]["corrections"]

    assert (correction["event"], correction["what"]) == ("corrected", "matter")
    assert (correction["corrects_version"], correction["text"]) == (1, "宽带安装")


def test_the_history_tells_every_event_with_its_actor_and_both_clocks(
    office: Office, li_na: Person, wang_fang: Person
):
    ticket = opened(li_na)
    offer = li_na.post(f"{ticket}/transfer", TO_WANG_FANG | {"summary": "只差答复"}, key="offer-1")

    history = li_na.get(f"{ticket}/history").body["items"]

    assert [entry["topic"] for entry in history] == ["ticket.opened", "ticket.transfer-offered"]
    assert history[1] == {
        "position": offer.body["position"],
        "ticket_id": str(id_in(ticket)),
        "version": 2,
        "topic": "ticket.transfer-offered",
        "by": f"staff:{LI_NA}",
        "acting_for": None,
        "role": "cs_officer",
        "command_id": "offer-1",
        "reason": "对口",
        "occurred_at": "2026-11-23T04:00:00Z",
        "recorded_at": offer.body["recorded_at"],
        "number": None,
        "step": None,
        "word": None,
        "done_by_id": None,
        "details": {"from_id": str(LI_NA), "to_id": str(WANG_FANG), "summary": "只差答复"},
    }


def test_a_long_history_is_read_in_pieces(li_na: Person):
    ticket = opened(li_na)
    for number in range(4):
        li_na.post(f"{ticket}/notes", {"text": f"第{number}次"})

    first = li_na.get(f"{ticket}/history?limit=2").body["items"]
    rest = li_na.get(f"{ticket}/history?after=2").body["items"]

    assert [entry["version"] for entry in first] == [1, 2]
    assert [entry["version"] for entry in rest] == [3, 4, 5]


@pytest.mark.parametrize(
    ("question", "field"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("after=-1", "after"), ("cursor=MQ", "cursor")],
)
def test_a_history_that_cannot_be_asked_for(
    shared_office: Office, tickets: dict[str, str], question: str, field: str
):
    answer = shared_office.person(LI_NA).get(f"{tickets['plain']}/history?{question}")

    assert answer.refusal == (422, "invalid", field)


@pytest.mark.parametrize("path", ["", "/history"])
@pytest.mark.parametrize("ticket_id", [T2, C1], ids=["nothing", "a client"])
def test_what_is_no_ticket_has_no_file(shared_office: Office, ticket_id: Any, path: str):
    answer = shared_office.person(LI_NA).get(f"/v1/tickets/{ticket_id}{path}")

    assert answer.refusal == (404, "not_found", "ticket_id")


def test_what_was_said_of_a_client_who_was_erased_is_gone_and_the_rest_is_there(
    office: Office, li_na: Person
):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/notes", {"text": "客户来过"})

    office.parts.keys.destroy(C1)

    shown = li_na.get(ticket).body
    assert (shown["number"], shown["matter"]) == ("2026-0001", "[erased]")
    assert [note["text"] for note in shown["file"]["notes"]] == ["[erased]"]
    answer = li_na.post(f"{ticket}/notes", {"text": "又来过"})
    assert answer.refusal == (409, "person_erased", None)
