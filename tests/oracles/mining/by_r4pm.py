"""What r4pm finds in a folder of exports, as JSON. Runs where nothing but r4pm is installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import r4pm


def of_ocel(folder: Path, name: str) -> dict[str, Any]:
    """It shows what it holds by writing it down again."""
    again = folder / f"{name}-again.json"
    r4pm.export_item(r4pm.import_item("OCEL", str(folder / name)), str(again))
    log = json.loads(again.read_text("utf-8"))
    return {
        "events": len(log["events"]),
        "objects": len(log["objects"]),
        "event_relations": _relations(log["events"]),
        "object_relations": _relations(log["objects"]),
        "event_types": sorted(one["name"] for one in log["eventTypes"]),
        "object_types": sorted(one["name"] for one in log["objectTypes"]),
        "times": {one["id"]: one["time"] for one in log["events"]},
    }


def _relations(entries: list[dict[str, Any]]) -> list[list[str]]:
    return sorted(
        [one["id"], told["objectId"], told["qualifier"]]
        for one in entries
        for told in one["relationships"]
    )


def of_log(folder: Path) -> dict[str, Any]:
    again = folder / "log-again.xes"
    r4pm.export_item(r4pm.import_item("EventLog", str(folder / "log.xes")), str(again))
    log = ElementTree.parse(again).getroot()
    events = [
        {told.get("key"): told.get("value", "") for told in one}
        for one in log.findall(".//{*}event")
    ]
    return {
        "traces": len(log.findall(".//{*}trace")),
        "events": len(events),
        "activities": sorted({event["concept:name"] for event in events}),
        "times": [event["time:timestamp"] for event in events],
    }


def main(folder: Path) -> None:
    found = {name: of_ocel(folder, name) for name in ("ocel.json", "ocel.sqlite")}
    found["log.xes"] = of_log(folder)
    (folder / "found.json").write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
