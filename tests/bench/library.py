"""The eventsourcing library as it comes: its recorder, and its runner of projections."""

from __future__ import annotations

import time
from typing import Any, ClassVar
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import get_topic
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from domain.ticket import Ticket

PATIENCE_SECONDS = 60.0
"""How long the runner may take."""

LOOK_SECONDS = 0.02


class Library:
    """Its default recorder and one view, in a database of their own.

    All events are alike: `state` is what our codec makes of a note.
    """

    def __init__(self, url: str, state: bytes, *, has_tables: bool = False) -> None:
        """Several processes that make its tables at once would fail."""
        self._state = state
        self._env = env_of(url) | {"CREATE_TABLE": "no" if has_tables else "yes"}
        self._application = Recorded(self._env)

    def append(self, stream_id: UUID, version: int) -> int:
        """Its position."""
        event = StoredEvent(stream_id, version, get_topic(Ticket.Noted), self._state)
        positions = self._application.recorder.insert_events([event])
        return positions[0] if positions else 0

    def fill(self, events: int) -> None:
        """A stream of so many."""
        topic, stream_id = get_topic(Ticket.Noted), uuid4()
        self._application.recorder.insert_events(
            [StoredEvent(stream_id, 1 + n, topic, self._state) for n in range(events)]
        )

    def project(self, events: int) -> float:
        """Read so many more into the view; how many a second, from the first of them on."""
        Entries.written_at.clear()
        with ProjectionRunner(
            application_class=Recorded,
            projection_class=EntriesProjection,
            view_class=Entries,
            env=self._env,
        ) as runner:
            until = time.monotonic() + PATIENCE_SECONDS
            while len(Entries.written_at) <= events and time.monotonic() < until:
                runner.run_forever(timeout=LOOK_SECONDS)
            times = Entries.written_at[: events + 1]
        return events / (times[events] - times[0]) if events else 0.0

    def close(self) -> None:
        self._application.close()


class Recorded(Application[UUID]):
    name = "recorded"


class Entries(PostgresTrackingRecorder):
    """One row an event, in one transaction with its position."""

    written_at: ClassVar[list[float]] = []

    def __init__(self, datastore: PostgresDatastore, **otherwise: Any) -> None:
        super().__init__(datastore, **otherwise)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS entries (position bigint PRIMARY KEY, stream_id uuid,"
                " version integer, actor text, command_id text, occurred_at timestamptz,"
                " details jsonb)"
            ).format()
        )

    def add(self, event: Ticket.Noted, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO entries VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (
                    tracking.notification_id,
                    event.originator_id,
                    event.originator_version,
                    event.by,
                    event.command_id,
                    vars(event)["occurred_at"],
                    Jsonb(event.text),
                ),
                prepare=True,
            )
        self.written_at.append(time.perf_counter())


class EntriesProjection(Projection[Entries]):
    name = "entries"
    topics = (get_topic(Ticket.Noted),)

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.add(domain_event, tracking)


def env_of(url: str) -> dict[str, str]:
    """The library's settings for a database."""
    parts = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": "nobody asks",
    }
