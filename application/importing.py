"""Taking over a recorded event log, through the same commands that everybody uses.

Rows are sorted into cases, and cases carried whole, some hundred rows a transaction. Every
command has an id that follows from what its row says, so a run that was broken off is simply
run again: what is stored is known, and the rest is carried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from application.desk import Actor, Desk
from application.event_log import LogFile, LogReader, LogRow, RefusedRow, of_logs
from application.log_batch import Case, Ids, LogBatch, LogDesk, Outcome
from application.log_map import LogMap, MapInvalid
from application.packs import ApprovePack, DraftPack, Packs, PublishPack
from application.register import Conflict, KeyDestroyed
from domain.client import Client
from domain.errors import DomainError, NotFound, StaleVersion

BATCH_ROWS = 500
"""How many rows go into one transaction, give or take the last case."""

TRIES = 5
"""How often a batch is carried anew after somebody else wrote to one of its tickets."""

DRAFTER = Actor.system("import")
"""Who drafts the pack of a log; who runs the import approves it."""


class Import:
    """The taking over of one log. Safe to break off at any instant, and to run again."""

    def __init__(self, desk: Desk, log: LogMap, *, by: Actor, now: Callable[[], datetime]) -> None:
        self._desk, self._log, self._by, self._now = desk, log, by, now
        self._ids = Ids(desk.keys.secret("import-ids"), log.log)
        self._clients: dict[UUID, Client] = {}

    def run(self, file: LogFile, report: Callable[[int, int], None]) -> Outcome:
        """`report` is told after each transaction how many rows are through, and of how many.

        Raises MapInvalid, PackInvalid, VersionExists.
        """
        reader = LogReader(self._log, file.header)
        self._publish(reader.pack())
        outcome = Outcome()
        cases = _cases(self._readable(reader, file, outcome))
        outcome.cases = len(cases)
        through, total = 0, sum(len(case.rows) for case in cases)
        for batch in _batches(cases):
            outcome.add(self._carried(batch))
            through += sum(len(case.rows) for case in batch)
            report(through, total)
        outcome.refused.sort(key=lambda row: row.line)
        return outcome

    def _readable(self, reader: LogReader, file: LogFile, outcome: Outcome) -> Iterator[LogRow]:
        """The rows to carry; all others are counted."""
        for row in reader.rows(file.lines):
            outcome.rows += 1
            if isinstance(row, RefusedRow):
                outcome.refused.append(row)
            elif row.occurrence == 1:
                yield row
            else:
                outcome.repeated += 1
                outcome.dropped += self._log.duplicates == "drop"
                if self._log.duplicates == "keep":
                    yield row

    def _carried(self, cases: Sequence[Case]) -> Outcome:
        """What became of these cases: stored as one or, where one cannot be, each by itself."""
        for _ in range(TRIES):
            desk = LogDesk(self._desk, self._clients)
            batch = LogBatch(desk, self._log, self._ids, by=self._by, at=self._now())
            try:
                return batch.carry(cases)
            except Conflict:
                continue
            except (DomainError, KeyDestroyed) as refusal:
                if len(cases) == 1:
                    return batch.refused(cases[0], refusal)
                return self._carried_apart(cases)
        raise StaleVersion("others keep writing to the tickets of this log; run the import again")

    def _carried_apart(self, cases: Sequence[Case]) -> Outcome:
        outcome = Outcome()
        for case in cases:
            outcome.add(self._carried([case]))
        return outcome

    def _publish(self, content: dict[str, Any]) -> None:
        """Bring the log's pack into force, unless it is. Raises VersionExists for another."""
        packs, pack, at = Packs(self._desk), self._log.procedure, self._now()
        _must_be_of_logs(packs, pack.name)
        said = msgspec.json.encode([content, pack.effective_from], order="deterministic")
        key = f"import-pack-{sha256(said).hexdigest()[:32]}"
        packs.draft(
            DraftPack(
                by=DRAFTER,
                command_id=f"{key}-draft",
                received_at=at,
                name=pack.name,
                content=content,
            )
        )
        packs.approve(
            ApprovePack(
                by=self._by,
                command_id=f"{key}-approve",
                received_at=at,
                name=pack.name,
                version=pack.version,
            )
        )
        packs.publish(
            PublishPack(
                by=self._by,
                command_id=f"{key}-publish",
                received_at=at,
                name=pack.name,
                version=pack.version,
                effective_from=pack.effective_from,
            )
        )


def _must_be_of_logs(packs: Packs, name: str) -> None:
    """A log may not put its own pack in the place of one that the desk works by."""
    try:
        pack = packs.pack(name)
    except NotFound:
        return
    if not of_logs(pack):
        raise MapInvalid(f"procedure.name: {name} is a pack that the desk works by", field="map")


def _cases(rows: Iterable[LogRow]) -> list[Case]:
    """In the order in which they began; the file decides between rows of the same instant."""
    by_label: dict[str, list[LogRow]] = {}
    for row in rows:
        by_label.setdefault(row.case, []).append(row)
    cases = [Case(label, sorted(rows, key=_at)) for label, rows in by_label.items()]
    return sorted(cases, key=lambda case: case.rows[0].at)


def _at(row: LogRow) -> datetime:
    return row.at


def _batches(cases: Iterable[Case]) -> Iterator[list[Case]]:
    batch, rows = list[Case](), 0
    for case in cases:
        batch.append(case)
        rows += len(case.rows)
        if rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch
