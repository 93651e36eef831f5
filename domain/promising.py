"""Aggregates that promise time: obligations open, are met, paused, extended, waived, breached.

Whatever happens is told to the obligations that ask for it, and opens those that it should. The due
instant is computed once and stored with its basis; overdue is never stored, it follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.aggregate import Act, Aggregate, staff_ref
from domain.deadline import due
from domain.errors import Invalid, Refused
from domain.form import with_form
from domain.happening import Happening, word_for, word_of
from domain.obligation import AskedTooLate, Obligation, OwnExtension
from domain.own import must_be_another
from domain.pack_rules import EACH, ObligationRule, ServiceItem, value_of
from domain.predicate import Look
from domain.promised import Promised, name_of
from domain.rulebook import CLIENT_BREACH


class ObligationOpen(Refused):
    code = "obligation_open"


class NoExtensionAsked(Refused):
    code = "no_extension_asked"


class OwnWaiver(Refused):
    code = "own_waiver"


class Promising(Promised):
    """Decides what is promised, to whom it passes, and what ends it."""

    def promise(self, word: str, act: Act) -> None:
        """Tell the obligations what has happened, and open those that it opens."""
        self._move_responsibility(act)
        look = self._at_hand(word, self.looking(act))
        for key, known in list(self.obligations.items()):
            told = known.told(word, act.at) if self._is_meant(key, word, look) else known
            if told is not known:
                self._keep(self.TimeKept, key, told, act, is_met=told.met_at is not None)
        for name, rule in self.rules.obligations.items():
            if rule.is_opened_by(word, look):
                self._open(name, rule, look, act)

    def _is_meant(self, key: str, word: str, look: Look) -> bool:
        """Whether what happened can meet this very obligation: its entry, its condition."""
        rule = self.rules.obligations.get(name_of(key))
        if rule is None:
            return True
        of = self.terms[key].get("of")
        is_its_own = of is None or rule.match is None or look(f"{word}.{rule.match}") == of
        return is_its_own and (rule.met_when is None or rule.met_when.holds(look))

    def _at_hand(self, word: str, look: Look) -> Look:
        """As if what has just happened were the form at hand."""
        return lambda path: look(f"{word}.{path[5:]}" if path.startswith("form.") else path)

    def must_not_be_blocked(self, word: str) -> None:
        """Raises ObligationOpen, naming what has to be done first and the rule that says so."""
        for key in self.must_come_first(word):
            raise ObligationOpen(
                f"{self.obligations[key].name} comes first",
                rule=self._rule_behind(key),
                obligation=key,
            )

    def must_come_first(self, *words: str) -> list[str]:
        """The keys of what was promised and has to be done before any of these can be."""
        return [
            key
            for key, blocked in self.blocks.items()
            if blocked & set(words) and self.obligations[key].over_at is None
        ]

    def _must_be_allowed(self, word: str, payload: Mapping[str, Any], act: Act) -> None:
        """Raises ObligationOpen, or what a guard of the packs says about the form at hand."""
        self.must_not_be_blocked(word)
        self.rules.refuse(word, with_form(payload.get("form", payload), self.looking(act)))

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
        own = OwnExtension("who asks for more time, or gets it, does not approve it", field="key")
        theirs = {asked.by, asked.acting_for or asked.by, staff_ref(UUID(known.responsible))}
        must_be_another(theirs, act, own)
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
        """Nobody has to do it any more; `ground` is a word, the reason stays sealed.

        Raises OwnWaiver for who has to keep it.
        """
        act.must_give_reason()
        known = self._obligation(key)
        if not ground.isidentifier():
            raise Invalid("a ground is one word, like client_withdrew", field="ground")
        own = OwnWaiver("who has to keep it does not waive it", field="key")
        must_be_another({staff_ref(UUID(known.responsible))}, act, own)
        waived = known.waived(act.at, by=act.acting_for or act.by, reason=ground)
        if waived is not known:
            self._keep(self.TimeWaived, key, waived, act)

    def record_breach(self, key: str, told_id: UUID | None, *, act: Act) -> None:
        """Put on record, once, that it was missed. Raises NotOverdue."""
        known = self._obligation(key)
        breached = known.breached(act.at)
        if breached is not known:
            self._keep(self.TimeBreached, key, breached, act, told_id=told_id)
            self.tell(f"{name_of(key)}-breached", act)
            if self.terms[key].get("client_facing"):
                self.tell(CLIENT_BREACH, act)

    def record_due_soon(self, key: str, *, act: Act) -> None:
        """Put on record, once for each due instant, that it is near. Raises NotDueSoon."""
        known = self._obligation(key)
        warned = known.warned(act.at)
        if warned is not known:
            self._keep(self.TimeDueSoon, key, warned, act, due_at=warned.due)
            self.tell(f"{name_of(key)}-due-soon", act)

    def open_supervision(self, key: str, level: int, told_id: UUID | None, *, act: Act) -> None:
        """Somebody higher up knows that it is still missed. Raises NotYetSupervised."""
        known = self._obligation(key)
        supervised = known.supervised(level, act.at)
        if supervised is not known:
            self._keep(self.SupervisionOpened, key, supervised, act, level=level, told_id=told_id)

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
        """The matter is at its end: what is not met by then never will be.

        Unless its rule says that it goes on, like a call-back.
        """
        for key, _ in self._running():
            rule = self.rules.obligations.get(name_of(key))
            if rule is None or rule.ends_with_ticket:
                self._stop_clock(key, act)

    def _stop_clock(self, key: str, act: Act) -> None:
        self._keep(self.ClockStopped, key, self.obligations[key].closed(act.at), act)

    @property
    def standings(self) -> Mapping[str, UUID | None]:
        """Who stands on the matter as owner, first contact … now. Answered by each kind."""
        raise NotImplementedError

    def standing(self, held_by: str) -> UUID:
        """The owner where nobody else stands on the matter for it."""
        found = self.standings.get(held_by) or self.standings["owner"]
        assert found is not None
        return found

    def _move_responsibility(self, act: Act) -> None:
        for key, known in self._running():
            now_id = self.standing(self.held_by[key])
            if self.held_by[key] == "owner" and str(now_id) != known.responsible:
                moved = replace(known, responsible=str(now_id))
                self._keep(self.ResponsibilityMoved, key, moved, act, responsible_id=now_id)

    def _open(self, name: str, rule: ObligationRule, look: Look, act: Act) -> None:
        """Promise what this rule says, once for each entry of `each` if it names a list."""
        for of in (None,) if rule.each is None else _entries(look(rule.each)):
            self._promise(name, rule, of, look, act)

    def _promise(
        self, name: str, rule: ObligationRule, of: str | None, look: Look, act: Act
    ) -> None:
        limit = rule.limit_for(look, self.asked_item)
        if limit is None:
            return
        agreed = look(rule.appointment) if rule.appointment else None
        promised = due(
            act.at, limit, self.rules.calendars, _day_or_instant(agreed) if agreed else None
        )
        held_by, responsible_id = self._responsible(rule, of, look)
        number = sum(name_of(key) == name for key in self.obligations) + 1
        obligation = Obligation.opened(
            name=rule.title if of is None else f"{rule.title} · {of}",
            anchor=act.at,
            due=promised.at,
            basis=promised.basis,
            responsible=str(responsible_id),
            met_by=rule.met_by,
            warn_hours=rule.warn_hours,
            supervise_hours=rule.supervise_hours,
        )
        self._record_plain(
            self.TimePromised,
            act,
            key=f"{name}-{number}",
            name=name,
            title=obligation.name,
            rule=rule.rule,
            held_by=held_by,
            responsible_id=responsible_id,
            due_at=obligation.due,
            obligation=obligation.to_data(),
            blocks=sorted(rule.blocks),
            terms=_terms(rule, of, look),
        )

    @property
    def asked_item(self) -> ServiceItem | None:
        """The service item that was asked for when the matter was opened."""
        return self.rules.items.get(self.forms.get("opened", {}).get("item", ""))

    def _responsible(self, rule: ObligationRule, of: str | None, look: Look) -> tuple[str, UUID]:
        """As what, and who: who stands on the ticket for it, or whom a form named; else the owner.

        As the owner it passes on with the ticket.
        """
        found: UUID | None
        if rule.responsible == EACH:
            found = _staff_id(of, str(rule.each))
        elif rule.responsible.startswith("="):
            named = look(rule.responsible[1:])
            found = UUID(named) if named else None
        else:
            found = self.standings.get(rule.responsible)
        return ("owner", self.standing("owner")) if found is None else (rule.responsible, found)

    def _record(self, event: type[Aggregate.Event], act: Act, **payload: Any) -> None:
        if issubclass(event, Happening):
            self._must_be_allowed(word_for(event, payload), payload, act)
        super()._record(event, act, **payload)
        recorded: Any = self.pending_events[-1]
        if isinstance(recorded, Happening):
            self.tell(word_of(recorded), act)

    def tell(self, word: str, act: Act) -> None:
        """Something has happened: what the packs say follows from it."""
        self.promise(word, act)


def _entries(value: Any) -> list[Any]:
    """What a list holds; anything else is one entry."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _terms(rule: ObligationRule, of: str | None, look: Look) -> dict[str, Any]:
    terms = {
        "of": of,
        "role": rule.role,
        "unit": value_of(rule.unit, look),
        "client_facing": rule.client_facing or None,
    }
    return {name: value for name, value in terms.items() if value is not None}


def _staff_id(said: str | None, field: str) -> UUID:
    try:
        return UUID(str(said))
    except ValueError:
        raise Invalid(f"{said} is no id of a colleague", field=field) from None


def _day_or_instant(said: str | datetime) -> date | datetime:
    """An appointment as a form keeps it: a day, "2026-11-23", or an instant."""
    if isinstance(said, datetime):
        return said
    return datetime.fromisoformat(said) if "T" in said else date.fromisoformat(said)
