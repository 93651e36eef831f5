"""Looking packs over: what a file, a draft or a version in force is wrong about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from application.desk import Actor
from application.packs import ApprovePack, DraftPack, Packs, PublishPack
from application.register import Receipt
from domain.errors import Invalid
from domain.pack import Pack
from domain.pack_check import conflicts, faults, warnings
from domain.pack_content import PackContent, PackInvalid
from domain.pack_diff import Difference, differences

MAKER, APPROVER = Actor.system("release"), Actor.system("setup")
"""Who drafts and who approves what an operator publishes."""


@dataclass(frozen=True)
class Reviewed:
    """One file, and what is wrong with it."""

    file: str
    faults: list[str]
    warnings: list[str]


def reviewed(
    files: Mapping[str, Mapping[str, Any]], catalogue: Collection[str]
) -> tuple[list[Reviewed], list[str]]:
    """Each of the files, as part of them all; and where two of them say the same."""
    found: dict[str, Reviewed] = {}
    contents: dict[str, PackContent] = {}
    for file, said in files.items():
        try:
            contents[file] = PackContent.read(without_day(said))
        except PackInvalid as invalid:
            found[file] = Reviewed(file, invalid.facts.get("faults") or [invalid.detail], [])
    for file, content in contents.items():
        beside = [other for other in contents.values() if other.pack != content.pack]
        found[file] = Reviewed(
            file,
            _day_faults(files[file]) + faults(content, catalogue, beside),
            warnings(content, beside),
        )
    return [found[file] for file in files], conflicts(contents.values())


def without_day(said: Mapping[str, Any]) -> dict[str, Any]:
    """The content, without the day that a shipped file names."""
    return {name: value for name, value in said.items() if name != "effective_from"}


def day_of(said: Mapping[str, Any]) -> datetime:
    """From when a file says that it holds. Raises Invalid."""
    try:
        day = datetime.fromisoformat(said["effective_from"])
    except (KeyError, TypeError, ValueError):
        day = None
    if day is None or day.tzinfo is None:
        raise Invalid("effective_from must be a time with its offset", field="effective_from")
    return day


def _day_faults(said: Mapping[str, Any]) -> list[str]:
    try:
        day_of(said)
    except Invalid as invalid:
        return [f"effective_from: {invalid.detail}"] if "effective_from" in said else []
    return []


@dataclass(frozen=True)
class PackReview:
    """Packs of the desk, looked over among those that are in force."""

    packs: Packs
    catalogue: Collection[str]

    def doubts(self, name: str, version: int, at: datetime) -> list[str]:
        """What should be thought about before a version is published. Raises NotFound, Invalid."""
        content = self.packs.content(name, version)
        beside = self._beside(name, at)
        return faults(content, self.catalogue, beside) + warnings(content, beside)

    def differences(self, name: str, before: int | None, after: int | None) -> list[Difference]:
        """From `before` to `after`; from the one before it to the newest unless said otherwise.

        Raises NotFound, Invalid.
        """
        pack = self.packs.pack(name)
        after = max(pack.versions) if after is None else after
        if before is None:
            before = max((v for v in pack.versions if v < after), default=after)
        return list(differences(said_by(pack, before), said_by(pack, after)))

    def publish(
        self, content: Mapping[str, Any], effective_from: datetime, at: datetime
    ) -> Receipt:
        """Draft, approve and publish at one go. Raises PackInvalid with all that is wrong."""
        read = PackContent.read(content)
        beside = self._beside(read.pack, at)
        found = faults(read, self.catalogue, beside)
        found += conflicts([read, *beside])
        if found:
            raise PackInvalid("; ".join(found), field="content", faults=found)
        name, version = read.pack, read.version
        self.packs.draft(DraftPack(**_said(MAKER, at), name=name, content=content))
        self.packs.approve(ApprovePack(**_said(APPROVER, at), name=name, version=version))
        return self.packs.publish(
            PublishPack(
                **_said(APPROVER, at), name=name, version=version, effective_from=effective_from
            )
        )

    def _beside(self, name: str, at: datetime) -> list[PackContent]:
        """All other packs in force."""
        return [content for content in self.packs.in_force(at) if content.pack != name]


def said_by(pack: Pack, version: int) -> Mapping[str, Any]:
    """What a version says, as it was drafted. Raises Invalid for an unknown one."""
    if version not in pack.contents:
        raise Invalid(f"{pack.name} has no version {version}", field="version")
    return pack.contents[version]


def _said(by: Actor, at: datetime) -> dict[str, Any]:
    return {"by": by, "command_id": str(uuid4()), "received_at": at}
