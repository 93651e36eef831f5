"""Search, asked of its table: found by numbers, then opened and looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from application.blind_index import BlindIndex, holds, snippet
from application.views.search import Hit, Search, SearchFilter, Withheld
from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.views.forgetting import forget

COUNTED = 1_000
"""How many texts are counted at most: to count is to open each."""

CHUNK = 500
"""How many candidates are read at a time, at most: most of what is asked for holds the words."""

_COMPARED = {
    "unit": "t.unit = %s",
    "procedure": "t.procedure = %s",
    "visibility": "s.visibility = %s",
}

_KEPT_BACK = (
    "NOT (t.procedure = %s AND s.topic = ANY(%s)"
    " AND split_part(CASE WHEN starts_with(s.field, 'form.') THEN substr(s.field, 6)"
    " ELSE s.field END, '.', 1) = %s)"
)
"""A field of a form is known by its first name, however deep the text stands in it."""

_COLUMNS = (
    "s.text, s.subject_id, s.ticket_id, t.number, s.topic, s.field, s.visibility,"
    " s.occurred_at, s.version, s.position"
)

_TAKEN = (
    "s.text, s.subject_id, s.ticket_id, s.topic, s.field, s.visibility, s.occurred_at,"
    " s.version, s.position"
)

_NEWEST = "ORDER BY s.position DESC, s.field DESC"

_OF_SOME = (
    f"SELECT {_COLUMNS} FROM {{}} s JOIN reporting.ticket_register t USING (ticket_id)"
    f" WHERE {{}} {_NEWEST} LIMIT %s"
)

_OF_ALL = (
    f"SELECT {_COLUMNS}"
    f" FROM (SELECT {_TAKEN} FROM {{}} s WHERE {{}} {_NEWEST} LIMIT %s) s"
    f" LEFT JOIN reporting.ticket_register t USING (ticket_id) {_NEWEST}"
)
"""Where nothing is asked about their tickets, only those of the texts taken are looked up."""

_RARE = (
    f"WITH rare AS MATERIALIZED ("
    f"SELECT {_TAKEN} FROM reporting.search s WHERE s.tokens @> %s::bigint[]) "
)
"""All that have the numbers are found first: to look for them among the newest might never end."""

NEAR, FEW = 4_000, 20
"""What fewer than so many of so many new texts have is rare."""

_NEAR = (
    "SELECT count(*) FROM (SELECT FROM (SELECT s.tokens FROM reporting.search s WHERE {} "
    f"{_NEWEST} LIMIT {NEAR}) s WHERE s.tokens @> %s::bigint[] LIMIT {FEW}) found"
)
"""Up to that many: of what is common, no more has to be looked at."""


class _Candidate(NamedTuple):
    """A text that has all the numbers; whether it holds the words is seen once it is open."""

    box: str
    subject_id: UUID
    ticket_id: UUID
    number: str | None
    topic: str
    field: str
    visibility: str
    at: datetime
    version: int
    position: int

    def shown(self, snippet: str) -> Hit:
        return Hit(
            ticket_id=self.ticket_id,
            number=self.number or "",
            topic=self.topic,
            field=self.field,
            visibility=self.visibility,
            at=self.at,
            version=self.version,
            position=self.position,
            snippet=snippet,
        )


_FORGET = "UPDATE {table} SET tokens = '{{}}' WHERE subject_id = ANY(%s) AND tokens <> '{{}}'"


class PostgresSearch(Search):
    """What is sent to the database is numbers: neither it nor its logs learn the words."""

    def __init__(self, database: Database, codec: Codec, index: BlindIndex) -> None:
        self._database, self._codec, self._index = database, codec, index

    def page(self, asked: SearchFilter, *, before: tuple[int, str] | None, limit: int) -> list[Hit]:
        found = islice(self._found(asked, before, min(limit, CHUNK)), limit)
        return [candidate.shown(snippet(text, asked.words[0])) for candidate, text in found]

    def count(self, asked: SearchFilter) -> int | None:
        most = COUNTED + 1
        counted = sum(1 for _ in islice(self._found(asked, None, most), most))
        return counted if counted <= COUNTED else None

    def forget(self, subjects: Collection[UUID]) -> int:
        """Take the numbers out of the texts of persons who were erased; how many texts had any."""
        return forget(self._database, "search", _FORGET, subjects)

    def _found(
        self, asked: SearchFilter, before: tuple[int, str] | None, chunk: int = CHUNK
    ) -> Iterator[tuple[_Candidate, str]]:
        """Those that hold the words, with their texts, newest first; `chunk`: read at first."""
        while candidates := self._candidates(asked, before, chunk):
            is_last, chunk = len(candidates) < chunk, CHUNK
            self._codec.fetch_keys({candidate.subject_id for candidate in candidates})
            for candidate in candidates:
                text = self._codec.open(candidate.box)
                is_known = candidate.number is not None  # or its register is still being read
                if is_known and text is not None and holds(text, asked.words):
                    yield candidate, text
            if is_last:
                return
            before = candidates[-1].position, candidates[-1].field

    def _candidates(
        self, asked: SearchFilter, before: tuple[int, str] | None, chunk: int
    ) -> list[_Candidate]:
        numbers = self._index.of_words(asked.words)
        where, parameters = ["true"], list[Any]()
        if before is not None:
            where, parameters = ["(s.position, s.field) < (%s, %s)"], [*before]
        near = _NEAR.format(where[0]).encode()
        [(found,)] = self._database.rows(near, [*parameters, numbers])
        for name, condition in _COMPARED.items():
            if (value := getattr(asked, name)) is not None:
                where, parameters = [*where, condition], [*parameters, value]
        if found >= FEW:
            given, source, where = "", "reporting.search", [*where, "s.tokens @> %s::bigint[]"]
            parameters = [*parameters, numbers]
        else:
            given, source, parameters = _RARE, "rare", [numbers, *parameters]
        for one in asked.withheld:
            where, parameters = [*where, _KEPT_BACK], [*parameters, *_kept_back(one)]
        of_some = any((asked.unit, asked.procedure, asked.withheld))
        taken = (_OF_SOME if of_some else _OF_ALL).format(source, " AND ".join(where))
        rows = self._database.rows(given + taken, [*parameters, chunk])
        return [_Candidate(*row) for row in rows]


def _kept_back(withheld: Withheld) -> list[Any]:
    return [withheld.procedure, list(withheld.topics), withheld.name]
