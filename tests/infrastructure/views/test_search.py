"""Search on the real store: what is found, and what whoever has the disk does not find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.blind_index import words_of
from application.clients import RegisterClient
from application.desk import Actor
from application.tickets import NoteTicket, OpenTicket
from application.views.search import Hit, SearchFilter
from domain.aggregate import staff_ref
from domain.ticket import Visibility
from infrastructure.embedded import EmbeddedPostgres
from infrastructure.opening import Urls
from infrastructure.settings import Settings
from infrastructure.views import search as module
from infrastructure.wiring import Parts
from tests.support.checker import view_tables
from tests.support.facts import C1, C2, LI_NA, NOON, T1, T2
from tests.support.http import KEYS_TEMPLATE, REGISTER_TEMPLATE, make_office_template
from tests.support.postgres import fresh_database, running

OFFICER = Actor(staff_ref(LI_NA), frozenset({"cs_officer"}), LI_NA)


class Counter:
    """Where matters are taken in."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self._number = parts, 0

    def register(self, client_id: UUID) -> None:
        self.parts.clients.register(RegisterClient(**self._said(), client_id=client_id, name="某"))

    def open(self, ticket_id: UUID, matter: str, client_id: UUID = C1, unit: str = "main") -> None:
        self.parts.tickets.open(
            OpenTicket(
                **self._said(),
                ticket_id=ticket_id,
                client_id=client_id,
                channel="phone",
                matter=matter,
                procedure="consultation",
                unit=unit,
            )
        )

    def note(self, text: str, visibility: Visibility = Visibility.INTERNAL) -> None:
        self.parts.tickets.note(
            NoteTicket(**self._said(), ticket_id=T1, text=text, visibility=visibility)
        )

    def found(self, question: str, **otherwise: Any) -> list[Hit]:
        self.parts.projector.catch_up()
        asked = SearchFilter(words=words_of(question), **otherwise)
        return self.parts.search.page(asked, before=None, limit=1_000)

    def count(self, question: str) -> int | None:
        self.parts.projector.catch_up()
        return self.parts.search.count(SearchFilter(words=words_of(question)))

    def _said(self) -> dict[str, Any]:
        self._number += 1
        return {"by": OFFICER, "command_id": f"counter-{self._number}", "received_at": NOON}


