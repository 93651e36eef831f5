"""Commands on packs, and the reading of their versions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from application.desk import Actor, Command, Desk
from application.register import Receipt
from domain.aggregate import Act
from domain.blacklist import NO_BLACKLIST, BlacklistTerms
from domain.calendar import Calendars
from domain.errors import NotFound
from domain.ownership import NO_TERMS, OwnershipTerms
from domain.pack import NoVersionInForce, Pack, digest_of
from domain.pack_content import PackContent, procedure_of, rulebook_of
from domain.privacy import Privacy, joined
from domain.procedure import Procedure
from domain.rulebook import NO_RULES, Rulebook

KEPT_PINS = 1_000
"""For how many procedures, units and times it is kept what a matter is opened under."""


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


@dataclass(frozen=True, kw_only=True)
class SwitchPack(Command):
    """A service point does without an overlay, or with it again."""

    PERMISSION: ClassVar[str] = "pack.publish"
    name: str
    unit: str


@dataclass(frozen=True)
class _Shelf:
    """All packs by name as of a position, the instants `turns` (seconds since 1970) at which
    versions come or go, and what was pinned between two of them. Shared by threads; what comes
    later is another shelf.
    """

    position: int
    packs: Mapping[str, Pack]
    turns: Sequence[float]
    pins: dict[tuple[str, str, int], tuple[int, dict[str, int]]] = field(default_factory=dict)
    in_force: dict[int, Sequence[PackContent]] = field(default_factory=dict)
    privacy: dict[int, Privacy] = field(default_factory=dict)

    def turn(self, at: datetime) -> int:
        """How many versions have come or gone by then."""
        return bisect_right(self.turns, at.timestamp())


class Packs:
    """Policies as data. What a version says never changes, so it is read once and kept."""

    def __init__(self, desk: Desk, calendars: Calendars = NO_RULES.calendars) -> None:
        self._desk, self._calendars = desk, calendars
        self._contents: dict[tuple[str, int], PackContent] = {}
        self._books: dict[tuple[tuple[str, int], ...], tuple[Procedure, Rulebook]] = {}
        self._shelf = _Shelf(-1, {}, [])

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

    def switch_off(self, command: SwitchPack) -> Receipt:
        """Raises MandatoryPack."""

        def decide(pack: Pack, act: Act) -> None:
            pack.switch_off(command.unit, act=act)

        return self._desk.change(Pack, Pack.id_of(command.name), command, decide)

    def switch_on(self, command: SwitchPack) -> Receipt:
        def decide(pack: Pack, act: Act) -> None:
            pack.switch_on(command.unit, act=act)

        return self._desk.change(Pack, Pack.id_of(command.name), command, decide)

    def pinned(self, procedure: str, unit: str, at: datetime) -> tuple[int, dict[str, int]]:
        """What a matter is opened under: the version of its procedure's pack, and of all overlays.

        What was recorded elsewhere follows no overlay: nothing more comes of it here. Raises
        NotFound, NoVersionInForce, PackInvalid where the pack has no procedure.
        """
        shelf = self._all()
        key = procedure, unit, shelf.turn(at)
        if (pinned := shelf.pins.get(key)) is None:
            pinned = self._pinned_by(shelf, procedure, unit, at)
            if len(shelf.pins) < KEPT_PINS:
                shelf.pins[key] = pinned
        version, held = pinned
        return version, dict(held)

    def _pinned_by(
        self, shelf: _Shelf, procedure: str, unit: str, at: datetime
    ) -> tuple[int, dict[str, int]]:
        packs = shelf.packs
        version = (packs.get(procedure) or self.pack(procedure)).in_force(at)
        if self.content(procedure, version).the_procedure.recorded:
            return version, {}
        held = {
            content.pack: content.version
            for content in self._in_force(shelf, at)
            if content.holds_for_ticket(procedure, unit) and unit not in packs[content.pack].off_in
        }
        return version, held

    def content(self, name: str, version: int) -> PackContent:
        """Raises NotFound, Invalid."""
        if (name, version) not in self._contents:
            self._contents[name, version] = self.pack(name).content(version)
        return self._contents[name, version]

    def rulebook(self, pins: Mapping[str, int]) -> Rulebook:
        """What holds for tickets on which these versions are pinned. Raises NotFound, Invalid."""
        return self._pinned(pins)[1]

    def procedure(self, pins: Mapping[str, int]) -> Procedure:
        """The procedure of the last of these, with what the others add. Raises PackInvalid."""
        return self._pinned(pins)[0]

    def in_force(self, at: datetime) -> Sequence[PackContent]:
        """Every pack of which a version is in force then."""
        return self._in_force(self._all(), at)

    def _in_force(self, shelf: _Shelf, at: datetime) -> Sequence[PackContent]:
        """As above; looked through once between two changes."""
        turn = shelf.turn(at)
        if turn not in shelf.in_force:
            shelf.in_force[turn] = tuple(self._contents_at(shelf.packs, at))
        return shelf.in_force[turn]

    def _contents_at(self, packs: Mapping[str, Pack], at: datetime) -> Iterator[PackContent]:
        for name, pack in sorted(packs.items()):
            with suppress(NoVersionInForce):
                yield self.content(name, pack.in_force(at))

    def shelf(self) -> Mapping[str, Pack]:
        """Every pack by its name, in force or not."""
        return self._all().packs

    def listed(self, name: str, at: datetime) -> frozenset[str]:
        """What stands in the lists of this name of all packs in force then."""
        return frozenset(word for pack in self.in_force(at) for word in pack.lists.get(name, ()))

    def privacy(self, at: datetime) -> Privacy:
        """What the packs in force then say of secrecy, read once between two changes of them."""
        shelf = self._all()
        turn = shelf.turn(at)
        if turn not in shelf.privacy:
            said = (content.privacy for content in self._in_force(shelf, at))
            shelf.privacy[turn] = joined(part for part in said if part is not None)
        return shelf.privacy[turn]

    def ownership(self, at: datetime) -> OwnershipTerms:
        """How clients are given to managers, by the first pack in force then that says so."""
        said = (pack.ownership for pack in self.in_force(at))
        return next((terms for terms in said if terms is not None), NO_TERMS)

    def blacklist(self, at: datetime) -> BlacklistTerms:
        """What the blacklist keeps from whom, as above."""
        said = (pack.blacklist for pack in self.in_force(at))
        return next((terms for terms in said if terms is not None), NO_BLACKLIST)

    def _pinned(self, pins: Mapping[str, int]) -> tuple[Procedure, Rulebook]:
        key = tuple(pins.items())
        if key not in self._books:
            contents = [self.content(name, version) for name, version in key]
            self._books[key] = procedure_of(contents), rulebook_of(contents, self._calendars)
        return self._books[key]

    def _all(self) -> _Shelf:
        """Every pack, read again only when something has happened to one; replaced as a whole."""
        position, shelf = self._desk.pack_position(), self._shelf
        if position != shelf.position:
            packs: list[Pack] = self._desk.look_up_all(self._desk.register.pack_ids())
            turns = sorted(at.timestamp() for pack in packs for at in pack.turns())
            shelf = _Shelf(position, {pack.name: pack for pack in packs}, turns)
            self._shelf = shelf
        return shelf

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
        packs = self._all().packs
        for file in shipped:
            content = {k: v for k, v in file.items() if k != "effective_from"}
            if not _is_in_force(packs.get(content["pack"]), content):
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


def _is_in_force(pack: Pack | None, content: Mapping[str, Any]) -> bool:
    """Whether this version was published, with this very content."""
    known = None if pack is None else pack.versions.get(content["version"])
    if known is None or known.effective_from is None:
        return False
    return known.digest == digest_of(content)
