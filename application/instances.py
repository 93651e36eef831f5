"""Whose signatures count: the instances that append, let in and shut out by two persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

from application.desk import Command, Desk
from application.register import Receipt
from domain.aggregate import Act
from domain.errors import NotFound, Refused
from domain.instance import FIRST, Instance


class NameTaken(Refused):
    code = "name_taken"


class LogBegun(Refused):
    code = "log_begun"


@dataclass(frozen=True, kw_only=True)
class BeginLog(Command):
    """The first instance of all, which nobody can vouch for. `vkey`: as C2SP notes write keys."""

    PERMISSION: ClassVar[str] = "instance.manage"
    name: str
    vkey: str


@dataclass(frozen=True, kw_only=True)
class RequestInstance(Command):
    """Another home is to append: its name and public key."""

    PERMISSION: ClassVar[str] = "instance.manage"
    COMMUTES: ClassVar[bool] = True
    name: str
    vkey: str


@dataclass(frozen=True, kw_only=True)
class RegisterInstance(Command):
    """What was asked for is approved: the key that was compared with that of the other home."""

    PERMISSION: ClassVar[str] = "instance.approve"
    vkey: str


@dataclass(frozen=True, kw_only=True)
class RequestRevocation(Command):
    PERMISSION: ClassVar[str] = "instance.manage"
    name: str
    ground: str


@dataclass(frozen=True, kw_only=True)
class RevokeInstance(Command):
    PERMISSION: ClassVar[str] = "instance.approve"
    vkey: str


@dataclass(frozen=True, kw_only=True)
class DoubtSeal(Command):
    """`sealed`: the last position that was signed for."""

    PERMISSION: ClassVar[str] = "instance.manage"
    COMMUTES: ClassVar[bool] = True
    sealed: int
    why: str


@dataclass(frozen=True, kw_only=True)
class ExportEvidence(Command):
    """What a bundle covers (its lines `scope`), up to which position, and its SHA-256 (hex)."""

    PERMISSION: ClassVar[str] = "evidence.export"
    COMMUTES: ClassVar[bool] = True
    scope: str
    size: int
    digest: str


class Instances:
    """The first one names the log; others are asked for by one person, and let in by another."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def all(self) -> Sequence[Instance]:
        """In the order in which they were registered."""
        return self._desk.look_up_all(self._desk.register.instance_ids())

    def log(self) -> str | None:
        """The origin of the log that they sign for; None before there is one."""
        return next((instance.log for instance in self.all()), None)

    def asked(self) -> dict[str, str]:
        """What waits for a second person, by key: `registration` or `revocation`."""
        known = self.all()
        asked = {vkey: "registration" for first in known[:1] for vkey in first.requested}
        for instance in known:
            asked.pop(instance.vkey, None)
            if instance.to_be_revoked is not None and not instance.is_revoked:
                asked[instance.vkey] = "revocation"
        return asked

    def begin(self, command: BeginLog) -> Receipt:
        """Without a second person: there is nobody yet. Raises LogBegun, Invalid."""

        def make(act: Act) -> Instance:
            if self.all():
                raise LogBegun("there is an instance; another is asked for")
            log = f"yice/{uuid4()}"
            return Instance.register(FIRST, name=command.name, vkey=command.vkey, log=log, act=act)

        return self._desk.create(command, make)

    def request(self, command: RequestInstance) -> Receipt:
        """A name is used once. Raises NotFound where there is no instance, NameTaken, Invalid."""
        self._must_be_free(command.name)
        return self._desk.change(
            Instance,
            FIRST,
            command,
            lambda first, act: first.request_registration(command.name, command.vkey, act=act),
        )

    def register(self, command: RegisterInstance) -> Receipt:
        """By another than who asked. Raises NotFound, NotAskedFor, SamePersonLetsIn, NameTaken."""

        def make(act: Act) -> Instance:
            first = self._desk.look_up(Instance, FIRST)
            name = first.must_let_in(command.vkey, act=act)
            self._must_be_free(name)
            said = {"name": name, "vkey": command.vkey, "log": first.log}
            return Instance.register(uuid4(), **said, act=act)

        return self._desk.create(command, make)

    def request_revocation(self, command: RequestRevocation) -> Receipt:
        """Raises NotFound, InstanceRevoked, Invalid."""
        return self._desk.change(
            Instance,
            self._id_of("name", command.name),
            command,
            lambda instance, act: instance.request_revocation(ground=command.ground, act=act),
        )

    def revoke(self, command: RevokeInstance) -> Receipt:
        """Raises NotFound, InstanceRevoked, NotAskedFor, SamePersonLetsIn."""
        self._desk.authorised(command)
        return self._desk.change(
            Instance,
            self._id_of("vkey", command.vkey),
            command,
            lambda instance, act: instance.revoke(act=act),
        )

    def _must_be_free(self, name: str) -> None:
        if any(instance.name == name for instance in self.all()):
            raise NameTaken(f"there was an instance {name} before", field="name")

    def _id_of(self, field: str, said: str) -> UUID:
        found = [known.id for known in self.all() if getattr(known, field) == said]
        if not found:
            raise NotFound(f"no instance {said}", field=field)
        return found[0]

    def doubt_seal(self, command: DoubtSeal) -> Receipt:
        """Raises NotFound where no instance is registered."""
        return self._desk.change(
            Instance,
            FIRST,
            command,
            lambda first, act: first.doubt_seal(sealed=command.sealed, why=command.why, act=act),
        )

    def export_evidence(self, command: ExportEvidence) -> Receipt:
        """Raises NotFound where no instance is registered."""

        def decide(first: Instance, act: Act) -> None:
            first.export_evidence(
                scope=command.scope, size=command.size, digest=command.digest, act=act
            )

        return self._desk.change(Instance, FIRST, command, decide)
