"""The web server: granian, told in code. Why this one: docs/decisions/0014-http-server.md."""

from __future__ import annotations

import socket
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from interface.stopping import STOP_SECONDS, be_master

HEADER_MS = 10_000
"""How long a client may take to send its headers, in milliseconds."""

UNIX = "unix:"

ON_STDERR = {
    "class": "logging.StreamHandler",
    "formatter": "redacting",
    "stream": "ext://sys.stderr",
}
LOGGING = {
    "formatters": {
        "redacting": {
            "()": "interface.redaction.Redacting",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": ON_STDERR, "access": ON_STDERR},
}


class AddressTaken(Exception):
    """Somebody listens there already."""


def serve(application: str, *, bind: str, workers: int, threads: int) -> None:
    """Until SIGTERM or SIGINT; a worker that died is replaced. SIGHUP replaces all, one by one.

    `application` is `module:factory`, called in each worker; `bind` is `host:port` or
    `unix:/path`. Raises AddressTaken, ValueError.
    """
    is_unix = bind.startswith(UNIX)
    host, port = ("", 0) if is_unix else _address(bind)
    path = Path(bind.removeprefix(UNIX)) if is_unix else None
    if path is None:
        _must_be_free(host, port)
    else:
        _must_be_left(path)
    be_master()
    Server(
        application,
        factory=True,
        address=host,
        port=port,
        uds=path,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig=LOGGING,
    ).serve()


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def _must_be_free(host: str, port: int) -> None:
    """Workers share the port, and would share it with a stranger's, too, without a word."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as taken:
            raise AddressTaken(f"{host}:{port}: {taken.strerror}") from None


def _must_be_left(path: Path) -> None:
    """A master that was killed leaves its socket: nobody answers there, and it is in the way."""
    if not path.exists():
        return
    if not path.is_socket():
        raise AddressTaken(f"{path}: there is something else")
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise AddressTaken(f"{path}: somebody listens there")
