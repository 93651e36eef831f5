"""What tests of clients' files do over and over: register, enter, grade, read."""

from __future__ import annotations

from typing import Any

from tests.support.facts import C1
from tests.support.http import Answer, Office, Person

UNITS = {
    "pack": "our-units",
    "version": 1,
    "title": "本单位层级",
    "principles": ["standard"],
    "units": {
        "city-1": {"level": "city", "group": 1},
        "county-1": {"level": "county", "group": 1},
        "county-3": {"level": "county", "group": 3},
    },
}
"""A house with a city bureau and two of counties; `main` is that of the province."""


def client(person: Person, name: str = "某公司", kind: str = "company") -> str:
    """Where a new client is found: `/v1/clients/…`."""
    answer = person.post("/v1/clients", {"name": name, "kind": kind})
    assert answer.status == 201, answer.body
    return answer.headers["Location"]


FIRST = f"/v1/clients/{C1}"


def entry(who: Person, client: str, kind: str, /, **form: Any) -> Answer:
    """Try to make an entry on a file."""
    return who.post(f"{client}/records/{kind}", {"form": form})


def entered(who: Person, client: str, kind: str, /, **form: Any) -> Answer:
    """Make an entry, which is not refused."""
    answer = entry(who, client, kind, **form)
    assert answer.status == 200, answer.body
    return answer


def grade(who: Person, client: str, scheme: str, /, **form: Any) -> Answer:
    """Ask for the client's class."""
    return who.post(f"{client}/gradings/{scheme}", {"form": form})


def approve(who: Person, client: str, scheme: str) -> Answer:
    return who.post(f"{client}/gradings/{scheme}/approval")


def cny(fen: int) -> dict[str, Any]:
    return {"minor_units": fen, "currency": "CNY"}


def brought(office: Office) -> int:
    """All that the calendar brings by now; how much that was."""
    office.catch_up()
    total = 0
    while opened := office.parts.schedules.tick(office.now):
        office.catch_up()
        total += opened
    return total
