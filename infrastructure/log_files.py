"""Event logs and their maps, as they stand in files: CSV, XLSX and YAML."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import yaml

from application.event_log import Line, LogFile, LogUnreadable
from application.log_map import MapInvalid
from infrastructure.yaml_text import read_yaml

BOM = b"\xef\xbb\xbf"

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
"""Names that end so are read as workbooks, their first sheet; all others as CSV in UTF-8."""


def read_map(path: Path) -> Any:
    """What the map says, not yet checked. Raises MapInvalid, naming the line at fault."""
    try:
        return read_yaml(path.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MapInvalid(f"{path.name}: {error}", field="map") from None


def read_log(path: Path) -> LogFile:
    """Raises LogUnreadable if there is no header to be had."""
    return _workbook(path) if path.suffix.lower() in WORKBOOKS else _csv(path)


def _csv(path: Path) -> LogFile:
    """A broken row takes no other with it: reading goes on at the line below its first."""
    lines = _Lines(path.read_bytes().removeprefix(BOM))
    header = next(_csv_rows(lines, width=None), None)
    if header is None or header.fault is not None:
        raise LogUnreadable(f"{path.name}: no header: {header.fault if header else 'empty'}")
    return LogFile([str(name) for name in header.cells], _csv_rows(lines, len(header.cells)))


def _csv_rows(lines: _Lines, width: int | None) -> Iterator[Line]:
    """An unclosed quote would swallow what follows, so a row of several lines must be whole."""
    reader = csv.reader(lines, strict=True)
    while not lines.at_end:
        before = lines.read
        cells, fault = _csv_row(reader)
        number, spanned = before + 1, lines.read - before
        if fault is None and spanned > 1 and width not in (None, len(cells)):
            fault = f"has {len(cells)} columns in {spanned} lines, not {width}"
        if fault is not None:
            lines.read = number
        if fault is not None or any(cells):
            yield Line(number, cells, fault)


def _csv_row(reader: Iterator[list[str]]) -> tuple[list[str], str | None]:
    try:
        return next(reader, []), None
    except UnicodeDecodeError:
        return [], "is not in UTF-8"
    except csv.Error as error:
        return [], f"is no row of CSV: {error}"


class _Lines:
    """The lines of a file. `read` says how many have been, and may be set back."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.splitlines(keepends=True)
        self.read = 0

    @property
    def at_end(self) -> bool:
        return self.read >= len(self._lines)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self.at_end:
            raise StopIteration
        self.read += 1
        return self._lines[self.read - 1].decode()


def _workbook(path: Path) -> LogFile:
    from infrastructure import workbook  # openpyxl takes long to load, and only this needs it

    try:
        rows = workbook.first_sheet(path)
    except workbook.NOT_ONE as error:
        raise LogUnreadable(f"{path.name} is no workbook: {error}") from None
    if not rows or not rows[0]:
        raise LogUnreadable(f"{path.name}: no header: empty")
    width = len(rows[0])
    lines = [
        Line(number, cells + [""] * (width - len(cells)))
        for number, cells in enumerate(rows[1:], start=2)
        if cells
    ]
    return LogFile([str(name) for name in rows[0]], lines)
