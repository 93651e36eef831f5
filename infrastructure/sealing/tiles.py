"""Tiles of C2SP tlog-tiles: 256 hashes a file, 8 levels of the tree a tile."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from infrastructure.sealing.tree import HASH_BYTES, joined, leaf_hash, perfect_nodes, perfect_root

WIDTH = 256
HEIGHT = 8

_PATH = re.compile(
    r"tile/(?P<level>0|[1-9]\d?|entries)/(?P<index>(?:x\d{3}/){0,6}\d{3})"
    r"(?:\.p/(?P<width>[1-9]\d{0,2}))?",
    re.ASCII,
)

Fetch = Callable[["Tile"], bytes]
"""Contents of a tile; may raise whatever its store raises."""


class TileInvalid(Exception):
    """Not the path of a tile, or not the contents of that one."""


@dataclass(frozen=True)
class Tile:
    """So many hashes from `index * 256` on, each over 256**level leaves."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        return f"tile/{self.level}/{self._place()}"

    @property
    def entries_path(self) -> str:
        """Where the entries below this tile of level 0 stand."""
        return f"tile/entries/{self._place()}"

    def _place(self) -> str:
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return number_path(self.index) + partial


def number_path(number: int) -> str:
    """1234067 is `x001/x234/067`."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *leading, last = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "".join(f"x{group}/" for group in leading) + last


def parse_path(path: str) -> Tile:
    """A tile by its path; that of entries counts as level 0. Raises TileInvalid."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise TileInvalid(f"not the path of a tile: {path[:80]!r}")
    level = 0 if found["level"] == "entries" else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    tile = Tile(level, index, width)
    expected = tile.entries_path if found["level"] == "entries" else tile.path
    if level > 63 or width > WIDTH or expected != path:
        raise TileInvalid(f"not the path of a tile: {path[:80]!r}")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """All tiles of a tree of this size, partial ones too."""
    return new_tiles(0, size)


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """Tiles that a tree of size `new` has and the one of size `old` had not."""
    level = 0
    while new:
        for index in range(old // WIDTH, new // WIDTH):
            yield Tile(level, index)
        if new % WIDTH and new != old:
            yield Tile(level, new // WIDTH, new % WIDTH)
        old, new, level = old // WIDTH, new // WIDTH, level + 1


def split(contents: bytes, width: int) -> list[bytes]:
    """The hashes of a tile. Raises TileInvalid."""
    if len(contents) != width * HASH_BYTES:
        raise TileInvalid(f"a tile of {width} hashes has {len(contents)} bytes")
    return [contents[at : at + HASH_BYTES] for at in range(0, len(contents), HASH_BYTES)]


class TiledTree:
    """A tree that grows: hands out each tile once it is full, and holds its right edge."""

    def __init__(self) -> None:
        self._edge: list[list[bytes]] = []
        self.size = 0

    @classmethod
    def resume(cls, size: int, fetch: Fetch) -> TiledTree:
        """Go on from the partial tiles of a tree. Raises TileInvalid. Compare its root."""
        tree = cls()
        tree.size = size
        level = 0
        while width := size >> HEIGHT * level:
            tile = Tile(level, width // WIDTH, width % WIDTH)
            tree._edge.append(split(fetch(tile), tile.width) if tile.width else [])
            level += 1
        return tree

    def extend(self, leaves: Iterable[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Append leaf hashes. Yields tiles as they become full; run it to its end."""
        for leaf in leaves:
            self.size += 1
            yield from self._append(0, leaf)

    def _append(self, level: int, added: bytes) -> Iterator[tuple[Tile, bytes]]:
        if level == len(self._edge):
            self._edge.append([])
        hashes = self._edge[level]
        hashes.append(added)
        if len(hashes) == WIDTH:
            yield Tile(level, (self.size >> HEIGHT * (level + 1)) - 1), b"".join(hashes)
            self._edge[level] = []
            yield from self._append(level + 1, perfect_root(hashes))

    def partial_tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """The right edge: what has to be written beside the full tiles before a checkpoint."""
        for level, hashes in enumerate(self._edge):
            if hashes:
                index = self.size >> HEIGHT * (level + 1)
                yield Tile(level, index, len(hashes)), b"".join(hashes)

    def root(self) -> bytes:
        return joined([node for hashes in reversed(self._edge) for node in _perfect(hashes)])


def _perfect(hashes: list[bytes]) -> Iterator[bytes]:
    for level, index in perfect_nodes(0, len(hashes)):
        yield perfect_root(hashes[index << level : (index + 1) << level])


class TileReader:
    """Nodes of a tree of one size, out of its tiles: what proofs are made of.

    It trusts the tiles: check the proof, or the root, against a signed checkpoint.
    """

    def __init__(self, size: int, fetch: Fetch, *, keep: int = 256) -> None:
        self._size, self._fetch, self._keep = size, fetch, keep
        self._kept: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """Raises TileInvalid for a node that the tree does not have."""
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        hashes = self._hashes(tile_level, first // WIDTH)
        below = hashes[first % WIDTH : first % WIDTH + (1 << above)]
        if len(below) != 1 << above:
            raise TileInvalid(f"no node {index} on level {level} in a tree of {self._size}")
        return perfect_root(below)

    def _hashes(self, level: int, index: int) -> list[bytes]:
        if (level, index) in self._kept:
            self._kept.move_to_end((level, index))
            return self._kept[level, index]
        width = min(WIDTH, (self._size >> HEIGHT * level) - index * WIDTH)
        if width <= 0:
            raise TileInvalid(f"no tile {index} on level {level} in a tree of {self._size}")
        tile = Tile(level, index, width)
        hashes = self._kept[level, index] = split(self._fetch(tile), width)
        if len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return hashes


def pack_entries(entries: Iterable[bytes]) -> bytes:
    """Entries as tlog-tiles has them: each behind its length in two bytes."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(packed: bytes, width: int) -> list[bytes]:
    """Exactly so many entries. Raises TileInvalid."""
    entries, at = list[bytes](), 0
    while at < len(packed) and len(entries) < width:
        length = int.from_bytes(packed[at : at + 2], "big")
        entries.append(packed[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(packed) or len(entries) != width:
        raise TileInvalid(f"not {width} entries")
    return entries


def leaves_of(entries: Iterable[bytes]) -> Iterator[bytes]:
    return map(leaf_hash, entries)
