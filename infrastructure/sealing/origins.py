"""Which instance appended what: one signature over each batch of entries.

What is signed is the text of a note, so that any tool that reads signed notes can check it:

    yice-origin/v1
    <origin of the log>
    <first position>
    <last position>
    <base64 of the RFC 6962 root over the leaf hashes of these positions>

A single row is checked with the leaf hashes of its batch, or with an inclusion proof in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infrastructure.sealing.notes import (
    NoteInvalid,
    Signature,
    SignerKey,
    VerifierKey,
    check,
    from_base64,
    to_base64,
)
from infrastructure.sealing.tree import MAX_SIZE, root_of

MAX_BATCH = 65_536
REGISTERED, REVOKED = "instance.registered", "instance.revoked"
"""Topics of the events that say whose signatures count; fields `name` and `vkey`."""

_LINE = re.compile(r"([1-9]\d{0,18}) ([1-9]\d{0,18}) (\S{1,255}) (\S{88})\n", re.ASCII)


@dataclass(frozen=True)
class OriginSignature:
    """The instance that appended the positions `first` to `last`, and its signature on them."""

    first: int
    last: int
    instance: str
    signed: bytes

    def __str__(self) -> str:
        return f"{self.first} {self.last} {self.instance} {to_base64(self.signed)}\n"

    @classmethod
    def parse(cls, line: str) -> OriginSignature:
        """A line with its newline. Raises NoteInvalid."""
        found = _LINE.fullmatch(line)
        if found is None:
            raise NoteInvalid("not a line with an origin signature")
        batch = cls(int(found[1]), int(found[2]), found[3], from_base64(found[4]))
        _bounded(batch.first, batch.last)
        return batch


@dataclass(frozen=True)
class Receipted:
    """A batch that was stored, and the root over its leaf hashes: it can be checked by itself."""

    batch: OriginSignature
    root: bytes

    @classmethod
    def of(cls, batch: OriginSignature, leaves: Iterable[bytes]) -> Receipted:
        return cls(batch, root_of(leaves))

    @classmethod
    def sign(cls, key: SignerKey, *, log: str, first: int, leaves: Sequence[bytes]) -> Receipted:
        """The leaf hashes of entries from position `first` on. Raises NoteInvalid."""
        last, root = first + len(leaves) - 1, root_of(leaves)
        _bounded(first, last)
        signed = key.sign(signed_text(log, first, last, root)).signed
        return cls(OriginSignature(first, last, key.name, signed), root)

    def __str__(self) -> str:
        return f"{to_base64(self.root)} {self.batch}"

    @classmethod
    def parse(cls, said: str) -> Receipted:
        """Raises NoteInvalid."""
        root, _, line = said.partition(" ")
        return cls(OriginSignature.parse(line), from_base64(root))

    def check(self, key: VerifierKey, log: str) -> None:
        """Raises NoteInvalid if this key did not sign it."""
        batch = self.batch
        text = signed_text(log, batch.first, batch.last, self.root)
        check(key, text, Signature(key.name, key.id, batch.signed))


def signed_text(log: str, first: int, last: int, root: bytes) -> str:
    return f"yice-origin/v1\n{log}\n{first}\n{last}\n{to_base64(root)}\n"


def sign_batch(key: SignerKey, *, log: str, first: int, leaves: Sequence[bytes]) -> OriginSignature:
    """The signature alone. Raises NoteInvalid."""
    return Receipted.sign(key, log=log, first=first, leaves=leaves).batch


def check_batch(
    batch: OriginSignature, *, key: VerifierKey, log: str, leaves: Iterable[bytes]
) -> None:
    """Raises NoteInvalid if this key did not sign these leaf hashes as this batch."""
    if batch.instance != key.name:
        raise NoteInvalid(f"a batch of {batch.instance}, not of {key.name}")
    Receipted.of(batch, leaves).check(key, log)


def _bounded(first: int, last: int) -> None:
    if not 1 <= first <= last <= MAX_SIZE or last - first >= MAX_BATCH:
        raise NoteInvalid(f"no batch: {first} to {last}")
