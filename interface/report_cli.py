"""`yice report NAME`: the figures of a pack, what they come from, and what they might have been."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from application.instant import AsOf, Clock
from application.reports.asked import ReportAsked
from domain.period import days_of
from infrastructure.wiring import Parts, now
from interface.as_of_cli import Opened, as_json, instant_of, on_clock
from interface.figures import show_changes, show_figures
from interface.printing import print_json
from interface.report_formats import MEDIA_TYPES, written

A_DAY = click.DateTime(["%Y-%m-%d"])


def pack_version(value: str) -> tuple[str, int]:
    """PACK@VERSION."""
    pack, _, version = value.partition("@")
    if not pack or not version.isdecimal():
        raise click.BadParameter(f"{value} is no PACK@VERSION")
    return pack, int(version)


@click.command(hidden=True)
@click.argument("name", metavar="PACK/REPORT or CODE")
@click.option("--period", help="2026, 2026-H2, 2026-Q4, 2026-11, 2026-W48 or a day.")
@click.option("--from", "from_", type=A_DAY, help="The first day; else that of this month.")
@click.option("--to", type=A_DAY, help="The day behind the last; else the first of next month.")
@click.option("--unit", help="Of tickets opened there only.")
@click.option("--as-of", "as_of", type=instant_of, help="As it would have been printed then.")
@on_clock
@click.option("--what-if", type=pack_version, help="PACK@VERSION, as if that were in force.")
@click.option("--lineage", is_flag=True, help="Each ticket that was looked at, and its events.")
@click.option("--changed-since", type=instant_of, help="What is different since then, and why.")
@click.option("--format", "format_", type=click.Choice(["table", "json", *MEDIA_TYPES]))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Into this file.")
@as_json
@click.pass_obj
def report_of_pack(
    opened: Opened,
    name: str,
    period: str | None,
    from_: datetime | None,
    to: datetime | None,
    unit: str | None,
    as_of: datetime | None,
    clock: str,
    what_if: tuple[str, int] | None,
    lineage: bool,
    changed_since: datetime | None,
    format_: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """The figures of a report that a pack in force defines."""
    with opened() as parts:
        parts.projector.catch_up()
        at = now()
        named = parts.reports.named(name, at)
        if len(named) > 1 and (as_json or format_ in ("json", *MEDIA_TYPES)):
            each = ", ".join("/".join(one) for one in named)
            raise click.UsageError(f"{name} is several reports, name one: {each}")
        first, behind = _days(parts, period, from_, to)
        for pack, report in named:
            asked = ReportAsked(pack=pack, report=report, from_=first, to=behind, now=at, unit=unit)
            asked = replace(asked, what_if=what_if, lineage=lineage)
            if as_of is not None:
                asked = replace(asked, as_of=AsOf(as_of, Clock(clock)))
            if changed_since is not None:
                _show_changed(parts, asked, AsOf(changed_since, Clock(clock)), as_json=as_json)
            else:
                figures = parts.reports.report(asked)
                _show(figures, "json" if as_json else format_ or "table", out)


def _days(
    parts: Parts, period: str | None, from_: datetime | None, to: datetime | None
) -> tuple[date, date]:
    first, behind = days_of(period) if period else parts.reports.this_month(now())
    return from_.date() if from_ else first, to.date() if to else behind


def _show_changed(parts: Parts, asked: ReportAsked, since: AsOf, *, as_json: bool) -> None:
    changed = parts.reports.changed(asked, since)
    if as_json:
        print_json(changed)
    else:
        show_changes(changed)


def _show(figures: dict[str, Any], format_: str, out: Path | None) -> None:
    if format_ in MEDIA_TYPES:
        content = written(figures, format_)
        if out is None:
            sys.stdout.buffer.write(content)
        else:
            out.write_bytes(content)
    elif format_ == "json":
        print_json(figures)
    else:
        show_figures(figures)
