"""The auditor of the kill test is worth something only if it notices what it is there for."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from domain.aggregate import staff_ref
from infrastructure.register import PostgresRegister
from tests.support.checker import Answer, Audited
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
