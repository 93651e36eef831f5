"""What a bearer token is to the desk: the digest of its secret, until when, and what for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.errors import Invalid, Refused

READ, WRITE, MANAGE = "read", "write", "manage"

SCOPES = frozenset({READ, WRITE, MANAGE})
"""What a token can be good for: questions, commands, and commands on staff and packs.

A scope allows nothing that the roles of its bearer do not.
"""

LONGEST_GRACE_SECONDS = 7 * 24 * 3600
"""How long a token that was exchanged may stay good beside the new one."""


class NoCredential(Refused):
    code = "no_credential"


@dataclass(frozen=True)
class Credential:
    """Good until, and not at, `expires_at`; without one until it is revoked."""

    secret_digest: str
    expires_at: datetime | None
    scopes: frozenset[str] = SCOPES

    def is_good(self, at: datetime) -> bool:
        return self.expires_at is None or at < self.expires_at


def checked_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Raises Invalid for none at all, and for one that there is not."""
    wanted = frozenset(scopes)
    unknown = sorted(wanted - SCOPES)
    if unknown or not wanted:
        known = ", ".join(sorted(SCOPES))
        raise Invalid(f"no scope {', '.join(unknown)}; there are: {known}", field="scopes")
    return wanted
