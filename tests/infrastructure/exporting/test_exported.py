from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from application.desk import AGGREGATES
from application.register import Fact
from application.views.ticket_history import ENVELOPE
from domain.pack import Pack
from domain.ticket import Blocker
from infrastructure.exporting.exported import NAMES_WHOM, in_utc
from infrastructure.exports import Exported, Link, exported, withheld
from tests.support.exports import golden_facts
from tests.support.facts import (
    C1,
    INSTALLATION,
    LI_NA,
    M1,
    M2,
    NOON,
    T1,
    WANG_FANG,
    ZHAO_LEI,
    act,
    event_classes,
    opened,
    registered_client,
)
from tests.support.views import recorded


def texts(sealed: Any) -> str:
    return f"<{sealed.text}>"


def told_sealed(fact: Fact) -> Exported:
    return exported(fact, withheld)


def told(*facts: Fact) -> list[Exported]:
    return [exported(fact, texts) for fact in facts]


@pytest.mark.parametrize("fact", [*golden_facts()], ids=lambda fact: type(fact.event).TOPIC)
def test_all_that_an_event_says_is_plain_json(fact: Fact) -> None:
    shown = exported(fact, withheld)

    assert shown.fields.keys() == vars(fact.event).keys() - ENVELOPE
    assert json.loads(json.dumps(shown.fields)) == shown.fields
    assert (shown.topic, shown.kind) == (type(fact.event).TOPIC, shown.topic.split(".")[0])


def test_who_did_it_for_whom_and_when_stand_beside_what_it_says() -> None:
    ticket = opened()
    by_deputy = act(
        M2, NOON + timedelta(hours=1), acting_for=LI_NA, role="cs_officer", reason="等料"
    )
    ticket.suspend(Blocker.CLIENT, act=by_deputy)
    first, last = recorded(ticket)

    opening, shown = told(first, last)

    assert (opening.number, opening.word, opening.fields["matter"]) == (
        "2026-0001",
        "opened",
        "<有线电视安装>",
    )
    assert (shown.position, shown.version, shown.stream_id, shown.kind) == (2, 2, T1, "ticket")
    assert (shown.actor, shown.acting_for) == (f"staff:{M2}", f"staff:{LI_NA}")
    assert (shown.role, shown.reason, shown.number) == ("cs_officer", "<等料>", None)
    assert shown.command_id == by_deputy.command_id
    assert (shown.occurred_at, shown.recorded_at) == (by_deputy.at, last.recorded_at)
    assert shown.fields == {"blocked_by": "client"}


def test_a_text_reads_as_may_be_read() -> None:
    [fact] = recorded(registered_client())

    assert exported(fact, texts).fields["name"] == "<王某>"
    assert exported(fact, withheld).fields["name"] == "[sealed]"
    assert exported(fact, lambda sealed: None).fields["name"] == "[erased]"


def test_no_text_is_read_past_who_decides_however_deep_it_stands() -> None:
    ticket = opened(INSTALLATION)
    ticket.issue_slip(year=2026, act=act())
    form = {"address": "三号楼", "room": "客厅"}
    ticket.take_step("survey", form, INSTALLATION, act=act(reason="已约好"))

    shown = [exported(fact, withheld) for fact in recorded(ticket)]

    step = next(one for one in shown if one.topic == "ticket.step-taken")
    assert step.fields["form"] == {"address": "[sealed]", "room": "客厅"}
    assert (step.reason, step.activity, step.word) == (
        "[sealed]",
        "ticket.step-taken.survey",
        "survey",
    )
    assert not {"有线电视安装", "三号楼", "已约好"} & set(str(shown).split("'"))


def test_digests_of_secrets_stay_where_they_are() -> None:
    shown = [exported(fact, withheld) for fact in golden_facts()]

    assert "staff.credential-issued" in {one.topic for one in shown}
    assert "secret_digest" not in str(shown)
    assert "d1" * 32 not in str(shown)


def test_times_are_in_utc() -> None:
    shown = {one.topic: one for one in map(told_sealed, golden_facts())}

    assert shown["ticket.extension-asked"].fields["due_at"] == "2026-11-23T04:42:00.000000Z"


def test_a_time_without_a_zone_is_no_time() -> None:
    assert in_utc(datetime(26, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "0026-01-02T03:04:05.000006Z"
    with pytest.raises(ValueError, match="no time zone"):
        in_utc(datetime(2026, 11, 23))  # noqa: DTZ001  # that is what is refused


def test_of_which_kind_is_named_is_known_for_every_event() -> None:
    ids = {
        name
        for aggregate in AGGREGATES
        for kind in event_classes(aggregate)
        for name, hint in get_type_hints(kind).items()
        if hint in (UUID, UUID | None) and name != "originator_id"
    }

    assert ids - NAMES_WHOM.keys() == set()


def links(topic: str) -> set[Link]:
    return next(set(one.links) for one in map(told_sealed, golden_facts()) if one.topic == topic)


@pytest.mark.parametrize(
    ("topic", "named"),
    [
        ("ticket.transfer-offered", {Link("from", "staff", LI_NA), Link("to", "staff", WANG_FANG)}),
        ("ticket.signed", {Link("person", "staff", M1), Link("deputy", "staff", M2)}),
        ("ticket.violation-flagged", {Link("staff", "staff", ZHAO_LEI)}),
        ("ticket.followed", {Link("holder", None, ZHAO_LEI)}),
        ("ticket.noted", set()),
        (
            "ticket.opened",
            {
                Link("client", "client", C1),
                Link("first_contact", "staff", LI_NA),
                Link("procedure", "pack", Pack.id_of("installation")),
                Link("pack", "pack", Pack.id_of("care")),
            },
        ),
    ],
)
def test_an_event_says_whom_it_names(topic: str, named: set[Link]) -> None:
    assert links(topic) == named


@pytest.mark.parametrize("topic", ["client.merged", "client.unmerged"])
def test_a_file_that_is_merged_names_a_file(topic: str) -> None:
    assert {link.kind for link in links(topic)} == {"client"}
