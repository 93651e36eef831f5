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
from infrastructure.codec import known_uuid

NULL = b"\xff\xff\xff\xff"

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_INT8 = 20
"""The number of the type of numbers, alone or in a list."""

Encoder = Callable[[Iterable[Any]], list[bytes]]
"""Of the values of one column: each with its length before it."""

_size, _number = struct.Struct(">i").pack, struct.Struct(">iq").pack
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
    """What PostgreSQL calls a type, and by which number; and how values of it are written.

    `encode` gives for each its length and then its binary form. `in_array` is the form
    that is sent for it in an array and cast there, if not this one.
    """

    name: str
    oid: int
    encode: Encoder
    in_array: Form | None = None

    def array(self, values: Iterable[Any]) -> Binary:
        """At least one value."""
        encoded = self.encode(values)
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
    return Sealed(known_uuid(box.split(":", 5)[4]), None, box)


def _read(said: str | bytes) -> Any:
    """JSON as psycopg has read it; most holds no box."""
    value = msgspec.json.decode(said)
    is_open = b'"$box"' not in (said.encode() if isinstance(said, str) else said)
    return value if is_open else _unboxed(value)


set_json_loads(_read)


def _uuids(values: Iterable[UUID | None]) -> list[bytes]:
    return [NULL if v is None else b"\0\0\0\x10" + v.int.to_bytes(16, "big") for v in values]


def _texts(values: Iterable[str | None]) -> list[bytes]:
    said = [None if v is None else v.encode() for v in values]
    return [NULL if v is None else _size(len(v)) + v for v in said]


def _bigints(values: Iterable[int | None]) -> list[bytes]:
    return [NULL if v is None else _number(8, v) for v in values]


def _booleans(values: Iterable[bool | None]) -> list[bytes]:
    said = {None: NULL, True: b"\0\0\0\1\1", False: b"\0\0\0\1\0"}
    return [said[v] for v in values]


def _instants(values: Iterable[datetime | None]) -> list[bytes]:
    return [NULL if v is None else _instant(v) for v in values]


def _instant(value: datetime) -> bytes:
    since = value - EPOCH
    return _number(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _sealed(values: Iterable[Sealed | None]) -> list[bytes]:
    return _texts(None if v is None else _box(v) for v in values)


def _box(value: Sealed) -> str:
    if value.box is None:
        raise ValueError("a text that was not sealed")
    return value.box


def _number_lists(values: Iterable[Sequence[int] | None]) -> list[bytes]:
    return [NULL if v is None else _numbers(v) for v in values]


def _numbers(value: Sequence[int]) -> bytes:
    length = len(value)
    if not length:
        return struct.pack(">iiii", 12, 0, 0, _INT8)
    elements = [8] * (2 * length)
    elements[1::2] = value
    head = _list.pack(20 + 12 * length, 1, 0, _INT8, length, 1)
    return head + struct.pack(f">{'iq' * length}", *elements)


def _numbers_as_texts(values: Iterable[Sequence[int] | None]) -> list[bytes]:
    """Arrays in an array are one array of more dimensions, of as many elements each."""
    return _texts(None if v is None else f"{{{','.join(map(str, v))}}}" for v in values)


def _json(values: Iterable[Any]) -> list[bytes]:
    said = [None if v is None else _ENCODER.encode(v) for v in values]
    return [NULL if v is None else _size(len(v) + 1) + b"\1" + v for v in said]


_JSON = Form("jsonb", 3802, _json)

_FORMS: dict[Any, Form] = {
    UUID: Form("uuid", 2950, _uuids),
    str: Form("text", 25, _texts),
    int: Form("bigint", _INT8, _bigints),
    bool: Form("boolean", 16, _booleans),
    datetime: Form("timestamptz", 1184, _instants),
    Sealed: Form("text", 25, _sealed),
    Tokens: Form("bigint[]", 1016, _number_lists, in_array=Form("text", 25, _numbers_as_texts)),
}


def form_of(kind: Any) -> Form:
    """How a field of that type is stored; as JSON if it has no form of its own."""
    return _FORMS.get(kind, _JSON)
