"""Aggregates that promise time: obligations open, are met, paused, extended, waived, breached.

Whatever happens is told to the obligations that ask for it, and opens those that it should. The due
instant is computed once and stored with its basis; overdue is never stored, it follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.aggregate import Act, Aggregate
from domain.deadline import due
from domain.errors import Invalid, Refused
from domain.obligation import AskedTooLate, Obligation
from domain.rulebook import NO_RULES, ObligationRule, Rulebook
from domain.sealed import Sealed


class ObligationOpen(Refused):
    code = "obligation_open"


class NoObligation(Invalid):
    code = "no_obligation"


class NoExtensionAsked(Refused):
    code = "no_extension_asked"


def word_of(event: Aggregate.Event) -> str:
    """What packs call it: the name of a step, or the last part of its topic."""
    return word_for(type(event), vars(event))


def word_for(kind: type[Aggregate.Event], payload: Mapping[str, Any]) -> str:
    """An answer to a part of the question only is no answer yet: `answered-in-part`."""
    topic: str = kind.TOPIC  # type: ignore[attr-defined]
    word = payload.get("step") or topic.split(".", 1)[1]
    return f"{word}-in-part" if payload.get("complete") is False else word


class Happening(Aggregate.Event):
    """Anything that happens: counted, and its form kept, under its own word."""

    def mutate(self, aggregate: Any) -> Any:
        changed: Any = super().mutate(aggregate)
        changed.happened(self)
        return changed


class Timekeeping(Aggregate.Event):
    """What becomes of one obligation. `changes` are its fields that are new, as data."""

    key: str
    changes: dict[str, Any]

    def apply(self, aggregate: Any) -> None:
        known = aggregate.obligations[self.key]
        aggregate.obligations[self.key] = known.changed(self.changes)


class Promising(Aggregate):
    """`rules` are bound when the aggregate is loaded; without any, no time is promised."""

    class TimePromised(Aggregate.Event):
        """An obligation opens: what is due when, from whom, and (`obligation`) why."""

        TOPIC = "ticket.time-promised"
        key: str
        name: str
        title: str
        rule: str | None
        held_by: str
        responsible_id: UUID
        due_at: datetime
        obligation: dict[str, Any]
        blocks: list[str]

        def apply(self, aggregate: Any) -> None:
            aggregate.obligations[self.key] = Obligation.from_data(self.obligation)
            aggregate.held_by[self.key] = self.held_by
            aggregate.blocks[self.key] = frozenset(self.blocks)

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

    class TimeBreached(Timekeeping):
        """Put on record that it was missed; `told_id`, a superior, knows from now on."""

        TOPIC = "ticket.time-breached"
        told_id: UUID | None

    rules: Rulebook = NO_RULES

    def _start_keeping(self) -> None:
        self.counts: dict[str, int] = {}
        self.since: dict[str, datetime] = {}
        self.forms: dict[str, dict[str, Any]] = {}
        self.obligations: dict[str, Obligation] = {}
        self.held_by: dict[str, str] = {}
        self.blocks: dict[str, frozenset[str]] = {}
        self.asked: dict[str, Promising.ExtensionAsked] = {}

    def happened(self, event: Aggregate.Event) -> None:
        """Copies what rules may ask about later: how often, since when, with which form."""
        word = word_of(event)
        self.counts[word] = self.counts.get(word, 0) + 1
        self.since[word] = event.timestamp
        form: dict[str, Any] = getattr(event, "form", vars(event))
        self.forms[word] = {k: v for k, v in form.items() if not isinstance(v, Sealed)}

    def look(self, path: str, at: datetime) -> Any:
        """What a path of a predicate stands for now; None where it stands for nothing."""
        where, _, name = path.partition(".")
        if where == "count":
            return self.counts.get(name, 0)
        if where == "hours_since":
            since = self.since.get(name)
            return None if since is None else (at - since).total_seconds() / 3600
        if where == "this":
            return getattr(self, name, None)
        return self.forms.get(where, {}).get(name)

    def promise(self, word: str, act: Act) -> None:
        """Tell the obligations what has happened, and open those that it opens."""
        self._move_responsibility(act)
        for key, known in list(self.obligations.items()):
            told = known.told(word, act.at)
            if told is not known:
                self._keep(self.TimeKept, key, told, act, is_met=told.met_at is not None)
        for name, rule in self.rules.obligations.items():
            if rule.is_opened_by(word, lambda path: self.look(path, act.at)):
                self._open(name, rule, act)

    def must_not_be_blocked(self, word: str) -> None:
        """Raises ObligationOpen, naming what has to be done first and the rule that says so."""
        for key, blocked in self.blocks.items():
            if word in blocked and self.obligations[key].over_at is None:
                first = self.obligations[key].name
                raise ObligationOpen(
                    f"{first} comes first", rule=self._rule_behind(key), obligation=key
                )

    def _must_be_allowed(self, word: str, payload: Mapping[str, Any], act: Act) -> None:
        """Raises ObligationOpen, or what a guard of the packs says about the form at hand."""
        self.must_not_be_blocked(word)
        form = payload.get("form", payload)

        def look(path: str) -> Any:
            where, _, name = path.partition(".")
            return form.get(name) if where == "form" else self.look(path, act.at)

        self.rules.refuse(word, look)

    def ask_extension(self, key: str, due_at: datetime, *, act: Act) -> None:
        """Ask for more time, with a reason, before it is due; somebody else approves.

        Raises NoObligation, AskedTooLate, Invalid for a time that is no later.
        """
        act.must_give_reason()
        known = self._obligation(key)
        if known.missed_at(act.at) is not None:
            raise AskedTooLate(f"{known.name} was due at {known.due.isoformat()}")
        if known.over_at is not None or due_at <= known.due:
            raise Invalid(f"{known.name} is due at {known.due.isoformat()}", field="due_at")
        self._record(self.ExtensionAsked, act, key=key, due_at=due_at)

    def approve_extension(self, key: str, *, act: Act) -> None:
        """Raises NoExtensionAsked, AskedTooLate, OwnExtension."""
        known = self._obligation(key)
        if key not in self.asked:
            raise NoExtensionAsked(f"nobody asked for more time for {known.name}", field="key")
        asked = self.asked[key]
        extended = known.extended(
            asked.due_at,
            at=act.at,
            asked_at=asked.timestamp,
            asked_by=asked.acting_for or asked.by,
            approved_by=act.acting_for or act.by,
        )
        if extended is not known:
            self._keep(self.TimeExtended, key, extended, act, due_at=extended.due)

    def waive(self, key: str, ground: str, *, act: Act) -> None:
        """Nobody has to do it any more; `ground` is a word, the reason stays sealed."""
        act.must_give_reason()
        known = self._obligation(key)
        if not ground.isidentifier():
            raise Invalid("a ground is one word, like client_withdrew", field="ground")
        waived = known.waived(act.at, by=act.acting_for or act.by, reason=ground)
        if waived is not known:
            self._keep(self.TimeWaived, key, waived, act)

    def record_breach(self, key: str, told_id: UUID | None, *, act: Act) -> None:
        """Put on record, once, that it was missed. Raises NotOverdue."""
        known = self._obligation(key)
        breached = known.breached(act.at)
        if breached is not known:
            self._keep(self.TimeBreached, key, breached, act, told_id=told_id)

    def pause_clocks(self, blocked_by: str, *, act: Act) -> None:
        self._for_running(
            self.ClockPaused,
            lambda known: known.paused(act.at, blocked_by=blocked_by, reason="suspended"),
            act,
        )

    def resume_clocks(self, *, act: Act) -> None:
        for key, known in self._running():
            if known.pauses and known.pauses[-1].until is None:
                resumed = known.resumed(act.at, self.rules.calendars)
                self._keep(self.ClockResumed, key, resumed, act, due_at=resumed.due)

    def stop_clocks(self, *, act: Act) -> None:
        """The matter is at its end: what is not met by then never will be."""
        self._for_running(self.ClockStopped, lambda known: known.closed(act.at), act)

    def standing(self, held_by: str) -> UUID:
        """Who stands on the matter as owner, first contact … now. Answered by each kind."""
        raise NotImplementedError

    def _move_responsibility(self, act: Act) -> None:
        for key, known in self._running():
            now_id = self.standing(self.held_by[key])
            if self.held_by[key] == "owner" and str(now_id) != known.responsible:
                moved = replace(known, responsible=str(now_id))
                self._keep(self.ResponsibilityMoved, key, moved, act, responsible_id=now_id)

    def _open(self, name: str, rule: ObligationRule, act: Act) -> None:
        appointment = rule.appointment and self.look(rule.appointment, act.at)
        agreed = _day_or_instant(appointment) if appointment else None
        promised = due(act.at, rule.limit, self.rules.calendars, agreed)
        responsible_id = self.standing(rule.responsible)
        number = sum(key.startswith(f"{name}-") for key in self.obligations) + 1
        obligation = Obligation.opened(
            name=rule.title,
            anchor=act.at,
            due=promised.at,
            basis=promised.basis,
            responsible=str(responsible_id),
            met_by=rule.met_by,
        )
        self._record_plain(
            self.TimePromised,
            act,
            key=f"{name}-{number}",
            name=name,
            title=rule.title,
            rule=rule.rule,
            held_by=rule.responsible,
            responsible_id=responsible_id,
            due_at=obligation.due,
            obligation=obligation.to_data(),
            blocks=sorted(rule.blocks),
        )

    def _record_plain(self, event: type[Aggregate.Event], act: Act, **payload: Any) -> None:
        super()._record(event, act, **payload)

    def _record(self, event: type[Aggregate.Event], act: Act, **payload: Any) -> None:
        if issubclass(event, Happening):
            self._must_be_allowed(word_for(event, payload), payload, act)
        super()._record(event, act, **payload)
        recorded: Any = self.pending_events[-1]
        if isinstance(recorded, Happening):
            self.promise(word_of(recorded), act)

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
        known = self.rules.obligations.get(key.rpartition("-")[0])
        return known.rule if known else None

    def _obligation(self, key: str) -> Obligation:
        if key not in self.obligations:
            raise NoObligation(f"no obligation {key}", field="key")
        return self.obligations[key]


def _day_or_instant(said: str) -> date | datetime:
    """An appointment as a form keeps it: a day, "2026-11-23", or an instant."""
    return datetime.fromisoformat(said) if "T" in said else date.fromisoformat(said)
