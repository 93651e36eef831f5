"""Reports as their readers meet them: over HTTP, and at the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from infrastructure.wiring import Parts
from interface.report_cli import report_of_pack
from tests.interface.given import in_force
from tests.support.facts import NOON, SHANGHAI
from tests.support.http import APPROVER, Office, Person, id_in, opened
from tests.support.processes import yice

PACK: dict[str, Any] = {
    "pack": "visits",
    "version": 1,
    "title": "上门",
    "procedure": {
        "register": "visits",
        "initial": "registered",
        "final": ["closed"],
        "channels": ["phone", "mail"],
        "steps": {
            "visit": {
                "title": "上门",
                "to": "visited",
                "form": {
                    "score": {"title": "评分", "type": "integer"},
                    "region": {"title": "区", "type": "choice", "choices": ["北", "南"]},
                    "what": {"title": "情况", "sealed": True},
                },
            },
            "answer": {"title": "答复", "from": ["visited"], "to": "answered", "fact": "answered"},
            "close": {"title": "结案", "from": ["answered"], "to": "closed", "fact": "closed"},
        },
    },
    "lists": {"regions": ["东", "北"]},
    "reports": {
        "once": {
            "title": "一次办结率",
            "code": "R-99",
            "rule": "FR-10",
            "measures": {
                "tickets": {"count": True},
                "once": {"share": {"value": "count.visit", "is": 1}},
                "hours": {"median": "hours.opened.visit"},
            },
            "target": {"value": 65, "step_per_year": "0.5", "base_year": 2025, "measure": "once"},
            "trend": True,
        },
        "regions": {
            "title": "各区评分",
            "over": "visit",
            "by": ["form.region"],
            "codes": "regions",
            "measures": {"visits": {"count": True}, "score": {"mean": "form.score", "out_of": 5}},
        },
        "visited": {"title": "已上门", "period": "visit", "measures": {"n": {"count": True}}},
        "book": {
            "title": "台账",
            "period": "closed",
            "list": ["this.number", "this.channel", "count.visit", "visit.what"],
        },
    },
}

HOUR = timedelta(hours=1)
IN_NOVEMBER = "from=2026-11-01&to=2026-12-01"


@pytest.fixture
def tickets(office: Office, li_na: Person) -> list[str]:
    """Three in November, visited 1, 2 and 0 times, the first one closed; one in October."""
    in_force(office, PACK, "2020-01-01T00:00:00+08:00")
    october = opened_at(office, li_na, datetime(2026, 10, 31, 23, 59, tzinfo=SHANGHAI), "mail")
    november = datetime(2026, 11, 1, tzinfo=SHANGHAI)
    first, second, third = (
        opened_at(office, li_na, november + days * 24 * HOUR, channel)
        for days, channel in enumerate(("phone", "phone", "mail"))
    )
    visit(office, li_na, first, november + 2 * HOUR, score=5, region="北", what="门锁坏了")
    visit(office, li_na, second, november + 24 * HOUR + 1 * HOUR, score=2, region="南")
    visit(office, li_na, second, november + 48 * HOUR + 3 * HOUR, score=4, region="南")
    office.now = NOON
    assert li_na.post(f"{first}/answer", {"text": "好"}).status == 200
    assert li_na.post(f"{first}/closure").status == 200
    return [first, second, third, october]


def opened_at(office: Office, person: Person, at: datetime, channel: str) -> str:
    office.now = at
    return opened(person, procedure="visits", channel=channel)


def visit(office: Office, person: Person, ticket: str, at: datetime, **form: Any) -> None:
    office.now = at
    assert person.post(f"{ticket}/steps/visit", {"form": form}).status == 200


def ids(*tickets: str) -> list[str]:
    return [str(id_in(ticket)) for ticket in tickets]


def test_a_report_gives_the_figures_of_a_period_and_the_tickets_behind_them(
    li_na: Person, tickets: list[str]
):
    first, second, third, _ = tickets

    answer = li_na.get(f"/v1/reports/visits/once?{IN_NOVEMBER}")

    assert answer.status == 200
    definition = answer.body.pop("definition")
    assert definition["measures"]["hours"]["median"] == "hours.opened.visit"
    assert len(answer.body.pop("definition_sha256")) == 64
    assert answer.body.pop("position") > 0
    assert answer.body == {
        "pack": "visits",
        "version": 1,
        "report": "once",
        "title": "一次办结率",
        "code": "R-99",
        "rule": "FR-10",
        "as_of": None,
        "from": "2026-11-01",
        "to": "2026-12-01",
        "unit": None,
        "rows": 3,
        "measures": {
            "tickets": {"value": 3, "tickets": ids(first, second, third)},
            "once": {"value": "33.3", "numerator": 1, "denominator": 3, "tickets": ids(first)},
            "hours": {"value": "14.5", "tickets": ids(first, second)},
        },
        "groups": [],
        "list": [],
        "target": {"measure": "once", "required": "65.5", "met": False},
        "trend": {
            "tickets": {"before": 1, "difference": 2},
            "once": {"before": "0", "difference": "33.3"},
            "hours": {"before": None, "difference": None},
        },
    }


def test_a_report_over_a_word_counts_each_time_it_happened(li_na: Person, tickets: list[str]):
    first, second, *_ = tickets

    answer = li_na.get(f"/v1/reports/visits/regions?{IN_NOVEMBER}")

    groups = [(g["by"]["form.region"], g["measures"]) for g in answer.body["groups"]]
    assert groups == [
        ("东", {"visits": figure(0), "score": figure(None)}),
        ("北", {"visits": figure(1, first), "score": figure("100", first)}),
        ("南", {"visits": figure(2, second), "score": figure("60", second)}),
    ]
    whole = answer.body["measures"]
    assert whole == {"visits": figure(3, first, second), "score": figure("73.3", first, second)}


def figure(value: Any, *tickets: str) -> dict[str, Any]:
    return {"value": value, "tickets": ids(*tickets)}


def test_a_list_shows_the_tickets_of_the_period_and_nothing_that_is_sealed(
    li_na: Person, tickets: list[str]
):
    answer = li_na.get("/v1/reports/visits/book?from=2026-11-23&to=2026-11-24")

    assert answer.body["list"] == [
        {
            "this.number": "2026-0002",
            "this.channel": "phone",
            "count.visit": 1,
            "visit.what": None,
        }
    ]
    assert answer.body["measures"] == {}


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("from=2026-10-31&to=2026-11-01", 1),
        ("from=2026-11-01&to=2026-11-02", 1),
        ("from=2026-11-02&to=2026-11-03", 1),
        ("from=2026-10-31&to=2026-12-01", 4),
        ("from=2026-11-04&to=2026-12-01", 0),
        ("", 3),
        ("unit=main", 3),
        ("unit=north", 0),
    ],
)
def test_a_period_is_of_days_by_the_clock_of_the_desk_this_month_if_none_is_named(
    li_na: Person, tickets: list[str], question: str, number: int
):
    answer = li_na.get(f"/v1/reports/visits/once?{question}")

    assert answer.body["measures"]["tickets"]["value"] == number


@pytest.mark.parametrize(
    ("period", "number"),
    [
        ("from=2026-11-01&to=2026-11-02", 1),
        ("from=2026-11-02&to=2026-11-03", 0),
        ("from=2026-11-03&to=2026-11-04", 1),
        ("from=2026-11-01&to=2026-11-04", 2),
    ],
)
def test_of_what_happened_twice_the_last_time_counts(
    li_na: Person, tickets: list[str], period: str, number: int
):
    answer = li_na.get(f"/v1/reports/visits/visited?{period}")

    assert answer.body["measures"]["n"]["value"] == number


def test_in_december_this_month_ends_with_the_year(
    office: Office, li_na: Person, tickets: list[str]
):
    office.now = datetime(2026, 12, 31, 23, 30, tzinfo=SHANGHAI)

    answer = li_na.get("/v1/reports/visits/once")

    assert (answer.body["from"], answer.body["to"]) == ("2026-12-01", "2027-01-01")


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("no-such/once", (404, "not_found", "procedure")),
        ("visits/no-such", (404, "not_found", "report")),
        ("visits/once?from=2026-12-01&to=2026-12-01", (422, "invalid", "to")),
        ("visits/once?from=2026-12-02&to=2026-12-01", (422, "invalid", "to")),
        ("visits/once?from=2026-12", (422, "invalid", "from")),
        ("visits/once?to=2026-11-01T00:00:00", (422, "invalid", "to")),
        ("visits/once?from=0001-01-01", (422, "invalid", "from")),
        ("visits/once?to=9999-12-31", (422, "invalid", "to")),
        ("visits/once?since=2026-11-01", (422, "invalid", "since")),
    ],
)
def test_what_cannot_be_reported(
    li_na: Person, tickets: list[str], path: str, refusal: tuple[int, str, str]
):
    assert li_na.get(f"/v1/reports/{path}").refusal == refusal


def test_the_longest_period_is_no_fault_of_ours(li_na: Person, tickets: list[str]):
    answer = li_na.get("/v1/reports/visits/once?from=1901-01-01&to=2998-12-31")

    assert answer.status == 200
    assert answer.body["measures"]["tickets"]["value"] == 4


def test_the_reports_of_packs_in_force_are_listed_with_their_rules(
    office: Office, li_na: Person, tickets: list[str]
):
    listed = li_na.get("/v1/reports").body["items"]
    abolition = {"effective_from": NOON.isoformat(), "reason": "不再办理"}
    office.person(APPROVER).post("/v1/packs/visits/abolition", abolition)

    assert [(r["pack"], r["version"], r["report"], r["title"], r["rule"]) for r in listed] == [
        ("visits", 1, "once", "一次办结率", "FR-10"),
        ("visits", 1, "regions", "各区评分", None),
        ("visits", 1, "visited", "已上门", None),
        ("visits", 1, "book", "台账", None),
    ]
    assert li_na.get("/v1/reports").body["items"] == []


def test_a_report_is_asked_for_at_the_command_line(
    office: Office, tickets: list[str], tmp_path: Path
):
    stores = {
        "YICE_DATABASE_URL": office.parts.database.url,
        "YICE_KEYS_URL": office.parts.keys_database.url,
    }
    period = ("--from", "2026-11-01", "--to", "2026-12-01")

    @contextmanager
    def desk() -> Iterator[Parts]:
        yield office.parts

    def report(*words: str) -> Result:
        return CliRunner().invoke(report_of_pack, words, obj=desk)

    told = yice(tmp_path, "report", "visits/once", *period, "--json", **stores)
    shown = report("visits/regions", *period)
    refused = yice(tmp_path, "report", "visits/no-such", **stores)
    file = tmp_path / "once.html"
    by_code = ("--period", "2026-11", "--lineage", "--format", "html", "--out", str(file))
    written = report("R-99", *by_code)

    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout)["measures"]["once"]["value"] == "33.3"
    assert (shown.exit_code, shown.stderr) == (0, "")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["│", "南", "│", "2", "│", "60", "│"] in lines
    assert ["│", "合计", "│", "3", "│", "73.3", "│"] in lines
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "yice: not_found: visits has no report no-such\n"
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", "")
    assert "来源 lineage" in file.read_text("utf-8")
