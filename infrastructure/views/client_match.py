"""Which files say the same, asked of the tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from application.views.client_match import Alike, ClientMatches, alike_by
from infrastructure.database import Database
from infrastructure.views.forgetting import forget

_ALIKE = """
SELECT changed.position, changed.client_id, changed.registered_position, changed.parts,
       other.client_id, other.registered_position, other.parts, other.merged_into_id
FROM (
    SELECT * FROM reporting.client_match WHERE position > %s ORDER BY position LIMIT %s
) changed
LEFT JOIN LATERAL (
    SELECT DISTINCT ON (oldest.client_id) oldest.*
    FROM unnest(changed.tokens) AS token
    CROSS JOIN LATERAL (
        SELECT * FROM reporting.client_match
        WHERE tokens @> ARRAY[token] AND client_id <> changed.client_id
        ORDER BY registered_position LIMIT 1
    ) oldest
) other ON changed.merged_into_id IS NULL
ORDER BY changed.position, other.registered_position
"""
"""For each number the oldest other file that has it: a switchboard is no duplicate of hundreds."""


_HAVING = """
SELECT DISTINCT ON (token) token, client_id
FROM reporting.client_match CROSS JOIN LATERAL unnest(tokens) AS token
WHERE tokens && %s::bigint[] AND token = ANY(%s::bigint[]) AND merged_into_id IS NULL
ORDER BY token, registered_position
"""


_FORGET = (
    "UPDATE {table} SET tokens = '{{}}', parts = '{{}}'"
    " WHERE client_id = ANY(%s) AND parts <> '{{}}'"
)


class PostgresClientMatches(ClientMatches):
    def __init__(self, database: Database) -> None:
        self._database = database

    def alike_since(self, position: int, limit: int) -> tuple[int, list[Alike]]:
        found = list[Alike]()
        for row in self._database.rows(_ALIKE, (position, limit)):
            position, id, registered, parts, other, other_registered, others, into = row
            if other is None or id == into:
                continue
            by = alike_by(parts, others)
            newer, older = (id, into or other) if registered > other_registered else (other, id)
            found.append(Alike(newer, older, by))
        return position, found

    def forget(self, subjects: Collection[UUID]) -> int:
        return forget(self._database, "client_match", _FORGET, subjects)

    def having(self, tokens: Sequence[int]) -> dict[int, UUID]:
        asked = list(tokens)
        return dict(self._database.rows(_HAVING, (asked, asked)))
