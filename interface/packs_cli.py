"""`yice packs`: policies as files and on the shelf, checked, compared and published."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import yaml

from application.pack_review import Reviewed, day_of, reviewed, said_by, without_day
from domain.errors import Invalid
from domain.pack import NoVersionInForce, Pack
from domain.pack_content import PackInvalid
from domain.pack_diff import Difference, differences
from infrastructure.pack_files import catalogue, read_pack, shipped_files
from infrastructure.wiring import Parts, now
from interface.printing import print_json, print_table

Opened = Callable[[], AbstractContextManager[Parts]]
"""The desk, ready to work with; opened only by those commands that ask it."""

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")


@click.group()
def packs() -> None:
    """Policies (制度): as files, and on the shelf of the desk."""


@packs.command("list")
@as_json
@click.pass_obj
def list_packs(opened: Opened, as_json: bool) -> None:
    """Every version of every pack, and how far it has come."""
    with opened() as parts:
        parts.projector.catch_up()
        names = [row.name for row in parts.pack_shelf.packs()]
        rows = [row for name in names for row in _rows(parts.packs.pack(name), now())]
    if as_json:
        print_json(rows)
    else:
        print_table("Packs", rows)


@packs.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=A_FILE)
@as_json
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Look packs over, together; those of this release if no FILE is named. 1: there are faults."""
    found, clashes = _check(files or shipped_files())
    if as_json:
        print_json({"files": found, "conflicts": clashes})
    else:
        for line in _lines(found, clashes):
            click.echo(line)
    sys.exit(1 if clashes or any(one.faults for one in found) else 0)


@packs.command()
@click.argument("pack", metavar="NAME[@VERSION]")
@as_json
@click.pass_obj
def show(opened: Opened, pack: str, as_json: bool) -> None:
    """What a version says; that in force, or else the newest, if none is named."""
    with opened() as parts:
        said = _version(parts, pack)
    if as_json:
        print_json(said)
    else:
        click.echo(yaml.safe_dump(dict(said), allow_unicode=True, sort_keys=False), nl=False)


@packs.command()
@click.argument("one")
@click.argument("other")
@as_json
@click.pass_obj
def diff(opened: Opened, one: str, other: str, as_json: bool) -> None:
    """What is different between two versions, NAME@1 NAME@2, or between two files."""
    before, after = _file(one), _file(other)
    if before is None or after is None:
        with opened() as parts:
            before = before or _version(parts, one)
            after = after or _version(parts, other)
    found = list(differences(before, after))
    if as_json:
        print_json(found)
    else:
        for difference in found:
            click.echo(_line(difference))


@packs.command()
@click.argument("file", type=A_FILE)
@click.option("--effective-from", help="A time with its offset; else as the file says.")
@as_json
@click.pass_obj
def publish(opened: Opened, file: Path, effective_from: str | None, as_json: bool) -> None:
    """Draft, approve and publish a FILE, unless something is wrong with it."""
    said = read_pack(file)
    day = day_of({"effective_from": effective_from} if effective_from else said)
    content = without_day(said)
    with opened() as parts:
        parts.projector.catch_up()
        receipt = parts.pack_review.publish(content, day, now())
        name, version = content["pack"], content["version"]
        doubts = parts.pack_review.doubts(name, version, now())
    if as_json:
        print_json({"id": receipt.stream_id, "version": version, "warnings": doubts})
        return
    for doubt in doubts:
        click.echo(f"warning: {doubt}", err=True)
    click.echo(f"{name}@{version} is in force from {day.isoformat()}")


def _check(files: Sequence[Path]) -> tuple[list[Reviewed], list[str]]:
    said: dict[str, Mapping[str, Any]] = {}
    unread = []
    for file in files:
        try:
            said[str(file)] = read_pack(file)
        except PackInvalid as invalid:
            unread.append(Reviewed(str(file), [invalid.detail], []))
    found, clashes = reviewed(said, catalogue())
    return unread + found, clashes


def _lines(found: Sequence[Reviewed], clashes: Sequence[str]) -> list[str]:
    lines = []
    for one in found:
        name = Path(one.file).name
        lines += [f"{name}: fault: {fault}" for fault in one.faults]
        lines += [f"{name}: warning: {warning}" for warning in one.warnings]
    return lines + [f"conflict: {clash}" for clash in clashes]


def _rows(pack: Pack, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "name": pack.name,
            "version": number,
            "state": _state(pack, number, at),
            "effective_from": drafted.effective_from,
            "title": pack.contents[number]["title"],
            "rules": len(pack.contents[number].get("rules", ())),
        }
        for number, drafted in sorted(pack.versions.items())
    ]


def _state(pack: Pack, number: int, at: datetime) -> str:
    drafted = pack.versions[number]
    if drafted.effective_from is None:
        return "approved" if drafted.approved else "drafted"
    if pack.abolished_from is not None and pack.abolished_from <= at:
        return "abolished"
    if drafted.effective_from > at:
        return "published"
    return "in force" if pack.in_force(at) == number else "replaced"


def _file(name: str) -> Mapping[str, Any] | None:
    return read_pack(Path(name)) if Path(name).is_file() else None


def _version(parts: Parts, asked: str) -> Mapping[str, Any]:
    """Raises NotFound, Invalid."""
    name, _, number = asked.partition("@")
    pack = parts.packs.pack(name)
    if number:
        if not number.isdecimal():
            raise Invalid(f"{number} is no version; say {name}@1", field="version")
        return said_by(pack, int(number))
    try:
        return said_by(pack, pack.in_force(now()))
    except NoVersionInForce:
        return said_by(pack, max(pack.versions, default=0))


def _line(difference: Difference) -> str:
    before, after = (_plain(value) for value in (difference.before, difference.after))
    return f"{difference.path}: {before} -> {after}"


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
