"""What holds for any history of any aggregate."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from domain.aggregate import Act, Aggregate
from domain.errors import DomainError
from tests.support.facts import replay

BRIEF = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
"""Some thousands of commands: a second or two."""

BOUND = frozenset({"rules", "ask_across"})
"""What an aggregate is given when it is loaded: no part of its history."""

T = TypeVar("T")


def mostly(usual: T, *else_: T) -> st.SearchStrategy[T]:
    """Usually this: what is always refused leads nowhere."""
    return st.sampled_from([usual] * 3 * len(else_) + [*else_])


Command = Callable[[Any, Act], None]


class History(RuleBasedStateMachine):
    """One aggregate, live, and all its facts so far."""

    live: Any
    facts: list[Any]

    def begin(self, aggregate: Aggregate) -> None:
        self.live, self.facts = aggregate, []
        self._take_in()

    def once(self, command: Command, act: Act) -> bool:
        """Whether it was carried out. A refusal leaves everything as it was."""
        before, kept = deepcopy(self._own()), self.live.copied()
        try:
            command(self.live, act)
        except DomainError:
            assert self._own() == before
            return False
        assert all(fact.command_id == act.command_id for fact in self.live.pending_events)
        assert _own(kept) == before
        self._take_in()
        return True

    def twice(self, command: Command, act: Act) -> bool:
        """Said a second time, it is refused or already so: either way nothing is added."""
        carried_out = self.once(command, act)
        known = len(self.facts)
        self.once(command, act)
        assert len(self.facts) == known
        return carried_out

    def hear(self, fact: Any) -> None:
        """What a machine learns from each fact, whichever command it came from."""

    def loaded(self, aggregate: Any) -> Any:
        """The aggregate with what is bound to it when it is loaded."""
        return aggregate

    def _own(self) -> dict[str, Any]:
        """All but what is bound to it."""
        return _own(self.live)

    def _take_in(self) -> None:
        for fact in self.live.collect_events():
            self.hear(fact)
            self.facts.append(fact)

    @invariant()
    def the_facts_replayed_make_the_live_aggregate(self) -> None:
        assert self.loaded(replay(self.facts)) == self.live

    @invariant()
    def the_facts_are_numbered_from_one_on(self) -> None:
        versions = [fact.originator_version for fact in self.facts]
        assert versions == list(range(1, self.live.version + 1))


def _own(aggregate: Aggregate) -> dict[str, Any]:
    return {name: value for name, value in vars(aggregate).items() if name not in BOUND}
