"""Times that a ticket promises, under the rules of a pack and the calendar of the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace as replace_rule

from domain.aggregate import Act, Aggregate
from domain.errors import Invalid
from domain.obligation import (
    AskedTooLate,
    NotDueSoon,
    NotOverdue,
    NotYetSupervised,
    ObligationOver,
    OwnExtension,
    Status,
)
from domain.pack_content import PackContent
from domain.pack_rules import ForbiddenPhrase, GuardRefused, GuardRule
from domain.predicate import Predicate
from domain.promised import NoObligation
from domain.promising import NoExtensionAsked, ObligationOpen, OwnWaiver
from domain.rulebook import NO_RULES, Rulebook
from domain.ticket import Blocker, Ticket, Visibility
from tests.support.calendars import moment
from tests.support.facts import (
    LI_NA,
    M1,
    M2,
    NOON,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    facts_of,
    new_facts,
    opened,
    promising_pack,
    replay,
)
from tests.support.promises import PROMISES, PROMISING, SUPERVISED, loaded, promised, rulebook_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
TUESDAY_CLOSE = moment("2026-11-24 17:00")


def issue_slip(ticket: Ticket) -> None:
    ticket.issue_slip(year=2026, act=act(ticket.owner_id))


def clarify(ticket: Ticket, at: datetime = NOON) -> None:
    ticket.take_step("clarify", {}, PROMISING, act=act(ticket.owner_id, at))


def answer(ticket: Ticket) -> None:
    ticket.answer("周一至周五", True, PROMISING, act=act(ticket.owner_id, NOON + HOUR))


def close(ticket: Ticket) -> None:
    ticket.close(PROMISING, act=act(ticket.owner_id, NOON + HOUR))


def offer(ticket: Ticket, at: datetime = NOON) -> None:
    ticket.offer_transfer(WANG_FANG, "有线电视", act=act(at=at, reason="不懂技术"))


def accept(ticket: Ticket) -> None:
    ticket.accept_transfer(act=act(WANG_FANG, NOON + HOUR))


def suspend(ticket: Ticket, at: datetime = NOON + HOUR) -> None:
    ticket.suspend(Blocker.CLIENT, act=act(at=at, reason="等资料"))


def resume(ticket: Ticket, at: datetime) -> None:
    ticket.resume(act=act(at=at))


def ask(ticket: Ticket, due_at: datetime = TUESDAY_CLOSE + DAY) -> None:
    ticket.ask_extension("reply-1", due_at, act=because("等厂家回电"))


def approve(ticket: Ticket) -> None:
    ticket.approve_extension("reply-1", act=act(M1, NOON + HOUR))


def breach(ticket: Ticket) -> None:
    ticket.record_breach("reply-1", M1, act=act("system:clock", TUESDAY_CLOSE + INSTANT))


def waive(ticket: Ticket) -> None:
    ticket.waive("reply-1", "withdrawn_by_client", act=because("客户撤回", by=M1))


def clarified(*commands: Callable[[Ticket], None], at: datetime = NOON) -> Ticket:
    """The client has been promised a reply, from this instant on."""
    return promised(issue_slip, lambda ticket: clarify(ticket, at), *commands)


def of(kind: type[Aggregate.Event], ticket: Ticket) -> Any:
    """The one new fact of this kind."""
    [fact] = [fact for fact in facts_of(ticket) if isinstance(fact, kind)]
    return fact


def rules_with(**obligations: Mapping[str, Any]) -> Rulebook:
    """The rules of the pack with these obligations and no others."""
    return rulebook_of({**promising_pack(), "obligations": obligations})


# What opens it


def test_without_rules_nothing_is_promised() -> None:
    ticket = promised(issue_slip, clarify, offer, accept, rules=NO_RULES)

    assert ticket.obligations == {}


def test_what_happens_is_followed_by_what_it_promises() -> None:
    ticket = promised(issue_slip)

    clarify(ticket)

    assert new_facts(ticket) == [Ticket.StepTaken, Ticket.TimePromised]


def test_a_promise_says_what_by_which_rule_from_whom_until_when_and_why() -> None:
    ticket = promised(issue_slip)

    clarify(ticket)

    fact = of(Ticket.TimePromised, ticket)
    assert (fact.key, fact.name, fact.title) == ("reply-1", "reply", "核实后答复客户")
    assert (fact.rule, fact.blocks) == ("FR-05", ["closed"])
    assert (fact.held_by, fact.responsible_id) == ("owner", LI_NA)
    assert fact.due_at == TUESDAY_CLOSE
    assert fact.obligation == ticket.obligations["reply-1"].to_data()
    assert fact.obligation["basis"]["calendar"] == "utility-cs@1"


@pytest.mark.parametrize(
    ("clarified_at", "due_at"),
    [
        ("2026-11-23 12:00", "2026-11-24 17:00"),  # Mon
        ("2026-11-27 16:59", "2026-11-30 17:00"),  # Fri
        ("2026-11-28 10:00", "2026-11-30 17:00"),  # Sat
        ("2026-09-30 10:00", "2026-10-08 17:00"),  # before the National Day holidays
        ("2026-10-09 10:00", "2026-10-10 17:00"),  # Fri, and the Saturday behind it is worked
    ],
)
def test_the_next_working_day_is_that_of_the_calendar(clarified_at: str, due_at: str) -> None:
    ticket = clarified(at=moment(clarified_at))

    assert ticket.obligations["reply-1"].due == moment(due_at)


@pytest.mark.parametrize(
    ("offered_at", "due_at"),
    [
        ("2026-11-23 12:00", "2026-11-23 14:00"),
        ("2026-11-27 16:00", "2026-11-30 09:30"),
        ("2026-10-10 16:00", "2026-10-12 09:30"),  # a Saturday that is worked
    ],
)
def test_working_hours_run_only_while_the_desk_works(offered_at: str, due_at: str) -> None:
    ticket = promised(lambda t: offer(t, moment(offered_at)))

    assert ticket.obligations["accept_transfer-1"].due == moment(due_at)


def test_a_second_promise_of_the_same_name_is_counted_on() -> None:
    ticket = promised(
        offer, lambda t: t.withdraw_transfer(act=act()), lambda t: offer(t, NOON + HOUR)
    )

    assert list(ticket.obligations) == ["accept_transfer-1", "accept_transfer-2"]
    assert ticket.obligations["accept_transfer-2"].anchor == NOON + HOUR


def test_opening_a_ticket_may_promise_time_at_once() -> None:
    reply = promising_pack()["obligations"]["reply"] | {"opens": ["opened"]}

    ticket = opened(PROMISING, rules=rules_with(reply=reply))

    assert new_facts(ticket) == [Ticket.Opened, Ticket.TimePromised]


@pytest.mark.parametrize(("channel", "keys"), [("phone", ["reply-1"]), ("app", [])])
def test_a_promise_may_depend_on_what_the_ticket_says(channel: str, keys: list[str]) -> None:
    reply = promising_pack()["obligations"]["reply"] | {
        "opens": ["opened"],
        "when": {"value": "opened.channel", "is": "phone"},
    }

    ticket = opened(PROMISING, channel=channel, rules=rules_with(reply=reply))

    assert list(ticket.obligations) == keys


@pytest.mark.parametrize(
    ("when", "slips"),
    [
        ({"value": "count.noted", "at_least": 2}, [False, True]),
        ({"value": "this.state", "is": "registered"}, [True, True]),
        ({"value": "hours_since.opened", "above": 1}, [False, True]),
        ({"value": "hours_since.closed", "above": 0}, [False, False]),
        ({"value": "noted.text", "filled": True}, [False, False]),  # it is sealed
        ({"value": "noted.visibility", "is": "client"}, [False, True]),
    ],
)
def test_rules_ask_how_often_since_when_and_with_which_words(
    when: Mapping[str, Any], slips: list[bool]
) -> None:
    reply = promising_pack()["obligations"]["reply"] | {"opens": ["noted"], "when": when}
    ticket = opened(PROMISING, rules=rules_with(reply=reply))

    made = []
    for hours, visibility in ((1, Visibility.INTERNAL), (2, Visibility.CLIENT)):
        known = len(ticket.obligations)
        ticket.note("又来电", visibility, act=act(at=NOON + hours * HOUR))
        made.append(len(ticket.obligations) > known)

    assert made == slips


@pytest.mark.parametrize(
    ("visit", "due_at"),
    [
        ("2026-11-26T15:00:00+08:00", "2026-11-26 14:00"),
        ("2026-11-26T07:00:00+00:00", "2026-11-26 14:00"),
    ],
)
def test_a_promise_may_be_counted_back_from_an_appointment(visit: str, due_at: str) -> None:
    ticket = with_appointment({"kind": "relative", "hours_before": 1}, visit)

    assert ticket.obligations["call-1"].due == moment(due_at)


def test_an_appointment_may_be_a_day() -> None:
    limit = {"kind": "relative", "working_days_before": 1, "calendar": "utility-cs"}

    ticket = with_appointment(limit | {"until": "close"}, "2026-11-30")

    assert ticket.obligations["call-1"].due == moment("2026-11-27 17:00")


def with_appointment(limit: Mapping[str, Any], visit: str) -> Ticket:
    """Clarified with a form that says when the visit is."""
    pack = promising_pack()
    pack["procedure"]["steps"]["clarify"]["form"] = {"visit": {"title": "上门时间"}}
    pack["obligations"] = {
        "call": {
            "title": "上门前来电",
            "opens": ["clarify"],
            "met_by": {"any": ["noted"]},
            "limit": limit,
            "appointment": "clarify.visit",
        }
    }
    procedure = PackContent.read(pack).procedure
    ticket = opened(procedure, rules=rulebook_of(pack))
    issue_slip(ticket)
    ticket.take_step("clarify", {"visit": visit}, procedure, act=act())
    return ticket


# What meets it, and what it blocks


def test_the_answer_meets_the_promise_of_one() -> None:
    ticket = clarified()

    answer(ticket)

    fact = of(Ticket.TimeKept, ticket)
    assert (fact.key, fact.is_met) == ("reply-1", True)
    assert fact.changes == {"facts": {"answered": (NOON + HOUR).isoformat()}}
    assert ticket.obligations["reply-1"].status_at(NOON + 9 * DAY) == Status.MET


def test_what_is_met_by_two_things_is_kept_twice_and_met_once() -> None:
    reply = promising_pack()["obligations"]["reply"] | {"met_by": {"all": ["noted", "answered"]}}
    ticket = promised(issue_slip, clarify, rules=rules_with(reply=reply))

    ticket.note("已查", Visibility.INTERNAL, act=act())
    answer(ticket)

    kept = [fact for fact in facts_of(ticket) if isinstance(fact, Ticket.TimeKept)]
    assert [fact.is_met for fact in kept] == [False, True]


def closing_anywhere() -> Any:
    """The procedure of the pack, but that a ticket may be closed without an answer."""
    pack = promising_pack()
    pack["procedure"]["steps"]["close"]["from"].append("clarifying")
    return PackContent.read(pack).procedure


def test_what_a_promise_blocks_is_refused_while_it_is_open() -> None:
    ticket = clarified()

    with pytest.raises(ObligationOpen, match="核实后答复客户") as refusal:
        ticket.close(closing_anywhere(), act=act())

    assert refusal.value.rule == "FR-05"
    assert refusal.value.facts == {"obligation": "reply-1"}
    assert new_facts(ticket) == []


@pytest.mark.parametrize("ended", [answer, waive])
def test_what_a_promise_blocked_is_possible_once_it_is_over(
    ended: Callable[[Ticket], None],
) -> None:
    ticket = clarified(ended)

    ticket.close(closing_anywhere(), act=act(at=NOON + HOUR))

    assert ticket.is_closed


def test_a_promise_blocks_nothing_else() -> None:
    ticket = clarified(answer)

    ticket.complete("已告知", PROMISING, act=act(at=NOON + HOUR))

    assert ticket.state == "completed"


# Who keeps it


def test_who_is_offered_a_ticket_has_to_say_whether_they_take_it() -> None:
    ticket = promised()

    offer(ticket)

    fact = of(Ticket.TimePromised, ticket)
    assert (fact.key, fact.rule) == ("accept_transfer-1", "FR-02")
    assert (fact.held_by, fact.responsible_id) == ("offered", WANG_FANG)


@pytest.mark.parametrize(
    "said",
    [
        accept,
        lambda t: t.withdraw_transfer(act=act(at=NOON + HOUR)),
        lambda t: t.decline_transfer(
            "overloaded", PROMISING, act=act(WANG_FANG, NOON + HOUR, reason="忙")
        ),
    ],
)
def test_whatever_is_said_to_an_offer_meets_its_promise(said: Callable[[Ticket], None]) -> None:
    ticket = promised(offer)

    said(ticket)

    known = ticket.obligations["accept_transfer-1"]
    assert known.met_at == NOON + HOUR
    assert known.responsible == str(WANG_FANG)


def test_after_a_transfer_the_first_contact_follows_it_up() -> None:
    ticket = promised(offer)

    accept(ticket)

    fact = of(Ticket.TimePromised, ticket)
    assert (fact.key, fact.rule) == ("follow_up-1", "FR-03")
    assert (fact.held_by, fact.responsible_id) == ("first_contact", LI_NA)
    assert ticket.owner_id == WANG_FANG


def test_the_superior_who_is_asked_has_to_instruct() -> None:
    ticket = promised()

    ticket.escalate(M1, "可以减免吗", act=act())

    assert of(Ticket.TimePromised, ticket).responsible_id == M1


def test_what_the_owner_owes_is_owed_by_the_next_owner() -> None:
    ticket = clarified(offer)

    accept(ticket)

    fact = of(Ticket.ResponsibilityMoved, ticket)
    assert (fact.key, fact.responsible_id) == ("reply-1", WANG_FANG)
    assert ticket.obligations["reply-1"].responsible == str(WANG_FANG)
    assert ticket.obligations["reply-1"].due == TUESDAY_CLOSE


def test_what_is_over_stays_with_who_owed_it() -> None:
    ticket = clarified(answer, offer)

    accept(ticket)

    assert Ticket.ResponsibilityMoved not in new_facts(ticket)
    assert ticket.obligations["reply-1"].responsible == str(LI_NA)


def test_what_the_first_contact_owes_stays_theirs() -> None:
    ticket = promised(offer, accept)

    ticket.offer_transfer(ZHAO_LEI, None, act=because(by=WANG_FANG))
    ticket.accept_transfer(act=act(ZHAO_LEI, NOON + HOUR))

    assert ticket.obligations["follow_up-1"].responsible == str(LI_NA)


# When its clock stands still


def test_while_a_ticket_is_suspended_its_clocks_stand_still() -> None:
    ticket = clarified()

    suspend(ticket)

    assert new_facts(ticket) == [Ticket.Suspended, Ticket.ClockPaused]
    assert ticket.obligations["reply-1"].status_at(NOON + 9 * DAY) == Status.PAUSED


@pytest.mark.parametrize(
    ("resumed_at", "due_at"),
    [
        ("2026-11-23 14:00", "2026-11-25 09:30"),  # an hour of work was waited
        ("2026-11-24 08:00", "2026-11-25 12:30"),  # four of them, and a night
        ("2026-11-28 10:00", "2026-12-01 12:30"),  # until a Saturday
    ],
)
def test_what_was_left_of_its_working_time_is_left_when_it_is_taken_up_again(
    resumed_at: str, due_at: str
) -> None:
    ticket = clarified(suspend)

    resume(ticket, moment(resumed_at))

    fact = of(Ticket.ClockResumed, ticket)
    assert fact.due_at == ticket.obligations["reply-1"].due == moment(due_at)


def test_what_is_over_is_neither_paused_nor_resumed() -> None:
    ticket = clarified(answer)

    suspend(ticket)
    resume(ticket, NOON + DAY)

    assert new_facts(ticket) == [Ticket.Suspended, Ticket.Resumed]


def test_what_was_promised_while_suspended_was_never_paused() -> None:
    ticket = promised(suspend, lambda t: offer(t, NOON + HOUR))

    resume(ticket, NOON + 2 * HOUR)

    assert new_facts(ticket) == [Ticket.Resumed]


def test_when_a_ticket_is_closed_all_its_clocks_stop() -> None:
    ticket = promised(lambda t: t.escalate(M1, "可以吗", act=act()), answer)

    close(ticket)

    assert new_facts(ticket) == [Ticket.Closed, Ticket.ClockStopped]
    assert ticket.obligations["instruct-1"].status_at(NOON + HOUR) == Status.CLOSED


def test_what_is_met_by_closing_is_met_and_not_stopped() -> None:
    ticket = promised(offer, accept, answer)

    close(ticket)

    assert of(Ticket.TimeKept, ticket).key == "follow_up-1"
    assert Ticket.ClockStopped not in new_facts(ticket)


# More time


def test_more_time_is_asked_for_by_one_and_approved_by_another() -> None:
    ticket = clarified()

    ask(ticket)
    approve(ticket)

    assert new_facts(ticket) == [Ticket.ExtensionAsked, Ticket.TimeExtended]
    assert of(Ticket.TimeExtended, ticket).due_at == TUESDAY_CLOSE + DAY
    assert ticket.obligations["reply-1"].due == TUESDAY_CLOSE + DAY
    assert ticket.obligations["reply-1"].due_at(NOON) == TUESDAY_CLOSE


def test_asking_alone_gives_no_time() -> None:
    ticket = clarified(ask)

    assert ticket.obligations["reply-1"].due == TUESDAY_CLOSE


@pytest.mark.parametrize(
    ("by", "acting_for"), [(LI_NA, None), (M2, LI_NA)], ids=["herself", "her deputy"]
)
def test_nobody_approves_what_they_asked_for(by: UUID, acting_for: UUID | None) -> None:
    ticket = clarified(ask)

    with pytest.raises(OwnExtension):
        ticket.approve_extension("reply-1", act=act(by, acting_for=acting_for))

    assert new_facts(ticket) == []


@pytest.mark.parametrize("before", [(), (ask, approve)], ids=["never asked", "approved already"])
def test_what_nobody_asks_for_is_not_approved(before: tuple[Callable[[Ticket], None], ...]) -> None:
    ticket = clarified(*before)

    with pytest.raises(NoExtensionAsked, match="核实后答复客户"):
        approve(ticket)

    assert new_facts(ticket) == []


def test_once_it_is_late_nobody_asks_for_more_time() -> None:
    late = act(at=TUESDAY_CLOSE + INSTANT, reason="忘了")
    ticket = clarified()

    with pytest.raises(AskedTooLate):
        ticket.ask_extension("reply-1", TUESDAY_CLOSE + DAY, act=late)

    assert new_facts(ticket) == []


def test_more_time_ends_later_than_what_there_is() -> None:
    ticket = clarified()

    with pytest.raises(Invalid, match="is due at") as refusal:
        ticket.ask_extension("reply-1", TUESDAY_CLOSE, act=act(reason="忙"))

    assert refusal.value.field == "due_at"
    assert new_facts(ticket) == []


@pytest.mark.parametrize(
    ("asked", "approved"),
    [
        (act(reason="忙"), act()),
        (act(reason="忙"), act(M1, acting_for=LI_NA)),
        (act(M1, reason="忙", acting_for=LI_NA), act(M1)),
        (act(reason="忙"), act(LI_NA, acting_for=M1)),
        (act(M1, reason="忙"), act(LI_NA)),
    ],
    ids=["oneself", "a deputy", "who asked as a deputy", "as a deputy", "who gets it"],
)
def test_nobody_approves_the_time_that_they_asked_for_or_get(asked: Act, approved: Act) -> None:
    ticket = clarified(lambda t: t.ask_extension("reply-1", TUESDAY_CLOSE + DAY, act=asked))

    with pytest.raises(OwnExtension):
        ticket.approve_extension("reply-1", act=approved)

    assert new_facts(ticket) == []


@pytest.mark.parametrize(
    "own",
    [
        because("客户撤回"),
        because("客户撤回", by=M1, acting_for=LI_NA),
        because("客户撤回", acting_for=M1),
    ],
    ids=["oneself", "a deputy", "as a deputy"],
)
def test_nobody_waives_what_they_have_to_keep(own: Act) -> None:
    ticket = clarified()

    with pytest.raises(OwnWaiver) as refusal:
        ticket.waive("reply-1", "withdrawn_by_client", act=own)

    assert refusal.value.field == "key"
    assert new_facts(ticket) == []


def test_a_ground_for_a_waiver_is_a_word() -> None:
    ticket = clarified()

    with pytest.raises(Invalid) as refusal:
        ticket.waive("reply-1", "the client said so", act=act(M1, reason="客户来电"))

    assert refusal.value.field == "ground"


def test_what_is_asked_for_last_is_approved() -> None:
    ticket = clarified(ask, lambda t: ask(t, TUESDAY_CLOSE + 2 * DAY), approve)

    assert ticket.obligations["reply-1"].due == TUESDAY_CLOSE + 2 * DAY


@pytest.mark.parametrize(
    "command",
    [
        lambda t: t.ask_extension("reply-1", TUESDAY_CLOSE + DAY, act=act()),
        lambda t: t.waive("reply-1", "withdrawn_by_client", act=act(M1)),
    ],
)
def test_more_time_and_a_waiver_want_a_reason(command: Callable[[Ticket], None]) -> None:
    ticket = clarified()

    with pytest.raises(Invalid) as refusal:
        command(ticket)

    assert refusal.value.field == "reason"
    assert new_facts(ticket) == []


# Waived, or breached


def test_nobody_has_to_keep_what_is_waived() -> None:
    ticket = clarified()

    waive(ticket)

    fact = of(Ticket.TimeWaived, ticket)
    assert fact.changes["waiver"]["reason"] == "withdrawn_by_client"
    assert str(fact.reason) == "客户撤回"
    assert ticket.obligations["reply-1"].status_at(TUESDAY_CLOSE + DAY) == Status.WAIVED


def test_waived_twice_it_is_waived_once() -> None:
    ticket = clarified(waive)

    waive(ticket)

    assert new_facts(ticket) == []


def test_what_was_kept_is_not_waived() -> None:
    ticket = clarified(answer)

    with pytest.raises(ObligationOver):
        waive(ticket)


def test_what_was_missed_is_put_on_record_with_the_superior_who_was_told() -> None:
    ticket = clarified()

    breach(ticket)

    fact = of(Ticket.TimeBreached, ticket)
    assert (fact.key, fact.told_id) == ("reply-1", M1)
    assert ticket.obligations["reply-1"].breached_at == TUESDAY_CLOSE + INSTANT


def test_what_is_on_record_as_missed_may_still_be_done_late() -> None:
    ticket = clarified(breach)

    ticket.answer("周一至周五", True, PROMISING, act=act(at=TUESDAY_CLOSE + HOUR))

    assert ticket.obligations["reply-1"].status_at(TUESDAY_CLOSE + HOUR) == Status.MET_LATE


def test_what_was_missed_is_put_on_record_once() -> None:
    ticket = clarified(breach)

    ticket.record_breach("reply-1", None, act=act("system:clock", TUESDAY_CLOSE + DAY))

    assert new_facts(ticket) == []


@pytest.mark.parametrize("before", [(), (ask, approve), (suspend,), (answer,), (waive,)])
def test_what_was_not_missed_is_not_put_on_record(
    before: tuple[Callable[[Ticket], None], ...],
) -> None:
    ticket = clarified(*before)
    at = TUESDAY_CLOSE if before == () else TUESDAY_CLOSE + INSTANT

    with pytest.raises(NotOverdue):
        ticket.record_breach("reply-1", M1, act=act("system:clock", at))

    assert new_facts(ticket) == []


@pytest.mark.parametrize(
    "command",
    [
        lambda t: t.ask_extension("reply-2", TUESDAY_CLOSE, act=because()),
        lambda t: t.approve_extension("reply-2", act=act(M1)),
        lambda t: t.waive("reply-2", "withdrawn_by_client", act=because(by=M1)),
        lambda t: t.record_breach("reply-2", M1, act=act("system:clock")),
    ],
)
def test_what_was_never_promised_is_refused_by_its_key(command: Callable[[Ticket], None]) -> None:
    ticket = clarified()

    with pytest.raises(NoObligation, match="reply-2") as refusal:
        command(ticket)

    assert refusal.value.field == "key"


# What no client hears


def test_a_forbidden_phrase_is_refused_by_name_and_rule() -> None:
    ticket = clarified()

    with pytest.raises(ForbiddenPhrase, match="这不是我管的事") as refusal:
        ticket.answer("对不起，这不是我管的事。", True, PROMISING, act=act())

    assert (refusal.value.rule, refusal.value.field) == ("LG-02", "text")
    assert refusal.value.facts == {"phrase": "这不是我管的事"}
    assert new_facts(ticket) == []


def test_a_note_among_colleagues_may_say_what_an_answer_may_not() -> None:
    ticket = clarified()

    ticket.note("客户自称老头", Visibility.INTERNAL, act=act())

    assert new_facts(ticket) == [Ticket.Noted]


def test_without_rules_no_phrase_is_forbidden() -> None:
    ticket = promised(rules=NO_RULES)

    ticket.answer("我不知道", True, PROMISING, act=act())

    assert new_facts(ticket) == [Ticket.Answered]


# What is stored


@pytest.mark.parametrize(
    "commands",
    [
        (offer, accept, answer, close),
        (suspend, lambda t: resume(t, NOON + DAY), answer),
        (ask, approve, answer),
        (ask, waive),
        (breach, answer),
    ],
)
def test_the_facts_replayed_make_the_same_promises(
    commands: tuple[Callable[[Ticket], None], ...],
) -> None:
    live = opened(PROMISING, rules=PROMISES)
    for command in (issue_slip, clarify, *commands):
        command(live)

    again = replay(facts_of(live))

    for name in ("obligations", "held_by", "blocks", "asked", "counts", "since", "forms"):
        assert getattr(again, name) == getattr(live, name)
    assert again.version == live.version


def test_all_that_one_command_makes_is_told_by_who_gave_it() -> None:
    ticket = clarified(offer)

    accept(ticket)

    assert len(facts_of(ticket)) == 4
    assert len({(f.by, f.command_id, f.timestamp, f.originator_id) for f in facts_of(ticket)}) == 1
    assert facts_of(ticket)[0].originator_id == T1


def test_facts_from_before_there_were_rules_are_not_promised_after_the_event() -> None:
    ticket = loaded(opened(PROMISING))

    ticket.note("又来电", Visibility.INTERNAL, act=act())

    assert new_facts(ticket) == [Ticket.Noted]


def test_an_answer_to_a_part_of_the_question_does_not_meet_the_promise_to_reply() -> None:
    ticket = clarified(lambda t: t.answer("先答一半", False, PROMISING, act=act()))

    assert ticket.obligations["reply-1"].met_at is None


def test_a_guard_of_the_pack_refuses_by_its_rule_and_nothing_happens() -> None:
    ticket = clarified()
    ticket.rules = replace(
        ticket.rules,
        guards=(
            GuardRule(
                rule="CH-15",
                upon=frozenset({"answered"}),
                says="not while it is clarified",
                refuse_when=Predicate(value="this.state", is_="clarifying"),
            ),
        ),
    )

    with pytest.raises(GuardRefused) as refusal:
        ticket.answer("好", True, PROMISING, act=act())

    assert refusal.value.rule == "CH-15"
    assert new_facts(ticket) == []


def test_a_forbidden_phrase_is_refused_in_what_the_client_reads_and_not_in_a_note_of_ours() -> None:
    ticket = clarified()
    ticket.rules = replace(
        ticket.rules,
        guards=(
            GuardRule(
                rule="LG-02",
                upon=frozenset({"noted"}),
                says="forbidden",
                forbids="forbidden_phrases",
            ),
        ),
    )

    ticket.note("他说了这不是我管的事", Visibility.INTERNAL, act=act())
    with pytest.raises(ForbiddenPhrase):
        ticket.note("这不是我管的事", Visibility.CLIENT, act=act())


# Due soon, and under supervision


def warn(ticket: Ticket, at: datetime = TUESDAY_CLOSE - 4 * HOUR) -> None:
    ticket.record_due_soon("reply-1", act=act("system:clock", at))


def supervise(ticket: Ticket, level: int = 1, at: datetime = TUESDAY_CLOSE + HOUR) -> None:
    ticket.open_supervision("reply-1", level, M1, act=act("system:clock", at))


def supervised(*commands: Callable[[Ticket], None], rules: Rulebook = SUPERVISED) -> Ticket:
    """As `clarified`; four hours before it is due is soon, and there are three levels."""
    return promised(issue_slip, clarify, *commands, rules=rules)


def test_what_is_due_soon_is_put_on_record_once() -> None:
    ticket = supervised()

    warn(ticket)
    warn(ticket, TUESDAY_CLOSE)

    assert new_facts(ticket) == [Ticket.TimeDueSoon]
    assert of(Ticket.TimeDueSoon, ticket).due_at == TUESDAY_CLOSE
    assert ticket.counts["reply-due-soon"] == 1


@pytest.mark.parametrize(
    ("before", "at"),
    [
        ((), TUESDAY_CLOSE - 4 * HOUR - INSTANT),
        ((), TUESDAY_CLOSE + INSTANT),
        ((answer,), TUESDAY_CLOSE),
        ((suspend,), TUESDAY_CLOSE),
        ((ask, approve), TUESDAY_CLOSE),
    ],
)
def test_what_is_not_due_soon_is_not_said_to_be(
    before: tuple[Callable[[Ticket], None], ...], at: datetime
) -> None:
    ticket = supervised(*before)

    with pytest.raises(NotDueSoon):
        warn(ticket, at)

    assert new_facts(ticket) == []


def test_what_nobody_wants_to_be_warned_of_is_never_due_soon() -> None:
    with pytest.raises(NotDueSoon):
        warn(clarified(), TUESDAY_CLOSE)


def test_of_a_new_due_instant_it_is_said_again() -> None:
    ticket = supervised(warn, ask, approve)

    warn(ticket, TUESDAY_CLOSE + DAY - HOUR)

    assert of(Ticket.TimeDueSoon, ticket).due_at == TUESDAY_CLOSE + DAY
    assert ticket.counts["reply-due-soon"] == 2


def test_superiors_are_told_level_by_level_while_it_is_missed() -> None:
    ticket = supervised(breach)

    supervise(ticket)
    supervise(ticket)
    supervise(ticket, 2, TUESDAY_CLOSE + DAY)

    assert new_facts(ticket) == [Ticket.SupervisionOpened] * 2
    assert ticket.obligations["reply-1"].level == 2


@pytest.mark.parametrize(
    ("before", "level", "at"),
    [
        ((), 1, TUESDAY_CLOSE + HOUR),
        ((breach,), 2, TUESDAY_CLOSE + DAY),
        ((breach, supervise), 2, TUESDAY_CLOSE + DAY - INSTANT),
        ((breach, answer), 1, TUESDAY_CLOSE + HOUR),
        ((breach, supervise, lambda t: supervise(t, 2, TUESDAY_CLOSE + DAY)), 4, NOON + 9 * DAY),
    ],
    ids=["no breach", "no level 1", "too early", "met", "no such level"],
)
def test_nobody_is_told_before_it_is_their_turn(
    before: tuple[Callable[[Ticket], None], ...], level: int, at: datetime
) -> None:
    ticket = supervised(*before)

    with pytest.raises(NotYetSupervised):
        supervise(ticket, level, at)

    assert new_facts(ticket) == []


def test_packs_may_ask_what_was_due_soon_and_what_was_missed() -> None:
    reply = SUPERVISED.obligations["reply"]
    hurry, apology = (
        replace_rule(reply, title=title, opens=frozenset({f"reply-{end}"}), warn_hours=None)
        for title, end in (("催办", "due-soon"), ("致歉", "breached"))
    )
    rules = replace(SUPERVISED, obligations={"reply": reply, "hurry": hurry, "apology": apology})
    ticket = supervised(rules=rules)

    warn(ticket)
    breach(ticket)

    assert list(ticket.obligations) == ["reply-1", "hurry-1", "apology-1"]
    look = {
        path: ticket.look(path, TUESDAY_CLOSE + HOUR)
        for path in ("count.reply-breached", "hours_since.reply-breached", "breached.reply")
    }
    assert look == {
        "count.reply-breached": 1,
        "hours_since.reply-breached": pytest.approx(1),
        "breached.reply": 1,
    }
    assert (ticket.look("open.reply", NOON), ticket.look("open.nothing", NOON)) == (1, 0)


@pytest.mark.parametrize("client_facing", [True, False])
def test_a_miss_that_faces_the_client_has_a_word_of_its_own(client_facing: bool) -> None:
    reply = replace_rule(SUPERVISED.obligations["reply"], client_facing=client_facing)
    excuse = replace_rule(
        reply,
        opens=frozenset({"client-facing-breached"}),
        client_facing=False,
        warn_hours=None,
    )
    ticket = supervised(rules=replace(SUPERVISED, obligations={"reply": reply, "excuse": excuse}))

    breach(ticket)

    assert list(ticket.obligations) == ["reply-1", "excuse-1"][: 1 + client_facing]


def test_what_is_met_is_open_no_more_and_was_breached_all_the_same() -> None:
    ticket = supervised(breach)

    ticket.answer("周一至周五", True, PROMISING, act=act(at=TUESDAY_CLOSE + HOUR))

    assert (ticket.look("open.reply", NOON), ticket.look("breached.reply", NOON)) == (0, 1)


def test_all_that_was_said_of_it_replayed_makes_the_same_promise() -> None:
    live = opened(PROMISING, rules=SUPERVISED)
    for command in (issue_slip, clarify, warn, breach, supervise):
        command(live)

    again = replay(facts_of(live))

    for name in ("obligations", "counts", "since"):
        assert getattr(again, name) == getattr(live, name)
