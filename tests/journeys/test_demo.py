from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import psycopg
import pytest
from click.testing import CliRunner

from infrastructure.embedded import EmbeddedPostgres
from interface.cli import main
from interface.demo import (
    Caller,
    closing_text,
    free_port,
    instant,
    load,
    load_story,
    monday_before,
)
from interface.demo_quarter import Quarter
from tests.support.facts import NOON
from tests.support.postgres import home

ROOT = Path(__file__).resolve().parents[2]

REAL_DESK = "postgresql://nobody@127.0.0.1:1/the_real_desk"
"""Stands in the environment of every demo here, and answers nobody."""

PATIENCE_SECONDS = 120.0

MIDDLE = 3_000
"""Position in the register at which about half of the quarter is told."""

QUESTIONS = 556
"""So many questions come in on the ordinary days of the quarter, by its seed."""

KNOWN = load("demo_quarter.yaml", Quarter).story().ids()
"""Whoever the week finds there."""


@dataclass
class Told:
    """A demo that was killed in the middle of its story, told once more, and runs now."""

    home: Path
    killed_at: int
    once: dict[str, Any]
    summary: dict[str, Any]

    @property
    def caller(self) -> Caller:
        tokens = {person["who"]: person["token"] for person in self.summary["people"]}
        return Caller(self.summary["url"], tokens)

    def scene(self, what: str) -> Any:
        """What the reviewer sees there."""
        [path] = [scene["path"] for scene in self.summary["scenes"] if scene["what"] == what]
        return self.caller.get(path, "shen")

    def history(self, what: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.scene(what)["items"]
        return items

    def figure(self, number: int) -> Any:
        """What that line of the figures is answered."""
        return pasted(self.summary["figures"][number]["command"])

    def staff_ref(self, who: str) -> str:
        [staff_id] = [p["staff_id"] for p in self.summary["people"] if p["who"] == who]
        return f"staff:{staff_id}"


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with home() as directory:
        port = some_port()
        killed_at = kill_in_the_middle(directory, port)
        once = tell_once(directory, port)
        with demo(directory, port) as process:
            yield Told(directory, killed_at, once, read_summary(process))
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0, "Ctrl-C is a good end"


@contextmanager
def demo(directory: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`yice demo` in a process group of its own, so that all of it can be killed."""
    words = [sys.executable, "-m", "interface.cli", "demo", "--json", "--port", str(port), *options]
    environment = os.environ | {"YICE_HOME": str(directory), "YICE_DATABASE_URL": REAL_DESK}
    with subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def kill_in_the_middle(directory: Path, port: int) -> int:
    """The position that the register had reached when all processes but the store were killed."""
    with demo(directory, port) as process:
        until, position = deadline(), 0
        while position < MIDDLE:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < until, "it does not come to the middle"
            position = reached(directory)
        os.killpg(process.pid, signal.SIGKILL)
    return position


def reached(directory: Path) -> int:
    """By the store, since nobody serves yet; 0 while that is not there."""
    try:
        with psycopg.connect(EmbeddedPostgres(directory / "demo").url("yice")) as connection:
            found = connection.execute("SELECT max(position) FROM register.entry").fetchone()
    except psycopg.Error:
        return 0
    return int(found[0] or 0) if found else 0


def tell_once(directory: Path, port: int) -> dict[str, Any]:
    with demo(directory, port, "--once") as process:
        printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
    summary: dict[str, Any] = json.loads(printed)
    return summary


def read_summary(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What it prints before it goes on running."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    summary: dict[str, Any] = json.loads("".join(lines))
    return summary


def some_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def deadline() -> float:
    return time.monotonic() + PATIENCE_SECONDS


def pasted(command: str) -> Any:
    """What a shell with curl would get for it."""
    words = iter(shlex.split(command))
    assert next(words) == "curl"
    headers, data, url = {}, None, ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = next(words).encode()
        else:
            url = word
    with build_opener(ProxyHandler({})).open(Request(url, data, headers)) as answer:
        return json.load(answer)


def printed(command: str) -> str:
    """What `yice` prints for it, to a wide terminal."""
    words = shlex.split(command)
    environment = dict(word.split("=", 1) for word in words[:2])
    done = CliRunner().invoke(main, words[3:], env=environment | {"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def cells(table: str) -> list[list[str]]:
    lines = [line.strip("│ ").split("│") for line in table.splitlines() if line.startswith("│")]
    return [[cell for cell in map(str.strip, line) if cell] for line in lines]


def told_acts(section: list[dict[str, Any]]) -> int:
    return sum("refused" not in act for act in section)


def topics(history: list[dict[str, Any]]) -> list[str]:
    return [entry["topic"].removeprefix("ticket.") for entry in history]


def the(topic: str, history: list[dict[str, Any]]) -> dict[str, Any]:
    [entry] = [entry for entry in history if entry["topic"] == f"ticket.{topic}"]
    return entry


def instant_of(entry: dict[str, Any], clock: str) -> datetime:
    return datetime.fromisoformat(entry[clock])


def test_a_demo_killed_in_the_middle_tells_the_rest_and_nothing_twice(told: Told) -> None:
    story, caller = load_story(), told.caller
    ids = story.ids()

    opens = {word for word, deed in story.deeds.items() if deed.new == "ticket_id"}
    tickets = [ids[act[word]] for act in story.tickets for word in opens & act.keys()]
    paths = [f"/v1/tickets/{ticket}/history" for ticket in tickets]
    entries = [entry for path in paths for entry in caller.get(path, "shen")["items"]]

    assert told.killed_at < told.once["position"]
    commands = {e["command_id"] for e in entries if e["command_id"].startswith("demo-")}
    assert len({c for c in commands if c[5:].isdigit()}) == told_acts(story.tickets)
    assert len(entries) == len({e["position"] for e in entries})


def test_people_and_clients_are_there_once(told: Told) -> None:
    story, caller = load_story(), told.caller
    ids = story.ids()

    staff = caller.get("/v1/staff?limit=200", "shen")["items"]
    clients = [
        caller.get(f"/v1/clients/{ids[act['meets']]}", "shen")
        for act in story.clients
        if "meets" in act
    ]

    assert len(staff) == len({member["name"] for member in staff}) == 25
    owned = [caller.get(f"/v1/clients/{c['client_id']}/ownership", "shen") for c in clients]
    alike = sum(len(one["duplicates"]) for one in owned)  # noticed by the desk itself
    assert sum(client["version"] for client in clients) == told_acts(story.clients) + alike


def test_told_again_it_says_the_same(told: Told) -> None:
    """But for what the clock has opened and put on record meanwhile."""
    once, again = (
        {name: said for name, said in summary.items() if name not in ("position", "tickets")}
        for summary in (told.once, told.summary)
    )

    assert again == once


def test_it_has_a_home_of_its_own(told: Told) -> None:
    assert [place.name for place in told.home.iterdir()] == ["demo"]


def test_most_of_it_is_closed(told: Told) -> None:
    counts = told.caller.get("/v1/tickets/counts?procedure=consultation", "shen")
    week = [act for act in load_story().tickets if "opens" in act]

    assert counts["all"]["total"] == QUESTIONS + len(week)
    assert counts["closed"]["true"] >= 0.8 * counts["all"]["total"]
    assert len(counts["channel"]) >= 5


def test_the_first_eight_of_the_quarter_were_paid_their_reward(told: Told) -> None:
    ranking, paid = told.figure(0), told.figure(1)

    assert [line["rank"] for line in ranking["lines"]] == [1, 2, 3, 4, 5, 6, 6, 8, 9]
    assert ranking["reward_minor_units"] == 9500_00
    states = {(row["table_name"], row["state"], row["amount"]) for row in paid["entries"]}
    assert states == {
        ("ranking_reward", "executed", 1500_00),
        ("quote_commission", "executed", 1300_00),
        ("quote_commission", "executed", 3200_00),
        ("quote_commission", "executed", 1120_00),
    }


def test_a_fine_that_an_appeal_took_back_stands_beside_its_reversal(told: Told) -> None:
    [total] = told.figure(2)["totals"]

    assert (total["kind"], total["amount"]) == ("penalty", 60_00)
    assert [row["amount"] for row in told.figure(2)["entries"]] == [20_00, 40_00, 50_00, -50_00]


def test_a_client_went_up_and_a_trainee_was_promoted(told: Told) -> None:
    grades, then = told.figure(3), told.figure(4)
    now = told.caller.get(f"/v1/staff/{then['staff']['staff_id']}", "shen")

    assert [row["grade"] for row in grades["history"]] == ["platinum", "diamond"]
    assert then["staff"]["levels"]["am_level"]["level"] == "trainee"
    assert now["levels"]["am_level"]["level"] == "grade2"
    assert len(told.figure(5)["items"]) == 2


def test_the_figures_that_it_says_to_try_are_printed(told: Told) -> None:
    """As a shell prints them, but for the processes: `yice` runs in this one."""
    asked = [line["command"] for line in told.summary["figures"] if "curl" not in line["command"]]

    rate, tiers, rewards, teams, lineage, then, what_if, statement = map(printed, asked)

    assert all(said in rate for said in ("0.5 (6/1180)", "0.9 (11/1205)", "0.6 (7/1241)"))
    assert ["diamond", "2"] in cells(tiers)
    assert ["合计", "8", "9500"] in cells(rewards)
    assert ["environment", "9", "21.5"] in cells(teams)
    assert [row[-1] for row in cells(teams) if "2026-H2" in row] == ["excellent", "unqualified"]
    assert lineage.count("True") == 11
    assert [row for row in cells(then) if row[0] == "合计"] == [["合计", "2"]]
    assert "1小时内联系客户" in what_if
    assert "not a forecast" in what_if
    assert "commission: 1350.00 CNY, 2 entries" in statement


def test_a_transfer_is_declined_and_another_accepted(told: Told) -> None:
    history = told.history("declined_transfer")

    handed = [topic for topic in topics(history) if topic.startswith("transfer-")]
    assert handed == [
        "transfer-offered",
        "transfer-declined",
        "transfer-offered",
        "transfer-accepted",
    ]
    assert the("transfer-declined", history)["reason"]


def test_a_question_is_put_to_the_superior_and_instructed(told: Told) -> None:
    history = told.history("escalation")

    assert the("escalated", history)["by"] == told.staff_ref("lin")
    assert the("instructed", history)["by"] == told.staff_ref("sun")


def test_a_deputy_acts_for_an_absent_colleague(told: Told) -> None:
    answered = the("answered", told.history("deputy"))

    assert answered["by"] == told.staff_ref("zhou")
    assert answered["acting_for"] == told.staff_ref("he")


def test_a_closed_ticket_is_reopened_as_a_second_episode(told: Told) -> None:
    history = told.history("reopening")

    assert topics(history).count("closed") == 2
    assert the("reopened", history)["details"]["episode"] == 2


def test_a_late_entry_happened_before_what_was_recorded_before_it(told: Told) -> None:
    history = told.history("late_entry")

    late = the("noted", history)
    before = history[history.index(late) - 1]
    assert late["reason"].startswith("补记")
    assert instant_of(late, "occurred_at") < instant_of(before, "occurred_at")
    assert instant_of(late, "recorded_at") >= instant_of(before, "recorded_at")


def test_a_correction_names_the_event_that_it_answers(told: Told) -> None:
    history = told.history("correction")

    corrected = the("corrected", history)["details"]
    mistaken = history[corrected["corrects_version"] - 1]
    assert corrected["what"] in mistaken["details"]
    assert corrected["text"] != mistaken["details"][corrected["what"]]


def test_a_ticket_waits_for_its_client_and_goes_on(told: Told) -> None:
    history = told.history("suspension")

    assert the("suspended", history)["details"]["blocked_by"] == "client"
    assert topics(history).index("resumed") > topics(history).index("suspended")


def test_a_case_slip_is_issued_before_the_clarification(told: Told) -> None:
    history = told.history("case_slip")

    assert the("case-slip-issued", history)["number"]
    assert topics(history).index("case-slip-issued") < topics(history).index("step-taken")


def test_two_files_of_one_client_are_merged(told: Told) -> None:
    client = told.scene("client_merge")

    [merged_id] = client["merged_ids"]
    tickets = told.caller.get(f"/v1/tickets?client_id={client['client_id']}", "shen")["items"]
    assert merged_id in [ticket["client_id"] for ticket in tickets]


def test_a_client_is_blacklisted(told: Told) -> None:
    assert told.scene("blacklisting")["is_blacklisted"]


def test_one_attempt_is_refused_on_purpose(told: Told) -> None:
    [refusal] = told.summary["refusals"]

    assert (refusal["answer"]["status"], refusal["answer"]["rule"]) == (422, "FR-06")


def test_a_complaint_is_answered_over_a_make_up_saturday(told: Told) -> None:
    history = told.history("complaint")
    why = told.scene("why")

    steps = [entry["step"] for entry in history if entry["topic"] == "ticket.step-taken"]
    assert steps[:2] == ["contact_client", "confirm"]
    assert (why["status"], why["due_at"]) == ("met", "2026-10-13T16:00:00Z")
    assert "10-10" in why["why"]


def test_what_was_missed_is_told_to_the_superior(told: Told) -> None:
    until = deadline()
    missed = told.scene("breach")
    while missed["level"] == 0 and time.monotonic() < until:
        missed = told.scene("breach")

    assert (missed["status"], missed["level"]) == ("overdue", 1)
    assert missed["breached_at"] is not None
    assert missed["supervisors"] == [told.staff_ref("sun").removeprefix("staff:")]


def test_more_time_is_asked_for_by_one_and_granted_by_another(told: Told) -> None:
    [granted] = told.scene("extension")["obligation"]["extensions"]

    assert (granted["asked_by"], granted["approved_by"]) == (
        told.staff_ref("lin"),
        told.staff_ref("sun"),
    )


def test_what_came_back_twice_is_decided(told: Told) -> None:
    history = told.history("decided_transfer")

    assert topics(history).count("transfer-declined") == 2
    assert the("transfer-decided", history)["by"] == told.staff_ref("sun")


def test_a_bad_review_is_closed_at_a_hundred_percent(told: Told) -> None:
    [group] = told.scene("bad_review")["groups"]

    shares = {name: figure["value"] for name, figure in group["measures"].items()}
    assert shares == {"bad": 1, "verified": "100", "rectified": "100", "called_back": "100"}


def test_there_is_a_token_for_every_kind_of_person(told: Told) -> None:
    roles = {role for person in told.summary["people"] for role in person["roles"]}

    assert roles == {
        "administrator",
        "director",
        "cs_supervisor",
        "cs_officer",
        "compliance_reviewer",
        "after_sales",
        "general_manager",
        "department_head",
        "hr",
        "assessor",
        "finance",
        "account_manager",
        "volunteer_centre",
        "team_leader",
        "trainer",
        "staff",
    }


def test_what_it_says_to_try_works_as_it_stands(told: Told) -> None:
    lines = closing_text(told.summary).split("\n")

    commands = [line for line in lines if line.startswith("curl ")][:8]
    register, file, history, desk, told_me, hits, phrases, step = map(pasted, commands)

    assert len(register["items"]) == 5
    assert file["episode"] == 2
    assert topics(history["items"]).count("reopened") == 1
    assert desk["items"]
    assert step["id"] in [ticket["ticket_id"] for ticket in desk["items"]]
    assert told_me["items"]
    assert hits["count"] >= 1
    assert len(phrases["items"]) == 4
    assert pasted(commands[7])["position"] == step["position"]


@pytest.mark.parametrize("started_at", [NOON, NOON + timedelta(days=6, hours=11, minutes=59)])
def test_nothing_in_the_story_is_still_to_come(started_at: datetime) -> None:
    monday = monday_before(started_at)

    said = load_story().said(monday, KNOWN)

    assert monday.weekday() == 0
    assert all(act.body["occurred_at"] < started_at for act in said)


def test_nothing_in_the_quarter_is_of_the_week_before_the_first_start() -> None:
    acts = load("demo_quarter.yaml", Quarter).story().ordered(NOON)

    times = [instant(act["at"], NOON) for _, act in acts]

    assert times == sorted(times)
    assert times[-1] < monday_before(NOON)


def test_the_acts_are_entered_in_the_order_of_their_times() -> None:
    monday = monday_before(NOON)

    said = [act.body["occurred_at"] for act in load_story().said(monday, KNOWN)]

    assert [(a, b) for a, b in pairwise(said) if a > b] == [
        (instant("tue 08:40", monday), instant("mon 17:55", monday)),
    ]


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = int(other.getsockname()[1])

        port = free_port(taken)

    assert port > taken
