"""The door: who has knocked wrongly too often, who asks too much, and what a token is good for.

It remembers in the memory of the process, and starts anew with it.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from ipaddress import ip_address
from uuid import UUID

from flask import Request, Response

from application.bearer import Bearer
from application.desk import Actor
from application.door import DoorTerms, IdentityProvider
from domain.credential import MANAGE, READ, WRITE
from domain.errors import DomainError, Forbidden
from interface.http.allowance import Allowance, Left

MINUTE = timedelta(minutes=1)

MANAGED = ("/v1/staff", "/v1/packs", "/v1/instances")
"""What is changed below needs the scope `manage`, but for what everybody does for themselves."""

OWN = ("/duty/start", "/duty/end")


class TooMany(DomainError):
    """Not now; `wait_seconds` until it is worth another try."""

    code = "too_many_requests"

    def __init__(self, detail: str, wait_seconds: float) -> None:
        self.wait_seconds = max(math.ceil(wait_seconds), 1)
        super().__init__(f"{detail}; try again in {self.wait_seconds} s")


class TooManyFailures(TooMany):
    code = "too_many_failures"


class Door:
    def __init__(self, terms: DoorTerms, provider: IdentityProvider | None = None) -> None:
        self.terms, self.provider = terms, provider
        self._addresses = Allowance(terms.failures_of_address, terms.failure_period)
        self._persons = Allowance(terms.failures_of_person, terms.failure_period)
        rate = terms.requests_a_minute
        self._tokens = Allowance(rate, MINUTE) if rate else None

    def wait_seconds(self, request: Request, token: str, now: datetime) -> float:
        """How long this token is not even looked at, for the wrong ones that came before it."""
        return max(self._address_waits(request, now), self._person_waits(token, now))

    def _address_waits(self, request: Request, now: datetime) -> float:
        if self._addresses.is_untouched():
            return 0.0
        address = self.address(request)
        return self._addresses.look(address, now).wait_seconds if address else 0.0

    def _person_waits(self, token: str, now: datetime) -> float:
        """An id can be written in many ways, so the token is read."""
        if self._persons.is_untouched():
            return 0.0
        try:
            staff_id = Bearer.read(token).staff_id
        except ValueError:
            return 0.0
        return self._persons.look(staff_id.hex, now).wait_seconds

    def note_failure(self, request: Request, person: UUID | None, now: datetime) -> None:
        """A wrong token came; `person`: whose it said it was, if that is somebody."""
        if address := self.address(request):
            self._addresses.take(address, now)
        if person is not None:
            self._persons.take(person.hex, now)

    def take(self, actor: Actor, now: datetime) -> Left | None:
        """One request of their allowance; None where there is no limit. Raises TooMany."""
        if self._tokens is None:
            return None
        left = self._tokens.take(f"{actor.ref}/{actor.credential_id}", now)
        if left.wait_seconds:
            raise TooMany(
                f"this token may ask {self._tokens.most} times a minute", left.wait_seconds
            )
        return left

    def tell(self, response: Response, left: Left) -> None:
        """Of the allowance, as draft-ietf-httpapi-ratelimit-headers says it."""
        assert self._tokens is not None
        full = math.ceil(left.full_seconds)
        response.headers.extend(
            (
                ("RateLimit-Policy", f'"token";q={self._tokens.most};w=60'),
                ("RateLimit", f'"token";r={left.remaining};t={full}'),
            )
        )

    def address(self, request: Request) -> str | None:
        """Of the client; None if nobody can tell.

        All who come by a proxy on this machine that we were not told of have the same one.
        """
        if self.terms.proxies:
            said = request.headers.get("X-Forwarded-For", "").split(",")
            return said[-self.terms.proxies].strip() if len(said) >= self.terms.proxies else None
        try:
            found = ip_address(request.remote_addr or "")
        except ValueError:
            return None
        return None if found.is_loopback else str(found)


def must_be_good_for(actor: Actor, method: str, path: str) -> None:
    """Raises Forbidden if the token's scopes do not reach so far."""
    scope = _scope(actor, method, path)
    if scope is not None and scope not in actor.scopes:
        raise Forbidden(f"this token is not good for {scope}", scope=scope)


def _scope(actor: Actor, method: str, path: str) -> str | None:
    if method in ("GET", "HEAD", "OPTIONS"):
        return READ
    if path == f"/v1/staff/{actor.staff_id}/credentials/{actor.credential_id}/rotation":
        return None
    return MANAGE if path.startswith(MANAGED) and not path.endswith(OWN) else WRITE
