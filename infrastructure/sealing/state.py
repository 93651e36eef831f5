"""What a sealer or a witness keeps in its folder: whole files, written so that none is half."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infrastructure.sealing.notes import Note, SignerKey, VerifierKey
from infrastructure.sealing.tiles import WIDTH, Tile
from infrastructure.sealing.tree import HASH_BYTES

CHECKPOINT, LOG_KEY = "checkpoint", "log.key"


class InUse(Exception):
    """Another process works in this folder."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """As long as it lasts no other process is there. Raises InUse."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"another process works in {folder}") from None
        yield


def write(file: Path, contents: bytes) -> None:
    """In place of what stood there; on disk when it returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.new")
    with made.open("wb") as new:
        new.write(contents)
        new.flush()
        os.fsync(new.fileno())
    made.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def note_in(folder: Path) -> Note | None:
    """The last checkpoint with its signatures. Raises NoteInvalid."""
    said = read(folder / CHECKPOINT)
    return None if said is None else Note.parse(said)


def log_key(folder: Path) -> VerifierKey:
    """What checkpoints in this folder are checked with. Raises OSError, NoteInvalid."""
    return SignerKey.parse((folder / LOG_KEY).read_text(encoding="ascii").strip()).verifier


class TileFolder:
    """Tiles as files below a folder, by the paths of tlog-tiles."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, tile: Tile) -> bytes:
        """Of a partial tile that was replaced by a fuller one, its beginning. Raises OSError."""
        for file in (self._folder / tile.path, self._whole(tile), *self._partial(tile)):
            found = read(file)
            if found is not None and len(found) >= tile.width * HASH_BYTES:
                return found[: tile.width * HASH_BYTES]
        raise FileNotFoundError(f"no {tile.path} in {self._folder}")

    def add(self, tile: Tile, contents: bytes) -> None:
        write(self._folder / tile.path, contents)

    def drop_partial(self, tile: Tile) -> None:
        """What is left of a tile on its way to being full, but for the one that is named."""
        for file in self._partial(tile):
            if tile.width < WIDTH and file.name == str(tile.width):
                continue
            file.unlink()

    def _whole(self, tile: Tile) -> Path:
        return self._folder / Tile(tile.level, tile.index).path

    def _partial(self, tile: Tile) -> list[Path]:
        whole = self._whole(tile)
        files = whole.with_name(f"{whole.name}.p").glob("*")
        return [file for file in files if file.name.isdecimal()]
