"""Answers what packs ask about other tickets, from the views."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from application.views.figures import Figures
from domain.pack_rules import Across
from domain.predicate import Look

ALWAYS = 36_500
"""Days that are asked about where a pack names none."""


class AcrossTickets:
    """The views may be some milliseconds behind what is decided on."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def __call__(self, question: Across, look: Look) -> int:
        """How many; 0 where something that it asks by is not known here."""
        return self._open(question, look) if question.open else self._happened(question, look)

    def _happened(self, question: Across, look: Look) -> int:
        same = {field: look(path) for field, path in question.same.items()}
        if question.word is None or None in same.values():
            return 0
        now: datetime = look("now")
        return self._figures.count_happenings(
            question.word,
            same=same,
            since=now - timedelta(days=question.within_days or ALWAYS),
            procedures=sorted(question.procedures) or None,
            without=UUID(look("this.id")),
        )

    def _open(self, question: Across, look: Look) -> int:
        owner_id = _owner_asked_by(question, look)
        if question.owner and owner_id is None:
            return 0
        return self._figures.count_open(
            owner_id=owner_id,
            channels=sorted(question.channels) or None,
            procedures=sorted(question.procedures) or None,
            not_in=sorted(question.not_in),
            without=UUID(look("this.id")),
        )


def _owner_asked_by(question: Across, look: Look) -> UUID | None:
    """None where it asks by nobody, or by who is no staff: the clock or the rules may act, too."""
    if question.owner is None:
        return None
    try:
        return UUID(look("actor.id" if question.owner == "actor" else "this.owner_id"))
    except ValueError:
        return None
