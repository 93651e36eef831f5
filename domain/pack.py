"""The Pack: one policy (制度) and its versions, from draft to abolition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.aggregate import UNIT_LIMIT, Act, Aggregate, InitialEvent
from domain.errors import Invalid, Refused
from domain.own import must_be_another
from domain.pack_content import PackContent, PackInvalid
from domain.sealed import checked

PACKS = UUID("6f2d9a54-6b0f-4b55-8b3e-0c1f2a7d9e10")
"""The namespace of pack ids: a pack is found by its name, which is no personal data."""


class PackNotApproved(Refused):
    code = "pack_not_approved"


class SamePersonApproves(Refused):
    code = "same_person_approves"


class VersionExists(Refused):
    code = "version_exists"


class NoVersionInForce(Refused):
    code = "no_version_in_force"


class MandatoryPack(Invalid):
    code = "mandatory_pack"


@dataclass(frozen=True)
class PackVersion:
    """How far one version has come. `drafted_by`: who drafted it, and for whom."""

    digest: str
    drafted_by: frozenset[str]
    approved: bool = False
    effective_from: datetime | None = None


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of what a version says, in hex."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


class Pack(Aggregate):
    """All versions of one policy. A ticket keeps the version it was opened under."""

    TOPIC = "pack"

    class Named(InitialEvent):
        TOPIC = "pack.named"
        name: str

    class Drafted(Aggregate.Event):
        TOPIC = "pack.drafted"
        version: int
        content: dict[str, Any]
        digest: str

        def apply(self, aggregate: Pack) -> None:
            aggregate.contents[self.version] = self.content
            aggregate.versions[self.version] = PackVersion(self.digest, self.done_by)

    class Approved(Aggregate.Event):
        TOPIC = "pack.approved"
        version: int

        def apply(self, aggregate: Pack) -> None:
            known = aggregate.versions[self.version]
            aggregate.versions[self.version] = replace(known, approved=True)

    class Published(Aggregate.Event):
        TOPIC = "pack.published"
        version: int
        effective_from: datetime

        def apply(self, aggregate: Pack) -> None:
            known = aggregate.versions[self.version]
            aggregate.versions[self.version] = replace(known, effective_from=self.effective_from)

    class Abolished(Aggregate.Event):
        TOPIC = "pack.abolished"
        effective_from: datetime

        def apply(self, aggregate: Pack) -> None:
            aggregate.abolished_from = self.effective_from

    class SwitchedOff(Aggregate.Event):
        """A service point does without it, for matters opened from then on."""

        TOPIC = "pack.switched-off"
        unit: str

        def apply(self, aggregate: Pack) -> None:
            aggregate.off_in.add(self.unit)

    class SwitchedOn(Aggregate.Event):
        TOPIC = "pack.switched-on"
        unit: str

        def apply(self, aggregate: Pack) -> None:
            aggregate.off_in.discard(self.unit)

    def __init__(self, name: str) -> None:
        self.name = name
        self.off_in: set[str] = set()
        self.versions: dict[int, PackVersion] = {}
        self.contents: dict[int, dict[str, Any]] = {}
        self.abolished_from: datetime | None = None

    @staticmethod
    def id_of(name: str) -> UUID:
        return uuid5(PACKS, name)

    @classmethod
    def named(cls, name: str, *, act: Act) -> Pack:
        pack_id = cls.id_of(name)
        return cls._start(cls.Named, pack_id, act, subject=pack_id, name=name)

    def draft(self, content: Mapping[str, Any], *, act: Act) -> None:
        """Lay down a new version; what is mandatory stays so (FR-11).

        Raises PackInvalid, MandatoryPack, or VersionExists for another content.
        """
        read = PackContent.read(content)
        if read.pack != self.name:
            raise PackInvalid(f"this is pack {self.name}, not {read.pack}", field="content.pack")
        if not read.mandatory:
            self._must_not_be_mandatory("content.mandatory")
        digest = digest_of(content)
        known = self.versions.get(read.version)
        if known is None:
            self._record(
                self.Drafted, act, version=read.version, content=dict(content), digest=digest
            )
        elif known.digest != digest:
            raise VersionExists(
                f"version {read.version} of {self.name} is drafted already; give the next number",
                field="content.version",
            )

    def approve(self, version: int, *, act: Act) -> None:
        """Raises SamePersonApproves (GV-01: drafter and approver differ)."""
        drafted = self._known(version)
        same = SamePersonApproves("who drafted a version does not approve it", rule="GV-01")
        must_be_another(drafted.drafted_by, act, same)
        if not drafted.approved:
            self._record(self.Approved, act, version=version)

    def publish(self, version: int, effective_from: datetime, *, act: Act) -> None:
        """In force from an instant on, for tickets opened then or later. Raises PackNotApproved."""
        drafted = self._known(version)
        if not drafted.approved:
            raise PackNotApproved(f"version {version} of {self.name} is not approved", rule="GV-01")
        if drafted.effective_from is None:
            self._record(self.Published, act, version=version, effective_from=effective_from)
        elif drafted.effective_from != effective_from:
            raise VersionExists(f"version {version} is in force from {drafted.effective_from}")

    def abolish(self, effective_from: datetime, *, act: Act) -> None:
        """No ticket is opened under it from then on; those that are keep their version."""
        act.must_give_reason()
        self._must_not_be_mandatory("effective_from")
        if self.abolished_from != effective_from:
            self._record(self.Abolished, act, effective_from=effective_from)

    def switch_off(self, unit: str, *, act: Act) -> None:
        """A service point does without this overlay. Raises MandatoryPack (FR-11)."""
        act.must_give_reason()
        self._must_not_be_mandatory("unit")
        unit = checked(unit, name="unit", limit=UNIT_LIMIT)
        if unit not in self.off_in:
            self._record(self.SwitchedOff, act, unit=unit)

    def switch_on(self, unit: str, *, act: Act) -> None:
        if unit in self.off_in:
            self._record(self.SwitchedOn, act, unit=unit)

    def turns(self) -> list[datetime]:
        """The instants from which on another version is in force, or none."""
        begun = [version.effective_from for version in self.versions.values()]
        return [at for at in (*begun, self.abolished_from) if at is not None]

    def in_force(self, at: datetime) -> int:
        """The version under which a matter of this instant is opened. Raises NoVersionInForce."""
        begun = [
            (v.effective_from, number)
            for number, v in self.versions.items()
            if v.effective_from is not None and v.effective_from <= at
        ]
        if not begun or (self.abolished_from is not None and self.abolished_from <= at):
            raise NoVersionInForce(
                f"no version of {self.name} is in force at {at.isoformat()}", rule="GV-06"
            )
        return max(begun)[1]

    def content(self, version: int) -> PackContent:
        """What a version says, sound by today's rules or not. Raises Invalid for an unknown one."""
        self._known(version)
        return msgspec.convert(self.contents[version], PackContent)

    def _must_not_be_mandatory(self, field: str) -> None:
        if any(content.get("mandatory") for content in self.contents.values()):
            raise MandatoryPack(f"{self.name} is a mandatory pack", field=field, rule="FR-11")

    def _known(self, version: int) -> PackVersion:
        if version not in self.versions:
            raise Invalid(f"{self.name} has no version {version}", field="version")
        return self.versions[version]
