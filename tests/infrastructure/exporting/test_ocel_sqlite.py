from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from infrastructure.exporting.ocel import OcelLog, ocel_log
from infrastructure.exporting.ocel_json import ocel_json
from infrastructure.exporting.ocel_sqlite import ocel_sqlite
from infrastructure.exports import Exported
from tests.support.exports import ODD, made

KINDS = ("event", "object")
KEYS = {
    "event_map_type": {"ocel_type"},
    "object_map_type": {"ocel_type"},
    "event": {"ocel_id"},
    "object": {"ocel_id"},
    "event_object": {"ocel_event_id", "ocel_object_id", "ocel_qualifier"},
    "object_object": {"ocel_source_id", "ocel_target_id", "ocel_qualifier"},
}
LEADS = {
    "event": {("ocel_type", "event_map_type", "ocel_type")},
    "object": {("ocel_type", "object_map_type", "ocel_type")},
    "event_object": {
        ("ocel_event_id", "event", "ocel_id"),
        ("ocel_object_id", "object", "ocel_id"),
    },
    "object_object": {
        ("ocel_source_id", "object", "ocel_id"),
        ("ocel_target_id", "object", "ocel_id"),
    },
}
"""Primary and foreign keys of the tables that are there whatever the types are."""

COLUMNS = {"string": "TEXT", "time": "TIMESTAMP", "integer": "INTEGER", "boolean": "BOOLEAN"}


@contextmanager
def database(contents: bytes) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.deserialize(contents)
        opened.row_factory = sqlite3.Row
        yield opened


@contextmanager
def written(log: OcelLog) -> Iterator[sqlite3.Connection]:
    with database(ocel_sqlite(log)) as opened:
        yield opened


def tables(opened: sqlite3.Connection, kind: str) -> dict[str, str]:
    """The table of each type."""
    rows = opened.execute(f"SELECT * FROM {kind}_map_type")
    return {row["ocel_type"]: f"{kind}_{row['ocel_type_map']}" for row in rows}


def keys(opened: sqlite3.Connection, table: str) -> set[str]:
    return {row["name"] for row in opened.execute(f'PRAGMA table_info("{table}")') if row["pk"]}


def leads(opened: sqlite3.Connection, table: str) -> set[tuple[str, str, str]]:
    rows = opened.execute(f'PRAGMA foreign_key_list("{table}")')
    return {(row["from"], row["table"], row["to"]) for row in rows}


def columns(opened: sqlite3.Connection, table: str) -> dict[str, str]:
    return {row["name"]: row["type"] for row in opened.execute(f'PRAGMA table_info("{table}")')}


def test_its_tables_are_those_of_the_standard(every: list[Exported]) -> None:
    log = ocel_log(every)

    with written(log) as opened:
        names = {
            row["name"] for row in opened.execute("SELECT name FROM sqlite_master WHERE sql > ''")
        }
        of_types = {table for kind in KINDS for table in tables(opened, kind).values()}
        assert names == KEYS.keys() | of_types
        assert not KEYS.keys() & of_types
        assert tables(opened, "event").keys() == log.event_types.keys()
        assert tables(opened, "object").keys() == log.object_types.keys()


def test_its_keys_are_those_of_the_standard(every: list[Exported]) -> None:
    with written(ocel_log(every)) as opened:
        assert {table: keys(opened, table) for table in KEYS} == KEYS
        assert {table: leads(opened, table) for table in LEADS} == LEADS
        for kind in KINDS:
            for table in tables(opened, kind).values():
                assert leads(opened, table) == {("ocel_id", kind, "ocel_id")}
                assert keys(opened, table) == ({"ocel_id"} if kind == "event" else set())


def test_what_is_in_it_holds_together(every: list[Exported]) -> None:
    with written(ocel_log(every)) as opened:
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        assert opened.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_every_attribute_is_a_column_of_its_type(every: list[Exported]) -> None:
    log = ocel_log(every)

    with written(log) as opened:
        for kind, types in (("event", log.event_types), ("object", log.object_types)):
            fixed = {"ocel_id": "TEXT", "ocel_time": "TIMESTAMP"}
            fixed |= {"ocel_changed_field": "TEXT"} if kind == "object" else {}
            for type_, table in tables(opened, kind).items():
                told = {name: COLUMNS[kind] for name, kind in types[type_].items()}
                assert columns(opened, table) == fixed | told


