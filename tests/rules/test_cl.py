"""客户档案: what is on a client's file, who answers for it, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.client import Client
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.support.complaints import COMPLAINT
from tests.support.facts import C1, LI_NA, WANG_FANG
from tests.support.files import FIRST, brought, client, cny, entered, entry
from tests.support.http import Office, Person, id_in, opened
from tests.support.steps import at, done, proposed, report, step

WU = {"name": "吴经理", "gender": "男", "birthday": "1980-02-29", "hobbies": "钓鱼"}
VISITOR = {"name": "钱某", "contact": "13800000000", "matter": "报装", "visit_date": "2026-11-23"}


def ticket_of(event: Any) -> str:
    return f"/v1/tickets/{event.originator_id}"


def status(person: Person, ticket: str, key: str) -> str:
    said: str = person.get(f"{ticket}/obligations/{key}").body["status"]
    return said


@pytest.mark.rule("CL-01")
def test_one_file_shows_everything_about_a_client(li_na: Person):
    li_na.post(f"{FIRST}/contact-points", {"kind": "phone", "value": "021-5555"})
    added = li_na.post(f"{FIRST}/contact-persons", {"person": WU | {"relationship_level": "信任"}})
    entered(li_na, FIRST, "interest", product="宽带")
    entered(li_na, FIRST, "evaluation", text="服务周到", score=5)
    entered(li_na, FIRST, "suggestion", text="延长营业时间")
    asked = COMPLAINT | {"kind": "grumble"}
    complaint = opened(li_na, procedure="complaint", channel="phone", form=asked)

    file = li_na.get(f"{FIRST}/file", {"Purpose": "care"}).body

    assert added.stored == [Client.ContactPersonAdded]
    assert file["identity"]["name"] == "王某"
    assert [point["value"] for point in file["contacts"]] == ["021-5555"]
    [person] = file["contact_persons"]
    assert person == {"person_id": "person-3", **WU, "relationship_level": "信任"}
    assert [row["form"]["product"] for row in file["interests"]] == ["宽带"]
    assert [row["form"] for row in file["evaluations"]] == [{"text": "服务周到", "score": 5}]
    assert [row["form"]["text"] for row in file["suggestions"]] == ["延长营业时间"]
    assert [row["ticket_id"] for row in file["complaints"]] == [str(id_in(complaint))]
    assert file["tickets"] == []


@pytest.mark.rule("CL-16")
def test_a_birthday_is_shown_on_the_page_and_among_changes_to_nobody_without_a_purpose(
    li_na: Person,
):
    li_na.post(f"{FIRST}/contact-persons", {"person": WU})

    without = li_na.get(f"{FIRST}/file")
    purposeful = li_na.get(f"{FIRST}/file", {"Purpose": "care"})
    changes = li_na.get(f"{FIRST}/changes").body["items"]

    assert without.body["contact_persons"][0]["birthday"] == "****"
    assert purposeful.body["contact_persons"][0]["birthday"] == WU["birthday"]
    assert list(purposeful.events[-1].fields) == ["details.birthday"]
    birthdays = [one["after"] for one in changes if one["field"].endswith(".birthday")]
    assert birthdays == ["****"]


@pytest.mark.rule("CL-01")
def test_a_contact_person_has_a_name_and_a_real_birthday(li_na: Person):
    persons = f"{FIRST}/contact-persons"

    nameless = li_na.post(persons, {"person": {"gender": "女"}})
    impossible = li_na.post(persons, {"person": WU | {"birthday": "1981-02-29"}})
    unknown = li_na.post(f"{persons}/person-9", {"person": {"hobbies": "下棋"}})

    assert nameless.refusal == (422, "invalid", "person.name")
    assert impossible.refusal == (422, "invalid", "person.birthday")
    assert unknown.refusal == (404, "not_found", "person_id")


@pytest.mark.rule("CL-02")
def test_a_change_shows_before_and_after_and_who(li_na: Person, wang_fang: Person):
    li_na.post(f"{FIRST}/details", {"details": {"place": "河东"}})
    li_na.post(f"{FIRST}/contact-persons", {"person": WU})
    changed = wang_fang.post(f"{FIRST}/details", {"details": {"place": "河西"}})
    wang_fang.post(f"{FIRST}/contact-persons/person-3", {"person": {"hobbies": "下棋"}})

    said = li_na.get(f"{FIRST}/changes").body["items"]

    assert changed.stored == [Client.DetailsChanged]
    last = [(c["field"], c["before"], c["after"], c["by"], c["is_new"]) for c in said[-2:]]
    assert last == [
        ("place", "河东", "河西", f"staff:{WANG_FANG}", False),
        ("person-3.hobbies", "钓鱼", "下棋", f"staff:{WANG_FANG}", False),
    ]


@pytest.mark.rule("CL-02")
def test_a_profile_that_nobody_touched_for_a_year_is_listed(office: Office, li_na: Person):
    touched = client(li_na)
    office.now += timedelta(days=200)
    li_na.post(f"{touched}/details", {"details": {"place": "河东"}})
    entered(li_na, FIRST, "interest", product="宽带")
    office.now += timedelta(days=166)

    listed = report(li_na, "client-records/stale_profiles")["list"]

    assert [row["client.id"] for row in listed] == [FIRST.rpartition("/")[2]]


@pytest.mark.rule("CL-03")
@pytest.mark.parametrize(("level", "days"), [("high", 1), ("low", 14)])
def test_the_urgent_are_called_back_soon(li_na: Person, level: str, days: int):
    prospect = client(li_na, "意向客户", kind="prospect")

    assessed = entered(li_na, prospect, "urgency", level=level)
    call_back = assessed.events[2]

    assert assessed.stored == [Client.Recorded, Ticket.Opened, Ticket.TimePromised]
    assert call_back.due_at.date() - assessed.events[0].timestamp.date() == timedelta(days=days + 1)
    assert (call_back.due_at.hour, call_back.responsible_id) == (0, LI_NA)


@pytest.mark.rule("CL-04")
def test_the_timeline_shows_orders_tickets_calls_and_visits_in_order(office: Office, li_na: Person):
    entered(li_na, FIRST, "purchase", goods="机顶盒", amount=cny(20_000), number="D-1")
    office.now += timedelta(hours=1)
    opened(li_na)
    office.now += timedelta(hours=1)
    entered(li_na, FIRST, "contact", channel="phone", about="安装满意吗")
    office.now += timedelta(hours=1)
    earlier = office.now - timedelta(hours=2, minutes=30)
    visit = {"form": {"staff": ["周某"]}, "occurred_at": earlier.isoformat()}
    li_na.post(f"{FIRST}/records/visit", visit)
    entered(li_na, FIRST, "need", goods="路由器", tell_when_available=True)
    entered(li_na, FIRST, "goods_available", goods="路由器")

    timeline = li_na.get(f"{FIRST}/file").body["timeline"]

    told = [row.get("kind") or row["procedure"] for row in timeline]
    assert told == ["purchase", "visit", "consultation", "contact", "need", "goods_available"]
    assert timeline == sorted(timeline, key=lambda row: datetime.fromisoformat(row["occurred_at"]))


@pytest.mark.rule("CL-05")
def test_a_record_without_contact_is_refused_and_takes_no_number(li_na: Person):
    record = {"channel": "walk_in", "matter": "来访", "procedure": "client-record", "form": VISITOR}
    numbers = [li_na.post("/v1/tickets", record).body["number"] for _ in range(42)]
    without = {name: said for name, said in VISITOR.items() if name != "contact"}

    refused = li_na.post("/v1/tickets", record | {"form": without})
    next_one = li_na.post("/v1/tickets", record)

    assert numbers[-2:] == ["2026-0041", "2026-0042"]
    assert refused.refusal == (422, "form_incomplete", "form.contact")
    assert next_one.body["number"] == "2026-0043"


@pytest.mark.rule("CL-06")
def test_whoever_is_appointed_to_complete_the_form_answers_for_it(
    office: Office, li_na: Person, wang_fang: Person, manager: Person
):
    record = opened(li_na, procedure="client-record", form=VISITOR)
    due = {"to": str(WANG_FANG), "due": "2026-11-23T17:00:00+08:00"}

    not_theirs = step(li_na, record, "appoint", **due)
    done(manager, record, "appoint", **due)
    not_appointed = step(li_na, record, "complete_form", outcome="已答复")
    office.now = at("2026-11-23T17:00:01")
    office.tick()
    missed = li_na.get(f"{record}/obligations/complete_form-1").body
    done(wang_fang, record, "complete_form", outcome="已答复")

    assert not_theirs.refusal[:2] == (403, "not_for_you")
    assert not_appointed.refusal[:2] == (403, "guard_forbids")
    assert (missed["status"], missed["responsible_id"]) == ("overdue", str(WANG_FANG))


@pytest.mark.rule("CL-07")
def test_what_is_known_of_a_client_has_somebody_who_attests_it(li_na: Person):
    note = {"category": "financial", "content": "现金流紧张", "source": "年报"}

    refused = entry(li_na, FIRST, "intelligence", **note)
    attested = entry(li_na, FIRST, "intelligence", **note, attested_by=str(WANG_FANG))

    assert refused.refusal == (422, "form_incomplete", "form.attested_by")
    assert attested.stored == [Client.Recorded]


@pytest.mark.rule("CL-08")
def test_a_risk_report_reaches_risk_control_and_stands_on_the_file(office: Office, li_na: Person):
    controller = office.hire("finance", unit="risk-control")
    signalled = entered(li_na, FIRST, "signal", signal="financial_risk", level="high")
    ticket = ticket_of(signalled.events[1])

    done(li_na, ticket, "submit_report", content="应收账款逾期", risk="high")
    queue = controller.get("/v1/desk/queue").body["items"]
    file = li_na.get(f"{FIRST}/file").body

    assert [row["ticket_id"] for row in queue] == [ticket.rpartition("/")[2]]
    assert [row["procedure"] for row in file["tickets"]] == ["client-report"]
    assert file["records"][0]["ticket_ids"] == [ticket.rpartition("/")[2]]


@pytest.mark.rule("CL-09")
def test_the_week_shows_exactly_what_was_added_in_it(office: Office, li_na: Person):
    clients = [client(li_na, f"老客户{i}") for i in range(4)]
    office.now = at("2026-11-24T10:00:00")
    for one in clients[:2]:
        li_na.post(f"{one}/details", {"details": {"place": "河东"}})
    new = client(li_na, "新客户")

    week = "since=2026-11-24T00:00:00%2B08:00&until=2026-11-28T00:00:00%2B08:00"
    changed = li_na.get(f"/v1/clients/changes?{week}").body["items"]

    ids = [one.rpartition("/")[2] for one in (*clients[:2], new)]
    assert [one["client_id"] for one in changed] == ids
    told = [[(c["field"], c["after"], c["is_new"]) for c in one["changes"]] for one in changed]
    assert told[:2] == [[("place", "河东", True)]] * 2
    assert told[2] == [("name", "新客户", True), ("kind", "company", True)]


@pytest.mark.rule("CL-09")
def test_the_week_is_handed_in_before_friday_closing(office: Office):
    sales = office.hire("sales")
    office.now = at("2026-11-30T00:10:00")
    brought(office)
    [task] = sales.get("/v1/tickets?procedure=client-weekly").body["items"]
    ticket = f"/v1/tickets/{task['ticket_id']}"

    due = sales.get(f"{ticket}/obligations/week_report-1").body["due_at"]
    handed_in = done(sales, ticket, "submit_week", to=["general_manager"], changed=3)

    assert datetime.fromisoformat(due) == at("2026-12-04T17:30:00")
    assert Ticket.TimeKept in handed_in.stored


@pytest.mark.rule("CL-10")
def test_a_sheet_that_is_not_complete_is_not_accepted_as_complete(li_na: Person, manager: Person):
    sheet = opened(li_na, procedure="new-client", channel="internal")
    full = {name: "某" for name in ("business", "scale", "address", "contact", "source")}

    part = done(li_na, sheet, "submit_sheet", **{n: v for n, v in full.items() if n != "scale"})
    refused = step(manager, sheet, "accept")
    whole = done(li_na, sheet, "submit_sheet", **full)
    accepted = step(manager, sheet, "accept")

    assert part.event.form["completeness"] == "80"
    assert refused.refusal == (409, "guard_refused", None)
    assert refused.body["rule"] == "CL-10"
    assert whole.event.form["completeness"] == "100"
    assert Ticket.Closed in accepted.stored


@pytest.mark.rule("CL-11")
def test_documents_of_a_delivery_are_late_after_twenty_minutes(office: Office, li_na: Person):
    office.now = at("2026-11-23T15:00:00")
    delivered = entered(li_na, FIRST, "delivery", order="D-7")
    ticket = ticket_of(delivered.events[1])
    office.now = at("2026-11-23T15:25:00")
    before = office.head()
    office.tick()
    [fine] = [e for e in office.events_after(before) if isinstance(e, Ticket.Followed)]

    handed_in = done(li_na, ticket, "hand_in", documents=["order", "delivery_note"])
    not_counted = report(li_na, "client-documents/not_counted")

    assert status(li_na, ticket, "documents-1") == "met_late"
    assert (fine.step, fine.rule) == ("fine_proposed", "CL-11")
    assert fine.form == {"holder": str(LI_NA), "order": "D-7"}
    [due] = proposed(office)
    assert (due["holder"], due["table_name"]) == (f"staff:{LI_NA}", "client_documents_late")
    assert due["amount"] == 5_000
    assert delivered.events[2].due_at == at("2026-11-23T15:20:00")
    follows = [event for event in handed_in.events if isinstance(event, Ticket.Followed)]
    assert follows[0].step == "performance_not_counted"
    assert not_counted["list"] == [{"form.order": "D-7", "form.person": str(LI_NA)}]


@pytest.mark.rule("CL-12")
def test_nobody_changes_a_card_that_another_keeps(
    office: Office, li_na: Person, wang_fang: Person, manager: Person
):
    kept = {"card_keeper": "escort.staff"}
    in_force(office, {"pack": "our-cards", "version": 1, "title": "客户卡", "values": kept})
    unkept = wang_fang.post(f"{FIRST}/details", {"details": {"place": "河东"}})
    entered(li_na, FIRST, "escort", staff=str(LI_NA))
    change = {"details": {"place": "河西"}}

    tried = wang_fang.post(f"{FIRST}/details", change, key="card-1")
    again = wang_fang.post(f"{FIRST}/details", change, key="card-1")
    person = wang_fang.post(f"{FIRST}/contact-persons", {"person": WU})
    by_keeper = li_na.post(f"{FIRST}/details", change)
    by_leader = manager.post(f"{FIRST}/details", {"details": {"place": "河南"}})

    assert unkept.stored == by_keeper.stored == by_leader.stored == [Client.DetailsChanged]
    assert (tried.status, tried.body["code"], tried.body["rule"]) == (
        403,
        "not_the_keeper",
        "CL-12",
    )
    flagged = tried.event
    assert (flagged.kind, flagged.staff) == ("client_card", f"staff:{WANG_FANG}")
    assert (again.status, again.stored) == (403, [])
    assert (person.status, person.stored) == (403, [Client.ViolationFlagged])
    assert li_na.get(FIRST).body["details"]["place"] == "河南"


@pytest.mark.rule("CL-13")
def test_what_was_tracked_goes_to_the_office_when_the_project_is_done(
    office: Office, li_na: Person
):
    kept = opened(
        li_na,
        procedure="client-material",
        channel="internal",
        form={"project": "小区改造", "material": ["contract", "tracking_record"]},
    )
    too_early = step(li_na, kept, "hand_to_office", received_by=str(WANG_FANG))
    done(li_na, kept, "project_done")
    office.now += timedelta(days=8)
    office.tick()

    assert too_early.refusal[:2] == (409, "step_not_possible")
    assert status(li_na, kept, "hand_to_office-1") == "overdue"


@pytest.mark.rule("CL-14")
def test_a_sale_stands_in_the_list_at_once(li_na: Person):
    entered(li_na, FIRST, "purchase", goods="机顶盒", amount=cny(20_000))
    sold = entered(li_na, FIRST, "purchase", goods="路由器", amount=cny(9_900))
    sale = sold.event

    status = report(li_na, "client-records/sales_status")

    [row] = status["list"]
    assert (row["purchase.goods"], row["ever.purchase"]) == ("路由器", 2)
    assert datetime.fromisoformat(row["last.purchase"]) == sale.timestamp
    assert status["measures"]["amount"]["value"] == "29900"


@pytest.mark.rule("CL-15")
def test_data_that_nobody_verified_in_time_are_listed(office: Office, li_na: Person):
    key, other = client(li_na, kind="key"), client(li_na, kind="key")
    client(li_na, kind="person")
    for one in (key, other):
        entered(li_na, one, "verification", method="visit")
    office.now += timedelta(days=150)
    entered(li_na, other, "verification", method="phone")
    office.now += timedelta(days=50)

    unverified = report(li_na, "client-records/unverified")["list"]

    assert [row["client.id"] for row in unverified] == [key.rpartition("/")[2]]


def test_nobody_records_what_no_pack_knows(li_na: Person):
    refused = entry(li_na, FIRST, "horoscope", sign="leo")

    assert refused.refusal == (404, "not_found", "kind")
    assert li_na.get("/v1/client-forms").body["records"].keys() >= {"interest", "signal"}


def test_a_file_that_follows_another_is_shown_with_it(office: Office, li_na: Person):
    twin = client(li_na)
    entered(li_na, twin, "interest", product="宽带")
    opened(li_na, client_id=twin.rpartition("/")[2])
    li_na.post(f"{twin}/merge", {"into_id": FIRST.rpartition("/")[2], "reason": "同一人"})

    file = li_na.get(f"{FIRST}/file").body

    assert [row["kind"] for row in file["interests"]] == ["interest"]
    assert len(file["tickets"]) == 1


@pytest.mark.rule("CL-01")
def test_points_money_consents_and_the_blacklist_stand_on_the_one_file_too(
    office: Office, li_na: Person
):
    manager, supervisor = office.hire("general_manager"), office.hire("cs_supervisor")
    newcomer = client(li_na).rpartition("/")[2]
    facts = {"new_client": newcomer}
    said = {"holder": f"client:{C1}", "facts": facts}
    assert li_na.post("/v1/ledger/entries", {"table": "client_referral", **said}).status == 201
    gift = {**said, "table": "referral_gift", "facts": facts | {"gift": "voucher"}}
    proposed = li_na.post("/v1/ledger/entries", gift)
    decision = {"amount": 20_000, "reason": "老顾客介绍"}
    path = f"/v1/ledger/entries/{proposed.body['id']}"
    assert manager.post(f"{path}/decision", decision).status == 200
    assert li_na.post(f"{FIRST}/consents", {"purpose": "marketing"}).status == 200
    listing = {"reason": "多次拒付", "evidence": ["催款函三份"]}
    assert supervisor.post(f"{FIRST}/blacklisting", listing).status == 200

    file = li_na.get(f"{FIRST}/file").body
    for_manager = manager.get(f"{FIRST}/file").body
    for_client = li_na.get(f"{FIRST}/file?for_client=true").body

    assert [(row["named"], row["amount"]) for row in file["points"]] == [(None, 10_000)]
    assert file["statements"] == []
    assert file["balances"] == [{"currency": "points", "amount": 10_000}]
    assert [row["amount"] for row in for_manager["statements"]] == [20_000]
    assert for_manager["balances"] == [
        {"currency": "CNY", "amount": 20_000},
        {"currency": "points", "amount": 10_000},
    ]
    assert [row["purpose"] for row in file["consents"]] == ["marketing"]
    assert file["identity"]["consents"] == ["marketing"]
    [listed] = file["blacklist"]
    assert (listed["what"], listed["reason"]) == ("blacklisting-proposed", "多次拒付")
    assert "evidence" not in listed
    assert len(for_client["points"]) == 1
    assert (for_client["blacklist"], for_client["statements"]) == ([], [])
    assert {row["section"] for row in file["timeline"]} >= {"points", "consents", "blacklist"}
    assert file.keys() >= {
        *("contacts", "needs", "purchases", "tickets", "call_backs", "satisfaction", "complaints"),
        *("tier_history", "manager_history", "entitlements"),
    }
