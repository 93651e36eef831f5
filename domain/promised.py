"""What was promised on a matter, and what became of it: the facts, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from domain.aggregate import Act, Aggregate
from domain.errors import Invalid
from domain.happening import Happening, clear_form, word_of
from domain.obligation import Obligation
from domain.predicate import Look
from domain.rulebook import NO_RULES, Rulebook


class NoObligation(Invalid):
    code = "no_obligation"


class Timekeeping(Aggregate.Event):
    """What becomes of one obligation. `changes` are its fields that are new, as data."""

    key: str
    changes: dict[str, Any]

    def apply(self, aggregate: Any) -> None:
        known = aggregate.obligations[self.key]
        aggregate.obligations[self.key] = known.changed(self.changes)


class Announced(Timekeeping):
    """Timekeeping that packs can ask about, too: counted as `<name of the obligation>-<END>`."""

    END: ClassVar[str]

    @property
    def word(self) -> str:
        return f"{name_of(self.key)}-{self.END}"

    def apply(self, aggregate: Any) -> None:
        super().apply(aggregate)
        aggregate.announced(self)


class Promised(Aggregate):
    """`rules` are bound when the aggregate is loaded; without any, no time is promised."""

    class TimePromised(Aggregate.Event):
        """An obligation opens: what is due when, from whom, and (`obligation`) why.

        `terms`: what else its rule said of it, as far as it did: role, unit, of, client_facing …
        """

        TOPIC = "ticket.time-promised"
        class_version = 2
        key: str
        name: str
        title: str
        rule: str | None
        held_by: str
        responsible_id: UUID
        due_at: datetime
        obligation: dict[str, Any]
        blocks: list[str]
        terms: dict[str, Any]

        def apply(self, aggregate: Any) -> None:
            aggregate.obligations[self.key] = Obligation.from_data(self.obligation)
            aggregate.held_by[self.key] = self.held_by
            aggregate.blocks[self.key] = frozenset(self.blocks)
            aggregate.terms[self.key] = self.terms

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            state["terms"] = {}

    class TimeKept(Timekeeping):
        """Something happened that the obligation asks for; `is_met`: that was all of it."""

        TOPIC = "ticket.time-kept"
        is_met: bool

    class ResponsibilityMoved(Timekeeping):
        """Whoever stands on the matter for it is somebody else now, and so is who keeps it."""

        TOPIC = "ticket.responsibility-moved"
        responsible_id: UUID

    class ClockPaused(Timekeeping):
        TOPIC = "ticket.clock-paused"

    class ClockResumed(Timekeeping):
        TOPIC = "ticket.clock-resumed"
        due_at: datetime

    class ClockStopped(Timekeeping):
        TOPIC = "ticket.clock-stopped"

    class ExtensionAsked(Aggregate.Event):
        TOPIC = "ticket.extension-asked"
        key: str
        due_at: datetime

        def apply(self, aggregate: Any) -> None:
            aggregate.asked[self.key] = self

    class TimeExtended(Timekeeping):
        """More time, as asked for: what was asked is answered by that."""

        TOPIC = "ticket.time-extended"
        due_at: datetime

        def apply(self, aggregate: Any) -> None:
            Timekeeping.apply(self, aggregate)
            del aggregate.asked[self.key]

    class TimeWaived(Timekeeping):
        TOPIC = "ticket.time-waived"

    class TimeDueSoon(Announced):
        """Put on record that it is due soon, and not met yet."""

        TOPIC = "ticket.time-due-soon"
        END = "due-soon"
        due_at: datetime

    class TimeBreached(Announced):
        """Put on record that it was missed; `told_id`, a superior, knows from now on."""

        TOPIC = "ticket.time-breached"
        END = "breached"
        told_id: UUID | None

    class SupervisionOpened(Timekeeping):
        """Still missed (督办): at each level one superior further up, if there is one, knows."""

        TOPIC = "ticket.supervision-opened"
        level: int
        told_id: UUID | None

    rules: Rulebook = NO_RULES

    BOUND: ClassVar[frozenset[str]] = frozenset({"rules"})
    """What is bound to it and not part of it: a copy comes without."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self.BOUND}

    def _start_keeping(self) -> None:
        self.counts: dict[str, int] = {}
        self.since: dict[str, datetime] = {}
        self.forms: dict[str, dict[str, Any]] = {}
        self.obligations: dict[str, Obligation] = {}
        self.held_by: dict[str, str] = {}
        self.blocks: dict[str, frozenset[str]] = {}
        self.terms: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, Promised.ExtensionAsked] = {}

    def happened(self, event: Happening) -> None:
        """Copies what rules may ask about later: how often, since when, with which form."""
        word = word_of(event)
        self.counts[word] = self.counts.get(word, 0) + 1
        self.since[word] = event.timestamp
        self.forms[word] = clear_form(event)

    def announced(self, event: Announced) -> None:
        """Counted like what happens, though no form goes with it."""
        self.counts[event.word] = self.counts.get(event.word, 0) + 1
        self.since[event.word] = event.timestamp

    def look(self, path: str, at: datetime) -> Any:
        """What a path of a predicate stands for now; None where it stands for nothing."""
        where, _, name = path.partition(".")
        if where == "count":
            return self.counts.get(name, 0)
        if where == "hours_since":
            since = self.since.get(name)
            return None if since is None else (at - since).total_seconds() / 3600
        if where == "this":
            return _as_in_forms(getattr(self, name, None))
        if where in ("policy", "list", "item"):
            return self.rules.look(path, self.forms.get("opened", {}).get("item"))
        if where == "open":
            return sum(name_of(key) == name for key, _ in self._running())
        if where == "owed":
            return [self.terms[key].get("of") for key, _ in self._running() if name_of(key) == name]
        if where == "breached":
            return self.counts.get(f"{name}-breached", 0)
        return _as_in_forms(self.forms.get(where, {}).get(name))

    def looking(self, act: Act) -> Look:
        """What paths stand for to who acts now."""
        return lambda path: self.look(path, act.at)

    def _record_plain(self, event: type[Aggregate.Event], act: Act, **payload: Any) -> None:
        super()._record(event, act, **payload)

    def _keep(
        self, event: type[Timekeeping], key: str, after: Obligation, act: Act, **more: Any
    ) -> None:
        changes = self.obligations[key].changes_to(after)
        self._record_plain(event, act, key=key, changes=changes, **more)

    def _for_running(
        self, event: type[Timekeeping], change: Callable[[Obligation], Obligation], act: Act
    ) -> None:
        for key, known in self._running():
            after = change(known)
            if after is not known:
                self._keep(event, key, after, act)

    def _running(self) -> list[tuple[str, Obligation]]:
        return [(k, known) for k, known in self.obligations.items() if known.over_at is None]

    def _rule_behind(self, key: str) -> str | None:
        known = self.rules.obligations.get(name_of(key))
        return known.rule if known else None

    def _obligation(self, key: str) -> Obligation:
        if key not in self.obligations:
            raise NoObligation(f"no obligation {key}", field="key")
        return self.obligations[key]


def name_of(key: str) -> str:
    """The name of the rule behind an obligation, whose key is `reply-1`."""
    return key.rpartition("-")[0]


def _as_in_forms(value: Any) -> Any:
    """An id as forms keep it, so that one equals the other."""
    return str(value) if isinstance(value, UUID) else value
