"""Tickets under several packs at once, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import pack_content
from domain.aggregate import Aggregate
from domain.pack_content import PackContent
from domain.procedure import Procedure
from domain.rulebook import Rulebook
from domain.ticket import Ticket
from tests.support.calendars import shipped_calendars
from tests.support.facts import LI_NA, NOON, act, opened

HOURS: Mapping[str, Any] = {"kind": "clock", "hours": 2}

REPAIR: Mapping[str, Any] = {
    "pack": "repair",
    "version": 1,
    "title": "报修",
    "procedure": {
        "register": "repair",
        "initial": "registered",
        "final": ["closed"],
        "channels": ["phone"],
        "steps": {
            "visit": {
                "title": "上门",
                "from": ["registered", "visited"],
                "to": "visited",
                "form": {"ok": {"title": "修好", "type": "boolean"}, "unit": {"title": "部门"}},
            },
            "close": {"title": "结案", "from": ["visited"], "to": "closed", "fact": "closed"},
            "reopen": {
                "title": "重新受理",
                "from": ["closed"],
                "to": "registered",
                "fact": "reopened",
            },
        },
    },
}
"""A repair: visited as often as it takes, then closed."""


def repair(
    steps: Mapping[str, Any] | None = None,
    procedure: Mapping[str, Any] | None = None,
    **otherwise: Any,
) -> dict[str, Any]:
    """The repair with further steps, with its procedure otherwise, and with what else it says."""
    known: Mapping[str, Any] = REPAIR["procedure"]
    said = {**known, **(procedure or {}), "steps": {**known["steps"], **(steps or {})}}
    return {**REPAIR, "procedure": said, **otherwise}


def overlay(name: str = "care", **says: Any) -> dict[str, Any]:
    """A pack without a procedure."""
    return {"pack": name, "version": 1, "title": "关怀", **says}


def under(*packs: Mapping[str, Any]) -> tuple[Procedure, Rulebook]:
    """What holds under these packs, that of the procedure last."""
    contents = [PackContent.read(content) for content in packs]
    return pack_content.procedure_of(contents), pack_content.rulebook_of(
        contents, shipped_calendars()
    )


class Matter:
    """A ticket under these packs. Each method answers with the facts that are new by it."""

    def __init__(self, *packs: Mapping[str, Any], **opening: Any) -> None:
        self.procedure, rules = under(*packs)
        self.ticket = opened(
            self.procedure, **{"pack": packs[-1]["pack"], "rules": rules, **opening}
        )
        self.facts = self._news()

    def take(
        self, step: str, *, by: UUID = LI_NA, at: datetime = NOON, roles: Any = (), **form: Any
    ) -> list[Aggregate.Event]:
        who = act(by, at, roles=roles)
        return self.do(lambda t: t.take_step(step, form, self.procedure, act=who))

    def close(self, at: datetime = NOON) -> list[Aggregate.Event]:
        return self.do(lambda t: t.close(self.procedure, act=act(at=at)))

    def do(self, command: Callable[[Ticket], None]) -> list[Aggregate.Event]:
        command(self.ticket)
        news = self._news()
        self.facts += news
        return news

    @property
    def possible(self) -> list[str]:
        return self.ticket.possible_steps(self.procedure, self.ticket.looking(act()))

    @property
    def promised(self) -> dict[str, Ticket.TimePromised]:
        """Each promise so far, by its key."""
        made = [fact for fact in self.facts if isinstance(fact, Ticket.TimePromised)]
        return {fact.key: fact for fact in made}

    def met(self, key: str) -> bool:
        return self.ticket.obligations[key].met_at is not None

    def is_over(self, key: str) -> bool:
        return self.ticket.obligations[key].over_at is not None

    def _news(self) -> list[Aggregate.Event]:
        return list(self.ticket.collect_events())  # type: ignore[arg-type]


def kinds(facts: list[Aggregate.Event]) -> list[type[Aggregate.Event]]:
    return [type(fact) for fact in facts]
