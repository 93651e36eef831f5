"""Into which classes a client falls: proposed, approved by a unit high enough, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.aggregate import Act, Aggregate
from domain.client_records import NOBODY, OnFile
from domain.errors import Invalid, Refused
from domain.file_rules import Said, orders
from domain.form import with_form
from domain.grading import Assessment, Grading
from domain.own import must_be_another
from domain.predicate import Look


class NothingProposed(Refused):
    code = "nothing_proposed"


class OwnProposal(Refused):
    code = "own_proposal"


class NotAdjustable(Invalid):
    code = "not_adjustable"


@dataclass(frozen=True)
class Proposal:
    """A class that waits for approval at a level. `proposed_by`: whose own it is."""

    said: Mapping[str, Any]
    level: str
    proposed_by: frozenset[str | None]


@dataclass(frozen=True)
class Held:
    """The class from a day on, until another (excluded; None: for good). None: no class."""

    grade: str | None
    since: date
    until: date | None
    entitlements: Mapping[str, Any]
    basis: Mapping[str, Any]

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


class Classified(OnFile):
    """Several gradings, each for itself. What was decided last holds, within its period."""

    class GradeProposed(Aggregate.Event):
        """Waits for somebody of a unit at `level`. Days are of the desk's zone, like 2026-11-23."""

        TOPIC = "client.grade-proposed"
        scheme: str
        grade: str | None
        former: str | None
        since: str
        until: str | None
        basis: dict[str, Any]
        flags: dict[str, Any]
        form: dict[str, Any]
        entitlements: dict[str, Any]
        opens: dict[str, Any]
        level: str
        pack: str
        pack_version: int

        def apply(self, aggregate: Classified) -> None:
            by = frozenset({self.by, self.acting_for})
            aggregate.proposals[self.scheme] = Proposal(_decided(vars(self)), self.level, by)

    class GradeRefused(Aggregate.Event):
        TOPIC = "client.grade-refused"
        scheme: str
        grade: str | None

        def apply(self, aggregate: Classified) -> None:
            del aggregate.proposals[self.scheme]

    class Graded(Aggregate.Event):
        """From `former` to `grade`; `opens`: matters that follow from it."""

        TOPIC = "client.graded"
        scheme: str
        grade: str | None
        former: str | None
        since: str
        until: str | None
        basis: dict[str, Any]
        flags: dict[str, Any]
        form: dict[str, Any]
        entitlements: dict[str, Any]
        opens: dict[str, Any]
        pack: str
        pack_version: int

        def apply(self, aggregate: Classified) -> None:
            aggregate.proposals.pop(self.scheme, None)
            held = _held(vars(self))
            aggregate.grades[self.scheme] = [*aggregate.grades.get(self.scheme, ()), held]

    def _start_classes(self) -> None:
        self.grades: dict[str, list[Held]] = {}
        self.proposals: dict[str, Proposal] = {}

    def held_on(self, scheme: str, day: date) -> Held | None:
        held = [one for one in self.grades.get(scheme, ()) if one.holds_on(day)]
        return held[-1] if held else None

    def grade_on(self, scheme: str, day: date) -> str | None:
        held = self.held_on(scheme, day)
        return None if held is None else held.grade

    def entitlements_on(self, day: date) -> dict[str, Any]:
        """What the client may claim on a day, by all of their classes; the better priority."""
        held = [one for name in self.grades if (one := self.held_on(name, day)) is not None]
        claims: dict[str, Any] = {}
        for one in held:
            claims |= one.entitlements
        priorities = [one.entitlements[PRIORITY] for one in held if PRIORITY in one.entitlements]
        return claims | ({PRIORITY: min(priorities)} if priorities else {})

    def grade_by(
        self,
        scheme: str,
        form: Mapping[str, Any],
        said: Said[Grading],
        *,
        named: str | None,
        since: date | None,
        today: date,
        at_unit: Mapping[str, Any] = NOBODY,
        act: Act,
    ) -> None:
        """Assess the client, or put them into the class `named`, with a reason.

        It holds at once where nobody has to approve it. Raises Invalid, FormIncomplete,
        FormRefused, NotAdjustable.
        """
        look = self.looking(act, said, today, at_unit)
        read, found = self._assessed(form, said.rule, named, look, act)
        begin = since or today
        until, former = said.rule.until(begin), self.grade_on(scheme, begin)
        row = said.rule.classes.get(found.grade or "")
        decided: dict[str, Any] = {
            "scheme": scheme,
            "grade": found.grade,
            "former": former,
            "since": begin.isoformat(),
            "until": until and until.isoformat(),
            "basis": dict(found.basis),
            "flags": dict(found.flags),
            "form": read,
            "entitlements": dict(row.entitlements) if row else {},
            "opens": orders(said.rule.opens, _graded(found, former, row, with_form(read, look))),
            "pack": said.pack,
            "pack_version": said.version,
        }
        level = said.rule.approves(found.grade, former)
        if level is None:
            if self.held_on(scheme, begin) != _held(decided):
                self._record(self.Graded, act, **decided)
        elif self._is_new(scheme, decided):
            self._record(self.GradeProposed, act, **decided, level=level)

    def approve_grade(
        self, scheme: str, said: Said[Grading], at_unit: Mapping[str, Any] = NOBODY, *, act: Act
    ) -> None:
        """`at_unit`: what packs say of the unit of who approves.

        Raises NothingProposed, UnitTooLow, OwnProposal.
        """
        proposal = self._waiting(scheme)
        said.rule.must_be_high_enough(at_unit.get("level"), proposal.level, said.rule.rule)
        own = OwnProposal("who proposed it does not approve it", rule=said.rule.rule)
        must_be_another(proposal.proposed_by, act, own)
        self._record(self.Graded, act, **proposal.said)

    def refuse_grade(self, scheme: str, *, act: Act) -> None:
        """With a reason. Raises NothingProposed."""
        act.must_give_reason()
        proposal = self._waiting(scheme)
        self._record(self.GradeRefused, act, scheme=scheme, grade=proposal.said["grade"])

    def _assessed(
        self,
        form: Mapping[str, Any],
        grading: Grading,
        named: str | None,
        look: Look,
        act: Act,
    ) -> tuple[dict[str, Any], Assessment]:
        if named is not None and not grading.adjustable:
            raise NotAdjustable(f"{grading.title} follows from the form", field="grade")
        if named is None or form:
            read = grading.form_of(form, self.id, look)
            found = grading.assess(with_form(read, look))
            if named is None:
                return read, found
        else:
            read, found = {}, Assessment(None, {}, {})
        act.must_give_reason()
        if named not in grading.classes:
            known = ", ".join(grading.classes)
            raise Invalid(f"{named} is none of {known}", field="grade")
        basis = {**found.basis, "assessed": found.grade, "adjusted": True}
        return read, Assessment(named, basis, found.flags)

    def _waiting(self, scheme: str) -> Proposal:
        if scheme not in self.proposals:
            raise NothingProposed(f"no class of {scheme} waits for approval")
        return self.proposals[scheme]

    def _is_new(self, scheme: str, decided: Mapping[str, Any]) -> bool:
        known = self.proposals.get(scheme)
        return known is None or known.said != decided


