"""Words in sealed texts: whatever stands in a text is found, by numbers that say nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from application.blind_index import AROUND, BlindIndex, holds, normalised, snippet, words_of
from domain.errors import Invalid

INDEX = BlindIndex(lambda: b"k" * 32)
COMPLAINT = "小区施工噪音扰民，物业不管。"

texts = st.text(
    st.sampled_from("噪音扰民物业公积金 \n\t　ABcé１ﬁß") | st.characters(exclude_categories=["Cs"]),
    max_size=40,
)


def may_hold(text: str, asked: str) -> bool:
    """What the database says: all numbers of the words are among those of the text."""
    return set(INDEX.of_words(words_of(asked))) <= set(INDEX.of_text(text))


plain = st.text(
    st.sampled_from("， 。！？ＡｂＺ１～、「》")
    | st.characters(codec="ascii", categories=["L", "N", "P"])
    | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
)


@given(plain)
def test_plain_chinese_is_normalised_as_any_other_text_is(text: str) -> None:
    assert normalised(text + "é") == normalised(text) + "é"


def test_every_plain_character_is_normalised_as_any_other_is() -> None:
    marks = (0x3001, 0x3002, *range(0x3007, 0x3012))
    narrow, wide, common = range(0x20, 0x7F), range(0xFF01, 0xFF5F), range(0x4E00, 0xA000)

    text = "".join(map(chr, (*narrow, *marks, *wide, *common)))

    assert normalised(text + "é") == normalised(text) + "é"


@given(texts, st.data())
def test_every_part_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    said = normalised(text)
    assume(said)
    start = data.draw(st.integers(0, len(said) - 1))
    end = data.draw(st.integers(start + 1, len(said)))

    part = said[start:end]

    assume(normalised(part))
    assert may_hold(text, part)
    assert holds(text, words_of(part))


@given(texts, st.lists(texts, min_size=1, max_size=3))
def test_nothing_else_is_found_and_nothing_is_missed(text: str, asked: list[str]) -> None:
    question = " ".join(asked)
    assume(normalised(question))

    found = may_hold(text, question) and holds(text, words_of(question))

    assert found == all(normalised(word) in normalised(text) for word in question.split())


@given(texts)
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (COMPLAINT, "噪音"),
        (COMPLAINT, "噪"),
        (COMPLAINT, "物业 噪音"),
        (COMPLAINT, "物业　噪音"),
        ("联系人：张　三", "张三"),
        ("下水道堵\n塞三天", "堵塞"),
        ("ＷｉＦｉ断线", "wifi"),
        ("拆\u200b迁", "拆迁"),
        ("Straße", "STRASSE"),
        ("Cafe\u0301", "café"),
    ],
)
def test_what_reads_alike_is_found(text: str, asked: str) -> None:
    assert may_hold(text, asked)
    assert holds(text, words_of(asked))


@pytest.mark.parametrize("asked", ["音噪", "物业费", "噪音 地铁", "公积金"])
def test_what_is_not_there_is_not_found(asked: str) -> None:
    assert not holds("噪音，物业，公积，积金", words_of(asked))


def test_a_text_of_the_same_pairs_may_hold_the_word_and_does_not() -> None:
    assert may_hold("公积，积金", "公积金")
    assert not holds("公积，积金", words_of("公积金"))


@pytest.mark.parametrize("asked", ["", "   ", "　\n", "\u200b", "\u200b \ufeff"])
def test_blanks_are_no_question(asked: str) -> None:
    with pytest.raises(Invalid) as refused:
        words_of(asked)

    assert refused.value.field == "q"


def test_the_numbers_say_nothing_of_the_order_nor_how_often() -> None:
    numbers = INDEX.of_text("扰民扰民扰民")

    assert numbers == sorted(set(numbers))
    assert len(numbers) == len({"扰", "民", "扰民", "民扰"})


def test_the_numbers_fit_a_bigint_and_use_it() -> None:
    numbers = INDEX.of_text(COMPLAINT)

    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert max(map(abs, numbers)) > 2**58


def test_another_secret_makes_other_numbers() -> None:
    other = BlindIndex(lambda: b"K" * 32)

    assert not {*other.of_text(COMPLAINT)} & {*INDEX.of_text(COMPLAINT)}


@given(texts, st.data())
def test_a_snippet_shows_the_word(text: str, data: st.DataObject) -> None:
    said = normalised(text)
    assume(said)
    start = data.draw(st.integers(0, len(said) - 1))
    word = normalised(said[start : start + data.draw(st.integers(1, 5))])
    assume(word in said)
    assume(word)

    assert word in normalised(snippet(text, word))


@pytest.mark.parametrize(
    ("text", "word", "shown"),
    [
        ("噪音扰民", "噪音", "噪音扰民"),
        ("甲" * 99 + "噪\n 音" + "乙" * 99, "噪音", f"…{'甲' * AROUND}噪 音{'乙' * AROUND}…"),
        ("甲" * AROUND + "ＡＢ" + "乙" * AROUND, "ab", f"{'甲' * AROUND}ＡＢ{'乙' * AROUND}"),
        ("甲噪音，乙噪音" + "丙" * 50, "噪音", f"甲噪音，乙噪音{'丙' * 26}…"),
    ],
)
def test_a_snippet_is_the_first_place_as_it_is_written(text: str, word: str, shown: str) -> None:
    assert snippet(text, word) == shown
