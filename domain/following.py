"""What packs make follow from a happening, whom they let do what, and what they put on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from domain.aggregate import Act
from domain.errors import Forbidden, Refused
from domain.happening import Happening
from domain.pack_people import People, Reading, Sample
from domain.pack_rules import Across, Consequence
from domain.predicate import Look
from domain.procedure import Step
from domain.promising import Promising
from domain.zone import ONE_DAY

DEEPEST = 8
"""How many consequences may follow from one another."""

RULES = "system:rules"
"""Who acts where a pack says that something follows by itself."""

DAYS = "always"
"""The calendar in whose time zone days are counted."""

Question = Across | People | Sample | Reading

Ask = Callable[[Question, Look], Any]
"""Answers a question about other tickets by a number, about staff or a sample by their ids, and
what a report says by its parts.
"""


class NotForYou(Forbidden):
    code = "not_for_you"


class RulesInCircles(Refused):
    code = "rules_in_circles"


def nothing_across(question: Question, look: Look) -> int:
    """Where nobody can answer for other tickets, there are none."""
    return 0


class Following(Promising):
    """`ask_across` is bound when the aggregate is loaded, as its rules are."""

    class Followed(Happening):
        """What a pack makes follow from `because`, in the pack's own word.

        `proposes`: the table of the ledger by which an entry is to be proposed.
        """

        TOPIC = "ticket.followed"
        class_version = 2
        step: str
        word: str
        form: dict[str, Any]
        rule: str | None
        because: str
        proposes: str | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["proposes"] = None

        def told(self) -> dict[str, Any]:
            return self.form

    class ViolationFlagged(Happening):
        """Somebody tried what a rule forbids; what they sent was refused."""

        TOPIC = "ticket.violation-flagged"
        kind: str
        rule: str | None
        staff: str

    BOUND = Promising.BOUND | {"ask_across"}
    ask_across: Ask = staticmethod(nothing_across)
    _depth = 0

    def looking(self, act: Act) -> Look:
        def look(path: str) -> Any:
            where, _, name = path.partition(".")
            if path == "now":
                return act.at
            if where == "actor":
                return self._actor(name, act)
            if where == "day":
                return self._day(name, act)
            if where == "across":
                question = self.rules.across.get(name)
                return question and self.ask_across(question, look)
            if where in ("people", "sample"):
                return self._asked(where, name, look)
            if where == "reading":
                return self._read(name, look)
            return self.look(path, act.at)

        return look

    def tell(self, word: str, act: Act) -> None:
        super().tell(word, act)
        look = self._at_hand(word, self.looking(act))
        for rule in self.rules.consequences:
            for each in rule.follows(word, look):
                self._follow(rule, word, each, act)

    def flag_violation(self, kind: str, rule: str | None, *, act: Act) -> None:
        """Put on record that somebody tried what a rule forbids (LG-02, PX-07)."""
        self._record(self.ViolationFlagged, act, kind=kind, rule=rule, staff=act.stood_for)

    def carry_out(self, deed: str, act: Act) -> None:
        """Suspend, resume, reopen or close, as a consequence. Answered by each kind."""
        raise NotImplementedError

    def _asked(self, where: str, name: str, look: Look) -> list[str] | int | None:
        """Ids, or how many there are of them (`people.x.count`)."""
        name, _, counted = name.partition(".")
        of: Mapping[str, People | Sample]
        of = self.rules.people if where == "people" else self.rules.samples
        if name not in of:
            return None
        found: list[str] = self.ask_across(of[name], look) or []
        return len(found) if counted == "count" else found

    def _read(self, name: str, look: Look) -> Any:
        """A part of what a report says; None where it says nothing."""
        name, _, part = name.partition(".")
        question = self.rules.readings.get(name)
        said: Mapping[str, Any] = (question and self.ask_across(question, look)) or {}
        return said.get(part)

    def must_be_for(self, step: Step, act: Act) -> Act:
        """The act, in the role that allows the step. Raises NotForYou."""
        if any(self._stands(word, act) for word in step.by):
            return act
        allowing = sorted(step.by & act.roles)
        if not allowing:
            wanted = ", ".join(sorted(step.by))
            raise NotForYou(step.says or f"{step.title} is for: {wanted}", rule=step.rule)
        return replace(act, role=allowing[0])

    def _stands(self, word: str, act: Act) -> bool:
        """Whether they are on this ticket what the word says."""
        if word == "anyone":
            return True
        return act.stands_for(self.standings.get(word))

    def _actor(self, name: str, act: Act) -> Any:
        known: Mapping[str, Callable[[], Any]] = {
            "roles": lambda: sorted(act.roles),
            "id": lambda: act.stood_for.partition(":")[2],
            "is_owner": lambda: self._stands("owner", act),
            "is_first_contact": lambda: self._stands("first_contact", act),
        }
        return known[name]() if name in known else None

    def _day(self, closes: str, act: Act) -> str:
        """The day that now is counted for, where days end at that time ("18:00")."""
        now = self.rules.calendars.newest(DAYS).local(act.at)
        return (now.date() + ONE_DAY * (now.strftime("%H:%M") >= closes)).isoformat()

    def _follow(self, rule: Consequence, word: str, look: Look, act: Act) -> None:
        if self._depth >= DEEPEST:
            raise RulesInCircles(f"{rule.records} follows from itself", rule=rule.rule)
        by_rules = replace(act, by=RULES, acting_for=None, role=None, reason=None)
        self._depth += 1
        self._record(
            self.Followed,
            by_rules,
            step=rule.records,
            word=rule.title,
            form=rule.filled(look),
            rule=rule.rule,
            because=word,
            proposes=rule.proposes,
        )
        if rule.does is not None:
            self.carry_out(rule.does, by_rules)
        self._depth -= 1
