"""`yice` as its operator meets it: processes, exit codes, and what is printed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import psutil
import psycopg
import pytest

from infrastructure.views.questions import VIEW_NAMES
from tests.support.facts import T1
from tests.support.postgres import home
from tests.support.processes import (
    PATIENCE,
    REPOSITORY,
    Caller,
    Serving,
    kill,
    name,
    serving,
    until,
    yice,
)

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(scope="module")
def desk() -> Iterator[Serving]:
    """One for all who only look at it."""
    with home() as place, serving(place) as desk:
        yield desk


@pytest.fixture(scope="module")
def administrator(desk: Serving) -> Caller:
    return desk.caller()


@pytest.fixture(scope="module")
def clerk(administrator: Caller) -> dict[str, str]:
    """Li Na's id and token: she may handle tickets."""
    staff_id = administrator.insist("POST", "/v1/staff", {"name": "李娜"}, key="hire")["id"]
    post = {"post": "客服专员", "roles": ["cs_officer"]}
    administrator.insist("POST", f"/v1/staff/{staff_id}/post", post, key="post")
    issued = administrator.insist("POST", f"/v1/staff/{staff_id}/credentials", key="token")
    return {"staff_id": staff_id, "token": issued["token"]}


@pytest.fixture(scope="module")
def ticket(desk: Serving, clerk: dict[str, str]) -> dict[str, Any]:
    """The receipt of one, with a note on it."""
    li_na = desk.caller(clerk["token"])
    client_id = li_na.insist("POST", "/v1/clients", {"name": "王芳"}, key="client")["id"]
    matter = {"channel": "phone", "matter": "有线电视", "procedure": "consultation"}
    opened = li_na.insist("POST", "/v1/tickets", {**matter, "client_id": client_id}, key="open")
    noted = li_na.insist(
        "POST", f"/v1/tickets/{opened['id']}/notes", {"text": "又来电"}, key="note"
    )
    li_na.insist("GET", f"/v1/tickets?min_position={noted['position']}")
    return dict(opened)


def command(desk: Serving, *words: str) -> subprocess.CompletedProcess[str]:
    return yice(desk.home, *words)


