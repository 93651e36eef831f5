"""One pass for all views: what each needs is at hand, what is not needed is not kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any
from weakref import WeakSet

import psycopg
import pytest

from application.matching import MatchIndex
from application.register import Fact
from application.views.client_match import ClientMatchView
from application.views.search import SearchView
from application.views.view import Span, View
from domain.aggregate import events_of
from domain.ticket import Ticket
from infrastructure.database import Database
from infrastructure.views import building
from infrastructure.views.building import Follow, Superseded
from infrastructure.views.positions import positions
from infrastructure.views.progress import PostgresProgress
from infrastructure.views.projector import Projector
from infrastructure.views.questions import VIEW_NAMES, VIEWS
from infrastructure.views.rebuilding import RebuildFailed
from infrastructure.wiring import Parts
from tests.application.test_search_view import INDEX
from tests.infrastructure.views.busy_desk import EVERYTHING, BusyDesk
from tests.infrastructure.views.samples import Other, Tally
from tests.infrastructure.views.test_projector import Poisoned, Unstorable
from tests.support.checker import view_tables

MATCHING = MatchIndex(lambda: bytes(32))


def silently(done: int, total: int) -> None:
    """Nobody looks at the progress bar."""


@pytest.mark.parametrize(
    "view",
    [*VIEWS, SearchView(INDEX, lambda box: None), ClientMatchView(MATCHING, lambda box: None)],
    ids=lambda view: view.name,
)
def test_no_row_is_folded_from_more_than_its_view_says(busy_week: Parts, view: View[Any]) -> None:
    streams, positions = defaultdict(set), defaultdict(set)
    for fact in busy_week.register.facts(0, 100_000):
        for key in view.keys(fact) if type(fact.event) in view.facts else ():
            streams[key].add(fact.event.originator_id)
            positions[key].add(fact.position)

    assert streams
    if view.span is not Span.REGISTER:
        assert max(map(len, streams.values())) == 1
    if view.span is Span.FACT:
        assert max(map(len, positions.values())) == 1


def test_all_views_are_moved_by_one_transaction(parts: Parts, busy: BusyDesk) -> None:
    parts.projector.catch_up()
    busy.open(0)

    parts.projector.run_once()

    with psycopg.connect(parts.database.url) as connection:
        moved = connection.execute("SELECT DISTINCT xmin FROM reporting.view_position").fetchall()
        assert {at.position for at in positions(connection)} == {parts.register.head()}
    assert len(moved) == 1


def test_one_connection_is_enough(parts: Parts, busy: BusyDesk) -> None:
    busy.happens(EVERYTHING)
    matching = ClientMatchView(parts.matching, parts.codec.open)
    views = (*VIEWS, SearchView(INDEX, parts.codec.open), matching)
    with closing(Database(parts.database.url, size=1)) as narrow:
        worker = Projector(narrow, parts.register, views)
        worker.catch_up()
        kept = view_tables(parts.database.url)

        worker.rebuild(VIEW_NAMES, silently)

    assert view_tables(parts.database.url) == kept


@dataclass
class WatchedRow:
    key: Annotated[str, "Of a ticket, or of one of its facts"]
    facts: Annotated[int, "How many"] = 0


class Watched(View[WatchedRow]):
    """Knows how many of its rows are in memory."""

    name = "watched"
    row = WatchedRow
    facts = frozenset(events_of(Ticket))
    span = Span.STREAM

    def __init__(self) -> None:
        self._alive: WeakSet[Any] = WeakSet()
        self.most = self.made = 0

    def keys(self, fact: Fact) -> Sequence[str]:
        return [str(fact.event.originator_id)]

    def fold(self, row: WatchedRow | None, fact: Fact, key: Any) -> WatchedRow:
        if row is None:
            row = WatchedRow(key)
            self._alive.add(_Handle(row))
            self.made += 1
        row.facts += 1
        self.most = max(self.most, len(self._alive))
        return row


class _Handle:
    """Lives as long as its row."""

    def __init__(self, row: Any) -> None:
        row.handle = self


class WatchedFacts(Watched):
    span = Span.FACT

    def keys(self, fact: Fact) -> Sequence[str]:
        return [f"{fact.position}"]


@pytest.mark.parametrize("view", [Watched(), WatchedFacts()], ids=["of streams", "of facts"])
def test_however_long_the_register_few_rows_are_in_memory(
    parts: Parts, busy: BusyDesk, view: Watched
) -> None:
    for number in range(30):
        busy.open(number)
    busy.notes(200)
    builder = Projector(parts.database, parts.register, [view])
    builder.prepare()

    builder.rebuild("watched", silently)

    assert len(view_tables(parts.database.url)["watched"]) == view.made >= 30
    assert view.most <= 2


@pytest.mark.parametrize("span", [Span.FACT, Span.REGISTER])
@pytest.mark.parametrize("poisoned", [Poisoned, Unstorable])
def test_a_fact_that_a_view_cannot_take_leaves_that_view_as_it_was(
    parts: Parts, busy: BusyDesk, poisoned: type[Poisoned], span: Span
) -> None:
    busy.happens(EVERYTHING)
    Projector(parts.database, parts.register, [Tally(), Other()]).prepare()
    view = poisoned(20)
    view.span = span  # type: ignore[misc]
    builder = Projector(parts.database, parts.register, [view, Other()])

    with pytest.raises(RebuildFailed, match=r"tally .*(ValueError|NotNull|at position 21)"):
        builder.rebuild(["tally", "other"], silently)

    tables = view_tables(parts.database.url)
    ours = PostgresProgress(parts.database, ["tally", "other"]).views()
    assert {view.view: view.position for view in ours} == {
        "tally": 0,
        "other": parts.register.head(),
    }
    assert tables["tally"] == []
    assert {topic: count for topic, count, _ in tables["other"]}["all"] == parts.register.head()
    assert not [name for name in tables if name.endswith("__new")]


def test_who_comes_late_writes_nothing_into_the_tables_of_the_next(
    parts: Parts, busy: BusyDesk
) -> None:
    builder = Projector(parts.database, parts.register, [Tally()])
    table = building.fresh(Tally())
    with parts.database.connection() as connection:
        table.create(connection)
        job = Follow(tables={"tally": table.oid(connection)}, head=10, weight=1)
        table.create(connection)

        with pytest.raises(Superseded):
            builder.do(connection, job)
        table.drop(connection)
        with pytest.raises(Superseded):
            builder.do(connection, job)
