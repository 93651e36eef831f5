"""What the log is made of: one entry for each event, its header and the digest of its bytes.

Layout, all numbers big-endian:

    1   format, 1
    2   length of the header that follows
    8   position                          from 1; the leaf's index is one less
    16  stream id
    4   stream version                    from 1
    8   recorded at                       microseconds since 1970-01-01T00:00Z
    2+n topic, 2+n actor, 2+n command id  UTF-8 without control characters, 1 to 255 bytes each
    32  SHA-256 of the event's bytes, as stored; behind the header
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

FORMAT = 1
MAX_TEXT_BYTES = 255
DIGEST_BYTES = 32

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_FIXED = struct.Struct(">Q16sLQ")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


class EntryInvalid(Exception):
    """Not an entry, or not one that can be written down."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where an event stands, and who put it there. `actor` is a pseudonym, like `staff:<uuid>`."""

    position: int
    stream_id: UUID
    stream_version: int
    topic: str
    recorded_at: datetime
    actor: str
    command_id: str
    digest: bytes

    def encode(self) -> bytes:
        """Raises EntryInvalid."""
        if self.recorded_at.utcoffset() is None:
            raise EntryInvalid(f"position {self.position} was recorded at no time zone")
        micros = (self.recorded_at - _EPOCH) // _MICROSECOND
        _in_bounds(self.position, self.stream_version, micros)
        if len(self.digest) != DIGEST_BYTES:
            raise EntryInvalid(f"a digest of {len(self.digest)} bytes")
        header = _FIXED.pack(self.position, self.stream_id.bytes, self.stream_version, micros)
        header += b"".join(map(_text, (self.topic, self.actor, self.command_id)))
        return struct.pack(">BH", FORMAT, len(header)) + header + self.digest

    @classmethod
    def decode(cls, data: bytes) -> Entry:
        """The one entry that is written so. Raises EntryInvalid."""
        if len(data) < 3 or data[0] != FORMAT:
            raise EntryInvalid(f"not an entry of format {FORMAT}")
        end = 3 + int.from_bytes(data[1:3], "big")
        if len(data) != end + DIGEST_BYTES or end < 3 + _FIXED.size:
            raise EntryInvalid("an entry is cut off, or too long")
        position, stream, version, micros = _FIXED.unpack_from(data, 3)
        _in_bounds(position, version, micros)
        topic, actor, command_id = _texts(data[3 + _FIXED.size : end])
        return cls(
            position=position,
            stream_id=UUID(bytes=stream),
            stream_version=version,
            topic=topic,
            recorded_at=at_micros(micros),
            actor=actor,
            command_id=command_id,
            digest=data[end:],
        )


def at_micros(micros: int) -> datetime:
    """So many microseconds after 1970-01-01T00:00Z."""
    return _EPOCH + micros * _MICROSECOND


def digest_of(state: bytes) -> bytes:
    """Of an event's bytes, as stored."""
    return hashlib.sha256(state).digest()


def _in_bounds(position: int, version: int, micros: int) -> None:
    if not 1 <= position < 2**63 or not 1 <= version < 2**31 or not 0 <= micros <= _LAST:
        raise EntryInvalid(f"position {position}, version {version} or {micros} µs out of bounds")


def _text(text: str) -> bytes:
    encoded = text.encode("utf-8", "surrogatepass")
    _checked(encoded)
    return len(encoded).to_bytes(2, "big") + encoded


def _texts(data: bytes) -> list[str]:
    found, at = [], 0
    for _ in range(3):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        found.append(_checked(data[at + 2 : end]))
        at = end
    if at != len(data):
        raise EntryInvalid("more or less in the header than it should hold")
    return found


def _checked(encoded: bytes) -> str:
    if not 1 <= len(encoded) <= MAX_TEXT_BYTES:
        raise EntryInvalid(f"a text of {len(encoded)} bytes")
    if _CONTROL.search(encoded):
        raise EntryInvalid("a text with control characters")
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        raise EntryInvalid("a text that is not UTF-8") from None
