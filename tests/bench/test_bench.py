"""The bench works, and measures nothing that was not done. What it measures here means nothing."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import msgspec
import pytest
from click.testing import CliRunner

from tests.bench import __main__ as bench
from tests.bench.figures import Figure, Ratio, percentile
from tests.bench.lag import lags
from tests.bench.load import Request, Round, carry_out, is_whole
from tests.bench.machine import Machine
from tests.bench.page import Report, growth_chart, write
from tests.bench.setting import BenchFailed
from tests.bench.stores import STORES
from tests.bench.tables import rows
from tests.bench.targets import verdicts
from tests.bench.writes import rate
from tests.support.postgres import home

MACHINE = Machine(
    at="2026-01-01",
    cpu="a processor",
    cores=2,
    memory_gib=4,
    load=0.0,
    fsync_us=100.0,
    python="3",
    postgresql="18",
    fsync="on",
    synchronous_commit="on",
    libraries={"flask": "3"},
)

PAGE = """By hand.
<!-- bench: from here on written by make bench -->
old
<!-- bench: end -->
Between.
<!-- growth: from here on written by make bench -->
kept
<!-- growth: end -->
Behind.
"""


@pytest.mark.parametrize("part", [name for name in bench.PARTS if name not in bench.LONG])
def test_each_part_measures_all_it_says(part: str, tmp_path: Path) -> None:
    file = tmp_path / "bench.json"

    with home() as directory:
        words = ["--quick", "--only", part, "--home", str(directory), "--json", str(file)]
        result = CliRunner().invoke(bench.main, words, catch_exceptions=False)

    assert result.exit_code == 0, result.output
    figures = msgspec.json.decode(file.read_bytes(), type=Report).figures
    assert all(len(figure.yice) == 1 and figure.median > 0 for figure in figures)
    assert {figure.what for figure in figures} == EXPECTED[part]
    assert any(figure.ratio for figure in figures)


EXPECTED = {
    "writes": {"append"},
    "codec": {
        "encode an event",
        "decode an event, texts closed",
        "decode an event, texts opened",
        "JSON alone, encode",
        "JSON alone, decode",
    },
    "views": {
        "live engine, 1 view",
        "live engine, all views",
        "live lag p50, all views",
        "live lag p99, all views",
    },
    "rebuild": {"rebuild of all views", "seconds of a rebuild", "peak memory of a rebuild"},
    "requests": {
        "create",
        "transfer",
        "note",
        "read",
        "history",
        "list",
        "list, first page",
        "list, deep page",
        "list, of a state",
        "counters",
        "search, found once",
        "search, found everywhere",
    },
    "replay": {"replay of 10 events", "replay of 100 events", "replay of 1,000 events"},
    "past": {
        "one file as of, p99",
        "tickets as of, p99",
        "open tickets as of, p99",
        "counts of tickets as of, p99",
        "clients as of, p99",
        "staff as of, p99",
        "open promises as of, p99",
        "slowest list or count as of, p99",
    },
}


class Forgetful:
    """Acknowledges two events and holds one."""

    held = 0

    def tell(self, message: object) -> None:
        self.held += 1

    def hear(self, kind: type) -> object:
        return kind(end=1.0, acknowledged=[(1, 0.5), (2, 1.0)])

    def stored(self, name: str) -> int:
        return self.held


@pytest.mark.parametrize("store", STORES)
def test_a_store_that_holds_less_than_it_acknowledged_is_not_measured(store: str) -> None:
    forgetful = Forgetful()

    with pytest.raises(BenchFailed, match="acknowledged 2 events"):
        rate([forgetful], forgetful, store, callers=1, seconds=0.0)  # type: ignore[list-item, arg-type]


def test_a_ratio_is_of_speeds_whatever_the_unit() -> None:
    faster = Figure(part="p", what="w", yice=[20, 40, 30], against="a", theirs=[10, 10, 20])
    sooner = Figure(part="p", what="w", unit="ms", yice=[2, 1], against="a", theirs=[4, 4])

    assert faster.ratio == Ratio(of_medians=3.0, lowest=1.5, highest=4.0)
    assert sooner.ratio is not None
    assert (sooner.ratio.lowest, sooner.ratio.highest) == (2.0, 4.0)


def test_a_figure_of_fewer_rounds_than_the_others_says_so() -> None:
    figures = [Figure(part="p", what="w", yice=[2.0] * rounds) for rounds in (1, 2, 3)]

    assert [row[4] for row in rows(figures, 3)] == ["1 round", "2.00–2.00 (2 rounds)", "2.00–2.00"]
    assert rows(figures[:1], 1)[0][4] == "2.00–2.00"


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(list(range(1, 101)), 0.99) == 99
    assert percentile([7.0], 0.5) == 7.0


def test_the_lag_of_an_event_ends_with_the_first_step_that_reaches_it() -> None:
    acknowledged = [(11, 1.0), (12, 1.1), (13, 1.2)]
    steps = [(10, 0.0), (12, 1.05), (13, 1.5)]

    assert lags(acknowledged, steps) == pytest.approx([50.0, 0.0, 300.0])


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{}", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", False),
        (b"HTTP/1.1 204 No Content\r\nServer: s\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", False),
    ],
)
def test_an_answer_is_whole_when_all_of_it_is_there(received: bytes, whole: bool) -> None:
    assert is_whole(received) is whole


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """The port of a server that says the same to whatever comes first, and hangs up."""

    def answer_all(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=answer_all, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", 0),
        (b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}", 2),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{}", 2),
        (b"", 2),
    ],
)
def test_what_is_refused_cut_short_or_empty_is_said(answer: bytes, refused: int) -> None:
    with answering(answer) as port:
        outcome = carry_out(
            Round(
                port=port,
                callers=2,
                seconds=0.0,
                headers={},
                requests=[Request("GET", "/")] * 5,
                least_bytes=len(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n"),
            )
        )

    assert len(outcome.latencies_ms) == 2
    assert len(outcome.refused) == refused


def test_a_request_says_how_long_its_body_is() -> None:
    raw = Request("POST", "/v1/tickets", "{测}".encode()).raw({"Authorization": "Bearer t"})

    assert raw.startswith(b"POST /v1/tickets HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer t\r\n" in raw
    assert raw.endswith("\r\nContent-Length: 5\r\n\r\n{测}".encode())


def test_a_target_is_met_or_missed_as_the_figures_say() -> None:
    def appended(yice: float) -> Figure:
        return Figure(
            part="writes",
            what="append",
            at="8 processes, 1 caller each",
            yice=[yice],
            against="plain INSERT",
            theirs=[1_000],
        )

    assert [v.is_met for v in verdicts([appended(800)])] == [True]
    assert [v.is_met for v in verdicts([appended(799)])] == [False]
    assert verdicts([]) == []


def test_a_value_that_must_be_small_is_missed_when_it_is_large() -> None:
    def lag(ms: float) -> Figure:
        what, at = "live lag p99, all views", "100 events/s, half of peak"
        return Figure(part="views", what=what, at=at, unit="ms", yice=[ms])

    assert [v.is_met for v in verdicts([lag(49.9)])] == [True]
    assert [v.is_met for v in verdicts([lag(50)])] == [False]


def test_the_page_keeps_what_is_written_by_hand_and_what_was_not_measured(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE, encoding="utf-8")

    write(_report(0.5), page)
    write(_report(0.5), page)

    text = page.read_text(encoding="utf-8")
    assert text.startswith("By hand.\n")
    assert "\nBetween.\n" in text
    assert "\nkept\n" in text
    assert "\nold\n" not in text
    assert text.count("### Write path") == 1
    for picture in re.findall(r"\(([a-z-]+\.svg)\)", text):
        assert (tmp_path / picture).read_text(encoding="utf-8").startswith("<svg ")
    assert "performance-writes.svg" in text


def test_growth_is_shown_as_a_share_of_the_smallest_size() -> None:
    sizes = ("10 events", "20 events")
    figures = [
        Figure(part="growth", what=what, at=at, unit=unit, yice=[value])
        for what, unit, values in (
            ("read", "req/s", (100, 50)),
            ("replay of 100 events", "ms", (2, 6.25)),
        )
        for at, value in zip(sizes, values, strict=True)
    ]

    chart = growth_chart(figures)

    assert list(chart.groups) == ["read", "replay\n100 events"]
    assert chart.series == [("10 events", [1.0, 1.0]), ("20 events", [0.5, 0.32])]
    assert chart.svg().count(">0.32</text>") == 1


def test_the_page_says_what_was_missed(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE, encoding="utf-8")

    write(_report(0.79), page)
    missed = page.read_text(encoding="utf-8")
    write(_report(0.8), page)
    met = page.read_text(encoding="utf-8")

    assert "**missed**" in missed
    assert "Of 1 targets 0 are met, 1 missed." in missed
    assert "**missed**" not in met


def test_a_page_without_its_markers_is_not_written(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("By hand.\n", encoding="utf-8")

    with pytest.raises(ValueError, match="0 places for bench"):
        write(_report(1.0), page)


def _report(ratio: float) -> Report:
    """One figure a part, the write path at a ratio to a plain INSERT."""
    parts = ("codec", "views", "rebuild", "requests", "lists", "replay", "past")
    written = [
        Figure(
            part="writes",
            what="append",
            at="8 processes, 1 caller each",
            yice=[1_000 * ratio],
            against=against,
            theirs=[1_000],
        )
        for against in ("library recorder", "plain INSERT")
    ]
    others = [
        Figure(part=part, what="something", at="8 at once", yice=[1], against="a", theirs=[1])
        for part in parts
    ]
    return Report(machine=MACHINE, rounds=1, figures=[*written, *others])
