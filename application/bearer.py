"""A bearer token as text: whose, which, and the secret that shows it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self
from uuid import UUID

from domain.credential import Credential
from domain.staff import Staff

PREFIX = "yice"

_NOBODYS = "-" * 64
"""What no secret has for a digest."""


@dataclass(frozen=True)
class Bearer:
    staff_id: UUID
    credential_id: str
    secret: str = field(repr=False)

    @classmethod
    def read(cls, token: str) -> Self:
        """Raises ValueError."""
        prefix, staff_hex, credential_id, secret = token.split("_")
        if prefix != PREFIX:
            raise ValueError("no token of ours")
        return cls(UUID(hex=staff_hex), credential_id, secret)

    @classmethod
    def made(cls, staff_id: UUID, key: bytes, said: str) -> Self:
        """The one that this key makes of what was said, every time."""
        made = hmac.new(key, said.encode(), hashlib.sha512).digest()
        secret = base64.b32encode(made[8:40]).decode().rstrip("=").lower()
        return cls(staff_id, made[:8].hex(), secret)

    @property
    def text(self) -> str:
        return f"{PREFIX}_{self.staff_id.hex}_{self.credential_id}_{self.secret}"

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def credential_of(self, staff: Staff) -> Credential | None:
        """What the secret is for; None if it is not theirs, or no longer.

        As long for one that there is as for one that there is not.
        """
        known = staff.credentials.get(self.credential_id)
        is_theirs = hmac.compare_digest(known.secret_digest if known else _NOBODYS, self.digest)
        return known if is_theirs else None
