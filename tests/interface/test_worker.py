"""A duty of the worker that fails is told of, and has its next turn."""

from __future__ import annotations

from datetime import datetime

import pytest

from interface.worker import Duty, duties
from tests.support.http import Office, Person, opened


def failing_twice(*, every_seconds: float) -> list[datetime]:
    """Asked twice for a duty that fails; when it had its turns."""
    turns = list[datetime]()

    def tick(now: datetime) -> int:
        turns.append(now)
        raise KeyError("unforeseen")

    duty = Duty("the clock", tick, every_seconds, 1)
    for _ in range(2):
        duty.do_if_due()
    return turns


def test_a_duty_that_fails_is_told_of_with_its_cause_and_done_again(
    caplog: pytest.LogCaptureFixture,
):
    turns = failing_twice(every_seconds=0)

    assert len(turns) == 2
    assert caplog.messages == ["the clock failed"] * 2
    assert caplog.text.count("KeyError: 'unforeseen'") == 2


def test_a_duty_that_fails_has_no_turn_before_its_next(caplog: pytest.LogCaptureFixture):
    turns = failing_twice(every_seconds=3600)

    assert len(turns) == len(caplog.messages) == 1


def test_a_row_that_says_something_else_than_the_register_is_told_of(
    office: Office, li_na: Person, caplog: pytest.LogCaptureFixture
):
    opened(li_na)
    office.catch_up()
    with office.parts.database.connection() as connection:
        connection.execute("UPDATE reporting.ticket_then SET state = 'closed'")

    for duty in duties(office.parts):
        duty.do_if_due()

    [told] = [line for line in caplog.messages if line.startswith("not what the register says")]
    assert "view ticket_then" in told
    assert "state: shows 'closed', replayed 'registered'" in told
