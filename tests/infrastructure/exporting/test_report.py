from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, timedelta, tzinfo
from html.parser import HTMLParser

import pytest

from infrastructure.exporting.report import LONGEST, MOST, report
from infrastructure.exports import Exported, Link
from tests.support.exports import ODD, made
from tests.support.facts import C1, LI_NA, NOON, SHANGHAI, T2, WANG_FANG

NEVER_CLOSED = {"meta", "br"}
USED = {
    *("html", "head", "meta", "title", "style", "body", "div", "p", "strong", "code", "span"),
    *("h1", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "br", "a", "dl", "dt", "dd"),
    "bdi",
}
"""No element that runs, loads or sends anything."""


class Page(HTMLParser):
    """Every element is closed in its turn, and of those that are used."""

    def __init__(self, contents: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.rows: list[list[str]] = []
        self.style = self.text = ""
        self.feed(contents.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in USED
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in NEVER_CLOSED:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
            return
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def told(self) -> list[dict[str, str]]:
        """The rows about events, by the heads of their columns."""
        head = next(row for row in self.rows if row[0] == "Position")
        return [dict(zip(head, row, strict=True)) for row in self.rows if row[0].isdigit()]


def page(*facts: Exported, zone: tzinfo = UTC) -> Page:
    return Page(report(facts, zone))


def test_it_shows_every_event_once(every: list[Exported]) -> None:
    told = page(*every).told()

    assert sorted(int(row["Position"]) for row in told) == [fact.position for fact in every]


def test_nothing_in_it_runs_or_comes_from_elsewhere(every: list[Exported]) -> None:
    shown = page(*every)

    names = {name for _, name, _ in shown.attributes}
    assert names == {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href"}
    assert not re.search(r"url\(|@import|expression", shown.style)
    assert all(value.startswith("#") for _, name, value in shown.attributes if name == "href")


def test_its_policy_allows_its_own_style_and_nothing_else(every: list[Exported]) -> None:
    shown = page(*every)

    digest = base64.b64encode(hashlib.sha256(shown.style.encode()).digest()).decode()
    [policy] = [v for _, name, v in shown.attributes if name == "content" and "-src" in v]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_every_link_leads_somewhere_and_no_place_is_there_twice(every: list[Exported]) -> None:
    shown = page(*every)

    places = [value for _, name, value in shown.attributes if name == "id"]
    assert len(places) == len(set(places))
    assert {v[1:] for _, name, v in shown.attributes if name == "href"} <= set(places)


def test_it_says_what_it_covers_and_that_it_is_no_evidence() -> None:
    shown = page(made(3), made(7, stream_id=T2), made(9, kind="client", stream_id=C1))

    assert "This page is no evidence." in shown.text
    assert "python verify.py BUNDLE --key KEY --instance KEY" in shown.text
    assert (
        "It covers 3 events, from position 3 to 9 of the register, recorded from"
        " 2026-11-23 04:03:00+00:00 to 2026-11-23 04:09:00+00:00, about: 2 × ticket, 1 × client."
    ) in shown.text


def test_that_nothing_happened_is_said() -> None:
    assert "It covers no events." in page().text


def test_a_row_says_what_when_who_for_whom_in_which_role_and_why() -> None:
    fact = made(
        2,
        topic="ticket.step-taken",
        acting_for=f"staff:{WANG_FANG}",
        reason="已约好",
        fields={"step": "survey", "word": "现场勘查", "form": {"room": "客厅"}, "done_by_id": None},
    )

    [row] = page(fact, zone=SHANGHAI).told()

    assert row == {
        "Position": "2",
        "Happened": "2026-11-23 12:02:00+08:00",
        "Recorded": "2026-11-23 12:02:00+08:00",
        "What": "step-taken.survey (现场勘查)",
        "Who": "staff …00000001\nfor staff …00000002\nas cs_officer",
        "Why": "已约好",
        "What it says": "form.room: 客厅step: surveyword: 现场勘查",
    }


def test_who_acts_is_called_by_name_where_it_may_be_read_and_by_id_at_the_end() -> None:
    named = made(
        1, topic="staff.registered", kind="staff", stream_id=LI_NA, fields={"name": "李某"}
    )
    hidden = made(
        2, topic="staff.registered", kind="staff", stream_id=WANG_FANG, fields={"name": "[sealed]"}
    )

    shown = page(named, hidden, made(3, actor=f"staff:{WANG_FANG}"), made(4, actor="system:clock"))

    who = {row["Position"]: row["Who"].split("\n")[0] for row in shown.told()}
    assert who == {
        "1": "李某 …00000001",
        "2": "李某 …00000001",
        "3": "staff …00000002",
        "4": "system:clock",
    }
    assert ["李某 …00000001", f"staff:{LI_NA}"] in shown.rows


def test_whom_an_event_names_is_called_by_name_too() -> None:
    named = made(
        1, topic="staff.registered", kind="staff", stream_id=LI_NA, fields={"name": "李某"}
    )
    links = (Link("to", "staff", LI_NA), Link("from", "staff", WANG_FANG))
    offered = made(2, fields={"to_id": str(LI_NA), "from_id": str(WANG_FANG)}, links=links)

    told = page(named, offered).told()

    row = next(row for row in told if row["Position"] == "2")
    assert row["What it says"] == f"from_id: {WANG_FANG}to_id: 李某 ({LI_NA})"


def test_it_goes_ticket_by_ticket_and_then_by_whom_else_it_is_about() -> None:
    shown = page(
        made(1, kind="client", stream_id=C1, topic="client.registered", fields={"name": "王某"}),
        made(2, topic="ticket.opened", number="2026-0001"),
        made(3, stream_id=T2),
        made(4),
        made(5, kind="instance", topic="instance.registered"),
    )

    assert [row["Position"] for row in shown.told()] == ["2", "4", "3", "1", "5"]
    for title in ("Ticket 2026-0001", f"ticket:{T2}", "Client 王某", "Instance"):
        assert title in shown.text


@pytest.mark.parametrize(("seconds", "is_late"), [(60, False), (61, True), (-5, False)])
def test_what_was_recorded_late_is_marked(seconds: int, is_late: bool) -> None:
    shown = page(made(occurred_at=NOON, recorded_at=NOON + timedelta(seconds=seconds)))

    marked = [v for tag, name, v in shown.attributes if (tag, name) == ("td", "class")]
    assert ("when late" in marked) is is_late


def test_what_people_typed_is_text_and_nothing_else() -> None:
    fact = made(reason=ODD, role=ODD, command_id=ODD, number=ODD, fields={ODD: ODD, "word": ODD})

    [row] = page(fact).told()

    assert row["Why"] == ODD
    assert row["Who"].endswith(f"as {ODD}")
    assert f"{ODD}: {ODD}" in row["What it says"]


def test_what_may_not_be_read_and_what_is_gone_look_unlike_what_was_typed() -> None:
    shown = page(made(fields={"text": "[sealed]"}, reason="[erased]"), made(2))

    gone = [v for tag, name, v in shown.attributes if (tag, name, v) == ("span", "class", "gone")]
    assert len(gone) == 2


def test_what_stands_deep_is_said_with_the_way_to_it_and_times_as_elsewhere() -> None:
    basis = {"due": "2026-11-23T04:42:00.000000Z", "counted": ["a", "b"], "moved": None}

    [row] = page(made(fields={"obligation": {"basis": basis}}), zone=SHANGHAI).told()

    assert row["What it says"] == (
        "obligation.basis.counted 1: aobligation.basis.counted 2: b"
        "obligation.basis.due: 2026-11-23 12:42:00+08:00"
    )


def test_what_is_too_much_to_read_is_cut_and_says_so() -> None:
    [row] = page(made(fields={"rows": ["值"] * (MOST + 2)})).told()

    assert row["What it says"].count("值") == MOST
    assert row["What it says"].endswith("… 2 more: all of them are in ocel.json")


def test_what_is_too_long_to_read_is_cut_and_says_so() -> None:
    [row] = page(made(fields={"content": "长" * (LONGEST + 1)})).told()

    shown, said = row["What it says"].split(" … ")
    assert shown == f"content: {'长' * LONGEST}"
    assert said == f"({LONGEST + 1} characters; all of them are in ocel.json)"
