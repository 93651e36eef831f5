"""The auditor of the torture is worth something only if it notices what it is there for."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from domain.aggregate import staff_ref
from infrastructure.register import PostgresRegister
from tests.support.checker import (
    Answer,
    Audited,
    Look,
    different,
    gone_back,
    left_behind,
    unlike,
)
from tests.support.facts import LI_NA, T1, T2
from tests.support.submissions import submission

MAIN = "main/slip/2026"


@pytest.fixture
def told(register: PostgresRegister) -> list[Answer]:
    """Six commands on two streams, each with a number; what their clients were told."""
    return [append(register, stream_id, version) for version in (1, 2, 3) for stream_id in (T1, T2)]


def append(register: PostgresRegister, stream_id: UUID, version: int) -> Answer:
    command = submission(stream_id, version, numbered_in=MAIN)
    [receipt] = register.append([command])
    return Answer(command.by, command.command_id, stream_id, receipt.version, receipt.position)


def tamper(url: str, *statements: str) -> None:
    """What nobody can do: without the triggers, and with an effect."""
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE register.entry DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE register.command DISABLE TRIGGER USER")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount > 0


def test_of_an_untouched_register_nothing_is_said(register_url: str, told: list[Answer]) -> None:
    assert Audited.read(register_url).faults(told) == []


LOSSES = {
    "an event in the middle": ["DELETE FROM register.entry WHERE position = 3"],
    "the newest event": ["DELETE FROM register.entry WHERE position = 6"],
    "the newest event with its command": [
        "DELETE FROM register.entry WHERE position = 6",
        "DELETE FROM register.command WHERE position = 6",
    ],
    "an event, and the others moved up": [
        "DELETE FROM register.entry WHERE position = 5",
        "UPDATE register.entry SET position = 5 WHERE position = 6",
    ],
    "the answer to a command": ["DELETE FROM register.command WHERE position = 6"],
    "everything": ["DELETE FROM register.entry", "DELETE FROM register.command"],
}


@pytest.mark.parametrize("statements", LOSSES.values(), ids=LOSSES.keys())
def test_a_loss_is_noticed(register_url: str, told: list[Answer], statements: list[str]) -> None:
    tamper(register_url, *statements)

    faults = Audited.read(register_url).faults(told)

    assert any("was acknowledged, and" in fault for fault in faults)


COPY = (
    "INSERT INTO register.entry SELECT 7, stream_id, {version}, topic, state, clock_timestamp(),"
    " actor, {command}, register, '2026-0007' FROM register.entry WHERE position = 5"
)


def test_a_command_that_was_carried_out_twice_is_noticed(
    register_url: str, told: list[Answer]
) -> None:
    tamper(register_url, COPY.format(version=4, command="command_id"))

    faults = Audited.read(register_url).faults(told)

    doubled = (staff_ref(LI_NA), told[4].command_id, "ticket.case-slip-issued")
    assert f"{doubled} is stored 2 times" in faults


def test_a_command_whose_consequences_stand_apart_is_noticed(
    register_url: str, told: list[Answer]
) -> None:
    tamper(register_url, "UPDATE register.entry SET topic = 'ticket.followed'")
    tamper(register_url, COPY.format(version=4, command="command_id"))

    faults = Audited.read(register_url).faults(told)

    assert f"{(staff_ref(LI_NA), told[4].command_id)} stands in pieces: [5, 7]" in faults


def test_an_event_without_a_command_is_noticed(register_url: str, told: list[Answer]) -> None:
    tamper(register_url, COPY.format(version=4, command="'nobody-said-so'"))

    assert Audited.read(register_url).faults(told) == [
        "position 7 is of a command without an answer"
    ]


def test_events_of_one_stream_in_another_order_are_noticed(
    register_url: str, told: list[Answer]
) -> None:
    swap = "UPDATE register.entry SET position = {} WHERE position = {}"
    tamper(register_url, swap.format(99, 1), swap.format(1, 3), swap.format(3, 99))

    faults = Audited.read(register_url).faults()

    assert f"stream {T1} has 2 where 1 belongs" in faults


def test_events_of_two_streams_in_another_order_are_noticed(
    register_url: str, told: list[Answer]
) -> None:
    swap = "UPDATE register.entry SET position = {} WHERE position = {}"
    tamper(register_url, swap.format(99, 5), swap.format(5, 6), swap.format(6, 99))

    faults = Audited.read(register_url).faults(told)

    assert f"register {MAIN} has 6 where 5 belongs" in faults
    assert any("was acknowledged, and" in fault for fault in faults)


HOLES = {
    "the register has 7 where 6 belongs": "UPDATE register.entry SET position = 7"
    " WHERE position = 6",
    f"stream {T2} has 9 where 3 belongs": "UPDATE register.entry SET stream_version = 9"
    " WHERE position = 6",
    f"register {MAIN} has 7 where 6 belongs": "UPDATE register.entry SET number = '2026-0007'"
    " WHERE position = 6",
    f"register {MAIN} has 5 where 6 belongs": "UPDATE register.entry SET number = '2026-0005'"
    " WHERE position = 6",
    f"register {MAIN} has 0 where 6 belongs": "UPDATE register.entry SET number = NULL"
    " WHERE position = 6",
    "at position 6 the clock goes back": "UPDATE register.entry"
    " SET recorded_at = recorded_at - interval '1 day' WHERE position = 6",
}


@pytest.mark.parametrize(("said", "statement"), HOLES.items())
def test_a_hole_or_a_repeat_in_what_is_counted_is_noticed(
    register_url: str, told: list[Answer], said: str, statement: str
) -> None:
    tamper(register_url, statement)

    assert said in Audited.read(register_url).faults()


OF_TWO_EVENTS = [
    "INSERT INTO register.entry SELECT 7, stream_id, 4, 'ticket.noted', state, clock_timestamp(),"
    " actor, command_id, NULL, NULL FROM register.entry WHERE position = 6",
    "UPDATE register.command SET stream_version = 4, position = 7 WHERE position = 6",
]
"""The newest command has brought about one thing more."""

HALVES = {
    "the last event of two": [*OF_TWO_EVENTS, "DELETE FROM register.entry WHERE position = 7"],
    "the first event of two, and the other moved up": [
        *OF_TWO_EVENTS,
        "DELETE FROM register.entry WHERE position = 6",
        "UPDATE register.entry SET position = 6, stream_version = 3 WHERE position = 7",
    ],
    "all events of a command, and the others moved up": [
        "DELETE FROM register.entry WHERE position = 5",
        "UPDATE register.entry SET position = 5 WHERE position = 6",
        "UPDATE register.command SET position = 5 WHERE position = 6",
    ],
    "all events of a command": ["DELETE FROM register.entry WHERE position = 6"],
    "what its answer says of the version": [
        "UPDATE register.command SET stream_version = 4 WHERE position = 6"
    ],
    "what its answer says of the position": [
        "UPDATE register.command SET position = 5 WHERE position = 6"
    ],
}


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("statements", HALVES.values(), ids=HALVES.keys())
def test_half_a_command_is_noticed_though_nobody_was_told_of_it(
    register_url: str, statements: list[str]
) -> None:
    tamper(register_url, *statements)

    faults = Audited.read(register_url).faults()

    assert any("only a part is stored" in fault for fault in faults)


def test_a_command_of_two_events_is_whole(register_url: str, told: list[Answer]) -> None:
    tamper(register_url, *OF_TWO_EVENTS)

    assert Audited.read(register_url).faults(told[:-1]) == []


def test_a_command_that_changed_nothing_is_whole(register_url: str, told: list[Answer]) -> None:
    tamper(
        register_url,
        "INSERT INTO register.command SELECT actor, 'nothing-new', fingerprint, stream_id,"
        " stream_version, 6, recorded_at, number FROM register.command WHERE position = 5",
    )

    assert Audited.read(register_url).faults(told) == []


def test_the_first_half_of_a_command_is_noticed_by_what_others_of_its_kind_brought_about(
    register_url: str, told: list[Answer]
) -> None:
    kinds = {(answer.actor, answer.command_id): "slip" for answer in told}
    assert list(unlike(Audited.read(register_url), kinds)) == []

    tamper(register_url, "UPDATE register.entry SET topic = 'ticket.noted' WHERE position = 4")

    [said] = unlike(Audited.read(register_url), kinds)
    assert "'ticket.noted'" in said


def test_what_was_refused_and_is_stored_is_noticed(register_url: str, told: list[Answer]) -> None:
    held = Audited.read(register_url)
    said = (told[2].actor, told[2].command_id)

    assert list(left_behind(held, [(told[2].actor, "another")])) == []
    assert list(left_behind(held, [said])) == [f"{said} was refused, and is stored"]


ON = [
    Look(1, T1, version=1, position=1, told=True),
    Look(1, T1, version=1, position=1, owed=1),
    Look(2, T1, version=3, position=9),
    Look(1, T1, version=2, position=5, told=True),
    Look(1, T1, version=1, position=1),
    Look(1, T2, version=1, position=2),
    Look(1, T1, version=2, position=5, owed=2),
]
"""Time goes on for each of two clients, as they see each of two streams."""

BACK = {
    "a look behind an earlier look": Look(1, T1, version=1, position=1),
    "a look behind what was owed": Look(1, T2, version=1, position=2, owed=2),
    "an earlier position": Look(1, T1, version=2, position=4),
    "an answer behind an earlier answer": Look(1, T2, version=2, position=4, told=True),
    "an answer behind a look": Look(2, T1, version=3, position=9, told=True),
}


def test_while_time_goes_on_nothing_is_said() -> None:
    assert list(gone_back(ON)) == []


@pytest.mark.parametrize("look", BACK.values(), ids=BACK.keys())
def test_time_that_goes_back_for_a_client_is_noticed(look: Look) -> None:
    [said] = gone_back([*ON, look])

    assert said.startswith(str(look))


def test_views_that_are_otherwise_when_rebuilt_are_noticed() -> None:
    kept = {"same": [(1, {"a": 1})], "changed": [(1, "a"), (2, "b")], "gone": []}
    rebuilt = {"same": [(1, {"a": 1})], "changed": [(1, "a"), (2, "c")], "new": []}

    assert list(different(kept, rebuilt)) == [
        """view changed has 2 rows, rebuilt 2; apart: ["(2, 'b')", "(2, 'c')"]""",
        "view gone is there only as kept",
        "view new is there only once rebuilt",
    ]
