"""A recorded log becomes tickets: once, however often it is imported and wherever that breaks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from application.event_log import RefusedRow
from application.log_map import MapInvalid
from application.reports.event_log import event_log
from application.views.ticket_register import TicketFilter, TicketRow
from domain.pack import VersionExists
from domain.ticket import Ticket
from infrastructure.database import Database
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.wiring import Parts
from tests.support.facts import SHANGHAI
from tests.support.logs import (
    HEADER,
    MAP,
    OPERATOR,
    csv_file,
    imported,
    many_cases,
    mapped,
    row,
    running_desk,
    xlsx_file,
)
from tests.support.postgres import fresh_database

THREE_STEPS = [
    row("K1", "接单", "2020-03-02 09:00", who="甲"),
    row("K1", "检修", "2020-03-03 09:00", who="乙"),
    row("K1", "取走", "2020-03-04 09:00", who="甲"),
]


@pytest.fixture(scope="module")
def released(postgres: EmbeddedPostgres) -> tuple[str, str]:
    """A register and its keys to copy, in which the packs of the release are in force."""
    names = "register_released", "keys_released"
    for name in names:
        postgres.create_database(name)
    with running_desk(*map(postgres.url, names)):
        return names


@pytest.fixture
def register_url(postgres: EmbeddedPostgres, released: tuple[str, str]) -> Iterator[str]:
    with fresh_database(postgres, released[0]) as url:
        yield url


@pytest.fixture
def keys_url(postgres: EmbeddedPostgres, released: tuple[str, str]) -> Iterator[str]:
    with fresh_database(postgres, released[1]) as url:
        yield url


@pytest.fixture
def parts(register_url: str, keys_url: str) -> Iterator[Parts]:
    with running_desk(register_url, keys_url) as parts:
        yield parts


def tickets(parts: Parts) -> list[TicketRow]:
    """Those of the log, in the order in which they were opened."""
    parts.projector.catch_up()
    asked = TicketFilter(procedure="workshop")
    return parts.ticket_register.page(asked, before=None, limit=10_000)[::-1]


def history(parts: Parts, ticket: TicketRow) -> list[dict[str, Any]]:
    return parts.history_of(ticket.ticket_id)


def words(parts: Parts) -> list[list[str]]:
    """The words of the steps of every ticket, in the order in which they are stored."""
    told = [history(parts, ticket) for ticket in tickets(parts)]
    return [[event["word"] for event in events if event["word"]] for events in told]


def figures(parts: Parts) -> dict[str, Any]:
    parts.projector.catch_up()
    return event_log("workshop", parts.ticket_history.steps("workshop"))


def staff_names(parts: Parts) -> dict[Any, str | None]:
    parts.projector.catch_up()
    page = parts.staff_directory.page(before=None, limit=100)
    return {member.staff_id: parts.codec.open(member.name.box or "") for member in page}


def local(told: str) -> datetime:
    return datetime.strptime(told, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def test_a_case_becomes_a_ticket_of_the_past(parts: Parts, tmp_path: Path) -> None:
    imported(parts, csv_file(tmp_path, THREE_STEPS))

    [ticket] = tickets(parts)
    names = staff_names(parts)
    assert (ticket.number, ticket.unit, ticket.channel) == ("2020-0001", "repairs", "phone")
    assert (ticket.opened_at, ticket.closed_at) == (
        local("2020-03-02 09:00"),
        local("2020-03-04 09:00"),
    )
    assert ticket.opened_recorded_at > ticket.opened_at
    assert (names[ticket.first_contact_id], names[ticket.owner_id]) == ("甲", "甲")
    assert parts.codec.open(ticket.matter.box or "") == "K1"
    assert (ticket.state, ticket.is_closed) == ("hand-out", True)


def test_a_step_says_who_took_it_when_and_who_imported_it(parts: Parts, tmp_path: Path) -> None:
    imported(parts, csv_file(tmp_path, THREE_STEPS))

    [ticket] = tickets(parts)
    repair = history(parts, ticket)[2]
    assert (repair["step"], repair["word"]) == ("repair", "检修")
    assert staff_names(parts)[repair["done_by_id"]] == "乙"
    assert (repair["by"], repair["occurred_at"]) == (OPERATOR.ref, local("2020-03-03 09:00"))
    assert repair["details"]["form"] == {"device": "lamp"}


def test_whose_matter_it_is_is_known_by_name_and_sealed(parts: Parts, tmp_path: Path) -> None:
    imported(parts, csv_file(tmp_path, [row("K1", customer="张"), row("K2", customer="")]))

    [known, unknown] = tickets(parts)
    files = [parts.client_file.client(ticket.client_id) for ticket in (known, unknown)]
    assert [parts.codec.open(f.name.box or "") for f in files if f] == ["张", "unknown"]
    with parts.database.connection() as connection:
        states = connection.execute(
            "SELECT state FROM register.entry WHERE topic NOT LIKE 'pack.%'"
        ).fetchall()
    assert states
    assert not any("张".encode() in state or "甲".encode() in state for [state] in states)


def test_a_sealed_column_is_sealed(parts: Parts, tmp_path: Path) -> None:
    imported(parts, csv_file(tmp_path, [row(device="lamp")]), mapped(sealed=["device"]))

    [ticket] = tickets(parts)
    [step] = [fact.event for fact in parts.register.stream(ticket.ticket_id)][1:]
    assert isinstance(step, Ticket.StepTaken)
    assert step.form["device"].text is None
    assert history(parts, ticket)[1]["details"]["form"] == {"device": "lamp"}


def test_a_row_that_names_another_customer_than_its_case_keeps_that_name(
    parts: Parts, tmp_path: Path
) -> None:
    rows = [row("K1", customer="张"), row("K1", "检修", "2020-03-03 09:00", customer="李")]

    imported(parts, csv_file(tmp_path, rows))

    [ticket] = tickets(parts)
    forms = [event["details"]["form"] for event in history(parts, ticket)[1:]]
    assert forms == [{"device": "lamp"}, {"device": "lamp", "customer": "李"}]


def test_tickets_are_numbered_in_the_order_in_which_their_cases_began(
    parts: Parts, tmp_path: Path
) -> None:
    rows = [
        row("K9", time="2020-03-05 09:00"),
        row("K10", time="2020-03-02 09:00"),
        row("K1", time="2020-03-03 09:00"),
    ]

    imported(parts, csv_file(tmp_path, rows))

    told = [(t.number, parts.codec.open(t.matter.box or "")) for t in tickets(parts)]
    assert told == [("2020-0001", "K10"), ("2020-0002", "K1"), ("2020-0003", "K9")]


def test_steps_are_taken_in_the_order_of_their_times_and_of_the_file_at_the_same(
    parts: Parts, tmp_path: Path
) -> None:
    rows = [
        row("K1", "取走", "2020-03-05 09:00"),
        row("K1", "检修", "2020-03-02 09:00"),
        row("K1", "接单", "2020-03-02 09:00"),
    ]

    imported(parts, csv_file(tmp_path, rows))

    assert words(parts) == [["检修", "接单", "取走"]]
    assert figures(parts)["top_variants"] == [{"variant": "检修 > 接单 > 取走", "cases": 1}]


def test_what_our_rules_would_have_refused_is_a_finding(parts: Parts, tmp_path: Path) -> None:
    late = row("K1", "检修", "2020-03-05 09:00", who="乙")

    outcome = imported(parts, csv_file(tmp_path, [*THREE_STEPS, late]))

    assert (outcome.imported, outcome.refused) == (4, [])
    assert outcome.findings == {"not_owner": 3, "ticket_closed": 1}
    [ticket] = tickets(parts)
    assert (ticket.findings, ticket.episode, ticket.is_closed) == (4, 2, False)
    step = [event for event in history(parts, ticket) if event["word"]][-1]
    assert step["details"]["findings"] == ["ticket_closed", "not_owner"]


def test_rows_that_cannot_be_taken_over_are_listed_and_block_no_other(
    parts: Parts, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    lines = [
        ",".join(HEADER),
        ",".join(row("K1")),
        "K1,检修,甲,张",
        ",".join(row("K2", time="2027-03-02 09:00", who="丙")),
        ",".join(row("K1", "[/丢失]")),
        ",".join(row("K1", time="yesterday")),
        '"K1,检修,甲,张,2020-03-03 09:00,fan',
        ",".join(row("K1", "检修", "2020-03-03 09:00", device="fan\x07")),
        ",".join(row("K1", "取走", "2020-03-04 09:00")),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")

    outcome = imported(parts, path)

    assert [refused.line for refused in outcome.refused] == [3, 4, 5, 6, 7, 8]
    reasons = [refused.reason for refused in outcome.refused]
    for reason, part in zip(
        reasons,
        ["columns", "still to come", "not in the map", "no time", "CSV", "control characters"],
        strict=True,
    ):
        assert part in reason
    assert (outcome.rows, outcome.imported) == (8, 2)
    assert words(parts) == [["接单", "取走"]]
    assert set(staff_names(parts).values()) == {"甲"}


def test_a_log_imported_again_is_all_known(parts: Parts, tmp_path: Path) -> None:
    path = csv_file(tmp_path, [*many_cases(20), *many_cases(20)])
    first = imported(parts, path)
    head = parts.register.head()

    again = imported(parts, path)

    assert (first.imported, first.repeated) == (120, 60)
    assert (again.imported, again.already_imported, again.repeated) == (0, 120, 60)
    assert (again.findings, again.refused) == ({}, [])
    assert parts.register.head() == head


def test_a_row_that_comes_twice_happened_twice(parts: Parts, tmp_path: Path) -> None:
    outcome = imported(parts, csv_file(tmp_path, [row("K1"), row("K2"), row("K1")]))

    assert (outcome.imported, outcome.repeated, outcome.dropped) == (3, 1, 0)
    assert words(parts) == [["接单", "接单"], ["接单"]]


def test_of_rows_that_say_the_same_the_first_is_taken_where_the_map_says_so(
    parts: Parts, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, [row("K1"), row("K2"), row("K1"), row("K1")])

    outcome = imported(parts, path, mapped(duplicates="drop"))

    assert (outcome.imported, outcome.repeated, outcome.dropped) == (2, 2, 2)
    assert words(parts) == [["接单"], ["接单"]]


def test_rows_once_dropped_can_be_taken_over_later(parts: Parts, tmp_path: Path) -> None:
    path = csv_file(tmp_path, [row("K1"), row("K1")])
    imported(parts, path, mapped(duplicates="drop"))

    outcome = imported(parts, path)

    assert (outcome.imported, outcome.already_imported) == (1, 1)
    assert words(parts) == [["接单", "接单"]]


def test_rows_that_moved_in_the_file_are_still_known(parts: Parts, tmp_path: Path) -> None:
    rows = many_cases(3)
    imported(parts, csv_file(tmp_path, rows))

    outcome = imported(parts, csv_file(tmp_path, rows[::-1]))

    assert (outcome.imported, outcome.already_imported) == (0, 9)


def test_a_case_that_goes_on_in_another_file_goes_on_in_its_ticket(
    parts: Parts, tmp_path: Path
) -> None:
    imported(parts, csv_file(tmp_path, [THREE_STEPS[0], THREE_STEPS[2]]))

    outcome = imported(parts, csv_file(tmp_path, THREE_STEPS[1:]))

    assert (outcome.imported, outcome.already_imported) == (1, 1)
    assert words(parts) == [["接单", "取走", "检修"]]
    assert figures(parts)["top_variants"] == [{"variant": "接单 > 检修 > 取走", "cases": 1}]


def test_a_workbook_says_the_same_as_a_csv_file(parts: Parts, tmp_path: Path) -> None:
    rows = many_cases(3)

    outcome = imported(parts, xlsx_file(tmp_path, rows))

    assert (outcome.imported, outcome.refused) == (9, [])
    assert words(parts) == [["接单", "检修", "取走"]] * 3
    [ticket, *_] = tickets(parts)
    assert (ticket.opened_at, ticket.closed_at) == (
        local("2020-03-01 09:00"),
        local("2020-03-01 11:00"),
    )


def test_an_import_broken_off_goes_on_where_it_was(parts: Parts, tmp_path: Path) -> None:
    path = csv_file(tmp_path, many_cases(400))

    def break_off(through: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imported(parts, path, report=break_off)
    stored = figures(parts)["n_events"]
    outcome = imported(parts, path)

    assert 0 < stored < 1200
    assert (outcome.already_imported, outcome.imported) == (stored, 1200 - stored)
    assert figures(parts)["n_events"] == 1200
    assert {tuple(steps) for steps in words(parts)} == {("接单", "检修", "取走")}


def test_who_imports_is_told_how_far_it_is(parts: Parts, tmp_path: Path) -> None:
    told = list[tuple[int, int]]()

    imported(
        parts,
        csv_file(tmp_path, many_cases(200)),
        report=lambda through, total: told.append((through, total)),
    )

    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (600, 600)


def test_a_log_that_two_import_at_once_is_imported_once(
    register_url: str, keys_url: str, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, many_cases(400))

    with (
        running_desk(register_url, keys_url) as one,
        running_desk(register_url, keys_url) as other,
        ThreadPoolExecutor() as both,
    ):
        outcomes = list(both.map(lambda parts: imported(parts, path), (one, other)))
        seen = figures(one)

    assert [o.refused for o in outcomes] == [[], []]
    assert sum(o.imported for o in outcomes) == 1200 == seen["n_events"]
    assert [o.imported + o.already_imported for o in outcomes] == [1200, 1200]


def test_a_case_of_somebody_who_was_erased_is_refused_alone(parts: Parts, tmp_path: Path) -> None:
    imported(parts, csv_file(tmp_path, [row("K1", customer="张")]))
    parts.keys.destroy(tickets(parts)[0].client_id)
    more = [
        row("K1", customer="张"),
        row("K2", customer="张"),
        row("K2", "检修", "2020-03-03 09:00", customer="张"),
        row("K3", customer="李"),
    ]

    outcome = imported(parts, csv_file(tmp_path, more))

    assert (outcome.imported, outcome.already_imported) == (1, 1)
    assert outcome.refused == [
        RefusedRow(line, "the client of this case was erased") for line in (3, 4)
    ]


def test_a_log_does_not_take_the_place_of_a_pack_of_the_desk(parts: Parts, tmp_path: Path) -> None:
    theirs = mapped(procedure={**MAP["procedure"], "name": "consultation", "version": 2})

    with pytest.raises(MapInvalid, match="a pack that the desk works by"):
        imported(parts, csv_file(tmp_path, THREE_STEPS), theirs)

    assert list(parts.packs.pack("consultation").versions) == [1]


def test_another_map_needs_another_version(parts: Parts, tmp_path: Path) -> None:
    path = csv_file(tmp_path, THREE_STEPS)
    imported(parts, path)
    reworded = {**MAP["activities"], "丢失": "lose"}

    with pytest.raises(VersionExists, match="give the next number"):
        imported(parts, path, mapped(activities=reworded))
    second = {**MAP["procedure"], "version": 2}
    outcome = imported(parts, path, mapped(activities=reworded, procedure=second))

    assert outcome.already_imported == 3


def test_who_drafted_the_pack_of_a_log_did_not_approve_it(parts: Parts, tmp_path: Path) -> None:
    imported(parts, csv_file(tmp_path, THREE_STEPS))

    facts = parts.register.stream(parts.packs.pack("workshop").id)
    assert [(type(fact.event).__name__, fact.event.by) for fact in facts[1:]] == [
        ("Drafted", "system:import"),
        ("Approved", OPERATOR.ref),
        ("Published", OPERATOR.ref),
    ]


def yice(register_url: str, keys_url: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """The command, on these databases."""
    environ = {**os.environ, "YICE_DATABASE_URL": register_url, "YICE_KEYS_URL": keys_url}
    return subprocess.Popen(
        [sys.executable, "-m", "interface.cli", *map(str, arguments)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> tuple[int, Any]:
    """The exit code, and the JSON printed."""
    printed, complained = process.communicate(timeout=240)
    assert printed, complained
    return process.returncode, json.loads(printed)


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "map.yaml"
    path.write_text(yaml.safe_dump(dict(MAP), allow_unicode=True), encoding="utf-8")
    return path


def wait_for_tickets(database: Database, process: subprocess.Popen[str]) -> None:
    """Until the packs are in force, and a part of the log is imported."""
    opened = "SELECT count(*) FROM register.entry WHERE topic = 'ticket.opened'"
    while database.rows(opened)[0][0] < 100:
        assert process.poll() is None


def test_an_import_killed_at_any_instant_is_run_again(
    register_url: str, keys_url: str, database: Database, tmp_path: Path, map_file: Path
) -> None:
    path = csv_file(tmp_path, many_cases(1_200))
    command = (register_url, keys_url, "import", path, "--map", map_file, "--json")

    first = yice(*command, "--no-wait")
    wait_for_tickets(database, first)
    first.kill()
    first.communicate()
    code, summary = said(yice(*command))
    _, shown = said(yice(register_url, keys_url, "report", "event-log", "--json"))

    assert first.returncode == -signal.SIGKILL
    assert (code, summary["rows"], summary["refused"]) == (0, 3_600, 0)
    assert 0 < summary["imported"] < 3_600
    assert summary["imported"] + summary["already_imported"] == 3_600
    assert (shown["n_cases"], shown["n_events"]) == (1_200, 3_600)
    assert shown["top_variants"] == [{"variant": "接单 > 检修 > 取走", "cases": 1_200}]
    assert shown["handovers"]["total"] == 2_400


def test_an_import_that_is_interrupted_says_that_it_can_go_on(
    register_url: str, keys_url: str, database: Database, tmp_path: Path, map_file: Path
) -> None:
    path = csv_file(tmp_path, many_cases(1_200))

    process = yice(register_url, keys_url, "import", path, "--map", map_file)
    wait_for_tickets(database, process)
    process.send_signal(signal.SIGINT)
    printed, complained = process.communicate(timeout=240)

    assert process.returncode == 130
    assert printed == ""
    assert "the same command goes on from here" in " ".join(complained.split())
    assert "Traceback" not in complained


def test_an_import_with_refused_rows_says_so_to_scripts(
    register_url: str, keys_url: str, tmp_path: Path, map_file: Path
) -> None:
    path = csv_file(tmp_path, [row("K1"), row("K1", "丢失"), row("K1")])

    code, summary = said(yice(register_url, keys_url, "import", path, "--map", map_file, "--json"))

    assert code == 1
    assert summary["refused_rows"] == [
        {"line": 3, "reason": "activity '丢失' is not in the map"},
    ]
    assert (summary["rows"], summary["imported"], summary["repeated"]) == (3, 2, 1)
    assert summary["projection_seconds"] > 0
    assert summary["events_per_second"] > 0


def test_an_import_is_seen_in_the_views_when_it_ends_unless_nobody_waits(
    register_url: str, keys_url: str, parts: Parts, tmp_path: Path, map_file: Path
) -> None:
    path = csv_file(tmp_path, THREE_STEPS)
    command = (register_url, keys_url, "import", path, "--map", map_file, "--json")

    _, left = said(yice(*command, "--no-wait"))
    behind = {view.position for view in parts.progress.views()}
    _, waited = said(yice(*command))
    caught_up = {view.position for view in parts.progress.views()}

    assert (left["projection_seconds"], behind) == (None, {0})
    assert waited["projection_seconds"] > 0
    assert caught_up == {parts.register.head()}


def test_an_import_shows_people_what_became_of_the_rows(
    register_url: str, keys_url: str, tmp_path: Path, map_file: Path
) -> None:
    lost = [row("K1", f"[/丢失{n}]") for n in range(25)]
    path = csv_file(tmp_path, [*THREE_STEPS, *lost])

    importing = yice(register_url, keys_url, "import", path, "--map", map_file, "--no-wait")
    printed, _ = importing.communicate(timeout=60)

    assert importing.returncode == 1
    shown = [" ".join(line.strip("│ ").split()) for line in printed.splitlines()]
    for line in ("rows │ 28", "imported │ 3", "refused │ 25", "not_owner │ 2"):
        assert line in shown
    assert "line 24: activity '[/丢失19]' is not in the map" in shown
    assert "line 25: activity '[/丢失20]' is not in the map" not in shown
    assert "… and 5 more; --json shows them all" in shown


def test_a_report_is_shown_to_people(
    register_url: str, keys_url: str, parts: Parts, tmp_path: Path
) -> None:
    imported(parts, csv_file(tmp_path, THREE_STEPS))

    reporting = yice(register_url, keys_url, "report", "event-log", "--procedure", "workshop")
    printed, complained = reporting.communicate(timeout=60)

    assert (reporting.returncode, complained) == (0, "")
    assert "接单 > 检修 > 取走" in printed
    assert "consecutive events" in printed


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["import", "LOG", "--map", "LOG"], "map_invalid"),
        (["import", "MAP", "--map", "MAP"], "map_invalid: columns: no column case in the file"),
        (["report", "event-log"], "not_found: which log?"),
        (["report", "event-log", "--procedure", "consultation"], "not_found: no log"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    register_url: str,
    keys_url: str,
    tmp_path: Path,
    map_file: Path,
    arguments: list[str],
    complaint: str,
) -> None:
    files = {"LOG": csv_file(tmp_path, THREE_STEPS), "MAP": map_file}

    process = yice(register_url, keys_url, *(files.get(a, a) for a in arguments))
    _, complained = process.communicate(timeout=240)

    assert process.returncode == 1
    assert f"yice: {complaint}" in complained
    assert "Traceback" not in complained
