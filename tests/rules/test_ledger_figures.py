"""Figures over the ledger: as they were at an instant, and under another edition of a table."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.interface.given import in_force
from tests.rules.ledger import Judged
from tests.support.facts import shipped_pack
from tests.support.http import INSPECTOR, Office

LATER = "2030-01-01T00:00:00+08:00"


def told(office: Office, asked: str = "", report: str = "discipline/penalty_ledger") -> Any:
    path = f"/v1/reports/{report}?period=2026-11&lineage=true{asked}"
    answer = office.person(INSPECTOR).get(path)
    assert answer.status == 200, answer.body
    return answer.body


def of(judged: Judged, report: Any) -> Any:
    """What it says of S1: by table and state, in yuan."""
    return {
        (g["by"]["entry.table_name"], g["by"]["entry.state"]): g["measures"]["amount"]["value"]
        for g in report["groups"]
        if g["by"]["entry.holder"] == f"staff:{judged.s1.id}"
    }


def lines(report: Any, entry_id: str) -> Any:
    return [row for row in report["lineage"] if row["ticket"] == entry_id]


def last_recorded(office: Office) -> str:
    [fact] = office.parts.register.facts(office.head() - 1, 1)
    return quote(fact.recorded_at.isoformat())


def test_what_was_decided_since_was_a_proposal_then(judged: Judged):
    entry = judged.record("noise_in_hall")
    recorded = last_recorded(judged.office)
    judged.decide(entry, sanction="fine")
    judged.manager.post(f"/v1/ledger/entries/{entry}/reversal", {"reason": "认错了人"})

    now = told(judged.office, f"&changed_since={recorded}")
    then = told(judged.office, f"&as_of={recorded}")

    assert of(judged, then) == {("noise_in_hall", "proposed"): "50"}
    assert of(judged, now) == {("noise_in_hall", "decided"): "0"}
    assert [row["values"]["entry.amount"] for row in lines(now, entry)] == ["50", "-50"]
    opened = (*lines(then, entry), *lines(now, entry))
    words = [[event["word"] for event in row["events"]] for row in opened]
    assert words == [["proposed"], *2 * [["proposed", "decided", "reversed"]]]
    assert lines(now, entry)[0]["pack"] == "discipline@1"
    [changed] = [one for one in now["changed"]["tickets"] if one["ticket"] == entry]
    assert [row["values"]["entry.state"] for row in changed["before"]] == ["proposed"]
    assert [row["values"]["entry.state"] for row in changed["now"]] == ["decided", "decided"]


def test_what_was_reversed_in_another_month_stands_in_that(judged: Judged):
    entry = judged.record("noise_in_hall")
    judged.decide(entry, sanction="fine")
    judged.office.now = judged.office.now.replace(month=12, day=2)
    judged.manager.post(f"/v1/ledger/entries/{entry}/reversal", {"reason": "认错了人"})

    then = told(judged.office, f"&as_of={last_recorded(judged.office)}")

    assert [row["values"]["entry.amount"] for row in lines(then, entry)] == ["50"]


def test_what_was_put_on_record_late_is_of_its_month_on_the_clock_of_who_tells(judged: Judged):
    recorded = last_recorded(judged.office)
    entry = judged.record("noise_in_hall", occurred_at="2026-11-20T10:00:00+08:00")

    known, true = (
        told(judged.office, f"&as_of={instant}&clock={clock}")
        for instant, clock in (
            (recorded, "recorded"),
            (quote("2026-11-21T00:00:00+08:00"), "occurred"),
        )
    )

    assert (lines(known, entry), len(lines(true, entry))) == ([], 1)


@pytest.fixture(scope="module")
def other_tables(house: Office) -> Office:
    """Drafted and not in force yet: 80 for noise in version 2, nothing for it in version 3, and
    what is refused where nobody was late in version 4."""
    pack = shipped_pack("discipline")
    noise, late = (pack["ledger"][name] for name in ("noise_in_hall", "late"))
    eighty = {**noise, "cases": [{"sanctions": ["fine"], "each": 80}]}
    guard = {"rule": "PN-11", "upon": ["proposed"], "says": "不罚", "refuse_when": {}}
    without = {name: said for name, said in pack["ledger"].items() if name != "noise_in_hall"}
    for version, tables in (
        (2, {**pack["ledger"], "noise_in_hall": eighty}),
        (3, without),
        (4, {**pack["ledger"], "noise_in_hall": {**noise, "guards": [guard]}, "late": late}),
    ):
        in_force(house, {**pack, "version": version, "ledger": tables}, LATER)
    return house


def fined(judged: Judged) -> tuple[str, str, str]:
    """Noise thrice: decided, reversed, and proposed only."""
    decided, reversed_, proposed = (judged.record("noise_in_hall") for _ in range(3))
    for entry in (decided, reversed_):
        judged.decide(entry, sanction="fine")
    judged.manager.post(f"/v1/ledger/entries/{reversed_}/reversal", {"reason": "认错了人"})
    return decided, reversed_, proposed


def test_under_another_table_the_same_facts_come_to_something_else(
    other_tables: Office, judged: Judged
):
    decided, reversed_, _ = fined(judged)
    head = judged.office.head()

    report = told(judged.office, "&what_if=discipline@2")

    assert of(judged, report["actual"]) == {
        ("noise_in_hall", "decided"): "50",
        ("noise_in_hall", "proposed"): "50",
    }
    assert of(judged, report) == {
        ("noise_in_hall", "decided"): "80",
        ("noise_in_hall", "proposed"): "80",
    }
    amounts = [row["values"]["entry.amount"] for row in lines(report, reversed_)]
    assert amounts == ["80", "-80"]
    assert lines(report, decided)[0]["pack"] == "discipline@2"
    assert "not a forecast" in report["what_if"]["says"]
    assert judged.office.head() == head
    assert judged.total("penalty") == 5_000


@pytest.mark.parametrize(("version", "why"), [(3, "no table noise_in_hall"), (4, "不罚")])
def test_what_the_other_edition_would_not_have_proposed_is_left_out_and_says_why(
    other_tables: Office, judged: Judged, version: int, why: str
):
    decided, _, _ = fined(judged)
    late = judged.record("late")

    report = told(judged.office, f"&what_if=discipline@{version}")

    [line] = lines(report, decided)
    assert (line["counts"], line["why_not"]) == (False, f"discipline@{version}: {why}")
    assert of(judged, report) == {("late", "proposed"): "20"}
    assert lines(report, late)[0]["counts"] is True


def test_another_table_is_asked_of_what_stood_at_an_instant(other_tables: Office, judged: Judged):
    entry = judged.record("noise_in_hall")
    recorded = last_recorded(judged.office)
    judged.decide(entry, sanction="fine")
    judged.record("late")

    report = told(judged.office, f"&what_if=discipline@2&as_of={recorded}")

    assert of(judged, report["actual"]) == {("noise_in_hall", "proposed"): "50"}
    assert of(judged, report) == {("noise_in_hall", "proposed"): "80"}


def test_under_the_edition_that_was_in_force_nothing_is_different(
    other_tables: Office, judged: Judged
):
    fined(judged)
    judged.decide(judged.record("absence", facts={"days": 2}), sanction="pay_deduction")
    judged.decide(judged.record("smoking_overuse", facts={"times_today": 8}), sanction="none")

    report = told(judged.office, "&what_if=discipline@1")

    assert {name: report[name] for name in ("rows", "measures", "groups")} == report["actual"]


def test_what_somebody_decided_in_a_range_stays_as_near_as_the_other_table_allows(judged: Judged):
    pack = shipped_pack("rewards")
    case = {"each": 30, "up_to": 60}
    for version, cases in ((2, [case]), (3, [{"each": 0, "up_to": 2_000}])):
        tables = {**pack["ledger"], "target_met": {**pack["ledger"]["target_met"], "cases": cases}}
        in_force(judged.office, {**pack, "version": version, "ledger": tables}, LATER)
    for target, amount in (("零投诉", 1_000), ("零差错", 5_000), ("零迟到", 9_000)):
        proposed = judged.propose("target_met", {"target": target})
        assert judged.decide(proposed.body["id"], amount=amount).status == 200

    def amounts(asked: str) -> list[str]:
        report = told(judged.office, asked, "rewards/rewards")
        mine = f"staff:{judged.s1.id}"
        return [r["entry.amount"] for r in report["list"] if r["entry.holder"] == mine]

    assert amounts("") == ["10", "50", "90"]
    assert amounts("&what_if=rewards@2") == ["30", "50", "60"]
    assert amounts("&what_if=rewards@3") == ["10", "50", "90"]
