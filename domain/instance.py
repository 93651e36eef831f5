"""The Instance: processes of one home that append under one key, and when that came to an end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.errors import Invalid, Refused
from domain.own import must_be_another
from domain.sealed import checked

FIRST = UUID("1257a9ce-0000-4000-8000-000000000001")
"""Id of the instance that began the log, the same in every register: there can be but one."""

GROUND_LIMIT = 200
"""Longest ground of a revocation, in characters."""

_NAME = re.compile(r"[a-z0-9][a-z0-9./_-]{0,99}", re.ASCII)


class InstanceRevoked(Refused):
    code = "instance_revoked"


class NotAskedFor(Refused):
    code = "instance_not_asked_for"


class SamePersonLetsIn(Refused):
    code = "same_person_lets_in"


@dataclass(frozen=True)
class Asked:
    """What waits for a second person: a home that is to be let in, or to be shut out.

    `by`: who asked, as events say it. `ground`: why it is to be shut out.
    """

    name: str
    by: frozenset[str]
    ground: str = ""

    def must_not_be(self, act: Act) -> None:
        """Raises SamePersonLetsIn."""
        same = SamePersonLetsIn("whoever asked for it does not approve it", rule="AU-02")
        must_be_another(self.by, act, same)


class Instance(Aggregate):
    """Whose signatures count as those of the desk. Nothing in it speaks of a person.

    What is asked of other homes stands with the first instance, which is there before them.
    """

    TOPIC = "instance"

    class Registered(InitialEvent):
        """`vkey`: its public key as C2SP signed notes write it. `log`: the origin of the log."""

        TOPIC = "instance.registered"
        name: str
        vkey: str
        log: str

    class RegistrationRequested(Aggregate.Event):
        """Another home asks to append; `vkey` is its key. Its name counts once it is registered."""

        TOPIC = "instance.registration-requested"
        name: str
        vkey: str

        def apply(self, aggregate: Instance) -> None:
            aggregate.requested[self.vkey] = Asked(self.name, self.done_by)

    class RevocationRequested(Aggregate.Event):
        """Whose key was lost, and why it is to sign no more. Until that is approved it does."""

        TOPIC = "instance.revocation-requested"
        name: str
        ground: str

        def apply(self, aggregate: Instance) -> None:
            aggregate.to_be_revoked = Asked(self.name, self.done_by, self.ground)

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

    COMMUTING = (SealDoubted, EvidenceExported, RegistrationRequested)

    @classmethod
    def register(cls, id: UUID, *, name: str, vkey: str, log: str, act: Act) -> Instance:
        """Raises Invalid."""
        _must_be_name(name)
        return cls._start(cls.Registered, id, act, subject=id, name=name, vkey=vkey, log=log)

    def __init__(self, *, name: str, vkey: str, log: str) -> None:
        self.name, self.vkey, self.log = name, vkey, log
        self.is_revoked = False
        self.requested: dict[str, Asked] = {}
        self.to_be_revoked: Asked | None = None

    def request_registration(self, name: str, vkey: str, *, act: Act) -> None:
        """Asked of the first instance; said again it changes nothing. Raises Invalid."""
        _must_be_name(name)
        if vkey not in self.requested:
            self._record(self.RegistrationRequested, act, name=name, vkey=vkey)

    def must_let_in(self, vkey: str, *, act: Act) -> str:
        """The name that another asked for with this key. Raises NotAskedFor, SamePersonLetsIn."""
        if vkey not in self.requested:
            raise NotAskedFor("nobody asked to let this key in", field="vkey", rule="AU-02")
        self.requested[vkey].must_not_be(act)
        return self.requested[vkey].name

    def request_revocation(self, *, ground: str, act: Act) -> None:
        """Said again it changes nothing. Raises InstanceRevoked, Invalid."""
        self._must_count()
        said = checked(ground, name="ground", limit=GROUND_LIMIT)
        if self.to_be_revoked is None:
            self._record(self.RevocationRequested, act, name=self.name, ground=said)

    def revoke(self, *, act: Act) -> None:
        """As another asked. Raises InstanceRevoked, NotAskedFor, SamePersonLetsIn."""
        self._must_count()
        if self.to_be_revoked is None:
            raise NotAskedFor(f"nobody asked to revoke {self.name}", field="vkey", rule="AU-02")
        self.to_be_revoked.must_not_be(act)
        self._record(self.Revoked, act, name=self.name, ground=self.to_be_revoked.ground)

    def _must_count(self) -> None:
        if self.is_revoked:
            raise InstanceRevoked(f"{self.name} was revoked before")

    def doubt_seal(self, *, sealed: int, why: str, act: Act) -> None:
        self._record(self.SealDoubted, act, sealed=sealed, why=why)

    def export_evidence(self, *, scope: str, size: int, digest: str, act: Act) -> None:
        self._record(self.EvidenceExported, act, scope=scope, size=size, digest=digest)


def _must_be_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid("small letters, digits and . / _ -, at most 100", field="name")
