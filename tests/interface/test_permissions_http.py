"""Who may do what, and in whose name. Only the token says who somebody is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.client import Client
from domain.staff import Staff
from domain.ticket import Ticket
from tests.interface.given import (
    ASSESSED,
    BLACKLISTING,
    COMMANDS,
    CONFIDENTIAL,
    DEPUTY,
    FILES,
    GUARDED,
    MATTER,
    READS,
    SEALED,
    TABLES,
    clarifying,
    escalated,
    in_force,
    paths,
)
from tests.support.facts import (
    C1,
    INSTALLATION_PACK,
    LI_NA,
    M1,
    M2,
    NOON,
    WANG_FANG,
    ZHAO_LEI,
    promising_pack,
)
from tests.support.http import (
    ADMIN,
    APPROVER,
    DRAFTER,
    INSPECTOR,
    NOBODY,
    REVIEWER,
    Office,
    Person,
    opened,
)

ALL_READS = [*READS, *FILES, *SEALED, *GUARDED, *CONFIDENTIAL, *TABLES, *ASSESSED]

NEEDS_NO_ROLE = {"/v1/me"}

SUPERVISES = {"/v1/tickets/TICKET/supervision", "/v1/tickets/TICKET/reminder"}
"""What the supervision office may say, though it handles nothing."""


@pytest.mark.parametrize(("method", "listed"), [("POST", COMMANDS), ("GET", ALL_READS)])
def test_these_tables_name_every_path_that_there_is(
    shared_office: Office, method: str, listed: Iterable[str]
):
    routes = shared_office.app.url_map.bind("")

    def answering(path: str) -> str:
        endpoint, _ = routes.match(path.replace("TICKET", str(C1)).partition("?")[0], method)
        return endpoint

    assert {answering(path) for path in listed} == {
        answering(path) for path in paths(shared_office, method)
    }


@pytest.fixture(scope="module")
def ticket(shared_office: Office) -> str:
    """One on which a reply is promised."""
    in_force(shared_office, promising_pack())
    in_force(shared_office, INSTALLATION_PACK)
    members = {"members": [str(LI_NA)]}
    assert shared_office.person(M1).post("/v1/rotations/hall/members", members).status == 200
    return clarifying(shared_office.person(LI_NA)).rpartition("/")[2]


@pytest.mark.parametrize("path", sorted(SUPERVISES))
def test_who_supervises_says_what_they_demand_and_nobody_else_does(
    shared_office: Office, ticket: str, path: str
):
    at = path.replace("TICKET", ticket)

    for who in (REVIEWER, NOBODY, LI_NA, WANG_FANG):
        assert shared_office.person(who).post(at, COMMANDS[path]).refusal[:2] == (403, "forbidden")
    assert shared_office.person(INSPECTOR).post(at, COMMANDS[path]).status == 200


@pytest.mark.parametrize("path", COMMANDS)
@pytest.mark.parametrize("who", [INSPECTOR, REVIEWER, NOBODY], ids=["inspector", "reviewer", "-"])
def test_who_only_looks_on_handles_nothing(shared_office: Office, ticket: str, who: Any, path: str):
    if who == INSPECTOR and path in SUPERVISES:
        return
    answer = shared_office.person(who).post(path.replace("TICKET", ticket), COMMANDS[path])

    assert answer.refusal[:2] == (403, "forbidden")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("who", [INSPECTOR, REVIEWER, WANG_FANG, DRAFTER, APPROVER, ADMIN])
def test_whoever_has_a_role_reads_everything(
    shared_office: Office, ticket: str, who: Any, path: str
):
    answer = shared_office.person(who).get(path.replace("TICKET", ticket))

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", CONFIDENTIAL)
def test_what_is_confidential_is_for_those_whose_task_it_is(shared_office: Office, path: str):
    allowed = [shared_office.person(who).get(path) for who in (INSPECTOR, REVIEWER, M1)]

    refused = shared_office.person(WANG_FANG).get(path)

    assert {answer.status for answer in allowed} <= {200, 404}
    assert refused.refusal == (403, "forbidden", None)
    assert refused.body["facts"] == {"permission": "ledger.read"}


@pytest.mark.parametrize(
    "path", [f"/v1/ledger/staff/{LI_NA}?period=2026-11", f"/v1/staff/{LI_NA}/conduct"]
)
def test_everybody_reads_what_is_about_themselves(shared_office: Office, path: str):
    assert shared_office.person(LI_NA).get(path).status == 200


@pytest.mark.parametrize("path", [path for path in ALL_READS if path not in NEEDS_NO_ROLE])
def test_who_has_no_role_reads_nothing(shared_office: Office, ticket: str, path: str):
    answer = shared_office.person(NOBODY).get(path.replace("TICKET", ticket))

    assert answer.refusal == (403, "forbidden", None)


@pytest.mark.parametrize("who", [WANG_FANG, LI_NA, M1, ADMIN, DRAFTER])
def test_who_looked_is_read_by_who_checks_alone(shared_office: Office, who: Any):
    log = "/v1/audit/accesses"

    assert shared_office.person(who).get(log).refusal == (403, "forbidden", None)
    assert shared_office.person(REVIEWER).get(log).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "yice",
        "yice_" + "0" * 32 + "_1_1",
        "三",
        "x" * 5_000,
    ],
)
def test_who_is_not_known_is_told_nothing(shared_office: Office, method: str, token: str | None):
    stranger = shared_office.stranger(token)

    for path in paths(shared_office, method):
        answer = stranger.ask(method, path)

        assert answer.refusal == (401, "not_authenticated", None)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="yice"'


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/tickets/1", f"/v1/tickets/{C1}"])
def test_not_even_what_there_is(shared_office: Office, path: str):
    answer = shared_office.stranger().look(path)

    assert answer.refusal == (401, "not_authenticated", None)


def tampered(token: str) -> Iterator[str]:
    """Tokens that are nearly right."""
    prefix, staff, credential, secret = token.split("_")
    yield "_".join(["yicf", staff, credential, secret])
    yield "_".join([prefix, M1.hex, credential, secret])
    yield "_".join([prefix, C1.hex, credential, secret])
    yield "_".join([prefix, staff, "0" * 16, secret])
    yield "_".join([prefix, staff, credential, secret[:-1]])
    yield "_".join([prefix, staff, credential, ""])
    yield token + "_"
    yield token.upper()


def test_a_token_that_is_nearly_right_is_wrong(shared_office: Office):
    for token in tampered(shared_office.tokens[LI_NA]):
        answer = shared_office.stranger(token).look("/v1/me")

        assert answer.refusal == (401, "not_authenticated", None)


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_a_token_is_borne_and_nothing_else(shared_office: Office, scheme: str):
    header = {"Authorization": f"{scheme} {shared_office.tokens[LI_NA]}"}

    answer = shared_office.stranger().look("/v1/me", header)

    assert answer.refusal == (401, "not_authenticated", None)


@pytest.mark.attack("actor forged in the body")
@pytest.mark.parametrize("field", ["by", "role", "actor", "acted_by"])
def test_who_acts_is_not_for_them_to_say(li_na: Person, field: str):
    answer = li_na.post("/v1/tickets", {**MATTER, field: f"staff:{M1}"})

    assert answer.refusal == (422, "invalid", field)


@pytest.mark.attack("token stale or stolen and revoked")
def test_a_revoked_token_is_worth_nothing_from_that_moment_on(office: Office, li_na: Person):
    admin = office.person(ADMIN)
    issued = admin.post(f"/v1/staff/{LI_NA}/credentials").body
    other = office.stranger(issued["token"])
    before = other.look("/v1/packs/consultation/1").status

    admin.post(f"/v1/staff/{LI_NA}/credentials/{issued['credential_id']}/revocation")

    assert before == 200
    assert other.look("/v1/packs/consultation/1").refusal == (401, "not_authenticated", None)
    assert li_na.look("/v1/packs/consultation/1").status == 200


def test_with_a_person_all_their_tokens_leave(office: Office, li_na: Person):
    office.person(ADMIN).post(f"/v1/staff/{LI_NA}/departure")

    for answer in (li_na.look("/v1/me"), li_na.post("/v1/tickets", MATTER)):
        assert answer.refusal == (401, "not_authenticated", None)


def test_a_role_holds_from_the_moment_it_is_given(office: Office):
    nobody = office.person(NOBODY)
    before = nobody.post("/v1/tickets", MATTER)

    office.person(ADMIN).post(f"/v1/staff/{NOBODY}/post", {"post": "窗口", "roles": ["staff"]})

    assert before.refusal == (403, "forbidden", None)
    assert nobody.post("/v1/tickets", MATTER).carried_out == [Ticket.Opened]


@pytest.mark.parametrize(
    ("path", "who"),
    [
        (f"/v1/clients/{C1}/blacklisting", LI_NA),
        (f"/v1/clients/{C1}/blacklisting/approval", LI_NA),
        (f"/v1/clients/{C1}/blacklisting/lifting", ADMIN),
        (f"/v1/clients/{C1}/assignment", LI_NA),
        ("/v1/rotations/hall/deals", WANG_FANG),
        (f"/v1/clients/{C1}/merge", WANG_FANG),
        (f"/v1/clients/{C1}/unmerge", ADMIN),
        ("/v1/staff", M1),
        (f"/v1/staff/{WANG_FANG}/post", M1),
        (f"/v1/staff/{WANG_FANG}/credentials", LI_NA),
        (f"/v1/staff/{WANG_FANG}/departure", M1),
        (f"/v1/staff/{WANG_FANG}/duty/start", LI_NA),
        (f"/v1/staff/{WANG_FANG}/duty/end", M1),
        ("/v1/packs/consultation/versions", LI_NA),
        ("/v1/packs/consultation/versions", APPROVER),
        ("/v1/packs/consultation/approval", DRAFTER),
        ("/v1/packs/consultation/approval", ADMIN),
        ("/v1/packs/consultation/publication", DRAFTER),
        ("/v1/packs/consultation/abolition", M1),
    ],
)
def test_some_things_are_not_for_everybody(shared_office: Office, path: str, who: Any):
    answer = shared_office.person(who).post(path, COMMANDS[path])

    assert answer.refusal[:2] == (403, "forbidden")


@pytest.mark.parametrize("who", [INSPECTOR, REVIEWER, NOBODY])
def test_who_only_looks_on_is_not_on_duty(shared_office: Office, who: Any):
    answer = shared_office.person(who).post(f"/v1/staff/{who}/duty/start")

    assert answer.refusal == (403, "forbidden", None)
    assert answer.body["facts"] == {"permission": "staff.duty"}


@pytest.mark.parametrize("name", ["by", "role", "command_id", "received_at", "expected_version"])
@pytest.mark.parametrize("path", COMMANDS)
def test_nobody_says_who_they_are(shared_office: Office, ticket: str, path: str, name: str):
    body = {**COMMANDS[path], name: f"staff:{M1}"}

    answer = shared_office.person(LI_NA).post(path.replace("TICKET", ticket), body)

    assert answer.refusal == (422, "invalid", name)


def test_a_ticket_is_opened_by_its_first_contact_and_nobody_else(shared_office: Office):
    body = MATTER | {"first_contact_id": str(WANG_FANG)}

    answer = shared_office.person(LI_NA).post("/v1/tickets", body)

    assert answer.refusal == (422, "invalid", "first_contact_id")


@pytest.fixture
def deputised(office: Office) -> Person:
    """M2, who stands in for M1 from 9 o'clock today up to 9 o'clock tomorrow."""
    answer = office.person(ADMIN).post(f"/v1/staff/{M1}/deputies", DEPUTY)
    assert answer.stored == [Staff.DeputyNamed]
    return office.person(M2)


def test_a_deputy_acts_and_the_event_says_for_whom(
    li_na: Person, manager: Person, deputised: Person
):
    ticket = escalated(li_na)

    answer = deputised.post(f"{ticket}/instruction", {"text": "办", "acting_for": str(M1)})

    assert answer.carried_out == [Ticket.Instructed]
    assert (answer.event.by, answer.event.acting_for) == (f"staff:{M2}", f"staff:{M1}")
    assert answer.event.role == "cs_officer"


def test_who_says_nothing_acts_for_themselves(li_na: Person, deputised: Person):
    ticket = escalated(li_na)

    answer = deputised.post(f"{ticket}/instruction", {"text": "办"})

    assert answer.refusal == (409, "not_asked", None)


@pytest.mark.parametrize("now", ["2026-11-23T09:00:00+08:00", "2026-11-24T08:59:59+08:00"])
def test_a_deputy_stands_in_from_the_start_on(office: Office, deputised: Person, now: str):
    office.now = datetime.fromisoformat(now)

    answer = deputised.post("/v1/clients", {"name": "某", "acting_for": str(M1)})

    assert answer.carried_out == [Client.Registered]


@pytest.mark.parametrize("now", ["2026-11-23T08:59:59+08:00", "2026-11-24T09:00:00+08:00"])
def test_a_deputy_stands_in_up_to_the_end(office: Office, deputised: Person, now: str):
    office.now = datetime.fromisoformat(now)

    answer = deputised.post("/v1/clients", {"name": "某", "acting_for": str(M1)})

    assert answer.refusal == (409, "not_deputy", None)
    assert answer.body["rule"] == "SH-03"


def test_in_a_late_entry_it_counts_who_was_deputy_when_it_happened(
    office: Office, li_na: Person, deputised: Person
):
    ticket = opened(li_na)
    office.now = NOON + timedelta(days=1)
    late = {"text": "看", "acting_for": str(M1), "occurred_at": "2026-11-23T12:00:00+08:00"}

    answer = deputised.post(f"{ticket}/notes", late)

    assert answer.carried_out == [Ticket.Noted]


@pytest.mark.parametrize("whom", [LI_NA, ZHAO_LEI, M2])
def test_nobody_stands_in_for_who_has_not_named_them(li_na: Person, deputised: Person, whom: Any):
    ticket = opened(li_na)

    answer = deputised.post(f"{ticket}/notes", {"text": "看", "acting_for": str(whom)})

    assert answer.refusal == (409, "not_deputy", None)


def test_nobody_stands_in_for_who_is_no_colleague(shared_office: Office):
    body = {"name": "某", "acting_for": str(C1)}

    answer = shared_office.person(LI_NA).post("/v1/clients", body)

    assert answer.refusal == (404, "not_found", "staff_id")


def test_a_deputy_has_no_more_roles_than_their_own(office: Office, deputised: Person):
    body = BLACKLISTING | {"acting_for": str(M1)}

    answer = deputised.post(f"/v1/clients/{C1}/blacklisting", body)

    assert answer.refusal == (403, "forbidden", None)


def test_a_deputy_accepts_what_was_offered_to_another(
    office: Office, li_na: Person, deputised: Person
):
    ticket = opened(li_na)
    li_na.post(f"{ticket}/transfer", {"to_id": str(M1), "reason": "对口"})

    answer = deputised.post(f"{ticket}/transfer/acceptance", {"acting_for": str(M1)})

    assert answer.carried_out == [Ticket.TransferAccepted]
    assert answer.event.to_id == M1
