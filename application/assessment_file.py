"""What an assessment says to whoever reads it: the reviewed never learn who reviewed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from application.desk import Actor, Desk
from application.schemes import Schemes
from application.views.assessments import AssessmentFilter, AssessmentList, AssessmentRow
from domain.assessment import Assessment
from domain.errors import Forbidden, NotFound
from domain.report import in_text
from domain.roles import HOLDERS
from domain.scheme import Scheme
from domain.scoring import Rating, Sheet, hundredths, indicator_score, missing, score
from domain.staff import Staff

LOOKING_ON = HOLDERS["assessment.read"]
"""Who reads all assessments but their own."""


class NotForYou(Forbidden):
    code = "not_your_assessment"


class AssessmentFile:
    """Files are read from the register, under the scheme that they were opened under."""

    def __init__(self, desk: Desk, schemes: Schemes, rows: AssessmentList) -> None:
        self._desk, self._schemes, self._rows = desk, schemes, rows

    def told(self, assessment_id: UUID, reader: Actor) -> tuple[dict[str, Any], int]:
        """What that reader may know, and the version. Raises NotFound, NotForYou."""
        one = self._desk.look_up(Assessment, assessment_id)
        named = self._schemes.of(one)
        scheme, sheet, is_own = named.scheme, one.sheet, reader.staff_id == one.subject_id
        if is_own and one.hidden:
            raise NotFound(f"no assessment {assessment_id}", field="assessment_id")
        sees_all = not is_own and bool(reader.roles_in(one.units) & LOOKING_ON)
        if not (sees_all or is_own or one.is_published or self._leads(one, reader)):
            raise NotForYou("it is neither yours nor published")
        lacks = missing(scheme, sheet)
        told: dict[str, Any] = {
            "assessment_id": one.id,
            "scheme": one.scheme,
            "title": scheme.title,
            "pack": one.pack,
            "pack_version": one.pack_version,
            "subject_id": one.subject_id,
            "period": one.period,
            "unit": one.unit,
            "kinds": sorted(one.kinds),
            "state": one.state,
            "status": "incomplete" if lacks else "complete",
            "missing": lacks,
            "is_under_appeal": one.appeal_is_open,
            "published_at": one.published_at,
            "delivered": sorted(one.delivered),
            "version": one.version,
        }
        if sees_all or one.is_published:
            told |= _figures(one, scheme, sheet)
        if sees_all or (is_own and one.is_published):
            told["ratings"] = [_rating(rating, sees_all) for rating in sheet.ratings]
        if sees_all and one.sample is not None:
            told["sample"] = {"seed": one.sample[0], "clients": list(one.sample[1])}
        return told, one.version

    def page(
        self, asked: AssessmentFilter, reader: Actor, *, before: int | None, limit: int
    ) -> list[AssessmentRow]:
        """As above: whoever does not look on sees what is published, and their own."""
        asked = replace(asked, unless_hidden_from=reader.staff_id)
        if not reader.roles_anywhere & LOOKING_ON:
            asked = replace(asked, shown_to=reader.staff_id or UUID(int=0))
        rows = self._rows.page(asked, before=before, limit=limit)
        for row in rows:
            is_own = row.subject_id == reader.staff_id
            if row.published_at is None and (is_own or asked.shown_to):
                row.score, row.score_with_all, row.groups = None, None, {}
        return rows

    def undelivered(self, year: int, reader: Actor) -> list[dict[str, Any]]:
        """Records of a year of which a copy is still to be delivered, and to whom (SA-08)."""
        if not reader.roles_anywhere & LOOKING_ON:
            raise NotForYou("for those who look on")
        found = []
        for row in self._rows.of_year(year):
            one = self._desk.look_up(Assessment, row.assessment_id)
            wanted = self._schemes.of(one).scheme.copies
            if lacking := [copy for copy in wanted if copy not in one.delivered]:
                said = {"assessment_id": one.id, "subject_id": one.subject_id, "scheme": one.scheme}
                found.append({**said, "period": one.period, "missing": lacking})
        return found

    def _leads(self, one: Assessment, reader: Actor) -> bool:
        superior_id = self._desk.look_up(Staff, one.subject_id).superior_id
        return reader.staff_id is not None and reader.staff_id == superior_id


def _figures(one: Assessment, scheme: Scheme, sheet: Sheet) -> dict[str, Any]:
    now = one.score if one.score is not None else _rounded(score(scheme, sheet))
    return {
        "score": _text(now),
        "score_with_all": _text(_rounded(score(scheme, sheet.with_all()))),
        "indicators": {name: _indicator(scheme, sheet, name) for name in scheme.indicators},
    }


def _indicator(scheme: Scheme, sheet: Sheet, name: str) -> Mapping[str, Any]:
    found = indicator_score(scheme, sheet, name)
    planned = sheet.planned.get(name)
    told: dict[str, Any] = {
        "title": scheme.indicators[name].title,
        "score": _text(_rounded(found)),
    }
    if planned is not None:
        rate = 100 * planned.actual / planned.plan if planned.plan else None
        told |= {"plan": str(planned.plan), "actual": str(planned.actual)}
        told |= {"completion_rate": None if rate is None else in_text(rate, 2)}
    if name in sheet.figures:
        told["figure"] = in_text(sheet.figures[name], 2)
    return told


def _rating(rating: Rating, with_source: bool) -> dict[str, Any]:
    scores = {name: in_text(value, 2) for name, value in rating.scores.items()}
    told = {"rating": rating.id, "rater": rating.rater, "scores": scores, "fair": rating.fair}
    return {**told, "source": rating.source, "by": rating.by} if with_source else told


def _rounded(exact: Fraction | None) -> int | None:
    return None if exact is None else hundredths(exact)


def _text(in_hundredths: int | None) -> str | None:
    return None if in_hundredths is None else in_text(Decimal(in_hundredths) / 100, 2)
