"""The key store: one AES-256 key a person, in a database of its own with backups of its own."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Collection
from functools import cached_property
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from application.register import KeyDestroyed, KeyStore
from infrastructure.database import Database

KEPT_SECONDS = 10.0
"""How long after a key was destroyed another process may still read under it."""

KEPT_KEYS = 10_000
"""How many keys a process has at hand at most."""


class Key(bytes):
    """A person's key, and what is made of it each time it is used. Goes when the key goes."""

    @cached_property
    def cipher(self) -> AESGCM:
        return AESGCM(self)

    @cached_property
    def id(self) -> str:
        """SHA-256, in hex."""
        return hashlib.sha256(self).hexdigest()


NONE_KEPT = Key(), 0.0


class PostgresKeyStore(KeyStore):
    def __init__(self, database: Database, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._database, self._kept_seconds = database, kept_seconds
        self._kept: dict[UUID, tuple[Key, float]] = {}
        self._secrets: dict[str, bytes] = {}

    def create(self, subject: UUID) -> str:
        return self._made(subject).id

    def key(self, subject: UUID) -> Key | None:
        """The subject's key; None if it never had one, or no longer."""
        key, until = self._kept.get(subject, NONE_KEPT)
        if time.monotonic() < until:
            return key
        row = self._database.run(
            lambda c: c.execute(
                "SELECT key FROM subject_key WHERE subject = %s", (subject,)
            ).fetchone()
        )
        if row is None or row[0] is None:
            return None
        return self._keep(subject, row[0])

    def fetch(self, subjects: Collection[UUID]) -> None:
        """Have the keys of these subjects at hand, with one question for all."""
        now = time.monotonic()
        absent = [s for s in subjects if self._kept.get(s, NONE_KEPT)[1] <= now]
        if not absent:
            return
        rows = self._database.rows(
            "SELECT subject, key FROM subject_key WHERE subject = ANY(%s) AND key IS NOT NULL",
            (absent,),
        )
        for subject, key in rows:
            self._keep(subject, key)

    def destroyed(self) -> list[UUID]:
        """All subjects who were erased."""
        rows = self._database.rows("SELECT subject FROM subject_key WHERE key IS NULL")
        return [subject for (subject,) in rows]

    def needed(self, subject: UUID) -> Key:
        """The subject's key, made now if it never had one. Raises KeyDestroyed."""
        key = self.key(subject)
        return self._made(subject) if key is None else key

    def destroy(self, subject: UUID) -> None:
        self._database.run(
            lambda c: c.execute(
                "INSERT INTO subject_key (subject, key) VALUES (%s, NULL)"
                " ON CONFLICT (subject) DO UPDATE SET key = NULL",
                (subject,),
            )
        )
        self._kept.pop(subject, None)

    def secret(self, name: str) -> bytes:
        if name not in self._secrets:
            value = self._upsert(
                "INSERT INTO secret (name, value) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET value = secret.value RETURNING value",
                name,
            )
            assert value is not None
            self._secrets[name] = value
        return self._secrets[name]

    def _made(self, subject: UUID) -> Key:
        key = self._upsert(
            "INSERT INTO subject_key (subject, key) VALUES (%s, %s)"
            " ON CONFLICT (subject) DO UPDATE SET key = subject_key.key RETURNING key",
            subject,
        )
        if key is None:
            raise KeyDestroyed(str(subject))
        return self._keep(subject, key)

    def _keep(self, subject: UUID, key: bytes) -> Key:
        if len(self._kept) >= KEPT_KEYS:
            self._kept.clear()
        kept = Key(key)
        self._kept[subject] = kept, time.monotonic() + self._kept_seconds
        return kept

    def _upsert(self, statement: str, name: UUID | str) -> bytes | None:
        fresh = secrets.token_bytes(32)
        row = self._database.run(lambda c: c.execute(statement.encode(), (name, fresh)).fetchone())
        return None if row is None or row[0] is None else bytes(row[0])
