from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.sealed import ERASED, TEXT_LIMIT, Sealed, checked
from tests.support.facts import C1, C2


def test_a_text_is_kept_without_the_blanks_around_it() -> None:
    assert Sealed.of(C1, " \t第一行\n 第二行 \r\n", name="text") == Sealed(C1, "第一行\n 第二行")


@pytest.mark.parametrize("blank", ["", " ", "\n\t\r", "\u3000", "\xa0"])
def test_an_empty_text_is_refused(blank: str) -> None:
    with pytest.raises(Invalid, match="matter is empty") as refusal:
        Sealed.of(C1, blank, name="matter")

    assert refusal.value.field == "matter"


def test_the_last_character_within_the_limit_counts() -> None:
    assert checked(" 好好好 ", name="text", limit=3) == "好好好"


def test_a_text_over_the_limit_is_refused_with_both_lengths() -> None:
    with pytest.raises(Invalid, match="text has 4 characters, at most 3") as refusal:
        checked("好好好好", name="text", limit=3)

    assert refusal.value.field == "text"


def test_a_sealed_text_has_a_limit_of_its_own() -> None:
    Sealed.of(C1, "字" * TEXT_LIMIT, name="text")

    with pytest.raises(Invalid, match="characters, at most"):
        Sealed.of(C1, "字" * (TEXT_LIMIT + 1), name="text")


@pytest.mark.parametrize(
    "control", ["\x00", "\x07", "\x08", "\x1b", "\x7f", "\x85", "\x9f", "\ud800"]
)
def test_control_characters_and_halves_of_characters_are_refused(control: str) -> None:
    with pytest.raises(Invalid, match="control characters") as refusal:
        Sealed.of(C1, f"a{control}b", name="text")

    assert refusal.value.field == "text"


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\r\nb", "€ 12,50", "👩\u200d🔧", "مرحبا", "é"])
def test_what_people_type_is_taken_in_as_it_is(text: str) -> None:
    assert Sealed.of(C1, text, name="text").text == text


@given(st.text("a字é👩\u200d\u3000\u2028\u202e \t\r\n\x00\x1b\x1c\x7f\x85\xad\ud800", max_size=60))
@settings(deadline=None)
def test_a_text_taken_in_is_taken_in_again_unchanged_and_can_be_stored(text: str) -> None:
    try:
        once = checked(text, name="text", limit=50)
    except Invalid:
        return

    assert checked(once, name="text", limit=50) == once
    assert "\x00" not in once
    assert once.encode().decode() == once


def test_an_erased_text_reads_as_erased() -> None:
    assert str(Sealed(C1, None)) == ERASED == "[erased]"


def test_a_text_reads_as_it_is() -> None:
    assert str(Sealed(C1, "你好")) == "你好"


def test_the_same_words_about_another_are_another_text() -> None:
    assert Sealed(C1, "你好") != Sealed(C2, "你好")


def test_the_box_that_a_text_came_in_is_not_part_of_it() -> None:
    boxed = Sealed(C1, "你好", box="T1:1:ticket.noted:text:…")

    assert boxed == Sealed(C1, "你好")
    assert "T1" not in repr(boxed)