PRIORITY = "priority"
"""The entitlement that decides where the client's tickets stand in a queue; smaller is sooner."""


_DECIDED = (
    "scheme",
    "grade",
    "former",
    "since",
    "until",
    "basis",
    "flags",
    "form",
    "entitlements",
    "opens",
    "pack",
    "pack_version",
)


def _decided(said: Mapping[str, Any]) -> dict[str, Any]:
    """What an approval takes over of a proposal."""
    return {name: said[name] for name in _DECIDED}


def _held(said: Mapping[str, Any]) -> Held:
    until = said["until"]
    return Held(
        said["grade"],
        date.fromisoformat(said["since"]),
        None if until is None else date.fromisoformat(until),
        said["entitlements"],
        said["basis"],
    )


def _graded(found: Assessment, former: str | None, row: Any, look: Look) -> Look:
    """With the class that was found: `graded.grade`, `graded.manage`, `graded.flags` …"""
    known = {
        "grade": found.grade,
        "former": former,
        "title": getattr(row, "title", None),
        "approve": getattr(row, "approve", None),
        "manage": getattr(row, "manage", None),
        **{f"flags.{name}": holds for name, holds in found.flags.items()},
    }

    def looked(path: str) -> Any:
        where, _, name = path.partition(".")
        return known.get(name) if where == "graded" else look(path)

    return looked
