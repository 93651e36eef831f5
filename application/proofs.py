"""What proves that an event is in the sealed log, for somebody who trusts nobody here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Refused


class NotSealed(Refused):
    code = "not_sealed"


@dataclass(frozen=True)
class Sealing:
    """How far the log is, and why it stands still if it does.

    `root` is the hash (base64) of the tree of so many entries, as the checkpoint says it.
    """

    size: int
    root: str
    doubt: str | None


@dataclass(frozen=True, kw_only=True)
class Proof:
    """All in base64 but `checkpoint`, a signed note (C2SP tlog-checkpoint), and names and numbers.

    `entry` is the leaf: RFC 6962 with `path` from it to the root of the checkpoint. `batch` are the
    leaf hashes of the entries that were appended together, which `instance` has `signed` as a note.
    """

    position: int
    index: int
    entry: str
    path: Sequence[str]
    checkpoint: str
    instance: str | None
    first: int | None
    batch: Sequence[str]
    signed: str | None


class Proofs(ABC):
    @abstractmethod
    def sealing(self) -> Sealing | None:
        """None where nothing is sealed on this machine."""

    @abstractmethod
    def proof(self, position: int) -> Proof:
        """Raises NotFound, NotSealed, Unavailable."""

    @abstractmethod
    def checkpoint(self) -> str | None:
        """The last one, a signed note; None where nothing is sealed on this machine."""

    @abstractmethod
    def wait(self, position: int, seconds: float) -> bool:
        """Whether a checkpoint that all witnesses have cosigned covers it, in time.

        Where nothing is sealed nobody waits.
        """
