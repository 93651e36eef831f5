"""The ledger over HTTP: appeals, reversals, statements, and what is said twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner

from application.conduct import RecordMisconduct
from application.desk import Actor
from domain.aggregate import staff_ref
from domain.ledger import Entry, entry_id_of
from domain.staff import Staff
from infrastructure.wiring import Parts
from interface.ledger_cli import statement
from tests.rules.ledger import Judged
from tests.support.facts import LI_NA
from tests.support.http import Answer, Office, Person


def fined(judged: Judged) -> str:
    """The path of an entry of 50 yuan."""
    entry = judged.record("noise_in_hall")
    assert judged.decide(entry, sanction="fine", reason="录像属实").status == 200
    return f"/v1/ledger/entries/{entry}"


def appeal(person: Person, entry: str) -> Answer:
    return person.post(f"{entry}/appeal", {"reason": "当时不在展厅"})


def test_an_appeal_is_decided_by_a_third_person_and_taken_back_by_another_entry(judged: Judged):
    entry, director = fined(judged), judged.office.hire("director")
    upheld = {"verdict": "upheld", "reason": "排班表属实"}

    by_another = appeal(judged.colleague, entry)
    appealed = appeal(judged.s1, entry)
    meanwhile = judged.finance.post(f"{entry}/execution", {"mode": "cash"})
    by_decider = judged.manager.post(f"{entry}/appeal/decision", upheld)
    decided = director.post(f"{entry}/appeal/decision", upheld)

    assert by_another.refusal == (403, "not_your_entry", None)
    assert appealed.carried_out == [Entry.Appealed]
    assert meanwhile.refusal == (409, "appeal_open", None)
    assert by_decider.refusal == (403, "own_entry", None)
    assert decided.carried_out == [Entry.Reversed]
    statement = judged.statement()
    assert [(row["line"], row["amount"]) for row in statement["entries"]] == [
        (1, 5_000),
        (2, -5_000),
    ]
    assert statement["totals"] == [{"kind": "penalty", "currency": "CNY", "count": 2, "amount": 0}]
    assert statement["balance"][0]["amount"] == 0


def test_an_appeal_that_is_dismissed_changes_nothing(judged: Judged):
    entry, director = fined(judged), judged.office.hire("director")
    appeal(judged.s1, entry)

    unfounded = director.post(f"{entry}/appeal/decision", {"verdict": "dismissed"})
    director.post(f"{entry}/appeal/decision", {"verdict": "dismissed", "reason": "录像清楚"})

    assert unfounded.refusal == (422, "invalid", "reason")
    assert judged.total("penalty") == 5_000
    assert judged.statement()["balance"][0]["amount"] == -5_000
    assert judged.finance.post(f"{entry}/execution", {"mode": "cash"}).status == 200


def test_a_reversal_stands_in_the_month_in_which_it_was_made(judged: Judged):
    entry = fined(judged)
    judged.office.now = judged.office.now.replace(month=12, day=2)

    reversed_ = judged.manager.post(f"{entry}/reversal", {"reason": "认错了人"})
    again = judged.manager.post(f"{entry}/reversal", {"reason": "认错了人"})

    assert reversed_.carried_out == [Entry.Reversed]
    assert again.refusal == (409, "entry_state", None)
    assert [judged.total("penalty", month) for month in ("2026-11", "2026-12")] == [5_000, -5_000]
    assert judged.total("penalty", "2026-Q4") == 0
    assert judged.finance.post(f"{entry}/execution", {"mode": "cash"}).status == 409


def test_what_is_sent_again_is_put_on_record_once(judged: Judged):
    path, said = f"/v1/staff/{judged.s1.id}/misconduct", {"code": "late", "evidence": "打卡"}
    first = judged.colleague.post(path, said, key="late-1")

    again = judged.colleague.post(path, said, key="late-1")

    assert again.status == 201
    assert again.stored == []
    assert again.body["entry_ids"] == first.body["entry_ids"]
    assert len(judged.file()) == 1


def test_who_was_cut_off_between_the_file_and_the_proposal_sends_it_again(judged: Judged):
    s1, desk = judged.s1.id, judged.office.parts.desk
    command = RecordMisconduct(
        by=Actor(ref=staff_ref(LI_NA), roles=frozenset({"cs_officer"}), staff_id=LI_NA),
        command_id="cut-off",
        received_at=judged.office.now,
        staff_id=s1,
        code="late",
        evidence="打卡",
    )
    words: dict[str, Any] = {"code": "late", "grade": "general", "evidence": "打卡", "rule": None}
    misconduct_id = entry_id_of(staff_ref(LI_NA), "cut-off", s1)
    desk.change(
        Staff,
        s1,
        command,
        lambda staff, act: staff.record_misconduct(
            misconduct_id, **words, client_id=None, ticket_id=None, act=act
        ),
    )
    before = len(judged.file()), judged.proposed()

    again = judged.colleague.post(
        f"/v1/staff/{s1}/misconduct", {"code": "late", "evidence": "打卡"}, key="cut-off"
    )

    assert before == (1, [])
    assert again.stored == [Entry.Proposed]
    assert again.body["replayed"] is True
    assert len(judged.file()) == len(judged.proposed()) == 1


def test_a_fine_decided_under_one_edition_of_the_table_stays_as_it_was(judged: Judged):
    entry = judged.record("noise_in_hall")
    shown = judged.entry(entry)

    assert (shown["pack"], shown["pack_version"]) == ("discipline", 1)
    assert judged.decide(entry, sanction="fine", amount=5_001).refusal == (
        422,
        "amount_out_of_range",
        "amount",
    )


def test_what_is_payable_later_is_not_paid_before(judged: Judged):
    later = "2026-12-01T00:00:00+08:00"
    proposed = judged.propose("target_met", {"target": "零投诉"}, payable_from=later)
    entry = f"/v1/ledger/entries/{proposed.body['id']}"
    judged.decide(proposed.body["id"], amount=10_000)
    judged.finance.post(f"{entry}/confirmation")

    too_early = judged.finance.post(f"{entry}/execution", {"mode": "wage"})
    judged.office.now = judged.office.now.replace(month=12, day=1)

    assert too_early.refusal == (409, "not_payable_yet", None)
    assert judged.finance.post(f"{entry}/execution", {"mode": "in kind"}).status == 422
    assert judged.finance.post(f"{entry}/execution", {"mode": "wage"}).status == 200


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"table": "nothing"}, (404, "not_found", "table")),
        ({"holder": "staff:nobody"}, (422, "invalid", "holder")),
        ({"holder": "client:00000000-0000-4000-8000-000000000009"}, (422, "invalid", "holder")),
        ({"holder": "staff:00000000-0000-4000-8000-000000000009"}, (404, "not_found", "staff_id")),
        ({"table": "late", "facts": {}}, (422, "invalid", "table")),
        ({"facts": {}}, (422, "form_incomplete", "form.project")),
        ({"facts": {"project": "P", "amount": 1}}, (422, "invalid", "form.amount")),
    ],
)
def test_what_cannot_be_proposed(judged: Judged, said: dict[str, object], refusal: object):
    body = {"table": "project_bonus", "holder": f"staff:{judged.s1.id}", "facts": {"project": "P"}}

    assert judged.colleague.post("/v1/ledger/entries", body | said).refusal == refusal


def test_a_team_has_entries_too(judged: Judged):
    body = {"table": "target_met", "holder": f"staff:{judged.s1.id}", "facts": {"target": "T"}}
    of_team = judged.colleague.post("/v1/ledger/entries", body | {"holder": "team:store-1"})

    entry = of_team.body["id"]
    judged.decide(entry, amount=10_000, reason="全组达标")

    statement = judged.manager.get("/v1/ledger/team/store-1?period=2026").body
    assert statement["balance"] == [{"holder": "team:store-1", "currency": "CNY", "amount": 10_000}]
    assert statement["entries"][0]["ground"] == "全组达标"


def test_a_statement_is_printed_in_whole_units(judged: Judged):
    entry = fined(judged)
    judged.manager.post(f"{entry}/reversal", {"reason": "认错了人"})
    judged.fine("late")
    judged.office.catch_up()

    @contextmanager
    def opened() -> Iterator[Parts]:
        yield judged.office.parts

    words = [f"staff:{judged.s1.id}", "--period", "2026-11"]
    printed = CliRunner().invoke(statement, words, obj=opened)
    data = CliRunner().invoke(statement, [*words, "--json"], obj=opened)
    wrong = CliRunner().invoke(statement, [words[0], "--period", "November"], obj=opened)

    assert printed.output.endswith("penalty: 20.00 CNY, 3 entries\n")
    assert [line["amount"] for line in json.loads(data.output)["entries"]] == [
        "50.00",
        "-50.00",
        "20.00",
    ]
    assert wrong.exit_code == 1


def test_penalties_are_reported_by_person_code_and_state_and_only_to_who_may_see_them(
    office: Office,
):
    judged = Judged(office)
    judged.fine("private_matters_with_client")
    judged.fine("private_matters_with_client")
    judged.record("phone_off_in_field")
    path = "/v1/reports/discipline/penalty_ledger?period=2026-11"

    told = judged.manager.get(f"{path}&lineage=true").body
    refused = judged.colleague.get(path)
    then = judged.manager.get(f"{path}&as_of=2026-11-01T00:00:00Z")

    said = [(list(g["by"].values())[1:], g["measures"]["amount"]["value"]) for g in told["groups"]]
    assert said == [
        (["phone_off_in_field", "proposed"], "100"),
        (["private_matters_with_client", "decided"], "400"),
    ]
    assert (told["code"], told["measures"]["entries"]["value"]) == ("R-31", 3)
    assert {row["values"]["entry.holder"] for row in told["lineage"]} == {f"staff:{judged.s1.id}"}
    assert refused.refusal == (403, "forbidden", None)
    assert (then.status, then.body["rows"]) == (200, 0)
