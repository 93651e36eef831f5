"""What somebody does who may do everything in the database, and more: what the verifier sees of it.

Here the log's key is always at the attacker's hand: every log is sealed anew after the attack.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from infrastructure.sealing.bundle import Row
from infrastructure.sealing.checkpoint import Checkpoint
from infrastructure.sealing.entry import Entry, digest_of
from infrastructure.sealing.origins import OriginSignature, sign_batch
from infrastructure.sealing.tree import leaf_hash
from interface.verifier.verify import parse_key
from tests.support.sealing import (
    FIRST,
    ORIGIN,
    SECOND,
    MadeLog,
    made_key,
    made_log,
    registration,
    report_on,
    row,
    sealed,
    signed_log,
    stream,
    write_folder,
)

SOUND = made_log(300)
THIEF = made_key("desk.example/web-3", seed=66)


def changed(row: Row, payload: bytes | None = None, **fields: object) -> Row:
    """The row with other fields, its digest fitting its payload."""
    told = row.payload if payload is None else payload
    assert told is not None
    entry = replace(Entry.decode(row.entry), digest=digest_of(told), **fields)  # type: ignore[arg-type]  # of Entry
    assert entry.encode() != row.entry
    return Row(entry.encode(), told)


def resealed(rows: list[Row], origins: list[OriginSignature] = SOUND.origins) -> MadeLog:
    """All hashes anew and the checkpoint signed with the log's own key; only origins stay."""
    return replace(signed_log(rows), origins=origins)


def faults(log: MadeLog, folder: Path, **more: object) -> list[str]:
    return report_on(write_folder(log, folder / "bundle"), **more).faults


def of_batch(first: int, last: int, instance: str, fault: str, named: bool = True) -> str:
    at = f"position {first}: " if named else ""
    return f"{at}the batch {first} to {last} of {instance}: {fault}"


def test_nothing_happened_and_nothing_is_said(tmp_path: Path):
    assert faults(resealed(SOUND.rows.copy()), tmp_path) == []


@pytest.mark.attack("all hashes recomputed")
@pytest.mark.parametrize(
    "edit",
    [
        {"payload": b'{"text":"never"}'},
        {"topic": "ticket.closed"},
        {"actor": "staff:somebody-else"},
        {"command_id": "command-0"},
        {
            "recorded_at": Entry.decode(SOUND.rows[149].entry).recorded_at
            - timedelta(microseconds=1)
        },
    ],
    ids=str,
)
def test_an_edited_row_with_all_hashes_recomputed(tmp_path: Path, edit: dict[str, object]):
    rows = SOUND.rows.copy()
    rows[149] = changed(rows[149], **edit)  # type: ignore[arg-type]  # of Entry

    assert faults(resealed(rows), tmp_path) == [
        of_batch(101, 200, SECOND.name, "it did not sign these entries")
    ]


def test_two_rows_that_changed_places(tmp_path: Path):
    rows = SOUND.rows.copy()
    rows[149] = changed(rows[149], rows[156].payload)
    rows[156] = changed(rows[156], SOUND.rows[149].payload)

    assert faults(resealed(rows), tmp_path) == [
        of_batch(101, 200, SECOND.name, "it did not sign these entries")
    ]


def test_a_row_deleted_and_all_others_renumbered(tmp_path: Path):
    rows = SOUND.rows[:149] + [
        changed(row, position=position) for position, row in enumerate(SOUND.rows[150:], start=150)
    ]

    found = faults(resealed(rows), tmp_path)

    assert "position 156: version 23 of" in found[0]
    assert of_batch(101, 200, SECOND.name, "it did not sign these entries", named=False) in found
    assert of_batch(201, 300, FIRST.name, "it goes on elsewhere") in found


def test_the_newest_rows_deleted_and_their_signatures_too(tmp_path: Path):
    short = made_log(200)
    kept = SOUND.note.encode()

    assert faults(short, tmp_path) == []
    assert faults(short, tmp_path, kept=kept) == ["the log had 300 entries and has 200"]


