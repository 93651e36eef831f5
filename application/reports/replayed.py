"""Figures by replay: of tickets as they stood at an instant, or under other packs than theirs.

views now      which tickets can be in it: what happened stays in the view of happenings
register       their streams, up to the instant
fold           by the views that are folded live: ticket, what was told, what was promised
what-if        what was promised is made anew by another rulebook (domain/what_if.py)
definition     computes over them as over the rows of the tables
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from application.as_of import Past, Then, folded
from application.instant import AsOf
from application.views.figures import (
    Figures,
    Happened,
    HappeningFigures,
    HappeningView,
    ObligationFigures,
    Reported,
    TicketFigures,
    TicketFiguresView,
    Window,
    due_in,
)
from application.views.ticket_register import TicketRow
from domain.errors import NotFound
from domain.happening import word_of
from domain.obligation import Obligation
from domain.sealed import in_clear

Promises = Callable[[Then[TicketRow]], list[tuple[str, Obligation]]]
"""What was promised on a ticket as it stood then, each with its name in the pack."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_EVER = datetime(9999, 1, 1, tzinfo=UTC)

OPENED = "opened"


def as_promised(then: Then[TicketRow]) -> list[tuple[str, Obligation]]:
    """What really was."""
    return [(row.name, Obligation.from_data(row.obligation)) for row in then.obligations()]


class Replayed(Reported):
    """A stream a ticket is read: right, and slow. Without `as_of`: all that is known by now."""

    def __init__(
        self,
        figures: Figures,
        past: Past,
        as_of: AsOf | None,
        promises: Promises = as_promised,
    ) -> None:
        self._figures, self._past, self._promises = figures, past, promises
        self._as_of = as_of or AsOf(_EVER)

    def read_up_to(self) -> int:
        return self._past.head()

    def tickets(self, word: str, window: Window, now: datetime) -> list[TicketFigures]:
        found = self._of(self._figures.to_whom(word, window), now)
        return [ticket for _, ticket in found if _last_is_in(ticket, word, window)]

    def happenings(
        self, words: Sequence[str], window: Window, now: datetime
    ) -> list[HappeningFigures]:
        ids = dict.fromkeys(id for word in words for id in self._figures.to_whom(word, window))
        view = HappeningView()
        rows = [
            HappeningFigures(happening=view.fold(None, fact, fact.position), of=ticket)
            for then, ticket in self._of(ids, now)
            for fact in then.facts
            if type(fact.event) in view.facts
            and word_of(fact.event) in words
            and window.since <= fact.event.timestamp < window.until
        ]
        return sorted(rows, key=lambda row: row.happening.position)

    def obligations(self, window: Window, now: datetime) -> list[ObligationFigures]:
        """Of all tickets that were opened before the window's end: any may have been due then."""
        opened = self._figures.to_whom(OPENED, replace(window, since=BEGINNING))
        return due_in([ticket for _, ticket in self._of(opened, now)], window)

    def events(self, ticket_ids: Sequence[UUID], words: Sequence[str]) -> list[Happened]:
        return [
            Happened(ticket_id, fact.position, word_of(fact.event), fact.event.timestamp)
            for ticket_id in ticket_ids
            for fact in self._past.ticket(ticket_id, self._as_of).facts
            if type(fact.event) in HappeningView.facts and word_of(fact.event) in words
        ]

    def _of(
        self, ticket_ids: Iterable[UUID], now: datetime
    ) -> list[tuple[Then[TicketRow], TicketFigures]]:
        """Those that were open by then."""
        found = []
        for ticket_id in ticket_ids:
            try:
                then = self._past.ticket(ticket_id, self._as_of)
            except NotFound:
                continue
            found.append((then, self._figures_of(then, now)))
        return found

    def _figures_of(self, then: Then[TicketRow], now: datetime) -> TicketFigures:
        told = folded(TicketFiguresView(), then.facts)[then.row.ticket_id]
        return TicketFigures(
            ticket=then.row,
            told=told,
            client=self._client(then.row.client_id),
            obligations=self._promises(then),
            now=now,
        )

    def _client(self, client_id: UUID | None) -> dict[str, Any]:
        if client_id is None:
            return {}
        try:
            row = self._past.client(client_id, self._as_of).row
        except NotFound:
            return {}
        told: dict[str, Any] = in_clear({"kind": row.kind} | row.attributes)
        return told


def _last_is_in(ticket: TicketFigures, word: str, window: Window) -> bool:
    last = ticket.told.last_at.get(word)
    return last is not None and window.since <= datetime.fromisoformat(last) < window.until
