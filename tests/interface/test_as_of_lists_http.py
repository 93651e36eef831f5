"""Lists of clients, staff and promises as of an instant; and what every answer is given by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from application.views.client_file import ClientFileView
from application.views.client_then import ClientThenView
from application.views.obligation_then import ObligationThenView
from application.views.staff_directory import StaffDirectoryView
from application.views.staff_then import StaffThenView
from application.views.ticket_register import TicketRegisterView
from application.views.ticket_then import TicketThenView
from infrastructure.sealing import state
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.notes import to_base64
from infrastructure.sealing.proofs import FolderProofs
from infrastructure.views.table import Table
from tests.interface.given import BLACKLISTING, clarifying, in_force
from tests.interface.test_as_of_http import EVER, HOUR, audit, file, past
from tests.support.facts import C1, LI_NA, NOON, WANG_FANG, promising_pack
from tests.support.http import ADMIN, REVIEWER, Office, Person, opened
from tests.support.sealing import LOG_KEY

BY = {
    "tickets": TicketThenView(),
    "tickets/counts": TicketThenView(),
    "clients": ClientThenView(),
    "staff": StaffThenView(),
    "obligations": ObligationThenView(),
    f"clients/{C1}": ClientFileView(),
    f"staff/{LI_NA}": StaffDirectoryView(),
}
"""Each question, and the view whose definition makes its answer."""


@pytest.fixture
def sealed(office: Office, tmp_path: Path) -> Office:
    """The same office, whose log is sealed up to position 3."""
    note = Checkpoint("desk.example/register", 3, bytes(range(32))).sign(LOG_KEY)
    state.write(tmp_path / "checkpoint", note.encode())
    office.parts.proofs = FolderProofs(tmp_path, office.parts.database)
    return Office(office.parts, office.tokens)


def test_every_answer_names_its_position_its_checkpoint_and_what_it_was_made_by(sealed: Office):
    ticket = opened(sealed.person(LI_NA))
    reviewer = sealed.person(REVIEWER)

    for path, view in {**BY, file(ticket): TicketRegisterView()}.items():
        said = past(reviewer, path, EVER)

        assert said["head"] == sealed.head()
        assert 0 < said["position"] <= said["head"]
        assert said["checkpoint"] == {"size": 3, "root": to_base64(bytes(range(32)))}
        assert said["projector"] == Table(view).definition


def test_where_nothing_is_sealed_no_checkpoint_is_named(office: Office, li_na: Person):
    for path in BY:
        assert past(li_na, path, EVER)["checkpoint"] is None


@pytest.mark.parametrize("path", ["clients", "staff", "obligations"])
def test_a_list_wants_an_instant_and_a_reader(shared_office: Office, path: str):
    li_na = shared_office.person(LI_NA)

    assert li_na.get(f"/v1/audit/{path}").refusal == (422, "invalid", "as_of")
    assert shared_office.stranger().get(audit(path, EVER)).status == 401


def test_clients_are_listed_as_they_were(office: Office, li_na: Person, manager: Person):
    """The blacklisting of one o'clock is entered at three."""
    office.now = NOON + 3 * HOUR
    at = {"occurred_at": (NOON + HOUR).isoformat()}
    manager.post(f"/v1/clients/{C1}/blacklisting", BLACKLISTING | at)
    receipt = office.hire("director").post(f"/v1/clients/{C1}/blacklisting/approval", at).body
    before = {"before": receipt["recorded_at"]}

    def listed(as_of: Any, clock: str) -> list[tuple[str, bool, str]]:
        items = past(li_na, "clients", as_of, clock=clock)["items"]
        return [(one["name"], one["is_blacklisted"], one["client_id"]) for one in items]

    assert listed(NOON + HOUR, "occurred") == [("王某", True, str(C1))]
    assert listed(NOON + HOUR - timedelta(microseconds=1), "occurred")[0][1] is False
    assert listed(before["before"], "recorded")[0][1] is True
    assert listed("2026-01-01T00:00:00Z", "occurred") == []


def test_a_name_is_gone_from_every_time_once_its_key_is(office: Office, li_na: Person):
    office.parts.keys.destroy(C1)

    [one] = past(li_na, "clients", EVER)["items"]

    assert one["name"] == "[erased]"


