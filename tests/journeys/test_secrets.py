"""What no log may hold: tokens, keys, passwords; and nothing on disk: what is said of persons."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import quote

import psycopg
import pytest

from tests.support.postgres import home
from tests.support.processes import ANSWER_SECONDS, Serving, serving, until, yice

NAME, MATTER, MUTTERED = "皇甫绝密", "她说的绝密之事", "绝密的一问"
"""What is said of a person: stored, stored, and only sent."""

FORGOTTEN = ("司徒被忘", "绝密新村七号", "13900007777")
"""Name, place and number of a client who was erased."""

PASSWORD = "planted-password-4711"
GUESS = f"yice_{'0' * 32}_{'0' * 16}_plantedguess2345"
FOREIGN = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.cGxhbnRlZC1jbGFpbXM.cGxhbnRlZC1zaWduYXR1cmU"

SCENE = {"YICE_OPENID_ISSUER": "http://127.0.0.1:1", "YICE_OPENID_AUDIENCE": "yice"}


class Heard:
    """Everything that the desk and its commands print and log."""

    def __init__(self, desk: Serving) -> None:
        self.desk, self.printed = desk, ""
        self.servers: set[str | None] = set()

    def ask(self, method: str, path: str, token: str, body: str | None = None) -> int:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        line = HTTPConnection("127.0.0.1", self.desk.port, timeout=ANSWER_SECONDS)
        with closing(line):
            line.request(method, path, body and body.encode(), headers)
            answer = line.getresponse()
            answer.read()
        self.servers.add(answer.headers["Server"])
        return answer.status

    def command(self, *words: str, **settings: str) -> int:
        ended = yice(self.desk.home, *words, **settings)
        self.printed += ended.stdout + ended.stderr
        return ended.returncode

    def all(self) -> str:
        logs = [path.read_text(errors="replace") for path in self.desk.home.glob("*.log")]
        assert len(logs) >= 2, "the desk's own and PostgreSQL's"
        return "".join([self.printed, *logs])


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[Heard, str, list[str], list[bytes]]]:
    """A desk to which much has happened, and what it must not have told: tokens and keys."""
    with home() as place, serving(place, **SCENE) as desk:
        heard, admin = Heard(desk), desk.caller()
        staff_id = admin.insist("POST", "/v1/staff", {"name": NAME}, key="hire")["id"]
        post = {"post": "客服专员", "roles": ["cs_officer"]}
        admin.insist("POST", f"/v1/staff/{staff_id}/post", post, key="post")
        clerk = admin.insist("POST", f"/v1/staff/{staff_id}/credentials", key="token")["token"]
        work(heard, clerk)
        forget(heard, clerk)
        fail(heard, clerk)
        operate(heard, staff_id)
        with psycopg.connect(desk.url("yice_keys")) as keys:
            known = keys.execute("SELECT key FROM subject_key WHERE key IS NOT NULL").fetchall()
            known += keys.execute("SELECT value FROM secret").fetchall()
        yield heard, admin.token, [clerk, GUESS, FOREIGN], [bytes(key) for (key,) in known]


def work(heard: Heard, clerk: str) -> None:
    """What is answered, and what is refused."""
    caller = heard.desk.caller(clerk)
    client = caller.insist("POST", "/v1/clients", {"name": NAME}, key="client")["id"]
    ticket = {
        "client_id": client,
        "channel": "walk_in",
        "matter": MATTER,
        "procedure": "consultation",
    }
    caller.insist("POST", "/v1/tickets", ticket, key="ticket")
    said = quote(MUTTERED)
    assert heard.ask("GET", f"/v1/search?q={said}", clerk) == 200
    assert heard.ask("GET", f"/v1/tickets?{said}={said}", clerk) == 422
    assert heard.ask("GET", f"/v1/{said}", clerk) == 404
    assert heard.ask("POST", "/v1/clients", clerk, f'{{"name": "{MUTTERED}"') == 400
    assert heard.ask("POST", "/v1/clients", clerk, f'{{"name": ["{MUTTERED}"]}}') == 422
    assert heard.ask("POST", "/v1/staff", clerk, f'{{"name": "{MUTTERED}"}}') == 403
    assert heard.ask("GET", "/v1/me", clerk[:-1]) == 401
    assert heard.ask("GET", "/v1/me", GUESS) == 401
    assert heard.ask("GET", "/v1/me", FOREIGN) == 503


def forget(heard: Heard, clerk: str) -> None:
    """A client whom two persons have erased, and the worker has."""
    name, place, number = FORGOTTEN
    admin, caller = heard.desk.caller(), heard.desk.caller(clerk)
    director_id = admin.insist("POST", "/v1/staff", {"name": "某某"}, key="director")["id"]
    post = {"post": "主任", "roles": ["director"]}
    admin.insist("POST", f"/v1/staff/{director_id}/post", post, key="director-post")
    issued = admin.insist("POST", f"/v1/staff/{director_id}/credentials", key="director-token")
    client = caller.insist("POST", "/v1/clients", {"name": name}, key="forgotten")["id"]
    file = f"/v1/clients/{client}"
    details = {"details": {"place": place}}
    caller.insist("POST", f"{file}/details", details, key="place")
    point = {"kind": "mobile", "value": number}
    caller.insist("POST", f"{file}/contact-points", point, key="number")
    assert caller.insist("GET", file)["name"] == name
    caller.insist("POST", f"{file}/erasure", {"ground": "client-request"}, key="erasure")
    director = heard.desk.caller(issued["token"])
    director.insist("POST", f"{file}/erasure/approval", key="approval")
    until(lambda: caller.insist("GET", file)["name"] == "[erased]")


def fail(heard: Heard, clerk: str) -> None:
    """What nobody foresaw, and is logged with its trace."""
    broken = {
        "yice": "ALTER TABLE register.entry ADD CHECK (position < 0) NOT VALID",
        "yice_keys": "ALTER TABLE subject_key ADD CHECK (false) NOT VALID",
    }
    for database, statement in broken.items():
        with psycopg.connect(heard.desk.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())
        assert heard.ask("POST", "/v1/clients", clerk, f'{{"name": "{MUTTERED}"}}') == 500
    with psycopg.connect(heard.desk.url("yice")) as connection:
        connection.execute("ALTER TABLE reporting.search RENAME TO gone")
    assert heard.ask("GET", f"/v1/search?q={quote(MUTTERED)}", clerk) == 500


def operate(heard: Heard, staff_id: str) -> None:
    assert heard.command("token", "issue", GUESS) == 2
    assert heard.command("token", "revoke", staff_id, GUESS) == 1
    for url in (
        f"postgresql://yice:{PASSWORD}@127.0.0.1:1/yice",
        f"postgres//yice:{PASSWORD}@127.0.0.1/yice",
        f"postgresql://yice:{PASSWORD}@127.0.0.1:port/yice",
        f"host=127.0.0.1 user=yice password={PASSWORD} {PASSWORD}",
    ):
        assert heard.command("history", "x", YICE_DATABASE_URL=url, YICE_KEYS_URL=url) in (2, 3)


Told = tuple[Heard, str, list[str], list[bytes]]


def test_what_was_heard_is_what_happened(told: Told) -> None:
    """Else nothing below would mean anything."""
    heard, _, _, keys = told

    assert heard.all().count("unforeseen") == 3
    assert "Traceback" in heard.all()
    assert len(keys) > 3


def test_the_server_does_not_say_of_which_version_it_is(told: Told) -> None:
    heard, *_ = told

    assert not re.search(r"\d", str(heard.servers))


def test_the_first_token_is_printed_once_and_no_token_ever_again(told: Told) -> None:
    heard, first, tokens, _ = told

    assert heard.all().count(first) == 1
    for token in tokens:
        secret = re.split("[_.]", token)[-1]
        assert secret not in heard.all()
        assert secret[:-1] not in heard.all()


def test_no_key_is_logged_however_it_is_written(told: Told) -> None:
    heard, _, _, keys = told

    for key in keys:
        for written in (key.hex(), base64.b64encode(key).decode(), repr(key)[2:-1]):
            assert written not in heard.all()
    assert not re.search(r"\\x[0-9a-f]{32}", heard.all())


def test_nothing_that_was_said_of_a_person_is_logged(told: Told) -> None:
    heard, *_ = told

    for text in (NAME, MATTER, MUTTERED):
        for written in (text, quote(text), ascii(text)[1:-1], str(text.encode())[2:-1]):
            assert written not in heard.all()


def test_nothing_that_was_said_of_a_person_stands_anywhere_on_disk(told: Told) -> None:
    """Databases, write-ahead log, logs, and the folders of sealer, witness and web processes."""
    heard, *_ = told
    for database in ("yice", "yice_keys"):
        with psycopg.connect(heard.desk.url(database), autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    contents = {
        path.relative_to(heard.desk.home): path.read_bytes()
        for path in heard.desk.home.rglob("*")
        if path.is_file()
    }

    names = [str(path) for path in contents]
    for place in ("pg_wal/", "sealer/", "witness/", "tmp/", "instance.key", "serve.log"):
        assert any(place in name for name in names), place
    assert any(b"consultation" in content for content in contents.values())
    for text in (NAME, MATTER, MUTTERED, *FORGOTTEN):
        for written in (text, quote(text), ascii(text)[1:-1]):
            holding = [p for p, content in contents.items() if written.encode() in content]
            assert holding == [], written


def test_no_password_of_a_database_is_told(told: Told) -> None:
    heard, *_ = told

    assert PASSWORD not in heard.all()
