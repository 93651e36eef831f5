"""The numbers of the registers, looked through in the table of all events."""

from __future__ import annotations

from application.numbering import POSITIONS, Irregular, Numbering
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


class PostgresNumbering(Numbering):
    def __init__(self, database: Database) -> None:
        self._database = database

    def registers(self) -> int:
        [(number,)] = self._database.rows("SELECT count(DISTINCT register) FROM register.entry")
        return int(number)

    def irregular(self) -> list[Irregular]:
        return [Irregular(*row) for row in self._database.rows(_IRREGULAR)]
