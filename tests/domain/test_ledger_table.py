"""Tables: the first case that holds says how much, to the last fen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from domain.errors import Invalid
from domain.ledger_check import table_faults
from domain.ledger_table import Grade, NoAmount, Reckoned, Table, told
from domain.period import bounds
from domain.zone import Zone


def table(**words: Any) -> Table:
    return msgspec.convert({"title": "表", **words}, Table)


def reckoned(case: dict[str, Any], **facts: Any) -> Reckoned:
    return table(cases=[case]).reckoned(told(facts, {}, lambda _: None))


@pytest.mark.parametrize(
    ("case", "facts", "hundredths"),
    [
        ({"each": 30}, {}, 3_000),
        ({"each": 0.05, "by": "form.paid"}, {"paid": "10000"}, 50_000),
        ({"each": 0.05, "by": "form.paid"}, {"paid": "0.10"}, 1),  # half a fen is one
        ({"each": 0.05, "by": "form.paid"}, {"paid": "0.09"}, 0),
        ({"each": 1, "by": "form.a", "per": "form.b"}, {"a": "1", "b": "3"}, 33),
        ({"each": 1, "by": "form.a", "out_of": 13000, "at_most": 1}, {"a": "26000"}, 100),
        (
            {"each": 50, "years": ["form.a", "form.b"]},
            {"a": "2024-02-29", "b": "2025-02-28"},
            0,
        ),
    ],
)
def test_how_much_a_case_says(case: Any, facts: Any, hundredths: int):
    assert reckoned(case, **facts).amount == hundredths


@pytest.mark.parametrize(
    "facts", [{}, {"a": "x", "b": "1"}, {"a": "1", "b": "0"}, {"a": None, "b": "1"}]
)
def test_what_is_no_number_has_no_amount(facts: Any):
    with pytest.raises(NoAmount):
        reckoned({"each": 1, "by": "form.a", "per": "form.b"}, **facts)


GRADES = {"minor": Grade(title="轻微", sanctions=("warning",))}


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"grade": "grave"}, "grade: a code of misconduct is a penalty, of a grade of its pack"),
        ({"grade": "minor", "kind": "bonus"}, "grade: a code of misconduct is a penalty"),
        ({"grade": "minor", "cases": [{"sanctions": ["fine"]}]}, "cases.0: minor misconduct"),
        ({"also": ["nothing"]}, "also: no table is called nothing"),
        ({"joint": {"leader": "nothing"}}, "joint: no table is called nothing"),
        ({"follows": "nothing"}, "follows: no table is called nothing"),
        ({"once_per": ["order"]}, "once_per: the form has no field order"),
        ({"cases": [{"each": 1, "by": "form.nothing"}]}, "form.nothing leads nowhere"),
        ({"cases": [{"when": {"value": "this.age", "is": 1}}]}, "this.age leads nowhere"),
        (
            {"guards": [{"rule": "RW-01", "says": "否", "upon": ["paid"]}]},
            "guards.0.upon: an entry is",
        ),
        ({"proofs": {"ticket": {"says": "否"}}}, "proofs.ticket: the form has no such field"),
        (
            {
                "form": {"ticket": {"title": "单", "type": "reference"}},
                "proofs": {"ticket": {"says": "否", "upon": ["paid"], "procedure": "x"}},
            },
            "proofs.ticket.upon: an entry is",
        ),
        (
            {
                "form": {"ticket": {"title": "单", "type": "reference"}},
                "proofs": {"ticket": {"says": "否", "after": ["adopt"]}},
            },
            "proofs.ticket: an assessment goes through no steps",
        ),
        ({"form": {"gift": {"title": "礼", "type": "choice"}}}, "form.gift: a choice needs"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_place(words: Any, fault: str):
    [found] = table_faults({"one": table(**words)}, GRADES, ())

    assert found.startswith(f"ledger.one.{fault}")


def test_who_decides_has_a_role_that_there_is():
    assert table_faults({"one": table(decided_by=["king"])}, {}, ()) == [
        "ledger.one.decided_by: no role king"
    ]


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("2026-12", (2026, 12), (2027, 1)),
        ("2026-Q4", (2026, 10), (2027, 1)),
        ("2026-H1", (2026, 1), (2026, 7)),
        ("2026", (2026, 1), (2027, 1)),
    ],
)
def test_a_period_is_from_its_first_instant_up_to_that_of_the_next(
    period: str, since: tuple[int, int], until: tuple[int, int]
):
    found = bounds(period, Zone("UTC"))

    assert found == tuple(datetime(*month, 1, tzinfo=UTC) for month in (since, until))


@pytest.mark.parametrize("period", ["", "2026-13", "2026-00", "26-11", "2026-Q5", "2999", "2026-1"])
def test_what_is_no_period_is_refused(period: str):
    with pytest.raises(Invalid):
        bounds(period, Zone("UTC"))
