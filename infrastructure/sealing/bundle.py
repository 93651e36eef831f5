"""An evidence bundle: files that prove what is in the register, to be checked by a stranger.

    checkpoint          signed note (tlog-checkpoint), with the cosignatures of witnesses
    manifest            what is in the bundle: see below
    tile/L/N[.p/W]      hashes (tlog-tiles)
    tile/entries/N…     every entry of the log (tlog-tiles); or, in a selection,
    selected/N          the selected entries among positions 256 N + 1 to 256 N + 256, same packing
    payload/N           of the same positions: 8 bytes position, 4 bytes length, the event's bytes
    origins             one line a batch: first and last position, instance, its signature
    extra/NAME          for people to read; not evidence

The manifest has lines `yice-bundle/v1`, `origin`, `size`, `entries all|selected`, then any of
`scope all`, `scope stream UUID`, `scope actor WHO`, `scope positions FIRST LAST`, then
`pruned POSITION`, then `file SHA-256 BYTES PATH`, each kind in ascending order. The payload of each
entry in scope is in the bundle, or its position is in a line `pruned`.

The same contents make the same bytes. An archive is not compressed, so that nothing can unfold.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO, NamedTuple, Protocol
from uuid import UUID

from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.entry import Entry
from infrastructure.sealing.notes import Note
from infrastructure.sealing.origins import REGISTERED, REVOKED, OriginSignature
from infrastructure.sealing.tiles import (
    WIDTH,
    Fetch,
    Tile,
    TiledTree,
    leaves_of,
    number_path,
    pack_entries,
    tiles_of,
)

MAX_PAYLOAD_BYTES = 2**32 - 1

_EXTRA = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class BundleInvalid(Exception):
    """What is to be written would not stand up to a check."""


class Row(NamedTuple):
    """An entry, and the event's bytes if they are in scope and still there."""

    entry: bytes
    payload: bytes | None = None


@dataclass(frozen=True)
class Scope:
    """Whose payloads are in the bundle. The events about instances' keys always are."""

    everything: bool = False
    streams: frozenset[UUID] = frozenset()
    actors: frozenset[str] = frozenset()
    positions: frozenset[tuple[int, int]] = frozenset()

    def holds(self, entry: Entry) -> bool:
        return self.covers(entry.position, entry.stream_id, entry.actor, entry.topic)

    def covers(self, position: int, stream_id: UUID, actor: str, topic: str) -> bool:
        return (
            self.everything
            or topic in (REGISTERED, REVOKED)
            or stream_id in self.streams
            or actor in self.actors
            or any(first <= position <= last for first, last in self.positions)
        )

    def lines(self) -> Iterator[str]:
        if self.everything:
            yield "scope all\n"
        yield from sorted(f"scope stream {stream}\n" for stream in self.streams)
        yield from sorted(f"scope actor {actor}\n" for actor in self.actors)
        for first, last in sorted(self.positions):
            yield f"scope positions {first} {last}\n"


class Sink(Protocol):
    """Where the files of a bundle go."""

    def add(self, path: str, contents: bytes) -> None: ...


class DirectorySink:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, path: str, contents: bytes) -> None:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents)


