"""Rows as they are shown: written out at once, they are what they would be step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from application.views.showing import encoded, plain
from application.views.ticket_history import HistoryRow
from domain.sealed import ERASED, Sealed
from tests.support.facts import C1, LI_NA, NOON, T1

TEXTS = {"box-1": "有线电视", "box-2": None}
"""What is in each box; None: the key is gone."""

ROW = HistoryRow(
    position=7,
    ticket_id=T1,
    version=2,
    topic="ticket.noted",
    by="staff:1",
    acting_for=None,
    role="cs_officer",
    command_id="c",
    reason=Sealed(C1, None, "box-1"),
    occurred_at=NOON,
    recorded_at=NOON,
    number=None,
    step=None,
    word=None,
    done_by_id=LI_NA,
    details={"deep": [{"text": Sealed(C1, None, "box-2")}], "list": [1, 2.5, None, True]},
)


@pytest.mark.parametrize(
    "shown",
    [
        ROW,
        {"items": [ROW, replace(ROW, reason=Sealed(C1, "in clear"))], "next": "abc"},
        Sealed(C1, None, "box-1"),
        [Sealed(C1, None)],
    ],
)
def test_what_is_written_out_is_what_it_says_in_plain(shown: Any) -> None:
    assert encoded(shown, TEXTS.__getitem__) == msgspec.json.encode(plain(shown, TEXTS.__getitem__))


def test_sealed_texts_are_opened_on_the_way_and_erased_ones_say_so() -> None:
    said = msgspec.json.decode(encoded(ROW, TEXTS.__getitem__))

    assert said["reason"] == "有线电视"
    assert said["details"]["deep"] == [{"text": ERASED}]


def test_a_sealed_text_is_not_written_out_by_accident() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(ROW)


def test_what_nobody_knows_how_to_show_is_not_shown() -> None:
    with pytest.raises(TypeError):
        encoded({"what": object()}, TEXTS.__getitem__)
