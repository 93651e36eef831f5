"""What `verify.py` says of sound bundles, of damaged ones, and of those who were cut short."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from infrastructure.sealing.bundle import Row, Scope
from infrastructure.sealing.entry import Entry, digest_of
from infrastructure.sealing.notes import Kind
from infrastructure.sealing.tree import root_of
from interface.cli import main
from interface.verifier import verify
from tests.support.sealing import (
    FIRST,
    LOG_KEY,
    ORIGIN,
    WITNESS,
    WITNESSED,
    MadeLog,
    keys_asked,
    made_key,
    made_log,
    put,
    report_on,
    signed_log,
    stream,
    write_folder,
    zipped,
)

HEADERS = Scope()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound bundle of 300 entries."""
    return write_folder(made_log(300), tmp_path / "bundle")


def edited(folder: Path, name: str, was: bytes, becomes: bytes) -> None:
    contents = (folder / name).read_bytes()
    assert contents.count(was) == 1
    put(folder, name, contents.replace(was, becomes))


def test_a_sound_bundle_is_verified_in_words(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert verify.main([str(folder), *keys_asked()]) == 0

    assert capsys.readouterr().out == (
        "log        desk.example/register, 300 entries\n"
        f"root       {root_of(made_log(300).leaves).hex()}\n"
        "witnesses  witness.example/w1 at 2026-02-02T02:40:00Z\n"
        "origins    3 batches signed by their instances\n"
        "entries    300 of 300\n"
        "payloads   300 of 300 in scope\n"
        "VERIFIED\n"
    )


def test_an_archive_says_the_same_and_is_the_same_bytes_each_time(folder: Path, tmp_path: Path):
    archive = tmp_path / "bundle.zip"
    archive.write_bytes(zipped(made_log(300)))

    assert report_on(archive) == report_on(folder)
    assert zipped(made_log(300)) == archive.read_bytes()


def test_the_one_file_runs_anywhere_without_any_package(folder: Path, tmp_path: Path):
    alone = Path(shutil.copy(verify.__file__, tmp_path / "verify.py"))
    command = [sys.executable, "-I", "-S", "-W", "error", alone, folder, *keys_asked()]

    told = subprocess.run([*command, "--json"], cwd=tmp_path, capture_output=True, check=True)
    (folder / "payload" / "000").write_bytes(b"x" * (folder / "payload" / "000").stat().st_size)
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert json.loads(told.stdout)["verdict"] == "VERIFIED"
    assert (told.stderr, refused.stderr) == (b"", b"")
    assert refused.returncode == 3


def test_the_command_of_yice_does_the_same(folder: Path):
    sound = CliRunner().invoke(main, ["verify", str(folder), *keys_asked()])
    (folder / "origins").unlink()
    broken = CliRunner().invoke(main, ["verify", *keys_asked(), "--json", str(folder)])

    assert (sound.exit_code, sound.output.splitlines()[-1]) == (0, "VERIFIED")
    assert (broken.exit_code, json.loads(broken.output)["faults"]) == (3, ["there is no origins"])
    assert "--witness KEY" in CliRunner().invoke(main, ["verify", "--help"]).output


def test_the_first_bad_leaf_is_named(folder: Path):
    edited(folder, "payload/000", b"event 77", b"event 78")
    edited(folder, "payload/001", b"event 290", b"event 291")

    report = report_on(folder)

    assert report.first_bad == 77
    assert report.faults == [
        "position 77: the payload is not the one of the entry",
        "position 290: the payload is not the one of the entry",
    ]


def test_a_file_that_only_the_manifest_knows_to_be_another_is_refused(folder: Path):
    name = folder / "payload" / "001"
    name.write_bytes(name.read_bytes().replace(b"event 290", b"event 291"))

    assert "payload/001 is not the file of the manifest" in report_on(folder).faults


@pytest.mark.parametrize(
    ("name", "position"),
    [("tile/entries/000", 142), ("tile/entries/001.p/44", 290)],
)
def test_an_edited_entry_is_named(folder: Path, name: str, position: int):
    edited(folder, name, f"command-{position}".encode(), f"Command-{position}".encode())

    report = report_on(folder)

    assert report.first_bad == position
    assert report.faults[0] == f"position {position}: the entry is not the one in the log"


@pytest.mark.parametrize(
    ("name", "offset", "position"),
    [("tile/0/000", 32 * 100, 101), ("tile/0/001.p/44", 32 * 5, 262), ("tile/1/000.p/1", 0, 1)],
)
def test_an_edited_hash_is_named(folder: Path, name: str, offset: int, position: int):
    contents = bytearray((folder / name).read_bytes())
    contents[offset] ^= 1
    put(folder, name, bytes(contents))

    assert report_on(folder).first_bad == position


def test_a_missing_or_strange_file_is_no_bundle(folder: Path):
    (folder / "payload" / "001").rename(folder / "payload" / "002")

    with pytest.raises(verify.Unreadable):
        report_on(folder)


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("scope all\n", "", "position 1: a payload out of scope"),
        ("scope all\n", f"scope stream {stream(1)}\n", "position 3: a payload out of scope"),
        ("scope all\n", "scope all\npruned 5\n", "position 5: said to be pruned, and there"),
        ("scope all\n", "scope all\nscope actor x\n", "nothing is here by x"),
        (
            "scope all\n",
            f"scope all\nscope stream {stream(8)}\n",
            f"nothing is here of {stream(8)}",
        ),
        (
            "scope all\n",
            "scope all\nscope positions 3 301\n",
            "the scope from 3 to 301 is not in the log",
        ),
    ],
)
def test_a_scope_that_is_not_that_of_the_payloads_is_refused(
    folder: Path, was: str, becomes: str, fault: str
):
    manifest = folder / "manifest"
    assert was in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(was, becomes))

    assert fault in report_on(folder).faults


