from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.interface.given import BLACKLISTING, COMMANDS, MORE_TIME, READS, clarifying, in_force
from tests.support.facts import C1, INSTALLATION_PACK, LI_NA, M1, WANG_FANG, promising_pack
from tests.support.http import ADMIN, Answer, Office, opened

OPEN = {
    *("/healthz", "/readyz", "/metrics", "/public/{board}"),
    "/.well-known/oauth-protected-resource",
}
"""What is answered to everybody."""


@pytest.fixture(scope="module")
def document(shared_office: Office) -> Any:
    answer = shared_office.stranger().look("/openapi.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    return answer.body


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post"):
                yield method.upper(), path, operation


def test_the_document_is_openapi(document: Any):
    OpenAPIV31SpecValidator(document).validate()

    assert document["openapi"].startswith("3.1")
    assert document["info"] == {"title": "Yice 一册", "version": "v1"}


def test_every_path_that_there_is_is_in_it(shared_office: Office, document: Any):
    there_are = {
        (method, re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule))
        for rule in shared_office.app.url_map.iter_rules()
        for method in ("GET", "POST")
        if method in (rule.methods or ()) and rule.rule.startswith(("/v1/", "/public/"))
    }

    described = {(method, path) for method, path, _ in operations(document)}

    assert len(there_are) > 50
    assert described == there_are | {("GET", path) for path in OPEN - {"/public/{board}"}}


def test_everything_says_in_one_line_what_it_is_for(document: Any):
    for method, path, operation in operations(document):
        assert operation.get("summary"), (method, path)


def test_a_token_is_asked_for_everywhere_but_where_it_is_not(document: Any):
    assert document["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    open_to_all = {path for _, path, operation in operations(document) if "security" in operation}
    assert open_to_all == OPEN


OF_SOMEBODY = {
    ("GET", "/v1/clients/{client_id}"),
    ("GET", "/v1/clients/{client_id}/file"),
    ("GET", "/v1/clients/{client_id}/fields/{field}"),
    ("GET", "/v1/audit/clients/{client_id}"),
    ("GET", "/v1/tickets/{ticket_id}/evidence/{digest}"),
    ("GET", "/v1/tickets/{ticket_id}"),
    ("GET", "/v1/tickets/{ticket_id}/history"),
    ("GET", "/v1/tickets/{ticket_id}/as-client"),
    ("GET", "/v1/audit/tickets/{ticket_id}"),
}
"""What may say what it is asked for."""


def test_every_command_takes_a_key_and_a_version(document: Any):
    for method, path, operation in operations(document):
        headers = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "header"}
        wanted = {"Idempotency-Key", "If-Match", "Seal"} if method == "POST" else set()
        wanted |= {"Purpose"} if (method, path) in OF_SOMEBODY else set()

        assert headers == wanted, (method, path)


def test_every_answer_that_is_no_success_is_a_problem(document: Any):
    problem = document["components"]["schemas"]["Problem"]
    assert set(problem["required"]) == {"type", "title", "status", "code"}
    for method, path, operation in operations(document):
        assert "default" in operation["responses"], (method, path)


class Describer:
    """Finds what the document says of an answer."""

    def __init__(self, document: Any) -> None:
        self._document = document

    def schema(self, method: str, path: str, status: int) -> Any:
        written = next(
            pattern
            for pattern in sorted(self._document["paths"], key=lambda p: p.count("{"))
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path)
        )
        operation = self._document["paths"][written][method.lower()]
        answer = operation["responses"].get(str(status), operation["responses"]["default"])
        return self._closed(self._resolved(answer)["content"]["application/json"]["schema"])

    def complaints(self, method: str, path: str, answer: Answer) -> list[str]:
        schema = self.schema(method, path.partition("?")[0], answer.status)
        checked = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        return [
            f"{path}: {error.json_path} {error.message}"
            for error in checked.iter_errors(answer.body)
        ]

    def _resolved(self, part: Any) -> Any:
        while isinstance(part, dict) and "$ref" in part:
            found = self._document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def _closed(self, part: Any) -> Any:
        """The schema without references; what it does not name, it does not allow."""
        if isinstance(part, list):
            return [self._closed(item) for item in part]
        if not isinstance(part, dict):
            return part
        part = {name: self._closed(value) for name, value in self._resolved(part).items()}
        if "properties" in part:
            part.setdefault("additionalProperties", False)
            part.setdefault("required", list(part["properties"]))
        return part


@pytest.fixture(scope="module")
def describer(document: Any) -> Describer:
    return Describer(document)


@pytest.fixture(scope="module")
def ticket(shared_office: Office) -> str:
    """One to which something of every kind has happened."""
    li_na, manager = shared_office.person(LI_NA), shared_office.person(M1)
    in_force(shared_office, promising_pack())
    in_force(shared_office, INSTALLATION_PACK)
    opened(li_na, procedure="installation")
    ticket = clarifying(li_na)
    li_na.post(f"{ticket}/obligations/reply-1/extension", MORE_TIME)
    manager.post(f"{ticket}/obligations/reply-1/extension/approval")
    li_na.post(f"{ticket}/escalation", {"question": "可以减免吗"})
    manager.post(f"{ticket}/instruction", {"text": "按规定办"})
    li_na.post(f"{ticket}/transfer", {"to_id": str(WANG_FANG), "reason": "对口"})
    li_na.post(f"/v1/clients/{C1}/details", {"details": {"place": "三号楼"}})
    manager.post(f"/v1/clients/{C1}/blacklisting", BLACKLISTING)
    manager.post(f"/v1/clients/{C1}/assignment", {"staff_id": str(LI_NA)})
    manager.post("/v1/rotations/hall/members", {"members": [str(LI_NA)]})
    return ticket.rpartition("/")[2]


@pytest.mark.parametrize(
    "path", [*READS, "/v1/tickets?limit=1", "/v1/packs/consultation/2", "/readyz"]
)
def test_what_is_read_is_as_described(
    shared_office: Office, describer: Describer, ticket: str, path: str
):
    path = path.replace("TICKET", ticket)

    answer = shared_office.person(LI_NA).get(path)

    assert answer.status == 200
    assert describer.complaints("GET", path, answer) == []


@pytest.mark.parametrize(
    "path", ["/v1/tickets", "/v1/clients", "/v1/tickets/TICKET/notes", f"/v1/staff/{LI_NA}/post"]
)
def test_a_receipt_is_as_described(
    shared_office: Office, describer: Describer, ticket: str, path: str
):
    person = shared_office.person(ADMIN if "staff" in path else LI_NA)
    body = COMMANDS[path.replace(str(LI_NA), str(WANG_FANG))]
    path = path.replace("TICKET", ticket)

    answer = person.post(path, body)

    assert answer.carried_out != []
    assert describer.complaints("POST", path, answer) == []


def test_a_token_is_answered_as_described(shared_office: Office, describer: Describer):
    path = f"/v1/staff/{WANG_FANG}/credentials"

    answer = shared_office.person(ADMIN).post(path)

    assert answer.status == 201
    assert describer.complaints("POST", path, answer) == []


def test_the_page_of_the_documentation_needs_nothing_from_elsewhere(shared_office: Office):
    browser = shared_office.client()

    page = browser.get("/docs/")

    parts = re.findall(r"(?:src|href)=\"([^\"#]+)\"", page.text)

    assert page.status_code == 200
    assert page.content_type.startswith("text/html")
    assert "/openapi.json" in page.text
    assert parts
    for part in parts:
        assert not urlsplit(part).netloc
        found = browser.get(urljoin("/docs/", part))
        assert found.status_code == 200, part
        found.close()
