"""Answers what packs ask about staff, and draws samples of tickets, from the views."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from application.across import ALWAYS, AcrossTickets
from application.views.figures import Figures, Window
from application.views.staff_directory import StaffDirectory, StaffRow
from domain.pack_people import Deeds, People, Sample
from domain.pack_rules import Across, value_of
from domain.period import bounds
from domain.predicate import Look
from domain.sampling import drawn, share_of
from domain.volunteering import WEEKDAYS
from domain.zone import Zone


class PeopleAsked:
    """The views may be some milliseconds behind what is decided on. `across`: for other tickets."""

    def __init__(
        self, across: AcrossTickets, directory: StaffDirectory, figures: Figures, zone: Zone
    ) -> None:
        self._across, self._directory, self._figures = across, directory, figures
        self._zone = zone

    def __call__(self, question: Across | People | Sample, look: Look) -> Any:
        """How many, or their ids; nobody where something that it asks by is not known here."""
        if isinstance(question, Sample):
            return self._drawn(question, look)
        if isinstance(question, People):
            return self._people(question, look)
        return self._across(question, look)

    def _people(self, question: People, look: Look) -> list[str]:
        asked = ("team", "competence", "area", "day")
        named = {name: said for name in asked if (said := getattr(question, name)) is not None}
        wanted = {name: value_of(said, look) for name, said in named.items()}
        if None in wanted.values():
            return []
        rows = self._directory.volunteering(
            team=wanted.get("team"), only_volunteers=question.volunteers
        )
        found = [str(row.staff_id) for row in rows if _fits(row, wanted, look("now"))]
        if question.having is not None:
            done = self._done(question.having, look, others_only=False)
            found = [one for one in found if one in done]
        if question.without is not None and found:
            done = self._done(question.without, look, others_only=True)
            found = [one for one in found if one not in done]
        return found

    def _done(self, deeds: Deeds, look: Look, *, others_only: bool) -> frozenset[str]:
        """The ids of those who have done so much."""
        same = {field: look(path) for field, path in deeds.same.items()}
        window = self._window(deeds, look)
        forms: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in self._figures.happenings([deeds.word], window, look("now")):
            form = row.happening.form
            is_here = str(row.ticket_id) == look("this.id")
            is_same = all(form.get(field) == value for field, value in same.items())
            if is_same and not (others_only and is_here):
                forms[str(form.get(deeds.who))].append(form)
        least = {field: _number(value_of(said, look)) for field, said in deeds.sums.items()}
        times = _number(value_of(deeds.times, look))
        return frozenset(
            who
            for who, told in forms.items()
            if len(told) >= times
            and all(sum(_number(f.get(field)) for f in told) >= m for field, m in least.items())
        )

    def _window(self, deeds: Deeds, look: Look) -> Window:
        if deeds.period is None:
            now: datetime = look("now")
            return Window(since=now - timedelta(days=ALWAYS), until=now + timedelta(days=ALWAYS))
        since, until = bounds(str(value_of(deeds.period, look)), self._zone)
        return Window(since=since, until=until)

    def _drawn(self, question: Sample, look: Look) -> list[str]:
        now: datetime = look("now")
        window = Window(
            since=now - timedelta(days=question.days),
            until=now,
            procedures=sorted(question.procedures) or None,
        )
        opened = self._figures.to_whom("opened", window)
        seed = str(value_of(question.seed, look))
        size = share_of(len(opened), question.percent)
        return [str(one) for one in drawn(opened, seed=seed, size=size)]


def _fits(row: StaffRow, wanted: Mapping[str, Any], at: datetime) -> bool:
    """Whose areas, or days, are not named serves in all of them."""
    competence, area, day = (wanted.get(name) for name in ("competence", "area", "day"))
    return (
        (competence is None or _is_competent(row, competence, at))
        and (area is None or not row.areas or area in row.areas)
        and (day is None or not row.weekdays or _weekday(day) in row.weekdays)
    )


def _is_competent(row: StaffRow, competence: str, at: datetime) -> bool:
    until = row.competences.get(competence, "")
    return until is None or (until != "" and at < datetime.fromisoformat(until))


def _weekday(day: str) -> str:
    return WEEKDAYS[date.fromisoformat(day).weekday()]


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal()
