"""Events to bytes and back: readable JSON, in which texts about persons are sealed boxes."""

from __future__ import annotations

import binascii
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from types import NoneType
from typing import Any, NamedTuple, cast, get_type_hints
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from eventsourcing.utils import get_topic, resolve_topic

from application.register import KeyDestroyed
from domain.aggregate import Aggregate
from domain.errors import Invalid
from domain.sealed import Sealed
from infrastructure.keystore import Key, PostgresKeyStore

SEALED = "$sealed"
"""The one key of a box. Any other key that begins with `$` is stored with one more before it."""

NONCE_BYTES = 12

_JSON = msgspec.json.Decoder()

known_uuid = lru_cache(20_000)(UUID)
"""Staff and clients come up again and again; to read an id costs more than to find it."""

_STORED_BESIDE = ("originator_id", "originator_version", "timestamp")

_HOLDING = frozenset({dict, list})
"""What of JSON may hold a box."""

_PLAIN = (str, int, float, bool, datetime, UUID, NoneType)
"""What cannot hold a text about a person that was not sealed for it."""


class Place(NamedTuple):
    """Where in the register a sealed text stands: what its box is bound to."""

    stream_id: UUID
    version: int
    topic: str
    path: str = ""

    def under(self, name: str | int) -> Place:
        path = f"{self.path}.{name}" if self.path else str(name)
        return Place(self.stream_id, self.version, self.topic, path)

    def __str__(self) -> str:
        return f"{self.stream_id}:{self.version}:{self.topic}:{self.path}"


class Codec:
    """Seals on the way in; on the way out opens, or leaves closed what need not be read."""

    def __init__(self, keys: PostgresKeyStore) -> None:
        self._keys = keys

    def encode(self, event: Aggregate.Event) -> bytes:
        """Raises KeyDestroyed for a text about somebody who was erased."""
        topic = get_topic(type(event))
        place = Place(event.originator_id, event.originator_version, topic)
        state = {
            name: value if type(value) in _PLAIN else self._close(value, place.under(name))
            for name, value in vars(event).items()
            if name not in _STORED_BESIDE
        }
        state["occurred_at"] = event.timestamp
        if (version := getattr(type(event), "class_version", 1)) > 1:
            state["class_version"] = version
        return _storable(msgspec.json.encode(state))

    def decode(
        self, stream_id: UUID, version: int, topic: str, state: bytes, *, opened: bool
    ) -> Aggregate.Event:
        """The event as it was, older versions brought up to date.

        Raises SealBroken, opened, for a changed box, and for a key that was put in another's place.
        """
        kind = resolve_topic(topic)
        fields = _upcast(kind, _JSON.decode(state))
        fields["timestamp"] = datetime.fromisoformat(fields.pop("occurred_at"))
        for name, convert in _converters(kind):
            if (said := fields.get(name)) is not None:
                fields[name] = convert(said)
        if opened and (committed := fields.get("key_commitment")):
            self._must_be_key_of(stream_id, committed)
        sealed = _sealed_fields(kind)
        for name in sealed:
            fields.setdefault(name, None)
        if b"$" in state or b"u0024" in state:  # else no box is in it
            place = str(Place(stream_id, version, topic))
            held = [name for name in sealed if type(fields[name]) in _HOLDING]
            fields |= {name: self._unclose(fields[name], place + name, opened) for name in held}
        fields["originator_id"], fields["originator_version"] = stream_id, version
        event = object.__new__(kind)
        object.__setattr__(event, "__dict__", fields)
        return cast(Aggregate.Event, event)

    def open(self, box: str) -> str | None:
        """The text in a box that a view has kept; None once its key is gone."""
        at, subject, sealed = box.rsplit(":", 2)
        return self._decrypt(known_uuid(subject), sealed, at)

    def fetch_keys(self, subjects: Collection[UUID]) -> None:
        """Have these keys at hand, for the many boxes that are opened next."""
        self._keys.fetch(subjects)

    def _must_be_key_of(self, subject: UUID, committed: str) -> None:
        key = self._keys.key(subject)
        if key is not None and key.id != committed:
            raise SealBroken(f"the key of {subject} is not the one that it was registered with")

    def _close(self, value: Any, place: Place) -> Any:
        if isinstance(value, Sealed):
            return {SEALED: f"{value.subject}:{self._encrypt(value, place)}"}
        if isinstance(value, Mapping):
            return {
                _escaped(k): v if type(v) in _PLAIN else self._close(v, place.under(k))
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self._close(v, place.under(i)) for i, v in enumerate(value)]
        if not isinstance(value, _PLAIN):
            raise TypeError(f"{place} holds a {type(value).__name__}: what is in it stays open")
        return value

    def _unclose(self, value: Any, place: str, opened: bool) -> Any:
        """What JSON says at a place, a dict or a list, with each box in it a sealed text again."""
        if type(value) is list:
            return [
                self._unclose(v, f"{place}.{i}", opened) if type(v) in _HOLDING else v
                for i, v in enumerate(value)
            ]
        if SEALED in value:
            return self._sealed(value[SEALED], place, opened)
        plain = {_unescaped(k): v for k, v in value.items()}
        for k, v in plain.items():
            if type(v) in _HOLDING:
                plain[k] = self._unclose(v, f"{place}.{k}", opened)
        return plain

    def _sealed(self, stored: str, place: str, opened: bool) -> Sealed:
        said, sealed = stored.split(":", 1)
        subject = known_uuid(said)
        text = self._decrypt(subject, sealed, place) if opened else None
        return Sealed(subject, text, f"{place}:{stored}")

    def _encrypt(self, value: Sealed, place: Place) -> str:
        if value.text is None:
            raise KeyDestroyed(str(value.subject))
        key = self._keys.needed(value.subject)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = key.cipher.encrypt(nonce, value.text.encode(), _bound(str(place), key))
        return binascii.b2a_base64(nonce + sealed, newline=False).decode()

    def _decrypt(self, subject: UUID, sealed: str, place: str) -> str | None:
        key = self._keys.key(subject)
        if key is None:
            return None
        try:
            box = binascii.a2b_base64(sealed)
            clear = key.cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _bound(place, key))
        except (InvalidTag, ValueError):
            raise SealBroken(f"the sealed text at {place} is not what was sealed there") from None
        return clear.decode()


