"""The tables, made and brought up to date by yice itself, by one process at a time."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import psycopg.conninfo

from infrastructure.database import Connection, Database, impatient

LOCK = 0x59494345
"""Advisory lock of whoever changes the schema ("YICE")."""

DESK = "yice_desk"
"""The role that the desk works as: it reads and appends, and keeps the views."""

SEALER = "yice_sealer"
"""The role of who seals the register: it reads, and nothing else."""

REPORTER = "yice_reporter"
"""The role of other people's reporting tools: it reads the views, and nothing else."""


def _role(name: str) -> str:
    return f"""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
            CREATE ROLE {name} LOGIN;
            EXECUTE format('GRANT {name} TO %I', current_user); -- or who made it may not be it
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- made at this very moment
    END $$;
    DO $$ BEGIN
        IF NOT pg_has_role('{name}', 'MEMBER') THEN
            EXECUTE format('GRANT {name} TO %I', current_user);
        END IF;
    END $$;
    GRANT SELECT ON public.yice_schema TO {name};
    """


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
    """
    DROP FUNCTION register.append(
        text[], text[], bytea[], uuid[], int[], int[], uuid[], int[], text[], bytea[], text[]);
    DROP TABLE register.counter;
    CREATE INDEX entry_register ON register.entry (register, position) WHERE register IS NOT NULL;

    CREATE TABLE register.origin (
        first_position bigint NOT NULL PRIMARY KEY,
        last_position  bigint NOT NULL,
        instance       text   NOT NULL,
        signature      bytea  NOT NULL
    );
    COMMENT ON TABLE register.origin IS
        'Which instance appended these positions, and its signature on their entries.';
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.origin
        FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();
    CREATE INDEX entry_instance ON register.entry (position) WHERE topic LIKE 'instance.%';

    CREATE FUNCTION register.numbers(registers json) RETURNS text[] LANGUAGE sql STABLE AS $$
        -- the number of each event that is entered in a register; none for the others
        SELECT array_agg(
            regexp_replace(name, '^.*/', '') || '-'
                || lpad(n::text, greatest(4, length(n::text)), '0')
            ORDER BY place)
        FROM (
            SELECT place, name, row_number() OVER (PARTITION BY name ORDER BY place)
                + coalesce(substring(last.number FROM '[0-9]+$')::bigint, 0) AS n
            FROM json_array_elements_text(registers) WITH ORDINALITY AS given (name, place)
            LEFT JOIN LATERAL (
                SELECT number FROM register.entry WHERE register = name
                ORDER BY position DESC LIMIT 1) AS last ON true) AS numbered
    $$;

    CREATE FUNCTION register.reserve(
        commands json,  -- each: actor, command id
        registers json, -- of each event the register it is entered in, or null; none if all null
        OUT before bigint, OUT written_at bigint, OUT numbers json
    ) LANGUAGE plpgsql SET enable_seqscan = off AS $$
    -- Where and when these commands would be appended, for as long as this transaction lasts.
    -- `before`: the head; null if all commands are known. `written_at` in microseconds since 1970.
    -- By the indexes: a plan made while the tables are small must do when they are large.
    DECLARE
        known integer;
    BEGIN
        -- one writer at a time: positions are dense and become visible in order
        PERFORM pg_advisory_xact_lock(hashtextextended('yice.register', 0));
        SELECT count(*) INTO known -- row by row, whatever the planner thinks of JSON
          FROM json_array_elements(commands) AS c, LATERAL (
            SELECT 1 FROM register.command k
             WHERE k.actor = c->>0 AND k.command_id = c->>1 LIMIT 1) AS done;
        IF known = json_array_length(commands) THEN
            RETURN;
        ELSIF known > 0 THEN
            RAISE EXCEPTION 'some of these commands are known' USING ERRCODE = 'unique_violation';
        END IF;
        SELECT e.position, extract(epoch FROM e.recorded_at) * 1000000 INTO before, written_at
          FROM register.entry e ORDER BY e.position DESC LIMIT 1;
        before := coalesce(before, 0);
        written_at := greatest(extract(epoch FROM clock_timestamp()) * 1000000, written_at);
        IF json_array_length(registers) > 0 THEN
            numbers := array_to_json(register.numbers(registers));
        END IF;
    END $$;

    CREATE FUNCTION register.append(
        before bigint, written_at bigint, -- as reserved in this transaction
        commands json,    -- each: actor, command id, fingerprint in hex, stream, version, position
                          --   of its last event or of the last of all, number of its first one
        events json,      -- each: stream, version, topic, actor, command id, register, number
        states bytea[],   -- what each event says
        instance text, signature bytea -- whose entries these are; null: nobody says so
    ) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
    -- All commands, or none. Committed before the disk has been waited for: the next writer goes
    -- on, and the database flushes for all who wait. Nothing may be told of it before that.
    DECLARE
        recorded_at CONSTANT timestamptz := 'epoch'::timestamptz + written_at * interval '1 us';
    BEGIN
        IF before <> coalesce((SELECT max(position) FROM register.entry), 0) THEN
            RAISE EXCEPTION 'position % was not reserved', before + 1;
        END IF;
        INSERT INTO register.entry
        SELECT before + place, (e->>0)::uuid, (e->>1)::integer, e->>2, states[place],
               recorded_at, e->>3, e->>4, e->>5, e->>6
          FROM json_array_elements(events) WITH ORDINALITY AS given (e, place);
        INSERT INTO register.command
        SELECT c->>0, c->>1, decode(c->>2, 'hex'), (c->>3)::uuid, (c->>4)::integer,
               (c->>5)::bigint, recorded_at, c->>6
          FROM json_array_elements(commands) AS c;
        IF signature IS NOT NULL THEN
            INSERT INTO register.origin
            VALUES (before + 1, before + cardinality(states), instance, signature);
        END IF;
        PERFORM set_config('synchronous_commit', 'off', true);
    END $$;

    CREATE FUNCTION register.flush() RETURNS bigint LANGUAGE sql AS $$
        -- What is visible now, up to this position, is on disk once this has been committed.
        SELECT coalesce((SELECT max(position) FROM register.entry), 0)
         WHERE pg_logical_emit_message(true, 'yice', '') IS NOT NULL
    $$;
    """,
    f"""
    {_role(DESK)}
    GRANT USAGE ON SCHEMA register TO {DESK};
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA register TO {DESK};
    GRANT USAGE, CREATE ON SCHEMA reporting TO {DESK};
    DO $$ DECLARE view text; BEGIN
        FOR view IN SELECT tablename FROM pg_tables WHERE schemaname = 'reporting' LOOP
            EXECUTE format('ALTER TABLE reporting.%I OWNER TO {DESK}', view);
        END LOOP;
    END $$;
    {_role(SEALER)}
    GRANT USAGE ON SCHEMA register TO {SEALER};
    GRANT SELECT ON register.entry, register.origin TO {SEALER};
    """,
    f"""
    {_role(REPORTER)}
    GRANT USAGE ON SCHEMA reporting TO {REPORTER};
    GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO {REPORTER};
    ALTER DEFAULT PRIVILEGES FOR ROLE {DESK} IN SCHEMA reporting
        GRANT SELECT ON TABLES TO {REPORTER};
    """,
    f"""
    CREATE TABLE reporting.view_difference (
        view      text        NOT NULL,
        stream_id uuid        NOT NULL,
        row_key   text        NOT NULL,
        field     text        NOT NULL,
        found_at  timestamptz NOT NULL,
        PRIMARY KEY (view, stream_id, row_key, field)
    );
    COMMENT ON TABLE reporting.view_difference IS
        'Where a view showed something else than replay when it was last looked at.';
    GRANT SELECT, INSERT, DELETE ON reporting.view_difference TO {DESK};
    GRANT SELECT ON reporting.view_difference TO {REPORTER};
    """,
    """
    DROP FUNCTION register.append(bigint, bigint, json, json, bytea[], text, bytea);

    CREATE FUNCTION register.append(
        before bigint, written_at bigint, -- as reserved, or found, in this transaction
        numbers json,     -- the number of each event that is entered in a register; null if none is
        commands json,    -- each: actor, command id, fingerprint in hex, stream, version, which of
                          --   the events is its last one, and which (from 0) has its number
        events json,      -- each: stream, version, topic, actor, command id, register
        states bytea[],   -- what each event says
        instance text, signature bytea -- whose entries these are; null: nobody says so
    ) RETURNS void LANGUAGE plpgsql AS $$
    -- All commands, or none. Committed before the disk has been waited for: the next writer goes
    -- on, and the database flushes for all who wait. Nothing may be told of it before that.
    DECLARE
        recorded_at CONSTANT timestamptz := 'epoch'::timestamptz + written_at * interval '1 us';
    BEGIN
        PERFORM set_config('enable_seqscan', 'off', true),
                set_config('synchronous_commit', 'off', true);
        IF before <> coalesce((SELECT max(position) FROM register.entry), 0) THEN
            RAISE EXCEPTION 'position % was not reserved', before + 1;
        END IF;
        INSERT INTO register.entry
        SELECT before + place, (e->>0)::uuid, (e->>1)::integer, e->>2, states[place],
               recorded_at, e->>3, e->>4, e->>5, numbers->>(place::integer - 1)
          FROM json_array_elements(events) WITH ORDINALITY AS given (e, place);
        INSERT INTO register.command
        SELECT c->>0, c->>1, decode(c->>2, 'hex'), (c->>3)::uuid, (c->>4)::integer,
               before + (c->>5)::bigint, recorded_at, numbers->>(c->>6)::integer
          FROM json_array_elements(commands) AS c;
        IF signature IS NOT NULL THEN
            INSERT INTO register.origin
            VALUES (before + 1, before + cardinality(states), instance, signature);
        END IF;
    END $$;

    CREATE PROCEDURE register.append_at(
        INOUT before bigint, written_at bigint, -- where, and when, this is believed to be
        INOUT numbers json, -- of each event the register it is entered in; its number
        commands json, events json, states bytea[], instance text, signature bytea
    ) LANGUAGE plpgsql AS $$
    -- The same in a transaction of its own, and on disk. `before` is answered with null, and
    -- nothing is stored, if that is not the place: somebody else was faster, or a clock is wrong.
    DECLARE
        at CONSTANT timestamptz := 'epoch'::timestamptz + written_at * interval '1 us';
        head bigint;
        last timestamptz;
    BEGIN
        PERFORM set_config('enable_seqscan', 'off', true),
                pg_advisory_xact_lock(hashtextextended('yice.register', 0));
        SELECT e.position, e.recorded_at INTO head, last
          FROM register.entry e ORDER BY e.position DESC LIMIT 1;
        IF head IS DISTINCT FROM before OR at < last
            OR at NOT BETWEEN clock_timestamp() - interval '50 ms' AND clock_timestamp()
        THEN
            before := NULL;
            RETURN;
        END IF;
        numbers := array_to_json(register.numbers(numbers));
        PERFORM register.append(
            before, written_at, numbers, commands, events, states, instance, signature);
        COMMIT;
        PERFORM register.flush();
    END $$;
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
    f"""
    {_role(DESK)}
    GRANT SELECT, INSERT, UPDATE ON subject_key, secret TO {DESK};
    """,
)


class NotTheOwner(Exception):
    """The schema is of an older release, and only its owner may change it."""


def migrate(database: Database, migrations: Sequence[str]) -> None:
    """Bring a database to the newest version; safe when many processes start at once.

    Raises NotTheOwner.
    """
    with database.connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        version = _version(connection)
        try:
            for number in range(version, len(migrations)):
                _ensure_versions(connection)
                connection.execute(migrations[number].encode())
                connection.execute(
                    "INSERT INTO public.yice_schema (version) VALUES (%s)", (number + 1,)
                )
        except psycopg.errors.InsufficientPrivilege as refused:
            raise NotTheOwner(
                f"the schema is at version {version}, this release needs {len(migrations)}, and"
                f" who connects may not change it: {refused}"
            ) from None


def _ensure_versions(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS public.yice_schema"
        " (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )


def _version(connection: Connection) -> int:
    found = connection.execute("SELECT to_regclass('public.yice_schema')").fetchone()
    if found is None or found[0] is None:
        return 0
    row = connection.execute("SELECT coalesce(max(version), 0) FROM public.yice_schema").fetchone()
    assert row is not None
    return int(row[0])


def as_desk(url: str) -> str:
    """The same database as the desk's own role sees it, whoever connects."""
    return as_role(url, DESK)


def as_role(url: str, role: str) -> str:
    """The same database as a role of ours sees it, whoever connects.

    Whoever is not of that role, and has rights of their own, stays who they are.
    """
    with psycopg.connect(impatient(url)) as connection:
        row = connection.execute(
            "SELECT pg_has_role(%s, 'MEMBER') AND current_user <> %s", (role, role)
        ).fetchone()
    if row == (False,):
        return url
    said = psycopg.conninfo.conninfo_to_dict(url).get("options", "")
    return psycopg.conninfo.make_conninfo(url, options=f"{said} -c role={role}".strip())
