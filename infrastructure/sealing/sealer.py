"""Who seals the register: a process of its own, with a key and a folder that nobody else has.

log.key      the key of the log, that checkpoints are signed with
trust.json   whose signatures count, as of the last checkpoint
checkpoint   the last one, signed and cosigned
tile/…       the tree below it, as tlog-tiles has it
witnesses    a line a witness: its URL and its key
doubt        why it stands still, until a person has looked
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from application.proofs import Sealing
from infrastructure.database import Connection
from infrastructure.sealing import rows, state
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.judging import Doubt, Trust
from infrastructure.sealing.notes import NoteInvalid, VerifierKey, to_base64
from infrastructure.sealing.origins import Receipted
from infrastructure.sealing.signing import kept_key
from infrastructure.sealing.tiles import TiledTree, TileReader
from infrastructure.sealing.tree import EMPTY_ROOT, leaf_hash
from infrastructure.sealing.witnessing import AskedWitness

AT_ONCE = 20_000
"""How many entries are sealed by one checkpoint at most."""

log = logging.getLogger(__name__)


class NotBegun(Exception):
    """There is no log in this folder yet, or none to begin."""


class Sealer:
    """Seals what is new, tick by tick; what it doubts it does not sign, then or ever after."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        """Raises NotBegun, NoteInvalid, TileInvalid, Doubt."""
        self.folder, self._now = folder, now
        self._trust = _trust_in(folder)
        self.key = kept_key(folder / state.LOG_KEY, lambda: self._trust.log)
        self._tiles = state.TileFolder(folder)
        self._receipts: list[Receipted] = []
        self._must_be_whole()

    @property
    def size(self) -> int:
        """How many entries are sealed."""
        return self._trust.size

    def take(self, said: bytes) -> None:
        """What an instance says it has stored; nonsense is passed over."""
        try:
            receipt = Receipted.parse(said.decode("ascii", "replace"))
        except NoteInvalid:
            return
        if receipt.batch.last > self.size:
            self._receipts.append(receipt)

    def tick(self, connection: Connection) -> int:
        """Seal what is new; how many entries. Raises Doubt, and goes on doubting."""
        if (doubt := state.read(self.folder / "doubt")) is not None:
            raise Doubt(0, json.loads(doubt)["why"])
        try:
            return self._seal(connection)
        except Doubt as found:
            self._doubt(found)
            raise

    def have_cosigned(self, witness: AskedWitness) -> None:
        """The last checkpoint, with the line of this witness. Raises Unreached, Doubt."""
        note = state.note_in(self.folder)
        if note is not None and not note.signed_by([witness.key]):
            tree = TileReader(self._trust.size, self._tiles)
            try:
                signed = witness.cosigned(note, tree)
            except Doubt as doubt:
                self._doubt(doubt)
                raise
            state.write(self.folder / state.CHECKPOINT, signed.encode())

    def _doubt(self, doubt: Doubt) -> None:
        put_in_doubt(self.folder, doubt.position, str(doubt), self.size, self._now())

    def _seal(self, connection: Connection) -> int:
        receipts, self._receipts = self._receipts, []
        before = self._trust.size
        head = rows.head(connection, before)
        if head < before:
            raise Doubt(head + 1, f"the register ends here, and was sealed up to {before}")
        self._must_end_as_sealed(connection)
        upto = min(head, before + AT_ONCE)
        upto = max(
            [upto, *(b.last for b in rows.origins(connection, upto, upto) if b.last <= head)]
        )
        trust = Trust.decode(self._trust.encode())
        leaves = list(trust.read(connection, upto, self._now()))
        self._must_have(receipts, trust, before, head, leaves)
        if leaves:
            self._extend(trust, leaves)
        return len(leaves)

    def _must_be_whole(self) -> None:
        checkpoint = checkpoint_in(self.folder, self.key.verifier)
        tree = TiledTree.resume(self._trust.size, self._tiles)
        if (checkpoint.size, checkpoint.root) != (tree.size, tree.root()):
            raise Doubt(0, "the tiles are not those of the checkpoint")

    def _must_end_as_sealed(self, connection: Connection) -> None:
        """An older copy of the register, written on, is not this one any more."""
        size = self._trust.size
        for row in rows.stored(connection, size - 1, size):
            sealed = TileReader(size, self._tiles).node(0, size - 1)
            if leaf_hash(row.entry.encode()) != sealed:
                raise Doubt(size, "not what was sealed at this position")

    def _must_have(
        self, receipts: list[Receipted], trust: Trust, before: int, head: int, leaves: list[bytes]
    ) -> None:
        """What an instance has told is there, as it was told; what is not sealed yet is kept."""
        for receipt in receipts:
            batch = receipt.batch
            try:
                receipt.check(VerifierKey.parse(trust.keys[batch.instance]), trust.log)
            except (KeyError, NoteInvalid):
                continue  # nobody's word
            if batch.last > head:
                raise Doubt(batch.last, f"{batch.instance} has stored it, and it is gone")
            if batch.last > trust.size:
                self._receipts.append(receipt)
            elif batch.first > before:
                told = Receipted.of(batch, leaves[batch.first - before - 1 : batch.last - before])
                if told.root != receipt.root:
                    raise Doubt(batch.first, f"not what {batch.instance} has stored")

    def _extend(self, trust: Trust, leaves: list[bytes]) -> None:
        """Tiles first, then the checkpoint: a crash between leaves tiles that nobody signed."""
        tree = TiledTree.resume(self._trust.size, self._tiles)
        for tile, contents in tree.extend(leaves):
            self._tiles.add(tile, contents)
        for tile, contents in tree.partial_tiles():
            self._tiles.add(tile, contents)
        checkpoint = Checkpoint(trust.log, tree.size, tree.root())
        state.write(self.folder / "trust.json.next", trust.encode())
        state.write(self.folder / state.CHECKPOINT, checkpoint.sign(self.key).encode())
        state.write(self.folder / "trust.json", trust.encode())
        for tile, _ in tree.partial_tiles():
            self._tiles.drop_partial(tile)
        self._trust = trust


def begin(
    folder: Path, trust: Trust, witnesses: Sequence[tuple[str, VerifierKey]] = ()
) -> VerifierKey:
    """A log without entries, and the key that it is signed with. Raises NotBegun."""
    if state.note_in(folder) is not None:
        raise NotBegun(f"there is a log in {folder} already")
    key = kept_key(folder / state.LOG_KEY, lambda: trust.log)
    name_witnesses(folder, witnesses)
    for name in ("pinned.json", "trust.json"):
        state.write(folder / name, trust.encode())
    empty = Checkpoint(trust.log, 0, EMPTY_ROOT)
    state.write(folder / state.CHECKPOINT, empty.sign(key).encode())
    return key.verifier


def name_witnesses(folder: Path, witnesses: Sequence[tuple[str, VerifierKey]]) -> None:
    """Who is asked to cosign from the next start of the sealer on, and where."""
    named = "".join(f"{url} {key}\n" for url, key in witnesses)
    state.write(folder / "witnesses", named.encode())


def witnesses_in(folder: Path) -> list[AskedWitness]:
    """Those that the folder names. Raises NoteInvalid."""
    lines = (state.read(folder / "witnesses") or b"").decode().splitlines()
    named = [line.split() for line in lines if line.strip()]
    return [AskedWitness(url, VerifierKey.parse(key)) for url, key in named]


def _trust_in(folder: Path) -> Trust:
    """As of the checkpoint: a crash may have come between writing the one and the other."""
    note = state.note_in(folder)
    if note is None:
        raise NotBegun(f"no log in {folder}: yice sealer init")
    size = Checkpoint.parse(note.text).size
    for name in ("trust.json", "trust.json.next"):
        if (told := state.read(folder / name)) and (trust := Trust.decode(told)).size == size:
            return trust
    raise Doubt(0, f"what was trusted at the checkpoint is not in {folder}")


def pinned_in(folder: Path) -> Trust:
    """As it began. Raises NotBegun."""
    said = state.read(folder / "pinned.json")
    if said is None:
        raise NotBegun(f"no log in {folder}: yice sealer init")
    return Trust.decode(said)


def checkpoint_in(folder: Path, key: VerifierKey) -> Checkpoint:
    """The last one. Raises Doubt."""
    try:
        note = state.note_in(folder)
        if note is None or not note.signed_by([key]):
            raise NoteInvalid("not signed by the log")
        return Checkpoint.parse(note.text)
    except NoteInvalid as fault:
        raise Doubt(0, f"the checkpoint in {folder}: {fault}") from fault


def sealing(folder: Path) -> Sealing | None:
    """How far the sealer in this folder is; None if there is none."""
    note = state.note_in(folder)
    if note is None:
        return None
    doubt = state.read(folder / "doubt")
    checkpoint = Checkpoint.parse(note.text)
    why = json.loads(doubt)["why"] if doubt else None
    return Sealing(checkpoint.size, to_base64(checkpoint.root), why)


def put_in_doubt(folder: Path, position: int, why: str, sealed: int, now: datetime) -> None:
    """From now on nothing is sealed, until a person has looked."""
    said = {"position": position, "why": why, "sealed": sealed, "at": now.isoformat()}
    state.write(folder / "doubt", json.dumps(said, ensure_ascii=False).encode())


def settled(folder: Path, ground: str, now: datetime) -> Path | None:
    """The doubt is over, and kept with the ground; where. None if there was none."""
    said = state.read(folder / "doubt")
    if said is None:
        return None
    kept = folder / f"doubt-{now:%Y%m%dT%H%M%SZ}"
    told = json.loads(said) | {"settled": ground, "settled_at": now.isoformat()}
    state.write(kept, json.dumps(told, ensure_ascii=False).encode())
    (folder / "doubt").unlink()
    return kept
