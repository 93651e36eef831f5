"""A desk that proves what it says: at once, offline, and after tampering."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from zipfile import ZipFile

import psycopg
import pytest

from interface.verifier import verify
from tests.support.postgres import home
from tests.support.processes import Serving, serving, until, yice

EXTRA = ("report.html", "ocel.json", "ocel.sqlite", "log.xes")


@dataclass
class Evidence:
    """A desk under which a ticket was opened, and what its reviewer was given beforehand."""

    desk: Serving
    token: str
    key: str
    instance: str
    signed_from: str

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, body and headers."""
        said = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = Request(f"http://127.0.0.1:{self.desk.port}{path}", data, said | headers)
        with urlopen(asked, timeout=30) as answer:
            return answer.status, json.load(answer), answer.headers

    def open_ticket(self, **headers: str) -> tuple[int, Any, Any]:
        client = self.ask("/v1/clients", {"name": "王芳"})[1]["id"]
        matter = {"channel": "phone", "matter": "有线电视", "procedure": "consultation"}
        return self.ask("/v1/tickets", {**matter, "client_id": client}, **headers)

    def yice(self, *words: str) -> tuple[int, str]:
        done = yice(self.desk.home, *words)
        return done.returncode, done.stdout + done.stderr

    def verified(self, bundle: Path) -> tuple[int, str]:
        trust = ("--key", self.key, "--instance", self.instance, "--signed-from", self.signed_from)
        return self.yice("verify", str(bundle), *trust)


@pytest.fixture
def evidence() -> Iterator[Evidence]:
    with home() as place, serving(place) as desk:
        administrator = desk.caller()
        hired = administrator.insist("POST", "/v1/staff", {"name": "李娜"}, key="hire")["id"]
        post = {"post": "客服专员", "roles": ["cs_officer"]}
        administrator.insist("POST", f"/v1/staff/{hired}/post", post, key="post")
        issued = administrator.insist("POST", f"/v1/staff/{hired}/credentials", key="token")
        log = json.loads(yice(place, "sealer", "show", "--json").stdout)
        [instance] = log["instances"]
        yield Evidence(desk, issued["token"], log["key"], instance, str(log["signed_from"]))


@pytest.mark.rule("AU-02")
def test_a_tampered_event_is_named_by_its_position(evidence: Evidence, tmp_path: Path) -> None:
    status, opened, headers = evidence.open_ticket(Seal="wait")
    assert (status, headers["Seal"]) == (201, "yes")
    position = opened["position"]
    _shows_that_it_is_in_the_log(evidence, position)
    bundle = tmp_path / "bundle.zip"
    assert evidence.yice("bundle", str(bundle), "--ticket", opened["id"])[0] == 0
    assert evidence.verified(bundle)[0] == 0
    _tells_people(bundle, opened["id"])
    assert evidence.yice("sealer", "fsck")[0] == 0

    with psycopg.connect(evidence.desk.url("yice")) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE register.entry SET state ="
            " replace(convert_from(state, 'UTF8'), 'phone', 'mail')::bytea WHERE position = %s",
            (position,),
        )

    code, said = evidence.yice("sealer", "fsck", "--json")
    assert code == 3
    assert json.loads(said[: said.rindex("}") + 1][said.index("{") :])["position"] == position
    code, said = evidence.yice("bundle", str(tmp_path / "bad.zip"), "--all")
    assert code != 0
    assert "not those of the checkpoint" in said
    assert evidence.verified(bundle)[0] == 0  # what was handed out before still holds


def _tells_people(bundle: Path, ticket_id: str) -> None:
    """And process miners; what is said about persons only to who asked for the texts."""
    with ZipFile(bundle) as archive:
        told = {name: archive.read(f"extra/{name}") for name in EXTRA}
    assert ticket_id in told["report.html"].decode()
    assert {event["type"] for event in json.loads(told["ocel.json"])["events"]} >= {"ticket.opened"}
    assert told["ocel.sqlite"].startswith(b"SQLite format 3")
    assert b"<trace>" in told["log.xes"]
    assert not any("有线电视".encode() in contents for contents in told.values())


def _shows_that_it_is_in_the_log(evidence: Evidence, position: int) -> None:
    """With the verifier's own hashing and keys: nothing of the desk's."""
    _, proof, _ = evidence.ask(f"/v1/audit/proof/{position}")
    root = verify.leaf_hash(base64.b64decode(proof["entry"]))
    assert proof["index"] == position - 1
    note = proof["checkpoint"].split("\n")
    assert _root(root, proof["index"], int(note[1]), proof["path"]) == base64.b64decode(note[2])


def _root(found: bytes, index: int, size: int, path: list[str]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    last = size - 1
    for step in map(base64.b64decode, path):
        if index % 2 or index == last:
            found = verify.node_hash(step, found)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            found = verify.node_hash(found, step)
        index, last = index // 2, last // 2
    return found


def test_in_doubt_nothing_is_sealed_and_everybody_is_told(evidence: Evidence) -> None:
    with psycopg.connect(evidence.desk.url("yice")) as connection:
        connection.execute(
            "INSERT INTO register.entry SELECT max(position) + 1, gen_random_uuid(), 1,"
            " 'ticket.noted', '{}', now(), 'staff:nobody', 'forged' FROM register.entry"
        )

    until(lambda: "no instance signed it" in evidence.desk.said())

    status, ready = _ready(evidence)
    assert status == 503
    assert "no instance signed it" in ready["sealing"]["doubt"]
    with psycopg.connect(evidence.desk.url("yice")) as connection:
        count = "SELECT count(*) FROM register.entry WHERE topic = 'instance.seal-doubted'"
        until(lambda: connection.execute(count).fetchone() == (1,))
    code, said = evidence.yice("sealer", "show")
    assert code == 0
    assert "no instance signed it" in said
    code, said = evidence.yice("sealer", "run", "--once")
    assert (code, said.count("\n")) == (1, 1)
    assert "another process works in" in said
    assert evidence.yice("sealer", "settle", "--ground", "重复写入")[0] == 0
    [kept] = (evidence.desk.home / "sealer").glob("doubt-*")
    assert json.loads(kept.read_bytes())["settled"] == "重复写入"


def _ready(evidence: Evidence) -> tuple[int, Any]:
    with closing(HTTPConnection("127.0.0.1", evidence.desk.port, timeout=30)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
