"""What one version of a pack (制度) says, and what holds for a ticket by several of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Struct

from domain.blacklist import BlacklistTerms
from domain.calendar import Calendars
from domain.check import EVERYBODY, Check
from domain.checklist import Checklist
from domain.errors import Invalid
from domain.file_rules import Broadcast, RecordKind, file_faults
from domain.form import Word
from domain.grading import Grading
from domain.ladder import Ladder
from domain.ledger_table import Grade, Table
from domain.ownership import OwnershipTerms
from domain.pack_people import People, Reading, Sample, Team
from domain.pack_rules import (
    Across,
    Consequence,
    GuardRule,
    ObligationRule,
    Route,
    ServiceItem,
)
from domain.privacy import Privacy
from domain.procedure import Procedure, Step
from domain.report import Report
from domain.roles import ROLES
from domain.rulebook import HAPPENINGS, Rulebook
from domain.schedule import Schedule
from domain.scheme import Scheme
from domain.signoff import Signoff

T = TypeVar("T")


class PackInvalid(Invalid):
    code = "pack_invalid"


_OF_TICKETS = frozenset(
    {
        *("activities", "obligations", "guards", "consequences", "across", "items", "routes"),
        *("signoffs", "checklists"),
    }
)
"""A pack without any of these leaves tickets alone."""

_HEAD = frozenset({"pack", "version", "title", "holds_for", "principles", "owner", "rules"})

_BESIDE = frozenset({"ledger", "records", "gradings", "broadcasts", "units"})
"""What packs say beside tickets."""


class HoldsFor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which tickets an overlay holds; what is not named is every one."""

    procedures: frozenset[Word] = frozenset()
    units: frozenset[Word] = frozenset()

    def includes(self, procedure: str, unit: str) -> bool:
        return (not self.procedures or procedure in self.procedures) and (
            not self.units or unit in self.units
        )


class PackContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one version of a pack says. `rules` names the catalogue rules it carries out.

    Without a procedure it is an overlay: it holds on tickets of other packs, too. A `mandatory`
    one holds at every service point. `phrases` are those lists that are the phrase library, by
    category; `expects`, how long a list has to be. In `templates` stand {address}, {number} and
    {state}. `retention_days`: how long a client's matters are kept at least after their closing.
    `records`, `gradings` and `broadcasts` are about clients' files; `units`: what is said of a
    unit, like its level.
    """

    pack: str
    version: int
    title: Word
    procedure: Procedure | None = None
    holds_for: HoldsFor = HoldsFor()
    mandatory: bool = False
    activities: dict[Word, Step] = {}
    obligations: dict[Word, ObligationRule] = {}
    guards: tuple[GuardRule, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    across: dict[Word, Across] = {}
    items: dict[Word, ServiceItem] = {}
    values: dict[Word, Any] = {}
    lists: dict[Word, tuple[Word, ...]] = {}
    phrases: dict[Word, Word] = {}
    expects: dict[Word, int] = {}
    documents: dict[Word, str] = {}
    templates: dict[Word, str] = {}
    principles: frozenset[Word] = frozenset()
    owner: Word | None = None
    retention_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] | None = None
    routes: tuple[Route, ...] = ()
    signoffs: dict[Word, Signoff] = {}
    checklists: dict[Word, Checklist] = {}
    schedules: dict[Word, Schedule] = {}
    rules: tuple[Word, ...] = ()
    reports: dict[Word, Report] = {}
    privacy: Privacy | None = None
    grades: dict[Word, Grade] = {}
    ledger: dict[Word, Table] = {}
    schemes: dict[Word, Scheme] = {}
    ladders: dict[Word, Ladder] = {}
    ownership: OwnershipTerms | None = None
    blacklist: BlacklistTerms | None = None
    records: dict[Word, RecordKind] = {}
    gradings: dict[Word, Grading] = {}
    broadcasts: dict[Word, Broadcast] = {}
    units: dict[Word, dict[Word, Any]] = {}
    checks: dict[Word, Check] = {}
    people: dict[Word, People] = {}
    samples: dict[Word, Sample] = {}
    readings: dict[Word, Reading] = {}
    teams: dict[Word, Team] = {}

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> PackContent:
        """Raises PackInvalid, naming the place at fault."""
        try:
            read = msgspec.convert(content, cls)
        except msgspec.ValidationError as error:
            raise PackInvalid(str(error), field="content") from None
        faults = read.faults()
        if faults:
            raise PackInvalid("; ".join(faults), field="content", faults=faults)
        return read

    @property
    def is_overlay(self) -> bool:
        return self.procedure is None

    def holds_for_ticket(self, procedure: str, unit: str) -> bool:
        """Whether it holds besides the pack of the procedure, at this service point."""
        return (
            self.is_overlay
            and not self.is_beside_tickets
            and self.holds_for.includes(procedure, unit)
        )

    @property
    def is_beside_tickets(self) -> bool:
        """Whether it speaks of the ledger or of clients' files, or is of reports alone, and says
        nothing that could hold for a ticket."""
        says = {name for name in self.__struct_fields__ if getattr(self, name)} - _HEAD
        return bool(says & _BESIDE or says == {"reports"}) and not says & _OF_TICKETS

    @property
    def the_procedure(self) -> Procedure:
        """Raises PackInvalid for an overlay: no matter is opened under one."""
        if self.procedure is None:
            raise PackInvalid(f"{self.pack} has no procedure of its own", field="procedure")
        return self.procedure

    def faults(self) -> list[str]:
        """What keeps it from being a pack, each naming its place; empty if sound."""
        faults = [] if self.procedure is None else self.procedure.faults()
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", self.pack):
            faults.append("pack: a name is small letters, digits, - and _")
        if self.mandatory and (self.holds_for != HoldsFor() or not self.is_overlay):
            faults.append("mandatory: a mandatory pack holds on every ticket (FR-11)")
        faults += [
            f"activities.{name}: an activity leads to no state"
            for name, step in self.activities.items()
            if not step.is_activity or step.fact is not None
        ]
        faults += self.privacy.faults() if self.privacy else ()
        faults += [
            f"schemes.{n}.{fault}" for n, one in self.schemes.items() for fault in one.faults()
        ]
        faults += [
            f"ladders.{n}.{fault}" for n, one in self.ladders.items() for fault in one.faults()
        ]
        faults += file_faults(self.records, self.broadcasts)
        for name, grading in self.gradings.items():
            faults += grading.faults(f"gradings.{name}")
        return faults + self._schedule_faults() + self._word_faults()

    def _schedule_faults(self) -> list[str]:
        """A scheduled matter comes in by a channel of its procedure, with a form that fits."""
        if self.procedure is None:
            return ["schedules: they open matters, and an overlay has none"] * bool(self.schedules)
        channels, form = self.procedure.channels, self.procedure.opening.form
        asked = [
            f"schedules.{name}.form.{field}: the opening form has no such field"
            for name, schedule in self.schedules.items()
            for field in (*schedule.form, *schedule.instants)
            if field not in form
        ]
        return asked + [
            f"schedules.{name}.channel: {schedule.channel} is no channel of the procedure"
            for name, schedule in self.schedules.items()
            if channels and schedule.channel not in channels
        ]

    def _word_faults(self) -> list[str]:
        """What opens, meets, or is guarded must happen: steps that state a fact, by that.

        An overlay may speak of the steps of other packs.
        """
        known = HAPPENINGS | self.words
        asked = dict(self._words_asked())
        faults = [
            f"{place}: nothing is called {word}"
            for place, words in asked.items()
            for word in sorted(words - known)
            if not self.is_overlay
        ]
        return faults + self._list_faults()

    def _list_faults(self) -> list[str]:
        """Lists that are asked for have to be there; a ticket is not routed upon being routed."""
        forbids = [
            f"guards.{i}.forbids: no list is called {guard.forbids}"
            for i, guard in enumerate(self.guards)
            if guard.forbids is not None and guard.forbids not in self.lists
        ]
        phrases = [
            f"phrases.{name}: no list is called so"
            for name in self.phrases
            if name not in self.lists
        ]
        routes = [
            f"routes.{i}.upon: a ticket is not routed upon being routed"
            for i, route in enumerate(self.routes)
            if "routed" in route.upon
        ]
        checks = [
            f"checks.{name}.each.list: no list is called {check.each.list}"
            for name, check in self.checks.items()
            if check.each.list is not None and check.each.list not in self.lists
        ]
        checks += [
            f"checks.{name}.each.staff: no role {check.each.staff}"
            for name, check in self.checks.items()
            if check.each.staff not in ROLES | {None, EVERYBODY}
        ]
        return forbids + phrases + routes + checks + self._dossier_faults()

    def _dossier_faults(self) -> list[str]:
        faults = [
            f"signoffs.{name}.{fault}"
            for name, signoff in self.signoffs.items()
            for fault in signoff.faults(
                signoff.after if self.is_overlay else HAPPENINGS | self.words
            )
        ]
        return faults + [
            f"checklists.{name}.{fault}"
            for name, checklist in self.checklists.items()
            for fault in checklist.faults()
        ]

    @property
    def words(self) -> frozenset[str]:
        """What can happen by this pack alone: its steps, records, and breaches."""
        steps = self.procedure.steps.items() if self.procedure else ()
        said = {name for name, step in steps if step.fact is None} | self.activities.keys()
        said |= {consequence.records for consequence in self.consequences}
        ends = ("breached", "due-soon")
        return frozenset(said | {f"{name}-{end}" for name in self.obligations for end in ends})

    def _words_asked(self) -> Iterator[tuple[str, frozenset[str]]]:
        for name, rule in self.obligations.items():
            yield f"obligations.{name}.opens", rule.opens
            yield f"obligations.{name}.blocks", rule.blocks
            yield f"obligations.{name}.met_by", rule.met_by.facts()
        for i, guard in enumerate(self.guards):
            yield f"guards.{i}.upon", guard.upon
        for i, consequence in enumerate(self.consequences):
            yield f"consequences.{i}.upon", consequence.upon
        for i, route in enumerate(self.routes):
            yield f"routes.{i}.upon", route.upon
        for name, check in self.checks.items():
            yield f"checks.{name}.word", frozenset({check.word})


msgspec.json.Decoder(PackContent)
"""How it is read is worked out at the first use, and here by one thread: when two do so at once,
msgspec ends the process.
"""


def rulebook_of(contents: Iterable[PackContent], calendars: Calendars) -> Rulebook:
    """What holds for a ticket on which these versions are pinned, its procedure's last."""
    packs = list(contents)
    return Rulebook(
        obligations=_merged(pack.obligations for pack in packs),
        guards=tuple(guard for pack in packs for guard in pack.guards),
        lists=_merged(pack.lists for pack in packs),
        calendars=calendars,
        consequences=tuple(follows for pack in packs for follows in pack.consequences),
        across=_merged(pack.across for pack in packs),
        items=_merged(pack.items for pack in packs),
        values=_merged(pack.values for pack in packs),
        routes=tuple(route for pack in packs for route in pack.routes),
        signoffs=_merged(pack.signoffs for pack in packs),
        checklists=_merged(pack.checklists for pack in packs),
        people=_merged(pack.people for pack in packs),
        samples=_merged(pack.samples for pack in packs),
        readings=_merged(pack.readings for pack in packs),
    )


def procedure_of(contents: Iterable[PackContent]) -> Procedure:
    """The procedure of the last of these, with what all of them add to it."""
    packs = list(contents)
    return packs[-1].the_procedure.with_activities(_merged(pack.activities for pack in packs))


def _merged(parts: Iterable[Mapping[str, T]]) -> dict[str, T]:
    return {name: value for part in parts for name, value in part.items()}
