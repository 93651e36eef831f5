from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from application.register import KeyDestroyed
from infrastructure.database import Database
from infrastructure.keystore import PostgresKeyStore
from tests.support.facts import C1, C2, C3


@pytest.fixture
def elsewhere(keys_database: Database) -> PostgresKeyStore:
    """The key store as another process has it, which asks again each time."""
    return PostgresKeyStore(keys_database, kept_seconds=0)


def test_a_key_is_made_once_and_committed_to_by_its_hash(
    keys: PostgresKeyStore, elsewhere: PostgresKeyStore
) -> None:
    commitment = keys.create(C1)

    key = keys.key(C1)
    assert key is not None
    assert len(key) == 32
    assert commitment == hashlib.sha256(key).hexdigest()
    assert elsewhere.create(C1) == keys.create(C1) == commitment
    assert elsewhere.key(C1) == key


def test_everybody_has_a_key_of_their_own(keys: PostgresKeyStore) -> None:
    assert keys.create(C1) != keys.create(C2)
    assert keys.key(C1) != keys.key(C2)


def test_who_never_had_a_key_has_none(keys: PostgresKeyStore) -> None:
    assert keys.key(C1) is None


def test_eight_who_make_the_same_key_at_once_make_one(keys_database: Database) -> None:
    stores = [PostgresKeyStore(keys_database) for _ in range(8)]

    with ThreadPoolExecutor(8) as threads:
        commitments = list(threads.map(lambda store: store.create(C1), stores))

    assert len(set(commitments)) == 1
    assert len({store.key(C1) for store in stores}) == 1


def test_a_destroyed_key_is_gone_and_no_other_takes_its_place(
    keys: PostgresKeyStore, elsewhere: PostgresKeyStore
) -> None:
    keys.create(C1)
    keys.create(C2)

    keys.destroy(C1)

    assert (keys.key(C1), elsewhere.key(C1)) == (None, None)
    assert keys.key(C2) is not None
    for store in (keys, elsewhere):
        with pytest.raises(KeyDestroyed, match=str(C1)):
            store.create(C1)


def test_nothing_of_a_destroyed_key_is_stored(
    keys: PostgresKeyStore, keys_database: Database
) -> None:
    keys.create(C1)

    keys.destroy(C1)

    query = b"SELECT subject, key FROM subject_key"
    assert keys_database.run(lambda c: c.execute(query).fetchall()) == [(C1, None)]


def test_who_is_erased_beforehand_never_gets_a_key(keys: PostgresKeyStore) -> None:
    keys.destroy(C1)
    keys.destroy(C1)

    assert keys.key(C1) is None
    with pytest.raises(KeyDestroyed):
        keys.create(C1)


def test_a_key_destroyed_in_one_process_is_soon_gone_from_the_others(
    keys: PostgresKeyStore, elsewhere: PostgresKeyStore
) -> None:
    keys.create(C1)
    assert elsewhere.key(C1) is not None

    keys.destroy(C1)

    assert elsewhere.key(C1) is None


def test_many_keys_are_fetched_with_one_question(
    keys: PostgresKeyStore, keys_database: Database
) -> None:
    for subject in (C1, C2):
        keys.create(subject)
    fetching = PostgresKeyStore(keys_database)

    fetching.fetch([C1, C2, C3])

    expected = [keys.key(C1), keys.key(C2)]
    with keys_database.connection() as connection:
        connection.execute("DELETE FROM subject_key")
    assert [fetching.key(C1), fetching.key(C2), fetching.key(C3)] == [*expected, None]


def test_a_destroyed_key_is_not_fetched_and_its_subject_is_named(
    keys: PostgresKeyStore, elsewhere: PostgresKeyStore
) -> None:
    keys.create(C1)
    keys.create(C2)

    keys.destroy(C1)
    keys.fetch([C1, C2])

    assert keys.key(C1) is None
    assert keys.destroyed() == elsewhere.destroyed() == [C1]


def test_a_secret_is_made_on_first_use_and_the_same_for_all(
    keys: PostgresKeyStore, elsewhere: PostgresKeyStore
) -> None:
    secret = keys.secret("tokens")

    assert len(secret) == 32
    assert keys.secret("tokens") == elsewhere.secret("tokens") == secret
    assert keys.secret("fingerprint") != secret