def test_it_says_what_the_json_says(every: list[Exported]) -> None:
    log = ocel_log(every)
    said = json.loads(ocel_json(log))

    with written(log) as opened:
        assert list(_events(opened)) == [_without_types(one) for one in said["events"]]
        assert list(_objects(opened)) == [_without_types(one) for one in said["objects"]]


def _without_types(one: dict[str, Any]) -> dict[str, Any]:
    """Relations and attributes in the order of their names; the first of an object together."""
    told = sorted((a.get("time", ""), a["name"], a["value"]) for a in one["attributes"])
    related = sorted((r["objectId"], r["qualifier"]) for r in one["relationships"])
    known = {"id": one["id"], "type": one["type"], "told": told, "related": related}
    return known | ({"time": one["time"]} if "time" in one else {})


def _events(opened: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    of_type = tables(opened, "event")
    for id, type_ in opened.execute("SELECT ocel_id, ocel_type FROM event ORDER BY rowid"):
        [row] = opened.execute(f'SELECT * FROM "{of_type[type_]}" WHERE ocel_id = ?', (id,))
        told = _told(row, columns(opened, of_type[type_]), "")
        yield _one(opened, "event", id, type_, told) | {"time": row["ocel_time"]}


def _objects(opened: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    of_type = tables(opened, "object")
    for id, type_ in opened.execute("SELECT ocel_id, ocel_type FROM object ORDER BY rowid"):
        told = []
        for row in opened.execute(f'SELECT * FROM "{of_type[type_]}" WHERE ocel_id = ?', (id,)):
            some = _told(row, columns(opened, of_type[type_]), row["ocel_time"])
            changed = row["ocel_changed_field"]
            assert changed is None or [name for _, name, _ in some] == [changed]
            assert (changed is None) == (row["ocel_time"] == "1970-01-01T00:00:00.000000Z")
            told += some
        yield _one(opened, "object", id, type_, sorted(told))


def _told(row: sqlite3.Row, types: dict[str, str], time: str) -> list[tuple[str, str, str]]:
    fixed = ("ocel_id", "ocel_time", "ocel_changed_field")
    known = [name for name in row.keys() if name not in fixed and row[name] is not None]  # noqa: SIM118  # a Row iterates over values
    return sorted((time, name, _as_text(row[name], types[name])) for name in known)


def _as_text(value: Any, type_: str) -> str:
    return str(bool(value)).lower() if type_ == "BOOLEAN" else str(value)


def _one(
    opened: sqlite3.Connection, kind: str, id: str, type_: str, told: list[tuple[str, str, str]]
) -> dict[str, Any]:
    own, other = ("event_id", "object_id") if kind == "event" else ("source_id", "target_id")
    related = opened.execute(
        f"SELECT ocel_{other}, ocel_qualifier FROM {kind}_object WHERE ocel_{own} = ?", (id,)
    )
    return {"id": id, "type": type_, "told": told, "related": sorted(map(tuple, related))}


def test_types_whose_names_differ_in_signs_only_have_tables_of_their_own() -> None:
    topics = ("a.b", "A b", "a_b", "a_B", "map_type", "object", "次-序")
    log = ocel_log(made(nth, topic=topic) for nth, topic in enumerate(topics, start=1))

    with written(log) as opened:
        assert tables(opened, "event").keys() == set(topics)
        names = [table.casefold() for table in tables(opened, "event").values()]
        assert len(set(names)) == len(topics)
        for table in tables(opened, "event").values():
            assert opened.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] == 1


@pytest.mark.parametrize("name", ['a"b', "a'b;--", "select", "中文"])
def test_a_column_may_be_called_anything(name: str) -> None:
    with written(ocel_log([made(fields={name: ODD})])) as opened:
        [row] = opened.execute("SELECT * FROM event_ticket_noted")

        assert row[name] == ODD


def test_nothing_happened_is_a_database_too() -> None:
    with written(ocel_log([])) as opened:
        assert opened.execute("SELECT count(*) FROM event").fetchone()[0] == 0


def test_every_sqlite_writes_the_same_bytes() -> None:
    """Made with 3.40 and with 3.51. It changes with what is written, never with who writes it."""
    facts = [made(nth, fields={"text": ODD * nth, "count": nth}) for nth in range(1, 100)]

    digest = hashlib.sha256(ocel_sqlite(ocel_log(facts))).hexdigest()

    assert digest == "7e564fc8aaa75e540ce7ecc036e94e5e2a105187052b3e5de962c67b08769359"
