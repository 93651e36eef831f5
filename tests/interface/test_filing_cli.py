"""Clients and staff come in from tables: all rows or none, once, and what is wrong row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from domain.client import Client
from domain.staff import Staff
from infrastructure.wiring import Parts
from interface.cli import main
from interface.filing_cli import import_clients, import_staff
from tests.support.http import ADMIN, Office

Run = Callable[..., Result]

CLIENTS = [
    ["key", "name", "mobile", "address", "trait.tier", "territory", "manager"],
    ["K-1", "吴桂兰", "13800138000", "东街3号楼2-501", "gold", "north", "E-2"],
    ["K-2", "郑国栋", "13800138001", "", "", "", ""],
]
STAFF = [
    ["key", "name", "unit", "post", "roles", "superior"],
    ["E-2", "李娜", "north", "客户经理", "account_manager;sales", "E-1"],
    ["E-1", "王主任", "north", "主任", "director", ""],
]
WRONG = [
    *CLIENTS,
    ["K-3", "", "13800138003", "", "", "", ""],
    ["K-4", "钱某", "", "", "", "", "E-9"],
    ["K-1", "重复", "", "", "", "", ""],
    ["K-5", "孙某", "1" * 401, "", "", "", ""],
]


@pytest.fixture
def run(office: Office) -> Run:
    @contextmanager
    def opened() -> Iterator[Parts]:
        yield office.parts

    def invoked(command: Any, *words: Any) -> Result:
        return CliRunner().invoke(command, [*map(str, words)], obj=opened)

    return invoked


def table(folder: Path, rows: Sequence[Sequence[str]], name: str = "rows.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def workbook(folder: Path, rows: Sequence[Sequence[str]]) -> Path:
    book = Workbook()
    with closing(book):
        assert book.active is not None
        for row in rows:
            book.active.append(list(row))
        book.save(folder / "rows.xlsx")
    return folder / "rows.xlsx"


def told(result: Result) -> Any:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return json.loads(result.output)


def since(office: Office, head: int) -> list[type[Any]]:
    return [type(event) for event in office.events_after(head)]


@pytest.mark.parametrize("made", [table, workbook])
def test_staff_and_then_their_clients_come_in(office: Office, run: Run, tmp_path: Path, made: Any):
    staffed = told(run(import_staff, made(tmp_path, STAFF), "--json"))
    filed = told(run(import_clients, made(tmp_path, CLIENTS), "--json"))

    assert (staffed["filed"], staffed["faults"]) == (2, [])
    assert (filed["filed"], filed["faults"], filed["twins"]) == (2, [], [])
    admin = office.person(ADMIN)
    people = {row["name"]: row for row in admin.get("/v1/staff?limit=200").body["items"]}
    assert people["李娜"]["superior_id"] == people["王主任"]["staff_id"]
    assert people["李娜"]["roles"] == ["account_manager", "sales"]
    clients = {row["name"]: row for row in admin.get("/v1/clients").body["items"]}
    wu = clients["吴桂兰"]
    assert sorted(point["value"] for point in wu["contacts"].values()) == [
        "13800138000",
        "东街3号楼2-501",
    ]
    assert wu["attributes"] == {"tier": "gold"}
    owned = admin.get(f"/v1/clients/{wu['client_id']}/ownership").body
    assert (owned["manager_id"], owned["territory"]) == (people["李娜"]["staff_id"], "north")


def test_a_dry_run_says_the_same_and_stores_nothing(office: Office, run: Run, tmp_path: Path):
    before = office.head()
    file = table(tmp_path, STAFF)

    dry = told(run(import_staff, file, "--dry-run", "--json"))

    assert (dry["filed"], dry["stored"], dry["faults"]) == (2, False, [])
    assert office.head() == before
    assert told(run(import_staff, file, "--json"))["filed"] == 2


def test_the_same_file_again_adds_only_what_is_new(office: Office, run: Run, tmp_path: Path):
    run(import_staff, table(tmp_path, STAFF))
    run(import_clients, table(tmp_path, CLIENTS))
    before = office.head()
    more = [*CLIENTS, ["K-3", "周建平", "", "", "", "", ""]]

    again = told(run(import_clients, table(tmp_path, CLIENTS), "--json"))
    grown = told(run(import_clients, table(tmp_path, more), "--json"))

    assert (again["already_there"], again["filed"]) == (2, 0)
    assert (grown["already_there"], grown["filed"]) == (2, 1)
    assert since(office, before) == [Client.Registered]


def test_where_a_row_is_wrong_nothing_is_stored_and_each_fault_is_named(
    office: Office, run: Run, tmp_path: Path
):
    run(import_staff, table(tmp_path, STAFF))
    before = office.head()

    result = run(import_clients, table(tmp_path, WRONG), "--json")

    faults = {f["row"]: (f["column"], f["code"]) for f in told(result)["faults"]}
    assert faults == {
        4: ("name", "missing"),
        5: ("manager", "not_found"),
        6: ("key", "repeated"),
        7: ("mobile", "invalid"),
    }
    assert result.exit_code == 1
    assert office.head() == before


def test_the_sound_rows_are_stored_where_that_is_asked_for(
    office: Office, run: Run, tmp_path: Path
):
    run(import_staff, table(tmp_path, STAFF))
    before = office.head()

    result = run(import_clients, table(tmp_path, WRONG), "--skip-bad")

    assert result.exit_code == 1
    assert since(office, before).count(Client.Registered) == 2
    assert "row 5, manager: no staff" in result.output


def test_who_reports_to_a_row_that_is_wrong_is_wrong_too(office: Office, run: Run, tmp_path: Path):
    before = office.head()
    unknown = [STAFF[0], STAFF[1], ["E-1", "王主任", "north", "主任", "emperor", ""]]

    result = told(run(import_staff, table(tmp_path, unknown), "--skip-bad", "--json"))

    assert [(f["row"], f["column"]) for f in result["faults"]] == [(2, "superior"), (3, "roles")]
    assert Staff.Registered not in since(office, before)


def test_duplicates_are_told_within_the_file_and_with_who_is_on_file(
    office: Office, run: Run, tmp_path: Path
):
    run(import_clients, table(tmp_path, [CLIENTS[0], CLIENTS[2]]))
    [older] = [c for c in office.person(ADMIN).get("/v1/clients").body["items"] if c["contacts"]]
    alike = [
        CLIENTS[0],
        ["K-7", "郑先生", "+86 138 0013 8001", "", "", "", ""],
        ["K-8", "某甲", "010-5550199", "西街1号", "", "", ""],
        ["K-9", "某 甲", "", "西街 1 号", "", "", ""],
        ["K-10", "某甲", "", "西街1号", "", "", ""],
    ]

    filed = told(run(import_clients, table(tmp_path, alike), "--json"))

    twins = [(t["row"], t["by"], t["other_row"], t["client_id"]) for t in filed["twins"]]
    assert twins == [
        (2, "mobile", None, older["client_id"]),
        (4, "name, address", 3, None),
        (5, "name, address", 3, None),
    ]
    assert filed["filed"] == 4


def test_columns_are_called_as_the_map_says(office: Office, run: Run, tmp_path: Path):
    named = tmp_path / "map.yaml"
    named.write_text("columns: {key: 编号, name: 客户姓名, mobile: 手机}\n", encoding="utf-8")
    rows = [["编号", "客户姓名", "手机"], ["1", "吴桂兰", "13800138000"], ["2", "", "1"]]

    mapped = told(run(import_clients, table(tmp_path, rows), "--map", named, "--json"))
    unmapped = run(import_clients, table(tmp_path, rows))

    assert [(f["row"], f["column"]) for f in mapped["faults"]] == [(3, "客户姓名")]
    assert unmapped.exception is not None
    assert "编号" in str(unmapped.exception)


def test_a_map_that_is_none_is_refused(run: Run, tmp_path: Path):
    named = tmp_path / "map.yaml"
    named.write_text("- key\n", encoding="utf-8")

    result = run(import_clients, table(tmp_path, CLIENTS), "--map", named)

    assert getattr(result.exception, "code", None) == "map_invalid"


def test_both_are_commands_of_yice():
    assert {"import-clients", "import-staff"} <= set(main.commands)
