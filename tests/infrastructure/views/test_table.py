"""A view's rows as a table: made from the row's own fields, and read back as written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.blind_index import Tokens
from application.desk import AGGREGATES
from domain.instance import Instance
from domain.ranking import Ranking
from domain.sealed import Sealed
from infrastructure.database import Connection, Database
from infrastructure.views.copying import Copier, Unstorable
from infrastructure.views.questions import VIEW_NAMES
from infrastructure.views.table import Table
from infrastructure.wiring import Parts
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.infrastructure.views.samples import LineRow, Lines, SampleRow, SampleView
from tests.support.checker import view_tables
from tests.support.facts import C1, C2, LI_NA, NOON, T1, T2, event_classes

SAMPLE: Table[SampleRow] = Table(SampleView())

BOX = "0000000e-0000-4000-8000-000000000001:1:ticket.opened:matter:{subject}:c2VhbGVk"

COLUMNS = {
    "id": ("uuid", "NO"),
    "text": ("text", "NO"),
    "number": ("bigint", "NO"),
    "flag": ("boolean", "NO"),
    "at": ("timestamp with time zone", "NO"),
    "secret": ("text", "NO"),
    "any_id": ("uuid", "YES"),
    "any_text": ("text", "YES"),
    "any_number": ("bigint", "YES"),
    "any_flag": ("boolean", "YES"),
    "any_at": ("timestamp with time zone", "YES"),
    "any_secret": ("text", "YES"),
    "things": ("jsonb", "NO"),
    "words": ("jsonb", "NO"),
    "tokens": ("ARRAY", "NO"),
}

COMMENTS = """
    SELECT a.attname, col_description(a.attrelid, a.attnum)
      FROM pg_attribute a
     WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.connection() as connection:
        SAMPLE.create(connection)
        SAMPLE.make_unique(connection)
        yield connection


def sealed(subject: UUID = C1) -> Sealed:
    """As a view gets it from the register: closed, in its box."""
    return Sealed(subject, None, BOX.format(subject=subject))


FULL = SampleRow(
    id=T1,
    text="有线电视 {}\"',\\N NULL\n",
    number=2**40,
    flag=True,
    at=NOON,
    secret=sealed(),
    any_id=T2,
    any_text="",
    any_number=-1,
    any_flag=False,
    any_at=NOON - timedelta(microseconds=1),
    any_secret=sealed(C2),
    things={"a": [1, None, {"b": "二"}], "sealed": {"value": sealed()}, "all": [sealed(C2)]},
    words=["一", ""],
    tokens=Tokens([-(2**63), 2**63 - 1]),
)

BARE = replace(
    FULL,
    id=T2,
    text="",
    flag=False,
    any_id=None,
    any_text=None,
    any_number=None,
    any_flag=None,
    any_at=None,
    any_secret=None,
    things={},
    words=[],
    tokens=Tokens([]),
)


def loaded(connection: Connection, *keys: UUID) -> dict[Any, SampleRow]:
    return SAMPLE.load(connection, keys)


def boxes(value: Any) -> list[str | None]:
    """All boxes in a row: two sealed texts are equal whatever box they lie in."""
    if isinstance(value, Sealed):
        return [value.box]
    if isinstance(value, dict):
        return [box for key in sorted(value) for box in boxes(value[key])]
    return [box for v in value for box in boxes(v)] if isinstance(value, list) else []


def contents(row: SampleRow) -> list[Any]:
    return [getattr(row, name) for name in COLUMNS]


def test_each_field_is_a_column_of_its_type_and_only_what_may_be_missing_may_be_null(
    connection: Connection,
) -> None:
    columns = connection.execute(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'reporting' AND table_name = 'sample' ORDER BY ordinal_position"
    ).fetchall()

    assert [(name, (kind, nullable)) for name, kind, nullable in columns] == list(COLUMNS.items())


def test_the_first_field_is_the_key(connection: Connection) -> None:
    keys = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indrelid = 'reporting.sample'::regclass AND i.indisprimary"
    ).fetchall()

    assert keys == [("id",)]


def test_each_column_says_what_it_means_in_the_words_of_the_field(connection: Connection) -> None:
    comments = dict(connection.execute(COMMENTS, ("reporting.sample",)).fetchall())

    assert comments.keys() == COLUMNS.keys()
    assert comments["text"] == 'It\'s a "text" with 100% quotes'
    assert comments["any_secret"] == "Perhaps a sealed text"


