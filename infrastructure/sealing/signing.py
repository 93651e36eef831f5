"""The key of this home's processes, and signing with it what they append."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from application.register import Unavailable
from domain.instance import Instance
from infrastructure.sealing.entry import Entry
from infrastructure.sealing.notes import Kind, SignerKey
from infrastructure.sealing.origins import Receipted
from infrastructure.sealing.tree import leaf_hash

KEY_FILE = "instance.key"
RECEIPTS = "receipts.sock"

LOOK_SECONDS = 1.0
"""How often to look whether there is a first instance now."""


def kept_key(file: Path, name: Callable[[], str], kind: Kind = Kind.NOTE) -> SignerKey:
    """The key in a file; made, readable by nobody else, if there is none. Raises NoteInvalid."""
    try:
        return SignerKey.parse(file.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        pass
    key = SignerKey.generate(name(), kind)
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        new.write(key.secret())
        new.flush()
        os.fsync(new.fileno())
    try:
        os.link(made, file)  # whoever was faster has made it
    except FileExistsError:
        return kept_key(file, name, kind)
    finally:
        made.unlink()
    return key


def instance_key(home: Path) -> SignerKey:
    """Of all processes of this home."""
    return kept_key(home / KEY_FILE, lambda: f"instance/{secrets.token_hex(6)}")


class Signed(NamedTuple):
    """Which instance says that it appends these entries; `receipt` is for who seals them."""

    instance: str
    signature: bytes
    receipt: bytes


class Signer(Protocol):
    """Signs entries that follow each other."""

    def ready(self) -> bool:
        """Whether it signs; asked before an append. Raises Unavailable if it must, and cannot."""
        ...

    def sign(self, entries: Sequence[Entry]) -> Signed:
        """Only where it is ready."""
        ...

    def stored(self, signed: Signed) -> None:
        """What it signed is in the register, and on disk."""
        ...


class InstanceSigner(Signer):
    """Signs for this home once an instance is registered; before that, nobody does.

    What it has signed and was stored is told to the sealer of this home, past the database.
    """

    def __init__(self, home: Path, registered: Callable[[], Sequence[Instance]]) -> None:
        self._home, self._registered = home, registered
        self._as: tuple[SignerKey, str] | None = None
        self._look_at = 0.0
        self._socket: socket.socket | None = None

    def ready(self) -> bool:
        """Whether it signs from now on. Raises Unavailable if others do and it may not.

        As long as there is no instance at all, the register is asked once a second.
        """
        if self._as is not None or time.monotonic() < self._look_at:
            return self._as is not None
        if instances := self._registered():
            if not (self._home / KEY_FILE).exists():
                raise Unavailable(_NOT_REGISTERED.format(self._home, "yice instance show"))
            key = instance_key(self._home)
            known = {i.vkey for i in instances if not i.is_revoked}
            if str(key.verifier) not in known:
                raise Unavailable(_NOT_REGISTERED.format(self._home, key.verifier))
            self._as = key, instances[0].log
        self._look_at = time.monotonic() + LOOK_SECONDS
        return self._as is not None

    def look_again(self) -> None:
        """Something was registered just now."""
        self._look_at = 0.0

    def sign(self, entries: Sequence[Entry]) -> Signed:
        assert self._as is not None
        key, log = self._as
        leaves = [leaf_hash(entry.encode()) for entry in entries]
        receipt = Receipted.sign(key, log=log, first=entries[0].position, leaves=leaves)
        return Signed(key.name, receipt.batch.signed, str(receipt).encode())

    def stored(self, signed: Signed) -> None:
        """No sealer here, or one that does not keep up, holds nobody up."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        with suppress(OSError):
            self._socket.sendto(signed.receipt, str(self._home / RECEIPTS))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


_NOT_REGISTERED = (
    "the register takes only what a registered instance has signed, and that of {} is none:"
    " where one runs, type: yice instance register {}"
)
