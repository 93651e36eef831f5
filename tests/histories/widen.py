"""A million tickets in the reporting tables without a million foldings, for measurements only.

What was folded from a history is written down so many times more, under other ids, numbers and
clients, each copy a place further on, so that positions and times still rise together. The texts
stay those of the first copy, in its boxes, so that a search opens what it finds; they follow each
other as they did, one history behind the other: beside its copies a text would say the same as the
next hundred. The register itself is left as it is: of the copies nothing but the tables knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import psycopg

from infrastructure.database import Database
from infrastructure.opening import Urls


def _id(column: str) -> str:
    return f"CASE WHEN n = 0 THEN {column} ELSE md5({column}::text || '/' || n)::uuid END"


def _place(column: str) -> str:
    return f"{column} * {{times}} + n"


def _at(column: str) -> str:
    return f"{column} + n * interval '7 seconds'"


_MAPPED: Mapping[str, Mapping[str, str]] = {
    "ticket_register": {
        "ticket_id": _id("ticket_id"),
        "client_id": _id("client_id"),
        "opened_position": _place("opened_position"),
        "position": _place("position"),
        "number": "split_part(number, '-', 1) || '-'"
        " || lpad((split_part(number, '-', 2)::bigint * {times} + n)::text, 6, '0')",
        "opened_at": _at("opened_at"),
    },
    "client_file": {
        "client_id": _id("client_id"),
        "registered_position": _place("registered_position"),
        "position": _place("position"),
    },
    "obligations": {
        "obligation_id": f"({_id('ticket_id')})::text || '/' || key",
        "ticket_id": _id("ticket_id"),
        "opened_position": _place("opened_position"),
        "position": _place("position"),
        "due_at": _at("due_at"),
    },
    "search": {
        "place": "n * {span} + position || '/' || field",
        "position": "n * {span} + position",
        "ticket_id": _id("ticket_id"),
    },
}


def widen(urls: Urls, tickets: int) -> int:
    """Copy until there are at least so many tickets; how many there are.

    All views must have read all of a register filled before.
    """
    with closing(Database(urls.register)) as database, database.connection() as connection:
        [known] = connection.execute(
            "SELECT count(*) FROM reporting.ticket_register"
        ).fetchone() or [0]
        times = -(-tickets // max(known, 1))
        if times > 1:
            _widen(connection, times)
        return int(known * times)


def _widen(connection: psycopg.Connection, times: int) -> None:
    for name, mapped in _MAPPED.items():
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE schemaname = 'reporting' AND tablename = %s AND indexname NOT LIKE '%%_pkey'",
            (name,),
        ).fetchall()
        with connection.transaction():
            for index, _ in indexes:
                connection.execute(f'DROP INDEX reporting."{index}"'.encode())
            _copy(connection, name, mapped, times)
            for _, definition in indexes:
                connection.execute(definition.encode())
        connection.execute(f"VACUUM ANALYZE reporting.{name}".encode())


def _copy(connection: psycopg.Connection, name: str, mapped: Mapping[str, str], times: int) -> None:
    """What is there makes room for its copies, and is the first of them."""
    columns = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'reporting' AND table_name = %s ORDER BY ordinal_position",
        (name,),
    ).fetchall()
    [span] = connection.execute("SELECT max(position) FROM register.entry").fetchone() or [0]
    said = ", ".join(mapped.get(c, f'"{c}"').format(times=times, span=span) for (c,) in columns)
    connection.execute(f"CREATE TEMPORARY TABLE known ON COMMIT DROP AS TABLE reporting.{name}")
    connection.execute(f"DELETE FROM reporting.{name}".encode())
    at_once = 1 if name == "search" else times
    for first in range(0, times, at_once):
        connection.execute(
            f"INSERT INTO reporting.{name} SELECT {said} FROM known,"
            f" generate_series({first}, {first + at_once - 1}) AS n".encode()
        )
