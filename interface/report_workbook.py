"""Reports as workbooks: numbers are numbers, sums and shares are formulas that say how."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from interface.report_sheets import Ratio, Sheet

_NOT_IN_TITLES = str.maketrans("[]:*?/\\", "       ")

_FIRST = 2
"""The row behind that of the headings."""


def workbook(sheets: Sequence[Sheet], *, title: str) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = title
    book.properties.created = book.properties.modified = datetime(2000, 1, 1, tzinfo=UTC).replace(
        tzinfo=None
    )
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title.translate(_NOT_IN_TITLES)[:31]), sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(into: Worksheet, sheet: Sheet) -> None:
    """A share takes three columns: its two counts, and the formula over them."""
    places = _places(sheet)
    for name, place in zip(sheet.columns, places, strict=True):
        if place.is_share:
            _head(into, place.column, f"{name} 分子")
            _head(into, place.column + 1, f"{name} 分母")
        _head(into, place.last, f"{name} %" if place.is_share else name)
    for number, row in enumerate(sheet.rows, start=_FIRST):
        for index, (value, place) in enumerate(zip(row, places, strict=True)):
            is_sum = index in sheet.sums and number == len(sheet.rows) + 1
            _write(into, number, place, _sum(place.last, number) if is_sum else value)
    into.freeze_panes = "A2"


class _Place:
    """Where a column of the sheet begins in the workbook, counted from 1."""

    def __init__(self, column: int, is_share: bool) -> None:
        self.column, self.is_share = column, is_share

    @property
    def last(self) -> int:
        return self.column + 2 * self.is_share


def _places(sheet: Sheet) -> list[_Place]:
    places: list[_Place] = []
    column = 1
    for index in range(len(sheet.columns)):
        place = _Place(column, any(isinstance(row[index], Ratio) for row in sheet.rows))
        places.append(place)
        column = place.last + 1
    return places


def _head(into: Worksheet, column: int, name: str) -> None:
    cell = into.cell(1, column)
    _text(cell, name)
    cell.font = Font(bold=True)
    into.column_dimensions[get_column_letter(column)].width = max(12, min(40, 2 * len(name)))


def _write(into: Worksheet, row: int, place: _Place, value: object) -> None:
    cell = into.cell(row, place.last)
    if isinstance(value, Ratio):
        above, below = into.cell(row, place.column), into.cell(row, place.column + 1)
        above.value, below.value = value.numerator, value.denominator
        counts = f"{above.coordinate}/{below.coordinate}"
        cell.value = f'=IF({below.coordinate}=0,"",ROUND(100*{counts},1))'
        cell.number_format = "0.0"
    elif isinstance(value, _Formula):
        cell.value = value.text
    elif isinstance(value, bool | int | Decimal) or value is None:
        cell.value = value
    else:
        _text(cell, str(value))


class _Formula:
    def __init__(self, text: str) -> None:
        self.text = text


def _sum(column: int, row: int) -> _Formula:
    letter = get_column_letter(column)
    return _Formula(f"=SUM({letter}{_FIRST}:{letter}{row - 1})")


def _text(cell: Cell | MergedCell, said: str) -> None:
    """A text, whatever it begins with; without what no workbook can hold."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", said)
    cell.data_type = "s"
