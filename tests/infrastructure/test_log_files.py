"""Event logs in files: what is broken is refused by line, and takes nothing else with it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from application.event_log import Line, LogUnreadable
from application.log_map import MapInvalid
from infrastructure.log_files import read_log, read_map


def csv_lines(tmp_path: Path, data: bytes) -> list[Line]:
    path = tmp_path / "log.csv"
    path.write_bytes(data)
    return list(read_log(path).lines)


def workbook(tmp_path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(cells)
    path = tmp_path / "log.XLSX"
    book.save(path)
    return path


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_rows_are_read_under_their_header(tmp_path: Path, bom: bytes, end: bytes) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(bom + end.join(["案件,谁".encode(), "1,甲".encode(), b'"2, 3",', b""]))

    log = read_log(path)

    assert log.header == ["案件", "谁"]
    assert list(log.lines) == [Line(2, ["1", "甲"]), Line(3, ["2, 3", ""])]


def test_a_text_may_have_several_lines(tmp_path: Path) -> None:
    lines = csv_lines(tmp_path, b'a,b\n1,"two\nlines"\n2,x\n')

    assert lines == [Line(2, ["1", "two\nlines"]), Line(4, ["2", "x"])]


def test_rows_with_nothing_in_them_are_none(tmp_path: Path) -> None:
    assert csv_lines(tmp_path, b"\na,b\n\n,\n1,2\n\n") == [Line(5, ["1", "2"])]


def test_a_row_of_another_width_is_handed_on_as_it_is(tmp_path: Path) -> None:
    assert csv_lines(tmp_path, b"a,b\n1\n1,2,3\n") == [Line(2, ["1"]), Line(3, ["1", "2", "3"])]


def test_a_row_that_is_not_in_utf_8_is_faulty_alone(tmp_path: Path) -> None:
    lines = csv_lines(tmp_path, b"a,b\n1,2\n3,\xff\n4,5\n")

    assert lines == [Line(2, ["1", "2"]), Line(3, [], "is not in UTF-8"), Line(4, ["4", "5"])]


def test_a_broken_quotation_is_faulty_alone(tmp_path: Path) -> None:
    faulty, whole = csv_lines(tmp_path, b'a,b\n1,"x"y\n2,z\n')

    assert faulty.number == 2
    assert "no row of CSV" in (faulty.fault or "")
    assert whole == Line(3, ["2", "z"])


def test_a_quotation_that_never_ends_takes_no_row_with_it(tmp_path: Path) -> None:
    faulty, *whole = csv_lines(tmp_path, b'a,b\n1,"x\n2,y\n3,z\n')

    assert faulty.number == 2
    assert faulty.fault is not None
    assert whole == [Line(3, ["2", "y"]), Line(4, ["3", "z"])]


def test_a_quotation_that_ends_in_another_row_takes_no_row_with_it(tmp_path: Path) -> None:
    lines = csv_lines(tmp_path, b'a,b\n1,"x\n2,y\n3,"z"\n4,v\n')

    assert [line.number for line in lines if line.fault] == [2]
    assert [line for line in lines if not line.fault] == [
        Line(3, ["2", "y"]),
        Line(4, ["3", "z"]),
        Line(5, ["4", "v"]),
    ]


def test_rows_swallowed_by_a_quotation_are_given_back(tmp_path: Path) -> None:
    lines = csv_lines(tmp_path, b'a,b\n"1,x\n2,y",3,4\n')

    assert "in 2 lines, not 2" in (lines[0].fault or "")
    assert [line.number for line in lines] == [2, 3]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfea\x00,\x00b\x00\n\x00"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(LogUnreadable, match="no header"):
        csv_lines(tmp_path, data)


def test_a_workbooks_rows_are_read_under_their_header(tmp_path: Path) -> None:
    noon = datetime(2020, 3, 2, 12)  # noqa: DTZ001 - workbooks know no time zone
    path = workbook(tmp_path, ["案件", "at", 3], ["K1", noon, "x"], ["K2", None, None])

    log = read_log(path)

    assert log.header == ["案件", "at", "3"]
    assert list(log.lines) == [Line(2, ["K1", noon, "x"]), Line(3, ["K2", "", ""])]


def test_a_number_in_a_workbook_is_read_as_one_would_type_it(tmp_path: Path) -> None:
    path = workbook(tmp_path, list("abc"), [3, 3.5, 1e16])

    [line] = read_log(path).lines

    assert line.cells == ["3", "3.5", "10000000000000000"]


def test_empty_rows_of_a_workbook_are_none_and_still_count_as_lines(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], [None], ["x"], ["y", "too much"])

    assert list(read_log(path).lines) == [Line(3, ["x"]), Line(4, ["y", "too much"])]


@pytest.mark.parametrize("name", ["log.xlsx", "log.xlsm"])
def test_what_only_looks_like_a_workbook_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("case,activity\n")

    with pytest.raises(LogUnreadable, match="no workbook"):
        read_log(path)


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadable, match="no header"):
        read_log(workbook(tmp_path))


def test_a_map_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("log: 维修\nkeep: [a]\n", encoding="utf-8")

    assert read_map(path) == {"log": "维修", "keep": ["a"]}


@pytest.mark.parametrize("data", [b"log: [", b"log: \xff", b"a: b: c"])
def test_a_map_that_is_no_yaml_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "map.yaml"
    path.write_bytes(data)

    with pytest.raises(MapInvalid, match=r"map\.yaml"):
        read_map(path)
