"""What a pack's report says of given rows, in figures worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lineage import traced
from domain.pack_content import PackContent, PackInvalid
from domain.report import BEHIND, Report, compute, in_text
from tests.support.facts import INSTALLATION_PACK


@dataclass(frozen=True)
class Told:
    """A row of which only this is known."""

    number: int
    says: Mapping[str, Any]

    @property
    def ticket_id(self) -> UUID:
        return UUID(int=self.number)

    def look(self, path: str) -> Any:
        return self.says.get(path)


def told(*rows: Mapping[str, Any]) -> list[Told]:
    return [Told(number, says) for number, says in enumerate(rows, start=1)]


def report(**says: Any) -> Report:
    return msgspec.convert({"title": "报表", **says}, Report)


def measured(measure: Mapping[str, Any], rows: Sequence[Told]) -> dict[str, Any]:
    """What one measure of these rows says."""
    result = compute(report(measures={"it": measure}), rows, year=2026)
    figure: dict[str, Any] = result["measures"]["it"]
    return figure


def value_of(measure: Mapping[str, Any], *values: Any) -> Any:
    return measured(measure, told(*({"form.x": v} for v in values)))["value"]


@pytest.mark.parametrize(
    ("holding", "of", "said"),
    [
        *(
            (4, 5, "80"),
            (19, 24, "79.2"),
            (2, 3, "66.7"),
            (1, 3, "33.3"),
            (0, 3, "0"),
            (3, 3, "100"),
        ),
        *((1, 16, "6.3"), (1, 2000, "0.1"), (1, 2001, "0")),
    ],
)
def test_a_share_is_a_percentage_of_one_decimal_place_rounded_half_up(
    holding: int, of: int, said: str
) -> None:
    rows = told(*({"count.visit": 0 if n < holding else 1} for n in range(of)))

    figure = measured({"share": {"value": "count.visit", "is": 0}}, rows)

    assert (figure["value"], figure["numerator"], figure["denominator"]) == (said, holding, of)
    assert figure["tickets"] == [row.ticket_id for row in rows[:holding]][:BEHIND]


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("mean", [1, 2, 2], "1.67"),
        ("mean", ["0.125", "0.125"], "0.13"),
        ("mean", [Decimal(1) / 3, Decimal(1) / 3, Decimal(1) / 3], "0.33"),
        ("sum", [Decimal("0.055") / 3] * 3, "0.06"),
        ("median", [9, 1, 5], "5"),
        ("median", [1, 2, "2.5", 100], "2.25"),
        ("p90", list(range(1, 11)), "9"),
        ("p90", list(range(1, 12)), "10"),
        ("p90", [7], "7"),
        ("sum", [1, "2.5", None], "3.5"),
        ("sum", [Decimal(1) / 3] * 3, "1"),
        ("min", [3, "-0.5", 2], "-0.5"),
        ("max", [3, 20, 10], "20"),
        ("max", [100], "100"),
    ],
)
def test_a_statistic_is_that_of_the_values_that_there_are(
    kind: str, values: list[Any], said: str
) -> None:
    assert value_of({kind: "form.x"}, *values) == said


def test_a_value_that_is_no_number_does_not_count() -> None:
    rows = told(*({"form.x": v} for v in (4, None, "无", True, "NaN", "1e30", [1], "6")))

    figure = measured({"mean": "form.x"}, rows)

    assert figure == {"value": "5", "tickets": [UUID(int=1), UUID(int=8)]}


@pytest.mark.parametrize("kind", ["mean", "median", "p90", "min", "max"])
def test_of_nothing_there_is_no_statistic(kind: str) -> None:
    assert value_of({kind: "form.x"}) is None
    assert value_of({kind: "form.x"}, None) is None


def test_a_ratio_is_what_percent_one_sum_is_of_another_and_names_both() -> None:
    ratio = {"ratio": ["form.cases", "form.orders"]}
    rows = told({"form.cases": 2, "form.orders": 300}, {"form.cases": 4}, {"form.orders": 900})

    assert measured(ratio, rows) == {
        "value": "0.5",
        "numerator": 6,
        "denominator": 1200,
        "tickets": [row.ticket_id for row in rows],
    }
    assert measured(ratio, told({"form.cases": 2}))["value"] is None


def test_of_nothing_there_is_no_share_but_a_count_and_a_sum() -> None:
    share = measured({"share": {"value": "form.x", "filled": True}}, [])

    assert share == {"value": None, "numerator": 0, "denominator": 0, "tickets": []}
    assert measured({"count": True}, []) == {"value": 0, "tickets": []}
    assert value_of({"sum": "form.x"}) == "0"


def test_several_scores_are_weighted_row_by_row_and_told_as_percent_of_the_best() -> None:
    scores = {
        "mean": "survey.service",
        "weights": {"survey.service": 3, "survey.care": 1},
        "out_of": 5,
    }
    rows = told(
        {"survey.service": 5, "survey.care": 1},  # (15 + 1) / 4 = 4
        {"survey.service": "2.5"},  # 2.5: care was not asked
        {},
    )

    figure = measured(scores, rows)

    assert figure == {"value": "65", "tickets": [UUID(int=1), UUID(int=2)]}


def test_only_rows_for_which_it_holds_are_counted() -> None:
    asked = report(where={"value": "this.channel", "is": "phone"}, measures={"n": {"count": True}})
    rows = told({"this.channel": "phone"}, {"this.channel": "mail"}, {"this.channel": "phone"})

    result = compute(asked, rows, year=2026)

    assert result["rows"] == 2
    assert result["measures"]["n"] == {"value": 2, "tickets": [UUID(int=1), UUID(int=3)]}


def test_groups_come_in_the_order_of_their_values_and_nothing_comes_last() -> None:
    asked = report(by=["form.region", "form.size"], measures={"n": {"count": True}})
    rows = told(
        {"form.region": "南"},
        {"form.region": "北", "form.size": 10},
        {"form.size": 1},
        {"form.region": "北", "form.size": 9},
        {"form.region": "北", "form.size": 10},
    )

    groups = compute(asked, rows, year=2026)["groups"]

    assert [(*g["by"].values(), g["rows"], g["measures"]["n"]["value"]) for g in groups] == [
        ("北", 9, 1, 1),
        ("北", 10, 2, 2),
        ("南", None, 1, 1),
        (None, 1, 1, 1),
    ]
    assert list(groups[0]["by"]) == ["form.region", "form.size"]


def test_every_code_has_its_place_even_with_nothing_behind_it() -> None:
    asked = report(by=["form.cause"], codes="causes", measures={"n": {"count": True}})
    rows = told({"form.cause": "noise"}, {"form.cause": "else"}, {"form.cause": "price"}, {})

    groups = compute(asked, rows, year=2026, codes=["wait", "price", "noise"])["groups"]

    assert [(g["by"]["form.cause"], g["measures"]["n"]["value"]) for g in groups] == [
        ("wait", 0),
        ("price", 1),
        ("noise", 1),
        ("else", 1),
        (None, 1),
    ]


def test_a_list_shows_its_columns_row_by_row() -> None:
    asked = report(list=["this.number", "hours.opened.closed"])
    rows = told({"this.number": "2026-0001", "hours.opened.closed": Decimal(2) / 3}, {})

    result = compute(asked, rows, year=2026)

    assert result["list"] == [
        {"this.number": "2026-0001", "hours.opened.closed": "0.67"},
        {"this.number": None, "hours.opened.closed": None},
    ]
    assert result["measures"] == {}


@pytest.mark.parametrize(
    ("year", "holding", "required", "met"),
    [
        *((2025, 19, "95", True), (2025, 18, "95", False), (2026, 19, "95.5", False)),
        *((2024, 19, "94.5", True), (2035, 20, "100", True)),
    ],
)
def test_a_target_is_met_or_missed_and_grows_year_by_year(
    year: int, holding: int, required: str, met: bool
) -> None:
    target = {"value": 95, "step_per_year": "0.5", "base_year": 2025, "measure": "rate"}
    share = {"share": {"value": "form.ok", "is": True}}
    asked = report(measures={"n": {"count": True}, "rate": share}, target=target)
    rows = told(*({"form.ok": n < holding} for n in range(20)))

    assert compute(asked, rows, year=year)["target"] == {
        "measure": "rate",
        "required": required,
        "met": met,
    }


def test_a_target_is_held_against_the_exact_figure_not_the_one_that_is_shown() -> None:
    share = {"share": {"value": "form.ok", "is": True}}
    asked = report(measures={"rate": share}, target={"value": "66.7"})
    rows = told({"form.ok": True}, {"form.ok": True}, {"form.ok": False})

    result = compute(asked, rows, year=2026)

    assert result["measures"]["rate"]["value"] == "66.7"
    assert result["target"]["met"] is False


@pytest.mark.parametrize(
    ("count", "year", "required", "met"),
    [(1, 2025, "1", True), (2, 2025, "1", False), (2, 2026, "2", True)],
)
def test_a_target_may_be_what_is_not_exceeded(count: int, year: int, required: str, met: bool):
    target = {"at_most": 1, "step_per_year": 1, "base_year": 2025}
    asked = report(measures=COUNT, target=target)

    assert compute(asked, told(*count * [{}]), year=year)["target"] == {
        **{"measure": "n", "required": required},
        **{"met": met, "is_most": True},
    }


def test_of_nothing_no_target_is_met_or_missed() -> None:
    asked = report(measures={"mean": {"mean": "form.x"}}, target={"value": 4})

    assert compute(asked, [], year=2026)["target"]["met"] is None


def test_a_trend_says_what_was_before_and_the_difference() -> None:
    asked = report(
        trend=True,
        measures={
            "n": {"count": True},
            "rate": {"share": {"value": "form.x", "above": 1}},
            "x": {"mean": "form.x"},
            "y": {"mean": "form.y"},
        },
    )
    now = told({"form.x": 1, "form.y": 1}, {"form.x": 2}, {"form.x": 4})
    before = told({"form.x": 3}, {"form.x": 1})

    trend = compute(asked, now, year=2026, before=before)["trend"]

    assert trend == {
        "n": {"before": 2, "difference": 1},
        "rate": {"before": "50", "difference": "16.7"},
        "x": {"before": "2", "difference": "0.33"},
        "y": {"before": None, "difference": None},
    }


def test_a_figure_names_each_ticket_behind_it_once_and_no_more_than_so_many() -> None:
    asked = report(over=["visit"], measures={"n": {"count": True}})
    rows = [Told(n // 2, {}) for n in range(2 * BEHIND + 10)]

    figure = compute(asked, rows, year=2026)["measures"]["n"]

    assert figure["value"] == 2 * BEHIND + 10
    assert figure["tickets"] == [UUID(int=n) for n in range(BEHIND)]


@pytest.mark.parametrize(
    ("value", "places", "said"),
    [
        *(("79.25", 1, "79.3"), ("-0.004", 2, "0"), ("-0.005", 2, "-0.01"), ("1200", 2, "1200")),
        *(("0.05", 2, "0.05"), ("99999999999999999999.994", 2, "99999999999999999999.99")),
    ],
)
def test_a_figure_in_text_has_no_zeros_at_its_end(value: str, places: int, said: str) -> None:
    assert in_text(Decimal(value), places) == said


@pytest.mark.parametrize(
    ("over", "words"),
    [("tickets", ()), ("visit", ("visit",)), (["visit", "call"], ("visit", "call"))],
)
def test_a_report_is_over_tickets_or_words(over: Any, words: tuple[str, ...]) -> None:
    assert report(over=over, measures={"n": {"count": True}}).words == words


COUNT = {"n": {"count": True}}


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        ({}, "measures or lists something"),
        ({"measures": {"n": {}}}, "a measure is one of"),
        ({"measures": {"n": {"count": True, "sum": "form.x"}}}, "a measure is one of"),
        ({"measures": {"n": {"mean": "form.x", "out_of": 0}}}, "above 0"),
        ({"measures": {"n": {"mean": "form.x", "out_of": "NaN"}}}, "above 0"),
        ({"measures": {"n": {"mean": "form.x", "weights": {"form.x": -1}}}}, "above 0"),
        ({"measures": COUNT, "codes": "causes"}, "one path to group by"),
        ({"measures": COUNT, "target": {"value": 1, "measure": "m"}}, "names one of the measures"),
        ({"list": ["this.number"], "target": {"value": 1}}, "names one of the measures"),
        ({"measures": COUNT, "target": {}}, "a value, or at_most"),
        ({"measures": COUNT, "target": {"value": 1, "at_most": 1}}, "a value, or at_most"),
        ({"measures": COUNT, "rate_of": {}}, "rate_of"),
    ],
)
def test_a_pack_with_an_unsound_report_is_none(says: dict[str, Any], complaint: str) -> None:
    content = {**INSTALLATION_PACK, "reports": {"r": {"title": "报表", **says}}}

    with pytest.raises(PackInvalid, match=complaint):
        PackContent.read(content)


cells = st.fixed_dictionaries(
    {},
    optional={
        "form.a": st.sampled_from(["甲", "乙", 1, 2, True]),
        "form.b": st.sampled_from(["x", "y", None]),
        "form.x": st.integers(-5, 5) | st.decimals(-5, 5, places=2).map(str),
    },
)


@given(st.lists(cells, max_size=30), st.lists(st.sampled_from(["甲", "丙"]), unique=True))
def test_the_groups_together_are_the_whole(rows: list[dict[str, Any]], codes: list[str]) -> None:
    measures = {
        "n": {"count": True},
        "sum": {"sum": "form.x"},
        "share": {"share": {"value": "form.x", "above": 0}},
        "most": {"max": "form.x"},
    }
    for by in (["form.a"], ["form.a", "form.b"]):
        result = compute(
            report(by=by, measures=measures),
            told(*rows),
            year=2026,
            codes=codes if len(by) == 1 else (),
        )
        whole, groups = result["measures"], [group["measures"] for group in result["groups"]]

        assert result["rows"] == len(rows) == sum(group["rows"] for group in result["groups"])
        assert whole["n"]["value"] == sum(g["n"]["value"] for g in groups)
        for part in ("numerator", "denominator"):
            assert whole["share"][part] == sum(g["share"][part] for g in groups)
        sums = [Decimal(g["sum"]["value"]) for g in groups]
        assert Decimal(whole["sum"]["value"]) == sum(sums, Decimal())
        most = [Decimal(v) for g in groups if (v := g["most"]["value"]) is not None]
        assert (whole["most"]["value"] is None) == (not most)
        assert not most or Decimal(whole["most"]["value"]) == max(most)
        for name in measures:
            behind = [ticket for g in groups for ticket in g[name]["tickets"]]
            assert sorted(behind) == sorted(whole[name]["tickets"])


@pytest.mark.parametrize(
    ("sizes", "core"),
    [
        ([10, 80, 10], [80]),
        ([79, 1, 20], [79, 20]),
        ([0, 0], []),
        ([], []),
        ([5, None, 5], [5, 5]),
        ([40, 40, 10, 10], [40, 40]),
    ],
)
def test_the_core_is_the_fewest_that_have_so_much(sizes: list[Any], core: list[int]) -> None:
    asked = report(core={"of": "form.x", "percent": 80}, list=["form.x"])

    found = compute(asked, told(*({"form.x": size} for size in sizes)), year=2026)

    assert [row["form.x"] for row in found["list"]] == core


def test_who_is_beyond_the_core_says_so() -> None:
    asked = report(
        core={"of": "form.x", "percent": 80},
        where={"value": "form.x", "filled": True},
        measures=COUNT,
    )

    found = traced(asked, told(*({"form.x": size} for size in (10, 80, None))))

    assert [row.why_not for row in found] == [
        "not among the fewest that have 80 % of form.x",
        None,
        'form.x is nothing, asked for: {"value":"form.x","filled":true}',
    ]
    assert found[0].values == {"form.x": 10}


def test_a_report_over_clients_is_over_no_words() -> None:
    asked = report(over="clients", list=["client.id"])

    assert (asked.is_of_tickets, asked.words) == (False, ())
