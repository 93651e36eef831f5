"""The clock puts on record, once, what is due soon and what was missed, and who was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from application import clock
from application.clock import BATCH, Clock
from application.desk import Actor
from application.people import NameSuperior
from domain.ticket import Ticket
from tests.interface.given import clarifying, in_force
from tests.support.facts import (
    LI_NA,
    M1,
    M2,
    NOON,
    WANG_FANG,
    ZHAO_LEI,
    promising_pack,
    supervised_pack,
)
from tests.support.http import Office, id_in, opened
from tests.support.http import office as office
from tests.support.http import tokens as tokens

DUE = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATE = DUE + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def promising(office: Office) -> None:
    in_force(office, promising_pack())


def promised(office: Office, who: UUID = LI_NA) -> UUID:
    """A ticket with a reply that is due at DUE."""
    ticket = clarifying(office.person(who))
    office.catch_up()
    return id_in(ticket)


def breaches(office: Office) -> list[Ticket.TimeBreached]:
    events = office.events_after(0)
    return [event for event in events if isinstance(event, Ticket.TimeBreached)]


def test_what_was_missed_is_put_on_record_and_the_superior_knows(office: Office):
    ticket_id = promised(office)

    recorded = office.parts.clock.tick(LATE)

    [breach] = breaches(office)
    assert recorded == 1
    assert (breach.originator_id, breach.key) == (ticket_id, "reply-1")
    assert (breach.by, breach.timestamp, breach.told_id) == ("system:clock", LATE, M1)
    told = office.person(M1).get(f"/v1/obligations?told_id={M1}").body["items"]
    assert [row["ticket_id"] for row in told] == [str(ticket_id)]


def test_who_has_no_superior_has_their_breach_on_record_too(office: Office):
    promised(office, ZHAO_LEI)

    office.parts.clock.tick(LATE)

    assert [breach.told_id for breach in breaches(office)] == [None]


def test_who_is_not_known_here_has_nobody_above_them_to_be_told(office: Office):
    content = promising_pack() | {"version": 3}
    steps, reply = content["procedure"]["steps"], content["obligations"]["reply"]
    steps["clarify"]["form"] = {"handler": {"title": "经办人", "type": "reference"}}
    reply["responsible"] = "=clarify.handler"
    in_force(office, content)
    li_na = office.person(LI_NA)
    ticket = opened(li_na)
    li_na.post(f"{ticket}/slip")
    answer = li_na.post(f"{ticket}/steps/clarify", {"form": {"handler": str(UUID(int=1))}})
    assert answer.stored == [Ticket.StepTaken, Ticket.TimePromised]
    office.catch_up()

    assert office.parts.clock.tick(LATE) == 1
    assert [breach.told_id for breach in breaches(office)] == [None]


def test_what_cannot_be_put_on_record_hides_nothing_that_comes_behind_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clock, "BATCH", 1)
    bad = [promised(office) for _ in range(2)]
    good = [promised(office) for _ in range(2)]
    for ticket_id in bad:
        office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/answer", {"text": "周一至周五"})

    recorded = office.parts.clock.tick(LATE)

    assert recorded == 1
    assert [breach.originator_id for breach in breaches(office)] == good[:1]


@pytest.mark.parametrize("is_read", [True, False], ids=["view caught up", "view behind"])
def test_a_second_tick_adds_nothing(office: Office, is_read: bool):
    promised(office)
    office.parts.clock.tick(LATE)
    if is_read:
        office.catch_up()

    again = office.parts.clock.tick(LATE + timedelta(seconds=1))

    assert again == 0
    assert len(breaches(office)) == 1


def test_two_clocks_at_once_record_it_once(office: Office):
    promised(office)
    together, recorded = Barrier(2), list[int]()

    def tick(one: Clock) -> None:
        together.wait()
        recorded.append(one.tick(LATE))

    clocks = [Clock(office.parts.tickets, office.parts.obligations) for _ in range(2)]
    threads = [Thread(target=tick, args=(one,)) for one in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(recorded) == [0, 1]
    assert len(breaches(office)) == 1


@pytest.mark.parametrize("now", [NOON, DUE - timedelta(seconds=1), DUE])
def test_nothing_is_a_breach_before_it_is_due_or_on_the_dot(office: Office, now: datetime):
    promised(office)

    assert office.parts.clock.tick(now) == 0
    assert breaches(office) == []


def test_what_stands_still_is_left_alone(office: Office):
    ticket_id = promised(office)
    rest = {"blocked_by": "client", "reason": "等客户资料"}
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/suspension", rest)
    office.catch_up()

    assert office.parts.clock.tick(LATE + timedelta(days=9)) == 0
    assert breaches(office) == []


def test_what_was_missed_before_it_was_paused_is_put_on_record(office: Office):
    ticket_id = promised(office)
    office.now = LATE
    rest = {"blocked_by": "client", "reason": "等客户资料"}
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/suspension", rest)
    office.catch_up()

    assert office.parts.clock.tick(LATE + timedelta(days=9)) == 1


def test_what_was_answered_before_the_view_knew_is_no_breach(office: Office):
    ticket_id = promised(office)
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/answer", {"text": "周一至周五"})

    assert office.parts.clock.tick(LATE) == 0
    assert breaches(office) == []


def test_what_was_granted_more_time_may_be_missed_again(office: Office):
    ticket_id = promised(office)
    extension = f"/v1/tickets/{ticket_id}/obligations/reply-1/extension"
    more_time = {"due_at": "2026-11-25T17:00:00+08:00", "reason": "等供货商答复"}
    office.person(LI_NA).post(extension, more_time)
    office.person(M1).post(f"{extension}/approval")
    office.catch_up()

    assert office.parts.clock.tick(LATE) == 0
    assert office.parts.clock.tick(LATE + timedelta(days=1)) == 1


def test_after_a_long_stop_all_is_put_on_record_the_oldest_first(office: Office):
    late, later, oldest = (NOON + timedelta(days=days) for days in (1, 2, 0))
    tickets = {}
    for office.now in (late, later, oldest):
        tickets[office.now] = promised(office)

    recorded = office.parts.clock.tick(NOON + timedelta(days=30))

    assert recorded == 3 <= BATCH
    assert [breach.originator_id for breach in breaches(office)] == [
        tickets[oldest],
        tickets[late],
        tickets[later],
    ]


def under_supervision(office: Office) -> UUID:
    """A ticket of Li Na with a reply due at DUE; M1 is her superior, and M2 that of M1."""
    in_force(office, supervised_pack() | {"version": 3})
    superior = NameSuperior(
        by=Actor.system("setup"),
        command_id="superior-of-m1",
        received_at=NOON,
        staff_id=M1,
        superior_id=M2,
    )
    office.parts.people.name_superior(superior)
    return promised(office)


def said(office: Office) -> list[tuple[str, int | None, UUID | None]]:
    """What the clock said, in order: the level and who was told, where that belongs to it."""
    kinds = (Ticket.TimeDueSoon, Ticket.TimeBreached, Ticket.SupervisionOpened)
    return [
        (type(event).__name__, getattr(event, "level", None), getattr(event, "told_id", None))
        for event in office.events_after(0)
        if isinstance(event, kinds)
    ]


def tick(office: Office, now: datetime) -> int:
    recorded = office.parts.clock.tick(now)
    office.catch_up()
    return recorded


SOON = ("TimeDueSoon", None, None)
MISSED = ("TimeBreached", None, M1)


def test_four_hours_before_it_is_due_that_is_put_on_record(office: Office):
    under_supervision(office)

    assert tick(office, DUE - timedelta(hours=4, seconds=1)) == 0
    assert tick(office, DUE - timedelta(hours=4)) == 1
    assert tick(office, DUE) == 0
    assert said(office) == [SOON]


def test_whoever_lists_what_is_to_do_sees_what_is_due_soon(office: Office):
    under_supervision(office)
    tick(office, DUE - timedelta(hours=1))

    [row] = office.person(LI_NA).get("/v1/desk/obligations").body["items"]

    assert datetime.fromisoformat(row["warned_at"]) == DUE - timedelta(hours=1)


def test_what_got_more_time_is_due_soon_again(office: Office):
    ticket_id = under_supervision(office)
    tick(office, DUE - timedelta(hours=1))
    extension = f"/v1/tickets/{ticket_id}/obligations/reply-1/extension"
    more_time = {"due_at": "2026-11-25T17:00:00+08:00", "reason": "等供货商答复"}
    office.person(LI_NA).post(extension, more_time)
    office.person(M1).post(f"{extension}/approval")
    office.catch_up()

    assert tick(office, DUE) == 0
    assert tick(office, DUE + timedelta(days=1) - timedelta(hours=4)) == 1
    assert said(office) == [SOON, SOON]


def test_level_by_level_one_superior_higher_up_is_told_until_it_is_done(office: Office):
    ticket_id = under_supervision(office)

    for hours in (0, 0, 23, 24, 47):
        tick(office, LATE + timedelta(hours=hours))
    told = said(office)
    office.now = LATE + timedelta(hours=47)
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/answer", {"text": "周一至周五"})
    office.catch_up()

    assert told == [MISSED, ("SupervisionOpened", 1, M1), ("SupervisionOpened", 2, M2)]
    assert tick(office, LATE + timedelta(hours=48)) == 0


def test_at_the_top_it_stays_with_the_topmost(office: Office):
    under_supervision(office)

    for _ in range(4):
        tick(office, LATE + timedelta(hours=48))

    assert said(office) == [
        MISSED,
        ("SupervisionOpened", 1, M1),
        ("SupervisionOpened", 2, M2),
        ("SupervisionOpened", 3, M2),
    ]
    assert tick(office, LATE + timedelta(days=30)) == 0


def test_after_a_long_stop_what_is_late_is_not_said_to_be_due_soon(office: Office):
    under_supervision(office)

    tick(office, LATE)

    assert said(office) == [MISSED]


@pytest.mark.parametrize(
    "now", [DUE - timedelta(hours=1), LATE + timedelta(hours=1)], ids=["due soon", "level 1"]
)
def test_of_two_clocks_at_once_one_says_it(office: Office, now: datetime):
    under_supervision(office)
    if now > DUE:
        tick(office, LATE)
    before, together = len(said(office)), Barrier(2)
    recorded = list[int]()

    def at_once() -> None:
        together.wait()
        recorded.append(Clock(office.parts.tickets, office.parts.obligations).tick(now))

    threads = [Thread(target=at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(recorded) == [0, 1]
    assert len(said(office)) == before + 1


def test_whoever_was_told_finds_it_on_their_desk_until_it_is_done(office: Office):
    ticket_id = under_supervision(office)
    for _ in range(3):
        tick(office, LATE + timedelta(hours=24))

    for who, found in ((M1, 1), (M2, 1), (WANG_FANG, 0)):
        items = office.person(who).get("/v1/desk/supervision").body["items"]
        assert [row["ticket_id"] for row in items] == [str(ticket_id)] * found
    manager = office.person(M1)
    assert len(manager.get("/v1/desk/supervision?level=2").body["items"]) == 1
    assert manager.get("/v1/desk/supervision?level=1").body["items"] == []
    office.now = LATE + timedelta(hours=25)
    counts = manager.get("/v1/obligations/overdue").body["items"]
    assert counts == [{"unit": "main", "level": 2, "count": 1}]
    office.person(LI_NA).post(f"/v1/tickets/{ticket_id}/answer", {"text": "周一至周五"})
    assert manager.get("/v1/desk/supervision").body["items"] == []
    assert manager.get("/v1/obligations/overdue").body["items"] == []
