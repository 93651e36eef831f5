"""Given steps of complaints: one is opened, and one is seen through to its end."""

from __future__ import annotations

from typing import Any

from domain.ticket import Ticket
from tests.support.http import Answer, Person, opened

FIVE_CLEARS = ("listen", "ask", "follow", "reply", "record")
RECORD = {"matter": "床垫边缘脱线", "process": "当天联系", "result": "客户接受"}


def complaint(person: Person, *, form: dict[str, Any] | None = None, **otherwise: Any) -> str:
    """A complaint of C1: a dissatisfaction without claim, unless its form says otherwise."""
    words = {"kind": "grumble", "content": "床垫边缘脱线", "demand": "给个说法"} | (form or {})
    return opened(person, procedure="complaint", form=words, **{"channel": "phone"} | otherwise)


def step(person: Person, ticket: str, name: str, **form: Any) -> Answer:
    return person.post(f"{ticket}/steps/{name}", {"form": form})


def settled(owner: Person, ticket: str) -> None:
    """Up to where it may be closed."""
    step(owner, ticket, "contact_client", problem="压边不牢")
    step(owner, ticket, "resolve", resolution="当面说明")
    step(owner, ticket, "inform_client", opinion="已说明", satisfaction=4, thoughts="可以接受")
    step(owner, ticket, "keep_record", **RECORD)
    for item in FIVE_CLEARS:
        owner.post(f"{ticket}/checklists/five_clears/{item}")


def closed(owner: Person, ticket: str) -> Answer:
    settled(owner, ticket)
    answer = owner.post(f"{ticket}/closure")
    assert answer.stored[0] == Ticket.Closed, answer.body
    return answer