@pytest.mark.parametrize("view", VIEW_NAMES)
def test_every_column_of_every_view_is_commented(parts: Parts, view: str) -> None:
    with parts.database.connection() as connection:
        comments = connection.execute(COMMENTS, (f"reporting.{view}",)).fetchall()

    assert comments
    assert [name for name, said in comments if not said] == []


def test_the_indexes_are_made(connection: Connection) -> None:
    SAMPLE.index(connection)

    indexes = connection.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'reporting' AND tablename = 'sample'"
    ).fetchall()

    assert sorted(said.rpartition("USING ")[2] for (said,) in indexes) == [
        "btree (id)",
        "btree (number, at)",
        "btree (text)",
        "gin (tokens) WITH (gin_pending_list_limit='512')",
    ]


@pytest.mark.parametrize("row", [FULL, BARE], ids=["full", "bare"])
def test_a_row_is_read_back_as_it_was_written(connection: Connection, row: SampleRow) -> None:
    SAMPLE.write(connection, [row])

    read = loaded(connection, row.id)[row.id]

    assert read == row
    assert boxes(contents(read)) == boxes(contents(row))


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=9)
times = st.datetimes(timezones=st.just(UTC))
numbers = st.integers(-(2**63), 2**63 - 1)
secrets = st.sampled_from([C1, C2, LI_NA]).map(sealed)
names = texts.filter(lambda name: name != "$box")
things = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | secrets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
rows = st.builds(
    SampleRow,
    id=st.sampled_from([T1, T2, C1, C2]),
    text=texts,
    number=numbers,
    flag=st.booleans(),
    at=times,
    secret=secrets,
    any_id=st.none() | st.uuids(),
    any_text=st.none() | texts,
    any_number=st.none() | numbers,
    any_flag=st.none() | st.booleans(),
    any_at=st.none() | times,
    any_secret=st.none() | secrets,
    things=st.dictionaries(names, things, max_size=3),
    words=st.lists(texts, max_size=3),
    tokens=st.lists(numbers, max_size=3).map(Tokens),
)


@given(st.lists(rows, min_size=1, max_size=4, unique_by=lambda row: row.id))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_are_read_back_as_they_were_written(
    connection: Connection, rows: list[SampleRow]
) -> None:
    SAMPLE.write(connection, rows)

    read = loaded(connection, *(row.id for row in rows))

    assert read == {row.id: row for row in rows}
    assert [boxes(contents(read[row.id])) for row in rows] == [boxes(contents(r)) for r in rows]


def test_a_row_written_again_takes_the_place_of_the_one_before(connection: Connection) -> None:
    SAMPLE.write(connection, [FULL, replace(BARE, id=C1)])

    SAMPLE.write(connection, [replace(BARE, id=FULL.id)])

    assert loaded(connection, T1, C1) == {T1: replace(BARE, id=T1), C1: replace(BARE, id=C1)}


def test_only_the_rows_that_were_asked_for_are_loaded(connection: Connection) -> None:
    SAMPLE.write(connection, [FULL, BARE])

    assert loaded(connection, T2, C2) == {T2: BARE}
    assert loaded(connection) == {}


def test_a_row_is_closed_when_it_is_read(connection: Connection) -> None:
    SAMPLE.write(connection, [replace(FULL, any_secret=None)])

    [(secret,)] = connection.execute("SELECT secret FROM reporting.sample").fetchall()

    assert secret == BOX.format(subject=C1)
    assert loaded(connection, T1)[T1].secret == Sealed(C1, None)


def test_a_row_that_lacks_what_it_must_have_is_refused(connection: Connection) -> None:
    unsealed = replace(FULL, secret=Sealed(C1, "王某"))

    with pytest.raises(ValueError, match="not sealed"):
        SAMPLE.write(connection, [unsealed])
    with pytest.raises(psycopg.errors.NotNullViolation):
        SAMPLE.write(connection, [replace(FULL, text=None)])


def test_an_hour_that_comes_twice_is_two_instants(connection: Connection) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1))

    SAMPLE.write(connection, [replace(FULL, at=first), replace(BARE, id=C1, at=second)])

    read = loaded(connection, T1, C1)
    assert read[C1].at.astimezone(UTC) - read[T1].at.astimezone(UTC) == timedelta(hours=1)


def test_a_row_that_cannot_be_copied_is_named(connection: Connection) -> None:
    copier = Copier(SAMPLE)
    for row in (FULL, replace(BARE, id=C1, secret=Sealed(C1, "王某"))):
        copier.add(row)

    with pytest.raises(Unstorable, match=f"row {C1}: ValueError: a text that was not sealed"):
        copier.write(connection)


