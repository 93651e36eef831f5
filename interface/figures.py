"""`yice report NAME`: what is seen of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from interface.printing import out, print_table
from interface.report_formats import shown
from interface.report_sheets import sheets_of

OF_PACK = "of-pack"
"""The command behind `yice report PACK/REPORT`."""

_NAME = re.compile(r".*/.*|R-\d\d", re.ASCII)


class Reporting(click.Group):
    """What is no command is the report of a pack: PACK/REPORT, or its code."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and _NAME.fullmatch(args[0]):
            args = [OF_PACK, *args]
        return super().resolve_command(ctx, args)


def show_figures(report: Mapping[str, Any]) -> None:
    """The figures of `application.reports.packs`: a row a group, and one of the whole."""
    period = f"{report['from']} – {report['to']}"
    for sheet in sheets_of(report):
        rows = [dict(zip(sheet.columns, map(shown, row), strict=True)) for row in sheet.rows]
        print_table(f"{sheet.title} {period}", rows)


def show_changes(changed: Mapping[str, Any]) -> None:
    measures = [{"": name, **values} for name, values in changed["measures"].items()]
    print_table(f"Figures that changed since {changed['since']}", measures)
    told = [
        {"ticket": one["ticket"], "before": _said(one["before"]), "now": _said(one["now"])}
        for one in changed["tickets"]
    ]
    print_table("Tickets behind it", told)
    if not (measures or told):
        out.print("nothing", highlight=False)


def _said(rows: list[dict[str, Any]] | None) -> str:
    if rows is None:
        return "not there"
    return "; ".join(
        ", ".join(f"{path}={value}" for path, value in row["values"].items())
        + ("" if row["counts"] else f" (left out: {row['why_not']})")
        for row in rows
    )
