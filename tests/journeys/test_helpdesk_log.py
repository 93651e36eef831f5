"""The main job on a log that nobody here wrote: imported whole, and its figures are its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from application.log_batch import Outcome
from application.log_map import LogMap
from application.reports.event_log import event_log
from application.views.ticket_register import TicketFilter
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.log_files import read_map
from infrastructure.wiring import Parts
from tests.support.logs import imported, running_desk
from tests.support.postgres import fresh_database
from tests.support.real_data import shared_data

LOG = "helpdesk_finale.csv"
TRUTH = "helpdesk_finale.csv.groundtruth.json"

pytestmark = pytest.mark.real_data(LOG, TRUTH)

MAP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "helpdesk-map.yaml"

LIMIT_SECONDS = 60.0
"""For import and projection of the whole log, on 2 cores."""


def helpdesk_map(**otherwise: Any) -> LogMap:
    return LogMap.read({**read_map(MAP), **otherwise})


class Helpdesk(NamedTuple):
    """A desk that has imported the whole log, and its views have read it."""

    parts: Parts
    outcome: Outcome
    cpu_seconds: float


@pytest.fixture(scope="module")
def helpdesk(postgres: EmbeddedPostgres) -> Iterator[Helpdesk]:
    with ExitStack() as stack:
        parts = stack.enter_context(desk_of_its_own(postgres, stack))
        began = time.process_time()
        outcome = imported(parts, shared_data(LOG), helpdesk_map())
        parts.projector.catch_up()
        yield Helpdesk(parts, outcome, time.process_time() - began)


def desk_of_its_own(postgres: EmbeddedPostgres, stack: ExitStack) -> Any:
    urls = [
        stack.enter_context(fresh_database(postgres, template))
        for template in ("register_template", "keys_template")
    ]
    return running_desk(*urls)


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared_data(TRUTH).read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def report(helpdesk: Helpdesk) -> dict[str, Any]:
    return event_log("helpdesk", helpdesk.parts.ticket_history.steps("helpdesk"))


def test_every_row_is_imported(helpdesk: Helpdesk, truth: dict[str, Any]) -> None:
    outcome = helpdesk.outcome

    assert (outcome.rows, outcome.imported, outcome.refused) == (21_348, 21_348, [])
    assert (outcome.repeated, outcome.dropped) == (truth["exact_duplicate_rows"], 0)
    assert outcome.cases == truth["n_cases"]


def test_what_our_rules_would_have_refused_is_found(
    helpdesk: Helpdesk, truth: dict[str, Any]
) -> None:
    after_closing = truth["time_to_next_event_seconds_by_activity"]["Closed"]["n"]

    assert helpdesk.outcome.findings == {
        "not_owner": truth["handovers"]["total"],
        "ticket_closed": after_closing,
    }


def test_every_case_is_a_ticket_and_closed_if_its_last_step_was_that(
    helpdesk: Helpdesk, truth: dict[str, Any]
) -> None:
    counts = helpdesk.parts.ticket_register.counts(TicketFilter(procedure="helpdesk"))

    assert counts["all"]["total"] == truth["n_cases"]
    assert counts["closed"] == {
        "true": truth["cases_ending_in_Closed"],
        "false": truth["not_closed_at_end_of_log"],
    }


def test_tickets_are_numbered_without_gaps_in_each_year(
    helpdesk: Helpdesk, truth: dict[str, Any]
) -> None:
    page = helpdesk.parts.ticket_register.page(TicketFilter(), before=None, limit=10_000)

    opened = truth["cases_opened_by_month_utc"]
    for year in ("2010", "2011", "2012", "2013"):
        numbers = sorted(ticket.number for ticket in page if ticket.number.startswith(year))
        expected = sum(cases for month, cases in opened.items() if month.startswith(year))
        assert numbers == [f"{year}-{n:04}" for n in range(1, expected + 1)]


def test_an_import_of_the_same_log_again_doubles_nothing(helpdesk: Helpdesk) -> None:
    head = helpdesk.parts.register.head()

    again = imported(helpdesk.parts, shared_data(LOG), helpdesk_map())

    assert (again.imported, again.already_imported, again.refused) == (0, 21_348, [])
    assert again.repeated == 127
    assert helpdesk.parts.register.head() == head


@pytest.mark.parametrize(
    "name",
    [
        "n_cases",
        "n_events",
        "activities",
        "start_activities",
        "end_activities",
        "n_variants",
        "top_variants",
    ],
)
def test_the_report_gives_the_figure(
    report: dict[str, Any], truth: dict[str, Any], name: str
) -> None:
    assert report[name] == truth[name]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (
            "throughput_seconds_first_to_last_event_all_cases",
            ["n", "min", "mean", "median_nearest_rank", "p90_nearest_rank", "p95_nearest_rank"],
        ),
        ("resources", ["distinct"]),
        ("handovers", ["definition", "total", "cases_with_at_least_one"]),
    ],
)
def test_the_report_gives_the_figures(
    report: dict[str, Any], truth: dict[str, Any], name: str, keys: list[str]
) -> None:
    assert {key: report[name][key] for key in keys} == {key: truth[name][key] for key in keys}


def test_the_whole_log_is_imported_and_seen_in_time(helpdesk: Helpdesk) -> None:
    """By the work of this process, which others on the machine do not add to."""
    assert helpdesk.cpu_seconds < LIMIT_SECONDS


def test_of_rows_that_say_the_same_the_first_is_kept_where_the_map_says_so(
    postgres: EmbeddedPostgres,
) -> None:
    with ExitStack() as stack:
        parts = stack.enter_context(desk_of_its_own(postgres, stack))

        outcome = imported(parts, shared_data(LOG), helpdesk_map(duplicates="drop"))

        assert (outcome.rows, outcome.imported) == (21_348, 21_221)
        assert (outcome.repeated, outcome.dropped) == (127, 127)
