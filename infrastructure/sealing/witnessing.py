"""Witnesses: asking one to cosign a checkpoint, and being one (C2SP tlog-witness)."""

from __future__ import annotations

import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

from infrastructure.sealing import state
from infrastructure.sealing.checkpoint import (
    AddCheckpoint,
    Answer,
    Checkpoint,
    cosignatures,
    judge,
    size_of,
)
from infrastructure.sealing.judging import Doubt
from infrastructure.sealing.notes import Note, NoteInvalid, SignerKey, VerifierKey
from infrastructure.sealing.tiles import TileReader
from infrastructure.sealing.tree import consistency_proof

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 100_000


class Unreached(Exception):
    """A witness did not answer, or not as witnesses do: nothing is known of it."""


class AskedWitness:
    """One that is asked at `url`; it remembers what it saw last, we only guess."""

    def __init__(self, url: str, key: VerifierKey) -> None:
        self.url, self.key = url.rstrip("/"), key
        self._seen = 0

    def cosigned(self, note: Note, tree: TileReader) -> Note:
        """The checkpoint with its line. Raises Unreached, and Doubt if it saw another log."""
        checkpoint = Checkpoint.parse(note.text)
        status, body = self._asked(note, checkpoint, tree)
        if status == 409:
            self._seen = _size(body)
            if self._seen > checkpoint.size:
                raise Doubt(self._seen, f"{self.key.name} has seen the log when it was longer")
            status, body = self._asked(note, checkpoint, tree)
        if status in (409, 422):
            raise Doubt(0, f"{self.key.name} has seen another log of this size: {body[:80]!r}")
        if status != 200:
            raise Unreached(f"{self.key.name} answers {status}")
        try:
            lines = cosignatures(body)
            signed = replace(note, signatures=[*note.signatures, *lines])
            if not signed.signed_by([self.key]):
                raise NoteInvalid("nothing of its key")
        except NoteInvalid as fault:
            raise Unreached(f"{self.key.name} answers: {fault}") from fault
        self._seen = checkpoint.size
        return signed

    def request(self, note: Note, checkpoint: Checkpoint, tree: TileReader) -> bytes:
        """From what it is thought to have seen last to this checkpoint."""
        proof = consistency_proof(self._seen, checkpoint.size, tree.node)
        return AddCheckpoint(self._seen, proof, note).encode()

    def _asked(self, note: Note, checkpoint: Checkpoint, tree: TileReader) -> tuple[int, bytes]:
        body = self.request(note, checkpoint, tree)
        asked = urllib.request.Request(f"{self.url}/add-checkpoint", body, method="POST")
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:
                return int(answer.status), answer.read(MAX_ANSWER_BYTES)
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read(MAX_ANSWER_BYTES)
        except OSError as lost:
            raise Unreached(f"{self.key.name}: {lost}") from lost


def _size(body: bytes) -> int:
    try:
        return size_of(body.decode("ascii", "replace").strip())
    except NoteInvalid as fault:
        raise Unreached(str(fault)) from fault


class Witness:
    """Remembers one head of each log, and cosigns only what continues it. One process a folder."""

    def __init__(self, folder: Path, key: SignerKey, logs: Sequence[VerifierKey]) -> None:
        self._folder, self._key, self._logs = folder, key, logs
        self._mutex = Lock()

    def answer(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        with self._mutex:
            judged = self._judged(body)
            if judged.cosign is None:
                return judged.status, judged.content_type, judged.body.encode()
            text = str(judged.cosign)
            state.write(self._file(judged.cosign.origin), text.encode())
        line = self._key.cosign(text, seconds=int(time.time()))
        return 200, judged.content_type, str(line).encode()

    def _judged(self, body: bytes) -> Answer:
        try:
            origin = AddCheckpoint.parse(body).note.text.split("\n", 1)[0]
        except NoteInvalid:
            return judge(body, logs=self._logs, known=None)
        said = state.read(self._file(origin))
        known = Checkpoint.parse(said.decode()) if said else None
        return judge(body, logs=self._logs, known=known)

    def _file(self, origin: str) -> Path:
        return self._folder / "heads" / hashlib.sha256(origin.encode()).hexdigest()
