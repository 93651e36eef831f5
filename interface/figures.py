"""`yice report PACK/REPORT`: what is seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from interface.printing import out, print_json, print_table

WHOLE = "all"
"""What the row of all groups together is called."""

OF_PACK = "of-pack"
"""The command behind `yice report PACK/REPORT`."""


class Reporting(click.Group):
    """What is no command is the report of a pack: PACK/REPORT."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and "/" in args[0]:
            args = [OF_PACK, *args]
        return super().resolve_command(ctx, args)


def show_figures(report: Mapping[str, Any], *, as_json: bool) -> None:
    """The figures of `application.reports.packs`: a row a group, and one of the whole."""
    if as_json:
        print_json(report)
        return
    title = f"{report['title']} {report['from']} – {report['to']}"
    if report["measures"]:
        groups = [_row(group["by"], group) for group in report["groups"]]
        whole = dict.fromkeys(report["definition"]["by"]) or {"": None}
        named = {name: WHOLE if place == 0 else None for place, name in enumerate(whole)}
        print_table(title, [*groups, _row(named, report)])
    if report["list"]:
        print_table(title, report["list"])
    if report["target"]:
        aim = report["target"]
        met = {True: "met", False: "missed", None: "nothing to measure"}[aim["met"]]
        out.print(f"Target {aim['measure']} {aim['required']}: {met}", highlight=False)
    for name, trend in (report["trend"] or {}).items():
        out.print(f"{name}: before {trend['before']}, {trend['difference']}", highlight=False)


def _row(by: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    return {**by, **{name: figure["value"] for name, figure in group["measures"].items()}}
