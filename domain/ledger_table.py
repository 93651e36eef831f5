"""Tables of the ledger: for what something is proposed to whom, how much, and who decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from msgspec import Struct

from domain.errors import DomainError, Invalid
from domain.form import FormField, FormRule, Word
from domain.limit import Limit
from domain.pack_rules import GuardRule
from domain.predicate import Look, Predicate

CREDITS = frozenset({"commission", "bonus", "points", "allowance", "rebate", "figure"})
"""Kinds in favour of the holder; a figure only says something (a tier, a factor)."""

DEBITS = frozenset({"penalty", "fee", "compensation"})

Kind = Literal[
    "commission",
    "bonus",
    "points",
    "allowance",
    "rebate",
    "figure",
    "penalty",
    "fee",
    "compensation",
]

HolderKind = Literal["staff", "client", "team"]

Window = Literal["month", "year"]

STEPS = frozenset({"proposed", "decided", "confirmed", "executed"})
"""What guards of a table may stand before."""


class NoAmount(Invalid):
    code = "no_amount"


class Reckoned(Struct, frozen=True, kw_only=True):
    """What a table yields. Amounts are in hundredths: fen of a yuan, hundredths of a point or day.

    `most`: the highest that may be decided; `sanctions` carry the amount, `or_else` cost nothing.
    """

    amount: int = 0
    most: int = 0
    currency: str = "CNY"
    named: str | None = None
    sanctions: tuple[str, ...] = ()
    or_else: tuple[str, ...] = ()


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a table: the first of which `when` holds says how much.

    The amount is `each`, in whole units (yuan, points, days), times what stands at `by`, or the
    whole years between two dates; divided by what stands at `per`, or by `out_of`; `at_most` caps
    it. `up_to` makes it a range. `named`: how this case is called (a tier).
    """

    when: Predicate | None = None
    each: Decimal | None = None
    by: Word | None = None
    years: tuple[Word, Word] | None = None
    per: Word | None = None
    out_of: Decimal | None = None
    at_most: Decimal | None = None
    up_to: Decimal | None = None
    currency: Word | None = None
    named: Word | None = None
    sanctions: tuple[Word, ...] = ()
    or_else: tuple[Word, ...] = ()

    def amount(self, look: Look) -> Decimal:
        """In whole units, exact. Raises NoAmount where something is no number."""
        if self.each is None:
            return Decimal()
        try:
            whole = self.each * self._quantity(look)
            whole = whole if self.per is None else whole / Decimal(str(look(self.per)))
            whole = whole if self.out_of is None else whole / self.out_of
        except (ArithmeticError, TypeError, ValueError):
            asked = ", ".join(filter(None, (self.by, *(self.years or ()), self.per)))
            raise NoAmount(f"nothing can be reckoned from {asked}", field="facts") from None
        return whole if self.at_most is None else min(whole, self.at_most)

    def _quantity(self, look: Look) -> Decimal:
        if self.years is not None:
            since, until = (date.fromisoformat(str(look(path))[:10]) for path in self.years)
            has_come = (until.month, until.day) >= (since.month, since.day)
            return Decimal(until.year - since.year - (not has_come))
        return Decimal(1) if self.by is None else Decimal(str(look(self.by)))


class Need(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Before a sanction is carried out, this step was taken on a ticket about the same person."""

    procedure: Word
    after: Word
    says: Word
    about: Word = "opened.staff_id"
    rule: Word | None = None


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reference among the facts has to lead to, if it is filled, upon these steps.

    A ticket of this `procedure` on which all of `after` happened; or, without one, a published
    assessment. `about`: the path on the ticket that names the holder; an assessment is theirs.
    """

    says: Word
    procedure: Word | None = None
    after: frozenset[Word] = frozenset()
    about: Word | None = None
    upon: frozenset[Word] = frozenset({"proposed"})
    rule: Word | None = None


class Grade(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How severe misconduct is: which sanctions there are, and who decides on them.

    `modes` and `within` are for codes that say nothing of it themselves.
    """

    title: Word
    sanctions: tuple[Word, ...]
    decided_by: frozenset[Word] = frozenset()
    modes: tuple[Word, ...] = ()
    within: Limit | None = None
    rule: Word | None = None
    needs: dict[Word, Need] = {}


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For what an entry is proposed. With a `grade` it is a code of misconduct.

    `form`: which facts are told; `guards` refuse upon proposed, decided, confirmed or executed, and
    `proofs`, by the field of a reference, what leads to nothing.
    `once_per`: what there is one entry for, ever (fields, or `holder`). `follows`: the table that
    has one for the same already. `at_once`: nobody need decide. `decided_by`: any who may decide if
    none is named; `confirmed_by`: one of them confirms before it is carried out. `within`: by when
    that is, from the decision on. `window`: in which the same misconduct counts again
    (`this.nth`); without one ever. `joint`: who is held liable besides, by the part they had, under
    which code. `also`: what is proposed along with it.
    """

    title: Word
    kind: Kind = "penalty"
    currency: Word = "CNY"
    holders: frozenset[HolderKind] = frozenset({"staff"})
    rule: Word | None = None
    source: tuple[Word, ...] = ()
    form: dict[Word, FormField] = {}
    must: tuple[FormRule, ...] = ()
    guards: tuple[GuardRule, ...] = ()
    proofs: dict[Word, Proof] = {}
    cases: tuple[Case, ...] = ()
    once_per: tuple[Word, ...] = ()
    follows: Word | None = None
    at_once: bool = False
    decided_by: frozenset[Word] = frozenset()
    recorder_decides: bool = False
    confirmed_by: frozenset[Word] = frozenset()
    modes: tuple[Word, ...] = ()
    within: Limit | None = None
    waivable: bool = True
    grade: Word | None = None
    window: Window | None = None
    joint: dict[Word, Word] = {}
    also: tuple[Word, ...] = ()

    @property
    def is_misconduct(self) -> bool:
        return self.grade is not None

    def refuse(self, step: str, look: Look) -> None:
        """Raises what the first guard on this step says."""
        for guard in self.guards:
            refusal: DomainError | None = guard.refusal(look) if step in guard.upon else None
            if refusal is not None:
                raise refusal

    def reckoned(self, look: Look, grade: Grade | None = None) -> Reckoned:
        """What the first case that holds yields; without one what the grade allows.

        Raises NoAmount.
        """
        case = next((c for c in self.cases if c.when is None or c.when.holds(look)), None)
        if case is None:
            return Reckoned(currency=self.currency, or_else=grade.sanctions if grade else ())
        least = _hundredths(case.amount(look))
        sanctioned = bool(case.sanctions or case.or_else)
        return Reckoned(
            amount=least,
            most=max(least, _hundredths(case.up_to or Decimal())),
            currency=case.currency or self.currency,
            named=case.named,
            sanctions=case.sanctions,
            or_else=case.or_else if sanctioned or grade is None else grade.sanctions,
        )


def told(facts: Mapping[str, Any], this: Mapping[str, Any], listed: Look) -> Look:
    """What paths of a table stand for: `form.x`, `this.nth`, `list.x`."""

    def look(path: str) -> Any:
        where, _, name = path.partition(".")
        if where in ("form", "this"):
            return (facts if where == "form" else this).get(name)
        return listed(path)

    return look


def _hundredths(whole: Decimal) -> int:
    return int((whole * 100).quantize(Decimal(1), ROUND_HALF_UP))
