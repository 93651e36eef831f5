"""What is posted for everybody (公开上墙): the last publication of each unit, by board."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from application.packs import Packs
from application.views.figures import Figures
from application.views.staff_directory import StaffDirectory
from domain.errors import NotFound

PUBLISH = "publish"
"""The step whose form is shown."""


class Boards:
    """A procedure that is `public` publishes on the board of that name (PX-08, CH-35)."""

    def __init__(self, packs: Packs, figures: Figures, staff: StaffDirectory) -> None:
        self._packs, self._figures, self._staff = packs, figures, staff

    def board(self, name: str, now: datetime) -> dict[str, Any]:
        """By unit what was published last. Raises NotFound for a board that no pack has."""
        pack = self._public(now).get(name)
        if pack is None:
            raise NotFound(f"no board {name}", field="board")
        return {"board": name, "units": self._published(pack, now)}

    def gaps(self, now: datetime) -> list[str]:
        """Units in which people work and nothing is posted, board by board."""
        units = set(self._staff.units())
        return [
            f"unit {unit} has nothing on board {board}"
            for board, pack in self._public(now).items()
            for unit in sorted(units - self._published(pack, now).keys())
        ]

    def _published(self, pack: str, now: datetime) -> dict[str, Any]:
        return {
            last.unit: {**last.form, "version": last.number, "published_at": last.happened_at}
            for last in self._figures.last_by_unit(PUBLISH, pack, now)
        }

    def _public(self, now: datetime) -> dict[str, str]:
        """By board the pack whose procedure publishes it."""
        packs = [(c.procedure, c.pack) for c in self._packs.in_force(now)]
        return {p.public: pack for p, pack in packs if p is not None and p.public is not None}
