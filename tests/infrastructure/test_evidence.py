from __future__ import annotations

import hashlib
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.register import KeyDestroyed
from infrastructure.codec import SealBroken
from infrastructure.database import Database
from infrastructure.evidence import PostgresEvidenceStore
from infrastructure.keystore import PostgresKeyStore
from tests.support.facts import C1, C2

CONTENT = "收据\x00一张".encode() * 1_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(database: Database, keys: PostgresKeyStore) -> PostgresEvidenceStore:
    return PostgresEvidenceStore(database, keys)


def rows(database: Database) -> list[tuple[Any, ...]]:
    query = b"SELECT subject, digest, size_bytes, box FROM register.evidence ORDER BY 1, 2"
    return database.run(lambda c: c.execute(query).fetchall())


def test_what_is_kept_is_given_back_as_it_was(store: PostgresEvidenceStore) -> None:
    store.put(C1, DIGEST, CONTENT)

    assert store.get(C1, DIGEST) == CONTENT


def test_the_same_content_is_kept_once_for_each_of_whom_it_speaks(
    store: PostgresEvidenceStore, database: Database
) -> None:
    for subject in (C1, C1, C2):
        store.put(subject, DIGEST, CONTENT)

    assert [row[:3] for row in rows(database)] == [
        (C1, DIGEST, len(CONTENT)),
        (C2, DIGEST, len(CONTENT)),
    ]


def test_nothing_of_it_is_stored_in_clear(store: PostgresEvidenceStore, database: Database) -> None:
    store.put(C1, DIGEST, CONTENT)

    [(_, _, _, box)] = rows(database)
    assert "收据".encode() not in box
    assert len(box) > len(CONTENT)


def test_what_was_never_kept_is_not_there(store: PostgresEvidenceStore) -> None:
    store.put(C1, DIGEST, CONTENT)

    assert store.get(C1, "0" * 64) is None
    assert store.get(C2, DIGEST) is None


def test_of_who_was_erased_nothing_is_read_and_nothing_is_kept(
    store: PostgresEvidenceStore, keys: PostgresKeyStore, database: Database
) -> None:
    store.put(C1, DIGEST, CONTENT)

    keys.destroy(C1)

    assert store.get(C1, DIGEST) is None
    with pytest.raises(KeyDestroyed):
        store.put(C1, "0" * 64, CONTENT)
    assert len(rows(database)) == 1


@pytest.mark.parametrize(("subject", "digest"), [(C2, DIGEST), (C1, "1" * 64)])
def test_a_box_that_was_moved_elsewhere_is_not_opened(
    store: PostgresEvidenceStore,
    keys: PostgresKeyStore,
    database: Database,
    subject: UUID,
    digest: str,
) -> None:
    store.put(C1, DIGEST, CONTENT)
    keys.create(C2)

    moved = b"INSERT INTO register.evidence SELECT %s, %s, size_bytes, box FROM register.evidence"
    database.run(lambda c: c.execute(moved, (subject, digest)))

    with pytest.raises(SealBroken):
        store.get(subject, digest)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE register.evidence SET size_bytes = 0",
        "DELETE FROM register.evidence",
        "TRUNCATE register.evidence",
    ],
)
def test_what_is_kept_is_neither_changed_nor_removed(
    store: PostgresEvidenceStore, register_url: str, statement: str
) -> None:
    store.put(C1, DIGEST, CONTENT)

    with (
        closing(psycopg.connect(register_url)) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        connection.execute(statement.encode())

    assert store.get(C1, DIGEST) == CONTENT
