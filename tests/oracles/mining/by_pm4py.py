"""What pm4py finds in a folder of exports, as JSON. Runs where nothing but pm4py is installed.

pm4py hands its work to r4pm where that is installed too: then one reader would be asked twice.
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pm4py
    from pm4py.objects.ocel.validation import ocel20_rel_validation


def of_ocel(ocel: Any) -> dict[str, Any]:
    return {
        "events": len(ocel.events),
        "objects": len(ocel.objects),
        "event_relations": sorted(map(list, _told(ocel.relations, "ocel:eid", "ocel:oid"))),
        "object_relations": sorted(map(list, _told(ocel.o2o, "ocel:oid", "ocel:oid_2"))),
        "event_types": sorted(ocel.events["ocel:activity"].unique()),
        "object_types": sorted(ocel.objects["ocel:type"].unique()),
        "times": {
            id: at.isoformat()
            for id, at in zip(ocel.events["ocel:eid"], ocel.events["ocel:timestamp"], strict=True)
        },
    }


def _told(relations: Any, one: str, other: str) -> Any:
    columns = (relations[name] for name in (one, other, "ocel:qualifier"))
    return zip(*columns, strict=True)


def of_log(log: Any) -> dict[str, Any]:
    return {
        "traces": int(log["case:concept:name"].nunique()),
        "events": len(log),
        "activities": sorted(log["concept:name"].unique()),
        "times": [at.isoformat() for at in log["time:timestamp"]],
    }


def main(folder: Path) -> None:
    assert find_spec("r4pm") is None
    sqlite = str(folder / "ocel.sqlite")
    found = {
        "ocel.json": of_ocel(pm4py.read_ocel2_json(str(folder / "ocel.json"))),
        "ocel.sqlite": of_ocel(pm4py.read_ocel2_sqlite(sqlite)),
        "log.xes": of_log(pm4py.read_xes(str(folder / "log.xes"))),
        "violated": ocel20_rel_validation.apply(sqlite)[1],
    }
    Path(folder / "found.json").write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
