"""What is wrong with the tables of one pack, each fault naming its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from domain.form import form_faults
from domain.ledger_table import STEPS, Case, Grade, Table
from domain.pack_words import parts, paths
from domain.roles import ROLES


def table_faults(
    tables: Mapping[str, Table], grades: Mapping[str, Grade], lists: Collection[str]
) -> list[str]:
    """What keeps them from being used."""
    return [
        f"ledger.{name}.{fault}"
        for name, table in tables.items()
        for fault in (
            *_grade_faults(table, grades),
            *_other_faults(table, tables),
            *_proof_faults(table),
            *_path_faults(table, lists),
            *form_faults("form", table.form),
        )
    ] + [
        f"{place}: no role {role}"
        for place, roles in _roles(tables, grades)
        for role in sorted(roles - ROLES)
    ]


def _grade_faults(table: Table, grades: Mapping[str, Grade]) -> Iterator[str]:
    """Misconduct has a grade of its pack, and no sanction that this grade has not (PN-19)."""
    if table.grade is None:
        return
    if table.grade not in grades or table.kind != "penalty":
        yield "grade: a code of misconduct is a penalty, of a grade of its pack"
        return
    for i, case in enumerate(table.cases):
        for sanction in (*case.sanctions, *case.or_else):
            if sanction not in grades[table.grade].sanctions:
                yield f"cases.{i}: {table.grade} misconduct has no sanction {sanction}"


def _other_faults(table: Table, tables: Mapping[str, Table]) -> Iterator[str]:
    follows = (table.follows,) if table.follows else ()
    named = (("also", table.also), ("joint", table.joint.values()), ("follows", follows))
    for part, others in named:
        yield from (f"{part}: no table is called {o}" for o in others if o not in tables)
    for i, guard in enumerate(table.guards):
        if not guard.upon <= STEPS:
            yield f"guards.{i}.upon: an entry is {', '.join(sorted(STEPS))}"
    for field in table.once_per:
        if field != "holder" and field not in table.form:
            yield f"once_per: the form has no field {field}"


def _proof_faults(table: Table) -> Iterator[str]:
    for field, proof in table.proofs.items():
        if field not in table.form:
            yield f"proofs.{field}: the form has no such field"
        if not proof.upon <= STEPS:
            yield f"proofs.{field}.upon: an entry is {', '.join(sorted(STEPS))}"
        if proof.procedure is None and (proof.after or proof.about):
            yield f"proofs.{field}: an assessment goes through no steps"


def _path_faults(table: Table, lists: Collection[str]) -> Iterator[str]:
    said = dict(parts((table.must, table.guards, table.cases)))
    asked = [path for _, path in paths(said)]
    for part in said.values():
        if isinstance(part, Case):
            asked += [path for path in (part.by, part.per, *(part.years or ())) if path]
    known = {"form": table.form.keys(), "this": {"nth"}, "list": set(lists)}
    for path in asked:
        where, _, name = path.partition(".")
        if name not in known.get(where, ()):
            yield f"{path} leads nowhere"


def _roles(
    tables: Mapping[str, Table], grades: Mapping[str, Grade]
) -> Iterator[tuple[str, frozenset[str]]]:
    for name, table in tables.items():
        yield f"ledger.{name}.decided_by", table.decided_by
        yield f"ledger.{name}.confirmed_by", table.confirmed_by
    for name, grade in grades.items():
        yield f"grades.{name}.decided_by", grade.decided_by
