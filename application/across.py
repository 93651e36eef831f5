"""Answers what packs ask about other tickets, from the views, and about colleagues."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from application.desk import Desk
from application.views.figures import Figures
from domain.errors import NotFound
from domain.pack_rules import Across, value_of
from domain.predicate import Look
from domain.staff import Staff

ALWAYS = 36_500
"""Days that are asked about where a pack names none."""


class AcrossTickets:
    """The views may be some milliseconds behind what is decided on; staff are as they are."""

    def __init__(self, figures: Figures, desk: Desk) -> None:
        self._figures, self._desk = figures, desk

    def __call__(self, question: Across, look: Look) -> int:
        """How many; 0 where something that it asks by is not known here."""
        if question.colleague is not None:
            return self._of_staff(question, _uuid(look(question.colleague)), look)
        return self._open(question, look) if question.open else self._happened(question, look)

    def _of_staff(self, question: Across, colleague_id: UUID | None, look: Look) -> int:
        if colleague_id is None:
            return 0
        try:
            known = self._desk.look_up(Staff, colleague_id)
        except NotFound:
            return 0
        wanted, competence = question.superior, value_of(question.competence, look)
        reports = wanted is None or known.superior_id == _uuid(look(wanted))
        return int(
            not known.has_left
            and reports
            and (competence is None or known.is_competent(competence, look("now")))
        )

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
    return _uuid(look("actor.id" if question.owner == "actor" else "this.owner_id"))


def _uuid(said: Any) -> UUID | None:
    try:
        return UUID(str(said))
    except ValueError:
        return None
