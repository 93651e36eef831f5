"""A line to PostgreSQL that can be cut: a process of its own, told what to do line by line.

`cut`: all connections end at once. `stall S`: nothing passes for S seconds, then all goes on.
`deafen S`: questions pass, answers do not; after S seconds all connections end, so that nobody
knows whether what they asked for was done. `refuse S`: all end, and for S seconds nobody gets
through.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.processes import REPOSITORY

CHUNK = 65_536


class Line:
    def __init__(self, socket_file: str) -> None:
        self._socket_file = socket_file
        self._writers: set[asyncio.StreamWriter] = set()
        self._passes, self._answers = asyncio.Event(), asyncio.Event()
        self._passes.set()
        self._answers.set()
        self._refuses = False

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        try:
            if self._refuses:
                raise ConnectionRefusedError
            answers, questions = await asyncio.open_unix_connection(self._socket_file)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, questions}
        ways = (self._pump(reader, questions), self._pump(answers, writer, self._answers))
        await asyncio.gather(*ways)
        self._writers -= {writer, questions}

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        also: asyncio.Event | None = None,
    ) -> None:
        try:
            while chunk := await reader.read(CHUNK):
                await self._passes.wait()
                if also is not None:
                    await also.wait()
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def do(self, word: str, seconds: float) -> None:
        if word == "stall":
            self._passes.clear()
            await asyncio.sleep(seconds)
            self._passes.set()
            return
        if word == "deafen":
            self._answers.clear()
            await asyncio.sleep(seconds)
        self._refuses = word == "refuse"
        self._cut()
        await asyncio.sleep(seconds if self._refuses else 0)
        self._refuses = False
        self._answers.set()

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def run(port: int, socket_file: str) -> None:
    """Until standard input ends; each order is answered with a line once it is carried out."""
    line = Line(socket_file)
    server = await asyncio.start_server(line.meet, "127.0.0.1", port)
    print("ready", flush=True)
    while order := await asyncio.to_thread(sys.stdin.readline):
        word, _, seconds = order.strip().partition(" ")
        await line.do(word, float(seconds or 0))
        print("done", flush=True)
    server.close()


@dataclass(frozen=True)
class Proxy:
    """The handle of one that runs."""

    port: int
    process: subprocess.Popen[str]

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def tell(self, word: str, seconds: float = 0) -> None:
        """Returns when it is over."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word} {seconds}\n")
        self.process.stdin.flush()
        self.heard("done")

    def heard(self, word: str) -> None:
        assert self.process.stdout is not None
        said = self.process.stdout.readline().strip()
        assert said == word, f"the proxy said {said!r}"


@contextmanager
def proxy(port: int, socket_file: str) -> Iterator[Proxy]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.torture.proxy", str(port), socket_file],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        running = Proxy(port, process)
        running.heard("ready")
        yield running
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), sys.argv[2]))
