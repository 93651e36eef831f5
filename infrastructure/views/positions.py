"""How far each view has read, whose table it is, and why it stopped if it did."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from infrastructure.database import Connection
from infrastructure.views.reading import UnknownTopic, is_known
from infrastructure.views.table import Table

CHANNEL = "view_advanced"
"""Who waits for a view listens here."""

_COLUMNS = "view, definition, position, failure"

_OF_A_NEWER_RELEASE = re.compile(rf"{UnknownTopic.__name__}: (\S+)$")


@dataclass(frozen=True, slots=True)
class Position:
    view: str
    definition: str
    position: int
    failure: str | None

    def is_ours_to_move(self, table: Table[Any]) -> bool:
        """A table made by another release is left alone: it is to be built anew, or already was.

        A view that another release could not read on goes on here if we can.
        """
        return self.definition == table.definition and _may_run(self.failure)


def positions(connection: Connection) -> list[Position]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM reporting.view_position".encode())
    return [Position(*row) for row in rows.fetchall()]


def lock(connection: Connection, names: Sequence[str]) -> Cursor[Any]:
    """Nobody else moves these views until the transaction ends; `by_view` reads where they are."""
    return connection.execute(
        f"SELECT {_COLUMNS} FROM reporting.view_position WHERE view = ANY(%s)"
        " ORDER BY view FOR UPDATE".encode(),
        (list(names),),
    )


def by_view(locked: Cursor[Any]) -> dict[str, Position]:
    return {row[0]: Position(*row) for row in locked.fetchall()}


def move(connection: Connection, names: Collection[str], position: int) -> None:
    """They have read so far; whoever waits for it is told once that is committed.

    The disk is not waited for: what a crash takes back of the views, their position included, is
    folded again from the register, where it is on disk.
    """
    connection.execute(
        "UPDATE reporting.view_position SET position = %s, failure = NULL WHERE view = ANY(%s)",
        (position, list(names)),
    )
    connection.execute(
        f"SELECT pg_notify('{CHANNEL}', ''), set_config('synchronous_commit', 'off', true)".encode()
    )


def replace(connection: Connection, name: str, position: int, definition: str) -> None:
    """Another table is in the view's place, and has read so far."""
    connection.execute(
        "UPDATE reporting.view_position SET position = %s, definition = %s, failure = NULL"
        " WHERE view = %s",
        (position, definition, name),
    )
    connection.execute(f"NOTIFY {CHANNEL}".encode())


def stop(connection: Connection, name: str, behind: int, why: str) -> None:
    """Unless somebody who could read on has moved it meanwhile."""
    connection.execute(
        "UPDATE reporting.view_position SET failure = %s WHERE view = %s AND position = %s",
        (why, name, behind),
    )


def say_why(connection: Connection, name: str, why: str) -> None:
    """Wherever it stands: nobody of this release moves it."""
    connection.execute(
        "UPDATE reporting.view_position SET failure = %s WHERE view = %s", (why, name)
    )


def _may_run(failure: str | None) -> bool:
    if failure is None:
        return True
    newer = _OF_A_NEWER_RELEASE.search(failure)
    return newer is not None and is_known(newer[1])