def test_staff_are_listed_as_they_were_and_without_when_it_was_their_turn(
    office: Office, wang_fang: Person
):
    office.now = NOON + HOUR
    wang_fang.post(f"/v1/staff/{WANG_FANG}/duty/start")
    office.now = NOON + 2 * HOUR
    wang_fang.post(f"/v1/staff/{WANG_FANG}/duty/end")

    def on_duty(hours: float) -> bool:
        items = past(wang_fang, "staff", NOON + hours * HOUR, clock="occurred")["items"]
        [one] = [item for item in items if item["staff_id"] == str(WANG_FANG)]
        assert "last_assigned_at" not in one
        return bool(one["is_on_duty"])

    assert [on_duty(hours) for hours in (0, 1, 1.5, 2)] == [False, True, True, False]


def test_pages_of_staff_lead_on(office: Office, li_na: Person):
    everybody = [row["staff_id"] for row in past(li_na, "staff", EVER, limit=200)["items"]]

    pages = li_na.pages(audit("staff", EVER, limit=3))

    assert [row["staff_id"] for page in pages for row in page] == everybody
    assert len(pages) > 1


def test_promises_are_listed_as_they_stood_then(office: Office, li_na: Person):
    in_force(office, promising_pack())
    ticket = clarifying(li_na)
    office.now = NOON + 2 * HOUR
    li_na.post(f"{ticket}/answer", {"text": "周一至周五"})
    office.now = NOON + 24 * 30 * HOUR

    def statuses(hours: float, **asked: Any) -> list[tuple[str, str]]:
        said = {"clock": "occurred", **asked}
        items = past(li_na, "obligations", NOON + hours * HOUR, **said)["items"]
        return [(one["key"], one["status"]) for one in items]

    assert statuses(-1) == []
    assert ("reply-1", "open") in statuses(1)
    assert ("reply-1", "met") in statuses(2)
    assert "reply-1" in dict(statuses(1, is_open=True, responsible_id=LI_NA))
    assert "reply-1" not in dict(statuses(2, is_open=True))
    assert statuses(1, responsible_id=WANG_FANG) == []


def test_what_was_overdue_then_is_asked_for_as_of_then(office: Office, li_na: Person):
    in_force(office, promising_pack())
    clarifying(li_na)
    office.now = NOON + 24 * 30 * HOUR

    def overdue(hours: float) -> list[str]:
        said = {"clock": "occurred", "overdue": True}
        items = past(li_na, "obligations", NOON + hours * HOUR, **said)["items"]
        return [one["key"] for one in items]

    assert overdue(1) == []
    assert "reply-1" in overdue(24 * 20)


def test_the_pages_of_promises_lead_on(office: Office, li_na: Person):
    in_force(office, promising_pack())
    for _ in range(3):
        clarifying(li_na)
    everything = [row["obligation_id"] for row in past(li_na, "obligations", EVER)["items"]]

    pages = li_na.pages(audit("obligations", EVER, limit=2))

    assert [row["obligation_id"] for page in pages for row in page] == everything
    assert len(pages) > 1


def test_what_somebody_might_do_is_told_with_the_roles_of_then(office: Office, li_na: Person):
    """A role that was given for an hour, in another unit."""
    office.now = NOON + HOUR
    given = {
        "role": "director",
        "unit": "north",
        "start": (NOON + 2 * HOUR).isoformat(),
        "end": (NOON + 3 * HOUR).isoformat(),
    }
    assert office.person(ADMIN).post(f"/v1/staff/{WANG_FANG}/roles", given).status == 200
    office.now = NOON + 9 * HOUR

    def rights(hours: float) -> dict[Any, tuple[list[str], bool]]:
        then = past(li_na, f"staff/{WANG_FANG}", NOON + hours * HOUR, clock="occurred")
        return {
            one["unit"]: (one["roles"], "pack.publish" in one["permissions"])
            for one in then["rights"]
        }

    everywhere = {None: (["staff"], False)}
    assert rights(1) == rights(3) == everywhere
    assert rights(2) == everywhere | {"north": (["director"], True)}


def test_who_has_left_may_do_nothing(office: Office, li_na: Person):
    office.now = NOON + HOUR
    assert office.person(ADMIN).post(f"/v1/staff/{WANG_FANG}/departure", {}).status == 200

    def rights(hours: int) -> Any:
        return past(li_na, f"staff/{WANG_FANG}", NOON + hours * HOUR, clock="occurred")["rights"]

    assert rights(0)
    assert rights(1) == []
