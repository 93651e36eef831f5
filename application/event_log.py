"""An event log recorded elsewhere: what one row of it means, read as its map says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from application.log_map import LogMap, MapInvalid
from domain.errors import Invalid
from domain.form import FORM_TEXT_LIMIT
from domain.pack import Pack
from domain.sealed import checked

LABEL_LIMIT = 200
"""Longest label of a case, resource or customer, in characters: the limit of a name."""

INITIAL = "registered"
"""The state of a case before its first step."""

Cell = str | datetime
"""What a file says in one place. Workbooks hold times as such; they know no time zone."""


class LogUnreadable(Invalid):
    code = "log_unreadable"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file, at the line it begins on. `fault`: why it could not be read at all."""

    number: int
    cells: Sequence[Cell] = ()
    fault: str | None = None


@dataclass(frozen=True)
class LogFile:
    """Rows under a header, each of which is read once."""

    header: Sequence[str]
    lines: Iterable[Line]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """What a row says happened.

    `digest` is that of all its cells, kept or not: a row is known again by everything it says.
    `occurrence` is 1, and 1 more for each earlier row of the file that says the very same.
    """

    line: int
    case: str
    step: str
    done_by: str
    customer: str | None
    at: datetime
    form: Mapping[str, str]
    digest: bytes
    occurrence: int


class LogReader:
    """Reads the rows of one file as its map says."""

    def __init__(self, log: LogMap, header: Sequence[str]) -> None:
        """Raises MapInvalid for a column that the file does not have."""
        self._log, self._zone = log, log.zone
        self._names = distinct(header)
        self._must_have(log.columns.named, "columns")
        self._must_have(log.keep or (), "keep")
        rest = [name for name in self._names if name not in log.columns.named]
        self._kept = rest if log.keep is None else list(log.keep)
        if unkept := sorted(set(log.sealed) - set(self._kept)):
            raise MapInvalid(f"sealed: column {unkept[0]} is not kept", field="map")
        self._seen: Counter[bytes] = Counter()

    def pack(self) -> dict[str, Any]:
        """The pack of this log: every activity a step from any state, in the log's own word."""
        log = self._log
        steps = {activity: log.step_of(activity) for activity in log.activities}
        return {
            "pack": log.procedure.name,
            "version": log.procedure.version,
            "title": log.procedure.title,
            "procedure": {
                "register": log.procedure.name,
                "initial": INITIAL,
                "final": [mapped.step for mapped in steps.values() if mapped.final],
                "channels": [log.channel],
                "recorded": True,
                "steps": {
                    mapped.step: {"title": activity, "to": mapped.step, "form": self._form()}
                    for activity, mapped in steps.items()
                },
            },
        }

    def rows(self, lines: Iterable[Line]) -> Iterator[LogRow | RefusedRow]:
        for line in lines:
            try:
                yield self._row(line)
            except Invalid as invalid:
                yield RefusedRow(line.number, invalid.detail)

    def _row(self, line: Line) -> LogRow:
        """Raises Invalid."""
        said = self._said(line)
        texts = {name: _text(cell, name) for name, cell in said.items()}
        columns = self._log.columns
        digest = hashlib.sha256(msgspec.json.encode(texts, order="deterministic")).digest()
        row = LogRow(
            line=line.number,
            case=_label(texts, columns.case),
            step=self._step(_label(texts, columns.activity)),
            done_by=_label(texts, columns.resource),
            customer=_label(texts, columns.customer) if columns.customer in texts else None,
            at=self._time(said),
            form={name: texts[name] for name in self._kept if name in texts},
            digest=digest,
            occurrence=self._seen[digest] + 1,
        )
        self._seen[digest] += 1
        return row

    def _said(self, line: Line) -> dict[str, Cell]:
        """What stands in each column; those with nothing in them left out."""
        if line.fault is not None:
            raise Invalid(line.fault)
        if len(line.cells) != len(self._names):
            raise Invalid(f"has {len(line.cells)} columns, not {len(self._names)}")
        said = zip(self._names, line.cells, strict=True)
        stripped = {name: v.strip() if isinstance(v, str) else v for name, v in said}
        return {name: v for name, v in stripped.items() if v != ""}

    def _step(self, activity: str) -> str:
        if activity not in self._log.activities:
            raise Invalid(f"activity {activity!r} is not in the map")
        return self._log.step_of(activity).step

    def _time(self, said: Mapping[str, Cell]) -> datetime:
        times = [said.get(name, "") for name in self._log.columns.times]
        told = times[0] if len(times) == 1 else " ".join(map(str, times))
        at = told if isinstance(told, datetime) else self._parsed(told)
        try:
            at = (at if at.tzinfo else at.replace(tzinfo=self._zone)).astimezone(UTC)
        except OverflowError:
            raise Invalid(f"{told} is no time that can be reckoned with") from None
        if at < self._log.procedure.effective_from:
            raise Invalid(f"{at.isoformat()} is before procedure.effective_from of the map")
        return at

    def _parsed(self, told: str) -> datetime:
        form = self._log.time_format
        try:
            return datetime.fromisoformat(told) if form == "iso" else _strptime(told, form)
        except ValueError:
            names = ", ".join(self._log.columns.times)
            raise Invalid(f"{names}: {told!r} is no time as in time_format {form}") from None

    def _form(self) -> dict[str, Any]:
        """Kept columns; and the customer of a row that names another than its case, sealed."""
        sealed = set(self._log.sealed)
        form = {name: {"title": name, "sealed": name in sealed} for name in self._kept}
        customer = self._log.columns.customer
        return form if customer is None else form | {customer: {"title": customer, "sealed": True}}

    def _must_have(self, names: Iterable[str], place: str) -> None:
        for name in names:
            if name not in self._names:
                has = ", ".join(self._names)
                raise MapInvalid(f"{place}: no column {name} in the file; it has: {has}")


def of_logs(pack: Pack) -> bool:
    """Whether a pack is for what was recorded elsewhere; all others the desk works by."""
    procedures = [content.get("procedure") or {} for content in pack.contents.values()]
    return all(procedure.get("recorded", False) for procedure in procedures)


def distinct(header: Sequence[str]) -> list[str]:
    """A name of its own for each column: a second `Variant` is `Variant_2`."""
    given = [name.strip() or f"column_{n}" for n, name in enumerate(header, start=1)]
    taken, names = set[str](), list[str]()
    for name in given:
        n, free = 1, name
        while free in taken or (n > 1 and free in given):
            n += 1
            free = f"{name}_{n}"
        taken.add(free)
        names.append(free)
    return names


def _text(cell: Cell, name: str) -> str:
    """Raises Invalid, naming the column."""
    text = cell if isinstance(cell, str) else cell.isoformat(sep=" ")
    if text.isprintable() and len(text) <= FORM_TEXT_LIMIT:
        return text
    return checked(text, name=name, limit=FORM_TEXT_LIMIT)


def _label(texts: Mapping[str, str], name: str | None) -> str:
    assert name is not None
    text = texts.get(name, "")
    if 0 < len(text) <= LABEL_LIMIT:
        return text
    return checked(text, name=name, limit=LABEL_LIMIT)


def _strptime(told: str, form: str) -> datetime:
    return datetime.strptime(told, form)  # noqa: DTZ007 - the zone is that of the map
