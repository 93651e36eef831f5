"""Bad luck: everything is killed in turn while people work, and nothing of their work is lost.

Clients do what clients must: each command has an id of its own, and what is not answered is said
again under the same id. Some do not even wait for the answer before they say it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

import psutil
import pytest

from tests.support.checker import Answer, Audited, view_tables
from tests.support.postgres import home
from tests.support.processes import Caller, Serving, kill, serving, until, yice

CLERKS = 4

ENOUGH = 30
"""Commands answered between two blows, so that each falls into the middle of work."""

Victim = Callable[[Serving], psutil.Process | None]

VICTIMS: list[Victim] = [
    Serving.web_worker,
    Serving.worker,
    Serving.postmaster,
    Serving.web,
] * 2


@dataclass(frozen=True)
class Desk:
    """Four members of staff with their tokens, one client, and a ticket that all write to."""

    staff: list[tuple[str, str]]
    client_id: str
    shared: str


@dataclass
class Clerk:
    """Opens a ticket, hands it to a colleague, who answers and closes it; and again."""

    serving: Serving
    desk: Desk
    number: int
    told: list[Answer] = field(default_factory=list)
    saw: list[tuple[int, int]] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    replays: int = 0

    def __post_init__(self) -> None:
        self.callers = [self.serving.caller(token) for _, token in self.desk.staff]

    def work(self, over: Event) -> None:
        """Until it is over, or something is otherwise than they were told."""
        while not over.is_set() and not self.surprises:
            try:
                self.one_matter((self.number + 1) % CLERKS)
            except AssertionError as surprise:
                self.surprises.append(str(surprise))

    def one_matter(self, colleague: int) -> None:
        ticket = self.says(self.number, "/v1/tickets", self.matter())
        here = f"/v1/tickets/{ticket}"
        self.says(self.number, f"{here}/notes", {"text": f"第 {len(self.told)} 件"})
        self.says(self.number, f"/v1/tickets/{self.desk.shared}/notes", {"text": "大家看"})
        to_id = self.desk.staff[colleague][0]
        self.says(self.number, f"{here}/transfer", {"to_id": to_id, "reason": "对口"})
        self.says(colleague, f"{here}/transfer/acceptance")
        self.says(colleague, f"{here}/answer", {"text": "周一至周五"})
        self.says(colleague, f"{here}/closure")
        self.looks(ticket)

    def matter(self) -> dict[str, str]:
        return {
            "client_id": self.desk.client_id,
            "channel": "phone",
            "matter": "有线电视",
            "procedure": "consultation",
        }

    def says(self, who: int, path: str, body: dict[str, str] | None = None) -> str:
        """A command, until it is answered."""
        key = f"clerk-{self.number}-{len(self.told)}"
        if len(self.told) % 3 == 0:
            self.callers[who].hang_up(path, body, key=key)
        receipt = self.callers[who].insist("POST", path, body, key=key)
        self.replays += receipt["replayed"]
        actor = f"staff:{self.desk.staff[who][0]}"
        stream_id, version = UUID(receipt["id"]), receipt["version"]
        self.told.append(Answer(actor, key, stream_id, version, receipt["position"]))
        return str(receipt["id"])

    def looks(self, ticket: str) -> None:
        """For what was written last."""
        last = self.told[-1]
        row = self.callers[self.number].insist(
            "GET", f"/v1/tickets/{ticket}?min_position={last.position}"
        )
        self.saw.append((last.position, row["position"]))
        assert (row["version"], row["is_closed"]) == (last.stream_version, True), row

    @property
    def retries(self) -> int:
        return sum(caller.retries for caller in self.callers)


@dataclass(frozen=True)
class Afterwards:
    """What is left to look at when all is over."""

    audited: Audited
    clerks: list[Clerk]
    kept: dict[str, list[tuple[Any, ...]]]
    rebuilt: dict[str, list[tuple[Any, ...]]]
    killed: list[int]
    views: list[dict[str, Any]]

    @property
    def told(self) -> list[Answer]:
        return [answer for clerk in self.clerks for answer in clerk.told]


def opened(administrator: Caller) -> Desk:
    staff = [employed(administrator, number) for number in range(CLERKS)]
    client = administrator.insist("POST", "/v1/clients", {"name": "王某"}, key="client")
    matter = {"channel": "phone", "matter": "有线电视", "procedure": "consultation"}
    shared = administrator.insist(
        "POST", "/v1/tickets", {**matter, "client_id": client["id"]}, key="shared"
    )
    return Desk(staff, client["id"], shared["id"])


def employed(administrator: Caller, number: int) -> tuple[str, str]:
    """Id and token."""
    person = {"name": f"员工 {number}"}
    staff_id = administrator.insist("POST", "/v1/staff", person, key=f"hire-{number}")["id"]
    here, post = f"/v1/staff/{staff_id}", {"post": "客服专员", "roles": ["cs_officer"]}
    administrator.insist("POST", f"{here}/post", post, key=f"post-{number}")
    issued = administrator.insist("POST", f"{here}/credentials", key=f"token-{number}")
    return staff_id, issued["token"]


@pytest.fixture(scope="module")
def afterwards() -> Iterator[Afterwards]:
    with home() as place, serving(place) as desk:
        office = opened(desk.caller())
        clerks = [Clerk(desk, office, number) for number in range(CLERKS)]
        killed = worked_through(desk, clerks)
        until(desk.is_ready)
        _, ready = desk.caller().ask("GET", "/readyz")
        url = desk.url("yice")
        kept = view_tables(url)
        assert yice(place, "rebuild", "all").returncode == 0
        rebuilt = view_tables(url)
        yield Afterwards(Audited.read(url), clerks, kept, rebuilt, killed, ready["views"])


def worked_through(desk: Serving, clerks: list[Clerk]) -> list[int]:
    """The clerks work while all that keeps the desk running is killed; the ids of the dead."""
    over = Event()
    with ThreadPoolExecutor(CLERKS) as threads:
        working = [threads.submit(clerk.work, over) for clerk in clerks]
        try:
            killed = [struck(desk, victim, clerks, working) for victim in VICTIMS]
            until_answered(clerks, working)
        finally:
            over.set()
        for each in working:
            each.result()
    return killed


def struck(desk: Serving, victim: Victim, clerks: list[Clerk], working: list[Future[None]]) -> int:
    """In the middle of work; and another of the kind has come by the time this returns."""
    until_answered(clerks, working)
    dying = until(lambda: victim(desk))
    kill(dying)
    until(lambda: (new := victim(desk)) is not None and new.pid != dying.pid)
    return dying.pid


def until_answered(clerks: list[Clerk], working: list[Future[None]]) -> None:
    """Until they have been answered some more times, or there is nothing to wait for."""
    before = sum(len(clerk.told) for clerk in clerks)

    def have_been() -> bool:
        is_enough = sum(len(clerk.told) for clerk in clerks) >= before + ENOUGH
        return is_enough or any(each.done() for each in working)

    until(have_been)


def test_everything_was_killed_twice_while_people_worked(afterwards: Afterwards) -> None:
    assert len(set(afterwards.killed)) == len(VICTIMS)
    assert sum(clerk.retries for clerk in afterwards.clerks) > len(VICTIMS)
    assert sum(clerk.replays for clerk in afterwards.clerks) > len(VICTIMS)
    assert len(afterwards.told) > len(VICTIMS) * ENOUGH
    assert all(clerk.told for clerk in afterwards.clerks)


def test_nobody_found_anything_otherwise_than_they_were_told(afterwards: Afterwards) -> None:
    assert [clerk.surprises for clerk in afterwards.clerks] == [[]] * CLERKS


def test_no_command_that_was_answered_is_lost_and_none_is_there_twice(
    afterwards: Afterwards,
) -> None:
    assert afterwards.audited.faults(afterwards.told) == []


def test_nothing_is_stored_that_nobody_was_told_of(afterwards: Afterwards) -> None:
    told = {(answer.actor, answer.command_id) for answer in afterwards.told}

    stored = {(e.actor, e.command_id) for e in afterwards.audited.entries}

    assert {said for said in stored if said[1].startswith("clerk-")} == told


def test_the_views_are_what_they_would_be_if_built_anew(afterwards: Afterwards) -> None:
    tickets = [entry for entry in afterwards.audited.entries if entry.topic.startswith("ticket.")]

    assert afterwards.kept == afterwards.rebuilt
    assert len(afterwards.kept["ticket_history"]) == len(tickets) > 0
    assert [at["failure"] for at in afterwards.views] == [None] * len(afterwards.views)


def test_for_each_client_time_only_goes_on(afterwards: Afterwards) -> None:
    for clerk in afterwards.clerks:
        positions = [answer.position for answer in clerk.told]
        assert positions == sorted(set(positions))


def test_each_client_sees_what_it_wrote(afterwards: Afterwards) -> None:
    saw = [(asked, seen) for clerk in afterwards.clerks for asked, seen in clerk.saw]

    assert saw
    assert all(seen >= asked for asked, seen in saw)
