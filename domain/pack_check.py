"""What is wrong with packs that reading them does not show, each fault naming its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

from domain.file_check import FileWords, is_of_files, lost_paths, unopenable
from domain.ledger_check import table_faults
from domain.pack_content import HoldsFor, PackContent
from domain.pack_rules import STANDINGS
from domain.pack_words import Fields, Place, Said, Vocabulary, own, parts, paths
from domain.privacy_check import privacy_faults, unknown_procedures
from domain.procedure import Opening, Procedure, Step
from domain.report_check import lost_names
from domain.roles import ROLES
from domain.rulebook import HAPPENINGS

MAY_BE = STANDINGS | {"anyone"}
"""What somebody may be on a ticket, as `by` names it."""

PRINCIPLES = frozenset(
    {"lawful", "honest", "open", "standard", "efficient", "convenient", "good_faith"}
)
"""What a policy stands for (GV-07)."""

_ONLY_BY_A_STEP = frozenset({"answered", "answered-in-part", "completed"})
_ROLES = frozenset({"role", "to_role", "owner_role"})
_OWN_WORDS = frozenset({"form", "values", "lists", "reports", "items", "indicators"})
_MAY_COME_LATER = ("policy.", "list.")
"""What another pack may bring: paths to it are only warned about."""


def faults(
    content: PackContent,
    catalogue: Collection[str] | None = None,
    beside: Iterable[PackContent] = (),
) -> list[str]:
    """What keeps a pack from being published; empty if it is sound.

    `catalogue`: the ids of all rules, if they are to be checked; `beside`: packs that hold on the
    same tickets.
    """
    others = list(beside)
    said, known = own(content).said, Vocabulary.of([content, *others])
    found = [] if content.procedure is None else _state_faults(content.procedure)
    found += _obligation_faults(content, others)
    found += _role_faults(said)
    found += table_faults(content.ledger, content.grades, content.lists)
    found += _field_faults(content, said, known)
    found += [] if content.procedure is None else _path_faults(said, known, later=False)
    found += unopenable(content, others)
    found += [] if content.procedure is None else lost_names(content, known)
    found += privacy_faults(content, others)
    if catalogue is not None:
        found += _rule_faults(said, catalogue)
    if content.mandatory and content.holds_for != HoldsFor():
        found.append("holds_for: a mandatory pack holds everywhere (FR-11)")
    return found + [
        f"principles: {word} is none of {', '.join(sorted(PRINCIPLES))}"
        for word in sorted(content.principles - PRINCIPLES)
    ]


def warnings(content: PackContent, beside: Iterable[PackContent] = ()) -> list[str]:
    """What should be thought about, and yet may be meant."""
    others = list(beside)
    said, known = own(content).said, Vocabulary.of([content, *others])
    found = [
        f"obligations.{name}: no rule of the catalogue stands behind it"
        for name, asked in content.obligations.items()
        if asked.rule is None
    ]
    if content.procedure is None:
        found += _path_faults(said, known, later=False)
        found += lost_names(content, known)
    found += _path_faults(said, known, later=True)
    found += [
        f"{'.'.join(place)}: {path} leads nowhere"
        for place, path in lost_paths(said, FileWords.of([content, *others]))
    ]
    for name, grading in content.gradings.items():
        found += grading.warnings(f"gradings.{name}")
    found += unknown_procedures(content, others)
    if not content.principles:
        found.append("principles: none is named (GV-07)")
    return found


def conflicts(packs: Iterable[PackContent]) -> list[str]:
    """What two overlays both say for the same tickets."""
    overlays = [content for content in packs if content.procedure is None]
    return [
        f"{one.pack} and {other.pack}: both have {said}"
        for one, other in combinations(overlays, 2)
        if one.pack != other.pack and _overlap(one.holds_for, other.holds_for)
        for said in sorted(_definitions(one) & _definitions(other))
    ]


def _overlap(one: HoldsFor, other: HoldsFor) -> bool:
    pairs = ((one.procedures, other.procedures), (one.units, other.units))
    return all(not a or not b or a & b for a, b in pairs)


def _definitions(content: PackContent) -> set[str]:
    guards = {f"guards: {guard.rule} upon {w}" for guard in content.guards for w in guard.upon}
    named: dict[str, Iterable[str]] = {
        "activities": content.activities,
        "obligations": content.obligations,
        "records": content.records,
        "gradings": content.gradings,
        "broadcasts": content.broadcasts,
    }
    return guards | {f"{place}.{name}" for place, names in named.items() for name in names}


def _state_faults(procedure: Procedure) -> list[str]:
    reached = _reached(procedure, {procedure.initial})
    ends = {s for s in reached if _reached(procedure, {s}) & procedure.final}
    return [
        f"states: {state} cannot be reached from {procedure.initial}"
        for state in sorted(procedure.states - reached)
    ] + [f"states: no final state can be reached from {s}" for s in sorted(reached - ends)]


def _reached(procedure: Procedure, states: set[str]) -> set[str]:
    """These states, and all that steps lead to from them."""
    further = {
        step.to
        for step in procedure.steps.values()
        if step.to is not None and (not step.start or step.start & states)
    }
    return states if further <= states else _reached(procedure, states | further)


def _obligation_faults(content: PackContent, beside: Iterable[PackContent]) -> list[str]:
    if content.procedure is None:
        return []
    happens = _happens(content.procedure) | {
        word for pack in (content, *beside) for word in _added(pack)
    }
    found = []
    for name, asked in content.obligations.items():
        if not asked.opens & happens:
            found.append(f"obligations.{name}.opens: none of this can happen here")
        missing = [word for word in asked.met_by.all if word not in happens]
        if missing or (asked.met_by.any and not happens & set(asked.met_by.any)):
            what = ", ".join(missing or asked.met_by.any)
            found.append(f"obligations.{name}.met_by: {what} cannot happen here")
    return found


def _happens(procedure: Procedure) -> frozenset[str]:
    """The words of the steps that can be reached, and of the facts that need no step."""
    states = _reached(procedure, {procedure.initial})
    steps = {
        step.fact or name
        for name, step in procedure.steps.items()
        if not step.start or step.start & states
    }
    in_part = {"answered-in-part"} if "answered" in steps else set()
    return (HAPPENINGS - _ONLY_BY_A_STEP) | steps | in_part


def _added(content: PackContent) -> Iterator[str]:
    """The words that a pack brings to the tickets of others, too."""
    yield from content.activities
    yield from (consequence.records for consequence in content.consequences)
    for name in content.obligations:
        yield f"{name}-breached"
        yield f"{name}-due-soon"
    yield from own(content).records


def _role_faults(said: Said) -> list[str]:
    found = []
    for place, part in said.items():
        if not isinstance(part, str) or _OWN_WORDS & set(place):
            continue
        is_role = place[-1] in _ROLES and part not in ROLES
        is_by = place[-2:-1] == ("by",) and part not in ROLES | MAY_BE
        if is_role or is_by:
            found.append(f"{'.'.join(place[:-1] if is_by else place)}: no role {part}")
    return found


def _field_faults(content: PackContent, said: Said, known: Vocabulary) -> list[str]:
    """Fields that a refusal names, of a form that does not have them."""
    named = [
        ((*place, "must", str(i)), rule.field)
        for place, part in said.items()
        if isinstance(part, Step | Opening)
        for i, rule in enumerate(part.must)
    ]
    named += [(("guards", str(i)), guard.field) for i, guard in enumerate(content.guards)]
    return [
        f"{'.'.join(place)}.field: the form has no field {field}"
        for place, field in named
        if not _has(_form_at(said, place, known), field)
    ]


def _has(fields: Fields, name: str | None) -> bool:
    return name is None or fields is None or name.removeprefix("form.") in fields


def _path_faults(said: Said, known: Vocabulary, *, later: bool) -> list[str]:
    found = {
        f"{'.'.join(place)}: {path} leads nowhere": None
        for place, path in paths(said)
        if place[0] != "ledger"
        if path.startswith(_MAY_COME_LATER) == later
        and not is_of_files(place, said)
        and not known.leads_somewhere(
            path, _form_at(said, place, known), in_report=place[0] == "reports"
        )
    }
    return list(found)


def _form_at(said: Said, place: Place, known: Vocabulary) -> Fields:
    """The fields of the form at hand: that of the step, or of what the rule there speaks of."""
    for length in (2, 3):
        part = said.get(place[:length])
        if isinstance(part, Step | Opening):
            return frozenset(part.form)
    rule = None if place[0] == "across" else said.get(place[:2])
    words = {w for _, w in parts(rule) if isinstance(w, str) and w in known.words}
    return known.fields_of(words) if words else None


def _rule_faults(said: Said, catalogue: Collection[str]) -> list[str]:
    return [
        f"{'.'.join(place)}: the catalogue has no rule {part}"
        for place, part in said.items()
        if isinstance(part, str)
        and (place[-1] == "rule" or place[0] == "rules")
        and not _OWN_WORDS & set(place[:-1])
        and part not in catalogue
    ]
