"""The figures of the catalogue (II-5): each of them opens, and is the sum of what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from application.pack_review import without_day
from domain.pack_content import PackContent
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.shipped import shipped_packs
from infrastructure.wiring import Parts
from interface.report_cli import report_of_pack
from tests.rules.busy import PERIOD, a_month
from tests.rules.conftest import FULL
from tests.support.facts import LI_NA, NOON
from tests.support.files import cny, entered
from tests.support.http import INSPECTOR, Office, Person, id_in, open_office, opened
from tests.support.steps import done, of_the_house

NOT_YET = {f"R-{number}" for number in range(21, 27)}
"""Of quotations, returns, warranty, franchise and rebates: of systems that are to come."""


@pytest.fixture(scope="module")
def busy(postgres: EmbeddedPostgres, full_tokens: Any) -> Iterator[Office]:
    with open_office(postgres, full_tokens, FULL) as office:
        a_month(office)
        yield office


@pytest.fixture
def inspector(busy: Office) -> Person:
    busy.now = NOON
    return busy.person(INSPECTOR)


def number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal()


def adds_up(told: Any) -> bool:
    """Whether each count, share and sum is what the lines say that are in it."""
    counting = [row for row in told["lineage"] if row["counts"]]
    found = [told["rows"] == len(counting)]
    for name, measure in told["definition"]["measures"].items():
        figure = told["measures"][name]
        within = [row for row in counting if name not in row["left_out"]]
        if measure.get("count"):
            found.append(figure["value"] == len(within))
        if measure.get("share"):
            found.append(
                (figure["numerator"], figure["denominator"]) == (len(within), len(counting))
            )
        if path := measure.get("sum"):
            exact = sum((number(row["values"][path]) for row in within), Decimal())
            found.append(abs(number(figure["value"]) - exact) < Decimal("0.01"))
    return all(found)


def test_every_report_that_is_shipped_is_the_sum_of_its_lineage(inspector: Person):
    names = inspector.get("/v1/reports").body["items"]
    odd, looked_at, left_out = [], 0, 0

    for one in names:
        answer = inspector.look(
            f"/v1/reports/{one['pack']}/{one['report']}?period=2026&lineage=true"
        )
        assert answer.status == 200, (one, answer.body)
        looked_at += len(answer.body["lineage"])
        left_out += sum(row["why_not"] is not None for row in answer.body["lineage"])
        if not adds_up(answer.body):
            odd.append((one["pack"], one["report"]))
        assert all(row["events"] for row in answer.body["lineage"] if row["counts"]), one

    assert odd == []
    assert len(names) > 100
    assert min(looked_at, left_out) > 50


@pytest.mark.parametrize(
    ("format_", "begin"),
    [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("html", b"<!doctype html>")],
)
def test_every_figure_of_the_catalogue_is_written_as_a_file(
    inspector: Person, format_: str, begin: bytes
):
    names = [one for one in inspector.get("/v1/reports").body["items"] if one["code"]]

    for one in names:
        path = f"/v1/reports/{one['pack']}/{one['report']}?period=2026&lineage=true"
        _, content = inspector.download(f"{path}&format={format_}")
        assert content.startswith(begin), one

    assert len(names) > 40


def test_every_figure_whose_system_is_here_has_a_definition(inspector: Person):
    codes = {one["code"] for one in inspector.get("/v1/reports").body["items"]} - {None}

    assert codes == {f"R-{number:02}" for number in range(1, 36)} - NOT_YET


def test_every_figure_is_asked_for_by_its_code_with_its_lineage_at_the_command_line(busy: Office):
    @contextmanager
    def desk() -> Iterator[Parts]:
        yield busy.parts

    codes = sorted({f"R-{number:02}" for number in range(1, 36)} - NOT_YET)
    asked = ("--period", "2026", "--lineage")
    answers = {code: CliRunner().invoke(report_of_pack, (code, *asked), obj=desk) for code in codes}

    assert {code: answer.output for code, answer in answers.items() if answer.exit_code} == {}
    assert [code for code, answer in answers.items() if "origin" not in answer.output] == []
    assert sum("来源 lineage" in answer.output for answer in answers.values()) > 15


def test_whatever_the_calendar_brings_is_a_promise_of_time():
    packs = [PackContent.read(without_day(said)) for said in shipped_packs()]
    scheduled = [pack for pack in packs if pack.schedules]

    def promises(pack: PackContent) -> bool:
        words = {"opened"} | {c.records for c in pack.consequences if "opened" in c.upon}
        return any(rule.opens & words for rule in pack.obligations.values())

    assert [pack.pack for pack in scheduled if not promises(pack)] == []
    assert len(scheduled) > 25


def of_no_ticket(inspector: Person) -> list[str]:
    found = []
    for one in inspector.look("/v1/reports").body["items"]:
        path = f"/v1/reports/{one['pack']}/{one['report']}?{PERIOD}"
        over = inspector.look(path).body["definition"].get("over", "tickets")
        if over in ("clients", "ledger", "assessments", "numbers"):
            found.append(path)
    return found


def test_by_replay_they_are_what_the_tables_say(inspector: Person):
    paths = of_no_ticket(inspector)

    for path in paths:
        now = inspector.look(f"{path}&lineage=true").body
        then = inspector.look(f"{path}&lineage=true&clock=occurred&as_of={at(NOON)}").body
        for name in ("rows", "measures", "groups", "list", "lineage"):
            assert then[name] == now[name], (path, name)

    assert len(paths) > 10


def at(instant: Any) -> str:
    return quote(instant.isoformat())


def last_recorded(office: Office) -> str:
    [fact] = office.parts.register.facts(office.head() - 1, 1)
    return at(fact.recorded_at)


def told(person: Person, name: str, asked: str = "") -> Any:
    answer = person.get(f"/v1/reports/{name}?{PERIOD}&lineage=true{asked}")
    assert answer.status == 200, answer.body
    return answer.body


def test_the_scorecard_of_a_key_account_officer_opens_into_plan_and_actual(inspector: Person):
    report = told(inspector, "assessment-plan/key_account_officers")

    done_, open_ = [row for row in report["lineage"] if row["counts"]]
    others = [row for row in report["lineage"] if not row["counts"]]
    assert (report["code"], report["measures"]["score"]["value"]) == ("R-19", "82")
    assert report["measures"]["visits"]["value"] == "80"
    assert [e["word"] for e in done_["events"]] == ["opened", "plan-compared", "finalised"]
    assert done_["pack"] == "assessment-plan@1"
    assert [done_["values"][f"{what}.site"] for what in ("plan", "actual", "indicator")] == [
        *("10", "5", "50"),
    ]
    assert open_["left_out"] == {"score": "assessment.score: nothing there"}
    assert [row["why_not"] for row in others] == []


def test_who_does_not_look_on_sees_no_scores(busy: Office, inspector: Person):
    path = f"/v1/reports/assessment-plan/key_account_officers?{PERIOD}"

    refused = busy.person(LI_NA).get(path)

    assert refused.refusal == (403, "forbidden", None)
    assert refused.body["facts"]["permission"] == "assessment.read"


def test_nobody_reads_their_own_score_before_it_is_published(busy: Office, inspector: Person):
    subject = busy.hire("hr")
    assessor = busy.hire("assessor")
    body = {"scheme": "key_account_officer", "subject_id": str(subject.id), "period": "2026-10"}
    assert assessor.post("/v1/assessments", body).status == 201
    path = "/v1/reports/assessment-plan/key_account_officers?period=2026-10"

    assert (assessor.get(path).body["rows"], subject.get(path).body["rows"]) == (1, 0)


def test_the_income_of_an_account_manager_is_the_sum_of_three(busy: Office, inspector: Person):
    hr, staff = busy.hire("hr"), busy.hire("account_manager")
    ticket = of_the_house(hr, "am-income", staff=str(staff.id), month="2026-11")
    done(hr, ticket, "compute_income", base=4000, performance=1500, behaviour=300)

    report = told(inspector, "am-income/income")

    [group] = [g for g in report["groups"] if g["by"]["opened.staff"] == str(staff.id)]
    assert report["code"] == "R-20"
    assert {name: f["value"] for name, f in group["measures"].items()} == {
        **{"base": "4000", "performance": "1500", "behaviour": "300"},
        "income": "5800",
    }
    [line] = [row for row in report["lineage"] if row["ticket"] == str(id_in(ticket))]
    assert {event["word"] for event in line["events"]} >= {"compute_income"}


def test_registers_are_whole_and_say_what_is_void(busy: Office, inspector: Person):
    before = told(inspector, "registers/integrity")
    recorded = last_recorded(busy)
    void = opened(busy.person(LI_NA))
    busy.person(LI_NA).post(f"{void}/voiding", {"reason": "录错了"})

    after = told(inspector, "registers/integrity")
    then = told(inspector, "registers/integrity", f"&as_of={recorded}")
    voided = told(inspector, "registers/voided")

    def of(report: Any, status: str) -> int:
        by = {"number.register": "main/consultation/2026", "number.status": status}
        return sum(g["rows"] for g in report["groups"] if g["by"] == by)

    assert after["target"] == {"measure": "missing", "required": "0", "met": True, "is_most": True}
    assert of(after, "void") == of(before, "void") + 1
    assert then["groups"] == before["groups"]
    [line] = [row for row in voided["lineage"] if row["ticket"] == str(id_in(void))]
    assert [event["word"] for event in line["events"]] == ["numbered", "voided"]
    given = [row for row in voided["lineage"] if row["values"]["number.status"] == "given"]
    assert given[0]["why_not"].startswith('number.status is "given", asked for: ')


def test_copies_that_are_still_with_us_say_whose_they_are(inspector: Person):
    path = "/v1/reports/registers/undelivered?period=2026-Q4"
    report = inspector.get(path).body

    [row] = report["list"]
    assert (row["assessment.scheme"], row["assessment.undelivered"]) == (
        "staff",
        ["file", "manager"],
    )
    assert report["measures"]["records"]["value"] == 1


def test_how_matters_stood_at_an_instant_is_a_figure_too(busy: Office, inspector: Person):
    li_na = busy.person(LI_NA)
    ticket = opened(li_na)
    state, recorded = li_na.get(ticket).body["state"], last_recorded(busy)
    li_na.post(f"{ticket}/answer", {"text": "已办妥"})
    asked = "registers/as_it_stood"

    def stood(report: Any) -> str:
        [line] = [row for row in report["lineage"] if row["ticket"] == str(id_in(ticket))]
        return str(line["values"]["this.state"])

    now, then = told(inspector, asked), told(inspector, asked, f"&as_of={recorded}")

    assert now["code"] == "R-35"
    assert stood(then) == state != stood(now)


def test_a_client_is_counted_as_they_stood(busy: Office, inspector: Person):
    li_na, asked = busy.person(LI_NA), "client-records/sales_status"
    before, recorded = told(inspector, asked), last_recorded(busy)
    client = li_na.post("/v1/clients", {"name": "新客户"}).headers["Location"]
    entered(li_na, client, "purchase", goods="宽带", amount=cny(9_900))

    now = told(inspector, asked, f"&changed_since={recorded}")
    then = told(inspector, asked, f"&as_of={recorded}")

    assert (now["rows"], then["rows"]) == (before["rows"] + 1, before["rows"])
    assert then["measures"] == before["measures"]
    [changed] = now["changed"]["tickets"]
    assert (changed["ticket"], changed["before"]) == (str(id_in(client)), None)
    [line] = [row for row in now["lineage"] if row["ticket"] == str(id_in(client))]
    assert [event["word"] for event in line["events"]] == ["registered", "recorded"]


def test_a_client_whose_file_follows_another_since_was_counted_then(
    busy: Office, inspector: Person
):
    li_na, asked = busy.person(LI_NA), "client-records/sales_status"
    twins = [li_na.post("/v1/clients", {"name": "孪生"}).headers["Location"] for _ in range(2)]
    for twin in twins:
        entered(li_na, twin, "purchase", goods="宽带", amount=cny(100))
    recorded = last_recorded(busy)
    into = {"into_id": str(id_in(twins[0])), "reason": "同一客户"}
    assert li_na.post(f"{twins[1]}/merge", into).status == 200

    now, then = told(inspector, asked), told(inspector, asked, f"&as_of={recorded}")
    merged = told(inspector, asked, f"&as_of={last_recorded(busy)}")

    assert now["rows"] == merged["rows"] == then["rows"] - 1
    assert str(id_in(twins[1])) not in {row["ticket"] for row in now["lineage"]}


def test_codes_of_another_packs_list_are_shown_with_nothing_behind_them(inspector: Person):
    report = told(inspector, "volunteer-activity/by_kind")

    counted = {g["by"]["opened.kind"]: g["rows"] for g in report["groups"]}
    assert counted["environment"] > 0
    assert counted["blood_donation"] == 0


@pytest.mark.parametrize(
    ("report", "asked", "field"),
    [
        ("client-records/sales_status", "what_if=client-records@1", "what_if"),
        ("registers/integrity", "what_if=registers@1", "what_if"),
        ("client-records/sales_status", "unit=main", "unit"),
        ("discipline/penalty_ledger", "unit=main", "unit"),
        ("discipline/penalty_ledger", "what_if=discipline@9", "version"),
    ],
)
def test_what_cannot_be_asked_of_these_names_its_field(
    inspector: Person, report: str, asked: str, field: str
):
    assert inspector.get(f"/v1/reports/{report}?{asked}").refusal[2] == field
