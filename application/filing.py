"""Taking clients and staff over from a table: all rows or none, and what is wrong row by row.

The rows are carried by the commands that everybody uses, first without storing anything. Ids
follow from the file's key column, so the same file again adds only what was not there before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from application.desk import Actor, Batch, Command, Desk
from application.event_log import LogFile, distinct
from application.log_batch import Ids
from application.register import Conflict, KeyDestroyed, KeyStore
from domain.errors import DomainError, Invalid, StaleVersion

KEY = "key"
"""The field that tells rows apart, and from which ids follow."""

TRIES = 5
"""How often rows are carried anew after somebody else wrote to what they are about."""


class UnknownColumn(Invalid):
    code = "unknown_column"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row. `code` is that of the refusal, `rule` the catalogue's if any."""

    row: int
    column: str | None
    code: str
    says: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """A row that says what another says, or a client on file: a manager has to decide."""

    row: int
    by: str
    other_row: int | None = None
    client_id: UUID | None = None


@dataclass(kw_only=True)
class Filed:
    """What became of the rows: filed + already_there + the rows at fault = rows."""

    rows: int = 0
    filed: int = 0
    already_there: int = 0
    stored: bool = False
    faults: list[Fault] = field(default_factory=list)
    twins: list[Twin] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what stands in each field of ours that has something in it."""

    number: int
    said: Mapping[str, str]

    @property
    def key(self) -> str:
        return self.said[KEY]


Step = tuple[str, str, str, Command]
"""The field that it comes from, which part of the desk carries it out by what, and the command."""


class DryKeys(KeyStore):
    """Makes no key for anybody: what is only tried out leaves nothing behind."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def create(self, subject: UUID) -> str:
        return ""

    def destroy(self, subject: UUID) -> None:
        raise NotImplementedError

    def destroyed(self) -> list[UUID]:
        return self._keys.destroyed()

    def secret(self, name: str) -> bytes:
        return self._keys.secret(name)