def done(desk: Serving, *words: str) -> str:
    """What a command printed that went well."""
    ended = command(desk, *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@dataclass(frozen=True)
class Life:
    """One run of `yice serve`: what it printed, who its caller was, how it ended, what was left."""

    token: str | None
    me: dict[str, Any]
    exit_code: int
    left: list[str]


def lived(desk: Serving, token: str | None, stop: Callable[[Serving], int]) -> Life:
    printed = desk.token
    me = desk.caller(token or printed).insist("GET", "/v1/me")
    return Life(printed, me, stop(desk), left(desk))


def left(desk: Serving) -> list[str]:
    return [name(process) for process in desk.everything()]


def terminated(desk: Serving) -> int:
    return desk.stop(signal.SIGTERM)


def killed(desk: Serving) -> int:
    """The supervisor alone; PostgreSQL is left to the next one."""
    desk.process.kill()
    until(lambda: set(left(desk)) <= {"postgres"})
    return desk.process.wait()


def interrupted_again_and_again(desk: Serving) -> int:
    for _ in range(100):
        desk.process.send_signal(signal.SIGINT)
        desk.process.send_signal(signal.SIGTERM)
    return desk.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    """Three in one home: terminated, killed, and interrupted again and again.

    What is left of the second is looked at when the third has ended.
    """
    with home() as place:
        with serving(place) as desk:
            first = lived(desk, None, terminated)
        with serving(place) as desk:
            second = lived(desk, first.token, killed)
            with serving(place) as last:
                third = lived(last, first.token, interrupted_again_and_again)
            return [first, replace(second, left=left(desk)), third]


def test_the_first_start_shows_the_token_of_an_administrator_and_no_other_start_does(
    lives: list[Life],
) -> None:
    assert lives[0].token is not None
    assert lives[0].me["roles"] == ["administrator"]
    assert [life.token for life in lives[1:]] == [None, None]


def test_a_start_finds_the_desk_as_it_was_left(lives: list[Life]) -> None:
    assert [life.me for life in lives] == [lives[0].me] * 3


def test_told_to_end_all_of_it_ends_postgresql_included(lives: list[Life]) -> None:
    assert (lives[0].exit_code, lives[0].left) == (0, [])


def test_what_a_killed_one_leaves_running_the_next_takes_up_and_ends(lives: list[Life]) -> None:
    assert (lives[1].exit_code, lives[1].left) == (-signal.SIGKILL, [])


def test_told_to_end_a_hundred_times_it_ends(lives: list[Life]) -> None:
    assert (lives[2].exit_code, lives[2].left) == (0, [])


def test_it_answers_on_loopback_only(desk: Serving) -> None:
    listening = [
        connection.laddr.ip
        for process in desk.everything()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert set(listening) == {"127.0.0.1"}


def test_it_says_that_it_is_alive_and_ready(desk: Serving) -> None:
    alive, ready = desk.caller().ask("GET", "/healthz"), desk.caller().ask("GET", "/readyz")

    assert alive == (204, None)
    assert ready[0] == 200
    assert ready[1]["ready"] is True
    assert {at["view"] for at in ready[1]["views"]} == set(VIEW_NAMES)


def test_nobody_unknown_gets_in(desk: Serving) -> None:
    status, said = Caller(desk.port, "yice_0_0_0").ask("GET", "/v1/me")

    assert (status, said["code"]) == (401, "not_authenticated")


def test_two_web_processes_share_no_connection(desk: Serving, administrator: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(administrator.insist, "GET", "/v1/me") for _ in range(40)]
        assert all(each.result() for each in asked)

    one, other = desk.web_workers()
    master = desk.web()
    assert master is not None

    assert databases(one)
    assert databases(other)
    assert sockets(one) & sockets(other) <= sockets(master)
    assert databases(master) == set()


def test_requests_are_counted_for_all_web_processes_though_one_of_them_ends(
    desk: Serving, administrator: Caller
) -> None:
    before = requests_counted(desk)
    one, _ = desk.web_workers()

    one.terminate()
    one.wait(PATIENCE)
    until(lambda: len(desk.web_workers()) == 2 or None)
    for _ in range(10):
        administrator.insist("GET", "/v1/me")

    assert requests_counted(desk) >= before + 10


def requests_counted(desk: Serving) -> float:
    with urlopen(f"http://127.0.0.1:{desk.port}/metrics") as answer:
        text = answer.read().decode()
    counts = re.findall(r"^yice_request_seconds_count\{.*\} (\S+)$", text, re.MULTILINE)
    return sum(float(count) for count in counts)


def sockets(process: psutil.Process) -> set[str]:
    """All that this process has open, by the number that the kernel knows them by."""
    found = set()
    for file in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(os.readlink(file))
    return {name for name in found if name.startswith("socket:")}


def databases(process: psutil.Process) -> set[str]:
    """Its Unix sockets: those that it reaches the database with."""
    unix = {
        f"socket:[{line.split()[6]}]"
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]
    }
    return sockets(process) & unix


def test_its_postgresql_is_started_again_whenever_it_was_killed(desk: Serving) -> None:
    dead = desk.postmaster()
    assert dead is not None

    kill(dead)

    until(lambda: (new := desk.postmaster()) is not None and new.pid != dead.pid)
    until(desk.is_ready)


def test_the_worker_leaves_nothing_to_search_by_of_who_was_erased(
    desk: Serving, clerk: dict[str, str]
) -> None:
    li_na = desk.caller(clerk["token"])
    client_id = li_na.insist("POST", "/v1/clients", {"name": "钱某"}, key="erased")["id"]
    matter = {"channel": "phone", "matter": "社保转移", "procedure": "consultation"}
    opened = li_na.insist("POST", "/v1/tickets", {**matter, "client_id": client_id}, key="forget")
    li_na.insist("GET", f"/v1/tickets?min_position={opened['position']}")
    assert tokens_of(desk, client_id) != []

    with psycopg.connect(desk.url("yice_keys")) as keys:
        keys.execute("UPDATE subject_key SET key = NULL WHERE subject = %s", (client_id,))
    worker = desk.worker()
    assert worker is not None
    worker.terminate()

    until(lambda: tokens_of(desk, client_id) == [] or None)
    until(desk.is_ready)


def tokens_of(desk: Serving, subject: str) -> list[int]:
    statement = "SELECT tokens FROM reporting.search WHERE subject_id = %s"
    with psycopg.connect(desk.url("yice")) as register:
        [(tokens,)] = register.execute(statement, (subject,)).fetchall()
    return list(tokens)


def test_a_rebuild_of_all_views_tells_of_each(desk: Serving, ticket: dict[str, Any]) -> None:
    ended = command(desk, "rebuild", "all")

    assert ended.returncode == 0
    counts = dict(line.split(": ") for line in ended.stdout.splitlines())
    assert list(counts) == list(VIEW_NAMES)
    assert len(set(counts.values())) == 1
    until(desk.is_ready)


def test_one_view_is_built_anew_by_its_name(desk: Serving) -> None:
    ended = command(desk, "rebuild", "staff_directory")

    assert ended.returncode == 0
    assert re.fullmatch(r"staff_directory: \d+ events\n", ended.stdout)


def test_the_history_of_a_ticket_is_asked_for_by_id_or_number(
    desk: Serving, ticket: dict[str, Any]
) -> None:
    by_id, by_number = (
        json.loads(done(desk, "history", ticket[name], "--json")) for name in ("id", "number")
    )

    assert by_id == by_number
    assert [row["topic"] for row in by_id] == ["ticket.opened", "ticket.noted"]
    assert by_id[1]["details"]["text"] == "又来电"
    assert by_id[0]["position"] == ticket["position"]


def test_the_history_of_a_ticket_is_a_table_to_read(desk: Serving, ticket: dict[str, Any]) -> None:
    table = done(desk, "history", ticket["number"])

    assert "ticket.opened" in table
    assert "ticket.noted" in table


def listed(desk: Serving) -> dict[str, dict[str, str]]:
    """Tokens that there are, by the ids of their credentials."""
    rows = json.loads(done(desk, "token", "list", "--json"))
    return {row["credential_id"]: row for row in rows}


def test_a_token_is_issued_listed_exchanged_and_revoked(
    desk: Serving, clerk: dict[str, str]
) -> None:
    staff_id = clerk["staff_id"]
    words = ("--scope", "read", "--days", "7", "--json")

    def answers(token: str) -> list[int]:
        caller = desk.caller(token)
        return [caller.ask("GET", "/v1/me")[0], caller.ask("POST", "/v1/clients", {})[0]]

    issued = json.loads(done(desk, "token", "issue", staff_id, *words))
    row = listed(desk)[issued["credential_id"]]
    known = answers(issued["token"])
    other = json.loads(
        done(desk, "token", "rotate", staff_id, issued["credential_id"], "--grace", "0", "--json")
    )
    exchanged = answers(issued["token"]), answers(other["token"])
    revoked = done(desk, "token", "revoke", staff_id, other["credential_id"])

    assert (row["staff_id"], row["post"]) == (staff_id, "客服专员")
    assert (row["scopes"], row["is_good"]) == ("read", "yes")
    ends = datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6) < ends < timedelta(days=7)
    assert known == [200, 403]
    assert exchanged == ([401, 401], [200, 403])
    assert revoked == "revoked\n"
    assert answers(other["token"]) == [401, 401]
    assert {issued["credential_id"], other["credential_id"]}.isdisjoint(listed(desk))


