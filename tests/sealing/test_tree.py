from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sealing.tree import (
    EMPTY_ROOT,
    MAX_SIZE,
    ProofInvalid,
    Spine,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    perfect_root,
    root_of,
)

# The reference data of Certificate Transparency: eight leaves, the root after each of them.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

sizes = st.integers(1, 300)


def made_leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


class Nodes:
    """The nodes of a tree, straight from its leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def __call__(self, level: int, index: int) -> bytes:
        some = self.leaves[index << level : (index + 1) << level]
        assert len(some) == 1 << level
        return perfect_root(some)


def test_roots_are_those_of_the_reference():
    leaves = [leaf_hash(data) for data in INPUTS]

    assert [root_of(leaves[:size]).hex() for size in range(9)] == ROOTS
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(("index", "size"), INCLUSIONS)
def test_inclusion_proofs_are_those_of_the_reference(index: int, size: int):
    node = Nodes([leaf_hash(data) for data in INPUTS])

    proof = [step.hex() for step in inclusion_proof(index, size, node)]

    assert proof == INCLUSIONS[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCIES)
def test_consistency_proofs_are_those_of_the_reference(old: int, new: int):
    node = Nodes([leaf_hash(data) for data in INPUTS])

    proof = [step.hex() for step in consistency_proof(old, new, node)]

    assert proof == CONSISTENCIES[old, new]


@given(st.integers(0, 300))
def test_a_growing_tree_has_the_root_of_the_definition(size: int):
    spine, leaves = Spine(), made_leaves(size)

    for leaf in leaves:
        spine.append(leaf)

    assert (spine.size, spine.root()) == (size, by_definition(leaves))


@given(st.data(), sizes)
def test_each_leaf_is_in_the_tree_and_no_other_leaf_at_its_place(data: st.DataObject, size: int):
    leaves, index = made_leaves(size), data.draw(st.integers(0, size - 1))
    root = root_of(leaves)

    proof = inclusion_proof(index, size, Nodes(leaves))

    check_inclusion(proof, index=index, size=size, leaf=leaves[index], root=root)
    for wrong in (leaf_hash(b"another"), root):
        if (wrong, size) != (root, 1):
            with pytest.raises(ProofInvalid):
                check_inclusion(proof, index=index, size=size, leaf=wrong, root=root)


@given(st.data(), sizes)
def test_a_tree_goes_on_from_each_of_its_beginnings(data: st.DataObject, size: int):
    leaves, old = made_leaves(size), data.draw(st.integers(0, size))
    roots = root_of(leaves[:old]), root_of(leaves)

    proof = consistency_proof(old, size, Nodes(leaves))

    check_consistency(proof, old=old, new=size, old_root=roots[0], new_root=roots[1])


@given(st.data(), sizes)
def test_a_tree_with_one_leaf_changed_goes_on_from_no_beginning_that_had_it(
    data: st.DataObject, size: int
):
    leaves, old = made_leaves(size), data.draw(st.integers(1, size))
    changed = leaves.copy()
    changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"changed")
    roots = root_of(leaves[:old]), root_of(changed)

    proof = consistency_proof(old, size, Nodes(changed))

    with pytest.raises(ProofInvalid):
        check_consistency(proof, old=old, new=size, old_root=roots[0], new_root=roots[1])


@given(st.data(), sizes)
def test_a_proof_that_was_touched_proves_nothing(data: st.DataObject, size: int):
    leaves, index = made_leaves(size), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, Nodes(leaves))
    step = data.draw(st.integers(0, len(proof)))
    touched = data.draw(
        st.sampled_from(
            [
                [*proof[:step], EMPTY_ROOT, *proof[step:]],
                [*proof[:step], EMPTY_ROOT, *proof[step + 1 :]],
                [*proof, b"short"],
                proof[:-1] if proof else [EMPTY_ROOT],
            ]
        )
    )

    with pytest.raises(ProofInvalid):
        check_inclusion(touched, index=index, size=size, leaf=leaves[index], root=root_of(leaves))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (0, 2**63), (2**70, 2**71)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int):
    with pytest.raises(ProofInvalid):
        check_inclusion([], index=index, size=size, leaf=EMPTY_ROOT, root=EMPTY_ROOT)
    with pytest.raises(ProofInvalid):
        inclusion_proof(index, size, Nodes([]))


def test_a_proof_in_the_largest_tree_is_looked_at_in_no_time():
    with pytest.raises(ProofInvalid, match="63 hashes are needed"):
        check_inclusion([], index=0, size=MAX_SIZE, leaf=EMPTY_ROOT, root=EMPTY_ROOT)
    with pytest.raises(ProofInvalid, match="hashes are needed"):
        check_consistency(
            [EMPTY_ROOT] * 65, old=3, new=MAX_SIZE, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT
        )


@pytest.mark.parametrize(
    ("proof", "old", "new", "old_root", "new_root"),
    [
        ([EMPTY_ROOT], 0, 5, EMPTY_ROOT, b"n" * 32),
        ([], 0, 5, b"x" * 32, b"n" * 32),
        ([], 5, 5, b"x" * 32, b"n" * 32),
        ([EMPTY_ROOT], 5, 5, b"x" * 32, b"x" * 32),
        ([], 3, 5, b"x" * 32, b"x" * 32),
        ([], 6, 5, b"x" * 32, b"x" * 32),
    ],
)
def test_trivial_sizes_are_checked_too(
    proof: list[bytes], old: int, new: int, old_root: bytes, new_root: bytes
):
    with pytest.raises(ProofInvalid):
        check_consistency(proof, old=old, new=new, old_root=old_root, new_root=new_root)
