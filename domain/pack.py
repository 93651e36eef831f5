"""The Pack: one policy (制度) and its versions, from draft to abolition."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.calendar import Calendars
from domain.errors import Invalid, Refused
from domain.form import Word
from domain.procedure import Procedure
from domain.rulebook import HAPPENINGS, GuardRule, ObligationRule, Rulebook

PACKS = UUID("6f2d9a54-6b0f-4b55-8b3e-0c1f2a7d9e10")
"""The namespace of pack ids: a pack is found by its name, which is no personal data."""


class PackInvalid(Invalid):
    code = "pack_invalid"


class PackNotApproved(Refused):
    code = "pack_not_approved"


class SamePersonApproves(Refused):
    code = "same_person_approves"


class VersionExists(Refused):
    code = "version_exists"


class NoVersionInForce(Refused):
    code = "no_version_in_force"


class PackContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one version of a pack says. `rules` names the catalogue rules it carries out."""

    pack: str
    version: int
    title: Word
    procedure: Procedure
    obligations: dict[Word, ObligationRule] = {}
    guards: tuple[GuardRule, ...] = ()
    lists: dict[Word, tuple[Word, ...]] = {}
    rules: tuple[Word, ...] = ()

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> PackContent:
        """Raises PackInvalid, naming the place at fault."""
        try:
            read = msgspec.convert(content, cls)
        except msgspec.ValidationError as error:
            raise PackInvalid(str(error), field="content") from None
        faults = read.procedure.faults() + read._time_faults()
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", read.pack):
            faults.append("pack: a name is small letters, digits, - and _")
        if faults:
            raise PackInvalid("; ".join(faults), field="content", faults=faults)
        return read

    def rulebook(self, calendars: Calendars) -> Rulebook:
        """What holds for a ticket of this pack."""
        return Rulebook(self.obligations, self.guards, self.lists, calendars)

    def _time_faults(self) -> list[str]:
        """What opens or meets an obligation must happen: steps that state a fact, by that."""
        steps = {name for name, step in self.procedure.steps.items() if step.fact is None}
        known = HAPPENINGS | steps
        faults = []
        for name, rule in self.obligations.items():
            asked = {"opens": rule.opens, "blocks": rule.blocks, "met_by": rule.met_by.facts()}
            faults += [
                f"obligations.{name}.{place}: nothing is called {word}"
                for place, words in asked.items()
                for word in sorted(words - known)
            ]
        faults += [
            f"guards.{i}.upon: nothing is called {word}"
            for i, guard in enumerate(self.guards)
            for word in sorted(guard.upon - known)
        ]
        faults += [
            f"guards.{i}.forbids: no list is called {guard.forbids}"
            for i, guard in enumerate(self.guards)
            if guard.forbids is not None and guard.forbids not in self.lists
        ]
        return faults


@dataclass
class PackVersion:
    """How far one version has come. `drafted_by`: who drafted it, and for whom."""

    digest: str
    drafted_by: frozenset[str]
    approved: bool = False
    effective_from: datetime | None = None


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
            drafted_by = frozenset({self.by, self.acting_for or self.by})
            aggregate.versions[self.version] = PackVersion(self.digest, drafted_by)

    class Approved(Aggregate.Event):
        TOPIC = "pack.approved"
        version: int

        def apply(self, aggregate: Pack) -> None:
            aggregate.versions[self.version].approved = True

    class Published(Aggregate.Event):
        TOPIC = "pack.published"
        version: int
        effective_from: datetime

        def apply(self, aggregate: Pack) -> None:
            aggregate.versions[self.version].effective_from = self.effective_from

    class Abolished(Aggregate.Event):
        TOPIC = "pack.abolished"
        effective_from: datetime

        def apply(self, aggregate: Pack) -> None:
            aggregate.abolished_from = self.effective_from

    def __init__(self, name: str) -> None:
        self.name = name
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
        """Lay down a new version. Raises PackInvalid, or VersionExists for another content."""
        read = PackContent.read(content)
        if read.pack != self.name:
            raise PackInvalid(f"this is pack {self.name}, not {read.pack}", field="content.pack")
        digest = hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
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
        if drafted.drafted_by & {act.by, act.acting_for}:
            raise SamePersonApproves("who drafted a version does not approve it", rule="GV-01")
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
        if self.abolished_from != effective_from:
            self._record(self.Abolished, act, effective_from=effective_from)

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

    def _known(self, version: int) -> PackVersion:
        if version not in self.versions:
            raise Invalid(f"{self.name} has no version {version}", field="version")
        return self.versions[version]
