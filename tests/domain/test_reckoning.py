"""What a table says of a value: its own entry, or that of the highest number it reaches."""

from __future__ import annotations

from typing import Any

import pytest

from domain.reckoning import in_table

DAYS = {"2": 6, "3": 8, "10": 15}


@pytest.mark.parametrize(
    ("value", "entry"), [(1, None), (2, 6), (9, 8), ("9.5", 8), (10, 15), (40, 15), ("two", None)]
)
def test_a_number_has_the_entry_of_the_highest_that_it_reaches(value: Any, entry: Any) -> None:
    assert in_table(DAYS, value) == entry


@pytest.mark.parametrize(("value", "entry"), [("sick", 0), ("marriage", 7), ("other", None)])
def test_a_word_has_its_own_entry(value: str, entry: int | None) -> None:
    assert in_table({"sick": 0, "marriage": 7}, value) == entry


@pytest.mark.parametrize(("table", "value"), [(None, 1), (["1"], 1), (DAYS, None)])
def test_what_is_no_table_says_nothing(table: Any, value: Any) -> None:
    assert in_table(table, value) is None
