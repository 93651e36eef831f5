"""Entries of the ledger as figures ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.views.ledger import LedgerRow
from domain.sealed import in_clear


@dataclass(frozen=True, kw_only=True)
class EntryFigures:
    """One line: an entry, or what reverses it. Amounts are in whole units, `entry.amount`."""

    row: LedgerRow

    @property
    def ticket_id(self) -> UUID:
        """What stands behind a figure over the ledger: the entry."""
        return self.row.entry_id

    def look(self, path: str) -> Any:
        """`entry.holder`, `entry.table_name`, `entry.state` …, and `facts.<name>` in clear."""
        where, _, name = path.partition(".")
        if where == "facts":
            return in_clear(self.row.facts).get(name)
        if where != "entry":
            return None
        value = getattr(self.row, name, None)
        if name in ("amount", "most"):
            return Decimal(value or 0) / 100
        return str(value) if isinstance(value, UUID) else in_clear(value)
