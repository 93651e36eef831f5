"""`yice demo`: a made-up service centre and its week, told over HTTP to a desk of its own.

The quarter before it is told by `demo_quarter.py`. The story is data, `demo_week.yaml`. Every id
and command id in it is fixed, so telling it again, or on after it was broken off, adds nothing
twice.
"""

from __future__ import annotations

import re
import shlex
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from importlib.resources import files
from string import Formatter
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import yaml
from msgspec import Struct

from application.register import Unavailable
from domain.errors import Refused

ZONE = ZoneInfo("Asia/Shanghai")
"""Where the story is set, whatever the zone of the desk."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

NAMES = UUID("6d0c7a52-9e1b-4c6e-8a57-2f4f0d3b91c4")
"""The ids of everybody and everything in the story are made from this and their names."""

KIND = re.compile(r"(?P<kind>|staff:|client:)@(?P<name>[\w-]+)$")
"""Stands for an id, which says of what kind it is where the API asks for that."""

READY_SECONDS = 60.0
"""How long the desk may take to start, and its views to follow."""

ANSWER_SECONDS = 30.0
"""How long one answer may take."""

PORTS = 100
"""How many ports to try."""


S = TypeVar("S")


class StoryBroken(Refused):
    """The desk answered otherwise than the story says."""

    code = "story_broken"


@dataclass(frozen=True)
class Said:
    """One act as a request. `refused` is the code that its answer must carry; None: it is done."""

    who: str
    it: str
    path: str
    body: dict[str, Any]
    key: str
    refused: str | None


class Deed(Struct, frozen=True, forbid_unknown_fields=True):
    """What an act's word stands for. `new`: the field of the body that names what it makes.

    `found`: it makes something whose id the desk chooses. `token`: it is answered with a token.
    `first_views`: it asks the views.
    """

    path: str
    new: str | None = None
    found: bool = False
    token: bool = False
    first_views: bool = False
    body: dict[str, Any] = {}


class Scene(Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    says: str
    path: str


class Try(Struct, frozen=True, forbid_unknown_fields=True):
    """A line to paste: a request of `who`, with a body a command; or the words behind `yice`."""

    says: str
    who: str = ""
    path: str = ""
    body: dict[str, Any] | None = None
    yice: str | None = None


class Story(Struct, frozen=True, forbid_unknown_fields=True):
    """As its file says; the file says how to read it."""

    deeds: dict[str, Deed]
    people: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    clients: list[dict[str, Any]] = []
    scenes: list[Scene] = []
    tries: list[Try] = []

    def said(self, monday: datetime, known: Mapping[str, str]) -> list[Said]:
        """All acts as requests, in the order of their times in the week of that Monday.

        `known`: the ids of whoever and whatever was there before.
        """
        ids = {**known, **self.ids()}
        return [
            self.said_of(act, f"demo-{number:03}", ids, monday)
            for number, act in self.ordered(monday)
        ]

    def ordered(self, monday: datetime) -> list[tuple[int, dict[str, Any]]]:
        """All acts in the order of their times, each with its number in the file."""
        return sorted(enumerate(self._acts()), key=lambda act: instant(act[1]["at"], monday))

    def ids(self) -> dict[str, str]:
        """The id of everybody and everything that some act makes, by name."""
        makers = {word for word, deed in self.deeds.items() if deed.new}
        made = [act[word] for act in self._acts() for word in act.keys() & makers]
        return {name: str(uuid5(NAMES, name)) for name in made}

    def _acts(self) -> list[dict[str, Any]]:
        return [*self.people, *self.clients, *self.tickets]

    def deed(self, act: Mapping[str, Any]) -> Deed:
        [word] = act.keys() & self.deeds
        return self.deeds[word]

    def said_of(
        self, act: Mapping[str, Any], key: str, ids: Mapping[str, str], monday: datetime
    ) -> Said:
        [word] = act.keys() & self.deeds
        deed, it = self.deeds[word], act[word]
        in_path = {name for _, name, _, _ in Formatter().parse(deed.path) if name}
        not_said = {"at", "who", "refused", word, *in_path}
        words = {k: v for k, v in act.items() if k not in not_said}
        named = {deed.new: it} if deed.new else {}
        body = {"occurred_at": act["at"], **deed.body, **named, **words}
        return Said(
            who=act["who"],
            it=it,
            path=deed.path.format_map({**act, "it": "" if deed.found else ids[it]}),
            body={name: _value(name, v, ids, monday) for name, v in body.items()},
            key=key,
            refused=act.get("refused"),
        )


@dataclass(frozen=True)
class Before:
    """What the week finds: everybody's token, the ids of all, and what to try with them."""

    tokens: Mapping[str, str]
    ids: Mapping[str, str]
    tries: Sequence[Try] = ()


