"""Checkpoints of C2SP (tlog-checkpoint), and asking a witness to cosign one (tlog-witness)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infrastructure.sealing.notes import (
    Note,
    NoteInvalid,
    Signature,
    SignerKey,
    VerifierKey,
    from_base64,
    to_base64,
)
from infrastructure.sealing.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_SIZE,
    ProofInvalid,
    check_consistency,
)

MAX_REQUEST_BYTES = 1_000_000
MAX_PROOF_LINES = 63

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A tree of one log at one size."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Extension lines are refused: nobody could check them. Raises NoteInvalid."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteInvalid("a checkpoint has three lines: origin, size, root")
        root = from_base64(lines[2])
        if len(root) != HASH_BYTES:
            raise NoteInvalid(f"a root of {len(root)} bytes")
        found = cls(lines[0], size_of(lines[1]), root)
        if found.size == 0 and root != EMPTY_ROOT:
            raise NoteInvalid("an empty tree with another root than an empty one has")
        return found

    def sign(self, key: SignerKey) -> Note:
        return Note(str(self), [key.sign(str(self))])


@dataclass(frozen=True)
class Sealed:
    """A checkpoint that was checked: who signed it, and when it was cosigned, in POSIX seconds."""

    checkpoint: Checkpoint
    witnessed: dict[str, int]


def opened(
    note: Note,
    *,
    log: Sequence[VerifierKey],
    witnesses: Sequence[VerifierKey] = (),
    quorum: int = 0,
) -> Sealed:
    """A checkpoint with at least one signature of the log's and so many witnesses'.

    The log's key bears the name of its origin. Raises NoteInvalid.
    """
    checkpoint = Checkpoint.parse(note.text)
    if not note.signed_by([key for key in log if key.name == checkpoint.origin]):
        raise NoteInvalid(f"no known key of {checkpoint.origin} signed this checkpoint")
    seen = note.signed_by(witnesses)
    if len(seen) < quorum:
        raise NoteInvalid(f"{len(seen)} of the {quorum} witnesses cosigned this checkpoint")
    return Sealed(checkpoint, {key.name: signature.seconds for key, signature in seen})


@dataclass(frozen=True)
class AddCheckpoint:
    """The body of a request to a witness: from the size it knows to a newer checkpoint."""

    old: int
    proof: Sequence[bytes]
    note: Note

    def encode(self) -> bytes:
        proof = "".join(f"{to_base64(step)}\n" for step in self.proof)
        return f"old {self.old}\n{proof}\n".encode() + self.note.encode()

    @classmethod
    def parse(cls, body: bytes) -> AddCheckpoint:
        """Raises NoteInvalid."""
        if len(body) > MAX_REQUEST_BYTES:
            raise NoteInvalid(f"a request of {len(body)} bytes")
        head, parted, note = body.partition(b"\n\n")
        first, *steps = head.split(b"\n", MAX_PROOF_LINES + 1)
        if not parted or not first.startswith(b"old ") or len(steps) > MAX_PROOF_LINES:
            raise NoteInvalid("not a request: `old <size>`, a proof, an empty line, a checkpoint")
        proof = [from_base64(step.decode("ascii", "replace")) for step in steps]
        if any(len(step) != HASH_BYTES for step in proof):
            raise NoteInvalid("a proof of something else than hashes")
        return cls(size_of(first[4:].decode("ascii", "replace")), proof, Note.parse(note))


@dataclass(frozen=True)
class Answer:
    """What a witness answers. With 200, it has to remember `cosign` and then to cosign it."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    cosign: Checkpoint | None = None


def judge(body: bytes, *, logs: Iterable[VerifierKey], known: Checkpoint | None) -> Answer:
    """What tlog-witness asks for, given the last checkpoint cosigned for this log.

    Remember `cosign` by compare-and-swap against `known` before answering.
    """
    try:
        request = AddCheckpoint.parse(body)
        asked = Checkpoint.parse(request.note.text)
    except NoteInvalid as fault:
        return Answer(400, f"{fault}\n")
    keys = [key for key in logs if key.name == asked.origin]
    if not keys:
        return Answer(404, "this log is not known here\n")
    try:
        signed = request.note.signed_by(keys)
    except NoteInvalid:
        signed = []
    if not signed:
        return Answer(403, "no known key of this log signed this checkpoint\n")
    if request.old > asked.size:
        return Answer(400, "the old size is larger than the new one\n")
    return _judge_proof(request, asked, known or Checkpoint(asked.origin, 0, EMPTY_ROOT))


def _judge_proof(request: AddCheckpoint, asked: Checkpoint, known: Checkpoint) -> Answer:
    if known.origin != asked.origin:
        raise ValueError(f"remembered {known.origin} for {asked.origin}")
    same_size = known.size == asked.size
    if request.old != known.size or (same_size and known.root != asked.root):
        return Answer(409, f"{known.size}\n", "text/x.tlog.size")
    try:
        check_consistency(
            request.proof,
            old=known.size,
            new=asked.size,
            old_root=known.root,
            new_root=asked.root,
        )
    except ProofInvalid as fault:
        return Answer(422, f"{fault}\n")
    return Answer(200, cosign=asked)


def cosignatures(body: bytes) -> list[Signature]:
    """The lines of a witness's answer. Raises NoteInvalid."""
    return list(Note.parse(b"-\n\n" + body).signatures)


def size_of(text: str) -> int:
    """Raises NoteInvalid for anything but a plain number of leaves."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise NoteInvalid(f"not the size of a tree: {text[:30]!r}")
    return int(text)
