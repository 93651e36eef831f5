"""The key store: one AES-256 key a person, in a database of its own with backups of its own."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from application.register import KeyDestroyed, KeyStore
from infrastructure.database import Database


class PostgresKeyStore(KeyStore):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[UUID, bytes] = {}
        self._secrets: dict[str, bytes] = {}

    def create(self, subject: UUID) -> str:
        key = self._upsert(
            "INSERT INTO subject_key (subject, key) VALUES (%s, %s)"
            " ON CONFLICT (subject) DO UPDATE SET key = subject_key.key RETURNING key",
            subject,
        )
        if key is None:
            raise KeyDestroyed(str(subject))
        self._keys[subject] = key
        return hashlib.sha256(key).hexdigest()

    def key(self, subject: UUID) -> bytes | None:
        """The subject's key; None if it never had one, or no longer."""
        if subject not in self._keys:
            row = self._database.run(
                lambda c: c.execute(
                    "SELECT key FROM subject_key WHERE subject = %s", (subject,)
                ).fetchone()
            )
            if row is None or row[0] is None:
                return None
            self._keys[subject] = bytes(row[0])
        return self._keys[subject]

    def destroy(self, subject: UUID) -> None:
        self._database.run(
            lambda c: c.execute(
                "INSERT INTO subject_key (subject, key) VALUES (%s, NULL)"
                " ON CONFLICT (subject) DO UPDATE SET key = NULL",
                (subject,),
            )
        )
        self._keys.pop(subject, None)

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

    def _upsert(self, statement: str, name: UUID | str) -> bytes | None:
        fresh = secrets.token_bytes(32)
        row = self._database.run(lambda c: c.execute(statement.encode(), (name, fresh)).fetchone())
        return None if row is None or row[0] is None else bytes(row[0])
