"""What figures are made of, given these facts; and what the paths of a pack stand for in it."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from application.register import Fact
from application.views.figures import (
    HappeningFigures,
    HappeningRow,
    HappeningView,
    TicketFigures,
    TicketFiguresRow,
    TicketFiguresView,
)
from application.views.obligations import ObligationsView
from application.views.ticket_register import TicketRegisterView, TicketRow
from domain.form import FormField
from domain.obligation import Obligation
from domain.pack_words import THIS_IN_REPORTS
from domain.procedure import Step
from domain.sealed import Sealed
from domain.ticket import Ticket, Visibility
from tests.support.facts import (
    C1,
    CONSULTATION,
    INSTALLATION,
    LI_NA,
    NOON,
    RECORDED,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    because,
    opened,
)
from tests.support.promises import PROMISES, PROMISING
from tests.support.views import folded, recorded

HOUR = timedelta(hours=1)
FORM = {"address": "幸福路 1 号", "sockets": 2, "line": "cable"}


def surveyed() -> Ticket:
    """Opened at noon, its slip at one, surveyed at two."""
    ticket = opened(INSTALLATION)
    ticket.issue_slip(year=2026, act=act(at=NOON + HOUR))
    ticket.take_step("survey", FORM, INSTALLATION, act=act(at=NOON + 2 * HOUR))
    return ticket


def happenings(*tickets: Ticket) -> list[HappeningRow]:
    return list(folded(HappeningView(), recorded(*tickets)).values())


def figures_of(ticket: Ticket, at: Any = NOON) -> TicketFigures:
    facts = recorded(ticket)
    [told], [row] = (
        folded(view, facts).values() for view in (TicketFiguresView(), TicketRegisterView())
    )
    promised = folded(ObligationsView(), facts).values()
    return TicketFigures(
        ticket=row,
        told=told,
        client={"kind": "person"},
        obligations=[(o.name, Obligation.from_data(o.obligation)) for o in promised],
        now=at,
    )


def test_each_time_something_happens_is_a_row_with_what_was_filled_in() -> None:
    row = happenings(surveyed())[2]

    assert row == HappeningRow(
        position=3,
        ticket_id=T1,
        word="survey",
        happened_at=NOON + 2 * HOUR,
        by=f"staff:{LI_NA}",
        number=None,
        form={"sockets": 2, "line": "cable"},
    )


def test_what_is_no_step_is_told_by_its_own_word_with_what_it_says() -> None:
    ticket = opened()
    ticket.offer_transfer(WANG_FANG, "要装有线电视", act=because("不懂"))
    ticket.issue_slip(year=2026, act=act())

    _, offered, slip = happenings(ticket)

    assert (offered.word, offered.form) == (
        "transfer-offered",
        {"from_id": LI_NA, "to_id": WANG_FANG},
    )
    assert (slip.word, slip.number) == ("case-slip-issued", "2026-0003")


def test_a_field_may_be_called_like_what_every_fact_says() -> None:
    ticket = opened()
    grumble = Step(
        title="归类", form={"reason": FormField(title="原因"), "role": FormField(title="岗位")}
    )
    procedure = CONSULTATION.with_activities({"grumble": grumble})
    ticket.take_step("grumble", {"reason": "attitude", "role": "qc"}, procedure, act=because())

    assert happenings(ticket)[1].form == {"reason": "attitude", "role": "qc"}


def test_a_step_that_a_log_tells_of_was_done_by_who_took_it() -> None:
    ticket = opened(RECORDED)
    ticket.take_over_step("assign", {}, RECORDED, done_by_id=ZHAO_LEI, act=act("system:import"))

    assert happenings(ticket)[1].by == f"staff:{ZHAO_LEI}"


def test_a_ticket_is_told_word_by_word_how_often_when_first_when_last_and_with_which_form() -> None:
    ticket = surveyed()
    for hours in (3, 4):
        act_then = act(at=NOON + hours * HOUR)
        ticket.note("又来电", (Visibility.INTERNAL, Visibility.CLIENT)[hours - 3], act=act_then)

    [row] = folded(TicketFiguresView(), recorded(ticket)).values()

    assert row == TicketFiguresRow(
        ticket_id=T1,
        counts={"opened": 1, "case-slip-issued": 1, "survey": 1, "noted": 2},
        first_at={
            "opened": "2026-11-23T12:00:00+08:00",
            "case-slip-issued": "2026-11-23T13:00:00+08:00",
            "survey": "2026-11-23T14:00:00+08:00",
            "noted": "2026-11-23T15:00:00+08:00",
        },
        last_at={
            "opened": "2026-11-23T12:00:00+08:00",
            "case-slip-issued": "2026-11-23T13:00:00+08:00",
            "survey": "2026-11-23T14:00:00+08:00",
            "noted": "2026-11-23T16:00:00+08:00",
        },
        forms={
            "opened": {
                "client_id": C1,
                "channel": "phone",
                "procedure": "installation",
                "pack_version": 1,
                "state": "registered",
                "first_contact_id": LI_NA,
                "unit": "main",
                "register": "main/installation/2026",
                "packs": {},
                "priority": 5,
                "hidden_from_id": None,
                "form": {},
            },
            "case-slip-issued": {"responsible_id": LI_NA, "register": "main/slip/2026"},
            "survey": {"sockets": 2, "line": "cable"},
            "noted": {"visibility": "client"},
        },
        position=5,
    )


def test_nothing_that_is_sealed_comes_into_the_figures_however_deep_it_stands() -> None:
    text = Sealed(C1, "说")
    ticket = surveyed()
    form = {"who": text, "all": [text, "b"], "rows": [{"name": text, "kind": "c"}]}
    survey = recorded(ticket)[2]
    vars(survey.event)["form"] = form

    happening = HappeningView().fold(None, survey, 3)
    told = TicketFiguresView().fold(None, Fact(3, NOON, None, survey.event), T1)

    clear = {"all": ["b"], "rows": [{"kind": "c"}]}
    assert (happening.form, told.forms["survey"]) == (clear, clear)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("this.channel", "phone"),
        ("this.number", "2026-0001"),
        ("this.owner_id", str(WANG_FANG)),
        ("this.owners", 2),
        ("this.matter", None),
        ("this.nothing", None),
        ("survey.sockets", 2),
        ("survey.address", None),
        ("survey.sockets.more", None),
        ("connect.x", None),
        ("count.survey", 1),
        ("count.connect", 0),
        ("hours_since.survey", Decimal("1.5")),
        ("hours_since.connect", None),
        ("hours.opened.survey", Decimal(2)),
        ("hours.opened.transfer-accepted", Decimal("2.5")),
        ("minutes.case-slip-issued.survey", Decimal(60)),
        ("minutes.survey.connect", None),
        ("client.kind", "person"),
        ("client.region", None),
        ("open.reply", 0),
        ("nonsense", None),
    ],
)
def test_a_path_stands_for(path: str, value: Any) -> None:
    ticket = surveyed()
    ticket.offer_transfer(WANG_FANG, None, act=act(at=NOON + 2 * HOUR, reason="对口"))
    ticket.accept_transfer(act=act(WANG_FANG, NOON + 2.5 * HOUR))

    assert figures_of(ticket, NOON + 3.5 * HOUR).look(path) == value


def test_reports_may_ask_what_the_register_of_tickets_holds() -> None:
    columns = {field.name for field in fields(TicketRow)} | {"owners"}

    assert columns >= THIS_IN_REPORTS


def test_from_the_first_time_to_the_last() -> None:
    ticket = surveyed()
    for hours in (3, 5):
        ticket.note("又来电", Visibility.INTERNAL, act=act(at=NOON + hours * HOUR))
    row = figures_of(ticket, NOON + 6 * HOUR)

    assert row.look("hours.noted.noted") == 2
    assert row.look("hours_since.noted") == 1


@pytest.mark.parametrize(
    ("answered_after", "asked_after", "counts"),
    [
        (None, 1, {"open": 1, "breached": 0, "met": 0, "late": 0}),
        (None, 48, {"open": 1, "breached": 1, "met": 0, "late": 0}),
        (1, 48, {"open": 0, "breached": 0, "met": 1, "late": 0}),
        (47, 48, {"open": 0, "breached": 1, "met": 0, "late": 1}),
    ],
)
def test_promises_are_counted_by_what_became_of_them(
    answered_after: int | None, asked_after: int, counts: dict[str, int]
) -> None:
    """A reply is due on Tuesday at 17:00, 29 hours later."""
    ticket = opened(PROMISING, rules=PROMISES)
    ticket.issue_slip(year=2026, act=act())
    ticket.take_step("clarify", {}, PROMISING, act=act())
    if answered_after is not None:
        ticket.answer("好", True, PROMISING, act=act(at=NOON + answered_after * HOUR))

    row = figures_of(ticket, NOON + asked_after * HOUR)

    assert {word: row.look(f"{word}.reply") for word in counts} == counts
    assert {row.look(f"{word}.other") for word in counts} == {0}


def test_a_happening_tells_of_itself_and_of_its_ticket() -> None:
    ticket = surveyed()
    survey = happenings(ticket)[2]
    row = HappeningFigures(happening=survey, of=figures_of(ticket))

    assert row.ticket_id == T1
    assert row.look("form.sockets") == 2
    assert row.look("form.address") is None
    assert row.look("actor.id") == str(LI_NA)
    assert row.look("this.unit") == "main"
    assert row.look("opened.channel") == "phone"
