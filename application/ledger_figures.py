"""Entries of the ledger as figures ask about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from application.ledger_terms import Terms
from application.views.ledger import LedgerRow
from domain.errors import NotFound
from domain.ledger_table import Reckoned
from domain.pack_content import PackContent
from domain.sealed import in_clear
from domain.zone import Zone

REVERSAL = 2
"""The line of an entry that takes it back."""


@dataclass(frozen=True, kw_only=True)
class EntryFigures:
    """One line: an entry, or what reverses it. Amounts are in whole units, `entry.amount`.

    `entry.month`: that in which it was booked, or in which it happened; in the desk's zone.
    """

    row: LedgerRow
    zone: Zone

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
        if name == "month":
            return f"{self.zone.local(self.row.booked_at or self.row.happened_at):%Y-%m}"
        value = getattr(self.row, name, None)
        if name in ("amount", "most"):
            return Decimal(value or 0) / 100
        return str(value) if isinstance(value, UUID) else in_clear(value)


def under(line: LedgerRow, other: PackContent) -> LedgerRow:
    """The line as another version of its pack reckons it, from the facts that were told.

    What somebody decided stays as near to that as the other table allows; how many-eth time it was
    stays as counted. Raises NotFound where that version has no such table, and what its guards
    refuse or its cases cannot reckon.
    """
    if line.table_name not in other.ledger:
        raise NotFound(f"no table {line.table_name}", field="table")
    terms = Terms(other, line.table_name)
    look = terms.look(line.facts, line.nth)
    terms.table.refuse("proposed", look)
    found = terms.table.reckoned(look, terms.grade)
    sign = -1 if line.line == REVERSAL else 1
    return replace(
        line,
        pack_version=other.version,
        kind=terms.table.kind,
        grade=terms.table.grade,
        currency=found.currency,
        named=found.named,
        most=found.most,
        amount=sign * _nearest(sign * line.amount, line, found),
    )


def _nearest(decided: int, line: LedgerRow, found: Reckoned) -> int:
    """In hundredths."""
    if line.booked_at is None:
        return found.amount
    if line.sanction is not None and line.sanction not in found.sanctions:
        return 0
    return min(max(decided, found.amount), found.most)
