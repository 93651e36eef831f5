"""Contents of attachments in PostgreSQL, each in a box under the key of whom it speaks of."""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag

from application.evidence import EvidenceStore
from infrastructure.codec import NONCE_BYTES, SealBroken
from infrastructure.database import Database
from infrastructure.keystore import Key, PostgresKeyStore

_KNOWN = b"SELECT 1 FROM register.evidence WHERE subject = %s AND digest = %s"

_PUT = (
    b"INSERT INTO register.evidence (subject, digest, size_bytes, box)"
    b" VALUES (%s, %s, %s, %b) ON CONFLICT DO NOTHING"
)

_GET = b"SELECT box FROM register.evidence WHERE subject = %s AND digest = %s"


class PostgresEvidenceStore(EvidenceStore):
    def __init__(self, database: Database, keys: PostgresKeyStore) -> None:
        self._database, self._keys = database, keys

    def put(self, subject: UUID, digest: str, content: bytes) -> None:
        key = self._keys.needed(subject)
        if self._database.run(lambda c: c.execute(_KNOWN, (subject, digest)).fetchone()):
            return
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = nonce + key.cipher.encrypt(nonce, content, _bound(subject, digest, key))
        self._database.run(lambda c: c.execute(_PUT, (subject, digest, len(content), box)))

    def get(self, subject: UUID, digest: str) -> bytes | None:
        """Raises SealBroken for a box that was changed, or moved away from its place."""
        key = self._keys.key(subject)
        row = self._database.run(
            lambda c: c.execute(_GET, (subject, digest), binary=True).fetchone()
        )
        if key is None or row is None:
            return None
        box = bytes(row[0])
        try:
            return key.cipher.decrypt(
                box[:NONCE_BYTES], box[NONCE_BYTES:], _bound(subject, digest, key)
            )
        except InvalidTag:
            raise SealBroken(f"evidence {digest} of {subject} is not what was sealed") from None


def _bound(subject: UUID, digest: str, key: Key) -> bytes:
    return f"evidence:{subject}:{digest}:{key.id}".encode()
