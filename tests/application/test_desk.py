"""A command, through the rules and the store, to its receipt."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from application.clients import ChangeClientDetails, RegisterClient
from application.desk import (
    CLOCK_TOLERANCE,
    TRIES,
    TRIES_IF_COMMUTING,
    Actor,
    AlreadyExists,
    Batch,
    Command,
    Desk,
)
from application.handovers import OfferTransfer, WithdrawTransfer
from application.packs import DraftPack, Packs
from application.people import Leave, NameDeputy, TakePost
from application.register import Conflict, Fact, Receipt, Submission
from application.tickets import (
    AnswerTicket,
    CloseTicket,
    IssueSlip,
    NoteTicket,
    OpenTicket,
    ReopenTicket,
    Tickets,
)
from domain.aggregate import Act, staff_ref
from domain.client import Client
from domain.errors import (
    CommandIdReused,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    StaleVersion,
)
from domain.handover import NotOwner, TicketClosed
from domain.pack import Pack
from domain.procedure import StepNotPossible
from domain.sealed import Sealed
from domain.staff import LATE_ENTRY, NotDeputy, Staff, StaffLeft
from domain.ticket import Ticket, Visibility
from infrastructure.wiring import Parts
from tests.support import http
from tests.support.facts import C1, C2, LI_NA, M1, M2, NOON, T1, T2, WANG_FANG, ZHAO_LEI
from tests.support.facts import RECORDED_PACK as LOG_PACK

tokens = http.tokens
office = http.office

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)

_numbers = count(1)


@pytest.fixture
def parts(office: http.Office) -> Parts:
    """The shipped packs in force, the cast at work, C1 on file."""
    return office.parts


@pytest.fixture
def ticket(parts: Parts) -> UUID:
    """Opened by Li Na, who owns it."""
    return parts.tickets.open(opening(ticket_id=T1)).stream_id


def member(staff_id: UUID, *roles: str) -> Actor:
    return Actor(staff_ref(staff_id), frozenset(roles or ("cs_officer",)), staff_id)


def told(who: Actor | UUID = LI_NA, **otherwise: Any) -> dict[str, Any]:
    """What every command says besides its own words."""
    by = who if isinstance(who, Actor) else member(who)
    words = {"by": by, "command_id": f"told-{next(_numbers)}", "received_at": NOON}
    return words | otherwise


def opening(who: Actor | UUID = LI_NA, **otherwise: Any) -> OpenTicket:
    words = told(who) | {
        "client_id": C1,
        "channel": "phone",
        "matter": "有线电视安装",
        "procedure": "consultation",
    }
    return OpenTicket(**words | otherwise)


def note(text: str = "又来电", who: Actor | UUID = LI_NA, **otherwise: Any) -> NoteTicket:
    return NoteTicket(**told(who, ticket_id=T1, text=text) | otherwise)


def slip(**otherwise: Any) -> IssueSlip:
    return IssueSlip(**told(ticket_id=T1) | otherwise)


def offer(**otherwise: Any) -> OfferTransfer:
    return OfferTransfer(**told(ticket_id=T1, to_id=WANG_FANG, reason="对口") | otherwise)


def answer(text: str = "周一至周五", **otherwise: Any) -> AnswerTicket:
    return AnswerTicket(**told(ticket_id=T1, text=text) | otherwise)


def close(**otherwise: Any) -> CloseTicket:
    return CloseTicket(**told(ticket_id=T1) | otherwise)


def stored(parts: Parts, stream_id: UUID) -> list[Fact]:
    """All facts of a stream, sealed texts opened."""
    return parts.register.stream(stream_id, opened=True)


def kinds(parts: Parts, stream_id: UUID) -> list[type]:
    return [type(fact.event) for fact in stored(parts, stream_id)]


def last(parts: Parts, stream_id: UUID) -> Any:
    return stored(parts, stream_id)[-1].event


def nothing_happens(parts: Parts, command: Callable[[], object]) -> DomainError:
    """The refusal; the register holds what it held."""
    before = parts.register.head()
    with pytest.raises(DomainError) as refused:
        command()
    assert parts.register.head() == before
    return refused.value


def first(receipt: Receipt) -> Receipt:
    """The receipt as it was given first."""
    return replace(receipt, replayed=False)


def test_a_command_comes_back_as_a_receipt_of_where_it_stands(parts: Parts) -> None:
    head = parts.register.head()

    receipt = parts.tickets.open(opening(ticket_id=T1))

    [fact] = stored(parts, T1)
    assert (receipt.stream_id, receipt.version, receipt.position) == (T1, 1, head + 1)
    assert (fact.position, fact.recorded_at) == (receipt.position, receipt.recorded_at)
    assert receipt.number == fact.number == "2026-0001"
    assert receipt.replayed is False


def test_a_command_without_a_numbered_event_has_no_number(parts: Parts, ticket: UUID) -> None:
    noted, issued = parts.tickets.note(note()), parts.tickets.issue_slip(slip())

    assert (noted.version, noted.number) == (2, None)
    assert (issued.version, issued.number) == (3, "2026-0001")


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), "2026-0001"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "2027-0001"),
    ],
)
def test_the_year_of_a_register_turns_at_midnight_of_the_desk(
    parts: Parts, at: datetime, number: str
) -> None:
    receipt = parts.tickets.open(opening(received_at=at))

    assert receipt.number == number


def test_an_event_carries_the_envelope_of_its_command(parts: Parts, ticket: UUID) -> None:
    command = note(
        who=member(M1, "cs_supervisor"),
        command_id="c-7",
        received_at=NOON + 2 * HOUR,
        occurred_at=NOON + HOUR / 2,
        reason="补记",
    )

    receipt = parts.tickets.note(command)

    event = last(parts, T1)
    assert (event.by, event.role, event.command_id) == (staff_ref(M1), "cs_supervisor", "c-7")
    assert (event.acting_for, event.reason.text) == (None, "补记")
    assert event.timestamp == NOON + HOUR / 2
    assert stored(parts, T1)[-1].recorded_at == receipt.recorded_at != NOON + HOUR / 2


@pytest.mark.parametrize(
    ("by", "role"),
    [
        (member(LI_NA, "supervisor", "staff", "compliance_reviewer"), "staff"),
        (member(LI_NA, "staff", "director", "cs_officer"), "cs_officer"),
        (Actor.system("import"), "system"),
    ],
)
def test_an_event_says_in_which_role_it_was_allowed(
    parts: Parts, ticket: UUID, by: Actor, role: str
) -> None:
    parts.tickets.note(note(who=by))

    assert last(parts, T1).role == role


@pytest.mark.parametrize("roles", [(), ("supervisor",), ("compliance_reviewer", "policy_drafter")])
def test_without_a_role_that_allows_it_nothing_is_done(
    parts: Parts, ticket: UUID, roles: tuple[str, ...]
) -> None:
    who = Actor(staff_ref(ZHAO_LEI), frozenset(roles), ZHAO_LEI)

    refusal = nothing_happens(parts, lambda: parts.tickets.note(note(who=who)))

    assert isinstance(refusal, Forbidden)
    assert refusal.facts["permission"] == "ticket.handle"


def test_what_is_refused_may_be_said_again_under_the_same_id_once_it_is_possible(
    parts: Parts, ticket: UUID
) -> None:
    nothing_happens(parts, lambda: parts.tickets.close(close(command_id="close-1")))
    parts.tickets.answer(answer())

    receipt = parts.tickets.close(close(command_id="close-1"))

    assert (receipt.version, receipt.replayed) == (3, False)


class TestDeputies:
    """M2 stands in for Li Na for an hour from noon on."""

    @pytest.fixture(autouse=True)
    def _named(self, parts: Parts, ticket: UUID) -> None:
        named = NameDeputy(
            **told(Actor.system("setup")),
            staff_id=LI_NA,
            deputy_id=M2,
            start=NOON,
            end=NOON + HOUR,
        )
        parts.people.name_deputy(named)

    def test_a_deputy_acts_for_the_one_who_is_away_and_it_is_said(self, parts: Parts) -> None:
        parts.tickets.offer_transfer(offer(**told(M2, acting_for=LI_NA)))

        event = last(parts, T1)
        assert (event.by, event.acting_for) == (staff_ref(M2), staff_ref(LI_NA))

    @pytest.mark.parametrize("at", [NOON - INSTANT, NOON + HOUR])
    def test_outside_of_the_period_a_deputy_is_none(self, parts: Parts, at: datetime) -> None:
        command = offer(**told(M2, acting_for=LI_NA, received_at=at))

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(command))

        assert isinstance(refusal, NotDeputy)

    def test_what_a_deputy_did_in_the_period_may_be_entered_after_it(self, parts: Parts) -> None:
        late = told(M2, acting_for=LI_NA, received_at=NOON + 3 * HOUR, occurred_at=NOON)

        receipt = parts.tickets.offer_transfer(offer(**late))

        assert receipt.version == 2

    @pytest.mark.parametrize("later", [HOUR, HOUR + LATE_ENTRY])
    def test_a_former_deputy_enters_late_for_a_day(self, parts: Parts, later: timedelta) -> None:
        late = told(M2, acting_for=LI_NA, received_at=NOON + later, occurred_at=NOON)

        parts.tickets.offer_transfer(offer(**late))

        assert (last(parts, T1).acting_for, last(parts, T1).timestamp) == (staff_ref(LI_NA), NOON)

    def test_a_former_deputy_does_not_stay_one_by_backdating(self, parts: Parts) -> None:
        too_late = NOON + HOUR + LATE_ENTRY + INSTANT
        command = offer(**told(M2, acting_for=LI_NA, received_at=too_late, occurred_at=NOON))

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(command))

        assert isinstance(refusal, NotDeputy)

    @pytest.mark.parametrize("at", [NOON - INSTANT, NOON + HOUR])
    def test_a_deputy_enters_late_what_was_done_in_the_period_only(
        self, parts: Parts, at: datetime
    ) -> None:
        late = told(M2, acting_for=LI_NA, received_at=NOON + 2 * HOUR, occurred_at=at)

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(offer(**late)))

        assert isinstance(refusal, NotDeputy)

    def test_a_clock_that_is_ahead_makes_nobody_deputy_too_early(self, parts: Parts) -> None:
        early = told(M2, acting_for=LI_NA, received_at=NOON - INSTANT, occurred_at=NOON)

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(offer(**early)))

        assert isinstance(refusal, NotDeputy)

    def test_nobody_acts_for_who_has_left(self, parts: Parts) -> None:
        parts.people.leave(Leave(**told(Actor.system("setup")), staff_id=LI_NA))
        command = offer(**told(M2, acting_for=LI_NA))

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(command))

        assert isinstance(refusal, StaffLeft)

    def test_a_colleague_who_is_not_named_is_no_deputy(self, parts: Parts) -> None:
        command = offer(**told(ZHAO_LEI, acting_for=LI_NA))

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(command))

        assert isinstance(refusal, NotDeputy)

    def test_a_deputy_who_does_not_say_so_acts_for_nobody(self, parts: Parts) -> None:
        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(offer(**told(M2))))

        assert isinstance(refusal, NotOwner)

    def test_only_staff_act_for_staff(self, parts: Parts) -> None:
        command = offer(**told(Actor.system("import"), acting_for=LI_NA))

        refusal = nothing_happens(parts, lambda: parts.tickets.offer_transfer(command))

        assert isinstance(refusal, Invalid)
        assert refusal.field == "acting_for"

    def test_nobody_acts_for_somebody_unknown(self, parts: Parts) -> None:
        command = offer(**told(M2, acting_for=T2))

        assert isinstance(
            nothing_happens(parts, lambda: parts.tickets.offer_transfer(command)), NotFound
        )


def test_what_is_still_to_come_did_not_happen(parts: Parts, ticket: UUID) -> None:
    ahead = note(occurred_at=NOON + CLOCK_TOLERANCE + INSTANT)

    refusal = nothing_happens(parts, lambda: parts.tickets.note(ahead))

    assert isinstance(refusal, Invalid)
    assert refusal.field == "occurred_at"


def test_a_clock_may_be_a_little_ahead_of_ours(parts: Parts, ticket: UUID) -> None:
    parts.tickets.note(note(occurred_at=NOON + CLOCK_TOLERANCE))

    assert last(parts, T1).timestamp == NOON + CLOCK_TOLERANCE


def interrupted(parts: Parts, times: int) -> tuple[Callable[[Ticket, Act], None], list[int]]:
    """A decision that so many times takes until a colleague was faster; the versions it saw."""
    saw: list[int] = []

    def decide(ticket: Ticket, act: Act) -> None:
        saw.append(ticket.version)
        if len(saw) <= times:
            parts.tickets.note(note(f"抢先 {len(saw)}", WANG_FANG))
        ticket.note("之后", Visibility.INTERNAL, act=act)

    return decide, saw


def test_after_a_lost_race_a_command_is_decided_anew(parts: Parts, ticket: UUID) -> None:
    decide, saw = interrupted(parts, TRIES - 1)

    receipt = parts.desk.change(Ticket, T1, slip(), decide)

    assert saw == [1, 2, 3]
    assert receipt.version == 4
    assert [fact.event.by for fact in stored(parts, T1)[1:]] == [
        staff_ref(WANG_FANG),
        staff_ref(WANG_FANG),
        staff_ref(LI_NA),
    ]


def test_after_three_lost_races_the_caller_is_told(parts: Parts, ticket: UUID) -> None:
    decide, saw = interrupted(parts, TRIES)

    with pytest.raises(StaleVersion, match="too many others were faster"):
        parts.desk.change(Ticket, T1, slip(), decide)

    assert len(saw) == TRIES == 3
    assert {fact.event.by for fact in stored(parts, T1)[1:]} == {staff_ref(WANG_FANG)}


def test_a_command_that_commutes_goes_on_trying(parts: Parts, ticket: UUID) -> None:
    decide, saw = interrupted(parts, TRIES_IF_COMMUTING - 1)

    receipt = parts.desk.change(Ticket, T1, note(), decide)

    assert receipt.version == len(saw) + 1 == TRIES_IF_COMMUTING + 1


def test_a_lost_race_is_the_callers_to_solve_if_they_said_what_they_had_seen(
    parts: Parts, ticket: UUID
) -> None:
    tries: list[int] = []

    def decide(ticket: Ticket, act: Act) -> None:
        tries.append(ticket.version)
        parts.tickets.offer_transfer(offer())
        ticket.issue_slip(year=2026, act=act)

    with pytest.raises(StaleVersion) as stale:
        parts.desk.change(Ticket, T1, slip(expected_version=1), decide)

    assert tries == [1]
    assert [type(f.event) for f in stale.value.facts["intervening"]] == [Ticket.TransferOffered]
    assert kinds(parts, T1) == [Ticket.Opened, Ticket.TransferOffered]


def test_a_stale_version_is_answered_with_all_that_happened_since(
    parts: Parts, ticket: UUID
) -> None:
    parts.tickets.note(note())
    parts.tickets.offer_transfer(offer())
    parts.tickets.note(note())

    refusal = nothing_happens(parts, lambda: parts.tickets.issue_slip(slip(expected_version=2)))

    assert isinstance(refusal, StaleVersion)
    assert refusal.field == "If-Match"
    assert [f.event.originator_version for f in refusal.facts["intervening"]] == [3, 4]
    assert [type(f.event) for f in refusal.facts["intervening"]] == [
        Ticket.TransferOffered,
        Ticket.Noted,
    ]


def test_a_version_that_was_never_reached_is_not_what_anybody_saw(
    parts: Parts, ticket: UUID
) -> None:
    refusal = nothing_happens(parts, lambda: parts.tickets.issue_slip(slip(expected_version=2)))

    assert isinstance(refusal, StaleVersion)
    assert refusal.facts["intervening"] == []


def test_a_note_in_between_makes_nothing_stale(parts: Parts, ticket: UUID) -> None:
    parts.tickets.note(note())

    receipt = parts.tickets.issue_slip(slip(expected_version=1))

    assert receipt.version == 3


def test_a_note_is_never_stale(parts: Parts, ticket: UUID) -> None:
    parts.tickets.offer_transfer(offer())

    receipt = parts.tickets.note(note(expected_version=1))

    assert receipt.version == 3


def test_the_newest_version_is_not_stale(parts: Parts, ticket: UUID) -> None:
    parts.tickets.offer_transfer(offer())

    assert parts.tickets.issue_slip(slip(expected_version=2)).version == 3


def test_a_command_said_again_is_answered_as_the_first_time(parts: Parts, ticket: UUID) -> None:
    receipt = parts.tickets.note(note(command_id="n-1"))
    parts.tickets.note(note("别的"))

    again = parts.tickets.note(note(command_id="n-1", received_at=NOON + HOUR))

    assert again.replayed is True
    assert first(again) == receipt
    assert kinds(parts, T1) == [Ticket.Opened, Ticket.Noted, Ticket.Noted]


def test_a_command_said_again_is_answered_though_it_would_be_refused_by_now(
    parts: Parts, ticket: UUID
) -> None:
    receipt = parts.tickets.answer(answer(command_id="a-1", expected_version=1))
    parts.tickets.close(close())

    again = parts.tickets.answer(answer(command_id="a-1", expected_version=1))

    assert (first(again), again.replayed) == (receipt, True)


def test_a_command_said_again_is_answered_though_the_role_is_gone(
    parts: Parts, ticket: UUID
) -> None:
    receipt = parts.tickets.note(note(command_id="n-1"))

    again = parts.tickets.note(note(command_id="n-1", who=member(LI_NA, "supervisor")))

    assert first(again) == receipt


def test_a_command_id_is_not_used_for_something_else(parts: Parts, ticket: UUID) -> None:
    parts.tickets.note(note(command_id="n-1"))

    refusal = nothing_happens(parts, lambda: parts.tickets.note(note("别的", command_id="n-1")))

    assert isinstance(refusal, CommandIdReused)
    assert refusal.field == "Idempotency-Key"


@pytest.mark.parametrize(
    "otherwise",
    [{"reason": "因故"}, {"occurred_at": NOON - HOUR}, {"visibility": Visibility.CLIENT}],
    ids=lambda words: next(iter(words)),
)
def test_whatever_else_a_command_says_makes_it_another(
    parts: Parts, ticket: UUID, otherwise: dict[str, Any]
) -> None:
    parts.tickets.note(note(command_id="n-1"))

    again = note(command_id="n-1", **otherwise)

    assert isinstance(nothing_happens(parts, lambda: parts.tickets.note(again)), CommandIdReused)


def test_a_command_id_is_not_used_for_another_command_with_the_same_words(
    parts: Parts, ticket: UUID
) -> None:
    parts.tickets.issue_slip(slip(command_id="c-1"))

    refusal = nothing_happens(parts, lambda: parts.tickets.close(close(command_id="c-1")))

    assert isinstance(refusal, CommandIdReused)


def test_what_would_be_refused_anyway_under_a_used_id_is_told_that_the_id_is_used(
    parts: Parts, ticket: UUID
) -> None:
    parts.tickets.answer(answer(command_id="c-1"))
    parts.tickets.close(close())

    refusal = nothing_happens(parts, lambda: parts.tickets.answer(answer("周末", command_id="c-1")))

    assert isinstance(refusal, CommandIdReused)


def test_everybody_has_command_ids_of_their_own(parts: Parts, ticket: UUID) -> None:
    parts.tickets.note(note(command_id="n-1"))

    receipt = parts.tickets.note(note("别的", WANG_FANG, command_id="n-1"))

    assert (receipt.version, receipt.replayed) == (3, False)


def test_a_command_that_is_said_by_many_threads_at_once_is_done_once(
    parts: Parts, ticket: UUID
) -> None:
    together = Barrier(4)

    def say(_: int) -> Receipt:
        together.wait(10)
        return parts.tickets.note(note(command_id="n-1"))

    with ThreadPoolExecutor(4) as threads:
        receipts = list(threads.map(say, range(4)))

    assert sorted(receipt.replayed for receipt in receipts) == [False, True, True, True]
    assert {first(receipt) for receipt in receipts} == {first(receipts[0])}
    assert kinds(parts, T1) == [Ticket.Opened, Ticket.Noted]


def test_many_who_write_to_one_ticket_at_once_are_all_heard(parts: Parts, ticket: UUID) -> None:
    together = Barrier(4)

    def say(number: int) -> list[Receipt]:
        together.wait(10)
        return [parts.tickets.note(note(f"{number}-{n}")) for n in range(5)]

    with ThreadPoolExecutor(4) as threads:
        receipts = [receipt for said in threads.map(say, range(4)) for receipt in said]

    assert sorted(receipt.version for receipt in receipts) == list(range(2, 22))
    assert len({fact.event.text.text for fact in stored(parts, T1)[1:]}) == 20  # type: ignore[attr-defined]


def other_process(parts: Parts) -> Tickets:
    """Another desk on the same register: what it keeps is its own."""
    desk = Desk(parts.register, parts.keys, parts.desk.zone)
    return Tickets(desk, Packs(desk))


def test_two_processes_that_write_to_one_ticket_in_turn_lose_nothing(
    parts: Parts, ticket: UUID
) -> None:
    here, there = parts.tickets, other_process(parts)

    versions = [who.note(note()).version for who in (here, there, there, here, there, here)]

    assert versions == [2, 3, 4, 5, 6, 7]
    assert parts.desk.look_up(Ticket, T1).counts["noted"] == 6


def test_what_was_read_ahead_and_is_not_true_any_more_is_read_anew_after_a_lost_race(
    parts: Parts, ticket: UUID
) -> None:
    parts.desk.read_ahead([T1])
    other_process(parts).issue_slip(slip())

    receipt = parts.tickets.issue_slip(slip())

    assert receipt.version == 2
    assert [type(fact.event) for fact in facts_of(parts)] == [Ticket.Opened, Ticket.CaseSlipIssued]


def test_what_was_read_ahead_is_good_until_it_is_forgotten(parts: Parts, ticket: UUID) -> None:
    parts.desk.read_ahead([LI_NA])
    parts.register.append([left(LI_NA, parts)])

    before = parts.desk.look_up(Staff, LI_NA).has_left
    parts.desk.forget_ahead()

    assert (before, parts.desk.look_up(Staff, LI_NA).has_left) == (False, True)


def test_what_is_read_ahead_is_good_for_this_thread_only(parts: Parts, ticket: UUID) -> None:
    parts.desk.read_ahead([LI_NA])
    parts.register.append([left(LI_NA, parts)])

    with ThreadPoolExecutor(1) as another:
        found = another.submit(parts.desk.look_up, Staff, LI_NA).result()

    assert found.has_left


def test_a_refused_command_changes_nothing_of_what_is_kept(parts: Parts, ticket: UUID) -> None:
    kept = parts.desk.look_up(Ticket, T1)

    def decide(ticket: Ticket, act: Act) -> None:
        ticket.note("又来电", Visibility.INTERNAL, act=act)
        raise Forbidden("not today")

    with pytest.raises(Forbidden):
        parts.desk.change(Ticket, T1, note(), decide)

    assert (kept.version, parts.desk.look_up(Ticket, T1).counts) == (1, {"opened": 1})


def left(staff_id: UUID, parts: Parts) -> Submission:
    """As stored by another process."""
    staff = parts.desk.load(Staff, staff_id)
    staff.leave(act=Act(by="system:test", at=NOON, command_id=f"left-{next(_numbers)}"))
    [event] = staff.collect_events()
    return Submission(
        by=event.by,
        command_id=event.command_id,
        fingerprint=b"left",
        stream_id=staff_id,
        version=staff.version,
        events=[event],
    )


def facts_of(parts: Parts) -> list[Fact]:
    return parts.register.stream(T1)


def test_what_is_so_already_is_answered_and_adds_nothing(parts: Parts, ticket: UUID) -> None:
    parts.tickets.offer_transfer(offer())
    head = parts.register.head()

    receipt = parts.tickets.offer_transfer(offer())

    assert (receipt.version, receipt.position, receipt.number) == (2, head, None)
    assert receipt.replayed is False
    assert parts.register.head() == head


def test_what_changed_nothing_is_remembered_as_well(parts: Parts, ticket: UUID) -> None:
    receipt = parts.tickets.withdraw_transfer(
        WithdrawTransfer(**told(ticket_id=T1, command_id="w-1"))
    )
    parts.tickets.offer_transfer(offer())

    again = parts.tickets.withdraw_transfer(
        WithdrawTransfer(**told(ticket_id=T1, command_id="w-1"))
    )

    assert (first(again), again.replayed) == (receipt, True)
    assert kinds(parts, T1) == [Ticket.Opened, Ticket.TransferOffered]


def test_a_ticket_opened_again_by_the_same_command_is_the_same_ticket(parts: Parts) -> None:
    receipt = parts.tickets.open(opening(command_id="o-1"))

    again = parts.tickets.open(opening(command_id="o-1"))

    assert (first(again), again.replayed) == (receipt, True)


def test_an_id_is_registered_once(parts: Parts, ticket: UUID) -> None:
    refusal = nothing_happens(parts, lambda: parts.tickets.open(opening(ticket_id=T1)))

    assert isinstance(refusal, AlreadyExists)


@pytest.mark.parametrize("nobody", [T2, C1, LI_NA])
def test_what_is_not_a_ticket_takes_no_commands_on_tickets(parts: Parts, nobody: UUID) -> None:
    refusal = nothing_happens(parts, lambda: parts.tickets.note(note(ticket_id=nobody)))

    assert isinstance(refusal, NotFound)
    assert refusal.field == "ticket_id"


def test_a_refused_command_is_refused_for_the_rule_and_stores_nothing(
    parts: Parts, ticket: UUID
) -> None:
    reopening = ReopenTicket(**told(ticket_id=T1, reason="客户再来电"))

    refusal = nothing_happens(parts, lambda: parts.tickets.reopen(reopening))

    assert isinstance(refusal, StepNotPossible)
    assert parts.register.receipt(staff_ref(LI_NA), reopening.command_id) is None


def test_a_client_is_told_apart_by_what_the_sealed_texts_say(parts: Parts) -> None:
    def name(text: str) -> Receipt:
        return parts.clients.change_details(
            ChangeClientDetails(**told(client_id=C1, details={"name": text}))
        )

    known, new = name("王某"), name("王某某")

    assert (known.version, new.version) == (1, 2)
    assert kinds(parts, C1) == [Client.Registered, Client.DetailsChanged]


def test_a_first_draft_makes_the_pack_and_its_repeat_makes_nothing(parts: Parts) -> None:
    drafter = member(ZHAO_LEI, "policy_drafter")

    def draft(command_id: str) -> Receipt:
        return parts.packs.draft(
            DraftPack(**told(drafter, command_id=command_id), name="old-log", content=LOG_PACK)
        )

    receipt, said_again, again = draft("d-1"), draft("d-2"), draft("d-1")

    assert receipt.version == said_again.version == 2
    assert first(again) == receipt
    assert kinds(parts, Pack.id_of("old-log")) == [Pack.Named, Pack.Drafted]


class TestLookingUp:
    """What is only asked is kept, and brought up to date each time."""

    def test_it_is_as_new_as_the_register(self, parts: Parts, ticket: UUID) -> None:
        before = parts.desk.look_up(Ticket, T1)

        parts.tickets.offer_transfer(offer())

        assert parts.desk.look_up(Ticket, T1).offered_to_id == WANG_FANG
        assert (before.version, before.offered_to_id) == (1, None)

    def test_what_others_wrote_is_seen(self, parts: Parts, ticket: UUID) -> None:
        parts.desk.look_up(Staff, ZHAO_LEI)
        other = Desk(parts.register, parts.keys, parts.desk.zone)
        post = TakePost(
            **told(Actor.system("setup")), staff_id=ZHAO_LEI, post="主管", roles=("director",)
        )

        other.change(Staff, ZHAO_LEI, post, lambda s, act: s.take_post("主管", post.roles, act=act))

        assert parts.desk.look_up(Staff, ZHAO_LEI).post == "主管"

    def test_it_is_what_loading_gives(self, parts: Parts, ticket: UUID) -> None:
        parts.desk.look_up(Ticket, T1)
        parts.tickets.answer(answer())

        assert parts.desk.look_up(Ticket, T1) == parts.desk.load(Ticket, T1)

    def test_it_is_of_the_kind_that_was_asked_for(self, parts: Parts, ticket: UUID) -> None:
        parts.desk.look_up(Ticket, T1)

        with pytest.raises(NotFound):
            parts.desk.look_up(Staff, T1)


class TestBatch:
    """Many commands, stored whole or not at all."""

    @pytest.fixture
    def batch(self, parts: Parts) -> Batch:
        return Batch(parts.desk)

    @pytest.fixture
    def tickets(self, parts: Parts, batch: Batch) -> Tickets:
        return Tickets(batch, parts.packs)

    def test_nothing_is_stored_before_it_is_committed(
        self, parts: Parts, batch: Batch, tickets: Tickets
    ) -> None:
        head = parts.register.head()
        tickets.open(opening(ticket_id=T1))
        tickets.note(note())

        before = parts.register.head()
        receipts = batch.commit()

        assert before == head
        assert [receipt.position for receipt in receipts] == [head + 1, head + 2]
        assert [receipt.version for receipt in receipts] == [1, 2]

    def test_a_command_sees_what_those_before_it_decided(
        self, parts: Parts, batch: Batch, tickets: Tickets
    ) -> None:
        tickets.open(opening(ticket_id=T1))
        tickets.answer(answer())
        tickets.close(close())

        with pytest.raises(TicketClosed):
            tickets.issue_slip(slip())
        batch.commit()

        assert kinds(parts, T1) == [Ticket.Opened, Ticket.Answered, Ticket.Closed]

    def test_what_was_refused_is_left_out_and_the_rest_is_stored(
        self, parts: Parts, batch: Batch, tickets: Tickets
    ) -> None:
        tickets.open(opening(ticket_id=T1))
        with pytest.raises(StepNotPossible):
            tickets.close(close())
        tickets.note(note())

        receipts = batch.commit()

        assert len(receipts) == 2
        assert kinds(parts, T1) == [Ticket.Opened, Ticket.Noted]

    def test_if_another_was_faster_on_one_stream_nothing_at_all_is_stored(
        self, parts: Parts, ticket: UUID, batch: Batch, tickets: Tickets
    ) -> None:
        tickets.open(opening(ticket_id=T2))
        tickets.note(note())
        parts.tickets.note(note("抢先", WANG_FANG))
        head = parts.register.head()

        with pytest.raises(Conflict):
            batch.commit()

        assert parts.register.head() == head
        assert stored(parts, T2) == []

    def test_of_commands_of_which_some_are_known_nothing_is_stored(
        self, parts: Parts, ticket: UUID, batch: Batch, tickets: Tickets
    ) -> None:
        parts.tickets.note(note(command_id="n-1"))
        tickets.open(opening(ticket_id=T2))
        tickets.note(note(command_id="n-1"))
        head = parts.register.head()

        with pytest.raises(Conflict):
            batch.commit()

        assert parts.register.head() == head

    def test_it_asks_for_roles_as_the_desk_does(self, tickets: Tickets) -> None:
        with pytest.raises(Forbidden):
            tickets.open(opening(member(ZHAO_LEI, "supervisor")))

    def test_an_empty_one_stores_nothing(self, batch: Batch) -> None:
        assert batch.commit() == []

    def test_events_keep_their_order_and_their_numbers(
        self, parts: Parts, batch: Batch, tickets: Tickets
    ) -> None:
        tickets.open(opening(ticket_id=T1))
        tickets.open(opening(ticket_id=T2))
        tickets.note(note(ticket_id=T1))

        receipts = batch.commit()

        assert [receipt.number for receipt in receipts] == ["2026-0001", "2026-0002", None]
        assert [receipt.stream_id for receipt in receipts] == [T1, T2, T1]


def test_a_text_about_a_person_is_stored_sealed_and_read_back(parts: Parts) -> None:
    parts.clients.register(RegisterClient(**told(client_id=C2, name="张某")))

    [closed], [opened] = parts.register.stream(C2), stored(parts, C2)

    assert closed.event.name.text is None  # type: ignore[attr-defined]
    assert opened.event.name == Sealed(C2, "张某")  # type: ignore[attr-defined]


def test_a_reason_is_sealed_under_the_key_of_the_client(parts: Parts, ticket: UUID) -> None:
    parts.tickets.offer_transfer(offer(reason="王先生要装电视"))

    assert last(parts, T1).reason == Sealed(C1, "王先生要装电视")


def test_the_base_of_all_commands_says_when_it_happened() -> None:
    now = Command(**told())
    earlier = Command(**told(occurred_at=NOON - HOUR))

    assert (now.at, earlier.at) == (NOON, NOON - HOUR)
