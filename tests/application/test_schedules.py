"""What the calendar brings is opened once a period, and given to who has the least to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from application.clients import RegisterClient
from application.desk import Actor
from application.people import Leave
from application.schedules import BATCH, CATCH_UP
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.calendars import shipped_calendars
from tests.support.facts import C1, LI_NA, M1, M2, NOON, ZHAO_LEI, promising_pack
from tests.support.http import APPROVER, Office, opened
from tests.support.http import office as office
from tests.support.http import tokens as tokens

SURVEY = {
    "title": "月度回访",
    "every": "month",
    "for": {"clients": "all"},
    "owner_role": "cs_officer",
    "channel": "phone",
    "form": {"kind": "survey"},
}
DAY = timedelta(days=1)
DECEMBER = datetime.fromisoformat("2026-12-01T00:00:00+08:00")


def scheduled(office: Office, schedules: Any = None, **otherwise: Any) -> None:
    """The pack with these schedules, or this one, is in force from 23 November on."""
    schedules = schedules or {"survey": SURVEY | otherwise}
    content = promising_pack() | {"version": 3, "schedules": schedules}
    content["procedure"]["opening"] = {
        "form": {name: {"title": name} for name in ("kind", "period", "client", "staff")}
    }
    in_force(office, content)
    office.catch_up()


def registered(office: Office, name: str) -> UUID:
    registration = RegisterClient(
        by=Actor.system("setup"), command_id=name, received_at=NOON, name=name
    )
    return office.parts.clients.register(registration).stream_id


def tick(office: Office, now: datetime) -> int:
    number = office.parts.schedules.tick(now)
    office.catch_up()
    return number


def openings(office: Office) -> list[Ticket.Opened]:
    return [event for event in office.events_after(0) if isinstance(event, Ticket.Opened)]


def expected(office: Office, now: datetime) -> list[tuple[str, str, UUID | None]]:
    """What is to be opened: the period, for whom, and whose it will be."""
    return [
        (opening.period.key, opening.for_whom, opening.owner and opening.owner.staff_id)
        for opening in office.parts.schedules.openings(now)
    ]


def test_a_ticket_is_opened_at_the_first_instant_of_the_period(office: Office):
    scheduled(office)

    early, on_time = tick(office, DECEMBER - timedelta(seconds=1)), tick(office, DECEMBER)

    assert (early, on_time) == (0, 1)
    [ticket] = openings(office)
    assert (ticket.by, ticket.timestamp) == ("system:clock", DECEMBER)
    assert (ticket.client_id, ticket.channel, ticket.unit) == (C1, "phone", "main")
    assert (ticket.procedure, ticket.pack_version) == ("consultation", 3)
    assert ticket.matter.text == "月度回访 2026-12"


@pytest.mark.parametrize("is_read", [True, False], ids=["views caught up", "views behind"])
def test_a_second_round_opens_nothing(office: Office, is_read: bool):
    scheduled(office)
    office.parts.schedules.tick(DECEMBER)
    if is_read:
        office.catch_up()

    assert office.parts.schedules.tick(DECEMBER + timedelta(minutes=1)) == 0
    assert len(openings(office)) == 1


def test_two_workers_at_once_open_it_once(office: Office):
    scheduled(office)
    together, opened_by = Barrier(2), list[int]()

    def at_once() -> None:
        together.wait()
        opened_by.append(office.parts.schedules.tick(DECEMBER))

    threads = [Thread(target=at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(opened_by) == [0, 1]
    assert len(openings(office)) == 1


def test_after_a_long_stop_the_last_periods_are_opened_the_oldest_first(office: Office):
    scheduled(office, every="week")

    number = tick(office, NOON + timedelta(weeks=9))

    assert number == CATCH_UP <= BATCH
    matters = [ticket.matter.text for ticket in openings(office)]
    assert matters == [
        f"月度回访 {week}" for week in ("2027-W01", "2027-W02", "2027-W03", "2027-W04")
    ]


def test_nothing_is_opened_for_a_period_that_began_before_the_pack_was_in_force(office: Office):
    scheduled(office, every="year")

    assert tick(office, DECEMBER) == 0


def test_an_abolished_pack_brings_nothing(office: Office):
    scheduled(office)
    abolition = {"effective_from": "2026-11-30T00:00:00+08:00", "reason": "不再办理"}
    answer = office.person(APPROVER).post("/v1/packs/consultation/abolition", abolition)
    assert answer.status == 200
    office.catch_up()

    assert tick(office, DECEMBER) == 0


def test_each_client_on_file_by_then_has_one_and_whoever_has_the_least_to_do_gets_it(
    office: Office,
):
    scheduled(office)
    c2 = registered(office, "赵某")
    late = RegisterClient(
        by=Actor.system("setup"), command_id="client-3", received_at=DECEMBER + DAY, name="钱某"
    )
    office.parts.clients.register(late)
    opened(office.person(LI_NA))
    office.catch_up()

    assert expected(office, DECEMBER + DAY) == [
        ("2026-12", str(C1), ZHAO_LEI),
        ("2026-12", str(c2), M2),
    ]


def test_for_a_client_who_was_erased_nothing_is_opened_and_all_others_have_theirs(office: Office):
    scheduled(office)
    c2 = registered(office, "赵某")
    office.catch_up()
    office.parts.keys.destroy(C1)

    assert tick(office, DECEMBER) == 1
    assert [ticket.client_id for ticket in openings(office)] == [c2]
    assert expected(office, DECEMBER) == []


def test_the_pack_is_read_as_often_for_many_clients_as_for_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    scheduled(office)
    read, stream = list[UUID](), office.parts.register.stream

    def counted(stream_id: UUID, **how: Any) -> Any:
        read.append(stream_id)
        return stream(stream_id, **how)

    monkeypatch.setattr(office.parts.register, "stream", counted)
    assert len(expected(office, DECEMBER)) == 1
    for_one = len(read)
    for name in ("赵某", "钱某", "孙某"):
        registered(office, name)
    office.catch_up()
    read.clear()

    assert len(expected(office, DECEMBER)) == 4
    assert len(read) == for_one


def test_for_a_unit_it_goes_to_somebody_of_that_unit(office: Office):
    scheduled(office, **{"for": {"unit": "main"}, "owner_role": "cs_supervisor"})

    assert expected(office, DECEMBER) == [("2026-12", "main", M1)]


def test_for_a_role_each_who_has_it_gets_their_own(office: Office):
    scheduled(office, **{"for": {"role": "cs_officer"}, "owner_role": None})
    office.parts.people.leave(
        Leave(by=Actor.system("setup"), command_id="leave", received_at=NOON, staff_id=M2)
    )
    office.catch_up()

    assert expected(office, DECEMBER) == [
        ("2026-12", str(LI_NA), LI_NA),
        ("2026-12", str(ZHAO_LEI), ZHAO_LEI),
    ]


@pytest.mark.parametrize(
    ("otherwise", "form"),
    [
        ({}, {"client": str(C1)}),
        ({"for": {"unit": "main"}}, {}),
        ({"for": {"role": "cs_supervisor"}}, {"staff": str(M1)}),
    ],
)
def test_the_opening_form_says_for_which_period_and_for_whom(
    office: Office, otherwise: dict[str, Any], form: dict[str, str]
):
    scheduled(office, **otherwise)

    [opening] = office.parts.schedules.openings(DECEMBER)

    assert opening.owner is not None
    command = opening.command(opening.owner, shipped_calendars(), DECEMBER)
    assert command.form == {"kind": "survey", "period": "2026-12"} | form


@pytest.mark.parametrize("unit", ["nowhere", "main"])
def test_a_schedule_that_nobody_is_there_for_is_opened_by_nobody_and_shows_in_the_metrics(
    office: Office, unit: str, caplog: pytest.LogCaptureFixture
):
    role = "director" if unit == "main" else "cs_officer"
    scheduled(office, **{"for": {"unit": unit}, "owner_role": role})

    assert tick(office, DECEMBER) == tick(office, DECEMBER) == 0
    said = f"nobody to give schedule-consultation-survey-2026-12-{unit} to"
    assert caplog.messages.count(said) == 1
    office.now = DECEMBER
    assert "yice_unstaffed_schedules 1.0" in office.person(LI_NA).look("/metrics").body


def test_where_somebody_is_there_the_metrics_are_at_rest(office: Office):
    scheduled(office)
    office.now = DECEMBER

    assert "yice_unstaffed_schedules 0.0" in office.person(LI_NA).look("/metrics").body


def test_what_its_calendar_does_not_know_is_said_and_holds_up_nothing_else(
    office: Office, caplog: pytest.LogCaptureFixture
):
    unknown = SURVEY | {"every": "working_day", "calendar": "utility-cs"}
    scheduled(office, {"daily": unknown, "survey": SURVEY})

    assert tick(office, datetime.fromisoformat("2029-01-01T09:00:00+08:00")) == CATCH_UP
    assert "consultation/daily" in caplog.text
