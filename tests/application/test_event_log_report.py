from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.reports.event_log import event_log, log_asked_for
from application.views.ticket_history import TakenStep
from domain.errors import NotFound
from domain.report import nearest_rank
from tests.support.facts import NOON

Case = Sequence[tuple[str, str, int]]
"""Word, who, and seconds after noon, of each step."""


def steps(*cases: Case) -> Iterator[TakenStep]:
    for number, case in enumerate(cases):
        for word, who, seconds in case:
            yield TakenStep(UUID(int=number), word, who, NOON + timedelta(seconds=seconds))


def plain(*words: str) -> Case:
    """A case of one person, a second a step."""
    return [(word, "甲", second) for second, word in enumerate(words)]


def test_cases_events_and_activities_are_counted() -> None:
    figures = event_log("workshop", steps(plain("接单", "检修", "取走"), plain("接单", "接单")))

    assert (figures["n_cases"], figures["n_events"]) == (2, 5)
    assert figures["activities"] == {"接单": 3, "取走": 1, "检修": 1}


def test_a_case_starts_with_its_first_step_and_ends_with_its_last() -> None:
    figures = event_log("workshop", steps(plain("a", "b", "c"), plain("b", "a"), plain("c")))

    assert figures["start_activities"] == {"a": 1, "b": 1, "c": 1}
    assert figures["end_activities"] == {"c": 2, "a": 1}


def test_activities_are_shown_the_most_frequent_first_and_then_by_name() -> None:
    figures = event_log("workshop", steps(plain("b", "c", "a", "c")))

    assert list(figures["activities"]) == ["c", "a", "b"]


def test_variants_are_told_apart_by_the_order_of_steps() -> None:
    figures = event_log("workshop", steps(plain("a", "b"), plain("b", "a"), plain("a", "b")))

    assert figures["n_variants"] == 2
    assert figures["top_variants"] == [
        {"variant": "a > b", "cases": 2},
        {"variant": "b > a", "cases": 1},
    ]


def test_variants_are_told_apart_even_where_they_read_the_same() -> None:
    figures = event_log("workshop", steps(plain("a", "b"), plain("a > b")))

    assert figures["n_variants"] == 2


def test_ten_variants_are_shown_and_equals_by_their_text() -> None:
    cases = [plain(letter) for letter in "lkjihgfedcba"]

    figures = event_log("workshop", steps(*cases))

    assert figures["n_variants"] == 12
    assert [top["variant"] for top in figures["top_variants"]] == list("abcdefghij")


def test_throughput_runs_from_the_first_event_of_a_case_to_its_last() -> None:
    cases = [[("a", "甲", 0), ("b", "甲", seconds)] for seconds in (10, 20, 40)]

    figures = event_log("workshop", steps(*cases, plain("a")))

    assert figures["throughput_seconds_first_to_last_event_all_cases"] == {
        "n": 4,
        "min": 0.0,
        "mean": 17.5,
        "median_nearest_rank": 10.0,
        "p90_nearest_rank": 40.0,
        "p95_nearest_rank": 40.0,
        "max": 40.0,
    }


def test_a_handover_is_a_step_of_another_person_than_the_one_before() -> None:
    there_and_back = [("a", "甲", 0), ("b", "乙", 1), ("c", "乙", 2), ("d", "甲", 3)]
    passed_on = [("a", "甲", 0), ("b", "乙", 1)]

    figures = event_log("workshop", steps(there_and_back, passed_on, plain("a", "b")))

    assert figures["resources"] == {"distinct": 2}
    assert figures["handovers"]["total"] == 3
    assert figures["handovers"]["cases_with_at_least_one"] == 2


def test_the_next_case_of_another_person_is_no_handover() -> None:
    figures = event_log("workshop", steps([("a", "甲", 0)], [("a", "乙", 0)]))

    assert figures["handovers"]["total"] == 0


def test_a_log_without_steps_has_figures_too() -> None:
    figures = event_log("workshop", steps())

    assert (figures["n_cases"], figures["n_events"], figures["top_variants"]) == (0, 0, [])
    throughput = figures["throughput_seconds_first_to_last_event_all_cases"]
    assert (throughput["n"], throughput["median_nearest_rank"]) == (0, None)


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("甲乙丙")), min_size=1)))
def test_the_sums_agree(cases: list[list[tuple[str, str]]]) -> None:
    timed = [[(word, who, n) for n, (word, who) in enumerate(case)] for case in cases]

    figures = event_log("workshop", steps(*timed))

    handovers = figures["handovers"]
    assert figures["n_events"] == sum(map(len, cases)) == sum(figures["activities"].values())
    assert figures["n_cases"] == len(cases) == sum(figures["start_activities"].values())
    assert figures["n_cases"] == sum(figures["end_activities"].values())
    assert figures["n_variants"] == len({tuple(word for word, _ in case) for case in cases})
    assert sum(top["cases"] for top in figures["top_variants"]) <= figures["n_cases"]
    assert handovers["cases_with_at_least_one"] <= handovers["total"]
    assert handovers["total"] <= figures["n_events"] - figures["n_cases"]


@given(st.lists(st.integers(), min_size=1), st.integers(min_value=1, max_value=100))
def test_the_nearest_rank_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[int], percent: int
) -> None:
    ranked = nearest_rank(sorted(values), percent)

    enough = [v for v in values if sum(w <= v for w in values) * 100 >= percent * len(values)]
    assert ranked == min(enough)


def test_the_only_log_need_not_be_named() -> None:
    assert log_asked_for(None, ["workshop"]) == "workshop"


def test_of_several_logs_one_is_named() -> None:
    logs = ["helpdesk", "workshop"]

    assert log_asked_for("helpdesk", logs) == "helpdesk"
    with pytest.raises(NotFound, match="which log"):
        log_asked_for(None, logs)


def test_what_is_no_log_has_no_report() -> None:
    with pytest.raises(NotFound, match="consultation; imported: none"):
        log_asked_for("consultation", [])
