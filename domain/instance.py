"""The Instance: processes of one home that append under one key, and when that came to an end."""

from __future__ import annotations

import re
from uuid import UUID

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.errors import Invalid, Refused
from domain.sealed import checked

FIRST = UUID("1257a9ce-0000-4000-8000-000000000001")
"""Id of the instance that began the log, the same in every register: there can be but one."""

GROUND_LIMIT = 200
"""Longest ground of a revocation, in characters."""

_NAME = re.compile(r"[a-z0-9][a-z0-9./_-]{0,99}", re.ASCII)


class InstanceRevoked(Refused):
    code = "instance_revoked"


class Instance(Aggregate):
    """Whose signatures count as those of the desk. Nothing in it speaks of a person."""

    TOPIC = "instance"

    class Registered(InitialEvent):
        """`vkey`: its public key as C2SP signed notes write it. `log`: the origin of the log."""

        TOPIC = "instance.registered"
        name: str
        vkey: str
        log: str

    class Revoked(Aggregate.Event):
        """From the next entry on its signature counts no more."""

        TOPIC = "instance.revoked"
        name: str
        ground: str

        def apply(self, aggregate: Instance) -> None:
            aggregate.is_revoked = True

    class SealDoubted(Aggregate.Event):
        """The sealer stands still; `sealed` is the last position that it has signed for."""

        TOPIC = "instance.seal-doubted"
        sealed: int
        why: str

    class EvidenceExported(Aggregate.Event):
        """A bundle was written: what it covers, a line each; up to where; and its SHA-256 (hex)."""

        TOPIC = "instance.evidence-exported"
        scope: str
        size: int
        digest: str

    COMMUTING = (SealDoubted, EvidenceExported)

    @classmethod
    def register(cls, id: UUID, *, name: str, vkey: str, log: str, act: Act) -> Instance:
        """Raises Invalid."""
        if not _NAME.fullmatch(name):
            raise Invalid("small letters, digits and . / _ -, at most 100", field="name")
        return cls._start(cls.Registered, id, act, subject=id, name=name, vkey=vkey, log=log)

    def __init__(self, *, name: str, vkey: str, log: str) -> None:
        self.name, self.vkey, self.log = name, vkey, log
        self.is_revoked = False

    def revoke(self, *, ground: str, act: Act) -> None:
        """Raises InstanceRevoked, Invalid."""
        if self.is_revoked:
            raise InstanceRevoked(f"{self.name} was revoked before")
        said = checked(ground, name="ground", limit=GROUND_LIMIT)
        self._record(self.Revoked, act, name=self.name, ground=said)

    def doubt_seal(self, *, sealed: int, why: str, act: Act) -> None:
        self._record(self.SealDoubted, act, sealed=sealed, why=why)

    def export_evidence(self, *, scope: str, size: int, digest: str, act: Act) -> None:
        self._record(self.EvidenceExported, act, scope=scope, size=size, digest=digest)
