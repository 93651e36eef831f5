"""The rulebook: what holds for one ticket, from all the packs that are pinned on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.calendar import Calendars
from domain.checklist import Checklist
from domain.pack_people import People, Reading, Sample
from domain.pack_rules import Across, Consequence, GuardRule, ObligationRule, Route, ServiceItem
from domain.predicate import Look
from domain.signoff import Signoff

CLIENT_BREACH = "client-facing-breached"
"""A promise that faces the client was missed, whichever (SC-13)."""

HAPPENINGS = frozenset(
    {
        "opened",
        "case-slip-issued",
        "noted",
        "transfer-offered",
        "transfer-accepted",
        "transfer-declined",
        "transfer-withdrawn",
        "transfer-decided",
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
        "rejected",
        "withdrawn",
        "voided",
        "archived",
        "routed",
        "evidence-attached",
        "evidence-labelled",
        "evidence-granted",
        "ticked",
        "signed",
        "signature-refused",
        "violation-flagged",
        "moved-to-version",
        "supervision-notice-issued",
        "supervision-answered",
        "handler-reminded",
        CLIENT_BREACH,
    }
)
"""What can happen to every ticket, by the words that packs use for it."""


@dataclass(frozen=True)
class Rulebook:
    """What all the packs on a ticket say, and the calendars they go by."""

    obligations: Mapping[str, ObligationRule] = field(default_factory=dict)
    guards: tuple[GuardRule, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calendars: Calendars = field(default_factory=lambda: Calendars(()))
    consequences: tuple[Consequence, ...] = ()
    across: Mapping[str, Across] = field(default_factory=dict)
    items: Mapping[str, ServiceItem] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    signoffs: Mapping[str, Signoff] = field(default_factory=dict)
    checklists: Mapping[str, Checklist] = field(default_factory=dict)
    people: Mapping[str, People] = field(default_factory=dict)
    samples: Mapping[str, Sample] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def refuse(self, word: str, look: Look) -> None:
        """Raises what the first guard on this step or fact says."""
        for guard in self.guards:
            refusal = guard.refusal(look) if word in guard.upon else None
            if refusal is not None:
                raise refusal

    def warnings(self, word: str, look: Look) -> list[str]:
        """What the guards on this step or fact say without refusing it."""
        asked = [guard.warning(look) for guard in self.guards if word in guard.upon]
        return [warning for warning in asked if warning is not None]

    def route_upon(self, word: str, look: Look) -> Route | None:
        """The first route that this happening opens."""
        for route in self.routes:
            if word in route.upon and (route.when is None or route.when.holds(look)):
                return route
        return None

    def refuse_phrases(self, word: str, text: str, field: str | None = None) -> None:
        """Raises ForbiddenPhrase, naming the phrase (服务忌语) and the field that it stands in."""
        for guard in self.guards:
            if guard.forbids is not None and (word in guard.upon or not guard.upon):
                phrases = self.lists.get(guard.forbids, ())
                refusal = guard.phrase_refusal(text, phrases, field)
                if refusal is not None:
                    raise refusal

    def look(self, path: str, item: str | None) -> Any:
        """What a path into the packs themselves stands for: `policy.`, `list.` or `item.`."""
        where, _, name = path.partition(".")
        if where == "policy":
            return self.values.get(name)
        if where == "list":
            return list(self.items) if name == "items" else list(self.lists.get(name, ()))
        asked = getattr(self.items.get(item or ""), name, None)
        return list(asked) if isinstance(asked, tuple) else asked


NO_RULES = Rulebook()
