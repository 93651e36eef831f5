"""The floor: what Flask, psycopg and gunicorn cost when one statement is all there is to do.

No token, no schema, no rule. Its server settings are those of `yice web`.
"""

from __future__ import annotations

import os

import click
from flask import Flask, Response, jsonify, request
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from infrastructure.database import Connection
from interface.cli import Web

URL = "BENCH_BARE_URL"

PAGE = 50
"""Rows in a list; as many as Yice shows unless told otherwise."""

TABLE = """
    CREATE TABLE thing (
        id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        said        jsonb       NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now()
    )
"""


def prepare(connection: Connection, said: list[dict[str, str]]) -> None:
    """The table, with a row for each thing said; ids run from 1 on."""
    connection.execute(TABLE)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO thing (said) VALUES (%s)", [(Jsonb(one),) for one in said])


def create(url: str) -> Flask:
    app = Flask("bare")
    pool = ConnectionPool(
        url, min_size=1, max_size=10, kwargs={"autocommit": True, "row_factory": dict_row}
    )

    @app.post("/things")
    def insert() -> tuple[Response, int]:
        with pool.connection() as connection:
            row = connection.execute(
                "INSERT INTO thing (said) VALUES (%s) RETURNING id, recorded_at",
                (Jsonb(request.get_json()),),
            ).fetchone()
        return jsonify(row), 201

    @app.get("/things/<int:id>")
    def one(id: int) -> Response:
        with pool.connection() as connection:
            row = connection.execute("SELECT * FROM thing WHERE id = %s", (id,)).fetchone()
        return jsonify(row)

    @app.get("/things")
    def page() -> Response:
        with pool.connection() as connection:
            rows = connection.execute(
                "SELECT * FROM thing WHERE id < %s ORDER BY id DESC LIMIT %s",
                (request.args["before"], PAGE),
            ).fetchall()
        return jsonify(rows)

    return app


class BareWeb(Web):
    """Gunicorn as `yice web` runs it, with the other application in it."""

    def load(self) -> Flask:
        return create(os.environ[URL])


@click.command()
@click.option("--bind", required=True)
@click.option("--workers", required=True, type=int)
@click.option("--threads", required=True, type=int)
def serve(bind: str, workers: int, threads: int) -> None:
    BareWeb(bind=bind, workers=workers, threads=threads).run()


if __name__ == "__main__":
    serve()
