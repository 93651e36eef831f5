"""The rulebook: what holds for one ticket, from all the packs that are pinned on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from domain.calendar import Calendars
from domain.errors import DomainError, Invalid, Refused
from domain.form import Word
from domain.limit import Limit
from domain.predicate import Look, Predicate
from domain.promise import MetBy

Responsible = Literal["owner", "first_contact", "asked", "offered"]
"""Who on the ticket has to keep a promise; named when it is made."""


HAPPENINGS = frozenset(
    {
        "opened",
        "case-slip-issued",
        "noted",
        "transfer-offered",
        "transfer-accepted",
        "transfer-declined",
        "transfer-withdrawn",
        "escalated",
        "instructed",
        "answered",
        "answered-in-part",
        "suspended",
        "resumed",
        "completed",
        "closed",
        "reopened",
        "corrected",
    }
)
"""What can happen to every ticket, by the words that packs use for it."""


class GuardRefused(Refused):
    code = "guard_refused"


class GuardInvalid(Invalid):
    code = "guard_invalid"


class ForbiddenPhrase(Invalid):
    code = "forbidden_phrase"


class ObligationRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promise of time: what opens it, how long, who keeps it, what meets it.

    `opens`, `met_by` and `blocks` name what happens on a ticket: a step of a pack, or a
    universal fact like `opened` or `transfer-accepted`. `blocks` is refused while it is open.
    """

    title: Word
    opens: frozenset[Word]
    met_by: MetBy
    limit: Limit
    when: Predicate | None = None
    responsible: Responsible = "owner"
    blocks: frozenset[Word] = frozenset()
    appointment: Word | None = None
    rule: Word | None = None

    def is_opened_by(self, word: str, look: Look) -> bool:
        return word in self.opens and (self.when is None or self.when.holds(look))


class GuardRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is refused on some steps or facts, and which rule of the catalogue says so.

    `refuse_when` asks the ticket and the form at hand; `forbids` names a list of phrases that no
    text the client sees may hold. `as_invalid`: the input is at fault (422), not the moment (409).
    """

    rule: Word
    upon: frozenset[Word]
    says: Word
    refuse_when: Predicate | None = None
    forbids: Word | None = None
    as_invalid: bool = False
    field: Word | None = None

    def refusal(self, look: Look) -> DomainError | None:
        if self.refuse_when is None or not self.refuse_when.holds(look):
            return None
        kind = GuardInvalid if self.as_invalid else GuardRefused
        return kind(self.says, rule=self.rule, field=self.field)

    def phrase_refusal(self, text: str, phrases: Iterable[str]) -> DomainError | None:
        for phrase in phrases:
            if phrase in text:
                return ForbiddenPhrase(
                    f"{self.says}: {phrase}", rule=self.rule, field=self.field, phrase=phrase
                )
        return None


@dataclass(frozen=True)
class Rulebook:
    """Obligations and guards of all the packs on a ticket, and the calendars they go by."""

    obligations: Mapping[str, ObligationRule] = field(default_factory=dict)
    guards: tuple[GuardRule, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calendars: Calendars = field(default_factory=lambda: Calendars(()))

    def refuse(self, word: str, look: Look) -> None:
        """Raises what the first guard on this step or fact says."""
        for guard in self.guards:
            refusal = guard.refusal(look) if word in guard.upon else None
            if refusal is not None:
                raise refusal

    def refuse_phrases(self, word: str, text: str) -> None:
        """Raises ForbiddenPhrase, naming the phrase (服务忌语)."""
        for guard in self.guards:
            if guard.forbids is not None and word in guard.upon:
                refusal = guard.phrase_refusal(text, self.lists.get(guard.forbids, ()))
                if refusal is not None:
                    raise refusal


NO_RULES = Rulebook()
