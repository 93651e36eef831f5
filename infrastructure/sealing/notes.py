"""Signed notes of C2SP (signed-note), with Ed25519, and timestamped cosignatures on checkpoints."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
MAX_NAME_CHARACTERS = 255
_PUBLIC_BYTES, _SIGNATURE_BYTES = 32, 64
_LAST_SECOND = 2**63 - 1

_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")


class NoteInvalid(Exception):
    """Not a note, or not signed as was asked."""


class Kind(IntEnum):
    """What a key signs: the text of a note, or a checkpoint with the time it was seen."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True)
class VerifierKey:
    """The public half. As text: `<name>+<id>+<base64 of kind and key>`."""

    name: str
    kind: Kind
    public: bytes

    @cached_property
    def id(self) -> bytes:
        return _key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Raises NoteInvalid."""
        name, key_id, kind, public = _key_parts(text)
        key = cls(name, kind, public)
        if key.id.hex() != key_id:
            raise NoteInvalid(f"the id of the key {name} should be {key.id.hex()}, not {key_id}")
        return key


@dataclass(frozen=True)
class SignerKey:
    """The private half. As text: `PRIVATE+KEY+` and then as a public one."""

    name: str
    kind: Kind
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str, kind: Kind = Kind.NOTE) -> SignerKey:
        return cls(_named(name), kind, Ed25519PrivateKey.generate())

    @cached_property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def secret(self) -> str:
        """As text, for a file that nobody else may read. Not `__str__`: it must not be logged."""
        kept = bytes([self.kind]) + self.private.private_bytes_raw()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{to_base64(kept)}"

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """Raises NoteInvalid."""
        if not text.startswith("PRIVATE+KEY+"):
            raise NoteInvalid("not a private key")
        name, key_id, kind, seed = _key_parts(text.removeprefix("PRIVATE+KEY+"))
        key = cls(name, kind, Ed25519PrivateKey.from_private_bytes(seed))
        if key.verifier.id.hex() != key_id:
            raise NoteInvalid(f"the id of the private key {name} is another one")
        return key

    def sign(self, text: str) -> Signature:
        """Sign the text of a note. Raises NoteInvalid for a key of another kind."""
        if self.kind is not Kind.NOTE:
            raise NoteInvalid(f"{self.name} is a key for cosignatures")
        return Signature(self.name, self.verifier.id, self.private.sign(text.encode()))

    def cosign(self, text: str, *, seconds: int) -> Signature:
        """Cosign a checkpoint as seen at a time (POSIX seconds). Raises NoteInvalid."""
        if self.kind is not Kind.COSIGNATURE:
            raise NoteInvalid(f"{self.name} is not a key for cosignatures")
        signed = self.private.sign(_cosigned(text, seconds))
        return Signature(self.name, self.verifier.id, seconds.to_bytes(8, "big") + signed)


@dataclass(frozen=True)
class Signature:
    """One line below a note; whose it is and whether it holds is open until it is checked."""

    name: str
    key_id: bytes
    signed: bytes

    def __str__(self) -> str:
        return f"— {self.name} {to_base64(self.key_id + self.signed)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """A line with its newline. Raises NoteInvalid."""
        parts = line.removesuffix("\n").split(" ")
        if len(parts) != 3 or parts[0] != "—" or not line.endswith("\n"):
            raise NoteInvalid("not a line with a signature")
        blob = from_base64(parts[2])
        if len(blob) < 5:
            raise NoteInvalid("a signature is too short")
        return cls(_named(parts[1]), blob[:4], blob[4:])

    @property
    def seconds(self) -> int:
        """When it was cosigned, in POSIX seconds. Only of a cosignature."""
        return int.from_bytes(self.signed[:8], "big")


@dataclass(frozen=True)
class Note:
    """A text that ends in a newline, and the signatures below it."""

    text: str
    signatures: Sequence[Signature]

    def encode(self) -> bytes:
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()

    @classmethod
    def parse(cls, note: bytes) -> Note:
        """The parts of a note; nothing is checked by that. Raises NoteInvalid."""
        if len(note) > MAX_NOTE_BYTES:
            raise NoteInvalid(f"a note of {len(note)} bytes")
        try:
            whole = note.decode()
        except UnicodeDecodeError:
            raise NoteInvalid("a note that is not UTF-8") from None
        if _CONTROL.search(note):
            raise NoteInvalid("a note with control characters")
        text, parted, signed = whole.rpartition("\n\n")
        if not parted or not signed.endswith("\n"):
            raise NoteInvalid("a note without signatures")
        lines = signed.removesuffix("\n").split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteInvalid(f"a note with {len(lines)} signatures")
        return cls(text + "\n", [Signature.parse(line + "\n") for line in lines])

    def signed_by(self, keys: Iterable[VerifierKey]) -> list[tuple[VerifierKey, Signature]]:
        """The known keys that signed it, each once; signatures of unknown ones are passed over.

        Raises NoteInvalid if one of a known key does not hold.
        """
        known = {(key.name, key.id): key for key in keys}
        found: dict[VerifierKey, Signature] = {}
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is not None and key not in found:
                check(key, self.text, signature)
                found[key] = signature
        return list(found.items())


def check(key: VerifierKey, text: str, signature: Signature) -> None:
    """Raises NoteInvalid if this key did not sign this text so."""
    signed, message = signature.signed, text.encode()
    if key.kind is Kind.COSIGNATURE:
        if len(signed) != 8 + _SIGNATURE_BYTES:
            raise NoteInvalid(f"the cosignature of {key.name} has {len(signed)} bytes")
        message, signed = _cosigned(text, signature.seconds), signed[8:]
    if not verified(key.public, signed, message):
        raise NoteInvalid(f"the signature of {key.name} does not hold")


def verified(public: bytes, signed: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Standard alphabet, padded, and the one encoding of its bytes. Raises NoteInvalid."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NoteInvalid("not base64") from None
    if to_base64(data) != text:
        raise NoteInvalid("not the one way to write this in base64")
    return data


def _cosigned(text: str, seconds: int) -> bytes:
    if not 0 <= seconds <= _LAST_SECOND:
        raise NoteInvalid(f"{seconds} is not a time")
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _key_id(name: str, kind: Kind, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _key_parts(text: str) -> tuple[str, str, Kind, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
        raise NoteInvalid("not a key: <name>+<id>+<base64> is asked for")
    blob = from_base64(parts[2])
    if len(blob) != 1 + _PUBLIC_BYTES or blob[0] not in list(Kind):
        raise NoteInvalid("a key of a kind that is not known here")
    return _named(parts[0]), parts[1], Kind(blob[0]), blob[1:]


def _named(name: str) -> str:
    allowed = name.isprintable() and "+" not in name and not any(map(str.isspace, name))
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not allowed:
        raise NoteInvalid(f"not the name of a key: {name[:80]!r}")
    return name