def _bound(place: str, key: Key) -> bytes:
    """What a box cannot be moved away from: its place, and the key it was made with."""
    return f"{place}:{key.id}".encode()


class SealBroken(Exception):
    """A box was changed, or moved away from its place, or its key was exchanged."""


def _escaped(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _unescaped(key: str) -> str:
    return key.removeprefix("$")


def _storable(state: bytes) -> bytes:
    """The last net below every input: PostgreSQL's JSON cannot hold NUL. Raises Invalid."""
    if b"\\u0000" in state.replace(b"\\\\", b""):  # typed as a backslash and letters, it may stand
        raise Invalid("a text contains the character NUL")
    return state


def _upcast(kind: type, state: dict[str, Any]) -> dict[str, Any]:
    newest = getattr(kind, "class_version", 1)
    for version in range(state.pop("class_version", 1), newest):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(state)
    return state


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in hints if name not in _STORED_BESIDE}


@cache
def _converters(kind: type) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    """How the fields that JSON has no type for are read back."""
    known: dict[Any, Callable[[Any], Any]] = {
        UUID: known_uuid,
        UUID | None: known_uuid,
        datetime: datetime.fromisoformat,
        datetime | None: datetime.fromisoformat,
    }
    return [(name, known[hint]) for name, hint in _hints(kind).items() if hint in known]


@cache
def _sealed_fields(kind: type) -> tuple[str, ...]:
    holding = (Sealed, Sealed | None, dict[str, Any], list[Any])
    return tuple(name for name, hint in _hints(kind).items() if hint in holding)
