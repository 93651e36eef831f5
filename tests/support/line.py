"""A way to a PostgreSQL that can be cut at the worst moment: when the answer is on its way."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

SOCKET_NAME = ".s.PGSQL.5432"


class Line:
    """Use as a context: listens on a socket in `directory` and carries bytes both ways."""

    def __init__(self, directory: Path, url: str) -> None:
        target = conninfo_to_dict(url)
        self._server = f"{target['host']}/{SOCKET_NAME}"
        self._database = target["dbname"]
        self._directory = directory
        self._cut = threading.Event()
        self._question: bytes | None = None
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(directory / SOCKET_NAME))
        self._listening.listen()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self._database}?host={quote(str(self._directory))}"

    def cut_answer_to(self, question: bytes) -> None:
        """What the server answers to the next statement with these words is lost, and the
        connection of who asked with it.
        """
        self._question = question

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                for carry in (self._carry_up, self._carry_down):
                    thread = threading.Thread(target=carry, args=(client, server))
                    thread.start()
                    self._threads.append(thread)

    def _carry_up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self._question is not None and self._question in data:
                    self._question = None
                    self._cut.set()
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _carry_down(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            while (data := server.recv(65536)) and not self._cut.is_set():
                client.sendall(data)
            self._cut.clear()
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