class Filing:
    """One table. `source` names where it comes from: within it a key means one thing.

    `columns`: which column of the file is which field of ours, where they are not called alike.
    """

    FIELDS: ClassVar[frozenset[str]]
    NEEDED: ClassVar[frozenset[str]] = frozenset({KEY, "name"})
    KIND: ClassVar[str]

    def __init__(
        self,
        desk: Desk,
        source: str,
        columns: Mapping[str, str],
        *,
        by: Actor,
        now: Callable[[], datetime],
    ) -> None:
        self._desk, self._by, self._now = desk, by, now
        self._columns = columns
        self._ids = Ids(desk.keys.secret("import-ids"), f"{self.KIND} {source}")

    def run(self, file: LogFile, *, dry: bool = False, skip_bad: bool = False) -> Filed:
        """Stores all, or with `skip_bad` all that is sound, in one transaction; dry: nothing.

        Raises Invalid for columns that are no fields of ours, or are missing; StaleVersion.
        """
        filed = Filed()
        rows = self._sound(file, filed)
        known = self._known(rows)
        filed.already_there = len(known)
        rows = [row for row in rows if self._command_id(row) not in known]
        filed.twins = self.twins(rows)
        rows = self._tried(rows, filed, dry=True)
        filed.stored = not dry and bool(rows) and (skip_bad or not filed.faults)
        if filed.stored:
            rows = self._stored(rows, filed)
        filed.filed = len(rows) if dry or filed.stored else 0
        filed.faults.sort(key=lambda fault: fault.row)
        return filed

    def steps(self, row: Row) -> Iterator[Step]:
        """What is done for a row, in two rounds: the first is to register."""
        raise NotImplementedError

    def parts(self, desk: Desk) -> Mapping[str, Any]:
        """What carries out the steps, on this desk."""
        raise NotImplementedError

    def twins(self, rows: Sequence[Row]) -> list[Twin]:
        """Rows that say what others say. Of those that are taken over."""
        return []

    def said(self, row: Row, what: str) -> dict[str, Any]:
        """What every command says."""
        command_id = self._command_id(row)
        return {
            "by": self._by,
            "command_id": command_id if what == "name" else f"{command_id} {what}",
            "received_at": self._now(),
        }

    def id_of(self, key: str) -> UUID:
        return self._ids.of(self.KIND, key)

    def _command_id(self, row: Row) -> str:
        return self._ids.command(self.KIND, row.key)

    def _known(self, rows: Sequence[Row]) -> set[str]:
        ids = [self._command_id(row) for row in rows]
        return set(self._desk.register.known(self._by.ref, ids))

    def _stored(self, rows: list[Row], filed: Filed) -> list[Row]:
        """Tried anew where others wrote meanwhile. Raises StaleVersion."""
        for _ in range(TRIES):
            try:
                return self._tried(rows, filed, dry=False)
            except Conflict:
                continue
        raise StaleVersion("others keep writing to the same files; run it again")

    def _tried(self, rows: list[Row], filed: Filed, *, dry: bool) -> list[Row]:
        """The rows that can be carried together; each round leaves out those at fault."""
        while True:
            batch = Batch(self._desk)
            if dry:
                batch.keys = DryKeys(self._desk.keys)
            faults = self._carried(rows, batch)
            if not faults:
                if not dry:
                    batch.commit()
                return rows
            filed.faults += faults
            bad = {fault.row for fault in faults}
            rows = [row for row in rows if row.number not in bad]

    def _carried(self, rows: Sequence[Row], batch: Batch) -> list[Fault]:
        """The first fault of each row: all are registered before anything else is said of them."""
        steps = {row.number: list(self.steps(row)) for row in rows}
        faults, parts = dict[int, Fault](), self.parts(batch)
        for is_first in (True, False):
            for number, all_of_row in steps.items():
                todo = all_of_row[:1] if is_first else all_of_row[1:]
                if number not in faults and (fault := self._fault(number, todo, parts)):
                    faults[number] = fault
        return list(faults.values())

    def _fault(self, number: int, steps: Sequence[Step], parts: Mapping[str, Any]) -> Fault | None:
        for name, part, does, command in steps:
            try:
                getattr(parts[part], does)(command)
            except DomainError as refusal:
                at = self._column(refusal.field if refusal.field in self.FIELDS else name)
                return Fault(number, at, refusal.code, refusal.detail, refusal.rule)
            except KeyDestroyed:
                return Fault(number, self._column(KEY), "person_erased", "was erased here")
        return None

    def _sound(self, file: LogFile, filed: Filed) -> list[Row]:
        """The rows that can be read, have what is needed, and are told apart."""
        names = self._fields(file.header)
        rows, seen = list[Row](), dict[str, int]()
        for line in file.lines:
            filed.rows += 1
            if line.fault is not None or len(line.cells) != len(names):
                says = line.fault or f"has {len(line.cells)} columns, not {len(names)}"
                filed.faults.append(Fault(line.number, None, "unreadable", says))
                continue
            texts = {name: str(cell).strip() for name, cell in zip(names, line.cells, strict=True)}
            row = Row(line.number, {name: text for name, text in texts.items() if text})
            if fault := self._not_sound(row, seen):
                filed.faults.append(fault)
                continue
            seen[row.key] = row.number
            rows.append(row)
        return rows

    def _not_sound(self, row: Row, seen: Mapping[str, int]) -> Fault | None:
        for name in sorted(self.NEEDED - row.said.keys()):
            return Fault(row.number, self._column(name), "missing", "is empty")
        if row.key in seen:
            says = f"stands in row {seen[row.key]} already"
            return Fault(row.number, self._column(KEY), "repeated", says)
        return None

    def _fields(self, header: Sequence[str]) -> list[str]:
        """Which field of ours each column is. Raises Invalid."""
        ours = {column: name for name, column in self._columns.items()}
        names = [ours.get(column, column) for column in distinct(header)]
        fields = ", ".join(sorted(self.FIELDS))
        for name in names:
            if not self.is_field(name):
                raise UnknownColumn(f"column {name} is none of ours: {fields}", field="map")
        if missing := sorted(self.NEEDED - set(names)):
            raise UnknownColumn(f"no column is {missing[0]}", field="map")
        return names

    def is_field(self, name: str) -> bool:
        return name in self.FIELDS

    def _column(self, name: str) -> str:
        """As the file calls it."""
        return self._columns.get(name, name)
