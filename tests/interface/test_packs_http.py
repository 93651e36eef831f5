from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.pack import Pack
from domain.ticket import Ticket
from tests.interface.given import MATTER, PACK_COMMANDS, in_force
from tests.support.facts import INSTALLATION_PACK, LI_NA, shipped_pack
from tests.support.http import APPROVER, DRAFTER, Answer, Office, Person, opened

INSTALLATION = "/v1/packs/installation"
CONSULTATION = "/v1/packs/consultation"
PROCEDURE: dict[str, Any] = INSTALLATION_PACK["procedure"]
TODAY = "2026-11-23T00:00:00+08:00"
DECEMBER = "2026-12-01T00:00:00+08:00"


@pytest.fixture
def drafter(office: Office) -> Person:
    return office.person(DRAFTER)


@pytest.fixture
def approver(office: Office) -> Person:
    return office.person(APPROVER)


def draft(drafter: Person, content: Any = INSTALLATION_PACK) -> Answer:
    return drafter.post(f"/v1/packs/{content['pack']}/versions", {"content": content})


@pytest.fixture
def installation(office: Office) -> str:
    """A policy in force since this morning."""
    in_force(office, INSTALLATION_PACK)
    return INSTALLATION


def surveyed(person: Person) -> str:
    """A ticket for which a survey may be made."""
    ticket = opened(person, procedure="installation", channel="phone")
    assert person.post(f"{ticket}/slip").status == 200
    return ticket


def test_the_shelf_shows_how_far_each_version_has_come(shared_office: Office):
    answer = shared_office.person(LI_NA).get("/v1/packs")

    [row] = answer.body["items"]
    assert (row["name"], row["abolished_from"]) == ("consultation", None)
    version = row["versions"]["1"]
    assert (version["title"], version["is_approved"]) == ("咨询 Consultation", True)
    assert version["effective_from"] == "2010-01-01T00:00:00+08:00"
    assert len(version["digest"]) == 64


def test_a_version_is_shown_as_it_was_drafted(drafter: Person):
    draft(drafter)

    shipped = drafter.get(f"{CONSULTATION}/1").body
    drafted = drafter.get(f"{INSTALLATION}/1").body

    assert shipped["rules"] == shipped_pack("consultation")["rules"]
    assert shipped["procedure"]["steps"]["clarify"]["needs"] == ["slip"]
    assert drafted["title"] == "安装"
    assert drafted["procedure"]["steps"].keys() == PROCEDURE["steps"].keys()
    assert sorted(drafted["procedure"]["channels"]) == sorted(PROCEDURE["channels"])


def test_a_policy_is_drafted_approved_and_published(drafter: Person, approver: Person):
    drafted = draft(drafter)
    approved = approver.post(f"{INSTALLATION}/approval", {"version": 1})
    published = approver.post(
        f"{INSTALLATION}/publication", {"version": 1, "effective_from": TODAY}
    )

    assert drafted.status == 201
    assert drafted.carried_out == [Pack.Named, Pack.Drafted]
    assert drafted.headers["Location"] == f"{INSTALLATION}/1"
    assert drafted.events[1].content == INSTALLATION_PACK
    assert approved.carried_out == [Pack.Approved]
    assert published.carried_out == [Pack.Published]
    assert published.event.effective_from == datetime.fromisoformat(TODAY)
    rows = {row["name"]: row for row in approver.get("/v1/packs").body["items"]}
    assert list(rows) == ["consultation", "installation"]
    assert rows["installation"]["versions"]["1"]["effective_from"] == TODAY


def test_a_further_version_goes_on_the_same_shelf(drafter: Person, installation: str):
    answer = draft(drafter, INSTALLATION_PACK | {"version": 2})

    assert answer.carried_out == [Pack.Drafted]
    assert answer.headers["Location"] == f"{INSTALLATION}/2"
    rows = {row["name"]: row for row in drafter.get("/v1/packs").body["items"]}
    versions = rows["installation"]["versions"]
    assert [(n, version["is_approved"]) for n, version in versions.items()] == [
        ("1", True),
        ("2", False),
    ]


def test_said_twice_a_policy_changes_once(drafter: Person, approver: Person, installation: str):
    publication = {"version": 1, "effective_from": TODAY}

    answers = [
        draft(drafter),
        approver.post(f"{INSTALLATION}/approval", {"version": 1}),
        approver.post(f"{INSTALLATION}/publication", publication),
    ]

    assert [answer.carried_out for answer in answers] == [[], [], []]


def test_a_ticket_follows_the_version_of_its_day_for_ever(
    office: Office, li_na: Person, installation: str
):
    steps = {**PROCEDURE["steps"], "test": {"title": "试机", "from": ["surveyed"], "to": "tested"}}
    close = {"title": "结案", "from": ["tested", "completed"], "to": "closed", "fact": "closed"}
    newer = PROCEDURE | {"steps": steps | {"close": close}}
    in_force(office, INSTALLATION_PACK | {"version": 2, "procedure": newer}, DECEMBER)

    office.now = datetime.fromisoformat("2026-11-30T23:59:59+08:00")
    before = surveyed(li_na)
    office.now = datetime.fromisoformat(DECEMBER)
    after = surveyed(li_na)

    survey = {"form": {"address": "三号楼"}}
    for ticket in (before, after):
        assert li_na.post(f"{ticket}/steps/survey", survey).stored == [Ticket.StepTaken]
    assert [li_na.get(ticket).body["pack_version"] for ticket in (before, after)] == [1, 2]
    assert li_na.post(f"{before}/steps/test").refusal == (422, "invalid", "step")
    assert li_na.post(f"{after}/steps/test").stored == [Ticket.StepTaken]


