"""What packs make follow by itself, and what they put on record beside a refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import DomainError
from domain.following import RULES, NotForYou, RulesInCircles
from domain.obligation import Status
from domain.pack_content import PackInvalid
from domain.pack_rules import Across, ForbiddenPhrase, GuardForbids, GuardInvalid, GuardRefused
from domain.predicate import Look
from domain.procedure import StepNotPossible
from domain.ticket import Ticket, Visibility
from tests.support.facts import LI_NA, M1, NOON, T1, WANG_FANG, act, because, replay
from tests.support.matters import HOURS, Matter, kinds, overlay, repair, under

DECIDE = {
    "title": "认定",
    "form": {
        "person": {"title": "责任人", "type": "reference"},
        "fault": {"title": "责任", "type": "choice", "choices": ["ours", "theirs"]},
    },
}
PENALTY: dict[str, Any] = {
    "upon": ["decide"],
    "when": {"value": "decide.fault", "is": "ours"},
    "records": "penalty_proposed",
    "title": "处罚建议",
    "form": {"person": "=decide.person", "cause": "attitude"},
    "rule": "CH-25",
}


def deciding(*consequences: dict[str, Any], **otherwise: Any) -> Matter:
    """A repair on which somebody decides whose fault it was."""
    fault = overlay(
        "fault", activities={"decide": DECIDE}, consequences=list(consequences), **otherwise
    )
    return Matter(fault, repair())


def closed(matter: Matter) -> Matter:
    matter.take("visit")
    matter.close()
    return matter


def test_what_follows_is_recorded_with_what_it_says_and_why() -> None:
    matter = deciding(PENALTY)

    step, follows = matter.take("decide", fault="ours", person=str(WANG_FANG))

    assert isinstance(step, Ticket.StepTaken)
    assert isinstance(follows, Ticket.Followed)
    assert (follows.step, follows.word) == ("penalty_proposed", "处罚建议")
    assert follows.form == {"person": str(WANG_FANG), "cause": "attitude"}
    assert (follows.rule, follows.because) == ("CH-25", "decide")


def test_what_follows_is_the_rules_own_doing_by_the_same_command() -> None:
    matter = deciding(PENALTY)

    step, follows = matter.take("decide", fault="ours")

    assert (follows.by, follows.acting_for, follows.role) == (RULES, None, None)
    assert (follows.command_id, follows.timestamp) == (step.command_id, step.timestamp)


def test_nothing_follows_unless_its_condition_holds() -> None:
    assert kinds(deciding(PENALTY).take("decide", fault="theirs")) == [Ticket.StepTaken]


SHIFT = {
    "title": "开展",
    "form": {
        "people": {
            "title": "人员",
            "type": "rows",
            "fields": {"who": {"title": "谁"}, "hours": {"title": "小时", "type": "integer"}},
        }
    },
}
CREDIT: dict[str, Any] = {
    "upon": ["decide"],
    "each": "decide.people",
    "when": {"value": "row.hours", "above": 0},
    "records": "credited",
    "title": "入册",
    "form": {"who": "=row.who", "hours": "=row.hours"},
}


def test_for_each_row_it_follows_once_if_its_condition_holds_of_that() -> None:
    fault = overlay("fault", activities={"decide": SHIFT}, consequences=[CREDIT])
    matter = Matter(fault, repair())
    told = [{"who": "甲", "hours": 2}, {"who": "乙", "hours": 0}, {"who": "丙", "hours": 1}]

    _, *followed = matter.take("decide", people=told)
    without = matter.take("decide")

    assert [fact.form for fact in followed if isinstance(fact, Ticket.Followed)] == [
        {"who": "甲", "hours": 2},
        {"who": "丙", "hours": 1},
    ]
    assert kinds(without) == [Ticket.StepTaken]


def test_where_nobody_answers_for_staff_or_samples_there_is_nobody_and_nothing() -> None:
    asked = overlay(
        people={"helpers": {"volunteers": True}},
        samples={"weekly": {"percent": 5, "seed": "w", "days": 7}},
        readings={"score": {"report": "survey/score", "period": "2026"}},
    )
    look = Matter(asked, repair()).ticket.looking(act())

    assert (look("people.helpers"), look("people.helpers.count")) == ([], 0)
    assert (look("sample.weekly"), look("people.unknown")) == ([], None)
    assert (look("reading.score.value"), look("reading.unknown.met")) == (None, None)


@pytest.mark.parametrize("question", [{}, {"area": "A"}])
def test_staff_are_asked_for_as_volunteers_or_of_a_team(question: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid, match="volunteers, or for a team"):
        under(overlay(people={"helpers": question}), repair())


def test_nothing_follows_from_what_it_does_not_name() -> None:
    assert kinds(deciding({**PENALTY, "when": None}).take("visit")) == [Ticket.StepTaken]


def test_a_condition_may_ask_the_form_at_hand() -> None:
    at_hand = {
        **PENALTY,
        "when": {"value": "form.fault", "is": "ours"},
        "form": {"p": "=form.fault"},
    }
    matter = deciding(at_hand)

    theirs = matter.take("decide", fault="theirs")
    _, follows = matter.take("decide", fault="ours")

    assert kinds(theirs) == [Ticket.StepTaken]
    assert isinstance(follows, Ticket.Followed)
    assert follows.form == {"p": "ours"}


def test_what_followed_counts_like_a_step_and_can_be_asked() -> None:
    matter = deciding(PENALTY)

    matter.take("decide", fault="ours")

    assert matter.ticket.look("count.penalty_proposed", NOON) == 1
    assert matter.ticket.look("penalty_proposed.cause", NOON) == "attitude"


def test_what_followed_opens_and_meets_obligations() -> None:
    promise = {"title": "处罚", "limit": HOURS, "opens": ["penalty_proposed"]}
    answer = {**promise, "opens": ["opened"], "met_by": {"any": ["penalty_proposed"]}}
    matter = deciding(
        PENALTY,
        obligations={"punish": {**promise, "met_by": {"any": ["call"]}}, "answer": answer},
    )

    news = matter.take("decide", fault="ours")

    assert kinds(news) == [
        Ticket.StepTaken,
        Ticket.Followed,
        Ticket.TimeKept,
        Ticket.TimePromised,
    ]
    assert matter.met("answer-1")
    assert not matter.is_over("punish-1")


def test_consequences_may_follow_from_one_another() -> None:
    told = {"upon": ["penalty_proposed"], "records": "told", "title": "告知"}
    matter = deciding(told, PENALTY)

    news = matter.take("decide", fault="ours")

    assert [getattr(fact, "step", None) for fact in news] == ["decide", "penalty_proposed", "told"]


def test_consequences_that_follow_from_themselves_are_refused() -> None:
    ping = {"upon": ["decide", "pong"], "records": "ping", "title": "乒"}
    pong = {"upon": ["ping"], "records": "pong", "title": "乓", "rule": "GV-09"}
    matter = deciding(ping, pong)

    with pytest.raises(RulesInCircles) as refusal:
        matter.take("decide")

    assert refusal.value.code == "rules_in_circles"


def test_a_guard_stands_before_what_would_follow() -> None:
    once = {"value": "count.penalty_proposed", "at_least": 1}
    guard = {"rule": "CH-26", "upon": ["penalty_proposed"], "refuse_when": once, "says": "只一次"}
    matter = deciding(PENALTY, guards=[guard])
    matter.take("decide", fault="ours")

    with pytest.raises(GuardRefused, match="只一次"):
        matter.take("decide", fault="ours")


def test_a_closed_matter_is_reopened_by_what_happens_on_it() -> None:
    unhappy = {**PENALTY, "upon": ["call"], "when": {"value": "call.ok", "is": False}}
    call = {
        "title": "回访",
        "after_closing": True,
        "form": {"ok": {"title": "满意", "type": "boolean"}},
    }
    back = {**unhappy, "records": "taken_up_again", "form": {}, "does": "reopen"}
    matter = closed(Matter(overlay(activities={"call": call}, consequences=[back]), repair()))

    happy = matter.take("call", ok=True)
    news = matter.take("call", ok=False)

    assert kinds(happy) == [Ticket.StepTaken]
    assert kinds(news) == [Ticket.StepTaken, Ticket.Followed, Ticket.Reopened]
    assert (matter.ticket.is_closed, matter.ticket.state, matter.ticket.episode) == (
        False,
        "visited",
        2,
    )
    assert news[-1].by == RULES


def reopening(**step: Any) -> Matter:
    """A closed repair whose pack says more of how it is taken up again."""
    known = repair()["procedure"]["steps"]["reopen"]
    return closed(Matter(repair(steps={"reopen": {**known, **step}})))


def test_it_is_taken_up_again_by_those_whom_its_pack_names() -> None:
    matter = reopening(by=["cs_supervisor"], says="由班长重启", rule="CH-30")
    officer = act(WANG_FANG, reason="再修", roles=["cs_officer"])
    supervisor = act(M1, reason="再修", roles=["cs_supervisor"])

    with pytest.raises(NotForYou, match="由班长重启") as refusal:
        matter.do(lambda t: t.reopen(matter.procedure, act=officer))
    [reopened] = matter.do(lambda t: t.reopen(matter.procedure, act=supervisor))

    assert refusal.value.rule == "CH-30"
    assert (type(reopened), reopened.role) == (Ticket.Reopened, "cs_supervisor")


def test_anybody_takes_it_up_again_unless_its_pack_names_somebody() -> None:
    matter = reopening()

    matter.do(lambda t: t.reopen(matter.procedure, act=because(by=WANG_FANG)))

    assert not matter.ticket.is_closed


def test_it_is_taken_up_again_only_when_its_pack_lets_it() -> None:
    matter = reopening(when={"value": "count.noted", "at_least": 1})

    with pytest.raises(StepNotPossible) as refusal:
        matter.do(lambda t: t.reopen(matter.procedure, act=because()))
    matter.do(lambda t: t.note("又坏了", Visibility.INTERNAL, act=act()))
    matter.do(lambda t: t.reopen(matter.procedure, act=because()))

    assert refusal.value.facts == {"possible": [], "state": "closed"}
    assert not matter.ticket.is_closed


def does(deed: str) -> Matter:
    follows = {"upon": ["decide"], "records": "told", "title": "告知", "does": deed}
    promise = {"title": "处理", "opens": ["opened"], "met_by": {"any": ["x"]}, "limit": HOURS}
    return deciding(follows, obligations={"handle": promise})


def test_a_consequence_may_let_a_matter_rest_and_its_clocks_with_it() -> None:
    matter = does("suspend")

    first = matter.take("decide")
    again = matter.take("decide")

    assert kinds(first)[1:] == [Ticket.Followed, Ticket.Suspended, Ticket.ClockPaused]
    assert matter.ticket.blocked_by == "authority"
    assert kinds(again) == [Ticket.StepTaken, Ticket.Followed]


def test_a_consequence_may_let_a_matter_go_on() -> None:
    resumes = {"upon": ["call"], "records": "on", "title": "继续", "does": "resume"}
    rests = {"upon": ["decide"], "records": "off", "title": "中止", "does": "suspend"}
    matter = deciding(rests, {**resumes, "upon": ["noted"]})
    matter.take("decide")

    news = matter.do(lambda t: t.note("可以了", "internal", act=act()))  # type: ignore[arg-type]

    assert kinds(news) == [Ticket.Noted, Ticket.Followed, Ticket.Resumed]
    assert matter.ticket.blocked_by is None


def test_a_consequence_may_close_a_matter_and_stop_its_clocks() -> None:
    matter = does("close")

    news = matter.take("decide")

    assert kinds(news)[1:] == [Ticket.Followed, Ticket.Closed, Ticket.ClockStopped]
    assert matter.ticket.is_closed


def test_a_step_by_which_its_matter_closes_does_not_reopen_it() -> None:
    follows = {"upon": ["visit"], "records": "told", "title": "告知", "does": "close"}
    matter = Matter(overlay(consequences=[follows]), repair())

    news = matter.take("visit")

    assert kinds(news) == [Ticket.StepTaken, Ticket.Followed, Ticket.Closed]
    assert matter.ticket.is_closed


def test_what_outlives_a_matter_that_closes_at_rest_goes_on() -> None:
    rests = {"upon": ["decide"], "records": "off", "title": "中止", "does": "suspend"}
    closes = {"upon": ["noted"], "records": "told", "title": "告知", "does": "close"}
    promise = {"title": "回访", "opens": ["opened"], "met_by": {"any": ["x"]}, "limit": HOURS}
    lasting = {**promise, "ends_with_ticket": False}
    matter = deciding(rests, closes, obligations={"handle": promise, "call": lasting})
    matter.take("decide")
    hour = timedelta(hours=1)

    note = act(at=NOON + hour)
    matter.do(lambda t: t.note("好了", Visibility.INTERNAL, act=note))

    call = matter.ticket.obligations["call-1"]
    assert (call.due, call.status_at(NOON + hour)) == (NOON + 3 * hour, Status.OPEN)
    assert matter.is_over("handle-1")
    assert (matter.ticket.is_closed, matter.ticket.blocked_by) == (True, None)


def test_an_open_matter_is_not_reopened() -> None:
    assert kinds(does("reopen").take("decide")) == [Ticket.StepTaken, Ticket.Followed]


def test_a_deed_that_a_ticket_does_not_know_is_refused_by_place() -> None:
    with pytest.raises(PackInvalid, match="does"):
        does("burn")


GUARD = {
    "rule": "PX-07",
    "upon": ["decide"],
    "refuse_when": {"value": "form.fault", "is": "theirs"},
    "says": "不得推诿",
    "field": "form.fault",
}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, GuardRefused),
        ({"as_invalid": True}, GuardInvalid),
        ({"forbidden": True}, GuardForbids),
        ({"forbidden": True, "as_invalid": True}, GuardForbids),
    ],
)
def test_a_guard_says_what_is_at_fault(more: dict[str, bool], kind: type[DomainError]) -> None:
    matter = deciding(guards=[{**GUARD, **more}])

    with pytest.raises(kind, match="不得推诿") as refusal:
        matter.take("decide", fault="theirs")

    assert type(refusal.value) is kind
    assert (refusal.value.rule, refusal.value.field) == ("PX-07", "form.fault")
    assert refusal.value.facts == {}


def test_a_guard_that_flags_says_so_beside_its_refusal() -> None:
    matter = deciding(guards=[{**GUARD, "flags": "shirking"}])

    with pytest.raises(GuardRefused) as refusal:
        matter.take("decide", fault="theirs")

    assert refusal.value.facts == {"violation": "shirking"}


def test_a_forbidden_phrase_may_be_flagged_too() -> None:
    phrase = {"rule": "LG-02", "upon": ["answered"], "forbids": "rude", "says": "忌语"}
    content = overlay(guards=[{**phrase, "flags": "rudeness"}], lists={"rude": ["喂"]})
    _, rules = under(content, repair())

    with pytest.raises(ForbiddenPhrase) as refusal:
        rules.refuse_phrases("answered", "喂,您好")

    assert refusal.value.facts == {"phrase": "喂", "violation": "rudeness"}


TELL = {
    "title": "告知",
    "form": {"told": {"title": "答复", "visible": True}, "inside": {"title": "内部意见"}},
}


def telling(**step: Any) -> Matter:
    guard = {"rule": "LG-02", "forbids": "rude", "says": "忌语", "flags": "rudeness"}
    content = overlay(activities={"tell": {**TELL, **step}}, guards=[guard], lists={"rude": ["喂"]})
    return Matter(content, repair())


def test_what_the_client_reads_of_a_step_may_hold_no_forbidden_phrase() -> None:
    with pytest.raises(ForbiddenPhrase) as refusal:
        telling().take("tell", told="喂,修好了")

    assert (refusal.value.rule, refusal.value.field) == ("LG-02", "form.told")
    assert refusal.value.facts == {"phrase": "喂", "violation": "rudeness"}


def test_what_stays_inside_is_free() -> None:
    [told] = telling().take("tell", told="您好,修好了", inside="他说:喂")

    assert isinstance(told, Ticket.StepTaken)


def test_what_the_client_reads_of_an_opening_may_hold_none_either() -> None:
    guard = {"rule": "LG-02", "forbids": "rude", "says": "忌语"}
    content = overlay(guards=[guard], lists={"rude": ["喂"]})
    notice = repair(procedure={"opening": {"form": {"told": TELL["form"]["told"]}}})

    with pytest.raises(ForbiddenPhrase):
        Matter(content, notice, form={"told": "喂"})


def test_a_violation_is_on_record_with_who_tried_under_which_rule() -> None:
    matter = deciding()
    who = act(WANG_FANG, acting_for=M1)

    [fact] = matter.do(lambda t: t.flag_violation("shirking", "PX-07", act=who))

    assert isinstance(fact, Ticket.ViolationFlagged)
    assert (fact.kind, fact.rule, fact.staff) == ("shirking", "PX-07", f"staff:{M1}")
    assert matter.ticket.look("count.violation-flagged", NOON) == 1


@pytest.mark.parametrize(
    ("path", "of_li_na", "of_wang_fang"),
    [
        ("actor.id", str(LI_NA), str(WANG_FANG)),
        ("actor.roles", ["cs_officer", "staff"], ["cs_officer", "staff"]),
        ("actor.is_owner", True, False),
        ("actor.is_first_contact", True, False),
        ("actor.shoe_size", None, None),
    ],
)
def test_rules_may_ask_who_acts(path: str, of_li_na: Any, of_wang_fang: Any) -> None:
    ticket = deciding().ticket
    roles = ["staff", "cs_officer"]

    told = [ticket.looking(act(who, roles=roles))(path) for who in (LI_NA, WANG_FANG)]

    assert told == [of_li_na, of_wang_fang]


def test_a_deputy_is_who_they_act_for() -> None:
    look = deciding().ticket.looking(act(WANG_FANG, acting_for=LI_NA))

    assert (look("actor.id"), look("actor.is_owner")) == (str(LI_NA), True)


def test_after_a_transfer_the_first_contact_is_no_longer_the_owner() -> None:
    matter = deciding()
    matter.do(lambda t: t.offer_transfer(WANG_FANG, None, act=because()))
    matter.do(lambda t: t.accept_transfer(act=act(WANG_FANG)))

    look = matter.ticket.looking(act(LI_NA))

    assert (look("actor.is_owner"), look("actor.is_first_contact")) == (False, True)


def test_a_guard_may_ask_who_acts() -> None:
    own = {"value": "actor.is_first_contact", "is": True}
    matter = deciding(guards=[{**GUARD, "refuse_when": own, "forbidden": True}])

    with pytest.raises(GuardForbids):
        matter.take("decide", by=LI_NA, roles=["cs_officer"])


def test_a_question_about_other_tickets_is_answered_from_outside() -> None:
    asked: list[tuple[Across, Any]] = []

    def ask(question: Across, look: Look) -> int:
        asked.append((question, look("this.channel")))
        return 3

    same = {"word": "decide", "same": {"fault": "decide.fault"}, "within_days": 180}
    thrice = {**PENALTY, "when": {"value": "across.same_fault", "at_least": 3}}
    content = overlay(
        activities={"decide": DECIDE}, consequences=[thrice], across={"same_fault": same}
    )
    matter = Matter(content, repair(), ask=ask)

    news = matter.take("decide", fault="ours")

    assert kinds(news) == [Ticket.StepTaken, Ticket.Followed]
    [(question, channel)] = asked
    assert (question.word, question.same, question.within_days) == (
        "decide",
        {"fault": "decide.fault"},
        180,
    )
    assert channel == "phone"


def test_where_nobody_answers_there_are_no_other_tickets() -> None:
    open_too = {"open": True, "owner": "actor"}
    matter = Matter(overlay(across={"mine": open_too}), repair())
    look = matter.ticket.looking(act())

    assert (look("across.mine"), look("across.unknown")) == (0, None)


@pytest.mark.parametrize(
    "question", [{}, {"word": "decide", "open": True}, {"open": True, "colleague": "this.owner_id"}]
)
def test_a_question_asks_for_one_thing(question: dict[str, Any]) -> None:
    with pytest.raises(PackInvalid, match="across"):
        under(overlay(across={"mine": question}), repair())


def test_a_history_with_consequences_replays_to_the_same_ticket() -> None:
    follows = {"upon": ["decide"], "records": "told", "title": "告知", "does": "suspend"}
    matter = deciding(PENALTY, follows)
    matter.take("decide", fault="ours", person=str(M1))

    again: Ticket = replay(matter.facts)

    assert (again.id, again.version, again.blocked_by) == (T1, 5, "authority")
    assert (again.counts, again.forms) == (matter.ticket.counts, matter.ticket.forms)
