"""Drawing by lot, so that anybody can draw again and get the same."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from uuid import UUID


def drawn(ids: Collection[UUID], *, seed: str, size: int) -> list[UUID]:
    """So many by that seed; the same whatever order they come in, and on whatever machine."""

    def lot(one: UUID) -> bytes:
        return hashlib.sha256(f"{seed}/{one}".encode()).digest()

    return sorted(set(ids), key=lot)[:size]


def share_of(count: int, percent: int) -> int:
    """So many percent of them, rounded up."""
    return -(-percent * count // 100)
