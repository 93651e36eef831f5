from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from application.event_log import (
    Cell,
    Line,
    LogReader,
    LogRow,
    RefusedRow,
    distinct,
    of_logs,
)
from application.log_batch import Ids
from application.log_map import LogMap, MapInvalid
from domain.pack import Pack
from domain.pack_content import PackContent
from infrastructure.log_files import read_map
from tests.support.facts import INSTALLATION_PACK, RECORDED_PACK, act
from tests.support.logs import HEADER, MAP, mapped, row

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "helpdesk-map.yaml"


def read(
    *rows: list[Any], log: LogMap | None = None, header: tuple[str, ...] = HEADER
) -> list[LogRow | RefusedRow]:
    """The rows of a file, the first of them on line 2."""
    lines = (Line(number, cells) for number, cells in enumerate(rows, start=2))
    return list(LogReader(log or mapped(), header).rows(lines))


def read_one(cells: list[Any], log: LogMap | None = None) -> LogRow:
    [found] = read(cells, log=log)
    assert isinstance(found, LogRow)
    return found


def refusal(cells: list[Any], log: LogMap | None = None) -> str:
    [found] = read(cells, log=log)
    assert isinstance(found, RefusedRow)
    assert found.line == 2
    return found.reason


def at(told: Cell, zone: str = "Asia/Shanghai", form: str = "%Y-%m-%d %H:%M") -> datetime:
    cells: list[Any] = row()
    cells[HEADER.index("time")] = told
    return read_one(cells, mapped(time_zone=zone, time_format=form)).at


def columns(**otherwise: Any) -> dict[str, Any]:
    return {**MAP["columns"], **otherwise}


def test_a_row_says_what_happened_to_which_case() -> None:
    found = read_one(row("K7", "取走", "2020-03-02 09:00", who="乙", customer="李", device="fan"))

    assert (found.line, found.case, found.step) == (2, "K7", "hand-out")
    assert (found.done_by, found.customer) == ("乙", "李")
    assert found.at == datetime(2020, 3, 2, 1, tzinfo=UTC)


def test_columns_that_mean_nothing_else_are_kept() -> None:
    assert read_one(row(device="fan")).form == {"device": "fan"}


def test_of_several_columns_those_are_kept_that_the_map_names() -> None:
    header = (*HEADER, "colour", "price")
    log = mapped(keep=["price"])

    [found] = read([*row(), "red", "5"], log=log, header=header)

    assert isinstance(found, LogRow)
    assert found.form == {"price": "5"}


def test_nothing_is_kept_where_the_map_says_so() -> None:
    assert read_one(row(), mapped(keep=[])).form == {}


def test_an_empty_cell_is_not_kept() -> None:
    assert read_one(row(device="  ")).form == {}


def test_blanks_around_a_text_are_none_of_it() -> None:
    assert read_one(row(" K1\u3000", " 接单 ")) == read_one(row("K1", "接单"))


def test_a_case_may_be_nobodys_in_particular() -> None:
    assert read_one(row(customer="")).customer is None
    without = mapped(columns={k: v for k, v in MAP["columns"].items() if k != "customer"})
    assert read_one(row(), without).customer is None


def test_rows_that_say_the_very_same_are_counted() -> None:
    rows = read(row("K1"), row("K2"), row("K1"), row("K1"))

    assert [found.occurrence for found in rows if isinstance(found, LogRow)] == [1, 1, 2, 3]


def test_rows_that_differ_in_a_column_that_is_not_kept_are_not_the_same() -> None:
    rows = read(row(device="fan"), row(device="lamp"), log=mapped(keep=[]))

    assert [found.occurrence for found in rows if isinstance(found, LogRow)] == [1, 1]


def test_columns_of_one_name_get_names_of_their_own() -> None:
    assert distinct(["Variant", "index", "Variant", "Variant"]) == [
        "Variant",
        "index",
        "Variant_2",
        "Variant_3",
    ]


