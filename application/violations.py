"""What a refusal flags is put on record by a second command behind it."""

from __future__ import annotations

from typing import Any

from application.desk import Command, Desk, fingerprint


def said_behind(command: Command, desk: Desk) -> dict[str, Any]:
    """What the command says that flags a violation of this one.

    The same command, refused again, is flagged once; another under its id is another. No client can
    send this id before: theirs have no blanks.
    """
    mark = fingerprint(command, desk.keys.secret("fingerprint")).hex()[:16]
    return {
        "by": command.by,
        "command_id": f"{command.command_id} violation {mark}",
        "received_at": command.received_at,
        "occurred_at": command.occurred_at,
        "acting_for": command.acting_for,
    }
