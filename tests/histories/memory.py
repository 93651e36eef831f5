"""A desk in memory, on which the real commands are carried out before they are stamped out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from application.desk import Command, Desk
from application.register import (
    Conflict,
    Fact,
    KeyStore,
    Receipt,
    Register,
    Since,
    Submission,
)
from domain.aggregate import Act, Aggregate
from infrastructure.keystore import Key
from tests.histories.plan import key_of

A = TypeVar("A", bound=Aggregate)


class SeededKeys(KeyStore):
    """Keys as `key_of` says; secrets are those of the installation that is filled."""

    def __init__(self, seed: int, secret: Callable[[str], bytes]) -> None:
        self._seed, self._secret = seed, secret
        self.subjects: set[UUID] = set()

    def create(self, subject: UUID) -> str:
        return hashlib.sha256(self.needed(subject)).hexdigest()

    def destroy(self, subject: UUID) -> None:
        raise NotImplementedError("nobody is erased here")

    def destroyed(self) -> list[UUID]:
        return []

    def secret(self, name: str) -> bytes:
        return self._secret(name)

    def key(self, subject: UUID) -> Key | None:
        return self.needed(subject)

    def needed(self, subject: UUID) -> Key:
        self.subjects.add(subject)
        return Key(key_of(self._seed, subject))

    def fetch(self, subjects: Collection[UUID]) -> None:
        pass


class MemoryRegister(Register):
    """Streams in memory. Nothing is numbered and no time is taken here: that is for the stamps."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._streams: dict[UUID, list[Fact]] = {}
        self._receipts: dict[tuple[str, str], Receipt] = {}
        self._head = 0
        self.submissions: list[Submission] = []

    def append(self, submissions: Sequence[Submission]) -> list[Receipt]:
        return [self._append(submission) for submission in submissions]

    def stream(self, stream_id: UUID, *, after: int = 0, opened: bool = False) -> list[Fact]:
        return self._streams.get(stream_id, [])[after:]

    def since(self, versions: Mapping[UUID, int]) -> Since:
        facts = {id: self.stream(id, after=version) for id, version in versions.items()}
        return Since(facts, self.pack_position())

    def facts(self, after: int, limit: int) -> list[Fact]:
        known = sorted((f for s in self._streams.values() for f in s), key=lambda f: f.position)
        return known[after : after + limit]

    def pack_position(self) -> int:
        return max((self._streams[id][-1].position for id in self.pack_ids()), default=0)

    def pack_ids(self) -> list[UUID]:
        return [id for id, s in self._streams.items() if _topic(s[0].event).startswith("pack.")]

    def instance_ids(self) -> list[UUID]:
        return []

    def head(self) -> int:
        return self._head

    def receipt(self, by: str, command_id: str) -> Receipt | None:
        return self._receipts.get((by, command_id))

    def known(self, by: str, command_ids: Sequence[str]) -> set[str]:
        return {id for id in command_ids if (by, id) in self._receipts}

    def _append(self, submission: Submission) -> Receipt:
        if known := self.receipt(submission.by, submission.command_id):
            return known
        stream = self._streams.setdefault(submission.stream_id, [])
        if submission.version - len(submission.events) != len(stream):
            raise Conflict(f"{submission.stream_id} is at version {len(stream)}")
        for event in submission.events:
            self._head += 1
            stream.append(Fact(self._head, self._at, None, event))
        self.submissions.append(submission)
        receipt = Receipt(
            stream_id=submission.stream_id,
            version=submission.version,
            position=self._head,
            recorded_at=self._at,
            fingerprint=submission.fingerprint,
        )
        self._receipts[submission.by, submission.command_id] = receipt
        return receipt


class TellingDesk(Desk):
    """Remembers each command that was carried out, beside what was stored of it."""

    def __init__(self, register: MemoryRegister, keys: KeyStore, zone: ZoneInfo) -> None:
        super().__init__(register, keys, zone)
        self._memory = register
        self.told: list[tuple[Command, Submission]] = []

    def _attempt(self, command: Command, decided: Callable[[Act], A]) -> Receipt:
        before = len(self._memory.submissions)
        receipt = super()._attempt(command, decided)
        self.told += [(command, stored) for stored in self._memory.submissions[before:]]
        return receipt


def _topic(event: Aggregate.Event) -> str:
    topic: str = type(event).TOPIC  # type: ignore[attr-defined]
    return topic
