"""A made-up log of any size, its keys and its bundles; the same ones in every run."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infrastructure.sealing.bundle import DirectorySink, Row, Scope, ZipSink, write_bundle
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.entry import Entry, digest_of
from infrastructure.sealing.notes import Kind, Note, SignerKey
from infrastructure.sealing.origins import OriginSignature, sign_batch
from infrastructure.sealing.tiles import Tile, TiledTree
from infrastructure.sealing.tree import leaf_hash
from interface.verifier.verify import (
    COSIGNATURE,
    NOTE,
    Report,
    Trust,
    check,
    open_source,
    parse_key,
)

ORIGIN = "desk.example/register"
WITNESSED = 1_770_000_000
BEGINNING = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
EVERYTHING = Scope(everything=True)
BATCH = 100


def made_key(name: str, kind: Kind = Kind.NOTE, seed: int = 1) -> SignerKey:
    return SignerKey(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


LOG_KEY = made_key(ORIGIN, seed=1)
WITNESS = made_key("witness.example/w1", Kind.COSIGNATURE, seed=2)
FIRST = made_key("desk.example/web-1", seed=3)
SECOND = made_key("desk.example/web-2", seed=4)


def stream(number: int) -> UUID:
    return UUID(int=0x5EED0000 + number)


@dataclass(frozen=True)
class MadeLog:
    note: Note
    rows: list[Row]
    origins: list[OriginSignature]
    tiles: dict[Tile, bytes]

    @cached_property
    def leaves(self) -> list[bytes]:
        return [leaf_hash(row.entry) for row in self.rows]


@cache
def made_log(size: int, batch: int = BATCH) -> MadeLog:
    """The second instance is registered by the second entry, and appends every other batch."""
    return signed_log(list(_rows(size)), batch)


def signed_log(rows: list[Row], batch: int = BATCH) -> MadeLog:
    """A log of these rows, and everything signed as it should be."""
    leaves = [leaf_hash(row.entry) for row in rows]
    origins = []
    for nth, first in enumerate(range(0, len(rows), batch)):
        key = SECOND if nth % 2 else FIRST
        some = leaves[first : first + batch]
        origins.append(sign_batch(key, log=ORIGIN, first=first + 1, leaves=some))
    tree = TiledTree()
    tiles = dict(tree.extend(leaves)) | dict(tree.partial_tiles())
    return MadeLog(sealed(Checkpoint(ORIGIN, tree.size, tree.root())), rows, origins, tiles)


def sealed(checkpoint: Checkpoint, *, key: SignerKey = LOG_KEY, seconds: int = WITNESSED) -> Note:
    """Signed by the log and cosigned."""
    note = checkpoint.sign(key)
    return replace(note, signatures=[*note.signatures, WITNESS.cosign(note.text, seconds=seconds)])


def row(position: int, number: int, version: int, topic: str, payload: bytes) -> Row:
    entry = Entry(
        position=position,
        stream_id=stream(number),
        stream_version=version,
        topic=topic,
        recorded_at=BEGINNING + timedelta(seconds=position),
        actor=f"staff:{stream(1000 + position % 5)}",
        command_id=f"command-{position}",
        digest=digest_of(payload),
    )
    return Row(entry.encode(), payload)


def registration(key: SignerKey) -> bytes:
    return json.dumps({"name": key.name, "vkey": str(key.verifier)}).encode()


def _rows(size: int) -> Iterator[Row]:
    versions = Counter[int]()
    for position in range(1, size + 1):
        number = 99 if position == 2 else position % 7
        topic, payload = "ticket.noted", f'{{"text":"event {position}"}}'.encode()
        if position == 2:
            topic, payload = "instance.registered", registration(SECOND)
        versions[number] += 1
        yield row(position, number, versions[number], topic, payload)


def write_folder(log: MadeLog, folder: Path, scope: Scope = EVERYTHING) -> Path:
    write_bundle(DirectorySink(folder), log.note, log.rows, log.origins, scope=scope)
    return folder


def zipped(log: MadeLog, scope: Scope = EVERYTHING) -> bytes:
    file = io.BytesIO()
    sink = ZipSink(file)
    write_bundle(sink, log.note, log.rows, log.origins, scope=scope)
    sink.close()
    return file.getvalue()


def keys_asked() -> list[str]:
    """What a reviewer brings along, as arguments of the verifier."""
    given = {"--key": LOG_KEY, "--witness": WITNESS, "--instance": FIRST}
    return [word for flag, key in given.items() for word in (flag, str(key.verifier))]


def trust(**more: object) -> Trust:
    """The same, as the verifier holds it."""
    asked = {
        "logs": [parse_key(str(LOG_KEY.verifier), NOTE)],
        "witnesses": [parse_key(str(WITNESS.verifier), COSIGNATURE)],
        "quorum": 1,
        "instances": [parse_key(str(FIRST.verifier), NOTE)],
    }
    return Trust(**(asked | more))  # type: ignore[arg-type]  # of the names above


def report_on(path: Path, **more: object) -> Report:
    """What the verifier says of a bundle; `more` is trust that differs."""
    source = open_source(path)
    try:
        return check(source, trust(**more))
    finally:
        source.close()


def put(folder: Path, name: str, contents: bytes) -> None:
    """Change a file of a bundle, and the manifest so that it fits."""
    (folder / name).write_bytes(contents)
    manifest = folder / "manifest"
    lines = manifest.read_text("utf-8").splitlines(keepends=True)
    digest = hashlib.sha256(contents).hexdigest()
    changed = [
        f"file {digest} {len(contents)} {name}\n" if line.endswith(f" {name}\n") else line
        for line in lines
    ]
    manifest.write_text("".join(changed), "utf-8")
