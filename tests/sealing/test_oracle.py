"""What yice writes, read by Go's library for transparency logs, and the other way round."""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from infrastructure.sealing.notes import Note, SignerKey
from infrastructure.sealing.tiles import Tile, TileReader, tiles_of
from infrastructure.sealing.tree import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    root_of,
)
from interface.verifier import verify
from tests.support.go import GoOracle
from tests.support.sealing import (
    FIRST,
    LOG_KEY,
    WITNESS,
    keys_asked,
    made_log,
    write_folder,
)

KEYS = (LOG_KEY.verifier, WITNESS.verifier, FIRST.verifier)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 65_536, 65_537])
def test_both_verifiers_accept_a_bundle_of_any_size(go: GoOracle, tmp_path: Path, size: int):
    folder = write_folder(made_log(size, batch=1_000), tmp_path)

    assert go.ask("bundle", folder, *KEYS) == "ok"
    assert verify.main([str(folder), *keys_asked()]) == 0


def test_go_accepts_our_proofs_and_refuses_them_for_another_leaf(go: GoOracle):
    chance = random.Random(6962)
    for size in (1, 2, 3, 255, 256, 257, 600, 65_537):
        log = made_log(size, batch=1_000)
        node, leaves = TileReader(size, log.tiles.__getitem__).node, log.leaves
        root = root_of(leaves)
        for index in {0, size - 1, *(chance.randrange(size) for _ in range(8))}:
            proof = inclusion_proof(index, size, node)
            check_inclusion(proof, index=index, size=size, leaf=leaves[index], root=root)
            asked = [size, b64(root), index, b64(leaves[index]), *map(b64, proof)]
            assert go.ask("record", *asked) == "ok"
            asked[3] = b64(root_of(leaves[:index]))
            assert go.ask("record", *asked).startswith("no:")


def test_go_accepts_that_one_tree_goes_on_from_another(go: GoOracle):
    chance = random.Random(9162)
    for size in (1, 2, 3, 255, 256, 257, 600, 65_537):
        log = made_log(size, batch=1_000)
        node, leaves = TileReader(size, log.tiles.__getitem__).node, log.leaves
        root = root_of(leaves)
        for old in {1, size, *(chance.randint(1, size) for _ in range(8))}:
            proof, old_root = consistency_proof(old, size, node), root_of(leaves[:old])
            check_consistency(proof, old=old, new=size, old_root=old_root, new_root=root)
            asked = [size, b64(root), old, b64(old_root), *map(b64, proof)]
            assert go.ask("tree", *asked) == "ok"
            asked[3] = b64(root_of(leaves[: old - 1]))
            assert go.ask("tree", *asked).startswith("no:")


def test_tiles_have_the_paths_that_go_gives_them(go: GoOracle):
    tiles = [*tiles_of(70_000), Tile(0, 1_234_067), Tile(2, 999), Tile(1, 1_000, 17)]

    for tile in tiles:
        told = go.ask("path", tile.level, tile.index, tile.width)
        assert told == f"ok {tile.path.replace('tile/', 'tile/8/', 1)}"


def test_go_opens_our_notes_and_we_open_those_of_go(go: GoOracle, tmp_path: Path):
    text = "朝辞白帝彩云间\n\n千里江陵一日还\n"
    key = SignerKey.generate("desk.example/notes")
    (tmp_path / "text").write_text(text)
    (tmp_path / "note").write_bytes(Note(text, [key.sign(text)]).encode())

    assert go.ask("note", tmp_path / "note", key.verifier) == "ok"
    told = go.ask("sign", key.secret(), tmp_path / "text")

    theirs = Note.parse(base64.b64decode(told.removeprefix("ok ")))
    assert theirs.text == text
    assert [found for found, _ in theirs.signed_by([key.verifier])] == [key.verifier]


def flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def swap(data: bytearray, chance: random.Random) -> None:
    at, other = sorted(chance.sample(range(len(data)), 2))
    data[at], data[other] = data[other], data[at]


def grow(data: bytearray, chance: random.Random) -> None:
    data.insert(chance.randrange(len(data) + 1), chance.randrange(256))


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [flip, flip, flip, cut, swap, grow]


def test_of_500_random_corruptions_none_is_accepted(go: GoOracle, tmp_path: Path):
    chance, refused = random.Random(20260105), Counter[str]()
    folder = write_folder(made_log(300), tmp_path)
    files = sorted(path for path in folder.rglob("*") if path.is_file())

    while refused["damaged"] < 500:
        file = chance.choice(files)
        sound, data = file.read_bytes(), bytearray(file.read_bytes())
        chance.choice(DAMAGES)(data, chance)
        if data == sound:
            continue
        file.write_bytes(data)
        by_python = verify.main([str(folder), *keys_asked()]) != 0
        by_go = go.ask("bundle", folder, *KEYS) != "ok"
        refused.update({"damaged": 1, "python": by_python, "go": by_go})
        assert by_python or by_go, (file, data, sound)
        assert by_go or file.name == "manifest", (file, data, sound)
        file.write_bytes(sound)

    assert refused["python"] == 500
    assert go.ask("bundle", folder, *KEYS) == "ok"
    assert verify.main([str(folder), *keys_asked()]) == 0


def test_go_refuses_what_another_key_signed(go: GoOracle, tmp_path: Path):
    folder = write_folder(made_log(300), tmp_path)
    stranger = SignerKey.generate(LOG_KEY.name).verifier

    assert go.ask("bundle", folder, stranger, *KEYS[1:]).startswith("no:")
    assert go.ask("bundle", folder, *KEYS[:2], SignerKey.generate(FIRST.name).verifier) != "ok"
