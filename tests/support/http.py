"""The desk as its clients meet it: over HTTP, on PostgreSQL, at a time that the test sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from application.clients import RegisterClient
from application.desk import Actor
from application.door import DoorTerms, IdentityProvider, TokenTerms
from application.people import IssueCredential, NameSuperior, RegisterStaff, TakePost
from application.register import Fact
from domain.aggregate import Aggregate
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.settings import Settings
from infrastructure.shipped import shipped_packs
from infrastructure.wiring import Parts
from interface.http.app import create_app
from interface.http.door import Door
from interface.http.services import EXTENSION, Services
from interface.wsgi import services_of
from tests.support.facts import C1, LI_NA, M1, M2, NOON, SHANGHAI, WANG_FANG, ZHAO_LEI
from tests.support.postgres import as_desk, desk_urls, fresh_databases

ADMIN, INSPECTOR, REVIEWER, DRAFTER, APPROVER, NOBODY = (
    UUID(int=0xAD << 96 | 0x4000 << 64 | 0x8 << 60 | number) for number in range(1, 7)
)

CAST: Mapping[UUID, Sequence[str]] = {
    LI_NA: ["cs_officer"],
    WANG_FANG: ["staff"],
    ZHAO_LEI: ["cs_officer"],
    M1: ["cs_supervisor"],
    M2: ["cs_officer"],
    ADMIN: ["administrator"],
    INSPECTOR: ["supervisor"],
    REVIEWER: ["compliance_reviewer"],
    DRAFTER: ["policy_drafter"],
    APPROVER: ["policy_approver"],
    NOBODY: [],
}
"""Who works here, with which roles. Li Na and Wang Fang report to M1."""

RECEIPT = {"id", "version", "position", "recorded_at", "number", "replayed"}

REGISTER_TEMPLATE, KEYS_TEMPLATE = "office_template", "office_keys_template"

BARE = ("consultation",)
"""The packs of an office in which nothing but what a test is about is ruled."""

LIFELONG = TokenTerms(usual=timedelta(days=36_500), longest=timedelta(days=36_500))
"""Tokens of tests that go years ahead."""

SETTINGS = Settings(
    home=Path(),
    database_url="",
    keys_url="",
    zone=SHANGHAI,
    pool_size=4,
    tokens=LIFELONG,
    door=DoorTerms(requests_a_minute=0),
)


@dataclass(frozen=True)
class Answer:
    """What came back, and what the register holds since."""

    status: int
    body: Any
    headers: Mapping[str, str]
    events: Sequence[Aggregate.Event]

    @property
    def stored(self) -> list[type[Aggregate.Event]]:
        return [type(event) for event in self.events]

    @property
    def event(self) -> Any:
        """The one event that was stored, its sealed texts opened."""
        [event] = self.events
        return event

    @property
    def carried_out(self) -> list[type[Aggregate.Event]]:
        """What a command stored; the answer is the receipt of that."""
        assert self.status in (200, 201), self.body
        assert self.headers["Content-Type"] == "application/json"
        assert self.body.keys() >= RECEIPT
        assert self.headers["ETag"] == f'"{self.body["version"]}"'
        assert self.headers["Idempotency-Key"]
        assert self.body["replayed"] is False
        return self.stored

    @property
    def replayed(self) -> Any:
        """The receipt of an earlier command, and nothing else; nothing was stored."""
        assert self.status in (200, 201), self.body
        assert self.body["replayed"] is True
        assert self.stored == []
        return self.body | {"replayed": False}

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """Status, code and field of a problem document; nothing was stored."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        assert self.body["status"] == self.status
        assert self.body["type"] == f"urn:yice:problem:{self.body['code']}"
        assert self.body["title"]
        assert self.stored == []
        return self.status, self.body["code"], self.body.get("field")


