"""Tokens of an OpenID Connect provider: found by discovery, checked with its published keys."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from application.door import Identity, IdentityProvider, OpenIdTerms
from application.register import Unavailable
from domain.credential import READ, SCOPES, WRITE
from domain.errors import NotAuthenticated

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
"""Only signatures of a key that the provider alone has: no shared secret, and never `none`."""

FRESH_SECONDS = 600.0
"""How long its keys are taken for its keys."""

PATIENCE_SECONDS = 30.0
"""A key that is not among them is asked for at once, and then no more for so long."""

TIMEOUT_SECONDS = 5.0
LIMIT_BYTES = 1024 * 1024

SCOPE_PREFIX = "yice:"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Keys:
    found: KeySet
    ids: frozenset[str]
    at: float


class OpenIdProvider(IdentityProvider):
    """Its keys are kept for a while, and asked for anew when it has turned to others.

    If it does not answer, the ones at hand are good for as long as it takes.
    """

    def __init__(self, terms: OpenIdTerms, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer, self.audience = terms.issuer, terms.audience
        self._terms, self._clock = terms, clock
        self._keys: _Keys | None = None
        self._tried_at = -PATIENCE_SECONDS
        self._lock = Lock()

    def identify(self, token: str, now: datetime) -> Identity:
        try:
            claims = self._claims(token)
            self._must_hold(claims, now)
            return Identity(UUID(str(claims[self._terms.claim])), _scopes(claims))
        except (JoseError, ValueError, KeyError, TypeError, UnicodeError) as wrong:
            log.info("a token of %s was refused: %s", self.issuer, type(wrong).__name__)
            raise NotAuthenticated("this token is not good here, or no longer") from None

    def _claims(self, token: str) -> dict[str, Any]:
        key_id = _key_id(token)
        keys = self._keys_for(key_id)
        return jwt.decode(token, keys.found, algorithms=ALGORITHMS, registry=_REGISTRY).claims

    def _must_hold(self, claims: dict[str, Any], now: datetime) -> None:
        """Raises JoseError."""
        leeway = int(self._terms.leeway.total_seconds())
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=leeway,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._terms.audience},
            exp={"essential": True},
        )
        registry.validate(claims)

    def _keys_for(self, key_id: str) -> _Keys:
        """Raises Unavailable if there are none."""
        with self._lock:
            keys, now = self._keys, self._clock()
            is_fresh = keys is not None and now - keys.at < FRESH_SECONDS
            is_known = keys is not None and key_id in keys.ids
            if (is_fresh and is_known) or now - self._tried_at < PATIENCE_SECONDS:
                if keys is None:
                    raise Unavailable(f"{self.issuer} does not answer")
                return keys
            self._tried_at = now
            try:
                self._keys = keys = self._fetched(now)
            except (OSError, HTTPException, ValueError, KeyError, JoseError) as lost:
                log.warning("the keys of %s cannot be read: %s", self.issuer, lost)
                if keys is None:
                    raise Unavailable(f"{self.issuer} does not answer") from None
            return keys

    def _fetched(self, now: float) -> _Keys:
        document = _read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self.issuer:
            raise ValueError(f"it calls itself {document['issuer']}")
        published = _read(document["jwks_uri"])
        usable = [key for key in published["keys"] if _signs(key)]
        found = KeySet.import_key_set({"keys": usable})
        return _Keys(found, frozenset(str(key.get("kid", "")) for key in usable), now)


class _NowhereElse(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """What is not there is not there."""


_OPENER = build_opener(_NowhereElse)
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS)


def _read(url: str) -> Any:
    """Raises OSError, ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError(f"{url} is not an https address")
    with _OPENER.open(Request(url), timeout=TIMEOUT_SECONDS) as answer:
        body = answer.read(LIMIT_BYTES + 1)
    if len(body) > LIMIT_BYTES:
        raise ValueError(f"{url} is longer than anybody's keys")
    return json.loads(body)


def _signs(key: Mapping[str, Any]) -> bool:
    """Whether it is one to check signatures with, which others can have and not sign."""
    return key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _key_id(token: str) -> str:
    """Which key signed it, as it says itself. Raises ValueError for a token of another kind."""
    head = token.partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in ("jwt", "at+jwt"):
        raise ValueError("no access token")
    return str(header["kid"])


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Those that it names; reading and writing if it names none of ours."""
    said = claims.get("scope", "")
    words = said.split() if isinstance(said, str) else []
    ours = {word.removeprefix(SCOPE_PREFIX) for word in words if word.startswith(SCOPE_PREFIX)}
    return frozenset(ours & SCOPES) if ours else frozenset({READ, WRITE})
