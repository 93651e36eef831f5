"""docs/reviewer.md anew: its commands, run as printed on the demo, and what they say.

    make reviewer

Ids in the demo are always the same; keys, digests and times of recording are those of this run. A
line `…` stands for what is left out: before the first as many lines are kept as there were, behind
it the last ones that begin with the same words as those that were there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from interface.demo import free_port
from tests.support.postgres import home
from tests.support.processes import ANSWER_SECONDS, REPOSITORY, environment, until, yice

PAGE = REPOSITORY / "docs" / "reviewer.md"
FENCE, CUT = "```", "…"

CLIENT = "f9e300fd-fd50-5595-8490-3dec20433a64"
FORGOTTEN = "5b0f7a86-34cb-4a0e-9d3f-8f1f8e0f6a11"
WANTED = {"purpose": "marketing", "reason": "年会邀请"}
"""Whose file is looked at, and who is erased, so that there is something to be told."""


def main() -> None:
    with home() as place, demo(place) as told:
        tokens = {person["who"]: person["token"] for person in told["people"]}
        look(partial(_ask, told["url"], tokens))
        curlrc = place / ".curlrc"
        curlrc.write_text(f'silent\nheader = "Authorization: Bearer {tokens["shen"]}"\n')
        known = {"URL": f"{told['url']}/v1", "CURL_HOME": str(place)}
        renewed = "".join(anew(place / "demo", PAGE.read_text("utf-8"), known))
        PAGE.write_text(renewed, "utf-8")


@contextmanager
def demo(place: Path) -> Iterator[dict[str, Any]]:
    """A desk to which the demo's story was told; what it said when that was done."""
    said = place / "demo.json"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "interface.cli",
                "demo",
                "--json",
                "--port",
                str(free_port(8080)),
            ],
            cwd=REPOSITORY,
            env=environment(place),
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
    try:
        until(lambda: said.read_bytes().endswith(b"}\n"))
        yield json.loads(said.read_bytes())
    finally:
        process.terminate()
        process.wait()


def look(ask: Callable[..., Any]) -> None:
    """What the answers about looks, exports and erasures tell of: some allowed, some not."""
    file = f"/clients/{CLIENT}"
    ask("shen", file)
    ask("lin", f"{file}/details", {"details": {"birthday": "1980-05-06"}})
    ask("lin", f"{file}/fields/birthday", purpose="care")
    ask("zhou", f"{file}/fields/birthday")
    export = f"/exports/{ask('lin', '/exports', WANTED)['id']}"
    ask("lin", f"{export}/clients")
    ask("gao", f"{export}/approval", {})
    ask("lin", f"{export}/clients")
    ask("lin", "/clients", {"client_id": FORGOTTEN, "name": "王某"})
    ask("lin", f"/clients/{FORGOTTEN}/erasure", {"ground": "client-request"})
    ask("gao", f"/clients/{FORGOTTEN}/erasure/approval", {})
    until(lambda: ask("shen", f"/clients/{FORGOTTEN}").get("name") == "[erased]")


def _ask(
    url: str, tokens: Mapping[str, str], who: str, path: str, body: Any = None, purpose: str = ""
) -> Any:
    """The answer, also if it is a refusal."""
    headers = {"Authorization": f"Bearer {tokens[who]}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    asked = Request(f"{url}/v1{path}", data, headers | {"Purpose": purpose})
    try:
        with urlopen(asked, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except HTTPError as refused:
        return json.load(refused)


def anew(desk: Path, page: str, known: Mapping[str, str]) -> Iterator[str]:
    """The lines of the page, between the fences with what its commands say now."""
    trusted = _trusted(desk)
    old: list[str] = []
    command: str | None = None
    for line in page.splitlines():
        if command is not None and not line.startswith(("$ ", FENCE)):
            old.append(line)
            continue
        if command is not None:
            yield from (f"{said}\n" for said in kept(run(desk, command, trusted, known), old))
        command, old = (line[2:] if line.startswith("$ ") else None), []
        yield f"{line}\n"


def run(
    desk: Path, command: str, trusted: Mapping[str, str], known: Mapping[str, str]
) -> list[str]:
    """What it prints at 150 columns, in the folder of the demo's desk."""
    words = " ".join(trusted.get(word, word) for word in command.split(" "))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", words],
        cwd=desk,
        env=environment(desk, COLUMNS="150", PATH=path, PYTHONPATH=str(REPOSITORY), **known),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, (command, ended.stdout, ended.stderr)
    return [line.rstrip() for line in ended.stdout.splitlines()]


def kept(said: Sequence[str], old: Sequence[str]) -> list[str]:
    """As much of what was said as there was before."""
    first = old.index(CUT) if CUT in old else len(said)
    if first >= len(said):
        return list(said)
    begins = {line.split(" ")[0] for line in old[first:]} - {CUT}
    behind = [line for line in said[first:] if line.split(" ")[0] in begins]
    lines = [*said[:first], CUT, *behind]
    return [*lines, CUT] if behind and old[-1] == CUT else lines


def _trusted(desk: Path) -> dict[str, str]:
    """What the words in capitals stand for, as a reviewer has it from elsewhere."""
    log = json.loads(yice(desk, "sealer", "show", "--json").stdout)
    witness = yice(desk, "witness", "key", "--folder", str(desk / "witness")).stdout.strip()
    [instance] = log["instances"]
    return {"KEY": log["key"], "INSTANCE": instance, "WITNESS": witness}


if __name__ == "__main__":
    main()