def test_a_token_is_printed_alone_so_that_a_shell_can_take_it(
    desk: Serving, clerk: dict[str, str]
) -> None:
    printed = done(desk, "token", "issue", clerk["staff_id"])

    assert re.fullmatch(r"yice_[0-9a-f]{32}_[0-9a-f]{16}_[a-z2-7]+\n", printed)
    assert "客服专员" in done(desk, "token", "list")


REFUSED = {
    "an unknown ticket": ["history", str(T1)],
    "an unknown number": ["history", "2026-9999"],
    "unknown staff": ["token", "issue", str(UUID(int=1))],
    "an unknown token": ["token", "revoke", str(UUID(int=1)), "0123456789abcdef"],
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_ends_with_1_and_a_line_that_says_why(
    desk: Serving, words: list[str]
) -> None:
    ended = command(desk, *words)

    assert ended.returncode == 1
    assert re.fullmatch(r"yice: not_found: .+\n", ended.stderr)
    assert ended.stdout == ""


WRONG = {
    "no such command": (["fly"], {}),
    "no such view": (["rebuild", "everything"], {}),
    "no id": (["token", "issue", "li-na"], {}),
    "no such zone": (["history", "x"], {"YICE_ZONE": "Nowhere"}),
    "no connections": (["history", "x"], {"YICE_POOL_SIZE": "0"}),
    "the mode that loses events": (["history", "x"], {"POSTGRES_ENABLE_DB_FUNCTIONS": "y"}),
}


@pytest.mark.parametrize(("words", "settings"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_or_settings_end_with_2(
    tmp_path: Path, words: list[str], settings: dict[str, str]
) -> None:
    ended = yice(tmp_path, *words, **settings)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert all(name in ended.stderr for name in settings)


def test_a_database_out_of_reach_ends_with_3(tmp_path: Path) -> None:
    ended = yice(tmp_path, "serve", YICE_DATABASE_URL=NOWHERE, YICE_KEYS_URL=NOWHERE)

    assert ended.returncode == 3
    assert ended.stderr.splitlines()[-1].startswith("yice: ")
    assert "Traceback" not in ended.stderr


def test_a_database_out_of_reach_ends_with_3_though_none_is_named_for_the_keys(
    tmp_path: Path,
) -> None:
    ended = yice(tmp_path, "history", "2026-0001", YICE_DATABASE_URL=NOWHERE)

    assert ended.returncode == 3
    assert "Connection refused" in ended.stderr


SECOND_SIGNAL = """
import signal, sys
from interface.stopping import Stop

stop = Stop()
sys.setprofile(lambda *_: signal.raise_signal(signal.SIGTERM))
signal.raise_signal(signal.SIGTERM)
sys.setprofile(None)
while not stop.wait(0.01):
    pass
print("stopped")
"""
"""Has a signal come again at each call and return within the handling of the first."""


def test_a_signal_in_the_middle_of_handling_a_signal_is_no_deadlock() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SECOND_SIGNAL],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=PATIENCE / 3,
        check=False,
    )

    assert (ended.stdout, ended.stderr) == ("stopped\n", "")