def test_a_name_made_up_is_never_that_of_another_column() -> None:
    assert distinct(["a", "a", "a_2", ""]) == ["a", "a_3", "a_2", "column_4"]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (row()[:-1], "has 5 columns, not 6"),
        ([*row(), "?"], "has 7 columns, not 6"),
        (row(case=""), "case is empty"),
        (row(activity=" "), "activity is empty"),
        (row(who=""), "who is empty"),
        (row(activity="丢失"), "activity '丢失' is not in the map"),
        (row(time="2020-02-30 09:00"), "time: '2020-02-30 09:00' is no time as in time_format"),
        (row(time=""), "time: '' is no time as in time_format"),
        (row(time="2019-12-31 23:59"), "is before procedure.effective_from"),
        (row(device="fan\x00"), "device contains control characters"),
        (row(case="K\x1b[2J"), "case contains control characters"),
        (row(case="K" * 201), "case has 201 characters, at most 200"),
        (row(device="x" * 4001), "device has 4001 characters, at most 4000"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_line(cells: list[str], reason: str) -> None:
    assert reason in refusal(cells)


def test_a_time_at_the_edge_of_the_calendar_is_refused() -> None:
    assert "0001-01-01 00:00" in refusal(row(time="0001-01-01 00:00"))


def test_a_row_that_its_file_could_not_give_is_refused() -> None:
    [found] = LogReader(mapped(), HEADER).rows([Line(9, fault="is not in UTF-8")])

    assert found == RefusedRow(9, "is not in UTF-8")


def test_a_time_without_offset_is_of_the_zone_of_the_map() -> None:
    assert at("2020-07-01 12:00", "Europe/Rome") == datetime(2020, 7, 1, 10, tzinfo=UTC)


def test_a_time_with_an_offset_is_taken_at_its_word() -> None:
    assert at("2020-07-01T12:00:00+09:00", form="iso") == datetime(2020, 7, 1, 3, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_the_first() -> None:
    assert at("2020-10-25 02:30", "Europe/Rome") == datetime(2020, 10, 25, 0, 30, tzinfo=UTC)


def test_a_time_that_never_came_is_as_if_clocks_had_not_been_set_forward_yet() -> None:
    assert at("2020-03-29 02:30", "Europe/Rome") == at("2020-03-29 03:30", "Europe/Rome")


def test_a_workbooks_time_is_a_time() -> None:
    assert at(datetime(2020, 7, 1, 12), "Asia/Shanghai") == datetime(2020, 7, 1, 4, tzinfo=UTC)  # noqa: DTZ001


def test_a_time_may_stand_in_two_columns() -> None:
    log = mapped(columns=columns(time=["day", "hour"]))
    header = (*HEADER[:4], "day", "hour")

    [found] = read([*row()[:4], "2020-03-02", "09:00"], log=log, header=header)

    assert isinstance(found, LogRow)
    assert found.at == datetime(2020, 3, 2, 1, tzinfo=UTC)
    assert found.form == {}


@pytest.mark.parametrize(
    ("otherwise", "place"),
    [
        ({"log": ""}, "$.log"),
        ({"colour": "red"}, "colour"),
        ({"columns": {"case": "case"}}, "$.columns"),
        ({"columns": columns(activity="case")}, "columns: case means two things"),
        ({"columns": columns(time=[])}, "$.columns.time"),
        ({"time_zone": "Mars/Olympus"}, "time_zone: no time zone Mars/Olympus"),
        ({"time_zone": "Asia"}, "time_zone: no time zone Asia"),
        ({"duplicates": "perhaps"}, "$.duplicates"),
        ({"procedure": {**MAP["procedure"], "version": 0}}, "$.procedure.version"),
        (
            {"procedure": {**MAP["procedure"], "effective_from": "2020-01-01T00:00:00"}},
            "$.procedure.effective_from",
        ),
        ({"activities": {}}, "$.activities"),
        ({"activities": {"a": "same", "b": {"step": "same"}}}, "activities: two are step same"),
        ({"activities": {"a": {"step": "b", "final": "maybe"}}}, "$.activities[...].final"),
        ({"keep": ["case"]}, "keep: case means something already"),
    ],
)
def test_a_map_that_says_no_sense_is_refused_naming_the_place(
    otherwise: dict[str, Any], place: str
) -> None:
    with pytest.raises(MapInvalid) as invalid:
        mapped(**otherwise)

    assert place in invalid.value.detail


def test_a_map_that_is_no_map_is_refused() -> None:
    with pytest.raises(MapInvalid):
        LogMap.read("case, activity")


@pytest.mark.parametrize(
    ("otherwise", "place"),
    [
        ({"columns": columns(resource="agent")}, "columns: no column agent in the file; it has:"),
        ({"keep": ["colour"]}, "keep: no column colour"),
        ({"sealed": ["colour"]}, "sealed: column colour is not kept"),
        ({"keep": [], "sealed": ["device"]}, "sealed: column device is not kept"),
    ],
)
def test_a_map_of_another_file_is_refused_naming_the_place(
    otherwise: dict[str, Any], place: str
) -> None:
    with pytest.raises(MapInvalid) as invalid:
        LogReader(mapped(**otherwise), HEADER)

    assert place in invalid.value.detail


def test_the_pack_of_a_log_lets_every_activity_follow_any_other() -> None:
    procedure = PackContent.read(LogReader(mapped(), HEADER).pack()).procedure

    assert procedure.recorded
    assert [procedure.possible(state) for state in sorted(procedure.states)] == [
        ["receive", "repair", "hand-out"]
    ] * len(procedure.states)
    assert (procedure.final, procedure.channels) == ({"hand-out"}, {"phone"})
    assert procedure.steps["hand-out"].title == "取走"


def test_the_pack_of_a_log_asks_for_no_form_but_keeps_what_there_is() -> None:
    content = PackContent.read(LogReader(mapped(sealed=["device"]), HEADER).pack())

    form = content.the_procedure.steps["repair"].form
    assert {(name, field.sealed, field.required) for name, field in form.items()} == {
        ("device", True, False),
        ("customer", True, False),
    }


def test_a_pack_is_of_logs_if_all_its_versions_are() -> None:
    recorded, ours = Pack.named("old-log", act=act()), Pack.named("installation", act=act())
    recorded.draft(RECORDED_PACK, act=act())
    ours.draft(INSTALLATION_PACK, act=act())

    assert of_logs(recorded)
    assert not of_logs(ours)


def test_an_id_follows_from_its_label_and_gives_it_away_to_nobody_without_the_key() -> None:
    ids = Ids(b"key", "workshop")

    assert ids.of("staff", "甲") == Ids(b"key", "workshop").of("staff", "甲")
    others = {
        ids.of("staff", "乙"),
        ids.of("client", "甲"),
        Ids(b"key", "helpdesk").of("staff", "甲"),
        Ids(b"another key", "workshop").of("staff", "甲"),
    }
    assert len(others | {ids.of("staff", "甲")}) == 5


def test_a_rows_command_id_follows_from_what_it_says_and_not_from_its_line() -> None:
    ids = Ids(b"key", "workshop")
    first, other, again = read(row("K1"), row("K2"), row("K1"))
    moved = read(row("K2"), row("K1"))[1]

    made = [ids.row(found) for found in (first, other, again, moved) if isinstance(found, LogRow)]

    assert made[3] == made[0]
    assert len(set(made)) == 3


def test_the_time_a_case_may_begin_is_in_force_from_that_instant() -> None:
    begin = mapped().procedure.effective_from

    assert read_one(row(time="2020-01-01 00:00")).at == begin
    assert "before" in refusal(row(time=f"{begin - timedelta(minutes=1):%Y-%m-%d %H:%M}"))


def test_the_map_in_the_examples_is_sound() -> None:
    log = LogMap.read(read_map(EXAMPLE))

    content = PackContent.read(LogReader(log, log.columns.named).pack())
    assert len(content.the_procedure.steps) == 14
    assert content.the_procedure.final == {"close"}