def test_a_payload_that_was_dropped_is_missed(folder: Path):
    name = folder / "payload" / "001"
    first = int.from_bytes(name.read_bytes()[8:12], "big")
    put(folder, "payload/001", name.read_bytes()[12 + first :])

    assert report_on(folder).faults == ["position 257: in scope, and its payload is missing"]


def test_what_was_pruned_is_told_and_its_entry_still_holds(tmp_path: Path):
    log = made_log(300)
    rows = [row._replace(payload=None) if n == 41 else row for n, row in enumerate(log.rows, 1)]

    report = report_on(write_folder(replace(log, rows=rows), tmp_path))

    assert report.faults == []
    assert report.facts["pruned"] == "1 payloads were destroyed"
    assert report.facts["payloads"] == "299 of 300 in scope"


@pytest.mark.parametrize(
    ("scope", "count"),
    [
        (HEADERS, 1),
        (Scope(streams=frozenset({stream(3), stream(4)})), 43 + 43 + 1),
        (Scope(actors=frozenset({f"staff:{stream(1002)}"})), 60),
        (Scope(positions=frozenset({(10, 19), (250, 260)})), 10 + 11 + 1),
    ],
)
def test_payloads_are_those_in_scope_and_of_instances(tmp_path: Path, scope: Scope, count: int):
    report = report_on(write_folder(made_log(300), tmp_path, scope))

    assert report.faults == []
    assert report.facts["payloads"] == f"{count} of {count} in scope"


def test_who_checks_says_so_when_origins_are_not_to_be_asked(folder: Path):
    report = report_on(folder, instances=None, witnesses=[], quorum=0)

    assert report.faults == []
    assert report.unchecked == [
        "whether the log was rolled back (--witness, --kept)",
        "which instance appended what (--instance)",
    ]
    with pytest.raises(SystemExit):
        verify.main([str(folder), "--key", str(LOG_KEY.verifier)])


def test_a_cosignature_must_be_of_the_asked_witnesses_and_time(folder: Path):
    stranger = verify.parse_key(str(made_key(WITNESS.name, Kind.COSIGNATURE, 9).verifier), 4)

    assert report_on(folder, since=WITNESSED).faults == []
    assert report_on(folder, since=WITNESSED + 1).faults == [
        "0 of 1 witnesses cosigned it since 2026-02-02T02:40:01Z"
    ]
    assert report_on(folder, witnesses=[stranger]).faults == ["0 of 1 witnesses cosigned it"]


@pytest.mark.parametrize("nth", [0, 1])
def test_a_forged_signature_of_a_known_key_is_refused(tmp_path: Path, nth: int):
    log = made_log(300)
    signatures = list(log.note.signatures)
    forged = signatures[nth].signed[:-1] + bytes([signatures[nth].signed[-1] ^ 1])
    signatures[nth] = replace(signatures[nth], signed=forged)
    folder = write_folder(replace(log, note=replace(log.note, signatures=signatures)), tmp_path)

    assert report_on(folder).faults == [
        f"the signature of {signatures[nth].name} on the checkpoint does not hold"
    ]


def test_another_tree_under_the_checkpoint_is_refused(folder: Path):
    other = made_log(299)
    rows = [*other.rows, made_log(307).rows[306]._replace(payload=b"{}")]
    entry = replace(Entry.decode(rows[299].entry), position=300, digest=digest_of(b"{}"))
    forged = signed_log([*rows[:299], Row(entry.encode(), b"{}")])
    note = (folder / "checkpoint").read_bytes()
    shutil.rmtree(folder)
    write_folder(forged, folder)
    put(folder, "checkpoint", note)

    assert "the tiles do not make the root of the checkpoint" in report_on(folder).faults


def test_a_log_with_another_key_of_the_same_name_is_refused(folder: Path):
    stranger = verify.parse_key(str(made_key(ORIGIN, seed=9).verifier), 1)
    elsewhere = verify.parse_key(str(FIRST.verifier), 1)

    for key in (stranger, elsewhere):
        assert report_on(folder, logs=[key]).faults == [
            f"no given key of {key.name} signed the checkpoint"
            if key.name == ORIGIN
            else f"no given key of {ORIGIN} signed the checkpoint"
        ]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 299, 300])
def test_a_log_goes_on_from_a_checkpoint_that_was_kept(folder: Path, size: int):
    report = report_on(folder, kept=_start_of(made_log(300), size).note.encode())

    assert report.faults == []
    assert report.facts["kept"] == f"the log goes on from {size} entries"


def test_keys_of_the_wrong_kind_or_id_are_refused(folder: Path):
    key = str(LOG_KEY.verifier)
    for wrong in (str(WITNESS.verifier), key[:-2], key.replace("+", "+0", 1), "", "a+b+c"):
        with pytest.raises(SystemExit) as refused:
            verify.main([str(folder), "--key", wrong, "--no-origins"])
        assert refused.value.code == 2


def _start_of(log: MadeLog, size: int) -> MadeLog:
    assert log.rows[:size] == made_log(size).rows
    return made_log(size)
