"""What the application asks of the register of events, and what it gets back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.aggregate import Aggregate


class Conflict(Exception):
    """Somebody else wrote to the same stream first. Nothing of the submission was stored."""


class Unavailable(Exception):
    """The store did not answer. Whether the command was stored is open: ask again with its id."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One command with all its events: stored whole, once, or not at all.

    `fingerprint` is a keyed digest of the command's content; `version` that of the stream after it.
    """

    by: str
    command_id: str
    fingerprint: bytes
    stream_id: UUID
    version: int
    events: Sequence[Aggregate.Event]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the store answers: where the command's last event stands.

    `number` is the register number of the command's first numbered event, like `2026-0001`;
    `recorded_at` is by the store's clock; `replayed`: the answer to an earlier, same command;
    `warnings`: what the packs had to say and yet did not refuse.
    """

    stream_id: UUID
    version: int
    position: int
    recorded_at: datetime
    fingerprint: bytes
    number: str | None = None
    replayed: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """An event as the register holds it. Positions are dense and start at 1."""

    position: int
    recorded_at: datetime
    number: str | None
    event: Aggregate.Event


@dataclass(frozen=True)
class Since:
    """`facts` of each stream that was asked for, in order; `pack_position` as of then."""

    facts: Mapping[UUID, Sequence[Fact]]
    pack_position: int


class Register(ABC):
    """The one append-only register. Every method raises Unavailable when out of reach."""

    @abstractmethod
    def append(self, submissions: Sequence[Submission]) -> list[Receipt]:
        """Store all in one transaction, or none. Raises Conflict.

        A single submission whose command is known already is answered by the first receipt.
        """

    @abstractmethod
    def stream(self, stream_id: UUID, *, after: int = 0, opened: bool = False) -> list[Fact]:
        """The facts of one stream, in order, behind a version of it.

        `opened`: sealed texts too, where the key exists.
        """

    @abstractmethod
    def since(self, versions: Mapping[UUID, int]) -> Since:
        """What came to each of these streams behind a version of it; in one question."""

    @abstractmethod
    def facts(self, after: int, limit: int) -> list[Fact]:
        """Facts behind a position, in order, their sealed texts closed."""

    @abstractmethod
    def pack_position(self) -> int:
        """Position of the last thing that happened to any pack; 0 if nothing did."""

    @abstractmethod
    def pack_ids(self) -> list[UUID]:
        """All packs."""

    @abstractmethod
    def instance_ids(self) -> list[UUID]:
        """All instances, in the order in which they were registered."""

    @abstractmethod
    def head(self) -> int:
        """The newest position; 0 while empty."""

    @abstractmethod
    def receipt(self, by: str, command_id: str) -> Receipt | None:
        """How this command was answered, if it was."""

    @abstractmethod
    def known(self, by: str, command_ids: Sequence[str]) -> set[str]:
        """Those of the command ids that were carried out."""


class KeyStore(ABC):
    """Keys of the persons that texts are sealed under; kept apart from the register."""

    @abstractmethod
    def create(self, subject: UUID) -> str:
        """Make sure the subject has a key; SHA-256 of it, in hex. Raises KeyDestroyed."""

    @abstractmethod
    def destroy(self, subject: UUID) -> None:
        """Forget the key for ever; what was sealed under it reads `[erased]` from then on."""

    @abstractmethod
    def destroyed(self) -> list[UUID]:
        """All subjects whose key was destroyed."""

    @abstractmethod
    def secret(self, name: str) -> bytes:
        """A secret of this installation, 32 bytes, made on first use."""


class KeyDestroyed(Exception):
    """The subject was erased: nothing more can be sealed under its key."""
