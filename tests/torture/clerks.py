"""Who works at the tortured desk: real clients over HTTP, who say again what was not answered.

Some say a command twice at once, some again long after its answer, some hang up before it comes;
some hang up and never ask again. What each was told and saw is kept for the checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

from tests.support.checker import Answer, Look, Said
from tests.support.processes import Caller, Lost, Serving

MANNERS = ("once", "twice at once", "hung up before", "again later", "again at once")
WEIGHTS = (60, 12, 10, 12, 6)

REFUSALS = (409, 412)

PROCEDURE = "consultation"


@dataclass(frozen=True)
class Office:
    """Members of staff with their tokens, one client, and a ticket that all write to."""

    staff: list[tuple[str, str]]
    client_id: str
    shared: str


@dataclass(frozen=True)
class Command:
    who: int
    path: str
    body: Mapping[str, Any] | None
    key: str


@dataclass
class Clerk:
    """Opens a ticket, works on it, hands it to a colleague who answers and closes it; and again."""

    office: Office
    number: int
    chance: Random
    callers: list[Caller]
    told: list[Answer] = field(default_factory=list)
    kinds: dict[Said, str] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    refused: list[Said] = field(default_factory=list)
    abandoned: list[Said] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    repeated: int = 0
    _keys: int = 0
    _later: list[tuple[Command, Any]] = field(default_factory=list)

    def work(self, over: Event) -> None:
        """Until it is over, or something is otherwise than they were told."""
        while not over.is_set() and not self.surprises:
            try:
                self._one_matter(self.chance.choice(self._colleagues()))
                self._ask_again()
            except AssertionError as surprise:
                self.surprises.append(f"clerk {self.number}: {surprise}")

    @property
    def retries(self) -> int:
        return sum(caller.retries for caller in self.callers)

    @property
    def unforeseen(self) -> list[str]:
        return [fault for caller in self.callers for fault in caller.faults]

    def _colleagues(self) -> list[int]:
        return [n for n in range(len(self.office.staff)) if n != self.number]

    def _one_matter(self, colleague: int) -> None:
        me, shared = self.number, self.office.shared
        ticket = self._says(me, "opening", "/v1/tickets", self._matter())
        here = f"/v1/tickets/{ticket}"
        self._says(me, "note", f"{here}/notes", {"text": f"第 {len(self.told)} 件"})
        self._says(me, "slip", f"{here}/slip")
        self._says(me, "clarifying", f"{here}/steps/clarify")
        self._says(me, "note", f"/v1/tickets/{shared}/notes", {"text": "大家看"})
        self._glances(shared)
        to_id = self.office.staff[colleague][0]
        self._says(me, "transfer", f"{here}/transfer", {"to_id": to_id, "reason": "对口"})
        self._says(colleague, "acceptance", f"{here}/transfer/acceptance")
        self._says(colleague, "answer", f"{here}/answer", {"text": "周一至周五"})
        if self.chance.random() < 0.2:
            self._gives_up(me, f"{here}/notes", {"text": "算了"})
        self._says(colleague, "closure", f"{here}/closure")
        self._is_refused(colleague, f"{here}/answer", {"text": "再说"})
        self._looks(ticket)

    def _matter(self) -> dict[str, str]:
        return {
            "client_id": self.office.client_id,
            "channel": "phone",
            "matter": "有线电视",
            "procedure": PROCEDURE,
        }

    def _says(self, who: int, kind: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """A command, until it is answered; the id of what it was about."""
        command = Command(who, path, body, self._key())
        [manner] = self.chance.choices(MANNERS, WEIGHTS)
        if manner == "hung up before":
            self.callers[who].hang_up(path, body, key=command.key)
        receipt = self._twice(command) if manner == "twice at once" else self._insist(command)
        if manner == "again at once":
            self._must_be_answered_alike(command, receipt)
        if manner == "again later":
            self._later.append((command, receipt))
        self._keep(command, kind, receipt)
        return str(receipt["id"])

    def _keep(self, command: Command, kind: str, receipt: Any) -> None:
        stream_id, version, position = UUID(receipt["id"]), receipt["version"], receipt["position"]
        actor, key = self._said(command)
        self.told.append(Answer(actor, key, stream_id, version, position))
        self.looks.append(Look(self.number, stream_id, version, position, told=True))
        self.kinds[actor, key] = kind

    def _insist(self, command: Command) -> Any:
        receipt = self.callers[command.who].insist(
            "POST", command.path, command.body, key=command.key
        )
        self.repeated += receipt["replayed"]
        return receipt

    def _twice(self, command: Command) -> Any:
        with ThreadPoolExecutor(2) as threads:
            one, other = threads.map(self._insist, (command, command))
        assert alike(one, other), f"{command} was answered with {one}, and with {other}"
        assert one["replayed"] != other["replayed"] or one["replayed"], f"{command} was done twice"
        return one

    def _must_be_answered_alike(self, command: Command, before: Any) -> None:
        again = self._insist(command)
        assert again["replayed"], f"{command} was done twice"
        assert alike(before, again), f"{command}: first {before}, then {again}"

    def _ask_again(self) -> None:
        """About something long done, now and then."""
        if len(self._later) > 3:
            self._must_be_answered_alike(*self._later.pop(self.chance.randrange(len(self._later))))

    def _gives_up(self, who: int, path: str, body: Mapping[str, Any]) -> None:
        """It may be done or not, but nothing in between."""
        command = Command(who, path, body, self._key())
        self.callers[who].hang_up(path, body, key=command.key)
        self.abandoned.append(self._said(command))
        self.kinds[self._said(command)] = "note"

    def _is_refused(self, who: int, path: str, body: Mapping[str, Any]) -> None:
        command = Command(who, path, body, self._key())
        pause = Event()
        for _ in range(1_000):
            with suppress(Lost):
                status, said = self.callers[who].ask("POST", path, body, key=command.key)
                assert status in REFUSALS, (command, status, said)
                self.refused.append(self._said(command))
                return
            pause.wait(0.05)

    def _looks(self, ticket: str) -> None:
        """At what was written last; it must be there."""
        last = self.told[-1]
        row = self.callers[self.number].insist(
            "GET", f"/v1/tickets/{ticket}?min_position={last.position}"
        )
        assert row["is_closed"], row
        self._saw(ticket, row, last.stream_version)

    def _glances(self, ticket: str) -> None:
        """At what all write to; sometimes it must show what this one wrote."""
        last, who = self.told[-1], self.callers[self.number]
        if self.chance.random() < 0.5:
            row = who.insist("GET", f"/v1/tickets/{ticket}?min_position={last.position}")
            self._saw(ticket, row, last.stream_version)
        else:
            self._saw(ticket, who.insist("GET", f"/v1/tickets/{ticket}"), 0)

    def _saw(self, ticket: str, row: Any, owed: int) -> None:
        self.looks.append(Look(self.number, UUID(ticket), row["version"], row["position"], owed))

    def _said(self, command: Command) -> Said:
        return f"staff:{self.office.staff[command.who][0]}", command.key

    def _key(self) -> str:
        self._keys += 1
        return f"clerk-{self.number}-{self._keys}"


def alike(one: Any, other: Any) -> bool:
    """Two answers to the same command, but for which of them was the first."""
    return {**one, "replayed": None} == {**other, "replayed": None}


def clerks(desk: Serving, number: int, seed: int) -> list[Clerk]:
    """So many, at one office."""
    office = opened(desk.caller(), number)
    tokens = [token for _, token in office.staff]
    return [
        Clerk(office, n, Random(f"{seed}-{n}"), [desk.caller(token) for token in tokens])
        for n in range(number)
    ]


def opened(administrator: Caller, number: int) -> Office:
    staff = [_employed(administrator, n) for n in range(number)]
    client = administrator.insist("POST", "/v1/clients", {"name": "王某"}, key="client")
    matter = {"channel": "phone", "matter": "有线电视", "procedure": PROCEDURE}
    shared = administrator.insist(
        "POST", "/v1/tickets", {**matter, "client_id": client["id"]}, key="shared"
    )
    here = f"/v1/tickets/{shared['id']}?min_position={shared['position']}"
    administrator.insist("GET", here)  # before anybody looks without having to be shown
    return Office(staff, client["id"], shared["id"])


def _employed(administrator: Caller, number: int) -> tuple[str, str]:
    """Id and token."""
    person = {"name": f"员工 {number}"}
    staff_id = administrator.insist("POST", "/v1/staff", person, key=f"hire-{number}")["id"]
    here, post = f"/v1/staff/{staff_id}", {"post": "客服专员", "roles": ["cs_officer"]}
    administrator.insist("POST", f"{here}/post", post, key=f"post-{number}")
    issued = administrator.insist("POST", f"{here}/credentials", key=f"token-{number}")
    return staff_id, issued["token"]
