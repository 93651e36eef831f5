"""Whose signatures count: the instances that append, registered and revoked by events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import uuid4

from application.desk import Command, Desk
from application.register import Receipt
from domain.aggregate import Act
from domain.errors import NotFound, Refused
from domain.instance import FIRST, Instance


class NameTaken(Refused):
    code = "name_taken"


@dataclass(frozen=True, kw_only=True)
class RegisterInstance(Command):
    """`vkey`: its public key, as C2SP signed notes write it."""

    PERMISSION: ClassVar[str] = "instance.manage"
    name: str
    vkey: str


@dataclass(frozen=True, kw_only=True)
class RevokeInstance(Command):
    PERMISSION: ClassVar[str] = "instance.manage"
    name: str
    ground: str


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
    """The first one names the log; all others are vouched for by one that was there before."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def all(self) -> Sequence[Instance]:
        """In the order in which they were registered."""
        ids = self._desk.register.instance_ids()
        return [self._desk.look_up(Instance, instance_id) for instance_id in ids]

    def log(self) -> str | None:
        """The origin of the log that they sign for; None before there is one."""
        return next((instance.log for instance in self.all()), None)

    def named(self, name: str) -> Instance:
        """Raises NotFound."""
        found = next((instance for instance in self.all() if instance.name == name), None)
        if found is None:
            raise NotFound(f"no instance {name}", field="name")
        return found

    def register(self, command: RegisterInstance) -> Receipt:
        """A name is used once. Raises NameTaken, Invalid."""
        known = self.all()
        if any(instance.name == command.name for instance in known):
            raise NameTaken(f"there was an instance {command.name} before", field="name")

        def make(act: Act) -> Instance:
            said = {"name": command.name, "vkey": command.vkey}
            if known:
                return Instance.register(uuid4(), **said, log=known[0].log, act=act)
            return Instance.register(FIRST, **said, log=f"yice/{uuid4()}", act=act)

        return self._desk.create(command, make)

    def revoke(self, command: RevokeInstance) -> Receipt:
        """Raises NotFound, InstanceRevoked, Invalid."""
        return self._desk.change(
            Instance,
            self.named(command.name).id,
            command,
            lambda instance, act: instance.revoke(ground=command.ground, act=act),
        )

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