@pytest.mark.attack("log key stolen, log written anew")
def test_a_log_rebuilt_with_stolen_keys_is_not_the_one_that_was_kept(tmp_path: Path):
    rows = SOUND.rows.copy()
    rows[149] = changed(rows[149], b'{"text":"never"}')

    assert faults(signed_log(rows), tmp_path, kept=SOUND.note.encode()) == [
        "the first 300 entries are not those of the kept checkpoint"
    ]


def test_a_well_formed_row_that_no_instance_signed(tmp_path: Path):
    forged = row(301, 1, 44, "ticket.noted", b"{}")

    assert faults(resealed([*SOUND.rows, forged]), tmp_path) == [
        "position 301: no instance signed it"
    ]


def test_a_row_that_a_stranger_signed(tmp_path: Path):
    forged = row(301, 1, 44, "ticket.noted", b"{}")
    for thief, told in (
        (THIEF, "it is not registered"),
        (made_key(FIRST.name, seed=66), "it did not sign these entries"),
    ):
        batch = sign_batch(thief, log=ORIGIN, first=301, leaves=[leaf_hash(forged.entry)])
        log = resealed([*SOUND.rows, forged], [*SOUND.origins, batch])

        assert faults(log, tmp_path) == [of_batch(301, 301, thief.name, told)]


def test_a_stranger_who_registers_itself(tmp_path: Path):
    rows = [
        row(301, 98, 1, "instance.registered", registration(THIEF)),
        row(302, 1, 44, "ticket.noted", b"{}"),
    ]
    leaves = [leaf_hash(each.entry) for each in rows]
    by_itself = [sign_batch(THIEF, log=ORIGIN, first=301, leaves=leaves)]
    unsigned = [sign_batch(THIEF, log=ORIGIN, first=302, leaves=leaves[1:])]

    assert faults(resealed([*SOUND.rows, *rows], SOUND.origins + by_itself), tmp_path) == [
        of_batch(301, 302, THIEF.name, "it is not registered")
    ]
    assert faults(resealed([*SOUND.rows, *rows], SOUND.origins + unsigned), tmp_path) == [
        "position 301: no instance signed it",
        of_batch(302, 302, THIEF.name, "it is not registered"),
    ]


def test_a_registration_that_nobody_signed_does_not_ride_on_the_next_batch(tmp_path: Path):
    rows = [
        row(301, 98, 1, "instance.registered", registration(THIEF)),
        row(302, 1, 44, "ticket.noted", b"{}"),
        row(303, 1, 45, "ticket.noted", b"{}"),
    ]
    leaves = [leaf_hash(each.entry) for each in rows]
    honest = sign_batch(FIRST, log=ORIGIN, first=302, leaves=leaves[1:2])
    stolen = sign_batch(THIEF, log=ORIGIN, first=303, leaves=leaves[2:])
    log = resealed([*SOUND.rows, *rows], [*SOUND.origins, honest, stolen])

    assert faults(log, tmp_path) == [
        "position 301: no instance signed it",
        of_batch(303, 303, THIEF.name, "it is not registered"),
    ]


def test_a_key_counts_from_its_registration_to_its_revocation(tmp_path: Path):
    rows = [
        row(1, 1, 1, "instance.registered", registration(FIRST)),
        row(2, 2, 1, "instance.registered", registration(SECOND)),
        row(3, 3, 1, "ticket.noted", b"1"),
        row(4, 2, 2, "instance.revoked", json.dumps({"name": SECOND.name}).encode()),
        row(5, 3, 2, "ticket.noted", b"2"),
    ]
    leaves = [leaf_hash(each.entry) for each in rows]
    signers = [FIRST, FIRST, SECOND, FIRST, SECOND]
    origins = [
        sign_batch(key, log=ORIGIN, first=position, leaves=[leaf])
        for position, (key, leaf) in enumerate(zip(signers, leaves, strict=True), start=1)
    ]

    assert faults(resealed(rows, origins), tmp_path) == [
        of_batch(5, 5, SECOND.name, "it is revoked")
    ]
    early = [
        *origins[:1],
        sign_batch(SECOND, log=ORIGIN, first=2, leaves=leaves[1:2]),
        *origins[2:],
    ]
    assert of_batch(2, 2, SECOND.name, "it is not registered") in faults(
        resealed(rows, early), tmp_path
    )


