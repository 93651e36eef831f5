from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sealing.tiles import (
    Tile,
    TiledTree,
    TileInvalid,
    TileReader,
    new_tiles,
    pack_entries,
    parse_path,
    tiles_of,
    unpack_entries,
)
from infrastructure.sealing.tree import inclusion_proof, root_of
from tests.sealing.test_tree import Nodes, made_leaves

LEAVES = made_leaves(70_000)


def test_a_tree_of_70_000_has_the_tiles_of_the_specification():
    tiles = list(tiles_of(70_000))

    assert sum(tile.level == 0 and tile.width == 256 for tile in tiles) == 273
    assert [tile for tile in tiles if tile.width != 256 or tile.level] == [
        Tile(0, 273, 112),
        Tile(1, 0),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]


def test_a_tree_of_256_has_a_full_tile_and_one_of_width_1_above():
    assert [tile.path for tile in tiles_of(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles_of(0)) == []


def test_a_path_in_groups_of_three_is_that_of_the_specification():
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(0, 1_234_067, 5).entries_path == "tile/entries/x001/x234/067.p/5"


@given(st.integers(0, 63), st.integers(0, 2**63), st.integers(1, 256))
def test_a_path_is_read_as_it_was_written(level: int, index: int, width: int):
    tile = Tile(level, index, width)

    assert parse_path(tile.path) == tile
    assert parse_path(tile.entries_path) == Tile(0, index, width)


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/1", "tile/00/001", "tile/64/001", "tile/0/x000/001", "tile/0/001.p/0"),
        *("tile/0/001.p/256", "tile/0/001.p/007", "tile/0/x001/", "tile/8/0/001/", "tile/-1/001"),
        *("tile/0/../../etc", "/tile/0/001", "tile/0/001\n", "tile/0/٠٠١", "", "tile/0/x1/001"),
        "tile/0/" + "x001/" * 1000 + "001",
    ],
)
def test_another_way_to_write_a_path_is_refused(path: str):
    with pytest.raises(TileInvalid):
        parse_path(path)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537])
def test_a_growing_tree_hands_out_every_tile_once(size: int):
    tree = TiledTree()

    full = list(tree.extend(LEAVES[:size]))
    partial = list(tree.partial_tiles())

    assert sorted((t.level, t.index, t.width) for t, _ in full + partial) == sorted(
        (t.level, t.index, t.width) for t in tiles_of(size)
    )
    assert len(full) == len({tile for tile, _ in full})
    assert tree.root() == root_of(LEAVES[:size])


@given(st.integers(0, 1_500), st.integers(0, 1_500))
def test_a_tree_goes_on_after_a_pause_as_if_there_had_been_none(first: int, more: int):
    tree = TiledTree()
    store = dict(tree.extend(LEAVES[:first])) | dict(tree.partial_tiles())

    resumed = TiledTree.resume(first, store.__getitem__)
    added = dict(resumed.extend(LEAVES[first : first + more]))
    written = added | dict(resumed.partial_tiles())

    assert resumed.root() == root_of(LEAVES[: first + more])
    new = set(tiles_of(first + more)) - set(tiles_of(first))
    assert set(new_tiles(first, first + more)) == new <= set(written)
    assert set(written) <= set(tiles_of(first + more))


@given(st.data(), st.integers(1, 1_500))
def test_tiles_hold_every_node_that_a_proof_needs(data: st.DataObject, size: int):
    tree = TiledTree()
    store = dict(tree.extend(LEAVES[:size])) | dict(tree.partial_tiles())
    index = data.draw(st.integers(0, size - 1))

    proof = inclusion_proof(index, size, TileReader(size, store.__getitem__, keep=1).node)

    assert proof == inclusion_proof(index, size, Nodes(LEAVES[:size]))


@pytest.mark.parametrize(("level", "index"), [(0, 300), (1, 150), (9, 0), (8, 1), (62, 0)])
def test_a_node_that_the_tree_has_not_is_not_made_up(level: int, index: int):
    tree = TiledTree()
    store = dict(tree.extend(LEAVES[:300])) | dict(tree.partial_tiles())

    with pytest.raises(TileInvalid):
        TileReader(300, store.__getitem__).node(level, index)


def test_a_tile_of_another_length_is_refused():
    with pytest.raises(TileInvalid, match="a tile of 44 hashes has 31 bytes"):
        TiledTree.resume(300, lambda tile: bytes(31))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_are_unpacked_as_they_were_packed(entries: list[bytes]):
    assert unpack_entries(pack_entries(entries), len(entries)) == entries


@pytest.mark.parametrize(
    "packed", [b"", b"\0", b"\0\1", b"\0\1a\0", b"\0\1a\0\1b\0\1c", b"\xff\xff"]
)
def test_another_number_of_entries_is_refused(packed: bytes):
    with pytest.raises(TileInvalid):
        unpack_entries(packed, 2)
