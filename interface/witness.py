"""A witness: remembers one head of each log, and cosigns what continues it. Run it elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response, request

from infrastructure.sealing.checkpoint import MAX_REQUEST_BYTES
from infrastructure.sealing.notes import Kind, SignerKey, VerifierKey
from infrastructure.sealing.signing import kept_key
from infrastructure.sealing.witnessing import Witness
from interface import server
from interface.stopping import end_with_master

FOLDER, LOGS = "YICE_WITNESS_FOLDER", "YICE_WITNESS_LOGS"
"""Hand down to the process that serves: the folder, and the keys of logs, one a line."""


def serve(folder: Path, logs: tuple[str, ...], bind: str) -> None:
    """Until SIGTERM or SIGINT. Raises InUse, AddressTaken."""
    os.environ[FOLDER], os.environ[LOGS] = str(folder), "\n".join(logs)
    server.serve("interface.witness:create_in_worker", bind=bind, workers=1, threads=2)


def witness_key(folder: Path, name: str = "witness") -> SignerKey:
    """Made at first use. Raises NoteInvalid."""
    return kept_key(folder / "witness.key", lambda: name, Kind.COSIGNATURE)


def create_in_worker() -> Flask:
    end_with_master()
    folder = Path(os.environ[FOLDER])
    logs = [VerifierKey.parse(line) for line in os.environ[LOGS].split("\n")]
    return create(Witness(folder, witness_key(folder), logs))


def create(witness: Witness) -> Flask:
    """C2SP tlog-witness: the one thing it answers is `POST /add-checkpoint`."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        status, content_type, body = witness.answer(request.get_data())
        return Response(body, status, content_type=content_type)

    return app
