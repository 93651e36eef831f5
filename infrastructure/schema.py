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
        v_last      bigint;
        v_at        timestamptz;
        v_number    bigint;
        v_positions bigint[] := '{}';
        v_numbers   text[]   := '{}';
    BEGIN
        -- one writer at a time: positions are dense and become visible in order
        PERFORM pg_advisory_xact_lock(hashtextextended('yice.register', 0));
        replayed := true;
        FOR n IN 1 .. cardinality(c_command) LOOP
            SELECT k.stream_id, k.stream_version, k.position, k.recorded_at, k.fingerprint, k.number
              INTO stream_id, stream_version, position_, recorded_at, fingerprint, number
              FROM register.command k
             WHERE k.actor = c_actor[n] AND k.command_id = c_command[n];
            IF FOUND THEN
                RETURN NEXT;
                v_positions[n] := position_;
            END IF;
        END LOOP;
        IF array_length(v_positions, 1) IS NOT NULL THEN
            IF cardinality(array_remove(v_positions, NULL)) < cardinality(c_command) THEN
                RAISE EXCEPTION 'some of these commands are known'
                    USING ERRCODE = 'unique_violation';
            END IF;
            RETURN;
        END IF;
        SELECT e.position, e.recorded_at INTO v_last, v_at
          FROM register.entry e ORDER BY e.position DESC LIMIT 1;
        v_last := coalesce(v_last, 0);
        v_at := greatest(clock_timestamp(), v_at);
        FOR i IN 1 .. cardinality(e_command) LOOP
            number := NULL;
            IF e_register[i] IS NOT NULL THEN
                INSERT INTO register.counter AS c (register, last) VALUES (e_register[i], 1)
                ON CONFLICT (register) DO UPDATE SET last = c.last + 1
                RETURNING c.last INTO v_number;
                number := regexp_replace(e_register[i], '^.*/', '') || '-'
                    || lpad(v_number::text, greatest(4, length(v_number::text)), '0');
            END IF;
            INSERT INTO register.entry VALUES (
                v_last + i, e_stream[i], e_version[i], e_topic[i], e_state[i], v_at,
                c_actor[e_command[i]], c_command[e_command[i]], e_register[i], number);
            v_positions[e_command[i]] := v_last + i;
            v_numbers[e_command[i]] := coalesce(v_numbers[e_command[i]], number);
        END LOOP;
        replayed := false;
        FOR n IN 1 .. cardinality(c_command) LOOP
            stream_id := c_stream[n];
            stream_version := c_version[n];
            position_ := coalesce(v_positions[n], v_last + cardinality(e_command));
            recorded_at := v_at;
            fingerprint := c_mark[n];
            number := v_numbers[n];
            INSERT INTO register.command VALUES (
                c_actor[n], c_command[n], fingerprint, stream_id, stream_version, position_,
                recorded_at, number);
            RETURN NEXT;
        END LOOP;
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
    """
    CREATE INDEX entry_pack ON register.entry (position) WHERE topic LIKE 'pack.%';
    """,
    """
    CREATE TABLE register.evidence (
        subject     uuid        NOT NULL,
        digest      text        NOT NULL,
        size_bytes  bigint      NOT NULL,
        box         bytea       NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (subject, digest)
    );
    ALTER TABLE register.evidence ALTER COLUMN box SET STORAGE EXTERNAL;
    COMMENT ON TABLE register.evidence IS
        'Contents of attachments, sealed under the key of their subject; digest: SHA-256, in hex.';
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.evidence
        FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();
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
