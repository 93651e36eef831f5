"""Whatever the document allows, and what it does not: asked of the whole desk by Schemathesis.

No answer is a 500, and none has a status that the document does not name for its operation; the
document's `default` counts as no name.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from domain.roles import INDEPENDENT, ROLES
from tests.interface.given import clarifying, in_force
from tests.support.facts import C1, LI_NA, WANG_FANG, promising_pack
from tests.support.http import Office, id_in

BOUNDED = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


OPEN = {"/healthz", "/readyz", "/metrics", "/.well-known/oauth-protected-resource"}
"""What takes no word from who asks, so that there is no wrong one."""


@pytest.fixture(scope="module")
def known(shared_office: Office) -> dict[str, Any]:
    """What is there to be named in a path."""
    in_force(shared_office, promising_pack())
    ticket = clarifying(shared_office.person(LI_NA))
    return {
        "ticket_id": str(id_in(ticket)),
        "client_id": str(C1),
        "staff_id": str(WANG_FANG),
        "credential_id": next(iter(shared_office.parts.people.credentials(WANG_FANG))),
        "name": "consultation",
        "pack": "consultation",
        "version": 1,
        "key": "reply-1",
    }


@pytest.fixture(scope="module")
def bearer(shared_office: Office) -> dict[str, str]:
    """Somebody who may do everything that anybody may."""
    shared_office.catch_up()
    return {"Authorization": f"Bearer {shared_office.hire(*sorted(ROLES - INDEPENDENT)).token}"}


@pytest.fixture(scope="module")
def schema(shared_office: Office) -> Any:
    said = {"generation": {"mode": "all", "with-security-parameters": False}}
    config = SchemathesisConfig.from_dict(said)
    return schemathesis.openapi.from_wsgi("/openapi.json", shared_office.app, config=config)


def named(ctx: Any, response: Any, case: Any) -> None:
    """The status is named in the document, and a refusal is a problem."""
    statuses = case.operation.definition.raw["responses"].keys() - {"default"}
    assert str(response.status_code) in statuses, (case.as_curl_command(), response.text)
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"], response.text


def wait_for_nothing(case: Any) -> None:
    """A position that is far ahead would be waited for; that has tests of its own."""
    if str(case.query.get("min_position", "")).isdecimal():
        case.query["min_position"] = 1


def test_every_operation_answers_as_it_says(
    schema: Any, known: dict[str, Any], bearer: dict[str, str]
) -> None:
    operations = [found.ok() for found in schema.get_all_operations()]

    for operation in operations:
        ask(operation, GenerationMode.POSITIVE, known, bearer)
        if operation.path not in OPEN:
            ask(operation, GenerationMode.NEGATIVE, {}, bearer)

    assert len(operations) > 100


def ask(
    operation: Any, mode: GenerationMode, known: dict[str, Any], headers: dict[str, str]
) -> None:
    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case: Any) -> None:
        wait_for_nothing(case)
        case.path_parameters |= {k: v for k, v in known.items() if k in case.path_parameters}
        case.call_and_validate(headers=headers, checks=[named])

    answers()


MADE = {"/v1/tickets": "ticket_id", "/v1/clients": "client_id", "/v1/staff": "staff_id"}
"""What is made where, and how paths name it."""

SOUND = {
    "/v1/tickets": {"client_id": str(C1), "channel": "walk_in", "procedure": "consultation"},
}
"""What a made-up body would hardly hit upon."""


LEFT_OUT = {"acting_for", "occurred_at", *MADE.values()}
"""Made up, these are refused; with an id that was there before, no run would be like another."""


@pytest.fixture(scope="module")
def linked(shared_office: Office) -> Any:
    """The document with links from whatever makes something to all that is done with it."""
    document = shared_office.stranger().look("/openapi.json").body
    for path, name in MADE.items():
        document["paths"][path]["post"]["responses"]["201"]["links"] = {
            f"{method} {there}": {
                "operationRef": f"#/paths/{there.replace('/', '~1')}/{method}",
                "parameters": {f"path.{name}": "$response.body#/id"},
            }
            for there, operations in document["paths"].items()
            for method in operations
            if f"{{{name}}}" in there and method in ("get", "post")
        }
    said = {
        "generation": {"mode": "positive", "with-security-parameters": False},
        "phases": {"stateful": {"inference": {"algorithms": []}}},
    }
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(said))
    schema.app = shared_office.app
    return schema


def test_one_thing_after_another(
    shared_office: Office, linked: Any, bearer: dict[str, str]
) -> None:
    carried_out = Counter[str]()

    class Desk(linked.as_state_machine()):  # type: ignore[misc]  # made from the document
        def before_call(self, case: Any) -> None:
            wait_for_nothing(case)
            if isinstance(case.body, dict):
                said = {k: v for k, v in case.body.items() if k not in LEFT_OUT}
                case.body = said | SOUND.get(case.operation.path, {})
            case.headers.pop("Idempotency-Key", None)
            case.headers.pop("If-Match", None)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": bearer}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=[named])
            if response.status_code < 300:
                shared_office.catch_up()
                carried_out[f"{case.operation.method} {case.operation.path}"] += 1

    Desk.run(settings=settings(BOUNDED, max_examples=80, stateful_step_count=10))

    assert {f"post {path}" for path in MADE} <= carried_out.keys()
    assert len(carried_out) > 10, carried_out
