"""What tests hand to the register: commands with facts that need no aggregate to be decided."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from uuid import UUID

from application.register import Conflict, Register, Submission
from domain.aggregate import Aggregate
from domain.ticket import Ticket
from infrastructure.codec import Codec
from infrastructure.database import Database
from infrastructure.keystore import PostgresKeyStore
from infrastructure.register import PostgresRegister
from tests.support.facts import LI_NA, NOON, T1

_command_numbers = count(1)


def fact(
    stream_id: UUID, version: int, command_id: str, numbered_in: str | None = None
) -> Aggregate.Event:
    envelope = {
        "originator_id": stream_id,
        "originator_version": version,
        "timestamp": NOON,
        "by": f"staff:{LI_NA}",
        "acting_for": None,
        "role": "staff",
        "command_id": command_id,
        "reason": None,
    }
    if numbered_in is None:
        return Ticket.Resumed(**envelope)
    return Ticket.CaseSlipIssued(**envelope, responsible_id=LI_NA, register=numbered_in)


def submission(
    stream_id: UUID = T1,
    version: int = 1,
    *,
    facts: int = 1,
    by: str = f"staff:{LI_NA}",
    command_id: str | None = None,
    numbered_in: str | None = None,
) -> Submission:
    """A command with facts of a stream, `version` that of the first of them."""
    command_id = command_id or f"command-{next(_command_numbers)}"
    last = version + facts - 1
    return Submission(
        by=by,
        command_id=command_id,
        fingerprint=b"said",
        stream_id=stream_id,
        version=last,
        events=[fact(stream_id, n, command_id, numbered_in) for n in range(version, last + 1)],
    )


def append_many(url: str, keys_url: str, *, writer: int, count: int, contended: UUID) -> list[int]:
    """Append from a process of its own, every third fact to a stream that all write to.

    The positions, as the receipts say them.
    """
    with closing(Database(url, size=1)) as database, closing(Database(keys_url, size=1)) as keys:
        register = PostgresRegister(database, Codec(PostgresKeyStore(keys)))
        streams = [UUID(int=writer), UUID(int=writer), contended]
        return [
            append_after_last(register, streams[n % 3], command_id=f"{writer}-{n}")
            for n in range(count)
        ]


def append_after_last(register: Register, stream_id: UUID, *, command_id: str) -> int:
    """Append one fact, again after each lost race; its position."""
    while True:
        version = len(register.stream(stream_id)) + 1
        try:
            [receipt] = register.append([submission(stream_id, version, command_id=command_id)])
        except Conflict:
            continue
        return receipt.position
