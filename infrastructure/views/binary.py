"""Values as PostgreSQL takes them without reading any text: its binary form. And JSON both ways."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.json import set_json_loads

from application.blind_index import Tokens
from domain.sealed import Sealed

NULL = b"\xff\xff\xff\xff"

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_INT8 = 20
"""The number of the type of numbers, alone or in a list."""

Encoder = Callable[[Any], bytes]

_size, _number = struct.Struct(">i"), struct.Struct(">iq")
_list, _array = struct.Struct(">iiiiii"), struct.Struct(">iiiii")


class Binary(bytes):
    """A parameter in its binary form already; the statement says its type (`%b::uuid[]`)."""


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


psycopg.adapters.register_dumper(Binary, _AsItIs)


@dataclass(frozen=True)
class Form:
    """What PostgreSQL calls a type, and by which number; and how one value of it is written.

    `encode` gives the length and then the binary form, of what is not None. `in_array` is the form
    that is sent for it in an array and cast there, if not this one.
    """

    name: str
    oid: int
    encode: Encoder
    in_array: Form | None = None

    def array(self, values: Iterable[Any]) -> Binary:
        """At least one value."""
        encoded = [NULL if value is None else self.encode(value) for value in values]
        return Binary(_array.pack(1, 1, self.oid, len(encoded), 1) + b"".join(encoded))


def _boxed(value: Any) -> Any:
    """What JSON has no word for: a sealed text is its box."""
    if isinstance(value, Sealed):
        return {"$box": value.box}
    raise TypeError(f"a {type(value).__name__} cannot be stored")


_ENCODER = msgspec.json.Encoder(enc_hook=_boxed)


def _unboxed(value: Any) -> Any:
    """JSON in which each box is a sealed text again, closed."""
    if isinstance(value, dict):
        if "$box" in value:
            return closed(value["$box"])
        return {k: _unboxed(v) for k, v in value.items()}
    return [_unboxed(v) for v in value] if isinstance(value, list) else value


def as_stored(value: Any) -> Any:
    """What a value says as JSON; of a sealed text its box."""
    return msgspec.json.decode(_ENCODER.encode(value))


def closed(box: str) -> Sealed:
    """A sealed text that nobody has opened yet."""
    return Sealed(UUID(box.split(":", 5)[4]), None, box)


def _read(said: str | bytes) -> Any:
    """JSON as psycopg has read it; most holds no box."""
    value = msgspec.json.decode(said)
    is_open = b'"$box"' not in (said.encode() if isinstance(said, str) else said)
    return value if is_open else _unboxed(value)


set_json_loads(_read)


def _uuid(value: UUID) -> bytes:
    return b"\0\0\0\x10" + value.bytes


def _text(value: str) -> bytes:
    said = value.encode()
    return _size.pack(len(said)) + said


def _bigint(value: int) -> bytes:
    return _number.pack(8, value)


def _boolean(value: bool) -> bytes:
    return b"\0\0\0\1\1" if value else b"\0\0\0\1\0"


def _instant(value: datetime) -> bytes:
    since = value - EPOCH
    return _number.pack(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _sealed(value: Sealed) -> bytes:
    if value.box is None:
        raise ValueError("a text that was not sealed")
    return _text(value.box)


def _numbers(value: Sequence[int]) -> bytes:
    length = len(value)
    if not length:
        return struct.pack(">iiii", 12, 0, 0, _INT8)
    elements = [8] * (2 * length)
    elements[1::2] = value
    head = _list.pack(20 + 12 * length, 1, 0, _INT8, length, 1)
    return head + struct.pack(f">{'iq' * length}", *elements)


def _numbers_as_text(value: Sequence[int]) -> bytes:
    """Arrays in an array are one array of more dimensions, of as many elements each."""
    return _text(f"{{{','.join(map(str, value))}}}")


def _json(value: Any) -> bytes:
    said = _ENCODER.encode(value)
    return _size.pack(len(said) + 1) + b"\1" + said


_JSON = Form("jsonb", 3802, _json)

_FORMS: dict[Any, Form] = {
    UUID: Form("uuid", 2950, _uuid),
    str: Form("text", 25, _text),
    int: Form("bigint", _INT8, _bigint),
    bool: Form("boolean", 16, _boolean),
    datetime: Form("timestamptz", 1184, _instant),
    Sealed: Form("text", 25, _sealed),
    Tokens: Form("bigint[]", 1016, _numbers, in_array=Form("text", 25, _numbers_as_text)),
}


def form_of(kind: Any) -> Form:
    """How a field of that type is stored; as JSON if it has no form of its own."""
    return _FORMS.get(kind, _JSON)
