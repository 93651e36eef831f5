"""Workbooks (XLSX): the rows of their first sheet."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from itertools import dropwhile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from application.event_log import Cell

NOT_ONE = (BadZipFile, InvalidFileException, ParseError, LookupError, ValueError)
"""What reading a file raises that is no workbook."""


def first_sheet(path: Path) -> list[list[Cell]]:
    """The rows of the first sheet, without the empty cells at their ends."""
    with closing(load_workbook(path, read_only=True, data_only=True)) as book:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
        return [_cells(values) for values in sheet.iter_rows(values_only=True)]


def _cells(values: Sequence[Any]) -> list[Cell]:
    cells = [_cell(value) for value in reversed(values)]
    return list(dropwhile(lambda cell: cell == "", cells))[::-1]


def _cell(value: Any) -> Cell:
    """A number is read as one would type it: 10000000000000000 and not 1e+16."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)
