"""Numbers of registers as figures ask about them: which were given, and which are missing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from application.instant import AsOf, Clock
from application.numbering import Given, NumberFigures, numbered
from tests.support.facts import NOON

HOUR = timedelta(hours=1)


def given(n: int | None, register: str = "main/complaint/2026") -> Given:
    """Given at an hour of its own, and recorded half an hour later."""
    at = NOON + (n or 0) * HOUR
    number = None if n is None else f"2026-{n:04}"
    return Given(register, number, n, UUID(int=n or 0), n or 0, at + HOUR / 2, at)


def statuses(*numbers: Given) -> list[tuple[str, str, int]]:
    return [(row.number, row.status, row.missing) for row in numbered(numbers)]


def test_what_is_missing_stands_before_the_number_behind_it():
    rows = list(numbered([given(1), given(3), given(7)]))

    assert [(row.number, row.status, row.missing) for row in rows] == [
        ("2026-0001", "given", 0),
        ("2", "gap", 1),
        ("2026-0003", "given", 0),
        ("4–6", "gap", 3),
        ("2026-0007", "given", 0),
    ]
    assert [row.given_at for row in rows[1:]] == [NOON + n * HOUR for n in (3, 3, 7, 7)]
    assert len({row.ticket_id for row in rows}) == 5


def test_what_was_given_twice_or_is_blank_is_no_gap():
    assert statuses(given(1), given(1), given(None), given(2)) == [
        ("2026-0001", "given", 0),
        ("2026-0001", "twice", 0),
        ("2026-0002", "given", 0),
        ("", "blank", 0),
    ]


def test_each_register_begins_with_one():
    other = "a/b/complaint/2026"

    rows = list(numbered([given(2), given(1, other)]))

    assert [(row.register, row.status) for row in rows] == [
        (other, "given"),
        ("main/complaint/2026", "gap"),
        ("main/complaint/2026", "given"),
    ]
    assert rows[0].look("this.unit") == "a/b"
    assert rows[0].look("number.given_at") == (NOON + HOUR).isoformat()


def test_what_was_voided_later_was_given_at_the_time():
    times = {"voided_recorded_at": NOON + 9 * HOUR, "voided_happened_at": NOON + 8 * HOUR}
    void = Given(**{**vars(given(1)), "voided_position": 9, **times})

    def status(at: int, clock: Clock = Clock.RECORDED) -> str:
        [row] = numbered([void.as_known(AsOf(NOON + at * HOUR, clock))])
        return row.status

    assert (status(8), status(9), status(8, Clock.OCCURRED)) == ("given", "void", "void")
    assert not void.was_given(AsOf(NOON + HOUR))
    assert void.was_given(AsOf(NOON + HOUR, Clock.OCCURRED))


def test_of_a_number_nothing_else_can_be_asked():
    [row] = numbered([given(1)])

    assert isinstance(row, NumberFigures)
    assert (row.look("this.number"), row.look("this.state")) == ("2026-0001", None)
