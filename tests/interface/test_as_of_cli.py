"""`yice as-of`, `yice diff` and `yice compare`, on the desk of an office."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from domain.errors import DomainError
from infrastructure.wiring import Parts
from interface.as_of_cli import as_of, compare, diff
from interface.cli import main
from tests.interface.given import TO_WANG_FANG, clarifying, in_force
from tests.support.facts import LI_NA, M1, NOON, WANG_FANG, promising_pack
from tests.support.http import Office, Person, id_in, opened

ONE, TWO, THREE = ((NOON + timedelta(hours=hour)).isoformat() for hour in (1, 2, 3))
TOLD = ("--clock", "occurred")

Run = Callable[..., Result]


@pytest.fixture
def run(office: Office) -> Run:
    """One command, on the desk of the office."""

    @contextmanager
    def opener() -> Iterator[Parts]:
        yield office.parts

    def ran(command: click.Command, *words: str) -> Result:
        return CliRunner().invoke(command, words, obj=opener)

    return ran


def shown(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def ticket(office: Office, li_na: Person, wang_fang: Person) -> str:
    """Opened at noon, offered at one, taken at two."""
    ticket = opened(li_na)
    office.now = NOON + timedelta(hours=1)
    li_na.post(f"{ticket}/transfer", TO_WANG_FANG)
    office.now = NOON + timedelta(hours=2)
    wang_fang.post(f"{ticket}/transfer/acceptance")
    return str(id_in(ticket))


def test_a_ticket_is_shown_as_it_was(run: Run, office: Office, ticket: str) -> None:
    then = shown(run(as_of, ticket, ONE, *TOLD, "--json"))

    assert (then["clock"], then["version"]) == ("occurred", 2)
    assert (then["position"], then["head"]) == (office.head() - 1, office.head())
    assert then["ticket"]["offered_to_id"] == str(WANG_FANG)
    assert then["ticket"]["owner_id"] == str(LI_NA)
    assert then["ticket"]["matter"] == "有线电视安装"
    assert [event["topic"] for event in then["events"]] == [
        "ticket.opened",
        "ticket.transfer-offered",
    ]


def test_people_are_shown_a_table_that_says_how_far_it_looked(
    run: Run, office: Office, ticket: str
) -> None:
    said = run(as_of, ticket, ONE, *TOLD).output

    assert f"position {office.head() - 1} of {office.head()}" in " ".join(said.split())
    assert "offered_to_id" in said
    assert "blocked_by" not in said


def test_what_was_promised_by_then_stands_below(office: Office, li_na: Person, run: Run) -> None:
    in_force(office, promising_pack())
    ticket = str(id_in(clarifying(li_na)))

    then = shown(run(as_of, ticket, NOON.isoformat(), *TOLD, "--json"))

    assert [(o["key"], o["status"]) for o in then["obligations"]] == [("reply-1", "open")]
    assert "reply-1" in run(as_of, ticket, NOON.isoformat(), *TOLD).output


def test_a_ticket_is_named_by_its_register_number_too(run: Run, ticket: str) -> None:
    then = shown(run(as_of, "2026-0001", TWO, *TOLD, "--json"))

    assert then["ticket"]["ticket_id"] == ticket


@pytest.mark.parametrize("name", ["2026-9999", str(M1)])
def test_a_ticket_that_there_is_not_is_refused(run: Run, ticket: str, name: str) -> None:
    refused = run(as_of, name, TWO)

    assert isinstance(refused.exception, DomainError)
    assert refused.exception.code == "not_found"


@pytest.mark.parametrize("instant", ["2026-11-25T10:00:00", "2026-11-25", "soon"])
def test_an_instant_without_its_offset_is_a_wrong_use(run: Run, ticket: str, instant: str) -> None:
    for refused in (run(as_of, ticket, instant), run(diff, ticket, instant, TWO)):
        assert refused.exit_code == 2
        assert "2026-11-25T10:00:00+08:00" in refused.output


def test_what_changed_is_told_with_the_events_that_did_it_and_by_whom(
    run: Run, ticket: str
) -> None:
    said = shown(run(diff, ticket, ONE, TWO, *TOLD, "--json"))

    assert (said["from"]["version"], said["to"]["version"]) == (2, 3)
    changes = {change["field"]: change for change in said["changes"]}
    assert changes.keys() == {"owner_id", "offered_to_id", "transfers"}
    owner = changes["owner_id"]
    assert (owner["before"], owner["after"]) == (str(LI_NA), str(WANG_FANG))
    [event] = owner["events"]
    assert (event["topic"], event["by"]) == ("ticket.transfer-accepted", f"staff:{WANG_FANG}")
    assert event["occurred_at"] == TWO
    assert event["version"] == 3


def test_each_event_that_changed_a_field_on_the_way_is_told(run: Run, ticket: str) -> None:
    """Offered and taken: the offer is gone again, and no change from noon on."""
    said = shown(run(diff, ticket, NOON.isoformat(), THREE, *TOLD, "--json"))

    assert {change["field"] for change in said["changes"]} == {"owner_id", "transfers"}
    for change in said["changes"]:
        assert [event["version"] for event in change["events"]] == [3]


def test_people_are_told_a_change_in_a_line_and_each_event_in_another(
    run: Run, ticket: str
) -> None:
    said = run(diff, ticket, ONE, TWO, *TOLD)

    assert f"owner_id: {LI_NA} -> {WANG_FANG}\n    3 ticket.transfer-accepted by" in said.output
    nothing = run(diff, ticket, TWO, THREE, *TOLD).output
    assert "->" not in nothing
    assert nothing.startswith(f"{TWO} (occurred): position ")


def test_two_times_the_wrong_way_round_are_refused(run: Run, ticket: str) -> None:
    refused = run(diff, ticket, TWO, ONE)

    assert isinstance(refused.exception, DomainError)
    assert (refused.exception.code, refused.exception.field) == ("invalid", "T2")


def test_views_that_show_what_the_register_says_are_passed_over_in_silence(
    run: Run, office: Office, ticket: str
) -> None:
    office.catch_up()

    said = run(compare)

    assert (said.exit_code, said.stdout) == (0, "")
    assert shown(run(compare, "--json")) == {"differences": []}


@pytest.mark.attack("projection row edited")
def test_an_edited_row_is_told_and_ends_with_1(run: Run, office: Office, ticket: str) -> None:
    office.catch_up()
    with office.parts.database.connection() as connection:
        connection.execute("UPDATE reporting.ticket_register SET state = 'closed'")

    said, as_json = run(compare), run(compare, "--json")

    assert said.exit_code == as_json.exit_code == 1
    where = f"view ticket_register, {ticket}, row {ticket}, state"
    assert said.stdout == f"{where}: shows 'closed', replayed 'registered'\n"
    assert json.loads(as_json.stdout)["differences"] == [
        {
            "view": "ticket_register",
            "stream_id": ticket,
            "row": ticket,
            "field": "state",
            "shown": "closed",
            "replayed": "registered",
        }
    ]


def test_they_are_commands_of_yice() -> None:
    assert {main.commands[name] for name in ("as-of", "diff", "compare")} == {as_of, diff, compare}