def test_nothing_is_opened_under_a_policy_that_is_only_drafted(drafter: Person, li_na: Person):
    draft(drafter)

    answer = li_na.post("/v1/tickets", MATTER | {"procedure": "installation"})

    assert answer.refusal == (409, "no_version_in_force", None)


def test_nothing_is_opened_under_a_policy_before_its_day(office: Office, li_na: Person):
    in_force(office, INSTALLATION_PACK, DECEMBER)

    answer = li_na.post("/v1/tickets", MATTER | {"procedure": "installation"})

    assert answer.refusal == (409, "no_version_in_force", None)
    assert answer.body["rule"] == "GV-06"


def stuck() -> dict[str, Any]:
    """A procedure that leads nowhere."""
    steps = {name: step for name, step in PROCEDURE["steps"].items() if name != "connect"}
    return {**INSTALLATION_PACK, "procedure": {**PROCEDURE, "steps": steps}}


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        ({}, "pack_invalid", "content"),
        ([], "invalid", "content"),
        (INSTALLATION_PACK | {"version": "1"}, "pack_invalid", "content"),
        (INSTALLATION_PACK | {"colour": "red"}, "pack_invalid", "content"),
        (INSTALLATION_PACK | {"title": "安装\0"}, "pack_invalid", "content"),
        (INSTALLATION_PACK | {"title": "长" * 201}, "pack_invalid", "content"),
        (INSTALLATION_PACK | {"procedure": {}}, "pack_invalid", "content"),
        (INSTALLATION_PACK | {"pack": "Installation"}, "pack_invalid", "content"),
        (INSTALLATION_PACK | {"pack": "removal"}, "pack_invalid", "content.pack"),
        (stuck(), "pack_invalid", "content"),
    ],
)
def test_a_draft_that_is_no_policy(shared_office: Office, content: Any, code: str, field: str):
    drafter = shared_office.person(DRAFTER)

    answer = drafter.post(f"{INSTALLATION}/versions", {"content": content})

    assert answer.refusal == (422, code, field)


def test_all_that_is_wrong_with_a_draft_is_said_at_once(shared_office: Office):
    drafter = shared_office.person(DRAFTER)

    answer = drafter.post(f"{INSTALLATION}/versions", {"content": stuck()})

    assert answer.body["facts"]["faults"] == [
        "steps.complete.from: no state connected",
        "states: nothing leads out of surveyed",
    ]


def test_a_version_that_was_drafted_stays_as_it_is(drafter: Person):
    draft(drafter)

    answer = draft(drafter, INSTALLATION_PACK | {"title": "装机"})

    assert answer.refusal == (409, "version_exists", "content.version")


def test_a_version_comes_into_force_on_one_day(approver: Person, installation: str):
    answer = approver.post(
        f"{installation}/publication", {"version": 1, "effective_from": DECEMBER}
    )

    assert answer.refusal == (409, "version_exists", None)


@pytest.mark.parametrize(
    ("what", "body", "refusal"),
    [
        ("approval", {}, (422, "invalid", "version")),
        ("approval", {"version": 0}, (422, "invalid", "version")),
        ("approval", {"version": 2}, (422, "invalid", "version")),
        ("approval", {"version": 10**30}, (422, "invalid", "version")),
        ("approval", {"version": 1.0}, (422, "invalid", "version")),
        ("approval", {"version": "1"}, (422, "invalid", "version")),
        ("publication", {"version": 1}, (422, "invalid", "effective_from")),
        (
            "publication",
            {"version": 2, "effective_from": TODAY},
            (422, "invalid", "version"),
        ),
        (
            "publication",
            {"version": 1, "effective_from": "2026-12-01"},
            (422, "invalid", "effective_from"),
        ),
        (
            "publication",
            {"version": 1, "effective_from": "9999-12-31T23:59:59-14:00"},
            (422, "invalid", "effective_from"),
        ),
        ("abolition", {"reason": "不再办理"}, (422, "invalid", "effective_from")),
        ("abolition", {"effective_from": DECEMBER}, (422, "invalid", "reason")),
    ],
)
def test_what_cannot_be_done_with_a_policy(
    shared_office: Office, what: str, body: Any, refusal: Any
):
    answer = shared_office.person(APPROVER).post(f"{CONSULTATION}/{what}", body)

    assert answer.refusal == refusal


@pytest.mark.parametrize("what", ["approval", "publication", "abolition"])
def test_nothing_is_done_with_a_policy_that_nobody_drafted(shared_office: Office, what: str):
    answer = shared_office.person(APPROVER).post(f"/v1/packs/funeral/{what}", PACK_COMMANDS[what])

    assert answer.refusal == (404, "not_found", "pack_id")


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/v1/packs/funeral/1", (404, "not_found", "procedure")),
        ("/v1/packs/consultation/2", (422, "invalid", "version")),
        ("/v1/packs/consultation/0", (422, "invalid", "version")),
        ("/v1/packs/consultation/one", (404, "no_such_path", None)),
    ],
)
def test_a_version_that_there_is_not(shared_office: Office, path: str, refusal: Any):
    assert shared_office.person(LI_NA).get(path).refusal == refusal
