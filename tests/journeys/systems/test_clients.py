"""The lives of clients: on file, in a class, whose they are, blacklisted, cared for, sold to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.client import Client
from domain.ticket import Ticket
from tests.journeys.systems.looking import YEAR, behind, then
from tests.rules.ledger import Judged
from tests.support.files import approve, brought, client, cny, entered, entry, grade
from tests.support.http import Office, id_in, opened
from tests.support.steps import at, done, of_the_house, report, step


def matter_of(answer: Any) -> str:
    """The ticket that followed from an entry or a class."""
    [opened] = [event for event in answer.events if isinstance(event, Ticket.Opened)][:1]
    return f"/v1/tickets/{opened.originator_id}"


def test_cl_a_client_is_met_attested_warned_of_and_handed_to_the_office(office: Office) -> None:
    keeper, other = office.hire("cs_officer"), office.hire("staff")
    control, viewer = office.hire("finance", unit="risk-control"), office.hire("viewer")
    one = client(keeper, "溪口建材")
    keeper.post(f"{one}/contact-points", {"kind": "mobile", "value": "13900001111"})
    note = {"category": "financial", "content": "现金流紧张", "source": "年报"}

    unattested = entry(keeper, one, "intelligence", **note)
    entered(keeper, one, "intelligence", **note, attested_by=str(other.id))
    office.now += timedelta(hours=1)
    entered(keeper, one, "purchase", goods="水管", amount=cny(500_000), number="D-1")
    office.now += timedelta(hours=1)
    risk = matter_of(entered(keeper, one, "signal", signal="financial_risk", level="high"))
    before = office.now
    office.now += timedelta(hours=1)
    done(keeper, risk, "submit_report", content="应收逾期", risk="high")
    queued = [row["ticket_id"] for row in control.get("/v1/desk/queue").body["items"]]
    keeper.post(f"{one}/details", {"details": {"place": "河东"}})

    assert unattested.refusal == (422, "form_incomplete", "form.attested_by")
    assert str(id_in(risk)) in queued
    file = keeper.get(f"{one}/file").body
    told = [row.get("kind") or row["procedure"] for row in file["timeline"]]
    assert told == ["intelligence", "purchase", "signal", "client-report"]
    [masked] = viewer.get(one).body["contacts"].values()
    assert masked["value"] == "139****1111"
    was, now = then(keeper, one, before), keeper.get(one).body
    assert ("place" in was["details"], now["details"]["place"]) == (False, "河东")
    assert then(keeper, risk, before)["state"] != keeper.get(risk).body["state"]


def test_tr_a_class_is_reached_approved_acted_upon_and_lost_again(office: Office) -> None:
    sales, chief, cs = (office.hire(role) for role in ("sales", "general_manager", "cs_officer"))
    one = client(sales, "桥北电缆")

    proposed = grade(sales, one, "tier", income=cny(210_000_000))
    unasked = sales.post(f"{one}/gradings/tier/approval")
    granted = approve(chief, one, "tier")
    first = office.now
    assignment = matter_of(granted)
    too_high = step(chief, assignment, "assign", level="province", unit="main")
    assigned = done(chief, assignment, "assign", level="city", unit="city-1")
    urgent = opened(cs, client_id=str(id_in(one)))
    office.now += timedelta(days=20)
    done(chief, assignment, "settle")
    grade(sales, one, "tier", income=cny(150_000_000))
    approve(chief, one, "tier")

    assert proposed.stored == [Client.GradeProposed]
    assert unasked.refusal == (403, "forbidden", None)
    assert too_high.refusal == (403, "guard_forbids", "level")
    assert Ticket.StepTaken in assigned.stored
    assert cs.get(urgent).body["priority"] == 3
    grades = cs.get(f"{one}/grades").body
    history = [(row["former"], row["grade"]) for row in grades["history"]]
    assert history == [(None, "platinum"), ("platinum", "gold")]
    assert grades["entitlements"] == {"tier": {"priority": 4, "credit_days": 30}}
    assert then(cs, assignment, first)["state"] == "assigned"
    assert cs.get(assignment).body["state"] == "managed"
    listed = report(cs, "client-tiers/tier_list", YEAR)["list"]
    assert {"client.id": str(id_in(one)), "grade.tier": "gold"} in listed


def test_ka_a_key_account_is_planned_visited_written_to_and_reported_on(office: Office) -> None:
    keeper, chief = office.hire("key_account_manager"), office.hire("general_manager")
    officer, sales = office.hire("key_account_officer"), office.hire("sales")
    office.catch_up()
    one = client(sales, "柳溪化工")
    grade(sales, one, "tier", income=cny(600_000_000))
    approve(chief, one, "tier")
    cared = keeper.get(f"/v1/tickets?procedure=key-account&client_id={id_in(one)}").body["items"]
    [care] = [f"/v1/tickets/{row['ticket_id']}" for row in cared]
    plan = of_the_house(officer, "channel-plan", kind="channel_plan", period="2027", plan="两条")

    unapproved = step(officer, plan, "use_plan", action="走访")
    done(chief, plan, "approve_plan")
    done(officer, plan, "use_plan", action="走访")
    visits = [
        opened(officer, procedure="key-visit", channel="visit", form={"on": f"2026-12-0{day}"})
        for day in (1, 2)
    ]
    done(officer, visits[0], "visit", needs="增容")
    office.now += timedelta(days=20)
    done(keeper, care, "record_contact", about="季度用量")
    heard = office.now
    office.now += timedelta(days=31)
    office.tick()

    assert unapproved.refusal[:2] == (409, "step_not_possible")
    late = keeper.get(f"{care}/obligations/regular_contact-2").body
    assert (late["status"], late["breached_at"] is not None) == ("overdue", True)
    not_theirs = step(sales, care, "record_contact", about="代为联系")
    assert not_theirs.refusal == (409, "not_owner", None)
    assert then(chief, care, heard)["version"] < chief.get(care).body["version"]
    own = report(chief, "key-visit/completion", YEAR)["groups"]
    [mine] = [g for g in own if g["by"] == {"this.first_contact_id": str(officer.id)}]
    completion = mine["measures"]["completion"]
    assert (completion["value"], completion["numerator"]) == ("50", 1)
    assert set(map(str, map(id_in, visits))) <= set(behind(chief, "key-visit/completion"))


def test_ow_two_files_of_one_client_become_one_and_it_is_known_whose(office: Office) -> None:
    leader = office.hire("cs_supervisor")
    first, second = office.hire("sales"), office.hire("sales")
    older, newer = client(first, "顾家木业", "person"), client(second, "顾先生", "person")
    for path, number in ((older, "139 0000 2222"), (newer, "+86-13900002222")):
        first.post(f"{path}/contact-points", {"kind": "mobile", "value": number})
    given = leader.post(f"{older}/assignment", {"staff_id": str(first.id)})
    ticket = opened(second, client_id=str(id_in(newer)))
    office.catch_up()
    office.parts.duplicates.tick(office.now)
    before = office.now
    office.now += timedelta(hours=2)
    decision = {"verdict": "merge", "reason": "手机号相同"}
    where = f"{newer}/duplicates/{id_in(older)}/decision"

    by_seller = second.post(where, decision)
    merged = leader.post(where, decision)
    unexplained = leader.post(f"{older}/reassignment", {"staff_id": str(second.id)})
    moved = leader.post(f"{older}/reassignment", {"staff_id": str(second.id), "reason": "调岗"})
    own = leader.post(f"{older}/reassignment/approval")
    approved = office.hire("director").post(f"{older}/reassignment/approval")

    assert given.carried_out == [Client.Assigned]
    assert by_seller.refusal == (403, "forbidden", None)
    assert [type(event) for event in merged.events][-1] is Client.Merged
    assert unexplained.refusal == (422, "invalid", "reason")
    assert (moved.status, own.status, approved.status) == (200, 409, 200)
    assert first.get(f"{older}/ownership").body["manager_id"] == str(second.id)
    tickets = leader.get(f"/v1/tickets?client_id={id_in(older)}").body["items"]
    assert str(id_in(ticket)) in [row["ticket_id"] for row in tickets]
    assert then(leader, newer, before)["merged_into_id"] is None
    mine = second.get(f"/v1/portfolios/{second.id}").body["items"]
    assert str(id_in(older)) in [row["client_id"] for row in mine]


def test_bl_a_client_is_listed_by_two_looked_at_again_and_taken_off(office: Office) -> None:
    manager, director = office.hire("cs_supervisor"), office.hire("director")
    seller, elsewhere = office.hire("sales"), office.hire("sales", unit="store-7")
    one = client(seller, "拖欠户")
    listing = f"{one}/blacklisting"
    why = {"reason": "三次拒付", "evidence": ["催款函"], "scope": "orders"}

    alone = manager.post(listing, why)
    own = manager.post(f"{listing}/approval")
    unlisted = office.now
    office.now += timedelta(hours=1)
    review = {"review_at": "2026-12-01T00:00:00+08:00"}
    declined = director.post(f"{listing}/rejection", {"reason": "补充证据"})
    manager.post(listing, why | review)
    listed = director.post(f"{listing}/approval")
    blocked = seller.post(
        "/v1/tickets",
        {
            "client_id": str(id_in(one)),
            "channel": "visit",
            "matter": "购灯",
            "procedure": "sale",
            "form": {"item": "lamp"},
        },
    )
    complaint = opened(seller, client_id=str(id_in(one)), matter="来投诉")
    seen = [row["client_id"] for row in elsewhere.get("/v1/blacklist").body["items"]]
    office.now = at("2026-12-01T08:00:00")
    office.catch_up()
    office.parts.blacklist.tick(office.now)
    owed = director.get(f"/v1/obligations?responsible_id={director.id}").body["items"]
    lifted = director.post(f"{listing}/lifting", {"reason": "已付清"})

    assert alone.carried_out == [Client.BlacklistingProposed]
    assert own.refusal == (409, "own_blacklisting", None)
    assert declined.carried_out == [Client.BlacklistingRejected]
    assert listed.carried_out == [Client.Blacklisted]
    assert blocked.refusal == (409, "client_blacklisted", "client_id")
    assert complaint
    assert str(id_in(one)) in seen
    assert "review_blacklist" in [row["name"] for row in owed]
    assert lifted.status == 200
    assert then(manager, one, unlisted)["is_blacklisted"] is False
    assert then(manager, one, at("2026-11-25T00:00:00"))["is_blacklisted"] is True
    assert manager.get(one).body["is_blacklisted"] is False


def test_pr_what_is_known_of_a_person_is_shown_for_a_purpose_and_on_record(office: Office) -> None:
    officer, boss = office.hire("cs_officer"), office.hire("cs_supervisor")
    viewer, reviewer = office.hire("viewer"), office.hire("compliance_reviewer")
    one = client(officer, "章某", "person")
    officer.post(f"{one}/contact-points", {"kind": "mobile", "value": "13900003333"})
    officer.post(f"{one}/details", {"details": {"birthday": "1968-05-01"}})
    opened(officer, client_id=str(id_in(one)))

    [masked] = viewer.get(one).body["contacts"].values()
    [full] = officer.get(one).body["contacts"].values()
    purposeless = officer.get(f"{one}/fields/birthday")
    told = officer.get(f"{one}/fields/birthday", {"Purpose": "care"})
    both = {"purpose": "marketing", "client_ids": [str(id_in(one))], "reason": "新年活动"}
    export = officer.post("/v1/exports", both).headers["Location"]
    early = officer.get(f"{export}/clients")
    own = officer.post(f"{export}/approval")
    boss.post(f"{export}/approval")
    without = officer.get(f"{export}/clients").body
    office.now += timedelta(hours=1)
    officer.post(f"{one}/consents", {"purpose": "marketing"})
    taken = officer.get(f"{export}/clients").body

    assert (masked["value"], full["value"]) == ("139****3333", "13900003333")
    assert (purposeless.status, told.body["value"]) == (403, "1968-05-01")
    assert (early.status, own.status) == (403, 403)
    assert (without["items"], without["left_out"]) == ([], 1)
    assert [row["client_id"] for row in taken["items"]] == [str(id_in(one))]
    assert officer.get("/v1/audit/accesses").refusal == (403, "forbidden", None)
    log = reviewer.get(f"/v1/audit/accesses?client_id={id_in(one)}").body["items"]
    looks = [(row["fields"], row["purpose"], row["is_granted"]) for row in log]
    assert (["details.birthday"], None, False) in looks
    assert (["details.birthday"], "care", True) in looks


def test_cc_a_client_is_greeted_thanked_for_another_and_won_back(office: Office) -> None:
    judged = Judged(office)
    keeper = office.hire("cs_officer")
    old, new = client(keeper, "老主顾", "person"), client(keeper, "新主顾", "person")
    ill = matter_of(entered(keeper, old, "signal", signal="illness", remark="住院"))
    holder = {"holder": f"client:{id_in(old)}"}
    brought_by = {"new_client": str(id_in(new))}

    unearned = judged.propose("referral_gift", {**brought_by, "gift": "voucher"}, **holder)
    judged.propose("client_referral", brought_by, **holder)
    again = judged.propose("client_referral", brought_by, **holder)
    gift = judged.propose("referral_gift", {**brought_by, "gift": "voucher"}, **holder)
    judged.decide(gift.body["id"], amount=5_000)
    entered(keeper, old, "contact", channel="phone")
    silent_since = office.now
    grade(keeper, old, "membership", points=12_000)
    first = opened(keeper, client_id=str(id_in(old)))
    office.now += timedelta(days=1)
    done(keeper, ill, "deliver", how=["card"])
    office.now += timedelta(days=180)
    brought(office)

    assert unearned.refusal == (409, "nothing_to_follow", None)
    assert again.refusal == (409, "already_exists", "id")
    statement = judged.manager.get(f"/v1/ledger/client/{id_in(old)}?period=2026-11").body
    totals = {row["currency"]: row["amount"] for row in statement["totals"]}
    assert totals == {"points": 10_000, "CNY": 5_000}
    assert keeper.get(first).body["priority"] == 2
    rows = keeper.get(f"/v1/tickets?procedure=care&client_id={id_in(old)}").body["items"]
    won = [row for row in rows if row["matter"].startswith("挽回")]
    assert (len(won), str(id_in(ill)) in [row["ticket_id"] for row in rows]) == (1, True)
    assert (then(keeper, ill, silent_since)["is_closed"], keeper.get(ill).body["is_closed"]) == (
        False,
        True,
    )
    assert str(id_in(ill)) in behind(keeper, "care/delivered", YEAR)


def test_sl_an_opportunity_is_bid_for_won_delivered_and_handed_over(office: Office) -> None:
    seller, engineer = office.hire("sales"), office.hire("service_engineer")
    other = office.hire("staff")
    one = client(seller, "河西小区")
    form = {"project": "河西小区", "goal": "每月批量供货"}
    ticket = opened(
        seller, procedure="opportunity", channel="visit", form=form, client_id=str(id_in(one))
    )
    done(seller, ticket, "bid")

    early = step(seller, ticket, "implement")
    alone = step(seller, ticket, "joint_visit", seller=str(seller.id))
    both = {"seller": str(seller.id), "engineer": str(engineer.id)}
    done(seller, ticket, "joint_visit", **both)
    for theme in ("price", "price", "quality"):
        done(seller, ticket, "note_feedback", theme=theme, text="意见")
    in_bid = office.now
    office.now += timedelta(days=10)
    done(seller, ticket, "sign_contract", number="H-9", amount=cny(9_000_000))
    for name in ("implement", "accept_work"):
        done(seller, ticket, name)
    done(seller, ticket, "review_project", progress="按计划")
    unproven = step(seller, ticket, "close_project", goal_met=True)
    done(seller, ticket, "close_project", goal_met=True, evidence="供货单")
    handed = step(seller, ticket, "hand_to_routine")

    assert early.refusal[:2] == (409, "step_not_possible")
    assert alone.refusal == (422, "form_incomplete", "form.engineer")
    assert unproven.refusal == (422, "form_incomplete", "form.evidence")
    assert Ticket.Closed in handed.stored
    assert then(other, ticket, in_bid)["state"] != other.get(ticket).body["state"]
    themes = report(other, "opportunity/feedback_themes", YEAR)["groups"]
    counted = {g["by"]["form.theme"]: g["measures"]["items"]["value"] for g in themes}
    assert (counted["price"], counted["quality"]) == (2, 1)
    assert behind(other, "opportunity/feedback_themes") == [str(id_in(ticket))]
