"""客户归属: whose client it is, how they are shared out, and what follows when two claim one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.client import Client
from domain.rotation import Rotation
from domain.ticket import Ticket
from tests.interface.given import in_force
from tests.rules.assessing import assessor_of, published
from tests.support.facts import C1, LI_NA, WANG_FANG, shipped_pack
from tests.support.files import approve, cny, entered, grade
from tests.support.http import Answer, Office, Person, id_in
from tests.support.steps import proposed

ASSIGNED = f"/v1/clients/{C1}"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def on_file(person: Person, name: str = "某客户", *, phone: str | None = None, **more: Any) -> str:
    """A new client's path."""
    answer = person.post("/v1/clients", {"name": name, **more})
    assert answer.status == 201, answer.body
    path = answer.headers["Location"]
    if phone is not None:
        said = {"kind": "mobile", "value": phone}
        assert person.post(f"{path}/contact-points", said).status == 200
    return path


def given_to(manager: Person, client: str, staff_id: UUID) -> Answer:
    return manager.post(f"{client}/assignment", {"staff_id": str(staff_id)})


def owner(person: Person, client: str) -> Any:
    answer = person.get(f"{client}/ownership")
    assert answer.status == 200, answer.body
    return answer.body


def opened(person: Person, procedure: str, **form: Any) -> str:
    body = {"channel": "internal", "matter": procedure, "procedure": procedure, "form": form}
    answer = person.post("/v1/tickets", body)
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


