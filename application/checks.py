"""What the packs in force expect to be on record for each of some, and of whom it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from application.packs import Packs
from application.views.figures import Figures
from application.views.staff_directory import StaffDirectory
from domain.check import EVERYBODY, Check
from domain.pack_content import PackContent

ALWAYS = timedelta(days=36_500)

PAGE = 500


class Checks:
    """Answered from the views, which may be some milliseconds behind."""

    def __init__(self, packs: Packs, figures: Figures, staff: StaffDirectory) -> None:
        self._packs, self._figures, self._staff = packs, figures, staff

    def missing(self, now: datetime) -> list[dict[str, Any]]:
        """One of each that is not on record: by which check, and for whom or what."""
        return [
            {
                "pack": pack.pack,
                "check": name,
                "title": check.title,
                "rule": check.rule,
                "each": each,
                "says": check.says.replace("{each}", each),
            }
            for pack in self._packs.in_force(now)
            for name, check in pack.checks.items()
            for each in self._not_told(pack, check, now)
        ]

    def _not_told(self, pack: PackContent, check: Check, now: datetime) -> list[str]:
        since = ALWAYS if check.within_days is None else timedelta(days=check.within_days)
        told = self._figures.named_in(
            check.word,
            check.field,
            same=check.with_,
            since=now - since,
            procedures=None if pack.is_overlay else [pack.pack],
        )
        return [each for each in self._asked_of(pack, check, now) if each not in told]

    def _asked_of(self, pack: PackContent, check: Check, now: datetime) -> list[str]:
        if check.each.list is not None:
            return list(pack.lists.get(check.each.list, ()))
        if check.each.staff != EVERYBODY:
            serving = self._staff.serving(str(check.each.staff), now)
            return [str(row.staff_id) for row in serving]
        return list(self._everybody())

    def _everybody(self) -> Iterator[str]:
        """Who has not left, the newest first."""
        before: int | None = None
        while rows := self._staff.page(before=before, limit=PAGE):
            yield from (str(row.staff_id) for row in rows if not row.has_left)
            before = rows[-1].registered_position
