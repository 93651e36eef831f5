"""The floor: what Flask, psycopg and gunicorn cost when one statement is all there is to do.

No token, no schema, no rule, nothing sealed. Whatever server Yice runs under, the floor runs under
gunicorn with two processes of threads; a second one runs under Yice's own server, where that is
another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from flask import Flask, Response, jsonify, request
from gunicorn.app.base import BaseApplication
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from infrastructure.database import Connection

URL = "BENCH_BARE_URL"

WORKERS, THREADS = 2, 8

PAGE = 50
"""Rows in a list; as many as Yice shows unless told otherwise."""

COUNTED = 10_000
"""How many texts that hold a word are counted at most; as Yice does."""

TABLE = """
    CREATE TABLE thing (
        id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        said        jsonb       NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now()
    )
"""


def prepare(connection: Connection, matter: str, rows: int) -> None:
    """The table, with so many rows, numbered from 1 on, that say a matter and a number."""
    connection.execute(TABLE)
    connection.execute(
        "INSERT INTO thing (said) SELECT jsonb_build_object("
        "'matter', %s || '登记' || lpad(n::text, 6, '0') || '号', 'state', 'open')"
        " FROM generate_series(0, %s - 1) AS n",
        (matter, rows),
    )
    connection.execute("ANALYZE thing")


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
        return listed("WHERE id < %s", request.args["before"])

    @app.get("/things/of-state")
    def of_state() -> Response:
        return listed("WHERE said->>'state' = %s", request.args["state"])

    @app.get("/things/counts")
    def counts() -> Response:
        with pool.connection() as connection:
            rows = connection.execute(
                "SELECT said->>'state' AS state, count(*) FROM thing GROUP BY 1"
            ).fetchall()
        return jsonify(rows)

    @app.get("/things/holding")
    def holding() -> Response:
        """In clear and without an index: what Yice finds sealed."""
        word = f"%{request.args['word']}%"
        with pool.connection() as connection:
            count = connection.execute(
                "SELECT count(*) FROM (SELECT FROM thing WHERE said->>'matter' LIKE %s LIMIT %s)"
                " AS found",
                (word, COUNTED),
            ).fetchone()
        found = listed("WHERE said->>'matter' LIKE %s", word)
        found.headers["Count"] = str(count)
        return found

    def listed(where: str, asked: str) -> Response:
        statement = f"SELECT * FROM thing {where} ORDER BY id DESC LIMIT %s"
        with pool.connection() as connection:
            rows = connection.execute(statement.encode(), (asked, PAGE)).fetchall()
        return jsonify(rows)

    return app


class Gunicorn(BaseApplication):
    """Each process makes its application after its fork."""

    def __init__(self, bind: str) -> None:
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", self._bind)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("workers", WORKERS)
        self.cfg.set("threads", THREADS)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("control_socket_disable", True)

    def load(self) -> Flask:
        return create(os.environ[URL])


def own() -> Callable[..., list[bytes]]:
    """For Yice's server: what it is given is answered in one piece, as Yice does."""
    app = create(os.environ[URL])

    def answer_whole(environ: dict[str, Any], start: Any) -> list[bytes]:
        with closing(app(environ, start)) as body:
            return [b"".join(body)]

    return answer_whole


def has_own_server() -> bool:
    """Whether Yice brings a server that is not gunicorn."""
    return find_spec("interface.server") is not None


@click.command()
@click.option("--bind", required=True)
@click.option("--own", "is_own", is_flag=True, help="Under Yice's server.")
def serve(bind: str, is_own: bool) -> None:
    if is_own:
        server = import_module("interface.server")
        server.serve("tests.bench.bare:own", bind=bind, workers=WORKERS, threads=THREADS)
    else:
        Gunicorn(bind).run()


if __name__ == "__main__":
    serve()
