"""The numbers of the registers, looked through in the table of all events."""

from __future__ import annotations

from collections.abc import Sequence

from application.numbering import POSITIONS, Given, Irregular, Numbering
from infrastructure.database import Database

_ENTRIES = f"""
    SELECT register, substring(number from '^[^-]+-([0-9]{{1,18}})$')::bigint AS n
      FROM register.entry WHERE register IS NOT NULL
    UNION ALL SELECT '{POSITIONS}', position FROM register.entry
"""

_IRREGULAR = f"""
    WITH entry AS MATERIALIZED ({_ENTRIES}),
    ended AS (
        SELECT register, n FROM entry WHERE n IS NOT NULL
        UNION ALL SELECT '{POSITIONS}', max(position) + 1 FROM register.command),
    following AS (
        SELECT register, n, lag(n, 1, 0::bigint) OVER (PARTITION BY register ORDER BY n) AS before
          FROM ended)
    SELECT register, 'gap' AS what, before + 1 AS first, n - 1 AS last FROM following
     WHERE n > before + 1
    UNION ALL
    SELECT register, 'twice', n, n FROM entry WHERE n IS NOT NULL
     GROUP BY register, n HAVING count(*) > 1
    UNION ALL
    SELECT register, 'blank', 0, 0 FROM entry WHERE n IS NULL GROUP BY register
     ORDER BY register, first, what
"""
"""The last command answered says how far the positions go: what is missing behind is a gap, too."""

_GIVEN = """
    SELECT e.register, e.number, substring(e.number from '^[^-]+-([0-9]{1,18})$')::bigint,
           e.stream_id, e.position, e.recorded_at, coalesce(h.happened_at, e.recorded_at),
           v.position, v.recorded_at, v.happened_at
      FROM register.entry e LEFT JOIN reporting.happening h ON h.position = e.position
      LEFT JOIN LATERAL (
        SELECT w.position, w.recorded_at, coalesce(x.happened_at, w.recorded_at) AS happened_at
          FROM register.entry w LEFT JOIN reporting.happening x ON x.position = w.position
         WHERE w.stream_id = e.stream_id AND w.topic = 'ticket.voided'
           AND e.topic = 'ticket.opened' LIMIT 1) v ON true
     WHERE e.register IS NOT NULL AND right(e.register, 4) = ANY(%s)
     ORDER BY e.register, e.position
"""
"""A register is one year's, and its name ends with that."""


class PostgresNumbering(Numbering):
    def __init__(self, database: Database) -> None:
        self._database = database

    def registers(self) -> int:
        [(number,)] = self._database.rows("SELECT count(DISTINCT register) FROM register.entry")
        return int(number)

    def irregular(self) -> list[Irregular]:
        return [Irregular(*row) for row in self._database.rows(_IRREGULAR)]

    def given(self, years: Sequence[int]) -> list[Given]:
        rows = self._database.rows(_GIVEN, ([f"{year:04}" for year in years],))
        return [Given(*row) for row in rows]
