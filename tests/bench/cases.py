"""What is asked of Yice, and the one statement that it is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

import msgspec

from tests.bench import bare
from tests.bench.load import Request
from tests.bench.stock import COMMON, MATTER, NOTE, SUMMARY, Stock, rare

INSERT = "INSERT 1 row"
SELECT_ONE = "SELECT 1 row"
SELECT_PAGE = "SELECT 50 rows"

MOST_REQUESTS = 1_500
"""In one round, whatever time is left."""

LEAST_FILE, LEAST_PAGE = 200, 5_000
"""Bytes of an answer that holds a ticket's file, or 50 rows: less would be another answer."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """`yice` and `bare` make one request each time they are called.

    `supply` is how many of `yice`'s there are for one round; `writes`: each must store something.
    """

    name: str
    against: str
    yice: Callable[[], Request]
    bare: Callable[[], Request]
    supply: int = MOST_REQUESTS
    writes: bool = False
    least_bytes: int = 0


def cases(stock: Stock, cursors: list[str], *, offers: int, chance: Random) -> list[Case]:
    """In the order in which they are measured: first those that write."""
    desk, floor = _Desk(stock, cursors, chance), _Floor(stock, chance)

    def written(name: str, yice: Callable[[], Request], supply: int = MOST_REQUESTS) -> Case:
        def bare() -> Request:
            return floor.insert(desk.offer("/") if name == "transfer" else yice())

        return Case(name=name, against=INSERT, yice=yice, bare=bare, supply=supply, writes=True)

    def asked(name: str, yice: Callable[[], Request], against: str, least: int) -> Case:
        bare = floor.select_page if against == SELECT_PAGE else floor.select_one
        return Case(name=name, against=against, yice=yice, bare=bare, least_bytes=least)

    return [
        written("create", desk.create),
        written("transfer", desk.transfer, offers),
        written("note", desk.note),
        asked("read", desk.read, SELECT_ONE, LEAST_FILE),
        asked("history", desk.history, SELECT_ONE, LEAST_FILE),
        asked("list", desk.list, SELECT_PAGE, LEAST_PAGE),
    ]


def lists(stock: Stock, deep: str, state: str, chance: Random) -> list[Case]:
    """Pages, counters and search; `deep` is where one of the last pages of the list begins,
    `state` the one that most tickets are in.
    """
    floor = _Floor(stock, chance)

    def case(
        name: str, against: str, yice: str, bare: Callable[[], Request], least: int = 0
    ) -> Case:
        return Case(
            name=name,
            against=against,
            yice=lambda: _get(yice),
            bare=bare,
            least_bytes=least,
        )

    def found_once(path: str) -> Callable[[], Request]:
        return lambda: _get(path + quote(rare(chance.randrange(len(stock.ticket_ids)))))

    page, like = LEAST_PAGE, "/things/holding?word="
    return [
        case("list, first page", SELECT_PAGE, "/v1/tickets", floor.select_first, page),
        case("list, deep page", SELECT_PAGE, f"/v1/tickets?cursor={deep}", floor.select_deep, page),
        case(
            "list, of a state",
            "SELECT 50 rows WHERE",
            f"/v1/tickets?state={state}",
            lambda: _get("/things/of-state?state=open"),
            page,
        ),
        case("counters", "SELECT … GROUP BY", "/v1/tickets/counts", lambda: _get("/things/counts")),
        Case(
            name="search, found once",
            against="SELECT … LIKE",
            yice=found_once("/v1/search?q="),
            bare=found_once(like),
        ),
        case(
            "search, found everywhere",
            "SELECT … LIKE",
            f"/v1/search?q={quote(COMMON)}",
            lambda: _get(like + quote(COMMON)),
            page,
        ),
    ]


class _Desk:
    def __init__(self, stock: Stock, cursors: list[str], chance: Random) -> None:
        self._stock, self._cursors, self._chance = stock, cursors, chance
        self._unoffered = iter(stock.ticket_ids)  # an offer that stands is not made again

    def create(self) -> Request:
        body = {
            "client_id": self._chance.choice(self._stock.client_ids),
            "channel": "phone",
            "matter": MATTER,
            "procedure": "consultation",
        }
        return _post("/v1/tickets", body)

    def transfer(self) -> Request:
        return self.offer(f"/v1/tickets/{next(self._unoffered)}/transfer")

    def offer(self, path: str) -> Request:
        body = {"to_id": self._stock.colleague_id, "reason": "片区调整", "summary": SUMMARY}
        return _post(path, body)

    def note(self) -> Request:
        return _post(f"{self._any_ticket()}/notes", {"text": NOTE})

    def read(self) -> Request:
        return _get(self._any_ticket())

    def history(self) -> Request:
        return _get(f"{self._any_ticket()}/history")

    def list(self) -> Request:
        return _get(f"/v1/tickets?cursor={self._chance.choice(self._cursors)}")

    def _any_ticket(self) -> str:
        return f"/v1/tickets/{self._chance.choice(self._stock.ticket_ids)}"


class _Floor:
    """Asks the same of one table."""

    def __init__(self, stock: Stock, chance: Random) -> None:
        self._rows, self._chance = stock.tickets, chance

    def insert(self, request: Request) -> Request:
        """What Yice is told, to be stored as it stands."""
        return Request("POST", "/things", request.body)

    def select_one(self) -> Request:
        return _get(f"/things/{self._chance.randint(1, self._rows)}")

    def select_page(self) -> Request:
        return self._before(self._chance.randint(51, self._rows))

    def select_first(self) -> Request:
        return self._before(2**40)

    def select_deep(self) -> Request:
        return self._before(self._rows // 4 + bare.PAGE)

    def _before(self, id: int) -> Request:
        return _get(f"/things?before={id}")


def _get(path: str) -> Request:
    return Request("GET", path)


def _post(path: str, body: dict[str, Any]) -> Request:
    return Request("POST", path, msgspec.json.encode(body))
