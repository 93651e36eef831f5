"""The main job on a log that nobody here wrote: imported whole, and its figures are its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from application.instant import AsOf, Clock
from application.log_batch import Outcome
from application.log_map import LogMap
from application.reports.event_log import event_log
from application.views.ticket_register import TicketFilter
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.log_files import read_map
from infrastructure.wiring import Parts
from interface.report_cli import report_of_pack
from tests.support.facts import NOON
from tests.support.logs import imported, running_desk
from tests.support.postgres import fresh_database
from tests.support.real_data import shared_data

LOG = "helpdesk_finale.csv"
TRUTH = "helpdesk_finale.csv.groundtruth.json"

pytestmark = pytest.mark.real_data(LOG, TRUTH)

MAP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "helpdesk-map.yaml"

LIMIT_SECONDS = 60.0
"""For import and projection of the whole log, on 2 cores."""


OPENED_BY_MONTH = "cases_opened_by_month_utc"
CLOSED_BY_MONTH = "cases_closed_by_month_utc(last event month of those)"

ACTIVITIES = read_map(MAP)["activities"].values()
STEPS = sorted({one if isinstance(one, str) else one["step"] for one in ACTIVITIES})

RESOLVED = {"value": "count.resolve", "above": 0}
LASTED = "minutes.opened.resolve"

FIGURES: Mapping[str, Any] = {
    "pack": "helpdesk-figures",
    "version": 1,
    "title": "Figures of the log",
    "principles": ["open"],
    "effective_from": "2010-01-01T00:00:00Z",
    "reports": {
        "opened": {"title": "Opened", "measures": {"cases": {"count": True}}},
        "closed": {
            "title": "Closed, by the last time",
            "period": "close",
            "where": {"value": "this.is_closed", "is": True},
            "measures": {"cases": {"count": True}},
        },
        "steps": {
            "title": "Who did how much",
            "over": STEPS,
            "by": ["actor.id"],
            "measures": {"steps": {"count": True}},
        },
        "resolved": {
            "title": "From opening to the last resolution, in minutes",
            "where": RESOLVED,
            "measures": {
                "cases": {"count": True},
                "again": {"share": {"value": "count.resolve", "at_least": 2}},
                **{kind: {kind: LASTED} for kind in ("mean", "median", "p90", "max", "sum")},
            },
        },
    },
}
"""Reports over the log as a pack would define them."""


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
        took = time.process_time() - began
        parts.packs.publish_shipped([FIGURES], NOON)
        parts.projector.catch_up()
        yield Helpdesk(parts, outcome, took)


def desk_of_its_own(postgres: EmbeddedPostgres, stack: ExitStack) -> Any:
    urls = [
        stack.enter_context(fresh_database(postgres, template))
        for template in ("register_template", "keys_template")
    ]
    return running_desk(*urls, YICE_ZONE="UTC")


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
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    """On the beginning of the log, whose first thousand rows say eight of them twice."""
    lines = shared_data(LOG).read_text("utf-8").splitlines(keepends=True)[:1_001]
    beginning = tmp_path / LOG
    beginning.write_text("".join(lines), "utf-8")
    twice = len(lines) - len(set(lines))
    with ExitStack() as stack:
        parts = stack.enter_context(desk_of_its_own(postgres, stack))

        outcome = imported(parts, beginning, helpdesk_map(duplicates="drop"))

        assert (outcome.rows, outcome.imported) == (1_000, 992)
        assert (outcome.repeated, outcome.dropped) == (twice, twice) == (8, 8)


def asked(helpdesk: Helpdesk, name: str, *days: str) -> Any:
    """What `yice report helpdesk-figures/NAME` prints for a script."""
    words = [f"helpdesk-figures/{name}", *days, "--json"]
    done = CliRunner().invoke(report_of_pack, words, obj=lambda: nullcontext(helpdesk.parts))
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


ALL = ("--from", "2010-01-01", "--to", "2014-02-01")


def total(report: Any) -> int:
    return int(report["measures"]["cases"]["value"])


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("opened", OPENED_BY_MONTH),
        ("closed", CLOSED_BY_MONTH),
    ],
)
def test_a_report_of_each_month_counts_its_tickets(
    helpdesk: Helpdesk, truth: dict[str, Any], name: str, of: str
) -> None:
    months = {month: total(asked(helpdesk, name, "--period", month)) for month in truth[of]}

    assert months == truth[of]


def test_a_report_says_who_did_how_much(helpdesk: Helpdesk, truth: dict[str, Any]) -> None:
    groups = asked(helpdesk, "steps", *ALL)["groups"]

    found = sorted((group["measures"]["steps"]["value"] for group in groups), reverse=True)
    twenty = truth["resources"]["events_by_resource_top20"].values()
    assert found[:20] == sorted(twenty, reverse=True)
    assert (len(found), sum(found)) == (truth["resources"]["distinct"], truth["n_events"])


def test_a_report_says_how_long_it_took(helpdesk: Helpdesk, truth: dict[str, Any]) -> None:
    """To the second, where figures are in hundredths of a minute."""
    measures = asked(helpdesk, "resolved", *ALL)["measures"]

    said = truth["lead_times"]["first_event_to_last_Resolve_seconds"]
    assert measures["cases"]["value"] == said["n"]
    assert measures["again"]["numerator"] == truth["reopened"]["C_cases_with_2plus_Resolve"]
    names = {"median": "median_linear", "p90": "p90_nearest_rank", "mean": "mean", "max": "max"}
    for name, theirs in names.items():
        assert float(measures[name]["value"]) * 60 == pytest.approx(said[theirs], abs=0.31)


@pytest.mark.parametrize("year", [2011, 2012, 2013])
def test_what_was_open_at_new_year_is_what_had_come_and_not_gone(
    helpdesk: Helpdesk, truth: dict[str, Any], year: int
) -> None:
    """At these instants no case stands between its first closing and its last."""
    then = AsOf(datetime(year, 1, 1, tzinfo=UTC), Clock.OCCURRED)

    counts = helpdesk.parts.tickets_then.counts(TicketFilter(procedure="helpdesk"), then).counts

    come, gone = (
        sum(cases for month, cases in truth[of].items() if month < f"{year}-01")
        for of in (OPENED_BY_MONTH, CLOSED_BY_MONTH)
    )
    assert counts["all"]["total"] == come
    assert counts["closed"]["false"] == come - gone
