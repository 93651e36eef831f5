"""What is asked of a report, and the rows that answer it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from application.client_figures import ClientFigures
from application.instant import AsOf
from domain.pack_content import PackContent
from domain.report import Row


@dataclass(frozen=True, kw_only=True)
class ReportAsked:
    """Days in the desk's zone: from the beginning of the first until that of `to`, as of `now`.

    `version` of the pack: None for the one in force. `unit`: of tickets opened there only.
    `reader_id`: the member of staff who reads it, and to whom some clients may be hidden.
    `as_of`: as it would have been then, by the pack in force then. `what_if`: a pack and a version
    of it, as if that had been in force, for promises of time and entries of the ledger. `lineage`:
    with each row looked at.
    """

    pack: str
    report: str
    from_: date
    to: date
    now: datetime
    version: int | None = None
    unit: str | None = None
    reader_id: UUID | None = None
    as_of: AsOf | None = None
    what_if: tuple[str, int] | None = None
    lineage: bool = False


@dataclass(frozen=True)
class RuledRow:
    """A row that also answers for what the pack itself says: its values and lists.

    `why_not`: what keeps it out of the report, whatever the definition asks.
    """

    row: Row
    content: PackContent
    reader_id: UUID | None = None
    why_not: str | None = None

    @property
    def ticket_id(self) -> UUID:
        return self.row.ticket_id

    @property
    def follows(self) -> str | None:
        """The pack, and its version, that what stands behind it follows; None of what has none."""
        for pack, version in _FOLLOWED:
            if (name := self.row.look(pack)) is not None:
                return f"{name}@{self.row.look(version)}"
        return None

    def look(self, path: str) -> Any:
        where, _, name = path.partition(".")
        if where == "policy":
            return self.content.values.get(name)
        if where == "list":
            return list(self.content.lists.get(name, ()))
        if path == "this.client_id" or (where == "client" and not self._is_client):
            return None if self._is_hidden() else self.row.look(path)
        return self.row.look(path)

    @property
    def _is_client(self) -> bool:
        return isinstance(self.row, ClientFigures)

    def _is_hidden(self) -> bool:
        """Whether it is hidden from who reads this whose matter it is."""
        hidden_from = self.row.look("this.hidden_from_id")
        return hidden_from is not None and hidden_from == str(self.reader_id)


_FOLLOWED = (
    ("this.procedure", "this.pack_version"),
    ("entry.pack", "entry.pack_version"),
    ("assessment.pack", "assessment.pack_version"),
)
