"""查验: what a reviewer sees of any time is what the events of by then make of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from application.views.showing import plain
from application.views.ticket_register import TicketRegisterView
from tests.interface.given import TO_WANG_FANG
from tests.support.facts import LI_NA, WANG_FANG
from tests.support.http import REVIEWER, Office, Person, id_in, opened
from tests.support.views import folded

TEN = "2026-11-25T10:00:00+08:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def past(reviewer: Person, ticket: str, instant: str, clock: str) -> Any:
    path = f"/v1/audit/tickets/{id_in(ticket)}?as_of={quote(instant)}&clock={clock}"
    answer = reviewer.get(path)
    assert answer.status == 200, answer.body
    return answer.body


def folding(office: Office, ticket: str, position: int) -> Any:
    """The fold of the events up to a position, as it is shown."""
    stream = office.parts.register.stream(id_in(ticket))
    rows = folded(TicketRegisterView(), [fact for fact in stream if fact.position <= position])
    shown = plain(rows[id_in(ticket)], office.parts.codec.open)
    return {name: as_json(value) for name, value in shown.items()}


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    return value if isinstance(value, int | str | None) else str(value)


def read(shown: Any) -> Any:
    """What came as JSON, times read."""
    times = {name for name in shown if name.endswith("_at") and shown[name]}
    return {name: at(v) if name in times else v for name, v in shown.items()}


@pytest.mark.rule("AU-01")
@pytest.mark.parametrize("clock", ["occurred", "recorded"])
def test_the_state_as_of_an_instant_is_the_fold_of_the_events_up_to_then(
    office: Office, clock: str
):
    li_na, wang_fang = office.person(LI_NA), office.person(WANG_FANG)
    reviewer = office.person(REVIEWER)
    office.now = at("2026-11-25T09:00:00+08:00")
    ticket = opened(li_na)
    office.now = at(TEN)
    offer = li_na.post(f"{ticket}/transfer", TO_WANG_FANG).body
    seen = reviewer.get(ticket).body
    office.now = at("2026-11-25T10:00:00.000001+08:00")
    wang_fang.post(f"{ticket}/transfer/acceptance")
    office.now = at("2026-11-26T09:00:00+08:00")
    wang_fang.post(f"{ticket}/answer", {"text": "周一至周五"})
    instant = TEN if clock == "occurred" else offer["recorded_at"]

    then = past(reviewer, ticket, instant, clock)

    assert then["ticket"] == {name: seen[name] for name in then["ticket"]}
    assert read(then["ticket"]) == folding(office, ticket, offer["position"])
    assert (then["position"], then["version"]) == (offer["position"], offer["version"])
    assert then["ticket"]["offered_to_id"] == str(WANG_FANG)
    assert then["ticket"]["owner_id"] == str(LI_NA)
    assert then["head"] == office.head()
    later = past(reviewer, ticket, "2026-11-26T09:00:00+08:00", clock)
    if clock == "occurred":
        assert later["ticket"]["state"] == "answered"
        assert later["ticket"]["owner_id"] == str(WANG_FANG)
