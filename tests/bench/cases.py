"""What is asked of Yice, and the one statement that it is held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec

from tests.bench.load import Request
from tests.bench.stock import MATTER, NOTE, SUMMARY, Stock

INSERT = "INSERT 1 row"
SELECT_ONE = "SELECT 1 row"
SELECT_PAGE = "SELECT 50 rows"


MOST_REQUESTS = 2_000
"""In one round, whatever time is left."""


@dataclass(frozen=True)
class Case:
    """`yice` and `bare` make one request each time they are called.

    `supply` is how many of `yice`'s there are for one round.
    """

    name: str
    against: str
    yice: Callable[[], Request]
    bare: Callable[[], Request]
    supply: int = MOST_REQUESTS


def cases(stock: Stock, cursors: list[str], *, offers: int, chance: Random) -> list[Case]:
    """In the order in which they are measured: first those that write."""
    desk, floor = _Desk(stock, cursors, chance), _Floor(len(stock.ticket_ids), chance)
    return [
        Case("create", INSERT, desk.create, lambda: floor.insert(desk.create())),
        Case("transfer", INSERT, desk.transfer, lambda: floor.insert(desk.offer("/")), offers),
        Case("note", INSERT, desk.note, lambda: floor.insert(desk.note())),
        Case("read", SELECT_ONE, desk.read, floor.select_one),
        Case("history", SELECT_ONE, desk.history, floor.select_one),
        Case("list", SELECT_PAGE, desk.list, floor.select_page),
    ]


class _Desk:
    def __init__(self, stock: Stock, cursors: list[str], chance: Random) -> None:
        self._stock, self._cursors, self._chance = stock, cursors, chance

    def create(self) -> Request:
        body = {
            "client_id": self._chance.choice(self._stock.client_ids),
            "channel": "phone",
            "matter": MATTER,
            "procedure": "consultation",
        }
        return _post("/v1/tickets", body)

    def transfer(self) -> Request:
        return self.offer(f"/v1/tickets/{next(self._stock.unoffered)}/transfer")

    def offer(self, path: str) -> Request:
        body = {"to_id": self._stock.colleague_id, "reason": "片区调整", "summary": SUMMARY}
        return _post(path, body)

    def note(self) -> Request:
        return _post(f"{self._any_ticket()}/notes", {"text": NOTE})

    def read(self) -> Request:
        return Request("GET", self._any_ticket())

    def history(self) -> Request:
        return Request("GET", f"{self._any_ticket()}/history")

    def list(self) -> Request:
        return Request("GET", f"/v1/tickets?cursor={self._chance.choice(self._cursors)}")

    def _any_ticket(self) -> str:
        return f"/v1/tickets/{self._chance.choice(self._stock.ticket_ids)}"


class _Floor:
    """Asks the same of one table."""

    def __init__(self, rows: int, chance: Random) -> None:
        self._rows, self._chance = rows, chance

    def insert(self, request: Request) -> Request:
        """What Yice is told, to be stored as it stands."""
        return Request("POST", "/things", request.body)

    def select_one(self) -> Request:
        return Request("GET", f"/things/{self._chance.randint(1, self._rows)}")

    def select_page(self) -> Request:
        return Request("GET", f"/things?before={self._chance.randint(51, self._rows)}")


def _post(path: str, body: dict[str, Any]) -> Request:
    return Request("POST", path, msgspec.json.encode(body))
