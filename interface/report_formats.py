"""Reports as files: CSV and XLSX for who computes on, a page for who prints."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from interface.report_sheets import Cell, Ratio, Sheet, sheets_of

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}

BOM = "\ufeff"
"""Without it spreadsheets take UTF-8 for something else."""

BAR, BARS = 18, 420
"""Height of a bar and length of the longest, in pixels."""


def written(report: Mapping[str, Any], format_: str) -> bytes:
    """`format_` is one of MEDIA_TYPES."""
    return _WRITERS[format_](report)


def shown(cell: Cell) -> str:
    """As a person reads it."""
    if isinstance(cell, Ratio):
        return "" if cell.value is None else f"{cell.value} ({cell.numerator}/{cell.denominator})"
    return "" if cell is None else str(cell)


def _csv(report: Mapping[str, Any]) -> bytes:
    """The first sheet. A share is three columns, so that everything in it is a number."""
    text = io.StringIO()
    writer = csv.writer(text)
    sheet = sheets_of(report)[0]
    shares = _shares(sheet)
    writer.writerow(_spread(sheet.columns, shares, lambda name: [f"{name} 分子", f"{name} 分母"]))
    for row in sheet.rows:
        writer.writerow(_spread([_harmless(cell) for cell in row], shares, _counts))
    return (BOM + text.getvalue()).encode()


def _harmless(cell: Cell) -> Any:
    """A text that a spreadsheet would take for a formula is told as the text that it is."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t"):
        return f"'{cell}"
    return cell


def _spread(
    cells: Sequence[Any], shares: Sequence[int], counts: Callable[[Any], list[Any]]
) -> list[Any]:
    found: list[Any] = []
    for place, cell in enumerate(cells):
        found += counts(cell) if place in shares else []
        found.append(cell.value if isinstance(cell, Ratio) else cell)
    return found


def _counts(cell: Any) -> list[Any]:
    return [cell.numerator, cell.denominator] if isinstance(cell, Ratio) else [None, None]


def _shares(sheet: Sheet) -> list[int]:
    places = range(len(sheet.columns))
    return [place for place in places if any(isinstance(row[place], Ratio) for row in sheet.rows)]


def _xlsx(report: Mapping[str, Any]) -> bytes:
    from interface.report_workbook import workbook  # openpyxl takes long to load

    return workbook(sheets_of(report), title=report["title"])


def _html(report: Mapping[str, Any]) -> bytes:
    """No script, and nothing from elsewhere."""
    title = f"{report['title']} {report['from']} – {report['to']}"
    body = "".join(_section(sheet) for sheet in sheets_of(report))
    page = f"<h1>{escape(title)}</h1>{_chart(report)}{body}"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="zh"><head>{head}</head><body>{page}</body></html>'.encode()


def _section(sheet: Sheet) -> str:
    columns = "".join(f"<th>{escape(name)}</th>" for name in sheet.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(shown(cell))}</td>' for cell in row)}</tr>"
        for row in sheet.rows
    )
    head, body = f"<thead><tr>{columns}</tr></thead>", f"<tbody>{rows}</tbody>"
    return f"<h2>{escape(sheet.title)}</h2><table>{head}{body}</table>"


def _chart(report: Mapping[str, Any]) -> str:
    """A bar a group, for each measure."""
    return "".join(_bars(report, name) for name in report["measures"] if report["groups"])


def _bars(report: Mapping[str, Any], measure: str) -> str:
    told = [
        (" · ".join(shown(v) for v in group["by"].values()), group["measures"][measure]["value"])
        for group in report["groups"]
    ]
    values = [Decimal(value) for _, value in told if value is not None]
    longest = max([*map(abs, values), Decimal(1)])
    bars = "".join(
        f'<text x="190" y="{place * BAR + 13}" text-anchor="end">{escape(name[:24])}</text>'
        f'<rect x="200" y="{place * BAR + 2}" height="{BAR - 4}"'
        f' width="{abs(Decimal(value or 0)) / longest * BARS:.1f}"/>'
        f'<text x="{205 + abs(Decimal(value or 0)) / longest * BARS:.1f}"'
        f' y="{place * BAR + 13}">{"–" if value is None else escape(str(value))}</text>'
        for place, (name, value) in enumerate(told)
    )
    heading = report["definition"].get("headings", {}).get(measure, measure)
    size = f'width="720" height="{len(told) * BAR + 4}"'
    return (
        f"<figure><figcaption>{escape(heading)}</figcaption>"
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{bars}</svg></figure>'
    )


_STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em;color:#111}
table{border-collapse:collapse;margin:0 0 2em}th,td{border:1px solid #bbb;padding:.3em .6em;
text-align:left;vertical-align:top;font-variant-numeric:tabular-nums}th{background:#eee}
svg text{font-size:12px}svg rect{fill:#356}figure{margin:0 0 1em}
@media print{body{margin:0;font-size:10px}thead{display:table-header-group}tr{break-inside:avoid}}
"""

_WRITERS: Mapping[str, Callable[[Mapping[str, Any]], bytes]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "html": _html,
}
