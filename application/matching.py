"""What two files have in common, without keeping in clear what they say (see blind_index)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from hashlib import sha256

from application.blind_index import normalised

SHORTEST_PHONE = 7
"""A number of fewer digits is an extension, and everybody's."""

COUNTRY = "86"
"""Said before a mobile number of eleven digits or not, it is the same number."""

MOBILE_DIGITS = 11


class MatchIndex:
    """Makes the numbers. `secret` is asked at first use."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def phone(self, text: str) -> int | None:
        """None for what is no number of its own."""
        digits = re.sub("[^0-9]", "", normalised(text)).removeprefix("00")
        if len(digits) > MOBILE_DIGITS:
            digits = digits.removeprefix(COUNTRY)
        return self._digest("phone", digits) if len(digits) >= SHORTEST_PHONE else None

    def name(self, text: str) -> int | None:
        return self._of("name", text)

    def address(self, text: str) -> int | None:
        return self._of("address", text)

    def both(self, name: int, address: int) -> int:
        """The same name at the same address."""
        return self._digest("both", f"{name} {address}")

    def _of(self, kind: str, text: str) -> int | None:
        """However it is spaced, punctuated, or wide."""
        said = "".join(character for character in normalised(text) if character.isalnum())
        return self._digest(kind, said) if said else None

    def _digest(self, kind: str, said: str) -> int:
        digest = hmac.digest(self._secret(), f"{kind}\n{said}".encode(), sha256)
        return int.from_bytes(digest[:8], "big", signed=True)