@pytest.fixture(params=[0, 20], ids=["common", "rare"])
def counter(
    parts: Parts, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Counter:
    """What is asked for, taken for common and for rare: it is looked for in two ways."""
    monkeypatch.setattr(module, "FEW", request.param)
    return Counter(parts)


def snippets(hits: list[Hit]) -> list[str]:
    return [hit.snippet for hit in hits]


def test_what_is_found_says_where_it_stands(counter: Counter) -> None:
    counter.open(T1, "楼下施工噪音")
    counter.note("夜里施工，已通知物业", Visibility.CLIENT)

    found = counter.found("施工")

    head = counter.parts.register.head()
    assert found == [
        Hit(
            ticket_id=T1,
            number="2026-0001",
            topic="ticket.noted",
            field="text",
            visibility="client",
            at=NOON,
            version=2,
            position=head,
            snippet="夜里施工，已通知物业",
        ),
        Hit(
            ticket_id=T1,
            number="2026-0001",
            topic="ticket.opened",
            field="matter",
            visibility="client",
            at=NOON,
            version=1,
            position=head - 1,
            snippet="楼下施工噪音",
        ),
    ]


def test_all_words_must_stand_in_the_same_text(counter: Counter) -> None:
    counter.open(T1, "公积金提取")
    counter.note("公积，积金")
    counter.note("提取材料")

    assert snippets(counter.found("公积金 提取")) == ["公积金提取"]
    assert snippets(counter.found("公积金")) == ["公积金提取"]
    assert snippets(counter.found("提")) == ["提取材料", "公积金提取"]
    assert counter.found("材料 公积金") == []


def test_what_is_asked_besides_the_words_holds_as_well(counter: Counter) -> None:
    counter.open(T1, "停车", unit="north")
    counter.open(T2, "停车难")
    counter.note("停车位", Visibility.INTERNAL)

    assert snippets(counter.found("停车", unit="north")) == ["停车位", "停车"]
    assert snippets(counter.found("停车", visibility="internal")) == ["停车位"]
    assert len(counter.found("停车", procedure="consultation")) == 3
    assert counter.found("停车", procedure="installation") == []


def test_pages_are_all_there_is_each_once(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    counter.open(T1, "路灯一")
    for number in range(7):
        counter.note("路灯" if number % 3 else "灯，路", Visibility.INTERNAL)
    everything = counter.found("路灯")
    asked = SearchFilter(words=("路灯",))

    pages: list[Hit] = []
    while page := counter.parts.search.page(asked, before=_behind(pages), limit=2):
        pages += page

    assert pages == everything
    assert len(everything) == counter.count("路灯") == 5
    assert [hit.position for hit in pages] == sorted({hit.position for hit in pages}, reverse=True)


def _behind(pages: list[Hit]) -> tuple[int, str] | None:
    return (pages[-1].position, pages[-1].field) if pages else None


def test_what_is_too_much_to_open_is_not_counted(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COUNTED", 2)
    counter.open(T1, "电梯")
    counter.note("电梯")

    counts = [counter.count("电梯")]
    counter.note("电梯")
    counts.append(counter.count("电梯"))

    assert counts == [2, None]


def tokens_of(parts: Parts, subject: UUID) -> list[list[int]]:
    with parts.database.connection() as connection:
        rows = connection.execute(
            "SELECT tokens FROM reporting.search WHERE subject_id = %s", (subject,)
        )
        return [tokens for (tokens,) in rows]


def test_who_was_erased_is_not_found_and_nothing_is_left_to_search_by(counter: Counter) -> None:
    parts = counter.parts
    counter.register(C2)
    counter.open(T1, "社保转移", C1)
    counter.open(T2, "社保补缴", C2)
    assert len(counter.found("社保")) == 2

    parts.keys.destroy(C2)

    assert snippets(counter.found("社保")) == ["社保转移"]
    assert counter.count("社保") == 1
    assert all(tokens_of(parts, C2))
    assert (parts.forget_erased(), parts.forget_erased()) == (2, 0)  # a text, and a file's name
    assert tokens_of(parts, C2) == [[]]
    assert all(tokens_of(parts, C1))


def test_a_view_built_anew_has_nothing_of_who_was_erased(counter: Counter) -> None:
    parts = counter.parts
    counter.open(T1, "社保转移")
    counter.found("社保")
    parts.keys.destroy(C1)
    parts.forget_erased()
    before = view_tables(parts.database.url)["search"]

    parts.projector.rebuild("search", lambda position, head: None)

    assert view_tables(parts.database.url)["search"] == before
    assert tokens_of(parts, C1) == [[]]


def test_an_index_finds_the_numbers(parts: Parts) -> None:
    with parts.database.connection() as connection:
        indexes = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'reporting'"
            " AND tablename = 'search' AND indexdef LIKE '%USING gin (tokens)%'"
        ).fetchall()

    assert len(indexes) == 1


@pytest.fixture
def server() -> Iterator[tuple[EmbeddedPostgres, Path]]:
    """One that nobody else writes to, and the folder it keeps everything in."""
    with running() as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        make_office_template(server)
        yield server, Path(row[0]).parent


def test_on_disk_no_word_stands_in_clear(server: tuple[EmbeddedPostgres, Path]) -> None:
    postgres, folder = server
    with (
        fresh_database(postgres, REGISTER_TEMPLATE) as register_url,
        fresh_database(postgres, KEYS_TEMPLATE) as keys_url,
        closing(Parts(Urls(register_url, keys_url), Settings.read({}))) as parts,
    ):
        counter = Counter(parts)
        counter.open(T1, "绝密词语出现在此", unit="明文单位甲")
        counter.note("又是绝密词语，还有 hushhush")
        assert len(counter.found("绝密词语")) == 2
        assert len(counter.found("hushhush")) == 1
        with parts.database.connection() as connection:
            connection.execute("CHECKPOINT")

        assert holding(folder, "明文单位甲") != []
        assert holding(folder, "绝密词语") == []
        assert holding(folder, "hushhush") == []


def holding(folder: Path, word: str) -> list[str]:
    """The files of the server that hold the word: tables, indexes, write-ahead log, its log."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and word.encode() in path.read_bytes()
    ]
