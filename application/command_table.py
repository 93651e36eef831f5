"""Every command that there is, and the permission that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from application import (
    accesses,
    assessment_commands,
    blacklisting,
    broadcasts,
    cards,
    client_files,
    clients,
    conduct,
    dossiers,
    duplicates,
    erasures,
    exports,
    instances,
    ledger,
    levels,
    ownership,
    packs,
    people,
    rankings,
    rotations,
    tickets,
    volunteers,
)
from application.desk import Command

HERE = (
    *(accesses, assessment_commands, blacklisting, broadcasts, cards, client_files, clients),
    *(conduct, dossiers, duplicates, erasures, exports, instances, ledger, levels),
    *(ownership, packs, people, rankings, rotations, tickets, volunteers),
)
"""Where commands are defined, or imported from."""


def commands() -> list[type[Command]]:
    """By name. What they are derived from is called `…Command` and is none itself."""
    found = {
        kind.__name__: kind
        for kind in _below(Command)
        if kind.__module__.startswith(f"{__name__.partition('.')[0]}.")
    }
    return [kind for name, kind in sorted(found.items()) if not name.endswith("Command")]


def _below(kind: type[Command]) -> Iterator[type[Command]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)