def take(person: Person, ticket: str, step: str, /, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{step}", {"form": form})


def in_the_ledger(office: Office) -> list[tuple[str, str, int]]:
    """For whom the worker has proposed what by now, and how much: hundredths of yuan or days."""
    found = [(row["holder"], row["table_name"], row["amount"]) for row in proposed(office)]
    return sorted(found)


def theirs(person: Person, table: str, amount: int) -> tuple[str, str, int]:
    return (f"staff:{person.id}", table, amount)


def without(changed: dict[str, Any]) -> dict[str, Any]:
    """The shipped pack on ownership, with other terms, as the next version."""
    content = {k: v for k, v in shipped_pack("client-ownership").items() if k != "effective_from"}
    return content | {"version": 2, "ownership": content["ownership"] | changed}


@pytest.fixture
def sellers(office: Office) -> list[Person]:
    return [office.hire("sales") for _ in range(3)]


@pytest.fixture
def team(manager: Person, sellers: list[Person]) -> str:
    members = [str(seller.id) for seller in sellers]
    path = "/v1/rotations/展厅"
    assert manager.post(f"{path}/members", {"members": members}).carried_out == [Rotation.Formed]
    return path


@pytest.mark.rule("OW-01")
def test_six_outreach_clients_and_three_sellers_are_two_for_each(
    office: Office, manager: Person, sellers: list[Person], team: str
):
    clients = [on_file(manager, f"客户{n}") for n in range(6)]
    before = office.head()

    dealt = manager.post(f"{team}/deals", {"client_ids": [str(id_in(c)) for c in clients]})

    assert dealt.status == 200, dealt.body
    assigned = [e for e in office.events_after(before) if isinstance(e, Client.Assigned)]
    assert [e.staff_id for e in assigned].count(sellers[0].id) == 2
    assert {e.rule for e in assigned} == {"round-robin: 展厅"}
    for seller in sellers:
        mine = manager.get(f"/v1/portfolios/{seller.id}").body["items"]
        assert len(mine) == 2
    assert manager.get(team).body["next_id"] == str(sellers[0].id)


@pytest.mark.rule("OW-01")
def test_where_one_of_them_is_somebodys_already_none_is_dealt_out(
    office: Office, manager: Person, sellers: list[Person], team: str
):
    free, taken = on_file(manager), on_file(manager)
    given_to(manager, taken, sellers[2].id)

    answer = manager.post(f"{team}/deals", {"client_ids": [str(id_in(c)) for c in (free, taken)]})

    assert answer.refusal == (409, "already_assigned", None)
    assert owner(manager, free)["manager_id"] is None


@pytest.mark.rule("OW-01")
def test_only_who_leads_deals_clients_out(sellers: list[Person], team: str):
    answer = sellers[0].post(f"{team}/deals", {"client_ids": [str(C1)]})

    assert answer.refusal == (403, "forbidden", None)


@pytest.mark.rule("OW-02")
def test_a_walk_in_is_served_by_whose_turn_it_is(sellers: list[Person], team: str):
    s1, s2, s3 = sellers
    grabbed = s3.post(f"{team}/turns", {"client_id": str(C1)})
    assert grabbed.refusal == (409, "out_of_turn", None)
    assert grabbed.body["facts"] == {"next_id": str(s1.id)}

    served = s1.post(f"{team}/turns", {"client_id": str(C1)})

    assert [type(e) for e in served.events] == [Rotation.TurnTaken, Client.Assigned]
    assert owner(s1, ASSIGNED)["manager_id"] == str(s1.id)
    assert s2.get(team).body["next_id"] == str(s2.id)


@pytest.mark.rule("OW-02")
def test_a_turn_is_passed_with_a_reason_by_whose_it_is_or_who_leads(
    manager: Person, sellers: list[Person], team: str
):
    s1, s2, s3 = sellers
    unexplained = s1.post(f"{team}/passes")
    foreign = s3.post(f"{team}/passes", {"staff_id": str(s1.id), "reason": "不在"})
    own = s1.post(f"{team}/passes", {"reason": "正在接待"})
    led = manager.post(f"{team}/passes", {"staff_id": str(s2.id), "reason": "外出"})

    assert unexplained.refusal == (422, "invalid", "reason")
    assert foreign.refusal == (403, "forbidden", None)
    assert (own.carried_out, led.carried_out) == ([Rotation.TurnPassed], [Rotation.TurnPassed])
    assert s3.get(team).body["next_id"] == str(s3.id)


@pytest.mark.rule("OW-02")
@pytest.mark.parametrize(
    ("severity", "pay", "amount"),
    [
        ("minor", {"daily_base": 15000}, 15000),
        ("serious", {"monthly_base": 300000, "bonus": 100000}, 350000),
    ],
)
def test_a_confirmed_grab_costs_base_pay(
    office: Office, sellers: list[Person], severity: str, pay: dict[str, int], amount: int
):
    s1, _, s3 = sellers
    leader = office.hire("sales_manager")
    matter = opened(s1, "client-conduct", kind="grab_client", staff=str(s3.id), account="抢客")
    own = take(s3, matter, "confirm", severity=severity, **pay)

    answer = take(leader, matter, "confirm", severity=severity, **pay)

    assert own.refusal[0] == 403
    assert answer.status == 200, answer.body
    assert in_the_ledger(office) == [theirs(s3, "grab_client", amount)]


@pytest.mark.rule("OW-02")
def test_who_neglects_a_client_loses_the_pay_of_the_day(office: Office, sellers: list[Person]):
    s1, _, s3 = sellers
    matter = opened(s1, "client-conduct", kind="neglect_client", staff=str(s3.id), account="怠慢")

    take(office.hire("sales_manager"), matter, "confirm", severity="minor", daily_base=15000)

    assert in_the_ledger(office) == [theirs(s3, "neglect_client", 15000)]


def duplicates(office: Office) -> int:
    office.catch_up()
    return office.parts.duplicates.tick(office.now)


def decided(manager: Person, newer: str, older: str, verdict: str = "merge") -> Answer:
    path = f"{newer}/duplicates/{id_in(older)}/decision"
    return manager.post(path, {"verdict": verdict, "reason": "核对过"})


@pytest.mark.rule("OW-03")
def test_a_phone_that_is_on_file_already_is_found_and_a_manager_decides(
    office: Office, manager: Person, wang_fang: Person, li_na: Person
):
    older = on_file(li_na, "吴桂兰", phone="138 0013 8000")
    given_to(manager, older, LI_NA)
    newer = on_file(wang_fang, "吴女士", phone="+86-13800138000")
    before = office.head()

    duplicates(office)

    [found] = office.events_after(before)
    assert isinstance(found, Client.DuplicateDetected)
    assert (found.originator_id, found.other_id) == (id_in(newer), id_in(older))
    assert (found.alike, found.owner_id, found.manager_id) == (["phone"], LI_NA, manager.id)
    [waiting] = manager.get("/v1/duplicates").body["items"]
    assert waiting["client_id"] == str(id_in(newer))

    answer = decided(manager, newer, older)

    assert [type(e) for e in answer.events] == [Client.DuplicateDecided, Client.Merged]
    assert (answer.events[0].owner_id, answer.events[0].rule) == (LI_NA, "OW-03")
    assert manager.get("/v1/duplicates").body["items"] == []
    assert owner(manager, older)["manager_id"] == str(LI_NA)


@pytest.mark.rule("OW-03")
def test_whose_client_it_is_does_not_decide_on_that(
    office: Office, manager: Person, wang_fang: Person
):
    leader = office.hire("cs_supervisor")
    older = on_file(leader, phone="13800138000")
    given_to(manager, older, leader.id)
    newer = on_file(wang_fang, phone="13800138000")
    duplicates(office)

    assert decided(leader, newer, older).refusal == (409, "own_duplicate", None)
    assert decided(wang_fang, newer, older).refusal == (403, "forbidden", None)
    assert decided(manager, older, newer).refusal == (409, "no_duplicate", "other_id")


@pytest.mark.rule("OW-03")
def test_what_was_dismissed_is_not_found_again(office: Office, manager: Person, li_na: Person):
    older, newer = on_file(li_na, phone="010-55501990"), on_file(li_na, phone="01055501990")
    duplicates(office)
    dismissed = decided(manager, newer, older, "dismiss")
    li_na.post(f"{newer}/details", {"details": {"name": "另一人"}})
    before = office.head()

    duplicates(office)

    assert dismissed.carried_out == [Client.DuplicateDecided]
    assert office.head() == before
    assert manager.get(newer).body["merged_into_id"] is None


@pytest.mark.rule("OW-03")
def test_the_same_name_at_the_same_address_is_found_and_a_name_alone_is_not(
    office: Office, li_na: Person
):
    older, newer, other = (on_file(li_na, "吴桂兰") for _ in range(3))
    for client, address in (
        (older, "东街3号楼 2-501"),
        (newer, "东街３号楼2-501"),
        (other, "西街"),
    ):
        li_na.post(f"{client}/contact-points", {"kind": "address", "value": address})
    before = office.head()

    duplicates(office)

    [found] = office.events_after(before)
    assert (found.originator_id, found.alike) == (id_in(newer), ["name-and-address"])


@pytest.mark.rule("OW-03")
def test_tickets_follow_a_merge_and_come_back_with_an_unmerge(
    office: Office, manager: Person, li_na: Person
):
    older, newer = on_file(li_na, phone="13800138000"), on_file(li_na, phone="13800138000")
    said = {"channel": "walk_in", "matter": "咨询", "procedure": "consultation"}
    ticket = li_na.post("/v1/tickets", said | {"client_id": str(id_in(newer))}).headers["Location"]
    duplicates(office)

    decided(manager, newer, older)
    merged = li_na.get(f"/v1/tickets?client_id={id_in(older)}").body["items"]
    manager.post(f"{newer}/unmerge", {"reason": "是两个人"})
    parted = li_na.get(f"/v1/tickets?client_id={id_in(older)}").body["items"]

    assert [row["ticket_id"] for row in merged] == [str(id_in(ticket))]
    assert parted == []


@pytest.mark.rule("OW-03")
def test_who_disputes_before_a_client_is_proposed_for_dismissal_both_of_them(
    office: Office, manager: Person, sellers: list[Person]
):
    s1, s2, _ = sellers
    matter = opened(
        manager,
        "client-conduct",
        kind="dispute_in_front_of_client",
        staff=str(s1.id),
        other_staff=str(s2.id),
        account="当面争执",
    )

    take(manager, matter, "confirm", severity="serious")

    entries = proposed(office)
    assert {row["holder"] for row in entries} == {f"staff:{s1.id}", f"staff:{s2.id}"}
    assert {row["table_name"] for row in entries} == {"dispute_in_front_of_client"}
    shown = [manager.get(f"/v1/ledger/entries/{row['entry_id']}").body for row in entries]
    assert [(e["sanctions"], e["amount"]) for e in shown] == [(["dismissal"], 0)] * 2


def called_back(office: Office, person: Person, client: str, *, in_time: bool) -> None:
    """A call-back of that client was due on the 24th, and was made, or was not."""
    answer = person.post(
        "/v1/tickets",
        {
            "client_id": str(id_in(client)),
            "channel": "internal",
            "matter": "回访",
            "procedure": "callback",
            "form": {"occasion": "after_service", "due_on": "2026-11-24"},
        },
    )
    ticket = answer.headers["Location"]
    if in_time:
        made = take(person, ticket, "call", channel="phone", result="满意", satisfied=True)
        assert made.status == 200, made.body
    office.now = at("2026-11-25T09:00:00")
    office.tick()


@pytest.mark.rule("OW-04")
@pytest.mark.parametrize("in_time", [False, True])
def test_who_missed_the_call_back_loses_the_client_and_twenty_yuan(
    office: Office, manager: Person, sellers: list[Person], in_time: bool
):
    s1, s2, _ = sellers
    older = on_file(s1, phone="13800138000")
    given_to(manager, older, s1.id)
    called_back(office, s1, older, in_time=in_time)
    newer = on_file(s2, phone="13800138000")
    duplicates(office)

    assert decided(manager, newer, older).status == 200

    keeps, fined = owner(manager, older)["manager_id"], in_the_ledger(office)
    if in_time:
        assert (keeps, fined) == (str(s1.id), [])
    else:
        assert (keeps, fined) == (str(s2.id), [theirs(s1, "duplicate_card", 2000)])


@pytest.mark.rule("OW-04")
def test_the_same_decision_said_again_is_carried_out_once(
    office: Office, manager: Person, sellers: list[Person]
):
    s1, s2, _ = sellers
    older = on_file(s1, phone="13800138000")
    given_to(manager, older, s1.id)
    called_back(office, s1, older, in_time=False)
    newer = on_file(s2, phone="13800138000")
    duplicates(office)
    path = f"{newer}/duplicates/{id_in(older)}/decision"
    said = {"verdict": "merge", "reason": "核对过"}
    first = manager.post(path, said, key="d-1")

    again = manager.post(path, said, key="d-1")

    assert again.replayed == first.body
    assert in_the_ledger(office) == [theirs(s1, "duplicate_card", 2000)]


@pytest.mark.rule("OW-01")
def test_who_came_back_to_the_pool_is_dealt_out_again(
    manager: Person, sellers: list[Person], team: str
):
    said = {"client_ids": [str(C1)]}
    manager.post(f"{team}/deals", said)
    manager.post(f"{ASSIGNED}/release", {"reason": "退回公共池"})

    manager.post(f"{team}/deals", said)

    assert owner(manager, ASSIGNED)["manager_id"] == str(sellers[1].id)


def followed_up(person: Person, *channels: str) -> list[Answer]:
    return [person.post(f"{ASSIGNED}/follow-ups", {"channel": channel}) for channel in channels]


@pytest.mark.rule("OW-05")
def test_three_text_messages_in_a_row_void_the_card(manager: Person, wang_fang: Person):
    given_to(manager, ASSIGNED, WANG_FANG)
    followed_up(wang_fang, "sms", "sms", "call", "sms")
    assert owner(manager, ASSIGNED)["manager_id"] == str(WANG_FANG)

    *_, third = followed_up(wang_fang, "sms", "sms")

    assert third.carried_out == [Client.FollowedUp, Client.OwnershipVoided]
    assert (third.events[1].staff_id, third.events[1].rule) == (WANG_FANG, "OW-05")
    pool = manager.get("/v1/portfolios/pool").body["items"]
    assert str(C1) in [row["client_id"] for row in pool]
    [ended] = owner(manager, ASSIGNED)["managers"]
    assert (ended["staff_id"], ended["why"]) == (str(WANG_FANG), "OW-05")


@pytest.mark.rule("OW-05")
def test_what_the_manager_enters_on_the_file_is_a_follow_up_too(
    manager: Person, wang_fang: Person, li_na: Person
):
    given_to(manager, ASSIGNED, WANG_FANG)
    for channel in ("sms", "sms"):
        entered(wang_fang, ASSIGNED, "contact", channel=channel)
    visited = entered(wang_fang, ASSIGNED, "visit", staff=[str(WANG_FANG)])
    by_other = entered(li_na, ASSIGNED, "contact", channel="sms")
    entered(wang_fang, ASSIGNED, "contact", channel="sms")
    followed_up(wang_fang, "sms")
    assert owner(manager, ASSIGNED)["manager_id"] == str(WANG_FANG)

    third = entered(wang_fang, ASSIGNED, "contact", channel="sms")

    assert visited.carried_out == [Client.Recorded, Client.FollowedUp]
    assert (visited.events[1].channel, visited.events[1].by_manager) == ("visit", True)
    assert by_other.carried_out == [Client.Recorded]
    assert third.carried_out == [Client.Recorded, Client.FollowedUp, Client.OwnershipVoided]
    assert owner(manager, ASSIGNED)["manager_id"] is None


@pytest.mark.rule("OW-05")
def test_what_colleagues_send_voids_nothing(manager: Person, wang_fang: Person, li_na: Person):
    given_to(manager, ASSIGNED, WANG_FANG)

    followed_up(li_na, "sms", "sms", "sms")

    assert owner(manager, ASSIGNED)["manager_id"] == str(WANG_FANG)


def joint_event(coordinator: Person, head: Person, **otherwise: Any) -> str:
    said = {"event": "秋季团购会", "event_on": "2026-11-29", "session": "evening"}
    said |= {"department": "dept_1", "head": str(head.id)}
    return opened(coordinator, "joint-event", **said | otherwise)


@pytest.mark.rule("OW-06")
@pytest.mark.parametrize(
    ("session", "in_time", "late"), [("evening", "16:00", "16:05"), ("afternoon", "10:00", "10:01")]
)
def test_the_list_is_in_the_box_before_the_event(
    office: Office, session: str, in_time: str, late: str
):
    head, coordinator = office.hire("department_head"), office.hire("coordinator_assistant")
    office.now = at("2026-11-29T08:00:00")
    kept = joint_event(coordinator, head, session=session)
    missed = joint_event(coordinator, head, session=session, department="dept_2")
    office.now = at(f"2026-11-29T{in_time}:00")
    take(head, kept, "submit_list", count=12)

    office.now = at(f"2026-11-29T{late}:00")
    before = office.head()
    office.tick()
    take(head, missed, "submit_list", count=9)

    [breach] = [e for e in office.events_after(before) if isinstance(e, Ticket.TimeBreached)]
    assert (breach.originator_id, breach.key) == (id_in(missed), "submit_lists-1")
    known = head.get(f"{missed}/obligations/submit_lists-1").body
    assert (known["responsible_id"], known["rule"]) == (str(head.id), "OW-06")


@pytest.mark.rule("OW-07")
@pytest.mark.parametrize(("time", "day"), [("17:59", "2026-11-23"), ("18:01", "2026-11-24")])
def test_whoever_is_invited_after_six_counts_for_the_next_day(office: Office, time: str, day: str):
    head, coordinator = office.hire("department_head"), office.hire("coordinator_assistant")
    ticket = joint_event(coordinator, head)
    office.now = at(f"2026-11-23T{time}:00")

    answer = take(head, ticket, "invite", client=str(C1))

    assert answer.events[0].form["business_date"] == day


@pytest.mark.rule("OW-07")
def test_a_client_whom_both_departments_invite_is_a_conflict(office: Office):
    one, two = office.hire("department_head"), office.hire("department_head")
    coordinator = office.hire("coordinator_assistant")
    first = joint_event(coordinator, one)
    second = joint_event(coordinator, two, department="dept_2")
    other = opened(
        coordinator,
        "joint-event",
        event="另一场",
        event_on="2026-11-30",
        session="evening",
        department="dept_2",
        head=str(two.id),
    )
    take(one, first, "invite", client=str(C1))
    office.catch_up()

    conflict = take(two, second, "invite", client=str(C1))
    elsewhere = take(two, other, "invite", client=str(C1))

    [found] = [e for e in conflict.events if isinstance(e, Ticket.Followed)]
    assert (found.step, found.form["client"]) == ("invitation_conflict", str(C1))
    assert Ticket.Followed not in elsewhere.carried_out


@pytest.mark.rule("OW-07")
def test_the_coordinator_checks_that_night_and_returns_the_lists_in_the_morning(office: Office):
    head, coordinator = office.hire("department_head"), office.hire("coordinator_assistant")
    ticket = joint_event(coordinator, head)
    early = take(coordinator, ticket, "return_lists")
    take(head, ticket, "submit_sheet", count=3)
    foreign = take(office.hire("staff"), ticket, "check_duplicates")

    checked = take(coordinator, ticket, "check_duplicates")
    returned = take(coordinator, ticket, "return_lists")

    assert early.refusal[:2] == (409, "step_not_possible")
    assert foreign.refusal[:2] == (403, "not_for_you")
    assert (checked.status, returned.status) == (200, 200)
    statuses = {
        name: coordinator.get(f"{ticket}/obligations/{name}-1").body["status"]
        for name in ("duplicate_check", "lists_returned")
    }
    assert set(statuses.values()) == {"met"}


@pytest.mark.rule("OW-07")
def test_the_second_department_says_whom_it_plans_to_invite(office: Office):
    head, coordinator = office.hire("department_head"), office.hire("coordinator_assistant")
    ticket = joint_event(coordinator, head, department="dept_2")

    answer = take(head, ticket, "submit_sheet", count=3)

    assert answer.refusal == (422, "form_incomplete", "form.planned")
    assert take(head, ticket, "submit_sheet", count=3, planned=["吴某"]).status == 200


@pytest.mark.rule("OW-08")
def test_two_late_days_before_the_event_are_two_proposals_of_ten(office: Office):
    head, coordinator = office.hire("department_head"), office.hire("coordinator_assistant")
    office.now = at("2026-11-23T09:00:00")
    ticket = joint_event(coordinator, head)
    for day in (23, 24):
        office.now = at(f"2026-11-{day}T18:00:01")
        office.tick()
    office.now = at("2026-11-25T17:00:00")
    assert take(head, ticket, "submit_sheet", count=5).status == 200
    office.now = at("2026-11-25T18:30:00")
    office.tick()

    found = in_the_ledger(office)

    assert found == [theirs(head, "client_list_late", 1000)] * 2


@pytest.mark.rule("OW-09")
def test_a_client_of_another_territory_is_flagged_for_reassignment(office: Office):
    s1 = office.hire("sales", unit="north")

    south, north = on_file(s1, territory="south"), on_file(s1, territory="north")

    flagged = s1.get("/v1/portfolios/foreign").body["items"]
    assert [row["client_id"] for row in flagged] == [str(id_in(south))]
    assert owner(s1, south)["foreign_to_id"] == str(s1.id)
    assert owner(s1, north)["foreign_to_id"] is None


@pytest.mark.rule("TR-06")
def test_who_is_of_another_territory_has_the_client_only_if_that_is_authorised(
    office: Office, manager: Person
):
    s1 = office.hire("sales", unit="north")
    client = on_file(s1, territory="south")
    crossing = f"{client}/territory/authorisation"
    refused = given_to(manager, client, s1.id)
    own = s1.post(crossing, {"staff_id": str(s1.id), "reason": "老客户"})

    authorised = manager.post(crossing, {"staff_id": str(s1.id), "reason": "老客户介绍"})

    assert refused.refusal == (409, "other_territory", "staff_id")
    assert own.refusal == (403, "forbidden", None)
    assert authorised.carried_out == [Client.CrossingAuthorised]
    assert given_to(manager, client, s1.id).carried_out == [Client.Assigned]
    assert manager.get("/v1/portfolios/foreign").body["items"] == []


@pytest.mark.rule("TR-06")
def test_nobody_authorises_a_crossing_for_themselves(manager: Person, li_na: Person):
    client = on_file(li_na, territory="south")

    answer = manager.post(
        f"{client}/territory/authorisation", {"staff_id": str(manager.id), "reason": "我来"}
    )

    assert answer.refusal == (409, "other_territory", None)


@pytest.mark.rule("OW-10")
@pytest.mark.parametrize(("collected", "fines"), [(3, [4000]), (5, []), (6, [])])
def test_each_contact_that_is_missing_after_a_roadshow_costs_twenty(
    office: Office, sellers: list[Person], collected: int, fines: list[int]
):
    seller = sellers[0]
    ticket = opened(seller, "roadshow", event="车展", seller=str(seller.id))
    contacts = [{"name": f"客户{n}", "phone": f"1380013800{n}"} for n in range(collected)]

    assert take(seller, ticket, "close_roadshow", contacts=contacts).status == 200

    assert in_the_ledger(office) == [theirs(seller, "contact_missing", fine) for fine in fines]


@pytest.mark.rule("OW-10")
def test_who_leaves_a_roadshow_is_absent(office: Office, sellers: list[Person]):
    seller, leader = sellers[0], office.hire("sales_leader")
    ticket = opened(seller, "roadshow", event="车展", seller=str(seller.id))

    answer = take(leader, ticket, "leave", at="2026-11-23T11:00:00+08:00")

    followed = [e for e in answer.events if isinstance(e, Ticket.Followed)]
    assert [(e.step, e.form["holder"]) for e in followed] == [("absence_proposed", str(seller.id))]
    [absence] = proposed(office)
    assert (absence["holder"], absence["table_name"]) == (f"staff:{seller.id}", "absence")
    assert (absence["amount"], absence["currency"]) == (200, "days_pay")


@pytest.mark.rule("OW-11")
def test_there_is_one_primary_manager_and_another_needs_a_reason_and_a_second_person(
    office: Office, manager: Person, sellers: list[Person]
):
    s1, s2, _ = sellers
    given_to(manager, ASSIGNED, s1.id)
    second = given_to(manager, ASSIGNED, s2.id)
    path = f"{ASSIGNED}/reassignment"
    unexplained = manager.post(path, {"staff_id": str(s2.id)})
    proposed = manager.post(path, {"staff_id": str(s2.id), "reason": "片区调整"})
    own = manager.post(f"{path}/approval")

    approved = office.hire("cs_supervisor").post(f"{path}/approval")

    assert second.refusal == (409, "already_assigned", None)
    assert unexplained.refusal == (422, "invalid", "reason")
    assert proposed.carried_out == [Client.ReassignmentProposed]
    assert own.refusal == (409, "own_reassignment", None)
    assert approved.carried_out == [Client.Assigned]
    row = owner(manager, ASSIGNED)
    assert row["manager_id"] == str(s2.id)
    assert [past["staff_id"] for past in row["managers"]] == [str(s1.id)]


@pytest.mark.rule("OW-11")
def test_a_pack_may_do_without_the_second_person_and_protect_who_has_the_client(
    office: Office, manager: Person, sellers: list[Person]
):
    s1, s2, s3 = sellers
    in_force(office, without({"approved": False, "protection_days": 30}))
    given_to(manager, ASSIGNED, s1.id)
    path = f"{ASSIGNED}/reassignment"
    said = {"staff_id": str(s2.id), "reason": "片区调整"}

    protected = manager.post(path, said)
    on_a_ground = manager.post(path, said | {"ground": "left"})
    office.now += timedelta(days=30)
    after = manager.post(path, said | {"staff_id": str(s3.id)})

    assert protected.refusal == (409, "client_protected", "ground")
    assert on_a_ground.carried_out == [Client.Assigned]
    assert after.carried_out == [Client.Assigned]


@pytest.mark.rule("OW-11")
def test_a_reassignment_is_declined_by_another_and_the_client_stays(
    office: Office, manager: Person, sellers: list[Person]
):
    s1, s2, _ = sellers
    given_to(manager, ASSIGNED, s1.id)
    path = f"{ASSIGNED}/reassignment"
    manager.post(path, {"staff_id": str(s2.id), "reason": "片区调整"})

    declined = office.hire("director").post(f"{path}/rejection", {"reason": "不同意"})

    assert declined.carried_out == [Client.ReassignmentRejected]
    assert owner(manager, ASSIGNED)["manager_id"] == str(s1.id)
    assert manager.post(f"{path}/approval").refusal == (409, "not_proposed", None)


@pytest.mark.rule("OW-12")
def test_who_was_seen_outside_the_area_at_noon_is_fined_ten_once_a_leader_confirms(
    office: Office, sellers: list[Person]
):
    seen, leader = sellers[0], office.hire("sales_leader")
    said = {"kind": "left_area", "staff": str(seen.id), "account": "定位不在拜访区域"}
    matter = opened(sellers[1], "client-conduct", **said, seen_at="13:00")
    before = in_the_ledger(office)

    take(leader, matter, "confirm", severity="minor")

    assert before == []
    assert in_the_ledger(office) == [theirs(seen, "left_area", 1000)]


@pytest.mark.rule("OW-12")
def test_outside_the_noon_break_it_is_not_that(sellers: list[Person]):
    said = {"kind": "left_area", "staff": str(sellers[0].id), "account": "定位", "seen_at": "15:00"}
    body = {"channel": "internal", "matter": "离岗", "procedure": "client-conduct", "form": said}

    assert sellers[1].post("/v1/tickets", body).refusal == (422, "form_refused", "form.seen_at")


def on_level(office: Office, level: str) -> Person:
    """An account manager of that level, by an assessment."""
    person, hr = office.hire("account_manager"), office.hire("hr")
    assessment = published(assessor_of(office), person)
    said = {"ladder": "am_level", "level": level, "assessment_id": str(id_in(assessment))}
    assert hr.post(f"/v1/staff/{person.id}/levels", said).status == 200
    return person


def of_kind(person: Person, trait: str, value: str) -> str:
    client = on_file(person)
    assert person.post(f"{client}/traits", {"name": trait, "value": value}).status == 200
    return client


def graded(office: Office, client: str, fen: int) -> str:
    """In the class that goes with so much income, approved by the province."""
    assert grade(office.hire("sales"), client, "tier", income=cny(fen)).status == 200
    assert approve(office.hire("sales_manager"), client, "tier").status == 200
    return client


@pytest.mark.rule("AM-06")
def test_a_trainee_is_given_no_diamond_client(office: Office, manager: Person):
    diamond = graded(office, on_file(manager), 600_000_000)
    trainee, senior = on_level(office, "trainee"), on_level(office, "senior")

    refused = given_to(manager, diamond, trainee.id)

    assert refused.refusal == (422, "manager_level_too_low", "staff_id")
    assert given_to(manager, diamond, senior.id).carried_out == [Client.Assigned]


@pytest.mark.rule("AM-06")
def test_the_class_that_was_approved_goes_before_what_somebody_noted(
    office: Office, manager: Person
):
    noted = of_kind(manager, "tier", "diamond")
    grade2 = on_level(office, "grade2")
    refused = given_to(manager, noted, grade2.id)

    gold = graded(office, noted, 30_000_000)

    assert refused.refusal == (422, "manager_level_too_low", "staff_id")
    assert given_to(manager, gold, grade2.id).carried_out == [Client.Assigned]


@pytest.mark.rule("AM-08")
def test_a_risk_client_is_for_grade_one_and_not_for_a_trainee(office: Office, manager: Person):
    c8 = of_kind(manager, "category", "risk")
    trainee, s2 = on_level(office, "trainee"), on_level(office, "grade1")

    refused = given_to(manager, c8, trainee.id)

    assert refused.refusal == (422, "manager_level_too_low", "staff_id")
    assert given_to(manager, c8, s2.id).carried_out == [Client.Assigned]
