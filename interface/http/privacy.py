"""Who looks, and what for: asked of a request before anything labelled is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Request, request

from application.accesses import Looker
from application.desk import Actor
from application.register import Fact
from application.views.ticket_history import HistoryRow
from domain.privacy import HIDDEN
from interface.http.auth import actor, reader
from interface.http.services import services

PURPOSE = "Purpose"

PURPOSE_HEADER: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": PURPOSE,
        "schema": {"type": "string", "maxLength": 200},
        "description": "What for: a code of the list that the packs give; put on record",
    }
]
"""What a question about somebody may carry."""

OWN_BLUEPRINTS = frozenset({"policy", "packs", "reports"})
"""What speaks of no person: who is confined reads it, too."""

OWN_ENDPOINTS = frozenset(
    {"desk.me", "desk.mine", "desk.offered", "desk.first_contacts", "desk.transfers"}
)
"""What shows them nothing but what is theirs."""


def looker() -> Looker:
    """Who asks to read, with the purpose they say. Raises Forbidden."""
    return Looker(reader(), request.headers.get(PURPOSE) or None, services().now())


def keep_within_reach(asked: Request, actor: Actor, now: datetime) -> None:
    """Volunteers read their own open cases (PR-07). Raises OutOfReach, NotFound."""
    if asked.method != "GET" or asked.url_rule is None:
        return
    who = Looker(actor, None, now)
    if not who.is_confined:
        return
    if asked.blueprint in OWN_BLUEPRINTS or asked.endpoint in OWN_ENDPOINTS:
        return
    named = asked.view_args or {}
    services().accesses.must_reach(who, named.get("ticket_id"), named.get("client_id"))


def intervened(fact: Fact) -> HistoryRow | None:
    """What happened meanwhile, labelled texts left out; None for who sees only their own cases."""
    who = Looker(actor(), None, services().now())
    if who.is_confined:
        return None
    entry = services().labelled_texts.intervened(fact, who.at)
    if not entry.topic.startswith("client."):
        return entry
    parts = services().accesses.withheld(fact.event, who.at)
    return replace(entry, details={n: _without(parts, n, v) for n, v in entry.details.items()})


def _without(parts: frozenset[str], name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _without(parts, n, one) for n, one in value.items()}
    return HIDDEN if name in parts else value
