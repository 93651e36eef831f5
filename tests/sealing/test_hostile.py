"""Bundles made to harm whoever checks them: refused, in little memory, and without a trace."""

from __future__ import annotations

import hashlib
import io
import os
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interface.verifier import verify
from tests.support.sealing import keys_asked, made_log, put, report_on, write_folder, zipped

MIB = 2**20


def verdict(path: Path, *, memory: int = 24 * MIB) -> int:
    """The exit status; and it took no more memory than that."""
    tracemalloc.start()
    try:
        status = verify.main([str(path), *keys_asked()])
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()
    return status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(made_log(300), tmp_path / "bundle")


def archive(folder: Path, *extra: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                made.writestr(zipfile.ZipInfo(str(path.relative_to(folder))), path.read_bytes())
        for member, contents in extra:
            made.writestr(member, contents)
    return file.getvalue()


def test_a_sound_archive_is_verified_in_as_little(folder: Path, tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(archive(folder))

    assert verdict(tmp_path / "a.zip") == 0


@pytest.mark.attack("hostile sizes and paths in a bundle")
def test_an_archive_that_unfolds_is_refused(folder: Path, tmp_path: Path):
    bomb = zipfile.ZipInfo("extra/bomb")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    (tmp_path / "a.zip").write_bytes(archive(folder, (bomb, bytes(64 * MIB))))

    assert verdict(tmp_path / "a.zip") == 3


def test_an_archive_whose_members_lie_in_each_other_is_refused(folder: Path, tmp_path: Path):
    inner = b"x" * MIB
    header = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, 0, MIB, MIB, 7, 0)
    outer = header + b"extra/b" + inner
    with (folder / "manifest").open("r+b") as manifest:
        lines = manifest.read()
        listed = b"".join(
            b"file %s %d extra/%s\n" % (hashlib.sha256(data).hexdigest().encode(), len(data), name)
            for name, data in ((b"a", outer), (b"b", inner))
        )
        at = lines.index(b"file ", lines.index(b" checkpoint\n"))
        manifest.seek(0)
        manifest.write(lines[:at] + listed + lines[at:])
    data = archive(folder, (zipfile.ZipInfo("extra/a"), outer))
    start, end = data.rindex(b"PK\1\2"), data.rindex(b"PK\5\6")
    record = bytearray(data[start:end].replace(b"extra/a", b"extra/b"))
    offset = int.from_bytes(record[42:46], "little") + 30 + 7
    struct.pack_into("<LL", record, 20, MIB, MIB)
    struct.pack_into("<L", record, 42, offset)
    ending = bytearray(data[end:])
    count, size = int.from_bytes(ending[10:12], "little"), int.from_bytes(ending[12:16], "little")
    struct.pack_into("<2HL", ending, 8, count + 1, count + 1, size + len(record))
    (tmp_path / "a.zip").write_bytes(data[:end] + record + ending)

    with pytest.raises(verify.Unreadable, match="lie over each other"):
        report_on(tmp_path / "a.zip")


def test_a_file_that_the_manifest_does_not_name_is_refused(folder: Path):
    (folder / "extra").mkdir()
    (folder / "extra" / "more").write_bytes(b"x")

    assert verdict(folder) == 3


@pytest.mark.attack("hostile sizes and paths in a bundle")
@pytest.mark.parametrize(
    "name",
    [
        *("../../outside", "/etc/outside", "C:\\outside", "extra/../../outside", "tile/0/x001/000"),
        *("extra/" + "a" * 65, "extra/.hidden", "tile/0/002", "manifest/x", "extra/ü", "extra/a\n"),
    ],
)
def test_an_archive_with_a_strange_name_is_refused(folder: Path, tmp_path: Path, name: str):
    with (folder / "manifest").open("ab") as manifest:
        manifest.write(f"file {'0' * 64} 1 {name}\n".encode())
    (tmp_path / "a.zip").write_bytes(archive(folder, (zipfile.ZipInfo(name), b"x")))

    assert verdict(tmp_path / "a.zip") == 3
    assert not (tmp_path / "outside").exists()


def test_an_archive_with_a_member_twice_is_refused(folder: Path, tmp_path: Path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = archive(folder, (zipfile.ZipInfo("checkpoint"), b"x"))
    (tmp_path / "a.zip").write_bytes(data)

    assert verdict(tmp_path / "a.zip") == 3


def test_an_archive_that_says_two_names_for_one_member_is_refused(folder: Path, tmp_path: Path):
    data = archive(folder)
    assert data.count(b"checkpoint") == 3
    (tmp_path / "a.zip").write_bytes(data.replace(b"checkpoint", b"checkpoinT", 1))

    assert verdict(tmp_path / "a.zip") == 3


@pytest.mark.parametrize(
    ("offset", "becomes"),
    [
        (-10, b"\xff\xff\xff\xfe"),
        (-10, b"\0\0\0\0"),
        (-6, b"\xff\xff\xff\xff"),
        (-22, b"PK\x06\x06"),
    ],
)
def test_an_archive_that_lies_about_its_directory_is_refused(
    folder: Path, tmp_path: Path, offset: int, becomes: bytes
):
    data = bytearray(archive(folder))
    data[len(data) + offset : len(data) + offset + len(becomes)] = becomes
    (tmp_path / "a.zip").write_bytes(data)

    assert verdict(tmp_path / "a.zip") == 3


def test_an_archive_with_a_vast_directory_is_refused_before_it_is_read(tmp_path: Path):
    size = verify.MAX_DIRECTORY_BYTES + 1
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, size, 0, 0)
    far = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, size, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, size, 1)
    large = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    for ending in (end, far + locator + large):
        with (tmp_path / "a.zip").open("wb") as file:
            file.truncate(size)
            file.seek(size)
            file.write(ending)

        assert verdict(tmp_path / "a.zip", memory=MIB) == 3


