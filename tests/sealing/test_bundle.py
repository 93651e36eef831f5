"""Writing bundles: what is refused before it is written, and those of a part of the log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from infrastructure.sealing.bundle import (
    BundleInvalid,
    DirectorySink,
    Row,
    Scope,
    write_bundle,
    write_selection,
)
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.entry import Entry, EntryInvalid
from infrastructure.sealing.origins import OriginSignature
from infrastructure.sealing.tiles import WIDTH
from tests.support.sealing import (
    EVERYTHING,
    MadeLog,
    made_log,
    put,
    report_on,
    sealed,
    stream,
    write_folder,
)

ONE_STREAM = Scope(streams=frozenset({stream(3)}))


class Nowhere:
    """Forgets what it is given."""

    def add(self, path: str, contents: bytes) -> None:
        assert contents is not None


def in_scope(log: MadeLog, scope: Scope) -> list[Row]:
    return [row for row in log.rows if scope.holds(Entry.decode(row.entry))]


def batches_of(log: MadeLog, rows: list[Row]) -> list[OriginSignature]:
    positions = [Entry.decode(row.entry).position for row in rows]
    return [
        batch
        for batch in log.origins
        if any(batch.first <= position <= batch.last for position in positions)
    ]


def selection(log: MadeLog, folder: Path, scope: Scope, rows: list[Row] | None = None) -> Path:
    some = in_scope(log, scope) if rows is None else rows
    write_selection(
        DirectorySink(folder),
        log.note,
        some,
        batches_of(log, some),
        log.tiles.__getitem__,
        scope=scope,
    )
    return folder


@pytest.mark.parametrize("size", [2, 256, 257, 1_000])
def test_a_selection_shows_that_its_entries_are_in_the_log(tmp_path: Path, size: int):
    log, scope = made_log(size), Scope(positions=frozenset({(1, 1), (size, size)}))
    entries = in_scope(log, scope)

    report = report_on(selection(log, tmp_path, scope))

    assert report.faults == []
    assert report.facts["entries"] == f"{len(entries)} of {size}"
    assert report.unchecked == ["whether entries are left out (a bundle of all entries)"]


def test_a_selection_holds_no_entry_of_others(tmp_path: Path):
    folder = selection(made_log(1_000), tmp_path, ONE_STREAM)

    report = report_on(folder)
    found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    assert report.faults == []
    assert report.facts["payloads"] == "144 of 144 in scope"
    assert stream(3).bytes in found
    assert stream(4).bytes not in found


def test_a_selection_has_no_more_tiles_than_it_needs(tmp_path: Path):
    log = made_log(65_537, batch=1_000)
    folder = selection(log, tmp_path, Scope(positions=frozenset({(5, 6)})))

    tiles = sorted(str(path.relative_to(folder)) for path in folder.glob("tile/**/*"))

    assert [path for path in tiles if (folder / path).is_file()] == [
        *(f"tile/0/{group:03}" for group in range(4)),
        "tile/0/256.p/1",
        "tile/1/000",
        "tile/2/000.p/1",
    ]
    assert report_on(folder).faults == []


def test_an_entry_left_out_of_its_stream_is_missed(tmp_path: Path):
    log = made_log(1_000)
    rows = in_scope(log, ONE_STREAM)
    del rows[20]

    (fault,) = report_on(selection(log, tmp_path, ONE_STREAM, rows)).faults

    assert fault.endswith(f"version 21 of {stream(3)} follows upon 19")


def test_an_edited_entry_of_a_selection_is_named(tmp_path: Path):
    folder = selection(made_log(1_000), tmp_path, ONE_STREAM)
    file = folder / "selected" / "001"
    put(folder, "selected/001", file.read_bytes().replace(b"command-311", b"command-312"))

    report = report_on(folder)

    assert report.first_bad == 311
    assert report.faults[0] == "position 311: the entry is not the one in the log"


def test_a_batch_whose_hashes_are_not_all_there_is_not_taken_on_trust(tmp_path: Path):
    log, scope = (
        made_log(1_000, batch=500),
        Scope(positions=frozenset({(600, 600), (1_000, 1_000)})),
    )
    rows, sink = in_scope(log, scope), DirectorySink(tmp_path)
    write_selection(sink, log.note, rows, [], log.tiles.__getitem__, scope=scope)
    put(tmp_path, "origins", "".join(map(str, log.origins)).encode())

    assert report_on(tmp_path).faults == [
        "position 1: the batch 1 to 500 of desk.example/web-1: it goes on elsewhere",
        "position 501: the batch 501 to 1000 of desk.example/web-2: not all of it is here",
    ]


def test_the_same_contents_make_the_same_bytes(tmp_path: Path):
    first = write_folder(made_log(600), tmp_path / "a")
    second = write_folder(made_log(600), tmp_path / "b")

    def contents(folder: Path) -> dict[str, bytes]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    assert contents(first) == contents(second)


def test_what_is_for_people_comes_along_and_is_guarded(tmp_path: Path):
    log = made_log(3)
    extra = {"report.html": b"<p>", "ocel.json": b"{}"}
    write_bundle(
        DirectorySink(tmp_path), log.note, log.rows, log.origins, scope=EVERYTHING, extra=extra
    )

    assert report_on(tmp_path).faults == []
    (tmp_path / "extra" / "report.html").write_bytes(b"<b>")
    assert report_on(tmp_path).faults == ["extra/report.html is not the file of the manifest"]


def test_what_would_not_stand_up_to_a_check_is_not_written():
    log = made_log(WIDTH + 3)
    other = made_log(WIDTH + 4)
    wrong = Row(log.rows[5].entry, b"other bytes")

    for rows, note in [
        (log.rows[:-1], log.note),
        (log.rows[1:], log.note),
        ([*log.rows[:5], *log.rows[6:]], log.note),
        ([*log.rows[:5], log.rows[5], *log.rows[5:]], log.note),
        ([*log.rows[WIDTH:], *log.rows[:WIDTH]], log.note),
        ([*log.rows[:5], wrong, *log.rows[6:]], log.note),
        (log.rows, other.note),
    ]:
        with pytest.raises(BundleInvalid):
            write_bundle(Nowhere(), note, rows, log.origins, scope=EVERYTHING)
    with pytest.raises(EntryInvalid):
        write_bundle(Nowhere(), log.note, [Row(b"x")], log.origins, scope=EVERYTHING)
    with pytest.raises(BundleInvalid):
        write_bundle(
            Nowhere(), log.note, log.rows, log.origins, scope=EVERYTHING, extra={"../x": b""}
        )
    with pytest.raises(BundleInvalid):
        write_selection(Nowhere(), log.note, log.rows, [], log.tiles.__getitem__, scope=ONE_STREAM)


def test_a_selection_out_of_order_is_not_written():
    log = made_log(1_000)
    rows = in_scope(log, ONE_STREAM)

    for wrong in (rows[::-1], [*rows, rows[0]], [rows[0], *rows]):
        with pytest.raises(BundleInvalid, match="out of order"):
            write_selection(Nowhere(), log.note, wrong, [], log.tiles.__getitem__, scope=ONE_STREAM)


def test_more_cosignatures_do_no_harm(tmp_path: Path):
    log = made_log(5)
    again = sealed(Checkpoint.parse(log.note.text), seconds=7)
    note = replace(log.note, signatures=[*log.note.signatures, *again.signatures])

    assert report_on(write_folder(replace(log, note=note), tmp_path)).faults == []