class Person:
    """Somebody with a token, or without, at their HTTP client."""

    def __init__(self, office: Office, token: str | None, id: UUID | None = None) -> None:
        self._office, self._id, self.token = office, id, token
        self._authorization = {} if token is None else {"Authorization": f"Bearer {token}"}

    @property
    def id(self) -> UUID:
        assert self._id is not None, "a stranger has no id"
        return self._id

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        if_match: int | str | None = None,
    ) -> Answer:
        """`if_match`: a version, or a whole header."""
        headers = {} if key is None else {"Idempotency-Key": key}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"' if isinstance(if_match, int) else if_match
        return self.send(path, json.dumps({} if body is None else body), headers=headers)

    def send(
        self,
        path: str,
        data: bytes | str,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post what need not be JSON."""
        before = self._office.head()
        answer = self._office.client().post(
            path,
            data=data,
            content_type=content_type,
            headers={**self._authorization, **(headers or {})},
        )
        return self._read(answer, before)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Read, once the views have caught up."""
        self._office.catch_up()
        answer = self.look(path, headers)
        kind = "application/json" if answer.status == 200 else "application/problem+json"
        assert answer.headers["Content-Type"] == kind
        return answer

    def look(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Read what the views hold now."""
        return self.ask("GET", path, headers)

    def download(self, path: str) -> tuple[str, bytes]:
        """Media type and content of what is no JSON, once the views have caught up."""
        self._office.catch_up()
        answer = self._office.client().get(path, headers=self._authorization)
        assert answer.status_code == 200, answer.text
        return answer.headers["Content-Type"], answer.data

    def search(self, path: str, question: Mapping[str, str]) -> Answer:
        """Look, with a question of any characters."""
        return self.look(f"{path}{'&' if '?' in path else '?'}{urlencode(question)}")

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        before = self._office.head()
        answer = self._office.client().open(
            path, method=method, headers={**self._authorization, **(headers or {})}
        )
        return self._read(answer, before)

    def pages(self, path: str) -> list[list[Any]]:
        """All pages from this one on, each found by the Link header of the one before."""
        answer = self.get(path)
        assert answer.status == 200, answer.body
        link = answer.headers.get("Link")
        assert (link is None) == (answer.body["next"] is None)
        if link is None:
            return [answer.body["items"]]
        target, relation = link.split("; ")
        assert relation == 'rel="next"'
        assert answer.body["next"] in target
        return [answer.body["items"], *self.pages(target.strip("<>"))]

    def _read(self, answer: TestResponse, before: int) -> Answer:
        said = json.loads if answer.is_json else str
        body = said(answer.text) if answer.text else None
        events = self._office.events_after(before)
        return Answer(answer.status_code, body, dict(answer.headers), events)


class Office:
    """The whole desk in one process. `now` is what its clock says."""

    def __init__(self, parts: Parts, tokens: Mapping[UUID, str]) -> None:
        self.parts, self.tokens, self.now = parts, tokens, NOON
        self._services = replace(services_of(parts), now=lambda: self.now)

    @property
    def app(self) -> Flask:
        """The application, at work with the parts of this office."""
        app = _application()
        app.extensions[EXTENSION] = self._services
        return app

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def guard(self, terms: DoorTerms, provider: IdentityProvider | None = None) -> None:
        """From now on with another door."""
        self._services = replace(self._services, door=Door(terms, provider))

    def person(self, staff_id: UUID) -> Person:
        """One of the cast, logged in."""
        return Person(self, self.tokens[staff_id], staff_id)

    def hire(self, *roles: str, unit: str = "main", superior: Person | None = None) -> Person:
        """Somebody new with these roles, logged in. Without any role they are any staff."""
        staff_id = uuid4()
        said = {"by": Actor.system("setup"), "received_at": self.now}
        people = self.parts.people

        def so(what: str) -> dict[str, Any]:
            return said | {"command_id": f"{what}-{staff_id}", "staff_id": staff_id}

        people.register(RegisterStaff(**so("hired"), name="某某", unit=unit))
        people.take_post(TakePost(**so("post"), post="岗位", roles=roles or ("staff",)))
        if superior is not None:
            people.name_superior(NameSuperior(**so("superior"), superior_id=superior.id))
        token = people.issue_credential(IssueCredential(**so("token"))).token
        return Person(self, token, staff_id)

    def tick(self) -> int:
        """What the worker's clock does now, views caught up before; how much that was."""
        self.catch_up()
        return self.parts.clock.tick(self.now)

    def stranger(self, token: str | None = None) -> Person:
        return Person(self, token)

    def head(self) -> int:
        return self.parts.register.head()

    def catch_up(self) -> None:
        """What the worker does."""
        self.parts.projector.catch_up()

    def events_after(self, position: int) -> list[Aggregate.Event]:
        """What the register holds behind a position, sealed texts opened."""
        facts = self.parts.register.facts(position, 1_000)
        return [self._opened(fact).event for fact in facts]

    def _opened(self, fact: Fact) -> Fact:
        stream = self.parts.register.stream(fact.event.originator_id, opened=True)
        return stream[fact.event.originator_version - 1]


@cache
def _application() -> Flask:
    """One for all offices: to make it takes longer than most tests. It has no parts yet."""
    return create_app(cast(Services, None))


@cache
def make_office_template(
    server: EmbeddedPostgres, name: str = "", packs: tuple[str, ...] | None = BARE
) -> dict[UUID, str]:
    """Two databases to copy: shipped packs (None: all) in force, the cast at work, C1 on file.

    Their tokens. Made once for each server, whatever module asks.
    """
    for template in (REGISTER_TEMPLATE, KEYS_TEMPLATE):
        server.create_database(template + name)
    urls = desk_urls(server.url(REGISTER_TEMPLATE + name), server.url(KEYS_TEMPLATE + name))
    shipped = [p for p in shipped_packs() if packs is None or p["pack"] in packs]
    with closing(Parts(urls, SETTINGS)) as parts:
        parts.set_up(lambda: NOON, shipped)
        tokens = {staff_id: _employ(parts, staff_id) for staff_id in CAST}
        for staff_id in (LI_NA, WANG_FANG):
            said = _said(f"superior-{staff_id}")
            parts.people.name_superior(NameSuperior(**said, staff_id=staff_id, superior_id=M1))
        parts.clients.register(RegisterClient(**_said("client"), client_id=C1, name="王某"))
        parts.projector.catch_up()
    return tokens


@contextmanager
def open_office(
    server: EmbeddedPostgres, tokens: Mapping[UUID, str], name: str = ""
) -> Iterator[Office]:
    """An office of its own, as in the template."""
    with (
        fresh_databases(server, REGISTER_TEMPLATE + name, KEYS_TEMPLATE + name) as urls,
        TemporaryDirectory() as home,
        closing(Parts(as_desk(*urls), replace(SETTINGS, home=Path(home)))) as parts,
    ):
        yield Office(parts, tokens)


def _employ(parts: Parts, staff_id: UUID) -> str:
    """Register, give a post unless they have none, and a token."""
    name = f"staff-{staff_id}"
    parts.people.register(RegisterStaff(**_said(name), staff_id=staff_id, name="某某"))
    if roles := tuple(CAST[staff_id]):
        post = TakePost(**_said(f"{name}-post"), staff_id=staff_id, post=roles[0], roles=roles)
        parts.people.take_post(post)
    token = IssueCredential(**_said(f"{name}-token"), staff_id=staff_id)
    return parts.people.issue_credential(token).token


def _said(command_id: str) -> dict[str, Any]:
    return {"by": Actor.system("setup"), "command_id": command_id, "received_at": NOON}


def opened(person: Person, **otherwise: Any) -> str:
    """Where a new ticket of C1 is found: `/v1/tickets/…`."""
    words = {
        "client_id": str(C1),
        "channel": "walk_in",
        "matter": "有线电视安装",
        "procedure": "consultation",
    }
    answer = person.post("/v1/tickets", words | otherwise)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def id_in(path: str) -> UUID:
    """The last part of a path."""
    return UUID(urlsplit(path).path.rpartition("/")[2])


@pytest.fixture(scope="session")
def tokens(postgres: EmbeddedPostgres) -> dict[UUID, str]:
    return make_office_template(postgres)


@pytest.fixture
def office(postgres: EmbeddedPostgres, tokens: dict[UUID, str]) -> Iterator[Office]:
    with open_office(postgres, tokens) as office:
        yield office


@pytest.fixture(scope="module")
def shared_office(postgres: EmbeddedPostgres, tokens: dict[UUID, str]) -> Iterator[Office]:
    """For tests that leave nothing behind, or nothing that another looks at."""
    with open_office(postgres, tokens) as office:
        yield office


@pytest.fixture
def li_na(office: Office) -> Person:
    return office.person(LI_NA)


@pytest.fixture
def wang_fang(office: Office) -> Person:
    return office.person(WANG_FANG)


@pytest.fixture
def manager(office: Office) -> Person:
    return office.person(M1)
