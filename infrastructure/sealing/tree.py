"""The Merkle tree of RFC 6962: hashes, roots, proofs of inclusion and of consistency.

A *node* is a perfect subtree: level 0 is a leaf, and the node (level, index) stands over the leaves
`[index * 2**level, (index + 1) * 2**level)`. Sizes and indexes count leaves from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256().digest()
"""Root of a tree without leaves."""

MAX_SIZE = 2**63 - 1
"""No tree is larger, so that no proof is longer than 63 hashes."""

NodeReader = Callable[[int, int], bytes]
"""Hash of the node (level, index)."""


class ProofInvalid(Exception):
    """A proof does not show what it is said to show."""


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root over leaf hashes; keeps one hash for each level only."""
    spine = Spine()
    for leaf in leaf_hashes:
        spine.append(leaf)
    return spine.root()


class Spine:
    """A tree that grows at its right edge and remembers nothing but what is needed to grow."""

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        carried = self.size
        while carried & 1:
            leaf = node_hash(self._nodes.pop(), leaf)
            carried >>= 1
        self._nodes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        return joined(self._nodes)


def joined(nodes: Sequence[bytes]) -> bytes:
    """Root over neighbouring perfect subtrees, each smaller than the one before."""
    if not nodes:
        return EMPTY_ROOT
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = node_hash(node, root)
    return root


def perfect_nodes(first: int, end: int) -> list[tuple[int, int]]:
    """The perfect subtrees (level, index) that make up the leaves `[first, end)`, left to right."""
    nodes = []
    while first < end:
        room = (end - first).bit_length() - 1
        level = min(room, (first & -first).bit_length() - 1) if first else room
        nodes.append((level, first >> level))
        first += 1 << level
    return nodes


def range_root(first: int, end: int, node: NodeReader) -> bytes:
    """Root over the leaves `[first, end)` that are a whole branch of some tree."""
    return joined([node(*at) for at in perfect_nodes(first, end)])


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """The audit path of a leaf in the tree of this size, leaf side first."""
    return [range_root(branch.first, branch.end, node) for branch in _beside_leaf(index, size)]


def consistency_proof(old: int, new: int, node: NodeReader) -> list[bytes]:
    """That the tree of size `new` begins with the one of size `old`; empty if either is trivial."""
    _ordered(0, old, new)
    if old in (0, new):
        return []
    start, branches = _beside_prefix(old, new)
    if start.first:
        branches = [start, *branches]
    return [range_root(branch.first, branch.end, node) for branch in branches]


def check_inclusion(
    proof: Sequence[bytes], *, index: int, size: int, leaf: bytes, root: bytes
) -> None:
    """Raises ProofInvalid."""
    branches = _beside_leaf(index, size)
    _fitting(proof, len(branches))
    found = leaf
    for branch, step in zip(branches, proof, strict=True):
        found = node_hash(step, found) if branch.is_left else node_hash(found, step)
    if found != root:
        raise ProofInvalid(f"leaf {index} is not in the tree of size {size} with this root")


def check_consistency(
    proof: Sequence[bytes], *, old: int, new: int, old_root: bytes, new_root: bytes
) -> None:
    """Of sizes 0 and equal ones too, with an empty proof. Raises ProofInvalid."""
    _ordered(0, old, new)
    if old in (0, new):
        _check_trivial(proof, old, new, old_root, new_root)
        return
    start, branches = _beside_prefix(old, new)
    steps = list(proof) if start.first else [old_root, *proof]
    _fitting(steps, 1 + len(branches))
    found_old = found_new = steps[0]
    for branch, step in zip(branches, steps[1:], strict=True):
        if branch.is_left:
            found_old, found_new = node_hash(step, found_old), node_hash(step, found_new)
        else:
            found_new = node_hash(found_new, step)
    if (found_old, found_new) != (old_root, new_root):
        raise ProofInvalid(f"the tree of size {new} does not begin with the one of size {old}")


class _Branch(NamedTuple):
    first: int
    end: int
    is_left: bool


def _beside_leaf(index: int, size: int) -> list[_Branch]:
    """The branches beside the way from a leaf to the root."""
    _ordered(1, index + 1, size)
    first, end, beside = 0, size, list[_Branch]()
    while end - first > 1:
        middle = first + _half(end - first)
        if index < middle:
            beside.append(_Branch(middle, end, is_left=False))
            end = middle
        else:
            beside.append(_Branch(first, middle, is_left=True))
            first = middle
    return beside[::-1]


def _beside_prefix(old: int, new: int) -> tuple[_Branch, list[_Branch]]:
    """The largest branch that ends where the old tree does, and those beside the way up from it."""
    first, end, beside = 0, new, list[_Branch]()
    while old != end:
        middle = first + _half(end - first)
        if old <= middle:
            beside.append(_Branch(middle, end, is_left=False))
            end = middle
        else:
            beside.append(_Branch(first, middle, is_left=True))
            first = middle
    return _Branch(first, end, is_left=True), beside[::-1]


def _check_trivial(
    proof: Sequence[bytes], old: int, new: int, old_root: bytes, new_root: bytes
) -> None:
    if proof:
        raise ProofInvalid("the proof is too long")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofInvalid("the root of an empty tree is another one")
    if old == new and old_root != new_root:
        raise ProofInvalid(f"two roots of one size, {new}")


def _half(size: int) -> int:
    """The largest power of two below a size of 2 or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _ordered(least: int, value: int, most: int) -> None:
    if not least <= value <= most <= MAX_SIZE:
        raise ProofInvalid(f"{value} is not between {least} and {most}")


def _fitting(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length or any(len(step) != HASH_BYTES for step in proof):
        raise ProofInvalid(f"a proof of {len(proof)} steps where {length} hashes are needed")
