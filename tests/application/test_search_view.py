"""The view of search as a pure function: a row for each sealed text, and none for anything else."""

from __future__ import annotations

from typing import Any

import pytest

from application.blind_index import BlindIndex
from application.views.search import SearchRow, SearchView
from domain.aggregate import Aggregate
from domain.sealed import Sealed
from domain.ticket import Ticket, Visibility
from tests.support.facts import (
    C1,
    CONSULTATION,
    LI_NA,
    M1,
    NOON,
    T1,
    act,
    because,
    event_classes,
    opened,
    said,
)
from tests.support.views import folded, recorded

INDEX = BlindIndex(lambda: b"k" * 32)


def rows_of(*aggregates: Aggregate, box: str | None = None) -> dict[Any, SearchRow]:
    """`box`: what every box holds."""
    return folded(SearchView(INDEX, lambda _: box), recorded(*aggregates))


def test_a_matter_is_a_row_with_its_place_and_its_numbers() -> None:
    rows = rows_of(opened(matter="楼下施工噪音"))

    assert rows == {
        "1/matter": SearchRow(
            place="1/matter",
            position=1,
            field="matter",
            ticket_id=T1,
            version=1,
            topic="ticket.opened",
            visibility="client",
            subject_id=C1,
            occurred_at=NOON,
            text=said(C1, "楼下施工噪音"),
            tokens=INDEX.of_text("楼下施工噪音"),
        )
    }


def test_the_reason_of_an_act_is_found_as_well() -> None:
    ticket = opened()
    ticket.offer_transfer(M1, "客户要装有线电视", act=because("不懂技术"))

    rows = rows_of(ticket)

    assert {key: row.text.text for key, row in rows.items()} == {
        "1/matter": "有线电视安装",
        "2/reason": "不懂技术",
        "2/summary": "客户要装有线电视",
    }


def test_texts_deep_in_a_form_have_their_path_as_field() -> None:
    ticket = opened()
    ticket.take_step("clarify", {}, CONSULTATION, act=_with_slip(ticket))
    event = recorded(ticket)[-1].event
    event.form["seen"] = [{"by": said(C1, "张三")}, {"by": said(C1, "李四")}, "open"]

    rows = rows_of(ticket)

    assert {key: row.text.text for key, row in rows.items() if "form" in key} == {
        "3/form.seen.0.by": "张三",
        "3/form.seen.1.by": "李四",
    }


def _with_slip(ticket: Ticket) -> Any:
    ticket.issue_slip(year=2026, act=act())
    return act()


@pytest.mark.parametrize("visibility", Visibility)
def test_a_note_says_itself_who_may_see_it(visibility: Visibility) -> None:
    ticket = opened()
    ticket.note("客户来过", visibility, act=act())

    assert rows_of(ticket)["2/text"].visibility == visibility


def test_what_a_client_is_told_is_for_clients_and_all_else_is_not() -> None:
    ticket = opened()
    ticket.escalate(M1, "可以减免吗", act=act())
    ticket.instruct("可以", act=act(M1))
    ticket.answer("周一至周五", True, CONSULTATION, act=because("电话"))
    ticket.complete("已告知", CONSULTATION, act=act(LI_NA))

    assert {key: row.visibility for key, row in rows_of(ticket).items()} == {
        "1/matter": "client",
        "2/question": "internal",
        "3/text": "internal",
        "4/text": "client",
        "4/reason": "internal",
        "5/result": "internal",
    }


def test_a_text_is_opened_if_it_is_closed() -> None:
    [row] = rows_of(_closed(opened()), box="楼上漏水").values()

    assert row.tokens == INDEX.of_text("楼上漏水")
    assert row.text.text is None


def test_of_who_was_erased_nothing_is_kept_to_search_by() -> None:
    [row] = rows_of(_closed(opened()), box=None).values()

    assert row.tokens == []
    assert row.text.box == "box"


def _closed(ticket: Ticket) -> Ticket:
    """As the register hands it out."""
    event: Any = recorded(ticket)[0].event
    vars(event)["matter"] = Sealed(C1, None, "box")
    return ticket


def test_it_reads_whatever_happens_to_tickets() -> None:
    assert SearchView.facts == set(event_classes(Ticket))
