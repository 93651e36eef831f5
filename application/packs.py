"""Commands on packs, and the reading of their versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from application.desk import Actor, Command, Desk
from application.register import Receipt
from domain.aggregate import Act
from domain.calendar import Calendars
from domain.errors import NotFound
from domain.pack import Pack, PackContent
from domain.rulebook import NO_RULES, Rulebook


@dataclass(frozen=True, kw_only=True)
class DraftPack(Command):
    PERMISSION: ClassVar[str] = "pack.draft"
    name: str
    content: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ApprovePack(Command):
    PERMISSION: ClassVar[str] = "pack.approve"
    name: str
    version: int


@dataclass(frozen=True, kw_only=True)
class PublishPack(Command):
    PERMISSION: ClassVar[str] = "pack.publish"
    name: str
    version: int
    effective_from: datetime


@dataclass(frozen=True, kw_only=True)
class AbolishPack(Command):
    PERMISSION: ClassVar[str] = "pack.publish"
    name: str
    effective_from: datetime


class Packs:
    """Policies as data. What a version says never changes, so it is read once and kept."""

    def __init__(self, desk: Desk, calendars: Calendars = NO_RULES.calendars) -> None:
        self._desk, self._calendars = desk, calendars
        self._contents: dict[tuple[str, int], PackContent] = {}

    def draft(self, command: DraftPack) -> Receipt:
        """Raises PackInvalid, VersionExists."""

        def get(act: Act) -> Pack:
            try:
                return self._desk.load(Pack, Pack.id_of(command.name), command)
            except NotFound:
                return Pack.named(command.name, act=act)

        return self._desk.change_or_create(
            get, command, lambda pack, act: pack.draft(command.content, act=act)
        )

    def approve(self, command: ApprovePack) -> Receipt:
        def decide(pack: Pack, act: Act) -> None:
            pack.approve(command.version, act=act)

        return self._desk.change(Pack, Pack.id_of(command.name), command, decide)

    def publish(self, command: PublishPack) -> Receipt:
        def decide(pack: Pack, act: Act) -> None:
            pack.publish(command.version, command.effective_from, act=act)

        return self._desk.change(Pack, Pack.id_of(command.name), command, decide)

    def abolish(self, command: AbolishPack) -> Receipt:
        def decide(pack: Pack, act: Act) -> None:
            pack.abolish(command.effective_from, act=act)

        return self._desk.change(Pack, Pack.id_of(command.name), command, decide)

    def in_force(self, name: str, at: datetime) -> PackContent:
        """The version to open a matter under. Raises NotFound, NoVersionInForce."""
        return self.content(name, self.pack(name).in_force(at))

    def content(self, name: str, version: int) -> PackContent:
        """Raises NotFound, Invalid."""
        if (name, version) not in self._contents:
            self._contents[name, version] = self.pack(name).content(version)
        return self._contents[name, version]

    def rulebook(self, name: str, version: int) -> Rulebook:
        """What holds for tickets of this version. Raises NotFound, Invalid."""
        return self.content(name, version).rulebook(self._calendars)

    def pack(self, name: str) -> Pack:
        """Raises NotFound, naming the pack."""
        try:
            return self._desk.look_up(Pack, Pack.id_of(name))
        except NotFound:
            raise NotFound(f"no pack {name}", field="procedure") from None

    def publish_shipped(self, shipped: Iterable[Mapping[str, Any]], at: datetime) -> None:
        """Bring the packs of this release into force, unless they are: safe at every start.

        A file says itself from when it holds (`effective_from`, with offset).
        """
        for file in shipped:
            content = {k: v for k, v in file.items() if k != "effective_from"}
            self._ship(content, datetime.fromisoformat(file["effective_from"]), at)

    def _ship(self, content: Mapping[str, Any], effective_from: datetime, at: datetime) -> None:
        name, version = content["pack"], content["version"]
        key = f"ship-{name}-{version}"
        maker, approver = Actor.system("release"), Actor.system("setup")
        self.draft(
            DraftPack(
                by=maker, command_id=f"{key}-draft", received_at=at, name=name, content=content
            )
        )
        self.approve(
            ApprovePack(
                by=approver, command_id=f"{key}-approve", received_at=at, name=name, version=version
            )
        )
        self.publish(
            PublishPack(
                by=approver,
                command_id=f"{key}-publish",
                received_at=at,
                name=name,
                version=version,
                effective_from=effective_from,
            )
        )
