"""What the house says about its door: who is let in, with what, and how often."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import Invalid


@dataclass(frozen=True, kw_only=True)
class TokenTerms:
    """How long a new token is good if nothing is said, and at most."""

    usual: timedelta = timedelta(days=90)
    longest: timedelta = timedelta(days=366)

    def expiry(self, wanted: datetime | None, now: datetime) -> datetime:
        """Raises Invalid for one that is too far away."""
        if wanted is not None and wanted > now + self.longest:
            days = self.longest.days
            raise Invalid(f"no token is good for more than {days} days", field="expires_at")
        return wanted or now + self.usual


@dataclass(frozen=True, kw_only=True)
class DoorTerms:
    """`requests_a_minute` of one token, 0 for any number; the others are wrong tokens that are
    heard in `failure_period` from one address, and for one person.

    `origins`: of web pages elsewhere whose scripts may ask. `proxies`: how many of our own stand in
    front, each adding to `X-Forwarded-For`. `behind_tls`: clients reach us by HTTPS only.
    """

    requests_a_minute: int = 3_000
    failures_of_address: int = 10
    failures_of_person: int = 50
    failure_period: timedelta = timedelta(minutes=5)
    origins: frozenset[str] = frozenset()
    proxies: int = 0
    behind_tls: bool = False


@dataclass(frozen=True, kw_only=True)
class OpenIdTerms:
    """Whose signed tokens are taken as well: those of `issuer` that are meant for `audience`.

    `claim` holds the id of the member of staff. `leeway`: how far their clock may be from ours.
    """

    issuer: str
    audience: str
    claim: str = "yice_staff"
    leeway: timedelta = timedelta(seconds=60)


@dataclass(frozen=True)
class Identity:
    """Whom somebody else vouches for, and what for."""

    staff_id: UUID
    scopes: frozenset[str]


class IdentityProvider(ABC):
    """Somebody else who knows our staff."""

    issuer: str
    audience: str

    @abstractmethod
    def identify(self, token: str, now: datetime) -> Identity:
        """Raises NotAuthenticated, and Unavailable while nobody can tell."""
