"""Check an evidence bundle of yice: offline, without yice, with nothing but Python 3.11.

    python verify.py BUNDLE --key KEY --instance KEY [--witness KEY ...]

Copy this one file anywhere. Keys are given by whoever checks, never taken from the bundle; ask the
desk for them once, on another way. Exit status: 0 verified, 1 refuted, 2 wrongly asked, 3 not a
readable bundle. The formats: RFC 6962 and, of C2SP, signed-note, tlog-checkpoint, tlog-tiles and
tlog-cosignature; what is yice's own is told where it is written, in infrastructure/sealing/
(bundle.py, entry.py, origins.py). Memory: some 30 MiB, and 300 bytes for each stream and file.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn, Protocol
from uuid import UUID

MAX_FILES = 250_000
MAX_DIRECTORY_BYTES = 20 * 2**20
MAX_MANIFEST_BYTES = 64 * 2**20
MAX_RANGES = 1_000
MAX_STREAMS = 2_000_000
MAX_UPPER_TILES = 32_768
MAX_BUNDLE_BYTES = 64 * 2**30
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
MAX_LINE_BYTES = 1_000
MAX_BATCH = 65_536
MAX_KEY_EVENT_BYTES = 65_536
MAX_SHOWN = 20
CHUNK = 2**20
WIDTH = 256
HASH = 32


class Unreadable(Exception):
    """Not a bundle, or one that does not keep to its format: nothing can be said about it."""


class KeyInvalid(Exception):
    """A key on the command line is not one."""


# --- Ed25519 (RFC 8032), for where the package cryptography is not installed ----------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
"""Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""
ZERO: Point = (0, 1, 1, 0)


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    w, x, y, z = f - e, h - g, h + g, f + e
    return w * x % P, y * z % P, x * y % P, w * z % P


def _double(a: Point) -> Point:
    e, f = a[0] * a[0], a[1] * a[1]
    h, g = e + f, e - f
    w, x = h - (a[0] + a[1]) ** 2, 2 * a[2] * a[2] + g
    return w * x % P, g * h % P, x * g % P, w * h % P


