"""What a bundle holds for people and for process miners. It is made from facts and proves nothing.

The same facts make the same bytes, in whatever order they come. All of it is held in memory.
Which facts whoever asks may see, and which texts they may read, is decided before: see `exported`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo

from infrastructure.exporting.exported import (
    SEALED,
    Exported,
    Link,
    OpenText,
    by_position,
    exported,
    withheld,
)
from infrastructure.exporting.ocel import ocel_log
from infrastructure.exporting.ocel_json import ocel_json
from infrastructure.exporting.ocel_sqlite import ocel_sqlite
from infrastructure.exporting.report import report
from infrastructure.exporting.xes import xes

__all__ = ["SEALED", "Exported", "Link", "OpenText", "exported", "extras", "withheld"]


def extras(facts: Iterable[Exported], *, zone: tzinfo = UTC) -> dict[str, bytes]:
    """Files by name. Only the report shows times in `zone`; all others are in UTC."""
    ordered = by_position(facts)
    log = ocel_log(ordered)
    return {
        "log.xes": xes(ordered),
        "ocel.json": ocel_json(log),
        "ocel.sqlite": ocel_sqlite(log),
        "report.html": report(ordered, zone),
    }