class ZipSink:
    """A zip archive without compression and without times. Close it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)

    def add(self, path: str, contents: bytes) -> None:
        member = zipfile.ZipInfo(path)
        member.create_system = 3
        member.external_attr = 0o644 << 16
        self._zip.writestr(member, contents)

    def close(self) -> None:
        self._zip.close()


@dataclass
class _Writer:
    sink: Sink
    checkpoint: Checkpoint
    scope: Scope
    files: list[str] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)

    def add(self, path: str, contents: bytes) -> None:
        digest = hashlib.sha256(contents).hexdigest()
        self.files.append(f"{path} file {digest} {len(contents)} {path}\n")
        self.sink.add(path, contents)

    def payloads(self, group: int, rows: Iterable[tuple[Entry, Row]]) -> None:
        packed = []
        for entry, row in rows:
            if not self.scope.holds(entry):
                continue
            if row.payload is None:
                self.pruned.append(entry.position)
            else:
                packed.append(_packed(entry, row.payload))
        if packed:
            self.add(f"payload/{number_path(group)}", b"".join(packed))

    def finish(
        self,
        note: Note,
        origins: Iterable[OriginSignature],
        extra: Mapping[str, bytes],
        entries: str,
    ) -> None:
        self.add("checkpoint", note.encode())
        self.add("origins", "".join(map(str, origins)).encode())
        for name, contents in extra.items():
            if not _EXTRA.fullmatch(name):
                raise BundleInvalid(f"not a name for an extra file: {name!r}")
            self.add(f"extra/{name}", contents)
        at = self.checkpoint
        head = f"yice-bundle/v1\norigin {at.origin}\nsize {at.size}\nentries {entries}\n"
        pruned = "".join(f"pruned {position}\n" for position in self.pruned)
        files = "".join(line.split(" ", 1)[1] for line in sorted(self.files))
        manifest = head + "".join(self.scope.lines()) + pruned + files
        self.sink.add("manifest", manifest.encode())


def write_bundle(
    sink: Sink,
    note: Note,
    rows: Iterable[Row],
    origins: Iterable[OriginSignature],
    *,
    scope: Scope,
    extra: Mapping[str, bytes] | None = None,
) -> None:
    """With every entry up to the checkpoint, so that it shows that nothing is missing.

    Raises BundleInvalid, NoteInvalid or EntryInvalid; the sink is then left unfinished.
    """
    checkpoint = Checkpoint.parse(note.text)
    writer, tree = _Writer(sink, checkpoint, scope), TiledTree()
    for group, some in _groups(rows):
        if any(e.position != tree.size + n for n, (e, _) in enumerate(some, start=1)):
            raise BundleInvalid(f"a gap behind position {tree.size}")
        entries = [row.entry for _, row in some]
        for tile, contents in tree.extend(leaves_of(entries)):
            writer.add(tile.path, contents)
        writer.add(Tile(0, group, len(entries)).entries_path, pack_entries(entries))
        writer.payloads(group, some)
    for tile, contents in tree.partial_tiles():
        writer.add(tile.path, contents)
    if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
        raise BundleInvalid(f"these {tree.size} entries are not those of the checkpoint")
    writer.finish(note, origins, extra or {}, "all")


def write_selection(
    sink: Sink,
    note: Note,
    rows: Iterable[Row],
    origins: Iterable[OriginSignature],
    fetch: Fetch,
    *,
    scope: Scope,
    extra: Mapping[str, bytes] | None = None,
) -> None:
    """With the entries in scope and about instances' keys only: that they are in the log.

    `origins` are the batches these entries belong to. Raises as write_bundle does.
    """
    checkpoint = Checkpoint.parse(note.text)
    writer, groups, batches = _Writer(sink, checkpoint, scope), set[int](), list(origins)
    for group, some in _groups(rows):
        if not all(scope.holds(entry) for entry, _ in some):
            raise BundleInvalid("an entry that is not in scope")
        groups.add(group)
        writer.add(f"selected/{number_path(group)}", pack_entries(row.entry for _, row in some))
        writer.payloads(group, some)
    for batch in batches:
        groups.update(range((batch.first - 1) // WIDTH, (batch.last - 1) // WIDTH + 1))
    for tile in _needed(groups, checkpoint.size):
        writer.add(tile.path, fetch(tile))
    writer.finish(note, batches, extra or {}, "selected")


def _needed(groups: Iterable[int], size: int) -> Iterator[Tile]:
    """Tiles from these leaves up to the root, and the right edge, which makes the root."""
    needed = {(0, group) for group in groups}
    for tile in tiles_of(size):
        if tile.width < WIDTH or (tile.level, tile.index) in needed:
            needed.add((tile.level + 1, tile.index // WIDTH))
            yield tile


def _groups(rows: Iterable[Row]) -> Iterator[tuple[int, list[tuple[Entry, Row]]]]:
    """The rows by the tile they belong to; in ascending order. Raises BundleInvalid."""
    read = ((Entry.decode(row.entry), row) for row in rows)
    last = -1
    for group, some in groupby(read, lambda pair: (pair[0].position - 1) // WIDTH):
        found = list(some)
        positions = [entry.position for entry, _ in found]
        if group <= last or positions != sorted(set(positions)):
            raise BundleInvalid("entries out of order")
        last = group
        yield group, found


def _packed(entry: Entry, payload: bytes) -> bytes:
    if hashlib.sha256(payload).digest() != entry.digest:
        raise BundleInvalid(f"position {entry.position}: these are not the bytes of its digest")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise BundleInvalid(f"position {entry.position}: {len(payload)} bytes")
    return entry.position.to_bytes(8, "big") + len(payload).to_bytes(4, "big") + payload
