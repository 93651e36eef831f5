"""The tables, made and brought up to date by yice itself, by one process at a time."""

from __future__ import annotations

from collections.abc import Sequence

from infrastructure.database import Connection, Database

LOCK = 0x59494345
"""Advisory lock of whoever changes the schema ("YICE")."""

REGISTER: Sequence[str] = (
    """
    CREATE SCHEMA register;
    CREATE SCHEMA reporting;

    CREATE TABLE register.entry (
        position       bigint      PRIMARY KEY,
        stream_id      uuid        NOT NULL,
        stream_version integer     NOT NULL,
        topic          text        NOT NULL,
        state          bytea       NOT NULL,
        recorded_at    timestamptz NOT NULL,
        actor          text        NOT NULL,
        command_id     text        NOT NULL,
        register       text,
        number         text,
        UNIQUE (stream_id, stream_version)
    );
    COMMENT ON TABLE register.entry IS 'All events, for ever. Positions are dense.';

    CREATE TABLE register.command (
        actor          text        NOT NULL,
        command_id     text        NOT NULL,
        fingerprint    bytea       NOT NULL,
        stream_id      uuid        NOT NULL,
        stream_version integer     NOT NULL,
        position       bigint      NOT NULL,
        recorded_at    timestamptz NOT NULL,
        number         text,
        PRIMARY KEY (actor, command_id)
    );
    COMMENT ON TABLE register.command IS 'How each command was answered.';

    CREATE TABLE register.counter (
        register text   PRIMARY KEY,
        last     bigint NOT NULL
    );
    COMMENT ON TABLE register.counter IS 'The last number taken in each register.';

    CREATE FUNCTION register.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the register is append-only';
    END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.entry
        FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.command
        FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();

    CREATE FUNCTION register.append(
        c_actor text[], c_command text[], c_mark bytea[], c_stream uuid[], c_version integer[],
        e_command integer[], e_stream uuid[], e_version integer[], e_topic text[],
        e_state bytea[], e_register text[]
    ) RETURNS TABLE (
        stream_id uuid, stream_version integer, position_ bigint, recorded_at timestamptz,
        fingerprint bytea, number text, replayed boolean
    ) LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE
        v_known integer;
        v_last  bigint;
        v_at    timestamptz;
    BEGIN
        -- one writer at a time: positions are dense and become visible in order
        PERFORM pg_advisory_xact_lock(hashtextextended('yice.register', 0));
        SELECT count(*) INTO v_known
          FROM unnest(c_actor, c_command) AS asked (actor, command_id)
          JOIN register.command USING (actor, command_id);
        IF v_known > 0 AND v_known < cardinality(c_command) THEN
            RAISE EXCEPTION 'some of these commands are known' USING ERRCODE = 'unique_violation';
        END IF;
        IF v_known = 0 THEN
            SELECT e.position, e.recorded_at INTO v_last, v_at
              FROM register.entry e ORDER BY e.position DESC LIMIT 1;
            v_last := coalesce(v_last, 0);
            v_at := greatest(clock_timestamp(), v_at);
            WITH given AS (
                SELECT * FROM unnest(e_command, e_stream, e_version, e_topic, e_state, e_register)
                    WITH ORDINALITY AS g (command, stream, version, topic, state, register, ord)
            ), taken AS (
                INSERT INTO register.counter AS c (register, last)
                SELECT g.register, count(*) FROM given g WHERE g.register IS NOT NULL
                 GROUP BY g.register
                ON CONFLICT (register) DO UPDATE SET last = c.last + excluded.last
                RETURNING c.register, c.last
            ), numbered AS (
                SELECT g.*, t.last + 1 - row_number() OVER (
                           PARTITION BY g.register ORDER BY g.ord DESC) AS n
                  FROM given g LEFT JOIN taken t ON t.register = g.register
            )
            INSERT INTO register.entry
            SELECT v_last + g.ord, g.stream, g.version, g.topic, g.state, v_at,
                   c_actor[g.command], c_command[g.command], g.register,
                   CASE WHEN g.register IS NOT NULL THEN
                       regexp_replace(g.register, '^.*/', '') || '-'
                       || lpad(g.n::text, greatest(4, length(g.n::text)), '0')
                   END
              FROM numbered g;
            INSERT INTO register.command
            SELECT c.actor, c.command, c.mark, c.stream, c.version,
                   coalesce(max(e.position), v_last + cardinality(e_command)), v_at,
                   (array_agg(e.number ORDER BY e.position) FILTER (WHERE e.number IS NOT NULL))[1]
              FROM unnest(c_actor, c_command, c_mark, c_stream, c_version)
                   AS c (actor, command, mark, stream, version)
              LEFT JOIN register.entry e
                     ON e.position > v_last AND e.actor = c.actor AND e.command_id = c.command
             GROUP BY c.actor, c.command, c.mark, c.stream, c.version;
        END IF;
        RETURN QUERY
        SELECT k.stream_id, k.stream_version, k.position, k.recorded_at, k.fingerprint, k.number,
               v_known > 0
          FROM unnest(c_actor, c_command) WITH ORDINALITY AS asked (actor, command_id, ord)
          JOIN register.command k USING (actor, command_id)
         ORDER BY asked.ord;
    END $$;

    CREATE TABLE reporting.view_position (
        view       text   PRIMARY KEY,
        position   bigint NOT NULL,
        definition text   NOT NULL,
        failure    text
    );
    COMMENT ON TABLE reporting.view_position IS
        'How far each view has read the register, and why it stopped if it did.';
    """,
)

KEYS: Sequence[str] = (
    """
    CREATE TABLE subject_key (
        subject    uuid        PRIMARY KEY,
        key        bytea,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE subject_key IS 'AES-256 keys; no key: destroyed.';
    CREATE TABLE secret (name text PRIMARY KEY, value bytea NOT NULL);
    """,
)


def migrate(database: Database, migrations: Sequence[str]) -> None:
    """Bring a database to the newest version; safe when many processes start at once."""
    with database.connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for number in range(_version(connection), len(migrations)):
            connection.execute(migrations[number].encode())
            connection.execute(
                "INSERT INTO public.yice_schema (version) VALUES (%s)", (number + 1,)
            )


def _version(connection: Connection) -> int:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS public.yice_schema"
        " (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    row = connection.execute("SELECT coalesce(max(version), 0) FROM public.yice_schema").fetchone()
    assert row is not None
    return int(row[0])