class Caller:
    """Asks the desk over HTTP, with the token of whoever asks. Uses no proxy."""

    def __init__(self, url: str, tokens: dict[str, str]) -> None:
        self.url, self.tokens = url, tokens
        self._opener = build_opener(ProxyHandler({}))

    def get(self, path: str, who: str | None = None) -> Any:
        """Raises StoryBroken unless it is answered well."""
        status, answer = self._call(Request(self.url + path, headers=self._bearer(who)))
        if status >= 400:
            raise StoryBroken(f"GET {path} was answered {status}: {answer}")
        return answer

    def post(self, said: Said) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": said.key}
        body = msgspec.json.encode(said.body)
        request = Request(self.url + said.path, body, headers | self._bearer(said.who))
        return self._call(request)

    def wait_for_views(self) -> int:
        """Once all views have read the whole register, its length. Raises Unavailable."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with suppress(Unavailable, StoryBroken):
                state = self.get("/readyz")
                if all(view["position"] == state["position"] for view in state["views"]):
                    return int(state["position"])
            time.sleep(0.05)
        raise Unavailable(f"the desk at {self.url} is not ready after {READY_SECONDS:.0f} s")

    def _bearer(self, who: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}

    def _call(self, request: Request) -> tuple[int, Any]:
        try:
            with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return answer.status, msgspec.json.decode(answer.read())
        except HTTPError as refused:
            with closing(refused):
                return refused.code, msgspec.json.decode(refused.read())
        except (OSError, HTTPException) as lost:
            raise Unavailable(f"the desk at {self.url} does not answer: {lost}") from lost


def told_week(
    url: str,
    before: Before,
    started_at: datetime,
    report: Callable[[int, int], None],
    *,
    yice: str = "yice",
) -> dict[str, Any]:
    """Tell the week before `started_at`, the first start of this desk; what came of it.

    `report` is told how many acts are done, and of how many; `yice` begins a command line that asks
    this desk. Raises StoryBroken, Unavailable.
    """
    story, caller = load_story(), Caller(url, dict(before.tokens))
    said = story.said(monday_before(started_at), before.ids)
    caller.wait_for_views()
    refusals = []
    for done, act in enumerate(said):
        report(done, len(said))
        answer = play(caller, act)
        if act.refused:
            refusals.append({"who": act.who, "path": act.path, "body": act.body, "answer": answer})
    position = caller.wait_for_views()
    report(len(said), len(said))
    summary = summed_up(story, caller, before, refusals, position, monday_before(started_at))
    ids = before.ids
    lines = [{"says": t.says, "command": line_of(caller, t, ids, yice)} for t in before.tries]
    return summary | {"figures": lines}


def play(caller: Caller, said: Said) -> Any:
    """One act. A token in its answer is the new token of whom it was done to."""
    status, answer = caller.post(said)
    if (answer.get("code"), status >= 400) != (said.refused, said.refused is not None):
        wanted = f"refused as {said.refused}" if said.refused else "done"
        raise StoryBroken(
            f"act {said.key}, POST {said.path} by {said.who}, should be {wanted},"
            f" and was answered {status}: {answer};"
            " to begin anew, remove the directory demo under YICE_HOME"
        )
    if "token" in answer:
        caller.tokens[said.it] = answer["token"]
    return answer


def summed_up(
    story: Story,
    caller: Caller,
    before: Before,
    refusals: list[dict[str, Any]],
    position: int,
    monday: datetime,
) -> dict[str, Any]:
    """What there is to see, and how to ask for it."""
    week = {"week_from": f"{monday:%F}", "week_to": f"{monday + timedelta(days=7):%F}"}
    ids = {**before.ids, **story.ids(), **week}
    return {
        "url": caller.url,
        "docs": f"{caller.url}/docs/",
        "position": position,
        "tickets": caller.get("/v1/tickets/counts", "admin"),
        "people": [_person(caller, who) for who in caller.tokens],
        "scenes": [
            {"what": scene.what, "says": scene.says, "path": scene.path.format_map(ids)}
            for scene in story.scenes
        ],
        "refusals": refusals,
        "tries": [{"says": t.says, "command": curl(caller, t, ids)} for t in story.tries],
    }


def line_of(caller: Caller, asked: Try, ids: Mapping[str, str], yice: str) -> str:
    if asked.yice is None:
        return curl(caller, asked, ids)
    return f"{yice} {asked.yice.format_map(ids)}"


def curl(caller: Caller, asked: Try, ids: Mapping[str, str]) -> str:
    """The command line that asks it."""
    words = ["curl", "-H", f"Authorization: Bearer {caller.tokens[asked.who]}"]
    if asked.body is not None:
        words += ["-H", "Content-Type: application/json", "-H", "Idempotency-Key: my-first-step"]
        words += ["-d", msgspec.json.encode(asked.body).decode()]
    return shlex.join([*words, caller.url + asked.path.format_map(ids)])


def closing_text(summary: Mapping[str, Any]) -> str:
    """The summary, for people."""
    counts = summary["tickets"]
    lines = [
        f"A quarter and a week at a made-up service centre: {counts['all']['total']} tickets,"
        f" {counts['closed']['true']} of them closed.",
        f"Its address: {summary['url']}",
        f"All that it can be asked: {summary['docs']} (under Authorize, paste a token)",
        "",
        "Who works there, with which token:",
    ]
    for person in summary["people"]:
        lines.append(f"  {person['name']} {person['post']} ({', '.join(person['roles'])})")
        lines.append(f"    {person['token']}")
    lines += ["", "What to look at, with any of these tokens:"]
    lines += [f"  {scene['says']}\n    {scene['path']}" for scene in summary["scenes"]]
    for refusal in summary["refusals"]:
        lines += ["", "What is refused, whoever asks:", *_refusal_lines(refusal)]
    lines += ["", "To try, as they stand:"]
    asked = [*summary["tries"], *summary["figures"]]
    lines += [f"\n# {one['says']}\n{one['command']}" for one in asked]
    return "\n".join(lines)


def load_story() -> Story:
    return load("demo_week.yaml", Story)


def load(file: str, kind: type[S]) -> S:
    """What a file beside this one tells."""
    text = (files("interface") / file).read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), kind)


def monday_before(moment: datetime) -> datetime:
    """The start of the Monday of the week before the one that this moment is in."""
    day = moment.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday() + 7)


def instant(told: str, monday: datetime) -> datetime:
    """`tue 09:05` in the week of that Monday, `tue+1 09:05` a week later, or `2026-10-08 16:30`."""
    day, clock = told.split()
    if day[0].isdigit():
        return datetime.fromisoformat(told).replace(tzinfo=ZONE)
    name, _, weeks = day.partition("+")
    hours, minutes = clock.split(":")
    days = DAYS.index(name) + 7 * int(weeks or 0)
    return monday + timedelta(days=days, hours=int(hours), minutes=int(minutes))


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens on here. Raises Unavailable."""
    for port in range(first, min(first + PORTS, 65536)):
        with socket.socket() as candidate, suppress(OSError):
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            candidate.bind(("127.0.0.1", port))
            return port
    raise Unavailable(f"no port is free from {first} on")


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT and SIGTERM break off what runs inside, as KeyboardInterrupt."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [(number, signal.signal(number, signal.default_int_handler)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _value(name: str, value: Any, ids: Mapping[str, str], monday: datetime) -> Any:
    if isinstance(value, dict):
        return {field: _value(field, inner, ids, monday) for field, inner in value.items()}
    if isinstance(value, list):
        return [_value("", inner, ids, monday) for inner in value]
    if isinstance(value, str) and (of := KIND.match(value)):
        return of["kind"] + ids[of["name"]]
    if name.endswith("_id") or name == "acting_for":
        return ids[value]
    if name in ("occurred_at", "start", "end", "due_at"):
        return instant(value, monday)
    return value


def _person(caller: Caller, who: str) -> dict[str, Any]:
    me = caller.get("/v1/me", who)
    known = {name: me[name] for name in ("name", "post", "roles", "staff_id")}
    return {"who": who, **known, "token": caller.tokens[who]}


def _refusal_lines(refusal: Mapping[str, Any]) -> list[str]:
    answer = msgspec.json.encode(refusal["answer"]).decode()
    return [
        f"  POST {refusal['path']}",
        f"    {msgspec.json.encode(refusal['body']).decode()}",
        f"  is answered {refusal['answer']['status']}",
        f"    {answer}",
    ]
