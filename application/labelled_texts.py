"""Texts of tickets that packs label: shown to whom the label names, masked to everybody else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from application.accesses import STANDING_FILTERS, Accesses, Looker
from application.desk import Desk
from application.packs import Packs
from application.register import Fact
from application.views.search import Withheld, texts_of
from application.views.ticket_file import is_filed
from application.views.ticket_history import HistoryRow, described
from application.views.ticket_register import TicketRow
from domain.access import Seen
from domain.aggregate import events_of
from domain.privacy import HIDDEN, Sight
from domain.rulebook import HAPPENINGS
from domain.sealed import Sealed
from domain.ticket import Ticket

MATTER = "opened.matter"

_OF_TICKETS = frozenset(events_of(Ticket))

_OF_STEPS = ("ticket.step-taken", "ticket.followed")
"""Topics of what has a word of its pack, not one of its own."""


class LabelledTexts:
    """Asked of every page with texts of tickets; what it puts on record is stored by then."""

    def __init__(self, desk: Desk, packs: Packs, accesses: Accesses) -> None:
        self._desk, self._packs, self._accesses = desk, packs, accesses

    def file(
        self,
        row: TicketRow,
        entries: Sequence[HistoryRow],
        looker: Looker,
        *,
        standing: TicketRow | None = None,
    ) -> tuple[TicketRow, list[HistoryRow]]:
        """The ticket and its history as they may see it; what the file shows in full is on record.

        `standing`: the row that says who is what on it, if another. Raises Invalid for a purpose
        that is in no list.
        """
        shown = chain([MATTER], _paths(filter(is_filed, entries)))
        blind = self._look(standing or row, shown, looker)
        return _without_matter(row, blind), [_masked(entry, blind) for entry in entries]

    def history(
        self, row: TicketRow, entries: Sequence[HistoryRow], looker: Looker
    ) -> list[HistoryRow]:
        """The same without the ticket itself."""
        blind = self._look(row, _paths(entries), looker)
        return [_masked(entry, blind) for entry in entries]

    def listed(self, rows: Iterable[TicketRow], at: datetime) -> list[TicketRow]:
        """As on a list: what is labelled is masked for everybody, and nothing is recorded."""
        texts = self._packs.privacy(at).texts
        return [_without_matter(row, texts.get(row.procedure, {})) for row in rows]

    def intervened(self, fact: Fact, at: datetime) -> HistoryRow:
        """What happened to a ticket, as on a list."""
        return _masked(described(fact), self._labelled(fact, at))

    def within(self, fact: Fact, at: datetime) -> list[Sealed]:
        """What is labelled in an event, for who shows it to nobody that they know."""
        names = _names(self._labelled(fact, at), _word(described(fact)))
        found = texts_of(fact.event).items()
        return [t for path, t in found if path.removeprefix("form.").partition(".")[0] in names]

    def withheld(self, at: datetime) -> tuple[Withheld, ...]:
        """What search finds for nobody: to find it by a word would tell what it says."""
        return tuple(
            Withheld(procedure, _topics(path.partition(".")[0]), path.partition(".")[2])
            for procedure, labels in self._packs.privacy(at).texts.items()
            for path in labels
        )

    def _labelled(self, fact: Fact, at: datetime) -> Collection[str]:
        texts = self._packs.privacy(at).texts
        if not texts or type(fact.event) not in _OF_TICKETS:
            return ()
        procedure = self._desk.look_up(Ticket, fact.event.originator_id).procedure
        return texts.get(procedure, {})

    def _look(self, row: TicketRow, paths: Iterable[str], looker: Looker) -> Collection[str]:
        """Which of them they do not see; that they see the others is on record by then.

        Where nothing is labelled, nobody goes through the paths.
        """
        privacy = self._packs.privacy(looker.at)
        privacy.must_be_purpose(looker.purpose)
        labels = privacy.texts.get(row.procedure, {})
        if not labels:
            return ()
        who = _who(row, looker)
        full = {
            path
            for path, label in labels.items()
            if privacy.sight(label, who, looker.purpose) is Sight.FULL
        }
        seen = sorted(p for p in full.intersection(paths) if privacy.is_recorded(labels[p]))
        if seen:
            shown = Seen(
                what="ticket",
                client_id=row.client_id,
                ticket_id=row.ticket_id,
                fields=tuple(seen),
                labels=tuple(sorted({labels[path] for path in seen})),
                purpose=looker.purpose,
            )
            self._accesses.record(shown, looker)
        return labels.keys() - full


def _who(row: TicketRow, looker: Looker) -> frozenset[str]:
    """Their roles there, and what they are on this very ticket."""
    staff_id, units = looker.by.staff_id, {row.unit, row.queue or row.unit}
    standings = {
        name
        for name, held_by in STANDING_FILTERS.items()
        if staff_id is not None and getattr(row, held_by) == staff_id
    }
    return looker.by.roles_in(units) | standings


def _word(entry: HistoryRow) -> str:
    """As packs call what happened: by its step, or by what every desk calls it."""
    return entry.step or entry.topic.partition(".")[2]


def _names(paths: Iterable[str], word: str) -> frozenset[str]:
    """Of `<word>.<field>`, the fields of this word."""
    return frozenset(path.partition(".")[2] for path in paths if path.partition(".")[0] == word)


def _paths(entries: Iterable[HistoryRow]) -> Iterator[str]:
    """What the entries say, as packs call it."""
    for entry in entries:
        said = {"reason": entry.reason, **entry.details, **entry.details.get("form", {})}
        yield from (f"{_word(entry)}.{name}" for name, v in said.items() if v is not None)


def _masked(entry: HistoryRow, blind: Collection[str]) -> HistoryRow:
    names = _names(blind, _word(entry)) if blind else ()
    if not names:
        return entry
    details = _hidden(entry.details, names)
    if "form" in details:
        details["form"] = _hidden(details["form"], names)
    return replace(entry, details=details, **_hidden({"reason": entry.reason}, names))


def _hidden(said: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {n: HIDDEN if n in names and v is not None else v for n, v in said.items()}


def _without_matter(row: TicketRow, blind: Collection[str]) -> TicketRow:
    hidden: dict[str, Any] = {"matter": HIDDEN} if MATTER in blind else {}
    return replace(row, **hidden) if hidden else row


def _topics(word: str) -> tuple[str, ...]:
    return (f"ticket.{word}",) if word in HAPPENINGS else _OF_STEPS
