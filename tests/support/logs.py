"""A small event log of a made-up repair shop, the map that reads it, and a desk to import it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from application.desk import Actor
from application.importing import Import
from application.log_batch import Outcome
from application.log_map import LogMap
from infrastructure.log_files import read_log
from infrastructure.settings import Settings
from infrastructure.wiring import Parts
from tests.support.facts import NOON
from tests.support.postgres import desk_urls

OPERATOR = Actor.system("operator")

HEADER = ("case", "activity", "who", "customer", "time", "device")

MAP: Mapping[str, Any] = {
    "log": "workshop",
    "columns": {
        "case": "case",
        "activity": "activity",
        "resource": "who",
        "customer": "customer",
        "time": "time",
    },
    "time_zone": "Asia/Shanghai",
    "time_format": "%Y-%m-%d %H:%M",
    "procedure": {
        "name": "workshop",
        "version": 1,
        "title": "维修",
        "effective_from": "2020-01-01T00:00:00+08:00",
    },
    "channel": "phone",
    "unit": "repairs",
    "activities": {
        "接单": "receive",
        "检修": "repair",
        "取走": {"step": "hand-out", "final": True},
    },
}


def mapped(**otherwise: Any) -> LogMap:
    return LogMap.read({**MAP, **otherwise})


def row(
    case: str = "K1",
    activity: str = "接单",
    time: str = "2020-03-02 09:00",
    *,
    who: str = "甲",
    customer: str = "张",
    device: str = "lamp",
) -> list[str]:
    return [case, activity, who, customer, time, device]


def many_cases(count: int) -> list[list[str]]:
    """Three rows each, an hour apart, by two people in turn."""
    return [
        row(f"K{n}", activity, f"2020-03-{1 + n % 28:02} {hour:02}:00", who=who, customer=f"C{n}")
        for n in range(count)
        for hour, activity, who in ((9, "接单", "甲"), (10, "检修", "乙"), (11, "取走", "甲"))
    ]


def csv_file(folder: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    path = folder / "log.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def xlsx_file(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Times are written as times."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADER))
    for case, activity, who, customer, time, device in rows:
        sheet.append([case, activity, who, customer, datetime.fromisoformat(time), device])
    path = folder / "log.xlsx"
    book.save(path)
    return path


@contextmanager
def running_desk(register_url: str, keys_url: str, **environment: str) -> Iterator[Parts]:
    """All of a process's parts, on these databases, with what the environment says."""
    parts = Parts(desk_urls(register_url, keys_url), Settings.read(environment))
    try:
        parts.set_up(lambda: NOON)
        yield parts
    finally:
        parts.close()


def imported(
    parts: Parts,
    path: Path,
    log: LogMap | None = None,
    report: Callable[[int, int], None] = lambda through, total: None,
) -> Outcome:
    importing = Import(parts.desk, log or mapped(), by=OPERATOR, now=lambda: NOON)
    return importing.run(read_log(path), report)