@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"{}", b"[]", b"\xff", b"[" * 60_000, b'{"name":"x","vkey":"x"}'),
        registration(THIEF).replace(b"web-3", b"web-1", 1),
        registration(THIEF).replace(b"}", b', "name": "x"}'),
        registration(made_key(FIRST.name, seed=66)),
    ],
)
def test_an_event_that_tells_no_new_key_is_named(tmp_path: Path, payload: bytes):
    rows = [row(1, 1, 1, "instance.registered", payload)]

    (found,) = faults(signed_log(rows), tmp_path)

    assert found.startswith("position 1: ")


def test_a_clock_that_was_set_back(tmp_path: Path):
    rows = SOUND.rows.copy()
    early = Entry.decode(rows[10].entry).recorded_at
    rows[149] = changed(rows[149], recorded_at=early)

    assert faults(signed_log(rows), tmp_path) == [
        "position 150: it was recorded before the one before it"
    ]


@pytest.mark.parametrize("position", [149, 151, 300, 1])
def test_a_position_taken_twice_or_left_out(tmp_path: Path, position: int):
    rows = SOUND.rows.copy()
    folder = write_folder(SOUND, tmp_path / "bundle")
    rows[149] = changed(rows[149], position=position)
    log = signed_log(rows)
    for tile, contents in log.tiles.items():
        (folder / tile.path).write_bytes(contents)
    entries = b"".join(len(r.entry).to_bytes(2, "big") + r.entry for r in rows[:256])
    (folder / "tile/entries/000").write_bytes(entries)
    (folder / "checkpoint").write_bytes(log.note.encode())
    (folder / "origins").write_text("".join(map(str, log.origins)))

    assert f"position 150: the entry says that it is {position}" in report_on(folder).faults


def test_a_version_of_a_stream_taken_twice_or_left_out(tmp_path: Path):
    for version in (21, 23):
        rows = SOUND.rows.copy()
        rows[149] = changed(rows[149], stream_version=version)

        found = faults(signed_log(rows), tmp_path)

        assert found[0] == f"position 150: version {version} of {stream(3)} follows upon 21"


def test_entries_from_before_anybody_signed_are_let_through_only_where_it_was_agreed(
    tmp_path: Path,
):
    log = replace(SOUND, origins=SOUND.origins[1:])
    second = parse_key(str(SECOND.verifier), 1)
    instances = [parse_key(str(FIRST.verifier), 1), second]

    assert faults(log, tmp_path, instances=instances, signed_from=101) == []
    assert len(faults(log, tmp_path, instances=instances)) == 20
    assert faults(log, tmp_path, signed_from=101) == [
        of_batch(101, 200, SECOND.name, "it is not registered")
    ]


def test_a_batch_signed_for_another_desk(tmp_path: Path):
    leaves = SOUND.leaves
    elsewhere = sign_batch(FIRST, log="other.example", first=1, leaves=leaves[:100])

    assert faults(replace(SOUND, origins=[elsewhere, *SOUND.origins[1:]]), tmp_path)[0] == of_batch(
        1, 100, FIRST.name, "it did not sign these entries"
    )


@pytest.mark.attack("bundle cut, dropped, of another key, older, corrupted")
def test_a_checkpoint_of_an_earlier_day(tmp_path: Path):
    earlier = made_log(250)
    log = replace(SOUND, note=sealed(Checkpoint.parse(SOUND.note.text), seconds=5))

    assert faults(log, tmp_path, since=6) == [
        "0 of 1 witnesses cosigned it since 1970-01-01T00:00:06Z"
    ]
    assert faults(earlier, tmp_path / "b", kept=SOUND.note.encode()) != []
