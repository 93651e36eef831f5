"""Reports that explain themselves: where figures come from, what they were and might have been."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from tests.interface.given import in_force
from tests.support.facts import SHANGHAI
from tests.support.http import Office, Person, id_in, opened

START = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
PERIOD = "period=2026-11"


def pack(version: int, minutes: int) -> dict[str, Any]:
    return {
        "pack": "repairs",
        "version": version,
        "title": "报修",
        "procedure": {
            "initial": "registered",
            "final": ["closed"],
            "register": "repairs",
            "steps": {
                "visit": {
                    "title": "上门",
                    "from": ["registered"],
                    "form": {
                        "fault": {"title": "故障", "required": True},
                        "fee": {"title": "费用", "type": "integer"},
                    },
                },
                "close": {
                    "title": "办结",
                    "from": ["registered"],
                    "to": "closed",
                    "fact": "closed",
                },
            },
        },
        "obligations": {
            "visit_in_time": {
                "title": "上门时限",
                "rule": "SC-01",
                "opens": ["opened"],
                "limit": {"kind": "clock", "minutes": minutes},
                "met_by": {"any": ["visit"]},
            }
        },
        "reports": {
            "faults": {
                "title": "故障统计",
                "code": "R-06",
                "where": {"value": "visit.fault", "in": ["水", "电"]},
                "by": ["visit.fault"],
                "headings": {"visit.fault": "故障", "cases": "件数", "paid": "收费率"},
                "measures": {
                    "cases": {"count": True},
                    "paid": {"share": {"value": "visit.fee", "above": 0}},
                    "fees": {"sum": "visit.fee"},
                },
            },
            "on_time": {
                "title": "按时率",
                "over": "obligations",
                "by": ["obligation.name"],
                "measures": {"on_time": {"share": {"value": "obligation.status", "is": "met"}}},
            },
        },
    }


@pytest.fixture
def tickets(office: Office, li_na: Person) -> list[str]:
    """Visited after one, two and three hours: water for nothing, power for 30, =gas for 5."""
    in_force(office, pack(1, 90), "2020-01-01T00:00:00+08:00")
    found = []
    for hours, (fault, fee) in enumerate((("水", 0), ("电", 30), ("=gas", 5)), start=1):
        office.now = START
        found.append(opened(li_na, procedure="repairs"))
        visited(office, li_na, found[-1], START + hours * HOUR, fault, fee)
    return found


def visited(
    office: Office, person: Person, ticket: str, at: datetime, fault: str, fee: int
) -> dict[str, Any]:
    office.now = at
    answer = person.post(f"{ticket}/steps/visit", {"form": {"fault": fault, "fee": fee}})
    assert answer.status == 200
    return answer.body


def test_every_figure_opens_into_its_tickets_and_events_and_what_was_left_out_says_why(
    office: Office, li_na: Person, tickets: list[str]
):
    told = li_na.get(f"/v1/reports/repairs/faults?{PERIOD}&lineage=true").body

    water, power, gas = told["lineage"]
    assert told["measures"]["cases"]["value"] == 2
    assert [row["ticket"] for row in told["lineage"]] == [str(id_in(t)) for t in tickets]
    assert (water["counts"], water["why_not"], power["counts"]) == (True, None, True)
    assert gas["counts"] is False
    assert gas["why_not"].startswith('visit.fault is "=gas", asked for: ')
    assert water["left_out"] == {
        "paid": 'visit.fee is 0, asked for: {"value":"visit.fee","above":0.0}'
    }
    assert water["values"] == {"visit.fault": "水", "visit.fee": 0}
    assert (water["pack"], water["calendars"]) == ("repairs@1", ["always@1"])
    by_position = {fact.position: fact.event for fact in office.parts.register.facts(0, 10_000)}
    named = [(e["word"], by_position[e["position"]].TOPIC) for e in water["events"]]
    assert named == [("opened", "ticket.opened"), ("visit", "ticket.step-taken")]
    assert told["position"] == office.parts.register.head()
    assert len(told["definition_sha256"]) == 64


def test_a_report_printed_later_names_what_changed_since(
    office: Office, li_na: Person, tickets: list[str]
):
    before = li_na.get(tickets[0]).body["changed_at"]
    recorded = office.parts.register.facts(0, 10_000)[-1].recorded_at.isoformat()
    visited(office, li_na, tickets[0], START + 5 * HOUR, "电", 20)
    asked = f"/v1/reports/repairs/faults?{PERIOD}"

    then = li_na.get(f"{asked}&as_of={quote(recorded)}").body
    now = li_na.get(f"{asked}&changed_since={quote(recorded)}").body

    assert before is not None
    assert (then["measures"]["fees"]["value"], now["measures"]["fees"]["value"]) == ("30", "50")
    assert now["changed"]["measures"] == {
        "paid": {"before": "50", "now": "100"},
        "fees": {"before": "30", "now": "50"},
    }
    [changed] = now["changed"]["tickets"]
    assert changed["ticket"] == str(id_in(tickets[0]))
    assert changed["before"][0]["values"] == {"visit.fault": "水", "visit.fee": 0}
    assert changed["now"][0]["values"] == {"visit.fault": "电", "visit.fee": 20}


def test_by_replay_the_figures_are_those_of_the_tables(
    office: Office, li_na: Person, tickets: list[str]
):
    for report in ("faults", "on_time"):
        asked = f"/v1/reports/repairs/{report}?{PERIOD}"
        at = quote(office.parts.register.facts(0, 10_000)[-1].recorded_at.isoformat())
        live, replayed = li_na.get(asked).body, li_na.get(f"{asked}&as_of={at}").body
        for name in ("rows", "measures", "groups", "list"):
            assert live[name] == replayed[name]


def test_what_if_the_limit_had_been_another_is_arithmetic_and_writes_nothing(
    office: Office, li_na: Person, tickets: list[str]
):
    in_force(office, pack(2, 150), "2030-01-01T00:00:00+08:00")
    head = office.parts.register.head()

    told = li_na.get(f"/v1/reports/repairs/on_time?{PERIOD}&what_if=repairs@2").body

    assert told["actual"]["measures"]["on_time"]["value"] == "33.3"
    assert told["measures"]["on_time"]["value"] == "66.7"
    assert (told["what_if"]["pack"], told["what_if"]["version"]) == ("repairs", 2)
    assert "not a forecast" in told["what_if"]["says"]
    assert office.parts.register.head() == head


def test_under_the_pack_that_was_in_force_what_if_is_what_was(
    office: Office, li_na: Person, tickets: list[str]
):
    li_na.post(f"{tickets[0]}/suspension", {"blocked_by": "client", "reason": "等客户"})
    told = li_na.get(f"/v1/reports/repairs/on_time?{PERIOD}&what_if=repairs@1").body

    assert {name: told[name] for name in ("rows", "measures", "groups")} == told["actual"]


def test_what_if_sends_a_matter_nowhere_that_it_was_sent_to_already(office: Office, li_na: Person):
    content = pack(1, 90)
    signs = {"title": "签收", "rule": "FR-02", "opens": ["routed"], "met_by": {"any": ["visit"]}}
    content["obligations"] |= {"signs": signs | {"limit": {"kind": "clock", "hours": 2}}}
    content["routes"] = [{"upon": ["opened"], "to_unit": "field", "rule": "CH-37"}]
    in_force(office, content, "2020-01-01T00:00:00+08:00")
    office.now = START
    visited(office, li_na, opened(li_na, procedure="repairs"), START + HOUR, "水", 0)

    told = li_na.get(f"/v1/reports/repairs/on_time?{PERIOD}&what_if=repairs@1").body

    assert told["actual"]["rows"] == 2
    assert {name: told[name] for name in ("rows", "measures", "groups")} == told["actual"]


def test_a_workbook_has_numbers_and_formulas_under_chinese_headings(
    li_na: Person, tickets: list[str]
):
    _, content = li_na.download(f"/v1/reports/repairs/faults?{PERIOD}&format=xlsx&lineage=true")

    book = load_workbook(io.BytesIO(content))
    figures = book["故障统计"]
    rows = [[cell.value for cell in row] for row in figures.iter_rows()]
    assert rows[0] == ["故障", "件数", "收费率 分子", "收费率 分母", "收费率 %", "fees"]
    assert rows[1] == ["水", 1, 0, 1, '=IF(D2=0,"",ROUND(100*C2/D2,1))', 0]
    assert rows[3][:2] == ["合计", "=SUM(B2:B3)"]
    lineage = book["来源 lineage"]
    gas = [cell for row in lineage.iter_rows() for cell in row if cell.value == "=gas"]
    assert {cell.data_type for cell in gas} == {"s"}


def test_csv_is_numbers_and_no_text_becomes_a_formula(li_na: Person, tickets: list[str]):
    kind, content = li_na.download(f"/v1/reports/repairs/faults?{PERIOD}&format=csv")

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert kind == "text/csv; charset=utf-8"
    assert rows[0] == ["故障", "件数", "收费率 分子", "收费率 分母", "收费率", "fees"]
    assert rows[2] == ["电", "1", "1", "1", "100", "30"]


def test_the_page_has_a_chart_and_nothing_of_what_people_typed_is_markup(
    office: Office, li_na: Person, tickets: list[str]
):
    visited(office, li_na, tickets[2], START + 6 * HOUR, "<script>", 1)
    asked = f"/v1/reports/repairs/faults?{PERIOD}&format=html&lineage=true"
    page = li_na.download(asked)[1].decode()

    assert "<svg" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("period=2026-13", "period"),
        ("period=2026-W60", "period"),
        ("period=november", "period"),
        ("what_if=repairs", "what_if"),
        ("what_if=nothing@1", "procedure"),
        ("what_if=repairs@9", "version"),
        ("as_of=2026-11-01", "as_of"),
        ("format=pdf", "format"),
    ],
)
def test_what_cannot_be_asked_names_its_field(
    li_na: Person, tickets: list[str], asked: str, field: str
):
    answer = li_na.get(f"/v1/reports/repairs/on_time?{asked}")

    assert answer.status in (404, 422)
    assert answer.refusal[2] == field
