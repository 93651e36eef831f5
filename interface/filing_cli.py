"""`yice import-clients` and `yice import-staff`: tables become files, all rows or none.

Exit codes: 0 stored, or sound in a dry run; 1 rows are at fault; 2 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from application.filing import Filed, Filing
from application.log_map import MapInvalid
from application.people_files import ClientFile, StaffFile
from infrastructure.log_files import read_log, read_map
from infrastructure.wiring import Parts, now
from interface.printing import out, print_json, print_table
from interface.token_cli import OPERATOR

SHOWN = 20
"""How many faults and duplicates people are shown; scripts get them all."""

Opened = Callable[[], AbstractContextManager[Parts]]
"""The desk, ready to work with."""

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

OPTIONS = (
    click.argument("file", type=A_FILE),
    click.option("--map", "map_file", type=A_FILE, help="YAML: our field to the file's column."),
    click.option("--source", default="file", show_default=True, help="Where its keys are good."),
    click.option("--dry-run", is_flag=True, help="Say what would become of it; store nothing."),
    click.option("--skip-bad", is_flag=True, help="Store the sound rows though others are not."),
    click.option("--json", "as_json", is_flag=True, help="For a script."),
    click.pass_obj,
)


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command("import-clients")
@_with_options
def import_clients(opened: Opened, file: Path, map_file: Path | None, **said: Any) -> None:
    """Put clients on file from a table, CSV or XLSX: key, name, phone, mobile, address, …

    Run again, it adds only the rows whose keys are new. Duplicates are told, and left to a manager.
    """

    def make(parts: Parts, source: str, columns: Mapping[str, str]) -> Filing:
        parts.projector.catch_up()
        shared: dict[str, Any] = {"index": parts.matching, "matches": parts.matches}
        return ClientFile(parts.desk, source, columns, by=OPERATOR, now=now, **shared)

    _run(make, opened, file, map_file, **said)


@click.command("import-staff")
@_with_options
def import_staff(opened: Opened, file: Path, map_file: Path | None, **said: Any) -> None:
    """Register staff from a table, CSV or XLSX: key, name, unit, post, roles, superior."""

    def make(parts: Parts, source: str, columns: Mapping[str, str]) -> Filing:
        return StaffFile(parts.desk, source, columns, by=OPERATOR, now=now)

    _run(make, opened, file, map_file, **said)


def _run(
    make: Callable[[Parts, str, Mapping[str, str]], Filing],
    opened: Opened,
    file: Path,
    map_file: Path | None,
    *,
    source: str,
    dry_run: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    columns = _columns(map_file)
    rows = read_log(file)
    with opened() as parts:
        filed = make(parts, source, columns).run(rows, dry=dry_run, skip_bad=skip_bad)
    if as_json:
        print_json(asdict(filed) | {"dry_run": dry_run})
    else:
        _show(filed, dry_run)
    sys.exit(bool(filed.faults))


def _columns(map_file: Path | None) -> Mapping[str, str]:
    """Raises MapInvalid."""
    said = {} if map_file is None else read_map(map_file)
    columns = said.get("columns", said) if isinstance(said, Mapping) else None
    if not isinstance(columns, Mapping) or not all(isinstance(c, str) for c in columns.values()):
        raise MapInvalid("a map says `field: column`, line by line", field="map")
    return {str(name): column for name, column in columns.items()}


def _show(filed: Filed, dry_run: bool) -> None:
    counts = {
        "rows": filed.rows,
        "would be filed" if dry_run else "filed": filed.filed,
        "already there": filed.already_there,
        "at fault": len(filed.faults),
        "duplicates": len(filed.twins),
    }
    print_table("Import", [{"": name, "is": value} for name, value in counts.items()])
    for fault in filed.faults[:SHOWN]:
        rule = f" ({fault.rule})" if fault.rule else ""
        _line(f"row {fault.row}, {fault.column or 'all of it'}: {fault.says}{rule}")
    for twin in filed.twins[:SHOWN]:
        other = f"row {twin.other_row}" if twin.client_id is None else f"client {twin.client_id}"
        _line(f"row {twin.row}, {twin.by}: says what {other} says")
    if filed.faults and not filed.stored and not dry_run:
        _line("Nothing was stored. Put the rows right, or leave them out with --skip-bad.")


def _line(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
