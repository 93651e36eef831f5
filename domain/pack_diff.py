"""What is different between two versions of a pack, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """`before` and `after`: what each says there; None where it says nothing."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """All of them, in the order of the first; what only the second says comes last.

    Lists of plain words are one value; those of rules are compared rule by rule.
    """
    one, other = _parts(before), _parts(after)
    if one is None or other is None:
        if before != after or type(before) is not type(after):
            yield Difference(path, before, after)
        return
    for name in {**one, **other}:
        yield from differences(one.get(name), other.get(name), f"{path}.{name}" if path else name)


def _parts(said: Any) -> Mapping[str, Any] | None:
    """What is compared one by one in it; None for a value."""
    if isinstance(said, Mapping):
        return {str(name): value for name, value in said.items()}
    if isinstance(said, list) and any(isinstance(entry, Mapping) for entry in said):
        return {str(i): entry for i, entry in enumerate(said)}
    return None