@pytest.mark.attack("bundle cut, dropped, of another key, older, corrupted")
def test_what_is_cut_off_anywhere_is_refused(tmp_path: Path):
    data, chance = zipped(made_log(300)), random.Random(7)
    for length in [0, 1, 21, 22, len(data) - 1, *chance.sample(range(len(data)), 20)]:
        (tmp_path / "a.zip").write_bytes(data[:length])

        assert verdict(tmp_path / "a.zip") == 3


def test_an_archive_that_was_touched_is_refused_or_says_the_same(tmp_path: Path):
    data, chance = zipped(made_log(20)), random.Random(8)
    (tmp_path / "a.zip").write_bytes(data)
    sound = report_on(tmp_path / "a.zip")
    for _ in range(80):
        touched = bytearray(data)
        touched[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (tmp_path / "a.zip").write_bytes(touched)

        assert verdict(tmp_path / "a.zip") != 0 or report_on(tmp_path / "a.zip") == sound


def link(folder: Path) -> None:
    (folder / "origins").rename(folder.parent / "elsewhere")
    (folder / "origins").symlink_to(folder.parent / "elsewhere")


def link_to_a_folder(folder: Path) -> None:
    (folder / "payload").rename(folder.parent / "elsewhere")
    (folder / "payload").symlink_to(folder.parent / "elsewhere")


def pipe(folder: Path) -> None:
    (folder / "origins").unlink()
    os.mkfifo(folder / "origins")


def deep(folder: Path) -> None:
    folder.joinpath(*["d"] * 40).mkdir(parents=True)


@pytest.mark.parametrize("harm", [link, link_to_a_folder, pipe, deep])
def test_a_folder_with_something_else_than_files_is_refused(
    folder: Path, harm: Callable[[Path], None]
):
    harm(folder)

    assert verdict(folder) == 3


def test_where_there_is_nothing_nothing_is_verified(tmp_path: Path):
    (tmp_path / "empty").mkdir()

    assert verdict(tmp_path / "empty") == 3
    assert verdict(tmp_path / "nowhere") == 3


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"size 300", b"size 9223372036854775807"),
        (b"size 300", b"size 99999999999999999999"),
        (b"size 300", b"size 0300"),
        (b"size 300", b"size 301"),
        (b"size 300", b"size 256"),
        (b"entries all", b"entries selected"),
        (b"entries all", b"entries some"),
        (b"yice-bundle/v1", b"yice-bundle/v2"),
        (b"\nfile ", b"\n\nfile "),
        (b"\nfile ", b"\nscope stream " + b"-" * 36 + b"\nfile "),
        (b"\nfile ", b"\nscope stream 6C1B0D3E-7B58-4F5C-9A55-0F6A3A4B7C11\nfile "),
        (b"\nfile ", b"\nscope positions 1 1" * 1_001 + b"\nfile "),
        (b"\nfile ", b"\nunknown " + b"x" * 900 + b"\nfile "),
        (b"\nfile ", b"\nunknown " + b"x" * 5 * MIB + b"\nfile "),
        (b" checkpoint\n", b" checkpoint\nscope all\n"),
        (b" checkpoint\n", b" checkpoint"),
        (b" origins\n", b" origins\nfile " + b"0" * 64 + b" 1 checkpoint\n"),
        (b" origins\n", b" Origins\n"),
    ],
)
def test_a_manifest_that_keeps_to_no_form_is_refused(folder: Path, was: bytes, becomes: bytes):
    manifest = (folder / "manifest").read_bytes()
    assert was in manifest
    (folder / "manifest").write_bytes(manifest.replace(was, becomes, 1))

    assert verdict(folder) == 3


