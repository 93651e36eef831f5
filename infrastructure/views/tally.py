"""Counters that are kept: how many rows of a view's table are alike, by what is counted.

To count a million rows takes longer than anybody waits; these few are read instead. They are kept
by triggers, in the transaction that changes the rows. A table that is built anew beside the old
one has counters of its own, known by the table's oid, so that they take its place with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from infrastructure.database import Connection

_TABLE = """
    CREATE TABLE IF NOT EXISTS reporting.view_count (
        of     oid    NOT NULL,
        by     int    NOT NULL,
        kind   text[] NOT NULL,
        number bigint NOT NULL,
        PRIMARY KEY (of, by, kind)
    );
    COMMENT ON TABLE reporting.view_count IS
        'How many rows of a table (of) are alike (kind) in what its so-many-eth count goes by.';
"""

_FUNCTION = """
    CREATE OR REPLACE FUNCTION reporting."{function}"() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO reporting.view_count AS t
            SELECT TG_RELID, k.by, k.kind, count(*) FROM fresh, {kinds} GROUP BY 2, 3
            ON CONFLICT (of, by, kind) DO UPDATE SET number = t.number + excluded.number;
        ELSIF TG_OP = 'UPDATE' THEN
            INSERT INTO reporting.view_count AS t
            SELECT TG_RELID, by, kind, sum(n) FROM (
                SELECT k.by, k.kind, 1 AS n FROM fresh, {kinds}
                UNION ALL SELECT k.by, k.kind, -1 FROM gone, {kinds}) changed
             GROUP BY by, kind HAVING sum(n) <> 0
            ON CONFLICT (of, by, kind) DO UPDATE SET number = t.number + excluded.number;
        ELSE
            INSERT INTO reporting.view_count AS t
            SELECT TG_RELID, k.by, k.kind, -count(*) FROM gone, {kinds} GROUP BY 2, 3
            ON CONFLICT (of, by, kind) DO UPDATE SET number = t.number + excluded.number;
        END IF;
        RETURN NULL;
    END $$
"""

_TRIGGERS = """
    CREATE TRIGGER tally_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION reporting."{function}"();
    CREATE TRIGGER tally_update AFTER UPDATE ON {table}
        REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION reporting."{function}"();
    CREATE TRIGGER tally_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION reporting."{function}"();
"""

_COUNT = """
    DELETE FROM reporting.view_count t WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.of);
    INSERT INTO reporting.view_count
    SELECT '{table}'::regclass, k.by, k.kind, count(*) FROM {table}, {kinds} GROUP BY 2, 3;
"""


def keep_tally(
    connection: Connection,
    view: str,
    table: str,
    counted_by: Sequence[Sequence[str]],
    counted: str,
) -> None:
    """Count what is in a table of this view, and keep count from now on."""
    kinds = ", ".join(
        f"({by}, ARRAY[{', '.join(f'({column})::text' for column in columns)}])"
        for by, columns in enumerate(counted_by, start=1)
    )
    alike = f"SELECT * FROM (VALUES {kinds}) AS k (by, kind) WHERE {counted}"
    digest = hashlib.sha256(alike.encode()).hexdigest()[:8]
    said = {
        "function": f"{view}__count_{digest}",  # another release may count by something else
        "table": f'reporting."{table}"',
        "kinds": f"LATERAL ({alike}) AS k",
    }
    with connection.transaction():
        for statement in (_TABLE, _FUNCTION, _TRIGGERS, _COUNT):
            connection.execute(statement.format(**said).encode())
