from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sealing.entry import Entry, EntryInvalid, digest_of
from infrastructure.sealing.tree import leaf_hash

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=timezone(timedelta(hours=8)))
ENTRY = Entry(
    position=42,
    stream_id=UUID("6c1b0d3e-7b58-4f5c-9a55-0f6a3a4b7c11"),
    stream_version=3,
    topic="ticket.assigned",
    recorded_at=NOON,
    actor="staff:0b8a2c7e-55f2-4a9c-8c60-3f6f1c1d2e3f",
    command_id="a-command",
    digest=digest_of(b'{"staff_id":"x"}'),
)
GOLDEN = bytes.fromhex(
    "01006c"
    "000000000000002a"
    "6c1b0d3e7b584f5c9a550f6a3a4b7c11"
    "00000003"
    "00064c029ee950fa"
    "000f"
    + b"ticket.assigned".hex()
    + "002a"
    + b"staff:0b8a2c7e-55f2-4a9c-8c60-3f6f1c1d2e3f".hex()
    + "0009"
    + b"a-command".hex()
    + "d7cc2b66dfcc432971bc7e805a071abe7bf3ac4db23019137cb135258126657d"
)
GOLDEN_LEAF = "27f637681815f3827ea5010463f5b5dc190f0274b833822944db3dd27d103e95"

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)
entries = st.builds(
    Entry,
    position=st.integers(1, 2**63 - 1),
    stream_id=st.uuids(),
    stream_version=st.integers(1, 2**31 - 1),
    topic=texts,
    recorded_at=st.integers(0, 2**47).map(lambda micros: EPOCH + timedelta(microseconds=micros)),
    actor=texts,
    command_id=texts,
    digest=st.binary(min_size=32, max_size=32),
)


def test_an_entry_is_written_as_it_was_when_the_first_one_was_sealed():
    assert ENTRY.encode() == GOLDEN
    assert leaf_hash(GOLDEN).hex() == GOLDEN_LEAF


@given(entries)
def test_an_entry_is_read_as_it_was_written(entry: Entry):
    data = entry.encode()

    assert Entry.decode(data) == entry
    assert len(data) < 2**16


@given(st.data(), entries)
def test_bytes_that_are_read_are_the_only_ones_for_their_entry(data: st.DataObject, entry: Entry):
    touched = bytearray(entry.encode())
    touched[data.draw(st.integers(0, len(touched) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = Entry.decode(bytes(touched))
    except EntryInvalid:
        return
    assert found.encode() == touched


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_refused(data: bytes):
    with pytest.raises(EntryInvalid):
        Entry.decode(data[:1].replace(b"\1", b"\2") + data[1:])
    with pytest.raises(EntryInvalid):
        Entry.decode(GOLDEN + data + b"x")
    with pytest.raises(EntryInvalid):
        Entry.decode(GOLDEN[: len(data) % len(GOLDEN)])


@pytest.mark.parametrize(
    "change",
    [
        {"position": 0},
        {"position": 2**63},
        {"stream_version": 0},
        {"stream_version": 2**31},
        {"topic": ""},
        {"topic": "x" * 256},
        {"topic": "a\nb"},
        {"actor": "\x7f"},
        {"command_id": "\ud800"},
        {"recorded_at": datetime(1969, 12, 31, tzinfo=UTC)},
        {"recorded_at": NOON.replace(tzinfo=None)},
        {"digest": b"short"},
    ],
    ids=str,
)
def test_what_cannot_be_read_again_is_not_written(change: dict[str, object]):
    with pytest.raises(EntryInvalid):
        replace(ENTRY, **change).encode()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("000000000000002a", "0000000000000000"),
        ("000000000000002a", "8000000000000000"),
        ("00000003", "00000000"),
        ("000f", "0010"),
        ("0009" + b"a-command".hex(), "000a" + b"a-command".hex()),
        (b"a-command".hex(), b"a-comm\0nd".hex()),
        (b"a-command".hex(), b"a-comm\xffnd".hex()),
        ("01006c", "01006b"),
        ("01006c", "010000"),
        ("01006c", "01ffff"),
    ],
)
def test_bytes_that_no_writer_writes_are_refused(was: str, becomes: str):
    assert was in GOLDEN.hex()

    with pytest.raises(EntryInvalid):
        Entry.decode(bytes.fromhex(GOLDEN.hex().replace(was, becomes, 1)))


def with_header(header: bytes) -> bytes:
    return b"\1" + len(header).to_bytes(2, "big") + header + GOLDEN[-32:]


@pytest.mark.parametrize("header", [GOLDEN[3:-32] + b"x", GOLDEN[3:-33], GOLDEN[3:-34]])
def test_a_header_with_more_or_less_in_it_is_refused(header: bytes):
    assert with_header(GOLDEN[3:-32]) == GOLDEN

    with pytest.raises(EntryInvalid):
        Entry.decode(with_header(header))