@pytest.mark.attack("hostile sizes and paths in a bundle")
def test_a_vast_log_that_is_only_claimed_is_refused_at_once(folder: Path):
    manifest = (folder / "manifest").read_text()
    claimed = manifest.replace("size 300", f"size {2**62}").replace(
        "entries all", "entries selected"
    )
    kept = [line for line in claimed.splitlines(keepends=True) if "entries/" not in line]
    (folder / "manifest").write_text("".join(kept))
    for entries in (folder / "tile" / "entries").rglob("*"):
        if entries.is_file():
            entries.unlink()

    assert verdict(folder, memory=MIB) == 3


@pytest.mark.parametrize(
    ("name", "contents", "status"),
    [
        ("origins", b"x" * 40 * MIB, 3),
        ("origins", b"1 2 x y\n", 3),
        ("origins", b"2 1 " + b"x " + b"A" * 88 + b"\n", 3),
        ("origins", b"1 99999999 " + b"x " + b"A" * 86 + b"==\n", 3),
        ("origins", (b"1 1 " + b"x " + b"A" * 86 + b"==\n") * 9, 3),
        ("origins", b"\xff\n", 3),
        ("checkpoint", b"x", 3),
        ("checkpoint", b"x\n\n" + "— x AAAAAAAA\n".encode() * 101, 3),
        ("checkpoint", b"x" * MIB, 3),
        ("payload/000", b"", 1),
        ("payload/000", b"\0" * 12, 3),
        ("payload/000", (1).to_bytes(8, "big") + b"\xff\xff\xff\xff" + b"x" * MIB, 3),
        (
            "payload/000",
            (2).to_bytes(8, "big") + (40 * MIB).to_bytes(4, "big") + bytes(40 * MIB),
            1,
        ),
        ("payload/000", (257).to_bytes(8, "big") + bytes(4), 3),
        ("tile/entries/000", b"", 1),
        ("tile/entries/000", b"\xff\xff" + b"x" * 100, 1),
        ("tile/entries/000", b"\0\0" * 100_000, 1),
        ("tile/0/000", bytes(8192), 1),
        ("tile/0/000", bytes(8191), 3),
        ("tile/1/000.p/1", bytes(32), 1),
    ],
)
def test_a_file_that_keeps_to_no_form_is_refused(
    folder: Path, name: str, contents: bytes, status: int
):
    put(folder, name, contents)

    assert verdict(folder) == status


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        ("MAX_FILES", 9),
        ("MAX_BUNDLE_BYTES", 1_000),
        ("MAX_MANIFEST_BYTES", 100),
        ("MAX_UPPER_TILES", 0),
        ("MAX_STREAMS", 7),
        ("MAX_NOTE_BYTES", 100),
        ("MAX_SIGNATURES", 1),
        ("MAX_BATCH", 99),
    ],
)
def test_what_goes_beyond_a_limit_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
):
    assert verdict(folder) == 0

    monkeypatch.setattr(verify, limit, most)

    assert verdict(folder) == 3


def test_faults_without_number_are_counted_and_not_kept(folder: Path):
    put(folder, "tile/entries/000", b"\0\0" * 256)

    report = report_on(folder)

    assert len(report.faults) == verify.MAX_SHOWN < report.fault_count
    assert report.first_bad == 1


@given(st.binary(max_size=400))
def test_any_bytes_are_no_archive(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "any.zip"
    path.write_bytes(data)

    with pytest.raises(verify.Unreadable):
        report_on(path)


def test_what_a_bundle_says_cannot_move_the_cursor(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    manifest = folder / "manifest"
    manifest.write_text(
        manifest.read_text().replace("scope all\n", "scope all\nscope actor \x1b[2J\n")
    )

    assert verify.main([str(folder), *keys_asked()]) == 1
    assert "\x1b" not in capsys.readouterr().out
