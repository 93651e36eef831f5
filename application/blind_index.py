"""Finding words in sealed texts: what is kept of a text says nothing without a secret.

A text is taken apart into its characters and pairs of neighbours, each of which becomes a number
under a key. Who asks for a word asks for the numbers of its pairs: no dictionary of words is
needed, so Chinese is found as it is written. What has all the numbers is opened and looked at.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate, chain
from string import ascii_uppercase
from typing import NewType

from domain.errors import Invalid

Tokens = NewType("Tokens", list[int])
"""The numbers of a text, each once, in the order of their values; 64 bits, signed."""

KEPT = 200_000
"""How many numbers a process has at hand at most."""

AROUND = 30
"""How many characters a snippet shows on either side of the word."""

_PLAIN = re.compile("[ -~\u3001-\u3002\u3007-\u3011\u4e00-\u9fff\uff01-\uff5e]*")
"""Most of what is written in Chinese; here no character has to do with its neighbours."""

_PLAINLY = {
    **{ord(" "): None},
    **{ord(c): c.lower() for c in ascii_uppercase},
    **{wide: chr(wide - 0xFEE0).lower() for wide in range(0xFF01, 0xFF5F)},
}
"""What each of these becomes."""

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


class BlindIndex:
    """Makes the numbers. `secret` is asked at first use."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret
        self._known = _Numbers(self._digest)

    def of_text(self, text: str) -> Tokens:
        """What is kept of a text."""
        said = normalised(text)
        return self._numbers(chain(said, _pairs(said)))

    def of_words(self, words: Iterable[str]) -> Tokens:
        """What a text has, and perhaps others have too, that holds all these words."""
        return self._numbers({gram for word in words for gram in (set(_pairs(word)) or {word})})

    def _numbers(self, grams: Iterable[str]) -> Tokens:
        return Tokens(sorted(set(map(self._known.__getitem__, grams))))

    def _digest(self, gram: str) -> int:
        digest = hmac.digest(self._secret(), gram.encode(), sha256)
        return int.from_bytes(digest[:8], "big", signed=True)


def normalised(text: str) -> str:
    """What two texts that read alike have in common: wide or narrow, capital or small.

    Blanks and line breaks are left out: a name is found however it was spaced (张　三).
    """
    if _PLAIN.fullmatch(text):
        return text.translate(_PLAINLY)
    folded = text.translate(_INVISIBLE)
    for form in ("NFD", "NFKC"):
        folded = unicodedata.normalize(form, folded).casefold()
    return unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", folded).split()))


def words_of(asked: str) -> tuple[str, ...]:
    """The words between the blanks, each once, normalised. Raises Invalid, naming `q`."""
    words = dict.fromkeys(word for part in asked.split() if (word := normalised(part)))
    if not words:
        raise Invalid("nothing to look for", field="q")
    return tuple(words)


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether all of these normalised words occur."""
    said = normalised(text)
    return all(word in said for word in words)


def snippet(text: str, word: str) -> str:
    """The first place of a normalised word, as it is written, and what stands around it."""
    start, end = _found_by_characters(text, word) or _found_by_halving(text, word)
    before, after = text[: max(start, 0)], text[end:]
    shown = " ".join((before[-AROUND:] + text[max(start, 0) : end] + after[:AROUND]).split())
    return f"{'…' * (len(before) > AROUND)}{shown}{'…' * (len(after) > AROUND)}"


def _found_by_characters(text: str, word: str) -> tuple[int, int] | None:
    """From where to where it stands; None where characters are not normalised one by one."""
    parts = [_normalised_character(character) for character in text]
    said = "".join(parts)
    at = said.find(word)
    if at < 0 or said != normalised(text):
        return None
    ends = list(accumulate(map(len, parts)))
    return bisect_right(ends, at), bisect_left(ends, at + len(word)) + 1


def _found_by_halving(text: str, word: str) -> tuple[int, int]:
    places = range(len(text) + 1)
    end = bisect_left(places, True, key=lambda at: word in normalised(text[:at]))
    start = bisect_left(places[:end], True, key=lambda at: word not in normalised(text[at:end]))
    return start - 1, end


@lru_cache(KEPT)
def _normalised_character(character: str) -> str:
    return normalised(character)


def _pairs(said: str) -> Iterable[str]:
    return map(str.__add__, said, said[1:])


class _Numbers(dict[str, int]):
    """What was asked for before is at hand, up to so many."""

    def __init__(self, digest: Callable[[str], int]) -> None:
        super().__init__()
        self._digest = digest

    def __missing__(self, gram: str) -> int:
        if len(self) >= KEPT:
            self.clear()
        number = self[gram] = self._digest(gram)
        return number