LINES: Table[list[LineRow]] = Table(Lines())


@pytest.fixture
def with_lines(connection: Connection) -> Connection:
    LINES.create(connection)
    LINES.make_unique(connection)
    return connection


def lines(id: UUID, *texts: str) -> list[LineRow]:
    return [LineRow(id, place, text) for place, text in enumerate(texts, start=1)]


def test_several_rows_of_a_key_are_loaded_together_and_in_order(with_lines: Connection) -> None:
    LINES.write(with_lines, [*lines(T2, "丙"), *lines(T1, "甲", "乙")[::-1]])

    assert LINES.load(with_lines, [T1, T2]) == {T1: lines(T1, "甲", "乙"), T2: lines(T2, "丙")}
    assert LINES.load(with_lines, [T1]) == {T1: lines(T1, "甲", "乙")}
    assert LINES.rows_of([lines(T1, "甲", "乙"), lines(T2, "丙")]) == [
        *lines(T1, "甲", "乙"),
        *lines(T2, "丙"),
    ]


def test_one_of_several_rows_takes_the_place_of_its_own_kind_only(with_lines: Connection) -> None:
    LINES.write(with_lines, lines(T1, "甲", "乙"))

    LINES.write(with_lines, [LineRow(T1, 2, "丁")])

    assert LINES.load(with_lines, [T1]) == {T1: lines(T1, "甲", "丁")}


def test_a_definition_is_another_when_there_are_several_rows_to_a_key() -> None:
    class Single(Lines):
        has_several = False

    assert Table(Single()).definition != LINES.definition


@dataclass(slots=True)
class Commented:
    id: Annotated[UUID, "Whose"]
    text: Annotated[str, "A text"]


@dataclass(slots=True)
class CommentedOtherwise:
    id: Annotated[UUID, "Whose"]
    text: Annotated[str, "Another text"]


@dataclass(slots=True)
class Optional:
    id: Annotated[UUID, "Whose"]
    text: Annotated[str | None, "A text"]


@dataclass(slots=True)
class Numbered:
    id: Annotated[UUID, "Whose"]
    text: Annotated[int, "A text"]


@dataclass(slots=True)
class Renamed:
    id: Annotated[UUID, "Whose"]
    words: Annotated[str, "A text"]


def definition(row: type, indexes: tuple[str, ...] = (), edition: int = 1) -> str:
    class Made(SampleView):
        pass

    Made.row, Made.indexes, Made.edition = row, indexes, edition  # type: ignore[assignment]
    return Table(Made()).definition


def test_a_definition_is_the_same_as_long_as_nothing_changes() -> None:
    assert definition(Commented) == definition(Commented)


@pytest.mark.parametrize(
    "changed",
    [
        *(definition(row) for row in (CommentedOtherwise, Optional, Numbered, Renamed)),
        definition(Commented, ("text",)),
        definition(Commented, edition=2),
    ],
    ids=["comment", "may be missing", "type", "name", "index", "edition"],
)
def test_a_definition_is_another_when_anything_that_makes_the_rows_changes(changed: str) -> None:
    assert changed != definition(Commented)


def test_no_clear_text_about_a_person_is_anywhere_in_the_reporting_schema(parts: Parts) -> None:
    busy = BusyDesk(parts, text=lambda name: f"planted-{name}")
    busy.happens(EVERYTHING)
    parts.projector.catch_up()

    tables = view_tables(parts.database.url)

    shown = "\n".join(str(row) for rows in tables.values() for row in rows)
    assert "planted" not in shown
    assert {text_in(box, parts) for box in boxes_in(shown)} >= {
        *("planted-matter", "planted-text", "planted-summary", "planted-question"),
        *("planted-result", "planted-reason", "planted-name", "planted-place"),
        *(
            "planted-language",
            "planted-value",
            "planted-address",
            "planted-paper",
            "planted-commendation",
        ),
    }


def test_everything_that_can_happen_happens_at_the_busy_desk(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)

    happened = {type(fact.event) for fact in parts.register.facts(0, 10_000)}
    shown = [kind for kind in AGGREGATES if kind not in (Instance, Ranking)]  # no view shows them
    assert happened == {kind for aggregate in shown for kind in event_classes(aggregate)}


def boxes_in(shown: str) -> set[str]:
    """Whatever ends as a box does: a subject, and what is sealed."""
    return {word for word in shown.replace("'", '"').split('"') if word.count(":") == 5}


def text_in(box: str, parts: Parts) -> str | None:
    return parts.codec.open(box)
