"""Waiting for what others do to the database."""

from __future__ import annotations

from infrastructure.wiring import Parts

PATIENCE = 60.0
"""Seconds after which a test gives up on what should have come."""


def waits_for_a_lock(parts: Parts) -> bool:
    """Whether somebody stands behind somebody else."""
    with parts.database.connection() as connection:
        waiting = connection.execute(
            "SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return waiting.rowcount > 0