def _point(data: bytes) -> Point | None:
    sign, y = data[31] >> 7, int.from_bytes(data, "little") & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _packed(a: Point) -> bytes:
    inverse = pow(a[2], -1, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = _point(bytes.fromhex("58" + "66" * 31))


def ed25519_pure(public: bytes, signed: bytes, message: bytes) -> bool:
    """Whether the signature holds; some 3 ms."""
    if len(public) != 32 or len(signed) != 64 or BASE is None:
        return False
    key, s = _point(public), int.from_bytes(signed[32:], "little")
    if key is None or s >= L:
        return False
    digest = hashlib.sha512(signed[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % L
    minus: Point = (P - key[0], key[1], 1, P - key[3])
    steps = (None, BASE, minus, _add(BASE, minus))
    found = ZERO
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        found = _double(found)
        step = steps[(s >> bit & 1) + 2 * (k >> bit & 1)]
        found = found if step is None else _add(found, step)
    return _packed(found) == signed[:32]


def _ed25519_of_the_library() -> Callable[[bytes, bytes, bytes], bool] | None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None

    def holds(public: bytes, signed: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signed, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return holds


ed25519 = _ed25519_of_the_library() or ed25519_pure


# --- The tree (RFC 6962) --------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The roots of perfect subtrees, left to right, and how many leaves they stand over."""

    def __init__(self) -> None:
        self.size = 0
        self.nodes: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        at = self.size
        while at & 1:
            leaf, at = node_hash(self.nodes.pop(), leaf), at >> 1
        self.nodes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.nodes:
            return hashlib.sha256().digest()
        root = self.nodes[-1]
        for node in self.nodes[-2::-1]:
            root = node_hash(node, root)
        return root


def tree_of(hashes: Sequence[bytes]) -> Tree:
    tree = Tree()
    for each in hashes:
        tree.append(each)
    return tree


# --- Notes, keys, checkpoints (C2SP) --------------------------------------------------------------

NOTE, COSIGNATURE = 1, 4
NUMBER = r"(?:0|[1-9][0-9]{0,18})"


class Key(NamedTuple):
    name: str
    id: bytes
    kind: int
    public: bytes


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    text: str


def parse_key(text: str, kind: int) -> Key:
    """`<name>+<id>+<base64>`; raises KeyInvalid."""
    parts = text.strip().split("+", 2)
    blob = _base64(parts[2]) if len(parts) == 3 else None
    if blob is None or len(blob) != 33 or not _is_name(parts[0]):
        raise KeyInvalid(f"not a key: {text[:60]!r}")
    if blob[0] != kind:
        raise KeyInvalid(f"the key {parts[0]} is of kind {blob[0]}, not {kind}")
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + blob).digest()[:4]
    if key_id.hex() != parts[1]:
        raise KeyInvalid(f"the id of the key {parts[0]} is {key_id.hex()}, not {parts[1][:8]}")
    return Key(parts[0], key_id, kind, blob[1:])


def open_note(note: bytes, keys: Sequence[Key]) -> tuple[str, dict[Key, int]]:
    """The text, and who of the keys signed it (cosigners: when). Raises Unreadable."""
    try:
        text, parted, below = note.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise Unreadable("the checkpoint is not UTF-8") from None
    lines = below.split("\n")
    if re.search(rb"[\x00-\x09\x0b-\x1f]", note) or not parted or lines.pop() or not lines:
        raise Unreadable("the checkpoint is not a signed note")
    if len(lines) > MAX_SIGNATURES:
        raise Unreadable(f"{len(lines)} signatures on one checkpoint")
    text += "\n"
    known, found = {(key.name, key.id): key for key in keys}, dict[Key, int]()
    for name, blob in map(_signature, lines):
        key = known.get((name, blob[:4]))
        if key is not None and key not in found:
            found[key] = _checked(key, text, blob[4:])
    return text, found


def _signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    blob = _base64(parts[2]) if len(parts) == 3 else None
    if blob is None or len(blob) < 5 or parts[0] != "—" or not _is_name(parts[1]):
        raise Unreadable("the checkpoint has a line that is no signature")
    return parts[1], blob


def _checked(key: Key, text: str, signed: bytes) -> int:
    """Time of a cosignature in POSIX seconds, else 0."""
    seconds, message = 0, text
    if key.kind == COSIGNATURE:
        seconds, signed = int.from_bytes(signed[:8], "big"), signed[8:]
        message = f"cosignature/v1\ntime {seconds}\n{text}"
    if seconds >= 2**63 or not ed25519(key.public, signed, message.encode()):
        raise Refuted(f"the signature of {key.name} on the checkpoint does not hold")
    return seconds


class Refuted(Exception):
    """The checkpoint proves nothing, so the rest need not be looked at."""


def parse_checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    root = _base64(lines[2]) if len(lines) == 4 else None
    size = lines[1] if len(lines) == 4 else ""
    if root is None or len(root) != HASH or not lines[0] or lines[3]:
        raise Unreadable("the checkpoint has not the three lines origin, size, root")
    if not re.fullmatch(NUMBER, size) or int(size) >= 2**63:
        raise Unreadable("the checkpoint tells no size")
    return Checkpoint(lines[0], int(size), root, text)


def _base64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _is_name(name: str) -> bool:
    spaced = any(map(str.isspace, name))
    return 0 < len(name) <= 255 and name.isprintable() and "+" not in name and not spaced


# --- Entries --------------------------------------------------------------------------------------

FIXED = struct.Struct(">Q16sLQ")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY_TOPICS = ("instance.registered", "instance.revoked")


class Entry(NamedTuple):
    position: int
    stream: UUID
    version: int
    topic: str
    recorded_micros: int
    actor: str
    command_id: str
    digest: bytes


def parse_entry(data: bytes) -> Entry | None:
    """None: not the one way to write down an entry of format 1."""
    end = 3 + int.from_bytes(data[1:3], "big")
    if data[:1] != b"\x01" or len(data) != end + HASH or end < 3 + FIXED.size:
        return None
    position, stream, version, micros = FIXED.unpack_from(data, 3)
    texts, at = list[str](), 3 + FIXED.size
    for _ in range(3):
        length = int.from_bytes(data[at : at + 2], "big")
        text = data[at + 2 : at + 2 + length]
        at += 2 + length
        if not 1 <= length <= 255 or at > end or re.search(rb"[\x00-\x1f\x7f]", text):
            return None
        try:
            texts.append(text.decode())
        except UnicodeDecodeError:
            return None
    if at != end or not 1 <= position < 2**63 or not 1 <= version < 2**31:
        return None
    stream_id = UUID(bytes=stream)
    return Entry(position, stream_id, version, texts[0], micros, texts[1], texts[2], data[end:])


# --- Where a bundle is read from ------------------------------------------------------------------


class Source(Protocol):
    """Files by name; sizes are those on disk, not those that somebody claims."""

    sizes: dict[str, int]

    def read(self, name: str, offset: int, count: int) -> bytes: ...

    def close(self) -> None: ...


class Folder:
    """Follows no link, and reads nothing but ordinary files below it."""

    def __init__(self, root: Path) -> None:
        self._root, self.sizes = root, dict[str, int]()
        waiting = [""]
        while waiting:
            below = waiting.pop()
            with os.scandir(root / below) as found:
                for each in found:
                    self._take(f"{below}{each.name}", each, waiting)

    def _take(self, name: str, found: os.DirEntry[str], waiting: list[str]) -> None:
        if found.is_dir(follow_symlinks=False):
            waiting.append(f"{name}/")
        elif found.is_file(follow_symlinks=False):
            self.sizes[name] = found.stat(follow_symlinks=False).st_size
        else:
            raise Unreadable(f"neither a file nor a folder: {name[:80]!r}")
        if len(self.sizes) + len(waiting) > MAX_FILES or name.count("/") > 12:
            raise Unreadable("too many files or folders")

    def read(self, name: str, offset: int, count: int) -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(self._root / name, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable(f"not a file any more: {name}")
            file.seek(offset)
            return file.read(count)

    def close(self) -> None:
        """Nothing is held open."""


class Archive:
    """A zip archive whose members are stored as they are; nothing is unpacked."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("rb")
        try:
            _refuse_large_directory(self._file)
            with zipfile.ZipFile(self._file) as archive:
                members = archive.infolist()
            self._take(members, path.stat().st_size)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as fault:
            self.close()
            raise Unreadable(f"not a zip archive: {fault}") from None
        except Unreadable:
            self.close()
            raise

    def _take(self, members: list[zipfile.ZipInfo], size: int) -> None:
        self.sizes = {member.filename: member.file_size for member in members}
        self._offsets = {member.filename: member.header_offset for member in members}
        plain = all(
            m.compress_type == zipfile.ZIP_STORED
            and m.file_size == m.compress_size
            and not m.flag_bits & ~0x800
            for m in members
        )
        if not plain or len(self.sizes) != len(members):
            raise Unreadable("members that are compressed, encrypted, or there twice")
        if len(members) > MAX_FILES or sum(self.sizes.values()) > size:
            raise Unreadable("members that lie over each other, or too many of them")

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Behind the member's own header, which must bear the same name."""
        self._file.seek(self._offsets[name])
        header, expected = self._file.read(30), name.encode()
        if header[:4] != b"PK\x03\x04" or self._file.read(len(expected)) != expected:
            raise Unreadable(f"the archive says two things about {name[:80]!r}")
        self._file.seek(int.from_bytes(header[28:30], "little") + offset, os.SEEK_CUR)
        return self._file.read(count)

    def close(self) -> None:
        self._file.close()


def _refuse_large_directory(file: BinaryIO) -> None:
    """Before zipfile takes it into memory. Our archives end without a comment."""
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - 98))
    tail = file.read()
    size = int.from_bytes(tail[-10:-6], "little")
    if tail[-22:-18] != b"PK\x05\x06":
        raise Unreadable("neither a folder nor a whole zip archive")
    if tail[-42:-38] == b"PK\x06\x07":
        is_here = tail[:4] == b"PK\x06\x06" and tail[-34:-26] == start.to_bytes(8, "little")
        size = int.from_bytes(tail[-58:-50], "little") if is_here else MAX_DIRECTORY_BYTES + 1
    if size > MAX_DIRECTORY_BYTES:
        raise Unreadable("a zip archive with too large a directory")


def open_source(path: Path) -> Source:
    try:
        return Folder(path) if path.is_dir() else Archive(path)
    except OSError as fault:
        raise Unreadable(f"cannot be read: {fault.strerror}") from None


class Reader:
    """One file from its beginning to its end, and the digest of it."""

    def __init__(self, source: Source, name: str) -> None:
        self._source, self._name, self._size = source, name, source.sizes[name]
        self._digest, self._ahead, self._at, self._fetched = hashlib.sha256(), b"", 0, 0
        self.left = self._size

    def take(self, count: int) -> bytes:
        """Exactly so many bytes; ask for at most a few MiB. Raises Unreadable."""
        if count > self.left:
            raise Unreadable(f"{self._name} is cut off")
        if count > len(self._ahead) - self._at:
            self._ahead, self._at = self._ahead[self._at :], 0
            self._fetch(max(count - len(self._ahead), CHUNK))
        self._at += count
        self.left -= count
        return self._ahead[self._at - count : self._at]

    def _fetch(self, count: int) -> None:
        count = min(count, self._size - self._fetched)
        try:
            data = self._source.read(self._name, self._fetched, count)
        except OSError as fault:
            raise Unreadable(f"{self._name} cannot be read: {fault.strerror}") from None
        if len(data) != count:
            raise Unreadable(f"{self._name} is cut off")
        self._digest.update(data)
        self._fetched += count
        self._ahead += data

    def chunks(self, count: int) -> Iterator[bytes]:
        while count:
            chunk = self.take(min(count, CHUNK))
            count -= len(chunk)
            yield chunk

    def lines(self) -> Iterator[str]:
        """Lines without their newline. Raises Unreadable."""
        rest = b""
        while self.left or rest:
            rest += self.take(min(self.left, CHUNK))
            *lines, rest = rest.split(b"\n")
            if len(rest) > MAX_LINE_BYTES or (rest and not self.left):
                raise Unreadable(f"{self._name} has a line without an end")
            for line in lines:
                yield self._text(line)

    def _text(self, line: bytes) -> str:
        try:
            return line[: MAX_LINE_BYTES + 1].decode()
        except UnicodeDecodeError:
            raise Unreadable(f"{self._name} is not UTF-8") from None

    def close(self) -> str:
        """The digest of all of it, what was not taken too."""
        for _ in self.chunks(self.left):
            pass
        return self._digest.hexdigest()


# --- The manifest, and which files there have to be -----------------------------------------------

PLACE = r"((?:x\d{3}/){0,6}\d{3})"
PATHS = {
    "hashes": re.compile(rf"tile/(0|[1-9]\d?)/{PLACE}(?:\.p/([1-9]\d{{0,2}}))?", re.ASCII),
    "entries": re.compile(rf"tile/(entries)/{PLACE}(?:\.p/([1-9]\d{{0,2}}))?", re.ASCII),
    "selected": re.compile(rf"(selected)/{PLACE}()", re.ASCII),
    "payload": re.compile(rf"(payload)/{PLACE}()", re.ASCII),
    "extra": re.compile(r"extra/[a-z0-9][a-z0-9._-]{0,63}", re.ASCII),
}
LINES = {
    "scope": re.compile(
        rf"scope (all|stream ([0-9a-f-]{{36}})|actor (.{{1,255}})|positions ({NUMBER}) ({NUMBER}))"
    ),
    "pruned": re.compile(rf"pruned ({NUMBER})"),
    "file": re.compile(rf"file ([0-9a-f]{{64}}) ({NUMBER}) (\S{{1,200}})"),
}


@dataclass
class Manifest:
    origin: str = ""
    size: int = 0
    is_whole: bool = False
    everything: bool = False
    streams: set[UUID] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    positions: list[tuple[int, int]] = field(default_factory=list)
    pruned: set[int] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    tiles: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    """Path and width of the hashes at (level, index)."""
    entries: dict[int, str] = field(default_factory=dict)
    payloads: dict[int, str] = field(default_factory=dict)

    def holds(self, entry: Entry) -> bool:
        return (
            self.everything
            or entry.topic in KEY_TOPICS
            or entry.stream in self.streams
            or entry.actor in self.actors
            or any(first <= entry.position <= last for first, last in self.positions)
        )

    def read_line(self, kind: str, line: str, sizes: dict[str, int]) -> None:
        found = LINES[kind].fullmatch(line)
        if found is None:
            raise Unreadable(f"a line of the manifest that says nothing: {line[:60]!r}")
        if kind == "pruned":
            self.pruned.add(int(found[1]))
        elif kind == "file":
            self._file(found[3], found[1], int(found[2]), sizes)
        elif found[2]:
            self.streams.add(_uuid(found[2]))
        elif found[3]:
            self.actors.add(found[3])
        elif found[4]:
            self.positions.append((int(found[4]), int(found[5])))
            if len(self.positions) > MAX_RANGES:
                raise Unreadable("a scope of too many ranges")
        else:
            self.everything = True

    def _file(self, path: str, digest: str, size: int, sizes: dict[str, int]) -> None:
        if sizes.get(path) != size:
            raise Unreadable(f"{path} has {sizes.get(path, 'no')} bytes, not {size}")
        self.files[path] = digest
        if path in ("checkpoint", "origins") or PATHS["extra"].fullmatch(path):
            return
        for kind in ("hashes", "entries", "selected", "payload"):
            if found := PATHS[kind].fullmatch(path):
                self._tile(kind, path, found, size)
                return
        raise Unreadable(f"a file that does not belong into a bundle: {path[:80]!r}")

    def _tile(self, kind: str, path: str, found: re.Match[str], size: int) -> None:
        index = int(found[2].replace("x", "").replace("/", ""))
        if number_path(index) != found[2]:
            raise Unreadable(f"not the shortest name: {path}")
        if kind == "payload":
            self.payloads[index] = path
        elif kind == "selected":
            self._entries(index, path, self.is_whole)
        else:
            level, width = 0 if kind == "entries" else int(found[1]), int(found[3] or WIDTH)
            if width != self.width(level, index) or (found[3] and width == WIDTH):
                raise Unreadable(f"not a tile of a tree of {self.size} leaves: {path}")
            if kind == "entries":
                self._entries(index, path, not self.is_whole)
            elif size != width * HASH:
                raise Unreadable(f"{path} has {size} bytes")
            else:
                self.tiles[level, index] = path, width

    def _entries(self, index: int, path: str, is_wrong: bool) -> None:
        if is_wrong:
            raise Unreadable(f"not of this kind of bundle: {path}")
        self.entries[index] = path

    def width(self, level: int, index: int) -> int:
        return min(WIDTH, max(0, (self.size >> 8 * level) - index * WIDTH))

    def check_files(self) -> None:
        """All tiles of the tree, or those from the selected entries up. Raises Unreadable."""
        above = {(level + 1, index // WIDTH) for level, index in self.tiles}
        if sum(1 for level, _ in self.tiles if level) > MAX_UPPER_TILES:
            raise Unreadable("too many tiles above the leaves")
        level = 0
        while self.size >> 8 * level:
            count, partial = divmod(self.size >> 8 * level, WIDTH)
            if partial:
                above.add((level, count))
            if self.is_whole:
                self._check_level(level, count + bool(partial))
            level += 1
        needed = {at for at in above if self.width(*at)}
        groups = {(0, index) for index in (*self.entries, *self.payloads)}
        if missing := (needed | groups) - self.tiles.keys():
            level, index = min(missing)
            raise Unreadable(f"the tile {index} of level {level} is missing")
        if missing_entries := self.payloads.keys() - self.entries.keys():
            raise Unreadable(f"the entries of payload {min(missing_entries)} are missing")

    def _check_level(self, level: int, count: int) -> None:
        found = len(self.entries) if level == 0 else count
        if found != count or sum(1 for at in self.tiles if at[0] == level) != count:
            raise Unreadable(f"{count} files of level {level} are needed; there are others")


def number_path(number: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *leading, last = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "".join(f"x{group}/" for group in leading) + last


def read_manifest(source: Source) -> Manifest:
    """Raises Unreadable."""
    for name in ("manifest", "checkpoint", "origins"):
        if name not in source.sizes:
            raise Unreadable(f"there is no {name}")
    if sum(source.sizes.values()) > MAX_BUNDLE_BYTES:
        raise Unreadable(f"more than {MAX_BUNDLE_BYTES} bytes")
    if source.sizes["manifest"] > MAX_MANIFEST_BYTES:
        raise Unreadable(f"a manifest of {source.sizes['manifest']} bytes")
    lines = Reader(source, "manifest").lines()
    manifest = _read_head([next(lines, "") for _ in range(4)])
    kinds, last = ["scope", "pruned", "file"], ""
    for line in lines:
        kind, path = line.split(" ", 1)[0], line.rsplit(" ", 1)[-1]
        if kind not in kinds or (kind == "file" and path <= last):
            raise Unreadable(f"a line of the manifest out of order: {line[:60]!r}")
        kinds = kinds[kinds.index(kind) :]
        last = path if kind == "file" else ""
        manifest.read_line(kind, line, source.sizes)
    if strangers := source.sizes.keys() - manifest.files.keys() - {"manifest"}:
        raise Unreadable(f"a file that the manifest does not name: {min(strangers)[:80]!r}")
    manifest.check_files()
    return manifest


def _read_head(lines: list[str]) -> Manifest:
    found = re.fullmatch(
        rf"yice-bundle/v1\norigin (.{{1,255}})\nsize ({NUMBER})\nentries (all|selected)",
        "\n".join(lines),
    )
    if found is None:
        raise Unreadable("not a bundle of format 1")
    return Manifest(origin=found[1], size=int(found[2]), is_whole=found[3] == "all")


def _uuid(text: str) -> UUID:
    try:
        found = UUID(text)
    except ValueError:
        raise Unreadable(f"not the id of a stream: {text}") from None
    if str(found) != text:
        raise Unreadable(f"not the id of a stream: {text}")
    return found


# --- The check ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Trust:
    """What whoever checks brings along."""

    logs: Sequence[Key]
    witnesses: Sequence[Key] = ()
    quorum: int = 0
    instances: Sequence[Key] | None = None
    """None: who appended what is not checked."""
    signed_from: int = 1
    since: int = 0
    kept: bytes | None = None


@dataclass
class Report:
    """What was found. Positions are looked at in ascending order, batches at their end."""

    facts: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0
    first_bad: int | None = None
    last_bad: int = 0
    unchecked: list[str] = field(default_factory=list)

    def add(self, fault: str, position: int | None = None) -> None:
        self.fault_count += 1
        if position is not None:
            self.first_bad = min(self.first_bad or position, position)
            self.last_bad = max(self.last_bad, position)
            fault = f"position {position}: {fault}"
        if len(self.faults) < MAX_SHOWN:
            self.faults.append(fault)


class Batch(NamedTuple):
    first: int
    last: int
    instance: str
    signed: bytes


BATCH = re.compile(r"([1-9]\d{0,18}) ([1-9]\d{0,18}) (\S{1,255}) (\S{88})", re.ASCII)


class Origins:
    """Whether a registered instance signed each entry, as the positions go by in order."""

    def __init__(self, lines: Iterator[str], log: str, trust: Trust, report: Report) -> None:
        self._lines, self._log, self._report = lines, log, report
        self._keys = {key.name: key.public for key in trust.instances or ()}
        self._gone: set[str] = set()
        self._from, self._last, self.count = trust.signed_from, 0, 0
        self._tree = Tree()
        self._events: list[tuple[int, str, bytes]] = []
        self._batch: Batch | None = None
        self._next()

    def feed(self, position: int, leaf: bytes, *, has_entry: bool) -> None:
        while self._batch is not None and self._batch.last < position:
            self._unfinished(self._batch)
        batch = self._batch
        if batch is None or position < batch.first:
            if has_entry and position >= self._from:
                self._report.add("no instance signed it", position)
            return
        self._tree.append(leaf)
        if position == batch.last:
            self._finish(batch)
            self._next()

    def key_event(self, position: int, topic: str, payload: bytes) -> None:
        """It counts from the end of its own batch on, if that is signed."""
        self._events.append((position, topic, payload))

    def close(self) -> None:
        while self._batch is not None:
            self._unfinished(self._batch)

    def _next(self) -> None:
        self._tree, line = Tree(), next(self._lines, None)
        if line is None:
            self._batch = None
            return
        found = BATCH.fullmatch(line)
        signed = _base64(found[4]) if found else None
        if found is None or signed is None:
            raise Unreadable(f"a line of origins that says nothing: {line[:60]!r}")
        self._batch = batch = Batch(int(found[1]), int(found[2]), found[3], signed)
        if not self._last < batch.first <= batch.last < batch.first + MAX_BATCH:
            raise Unreadable(f"a batch out of order: {batch.first} to {batch.last}")
        self._last = batch.last

    def _unfinished(self, batch: Batch) -> None:
        told = f"the batch {batch.first} to {batch.last} of {batch.instance}: it goes on elsewhere"
        self._report.add(told, batch.first)
        self._next()

    def _finish(self, batch: Batch) -> None:
        self.count += 1
        events, self._events = self._events, []
        if fault := self._fault(batch):
            is_explained = self._report.last_bad >= batch.first
            told = f"the batch {batch.first} to {batch.last} of {batch.instance}: {fault}"
            self._report.add(told, None if is_explained else batch.first)
        elif batch.first >= self._from:
            for position, topic, payload in events:
                if position >= batch.first:
                    self._apply(position, topic, payload)

    def _fault(self, batch: Batch) -> str | None:
        root = base64.b64encode(self._tree.root()).decode()
        text = f"yice-origin/v1\n{self._log}\n{batch.first}\n{batch.last}\n{root}\n"
        public = self._keys.get(batch.instance)
        if self._tree.size != batch.last - batch.first + 1:
            return "not all of it is here"
        if public is None:
            return f"it is {'revoked' if batch.instance in self._gone else 'not registered'}"
        if not ed25519(public, batch.signed, text.encode()):
            return "it did not sign these entries"
        return None

    def _apply(self, position: int, topic: str, payload: bytes) -> None:
        try:
            told = json.loads(payload, object_pairs_hook=_without_twins)
            name = str(told["name"])
            if topic == KEY_TOPICS[1]:
                self._keys.pop(name, None)
                self._gone.add(name)
                return
            key = parse_key(str(told["vkey"]), NOTE)
        except (ValueError, RecursionError, LookupError, TypeError, KeyInvalid):
            self._report.add("it does not tell an instance's key", position)
            return
        if self._keys.get(name) == key.public:
            return
        if key.name != name or name in self._keys or name in self._gone:
            self._report.add(f"the name {name[:80]} of an instance is taken", position)
        else:
            self._keys[name] = key.public


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field that is there twice")
    return found


class Check:
    """Goes once through a bundle, position by position; holds a tile's worth at a time."""

    def __init__(self, source: Source, trust: Trust) -> None:
        self._source, self._trust, self.report = source, trust, Report()
        self._manifest = read_manifest(source)
        self._versions: dict[UUID, int] = {}
        self._actors: set[str] = set()
        self._recorded = self._seen = self._in_scope = self._opened = 0
        self._pruned: set[int] = set()
        self._tree: Tree | None = None
        self._kept: Checkpoint | None = None
        self._above: dict[tuple[int, int], bytes] = {}

    def run(self) -> Report:
        """Raises Unreadable, or Refuted where the checkpoint itself fails."""
        checkpoint = self._check_checkpoint()
        self._check_tiles(checkpoint)
        self._read_kept(checkpoint)
        reader = Reader(self._source, "origins")
        if self._trust.instances is None:
            origins = None
            self.report.unchecked.append("which instance appended what (--instance)")
        else:
            origins = Origins(reader.lines(), checkpoint.origin, self._trust, self.report)
        for group in sorted(at[1] for at in self._manifest.tiles if at[0] == 0):
            self._check_group(group, origins)
        if origins is not None:
            origins.close()
            self.report.facts["origins"] = f"{origins.count} batches signed by their instances"
        self._close(reader, "origins")
        for name in self._manifest.files:
            if name.startswith("extra/"):
                self._close(Reader(self._source, name), name)
        self._check_scope()
        return self.report

    def _check_checkpoint(self) -> Checkpoint:
        reader = Reader(self._source, "checkpoint")
        if reader.left > MAX_NOTE_BYTES:
            raise Unreadable(f"a checkpoint of {reader.left} bytes")
        note = reader.take(reader.left)
        self._close(reader, "checkpoint")
        text, signed = open_note(note, [*self._trust.logs, *self._trust.witnesses])
        checkpoint = parse_checkpoint(text)
        if not any(k in signed and k.name == checkpoint.origin for k in self._trust.logs):
            raise Refuted(f"no given key of {checkpoint.origin} signed the checkpoint")
        if (checkpoint.origin, checkpoint.size) != (self._manifest.origin, self._manifest.size):
            raise Refuted("the manifest speaks of another checkpoint")
        at = {key.name: signed[key] for key in self._trust.witnesses if key in signed}
        fresh = {name: time for name, time in at.items() if time >= self._trust.since}
        if len(fresh) < self._trust.quorum:
            late = f" since {_told(self._trust.since)}" if self._trust.since else ""
            raise Refuted(f"{len(fresh)} of {self._trust.quorum} witnesses cosigned it{late}")
        self.report.facts["log"] = f"{checkpoint.origin}, {checkpoint.size} entries"
        self.report.facts["root"] = checkpoint.root.hex()
        if at:
            told = [f"{name} at {_told(time)}" for name, time in at.items()]
            self.report.facts["witnesses"] = ", ".join(told)
        else:
            self.report.unchecked.append("whether the log was rolled back (--witness, --kept)")
        return checkpoint

    def _check_tiles(self, checkpoint: Checkpoint) -> None:
        """The right edge makes the root, and each full tile its hash in the tile above."""
        level, nodes = (checkpoint.size.bit_length() + 7) // 8, list[bytes]()
        for at in range(level, -1, -1):
            index, width = divmod(checkpoint.size >> 8 * at, WIDTH)
            if width:
                nodes += tree_of(self._hashes(at, index)).nodes
        edge = Tree()
        edge.nodes = nodes
        if edge.root() != checkpoint.root:
            self.report.add("the tiles do not make the root of the checkpoint")
        for at, index in sorted(self._manifest.tiles, reverse=True):
            if at:
                hashes = self._hashes(at, index)
                if not self._is_under_root(at, index, hashes):
                    path = self._manifest.tiles[at, index][0]
                    self.report.add(f"{path} is not under the root of the checkpoint")
                self._above[at, index] = b"".join(hashes)

    def _is_under_root(self, level: int, index: int, hashes: list[bytes]) -> bool:
        """Of the right edge that is known already."""
        if len(hashes) < WIDTH:
            return True
        above = self._above.get((level + 1, index // WIDTH))
        if above is None:
            raise Unreadable(f"nothing stands above the tile {index} of level {level}")
        at = index % WIDTH * HASH
        return tree_of(hashes).root() == above[at : at + HASH]

    def _hashes(self, level: int, index: int) -> list[bytes]:
        path, width = self._manifest.tiles[level, index]
        reader = Reader(self._source, path)
        data = reader.take(width * HASH)
        self._close(reader, path)
        return [data[at : at + HASH] for at in range(0, len(data), HASH)]

    def _read_kept(self, checkpoint: Checkpoint) -> None:
        if self._trust.kept is None:
            return
        text, signed = open_note(self._trust.kept, self._trust.logs)
        kept = parse_checkpoint(text)
        if not signed or kept.origin != checkpoint.origin:
            raise Refuted("the kept checkpoint is not of this log")
        if not self._manifest.is_whole:
            self.report.add("a kept checkpoint needs a bundle with all entries")
        elif kept.size > checkpoint.size:
            self.report.add(f"the log had {kept.size} entries and has {checkpoint.size}")
        else:
            self._kept, self._tree = kept, Tree()
            self._compare_kept()

    def _compare_kept(self) -> None:
        if self._kept is None or self._tree is None or self._tree.size != self._kept.size:
            return
        if self._tree.root() != self._kept.root:
            self.report.add(
                f"the first {self._kept.size} entries are not those of the kept checkpoint"
            )
        self.report.facts["kept"] = f"the log goes on from {self._kept.size} entries"
        self._tree = None

    def _check_group(self, group: int, origins: Origins | None) -> None:
        leaves, faults = self._hashes(0, group), self.report.fault_count
        entries = self._entries(group, leaves) if group in self._manifest.entries else {}
        if not self._is_under_root(0, group, leaves):
            first, last = group * WIDTH + 1, group * WIDTH + len(leaves)
            known = self.report.fault_count > faults
            told = f"positions {first} to {last} are not under the root of the checkpoint"
            self.report.add(told, None if known else first)
        events = self._payloads(group, entries)
        for offset, leaf in enumerate(leaves):
            position = group * WIDTH + offset + 1
            if self._tree is not None:
                self._tree.append(leaf)
                self._compare_kept()
            if origins is not None:
                if position in events:
                    origins.key_event(position, entries[position].topic, events[position])
                origins.feed(position, leaf, has_entry=position in entries)

    def _entries(self, group: int, leaves: list[bytes]) -> dict[int, Entry]:
        """The sound ones, by position."""
        path, found = self._manifest.entries[group], dict[int, Entry]()
        for nth, raw in enumerate(self._raw_entries(path, group, len(leaves))):
            entry, position = parse_entry(raw), group * WIDTH + nth + 1
            if entry is not None and not self._manifest.is_whole:
                position = entry.position
            offset = position - group * WIDTH - 1
            if not 0 <= offset < len(leaves) or leaf_hash(raw) != leaves[offset]:
                self.report.add("the entry is not the one in the log", position)
            elif entry is None:
                self.report.add("the entry in the log is not of format 1", position)
            elif entry.position != position or position in found:
                self.report.add(f"the entry says that it is {entry.position}", position)
            else:
                found[position] = entry
                self._check_order(entry)
        return found

    def _raw_entries(self, path: str, group: int, width: int) -> list[bytes]:
        reader, raws = Reader(self._source, path), list[bytes]()
        while reader.left >= 2 and len(raws) < width:
            length = int.from_bytes(reader.take(2), "big")
            if length > reader.left:
                break
            raws.append(reader.take(length))
        is_short = self._manifest.is_whole and len(raws) < width
        if reader.left or is_short or not raws:
            self.report.add("the entries from here on are cut off", group * WIDTH + len(raws) + 1)
        self._close(reader, path)
        return raws

    def _check_order(self, entry: Entry) -> None:
        self._seen += 1
        before = self._versions.get(entry.stream, 0)
        is_needed = self._manifest.is_whole or entry.stream in self._manifest.streams
        if is_needed and entry.version != before + 1:
            told = f"version {entry.version} of {entry.stream} follows upon {before}"
            self.report.add(told, entry.position)
        if entry.recorded_micros < self._recorded:
            self.report.add("it was recorded before the one before it", entry.position)
        self._recorded = max(self._recorded, entry.recorded_micros)
        self._versions[entry.stream] = entry.version
        if len(self._versions) > MAX_STREAMS:
            raise Unreadable(f"more than {MAX_STREAMS} streams")
        if entry.actor in self._manifest.actors:
            self._actors.add(entry.actor)

    def _payloads(self, group: int, entries: dict[int, Entry]) -> dict[int, bytes]:
        """What the events about keys say, by position; all others are only compared."""
        told, seen = dict[int, bytes](), 0
        here = set[int]()
        if path := self._manifest.payloads.get(group):
            reader = Reader(self._source, path)
            while reader.left:
                position = int.from_bytes(reader.take(8), "big")
                if not max(seen, group * WIDTH) < position <= (group + 1) * WIDTH:
                    raise Unreadable(f"a payload out of order: {path}")
                seen = position
                self._payload(reader, position, entries.get(position), told)
                here.add(position)
            self._close(reader, path)
        for position, entry in entries.items():
            if self._manifest.holds(entry):
                self._in_scope += 1
                self._check_presence(position, position in here)
        return told

    def _payload(
        self, reader: Reader, position: int, entry: Entry | None, told: dict[int, bytes]
    ) -> None:
        size, digest = int.from_bytes(reader.take(4), "big"), hashlib.sha256()
        is_key = entry is not None and entry.topic in KEY_TOPICS and size <= MAX_KEY_EVENT_BYTES
        kept = b""
        for chunk in reader.chunks(size):
            digest.update(chunk)
            kept = kept + chunk if is_key else b""
        if entry is None:
            self.report.add("a payload without a sound entry", position)
        elif digest.digest() != entry.digest:
            self.report.add("the payload is not the one of the entry", position)
        elif not self._manifest.holds(entry):
            self.report.add("a payload out of scope", position)
        else:
            self._opened += 1
            if is_key:
                told[position] = kept

    def _check_presence(self, position: int, is_here: bool) -> None:
        if position in self._manifest.pruned:
            self._pruned.add(position)
            if is_here:
                self.report.add("said to be pruned, and there", position)
        elif not is_here:
            self.report.add("in scope, and its payload is missing", position)

    def _check_scope(self) -> None:
        manifest, report = self._manifest, self.report
        report.facts["entries"] = f"{self._seen} of {manifest.size}"
        report.facts["payloads"] = f"{self._opened} of {self._in_scope} in scope"
        if manifest.pruned:
            report.facts["pruned"] = f"{len(manifest.pruned)} payloads were destroyed"
        if not manifest.is_whole:
            report.unchecked.append("whether entries are left out (a bundle of all entries)")
        for position in sorted(manifest.pruned - self._pruned)[:MAX_SHOWN]:
            report.add("said to be pruned, and not in scope", position)
        for stream in manifest.streams - self._versions.keys():
            report.add(f"nothing is here of {stream}")
        for actor in manifest.actors - self._actors:
            report.add(f"nothing is here by {actor}")
        for first, last in manifest.positions:
            if not 1 <= first <= last <= manifest.size:
                report.add(f"the scope from {first} to {last} is not in the log")

    def _close(self, reader: Reader, name: str) -> None:
        if reader.close() != self._manifest.files[name]:
            self.report.add(f"{name} is not the file of the manifest")


def check(source: Source, trust: Trust) -> Report:
    """Everything that can be said. Raises Unreadable."""
    going = Check(source, trust)
    try:
        return going.run()
    except Refuted as fault:
        going.report.add(str(fault))
        return going.report


# --- The command ----------------------------------------------------------------------------------


def _told(seconds: int) -> str:
    try:
        return (EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"second {seconds}"


def _time(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a time zone")
    return int(at.timestamp())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verify", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("bundle", type=Path, help="a folder, or a zip archive")
    add = parser.add_argument
    add("--key", action="append", required=True, metavar="KEY", help="of the log; repeatable")
    add("--witness", action="append", default=[], metavar="KEY", help="of a witness; repeatable")
    add("--quorum", type=int, metavar="N", help="so many witnesses must have cosigned; else all")
    add("--instance", action="append", metavar="KEY", help="of the first instance; repeatable")
    add("--no-origins", action="store_true", help="do not ask which instance appended what")
    add("--signed-from", type=int, default=1, metavar="POSITION", help="instances sign from here")
    add(
        "--kept",
        type=Path,
        metavar="FILE",
        help="an earlier checkpoint; the log must go on from it",
    )
    add("--since", type=_time, default=0, metavar="TIME", help="witnesses cosigned it after this")
    add("--pure", action="store_true", help="check signatures without the package cryptography")
    add("--json", action="store_true", help="for a script")
    return parser


def _trust(asked: argparse.Namespace) -> Trust:
    """Raises KeyInvalid, OSError."""
    if bool(asked.instance) == asked.no_origins:
        raise KeyInvalid("give --instance, or say --no-origins")
    kept = asked.kept.open("rb").read(MAX_NOTE_BYTES) if asked.kept else None
    return Trust(
        logs=[parse_key(text, NOTE) for text in asked.key],
        witnesses=[parse_key(text, COSIGNATURE) for text in asked.witness],
        quorum=len(asked.witness) if asked.quorum is None else asked.quorum,
        instances=[parse_key(text, NOTE) for text in asked.instance] if asked.instance else None,
        signed_from=asked.signed_from,
        since=asked.since,
        kept=kept,
    )


def _print(report: Report, verdict: str, *, as_json: bool) -> None:
    first = report.first_bad
    if as_json:
        found = vars(report) | {"verdict": verdict}
        print(json.dumps(found, ensure_ascii=True, indent=2))
        return
    for name, fact in report.facts.items():
        print(f"{name:<10} {_plain(fact)}")
    for matter in report.unchecked:
        print(f"unchecked  {matter}")
    for fault in report.faults:
        print(f"FAULT      {_plain(fault)}")
    if report.fault_count > len(report.faults):
        print(f"           and {report.fault_count - len(report.faults)} more")
    if first is not None:
        print(f"first bad  position {first} (leaf {first - 1})")
    print(verdict)


def _plain(text: str) -> str:
    """Nothing that a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 verified, 1 refuted, 2 wrongly asked, 3 not a readable bundle."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.pure:
        global ed25519
        ed25519 = ed25519_pure
    try:
        trust = _trust(asked)
    except (KeyInvalid, OSError) as fault:
        parser.error(str(fault))
    report = Report()
    try:
        source = open_source(asked.bundle)
        try:
            report = check(source, trust)
        finally:
            source.close()
    except (Unreadable, OSError) as fault:
        report.add(str(fault))
        _print(report, "UNREADABLE", as_json=asked.json)
        return 3
    _print(report, "REFUTED" if report.fault_count else "VERIFIED", as_json=asked.json)
    return 1 if report.fault_count else 0


def run() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    run()
